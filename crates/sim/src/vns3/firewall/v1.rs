//! The firewall as version 1 shows it: the same rules, as pairs of compiled text and position. Every change is a task.
//!
//! Rules that are disabled are not part of this view. Texts come back with a line break at the end, as in the example of
//! "Delete Firewall Rule Position". The rules of a change count at once, its task ends later.

use serde_json::{Value, json};

use super::rules::{Rule, check};
use super::syntax;
use crate::vns3::answer::{Fault, Outcome, ok};
use crate::vns3::call::Call;
use crate::vns3::state::State;
use crate::vns3::tasks;
use crate::vns3::variables::resolve;

/// Appends, as a position.
const END: i64 = -1;

/// The answer beside the task's token and status.
fn submitted(state: &mut State, also: Value) -> Outcome {
    let mut answer = tasks::submit(state);
    if let (Some(answer), Value::Object(also)) = (answer.as_object_mut(), also) {
        answer.extend(also);
    }
    ok(answer)
}

/// Places in the list of all rules, and compiled texts, of the rules in force.
fn in_force(state: &State) -> Vec<(usize, String)> {
    let rules = state.firewall.rules.iter().enumerate().filter(|(_, rule)| !rule.disabled);
    let compiled = |rule: &Rule| syntax::os_rule(&resolve(state, &rule.rule).unwrap_or_else(|_| rule.rule.clone())).0;
    rules.map(|(index, rule)| (index, compiled(rule))).collect()
}

/// "Get Firewall Rules v1".
pub(super) fn list(state: &State) -> Outcome {
    let rules = in_force(state).into_iter().enumerate();
    ok(rules.map(|(position, (_, text))| json!([format!("{text}\n"), position])).collect::<Vec<_>>())
}

/// "Put/Overwrite entire firewall": one rule or comment a line; one bad rule and nothing changes.
pub(super) fn overwrite(state: &mut State, call: &Call) -> Outcome {
    let text: String = call.fields()?.need("rules")?;
    let lines: Vec<&str> =
        text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    lines.iter().try_for_each(|line| check(state, line)).map_err(Fault::argument)?;
    state.firewall.rules = lines.into_iter().map(|line| Rule::made(state, line, "")).collect();
    submitted(state, Value::Null)
}

/// "Create Firewall Rule v1".
pub(super) fn create(state: &mut State, call: &Call) -> Outcome {
    let fields = call.fields()?;
    let text = fields.need_text("rule")?.trim().to_owned();
    check(state, &text).map_err(Fault::argument)?;
    let rules = in_force(state);
    let place = match fields.get::<i64>("position")?.unwrap_or(END) {
        END => state.firewall.rules.len(),
        position => match usize::try_from(position) {
            Ok(position) if position == rules.len() => state.firewall.rules.len(),
            Ok(position) => rules.get(position).map(|(index, _)| *index).ok_or_else(beyond)?,
            Err(_) => return Err(Fault::invalid("position")),
        },
    };
    let rule = Rule::made(state, &text, "");
    state.firewall.rules.insert(place, rule);
    submitted(state, json!({"rule": text}))
}

fn beyond() -> Fault {
    Fault::argument("position exceeds the number of rules")
}

/// "Delete Firewall Rule v1": the first rule of that text.
pub(super) fn delete(state: &mut State, call: &Call) -> Outcome {
    let missing = || Fault::argument("either position or rule argument must be provided");
    let text = call.fields()?.need_text("rule").map_err(|_| missing())?;
    let position = in_force(state).iter().position(|(_, rule)| rule.trim() == text.trim());
    delete_at(state, position.ok_or_else(|| Fault::argument("rule does not exist"))?)
}

/// "Delete Firewall Rule Position".
pub(super) fn delete_at(state: &mut State, position: usize) -> Outcome {
    let (index, text) = in_force(state).into_iter().nth(position).ok_or_else(beyond)?;
    state.firewall.rules.remove(index);
    submitted(state, json!({"rule": format!("{text}\n"), "position": position}))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vns3::testing::Bench;
    use wire::Method::{Delete, Post, Put};

    #[test]
    fn both_versions_show_the_same_rules() {
        let mut bench = Bench::new();
        bench.ok(Post, "/v2/firewall/rules", json!({"rule": "FORWARD -i eth0 -j ACCEPT"}));
        bench.ok(Post, "/v2/firewall/rules", json!({"rule": "INPUT -j DROP", "disabled": true}));
        let text = "MACRO_CUST -o eth0 -s 10.199.2.0/24 -j MASQUERADE";
        let made = bench.ok(Post, "/firewall/rules", json!({"rule": text, "position": 0}));
        assert_eq!((&made["status"], &made["rule"]), (&json!("submitted"), &json!(text)));
        assert!(made["token"].is_string());
        let rules = json!([[format!("{text}\n"), 0], ["FORWARD_CUST -i eth0 -j ACCEPT\n", 1]]);
        assert_eq!(bench.get("/firewall/rules"), Ok(rules));
        assert_eq!(bench.ok(Delete, "/firewall/rules/1", json!({}))["position"], 1);
        bench.ok(Delete, "/firewall/rules", json!({"rule": text}));
        assert_eq!(bench.get("/v2/firewall/rules").expect("rules").as_array().map(Vec::len), Some(1));
        bench.ok(Put, "/firewall", json!({"rules": "# all\nFORWARD_CUST -j DROP\n\nINPUT_CUST -j DROP"}));
        assert_eq!(bench.get("/firewall/rules").expect("rules").as_array().map(Vec::len), Some(2));
    }

    #[test]
    fn faults_are_in_the_texts_words() {
        let mut bench = Bench::new();
        let argument = |text: &str| (400, format!("APIArgumentError: {text}"));
        let bad = bench.refused(Post, "/firewall/rules", json!({"rule": "FORWARD_CUST -s 10.199.2.0. -j DROP"}));
        assert_eq!(bad, argument("Parse Error - iptables v1.4.21: host/network `10.199.2.0.' not found"));
        let neither = bench.refused(Delete, "/firewall/rules", json!({}));
        assert_eq!(neither, argument("either position or rule argument must be provided"));
        assert_eq!(
            bench.refused(Delete, "/firewall/rules/3", json!({})),
            argument("position exceeds the number of rules")
        );
    }
}
