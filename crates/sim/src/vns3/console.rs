//! Changes that somebody makes past the API.
//!
//! One table of collections serves all three sorts of change. The state keeps objects as the API shows them, so an
//! object is found in the saved state by a pattern, and overwritten there; adding and removing are the API's own calls,
//! made without credentials and licence.

use serde_json::{Map, Value};

use super::AREAS;
use super::answer::read_form;
use super::call::Call;
use super::state::State;
use crate::Console;
use wire::Method::{self, Delete, Post};

/// Where the objects of one kind are, and how the API adds and removes them.
#[derive(Debug)]
pub(super) struct Collection {
    /// The kind's name.
    pub kind: &'static str,
    /// Where the objects stand in the saved state; `*` is any entry of a list or map.
    pub at: &'static str,
    /// The fields whose values, joined by commas, also name an object; `id` and `name` always do.
    pub key: &'static [&'static str],
    /// The path that a POST adds to; `{parent.id}` is a field of the parent. Empty if nothing can be added.
    pub create: &'static str,
    /// The path that a DELETE removes; `{id}` is a field of the object. Empty if nothing can be removed.
    pub remove: &'static str,
}

impl Collection {
    /// A kind of which there is one object only.
    pub(crate) const fn single(kind: &'static str, at: &'static str) -> Collection {
        Collection { kind, at, key: &[], create: "", remove: "" }
    }
}

/// An object found in the saved state: its JSON pointer, and the pointers of its parents.
struct Found<'a> {
    pointer: String,
    object: &'a Value,
    parents: Vec<&'a Value>,
}

/// Makes the change; gives the object, or what the API answers.
pub(super) fn apply(state: &mut State, change: Console) -> Result<Value, String> {
    match change {
        Console::Set { kind, name, fields } => set(state, collection(&kind)?, &name, fields),
        Console::Add { kind, parent, fields } => {
            let collection = collection(&kind)?;
            let saved = read_form(state);
            let parents = match parent {
                None => Vec::new(),
                Some(parent) => vec![find_parent(&saved, collection, &parent)?],
            };
            let path = fill(collection.create, &Value::Null, &parents)
                .ok_or_else(|| format!("nothing can be added to `{kind}` so"))?;
            call(state, Post, path, &fields)
        }
        Console::Remove { kind, name } => {
            let collection = collection(&kind)?;
            let saved = read_form(state);
            let found = find(&saved, collection, &name)?;
            let path = fill(collection.remove, found.object, &found.parents)
                .ok_or_else(|| format!("nothing can be removed from `{kind}`"))?;
            call(state, Delete, path, &Map::new())
        }
    }
}

fn collection(kind: &str) -> Result<&'static Collection, String> {
    let mut all = AREAS.iter().flat_map(|area| area.console);
    all.find(|collection| collection.kind == kind).ok_or_else(|| format!("a VNS3 controller has no kind `{kind}`"))
}

/// Overwrites fields in the saved state and loads it again: what does not come back was not understood.
fn set(state: &mut State, collection: &Collection, name: &str, fields: Map<String, Value>) -> Result<Value, String> {
    let mut saved = read_form(state);
    let pointer = find(&saved, collection, name)?.pointer;
    let object = saved.pointer_mut(&pointer).and_then(Value::as_object_mut).ok_or("the object is no map")?;
    object.extend(fields.clone());
    let changed: State =
        serde_json::from_value(saved).map_err(|error| format!("a field was not understood: {error}"))?;
    let object = read_form(&changed).pointer(&pointer).cloned().unwrap_or_default();
    if let Some((field, _)) =
        fields.iter().find(|(field, value)| object.get(field.as_str()).unwrap_or(&Value::Null) != *value)
    {
        return Err(format!("`{}` has no field `{field}` that can be set so", collection.kind));
    }
    *state = changed;
    Ok(object)
}

/// Makes a call to the controller itself.
fn call(state: &mut State, method: Method, path: Vec<String>, fields: &Map<String, Value>) -> Result<Value, String> {
    let call = Call::inner(method, path, fields, state.clock);
    let outcome = AREAS.iter().find_map(|area| (area.answer)(state, &call)).ok_or("the controller has no such call")?;
    let response = outcome.map_err(|fault| fault.message().to_owned())?;
    let body: Value = serde_json::from_slice(&response.body).unwrap_or_default();
    Ok(body.get("response").cloned().unwrap_or_default())
}

/// The one object that the text names: its id, its name or its key, alone or behind its parents' and a slash.
fn find<'a>(saved: &'a Value, collection: &Collection, name: &str) -> Result<Found<'a>, String> {
    let mut named = objects(saved, collection.at).into_iter().filter(|found| is_named(found, collection, name));
    match (named.next(), named.next()) {
        (Some(found), None) => Ok(found),
        (Some(_), Some(_)) => Err(format!("`{}` has several objects `{name}`", collection.kind)),
        (None, _) => Err(format!("`{}` has no object `{name}`", collection.kind)),
    }
}

