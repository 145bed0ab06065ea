//! The files that a topology was read from, kept for what is found in them after they were read.

use crate::check::literals;
use crate::finding::{Finding, Place};
use crate::redact::redact_source;
use crate::source::{SourceFile, locate};

/// The files of a topology, and where secrets stand in them.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    files: Vec<SourceFile>,
    /// The findings about secrets: wherever lines are shown, these are blackened.
    literals: Vec<Finding>,
}

impl Sources {
    /// These files.
    pub fn new(files: Vec<SourceFile>) -> Sources {
        Sources { files, literals: Vec::new() }
    }

    /// A file by its path.
    pub(crate) fn file(&self, path: &str) -> Option<&SourceFile> {
        self.files.iter().find(|file| &*file.path == path)
    }

    /// Where places stand, as in `east.yaml:8:21`; of one that no file has, the file it should be in.
    pub(crate) fn locations(&self, places: &[&Place]) -> Vec<String> {
        let mut findings: Vec<Finding> = places.iter().map(|place| Finding::error("", "").at(place)).collect();
        locate(&mut findings, &self.files);
        findings.iter().filter_map(Finding::location).collect()
    }

    /// Findings as they are shown: in the order of the files, each with its place in the text, no secret in any.
    pub fn show(&mut self, mut findings: Vec<Finding>) -> Vec<Finding> {
        locate(&mut findings, &self.files);
        let is_literal = |finding: &&Finding| finding.code == literals::RULE.code;
        self.literals.extend(findings.iter().filter(is_literal).cloned());
        let shown = findings.len();
        findings.extend(self.literals.iter().cloned());
        redact_source(&mut findings, literals::RULE.code);
        findings.truncate(shown);
        findings.sort_by(|a, b| position(a).cmp(&position(b)));
        findings
    }
}

/// Findings stand in the order of the files, those without a file first.
fn position(finding: &Finding) -> (Option<&str>, usize, &'static str, &str) {
    let file = finding.place.as_ref().map(|place| &*place.file);
    (file, finding.spot.as_ref().map_or(0, |spot| spot.offset), finding.code, &finding.message)
}
