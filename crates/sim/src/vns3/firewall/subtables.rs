//! Subtables: rules of their own, which rules of a main table jump to.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Firewall, is_name, syntax};
use crate::vns3::answer::{Fault, Outcome, accepted, created, ok};
use crate::vns3::call::{Call, Fields};
use crate::vns3::state::State;
use crate::vns3::variables::resolve;

/// Appends, as a position.
const END: i64 = -1;

/// A subtable.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::vns3) struct Subtable {
    name: String,
    description: String,
    /// The main table that it can be reached from.
    r#type: String,
    created_at: String,
    updated_at: String,
    rules: Vec<SubtableRule>,
}

/// A rule of a subtable; its place in the list is its position.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct SubtableRule {
    id: String,
    rule: String,
    comment: String,
    disabled: bool,
}

impl SubtableRule {
    /// A rule from its fields, with a new id.
    fn from(fields: &Fields, state: &mut State) -> Result<SubtableRule, Fault> {
        Ok(SubtableRule {
            rule: fields.need_text("rule")?.trim().to_owned(),
            comment: fields.get("comment")?.unwrap_or_default(),
            disabled: fields.get("disabled")?.unwrap_or_default(),
            id: state.generator.hex(20),
        })
    }

    fn show(&self, state: &State, position: usize, osview: bool) -> Value {
        let resolved = resolve(state, &self.rule).unwrap_or_else(|_| self.rule.clone());
        let os_rules =
            if osview && !self.disabled { json!([{"rule": resolved, "position": position}]) } else { json!([]) };
        json!({
            "id": self.id,
            "rule": self.rule,
            "rule_resolved": resolved,
            "position": position,
            "comment": self.comment,
            "disabled": self.disabled,
            "os_rules": os_rules,
        })
    }

    /// Checks the rule's text as one of that subtable.
    fn check(&self, subtable: &str, state: &State) -> Result<(), String> {
        if self.rule.split_whitespace().next() != Some(subtable) {
            return Err("Invalid rule for subtable. Subtable rules must start with name of subtable.".to_owned());
        }
        let resolved =
            resolve(state, &self.rule).map_err(|name| format!("Parse Error - variable `{name}' not found"))?;
        syntax::check(&resolved, &state.firewall.fwset_names(), &state.firewall.subtable_names())
    }
}

impl Subtable {
    /// The subtable's name.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The texts of its rules.
    pub(super) fn rule_texts(&self) -> impl Iterator<Item = &str> {
        self.rules.iter().map(|rule| rule.rule.as_str())
    }

    fn show(&self, state: &State, osview: bool) -> Value {
        let rules = self.rules.iter().enumerate().map(|(position, rule)| rule.show(state, position, osview));
        json!({
            "name": self.name,
            "description": self.description,
            "type": self.r#type,
            "created_at": self.created_at,
            "updated_at": self.updated_at,
            "size": self.rules.len(),
            "rules": rules.collect::<Vec<_>>(),
        })
    }

    /// Replaces the rules by those of the body, in the order of their positions; gives those that could not be taken,
    /// with the reason. Their ids are new, for the body has no place for ids.
    fn fill(&mut self, fields: &Fields, state: &mut State) -> Result<Vec<Value>, Fault> {
        let mut wanted = Vec::new();
        for item in fields
            .raw("rules")
            .map_or(Ok(&[][..]), |list| list.as_array().map(Vec::as_slice).ok_or(Fault::invalid("rules")))?
        {
            let fields = Fields::from(item.as_object().cloned().ok_or_else(|| Fault::invalid("rules"))?);
            wanted.push((fields.need::<i64>("position")?, SubtableRule::from(&fields, state)?));
        }
        wanted.sort_by_key(|(position, _)| *position);
        self.rules.clear();
        let mut errors = Vec::new();
        for (_, rule) in wanted {
            match rule.check(&self.name, state) {
                Ok(()) => self.rules.push(rule),
                Err(error) => errors.push(with_error(&rule, state, self.rules.len(), &error)),
            }
        }
        Ok(errors)
    }
}

fn with_error(rule: &SubtableRule, state: &State, position: usize, error: &str) -> Value {
    let mut shown = rule.show(state, position, false);
    shown["error"] = json!(error);
    shown
}

