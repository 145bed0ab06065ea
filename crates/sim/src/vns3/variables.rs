//! System variables: those that people make, those that the controller makes, and how texts that name them resolve.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Area;
use super::answer::{Fault, Outcome, created, ok};
use super::call::{Call, Fields};
use super::clientpacks;
use super::console::Collection;
use super::state::State;
use wire::Method::{Delete, Get, Post, Put};

/// Collections and the prefixes that the names of their variables begin with. `vns3_` and `tag_` stand in the text's
/// firewall examples, `custom_` in the published Python client; the other prefixes are chosen here.
const COLLECTIONS: &[(&str, &str)] = &[
    ("controller", "vns3_"),
    ("peering", "peer_"),
    ("clientpacks", "clientpack_"),
    ("clientpack_groups", "tag_"),
    ("fwsets", "fwset_"),
    ("subtables", "subtable_"),
    (CUSTOM, "custom_"),
];

/// The collection that people write.
const CUSTOM: &str = "custom";

pub(super) static AREA: Area = Area { answer, console: CONSOLE };

const CONSOLE: &[Collection] = &[Collection {
    kind: "system-variables",
    at: "/variables/*",
    key: &[],
    create: "/system/variables",
    remove: "/system/variables/{name}",
}];

/// A variable that somebody made.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Variable {
    name: String,
    value: String,
    description: String,
}

impl Variable {
    fn full_name(&self) -> String {
        format!("custom_{}", self.name)
    }

    fn show(&self) -> Value {
        item(&self.full_name(), &self.description, &self.value)
    }
}

fn item(variable: &str, description: &str, value: &str) -> Value {
    json!({"variable": variable, "description": description, "value": value})
}

fn answer(state: &mut State, call: &Call) -> Option<Outcome> {
    Some(match (call.method, call.path().as_slice()) {
        (Get, ["system", "variable-collections"]) => collections(call),
        (Get, ["system", "variables"]) => ok(read(state)),
        (Post, ["system", "variables"]) => create(state, call),
        (Put, ["system", "variables", name]) => update(state, call, name),
        (Delete, ["system", "variables", name]) => delete(state, name),
        _ => return None,
    })
}

/// "Get system variable collections".
fn collections(call: &Call) -> Outcome {
    let wanted = call.query_list("collections");
    let listed = COLLECTIONS.iter().filter(|(name, _)| wanted.as_ref().is_none_or(|wanted| wanted.contains(name)));
    ok(listed.map(|(name, prefix)| json!({"name": name, "prefix": prefix})).collect::<Vec<_>>())
}

/// "Get Variables": every collection, also the empty ones.
fn read(state: &State) -> BTreeMap<&'static str, Vec<Value>> {
    let mut answer: BTreeMap<&str, Vec<Value>> = COLLECTIONS.iter().map(|(name, _)| (*name, Vec::new())).collect();
    for (collection, name, value) in generated(state) {
        answer.entry(collection).or_default().push(item(&name, "", &value));
    }
    answer.entry(CUSTOM).or_default().extend(state.variables.iter().map(Variable::show));
    answer
}

/// The variables that the controller makes by itself: collection, full name, value.
fn generated(state: &State) -> Vec<(&'static str, String, String)> {
    let config = &state.config;
    let mut variables = vec![
        ("controller", "vns3_public_ipaddress".to_owned(), config.public_ipaddress.clone()),
        ("controller", "vns3_private_ipaddress".to_owned(), config.private_ipaddress.clone()),
    ];
    if let Some(license) = state.license.as_ref() {
        variables.push(("controller", "vns3_overlay_subnet".to_owned(), license.overlay_subnet.clone()));
    }
    if let Some(slot) = state.peering.own_slot(state) {
        variables.push(("controller", "vns3_overlay_ipaddress".to_owned(), slot.overlay_ipaddress.to_string()));
    }
    let peers =
        state.peering.peers.iter().map(|(id, peer)| ("peering", format!("peer_{id}"), peer.address().to_owned()));
    variables.extend(peers);
    let packs = state.clientpacks.keys();
    variables.extend(
        packs.map(|address| ("clientpacks", format!("clientpack_{}", address.replace('.', "_")), address.clone())),
    );
    let tags = clientpacks::tag_variables(state).into_iter();
    variables.extend(tags.map(|(name, addresses)| ("clientpack_groups", name, addresses)));
    let sets =
        state.firewall.fwsets.iter().map(|set| ("fwsets", format!("fwset_{}", set.name()), set.name().to_owned()));
    variables.extend(sets);
    let subtables = state.firewall.subtables.iter().map(|table| table.name());
    variables.extend(subtables.map(|name| ("subtables", format!("subtable_{name}"), name.to_owned())));
    variables
}

