//! The rules: one list over all tables, in the order in which they are tried.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::syntax;
use crate::vns3::answer::{Fault, Outcome, created, ok};
use crate::vns3::call::{Call, Fields};
use crate::vns3::state::State;
use crate::vns3::variables::resolve;
use wire::Response;

/// Appends, as a position.
const END: i64 = -1;

/// A rule. Its position is its place in the list; its table and what it resolves to are read off its text.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Rule {
    pub id: String,
    pub rule: String,
    pub comment: String,
    pub groups: Vec<String>,
    pub disabled: bool,
    created_at: String,
    last_resolved: String,
}

impl Rule {
    /// A rule with a new id.
    fn new(state: &mut State) -> Rule {
        let now = state.clock.zulu_millis();
        Rule { id: state.generator.hex(20), created_at: now.clone(), last_resolved: now, ..Rule::default() }
    }

    /// A rule that the controller makes by itself.
    pub(crate) fn made(state: &mut State, text: &str, comment: &str) -> Rule {
        Rule { rule: text.to_owned(), comment: comment.to_owned(), ..Rule::new(state) }
    }

    /// Takes the fields that are given.
    fn take(&mut self, fields: &Fields) -> Result<(), Fault> {
        let mut next = self.clone();
        if let Some(rule) = fields.get::<String>("rule")? {
            next.rule = rule.trim().to_owned();
        }
        fields.over("comment", &mut next.comment)?;
        fields.over("groups", &mut next.groups)?;
        fields.over("disabled", &mut next.disabled)?;
        *self = next;
        Ok(())
    }

    fn show(&self, state: &State, position: usize, osview: bool) -> Value {
        let resolved = resolve(state, &self.rule).unwrap_or_else(|_| self.rule.clone());
        let os_rules = if osview && !self.disabled {
            let (rule, table) = syntax::os_rule(&resolved);
            json!([{"rule": rule, "position": position, "table": table, "rule_type": "iptables"}])
        } else {
            json!([])
        };
        json!({
            "id": self.id,
            "rule": self.rule,
            "table": table(state, &self.rule),
            "rule_resolved": resolved,
            "position": position,
            "comment": self.comment,
            "last_resolved": self.last_resolved,
            "disabled": self.disabled,
            "created_at": self.created_at,
            "groups": self.groups,
            "os_rules": os_rules,
        })
    }
}

fn table(state: &State, rule: &str) -> Option<String> {
    syntax::table(rule, &state.firewall.subtable_names())
}

/// Checks a rule's text as iptables would, after resolving it.
pub(super) fn check(state: &State, rule: &str) -> Result<(), String> {
    table(state, rule).ok_or("Invalid rule")?;
    let resolved = resolve(state, rule).map_err(|name| format!("Parse Error - variable `{name}' not found"))?;
    syntax::check(&resolved, &state.firewall.fwset_names(), &state.firewall.subtable_names())
}

/// All rules as they are shown, in order.
fn shown(state: &State, osview: bool) -> Vec<Value> {
    state.firewall.rules.iter().enumerate().map(|(position, rule)| rule.show(state, position, osview)).collect()
}

/// "Get Firewall Rules v2".
pub(super) fn list(state: &State, call: &Call) -> Outcome {
    let mut rules = shown(state, call.query_flag("osview"));
    match call.query("state") {
        Some("active") => rules.retain(|rule| rule["disabled"] == false),
        Some("disabled") => rules.retain(|rule| rule["disabled"] == true),
        _ => {}
    }
    let holds = |value: &Value, wanted: &[&str]| value.as_str().is_some_and(|text| wanted.contains(&text));
    if let Some(tables) = call.query_list("tables") {
        let tables: Vec<String> = tables.iter().map(|table| table.to_ascii_lowercase()).collect();
        rules.retain(|rule| tables.iter().any(|table| rule["table"] == table.as_str()));
    }
    if let Some(groups) = call.query_list("groups") {
        rules.retain(|rule| rule["groups"].as_array().is_some_and(|own| own.iter().any(|group| holds(group, &groups))));
    }
    ok(rules)
}