impl Firewall {
    /// The names of all subtables.
    pub(super) fn subtable_names(&self) -> Vec<&str> {
        self.subtables.iter().map(Subtable::name).collect()
    }
}

fn find(state: &State, name: &str) -> Result<Subtable, Fault> {
    let unknown = || Fault::not_found("Subtable does not exist");
    state.firewall.subtables.iter().find(|table| table.name == name).cloned().ok_or_else(unknown)
}

/// Puts a changed subtable in the place of the one of its name.
fn keep(state: &mut State, table: Subtable) {
    if let Some(slot) = state.firewall.subtables.iter_mut().find(|slot| slot.name == table.name) {
        *slot = table;
    }
}

/// "List Subtables".
pub(super) fn list(state: &State) -> Outcome {
    ok(state.firewall.subtables.iter().map(|table| table.show(state, false)).collect::<Vec<_>>())
}

/// "Read Subtable".
pub(super) fn read(state: &State, call: &Call, name: &str) -> Outcome {
    ok(find(state, name)?.show(state, call.query_flag("osview")))
}

/// "Create Subtable": 201 also if some rules could not be taken.
pub(super) fn create(state: &mut State, call: &Call) -> Outcome {
    let fields = call.fields()?;
    let name = fields.need_text("name")?;
    let kind = fields.need_text("type")?.to_ascii_lowercase();
    if !syntax::is_table(&kind) {
        return Err(Fault::bad_request("invalid subtable type"));
    }
    let taken = state.firewall.subtables.iter().any(|table| table.name == name);
    if !is_name(&name) || taken || syntax::is_table(&name.to_ascii_lowercase()) {
        return Err(Fault::bad_request("invalid subtable name"));
    }
    let now = call.now.zulu_millis();
    let mut table = Subtable {
        name,
        description: fields.get("description")?.unwrap_or_default(),
        r#type: kind,
        created_at: now.clone(),
        updated_at: now,
        rules: Vec::new(),
    };
    let errors = table.fill(&fields, state)?;
    let mut answer = table.show(state, false);
    answer["errors"] = json!(errors);
    state.firewall.subtables.push(table);
    created(answer)
}

/// "Update Subtable".
pub(super) fn update(state: &mut State, call: &Call, name: &str) -> Outcome {
    let fields = call.fields()?;
    let mut table = find(state, name)?;
    fields.over("description", &mut table.description)?;
    let errors = if fields.raw("rules").is_some() { table.fill(&fields, state)? } else { Vec::new() };
    table.updated_at = call.now.zulu_millis();
    let mut answer = table.show(state, false);
    answer["errors"] = json!(errors);
    keep(state, table);
    ok(answer)
}

/// "Delete Subtable".
pub(super) fn delete(state: &mut State, call: &Call, name: &str) -> Outcome {
    let table = find(state, name)?;
    let in_use = state.firewall.rule_texts().any(|rule| syntax::mentions(rule, "subtable", name));
    if in_use && !call.query_flag("force") {
        return Err(Fault::bad_request("Firewall rule with subtable exists. Please delete rule first."));
    }
    state.firewall.subtables.retain(|other| other.name != name);
    accepted(table.show(state, false))
}

/// "Create Subtable rule".
pub(super) fn add_rule(state: &mut State, call: &Call, name: &str) -> Outcome {
    let fields = call.fields()?;
    let mut table = find(state, name)?;
    let rule = SubtableRule::from(&fields, state)?;
    rule.check(name, state).map_err(Fault::bad_request)?;
    let end = table.rules.len();
    let place = match fields.get::<i64>("position")?.unwrap_or(END) {
        END => Some(end),
        position => usize::try_from(position).ok().filter(|place| *place <= end),
    };
    table.rules.insert(place.ok_or_else(|| Fault::bad_request("position exceeds the number of rules"))?, rule);
    let mut answer = table.show(state, false);
    answer["errors"] = json!([]);
    keep(state, table);
    created(answer)
}

