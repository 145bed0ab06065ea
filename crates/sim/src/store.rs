//! The state files: one for each installation, so that a simulated world outlives its server.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::Notify;

use super::world::{Place, lock};

/// The format of state files. Version 0.1 wrote the same without saying so.
pub(crate) const FORMAT: u32 = 1;

fn first_format() -> u32 {
    FORMAT
}

/// What a state file holds.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Saved {
    /// The file's format: [`FORMAT`].
    #[serde(default = "first_format")]
    pub format: u32,
    /// The installation's logical clock in milliseconds.
    pub clock_ms: u64,
    /// What [`super::Installation::save`] gave.
    pub state: Value,
}

/// The folder of state files, and the places whose files are behind.
#[derive(Debug)]
pub(crate) struct Store {
    folder: PathBuf,
    behind: Mutex<BTreeSet<Place>>,
    wake: Notify,
}

impl Store {
    /// Opens the folder, makes it if there is none.
    ///
    /// # Errors
    /// The system's, if it can't be made.
    pub(crate) fn open(folder: PathBuf) -> io::Result<Store> {
        fs::create_dir_all(&folder)?;
        Ok(Store { folder, behind: Mutex::default(), wake: Notify::new() })
    }

    /// Notes that the place's file is behind. However often that happens before it is written, it is written once.
    pub(crate) fn touch(&self, place: &Place) {
        lock(&self.behind).insert(place.clone());
        self.wake.notify_one();
    }

    /// Waits until a file is behind.
    pub(crate) async fn touched(&self) {
        self.wake.notified().await;
    }

    /// Takes the places whose files are behind off the list.
    pub(crate) fn take_behind(&self) -> BTreeSet<Place> {
        std::mem::take(&mut *lock(&self.behind))
    }

    /// Reads the place's file, `None` if there is none.
    ///
    /// # Errors
    /// A sentence that names the file and says what is wrong with it.
    pub(crate) fn read(&self, place: &Place) -> Result<Option<Saved>, String> {
        let path = self.path(place);
        let unreadable = |why: &dyn std::fmt::Display| format!("can't read the state file `{}`: {why}", path.display());
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(unreadable(&error)),
        };
        let saved: Value = serde_json::from_slice(&text).map_err(|error| unreadable(&error))?;
        // The format is looked at first: a later one need not look like this one.
        if saved.get("format").is_some_and(|format| format.as_u64() != Some(FORMAT.into())) {
            let why = format!("it has format {}, this simulator reads format {FORMAT}", saved["format"]);
            return Err(unreadable(&why));
        }
        serde_json::from_value(saved).map(Some).map_err(|error| unreadable(&error))
    }

    /// Writes the place's file as a whole: whoever looks finds the old one or the new one. Only its owner may read it.
    ///
    /// # Errors
    /// The system's, with the file's name.
    pub(crate) fn write(&self, place: &Place, saved: &Saved) -> io::Result<()> {
        let path = self.path(place);
        self.replace(&path, saved)
            .map_err(|error| io::Error::new(error.kind(), format!("can't write `{}`: {error}", path.display())))
    }

    fn replace(&self, path: &Path, saved: &Saved) -> io::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
        file.write_all(&serde_json::to_vec(saved)?)?;
        file.persist(path)?;
        Ok(())
    }

    /// Removes the state files of these providers.
    ///
    /// # Errors
    /// The system's.
    pub(crate) fn remove_all(&self, providers: impl Fn(&str) -> bool) -> io::Result<()> {
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            let name = entry.file_name();
            let is_ours = name.to_str().is_some_and(|name| {
                name.ends_with(".json") && name.split_once("--").is_some_and(|(provider, _)| providers(provider))
            });
            if is_ours {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }

    /// The names of a provider's installations that have a file.
    pub(crate) fn installations(&self, provider: &str) -> Vec<String> {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let name = |entry: fs::DirEntry| {
            let name = entry.file_name().into_string().ok()?;
            let (owner, installation) = name.strip_suffix(".json")?.split_once("--")?;
            (owner == provider).then(|| installation.to_owned())
        };
        entries.filter_map(name).collect()
    }

    fn path(&self, place: &Place) -> PathBuf {
        self.folder.join(format!("{}--{}.json", place.provider, place.installation))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_understood_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path().to_owned()).unwrap();
        let place = Place { provider: "vns3", installation: "east".to_owned() };
        let read = |text: &str| {
            fs::write(folder.path().join("vns3--east.json"), text).unwrap();
            store.read(&place).map(|saved| saved.map(|saved| saved.clock_ms))
        };
        assert_eq!(read(r#"{"clock_ms":7,"state":{}}"#), Ok(Some(7)), "as version 0.1 wrote it");
        assert_eq!(read(r#"{"format":1,"clock_ms":7,"state":{}}"#), Ok(Some(7)));
        for (text, why) in [
            (
                r#"{"format":2,"clock_ms":7,"state":{}}"#,
                "vns3--east.json`: it has format 2, this simulator reads format 1",
            ),
            (r#"{"format":1,"clock_ms":7,"state":{},"weather":1}"#, "unknown field `weather`"),
            (r#"{"format":1,"clock_ms":7"#, "vns3--east.json`: EOF"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(why), "{error}");
        }
        let (_, documented) = include_str!("../../../docs/FORMATS.md").split_once("```json state\n").unwrap();
        assert_eq!(read(documented.split_once("\n```").unwrap().0), Ok(Some(16_000)));
        store.write(&place, &Saved { format: FORMAT, clock_ms: 8, state: Value::Null }).unwrap();
        assert_eq!(store.read(&place).unwrap().map(|saved| (saved.format, saved.clock_ms)), Some((1, 8)));
    }
}
