//! What is told of runs that were: a list of them, one in full, and who touched a resource.
//!
//! * `run`: one run, step by step; `touched`: a resource's runs, and whose each of its values is
//! * `marks`: what stands in records for secrets and for what was known later

pub(crate) mod marks;
pub(crate) mod run;
pub(crate) mod touched;

use serde::Serialize;

use crate::ledger::{RunCounts, RunHead, RunOutcome};
use crate::render::page::{Style, TextPage, Tone, cut};
use crate::render::words::{number, sanitize_control, short_commit};

/// The number of the document's form.
const FORMAT: u32 = 1;

/// The runs of a workspace.
#[derive(Debug, Serialize)]
pub(crate) struct HistoryDocument<'h> {
    format: u32,
    workspace: &'h str,
    /// The runs, the newest first.
    runs: Vec<&'h RunHead>,
}

impl<'h> HistoryDocument<'h> {
    /// The document of a workspace's runs, the newest first.
    pub(crate) fn of(workspace: &'h str, runs: impl Iterator<Item = &'h RunHead>) -> HistoryDocument<'h> {
        HistoryDocument { format: FORMAT, workspace, runs: runs.collect() }
    }

    /// The document as JSON text.
    pub(crate) fn to_json(&self) -> String {
        crate::render::json(self)
    }

    /// A line for each run.
    pub(crate) fn text(&self, style: Style) -> String {
        let mut page = TextPage::new(style);
        if self.runs.is_empty() {
            page.line(0, Tone::Plain, &format!("{}: no run is recorded", self.workspace));
            return page.finish();
        }
        let title = format!("{:>5}  {:<16}  {:<12}  {:<8}  {:<12}", "run", "began (UTC)", "who", "commit", "what");
        page.line(0, Tone::Faint, &format!("{title}  outcome"));
        for head in &self.runs {
            let (when, who) = (when(&head.began), cut(&who(head.user.as_deref(), head.host.as_deref()), 12));
            let commit = head.commit.as_deref().map(short_commit).unwrap_or_default();
            let known = format!("{:>5}  {when:<16}  {who:<12}  {commit:<8}  ", head.run);
            let what = format!("{:<12}  ", counts(&head.counts));
            page.parts(0, &[(Tone::Plain, &known), (Tone::Strong, &what), (tone(head.outcome), &outcome(head))]);
        }
        page.finish()
    }
}

fn outcome(head: &RunHead) -> String {
    let left = match (head.outcome, head.counts.left) {
        (RunOutcome::Done, _) | (_, 0) => String::new(),
        (_, left) => format!(", {} left", number(left)),
    };
    let undoes = head.undoes.map(|run| format!(", undoes {run}")).unwrap_or_default();
    format!("{}{left}{undoes}", head.outcome.as_str())
}

/// How much a run did, in signs: `+3 ~1 -2`.
fn counts(counts: &RunCounts) -> String {
    let RunCounts { created, updated, replaced, deleted, adopted, released, left: _ } = *counts;
    let signs = [("+", created), ("~", updated), ("±", replaced), ("-", deleted)];
    let signs = signs.iter().filter(|(_, n)| *n > 0).map(|(sign, n)| format!("{sign}{}", number(*n)));
    let words = [("owned", adopted), ("let go", released)];
    let words = words.iter().filter(|(_, n)| *n > 0).map(|(word, n)| format!("{} {word}", number(*n)));
    let all: Vec<String> = signs.chain(words).collect();
    if all.is_empty() { "nothing".to_owned() } else { all.join(" ") }
}

fn tone(outcome: RunOutcome) -> Tone {
    match outcome {
        RunOutcome::Done => Tone::Plain,
        RunOutcome::PartWay | RunOutcome::Killed | RunOutcome::Overtaken | RunOutcome::Lost => Tone::Gone,
    }
}

/// A time to the minute, as in `2026-03-01 09:00`.
pub(crate) fn when(time: &str) -> String {
    sanitize_control(&time.get(..16).unwrap_or(time).replace('T', " "))
}

/// Who ran it, and where: `rob@ci-7`.
pub(crate) fn who(user: Option<&str>, host: Option<&str>) -> String {
    match (user, host) {
        (Some(user), Some(host)) => format!("{user}@{host}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => "somebody".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_list_of_runs_reads_well_in_eighty_columns() {
        let heads: Vec<RunHead> = serde_json::from_value(json!([
            { "run": 12, "began": "2026-03-01T09:00:00Z", "ended": "2026-03-01T09:00:07Z", "user": "rob",
              "host": "a-build-machine", "commit": "3f2a9c1d5b7e00+", "outcome": "done", "undoes": 11, "exit": 0,
              "counts": { "created": 12, "updated": 3, "replaced": 1, "deleted": 2, "adopted": 0, "released": 0,
                          "left": 0 }, "bytes": 100 },
            { "run": 11, "outcome": "lost", "counts": { "created": 0, "updated": 0, "replaced": 0, "deleted": 0,
              "adopted": 0, "released": 0, "left": 0 }, "bytes": 10 },
            { "run": 10, "began": "2026-02-28T09:00:00Z", "user": "rob", "outcome": "part-way",
              "counts": { "created": 0, "updated": 0, "replaced": 0, "deleted": 0, "adopted": 4, "released": 0,
              "left": 2 }, "bytes": 10 },
        ]))
        .unwrap();
        let document = HistoryDocument::of("acme", heads.iter());
        let text = document.text(Style { color: false, width: 80 });
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        let lines: Vec<&str> = text.lines().skip(1).collect();
        assert_eq!(lines[0], "   12  2026-03-01 09:00  rob@a-build…  3f2a9c1+  +12 ~3 ±1 -2  done, undoes 11");
        assert_eq!(lines[1], "   11                    somebody                nothing       lost");
        assert_eq!(lines[2], "   10  2026-02-28 09:00  rob                     4 owned       part-way, 2 left");
        let none = HistoryDocument::of("acme", std::iter::empty()).text(Style { color: false, width: 80 });
        assert_eq!(none, "acme: no run is recorded\n");
    }
}
