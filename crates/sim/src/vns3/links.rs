//! Links: this controller as a client of another one's overlay, each over an interface `lnk{id}`.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Area;
use super::answer::{Fault, Outcome, created, ok};
use super::call::{Call, Fields, id};
use super::clock::Moment;
use super::console::Collection;
use super::net;
use super::state::State;
use wire::Method::{Delete, Get, Post, Put};

/// How long a link takes to come up, in seconds.
const COMES_UP: u64 = 2;

pub(super) static AREA: Area = Area { answer, console: CONSOLE };

const CONSOLE: &[Collection] = &[
    Collection { kind: "links", at: "/links/list/*", key: &[], create: "/links", remove: "/links/{id}" },
    Collection {
        kind: "link-tags",
        at: "/links/list/*/tags/*",
        key: &["key"],
        create: "/links/{parent.id}/tags",
        remove: "/links/{parent.id}/tags/{key}",
    },
    Collection::single("link-global-policies-openvpn", "/links/policies/openvpn"),
    Collection::single("link-global-policies-wireguard", "/links/policies/wireguard"),
];

/// The links, and what holds for all of a type.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Links {
    list: Vec<Link>,
    policies: Policies,
}

/// Policies for all links of a type.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Policies {
    openvpn: Policy,
    wireguard: Policy,
}

/// A type's policies.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Policy {
    policies: String,
}

/// A link. Its configuration is written only.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Link {
    id: u64,
    name: String,
    description: String,
    policies: String,
    connected: bool,
    tags: Vec<Tag>,
    conf: String,
    changed: Moment,
}

/// A tag: here a pair in a list, where clientpacks have a map.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Tag {
    key: String,
    value: String,
}

impl Link {
    /// Takes the fields that can be updated.
    fn take(&mut self, fields: &Fields, now: Moment) -> Result<(), Fault> {
        let mut next = self.clone();
        fields.over("name", &mut next.name)?;
        fields.over("description", &mut next.description)?;
        fields.over("connected", &mut next.connected)?;
        if let Some(policies) = policies(fields)? {
            next.policies = policies;
        }
        if next.connected != self.connected {
            next.changed = now;
        }
        *self = next;
        Ok(())
    }

    fn interface(&self) -> String {
        format!("lnk{}", self.id)
    }

    /// `openvpn`, unless the configuration is one of WireGuard.
    fn kind(&self) -> &'static str {
        if self.conf.contains("[Interface]") { "wireguard" } else { "openvpn" }
    }

    fn state(&self, now: Moment) -> &'static str {
        match self.connected {
            false => "disconnected",
            true if now < self.changed.plus_seconds(COMES_UP) => "connecting",
            true => "connected",
        }
    }

    /// The words behind a keyword in the configuration.
    fn configured(&self, keyword: &str) -> Vec<&str> {
        let behind = |line: &'_ str| line.trim().strip_prefix(keyword).map(str::len);
        let lines = self.conf.lines().filter(|line| behind(line).is_some());
        lines.filter_map(|line| line.trim().strip_prefix(keyword)?.split_whitespace().next()).collect()
    }

    fn show(&self, now: Moment) -> Value {
        let clientpack = self.configured("# clientpack ").first().copied().unwrap_or_default();
        let mut remotes = self.configured("remote ");
        remotes.extend(self.configured("Endpoint = "));
        let up = self.state(now) == "connected";
        let when = |is: bool| if is { self.changed.plain() } else { String::new() };
        json!({
            "id": self.id,
            "name": self.name,
            "description": self.description,
            "interface": self.interface(),
            "device": self.interface(),
            "clientpack": clientpack,
            "clientpack_ip": clientpack.replace('_', "."),
            "connected": self.connected,
            "type": self.kind(),
            "tags": self.tags,
            "last_connect": when(up),
            "last_disconnect": when(!self.connected),
            "last_handshake": when(up && self.kind() == "wireguard"),
            "handshake_timeout": 180,
            "remotes": remotes,
            "endpoints": remotes,
            "policies": self.policies,
            "state": self.state(now),
            "tun_mtu": 1500,
            "link_mtu": 1542,
            "local_ip": clientpack.replace('_', "."),
        })
    }
}

