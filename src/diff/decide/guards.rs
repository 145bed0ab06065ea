//! What is left alone on purpose although it differs: rules that turn a decision into a hold.
//!
//! A hold keeps the decision that it stands for, so that drift which may not be healed is still told.

use std::collections::BTreeSet;

use crate::address::Address;
use crate::attr::Attr;
use crate::diff::decide::renamed;
use crate::diff::verdict::{Decision, FieldChange, Hold, PROTECTED, TAKE_OVER, never_sent};
use crate::spec::{Change, Disruption, Field, Identity, Kind, canonical};
use crate::state::live::Live;
use crate::topology::{Allowance, ITEMS, Reason, Resource, Topology};

/// What a rule looks at.
pub(crate) struct GuardCase<'c> {
    /// Whose policy holds.
    pub topology: &'c Topology,
    /// What is decided on.
    pub address: &'c Address,
    /// Its kind.
    pub kind: &'c Kind,
    /// What is declared, unless it is to go.
    pub resource: Option<&'c Resource>,
    /// What is there, if anything.
    pub live: Option<&'c Live>,
    /// Why what is there is not ours, unless we made it.
    pub foreign: Option<&'static str>,
    /// Says whether the ledger has it.
    pub owned: bool,
    /// The server's version, where it tells one.
    pub version: Option<&'c str>,
}

/// A reason to leave something alone.
type Guard = fn(&GuardCase<'_>, &Decision) -> Option<Hold>;

/// The rules. The first that has something to say decides.
const GUARDS: [Guard; 11] = [
    without_id,
    state,
    renamed::anew,
    create_only,
    version,
    refused,
    foreign,
    destroys_contents,
    protected,
    irreversible,
    take_over,
];

impl GuardCase<'_> {
    /// The decision, or the hold that takes its place.
    pub(crate) fn guard(&self, decision: Decision) -> Decision {
        match GUARDS.iter().find_map(|rule| rule(self, &decision)) {
            Some(hold) => Decision::Hold(hold.instead_of(decision)),
            None => decision,
        }
    }

    /// The hold on what would be made anew for nothing but a value that the API never shows and that was never sent: it may
    /// be right already.
    pub(crate) fn never_sent(&self, decision: &Decision) -> Option<Hold> {
        let Decision::Replace { fields, because: None, .. } = decision else { return None };
        let mut forcing = fields.iter().filter(|change| change.replaces(self.kind)).peekable();
        let first = forcing.peek()?.name.clone();
        let is_all = forcing.all(|change| change.before == never_sent());
        let reason = format!("`{first}` was never sent, the API does not show it, and only a new object would have it");
        is_all.then(|| unless(self, Reason::Replace, Hold::new(NEVER_SENT, reason).instead_of(decision.clone())))?
    }
}

/// The code of what is held because only a new object would have what was never sent.
pub(crate) const NEVER_SENT: &str = "never-sent";

/// A change whose call must not be made of what is there, or an object that must not be made.
fn refused(case: &GuardCase<'_>, decision: &Decision) -> Option<Hold> {
    if let (Decision::Create(_), Some(resource)) = (decision, case.resource) {
        let mut calls = case.kind.api.create.iter().filter(|call| call.when.holds_on(case.version));
        let why = calls.find_map(|call| call.refusal_to_make(&resource.fields))?;
        return Some(Hold::new("refused", why));
    }
    let Decision::Update { fields, .. } = decision else { return None };
    let (live, resource) = (case.live?, case.resource?);
    let value = |name: &str| resource.fields.get(name).cloned().unwrap_or(Attr::Null);
    let why = fields.iter().find_map(|change| {
        let call = case.kind.setter(change.field?, &change.after, case.version, &value)?;
        call.refusal(&live.raw)
    })?;
    Some(Hold::new("refused", why))
}

