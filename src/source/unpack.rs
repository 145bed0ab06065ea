//! What is in an archive: the documents that a rule may read, and what tells its files from others.

use std::collections::BTreeMap;
use std::io::{self, Cursor, Read};

use flate2::read::GzDecoder;
use tar::{Archive, EntryType};
use zip::ZipArchive;
use zip::result::ZipError;

use crate::digest::sha256_of;

/// The bytes that are read of one document, and of all of them, at most: none that people write is larger.
const MAX_BYTES: u64 = 4 << 20;

/// The bytes that are read of all files at most to tell them from others.
const MAX_ALL_BYTES: u64 = 1 << 30;

/// What can be read of an archive.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Unpacked {
    /// Its YAML documents, by their paths below its one folder: those that come before a damage.
    pub documents: BTreeMap<String, String>,
    /// Says whether there are more, which is too much to read.
    pub has_more: bool,
    /// Says why it is no whole archive.
    pub damage: Option<String>,
}

/// Reads the documents of a zip, tar or tar.gz. What is in another format is not read, and nothing is held against it.
pub(crate) fn unpack(archive: &[u8]) -> Unpacked {
    let mut documents = Documents { found: BTreeMap::new(), left: MAX_BYTES, has_more: false };
    let read = if is_foreign(archive) {
        Ok(())
    } else {
        each_file(archive, &mut |path, entry| match below_top(path).filter(|below| is_document(below)) {
            Some(below) => documents.read(below, entry.bytes),
            None => Ok(()),
        })
    };
    let Documents { found, left: _, has_more } = documents;
    Unpacked { documents: found, has_more, damage: read.err().map(|error| error.to_string()) }
}

/// What tells a file of an archive from others.
#[derive(Debug, Clone)]
pub(crate) struct FileDigest {
    /// SHA-256 of its bytes.
    pub(crate) sha256: String,
    /// Says whether it can be run; `None` where the archive keeps no modes, as one that was packed on Windows.
    is_executable: Option<bool>,
}

impl PartialEq for FileDigest {
    fn eq(&self, other: &FileDigest) -> bool {
        let modes = self.is_executable.zip(other.is_executable);
        self.sha256 == other.sha256 && modes.is_none_or(|(one, other)| one == other)
    }
}

/// The files of an archive by their paths below its one folder, as in `scripts/start.sh`, or where there is no folder, at the
/// top; `None` of what is no archive that can be read, or is larger than [`MAX_ALL_BYTES`].
pub(crate) fn file_digests(archive: &[u8]) -> Option<BTreeMap<String, FileDigest>> {
    if is_foreign(archive) {
        return None;
    }
    let (mut in_folder, mut at_top, mut left) = (BTreeMap::new(), BTreeMap::new(), MAX_ALL_BYTES);
    let read = each_file(archive, &mut |path, entry| {
        let is_executable = (entry.mode & 0o777 != 0).then_some(entry.mode & 0o100 != 0);
        let (sha256, bytes) = sha256_of(&mut entry.bytes.take(left))?;
        left = left.saturating_sub(bytes);
        let digest = FileDigest { sha256, is_executable };
        match below_top(path) {
            Some(below) => in_folder.insert(below.to_owned(), digest),
            None => at_top.insert(path.to_owned(), digest),
        };
        if left == 0 { Err(io::Error::other("it is too large")) } else { Ok(()) }
    });
    read.ok().map(|()| if in_folder.is_empty() { at_top } else { in_folder })
}

/// Says whether a file of that name is read as YAML.
pub(crate) fn is_document(path: &str) -> bool {
    path.ends_with(".yaml") || path.ends_with(".yml")
}

/// Says whether it is packed in a way that is not read here: bzip2.
fn is_foreign(archive: &[u8]) -> bool {
    archive.starts_with(b"BZh")
}

/// One file of an archive.
struct ArchivedFile<'f> {
    /// Its mode, as far as the archive says; 0 where it does not.
    mode: u32,
    bytes: &'f mut dyn Read,
}

/// What is done with one file, by its path in the archive.
type Visit<'v> = dyn FnMut(&str, ArchivedFile<'_>) -> io::Result<()> + 'v;

/// Visits each file of an archive.
fn each_file(archive: &[u8], visit: &mut Visit<'_>) -> io::Result<()> {
    match archive {
        [b'P', b'K', ..] => unzip(archive, visit),
        [0x1f, 0x8b, ..] => untar(GzDecoder::new(archive), visit),
        tar => untar(tar, visit),
    }
}

