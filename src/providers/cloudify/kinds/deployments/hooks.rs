//! Functions for the parts of a deployment that no table can say: values derived from a reply, and parts of a body
//! beside its fields.

use serde_json::{Map, Value};

use super::{NODE_INSTANCES, UNDER_WAY};
use crate::attr::Attr;
use crate::providers::cloudify::shared::{read_labels, without};

/// Adds what the API does not say: `installed`, `lifecycle`, and a stamp for the outputs.
pub(crate) fn derive(deployment: &mut Value) {
    read_labels(deployment);
    let Value::Object(map) = deployment else { return };
    // An object without a `deployment_id` is the deployment itself, and shows how outputs are defined, not what they are.
    if !map.contains_key("deployment_id") {
        map.remove("outputs");
        map.remove("capabilities");
    }
    if let Some(word) = lifecycle(map) {
        map.insert("lifecycle".into(), word.into());
    }
    let Some(Value::Array(instances)) = map.get(NODE_INSTANCES) else { return };
    let (installed, stamp) = (installed(instances), stamp(map, instances));
    map.extend(installed.map(|installed| ("installed".to_owned(), installed)));
    map.insert("outputs_stamp".into(), stamp);
}

/// The obstacle to writing to it: work that is under way, or a create that failed.
fn lifecycle(deployment: &Map<String, Value>) -> Option<&'static str> {
    let is_busy = deployment.get(UNDER_WAY).and_then(Value::as_array).is_some_and(|executions| !executions.is_empty());
    // It may fail before or after it has got its inputs; nothing but the creation ran on it then.
    let last = deployment.get("latest_execution").filter(|last| !last.is_null());
    let unborn = deployment.get("inputs").is_some_and(Value::is_null)
        || last.is_some_and(|last| deployment.get("create_execution") == Some(last));
    let latest = deployment.get("latest_execution_status").and_then(Value::as_str);
    match latest {
        _ if is_busy => Some("busy"),
        Some("failed") if unborn => Some("broken"),
        _ => None,
    }
}

/// Neither true nor false when only some are started: then both would be a change. Nothing at all without instances:
/// then neither is one (cloudify.md#lifecycle).
fn installed(instances: &[Value]) -> Option<Value> {
    if instances.is_empty() {
        return None;
    }
    let all = |words: &[&str]| {
        instances.iter().all(|instance| {
            let state = instance.get("state").and_then(Value::as_str).unwrap_or_default();
            words.contains(&state)
        })
    };
    Some(if all(&["uninitialized", "deleted"]) {
        Value::Bool(false)
    } else if all(&["started"]) {
        Value::Bool(true)
    } else {
        "partial".into()
    })
}

/// Outputs come from runtime properties, and every change of these counts up the instance's version.
fn stamp(deployment: &Map<String, Value>, instances: &[Value]) -> Value {
    let versions: u64 = instances.iter().filter_map(|instance| instance.get("version")?.as_u64()).sum();
    let updated = deployment.get("updated_at").and_then(Value::as_str).unwrap_or_default();
    format!("{updated} {} {versions}", instances.len()).into()
}

/// A create has the name in its path, and no site where there is none: an empty word is refused.
pub(crate) fn unnamed(body: &mut Attr, _: Option<&Value>) -> Result<(), &'static str> {
    without(body, "id");
    if names_no_site(body) {
        without(body, "site_name");
    }
    Ok(())
}

fn names_no_site(body: &Attr) -> bool {
    body.get("site_name").is_none_or(|name| name.is_null() || name.as_text() == Some(""))
}

/// No site is another word than an empty one.
pub(crate) fn unless_detached(body: &mut Attr, _: Option<&Value>) -> Result<(), &'static str> {
    let detaches = names_no_site(body);
    if let Attr::Map(map) = body
        && detaches
    {
        map.remove("site_name");
        map.insert("detach_site".into(), Attr::Bool(true));
    }
    Ok(())
}

/// An update of what is not installed leaves the instances alone.
pub(crate) fn leave_alone(body: &mut Attr, live: Option<&Value>) -> Result<(), &'static str> {
    let uninstalled =
        live.is_some_and(|live| live.get("installed").is_none_or(|installed| *installed == Value::Bool(false)));
    if let Attr::Map(map) = body
        && uninstalled
    {
        for skipped in ["skip_install", "skip_uninstall", "skip_reinstall"] {
            map.insert(skipped.into(), Attr::Bool(true));
        }
        // These would reinstall in spite of that.
        map.retain(|key, _| !["reinstall_list", "force_reinstall"].contains(&key.as_str()));
    }
    Ok(())
}

/// An uninstallation after nothing was ever started has to be forced: later servers see nothing to uninstall there, and
/// refuse to remove what is left (cloudify.md#executions: `node_instances_active`). Nothing can depend on what never
/// ran.
pub(crate) fn force_out(body: &mut Attr, live: Option<&Value>) -> Result<(), &'static str> {
    if let Attr::Map(map) = body
        && live.and_then(|live| live.get(NODE_INSTANCES)).is_some_and(|instances| !some_is(instances, "started"))
    {
        map.insert("force".into(), Attr::Bool(true));
    }
    Ok(())
}

