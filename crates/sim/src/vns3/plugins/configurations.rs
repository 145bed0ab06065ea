//! Files of an instance and their versions: every write makes a new one.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::bad_request;
use super::instances::{Instance, find};
use crate::vns3::answer::{Fault, Outcome, ok};
use crate::vns3::call::Call;
use crate::vns3::clock::Moment;
use crate::vns3::state::State;

/// The content of a file before it is written.
const INITIAL: &str = "# shipped with the plugin\n";

/// A file: the last of its versions is in force.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct File {
    name: String,
    pub path: String,
    description: String,
    current: Version,
    previous: Vec<Version>,
}

/// A version.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Version {
    version: u64,
    content: String,
    created: Moment,
}

impl File {
    /// A file from the manager's write form.
    pub(crate) fn new(config: &Value, now: Moment) -> File {
        let text = |field: &str| config.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
        let current = Version { version: 1, content: INITIAL.to_owned(), created: now };
        File { name: text("name"), path: text("path"), description: text("description"), current, previous: Vec::new() }
    }

    /// Takes over what another file of the same path has been.
    pub(crate) fn keep_versions_of(&mut self, other: &File) {
        self.current = other.current.clone();
        self.previous = other.previous.clone();
    }

    /// The read form, without any content.
    pub(crate) fn show(&self) -> Value {
        let (stem, ending) = self.path.rsplit_once('.').unwrap_or((&self.path, "bak"));
        let stem = stem.rsplit('/').next().unwrap_or_default();
        let previous = self.previous.iter().map(|old| {
            json!({
                "version": old.version,
                "path": format!("/opt/plugin-manager/backups/{stem}.{}.{ending}", old.version),
                "created_at": format!("{} UTC", old.created.plain()),
            })
        });
        json!({
            "name": self.name,
            "path": self.path,
            "description": self.description,
            "version": self.current.version,
            "created_at": format!("{} UTC", self.current.created.plain()),
            "previous_versions": previous.collect::<Vec<_>>(),
        })
    }

    fn version(&self, number: u64) -> Option<&Version> {
        self.previous.iter().chain([&self.current]).find(|version| version.version == number)
    }
}

/// The file that a slug names: its place in the list, its name or its path.
fn file<'a>(instance: &'a mut Instance, slug: &str) -> Result<&'a mut File, Fault> {
    let named =
        |(index, file): &(usize, &mut File)| index.to_string() == slug || file.name == slug || file.path == slug;
    let missing = || bad_request(format!("Configuration file at {slug} could not be found."));
    instance.manager.configuration_files.iter_mut().enumerate().find(named).map(|(_, file)| file).ok_or_else(missing)
}

/// "Get plugin instance configs".
pub(super) fn list(state: &mut State, id: u64) -> Outcome {
    ok(find(state, id)?.manager.configuration_files.iter().map(File::show).collect::<Vec<_>>())
}

/// "Read plugin instance config file": not before the container is started.
pub(super) fn read(state: &mut State, call: &Call, (id, slug): (u64, &str)) -> Outcome {
    let instance = find(state, id)?;
    let started = instance.is_started(call.now);
    let file = file(instance, slug)?;
    if !started {
        return Err(bad_request(format!("Configuration file at {} could not be found.", file.path)));
    }
    let number = call
        .query("version")
        .map_or(Ok(file.current.version), |text| text.parse().map_err(|_| Fault::invalid("version")))?;
    let missing = || Fault::not_found(format!("Configuration file version {number} does not exist"));
    ok(&file.version(number).ok_or_else(missing)?.content)
}

/// "Update plugin instance config file".
pub(super) fn write(state: &mut State, call: &Call, (id, slug): (u64, &str)) -> Outcome {
    let content: String = call.fields()?.need("content")?;
    let instance = find(state, id)?;
    let started = instance.is_started(call.now);
    let file = file(instance, slug)?;
    if !started {
        return Err(bad_request(format!("Failed to write contents to file {}: container is not running", file.path)));
    }
    let newest = file.previous.iter().map(|old| old.version).chain([file.current.version]).max().unwrap_or_default();
    let next = Version { version: newest + 1, content, created: call.now };
    file.previous.push(std::mem::replace(&mut file.current, next));
    ok(instance.manager.show())
}