/// "Delete Subtable Rule". The id is called an integer in the text, and is the text of hexadecimal digits.
pub(super) fn remove_rule(state: &mut State, name: &str, id: &str) -> Outcome {
    let mut table = find(state, name)?;
    let index = table.rules.iter().position(|rule| rule.id == id);
    table.rules.remove(index.ok_or_else(|| Fault::bad_request("Rule does not exist"))?);
    let answer = table.show(state, false);
    keep(state, table);
    accepted(answer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vns3::testing::{Bench, has_keys_of};
    use wire::Method::{Delete, Post, Put};

    const TABLES: &str = "/v2/firewall/subtables";

    #[test]
    fn the_texts_example_comes_back() {
        let mut bench = Bench::new();
        let body = json!({
            "name": "test_my_group", "description": "Route prerouting traffic to my test ips", "type": "prerouting",
            "rules": [
                {"rule": "test_my_group -i eth0 -j ACCEPT", "position": 1},
                {"rule": "test_my_group -i tun0 -j ACCEPT", "position": 0},
                {"rule": "FORWARD -i eth0 -j ACCEPT", "position": 2},
            ],
        });
        let made = bench.ok(Post, TABLES, body);
        let example = json!([{
            "name": "test_my_group", "description": "", "type": "prerouting", "created_at": "", "updated_at": "",
            "size": 1, "rules": [{
                "rule": "", "position": 0, "comment": "", "rule_resolved": "", "disabled": false, "id": "0e85478506eb73b213bb",
            }],
        }]);
        let list = bench.get(TABLES).expect("list");
        assert!(has_keys_of(&list, &example), "{list}");
        assert_eq!((&made["size"], &made["rules"][0]["rule"]), (&json!(2), &json!("test_my_group -i tun0 -j ACCEPT")));
        let error = "Invalid rule for subtable. Subtable rules must start with name of subtable.";
        assert_eq!(made["errors"][0]["error"], error);
        let added = json!({"rule": "test_my_group -j DROP", "position": 0});
        let path = format!("{TABLES}/test_my_group");
        assert_eq!(bench.ok(Post, &format!("{path}/rules"), added)["rules"][0]["rule"], "test_my_group -j DROP");
        let id = list[0]["rules"][0]["id"].as_str().expect("id");
        assert_eq!(bench.call(Delete, &format!("{path}/rules/{id}"), None).0, 202);
        let rule = json!({"rules": [{"rule": "test_my_group -j DROP", "position": 0}]});
        assert_eq!(bench.ok(Put, &path, rule)["size"], 1);
        assert_eq!(bench.ok(Put, &path, json!({"description": "d"}))["size"], 1);
        let osview = bench.get(&format!("{path}?osview=true")).expect("table");
        assert_eq!(osview["rules"][0]["os_rules"][0]["position"], 0);
    }

    #[test]
    fn faults_are_in_the_texts_words() {
        let mut bench = Bench::new();
        bench.ok(Post, TABLES, json!({"name": "mine", "type": "forward"}));
        bench.ok(Post, "/v2/firewall/rules", json!({"rule": "FORWARD -j mine"}));
        let bad_request = |text: &str| (400, format!("APIBadRequestError: {text}"));
        let mut refused = |method, path: &str, body| bench.refused(method, path, body);
        let bad_type = refused(Post, TABLES, json!({"name": "x", "type": "mangle"}));
        assert_eq!(bad_type, bad_request("invalid subtable type"));
        let foreign = refused(Post, "/v2/firewall/subtables/mine/rules", json!({"rule": "FORWARD -j DROP"}));
        let text = "Invalid rule for subtable. Subtable rules must start with name of subtable.";
        assert_eq!(foreign, bad_request(text));
        let used = refused(Delete, "/v2/firewall/subtables/mine", json!({}));
        assert_eq!(used, bad_request("Firewall rule with subtable exists. Please delete rule first."));
        let none = refused(Delete, "/v2/firewall/subtables/mine/rules/1", json!({}));
        assert_eq!(none, bad_request("Rule does not exist"));
        let gone = refused(Put, "/v2/firewall/subtables/other", json!({}));
        assert_eq!(gone, (404, "APINotFoundError: Subtable does not exist".to_owned()));
        let unplaced = json!({"name": "y", "type": "forward", "rules": [{"rule": "y -j DROP"}]});
        assert_eq!(refused(Post, TABLES, unplaced).1, "APIArgumentError: position is missing");
        bench.ok(Delete, "/v2/firewall/subtables/mine?force=true", json!({}));
    }
}
