//! The report of an apply: steps that are done, those that failed with what they took along, and the command to run next.

mod counts;
mod gaps;
mod health;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::apply::{Outcome, Report};
use crate::plan::{Plan, Step, Verb};
use crate::render::page::{TextPage, Tone};
use crate::render::report::counts::ApplySummary;
use crate::render::report::gaps::{gap, removed};
use crate::render::report::health::HealthDocument;
use crate::render::words::{are, counted, number};
use crate::render::{Style, summary};
use crate::verify::Contradiction;

/// The number of the document's form.
const FORMAT: u32 = 1;

/// The outcome of carrying out a plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct ApplyDocument {
    /// The number of the document's form: 1.
    pub format: u32,
    /// The workspace's name.
    pub workspace: String,
    /// The environment that is meant, where the workspace has several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// The commit that was checked out.
    pub commit: Option<String>,
    /// Requests with an effect that were sent.
    pub calls: u64,
    /// How much of each sort there is.
    pub summary: ApplySummary,
    /// The outcome of each step, in the plan's order.
    pub steps: Vec<StepOutcome>,
    /// Fields and objects that are not what their step said they would be.
    pub contradictions: Vec<ContradictionDocument>,
    /// The health of the connections and meshes of the fabric that were changed; missing where none was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health: Option<HealthDocument>,
    /// Why the journal could not be written; the run stopped at once.
    pub journal_error: Option<String>,
    /// The next steps for whoever reads it.
    pub next: Vec<String>,
}

/// The outcome of a step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct StepOutcome {
    /// The resource.
    pub address: String,
    /// The verb of the step.
    pub verb: Verb,
    /// The outcome.
    pub outcome: OutcomeWord,
    /// The error, where it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorDocument>,
    /// Says whether some of its requests were sent before the run was asked to stop.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub part_way: bool,
    /// The address of the step that failed and took this one with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because_of: Option<String>,
    /// The gap that a replacement leaves whose old object is gone and whose new one was not made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gap: Option<String>,
}

/// The outcome of a step, in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum OutcomeWord {
    /// It is done.
    Done,
    /// It failed.
    Failed,
    /// It was not tried, because of a step that failed.
    Skipped,
    /// It was not tried or not finished, because the run was asked to stop or what it relies on had moved.
    Stopped,
    /// It was not tried, because its window had closed.
    Deferred,
}

/// The error, where it failed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct ErrorDocument {
    /// The request and what the controller said.
    pub message: String,
    /// The controller's own messages about it, a line each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub log: Vec<String>,
    /// The remedy.
    pub help: Option<String>,
    /// Says whether the request may have had its effect all the same.
    pub ambiguous: bool,
}

/// A field or an object that is not what its step said it would be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct ContradictionDocument {
    /// The resource.
    pub address: String,
    /// The field; empty when the whole object is not there, or still is although it was removed.
    pub field: String,
    /// The value that the plan said.
    pub planned: String,
    /// The value that the controller says.
    pub found: String,
    /// The words with which the controller had accepted it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub said: Option<String>,
}

impl ApplyDocument {
    /// The document of a run; `command` would go on with it, as in `trueup apply`.
    pub(crate) fn of(plan: &Plan, report: &Report, contradictions: &[Contradiction], command: &str) -> ApplyDocument {
        let removed = removed(plan, report);
        let steps: Vec<StepOutcome> = plan
            .steps
            .iter()
            .zip(&report.outcomes)
            .enumerate()
            .map(|(n, (step, outcome))| StepOutcome {
                gap: gap(step, outcome, &removed),
                ..StepOutcome::of(plan, step, outcome, report.part_way.contains(&n))
            })
            .collect();
        let count = |word| steps.iter().filter(|step| step.outcome == word).count();
        let planned = plan.summary();
        let mut document = ApplyDocument {
            format: FORMAT,
            workspace: plan.workspace.clone(),
            environment: plan.environment.clone(),
            commit: plan.commit.clone(),
            calls: report.calls,
            summary: ApplySummary {
                done: count(OutcomeWord::Done),
                failed: count(OutcomeWord::Failed),
                skipped: count(OutcomeWord::Skipped),
                stopped: count(OutcomeWord::Stopped),
                deferred: count(OutcomeWord::Deferred),
                adopted: planned.adopt,
                released: planned.release,
                unseen: planned.unseen,
                held: planned.hold.saturating_sub(planned.unseen),
            },
            steps,
            contradictions: contradictions.iter().map(ContradictionDocument::of).collect(),
            health: None,
            journal_error: report.journal_error.clone(),
            next: Vec::new(),
        };
        document.next = document.next_steps(command);
        document
    }

