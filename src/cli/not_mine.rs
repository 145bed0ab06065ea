//! What `trueup explain` tells of the words for what is somebody else's: one table, as in `docs/OWNERSHIP.md`.

use crate::topology::{EXTERNAL, PARTIAL, UNMANAGED};

/// One of the words.
struct NotMine {
    word: &'static str,
    /// Where it stands, in YAML.
    forms: &'static [&'static str],
    read: &'static str,
    compared: &'static str,
    shown: &'static str,
    written: &'static str,
    taken_back: &'static str,
    /// What else is to be known of it.
    more: &'static [&'static str],
}

const EXTERNALS: NotMine = NotMine {
    word: EXTERNAL,
    forms: &["NAME: { external: true }"],
    read: "yes",
    compared: "no",
    shown: "as what others refer to",
    written: "never",
    taken_back: "never",
    more: &[
        "It says what it is found by, and no other field. What lives in it is managed as ever.",
        "Where it is not there, what refers to it or lives in it is held.",
        "Content, such as a blueprint, is called by the id that it has at the controller.",
        "What was owned before is let go of, which is told once.",
    ],
};

const UNMANAGEDS: NotMine = NotMine {
    word: UNMANAGED,
    forms: &["NAME: { unmanaged: [FIELD] }"],
    read: "yes",
    compared: "no",
    shown: "no",
    written: "never",
    taken_back: "never",
    more: &["A field is declared or unmanaged, and not both."],
};

const PARTIALS: NotMine = NotMine {
    word: PARTIAL,
    forms: &[
        "NAME: { FIELD: [ITEM], partial: [FIELD] }             a set, table or map",
        "NAME: { FIELD: [ITEM], partial: { FIELD: PLACE } }    an ordered list",
        "KIND: { partial: PLACE, items: [ITEM] }               a list that is one resource",
    ],
    read: "yes",
    compared: "own items, and their place",
    shown: "own items, and how many of others stay",
    written: "own items",
    taken_back: "own items",
    more: &[
        "PLACE is `first`, `last`, `{ before: TEXT }` or `{ after: TEXT }`, where TEXT is the text of one item of others.",
        "If that item is gone, or there twice, the list is held: `no-place`.",
        "Own items are those that the files declare, and those that Trueup brought.",
        "What others share is looked at right before it is written: if it changed since the plan, nothing is.",
    ],
};

/// The text of `external`.
pub(crate) fn external() -> String {
    EXTERNALS.text()
}

/// The text of `unmanaged`.
pub(crate) fn unmanaged() -> String {
    UNMANAGEDS.text()
}

/// The text of `partial`.
pub(crate) fn partial() -> String {
    PARTIALS.text()
}

impl NotMine {
    fn text(&self) -> String {
        let NotMine { word, forms, read, compared, shown, written, taken_back, more } = self;
        let mut text = format!("{word}: what is not mine\n\n");
        forms.iter().for_each(|form| text.push_str(&format!("  {form}\n")));
        let cells = [
            ("read", read),
            ("compared", compared),
            ("shown", shown),
            ("written", written),
            ("taken back", taken_back),
        ];
        text.push('\n');
        cells.iter().for_each(|(name, cell)| text.push_str(&format!("  {:<12}{cell}\n", format!("{name}:"))));
        text.push('\n');
        more.iter().for_each(|line| text.push_str(&format!("{line}\n")));
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_docs_have_the_same_table() {
        let docs = include_str!("../../docs/OWNERSHIP.md");
        for NotMine { word, read, compared, shown, written, taken_back, .. } in [EXTERNALS, UNMANAGEDS, PARTIALS] {
            let row = format!("| {read} | {compared} | {shown} | {written} | {taken_back} |");
            let is_of_it = |line: &&str| line.starts_with(&format!("| `{word}")) && line.ends_with(&row);
            assert!(docs.lines().find(is_of_it).is_some(), "{word}: {row}");
        }
    }
}
