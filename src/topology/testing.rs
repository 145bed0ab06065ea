//! A small catalogue with every sort of identity and type, and workspaces written on the fly: for tests of the floor.

use std::fs;
use std::path::Path;
use std::time::Duration;

use tempfile::TempDir;

use crate::finding::Finding;
use crate::spec::{
    Api, Auth, AutoCreated, Body, By, Called, Dialect, EXPIRY, Envelope, Extent, Field, Folders, Grammar, IdScheme,
    Identity, Kind, List, NUMBER, NameSpot, Provider, Relation, ServerVersion, TrafficTable, Type, any_word, call,
    field, output,
};
use crate::topology::{Loaded, Options, load};
use wire::Method::{Delete, Post, Put};

static TUNNEL: &[Field] = &[
    field("subnet", Type::CIDR, "The network").required(),
    field("psk", Type::Text, "The key").secret(),
    field("label", Type::Text, "A label"),
];

static CONFIG: Kind = Kind {
    name: "config",
    doc: "The controller's settings",
    source: "test",
    identity: Identity::Singleton,
    fields: &[
        field("controller_name", Type::Text, "Its name"),
        field("mtu", Type::Int, "Bytes in a packet").default("1500"),
        output("public_ip", Type::IP, "Its address"),
    ],
    api: Api {
        list: List::at("/config", Envelope::One("")),
        update: &[call(Put, "/config", Body::Changed)],
        id: "",
        ..Api::NONE
    },
    relations: &[Relation::Undoes("routes", &["mtu"])],
    ..Kind::NEW
};

static ENDPOINTS: Kind = Kind {
    name: "endpoints",
    doc: "Tunnels to other controllers",
    source: "test",
    identity: Identity::Name("name"),
    fields: &[
        field("name", Type::Text, "Its name").required(),
        field("address", Type::IP, "The other side").required().depends_on_remote(&["config"]),
        field("mode", Type::Enum(&["main", "aggressive"]), "How keys are agreed").default("\"main\"").replaces(),
        field("secret", Type::Text, "The key").secret().write_only(),
        field("enabled", Type::Bool, "In use"),
        field("weight", Type::Format(&NUMBER), "Its share"),
        field("group", Type::Ref("groups"), "The group that it belongs to"),
        field("region", Type::Ref("regions"), "Where it is"),
        field("attributes", Type::Set(&Type::Role(&[])), "Its tags"),
        field("options", Type::words(" "), "Further words"),
        field("tunnels", Type::Table(TUNNEL, "subnet"), "What goes through"),
        field("primary", Type::Object(TUNNEL), "The main tunnel"),
        field("extra", Type::Open(TUNNEL), "Anything else"),
        field("networks", Type::Set(&Type::CIDR), "Networks behind it"),
        field("labels", Type::Map(&Type::Text), "Free labels"),
        field("inputs", Type::Any, "Anything"),
        output("state", Type::Text, "What it is doing"),
        output("good_until", Type::Format(&EXPIRY), "When it can't be used any more"),
    ],
    api: Api {
        list: List::at("/endpoints", Envelope::Items("")),
        aliases: &["name"],
        create: &[call(Post, "/endpoints", Body::Fields)],
        update: &[call(Put, "/endpoints/{id}", Body::Changed)],
        remove: &[call(Delete, "/endpoints/{id}", Body::None)],
        ..Api::NONE
    },
    ..Kind::NEW
};

static PEERS: Kind = Kind {
    name: "peers",
    doc: "Neighbours of a tunnel",
    source: "test",
    parent: Some("endpoints"),
    identity: Identity::Name("ip"),
    fields: &[
        field("ip", Type::IP, "The neighbour").required(),
        field("asn", Type::Int, "Its number").required(),
        field("note", Type::Text, "A note"),
        output("uptime", Type::Text, "Since when"),
    ],
    api: Api {
        list: List::at("/endpoints/{parent.id}/peers", Envelope::Items("")),
        create: &[call(Post, "/endpoints/{parent.id}/peers", Body::Fields)],
        update: &[call(Put, "/endpoints/{parent.id}/peers/{id}", Body::Changed)],
        remove: &[call(Delete, "/endpoints/{parent.id}/peers/{id}", Body::None)],
        ..Api::NONE
    },
    ..Kind::NEW
};

