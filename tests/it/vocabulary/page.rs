//! The page that tells every word: `docs/VOCABULARY.md`.

use std::fmt::Write as _;

use super::catalogue::{KINDS, OTHERS, Users};
use super::declared::Declared;
use super::examples::Examples;

/// How many users are named; of more, their number and some.
const NAMED: usize = 6;

const HEAD: &str = "\
# Vocabulary

The words with which a kind is declared, as data: what its objects hold, how the API lists, creates, updates, removes and
settles them, and what all of that means to a reconciler. They are the fields and variants of `src/spec/`; the kinds stand in
`src/providers/`. For each word: what it means, a line that uses it, and the kinds that do. What two products share counts
once.

The vocabulary is closed. A new word needs two kinds that use it; one odd kind uses a hook. What the schema, `explain`,
`validate`, the drill or an export reads is data, never a hook.

This page is generated from the sources: `TRUEUP_TEST_WRITE=1 cargo test --test it vocabulary::` writes it anew.
";

/// The page as it should be.
pub(crate) fn render() -> String {
    let declared = Declared::read();
    let examples = Examples::read();
    let kinds = declared.reachable(&[KINDS]);
    let mut others = declared.reachable(&OTHERS);
    others.retain(|sort| !kinds.contains(sort));
    let mut page = HEAD.to_owned();
    let users = Users::count(&declared);
    for (title, sorts) in [("Kinds", kinds), ("Dialects, actions, artifacts", others)] {
        let count: usize = sorts.iter().map(|sort| declared.words_of(sort).len()).sum();
        write!(page, "\n## {title}\n\n{count} words.\n").unwrap();
        for sort in sorts.iter().filter(|sort| !declared.words_of(sort).is_empty()) {
            write!(page, "\n### {sort}\n\n{}\n\n", plain(&declared.sorts[sort].doc)).unwrap();
            for word in declared.words_of(sort) {
                let doc = plain(&declared.part(&word).map(|part| part.doc.clone()).unwrap_or_default());
                let example = match examples.of(&declared, &word) {
                    Some(line) => format!("`` {line} ``; "),
                    None if declared.is_default(&word) => "where nothing is said; ".to_owned(),
                    None => String::new(),
                };
                let used = used(&users.of(&word));
                writeln!(page, "- **`{}`**: {doc}\n  <br>{example}{used}", word.name).unwrap();
            }
        }
    }
    page
}

/// Who uses a word.
fn used(users: &[String]) -> String {
    match users.len() {
        0 => "nobody".into(),
        count if count > NAMED => format!("{count} users: {}, …", users[..3].join(", ")),
        _ => users.join(", "),
    }
}

/// A doc comment without the targets of its links: ``[`Field`](crate::spec::Field)`` is `` `Field` ``.
fn plain(doc: &str) -> String {
    let mut text = String::new();
    let mut rest = doc;
    while let Some((before, after)) = rest.split_once("[`") {
        let Some((name, behind)) = after.split_once("`]") else { break };
        let target = behind.strip_prefix('(').and_then(|target| target.split_once(')'));
        write!(text, "{before}`{name}`").unwrap();
        rest = target.map_or(behind, |(_, behind)| behind);
    }
    text + rest
}