/// "Create Firewall Rule v2": one `rule`, or several `rules` that share everything else and stand together.
pub(super) fn create(state: &mut State, call: &Call) -> Outcome {
    let fields = call.fields()?;
    let texts = match (fields.get::<String>("rule")?, fields.get::<Vec<String>>("rules")?) {
        (Some(rule), None) => vec![rule],
        (None, Some(rules)) => rules,
        _ => return Err(Fault::bad_request("Either rule or rules must be provided")),
    };
    let at = place(state, fields.get("position")?.unwrap_or(END))?;
    if fields.raw("rule").is_some() {
        texts.iter().try_for_each(|text| check(state, text)).map_err(Fault::bad_request)?;
    }
    let (rules, errors) = insert(state, at, &texts, &fields)?;
    match rules.as_slice() {
        [rule] if fields.raw("rule").is_some() => created(rule),
        _ => created(json!({"rules": rules, "errors": errors})),
    }
}

/// Inserts rules that share comment, groups and state; gives them as shown, and what was wrong with the others.
fn insert(state: &mut State, at: usize, texts: &[String], fields: &Fields) -> Result<(Vec<Value>, Vec<String>), Fault> {
    let mut shared = Rule::default();
    shared.take(fields)?;
    let mut errors = Vec::new();
    let mut rules = Vec::new();
    for text in texts {
        match check(state, text) {
            Ok(()) => {
                let Rule { id, created_at, last_resolved, .. } = Rule::new(state);
                rules.push(Rule { id, created_at, last_resolved, rule: text.trim().to_owned(), ..shared.clone() });
            }
            Err(error) => errors.push(error),
        }
    }
    let count = rules.len();
    state.firewall.note_groups(&shared.groups);
    state.firewall.rules.splice(at..at, rules);
    Ok((shown(state, false).into_iter().skip(at).take(count).collect(), errors))
}

/// "Import Firewall Rules": rules as one text, lines or JSON. A table that does not exist spoils the whole text.
pub(super) fn import(state: &mut State, call: &Call) -> Outcome {
    let fields = call.fields()?;
    let text = fields.need_text("rules")?;
    let texts = imported(&text).ok_or_else(|| Fault::invalid("rules"))?;
    if texts.iter().any(|text| table(state, text).is_none()) {
        return Err(Fault::bad_request("Invalid table for rule"));
    }
    let at = place(state, fields.get("position")?.unwrap_or(END))?;
    let (rules, errors) = insert(state, at, &texts, &fields)?;
    ok(json!({"rules": rules, "errors": errors}))
}

/// The rules of a text: JSON texts or rule objects, or one rule a line, where `#` begins a comment.
fn imported(text: &str) -> Option<Vec<String>> {
    let one = |item: &Value| match item {
        Value::String(rule) => Some(rule.clone()),
        other => other.get("rule")?.as_str().map(str::to_owned),
    };
    match serde_json::from_str(text) {
        Ok(Value::Array(items)) => items.iter().map(one).collect(),
        Ok(item @ Value::Object(_)) => one(&item).map(|rule| vec![rule]),
        Ok(_) => None,
        Err(_) => {
            let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
            Some(lines.map(str::to_owned).collect())
        }
    }
}

/// "Export Firewall Rules": a download, in lines unless JSON is asked for.
pub(super) fn export(state: &State, call: &Call) -> Outcome {
    let mut rules = shown(state, false);
    if let Some(tables) = call.query_list("tables") {
        rules.retain(|rule| rule["table"].as_str().is_some_and(|table| tables.contains(&table)));
    }
    if let Some(group) = call.query("group") {
        rules.retain(|rule| rule["groups"].as_array().is_some_and(|groups| groups.iter().any(|own| own == group)));
    }
    let text = match call.query("type") {
        Some("json") => Value::Array(rules).to_string(),
        Some("plaintext") | None => {
            rules.iter().filter_map(|rule| rule["rule"].as_str()).map(|rule| format!("{rule}\n")).collect()
        }
        Some(_) => return Err(Fault::invalid("type")),
    };
    Ok(Response::text(200, "text/plain", text))
}

/// Where a position is in the list.
fn place(state: &State, position: i64) -> Result<usize, Fault> {
    let end = state.firewall.rules.len();
    if position == END {
        return Ok(end);
    }
    let place = usize::try_from(position).ok().filter(|place| *place <= end);
    place.ok_or_else(|| Fault::bad_request("position exceeds the number of rules"))
}

