//! The summary of a plan in a few lines: the same in a terminal and in a pull request.

use std::collections::BTreeMap;

use crate::diff::verdict::Cause;
use crate::plan::{Summary, Verb};
use crate::render::document::{ExpiredDocument, PlanDocument, StepDocument};
use crate::render::words::{are, counted, number, short_commit};
use crate::spec::Disruption;

/// The first line: which workspace, at which commit, and how much of each sort.
pub(crate) fn headline(document: &PlanDocument) -> String {
    format!("{}: {}", whose(document), counts(document))
}

/// The workspace, and the commit, or the two commits, that the plan is of.
pub(crate) fn whose(document: &PlanDocument) -> String {
    match &document.between {
        None => title(&document.workspace, document.environment.as_deref(), document.commit.as_deref()),
        Some(between) => {
            let to = between.to.as_deref().map_or_else(|| "the files as they are".to_owned(), short_commit);
            format!("{} from {} to {to}", document.workspace, short_commit(&between.from))
        }
    }
}

/// How much of each sort is to be done.
pub(crate) fn counts(document: &PlanDocument) -> String {
    let Summary { create, update, replace, delete, adopt, hold, same, release, unseen } = document.summary;
    let known = same + adopt + release + hold.saturating_sub(unseen);
    let [create, update, replace, delete] = [create, update, replace, delete].map(number);
    let what = match (document.is_empty(), adopt + release) {
        (true, 0) if document.between.is_some() => "no resource changes".to_owned(),
        (true, 0) => "nothing to do".to_owned(),
        // The ledger changes, the controllers don't.
        (true, _) => "nothing to write".to_owned(),
        (false, _) => format!("{create} to create, {update} to update, {replace} to replace, {delete} to delete"),
    };
    match (document.is_empty(), unseen, known) {
        (true, 0, _) if !document.gaps.is_empty() => format!("{what} in what was compared"),
        (_, 0, _) => what,
        (true, _, 0) => format!("{} not looked at, nothing is known", counted(unseen, "resource")),
        (true, ..) => format!("{what} at what was looked at, {} not looked at", counted(unseen, "resource")),
        (false, ..) => format!("{what}; {} not looked at", counted(unseen, "resource")),
    }
}

/// The choice that a plan was made with, and what it takes along, a line each.
pub(crate) fn choice(document: &PlanDocument) -> Vec<String> {
    let Some(choice) = &document.choice else { return Vec::new() };
    let also = choice.also.iter();
    let also = also.map(|along| format!("also: `{}`, for `{}`: {}", along.address, along.needed_by, along.why));
    std::iter::once(format!("a part of all: `{}`", choice.words)).chain(also).collect()
}

/// The workspace, its environment, and its commit.
pub(crate) fn title(workspace: &str, environment: Option<&str>, commit: Option<&str>) -> String {
    let environment = environment.map(|name| format!(" ({name})")).unwrap_or_default();
    let commit = commit.map(|commit| format!(" at {}", short_commit(commit))).unwrap_or_default();
    format!("{workspace}{environment}{commit}")
}

/// The remarks under the counts, a line each: drift, the effect on traffic, objects that are not touched.
pub(crate) fn remarks(document: &PlanDocument) -> Vec<String> {
    let mut remarks = Vec::new();
    if document.between.is_some() {
        remarks.push("of the files alone: no controller was looked at".to_owned());
    }
    let (drift, conflict) = (moved(document, Cause::Drift), moved(document, Cause::Conflict));
    if drift > 0 {
        remarks.push(format!(
            "{} of them {} drift: changed at the controller, and put back",
            number(drift),
            are(drift)
        ));
    }
    if conflict > 0 {
        let words = "in conflict: changed in the files and at the controller; the files win";
        remarks.push(format!("{} of them {} {words}", number(conflict), are(conflict)));
    }
    let disturbances = disturbances(document);
    if !disturbances.is_empty() {
        remarks.push(format!("traffic: {}", disturbances.join(", ")));
    }
    remarks.extend(untouched(&document.summary));
    remarks.extend(document.gaps.iter().map(|gap| format!("note: {gap}")));
    remarks.extend(expired(&document.expired));
    remarks
}

