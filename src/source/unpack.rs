//! The documents in an archive: what a rule may read of the content that a field names.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use flate2::read::GzDecoder;
use tar::Archive;
use zip::ZipArchive;

/// The bytes that are read of one document, and of all of them, at most: none that people write is larger.
const MAX_BYTES: u64 = 4 << 20;

/// The YAML documents of a zip, tar or tar.gz, by their paths below its one folder. What can't be read is left out: whoever
/// takes the archive will say so.
pub(crate) fn documents(archive: &[u8]) -> BTreeMap<String, String> {
    let mut documents = Documents { found: BTreeMap::new(), left: MAX_BYTES };
    // A damaged archive has the documents that came before the damage.
    let _ = match archive {
        [b'P', b'K', ..] => documents.unzip(archive),
        [0x1f, 0x8b, ..] => documents.untar(GzDecoder::new(archive)),
        tar => documents.untar(tar),
    };
    documents.found
}

struct Documents {
    found: BTreeMap<String, String>,
    left: u64,
}

impl Documents {
    fn untar(&mut self, bytes: impl Read) -> std::io::Result<()> {
        for entry in Archive::new(bytes).entries()? {
            let entry = entry?;
            let path = entry.path()?.to_string_lossy().into_owned();
            self.read(&path, entry)?;
        }
        Ok(())
    }

    fn unzip(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        let mut archive = ZipArchive::new(Cursor::new(bytes))?;
        for at in 0..archive.len() {
            let entry = archive.by_index(at)?;
            let path = entry.name()?.into_owned();
            self.read(&path, entry)?;
        }
        Ok(())
    }

    fn read(&mut self, path: &str, entry: impl Read) -> std::io::Result<()> {
        let Some((_, below)) = path.trim_start_matches("./").split_once('/') else { return Ok(()) };
        if !below.ends_with(".yaml") && !below.ends_with(".yml") {
            return Ok(());
        }
        let mut text = String::new();
        entry.take(self.left).read_to_string(&mut text)?;
        self.left = self.left.saturating_sub(text.len() as u64);
        self.found.insert(below.to_owned(), text);
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
        assert_eq!(documents(&tar), expected());
        assert_eq!(documents(&gz.finish().unwrap()), expected());
        assert_eq!(documents(&zip.finish().unwrap().into_inner()), expected());
        assert_eq!(documents(b"junk"), BTreeMap::new());
        assert_eq!(documents(&tar[..1024]).len(), 1);
    }
}
