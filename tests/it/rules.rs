//! The limits of the house: a file is one idea, a function is one screen.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::sources::{Source, sources, sources_of_all_crates};

/// Lines of a file, its tests left out.
const FILE: usize = 400;

/// The same, if the file's first comment gives the reason.
const LONG_FILE: usize = 600;

/// What that reason starts with.
const REASON: &str = "Long because";

/// Lines of a function, from its name to its closing brace.
const FUNCTION: usize = 60;

#[test]
fn files_are_short() {
    let too_long: Vec<_> = sources_of_all_crates()
        .into_iter()
        .filter(|source| source.lines > if source.first_comment.contains(REASON) { LONG_FILE } else { FILE })
        .map(|source| format!("{}: {} lines", source.path, source.lines))
        .collect();
    assert!(too_long.is_empty(), "split these, or say in their first comment `{REASON} …`:\n{}", too_long.join("\n"));
}

#[test]
fn functions_are_short() {
    let too_long: Vec<_> = sources_of_all_crates()
        .iter()
        .flat_map(|source| source.functions().into_iter().map(|(name, lines)| (source.path.clone(), name, lines)))
        .filter(|(_, _, lines)| *lines > FUNCTION)
        .map(|(path, name, lines)| format!("{path}: `{name}` has {lines} lines"))
        .collect();
    assert!(too_long.is_empty(), "split these:\n{}", too_long.join("\n"));
}

/// The names that several types have, each with where they are declared.
fn shared_names(sources: &[Source]) -> Vec<String> {
    let mut owners: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for source in sources {
        for (name, line) in source.types() {
            owners.entry(name).or_default().push(format!("{}:{line}", source.path));
        }
    }
    let shared = owners.into_iter().filter(|(_, places)| places.len() > 1);
    shared.map(|(name, places)| format!("`{name}` in {}", places.join(", "))).collect()
}

/// A name that several types have makes a reader ask which one is meant. The simulators have names of their own.
#[test]
fn a_type_name_has_one_owner() {
    let one =
        "struct Page; impl Iterator for Page { type Item = u8; } trait Walk { type Item; } mod a { enum Way { Page } }";
    let two = "fn f() { struct Way; } #[cfg(test)] mod tests { struct Page; } pub(crate) type Page<'a> = &'a u8;";
    let samples = [Source::parse("src/a.rs", one), Source::parse("src/b.rs", two)];
    assert_eq!(shared_names(&samples), ["`Page` in src/a.rs:1, src/b.rs:1", "`Way` in src/a.rs:1, src/b.rs:1"]);
    let shared = shared_names(&sources());
    assert!(shared.is_empty(), "rename all but one of each:\n{}", shared.join("\n"));
}

/// A file that `it.rs` does not name is never compiled, and its tests never fail.
#[test]
fn every_file_of_tests_is_named_in_order() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let text = fs::read_to_string(root.join("it.rs")).unwrap();
    let named: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("mod ")?.strip_suffix(';')).collect();
    assert!(named.is_sorted(), "sort them: {named:?}");
    let paths: Vec<&str> =
        text.lines().filter_map(|line| line.strip_prefix("#[path = \"it/")?.strip_suffix(".rs\"]")).collect();
    assert_eq!(named, paths, "each module has the path of its name");
    let files = fs::read_dir(root.join("it")).unwrap().map(|entry| entry.unwrap().path());
    let files = files.filter(|path| path.extension().is_some_and(|extension| extension == "rs"));
    let files: BTreeSet<String> = files.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    assert_eq!(files, named.iter().map(|name| (*name).to_owned()).collect(), "files and modules");
}