    /// The document as JSON text.
    pub(crate) fn to_json(&self) -> String {
        super::json(self)
    }

    /// Says whether nothing came of the run that the plan did not tell already.
    pub(crate) fn is_empty(&self) -> bool {
        self.steps.is_empty() && self.summary.adopted + self.summary.released == 0
    }

    fn next_steps(&self, command: &str) -> Vec<String> {
        let ApplySummary { failed, stopped, .. } = self.summary;
        let mut next = Vec::new();
        if self.journal_error.is_some() {
            next.push(format!("make room for the journal, then run `{command}` again: it looks at what was under way"));
        } else if failed > 0 {
            next.push(format!(
                "see to what failed, then run `{command}` again: what is done is found, and not done twice"
            ));
        } else if stopped > 0 {
            next.push(format!("run `{command}` again for what was not tried or not finished"));
        }
        let gaps = self.steps.iter().filter(|step| step.gap.is_some()).count();
        if gaps > 0 {
            next.push(format!(
                "{} {} gone and not made anew: `trueup apply` makes what is missing, once nothing is in the way",
                counted(gaps, "replaced object"),
                are(gaps)
            ));
        }
        if !self.contradictions.is_empty() {
            next.push(
                "run `trueup plan` to see what still differs; if it stays so, the controller ignores the value".into(),
            );
        }
        next
    }
}

impl StepOutcome {
    fn of(plan: &Plan, step: &Step, outcome: &Outcome, part_way: bool) -> StepOutcome {
        let (word, error, because_of) = match outcome {
            Outcome::Done => (OutcomeWord::Done, None, None),
            Outcome::Failed(error) => {
                let document = ErrorDocument {
                    message: error.to_string(),
                    log: error.log().to_vec(),
                    help: error.help.clone(),
                    ambiguous: error.is_ambiguous(),
                };
                (OutcomeWord::Failed, Some(document), None)
            }
            Outcome::Skipped(first) => (OutcomeWord::Skipped, None, Some(plan.node_name(*first))),
            Outcome::Stopped => (OutcomeWord::Stopped, None, None),
            Outcome::Late => (OutcomeWord::Deferred, None, None),
        };
        let address = step.address.to_string();
        StepOutcome { address, verb: step.verb, outcome: word, error, part_way, because_of, gap: None }
    }
}

impl ContradictionDocument {
    fn of(contradiction: &Contradiction) -> ContradictionDocument {
        let Contradiction { address, field, planned, found, said } = contradiction;
        ContradictionDocument {
            address: address.to_string(),
            field: field.clone(),
            planned: planned.clone(),
            found: found.clone(),
            said: said.clone(),
        }
    }
}

/// The JSON Schema of [`ApplyDocument`].
pub(crate) fn apply_schema() -> Value {
    schemars::schema_for!(ApplyDocument).to_value()
}

/// Steps of one sort that are shown at a terminal; the JSON has all.
const FIRST: usize = 20;

/// The report as text.
pub(crate) fn text(document: &ApplyDocument, style: Style) -> String {
    let mut page = TextPage::new(style);
    let title = summary::title(&document.workspace, document.environment.as_deref(), document.commit.as_deref());
    let tone = if document.next.is_empty() { Tone::New } else { Tone::Gone };
    page.line(0, tone, &format!("{title}: {}", counts(document)));
    if let Some(error) = &document.journal_error {
        page.parts(0, &[(Tone::Gone, "stopped: "), (Tone::Plain, error)]);
    }
    let of = |word| document.steps.iter().filter(|step| step.outcome == word).collect::<Vec<_>>();
    skipped(&mut page, &of(OutcomeWord::Skipped));
    let (part_way, untried): (Vec<_>, Vec<_>) = of(OutcomeWord::Stopped).into_iter().partition(|step| step.part_way);
    list(&mut page, "stopped part-way", &part_way);
    list(&mut page, "not tried", &untried);
    list(&mut page, "deferred: the window closed", &of(OutcomeWord::Deferred));
    failed(&mut page, &of(OutcomeWord::Failed));
    contradictions(&mut page, &document.contradictions);
    document.health.iter().for_each(|health| health.write(&mut page));
    if !document.next.is_empty() {
        page.gap();
        for next in &document.next {
            page.parts(0, &[(Tone::Strong, "next: "), (Tone::Plain, next)]);
        }
    }
    page.finish()
}

