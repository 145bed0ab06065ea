//! Packing rules: which files of a folder are its content, and what of them is sent.
//!
//! Content is known by its digest, and other content may mean another blueprint and a deployment that is updated. So the digest
//! must say what somebody has written, and not who looked at it: an editor's backup, a system's thumbnails or the line
//! endings of a checkout on another system are no change.
//!
//! | rule | leaves out | line endings | empty folders |
//! |---|---|---|---|
//! | 1, of version 0.1 | `.git`, `.trueup` | as they are | packed |
//! | 2 | what [`LEFT_OUT`] lists | LF in texts, CRLF in batch files | left out |
//! | 3 | the same, what `.trueupignore` lists and, in git, what git does not track | as git stores them; outside git as by rule 2; CRLF in batch files | left out |
//!
//! The third rule keeps, too, whether a file can be run. A folder without any of that has the same digest by all of them.

use super::ignores::IGNORE_FILE;
use crate::address::glob;

/// The number of the rule by which folders are packed now.
pub(crate) const PACKING: u32 = PackingRule::Current.number();

/// How a folder is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PackingRule {
    /// As version 0.1 did.
    First,
    /// As was done before git was asked.
    Second,
    /// As it is done now.
    Current,
}

/// What the first rule left out.
const LEFT_OUT_AT_FIRST: &[&str] = &[".git", ".trueup"];

/// What is never content, by what brings it: files and folders of these names, `*` standing for anything, in any case.
const LEFT_OUT: &[(&str, &[&str])] = &[
    ("version control", &[".git", ".hg", ".svn"]),
    ("Trueup itself", &[".trueup", IGNORE_FILE]),
    ("macOS and Windows", &[".DS_Store", "._*", "Thumbs.db", "desktop.ini"]),
    ("editors", &["*~", ".#*", "#*#", "*.swp", "*.swo", ".idea", ".vscode"]),
    ("Python", &["__pycache__", "*.pyc", "*.pyo", ".pytest_cache", ".mypy_cache", ".ruff_cache"]),
];

/// The endings of texts that Windows alone runs, and reads wrongly without CRLF.
const BATCH: &[&str] = &["*.bat", "*.cmd"];

impl PackingRule {
    /// The rules of earlier versions.
    pub(crate) const EARLIER: [PackingRule; 2] = [PackingRule::First, PackingRule::Second];

    /// Its number, by which the ledger remembers what was packed by it.
    pub(crate) const fn number(self) -> u32 {
        match self {
            PackingRule::First => 1,
            PackingRule::Second => 2,
            PackingRule::Current => 3,
        }
    }

    /// Says whether a file or folder of that name is no content.
    pub(crate) fn leaves_out(self, name: &str) -> bool {
        match self {
            PackingRule::First => LEFT_OUT_AT_FIRST.contains(&name),
            // Its list of what is left out did not exist.
            PackingRule::Second if name == IGNORE_FILE => false,
            PackingRule::Second | PackingRule::Current => LEFT_OUT.iter().any(|(_, patterns)| is_one(patterns, name)),
        }
    }

    /// The bytes that are packed for a file, where they are not its own. `is_stored`: they are as git stores them.
    pub(crate) fn packed(self, name: &str, bytes: &[u8], is_stored: bool) -> Option<Vec<u8>> {
        let ending: &[u8] = match self {
            PackingRule::First => return None,
            PackingRule::Second | PackingRule::Current if is_one(BATCH, name) => b"\r\n",
            PackingRule::Current if is_stored => return None,
            PackingRule::Second | PackingRule::Current => b"\n",
        };
        let packed = with_endings(bytes, ending)?;
        (packed != bytes).then_some(packed)
    }
}

fn is_one(patterns: &[&str], name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    patterns.iter().any(|pattern| glob(pattern.to_ascii_lowercase().as_bytes(), name.as_bytes()))
}