/// Policies are written as one text or as a list of lines, and read as one text.
fn policies(fields: &Fields) -> Result<Option<String>, Fault> {
    match fields.raw("policies") {
        Some(Value::Array(_)) => Ok(fields.get::<Vec<String>>("policies")?.map(|lines| lines.join("\n"))),
        _ => fields.get("policies"),
    }
}

/// Says whether a link has that interface.
pub(super) fn has_interface(state: &State, name: &str) -> bool {
    state.links.list.iter().any(|link| link.interface() == name)
}

fn answer(state: &mut State, call: &Call) -> Option<Outcome> {
    Some(match (call.method, call.path().as_slice()) {
        (Get, ["links"]) => ok(state.links.list.iter().map(|link| link.show(call.now)).collect::<Vec<_>>()),
        (Post, ["links"]) => create(state, call),
        (Get, ["links", "global-policies"]) => of_type(state, call.query("type")).and_then(ok),
        (Put, ["links", "global-policies"]) => set_policies(state, call),
        (Get, ["links", link]) => find(state, link).and_then(|link| ok(link.show(call.now))),
        (Put, ["links", link]) => update(state, call, link),
        (Delete, ["links", link]) => delete(state, call, link),
        (Get, ["links", link, "logs"]) => logs(state, call, link),
        (Post, ["links", link, "tags"]) => set_tag(state, call, link),
        (Delete, ["links", link, "tags", key]) => delete_tag(state, link, key),
        _ => return None,
    })
}

/// "Create new Link". The list of combinations that are required is missing from the text: a configuration is, or a
/// controller to fetch a clientpack from and what it is asked with.
fn create(state: &mut State, call: &Call) -> Outcome {
    let fields = call.fields()?;
    let taken = |id: u64| state.links.list.iter().any(|link| link.id == id);
    let id = match fields.get::<u64>("id")? {
        Some(id) if taken(id) => return Err(Fault::argument(format!("Link with id {id} already exists"))),
        Some(id) => id,
        None => (0..).find(|id| !taken(*id)).unwrap_or_default(),
    };
    let conf = match fields.get::<String>("conf")?.filter(|conf| !conf.is_empty()) {
        Some(conf) => conf,
        None if fields.has("vns3_controller") => fetched(state, &fields)?,
        None => return Err(Fault::missing("conf")),
    };
    let mut link = Link {
        id,
        name: format!("lnk{id}"),
        description: String::new(),
        policies: String::new(),
        connected: true,
        tags: Vec::new(),
        conf,
        changed: call.now,
    };
    link.take(&fields, call.now)?;
    let answer = created(link.show(call.now));
    state.links.list.push(link);
    answer
}

/// The configuration of a clientpack of another controller: of one of this server the first that is free, if it is up and
/// lets in who asks. The text does not say how `vns3_auth` is written: taken are `api:` and the password, plain or in base64
/// as a header has it, and for a bearer an API token. At another address somebody is supposed who hands out a pack.
fn fetched(state: &State, fields: &Fields) -> Result<String, Fault> {
    let controller = fields.need_text("vns3_controller")?;
    let auth = fields.need_text("vns3_auth")?;
    let mut auth_type = "basic".to_owned();
    fields.over_if("auth_type", &mut auth_type, |text: &String| matches!(text.as_str(), "basic" | "bearer"))?;
    if !net::is_host(&controller) {
        return Err(Fault::invalid("vns3_controller"));
    }
    let Some(hub) = state.neighbours.iter().find(|other| other.is_at(&controller)) else {
        return Ok(format!("client\nremote {controller} 1194 udp\n"));
    };
    let failed = |why: &str| Fault::argument(format!("Failed to fetch clientpack from {controller}: {why}"));
    if !hub.is_up {
        return Err(failed("connection refused"));
    }
    if !hub.access.admits(&auth_type, &auth, state.clock) {
        return Err(failed("Invalid or expired token"));
    }
    let pack = hub.free_pack.as_ref().ok_or_else(|| failed("No clientpack is available"))?;
    Ok(format!("client\n# clientpack {pack}\nremote {} 1194 udp\n", hub.addresses[0]))
}