fn some_is(instances: &Value, state: &str) -> bool {
    instances.as_array().into_iter().flatten().any(|instance| instance["state"] == state)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::cloudify::kinds::deployments::KIND;
    use crate::providers::cloudify::testing::{body, reshaped, shows};

    fn live(states: &[&str]) -> Value {
        let instances: Vec<Value> =
            states.iter().map(|state| json!({ "deployment_id": "d0", "state": state, "version": 2 })).collect();
        json!({
            "id": "d0", "blueprint_id": "ops", "inputs": { "mode": "ok", "nap": 0, "label": "one" },
            "visibility": "tenant", "tenant_name": "default_tenant", "updated_at": "2026-11-21T06:02:14.488Z",
            "labels": [{ "key": "env", "value": "dev", "created_at": "2026-11-21T06:06:28.546Z", "created_by": "admin" }],
            "latest_execution_status": "completed", "node_instances": instances
        })
    }

    #[test]
    fn installed_follows_the_instances() {
        let installed = |states: &[&str]| reshaped(&KIND, &live(states)).get("installed").cloned().unwrap_or_default();
        assert_eq!(installed(&["started", "started"]), json!(true));
        assert_eq!(installed(&["uninitialized", "deleted"]), json!(false));
        assert_eq!(installed(&["started", "creating"]), json!("partial"));
        assert_eq!(installed(&["stopped"]), json!("partial"));
        assert_eq!(installed(&[]), Value::Null);
    }

    #[test]
    fn without_instances_to_look_at_nothing_is_claimed() {
        let bare = json!({ "deployment_id": "d0", "outputs": { "addr": "10.0.0.5-one" } });
        shows(&KIND, &bare, &json!({ "installed": null, "outputs": { "addr": "10.0.0.5-one" } }));
    }

    #[test]
    fn definitions_of_outputs_are_no_outputs() {
        let reply = json!({ "id": "d0", "outputs": { "addr": { "value": { "get_attribute": ["app", "addr"] } } } });
        shows(&KIND, &reply, &json!({ "outputs": {} }));
    }

    #[test]
    fn a_deployment_as_it_was_seen() {
        let expected = json!({
            "id": "d0", "blueprint_id": "ops", "visibility": "tenant", "labels": [{ "env": "dev" }],
            "inputs": { "label": "one", "mode": "ok", "nap": 0 }, "installed": true
        });
        shows(&KIND, &live(&["started"]), &expected);
    }

    #[test]
    fn a_create_that_failed_on_its_way_counts_as_gone() {
        let left = json!({
            "id": "f1", "blueprint_id": "ops", "inputs": null, "installation_status": "active",
            "latest_execution_status": "failed", "node_instances": []
        });
        assert_eq!(reshaped(&KIND, &left)["lifecycle"], "broken");
        let late = json!({
            "id": "f1", "inputs": {}, "latest_execution_status": "failed", "create_execution": "8d80",
            "latest_execution": "8d80", "node_instances": []
        });
        assert_eq!(reshaped(&KIND, &late)["lifecycle"], "broken");
        let mut used = late.clone();
        used["latest_execution"] = json!("e240");
        assert_eq!(reshaped(&KIND, &used).get("lifecycle"), None);
        let execution = json!({ "id": "8d80", "workflow_id": "create_deployment_environment", "status": "pending" });
        let under_way = json!({ "id": "d1", "inputs": null, "under_way": [execution] });
        assert_eq!(reshaped(&KIND, &under_way)["lifecycle"], "busy");
        assert_eq!(reshaped(&KIND, &live(&["started"])).get("lifecycle"), None);
    }

    #[test]
    fn an_update_of_what_is_not_installed_installs_nothing() {
        let change = json!({ "blueprint_id": "ops2" });
        let quiet = json!({
            "blueprint_id": "ops2", "skip_install": true, "skip_uninstall": true, "skip_reinstall": true
        });
        assert_eq!(body(&KIND, &change, Some(&live(&["uninitialized"]))), quiet);
        assert_eq!(body(&KIND, &change, Some(&live(&["started"]))), change);
    }

    #[test]
    fn what_never_started_is_uninstalled_by_force() {
        let sent = |states: &[&str]| {
            let mut body = Attr::from_json(&json!({ "deployment_id": "d0", "workflow_id": "uninstall" }));
            force_out(&mut body, Some(&reshaped(&KIND, &live(states)))).unwrap();
            body.to_shown()["force"].clone()
        };
        assert_eq!(sent(&["creating", "uninitialized"]), json!(true));
        assert_eq!(sent(&["started", "creating"]), Value::Null);
    }

    #[test]
    fn a_create_sends_no_name_and_skips_nothing() {
        let declared = json!({ "id": "d0", "blueprint_id": "ops", "inputs": { "label": "two" } });
        let sent = json!({ "blueprint_id": "ops", "inputs": { "label": "two" } });
        assert_eq!(body(&KIND, &declared, None), sent);
    }

    #[test]
    fn no_site_is_said_in_other_words_than_one() {
        for (name, site, create) in [
            (json!("fra"), json!({ "site_name": "fra" }), json!({ "site_name": "fra" })),
            (json!(""), json!({ "detach_site": true }), json!({})),
            (Value::Null, json!({ "detach_site": true }), json!({})),
        ] {
            let given = Attr::from_json(&json!({ "site_name": name }));
            let (mut set, mut made) = (given.clone(), given);
            unless_detached(&mut set, None).unwrap();
            unnamed(&mut made, None).unwrap();
            assert_eq!((set.to_shown(), made.to_shown()), (site, create));
        }
    }

    #[test]
    fn outputs_are_read_again_when_an_instance_moved() {
        let before = reshaped(&KIND, &live(&["started"]))["outputs_stamp"].clone();
        let mut moved = live(&["started"]);
        moved["node_instances"][0]["version"] = json!(7);
        assert_ne!(reshaped(&KIND, &moved)["outputs_stamp"], before);
    }
}
