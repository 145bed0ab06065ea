//! What a source says about an API leads to a heading in `docs/apis`: `vns3.md#routes`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use trueup::parts::CATALOGUE;

/// Where sources are that may cite.
const PLACES: [&str; 9] =
    [".ci", "benches", "crates", "docs", "examples", "src", "tests/conformance", "tests/it", "Cargo.toml"];

/// This file: it has made-up citations.
const ITSELF: &str = "tests/it/citations.rs";

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every text below a place, with its path from the root.
fn texts() -> Vec<(String, String)> {
    fn walk(path: &Path, found: &mut Vec<(String, String)>) {
        if path.is_dir() {
            let mut inside: Vec<_> = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect();
            inside.sort();
            return inside.iter().for_each(|path| walk(path, found));
        }
        if let Ok(text) = fs::read_to_string(path) {
            let name = path.strip_prefix(root()).unwrap().to_str().unwrap().replace('\\', "/");
            found.push((name, text));
        }
    }
    let mut found = Vec::new();
    PLACES.iter().for_each(|place| walk(&root().join(place), &mut found));
    found.retain(|(path, _)| path != ITSELF);
    found
}

/// The name that a heading has in a link, as GitHub makes it.
fn slug(heading: &str) -> String {
    let kept = heading.trim().chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.flat_map(char::to_lowercase).map(|c| if c == ' ' { '-' } else { c }).collect()
}

/// The headings of a document, in their order.
pub(crate) fn headings(markdown: &str) -> Vec<String> {
    let mut is_code = false;
    let lines = markdown.lines().filter(|line| {
        is_code ^= line.starts_with("```");
        !is_code
    });
    let heading = |line: &str| Some(slug(line.strip_prefix('#')?.trim_start_matches('#').strip_prefix(' ')?));
    lines.filter_map(heading).collect()
}

/// The documents on APIs, by their names.
fn documents() -> BTreeMap<String, String> {
    let files = fs::read_dir(root().join("docs/apis")).unwrap().map(|entry| entry.unwrap().path());
    let document =
        |path: PathBuf| (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read_to_string(path).unwrap());
    files.map(document).collect()
}

fn is_of_a_slug(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '-' | '_')
}

/// The citations in a text: line, document and heading. Documents on APIs are in small letters.
fn citations(text: &str) -> Vec<(usize, String, String)> {
    let in_line = |(index, line): (usize, &str)| -> Vec<_> {
        let found = line.match_indices(".md#").map(|(at, mark)| {
            let name: String = line[..at].chars().rev().take_while(|c| is_of_a_slug(*c)).collect();
            let name: String = name.chars().rev().collect();
            let heading = line[at + mark.len()..].chars().take_while(|c| is_of_a_slug(*c)).collect();
            (index + 1, format!("{name}.md"), heading)
        });
        found.filter(|(_, document, _)| !document.contains(char::is_uppercase)).collect()
    };
    text.lines().enumerate().flat_map(in_line).collect()
}

/// The citations that lead nowhere, as a reader would look for them.
fn broken(path: &str, text: &str, documents: &BTreeMap<String, BTreeSet<String>>) -> Vec<String> {
    let leads_nowhere =
        |document: &String, heading: &String| !documents.get(document).is_some_and(|d| d.contains(heading));
    let cited = citations(text).into_iter().filter(|(_, document, heading)| leads_nowhere(document, heading));
    cited.map(|(line, document, heading)| format!("{path}:{line}: {document}#{heading}")).collect()
}

/// Words that lead to documents which nobody has who reads the source.
fn unfollowable(path: &str, text: &str) -> Vec<String> {
    let is_one = |line: &str| {
        let lower = line.to_lowercase();
        let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric() && c != '.').collect();
        let numbered = |first: &str, second: &str| {
            first.trim_end_matches('s') == "section" && second.starts_with(|c: char| c.is_ascii_digit())
        };
        let seen = |first: &str, second: &str| {
            let mut letters = second.chars();
            first == "observed"
                && letters.next().is_some_and(|c| c.is_ascii_lowercase())
                && letters.next().is_some_and(|c| c.is_ascii_digit())
        };
        let spaced: Vec<&str> = words.iter().copied().filter(|word| !word.is_empty()).collect();
        words.iter().any(|word| matches!(word.trim_matches('.'), "sheet" | "sheets"))
            || lower.contains("/shared/")
            || (!lower.contains("rfc")
                && spaced.windows(2).any(|pair| numbered(pair[0], pair[1]) || seen(pair[0], pair[1])))
    };
    let lines = text.lines().enumerate().filter(|(_, line)| is_one(line));
    lines.map(|(index, line)| format!("{path}:{}: {}", index + 1, line.trim())).collect()
}