/// "Get link details".
fn find<'a>(state: &'a mut State, link: &str) -> Result<&'a mut Link, Fault> {
    let unknown = || Fault::not_found("Link does not exist");
    let is_number = link.bytes().all(|byte| byte.is_ascii_digit());
    state.links.list.iter_mut().find(|known| is_number && known.id == id(link)).ok_or_else(unknown)
}

/// "Update link details".
fn update(state: &mut State, call: &Call, link: &str) -> Outcome {
    let fields = call.fields()?;
    let link = find(state, link)?;
    link.take(&fields, call.now)?;
    ok(link.show(call.now))
}

/// "Delete link".
fn delete(state: &mut State, call: &Call, link: &str) -> Outcome {
    let link = find(state, link)?.clone();
    state.links.list.retain(|other| other.id != link.id);
    ok(link.show(call.now))
}

/// "Retrieve link log data".
fn logs(state: &mut State, call: &Call, link: &str) -> Outcome {
    let link = find(state, link)?;
    let mut lines = vec![
        format!("{} {} initializing", link.changed.plain(), link.interface()),
        format!("{} {} {}", link.changed.plain(), link.interface(), link.state(call.now)),
    ];
    if call.query("sort") == Some("desc") {
        lines.reverse();
    }
    lines.truncate(call.query("lines").and_then(|count| count.parse().ok()).unwrap_or(lines.len()));
    ok(lines)
}

/// "Create new link tag": 201 for a new key, 200 for one that gets another value; answers with all tags.
fn set_tag(state: &mut State, call: &Call, link: &str) -> Outcome {
    let fields = call.fields()?;
    let link = find(state, link)?;
    let (key, value) = (fields.need_text("key")?, fields.need_text("value")?);
    match link.tags.iter_mut().find(|tag| tag.key == key) {
        Some(tag) => {
            tag.value = value;
            ok(&link.tags)
        }
        None => {
            link.tags.push(Tag { key, value });
            created(&link.tags)
        }
    }
}

/// "Delete link tag". The words for a key that is not there are chosen here.
fn delete_tag(state: &mut State, link: &str, key: &str) -> Outcome {
    let link = find(state, link)?;
    let index = link.tags.iter().position(|tag| tag.key == key);
    link.tags.remove(index.ok_or_else(|| Fault::not_found("Link tag does not exist"))?);
    ok(&link.tags)
}

/// "Retrieve global link policies": of OpenVPN unless another type is named.
fn of_type<'a>(state: &'a mut State, kind: Option<&str>) -> Result<&'a mut String, Fault> {
    match kind.unwrap_or("openvpn") {
        "openvpn" => Ok(&mut state.links.policies.openvpn.policies),
        "wireguard" => Ok(&mut state.links.policies.wireguard.policies),
        _ => Err(Fault::invalid("type")),
    }
}