/// "Overwrite Firewall v2": answers 200 with every good rule in force and every bad one under `errors`. The text types
/// `rules` as one object; both published clients send a list, and one object is taken for a list of one.
pub(super) fn overwrite(state: &mut State, call: &Call) -> Outcome {
    let fields = call.fields()?;
    let wanted = match fields.raw("rules") {
        None => return Err(Fault::missing("rules")),
        Some(Value::Array(list)) => list.clone(),
        Some(Value::Object(rule)) => vec![Value::Object(rule.clone())],
        Some(_) => return Err(Fault::invalid("rules")),
    };
    let mut placed: Vec<(i64, Rule)> = Vec::new();
    let mut errors = Vec::new();
    for (index, item) in wanted.iter().enumerate() {
        match wanted_rule(state, item, &placed) {
            Ok((position, rule)) => placed.push((position.unwrap_or(index as i64), rule)),
            Err(error) => errors.push(json!({"rule": item.get("rule"), "error": error})),
        }
    }
    placed.sort_by_key(|(position, _)| *position);
    let rules: Vec<Rule> = placed.into_iter().map(|(_, rule)| rule).collect();
    rules.iter().for_each(|rule| state.firewall.note_groups(&rule.groups));
    state.firewall.rules = rules;
    ok(json!({"rules": shown(state, false), "errors": errors}))
}

/// One rule of a whole list, with its position if it names one. An id that is sent is kept, and with it the groups and
/// the time of creation of the rule that has it; "optional ID to preserve groups and map errors".
fn wanted_rule(state: &mut State, item: &Value, before: &[(i64, Rule)]) -> Result<(Option<i64>, Rule), String> {
    let said = |fault: Fault| fault.message().to_owned();
    let fields = Fields::from(item.as_object().cloned().ok_or("Invalid rule")?);
    let text = fields.need_text("rule").map_err(said)?;
    check(state, &text)?;
    let id: Option<String> = fields.get("id").map_err(said)?.filter(|id: &String| !id.is_empty());
    if id.as_ref().is_some_and(|id| before.iter().any(|(_, rule)| rule.id == *id)) {
        return Err("id is used twice".to_owned());
    }
    let known = state.firewall.rules.iter().find(|rule| Some(&rule.id) == id.as_ref());
    let mut rule = match known {
        Some(known) => Rule { comment: String::new(), disabled: false, ..known.clone() },
        None => Rule::new(state),
    };
    rule.id = id.unwrap_or(rule.id);
    rule.take(&fields).map_err(said)?;
    Ok((fields.get("position").map_err(said)?, rule))
}

fn index_of(state: &State, id: &str) -> Result<usize, Fault> {
    let unknown = || Fault::not_found("rule does not exist");
    state.firewall.rules.iter().position(|rule| rule.id == id).ok_or_else(unknown)
}

/// "Update Firewall Rule". A rule cannot be moved so.
pub(super) fn update(state: &mut State, call: &Call, id: &str) -> Outcome {
    let fields = call.fields()?;
    let index = index_of(state, id)?;
    let mut rule = state.firewall.rules.get(index).cloned().unwrap_or_default();
    rule.take(&fields)?;
    check(state, &rule.rule).map_err(|_| Fault::bad_request("Invalid rule"))?;
    state.firewall.note_groups(&rule.groups);
    let mut answer = rule.show(state, index, false);
    answer["errors"] = json!([]);
    if let Some(slot) = state.firewall.rules.get_mut(index) {
        *slot = rule;
    }
    ok(answer)
}