#[test]
fn what_leads_nowhere_is_found() {
    let documents = BTreeMap::from([(
        "vns3.md".to_owned(),
        headings("# A\n```\n# no\n```\n## `PUT` it: twice\n").into_iter().collect(),
    )]);
    let text = "/// Fine (vns3.md#put-it-twice).
source: \"GET /x; vns3.md#routes\", // docs/apis/vns3.md#no, other.md#a, README.md#b";
    let expected = ["a.rs:2: vns3.md#routes", "a.rs:2: vns3.md#no", "a.rs:2: other.md#a"];
    assert_eq!(broken("a.rs", text, &documents), expected);
}

#[test]
fn words_that_cannot_be_followed_are_found() {
    let old = [
        "/// Waits (sheet 3.5).",
        "source: \"NetFoundry fact sheet 2.7\",",
        "fn as_the_sheet_has_it() {",
        "// Sheets say so.",
        "//! See /srv/shared/apis.md.",
        "/// Pages (section 1.5), and (sections 2.5, 2.14).",
        "/// Gone after a second (observed T6 E1).",
    ];
    for line in old {
        assert_eq!(unfollowable("a.rs", line).len(), 1, "{line}");
    }
    let fine = "/// RFC 6749, section 5.2.
/// A section is observed; sheeted. (observed: 19 and 18)
mod shared; // src/diff/undeclared/shared.rs";
    assert_eq!(unfollowable("a.rs", fine), Vec::<String>::new());
}

#[test]
fn citations_lead_to_headings() {
    let mut slugs = BTreeMap::new();
    for (name, text) in documents() {
        let all = headings(&text);
        let once: BTreeSet<String> = all.iter().cloned().collect();
        assert_eq!(all.len(), once.len(), "{name} has a heading twice");
        slugs.insert(name, once);
    }
    let texts = texts();
    let broken: Vec<_> = texts.iter().flat_map(|(path, text)| broken(path, text, &slugs)).collect();
    assert!(broken.is_empty(), "these lead to no heading of `docs/apis`:\n{}", broken.join("\n"));
    let sources: Vec<_> = texts.iter().filter(|(path, _)| !path.starts_with("docs")).collect();
    let cited = sources.iter().flat_map(|(_, text)| citations(text)).count();
    assert!(cited > 400, "only {cited} citations are found");
    let old: Vec<_> = sources.iter().flat_map(|(path, text)| unfollowable(path, text)).collect();
    assert!(old.is_empty(), "cite a heading of `docs/apis` instead:\n{}", old.join("\n"));
}

/// Links inside a document: `[Values](#values)`.
#[test]
fn documents_link_to_their_own_headings() {
    for (name, text) in documents() {
        let headings = headings(&text);
        let link = |rest: &str| rest.split_once(')').map(|(heading, _)| heading.to_owned());
        let links: Vec<String> = text.split("](#").skip(1).filter_map(link).collect();
        let broken: Vec<_> = links.iter().filter(|link| !headings.contains(link)).collect();
        assert!(!links.is_empty() && broken.is_empty(), "{name}: {broken:?}");
    }
}

/// Observations that are named, as in `T4`, stand in the transcript.
#[test]
fn observations_that_documents_name_are_kept() {
    let transcript = fs::read_to_string(root().join("tests/fixtures/cloudify-observed.txt")).unwrap();
    let kept: BTreeSet<&str> =
        transcript.lines().filter_map(|line| line.strip_prefix("## ")?.split(' ').next()).collect();
    let text = &documents()["cloudify.md"];
    let is_one = |word: &&str| word.strip_prefix('T').is_some_and(|n| n.parse::<u8>().is_ok());
    let named: BTreeSet<&str> = text.split(|c: char| !c.is_alphanumeric()).filter(is_one).collect();
    assert!(named.len() > 9, "{named:?}");
    assert!(named.is_subset(&kept), "{:?} are not kept", named.difference(&kept));
}

/// Who adds a kind finds what is known of it under its name, and says where.
#[test]
fn every_kind_has_a_heading_of_its_name() {
    let documents = documents();
    for provider in CATALOGUE {
        let name = if provider.name == "f5-vnfm" { "cloudify.md".to_owned() } else { format!("{}.md", provider.name) };
        let headings = headings(&documents[&name]);
        for kind in provider.kinds {
            assert!(headings.iter().any(|heading| heading == kind.name), "{name} has no heading `{}`", kind.name);
            let cites = citations(kind.source).into_iter().any(|(_, document, _)| document == name);
            assert!(cites, "the source of {}/{} cites no heading of {name}: {}", provider.name, kind.name, kind.source);
        }
    }
}
