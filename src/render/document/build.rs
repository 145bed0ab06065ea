//! From the plan to its document.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    AfterDocument, AlongDocument, BackDocument, BrokenDocument, CallDocument, ChoiceDocument, EditDocument,
    ExpiredDocument, FabricFindingDocument, FieldDocument, FileDocument, GateDocument, HoldDocument, LetGoDocument,
    OriginDocument, OthersDocument, PlanDocument, ReleaseDocument, StepDocument, UnverifiedDocument, WaitDocument,
    fabric,
};
use crate::address::{Address, Escaped};
use crate::attr::Attr;
use crate::diff::sequence::Edit;
use crate::diff::verdict::{Cause, Decision, FieldChange, FieldNotes, Hold, UNDECLARED_TARGET, Verdict};
use crate::plan::choice::TakenAlong;
use crate::plan::{Call, Choice, ChosenPart, Expired, Payload, Plan, Step};
use crate::render::words::counted;
use crate::spec::{Identity, Kind, OpenPath, Poll, Until};
use crate::suggest;
use crate::undo::StepBack;

impl ExpiredDocument {
    fn of(expired: &Expired) -> ExpiredDocument {
        let Expired { address, field, at, is_ahead } = expired;
        let (address, field) = (address.to_string(), (*field).to_owned());
        ExpiredDocument { address, field, at: at.clone(), is_ahead: *is_ahead }
    }
}

impl PlanDocument {
    /// The document of a plan.
    pub fn of(plan: &Plan) -> PlanDocument {
        let mut document = PlanDocument {
            workspace: plan.workspace.clone(),
            environment: plan.environment.clone(),
            config: plan.config.clone(),
            commit: plan.commit.clone(),
            key_id: plan.key_id.clone(),
            summary: plan.summary(),
            steps: plan.steps.iter().enumerate().map(|(n, step)| StepDocument::of(plan, n, step)).collect(),
            gates: gates(plan),
            choice: plan.chosen.as_ref().and_then(ChoiceDocument::of),
            broken: broken(plan),
            unmanaged: plan.unmanaged.iter().map(Address::to_string).collect(),
            others: others(plan),
            gaps: plan.gaps.iter().map(ToString::to_string).collect(),
            expired: plan.expired.iter().map(ExpiredDocument::of).collect(),
            fabric: fabric::changes(plan),
            fabric_findings: plan.fabric_findings.iter().map(FabricFindingDocument::of).collect(),
            ..PlanDocument::default()
        };
        for verdict in &plan.verdicts {
            let address = verdict.address.to_string();
            let fields = |fields: &[&str]| UnverifiedDocument {
                address: address.clone(),
                fields: fields.iter().map(|field| (*field).to_owned()).collect(),
            };
            let FieldNotes { trusted, let_go, lost: _ } = &verdict.notes;
            document.unverified.extend((!verdict.unverified.is_empty()).then(|| fields(&verdict.unverified)));
            document.trusted.extend((!trusted.is_empty()).then(|| fields(trusted)));
            document.let_go.extend(let_go.iter().map(|(field, reason)| LetGoDocument {
                address: address.clone(),
                field: field.clone(),
                reason: (*reason).to_owned(),
            }));
            match &verdict.decision {
                Decision::Adopt => document.adopts.push(address),
                Decision::Release(reason) => {
                    document.releases.push(ReleaseDocument { address, reason: reason.clone() });
                }
                Decision::Hold(hold) => document.holds.push(HoldDocument::of(verdict, hold)),
                Decision::Same
                | Decision::Create(_)
                | Decision::Update { .. }
                | Decision::Replace { .. }
                | Decision::Delete(_) => {}
            }
        }
        document.holds = fold(document.holds);
        // Where a policy says what to do about a target that left the files, its hold does not say it again.
        if document.broken.is_some() {
            let said = |hold: &&mut HoldDocument| hold.code == UNDECLARED_TARGET;
            document.holds.iter_mut().filter(said).for_each(|hold| hold.help = None);
        }
        document
    }
}

impl ChoiceDocument {
    /// The document of a choice; `None` where all was chosen.
    fn of(chosen: &ChosenPart) -> Option<ChoiceDocument> {
        let ChosenPart { choice, also } = chosen;
        let Choice { only, exclude, only_target, mode, up_to } = choice.clone();
        let along = |along: &TakenAlong| AlongDocument {
            address: along.address.to_string(),
            needed_by: along.needed_by.to_string(),
            why: along.why.clone(),
        };
        let also = also.iter().map(along).collect();
        choice.is_given().then_some(ChoiceDocument {
            words: choice.words(),
            only,
            exclude,
            only_target,
            mode,
            up_to,
            also,
        })
    }
}

