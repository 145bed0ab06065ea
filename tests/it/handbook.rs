//! Documents for people hold: the files that they name exist, the floors are drawn as they are, and the notices name what
//! the program is built with.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::citations::headings;
use crate::floors::FLOORS;

/// Words that paths from the root begin with.
const ROOTS: [&str; 8] = [".ci/", "benches/", "crates/", "docs/", "examples/", "schemas/", "src/", "tests/"];

/// Licences that somebody has looked at: all let the program be given away under its own.
const LICENCES: [&str; 20] = [
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "LLVM-exception",
    "MIT",
    "MIT-0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
    "AND",
    "OR",
    "WITH",
    // Beside others, of which one may choose.
    "BSD-1-Clause",
    "GPL-2.0-only",
    "LGPL-2.1-or-later",
    "",
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The documents for people, but for the changelog, which tells of what was.
fn documents() -> Vec<String> {
    let mut found: Vec<String> = ["README.md", "CONTRIBUTING.md", "THIRD-PARTY.md"].map(str::to_owned).into();
    for folder in ["docs", "docs/apis"] {
        let files = fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap());
        let names = files.map(|file| format!("{folder}/{}", file.file_name().to_str().unwrap()));
        found.extend(names.filter(|name| name.ends_with(".md")));
    }
    found
}

/// A document without what stands between fences.
fn prose(markdown: &str) -> String {
    markdown.split("```").step_by(2).collect()
}

/// The paths in backticks that begin with a root.
fn named_paths(prose: &str) -> Vec<&str> {
    let is_path = |text: &&str| {
        ROOTS.iter().any(|root| text.starts_with(root))
            && text.chars().all(|c| c.is_ascii_alphanumeric() || "_-./".contains(c))
    };
    prose.split('`').skip(1).step_by(2).filter(is_path).collect()
}

/// Where links lead that lead to files.
fn links(prose: &str) -> Vec<&str> {
    let ends = prose.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(link, _)| link);
    ends.filter(|link| !link.contains("://") && !link.starts_with('#')).collect()
}

/// What a document names that is not there.
fn missing(document: &str, markdown: &str) -> Vec<String> {
    let prose = prose(markdown);
    let paths = named_paths(&prose).into_iter().filter(|path| !root().join(path).exists());
    let mut found: Vec<String> = paths.map(|path| format!("{document}: `{path}`")).collect();
    for link in links(&prose) {
        let (file, heading) = link.split_once('#').map_or((link, None), |(file, heading)| (file, Some(heading)));
        let folder = Path::new(document).parent().unwrap();
        let path = root().join(folder).join(file);
        let leads = match heading {
            Some(heading) => fs::read_to_string(&path).is_ok_and(|text| headings(&text).iter().any(|h| h == heading)),
            None => path.exists(),
        };
        if !leads {
            found.push(format!("{document}: ({link})"));
        }
    }
    found
}

#[test]
fn files_that_documents_name_exist() {
    let sample =
        "See `src/attic.rs`, `src/lib.rs`, [this](../README.md#two-commands), [that](../README.md#attic), [a](b.md).
```
`src/cellar.rs`
```
`src/garage/`";
    let expected = [
        "docs/x.md: `src/attic.rs`",
        "docs/x.md: `src/garage/`",
        "docs/x.md: (../README.md#attic)",
        "docs/x.md: (b.md)",
    ];
    assert_eq!(missing("docs/x.md", sample), expected);
    let missing: Vec<String> = documents().iter().flat_map(|document| missing(document, &read(document))).collect();
    assert!(missing.is_empty(), "these are named and not there:\n{}", missing.join("\n"));
}

/// The rows of a drawing of floors, from the top: the floor, and the modules on it.
fn drawn(markdown: &str) -> Vec<(String, Vec<String>)> {
    let section = markdown.split("\n## Floors\n").nth(1).unwrap_or_default();
    let drawing = section.split("```").nth(1).unwrap_or_default();
    let row = |line: &str| {
        let mut columns = line.split("  ").map(str::trim).filter(|column| !column.is_empty());
        let (floor, modules) = (columns.next()?, columns.next()?);
        Some((floor.to_owned(), modules.split(' ').map(str::to_owned).collect()))
    };
    drawing.lines().skip(1).filter_map(row).collect()
}