fn counts(document: &ApplyDocument) -> String {
    let ApplySummary { done, failed, skipped, stopped, deferred, adopted, released, unseen, held } = document.summary;
    let part_way = document.steps.iter().filter(|step| step.part_way).count();
    let untried = stopped.saturating_sub(part_way);
    let mut words = vec![format!("{} done", counted(done, "step"))];
    for (n, word) in [
        (failed, "failed"),
        (skipped, "skipped"),
        (part_way, "stopped part-way"),
        (untried, "not tried"),
        (deferred, "deferred"),
    ] {
        if n > 0 {
            words.push(format!("{} {word}", number(n)));
        }
    }
    let calls = usize::try_from(document.calls).unwrap_or(usize::MAX);
    let mut line = match document.steps.is_empty() {
        true => "nothing was written".to_owned(),
        false => format!("{}, {} sent", words.join(", "), counted(calls, "request")),
    };
    for (n, word) in [(adopted, "adopted"), (released, "let go of"), (unseen, "not looked at"), (held, "left alone")] {
        if n > 0 {
            line.push_str(&format!("; {} {word}", number(n)));
        }
    }
    line
}

fn list(page: &mut TextPage, heading: &str, steps: &[&StepOutcome]) {
    if steps.is_empty() {
        return;
    }
    page.gap();
    page.line(0, Tone::Strong, &format!("{heading} ({})", number(steps.len())));
    page.limited(1, steps, FIRST, |page, step| {
        page.line(1, Tone::Plain, &format!("{} {}", step.verb.as_str(), step.address));
        gap_line(page, step);
    });
}

/// Writes what a half-done replacement leaves.
fn gap_line(page: &mut TextPage, step: &StepOutcome) {
    if let Some(gap) = &step.gap {
        page.line(3, Tone::Gone, gap);
    }
}

fn skipped(page: &mut TextPage, steps: &[&StepOutcome]) {
    if steps.is_empty() {
        return;
    }
    page.gap();
    page.line(0, Tone::Strong, &format!("skipped ({})", number(steps.len())));
    page.limited(1, steps, FIRST, |page, step| {
        let because = step.because_of.as_ref().map(|of| format!("  because of `{of}`")).unwrap_or_default();
        page.parts(
            1,
            &[
                (Tone::Plain, step.verb.as_str()),
                (Tone::Plain, " "),
                (Tone::Plain, &step.address),
                (Tone::Faint, &because),
            ],
        );
        gap_line(page, step);
    });
}

fn failed(page: &mut TextPage, steps: &[&StepOutcome]) {
    if steps.is_empty() {
        return;
    }
    page.gap();
    page.line(0, Tone::Gone, &format!("failed ({})", number(steps.len())));
    page.limited(1, steps, FIRST, |page, step| {
        page.parts(1, &[(Tone::Plain, step.verb.as_str()), (Tone::Plain, " "), (Tone::Strong, &step.address)]);
        gap_line(page, step);
        let Some(error) = &step.error else { return };
        page.told(3, &error.message);
        error.log.iter().for_each(|said| page.told(4, said));
        if let Some(help) = &error.help {
            page.parts(3, &[(Tone::Notice, "help: "), (Tone::Plain, help)]);
        }
    });
}