/// The object that a new one stands below.
fn find_parent<'a>(saved: &'a Value, collection: &Collection, name: &str) -> Result<&'a Value, String> {
    let inner = collection.at.trim_end_matches("/*");
    let at =
        inner.rfind("/*").map(|end| &inner[..end + 2]).ok_or_else(|| format!("`{}` has no parent", collection.kind))?;
    let parent = Collection { at, ..Collection::single(collection.kind, "") };
    find(saved, &parent, name).map(|found| found.object).map_err(|_| format!("no parent `{name}` was found"))
}

fn is_named(found: &Found<'_>, collection: &Collection, name: &str) -> bool {
    if !collection.at.contains('*') {
        return name.is_empty() || name == collection.kind;
    }
    let own = names(found.object, collection.key);
    if own.iter().any(|text| text == name) {
        return true;
    }
    let Some(parent) = found.parents.last() else { return false };
    names(parent, &[]).iter().any(|parent| {
        name.strip_prefix(parent.as_str())
            .and_then(|rest| rest.strip_prefix('/'))
            .is_some_and(|rest| own.iter().any(|text| text == rest))
    })
}

/// The texts that name an object.
fn names(object: &Value, key: &[&str]) -> Vec<String> {
    let text = |field: &str| match object.get(field) {
        Some(Value::String(text)) => Some(text.clone()),
        Some(Value::Number(number)) => Some(number.to_string()),
        _ => None,
    };
    let joined: Option<Vec<String>> = key.iter().map(|field| text(field)).collect();
    let joined = joined.filter(|parts| !parts.is_empty()).map(|parts| parts.join(","));
    [text("id"), text("name"), joined].into_iter().flatten().collect()
}

/// Every object at a pattern.
fn objects<'a>(saved: &'a Value, pattern: &str) -> Vec<Found<'a>> {
    let start = Found { pointer: String::new(), object: saved, parents: Vec::new() };
    let mut objects: Vec<Found<'_>> = pattern
        .split('/')
        .skip(1)
        .fold(vec![start], |found, part| found.into_iter().flat_map(|found| step(found, part)).collect());
    if pattern.ends_with('*') {
        for found in &mut objects {
            found.parents.pop();
        }
    }
    objects
}

/// One step down the pattern. An entry of a list or map is a parent, first of itself, then of what is below it.
fn step<'a>(found: Found<'a>, part: &str) -> Vec<Found<'a>> {
    let below = |key: String, object: &'a Value, parents: &[&'a Value]| Found {
        pointer: format!("{}/{key}", found.pointer),
        object,
        parents: parents.to_vec(),
    };
    if part != "*" {
        return found
            .object
            .get(part)
            .map(|object| below(part.to_owned(), object, &found.parents))
            .into_iter()
            .collect();
    }
    let entries: Vec<(String, &Value)> = match found.object {
        Value::Array(list) => list.iter().enumerate().map(|(index, entry)| (index.to_string(), entry)).collect(),
        Value::Object(map) => map.iter().map(|(key, entry)| (key.clone(), entry)).collect(),
        _ => Vec::new(),
    };
    let with_itself = |entry| found.parents.iter().copied().chain([entry]).collect::<Vec<_>>();
    entries.into_iter().map(|(key, entry)| below(key, entry, &with_itself(entry))).collect()
}

