//! A workspace in a folder of its own, and the built program to run in it.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::Sim;

/// Says whether nothing is to be left to samples: `TRUEUP_TEST_EVERY_LINE=1`, as in CI.
pub(crate) fn every_line() -> bool {
    std::env::var("TRUEUP_TEST_EVERY_LINE").is_ok_and(|word| word == "1")
}

/// A workspace whose targets are redirected to simulators.
pub(crate) struct Bench {
    folder: TempDir,
    home: TempDir,
    sim: Option<String>,
}

/// A file with one small VNS3 controller.
pub(crate) const SITE: (&str, &str) = (
    "vns3.yaml",
    r#"
vns3:
  site:
    at: https://203.0.113.30:8000/api
    credentials: { username: api, password: stand-in }
    config: { topology_name: site-one, controller_name: one }
    system-variables:
      noc: { value: 198.51.100.0/28 }
      lab: { value: 198.51.100.16/28 }
"#,
);

/// What a run of the program came to.
pub(crate) struct Ran {
    /// The exit code; none if a signal ended it.
    pub code: Option<i32>,
    /// What it printed on stdout.
    pub out: String,
    /// What it printed on stderr.
    pub err: String,
}

impl Bench {
    /// A copy of an example.
    pub(crate) fn example(name: &str, sim: &Sim) -> Bench {
        Bench::copied(&Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name), sim)
    }

    /// A copy of a workspace.
    pub(crate) fn copied(folder: &Path, sim: &Sim) -> Bench {
        let bench = Bench::empty(Some(sim.root()));
        copy(folder, bench.path());
        bench
    }

    /// A workspace of these files.
    pub(crate) fn of(files: &[(&str, &str)], sim: &Sim) -> Bench {
        Bench::with(files, Some(sim.root()))
    }

    /// A workspace of these files whose targets are where they say.
    pub(crate) fn real(files: &[(&str, &str)]) -> Bench {
        Bench::with(files, None)
    }

    fn with(files: &[(&str, &str)], sim: Option<String>) -> Bench {
        let bench = Bench::empty(sim);
        files.iter().for_each(|(name, text)| bench.write(name, text));
        bench
    }

    fn empty(sim: Option<String>) -> Bench {
        Bench { folder: tempfile::tempdir().unwrap(), home: tempfile::tempdir().unwrap(), sim }
    }

    /// The same workspace with its targets at other simulators.
    pub(crate) fn redirected(self, sim: &Sim) -> Bench {
        Bench { sim: Some(sim.root()), ..self }
    }

    /// The same workspace with its targets at simulators of the program's own.
    pub(crate) fn rehearsed(self) -> Bench {
        Bench { sim: Some(String::new()), ..self }
    }

    /// The workspace's folder.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The home of the program's user.
    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    /// Writes a file of the workspace, for its owner only.
    pub(crate) fn write(&self, name: &str, content: &(impl AsRef<[u8]> + ?Sized)) {
        write(&self.path().join(name), content);
    }

    /// Changes a file of the workspace.
    pub(crate) fn edit(&self, name: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.path().join(name)).unwrap();
        assert!(text.contains(from), "`{name}` does not hold `{from}`");
        self.write(name, &text.replacen(from, to, 1));
    }

    /// Forgets what is owned.
    pub(crate) fn forget(&self) {
        let _ = fs::remove_dir_all(self.path().join(".trueup"));
    }

    /// The program, ready to be run in the workspace.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_trueup"));
        command.current_dir(self.path()).args(arguments).stdin(Stdio::null());
        command.args(self.sim.iter().map(|url| if url.is_empty() { "--sim".into() } else { format!("--sim={url}") }));
        // What the machine's real user keeps is none of the tests' business.
        command.env("HOME", self.home());
        for (name, _) in
            std::env::vars().filter(|(name, _)| name.starts_with("NETFOUNDRY_") || name.starts_with("XDG_"))
        {
            command.env_remove(name);
        }
        for name in ["NO_COLOR", "RUST_LOG", "TRUEUP_CRASH_AFTER_LINES", "http_proxy", "HTTP_PROXY", "https_proxy"] {
            command.env_remove(name);
        }
        command
    }

    /// Runs the program and waits for its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        self.command(arguments).output().unwrap().into()
    }

    /// Runs the program, and makes sure that neither what it prints nor what it keeps shows any of these words.
    #[track_caller]
    pub(crate) fn run_discreetly(&self, arguments: &[&str], words: &[&str]) -> Ran {
        let ran = self.run(arguments);
        for word in words {
            assert!(!ran.all().contains(word), "`{arguments:?}` shows a secret:\n{}", ran.all());
            for (path, bytes) in self.files().iter().filter(|(path, _)| path.starts_with(".trueup")) {
                assert!(!String::from_utf8_lossy(bytes).contains(word), "`{}` holds a secret", path.display());
            }
        }
        ran
    }

    /// The plan's body as the program prints it for programs.
    pub(crate) fn plan(&self) -> Value {
        let ran = self.run(&["plan", "--format", "json"]);
        let mut plan: Value = serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {}", ran.all()));
        plan["body"].take()
    }

    /// Applies without asking, and demands that all of it succeeds.
    pub(crate) fn apply(&self) -> Ran {
        self.run(&["apply", "--yes", "--quiet"]).expect(0)
    }

    /// Removes all that is owned without asking, however many that are.
    pub(crate) fn destroy(&self, more: &[&str]) -> Ran {
        self.run(&[&["destroy", "--yes", "--allow", "deletes=100000"], more].concat())
    }

    /// Every file below the workspace's folder, by its path in there.
    pub(crate) fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut found = BTreeMap::new();
        let mut folders = vec![self.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
                match entry.file_type().unwrap().is_dir() {
                    true => folders.push(entry.path()),
                    false => {
                        let name = entry.path().strip_prefix(self.path()).unwrap().to_owned();
                        found.insert(name, fs::read(entry.path()).unwrap());
                    }
                }
            }
        }
        found
    }
}

impl Ran {
    /// Demands an exit code.
    #[track_caller]
    pub(crate) fn expect(self, code: i32) -> Ran {
        assert_eq!(self.code, Some(code), "{}", self.all());
        self
    }

    /// Demands that this was said, on stdout or stderr.
    #[track_caller]
    pub(crate) fn says(self, words: &str) -> Ran {
        assert!(self.out.contains(words) || self.err.contains(words), "`{words}` is not in:\n{}", self.all());
        self
    }

    /// All that was printed.
    pub(crate) fn all(&self) -> String {
        format!("exit code {:?}\n--- stdout\n{}\n--- stderr\n{}", self.code, self.out, self.err)
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Ran {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ran { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) }
    }
}

/// Writes a file for its owner only.
pub(crate) fn write(path: &Path, content: &(impl AsRef<[u8]> + ?Sized)) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

/// Copies a folder; the copies are for their owner only, as files of secrets should be.
pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let to = to.join(entry.file_name());
        // What a rehearsal left in the example is none of the workspace.
        if entry.file_name() == ".trueup" {
            continue;
        }
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), &to).unwrap();
            fs::set_permissions(&to, fs::Permissions::from_mode(0o600)).unwrap();
        }
    }
}
