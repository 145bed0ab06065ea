//! Help for the tests of this floor: a small catalogue, and worlds in which something is wanted, applied and there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::address::Address;
use crate::attr::{Attr, Encoding, Output, Template, TemplatePart};
use crate::fabric::FabricOrigin;
use crate::finding::Place;
use crate::plan::Plan;
use crate::render::document::PlanDocument;
use crate::render::page::Style;
use crate::secret::Secret;
use crate::spec::{
    Api, Auth, Body, Condition, Dialect, Disruption, Envelope, Extent, Halves, HalvesHealth, IdScheme, Identity, Kind,
    List, Poll, Provider, ServerVersion, TrafficTable, Type, Until, call, field, output,
};
use crate::state::base::{Base, Basis, Entry, Stored};
use crate::state::live::{Collection, Live, Observed, Seen, View};
use crate::topology::{Credentials, KeyPlace, LedgerPlace, Policy, Prune, Resource, Target, Tls, Topology};
use wire::Method::{Delete, Post, Put};

/// No colours, a hundred columns.
pub(crate) const PLAIN: Style = Style { color: false, width: 100 };

static TUNNELS: Kind = Kind {
    name: "tunnels",
    doc: "Tunnels",
    identity: Identity::Name("name"),
    fields: &[
        field("name", Type::Text, "Name").required(),
        field("gateway", Type::IP, "Far end").disrupts(Disruption::TunnelBounce),
        field("mode", Type::Text, "Mode").replaces(),
        field("key", Type::Text, "Key").secret(),
        field("note", Type::Text, "Free text"),
        field("prefixes", Type::Set(&Type::CIDR), "Networks behind it"),
        output("address", Type::IP, "Near end"),
    ],
    api: Api {
        list: List::at("/tunnels", Envelope::Items("")),
        create: &[call(Post, "/tunnels", Body::Fields).wait(&[Poll {
            path: "/tunnels/{id}",
            until: Until::State { key: "state", done: &["up"], failed: &[] },
            every: Duration::ZERO,
            ..Poll::NEW
        }])],
        update: &[call(Put, "/tunnels/{id}", Body::Changed)],
        remove: &[call(Delete, "/tunnels/{id}", Body::None)],
        ..Api::NONE
    },
    carries_traffic: Some(Condition::ALWAYS),
    ..Kind::NEW
};

static ROUTES: Kind = Kind {
    name: "routes",
    doc: "Routes",
    identity: Identity::Name("name"),
    fields: &[
        field("name", Type::Text, "Name").required(),
        field("cidr", Type::CIDR, "Where to"),
        field("tunnel", Type::Ref("tunnels"), "Through which tunnel"),
        field("gateway", Type::IP, "Next hop"),
    ],
    api: Api {
        list: List::at("/routes", Envelope::Items("")),
        create: &[call(Post, "/routes", Body::Fields)],
        update: &[call(Put, "/routes/{id}", Body::Changed)],
        remove: &[call(Delete, "/routes/{id}", Body::None)],
        ..Api::NONE
    },
    ..Kind::NEW
};

static RULES: Kind = Kind {
    name: "rules",
    doc: "Rules",
    identity: Identity::Sequence { key: "rule", id: "id", position: "" },
    fields: &[field("rule", Type::Text, "Rule").required(), field("comment", Type::Text, "Free text")],
    api: Api {
        list: List::at("/rules", Envelope::Items("")),
        update: &[call(Put, "/rules", Body::Sequence("rules"))],
        ..Api::NONE
    },
    ..Kind::NEW
};

const HALVES: Halves = Halves {
    kind: "tunnels",
    agrees: &[("tunnels", &["key", "mode"])],
    options: &[],
    mirrored: &[],
    routes: ("routes", "cidr"),
    learned: ("peers", "lines"),
    peers: "peers",
    keys: ("keys", "sum"),
    health: HalvesHealth { path: "/status", at: Envelope::Items(""), name: "name", up: "up", reachable: "reachable" },
};