#[test]
fn the_floors_are_drawn_as_they_are() {
    let sample = "\n## Floors\n\nA.\n```text\n top   a b    words\n ground   c\n```\n";
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    assert_eq!(drawn(sample), [("top".to_owned(), words(&["a", "b"])), ("ground".to_owned(), words(&["c"]))]);
    let real: Vec<_> = FLOORS.iter().rev().map(|(floor, modules)| ((*floor).to_owned(), words(modules))).collect();
    assert_eq!(drawn(&read("docs/ARCHITECTURE.md")), real);
}

/// The words in backticks of a line; links are none.
fn backticked(line: &str) -> Vec<&str> {
    let parts: Vec<&str> = line.split('`').collect();
    parts.windows(2).step_by(2).filter(|pair| !pair[0].ends_with('[')).map(|pair| pair[1]).collect()
}

/// The modules that the first comment of a folder's file tells in a list or a table.
fn mapped(comment: &str) -> Vec<&str> {
    let is_name = |word: &&str| word.chars().all(|c| c.is_ascii_lowercase() || c == '_') && !word.is_empty();
    let told = comment.lines().filter_map(|line| line.strip_prefix("//! "));
    let listed = told.filter(|line| ["* ", "  ", "| "].iter().any(|start| line.starts_with(start)));
    listed.flat_map(backticked).filter(is_name).collect()
}

/// Whoever opens a folder reads what is where; what is no longer there is not told.
#[test]
fn folders_are_mapped_as_they_are() {
    let sample = "//! Aside: `attic`.\n//!\n//! * `load`, `draft`: `${…}` and [`node`]\n//! | b | `cli` |\nmod load;";
    assert_eq!(mapped(sample), ["load", "draft", "cli"]);
    let mut maps = vec![PathBuf::from("src/lib.rs")];
    let folders = fs::read_dir(root().join("src")).unwrap().map(|entry| entry.unwrap().path());
    let names = folders.filter(|path| path.is_dir()).map(|path| path.file_name().unwrap().to_owned());
    maps.extend(names.map(|name| Path::new("src").join(name).join("mod.rs")));
    let mut total = 0;
    for map in maps {
        let text = read(map.to_str().unwrap());
        let folder = root().join(map.parent().unwrap());
        let modules = mapped(&text);
        total += modules.len();
        let is_there = |module: &&str| folder.join(format!("{module}.rs")).exists() || folder.join(module).is_dir();
        let gone: Vec<_> = modules.iter().filter(|module| !is_there(module)).collect();
        assert!(gone.is_empty(), "{}: {gone:?} are in the map and not there", map.display());
    }
    assert!(total > 100, "only {total} modules are mapped");
}

/// The packages in a lock file that come from elsewhere: name and version.
fn locked(lock: &str) -> BTreeSet<(String, String)> {
    let value = |package: &str, key: &str| {
        let line = package.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(" = \""));
        line.and_then(|rest| rest.strip_suffix('"')).map(str::to_owned)
    };
    let packages = lock.split("[[package]]").filter(|package| value(package, "source").is_some());
    packages.filter_map(|package| Some((value(package, "name")?, value(package, "version")?))).collect()
}

/// The rows of the notices that name a package: name, version, licence.
fn noticed(notices: &str) -> Vec<[String; 3]> {
    let after = notices.find("\n## ").map_or("", |at| &notices[at..]);
    let rows = after.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
    let cells = rows.filter_map(|row| <[&str; 3]>::try_from(row.split(" | ").collect::<Vec<_>>()).ok());
    cells.filter(|cells| cells[0] != "package").map(|cells| cells.map(str::to_owned)).collect()
}

#[test]
fn the_notices_name_what_the_program_is_built_with() {
    let lock = r#"[[package]]
name = "a"
version = "1.0.0"

[[package]]
name = "b"
version = "2.0.0"
source = "x"
"#;
    assert_eq!(locked(lock), BTreeSet::from([("b".to_owned(), "2.0.0".to_owned())]));
    let notices = read("THIRD-PARTY.md");
    let rows = noticed(&notices);
    let named: BTreeSet<_> = rows.iter().map(|[name, version, _]| (name.clone(), version.clone())).collect();
    assert_eq!(named.len(), rows.len(), "a package is named twice");
    let help = "write it anew: .ci/third-party > THIRD-PARTY.md";
    assert_eq!(named, locked(&read("Cargo.lock")), "{help}");
    let unknown = |licence: &&String| licence.split(|c: char| " ()".contains(c)).any(|word| !LICENCES.contains(&word));
    let unknown: Vec<_> = rows.iter().map(|[_, _, licence]| licence).filter(unknown).collect();
    assert!(unknown.is_empty(), "licences that nobody has looked at: {unknown:?}");
}
