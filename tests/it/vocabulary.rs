//! The vocabulary is closed: every word of `spec` is counted, and `docs/VOCABULARY.md` tells what it means.
//!
//! A word is a field of a struct or a variant of an enum with which a kind can be declared, the private ones of builders
//! too. They are read from the sources of `spec`; who uses them is read from the catalogue itself, as its values print, so
//! that what several kinds share counts for each of them.

#[path = "vocabulary/catalogue.rs"]
mod catalogue;
#[path = "vocabulary/declared.rs"]
mod declared;
#[path = "vocabulary/examples.rs"]
mod examples;
#[path = "vocabulary/page.rs"]
mod page;
#[path = "vocabulary/printed.rs"]
mod printed;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use self::catalogue::{KINDS, Users};
use self::declared::{Declared, Word};

/// How many words there are for kinds. This number only falls: a new word takes the place of others.
const WORDS: usize = 184;

/// The words with one user at most. This list only gets shorter: one odd kind uses a hook.
const LONELY: &[&str] = &[];

/// The words for kinds, in order.
fn words(declared: &Declared) -> Vec<Word> {
    declared.reachable(&[KINDS]).iter().flat_map(|sort| declared.words_of(sort)).collect()
}

#[test]
fn the_vocabulary_grows_no_more() {
    let declared = Declared::read();
    let users = Users::count(&declared);
    let words = words(&declared);
    let lonely: Vec<&Word> = words.iter().filter(|word| users.of(word).len() < 2).collect();
    println!("{} words for kinds, {} of them with one user at most:", words.len(), lonely.len());
    for word in &lonely {
        println!("  {word}: {}", users.of(word).join(", "));
    }
    let lonely: BTreeSet<String> = lonely.iter().map(ToString::to_string).collect();
    let known: BTreeSet<String> = LONELY.iter().map(|word| (*word).to_owned()).collect();
    assert_eq!(lonely, known, "words with one user at most");
    assert_eq!(words.len(), WORDS, "fewer words are a number to write down, more of them one to do without");
}

#[test]
fn the_page_tells_every_word() {
    let page = page::render();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/VOCABULARY.md");
    if std::env::var("TRUEUP_TEST_WRITE").is_ok_and(|word| word == "1") {
        fs::write(&path, &page).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == page, "write it anew: `TRUEUP_TEST_WRITE=1 cargo test --test it vocabulary::`");
}
