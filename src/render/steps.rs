//! Steps that come and change, line by line: the same lines in a terminal and in a pull request.

use std::collections::BTreeMap;

use crate::diff::verdict::{COULD_NOT_LOOK, Cause, MOVED, NOT_CHOSEN, ONE_INSTALLATION, UNSEEN};
use crate::plan::Verb;
use crate::render::document::{FieldDocument, HoldDocument, PlanDocument, StepDocument};
use crate::render::page::{TextPage, Tone};
use crate::render::summary::disturbance;
use crate::render::values::{Sign, ValueLine, change, is_named, set, telling};
use crate::render::words::{are, counted, number};

/// New resources up to this number are shown with all their fields: they fill one screen.
const FEW: usize = 10;

/// Says whether the plan's new resources are so few that each is shown in full.
pub(crate) fn are_few(document: &PlanDocument) -> bool {
    document.summary.create <= FEW
}

/// The steps that make and change, by target and kind; in each group by verb, then by name. Where lines of the fabric stand
/// for theirs, `is_folded`, those are left out.
pub(crate) fn groups(document: &PlanDocument, is_folded: bool) -> BTreeMap<&str, BTreeMap<&str, Vec<&StepDocument>>> {
    let mut targets: BTreeMap<&str, BTreeMap<&str, Vec<&StepDocument>>> = BTreeMap::new();
    let quiet = |step: &&StepDocument| matches!(step.verb, Verb::Create | Verb::Update | Verb::Issue);
    for step in document.steps.iter().filter(quiet).filter(|step| !is_folded || step.origin.is_none()) {
        targets.entry(&step.target).or_default().entry(&step.kind).or_default().push(step);
    }
    for steps in targets.values_mut().flat_map(BTreeMap::values_mut) {
        steps.sort_by(|a, b| (a.verb, &a.name).cmp(&(b.verb, &b.name)));
    }
    targets
}

/// How many steps of each sort a group has.
pub(crate) fn tally(steps: &[&StepDocument]) -> String {
    let count = |verb| steps.iter().filter(|step| step.verb == verb).count();
    let counts =
        [(count(Verb::Create), "to create"), (count(Verb::Update), "to update"), (count(Verb::Issue), "to ask for")];
    let words = counts.iter().filter(|(n, _)| *n > 0).map(|(n, words)| format!("{} {words}", number(*n)));
    words.collect::<Vec<_>>().join(", ")
}

/// The name of a resource below its kind.
pub(crate) fn short_name<'s>(name: &'s str, kind: &'s str) -> &'s str {
    if name.is_empty() { kind } else { name }
}

/// Something that comes or changes. A new resource is one line unless `full`.
pub(crate) fn quiet(page: &mut TextPage, depth: usize, step: &StepDocument, full: bool) {
    let name = short_name(&step.name, &step.kind);
    if step.verb == Verb::Create {
        return creation(page, depth, step, name, full);
    }
    let symbol = if step.verb == Verb::Issue { "? " } else { "~ " };
    let because = step.because.as_ref().map(|why| format!("  {why}")).unwrap_or_default();
    let disturbs = disturbance(step.disruption).map(|what| format!("  ({what})")).unwrap_or_default();
    page.parts(
        depth,
        &[(Tone::Changed, symbol), (Tone::Plain, name), (Tone::Plain, &because), (Tone::Notice, &disturbs)],
    );
    changes(page, depth + 2, &step.fields);
}

fn creation(page: &mut TextPage, depth: usize, step: &StepDocument, name: &str, full: bool) {
    let gone = match step.cause {
        Some(Cause::Drift) => "  (drift: gone at the controller)",
        Some(Cause::Left) => "  (left by a failed run: the one before it is gone)",
        _ => "",
    };
    let room = page.room(depth).saturating_sub(name.chars().count() + gone.chars().count() + 4);
    let telling = if full { String::new() } else { telling(name, &step.fields, room) };
    page.parts(
        depth,
        &[(Tone::New, "+ "), (Tone::Plain, name), (Tone::Notice, gone), (Tone::Plain, "  "), (Tone::Faint, &telling)],
    );
    let room = page.room(depth + 3);
    let fields =
        step.fields.iter().filter(|field| full && !field.after.as_str().is_some_and(|value| is_named(name, value)));
    for line in fields.flat_map(|field| set(field, room.saturating_sub(field.name.len() + 2))) {
        field_line(page, depth + 2, &line);
    }
}