/// "Delete Firewall Rule v2": answers with the rule as it was.
pub(super) fn delete(state: &mut State, id: &str) -> Outcome {
    let index = index_of(state, id)?;
    let rule = state.firewall.rules.remove(index);
    ok(rule.show(state, index, false))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vns3::testing::{Bench, has_keys_of};
    use wire::Method::{Delete, Get, Post, Put};

    const RULES: &str = "/v2/firewall/rules";

    fn texts(rules: &Value) -> Vec<&str> {
        rules.as_array().expect("list").iter().map(|rule| rule["rule"].as_str().expect("rule")).collect()
    }

    #[test]
    fn the_texts_example_comes_back_resolved() {
        let mut bench = Bench::new();
        let body = json!({
            "rule": "POSTROUTING -s ${vns3_overlay_subnet} -o eth0 ! -d ${vns3_overlay_subnet} -j MASQUERADE-ONCE",
            "comment": "Source NAT for traffic to the internet", "groups": ["VPN2Internet"], "disabled": "true",
        });
        let made = bench.ok(Post, RULES, body.clone());
        let example = json!({
            "id": "fdf43d86e3a303851085", "rule": "", "table": "postrouting", "rule_resolved": "", "position": 0,
            "comment": "", "last_resolved": "2022-06-06T18:44:14.343Z", "disabled": true,
            "created_at": "2022-06-06T18:44:14.409Z", "groups": ["VPN2Internet"], "os_rules": [],
        });
        assert!(has_keys_of(&made, &example), "{made}");
        assert_eq!((&made["rule"], &made["table"]), (&body["rule"], &json!("postrouting")));
        assert!(made["rule_resolved"].as_str().is_some_and(|rule| rule.starts_with("POSTROUTING -s 100.")));
        let id = made["id"].as_str().expect("id");
        assert!(id.len() == 20 && id.bytes().all(|byte| byte.is_ascii_hexdigit()));
    }

    #[test]
    fn positions_insert_and_several_rules_stand_together() {
        let mut bench = Bench::new();
        bench.ok(Post, RULES, json!({"rule": "FORWARD -j DROP"}));
        bench.ok(Post, RULES, json!({"rule": "INPUT -j DROP", "position": 0}));
        let both =
            json!({"rules": ["FORWARD -i eth0 -j ACCEPT", "nonsense", "FORWARD -o eth0 -j ACCEPT"], "position": "1"});
        let answer = bench.ok(Post, RULES, both);
        assert_eq!(answer["errors"], json!(["Invalid rule"]));
        let all = bench.get(RULES).expect("rules");
        assert_eq!(
            texts(&all),
            ["INPUT -j DROP", "FORWARD -i eth0 -j ACCEPT", "FORWARD -o eth0 -j ACCEPT", "FORWARD -j DROP"]
        );
        let positions: Vec<u64> =
            all.as_array().expect("list").iter().filter_map(|rule| rule["position"].as_u64()).collect();
        assert_eq!(positions, [0, 1, 2, 3]);
        let far = bench.refused(Post, RULES, json!({"rule": "INPUT -j DROP", "position": 9}));
        assert_eq!(far, (400, "APIBadRequestError: position exceeds the number of rules".to_owned()));
    }

    #[test]
    fn overwriting_keeps_ids_that_are_sent_and_tells_bad_rules() {
        let mut bench = Bench::new();
        let first = bench.ok(Post, RULES, json!({"rule": "FORWARD -j DROP", "groups": ["lan"]}));
        let list = json!({"rules": [
            {"rule": "FORWARD -s 10.0.0.0/8 -j ACCEPT"},
            {"rule": "FORWARD -s 10.199.2.0. -j ACCEPT"},
            {"rule": "FORWARD -j DROP", "id": first["id"], "comment": "last"},
            {"comment": "no rule"},
        ]});
        let answer = bench.ok(Put, RULES, list);
        let rules = answer["rules"].as_array().expect("rules");
        assert_eq!(rules.len(), 2);
        assert_eq!((&rules[1]["id"], &rules[1]["groups"]), (&first["id"], &json!(["lan"])));
        assert_eq!(rules[1]["created_at"], first["created_at"]);
        assert_ne!(rules[0]["id"], first["id"]);
        assert_eq!(
            answer["errors"][0],
            json!({
                "rule": "FORWARD -s 10.199.2.0. -j ACCEPT",
                "error": "Parse Error - iptables v1.4.21: host/network `10.199.2.0.' not found",
            })
        );
        assert_eq!(answer["errors"].as_array().map(Vec::len), Some(2));
        let moved = bench.ok(
            Put,
            RULES,
            json!({"rules": [
                {"rule": "FORWARD -j DROP", "position": 1},
                {"rule": "INPUT -j DROP", "position": 0},
            ]}),
        );
        assert_eq!(texts(&moved["rules"]), ["INPUT -j DROP", "FORWARD -j DROP"]);
        assert_eq!(bench.ok(Put, RULES, json!({"rules": []})), json!({"rules": [], "errors": []}));
        assert_eq!(bench.refused(Put, RULES, json!({})).1, "APIArgumentError: rules is missing");
    }

    #[test]
    fn one_rule_changes_in_place_and_goes() {
        let mut bench = Bench::new();
        let first = bench.ok(Post, RULES, json!({"rule": "FORWARD -j DROP"}));
        bench.ok(Post, RULES, json!({"rule": "INPUT -j DROP"}));
        let path = format!("{RULES}/{}", first["id"].as_str().expect("id"));
        let changed = bench.ok(Put, &path, json!({"comment": "x", "disabled": true, "position": 1}));
        assert_eq!((&changed["position"], &changed["errors"]), (&json!(0), &json!([])));
        let bad = bench.refused(Put, &path, json!({"rule": "NOWHERE -j DROP"}));
        assert_eq!(bad, (400, "APIBadRequestError: Invalid rule".to_owned()));
        assert_eq!(bench.ok(Delete, &path, json!({}))["comment"], "x");
        let gone = bench.refused(Delete, &path, json!({}));
        assert_eq!(gone, (404, "APINotFoundError: rule does not exist".to_owned()));
        assert_eq!(texts(&bench.get(RULES).expect("rules")), ["INPUT -j DROP"]);
    }

    #[test]
    fn filters_and_the_view_of_the_system() {
        let mut bench = Bench::new();
        bench.ok(Post, RULES, json!({"rule": "FORWARD -i eth0 -j ACCEPT", "groups": ["a"]}));
        bench.ok(Post, RULES, json!({"rule": "INPUT -j DROP", "disabled": true, "groups": ["b"]}));
        let mut count = |query: &str| bench.get(&format!("{RULES}?{query}")).expect("rules").as_array().map(Vec::len);
        assert_eq!(count("state=active"), Some(1));
        assert_eq!(count("state=disabled&groups=a"), Some(0));
        assert_eq!(count("groups=a,b"), Some(2));
        assert_eq!(count("tables=INPUT"), Some(1));
        let rules = bench.ok(Get, &format!("{RULES}?osview=true"), json!({}));
        let os = json!([{"rule": "FORWARD_CUST -i eth0 -j ACCEPT", "position": 0, "table": "filter", "rule_type": "iptables"}]);
        assert_eq!(rules[0]["os_rules"], os);
    }

    #[test]
    fn texts_are_imported_and_exported() {
        let mut bench = Bench::new();
        bench.ok(Post, RULES, json!({"rule": "FORWARD -j DROP"}));
        let lines =
            json!({"rules": "# mine\nINPUT -j DROP\nINPUT -s 1.2.3. -j DROP\n", "position": 0, "groups": ["in"]});
        let answer = bench.ok(Put, "/v2/firewall/rules/import", lines);
        assert_eq!((texts(&answer["rules"]), &answer["rules"][0]["groups"]), (vec!["INPUT -j DROP"], &json!(["in"])));
        assert_eq!(answer["errors"].as_array().map(Vec::len), Some(1));
        let objects = json!({"rules": "[{\"rule\": \"OUTPUT -j DROP\"}]"});
        bench.ok(Put, "/v2/firewall/rules/import", objects);
        let (_, text) = bench.call(Get, "/v2/firewall/rules/export", None);
        assert_eq!(text, "INPUT -j DROP\nFORWARD -j DROP\nOUTPUT -j DROP\n");
        let (_, json) = bench.call(Get, "/v2/firewall/rules/export?type=json&group=in", None);
        assert_eq!(texts(&json), ["INPUT -j DROP"]);
        let bad = bench.refused(Put, "/v2/firewall/rules/import", json!({"rules": "NOWHERE -j DROP"}));
        assert_eq!(bad, (400, "APIBadRequestError: Invalid table for rule".to_owned()));
    }

    #[test]
    fn a_bad_rule_is_refused_in_the_texts_words() {
        let mut bench = Bench::new();
        let bad = bench.refused(Post, RULES, json!({"rule": "FORWARD -s 10.199.2.0. -j DROP"}));
        let text = "APIBadRequestError: Parse Error - iptables v1.4.21: host/network `10.199.2.0.' not found";
        assert_eq!(bad, (400, text.to_owned()));
        let unknown = bench.refused(Post, RULES, json!({"rule": "FORWARD -s ${custom_none} -j DROP"}));
        assert!(unknown.1.contains("custom_none"), "{}", unknown.1);
        let both = json!({"rule": "FORWARD -j DROP", "rules": ["FORWARD -j DROP"]});
        assert_eq!(bench.refused(Post, RULES, both).0, 400);
    }
}
