//! Findings as JUnit's XML, which CI systems show as tests: an error is a test that fails, a warning one that passes and
//! has something to say. Where nothing is found, one test passes.

use crate::finding::Level;
use crate::render::findings::document::FindingDocument;
use crate::render::findings::file_from;

/// The text; files are told from where `folder` is relative to.
pub(crate) fn junit(findings: &[FindingDocument<'_>], folder: &str) -> String {
    let failures = findings.iter().filter(|finding| finding.level == Level::Error).count();
    let tests = findings.len().max(1);
    let counts = format!("tests=\"{tests}\" failures=\"{failures}\" errors=\"0\"");
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites {counts}>\n  <testsuite name=\"trueup validate\" {counts}>\n"
    );
    for finding in findings {
        text.push_str(&case(finding, folder));
    }
    if findings.is_empty() {
        text.push_str("    <testcase name=\"no findings\" classname=\"trueup\"/>\n");
    }
    text.push_str("  </testsuite>\n</testsuites>\n");
    text
}

fn case(finding: &FindingDocument<'_>, folder: &str) -> String {
    let file = finding.place.file.map(|file| file_from(folder, file));
    let at = match (&file, finding.place.line, finding.place.column) {
        (Some(file), Some(line), Some(column)) => format!("{file}:{line}:{column}"),
        (Some(file), ..) => file.clone(),
        (None, ..) => "the workspace".to_owned(),
    };
    let mut attributes =
        format!("name=\"{}\" classname=\"{}\"", escaped(&format!("{at}: {}", finding.message)), escaped(finding.code));
    if let Some(file) = &file {
        attributes.push_str(&format!(" file=\"{}\"", escaped(file)));
    }
    if let Some(line) = finding.place.line {
        attributes.push_str(&format!(" line=\"{line}\""));
    }
    let text = escaped(&format!("{at}\n{}", finding.told()));
    let inside = match finding.level {
        Level::Error => format!(
            "<failure message=\"{}\" type=\"{}\">{text}</failure>",
            escaped(finding.message),
            escaped(finding.code)
        ),
        Level::Warning => format!("<system-out>warning: {text}</system-out>"),
    };
    format!("    <testcase {attributes}>\n      {inside}\n    </testcase>\n")
}

/// A text in XML. What XML has no letter for, not even an escaped one, is shown as a question mark.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            '\n' => escaped.push_str("&#10;"),
            '\t' => escaped.push_str("&#9;"),
            '\r' => escaped.push_str("&#13;"),
            letter if letter.is_control() || matches!(letter, '\u{fffe}' | '\u{ffff}') => escaped.push('?'),
            letter => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::{Finding, Place};
    use crate::render::findings::tests::findings;

    #[test]
    fn errors_fail_and_warnings_speak() {
        let findings = findings();
        insta::assert_snapshot!(junit(&FindingDocument::all(&findings), "net"), @r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuites tests="3" failures="2" errors="0">
          <testsuite name="trueup validate" tests="3" failures="2" errors="0">
            <testcase name="net/east.yaml:3:5: `routes` has no field `gatway`" classname="unknown-field" file="net/east.yaml" line="3">
              <failure message="`routes` has no field `gatway`" type="unknown-field">net/east.yaml:3:5&#10;`routes` has no field `gatway`&#10;help: did you mean `gateway`?</failure>
            </testcase>
            <testcase name="net/east.yaml:3:5: `east/routes/a` is declared twice" classname="declared-twice" file="net/east.yaml" line="3">
              <failure message="`east/routes/a` is declared twice" type="declared-twice">net/east.yaml:3:5&#10;`east/routes/a` is declared twice</failure>
            </testcase>
            <testcase name="the workspace: nothing refers to it" classname="no-place">
              <system-out>warning: the workspace&#10;nothing refers to it</system-out>
            </testcase>
          </testsuite>
        </testsuites>
        "#);
        assert!(junit(&[], ".").contains("tests=\"1\" failures=\"0\""));
    }

    #[test]
    fn nothing_in_a_finding_ends_its_element() {
        let finding = Finding::error("x", "a\"/><b>&\u{1}\n").at(&Place::file("<'>.yaml"));
        let text = junit(&[FindingDocument::of(&finding)], ".");
        assert_eq!(text.matches('<').count(), text.matches('>').count());
        assert_eq!(text.matches("<b>").count(), 0, "{text}");
        assert!(!text.contains('\u{1}'));
    }
}