/// Fills the placeholders of a path; `None` if the path is empty or a field is missing.
fn fill(path: &str, object: &Value, parents: &[&Value]) -> Option<Vec<String>> {
    let segments = path.split('/').skip(1).map(|segment| {
        let Some(field) = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) else {
            return Some(segment.to_owned());
        };
        let (holder, field) = match field.strip_prefix("parent.") {
            Some(field) => (*parents.last()?, field),
            None => (object, field),
        };
        match holder.get(field)? {
            Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        }
    });
    segments.collect::<Option<Vec<_>>>().filter(|segments| !segments.is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::vns3::testing::Bench;

    fn full() -> Bench {
        let mut bench = Bench::new();
        bench.populate();
        bench
    }

    #[test]
    fn every_collection_finds_its_objects_by_natural_text() {
        let natural = [
            ("config", "", json!({"topology_name": "drifted"})),
            ("ipsec-local", "", json!({"ipsec_local_ipaddress": "192.0.2.9"})),
            ("ipsec-endpoints", "EndpointB", json!({"psk": "changed", "ike_version": 1})),
            ("tunnels", "EndpointB/10.1.0.0/16,10.2.0.0/16", json!({"enabled": false})),
            ("traffic-pairs", "1/10.1.0.0/16,10.2.0.0/16", json!({"enabled": false})),
            ("ebgp-peers", "EndpointB/169.254.1.2", json!({"asn": 65002})),
            ("routes", "10.9.0.0/16", json!({"metric": 5})),
            ("firewall-rules", "FORWARD -s ${custom_office} -j ACCEPT", json!({"disabled": true})),
            ("firewall-fwsets", "humans", json!({"description": "people"})),
            ("firewall-rule-groups", "lan", json!({"description": "inside"})),
            ("firewall-subtables", "mine", json!({"description": "ours"})),
            ("edge-gre-interfaces", "branch", json!({"ttl": 9})),
            ("interface-addresses", "eth0/192.168.1.77", json!({"mask_bits": 24})),
            ("packet-monitors", "conntrack", json!({"duration": "1 hour"})),
            ("remote-support", "", json!({"enabled": true})),
            ("plugins", "ha", json!({"description": "standby"})),
            ("container-system", "", json!({"network": "198.51.100.64/28"})),
            ("access-urls", "help", json!({"expired": true})),
            ("links", "hub", json!({"connected": false})),
            ("link-tags", "hub/site", json!({"value": "b"})),
            ("link-global-policies-openvpn", "", json!({"policies": "drop"})),
            ("identity-vpn", "", json!({"enabled": true})),
            ("system-variables", "office", json!({"value": "10.70.0.0/16"})),
            ("peers", "203.0.113.2", json!({"mtu": "1300"})),
            ("webhooks", "ops", json!({"url": "https://elsewhere.example"})),
            ("alerts", "down", json!({"enabled": false})),
            ("access-tokens", "ci", json!({"expired": true})),
        ];
        let mut bench = full();
        for (kind, name, fields) in natural {
            let object = bench.console(json!({"set": {"kind": kind, "name": name, "fields": fields}}));
            let object = object.unwrap_or_else(|error| panic!("{kind}: {error}"));
            for (field, value) in fields.as_object().expect("fields") {
                assert_eq!(&object[field], value, "{kind}");
            }
        }
        let endpoint = bench.get("/ipsec/endpoints/1").expect("endpoint");
        assert_eq!((&endpoint["psk"], &endpoint["tunnels"]["1"]["enabled"]), (&json!("changed"), &json!(false)));
        assert_eq!(bench.get("/config").expect("config")["topology_name"], "drifted");
    }

    #[test]
    fn objects_are_added_below_their_parent_and_removed() {
        let mut bench = full();
        let fields = json!({"local_subnet": "10.3.0.0/16", "remote_subnet": "10.4.0.0/16"});
        let added = json!({"add": {"kind": "tunnels", "parent": "EndpointB", "fields": fields}});
        assert_eq!(bench.console(added).expect("added")["tunnels"].as_object().map(|map| map.len()), Some(2));
        let removals = [
            ("tunnels", "EndpointB/10.3.0.0/16,10.4.0.0/16"),
            ("ebgp-peers", "EndpointB/1"),
            ("routes", "10.9.0.0/16"),
            ("firewall-rules", "FORWARD -s ${custom_office} -j ACCEPT"),
            ("link-tags", "3/site"),
            ("plugins", "ha"),
            ("access-urls", "help"),
            ("packet-monitors", "conntrack"),
            ("snapshots", "before"),
            ("edge-gre-interfaces", "gre1"),
            ("interface-addresses", "eth0/192.168.1.77"),
            ("links", "hub"),
            ("firewall-rule-groups", "lan"),
            ("firewall-subtables", "mine"),
            ("firewall-fwsets", "humans"),
            ("system-variables", "office"),
            ("peers", "2"),
            ("alerts", "down"),
            ("webhooks", "ops"),
            ("ipsec-endpoints", "EndpointB"),
        ];
        for (kind, name) in removals {
            let change = json!({"remove": {"kind": kind, "name": name}});
            bench.console(change.clone()).unwrap_or_else(|error| panic!("{kind}: {error}"));
            assert_eq!(bench.console(change), Err(format!("`{kind}` has no object `{name}`")));
        }
    }

    #[test]
    fn what_is_not_understood_is_said() {
        let mut bench = full();
        let mut said = |change| bench.console(change).expect_err("must be refused");
        let set = |kind: &str, name: &str, fields| json!({"set": {"kind": kind, "name": name, "fields": fields}});
        assert_eq!(said(set("moons", "io", json!({}))), "a VNS3 controller has no kind `moons`");
        assert_eq!(said(set("routes", "10.0.0.0/9", json!({}))), "`routes` has no object `10.0.0.0/9`");
        assert_eq!(
            said(set("routes", "10.9.0.0/16", json!({"colour": "red"}))),
            "`routes` has no field `colour` that can be set so"
        );
        assert!(
            said(set("routes", "10.9.0.0/16", json!({"metric": "much"}))).starts_with("a field was not understood")
        );
        assert_eq!(said(json!({"remove": {"kind": "config", "name": ""}})), "nothing can be removed from `config`");
        assert_eq!(said(json!({"add": {"kind": "routes", "fields": {}}})), "cidr is missing");
        assert_eq!(
            said(json!({"add": {"kind": "tunnels", "parent": "nobody", "fields": {}}})),
            "no parent `nobody` was found"
        );
    }
}