/// "Revert plugin instance config file": the version is in force again under its own number.
pub(super) fn revert(state: &mut State, call: &Call, (id, slug): (u64, &str)) -> Outcome {
    let number: u64 = call.fields()?.need("version")?;
    let instance = find(state, id)?;
    let file = file(instance, slug)?;
    if number != file.current.version {
        let place = file.previous.iter().position(|old| old.version == number);
        let old = file.previous.remove(place.ok_or_else(|| bad_request(format!("Version {number} does not exist.")))?);
        file.previous.push(std::mem::replace(&mut file.current, old));
    }
    ok(instance.manager.show())
}

/// "Clear plugin instance configuration file versions except for the current".
pub(super) fn clear(state: &mut State, (id, slug): (u64, &str)) -> Outcome {
    let instance = find(state, id)?;
    file(instance, slug)?.previous.clear();
    ok(instance.manager.show())
}

/// "Delete plugin instance config file version".
pub(super) fn delete_version(state: &mut State, (id, slug): (u64, &str), number: u64) -> Outcome {
    let instance = find(state, id)?;
    let file = file(instance, slug)?;
    if number == file.current.version {
        return Err(bad_request("Can't delete current version of configuration file"));
    }
    let place = file.previous.iter().position(|old| old.version == number);
    file.previous.remove(place.ok_or_else(|| Fault::not_found("Version does not exist"))?);
    ok(instance.manager.show())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vns3::plugins::instances::tests::with_instance;
    use crate::vns3::testing::has_keys_of;
    use wire::Method::{Delete, Post, Put};

    const FILE: &str = "/plugin-instances/1/configurations/HA%20Variables";

    #[test]
    fn every_write_is_a_version() {
        let manager =
            json!({"configuration_files": [{"name": "HA Variables", "path": "/opt/hacontainer/conf/vars.yml"}]});
        let mut bench = with_instance(manager);
        let content = format!("{FILE}/content");
        assert_eq!(bench.get(&content), Ok(json!(INITIAL)));
        bench.ok(Put, &content, json!({"content": "a: 1"}));
        let list = bench.get("/plugin-instances/1/configurations").expect("list");
        let example = json!([{
            "name": "HA Variables", "path": "/opt/hacontainer/conf/vars.yml", "version": 2,
            "created_at": "2021-01-28 22:40:30 UTC", "previous_versions": [{
                "version": 1, "path": "/opt/plugin-manager/backups/vars.1.yml", "created_at": "2021-01-28 22:40:30 UTC",
            }],
        }]);
        assert!(has_keys_of(&list, &example), "{list}");
        assert_eq!(list[0]["previous_versions"][0]["path"], example[0]["previous_versions"][0]["path"]);
        assert_eq!(bench.get(&format!("{content}?version=1")), Ok(json!(INITIAL)));
        let missing = bench.get(&format!("{content}?version=4"));
        assert_eq!(missing, Err((404, "APINotFoundError: Configuration file version 4 does not exist".to_owned())));
        bench.ok(Post, &format!("{FILE}/revert"), json!({"version": 1}));
        assert_eq!(bench.get("/plugin-instances/1/configurations/0/content"), Ok(json!(INITIAL)));
        let current = bench.refused(Delete, &format!("{FILE}/versions/1"), json!({}));
        assert!(current.1.ends_with("Can't delete current version of configuration file"));
        let cleared = bench.ok(Post, &format!("{FILE}/clear"), json!({}));
        assert_eq!(cleared["configuration_files"][0]["previous_versions"], json!([]));
        let gone = bench.refused(Delete, &format!("{FILE}/versions/2"), json!({}));
        assert_eq!(gone, (404, "APINotFoundError: Version does not exist".to_owned()));
    }
}