/// "Overwrite global link policies".
fn set_policies(state: &mut State, call: &Call) -> Outcome {
    let fields = call.fields()?;
    let kind: Option<String> = fields.get("type")?;
    let policies = policies(&fields)?.ok_or_else(|| Fault::missing("policies"))?;
    let slot = of_type(state, kind.as_deref())?;
    *slot = policies;
    ok(slot)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vns3::testing::{Bench, has_keys_of};

    const CONF: &str = "client\n# clientpack 100_127_255_200\nremote 203.0.113.7 1194 udp\n";

    #[test]
    fn a_link_comes_up_and_its_configuration_is_never_shown() {
        let mut bench = Bench::new();
        let made = bench.ok(Post, "/links", json!({"id": 1, "name": "hub", "conf": CONF, "policies": ["a", "b"]}));
        let example = json!({
            "name": "string", "description": "string", "interface": "string", "clientpack_ip": "string", "id": 0,
            "connected": true, "type": "string", "tags": [], "last_connect": "x", "last_disconnect": "x",
            "last_handshake": "x", "handshake_timeout": 0, "remotes": ["string"], "endpoints": ["string"],
            "clientpack": "string", "policies": "string", "state": "string", "device": "string", "tun_mtu": 0,
            "link_mtu": 0, "local_ip": "string",
        });
        assert!(has_keys_of(&made, &example), "{made}");
        assert!(made.get("conf").is_none());
        assert_eq!(
            (&made["interface"], &made["policies"], &made["state"]),
            (&json!("lnk1"), &json!("a\nb"), &json!("connecting"))
        );
        assert_eq!((&made["clientpack_ip"], &made["remotes"]), (&json!("100.127.255.200"), &json!(["203.0.113.7"])));
        bench.wait(3_000);
        assert_eq!(bench.get("/links/1").expect("link")["state"], "connected");
        bench.ok(Post, "/routes", json!({"cidr": "10.8.0.0/16", "interface": "lnk1"}));
        assert_eq!(bench.ok(Put, "/links/1", json!({"connected": false}))["state"], "disconnected");
        bench.ok(Delete, "/links/1", json!({}));
        assert_eq!(bench.get("/links/1"), Err((404, "APINotFoundError: Link does not exist".to_owned())));
    }

    #[test]
    fn a_link_is_made_from_a_configuration_or_from_a_controller() {
        let mut bench = Bench::new();
        let bearer = json!({"id": 1, "vns3_controller": "198.51.100.1", "vns3_auth": "word", "auth_type": "bearer"});
        let made = bench.ok(Post, "/links", bearer.clone());
        assert_eq!(made["remotes"], json!(["198.51.100.1"]));
        let mut refused = |body: Value| bench.refused(Post, "/links", body).1;
        assert_eq!(refused(json!({"id": 2})), "APIArgumentError: conf is missing");
        let without = json!({"id": 2, "vns3_controller": "198.51.100.1"});
        assert_eq!(refused(without), "APIArgumentError: vns3_auth is missing");
        for (field, value) in [("auth_type", "digest"), ("vns3_controller", "no host")] {
            let mut body = bearer.clone();
            (body["id"], body[field]) = (json!(2), json!(value));
            assert_eq!(refused(body), format!("APIArgumentError: {field} is invalid"));
        }
    }

    #[test]
    fn tags_are_a_list_and_a_new_one_is_created() {
        let mut bench = Bench::new();
        bench.ok(Post, "/links", json!({"id": "2", "conf": CONF}));
        let tag = |value: &str| Some(json!({"key": "site", "value": value}));
        assert_eq!(bench.call(Post, "/links/2/tags", tag("a")).0, 201);
        let (status, body) = bench.call(Post, "/links/2/tags", tag("b"));
        assert_eq!((status, &body["response"]), (200, &json!([{"key": "site", "value": "b"}])));
        assert_eq!(bench.ok(Delete, "/links/2/tags/site", json!({})), json!([]));
        assert_eq!(bench.refused(Delete, "/links/2/tags/site", json!({})).0, 404);
    }

    #[test]
    fn policies_for_all_are_kept_by_type() {
        let mut bench = Bench::new();
        assert_eq!(bench.ok(Put, "/links/global-policies", json!({"policies": ["x", "y"]})), json!("x\ny"));
        let wireguard = json!({"type": "wireguard", "policies": "z"});
        assert_eq!(bench.ok(Put, "/links/global-policies", wireguard), json!("z"));
        assert_eq!(bench.get("/links/global-policies"), Ok(json!("x\ny")));
        assert_eq!(bench.get("/links/global-policies?type=wireguard"), Ok(json!("z")));
        assert_eq!(bench.refused(Put, "/links/global-policies", json!({})).1, "APIArgumentError: policies is missing");
    }
}