/// Replaces every `${name}` by its value; the name of the first unknown one is the error.
pub(super) fn resolve(state: &State, text: &str) -> Result<String, String> {
    let mut resolved = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((name, behind)) = after.split_once('}') else { return Err(after.to_owned()) };
        resolved.push_str(before);
        resolved.push_str(&value_of(state, name).ok_or_else(|| name.to_owned())?);
        rest = behind;
    }
    resolved.push_str(rest);
    Ok(resolved)
}

fn value_of(state: &State, name: &str) -> Option<String> {
    let custom = state.variables.iter().find(|variable| variable.full_name() == name);
    let made = || generated(state).into_iter().find(|(_, known, _)| known == name);
    custom.map(|variable| variable.value.clone()).or_else(|| made().map(|(_, _, value)| value))
}

/// "Create Variable". A name that exists is refused; the text does not say what happens.
fn create(state: &mut State, call: &Call) -> Outcome {
    let fields = call.fields()?;
    let name = fields.need_text("name")?;
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    if !name.bytes().all(is_letter) {
        return Err(Fault::bad_request(
            "Invalid name. Names can only contain alphanumeric characters and underscores.",
        ));
    }
    if state.variables.iter().any(|variable| variable.name == name) {
        return Err(Fault::bad_request(format!("Custom variable {name} already exists")));
    }
    fields.need_text("value")?;
    let mut variable = Variable { name, value: String::new(), description: String::new() };
    variable.take(&fields)?;
    state.variables.push(variable);
    created(read(state))
}

/// "Update Variable". The example of its 404 speaks of a link; the text of "Delete Variable" is taken.
fn update(state: &mut State, call: &Call, name: &str) -> Outcome {
    let fields = call.fields()?;
    let variable = find(state, name)?;
    variable.take(&fields)?;
    ok(variable.show())
}

/// "Delete Variable".
fn delete(state: &mut State, name: &str) -> Outcome {
    let name = find(state, name)?.name.clone();
    state.variables.retain(|variable| variable.name != name);
    ok(read(state))
}

/// The text calls the path's part "name of variable"; both the name given on creation and the resolvable one do.
fn find<'a>(state: &'a mut State, name: &str) -> Result<&'a mut Variable, Fault> {
    let unknown = || Fault::not_found(format!("Custom variable {name} does not exist"));
    let mut all = state.variables.iter_mut();
    all.find(|variable| variable.name == name || variable.full_name() == name).ok_or_else(unknown)
}

impl Variable {
    fn take(&mut self, fields: &Fields) -> Result<(), Fault> {
        let mut next = self.clone();
        fields.over("value", &mut next.value)?;
        fields.over("description", &mut next.description)?;
        *self = next;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vns3::testing::Bench;

    #[test]
    fn creating_and_deleting_answer_with_all_collections_and_updating_with_one_item() {
        let mut bench = Bench::new();
        let all = bench.ok(Post, "/system/variables", json!({"name": "office", "value": "10.7.0.0/16"}));
        assert_eq!(all["custom"], json!([{"variable": "custom_office", "description": "", "value": "10.7.0.0/16"}]));
        assert!(all["controller"].as_array().is_some_and(|list| !list.is_empty()));
        let one = bench.ok(Put, "/system/variables/office", json!({"description": "hq"}));
        assert_eq!(one, json!({"variable": "custom_office", "description": "hq", "value": "10.7.0.0/16"}));
        let left = bench.ok(Delete, "/system/variables/office", json!({}));
        assert_eq!(left["custom"], json!([]));
    }

    #[test]
    fn every_variable_begins_with_the_prefix_of_its_collection() {
        let mut bench = Bench::new();
        bench.populate();
        let prefixes = bench.get("/system/variable-collections").expect("collections");
        let variables = bench.get("/system/variables").expect("variables");
        for collection in prefixes.as_array().expect("list") {
            let (name, prefix) =
                (collection["name"].as_str().expect("name"), collection["prefix"].as_str().expect("prefix"));
            for variable in variables[name].as_array().expect("list") {
                assert!(variable["variable"].as_str().expect("name").starts_with(prefix), "{variable}");
            }
        }
        let some = bench.get("/system/variable-collections?collections=custom,nope").expect("collections");
        assert_eq!(some, json!([{"name": "custom", "prefix": "custom_"}]));
    }

    #[test]
    fn names_are_checked_and_unknown_ones_are_not_found() {
        let mut bench = Bench::new();
        let bad = bench.refused(Post, "/system/variables", json!({"name": "my-var", "value": "x"}));
        let text = "APIBadRequestError: Invalid name. Names can only contain alphanumeric characters and underscores.";
        assert_eq!(bad, (400, text.to_owned()));
        let none = bench.refused(Post, "/system/variables", json!({"name": "foo"}));
        assert_eq!(none, (400, "APIArgumentError: value is missing".to_owned()));
        let gone = bench.refused(Delete, "/system/variables/foo", json!({}));
        assert_eq!(gone, (404, "APINotFoundError: Custom variable foo does not exist".to_owned()));
    }
}
