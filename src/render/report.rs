//! The report of an apply: steps that are done, steps that failed with those that they took with them, and the command to
//! run next.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::apply::{Contradiction, Outcome, Report};
use crate::plan::{Plan, Step, Verb};
use crate::render::page::{TextPage, Tone};
use crate::render::words::{counted, number};
use crate::render::{Style, summary};

/// The number of the document's form.
const FORMAT: u32 = 1;

/// What carrying out a plan came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct ApplyDocument {
    /// The number of the document's form: 1.
    pub format: u32,
    /// The workspace's name.
    pub workspace: String,
    /// The commit that was checked out.
    pub commit: Option<String>,
    /// Requests with an effect that were sent.
    pub calls: u64,
    /// How much of each sort there is.
    pub summary: ApplySummary,
    /// What happened to each step, in the plan's order.
    pub steps: Vec<StepOutcome>,
    /// Fields that are not what their step said they would be.
    pub contradictions: Vec<ContradictionDocument>,
    /// Why the journal could not be written; the run stopped at once.
    pub journal_error: Option<String>,
    /// What to do next.
    pub next: Vec<String>,
}

/// How many steps came to what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct ApplySummary {
    /// Steps that are done.
    pub done: usize,
    /// Steps that failed.
    pub failed: usize,
    /// Steps that were not tried, because of one that failed.
    pub skipped: usize,
    /// Steps that were not tried, because the run was asked to stop or what they rely on had moved.
    pub stopped: usize,
}

/// What happened to a step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct StepOutcome {
    /// The resource.
    pub address: String,
    /// What was to be done.
    pub verb: Verb,
    /// What became of it.
    pub outcome: OutcomeWord,
    /// What went wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorDocument>,
    /// The address of the step that failed and took this one with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because_of: Option<String>,
}

/// What became of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum OutcomeWord {
    /// It is done.
    Done,
    /// It failed.
    Failed,
    /// It was not tried, because of a step that failed.
    Skipped,
    /// It was not tried, because the run was asked to stop or what it relies on had moved.
    Stopped,
}

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct ErrorDocument {
    /// The request and what the controller said.
    pub message: String,
    /// What the controller's own messages say about it, a line each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub log: Vec<String>,
    /// What to do about it.
    pub help: Option<String>,
    /// Says whether the request may have had its effect all the same.
    pub ambiguous: bool,
}

/// A field that is not what its step said it would be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct ContradictionDocument {
    /// The resource.
    pub address: String,
    /// The field; empty when the whole object is not there.
    pub field: String,
    /// What the plan said.
    pub planned: String,
    /// What the controller says.
    pub found: String,
}

