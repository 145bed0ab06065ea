//! Findings as commands to GitHub Actions, which shows them at their lines in a pull request: one line each.
//!
//! A line break, or in a property a colon or a comma, would end what it stands in and begin another command: all are
//! escaped, whatever a file's name or a value in it says.

use crate::finding::Level;
use crate::render::findings::document::FindingDocument;
use crate::render::findings::file_from;

/// The lines; files are told from where `folder` is relative to.
pub(crate) fn github(findings: &[FindingDocument<'_>], folder: &str) -> String {
    findings.iter().map(|finding| line(finding, folder)).collect()
}

fn line(finding: &FindingDocument<'_>, folder: &str) -> String {
    let word = match finding.level {
        Level::Error => "error",
        Level::Warning => "warning",
    };
    let place = &finding.place;
    let numbers =
        [("line", place.line), ("endLine", place.end_line), ("col", place.column), ("endColumn", place.end_column)];
    let file = place.file.map(|file| ("file", file_from(folder, file)));
    let numbers = numbers.into_iter().filter_map(|(name, number)| Some((name, number?.to_string())));
    let properties = file.into_iter().chain(numbers).chain([("title", finding.code.to_owned())]);
    let properties: Vec<String> =
        properties.map(|(name, value)| format!("{name}={}", escaped_property(&value))).collect();
    format!("::{word} {}::{}\n", properties.join(","), escaped(&finding.told()))
}

fn escaped(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn escaped_property(text: &str) -> String {
    escaped(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::{Finding, Place};
    use crate::render::findings::tests::findings;

    #[test]
    fn a_finding_is_a_line_at_its_place() {
        let findings = findings();
        let told = github(&FindingDocument::all(&findings), ".");
        let lines: Vec<&str> = told.lines().collect();
        assert_eq!(
            lines[0],
            "::error file=east.yaml,line=3,endLine=3,col=5,endColumn=11,title=unknown-field::`routes` has no field \
             `gatway`%0Ahelp: did you mean `gateway`?"
        );
        assert_eq!(lines[2], "::warning title=no-place::nothing refers to it");
    }

    #[test]
    fn nothing_in_a_finding_ends_its_line_or_begins_a_command() {
        for evil in ["a\n::set-output name=x::y", "a\r\n::error::b", "100% :: sure", "a,line=1::b"] {
            let finding = Finding::error("x", evil).help(evil).at(&Place::file(evil));
            let told = github(&[FindingDocument::of(&finding)], ".");
            assert_eq!(told.lines().count(), 1, "{told}");
            let (properties, message) = told.strip_prefix("::error ").unwrap().split_once("::").unwrap();
            assert_eq!(properties.split(',').count(), 2, "{properties}");
            let message = message.trim_end().replace("%0A", "\n").replace("%0D", "\r").replace("%25", "%");
            assert_eq!(message, format!("{evil}\nhelp: {evil}"));
        }
    }
}
