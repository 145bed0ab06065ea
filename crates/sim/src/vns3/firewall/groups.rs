//! Rule groups: names under which rules stand. Rules carry the names; a group lists the rules that carry its own.
//!
//! A name that a rule brings along and that no group has makes one: the text lets rules be created with groups and
//! documents no fault for an unknown one.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Firewall;
use crate::vns3::answer::{Fault, Outcome, accepted, created, ok};
use crate::vns3::call::Call;
use crate::vns3::state::State;

/// A group, without its members.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Group {
    name: String,
    description: String,
}

impl Group {
    fn show(&self, firewall: &Firewall) -> Value {
        let rules = firewall.members(&self.name);
        json!({"name": self.name, "description": self.description, "rules": rules, "size": rules.len()})
    }
}

impl Firewall {
    /// Makes the groups among these names that do not exist.
    pub(super) fn note_groups(&mut self, names: &[String]) {
        for name in names {
            if !self.groups.iter().any(|group| group.name == *name) {
                self.groups.push(Group { name: name.clone(), description: String::new() });
            }
        }
    }

    /// The ids of the rules in a group, in order.
    fn members(&self, group: &str) -> Vec<&str> {
        let carries = |groups: &[String]| groups.iter().any(|name| name == group);
        self.rules.iter().filter(|rule| carries(&rule.groups)).map(|rule| rule.id.as_str()).collect()
    }

    /// Makes these rules, and no others, the members of a group.
    fn set_members(&mut self, group: &str, ids: &[String]) {
        for rule in &mut self.rules {
            rule.groups.retain(|name| name != group);
            if ids.contains(&rule.id) {
                rule.groups.push(group.to_owned());
            }
        }
    }

    fn must_have_rules(&self, ids: &[String]) -> Result<(), Fault> {
        match ids.iter().find(|id| !self.rules.iter().any(|rule| rule.id == **id)) {
            Some(id) => Err(Fault::bad_request(format!("Rule {id} does not exist"))),
            None => Ok(()),
        }
    }

    fn must_be_free(&self, name: &str) -> Result<(), Fault> {
        if self.groups.iter().any(|group| group.name == name) {
            return Err(Fault::bad_request(format!("Group with name {name} already exists")));
        }
        Ok(())
    }
}

fn find<'a>(state: &'a State, name: &str) -> Result<&'a Group, Fault> {
    let unknown = || Fault::not_found("group does not exist");
    state.firewall.groups.iter().find(|group| group.name == name).ok_or_else(unknown)
}

fn shown(state: &State, name: &str) -> Result<Value, Fault> {
    find(state, name).map(|group| group.show(&state.firewall))
}

/// "Get a list of firewall rule groups".
pub(super) fn list(state: &State) -> Outcome {
    ok(state.firewall.groups.iter().map(|group| group.show(&state.firewall)).collect::<Vec<_>>())
}

/// "Create Rule Group".
pub(super) fn create(state: &mut State, call: &Call) -> Outcome {
    let fields = call.fields()?;
    let name = fields.need_text("name")?;
    let rules: Vec<String> = fields.get("rule_ids")?.unwrap_or_default();
    let description = fields.get("description")?.unwrap_or_default();
    state.firewall.must_be_free(&name)?;
    state.firewall.must_have_rules(&rules)?;
    state.firewall.groups.push(Group { name: name.clone(), description });
    state.firewall.set_members(&name, &rules);
    created(shown(state, &name)?)
}

/// "Read Rule Group".
pub(super) fn read(state: &State, name: &str) -> Outcome {
    ok(shown(state, name)?)
}

/// "Update rule group data": a new name changes the path.
pub(super) fn update(state: &mut State, call: &Call, name: &str) -> Outcome {
    let fields = call.fields()?;
    let mut group = find(state, name)?.clone();
    fields.over_if("name", &mut group.name, |name: &String| !name.is_empty())?;
    fields.over("description", &mut group.description)?;
    let members = state.firewall.members(name).into_iter().map(str::to_owned).collect();
    let rules: Vec<String> = fields.get("rule_ids")?.unwrap_or(members);
    state.firewall.must_have_rules(&rules)?;
    if group.name != name {
        state.firewall.must_be_free(&group.name)?;
    }
    state.firewall.set_members(name, &[]);
    state.firewall.set_members(&group.name, &rules);
    let new_name = group.name.clone();
    state.firewall.groups.iter_mut().filter(|slot| slot.name == name).for_each(|slot| *slot = group.clone());
    ok(shown(state, &new_name)?)
}

