//! Findings: with their place in the file, and how many there are at the end.
//!
//! A mistake that was made five thousand times is read once: of many findings that say the same of different things, the
//! first are told whole, some more a line each, and the rest are counted. The forms for programs have all of them, whole:
//!
//! * `document`: the one value that they are rendered from, and JSON
//! * `sarif`, `github`, `junit`: for code scanning, pull requests, and reports of tests

pub(crate) mod document;
pub(crate) mod github;
pub(crate) mod junit;
pub(crate) mod sarif;

use std::collections::BTreeMap;
use std::fmt;

use crate::finding::{Finding, Level, Place, Spot};
use crate::render::Style;
use crate::render::findings::document::FindingDocument;
use crate::render::page::{TextPage, Tone};
use crate::render::words::{counted, number};
use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, Severity, SourceCode};

/// How many like findings are told whole, whatever their number. Two screens of them: more are none to read one by one.
const MANY: usize = 10;

/// How many of more than that are told whole: enough to see what they have in common.
const WHOLE: usize = 5;

/// How many of the rest are told in a line each: a screen of places to go to. Who mends them all takes JSON.
const BRIEF: usize = 10;

/// Findings as text: drawn where there are colours, else a line each that editors and CI systems can follow.
pub(crate) fn text(findings: &[Finding], style: Style) -> String {
    let findings = once_a_place(findings);
    let findings = findings.as_slice();
    let mut alike: BTreeMap<Likeness<'_>, Vec<&Finding>> = BTreeMap::new();
    for finding in findings {
        alike.entry(Likeness::of(finding)).or_default().push(finding);
    }
    let mut told: BTreeMap<&Likeness<'_>, usize> = BTreeMap::new();
    let mut text = String::new();
    for finding in findings {
        let Some((likeness, group)) = alike.get_key_value(&Likeness::of(finding)) else { continue };
        let before = told.entry(likeness).or_default();
        if group.len() <= MANY || *before < WHOLE {
            text.push_str(&if style.color { drawn(finding, style) } else { plain(finding, style) });
            text.push('\n');
        } else if *before == WHOLE {
            text.push_str(&brief(group.get(WHOLE..).unwrap_or_default(), style));
            text.push('\n');
        }
        *before += 1;
    }
    text + &count(findings)
}

/// Findings that say the same of one place, as of each item that `each` makes there, told once with their number. With
/// another remedy it is another fault: two fields that one resource lacks.
fn once_a_place(findings: &[Finding]) -> Vec<Finding> {
    let mut known: BTreeMap<(Likeness<'_>, Option<&str>, &Place), (usize, usize)> = BTreeMap::new();
    let mut told: Vec<Finding> = Vec::new();
    for finding in findings {
        let Some(place) = &finding.place else {
            told.push(finding.clone());
            continue;
        };
        let (_, count) = known.entry((Likeness::of(finding), finding.help.as_deref(), place)).or_insert_with(|| {
            told.push(finding.clone());
            (told.len() - 1, 0)
        });
        *count += 1;
    }
    for (at, count) in known.into_values().filter(|(_, count)| *count > 1) {
        if let Some(finding) = told.get_mut(at) {
            finding.message.push_str(&format!(" ({} times at this place)", number(count)));
        }
    }
    told
}

/// The traits that like findings have in common: all but the words in backticks, such as the name of an unused secret.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Likeness<'f> {
    code: &'f str,
    level: Level,
    phrases: Vec<&'f str>,
}

impl Likeness<'_> {
    fn of(finding: &Finding) -> Likeness<'_> {
        Likeness { code: finding.code, level: finding.level, phrases: finding.message.split('`').step_by(2).collect() }
    }
}

/// Findings like those that were told before: the places of some, and how many there are.
fn brief(more: &[&Finding], style: Style) -> String {
    let mut page = TextPage::new(style);
    let Some(first) = more.first() else { return page.finish() };
    page.line(0, Tone::Plain, &format!("{}[{}]: {} more like it", word(first.level), first.code, number(more.len())));
    for finding in more.iter().take(BRIEF) {
        let at = finding.location().map(|at| format!("{at}: ")).unwrap_or_default();
        page.line(1, Tone::Plain, &format!("{at}{}", finding.message));
    }
    if more.len() > BRIEF {
        let rest = number(more.len() - BRIEF);
        page.line(1, Tone::Faint, &format!("… and {rest} more (`trueup validate --format json` has all)"));
    }
    page.finish()
}