impl BackDocument {
    /// The document of a step of the way back.
    pub(crate) fn of(step: &StepBack) -> BackDocument {
        let StepBack { address, verb, fields, cannot } = step;
        let (fields, cannot) = (fields.clone(), cannot.clone());
        BackDocument { address: address.to_string(), verb: *verb, fields, cannot }
    }
}

impl HoldDocument {
    /// The document of a verdict that holds.
    fn of(verdict: &Verdict, hold: &Hold) -> HoldDocument {
        let fields = verdict.decision.fields().iter().map(|change| FieldDocument::of(verdict.kind, change));
        HoldDocument {
            address: verdict.address.to_string(),
            code: hold.code.to_owned(),
            reason: hold.reason.clone(),
            help: hold.help.clone(),
            allow: hold.allow.as_ref().map(ToString::to_string),
            cause: verdict.decision.cause(),
            gone: matches!(hold.instead_of.as_deref(), Some(Decision::Create(_))),
            fields: fields.collect(),
        }
    }
}

/// Tells what is owned at a target that is not declared any more once for each target, as `west/**`.
fn fold(holds: Vec<HoldDocument>) -> Vec<HoldDocument> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let target = |hold: &HoldDocument| hold.address.split('/').next().unwrap_or_default().to_owned();
    for hold in holds.iter().filter(|hold| hold.code == UNDECLARED_TARGET) {
        *counts.entry(target(hold)).or_default() += 1;
    }
    let one = |hold: HoldDocument| {
        if hold.code != UNDECLARED_TARGET {
            return Some(hold);
        }
        let target = target(&hold);
        let count = counts.remove(&target)?;
        let what = counted(count, "resource");
        let reason =
            format!("target `{target}` is not declared any more: {what} owned there, not looked at, and left as is");
        Some(HoldDocument { address: format!("{target}/**"), reason, ..hold })
    };
    holds.into_iter().filter_map(one).collect()
}

fn broken(plan: &Plan) -> Option<BrokenDocument> {
    let brakes = &plan.brakes;
    let limits = brakes.broken().to_vec();
    let document = BrokenDocument { limits, help: brakes.remedy(), allow: brakes.allowance().to_string() };
    (!document.limits.is_empty()).then_some(document)
}

fn others(plan: &Plan) -> Vec<OthersDocument> {
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for address in &plan.unmanaged {
        *counts.entry((address.target(), address.kind())).or_default() += 1;
    }
    let one = |((target, kind), count): ((&str, &str), usize)| OthersDocument {
        target: target.to_owned(),
        kind: kind.to_owned(),
        count,
    };
    counts.into_iter().map(one).collect()
}

fn gates(plan: &Plan) -> Vec<GateDocument> {
    let gate =
        |(n, name): (usize, &String)| GateDocument { name: name.clone(), after: after(plan, plan.steps.len() + n) };
    plan.gates.iter().enumerate().map(gate).collect()
}

fn after(plan: &Plan, node: usize) -> Vec<AfterDocument> {
    let wait = |(first, why): (usize, &String)| AfterDocument {
        step: (first < plan.steps.len()).then_some(first),
        name: plan.node_name(first),
        why: why.clone(),
    };
    plan.graph.after(node).map(wait).collect()
}

impl StepDocument {
    fn of(plan: &Plan, n: usize, step: &Step) -> StepDocument {
        // Destructured, so that nothing new is forgotten: ids are in the calls, the place is for messages.
        let Step {
            address,
            kind,
            verb,
            cause,
            because,
            fields,
            calls,
            leaves: _,
            disruption,
            relies_on,
            found: _,
            id: _,
            shared: _,
            timing: _,
            not_after,
            place: _,
            origin,
        } = step;
        StepDocument {
            address: address.to_string(),
            target: address.target().to_owned(),
            kind: kind.name.to_owned(),
            name: own_name(address),
            verb: *verb,
            cause: *cause,
            because: because.clone(),
            disruption: *disruption,
            fields: fields.iter().map(|change| FieldDocument::of(kind, change)).collect(),
            calls: calls.iter().map(CallDocument::of).collect(),
            after: after(plan, n),
            relies_on: relies_on.clone(),
            not_after: not_after.map(|time| time.to_string()),
            origin: origin.as_deref().map(OriginDocument::of),
        }
    }
}

