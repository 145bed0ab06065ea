//! Findings as one value, from which every form for programs is rendered.

use serde::Serialize;

use crate::finding::{Finding, Level, Place, Spot};

/// A finding.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct FindingDocument<'f> {
    /// Its code.
    pub code: &'f str,
    /// How bad it is.
    pub level: Level,
    /// The fault.
    pub message: &'f str,
    /// The remedy.
    pub help: Option<&'f str>,
    /// The resource that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Where.
    #[serde(flatten)]
    pub place: PlaceDocument<'f>,
    /// A second place that belongs to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub also: Option<AlsoDocument<'f>>,
}

/// A place in a file: lines and columns from 1, columns in characters, the end behind the last one.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct PlaceDocument<'f> {
    /// The file, relative to the workspace.
    pub file: Option<&'f str>,
    /// The line.
    pub line: Option<usize>,
    /// The column.
    pub column: Option<usize>,
    /// The line of the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_line: Option<usize>,
    /// The column of the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_column: Option<usize>,
}

/// A finding's second place.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct AlsoDocument<'f> {
    /// Why it belongs there.
    pub what: &'f str,
    /// Where.
    #[serde(flatten)]
    pub place: PlaceDocument<'f>,
}

impl<'f> FindingDocument<'f> {
    /// The document of a finding.
    pub(crate) fn of(finding: &'f Finding) -> FindingDocument<'f> {
        FindingDocument {
            code: finding.code,
            level: finding.level,
            message: &finding.message,
            help: finding.help.as_deref(),
            address: finding.about.as_ref().map(ToString::to_string),
            place: PlaceDocument::of(finding.spot.as_ref(), finding.place.as_ref()),
            also: finding.also.as_ref().map(|(place, what)| AlsoDocument {
                what,
                place: PlaceDocument::of(finding.also_spot.as_ref(), Some(place)),
            }),
        }
    }

    /// The documents of findings.
    pub(crate) fn all(findings: &'f [Finding]) -> Vec<FindingDocument<'f>> {
        findings.iter().map(FindingDocument::of).collect()
    }

    /// Fault and remedy, a line each.
    pub(crate) fn told(&self) -> String {
        match self.help {
            Some(help) => format!("{}\nhelp: {help}", self.message),
            None => self.message.to_owned(),
        }
    }
}

impl<'f> PlaceDocument<'f> {
    fn of(spot: Option<&'f Spot>, place: Option<&'f Place>) -> PlaceDocument<'f> {
        let Some(spot) = spot else {
            let file = place.map(|place| &*place.file).filter(|file| !file.is_empty());
            return PlaceDocument { file, line: None, column: None, end_line: None, end_column: None };
        };
        // A span never leaves its line.
        let text = spot.source.inner().get(spot.offset..spot.offset.saturating_add(spot.length)).unwrap_or_default();
        PlaceDocument {
            file: Some(spot.source.name()),
            line: Some(spot.line),
            column: Some(spot.column),
            end_line: Some(spot.line),
            end_column: Some(spot.column + text.chars().count()),
        }
    }
}
