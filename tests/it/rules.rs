//! The limits of the house: a file is one idea, a function is one screen.

use crate::sources::sources_of_all_crates;

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