fn contradictions(page: &mut TextPage, contradictions: &[ContradictionDocument]) {
    if contradictions.is_empty() {
        return;
    }
    page.gap();
    page.line(0, Tone::Gone, &format!("not as planned ({})", number(contradictions.len())));
    page.limited(1, contradictions, FIRST, |page, found| {
        let what = match found.field.as_str() {
            "" => format!("is {}, although its step succeeded", found.found),
            field => format!("`{field}`: planned {}, the controller says {}", found.planned, found.found),
        };
        page.parts(1, &[(Tone::Strong, &found.address), (Tone::Plain, "  "), (Tone::Plain, &what)]);
        if let Some(said) = &found.said {
            page.parts(3, &[(Tone::Plain, "the controller had answered: "), (Tone::Plain, said)]);
        }
    });
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::render::testing::{PLAIN, address, busy};
    use crate::render::validate::faults;
    use crate::session::{CallError, CallFailure, Effort, Speaker};
    use wire::Method;

    /// A run in which a tunnel failed.
    fn broken() -> ApplyDocument {
        let plan = busy().plan();
        let at = |name: &str| plan.steps.iter().position(|step| step.address.to_string() == name).unwrap();
        let mut outcomes = vec![Outcome::Done; plan.steps.len()];
        let error = CallError {
            target: "east".into(),
            method: Method::Post,
            path: "/tunnels".into(),
            what: CallFailure::Refused { status: 403, message: "limit reached\u{1b}[2J".into(), speaker: Speaker::Api },
            help: Some("the licence allows no more of these".into()),
            effort: Effort::default(),
            wait: None,
        };
        outcomes[at("east/tunnels/new")] = Outcome::Failed(Box::new(error));
        outcomes[at("east/routes/out")] = Outcome::Skipped(at("east/tunnels/new"));
        outcomes[at("west/routes/back")] = Outcome::Skipped(at("east/tunnels/new"));
        outcomes[at("east/routes/old")] = Outcome::Stopped;
        let (part_way, said) = (BTreeSet::new(), BTreeMap::new());
        let report = Report { outcomes, part_way, calls: 7, said, ..Report::default() };
        let contradiction = Contradiction {
            address: address("east/tunnels/moved"),
            field: "gateway".into(),
            planned: "\"192.0.2.3\"".into(),
            found: "\"192.0.2.99\"".into(),
            said: None,
        };
        let still = Contradiction {
            address: address("east/tunnels/old"),
            field: String::new(),
            planned: "gone".into(),
            found: "still there".into(),
            said: Some("queued".into()),
        };
        ApplyDocument::of(&plan, &report, &[contradiction, still], "trueup apply")
    }

    #[test]
    fn a_broken_run_says_what_failed_and_what_to_do() {
        insta::assert_snapshot!(text(&broken(), PLAIN), @r#"
        acme-wan at 3f2a1c9: 5 steps done, 1 failed, 2 skipped, 1 not tried, 7 requests sent; 1 adopted; 1 not looked at

        skipped (2)
          create east/routes/out  because of `east/tunnels/new`
          create west/routes/back  because of `east/tunnels/new`

        not tried (1)
          delete east/routes/old

        failed (1)
          create east/tunnels/new
              east: POST /tunnels: the controller answered 403: limit reached\u{1b}[2J
              help: the licence allows no more of these

        not as planned (2)
          east/tunnels/moved  `gateway`: planned "192.0.2.3", the controller says "192.0.2.99"
          east/tunnels/old  is still there, although its step succeeded
              the controller had answered: queued

        next: see to what failed, then run `trueup apply` again: what is done is found, and not done twice
        next: run `trueup plan` to see what still differs; if it stays so, the controller ignores the value
        "#);
    }

    #[test]
    fn a_stopped_run_tells_what_was_begun_from_what_was_not() {
        let plan = busy().plan();
        let mut outcomes = vec![Outcome::Stopped; plan.steps.len()];
        outcomes[0] = Outcome::Done;
        let report = Report { outcomes, part_way: [1].into(), calls: 2, ..Report::default() };
        let told = text(&ApplyDocument::of(&plan, &report, &[], "trueup apply"), PLAIN);
        assert!(told.contains("1 step done, 1 stopped part-way, 7 not tried, 2 requests sent"), "{told}");
        let part_way = format!("stopped part-way (1)\n  {} {}\n", plan.steps[1].verb.as_str(), plan.steps[1].address);
        assert!(told.contains(&part_way), "{told}");
        assert!(told.contains("next: run `trueup apply` again for what was not tried or not finished"), "{told}");
    }

    #[test]
    fn a_good_run_is_one_line() {
        let plan = busy().plan();
        let outcomes = vec![Outcome::Done; plan.steps.len()];
        let (part_way, said) = (BTreeSet::new(), BTreeMap::new());
        let report = Report { outcomes, part_way, calls: 9, said, ..Report::default() };
        let document = ApplyDocument::of(&plan, &report, &[], "trueup apply");
        assert_eq!(
            text(&document, PLAIN),
            "acme-wan at 3f2a1c9: 9 steps done, 9 requests sent; 1 adopted; 1 not looked at\n"
        );
    }

    #[test]
    fn documents_are_as_the_schema_says() {
        let document = broken();
        let value = serde_json::to_value(&document).unwrap();
        assert_eq!(faults(&apply_schema(), &value), Vec::<String>::new());
        assert_eq!(serde_json::from_str::<ApplyDocument>(&document.to_json()).unwrap(), document);
        let kept: Value = serde_json::from_str(include_str!("../../schemas/apply.schema.json")).unwrap();
        assert_eq!(kept, apply_schema(), "write it anew: `trueup schema apply > schemas/apply.schema.json`");
    }
}