/// An object that is shown without the id which its calls need: a path with a hole in it means another thing.
fn without_id(case: &GuardCase<'_>, decision: &Decision) -> Option<Hold> {
    let touches = matches!(decision, Decision::Update { .. } | Decision::Replace { .. } | Decision::Delete(_));
    if !touches || !lacks_id(case.kind, case.live?) {
        return None;
    }
    let hold = Hold::new("no-id", format!("the API does not show its `{}`, which the call needs", case.kind.api.id));
    Some(hold.help("change it at the controller's console"))
}

fn lacks_id(kind: &Kind, live: &Live) -> bool {
    let mut calls = kind.api.update.iter().chain(kind.api.remove);
    // What is named in the calls of a list is an item.
    let is_list = matches!(kind.identity, Identity::Sequence { .. });
    live.id.is_empty() && !is_list && calls.any(|call| call.path.contains("{id}"))
}

/// The code of what is held because of the state that it is in.
pub(crate) const STATE: &str = "state";

/// What is in a state that no change finds an answer in, or that the controller is still at work on. What is broken or
/// about to go is not as wanted, even if it does not differ.
fn state(case: &GuardCase<'_>, decision: &Decision) -> Option<Hold> {
    let (live, states) = (case.live?, case.kind.api.states?);
    let word = live.state(case.kind)?;
    let is = |other: &str| other.eq_ignore_ascii_case(word);
    let differs = match decision {
        Decision::Update { .. } | Decision::Replace { .. } => true,
        Decision::Same | Decision::Adopt => false,
        Decision::Create(_) | Decision::Delete(_) | Decision::Release(_) | Decision::Hold(_) => return None,
    };
    if let Some((_, help)) = states.stuck.iter().find(|(stuck, _)| is(stuck)) {
        return Some(Hold::new(STATE, format!("it is in state `{word}`")).help(*help));
    }
    let matters = if differs { live.is_busy(case.kind) } else { states.leaving.iter().any(|leaving| is(leaving)) };
    matters.then(|| {
        Hold::new("busy", format!("the controller is still at work on it: state `{word}`"))
            .help("run again when it is done")
    })
}

/// A create-only field that has no value yet may be given one, and so may one of what is made anew with another object.
fn create_only(_: &GuardCase<'_>, decision: &Decision) -> Option<Hold> {
    if let Decision::Replace { because: Some(_), .. } = decision {
        return None;
    }
    let is_fixed = |change: &&FieldChange| {
        change.field.is_some_and(|field| matches!(field.change, Change::Fixed)) && !change.before.is_null()
    };
    let change = decision.fields().iter().find(is_fixed)?;
    let hold = Hold::new("create-only", format!("`{}` can't be changed after create", change.name));
    Some(hold.help("put the live value back into the file, or declare a new resource beside it"))
}

/// The server may be too old for the kind or a field, or lack the call that changes it.
fn version(case: &GuardCase<'_>, decision: &Decision) -> Option<Hold> {
    let server = case.version.unwrap_or("an unknown version");
    if matches!(decision, Decision::Create(_)) && !case.kind.is_on(case.version) {
        let hold = Hold::new("version", format!("the server ({server}) has no `{}`", case.kind.name));
        return Some(hold.help("take it out of the files, or upgrade the server"));
    }
    let field = match decision {
        Decision::Create(_) => {
            let declared = case.resource?.fields.iter();
            let mut fields = declared.filter_map(|(name, wanted)| Some((case.kind.field(name)?, wanted)));
            let is_beyond = |(field, wanted): &(&Field, &Attr)| {
                !field.is_writable_on(case.version)
                    && field.default_value() != canonical(&field.ty, wanted)
                    && !(field.is_required() && field.default.is_none())
            };
            fields.find(is_beyond)?.0
        }
        _ => decision.fields().iter().filter_map(|change| change.field).find(|field| lacks_call(case, field))?,
    };
    let hold = Hold::new("version", format!("the server ({server}) has no call that sets `{}`", field.name));
    Some(hold.help("take the field out of the file, or upgrade the server"))
}

fn lacks_call(case: &GuardCase<'_>, field: &Field) -> bool {
    let updates = case.kind.api.update;
    let by_update = matches!(field.change, Change::InPlace | Change::Fixed) && !updates.is_empty();
    !field.is_writable_on(case.version) || by_update && !updates.iter().any(|call| call.when.holds_on(case.version))
}

