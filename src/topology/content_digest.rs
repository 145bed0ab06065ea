//! What tells content from other content, however it was packed.

use std::collections::BTreeMap;

use crate::digest::sha256;
use crate::source::{FileDigest, file_digests};

/// What is known of some content.
#[derive(Debug, Clone)]
pub(crate) struct ContentDigest {
    /// SHA-256 of the bytes.
    bytes: String,
    /// The files in it, by their paths below the one folder of the archive, as in `scripts/start.sh`, or at the top of one
    /// without; `None` where it is no archive that can be read.
    files: Option<BTreeMap<String, FileDigest>>,
}

impl ContentDigest {
    /// The digest of bytes.
    pub(crate) fn of(bytes: &[u8]) -> ContentDigest {
        ContentDigest { bytes: sha256(bytes), files: file_digests(bytes) }
    }

    /// The digest of bytes that are not here.
    pub(crate) fn of_absent(sha256: &str) -> ContentDigest {
        ContentDigest { bytes: sha256.to_owned(), files: None }
    }

    /// Says whether it is the same bytes, or the same files in another packing.
    pub(crate) fn is_same(&self, other: &ContentDigest) -> bool {
        self.bytes == other.bytes || self.files.is_some() && self.files == other.files
    }

    /// Says whether other content is in it, as a file with one of these endings: the wagon in what a plugin was uploaded as.
    pub(crate) fn holds(&self, other: &ContentDigest, endings: &[&str]) -> bool {
        let is_it = |(path, file): (&String, &FileDigest)| {
            file.sha256 == other.bytes && endings.iter().any(|ending| path.ends_with(ending))
        };
        self.files.as_ref().is_some_and(|files| files.iter().any(is_it))
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write};

    use super::*;

    fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (path, bytes) in files {
            zip.start_file(*path, zip::write::SimpleFileOptions::DEFAULT).unwrap();
            zip.write_all(bytes).unwrap();
        }
        zip.finish().unwrap().into_inner()
    }

    #[test]
    fn an_archive_holds_the_file_that_it_is_made_around() {
        let wagon: &[u8] = b"a wagon";
        for (archive, holds) in [
            (zip(&[("lab.wgn", wagon), ("plugin.yaml", b"a: 1")]), true),
            (zip(&[("other.wgn", b"another"), ("plugin.yaml", b"a: 1")]), false),
            // It is no wagon there.
            (zip(&[("lab.txt", wagon)]), false),
            // Packed with its folder.
            (zip(&[("lab/lab.wgn", wagon), ("lab/plugin.yaml", b"a: 1")]), true),
            (wagon.to_vec(), false),
        ] {
            let archive = ContentDigest::of(&archive);
            assert_eq!(archive.holds(&ContentDigest::of(wagon), &[".wgn", ".yaml"]), holds, "{archive:?}");
        }
    }

    #[test]
    fn what_lies_beside_the_one_folder_is_not_its_own() {
        let folder = ContentDigest::of(&zip(&[("bp/a.yaml", b"a")]));
        assert!(folder.is_same(&ContentDigest::of(&zip(&[("._bp", b"x"), ("else/a.yaml", b"a")]))));
        assert!(!folder.is_same(&ContentDigest::of(&zip(&[("bp/a.yaml", b"b")]))));
        assert!(folder.is_same(&ContentDigest::of(&zip(&[("a.yaml", b"a")]))), "the same file, at the top");
    }
}