impl ApplyDocument {
    /// The document of a run; `command` would go on with it, as in `trueup apply`.
    pub(crate) fn of(plan: &Plan, report: &Report, contradictions: &[Contradiction], command: &str) -> ApplyDocument {
        let steps: Vec<StepOutcome> = plan
            .steps
            .iter()
            .zip(&report.outcomes)
            .map(|(step, outcome)| StepOutcome::of(plan, step, outcome))
            .collect();
        let count = |word| steps.iter().filter(|step| step.outcome == word).count();
        let mut document = ApplyDocument {
            format: FORMAT,
            workspace: plan.workspace.clone(),
            commit: plan.commit.clone(),
            calls: report.calls,
            summary: ApplySummary {
                done: count(OutcomeWord::Done),
                failed: count(OutcomeWord::Failed),
                skipped: count(OutcomeWord::Skipped),
                stopped: count(OutcomeWord::Stopped),
            },
            steps,
            contradictions: contradictions.iter().map(ContradictionDocument::of).collect(),
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

    fn next_steps(&self, command: &str) -> Vec<String> {
        let ApplySummary { done: _, failed, skipped: _, stopped } = self.summary;
        let mut next = Vec::new();
        if self.journal_error.is_some() {
            next.push(format!("make room for the journal, then run `{command}` again: it looks at what was under way"));
        } else if failed > 0 {
            next.push(format!(
                "see to what failed, then run `{command}` again: what is done is found, and not done twice"
            ));
        } else if stopped > 0 {
            next.push(format!("run `{command}` again for what was not tried"));
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
    fn of(plan: &Plan, step: &Step, outcome: &Outcome) -> StepOutcome {
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
        };
        StepOutcome { address: step.address.to_string(), verb: step.verb, outcome: word, error, because_of }
    }
}

impl ContradictionDocument {
    fn of(contradiction: &Contradiction) -> ContradictionDocument {
        let Contradiction { address, field, planned, found } = contradiction;
        ContradictionDocument {
            address: address.to_string(),
            field: field.clone(),
            planned: planned.clone(),
            found: found.clone(),
        }
    }
}

/// The JSON Schema of [`ApplyDocument`].
pub(crate) fn apply_schema() -> Value {
    schemars::schema_for!(ApplyDocument).to_value()
}

/// Steps of one sort that are shown; the JSON has all.
const FIRST: usize = 20;

/// The report as text.
pub(crate) fn text(document: &ApplyDocument, style: Style) -> String {
    let mut page = TextPage::new(style);
    let title = summary::title(&document.workspace, document.commit.as_deref());
    let tone = if document.next.is_empty() { Tone::New } else { Tone::Gone };
    page.line(0, tone, &format!("{title}: {}", counts(document)));
    if let Some(error) = &document.journal_error {
        page.parts(0, &[(Tone::Gone, "stopped: "), (Tone::Plain, error)]);
    }
    let of = |word| document.steps.iter().filter(|step| step.outcome == word).collect::<Vec<_>>();
    skipped(&mut page, &of(OutcomeWord::Skipped));
    list(&mut page, "not tried", &of(OutcomeWord::Stopped));
    failed(&mut page, &of(OutcomeWord::Failed));
    contradictions(&mut page, &document.contradictions);
    if !document.next.is_empty() {
        page.gap();
        for next in &document.next {
            page.parts(0, &[(Tone::Strong, "next: "), (Tone::Plain, next)]);
        }
    }
    page.finish()
}

fn counts(document: &ApplyDocument) -> String {
    let ApplySummary { done, failed, skipped, stopped } = document.summary;
    let mut words = vec![format!("{} done", counted(done, "step"))];
    for (n, word) in [(failed, "failed"), (skipped, "skipped"), (stopped, "not tried")] {
        if n > 0 {
            words.push(format!("{} {word}", number(n)));
        }
    }
    let calls = usize::try_from(document.calls).unwrap_or(usize::MAX);
    format!("{}, {} sent", words.join(", "), counted(calls, "request"))
}

fn list(page: &mut TextPage, heading: &str, steps: &[&StepOutcome]) {
    if steps.is_empty() {
        return;
    }
    page.gap();
    page.line(0, Tone::Strong, &format!("{heading} ({})", number(steps.len())));
    for step in steps.iter().take(FIRST) {
        page.line(1, Tone::Plain, &format!("{} {}", step.verb.as_str(), step.address));
    }
    page.rest(1, steps.len(), FIRST);
}

fn skipped(page: &mut TextPage, steps: &[&StepOutcome]) {
    if steps.is_empty() {
        return;
    }
    page.gap();
    page.line(0, Tone::Strong, &format!("skipped ({})", number(steps.len())));
    for step in steps.iter().take(FIRST) {
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
    }
    page.rest(1, steps.len(), FIRST);
}

fn failed(page: &mut TextPage, steps: &[&StepOutcome]) {
    if steps.is_empty() {
        return;
    }
    page.gap();
    page.line(0, Tone::Gone, &format!("failed ({})", number(steps.len())));
    for step in steps.iter().take(FIRST) {
        page.parts(1, &[(Tone::Plain, step.verb.as_str()), (Tone::Plain, " "), (Tone::Strong, &step.address)]);
        let Some(error) = &step.error else { continue };
        page.line(3, Tone::Plain, &error.message);
        for line in &error.log {
            page.line(4, Tone::Plain, line);
        }
        if let Some(help) = &error.help {
            page.parts(3, &[(Tone::Notice, "help: "), (Tone::Plain, help)]);
        }
    }
    page.rest(1, steps.len(), FIRST);
}

fn contradictions(page: &mut TextPage, contradictions: &[ContradictionDocument]) {
    if contradictions.is_empty() {
        return;
    }
    page.gap();
    page.line(0, Tone::Gone, &format!("not as planned ({})", number(contradictions.len())));
    for found in contradictions.iter().take(FIRST) {
        let what = match found.field.as_str() {
            "" => "is not there, although its step succeeded".to_owned(),
            field => format!("`{field}`: planned {}, the controller says {}", found.planned, found.found),
        };
        page.parts(1, &[(Tone::Strong, &found.address), (Tone::Plain, "  "), (Tone::Plain, &what)]);
    }
    page.rest(1, contradictions.len(), FIRST);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::testing::{PLAIN, address, busy};
    use crate::render::validate::faults;
    use crate::session::{CallError, CallFailure};
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
            what: CallFailure::Refused { status: 403, message: "limit reached\u{1b}[2J".into() },
            help: Some("the licence allows no more of these".into()),
        };
        outcomes[at("east/tunnels/new")] = Outcome::Failed(Box::new(error));
        outcomes[at("east/routes/out")] = Outcome::Skipped(at("east/tunnels/new"));
        outcomes[at("west/routes/back")] = Outcome::Skipped(at("east/tunnels/new"));
        outcomes[at("east/routes/old")] = Outcome::Stopped;
        let report = Report { outcomes, calls: 7, journal_error: None };
        let contradiction = Contradiction {
            address: address("east/tunnels/moved"),
            field: "gateway".into(),
            planned: "\"192.0.2.3\"".into(),
            found: "\"192.0.2.99\"".into(),
        };
        ApplyDocument::of(&plan, &report, &[contradiction], "trueup apply")
    }

    #[test]
    fn a_broken_run_says_what_failed_and_what_to_do() {
        insta::assert_snapshot!(text(&broken(), PLAIN), @r#"
        acme-wan at 3f2a1c9: 5 steps done, 1 failed, 2 skipped, 1 not tried, 7 requests sent

        skipped (2)
          create east/routes/out  because of `east/tunnels/new`
          create west/routes/back  because of `east/tunnels/new`

        not tried (1)
          delete east/routes/old

        failed (1)
          create east/tunnels/new
              east: POST /tunnels: the controller answered 403: limit reached\u{1b}[2J
              help: the licence allows no more of these

        not as planned (1)
          east/tunnels/moved  `gateway`: planned "192.0.2.3", the controller says "192.0.2.99"

        next: see to what failed, then run `trueup apply` again: what is done is found, and not done twice
        next: run `trueup plan` to see what still differs; if it stays so, the controller ignores the value
        "#);
    }

    #[test]
    fn a_good_run_is_one_line() {
        let plan = busy().plan();
        let report = Report { outcomes: vec![Outcome::Done; plan.steps.len()], calls: 9, journal_error: None };
        let document = ApplyDocument::of(&plan, &report, &[], "trueup apply");
        assert_eq!(text(&document, PLAIN), "acme-wan at 3f2a1c9: 9 steps done, 9 requests sent\n");
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