static LAB: Provider = Provider {
    name: "lab",
    title: "Lab",
    doc: "A small catalogue",
    dialect: Dialect {
        example: "https://lab.example",
        auth: Auth::Basic { user: "user", password: "password", set_by: None, token: None },
        credentials: &[],
        settings: &[],
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
    kinds: &[&TUNNELS, &ROUTES, &RULES],
    documented: "",
    endpoints: &[],
    actions: &[],
    artifacts: &[],
    halves: Some(HALVES),
    traffic: TrafficTable::NONE,
    fabric: None,
};

/// The three sides of a comparison: wanted, applied last, and live.
pub(crate) struct World {
    pub topology: Topology,
    pub base: Base,
    live: BTreeMap<(String, &'static str), Vec<Value>>,
    unseen: BTreeMap<(String, &'static str), String>,
}

/// The kind of that name.
fn kind(name: &str) -> &'static Kind {
    LAB.kind(name).expect("a kind of the lab")
}

/// `tunnels/a` at `east`.
pub(crate) fn address(text: &str) -> Address {
    text.parse().expect("an address")
}

/// JSON as a topology holds it: `secret:x` is a secret, `later:east/tunnels/a.address` comes from another resource.
fn attr(value: &Value) -> Attr {
    match value {
        Value::String(text) => match text.split_once(':') {
            Some(("secret", value)) => Attr::Secret(Secret::new("secret.psk", value)),
            Some(("later", from)) => {
                let (from, field) = from.rsplit_once('.').expect("a field");
                let output = Output { address: address(from), field: field.into(), encoding: Encoding::Plain };
                Attr::Later(Template { parts: vec![TemplatePart::Output(output)] })
            }
            _ => Attr::text(text.as_str()),
        },
        Value::Array(items) => Attr::List(items.iter().map(attr).collect()),
        Value::Object(map) => Attr::Map(map.iter().map(|(key, value)| (key.clone(), attr(value))).collect()),
        other => Attr::from_json(other),
    }
}

impl World {
    /// Two targets, `east` and `west`, with nothing at them.
    pub(crate) fn new() -> World {
        let target = |name: &str| Target {
            name: name.into(),
            provider: &LAB,
            at: "https://lab.example".into(),
            credentials: Credentials::default(),
            new_password: None,
            settings: BTreeMap::new(),
            tls: Tls::default(),
            prune: Prune::Nothing,
            wait: Duration::ZERO,
            retired: false,
            sim_version: None,
            place: Place::file("lab.yaml"),
        };
        let topology = Topology {
            workspace: "acme-wan".into(),
            environment: None,
            folder: ".".into(),
            policy: Policy::default(),
            ledger: LedgerPlace::File("ledger.json".into()),
            key: KeyPlace::default(),
            targets: ["east", "west"].map(|name| (name.to_owned(), target(name))).into(),
            resources: BTreeMap::new(),
            is_given_up: false,
            keep_runs: 50,
            secrets: Default::default(),
            digest: "9f86d081".into(),
            commit: Some("3f2a1c9d4e5f60718293a4b5c6d7e8f901234567".into()),
            sources: Default::default(),
        };
        let base = Base { key: "k".into(), ..Base::default() };
        World { topology, base, live: BTreeMap::new(), unseen: BTreeMap::new() }
    }

    /// The files declare it.
    pub(crate) fn wants(mut self, at: &str, fields: Value) -> World {
        let address = address(at);
        let kind = kind(address.kind());
        let mut fields: BTreeMap<String, Attr> =
            fields.as_object().expect("an object").iter().map(|(name, value)| (name.clone(), attr(value))).collect();
        if let (Identity::Name(field), Some(name)) = (kind.identity, address.name()) {
            fields.insert(field.into(), Attr::text(name));
        }
        let place = Place::file("lab.yaml");
        let resource = Resource {
            address: address.clone(),
            kind,
            fields,
            cleared: BTreeSet::new(),
            external: false,
            unmanaged: Default::default(),
            partial: Default::default(),
            files: BTreeMap::new(),
            place,
            given_at: Default::default(),
            origin: None,
            renamed_from: None,
        };
        self.topology.resources.insert(address, resource);
        self
    }

    /// The files declare it by that declaration of a fabric.
    pub(crate) fn comes_from(mut self, at: &str, origin: &str) -> World {
        let origin = FabricOrigin::from_path(origin).map(Arc::new);
        self.topology.resources.get_mut(&address(at)).expect("a resource").origin = origin;
        self
    }

    /// It was applied so.
    pub(crate) fn applied(mut self, at: &str, id: &str, fields: Value) -> World {
        let fields = fields.as_object().expect("an object").iter();
        let fields = fields.map(|(name, value)| (name.clone(), self.stored(value))).collect();
        self.base.entries.insert(address(at), Entry { id: id.into(), fields, ..Entry::default() });
        self
    }

    fn stored(&self, value: &Value) -> Stored {
        Stored::new(self.base.stored(&attr(value)), Basis::Applied)
    }

    /// The controller shows it; a list of items for a sequence.
    pub(crate) fn shows(mut self, target: &str, name: &str, object: Value) -> World {
        self.live.entry((target.into(), kind(name).name)).or_default().push(object);
        self
    }

    /// The controller does not say what there is.
    pub(crate) fn hides(mut self, target: &str, name: &str, why: &str) -> World {
        self.unseen.insert((target.into(), kind(name).name), why.into());
        self
    }

    /// A resource that is wanted, applied and live, all the same.
    pub(crate) fn stands(self, at: &str, id: &str, fields: Value) -> World {
        let (target, kind, name) = {
            let address = address(at);
            let name = address.name().map(str::to_owned);
            (address.target().to_owned(), address.kind().to_owned(), name)
        };
        let mut object = fields.clone();
        object["id"] = json!(id);
        object["name"] = json!(name);
        self.wants(at, fields.clone()).applied(at, id, fields).shows(&target, &kind, object)
    }

    fn collection(&self, target: &str, kind: &'static Kind) -> Collection {
        let place = (target.to_owned(), kind.name);
        if let Some(why) = self.unseen.get(&place) {
            return Collection { kind, seen: Seen::Unseen(why.clone()) };
        }
        let objects = self.live.get(&place).cloned().unwrap_or_default();
        let objects: Vec<Live> = match kind.identity {
            Identity::Sequence { .. } => {
                let items = objects.into_iter().next().unwrap_or_else(|| json!([]));
                vec![Live::new(kind, items)]
            }
            _ => objects.into_iter().map(|object| Live::new(kind, object)).collect(),
        };
        Collection { kind, seen: Seen::Objects(objects) }
    }

    /// The state that the controllers show.
    pub(crate) fn observed(&self) -> Observed {
        let view = |target: &String| {
            let collections = LAB.kinds.iter().map(|kind| self.collection(target, kind)).collect();
            (target.clone(), View { collections, ..View::default() })
        };
        Observed { targets: self.topology.targets.keys().map(view).collect(), ..Observed::default() }
    }

    /// The plan that this comes to.
    pub(crate) fn plan(&self) -> Plan {
        let observed = self.observed();
        let diff = crate::diff::diff(&self.topology, &observed, &self.base);
        crate::plan::plan(&self.topology, &observed, diff).expect("no cycle")
    }

    /// The document of the plan.
    pub(crate) fn document(&self) -> PlanDocument {
        PlanDocument::of(&self.plan())
    }
}

/// A world in which something of every sort is to be done.
pub(crate) fn busy() -> World {
    World::new()
        .stands("east/tunnels/same", "t0", json!({ "gateway": "192.0.2.1" }))
        .wants("east/tunnels/new", json!({ "gateway": "192.0.2.2", "key": "secret:canary-wanted", "mode": "a" }))
        .wants("west/routes/back", json!({ "cidr": "10.1.0.0/16", "gateway": "later:east/tunnels/new.address" }))
        .wants("east/routes/out", json!({ "cidr": "10.2.0.0/16", "tunnel": "new" }))
        .wants("east/tunnels/moved", json!({ "gateway": "192.0.2.3", "note": "one" }))
        .applied("east/tunnels/moved", "t1", json!({ "name": "moved", "gateway": "192.0.2.3", "note": "one" }))
        .shows("east", "tunnels", json!({ "id": "t1", "name": "moved", "gateway": "192.0.2.99", "note": "one" }))
        .wants("east/tunnels/torn", json!({ "note": "ours" }))
        .applied("east/tunnels/torn", "t2", json!({ "name": "torn", "note": "before" }))
        .shows("east", "tunnels", json!({ "id": "t2", "name": "torn", "note": "theirs" }))
        .wants("east/tunnels/anew", json!({ "mode": "b", "key": "secret:canary-wanted" }))
        .applied("east/tunnels/anew", "t3", json!({ "name": "anew", "mode": "a", "key": "secret:canary-applied" }))
        .shows("east", "tunnels", json!({ "id": "t3", "name": "anew", "mode": "a", "key": "canary-live" }))
        .applied("east/routes/old", "r1", json!({ "name": "old", "cidr": "10.9.0.0/16" }))
        .shows("east", "routes", json!({ "id": "r1", "name": "old", "cidr": "10.9.0.0/16" }))
        .wants("east/routes/found", json!({ "cidr": "10.8.0.0/16" }))
        .shows("east", "routes", json!({ "id": "r2", "name": "found", "cidr": "10.8.0.0/16" }))
        .shows("east", "routes", json!({ "id": "r3", "name": "stranger", "cidr": "10.7.0.0/16" }))
        .wants("west/tunnels/dark", json!({ "gateway": "192.0.2.8" }))
        .hides("west", "tunnels", "the controller answered 503: busy")
        .wants("east/rules", json!({ "items": rules(&["a", "x", "c", "d", "b", "e2", "f", "g", "h"]) }))
        .applied("east/rules", "", json!({ "items": remembered_rules(&["a", "b", "c", "d", "e", "f", "g", "h", "i"]) }))
        .shows("east", "rules", live_rules(&["a", "b", "c", "d", "e", "f", "g", "h", "i"]))
}

/// Rules by letter; a digit behind it is their comment.
fn rules(words: &[&str]) -> Value {
    let rule = |word: &&str| json!({ "rule": format!("FORWARD -j {}", &word[..1]), "comment": &word[1..] });
    Value::Array(words.iter().map(rule).collect())
}

/// The same as the ledger has them.
fn remembered_rules(words: &[&str]) -> Value {
    let mut rules = rules(words);
    for rule in rules.as_array_mut().into_iter().flatten().filter(|rule| rule["comment"] == "") {
        rule["comment"] = Value::Null;
    }
    rules
}

fn live_rules(words: &[&str]) -> Value {
    let mut rules = rules(words);
    for (n, rule) in rules.as_array_mut().into_iter().flatten().enumerate() {
        rule["id"] = json!(format!("id-{n}"));
    }
    rules
}