static HEALTH: Kind = Kind {
    name: "health",
    doc: "How a tunnel is watched",
    source: "test",
    parent: Some("endpoints"),
    identity: Identity::Singleton,
    fields: &[field("interval", Type::Int, "Seconds between two looks")],
    api: Api {
        list: List::at("/endpoints/{parent.id}/health", Envelope::One("")),
        create: &[call(Put, "/endpoints/{parent.id}/health", Body::Fields)],
        update: &[call(Put, "/endpoints/{parent.id}/health", Body::Changed)],
        remove: &[call(Delete, "/endpoints/{parent.id}/health", Body::None)],
        id: "",
        ..Api::NONE
    },
    ..Kind::NEW
};

static NOTE: Grammar = Grammar {
    mentions: &[(
        NameSpot::Behind(&["via"]),
        &[
            Called::name("blueprints", "a note may lead to any blueprint").behind("bp:").by(By::Any).others(any_word),
            Called::name("endpoints", "a note may lead through an endpoint"),
        ],
    )],
    ..Grammar::TEXT
};

static GROUPS: Kind = Kind {
    name: "groups",
    doc: "Groups of tunnels",
    source: "test",
    identity: Identity::CaselessName("name"),
    fields: &[
        field("name", Type::Text, "Its name"),
        field("leader", Type::Ref("endpoints"), "The first of it"),
        field("route", Type::Ref("routes"), "The way to it"),
        field("note", Type::Phrase(&NOTE), "A note; `via` and a name lead through an endpoint"),
    ],
    api: Api {
        list: List::at("/groups", Envelope::Items("")),
        create: &[call(Post, "/groups", Body::Fields)],
        update: &[call(Put, "/groups/{id}", Body::Changed)],
        remove: &[call(Delete, "/groups/{id}", Body::None)],
        ..Api::NONE
    },
    relations: &[Relation::Creates("policies", AutoCreated::Listed { at: "made", goes_if_set: None })],
    ..Kind::NEW
};

static ROUTES: Kind = Kind {
    name: "routes",
    doc: "Routes",
    source: "test",
    identity: Identity::Natural(&["cidr", "gateway"]),
    fields: &[
        field("cidr", Type::CIDR, "The destination").required(),
        field("gateway", Type::IP, "The next hop"),
        field("description", Type::Text, "A note"),
    ],
    api: Api {
        list: List::at("/routes", Envelope::Items("")),
        create: &[call(Post, "/routes", Body::Fields)],
        update: &[call(Put, "/routes/{id}", Body::Changed)],
        remove: &[call(Delete, "/routes/{id}", Body::None)],
        ..Api::NONE
    },
    relations: &[Relation::After("endpoints", "a route may lead through an endpoint")],
    ..Kind::NEW
};

static BLUEPRINTS: Kind = Kind {
    name: "blueprints",
    doc: "Uploaded folders",
    source: "test",
    identity: Identity::Content("path", &[]),
    fields: &[field("path", Type::File(Folders::TAR_GZ), "The folder").required(), field("note", Type::Text, "A note")],
    api: Api {
        list: List::at("/blueprints", Envelope::Items("")),
        create: &[call(Put, "/blueprints/{id}", Body::File("path"))],
        remove: &[call(Delete, "/blueprints/{id}", Body::None)],
        ..Api::NONE
    },
    ..Kind::NEW
};

static RULES: Kind = Kind {
    name: "rules",
    doc: "The filter, an ordered list",
    source: "test",
    identity: Identity::Sequence { key: "rule", id: "id", position: "" },
    fields: &[
        field("rule", Type::Text, "The rule").required(),
        field("comment", Type::Text, "A note"),
        output("id", Type::Text, "Its number"),
    ],
    api: Api {
        list: List::at("/rules", Envelope::Items("")),
        update: &[call(Put, "/rules", Body::Sequence("rules"))],
        ..Api::NONE
    },
    ..Kind::NEW
};

static REGIONS: Kind = Kind {
    name: "regions",
    doc: "Places",
    source: "test",
    identity: Identity::Name("name"),
    fields: &[output("name", Type::Text, "Its name"), output("provider", Type::Text, "Whose it is")],
    ..Kind::NEW
};