/// How many of what has expired are told one by one: what a whole fleet has in common is read in one line.
const EXPIRED: usize = 3;

/// What can't be used any more, a line each; of many, the first ones. A controller's time is what its text says.
pub(crate) fn expired(expired: &[ExpiredDocument]) -> Vec<String> {
    let line = |it: &ExpiredDocument| {
        let (address, field) = (&it.address, &it.field);
        match it.is_ahead {
            true => format!("warning: `{address}` is valid until {} (`{field}`): that is less than 30 days", it.at),
            false => {
                format!(
                    "warning: `{address}` expired at {} (`{field}`): take it out, apply, and declare it anew; \
                         in place of a certificate give one that is valid",
                    it.at
                )
            }
        }
    };
    let more = expired.len().saturating_sub(EXPIRED);
    let more = (more > 0).then(|| format!("warning: {} more expired or soon do, as the JSON says", number(more)));
    expired.iter().take(EXPIRED).map(line).chain(more).collect()
}

/// The resources that were changed at a controller.
pub(crate) fn moved(document: &PlanDocument, cause: Cause) -> usize {
    // A replacement is two steps: the one that makes counts.
    let moved = |verb: Verb| verb != Verb::ReplaceRemove;
    document.steps.iter().filter(|step| step.cause == Some(cause) && moved(step.verb)).count()
}

/// The effects on traffic of what changes, is made anew, or goes.
pub(crate) fn disturbances(document: &PlanDocument) -> Vec<String> {
    let mut worst: BTreeMap<&str, Disruption> = BTreeMap::new();
    for step in &document.steps {
        let known = worst.entry(&step.address).or_insert(Disruption::None);
        *known = step.disruption.max(*known);
    }
    let mut counts: BTreeMap<Disruption, usize> = BTreeMap::new();
    for disruption in worst.into_values() {
        *counts.entry(disruption).or_default() += 1;
    }
    let words = counts.iter().rev().filter_map(|(disruption, n)| Some(counted(*n, disturbance(*disruption)?)));
    words.collect()
}

/// One disturbance, as a noun that can be counted.
pub(crate) fn disturbance(disruption: Disruption) -> Option<&'static str> {
    match disruption {
        Disruption::None => None,
        Disruption::Reconnect => Some("reconnect"),
        Disruption::TunnelBounce => Some("tunnel bounce"),
        Disruption::Restart => Some("service restart"),
        Disruption::Outage => Some("outage"),
        Disruption::Irreversible => Some("irreversible change"),
    }
}

/// How an object is replaced, from the step that makes the new one.
pub(crate) fn replacement(step: &StepDocument) -> String {
    // The new one waits for the old one to go, or the other way round.
    let waits = step.after.iter().any(|after| after.name == step.address);
    let order = if waits { "the old one goes first" } else { "the new one comes first" };
    match disturbance(step.disruption) {
        Some(what) => format!("{order}; {what}"),
        None => order.to_owned(),
    }
}

/// The counts of resources and objects that are not written to.
fn untouched(summary: &Summary) -> Option<String> {
    let counts = [
        (summary.adopt, "to adopt", "to adopt"),
        (summary.release, "to let go of", "to let go of"),
        (summary.hold, "left alone", "left alone"),
        (summary.same, "resource is as it should be", "resources are as they should be"),
    ];
    let words: Vec<String> = counts
        .iter()
        .filter(|(n, _, _)| *n > 0)
        .map(|(n, one, many)| format!("{} {}", number(*n), if *n == 1 { one } else { many }))
        .collect();
    (!words.is_empty()).then(|| words.join(", "))
}