/// What the controller made itself would not come back.
fn foreign(case: &GuardCase<'_>, decision: &Decision) -> Option<Hold> {
    let why = case.foreign?;
    let replaces = matches!(decision, Decision::Replace { .. });
    replaces.then(|| Hold::new("foreign", format!("it would have to be made anew, but it is not ours: {why}")))
}

/// What takes a lot with it goes only if that is meant.
fn destroys_contents(case: &GuardCase<'_>, decision: &Decision) -> Option<Hold> {
    let why = match decision {
        Decision::Delete(cause) => cause.as_str(),
        Decision::Replace { .. } => "it would be made anew",
        _ => return None,
    };
    if !case.kind.removed_by_address {
        return None;
    }
    unless(case, Reason::Destroy, Hold::new("precious", format!("removing it destroys everything in it ({why})")))
}

/// The hold, unless somebody said for that reason that it is meant.
pub(super) fn unless(case: &GuardCase<'_>, reason: Reason, hold: Hold) -> Option<Hold> {
    let is_meant = case.topology.policy.allow.covers(reason, case.address);
    (!is_meant).then(|| hold.until(Allowance::new(reason, case.address)))
}

/// The policy may forbid that something is removed.
fn protected(case: &GuardCase<'_>, decision: &Decision) -> Option<Hold> {
    let pattern = case.topology.policy.protect.iter().find(|pattern| case.address.matches(pattern))?;
    let what = match decision {
        Decision::Replace { .. } => "it would be replaced",
        Decision::Delete(_) => "it would be removed",
        Decision::Update { .. } if decision.takes_over().next().is_some() => "items of others in it would be removed",
        _ => return None,
    };
    Some({
        let hold = Hold::new(PROTECTED, format!("{what}, but `{pattern}` protects it"));
        hold.help("take the pattern out of `policy.protect` in a commit of its own")
    })
}

/// The code of what is held because it can't be taken back. What comes after it needs it done, there or not.
pub(crate) const IRREVERSIBLE: &str = "irreversible";

/// What can't be taken back is done where the policy says so: in the file, or on the command line for this once.
fn irreversible(case: &GuardCase<'_>, decision: &Decision) -> Option<Hold> {
    let is_final = |field: &Field| field.disruption == Disruption::Irreversible;
    let field = match decision {
        Decision::Create(_) => {
            let set = &case.resource?.fields;
            case.kind.fields.iter().find(|field| is_final(field) && set.contains_key(field.name))
        }
        _ => decision.fields().iter().filter_map(|change| change.field).find(|field| is_final(field)),
    }?;
    let hold = Hold::new(IRREVERSIBLE, format!("setting `{}` can't be taken back", field.name));
    unless(case, Reason::Irreversible, hold)
}

/// What others have put there, be it an object or into a list, goes only if that is meant.
fn take_over(case: &GuardCase<'_>, decision: &Decision) -> Option<Hold> {
    if case.live.is_some() && !case.owned && matches!(decision, Decision::Replace { .. }) {
        let reason = "it was there before, is not owned, and would be removed to be made anew";
        return unless(case, Reason::TakeOver, Hold::new(TAKE_OVER, reason));
    }
    let fields: BTreeSet<&str> = decision.takes_over().map(|(change, _)| change.name.as_str()).collect();
    let first = fields.first()?;
    let items: Vec<&Attr> = decision.takes_over().map(|(_, item)| item).collect();
    let told: Vec<String> = items.iter().take(TOLD).map(|item| format!("`{}`", words(item))).collect();
    let more = items.len().saturating_sub(TOLD);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let what = if fields.len() == 1 && *first != ITEMS { format!("`{first}`") } else { "the list".to_owned() };
    let items = if items.len() == 1 { "1 item".to_owned() } else { format!("{} items", items.len()) };
    let reason = format!("it would take {what} over, and {items} of others in it would go: {}{more}", told.join(", "));
    unless(case, Reason::TakeOver, Hold::new(TAKE_OVER, reason))
}