/// A text with these line endings; `None` for what is no text: not UTF-8, with a zero byte, or with a CR alone.
fn with_endings(bytes: &[u8], ending: &[u8]) -> Option<Vec<u8>> {
    if bytes.contains(&0) || std::str::from_utf8(bytes).is_err() {
        return None;
    }
    let lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
    let ended = lines.len() - 1;
    let mut packed = Vec::with_capacity(bytes.len() + ended);
    for (n, line) in lines.into_iter().enumerate() {
        let plain = if n < ended { line.strip_suffix(b"\r").unwrap_or(line) } else { line };
        if plain.contains(&b'\r') {
            return None;
        }
        packed.extend_from_slice(plain);
        if n < ended {
            packed.extend_from_slice(ending);
        }
    }
    Some(packed)
}

/// What `trueup explain content` says.
pub(crate) fn text() -> String {
    let mut text = format!(
        "A folder is packed by its names and its content alone (rule {PACKING}). Left out, wherever they stand in it:\n\n"
    );
    for (from, patterns) in LEFT_OUT {
        text.push_str(&format!("  {:<18} {}\n", format!("{from}:"), patterns.join(" ")));
    }
    text.push_str(
        "  empty folders\n\
         \x20 what a `.trueupignore` lists, with the grammar of .gitignore, in the folder or in one around it\n\n\
         In git a folder holds what git tracks, in the form in which `git add` would store it. What is there besides and is\n\
         not ignored is an error: add it, or have it ignored. A folder that git ignores as a whole is taken as it is.\n\n\
         Outside git texts in UTF-8 are packed with LF at the end of each line. Batch files (*.bat, *.cmd) have CRLF\n\
         everywhere. Of a file's mode it counts whether it can be run. A file name that is not UTF-8, a symbolic link to a\n\
         folder, a submodule and a pointer of Git LFS are errors. A single file or archive is sent as it is.\n",
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_have_not_written_is_left_out() {
        let current = PackingRule::Current;
        for name in [
            ".DS_Store",
            ".ds_store",
            "._blueprint.yaml",
            "Thumbs.db",
            "THUMBS.DB",
            "Desktop.ini",
            "a.yaml~",
            ".a.yaml.swp",
            ".#a.yaml",
            "#a.yaml#",
            "__pycache__",
            "a.cpython-311.pyc",
            ".git",
            ".svn",
            ".hg",
            ".trueup",
            ".idea",
            ".vscode",
        ] {
            assert!(current.leaves_out(name), "{name}");
        }
        for name in [
            "blueprint.yaml",
            ".gitignore",
            ".env",
            ".dockerignore",
            "a~b",
            "swp",
            "git",
            "pycache",
            "a.py",
            "Thumbs.db.txt",
            "#a",
            "a.bak",
            "a.orig",
            "_private",
            ".",
        ] {
            assert!(!current.leaves_out(name), "{name}");
        }
        assert!(PackingRule::First.leaves_out(".git") && !PackingRule::First.leaves_out(".DS_Store"));
    }

    #[test]
    fn line_endings_are_those_that_a_text_is_read_with() {
        for (name, bytes, packed) in [
            ("a.sh", &b"#!/bin/sh\r\nexit\r\n"[..], Some(&b"#!/bin/sh\nexit\n"[..])),
            ("a.sh", b"one\r\ntwo\nthree", Some(b"one\ntwo\nthree")),
            ("a.sh", b"one\ntwo\n", None),
            ("a.sh", b"", None),
            ("a.BAT", b"one\ntwo\r\n", Some(b"one\r\ntwo\r\n")),
            ("a.cmd", b"one\r\n", None),
            // What is no text stays what it is.
            ("a.bin", b"\x00\r\n", None),
            ("a.bin", b"\xff\r\n", None),
            ("a.txt", b"progress\rdone\r\n", None),
            ("a.txt", b"one\r\ntwo\r", None),
            ("caf\u{e9}.txt", "caf\u{e9}\r\n".as_bytes(), Some("caf\u{e9}\n".as_bytes())),
        ] {
            assert_eq!(PackingRule::Second.packed(name, bytes, false).as_deref(), packed, "{name} {bytes:?}");
            assert_eq!(PackingRule::First.packed(name, bytes, false), None);
        }
    }

    #[test]
    fn all_that_is_left_out_is_explained() {
        let text = text();
        for pattern in LEFT_OUT.iter().flat_map(|(_, patterns)| *patterns).chain(BATCH) {
            assert!(text.contains(pattern), "{pattern}");
        }
    }
}
