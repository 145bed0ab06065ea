//! One run in full, as its record tells it: who and when, then each step with what changed.

use crate::diff::verdict::Cause;
use crate::ledger::{Ending, FieldRecord, Record, RunOutcome, StepRecord};
use crate::plan::Verb;
use crate::render::document::FieldDocument;
use crate::render::history::marks::shown;
use crate::render::history::who;
use crate::render::page::{Style, TextPage, Tone};
use crate::render::text::Shown;
use crate::render::{steps, words};

/// Steps that are shown at a terminal; the JSON has all.
const FIRST: usize = 100;

/// A run as JSON text: its record.
pub(crate) fn json(record: &Record) -> String {
    crate::render::json(record)
}

/// A run as text.
pub(crate) fn text(record: &Record, style: Style, how: Shown) -> String {
    let style = if how.all { Style { width: usize::MAX, ..style } } else { style };
    let mut page = TextPage::new(style);
    head(&mut page, record);
    if !record.steps.is_empty() {
        page.gap();
        let numbered: Vec<(usize, &StepRecord)> = record.steps.iter().enumerate().collect();
        page.limited(0, &numbered, FIRST, |page, (n, step)| one(page, n + 1, step, how));
    }
    for (heading, addresses) in [("became owned", &record.adopted), ("let go of", &record.released)] {
        if !addresses.is_empty() {
            page.gap();
            page.line(0, Tone::Strong, &format!("{heading} ({})", words::number(addresses.len())));
            page.limited(1, addresses, FIRST, |page, address| page.line(1, Tone::Plain, &address.to_string()));
        }
    }
    page.finish()
}

fn head(page: &mut TextPage, record: &Record) {
    let exit = record.exit.map(|code| format!(", exit code {code}")).unwrap_or_default();
    let tone = if record.outcome() == RunOutcome::Done { Tone::Strong } else { Tone::Gone };
    page.line(0, tone, &format!("run {} of {}: {}{exit}", record.run, record.workspace, record.outcome().as_str()));
    let mut known = |what: &str, value: Option<&str>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            page.parts(1, &[(Tone::Faint, &format!("{what:<8}")), (Tone::Plain, value)]);
        }
    };
    known("began", Some(&record.began));
    known("ended", record.ended.as_deref());
    known("who", Some(&who(record.user.as_deref(), record.host.as_deref())));
    known("commit", record.commit.as_deref());
    known("config", Some(&record.config));
    known("meaning", record.meaning.as_deref());
    known("undoes", record.undoes.map(|run| format!("run {run}")).as_deref());
    let remark = match record.outcome() {
        RunOutcome::Done | RunOutcome::PartWay => None,
        RunOutcome::Killed => Some("it did not come to its end: this is what its journal tells"),
        RunOutcome::Overtaken => Some("others went on before its journal was found: this is what that tells"),
        RunOutcome::Lost => Some("it did not come to its end, and its journal is on that machine"),
    };
    for remark in remark.into_iter().chain(record.trimmed.then_some("it was too large for its values to be kept")) {
        page.line(1, Tone::Notice, remark);
    }
}

fn one(page: &mut TextPage, number: usize, step: &StepRecord, how: Shown) {
    let (sign, tone) = match step.verb {
        Verb::Create => ("+", Tone::New),
        Verb::Update => ("~", Tone::Changed),
        Verb::ReplaceCreate | Verb::ReplaceRemove => ("±", Tone::Anew),
        Verb::Delete => ("-", Tone::Gone),
        Verb::Issue | Verb::Find => ("?", Tone::Changed),
    };
    let took = step.took.map(|took| format!(", {:.1} s", took as f64 / 1000.0)).unwrap_or_default();
    let (outcome, outcome_tone) = match step.outcome {
        Ending::Done => (format!("  {}{took}", step.outcome.as_str()), Tone::Faint),
        Ending::Failed | Ending::Skipped | Ending::Stopped | Ending::Deferred => {
            (format!("  {}", step.outcome.as_str()), Tone::Gone)
        }
    };
    let half = if step.verb == Verb::ReplaceRemove { " (the old one)" } else { "" };
    page.parts(
        0,
        &[
            (Tone::Faint, &format!("{number:>3} ")),
            (tone, sign),
            (Tone::Plain, " "),
            (Tone::Strong, &step.address.to_string()),
            (Tone::Plain, half),
            (outcome_tone, &outcome),
        ],
    );
    step.because.iter().for_each(|why| page.told(3, why));
    if step.verb.creates() && step.id_before.is_none() {
        steps::settings(page, 3, &fields(step));
    } else {
        steps::changes(page, 3, &fields(step));
    }
    if how.calls {
        for call in &step.calls {
            let answer = call.answer.as_deref().unwrap_or("no answer");
            page.parts(3, &[(Tone::Faint, &format!("{} {}  ", call.method, call.path)), (Tone::Plain, answer)]);
        }
    }
}

fn fields(step: &StepRecord) -> Vec<FieldDocument> {
    let cause = step.cause.filter(|cause| *cause != Cause::Undeclared).unwrap_or(Cause::Change);
    let field = |field: &FieldRecord| {
        FieldDocument::plain(field.name.clone(), shown(&field.before), shown(&field.after), cause)
    };
    step.fields.iter().map(field).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_run_is_told_step_by_step() {
        let record: Record = serde_json::from_value(json!({
            "format": 2, "run": 12, "workspace": "acme", "commit": "3f2a", "config": "00", "user": "rob", "host": "ci",
            "began": "2026-03-01T09:00:00Z", "ended": "2026-03-01T09:00:07Z", "outcome": "part-way", "exit": 5,
            "undoes": 11,
            "steps": [
                { "address": "east/routes/a", "verb": "create", "outcome": "done", "took": 340, "id-after": "4",
                  "fields": [{ "name": "cidr", "before": null, "after": "10.0.0.0/8" }],
                  "calls": [{ "method": "POST", "path": "/routes", "answer": "ok" }] },
                { "address": "east/config", "verb": "update", "outcome": "failed", "because": "it said no\nand why",
                  "fields": [{ "name": "secret", "before": { "$secret": "before", "print": "0" },
                               "after": { "$secret": "secret.psk", "print": "1" } }] },
            ],
        }))
        .unwrap();
        let style = Style { color: false, width: 80 };
        let told = text(&record, style, Shown { calls: true, all: false });
        for line in [
            "run 12 of acme: part-way, exit code 5",
            "  who     rob@ci",
            "  undoes  run 11",
            "  1 + east/routes/a  done, 0.3 s",
            "      cidr: 10.0.0.0/8",
            "      POST /routes  ok",
            "  2 ~ east/config  failed",
            "      it said no",
            "      secret: (secret before) → (secret secret.psk)",
        ] {
            assert!(told.lines().any(|told| told == line), "`{line}` is not in:\n{told}");
        }
        assert!(!text(&record, style, Shown::default()).contains("POST"));
    }
}