/// How many of the items that would go are told by name: more make no line that is read.
const TOLD: usize = 3;

/// An item in a few words.
fn words(item: &Attr) -> String {
    item.to_text().unwrap_or_else(|| item.to_shown().to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::spec::{Api, Body, call};
    use wire::Method;

    #[test]
    fn what_shows_no_id_is_left_alone_where_its_calls_need_one() {
        static BY_ID: Kind =
            Kind { api: Api { remove: &[call(Method::Delete, "/things/{id}", Body::None)], ..Api::NONE }, ..Kind::NEW };
        static BY_NAME: Kind = Kind {
            api: Api { remove: &[call(Method::Delete, "/things/{name}", Body::None)], ..Api::NONE },
            ..Kind::NEW
        };
        let lacks = |kind: &'static Kind, raw| lacks_id(kind, &Live::new(kind, raw));
        assert!(lacks(&BY_ID, json!({"address": "192.0.2.1"})));
        assert!(!lacks(&BY_ID, json!({"id": 4})));
        assert!(!lacks(&BY_NAME, json!({"address": "192.0.2.1"})));
    }

    #[test]
    fn the_first_of_nine_reasons_decides() {
        use crate::diff::verdict::{Cause, ReplaceOrder};
        use crate::plan::testing::World;
        use crate::spec::{Condition, States, Type, field};

        const API: Api = Api {
            update: &[call(Method::Put, "/things/{id}", Body::Changed)],
            states: Some(States { stuck: &[("STUCK", "wait")], ..States::at("state") }),
            ..Api::NONE
        };
        static FIXED: Field = field("fixed", Type::Text, "Can't be changed").fixed();
        static LATER: Field = field("later", Type::Text, "Not known yet").writable_on(Condition::since("9"));
        static FINAL: Field = field("final", Type::Text, "For good").disrupts(Disruption::Irreversible);
        let codes = ["no-id", "state", "create-only", "version", "foreign", "precious", "protected", "irreversible"];
        // The ninth, on what others have in lists, is for changes in place alone.
        // With the first few reasons out of the way, the next one is told; without any, the decision stands.
        for first in 0..=codes.len() {
            let has = |reason: &str| codes.iter().position(|code| *code == reason).is_some_and(|n| n >= first);
            let kind = Kind { api: API, removed_by_address: has("precious"), ..Kind::NEW };
            let mut world = World::lab();
            if has("protected") {
                world = world.protects("east/groups/*");
            }
            let live = Live {
                content: None,
                id: if has("no-id") { String::new() } else { "1".into() },
                raw: json!({ "state": if has("state") { "stuck" } else { "fine" } }),
                foreign: has("foreign").then_some("the controller's own"),
                foreign_items: Default::default(),
                children: Vec::new(),
            };
            let change = |field: &'static Field| FieldChange {
                field: Some(field),
                name: field.name.to_owned(),
                before: Attr::text("old"),
                after: Attr::text("new"),
                edits: Vec::new(),
                cause: Cause::Change,
                others: Default::default(),
            };
            let differing = [(&FIXED, "create-only"), (&LATER, "version"), (&FINAL, "irreversible")];
            let fields = differing.iter().filter(|(_, reason)| has(reason)).map(|(field, _)| change(field)).collect();
            let address = Address::new("east", "groups", Some("g"));
            let version = Some("8");
            let case = GuardCase {
                topology: &world.topology,
                address: &address,
                kind: &kind,
                resource: None,
                live: Some(&live),
                foreign: live.foreign,
                owned: true,
                version,
            };
            let decision = Decision::Replace { fields, order: ReplaceOrder::DeleteFirst, because: None };
            match (case.guard(decision), codes.get(first)) {
                (Decision::Hold(hold), Some(code)) => {
                    assert_eq!(hold.code, *code);
                    assert!(matches!(hold.instead_of.as_deref(), Some(Decision::Replace { .. })));
                }
                (Decision::Replace { .. }, None) => {}
                (other, expected) => panic!("{expected:?}: {other:?}"),
            }
        }
    }
}
