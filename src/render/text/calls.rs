//! The requests of a plan, in the order in which they may be sent.

use crate::plan::Verb;
use crate::render::document::{AfterDocument, CallDocument, PlanDocument};
use crate::render::page::{TextPage, Tone, cut};
use crate::render::words::counted;

/// Reasons to wait that are shown of one step.
const REASONS: usize = 3;

/// Writes every request. Bodies are cut to the page unless `all`.
pub(crate) fn calls(page: &mut TextPage, document: &PlanDocument, all: bool) {
    let count: usize = document.steps.iter().map(|step| step.calls.len()).sum();
    if count == 0 {
        return;
    }
    page.gap();
    let steps = counted(document.steps.len(), "step");
    let together = if document.steps.len() > 1 { "; steps that wait for nothing run side by side" } else { "" };
    page.line(0, Tone::Strong, &format!("{} in {steps}{together}", counted(count, "request")));
    for (n, step) in document.steps.iter().enumerate() {
        let number = format!("{:>4}. ", n + 1);
        let part = match step.verb {
            Verb::ReplaceRemove => ": the old one goes",
            Verb::ReplaceCreate => ": the new one comes",
            Verb::Create | Verb::Update | Verb::Delete | Verb::Issue | Verb::Find => "",
        };
        let head = format!("{} {}{part}", step.verb.as_str(), step.address);
        page.parts(0, &[(Tone::Faint, &number), (Tone::Strong, &head), (Tone::Faint, &after(&step.after))]);
        for call in &step.calls {
            one(page, &step.target, call, all);
        }
    }
}

fn after(after: &[AfterDocument]) -> String {
    if after.is_empty() {
        return String::new();
    }
    let reason = |wait: &AfterDocument| match wait.step {
        Some(step) => format!("{} ({})", step + 1, wait.why),
        None => format!("`{}` ({})", wait.name, wait.why),
    };
    let mut words: Vec<String> = after.iter().take(REASONS).map(reason).collect();
    if after.len() > REASONS {
        words.push(counted(after.len() - REASONS, "other"));
    }
    format!("  after {}", words.join(", "))
}

fn one(page: &mut TextPage, target: &str, call: &CallDocument, all: bool) {
    let line = format!("{} {target} {}", call.method, call.path);
    let body = match (&call.body, &call.file) {
        (Some(body), _) => body.to_string(),
        (None, Some(file)) => {
            let size = file.bytes.map(|bytes| format!("{}, ", counted(bytes, "byte"))).unwrap_or_default();
            format!("({}, {size}SHA-256 {}…)", file.path, file.sha256.get(..12).unwrap_or(&file.sha256))
        }
        (None, None) => String::new(),
    };
    let room = page.room(3).saturating_sub(line.chars().count() + 2).max(40);
    let body = if all { body } else { cut(&body, room) };
    page.parts(3, &[(Tone::Plain, &line), (Tone::Plain, "  "), (Tone::Faint, &body)]);
    for wait in &call.waits {
        page.line(3, Tone::Faint, &format!("then wait until {} (GET {})", wait.until, wait.path));
    }
}