/// The holds as they are shown: all of a target that could not be looked at for one reason, that are left out by one choice,
/// or that is another installation or that of another target, are one, under the target's name.
pub(crate) fn folded<'h>(holds: impl Iterator<Item = &'h HoldDocument>) -> Vec<HoldDocument> {
    let mut shown: Vec<HoldDocument> = Vec::new();
    let mut known: BTreeMap<(String, String), (usize, usize)> = BTreeMap::new();
    for hold in holds {
        let target = hold.address.split('/').next().unwrap_or_default().to_owned();
        if !matches!(hold.code.as_str(), MOVED | ONE_INSTALLATION | UNSEEN | NOT_CHOSEN) {
            shown.push(hold.clone());
            continue;
        }
        let (_, count) = known.entry((target, hold.reason.clone())).or_insert_with(|| {
            // Of what somebody leaves out, it is enough that it is there.
            let fields = if hold.code == NOT_CHOSEN { Vec::new() } else { hold.fields.clone() };
            shown.push(HoldDocument { fields, ..hold.clone() });
            (shown.len() - 1, 0)
        });
        *count += 1;
    }
    for ((target, _), (at, count)) in known {
        let Some(hold) = shown.get_mut(at) else { continue };
        match hold.code.as_str() {
            NOT_CHOSEN if count > 1 => hold.reason.push_str(&format!(" ({})", counted(count, "resource"))),
            NOT_CHOSEN => continue,
            MOVED | ONE_INSTALLATION => {
                hold.reason.push_str(&format!("; {} {} left alone", counted(count, "resource"), are(count)))
            }
            _ if count > 1 => {
                let why = hold.reason.strip_prefix(COULD_NOT_LOOK).unwrap_or(&hold.reason);
                hold.reason = format!("{why}; {} not looked at", counted(count, "resource"));
            }
            _ => continue,
        }
        hold.address = target;
    }
    shown
}

/// Something that is left alone on purpose, with what it is left at.
pub(crate) fn held(page: &mut TextPage, depth: usize, hold: &HoldDocument) {
    // A target as a whole is said to be so; of a resource, the name stands apart.
    let reason = match hold.address.contains('/') {
        true => format!("  {}", hold.reason),
        false => format!(": {}", hold.reason),
    };
    page.parts(depth, &[(Tone::Changed, "! "), (Tone::Strong, &hold.address), (Tone::Plain, &reason)]);
    changes(page, depth + 2, &hold.fields);
    if let Some(help) = &hold.help {
        page.parts(depth + 2, &[(Tone::Notice, "help: "), (Tone::Plain, help)]);
    }
}

/// Writes the change of each field.
pub(crate) fn changes(page: &mut TextPage, depth: usize, fields: &[FieldDocument]) {
    let room = page.room(depth + 1);
    for line in fields.iter().flat_map(|field| change(field, room.saturating_sub(field.name.len() + 2))) {
        field_line(page, depth, &line);
    }
}

/// Writes the value of each field of what is new.
pub(crate) fn settings(page: &mut TextPage, depth: usize, fields: &[FieldDocument]) {
    let room = page.room(depth + 1);
    for line in fields.iter().flat_map(|field| set(field, room.saturating_sub(field.name.len() + 2))) {
        field_line(page, depth, &line);
    }
}

fn field_line(page: &mut TextPage, depth: usize, line: &ValueLine) {
    let tone = match line.sign {
        Sign::None => Tone::Plain,
        Sign::Add => Tone::New,
        Sign::Remove => Tone::Gone,
        Sign::Change | Sign::Move => Tone::Changed,
    };
    // Lines of a value have a column of signs; the field's own line starts where that column is.
    let sign = if line.depth == 0 { String::new() } else { format!("{} ", line.sign.letter()) };
    let note = line.note.map(|note| format!("  {note}")).unwrap_or_default();
    page.parts(depth + line.depth, &[(tone, &sign), (tone, &line.text), (Tone::Notice, &note)]);
}