/// "Delete firewall rule group". With `force` the rules stay and lose the name; the text does not say what becomes of
/// them.
pub(super) fn delete(state: &mut State, call: &Call, name: &str) -> Outcome {
    let answer = shown(state, name)?;
    if !state.firewall.members(name).is_empty() && !call.query_flag("force") {
        return Err(Fault::bad_request("Group has rules defined. Please delete rules or pass force=true."));
    }
    state.firewall.set_members(name, &[]);
    state.firewall.groups.retain(|group| group.name != name);
    accepted(answer)
}

/// "Add Rule to Group": 201 if the rule was not in it, else 200.
pub(super) fn add_rule(state: &mut State, call: &Call, name: &str) -> Outcome {
    find(state, name)?;
    let id = call.fields()?.need_text("rule_id")?;
    let mut members: Vec<String> = state.firewall.members(name).into_iter().map(str::to_owned).collect();
    if members.contains(&id) {
        return ok(shown(state, name)?);
    }
    members.push(id);
    state.firewall.must_have_rules(&members)?;
    state.firewall.set_members(name, &members);
    created(shown(state, name)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vns3::testing::Bench;
    use wire::Method::{Delete, Post, Put};

    fn rule(bench: &mut Bench, text: &str) -> String {
        let rule = bench.ok(Post, "/v2/firewall/rules", json!({"rule": text}));
        rule["id"].as_str().expect("id").to_owned()
    }

    #[test]
    fn membership_is_written_from_both_sides() {
        let mut bench = Bench::new();
        let (first, second) = (rule(&mut bench, "FORWARD -j DROP"), rule(&mut bench, "INPUT -j DROP"));
        let made = bench.ok(Post, "/v2/firewall/rules-groups", json!({"name": "lan", "rule_ids": [first]}));
        assert_eq!(made, json!({"name": "lan", "description": "", "rules": [first], "size": 1}));
        let body = Some(json!({"rule_id": second}));
        assert_eq!(bench.call(Post, "/v2/firewall/rule-groups/lan/rules", body.clone()).0, 201);
        assert_eq!(bench.call(Post, "/v2/firewall/rule-groups/lan/rules", body).0, 200);
        let rules = bench.get("/v2/firewall/rules").expect("rules");
        assert_eq!((&rules[0]["groups"], &rules[1]["groups"]), (&json!(["lan"]), &json!(["lan"])));
        bench.ok(Put, &format!("/v2/firewall/rules/{first}"), json!({"groups": ["other"]}));
        let groups = bench.get("/v2/firewall/rules-groups").expect("groups");
        assert_eq!((&groups[0]["rules"], &groups[1]["name"]), (&json!([second]), &json!("other")));
        let renamed = bench.ok(Put, "/v2/firewall/rule-groups/lan", json!({"name": "wan", "description": "d"}));
        assert_eq!((&renamed["rules"], &renamed["description"]), (&json!([second]), &json!("d")));
        assert_eq!(bench.ok(Put, "/v2/firewall/rule-groups/wan", json!({"rule_ids": []}))["size"], 0);
        assert_eq!(bench.call(Delete, "/v2/firewall/rule-groups/wan", None).0, 202);
    }

    #[test]
    fn faults_are_in_the_texts_words() {
        let mut bench = Bench::new();
        let first = rule(&mut bench, "FORWARD -j DROP");
        let body = json!({"name": "foobar", "rule_ids": [first]});
        bench.ok(Post, "/v2/firewall/rules-groups", body.clone());
        let mut refused = |method, path: &str, body| bench.refused(method, path, body);
        let twice = refused(Post, "/v2/firewall/rules-groups", body);
        assert_eq!(twice, (400, "APIBadRequestError: Group with name foobar already exists".to_owned()));
        let unknown =
            refused(Post, "/v2/firewall/rule-groups/foobar/rules", json!({"rule_id": "926bc4e70fc7afcd13b8"}));
        assert_eq!(unknown, (400, "APIBadRequestError: Rule 926bc4e70fc7afcd13b8 does not exist".to_owned()));
        let full = refused(Delete, "/v2/firewall/rule-groups/foobar", json!({}));
        let text = "APIBadRequestError: Group has rules defined. Please delete rules or pass force=true.";
        assert_eq!(full, (400, text.to_owned()));
        let gone = refused(Put, "/v2/firewall/rule-groups/none", json!({}));
        assert_eq!(gone, (404, "APINotFoundError: group does not exist".to_owned()));
        bench.ok(Delete, "/v2/firewall/rule-groups/foobar?force=true", json!({}));
        assert_eq!(bench.get("/v2/firewall/rules").expect("rules")[0]["groups"], json!([]));
    }
}
