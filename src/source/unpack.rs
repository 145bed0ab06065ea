//! The documents in an archive: what a rule may read of the content that a field names.

use std::collections::BTreeMap;
use std::io::{self, Cursor, Read};

use flate2::read::GzDecoder;
use tar::Archive;
use zip::ZipArchive;
use zip::result::ZipError;

/// The bytes that are read of one document, and of all of them, at most: none that people write is larger.
const MAX_BYTES: u64 = 4 << 20;

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

/// Reads a zip, tar or tar.gz. What is in another format is not read, and nothing is held against it.
pub(crate) fn unpack(archive: &[u8]) -> Unpacked {
    let mut documents = Documents { found: BTreeMap::new(), left: MAX_BYTES, has_more: false };
    let read = match archive {
        [b'P', b'K', ..] => documents.unzip(archive),
        [0x1f, 0x8b, ..] => documents.untar(GzDecoder::new(archive)),
        [b'B', b'Z', b'h', ..] => Ok(()),
        tar => documents.untar(tar),
    };
    let Documents { found, left: _, has_more } = documents;
    Unpacked { documents: found, has_more, damage: read.err().map(|error| error.to_string()) }
}

/// Says whether a file of that name is read as YAML.
pub(crate) fn is_document(path: &str) -> bool {
    path.ends_with(".yaml") || path.ends_with(".yml")
}

struct Documents {
    found: BTreeMap<String, String>,
    left: u64,
    has_more: bool,
}

impl Documents {
    fn untar(&mut self, bytes: impl Read) -> io::Result<()> {
        let mut is_empty = true;
        for entry in Archive::new(bytes).entries()? {
            let entry = entry?;
            let path = entry.path()?.to_string_lossy().into_owned();
            self.read(&path, entry)?;
            is_empty = false;
        }
        if is_empty { Err(io::Error::other("it holds nothing")) } else { Ok(()) }
    }

    fn unzip(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut archive = ZipArchive::new(Cursor::new(bytes))?;
        for at in 0..archive.len() {
            let entry = match archive.by_index(at) {
                // Others may know how to unpack it.
                Err(ZipError::UnsupportedArchive(_)) => continue,
                entry => entry?,
            };
            let path = entry.name()?.into_owned();
            self.read(&path, entry)?;
        }
        Ok(())
    }

    fn read(&mut self, path: &str, entry: impl Read) -> io::Result<()> {
        let Some((_, below)) = path.trim_start_matches("./").split_once('/') else { return Ok(()) };
        if !is_document(below) {
            return Ok(());
        }
        let mut bytes = Vec::new();
        entry.take(self.left).read_to_end(&mut bytes)?;
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

    const FILES: [(&str, &str); 3] =
        [("bp/blueprint.yaml", "a: 1"), ("bp/lib/more.yml", "b: 2"), ("bp/run.sh", "exit")];

    fn expected() -> BTreeMap<String, String> {
        [("blueprint.yaml", "a: 1"), ("lib/more.yml", "b: 2")].map(|(path, text)| (path.into(), text.into())).into()
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
            let cut = unpack(&archive[..archive.len() * 2 / 5]);
            assert!(cut.damage.is_some(), "{cut:?}");
        }
        assert!(unpack(b"junk").damage.is_some() && unpack(b"").damage.is_some());
        assert_eq!(unpack(b"BZh9..."), Unpacked::default());
    }
}