static POLICIES: Kind = Kind {
    name: "policies",
    doc: "Who may reach whom",
    source: "test",
    identity: Identity::Name("name"),
    fields: &[
        field("name", Type::Text, "Its name"),
        field("members", Type::Set(&Type::Role(&["endpoints", "groups"])), "Who it is about"),
    ],
    api: Api {
        list: List::at("/policies", Envelope::Items("")),
        create: &[call(Post, "/policies", Body::Fields)],
        update: &[call(Put, "/policies/{id}", Body::Changed)],
        remove: &[call(Delete, "/policies/{id}", Body::None)],
        ..Api::NONE
    },
    ..Kind::NEW
};

static LAB: Provider = Provider {
    name: "lab",
    title: "Lab controller",
    doc: "A controller for tests",
    dialect: Dialect {
        example: "https://lab.example:8000/api",
        auth: Auth::Basic { user: "username", password: "password", set_by: None, token: None },
        credentials: &[
            field("username", Type::Text, "Who").required(),
            field("password", Type::Text, "The password").required().secret(),
        ],
        settings: &[field("tenant", Type::Text, "The tenant")],
        headers: &[],
        file_type: "application/octet-stream",
        messages: &[],
        errors: &[],
        errors_in_success: &[],
        version: ServerVersion::Irrelevant,
        proofs: &[],
        renewed_proofs: &[],
        within: &[],
        extent: Extent::Whole,
        writers: 1,
        readers: 1,
        timeout: Duration::from_secs(1),
        retry_statuses: &[],
        restart_window: Duration::ZERO,
        visibility_lag: Duration::ZERO,
        ids: IdScheme::Lasting,
        remedies: &[],
    },
    kinds: &[&CONFIG, &ENDPOINTS, &PEERS, &HEALTH, &GROUPS, &ROUTES, &BLUEPRINTS, &RULES, &REGIONS, &POLICIES],
    actions: &[],
    artifacts: &[],
    halves: None,
    fabric: None,
    documented: "",
    endpoints: &[],
    traffic: TrafficTable::NONE,
};

static OTHER: Provider = Provider { name: "other", kinds: &[&CONFIG], ..LAB };

/// The same, but that it hands ids out anew.
pub(crate) static REISSUING: Provider = Provider { dialect: Dialect { ids: IdScheme::Reissued, ..LAB.dialect }, ..LAB };

/// The catalogue of tests.
pub(crate) static CATALOGUE: &[&Provider] = &[&LAB, &OTHER];

/// A target that is complete, to be indented by its kinds.
pub(crate) const EAST: &str =
    "lab:\n  east:\n    at: https://east.example/api/\n    credentials: { username: api, password: \"${var.pw}\" }\n";

/// A `trueup.yaml` that goes with [`EAST`].
pub(crate) const TRUEUP: &str = "workspace: acme\nvars: { pw: { default: x } }\n";

/// Writes files into a folder of its own.
pub(crate) fn workspace(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        write(folder.path(), path, text.as_bytes());
    }
    folder
}

/// Writes one file.
pub(crate) fn write(folder: &Path, path: &str, bytes: &[u8]) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

/// Loads files.
pub(crate) fn try_load(files: &[(&str, &str)]) -> Result<Loaded, Vec<Finding>> {
    load(workspace(files).path(), CATALOGUE, &Options::default())
}

/// Loads a `trueup.yaml`, and kinds below [`EAST`].
pub(crate) fn east(kinds: &str) -> Result<Loaded, Vec<Finding>> {
    try_load(&[("trueup.yaml", TRUEUP), ("east.yaml", &format!("{EAST}{}", indented(kinds)))])
}

/// The same text below a target.
pub(crate) fn indented(kinds: &str) -> String {
    kinds.lines().map(|line| format!("    {line}\n")).collect()
}

/// Findings, a line each: place, code, message and help.
pub(crate) fn told(result: Result<Loaded, Vec<Finding>>) -> String {
    let findings = match result {
        Ok(loaded) => loaded.findings,
        Err(findings) => findings,
    };
    let line = |finding: &Finding| {
        let also = match (&finding.also_spot, &finding.also) {
            (Some(spot), Some((_, what))) => format!(" [{what}: {}:{}:{}]", spot.source.name(), spot.line, spot.column),
            _ => String::new(),
        };
        let place = finding.location().unwrap_or_default();
        let marked =
            finding.spot.as_ref().map_or("", |spot| &spot.source.inner()[spot.offset..spot.offset + spot.length]);
        let help = finding.help.as_deref().unwrap_or("-");
        format!("{place} <{marked}> {}: {}{also}; {help}\n", finding.code, finding.message)
    };
    findings.iter().map(line).collect()
}
