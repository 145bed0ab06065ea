//! The manager of an instance: which logs, files, ports, processes and commands it has.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::bad_request;
use super::configurations::File;
use super::instances::find;
use crate::vns3::answer::{Fault, Outcome, created, ok};
use crate::vns3::call::Call;
use crate::vns3::clock::Moment;
use crate::vns3::state::State;

/// The manager.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Manager {
    log_files: Vec<LogFile>,
    pub configuration_files: Vec<File>,
    ports: Vec<Port>,
    process_manager: ProcessManager,
    executables: Vec<Executable>,
}

/// A log.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
struct LogFile {
    path: String,
    description: String,
}

/// A port that the plugin listens at.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
struct Port {
    port: u16,
    protocol: String,
    ui: bool,
    ssl: bool,
    ui_path: String,
}

/// The manager of the plugin's processes.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
struct ProcessManager {
    name: String,
    subprocesses: Vec<String>,
}

/// A program with the commands that can be given to it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
struct Executable {
    path: String,
    name: String,
    commands: std::collections::BTreeMap<String, String>,
}

impl Manager {
    /// A manager from its write form. Every file needs a path.
    pub(crate) fn from_config(config: &Value, now: Moment) -> Result<Manager, Fault> {
        let invalid = |what: &str| bad_request(format!("Invalid plugin manager config:  {what}\n"));
        if let Some(part) = misshapen(config) {
            return Err(invalid(&format!("{part} is malformed.")));
        }
        let files = config.get("configuration_files").and_then(Value::as_array);
        if files.is_some_and(|files| files.iter().any(|file| !file.get("path").is_some_and(Value::is_string))) {
            return Err(invalid("All configuration_files must be objects with a \"path\" key."));
        }
        let mut config = config.clone();
        if let Some(map) = config.as_object_mut() {
            map.remove("configuration_files");
        }
        let files = files.into_iter().flatten().map(|file| File::new(file, now)).collect();
        let manager: Manager = serde_json::from_value(config).map_err(|error| invalid(&error.to_string()))?;
        Ok(Manager { configuration_files: files, ..manager })
    }

    /// The read form.
    pub(crate) fn show(&self) -> Value {
        json!({
            "log_files": self.log_files,
            "configuration_files": self.configuration_files.iter().map(File::show).collect::<Vec<_>>(),
            "ports": self.ports,
            "process_manager": self.process_manager,
            "executables": self.executables,
        })
    }

    fn is_empty(&self) -> bool {
        let Manager { log_files, configuration_files, ports, process_manager, executables } = self;
        log_files.is_empty()
            && configuration_files.is_empty()
            && ports.is_empty()
            && process_manager.name.is_empty()
            && executables.is_empty()
    }

    /// Says whether a process of that sort is among its own.
    pub(crate) fn runs(&self, what: &str) -> bool {
        self.process_manager.subprocesses.iter().any(|process| process.contains(what))
    }
}

/// The first part of a manager's write form that has not the form that the text gives it.
fn misshapen(config: &Value) -> Option<&'static str> {
    if !config.is_object() {
        return Some("config");
    }
    let texts = |item: &Value, names: &[&str]| names.iter().all(|name| item.get(name).is_none_or(Value::is_string));
    let lists: [(&str, &[&str]); 4] = [
        ("log_files", &["path", "description"]),
        ("configuration_files", &["path", "name", "description"]),
        ("ports", &["protocol", "ui_path"]),
        ("executables", &["path", "name"]),
    ];
    for (list, names) in lists {
        let is_sound = |value: &Value| {
            value.as_array().is_some_and(|items| items.iter().all(|item| item.is_object() && texts(item, names)))
        };
        if config.get(list).is_some_and(|value| !is_sound(value)) {
            return Some(list);
        }
    }
    config.get("process_manager").is_some_and(|manager| !manager.is_object()).then_some("process_manager")
}

/// The result of a call without a body, "for getting started".
fn example() -> Value {
    json!({
        "log_files": [{"path": "/var/log/app.log", "description": "application log"}],
        "configuration_files": [{"name": "app", "path": "/opt/app/config.json", "description": ""}],
        "process_manager": {"name": "supervisor", "subprocesses": ["app"]},
    })
}

/// "Create Manager Config": only where there is none.
pub(super) fn create(state: &mut State, call: &Call, id: u64) -> Outcome {
    let config = if call.text().trim().is_empty() { example() } else { call.fields()?.into_value() };
    let manager = Manager::from_config(&config, call.now)?;
    let instance = find(state, id)?;
    if !instance.manager.is_empty() {
        return Err(bad_request("Manager configuration is not empty.  Please issue a PUT request to update.\n"));
    }
    instance.manager = manager;
    created(instance.manager.show())
}

/// "Update Manager Config": a file whose path stays keeps its versions.
pub(super) fn update(state: &mut State, call: &Call, id: u64) -> Outcome {
    let mut manager = Manager::from_config(&call.fields()?.into_value(), call.now)?;
    let instance = find(state, id)?;
    for file in &mut manager.configuration_files {
        if let Some(known) = instance.manager.configuration_files.iter().find(|known| known.path == file.path) {
            file.keep_versions_of(known);
        }
    }
    instance.manager = manager;
    ok(instance.manager.show())
}

