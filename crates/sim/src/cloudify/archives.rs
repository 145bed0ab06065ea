//! Archives as uploaded: zip, tar, tar.gz and tar.bz2, read into memory; the bytes themselves are kept untouched.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bzip2_rs::DecoderReader;
use flate2::read::GzDecoder;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// More than any blueprint needs, and little enough that a crafted archive cannot exhaust memory.
const LARGEST: u64 = 64 << 20;

/// The formats that are told apart by their first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Format {
    /// A zip file.
    Zip,
    /// A tar file.
    Tar,
    /// A gzipped tar file.
    TarGz,
    /// A tar file packed by bzip2.
    TarBz2,
}

impl Format {
    /// The format of some bytes, if it is one of these.
    pub(crate) fn of(bytes: &[u8]) -> Option<Format> {
        if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
            Some(Format::Zip)
        } else if bytes.starts_with(&[0x1f, 0x8b]) {
            Some(Format::TarGz)
        } else if bytes.starts_with(b"BZh") {
            Some(Format::TarBz2)
        } else if bytes.get(257..262) == Some(b"ustar") {
            Some(Format::Tar)
        } else {
            None
        }
    }

    /// The ending of a downloaded file's name.
    pub(crate) fn extension(self) -> &'static str {
        match self {
            Format::Zip => "zip",
            Format::Tar => "tar",
            Format::TarGz => "tar.gz",
            Format::TarBz2 => "tar.bz2",
        }
    }
}

/// Bytes that a state file carries as base64.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Bytes(pub Vec<u8>);

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Bytes, D::Error> {
        let text = String::deserialize(deserializer)?;
        STANDARD.decode(text).map(Bytes).map_err(serde::de::Error::custom)
    }
}

/// The files of an archive by path.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    files: BTreeMap<String, Vec<u8>>,
    /// Names at the top, with whether each is a directory.
    top: BTreeMap<String, bool>,
}

impl Tree {
    /// Reads an archive; `None` where it is damaged or of no known format.
    pub(crate) fn read(bytes: &[u8]) -> Option<Tree> {
        match Format::of(bytes)? {
            Format::Zip => unzip(bytes),
            Format::Tar => untar(bytes),
            Format::TarGz => untar(GzDecoder::new(bytes)),
            Format::TarBz2 => untar(DecoderReader::new(bytes)),
        }
    }

    /// The one directory that everything stands in, if that is so.
    pub(crate) fn root(&self) -> Option<&str> {
        let mut top = self.top.iter();
        match (top.next(), top.next()) {
            (Some((name, true)), None) => Some(name),
            _ => None,
        }
    }

    /// A file's bytes.
    pub(crate) fn file(&self, path: &str) -> Option<&[u8]> {
        self.files.get(path).map(Vec::as_slice)
    }

    /// The files, in order of their paths.
    pub(crate) fn files(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice()))
    }

    fn add(&mut self, path: &str, content: Option<Vec<u8>>) {
        let path = path.trim_start_matches("./").trim_matches('/');
        if path.is_empty() || path == "." {
            return;
        }
        let nested = path.contains('/') || content.is_none();
        let top = path.split('/').next().unwrap_or(path).to_owned();
        *self.top.entry(top).or_insert(nested) |= nested;
        if let Some(content) = content {
            self.files.insert(path.to_owned(), content);
        }
    }
}

fn unzip(bytes: &[u8]) -> Option<Tree> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).ok()?;
    let mut tree = Tree::default();
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).ok()?;
        let path = entry.name().ok()?.into_owned();
        let content = match entry.is_dir() {
            true => None,
            false => Some(read_all(&mut entry)?),
        };
        tree.add(&path, content);
    }
    Some(tree)
}

fn untar(bytes: impl Read) -> Option<Tree> {
    let mut archive = tar::Archive::new(bytes);
    let mut tree = Tree::default();
    for entry in archive.entries().ok()? {
        let mut entry = entry.ok()?;
        let path = entry.path().ok()?.to_string_lossy().into_owned();
        let content = match entry.header().entry_type().is_dir() {
            true => None,
            false => Some(read_all(&mut entry)?),
        };
        tree.add(&path, content);
    }
    Some(tree)
}

fn read_all(source: &mut impl Read) -> Option<Vec<u8>> {
    let mut content = Vec::new();
    source.take(LARGEST).read_to_end(&mut content).ok()?;
    Some(content)
}