/// How many of each level.
fn count(findings: &[Finding]) -> String {
    let errors = findings.iter().filter(|finding| finding.is_error()).count();
    let levels = [(errors, "error"), (findings.len() - errors, "warning")];
    let words: Vec<String> = levels.iter().filter(|(n, _)| *n > 0).map(|(n, word)| counted(*n, word)).collect();
    match words.is_empty() {
        true => "no findings\n".into(),
        false => format!("{}\n", words.join(", ")),
    }
}

fn word(level: Level) -> &'static str {
    match level {
        Level::Warning => "warning",
        Level::Error => "error",
    }
}

fn plain(finding: &Finding, style: Style) -> String {
    let mut page = TextPage::new(style);
    let at = finding.location().map(|at| format!("{at}: ")).unwrap_or_default();
    page.line(0, Tone::Plain, &format!("{at}{}[{}]: {}", word(finding.level), finding.code, finding.message));
    if let Some(spot) = &finding.spot {
        excerpt(&mut page, spot);
    }
    if let Some((place, what)) = &finding.also {
        page.line(1, Tone::Plain, &format!("{}: {what}", location(finding.also_spot.as_ref(), place)));
    }
    if let Some(help) = &finding.help {
        page.line(1, Tone::Plain, &format!("help: {help}"));
    }
    page.finish()
}

fn location(spot: Option<&Spot>, place: &Place) -> String {
    match spot {
        Some(spot) => format!("{}:{}:{}", spot.source.name(), spot.line, spot.column),
        None => place.file.to_string(),
    }
}

/// The line of the file with a mark below the words that are meant.
fn excerpt(page: &mut TextPage, spot: &Spot) {
    let line = line_at(spot.source.inner(), spot.offset);
    if line.trim().is_empty() {
        return;
    }
    let at = spot.line.to_string();
    let blank = " ".repeat(at.len());
    page.line(1, Tone::Plain, &format!("{at} | {line}"));
    let meant = line.chars().skip(spot.column.saturating_sub(1)).count();
    let length = spot.source.inner().get(spot.offset..spot.offset + spot.length).map_or(1, |text| text.chars().count());
    let mark = "^".repeat(length.clamp(1, meant.max(1)));
    page.line(1, Tone::Plain, &format!("{blank} | {}{mark}", " ".repeat(spot.column.saturating_sub(1))));
}

/// The line around an offset, found from there: a file of a million lines is not read from its start for each finding.
fn line_at(text: &str, offset: usize) -> &str {
    let (before, after) = text.split_at_checked(offset).unwrap_or((text, ""));
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let end = after.find('\n').map_or(text.len(), |at| before.len() + at);
    let line = text.get(start..end).unwrap_or_default();
    line.strip_suffix('\r').unwrap_or(line)
}

/// Columns at which prose is wrapped where there is room for more.
const PROSE: usize = 110;

fn drawn(finding: &Finding, style: Style) -> String {
    let handler = GraphicalReportHandler::new_themed(GraphicalTheme::unicode())
        .with_width(style.width.min(PROSE))
        .with_links(false);
    let mut text = String::new();
    let shown = Drawn { finding, second: second(finding) };
    match handler.render_report(&mut text, &shown) {
        Ok(()) => text,
        // A span that does not fit its file can't be drawn; the words can always be told.
        Err(fmt::Error) => plain(finding, style),
    }
}

/// A finding whose second place, in another file, is drawn below it.
#[derive(Debug)]
struct Drawn<'f> {
    finding: &'f Finding,
    second: Option<Second<'f>>,
}

/// The second place of a finding.
#[derive(Debug)]
struct Second<'f> {
    what: &'f str,
    spot: &'f Spot,
}

/// The second place, where the first one's drawing can't show it.
fn second(finding: &Finding) -> Option<Second<'_>> {
    let (spot, (_, what)) = (finding.also_spot.as_ref()?, finding.also.as_ref()?);
    let same = finding.spot.as_ref().is_some_and(|first| first.source.name() == spot.source.name());
    (!same).then_some(Second { what, spot })
}

impl fmt::Display for Drawn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.finding.fmt(f)
    }
}