/// "Get plugin instance logs".
pub(super) fn logs(state: &mut State, id: u64) -> Outcome {
    ok(&find(state, id)?.manager.log_files)
}

/// "Read plugin instance log": by index, path or description.
pub(super) fn log_content(state: &mut State, call: &Call, id: u64, slug: &str) -> Outcome {
    let instance = find(state, id)?;
    let named =
        |(index, log): &(usize, &LogFile)| index.to_string() == slug || log.path == slug || log.description == slug;
    let log = instance.manager.log_files.iter().enumerate().find(named).map(|(_, log)| log);
    let missing = || bad_request(format!("Failed to fetch logs for {slug}.  Does the log file exist?\n"));
    let log = log.filter(|_| instance.is_started(call.now)).ok_or_else(missing)?;
    let lines = [format!("{} {} started", instance.made.plain(), instance.name), format!("logging to {}", log.path)];
    let most = call.query("lines").and_then(|count| count.parse().ok()).unwrap_or(lines.len());
    ok(lines.iter().take(most).collect::<Vec<_>>())
}

/// "Get plugin instance processes".
pub(super) fn processes(state: &mut State, id: u64) -> Outcome {
    ok(&find(state, id)?.manager.process_manager)
}

fn output(result: Result<String, String>) -> Outcome {
    let failed = result.is_err();
    let (output, error) = result.map_or_else(|error| (String::new(), error), |output| (output, String::new()));
    ok(json!({"output": output, "timeout": false, "failed": failed, "error": error}))
}

/// "Run plugin instance process action": 200 also on failure.
pub(super) fn act(state: &mut State, call: &Call, id: u64) -> Outcome {
    let fields = call.fields()?;
    let manager = &find(state, id)?.manager.process_manager;
    let (process, action) = (fields.need_text("process")?, fields.need_text("action")?);
    if !matches!(manager.name.as_str(), "supervisor" | "service") {
        return Err(bad_request(format!("Process manager {} unsupported.", manager.name)));
    }
    let known = manager.subprocesses.contains(&process);
    output(if known { Ok(format!("{process}: {action}")) } else { Err(format!("{process}: ERROR (no such process)")) })
}

/// "Run plugin instance executable command": 200 also on failure.
pub(super) fn execute(state: &mut State, call: &Call, id: u64) -> Outcome {
    let fields = call.fields()?;
    let executables = &find(state, id)?.manager.executables;
    let command = fields.need_text("command")?;
    let executable = match (executables.as_slice(), fields.get::<String>("executable_path")?) {
        ([], _) => return Err(bad_request("No executables defined for plugin instance.")),
        ([only], None) => only,
        (_, None) => return Err(Fault::missing("executable_path")),
        (many, Some(path)) => {
            many.iter().find(|one| one.path == path).ok_or_else(|| Fault::invalid("executable_path"))?
        }
    };
    let run = executable.commands.get(&command).map(|argument| format!("{} {argument}", executable.path));
    output(run.ok_or_else(|| format!("unknown command {command}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vns3::plugins::instances::tests::with_instance;
    use wire::Method::{Post, Put};

    #[test]
    fn a_manager_is_made_once_and_then_updated() {
        let mut bench = with_instance(Value::Null);
        let made = bench.call(Post, "/plugin-instances/1/manager", None);
        assert_eq!((made.0, &made.1["response"]["process_manager"]["name"]), (201, &json!("supervisor")));
        let again = bench.refused(Post, "/plugin-instances/1/manager", json!({"ports": []}));
        let text = "Manager configuration is not empty.  Please issue a PUT request to update.\n";
        assert_eq!(again, (400, format!("VPNCubed::API::APIBadRequestError: {text}")));
        let pathless =
            bench.refused(Put, "/plugin-instances/1/manager", json!({"configuration_files": [{"name": "x"}]}));
        let text = "Invalid plugin manager config:  All configuration_files must be objects with a \"path\" key.\n";
        assert_eq!(pathless, (400, format!("VPNCubed::API::APIBadRequestError: {text}")));
        assert!(bench.get("/plugin-instances/1/logs/0/content").expect("lines").is_array());
        let process = json!({"process": "app", "action": "restart"});
        assert_eq!(bench.ok(Post, "/plugin-instances/1/processes/action", process)["failed"], false);
        let none = bench.refused(Post, "/plugin-instances/1/commands/execute", json!({"command": "start"}));
        assert!(none.1.ends_with("No executables defined for plugin instance."));
        let executable = json!({"executables": [{"path": "/bin/app", "name": "app", "commands": {"start": "up"}}]});
        bench.ok(Put, "/plugin-instances/1/manager", executable);
        let run = bench.ok(Post, "/plugin-instances/1/commands/execute", json!({"command": "start"}));
        assert_eq!(run["output"], "/bin/app up");
    }
}