/// The names along an address, as references write them: `to-west/lan`.
pub(crate) fn own_name(address: &Address) -> String {
    let own = address.name().map(|name| Escaped(name).to_string()).unwrap_or_default();
    match address.parent().map(|parent| own_name(&parent)) {
        Some(above) if own.is_empty() => above,
        Some(above) if !above.is_empty() => format!("{above}/{own}"),
        _ => own,
    }
}

impl FieldDocument {
    /// A value that took the place of another one, with nothing more to say about it.
    pub(crate) fn plain(name: String, before: Value, after: Value, cause: Cause) -> FieldDocument {
        FieldDocument {
            name,
            before,
            after,
            cause,
            secret: false,
            later: false,
            forces: false,
            key: None,
            edits: Vec::new(),
            takes_over: Vec::new(),
            leaves: None,
        }
    }

    fn of(kind: &Kind, change: &FieldChange) -> FieldDocument {
        let FieldChange { field, name, before, after, edits, cause, others } = change;
        let key = match kind.identity {
            Identity::Sequence { key, .. } if field.is_none() => Some(key.to_owned()),
            _ => None,
        };
        FieldDocument {
            secret: before.has_secret() || after.has_secret(),
            later: after.is_later(),
            forces: change.replaces(kind) || matches!(kind.identity, Identity::Content(content, _) if content == name),
            key,
            edits: edits.iter().map(EditDocument::of).collect(),
            takes_over: others.go.iter().map(Attr::to_shown).collect(),
            leaves: Some(others.stay).filter(|stay| *stay > 0),
            ..FieldDocument::plain(name.clone(), before.to_shown(), after.to_shown(), *cause)
        }
    }
}

impl EditDocument {
    fn of(edit: &Edit) -> EditDocument {
        match edit {
            Edit::Insert { at, item } => EditDocument::Insert { at: *at, item: item.to_shown() },
            Edit::Delete { at, item } => EditDocument::Delete { at: *at, item: item.to_shown() },
            Edit::Move { from, to, item } => EditDocument::Move { from: *from, to: *to, item: item.to_shown() },
            Edit::Change { at, before, after } => {
                EditDocument::Change { at: *at, before: before.to_shown(), after: after.to_shown() }
            }
        }
    }
}

impl CallDocument {
    fn of(call: &Call) -> CallDocument {
        let (purpose, field) = call.purpose.words();
        let (body, file) = match &call.body {
            Payload::None => (None, None),
            Payload::Json(body) => (Some(body.to_shown()), None),
            Payload::File(file) => {
                let (path, sha256) = (file.path.clone(), file.sha256.clone());
                (None, Some(FileDocument { path, sha256, bytes: file.bytes().map(<[u8]>::len) }))
            }
        };
        let wait = |(poll, path): (&Poll, &OpenPath<Attr>)| WaitDocument {
            path: path.pieces().iter().map(line).collect::<Vec<_>>().join("{job}"),
            until: until(poll),
        };
        CallDocument {
            method: call.method,
            path: line(&call.path),
            body,
            file,
            purpose,
            field: field.map(str::to_owned),
            waits: call.waits().map(wait).collect(),
        }
    }
}

/// A path: text, or text with expressions in it.
fn line(path: &Attr) -> String {
    match path.to_shown() {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

/// When a poll is done, in words.
fn until(poll: &Poll) -> String {
    match poll.until {
        Until::State { key: "", done, .. } => format!("the call, sent again, is refused: {}", done.join(" or ")),
        Until::Left { key: "", .. } => "it answers".into(),
        Until::State { key, done, .. } => format!("`{key}` is {}", suggest::one_of(done)),
        Until::Left { key, going: [], .. } => format!("`{key}` holds something"),
        Until::Left { key, going, .. } => format!("`{key}` is not {} any more", suggest::one_of(going)),
        Until::Restarted(_) => "it has been started anew".into(),
        Until::Gone { key: "", .. } => "it is gone".into(),
        Until::Gone { key, words } if words.contains(&"*") => format!("it is gone, or `{key}` holds something"),
        Until::Gone { key, words } => format!("it is gone, or `{key}` is {}", suggest::one_of(words)),
    }
}
