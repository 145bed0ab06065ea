//! The firewall: one ordered list of rules, and the sets and subtables that they name. Version 1 shows the list too.
//!
//! A new controller's firewall is empty. Texts of rules and entries are kept as written and resolved when they are
//! read, so a changed variable shows at once.

mod fwsets;
mod groups;
mod lines;
mod rules;
mod subtables;
mod syntax;
mod v1;

use serde::{Deserialize, Serialize};
use serde_json::json;

use self::fwsets::Fwset;
use self::groups::Group;
use self::lines::Lines;
use self::rules::Rule;
use self::subtables::Subtable;
use super::Area;
use super::answer::{Fault, Outcome, ok};
use super::call::Call;
use super::console::Collection;
use super::state::State;
use wire::Method::{Delete, Get, Post, Put};

pub(super) static AREA: Area = Area { answer, console: CONSOLE };

const CONSOLE: &[Collection] = &[
    Collection {
        kind: "firewall-rules",
        at: "/firewall/rules/*",
        key: &["rule"],
        create: "/v2/firewall/rules",
        remove: "/v2/firewall/rules/{id}",
    },
    Collection {
        kind: "firewall-fwsets",
        at: "/firewall/fwsets/*",
        key: &[],
        create: "/v2/firewall/fwsets",
        remove: "/v2/firewall/fwsets/{name}",
    },
    Collection {
        kind: "firewall-rule-groups",
        at: "/firewall/groups/*",
        key: &[],
        create: "/v2/firewall/rules-groups",
        remove: "/v2/firewall/rule-groups/{name}",
    },
    Collection {
        kind: "firewall-subtables",
        at: "/firewall/subtables/*",
        key: &[],
        create: "/v2/firewall/subtables",
        remove: "/v2/firewall/subtables/{name}",
    },
];

/// The firewall.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Firewall {
    rules: Vec<Rule>,
    groups: Vec<Group>,
    pub fwsets: Vec<Fwset>,
    pub subtables: Vec<Subtable>,
}

impl Firewall {
    /// The texts of everything that could name a set or subtable.
    fn rule_texts(&self) -> impl Iterator<Item = &str> {
        let main = self.rules.iter().map(|rule| rule.rule.as_str());
        main.chain(self.subtables.iter().flat_map(Subtable::rule_texts))
    }
}

fn answer(state: &mut State, call: &Call) -> Option<Outcome> {
    match call.path().as_slice() {
        ["firewall", rest @ ..] => answer_v1(state, call, rest),
        ["v2", "firewall", "actions"] if call.method == Put => Some(act(call)),
        ["v2", "firewall", "rules", rest @ ..] => answer_rules(state, call, rest),
        ["v2", "firewall", path @ ("rules-groups" | "rule-groups"), rest @ ..] => {
            answer_groups(state, call, path, rest)
        }
        ["v2", "firewall", "subtables", rest @ ..] => answer_subtables(state, call, rest),
        ["v2", "firewall", "fwsets", rest @ ..] => answer_fwsets(state, call, rest),
        _ => None,
    }
}

fn answer_v1(state: &mut State, call: &Call, path: &[&str]) -> Option<Outcome> {
    Some(match (call.method, path) {
        (Put, []) => v1::overwrite(state, call),
        (Put, ["actions"]) => act(call),
        (_, ["rules", "subgroup"]) => return lines::answer(Lines::Subgroups, state, call),
        (_, ["fwsets"]) => return lines::answer(Lines::Fwsets, state, call),
        (Get, ["rules"]) => v1::list(state),
        (Post, ["rules"]) => v1::create(state, call),
        (Delete, ["rules"]) => v1::delete(state, call),
        (Delete, ["rules", position]) => v1::delete_at(state, position.parse().unwrap_or(usize::MAX)),
        _ => return None,
    })
}

fn answer_rules(state: &mut State, call: &Call, path: &[&str]) -> Option<Outcome> {
    Some(match (call.method, path) {
        (Get, []) => rules::list(state, call),
        (Post, []) => rules::create(state, call),
        (Put, []) => rules::overwrite(state, call),
        (Put, ["import"]) => rules::import(state, call),
        (Get, ["export"]) => rules::export(state, call),
        (Put, [id]) => rules::update(state, call, id),
        (Delete, [id]) => rules::delete(state, id),
        _ => return None,
    })
}

/// The list is at `rules-groups` and a single group at `rule-groups`.
fn answer_groups(state: &mut State, call: &Call, base: &str, path: &[&str]) -> Option<Outcome> {
    Some(match (call.method, base, path) {
        (Get, "rules-groups", []) => groups::list(state),
        (Post, "rules-groups", []) => groups::create(state, call),
        (Get, "rule-groups", [name]) => groups::read(state, name),
        (Put, "rule-groups", [name]) => groups::update(state, call, name),
        (Delete, "rule-groups", [name]) => groups::delete(state, call, name),
        (Post, "rule-groups", [name, "rules"]) => groups::add_rule(state, call, name),
        _ => return None,
    })
}

fn answer_subtables(state: &mut State, call: &Call, path: &[&str]) -> Option<Outcome> {
    Some(match (call.method, path) {
        (Get, []) => subtables::list(state),
        (Post, []) => subtables::create(state, call),
        (Get, [name]) => subtables::read(state, call, name),
        (Put, [name]) => subtables::update(state, call, name),
        (Delete, [name]) => subtables::delete(state, call, name),
        (Post, [name, "rules"]) => subtables::add_rule(state, call, name),
        (Delete, [name, "rules", id]) => subtables::remove_rule(state, name, id),
        _ => return None,
    })
}

fn answer_fwsets(state: &mut State, call: &Call, path: &[&str]) -> Option<Outcome> {
    Some(match (call.method, path) {
        (Get, []) => fwsets::list(state),
        (Post, []) => fwsets::create(state, call),
        (Get, [name]) => fwsets::read(state, name),
        (Put, [name]) => fwsets::update(state, call, name),
        (Delete, [name]) => fwsets::delete(state, call, name),
        (Post, [name, "entries"]) => fwsets::add_entry(state, call, name),
        (Delete, [name, "entries"]) => fwsets::remove_entry(state, call, name),
        _ => return None,
    })
}

/// Adds a rule that the controller makes by itself.
pub(super) fn append(state: &mut State, text: &str, comment: &str) {
    let rule = Rule::made(state, text, comment);
    state.firewall.rules.push(rule);
}

/// Says whether a rule of that text is in the firewall.
pub(super) fn has_rule(state: &State, text: &str) -> bool {
    state.firewall.rules.iter().any(|rule| rule.rule == text)
}

/// "Put Firewall Action" of both versions: there is one.
fn act(call: &Call) -> Outcome {
    match call.fields()?.need_text("action")?.as_str() {
        "reset_connection_tracking" => ok(json!({"status": "success"})),
        _ => Err(Fault::invalid("action")),
    }
}

/// A name as sets and subtables have it: letters, digits, `_` and `-`.
fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}