impl std::error::Error for Drawn<'_> {}

impl Diagnostic for Drawn<'_> {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.finding.code()
    }

    fn severity(&self) -> Option<Severity> {
        self.finding.severity()
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Diagnostic::help(self.finding)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.finding.source_code()
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        self.finding.labels()
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        let second = self.second.as_ref()?;
        Some(Box::new(std::iter::once(second as &dyn Diagnostic)))
    }
}

impl fmt::Display for Second<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.what)
    }
}

impl std::error::Error for Second<'_> {}

impl Diagnostic for Second<'_> {
    fn severity(&self) -> Option<Severity> {
        Some(Severity::Advice)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&*self.spot.source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let label = LabeledSpan::new_primary_with_span(None, (self.spot.offset, self.spot.length));
        Some(Box::new(std::iter::once(label)))
    }
}

/// Findings as JSON text: a list.
pub(crate) fn json(findings: &[Finding]) -> String {
    super::json(&FindingDocument::all(findings))
}

/// A file of a workspace, as it is called from where the workspace's folder is relative to.
pub(super) fn file_from(folder: &str, file: &str) -> String {
    let folder = folder.trim_start_matches("./").trim_end_matches('/');
    match folder {
        "" | "." => file.to_owned(),
        folder => format!("{folder}/{file}"),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::Arc;

    use miette::NamedSource;
    use serde_json::{Value, json};

    use super::*;
    use crate::render::testing::PLAIN;

    fn spot(file: &str, text: &str, word: &str) -> Spot {
        let offset = text.find(word).unwrap();
        let before = &text[..offset];
        Spot {
            source: Arc::new(NamedSource::new(file, text.to_owned())),
            offset,
            length: word.len(),
            line: before.matches('\n').count() + 1,
            column: before.rsplit('\n').next().unwrap().chars().count() + 1,
        }
    }

    pub(crate) fn findings() -> Vec<Finding> {
        let mut unknown = Finding::error("unknown-field", "`routes` has no field `gatway`")
            .help("did you mean `gateway`?")
            .at(&Place::file("east.yaml"));
        unknown.spot = Some(spot("east.yaml", "routes:\n  a:\n    gatway: 10.0.0.1\n", "gatway"));
        let mut twice = Finding::error("declared-twice", "`east/routes/a` is declared twice")
            .at(&Place::file("east.yaml"))
            .also(&Place::file("more.yaml"), "declared first here");
        twice.spot = unknown.spot.clone();
        twice.also_spot = Some(spot("more.yaml", "routes: { a: {} }\n", "a:"));
        vec![unknown, twice, Finding::warning("no-place", "nothing refers to it")]
    }

    #[test]
    fn without_colours_each_starts_with_its_place() {
        insta::assert_snapshot!(text(&findings(), PLAIN), @r#"
        east.yaml:3:5: error[unknown-field]: `routes` has no field `gatway`
          3 |     gatway: 10.0.0.1
            |     ^^^^^^
          help: did you mean `gateway`?

        east.yaml:3:5: error[declared-twice]: `east/routes/a` is declared twice
          3 |     gatway: 10.0.0.1
            |     ^^^^^^
          more.yaml:1:11: declared first here

        warning[no-place]: nothing refers to it

        2 errors, 1 warning
        "#);
        assert_eq!(text(&[], PLAIN), "no findings\n");
    }

    /// So many secrets that nothing uses, in one file, and an error in their midst.
    fn unused(count: usize) -> Vec<Finding> {
        let lines: Vec<String> = (0..count).map(|n| format!("  s{n}: {{ env: S }}\n")).collect();
        let source = Arc::new(NamedSource::new("trueup.yaml", lines.concat()));
        let mut offset = 2;
        let mut findings = Vec::new();
        for (n, line) in lines.iter().enumerate() {
            let mut finding = Finding::warning("unused-secret", format!("nothing uses the secret `s{n}`"));
            finding.spot = Some(Spot { source: source.clone(), offset, length: 2, line: n + 1, column: 3 });
            offset += line.len();
            findings.push(finding);
        }
        findings.insert(count / 2, Finding::error("no-place", "nothing uses `x`"));
        findings
    }

    #[test]
    fn a_few_like_findings_are_all_told_whole() {
        let told = text(&unused(MANY), PLAIN);
        assert_eq!(told.matches(" | ").count(), 2 * MANY);
        assert!(!told.contains("more like it"), "{told}");
    }

    #[test]
    fn many_like_findings_are_folded_and_the_others_stay() {
        let told = text(&unused(5_000), PLAIN);
        assert_eq!(told.matches(" | ").count(), 2 * WHOLE, "{told}");
        assert!(told.contains("\nerror[no-place]: nothing uses `x`\n"), "{told}");
        let folded: String =
            told.lines().skip_while(|line| !line.contains("more like it")).take(12).collect::<Vec<_>>().join("\n");
        insta::assert_snapshot!(folded, @"
        warning[unused-secret]: 4,995 more like it
          trueup.yaml:6:3: nothing uses the secret `s5`
          trueup.yaml:7:3: nothing uses the secret `s6`
          trueup.yaml:8:3: nothing uses the secret `s7`
          trueup.yaml:9:3: nothing uses the secret `s8`
          trueup.yaml:10:3: nothing uses the secret `s9`
          trueup.yaml:11:3: nothing uses the secret `s10`
          trueup.yaml:12:3: nothing uses the secret `s11`
          trueup.yaml:13:3: nothing uses the secret `s12`
          trueup.yaml:14:3: nothing uses the secret `s13`
          trueup.yaml:15:3: nothing uses the secret `s14`
          … and 4,985 more (`trueup validate --format json` has all)
        ");
        assert!(told.ends_with("\n1 error, 5,000 warnings\n"), "{told}");
        let all: Vec<Value> = serde_json::from_str(&json(&unused(5_000))).unwrap();
        assert_eq!(all.len(), 5_001);
    }

    #[test]
    fn like_findings_at_one_place_are_told_once_and_different_ones_each() {
        let lacks = |item: &str, field: &str| {
            Finding::error("missing-field", format!("`east/routes/{item}` lacks `{field}`"))
                .help(format!("add `{field}: …`"))
                .at(&Place::file("a.yaml").below("routes"))
        };
        let told = text(&[lacks("n0", "cidr"), lacks("n1", "cidr"), lacks("n0", "metric")], PLAIN);
        assert_eq!(told.matches("(2 times at this place)").count(), 1, "{told}");
        for words in ["`east/routes/n0` lacks `cidr`", "`east/routes/n0` lacks `metric`"] {
            assert!(told.contains(words), "{words}: {told}");
        }
        assert!(!told.contains("n1"), "{told}");
    }

    #[test]
    fn no_finding_of_a_folded_few_is_left_out() {
        let told = text(&unused(WHOLE + BRIEF), PLAIN);
        for n in 0..WHOLE + BRIEF {
            assert!(told.contains(&format!("`s{n}`")), "{n}: {told}");
        }
        assert!(!told.contains("…"), "{told}");
    }

    #[test]
    fn a_line_is_found_from_any_of_its_offsets() {
        let text = "a: 1\r\n\nb: 2";
        let lines: Vec<&str> = (0..=text.len()).map(|offset| line_at(text, offset)).collect();
        assert_eq!(lines, [["a: 1"; 6].as_slice(), &[""], &["b: 2"; 5]].concat());
        assert_eq!(line_at("é", 1), "é", "an offset within a letter");
    }

    #[test]
    fn with_colours_they_are_drawn_with_both_files() {
        let drawn = text(&findings(), Style { color: true, width: 100 });
        for words in ["unknown-field", "gatway: 10.0.0.1", "did you mean", "more.yaml", "declared first here"] {
            assert!(drawn.contains(words), "{words}: {drawn}");
        }
        assert!(drawn.ends_with("\n2 errors, 1 warning\n"));
    }

    #[test]
    fn json_has_every_place() {
        let value: Value = serde_json::from_str(&json(&findings())).unwrap();
        assert_eq!(
            value[1],
            json!({
                "code": "declared-twice", "level": "error", "message": "`east/routes/a` is declared twice", "help": null,
                "file": "east.yaml", "line": 3, "column": 5, "end_line": 3, "end_column": 11,
                "also": {
                    "what": "declared first here", "file": "more.yaml", "line": 1, "column": 11, "end_line": 1,
                    "end_column": 13
                }
            })
        );
        assert_eq!(value[2]["file"], Value::Null);
    }
}