fn untar(bytes: impl Read, visit: &mut Visit<'_>) -> io::Result<()> {
    let mut is_empty = true;
    for entry in Archive::new(bytes).entries()? {
        let mut entry = entry?;
        is_empty = false;
        if entry.header().entry_type() == EntryType::Directory {
            continue;
        }
        let path = entry.path()?.to_string_lossy().into_owned();
        let mode = entry.header().mode().unwrap_or_default();
        visit(path.trim_start_matches("./"), ArchivedFile { mode, bytes: &mut entry })?;
    }
    if is_empty { Err(io::Error::other("it holds nothing")) } else { Ok(()) }
}

fn unzip(bytes: &[u8], visit: &mut Visit<'_>) -> io::Result<()> {
    let mut archive = ZipArchive::new(Cursor::new(bytes))?;
    for at in 0..archive.len() {
        let mut entry = match archive.by_index(at) {
            // Others may know how to unpack it.
            Err(ZipError::UnsupportedArchive(_)) => continue,
            entry => entry?,
        };
        if entry.is_dir() {
            continue;
        }
        let path = entry.name()?.into_owned();
        let mode = entry.unix_mode().unwrap_or_default();
        visit(path.trim_start_matches("./"), ArchivedFile { mode, bytes: &mut entry })?;
    }
    Ok(())
}

/// The path of a file below the archive's one folder.
fn below_top(path: &str) -> Option<&str> {
    path.split_once('/').map(|(_, below)| below)
}

struct Documents {
    found: BTreeMap<String, String>,
    left: u64,
    has_more: bool,
}

impl Documents {
    fn read(&mut self, below: &str, bytes_of: &mut dyn Read) -> io::Result<()> {
        let mut bytes = Vec::new();
        bytes_of.take(self.left).read_to_end(&mut bytes)?;
        if bytes.len() as u64 == self.left {
            self.has_more = true;
            return Ok(());
        }
        self.left = self.left.saturating_sub(bytes.len() as u64);
        self.found.insert(below.to_owned(), String::from_utf8_lossy(&bytes).into_owned());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::digest::sha256;

    const FILES: [(&str, &str); 3] =
        [("bp/blueprint.yaml", "a: 1"), ("bp/lib/more.yml", "b: 2"), ("bp/run.sh", "exit")];

    fn expected() -> BTreeMap<String, String> {
        [("blueprint.yaml", "a: 1"), ("lib/more.yml", "b: 2")].map(|(path, text)| (path.into(), text.into())).into()
    }

    #[test]
    fn a_mode_counts_where_an_archive_keeps_any() {
        let file = |is_executable| FileDigest { sha256: sha256("exit"), is_executable };
        assert_eq!(file(Some(true)), file(None));
        assert_eq!(file(Some(true)), file(Some(true)));
        assert_ne!(file(Some(true)), file(Some(false)));
        let other = FileDigest { sha256: sha256("true"), is_executable: None };
        assert_ne!(file(None), other);
    }

    #[test]
    fn every_format_that_is_sent_is_read() {
        let mut tar = tar::Builder::new(Vec::new());
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (path, text) in FILES {
            let mut header = tar::Header::new_gnu();
            header.set_size(text.len() as u64);
            tar.append_data(&mut header, path, text.as_bytes()).unwrap();
            zip.start_file(path, zip::write::SimpleFileOptions::DEFAULT).unwrap();
            zip.write_all(text.as_bytes()).unwrap();
        }
        let tar = tar.into_inner().unwrap();
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gz.write_all(&tar).unwrap();
        let (gz, zip) = (gz.finish().unwrap(), zip.finish().unwrap().into_inner());
        for archive in [&tar, &gz, &zip] {
            assert_eq!(unpack(archive), Unpacked { documents: expected(), has_more: false, damage: None });
            let digest = |text: &str| FileDigest { sha256: sha256(text), is_executable: None };
            let digests = FILES.map(|(path, text)| (path.trim_start_matches("bp/").to_owned(), digest(text)));
            assert_eq!(file_digests(archive), Some(digests.into()));
            let cut = unpack(&archive[..archive.len() * 2 / 5]);
            assert!(cut.damage.is_some(), "{cut:?}");
        }
        assert!(unpack(b"junk").damage.is_some() && unpack(b"").damage.is_some());
        assert_eq!(unpack(b"BZh9..."), Unpacked::default());
    }
}
