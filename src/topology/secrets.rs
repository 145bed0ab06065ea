//! Secrets: looked up where the workspace says they come from, each once, and only those that something uses.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crate::finding::{Finding, Place};
use crate::redact::Redactor;
use crate::secret::Secret;
use crate::suggest::hint;
use crate::topology::envelope::SecretSource;

/// How long a command may take: long enough for somebody to touch a hardware key.
const TIMEOUT: Duration = Duration::from_secs(60);

/// What a secret may hold: a certificate chain fits many times over, a wrong file does not.
const MAX_BYTES: u64 = 1 << 20;

/// What to do about a secret that can't be looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SecretMode {
    /// It is an error.
    #[default]
    Required,
    /// A stand-in that is the same each time takes its place, with a warning: for simulated controllers.
    StandIn,
}

/// The workspace's secrets.
#[derive(Debug)]
pub(crate) struct Secrets {
    folder: PathBuf,
    sources: BTreeMap<String, (SecretSource, Place)>,
    mode: SecretMode,
    known: RefCell<BTreeMap<String, Option<Secret>>>,
    /// Those that the workspace does not name.
    learned: RefCell<Vec<Secret>>,
    findings: RefCell<Vec<Finding>>,
    /// Files that others can read, with where they are named.
    open: RefCell<Vec<(String, Place)>>,
}

impl Secrets {
    /// Secrets with their sources and where those are declared.
    pub(crate) fn new(folder: &Path, sources: BTreeMap<String, (SecretSource, Place)>, mode: SecretMode) -> Secrets {
        Secrets {
            folder: folder.to_owned(),
            sources,
            mode,
            known: RefCell::default(),
            learned: RefCell::default(),
            findings: RefCell::default(),
            open: RefCell::default(),
        }
    }

    /// A secret by name.
    ///
    /// # Errors
    /// There is none of that name: the finding, still without a place. A secret that is declared but can't be looked up is
    /// `None`, and told once, where it is declared.
    pub(crate) fn get(&self, name: &str) -> Result<Option<Secret>, Box<Finding>> {
        if let Some(known) = self.known.borrow().get(name) {
            return Ok(known.clone());
        }
        let Some((source, place)) = self.sources.get(name) else {
            let finding = Finding::error("unknown-secret", format!("there is no secret `{name}`"));
            let declared: Vec<&str> = self.sources.keys().map(String::as_str).collect();
            return Err(Box::new(
                finding
                    .help(format!("{}; secrets are declared under `secrets` in `trueup.yaml`", hint(name, declared))),
            ));
        };
        let secret = self.look_up(name, source, place);
        self.known.borrow_mut().insert(name.to_owned(), secret.clone());
        Ok(secret)
    }

    /// A redactor of those that are known.
    pub(crate) fn redactor(&self) -> Redactor {
        Redactor::new(self.known.borrow().values().flatten().chain(&*self.learned.borrow()).cloned())
    }

    /// The names that nothing has asked for, with where they are declared.
    pub(crate) fn unused(&self) -> Vec<(String, Place)> {
        let known = self.known.borrow();
        let unused = self.sources.iter().filter(|(name, _)| !known.contains_key(*name));
        unused.map(|(name, (_, place))| (name.clone(), place.clone())).collect()
    }

    /// What was wrong with those that were asked for. Files that others can read are told in one sentence: there is one
    /// remedy for all.
    pub(crate) fn into_findings(self) -> Vec<Finding> {
        let mut findings = self.findings.into_inner();
        let mut open = self.open.into_inner();
        open.sort_by(|a, b| a.0.cmp(&b.0));
        open.dedup_by(|a, b| a.0 == b.0);
        if let Some((first, place)) = open.first() {
            let others = match open.len() {
                1 => String::new(),
                count => format!(", and so can {} more", count - 1),
            };
            let message = format!("the secret in `{first}` can be read by other users{others}");
            let paths: Vec<&str> = open.iter().map(|(path, _)| path.as_str()).collect();
            let finding = Finding::warning("open-secret", message).help(format!("chmod 600 {}", paths.join(" ")));
            findings.push(finding.at(place));
        }
        findings
    }

    fn look_up(&self, name: &str, source: &SecretSource, place: &Place) -> Option<Secret> {
        let label = format!("secret.{name}");
        let found = match source {
            SecretSource::Env(variable) => from_env(variable),
            SecretSource::File(path) => self.read_file(path, place),
            SecretSource::Command(line) => from_command(line, &self.folder, TIMEOUT),
        };
        let trouble = match found {
            Ok(value) if !value.is_empty() => return Some(Secret::new(label, value)),
            Ok(_) => {
                SecretError { what: "is empty".into(), remedy: "give it a value, or drop what refers to it".into() }
            }
            Err(missing) => missing,
        };
        let message = format!("secret `{name}` {}", trouble.what);
        let finding = match self.mode {
            SecretMode::Required => Finding::error("missing-secret", message).help(trouble.remedy),
            SecretMode::StandIn => Finding::warning("missing-secret", format!("{message}; a stand-in takes its place"))
                .help(format!("before a real run: {}", trouble.remedy)),
        };
        self.findings.borrow_mut().push(finding.at(place));
        match self.mode {
            SecretMode::Required => None,
            SecretMode::StandIn => Some(Secret::new(label, format!("simulated-{name}"))),
        }
    }

    /// Says what to do about secrets that can't be looked up.
    pub(crate) fn mode(&self) -> SecretMode {
        self.mode
    }

    /// Takes note of a secret that the workspace does not name: no text may repeat it.
    pub(crate) fn learn(&self, secret: Secret) {
        self.learned.borrow_mut().push(secret);
    }

    /// The text of a file, relative to the workspace. If others can read it, that is told at the place.
    pub(crate) fn read_file(&self, path: &Path, place: &Place) -> Result<String, SecretError> {
        let at = self.folder.join(path);
        let shown = path.display();
        let missing = |error: std::io::Error| SecretError {
            what: format!("can't be read from `{shown}`: {error}"),
            remedy: format!("create `{shown}` with the secret in it, readable for you alone"),
        };
        let file = fs::File::open(&at).map_err(missing)?;
        let data = file.metadata().map_err(missing)?;
        if !data.is_file() || data.len() > MAX_BYTES {
            return Err(SecretError {
                what: format!("is not in `{shown}`: that is no file, or one of more than {MAX_BYTES} bytes"),
                remedy: "name the file that holds just the secret".into(),
            });
        }
        if is_open_to_others(&data) {
            self.open.borrow_mut().push((shown.to_string(), place.clone()));
        }
        let mut bytes = Vec::new();
        file.take(MAX_BYTES).read_to_end(&mut bytes).map_err(missing)?;
        text_of(bytes).map_err(|what| SecretError { what, remedy: format!("save `{shown}` as UTF-8 text") })
    }
}

/// Why a secret is not there.
pub(crate) struct SecretError {
    /// Continues "secret `x` …".
    pub what: String,
    /// What to do about it.
    pub remedy: String,
}

#[cfg(unix)]
fn is_open_to_others(data: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    data.permissions().mode() & 0o077 != 0
}

#[cfg(not(unix))]
fn is_open_to_others(_: &fs::Metadata) -> bool {
    false
}

fn from_env(variable: &str) -> Result<String, SecretError> {
    std::env::var(variable).map_err(|error| SecretError {
        what: match error {
            std::env::VarError::NotPresent => format!("is not there: the environment has no `{variable}`"),
            std::env::VarError::NotUnicode(_) => format!("is not text: `{variable}` is not UTF-8"),
        },
        remedy: format!("set it: `export {variable}=…`, or as a secret of the CI job"),
    })
}

fn text_of(bytes: Vec<u8>) -> Result<String, String> {
    let text = String::from_utf8(bytes).map_err(|_| "is not UTF-8 text".to_owned())?;
    let trimmed = text.strip_suffix('\n').unwrap_or(&text);
    Ok(trimmed.strip_suffix('\r').unwrap_or(trimmed).to_owned())
}

fn from_command(line: &[String], folder: &Path, timeout: Duration) -> Result<String, SecretError> {
    let Some((program, arguments)) = line.split_first() else {
        return Err(SecretError {
            what: "has an empty command".into(),
            remedy: "name a program and its arguments".into(),
        });
    };
    let failed = |what: String| SecretError {
        what: format!("can't be had from `{program}`: {what}"),
        remedy: "run the command by hand in the workspace's folder to see more".into(),
    };
    let child = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = child.map_err(|error| failed(error.to_string()))?;
    // Both pipes are read at once: a program that fills one of them would wait for ever otherwise.
    let output = child.stdout.take().map(collect);
    let errors = child.stderr.take().map(collect);
    let start = Instant::now();
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if start.elapsed() < timeout => thread::sleep(Duration::from_millis(10)),
            Ok(None) => {
                // It may have ended just now: then there is nothing to stop.
                let _ = child.kill();
                let _ = child.wait();
                return Err(failed(format!("it did not end within {} s", timeout.as_secs())));
            }
            Err(error) => return Err(failed(error.to_string())),
        }
    };
    // A grandchild may hold a pipe open although the program has ended: it is not waited for.
    let received = |pipe: Option<mpsc::Receiver<Vec<u8>>>| {
        pipe.and_then(|pipe| pipe.recv_timeout(Duration::from_secs(5)).ok()).unwrap_or_default()
    };
    let (output, errors) = (received(output), received(errors));
    if !status.success() {
        let said = String::from_utf8_lossy(&errors);
        let said = said.trim();
        return Err(failed(if said.is_empty() { status.to_string() } else { format!("{status}: {said}") }));
    }
    text_of(output).map_err(failed)
}

fn collect(pipe: impl Read + Send + 'static) -> mpsc::Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        // What was read before an error is all there is.
        let _ = pipe.take(MAX_BYTES).read_to_end(&mut bytes);
        let _ = sender.send(bytes);
    });
    receiver
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets(folder: &Path, source: SecretSource, mode: SecretMode) -> Secrets {
        let place = Place::file("trueup.yaml").below("secrets").below("s");
        Secrets::new(folder, BTreeMap::from([("s".to_owned(), (source, place))]), mode)
    }

    fn command(line: &[&str]) -> SecretSource {
        SecretSource::Command(line.iter().map(|word| word.to_string()).collect())
    }

    /// The value, which tests may see by its fingerprint only.
    fn is(secret: Option<Secret>, value: &str) -> bool {
        secret == Some(Secret::new("", value))
    }

    #[cfg(unix)]
    #[test]
    fn files_and_commands_lose_one_line_break() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("psk");
        fs::write(&path, "a b\n\n").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let from_file = secrets(folder.path(), SecretSource::File("psk".into()), SecretMode::Required);
        assert!(is(from_file.get("s").unwrap(), "a b\n"));
        let findings = from_file.into_findings();
        assert_eq!(findings.iter().map(|finding| finding.code).collect::<Vec<_>>(), ["open-secret"]);
        let printed = secrets(folder.path(), command(&["cat", "psk"]), SecretMode::Required);
        assert!(is(printed.get("s").unwrap(), "a b\n"));
        assert!(printed.into_findings().is_empty());
    }

    #[test]
    fn what_is_missing_is_told_once_with_a_remedy() {
        let folder = tempfile::tempdir().unwrap();
        for (source, says) in [
            (SecretSource::Env("TRUEUP_TEST_NO_SUCH".into()), "the environment has no `TRUEUP_TEST_NO_SUCH`"),
            (SecretSource::File("none".into()), "can't be read from `none`"),
            (command(&[]), "has an empty command"),
            (command(&["trueup-no-such-program"]), "can't be had from `trueup-no-such-program`"),
            #[cfg(unix)]
            (command(&["sh", "-c", "echo no key >&2; exit 3"]), "exit status: 3: no key"),
            #[cfg(unix)]
            (command(&["true"]), "is empty"),
        ] {
            let secrets = secrets(folder.path(), source, SecretMode::Required);
            assert!(secrets.get("s").unwrap().is_none());
            assert!(secrets.get("s").unwrap().is_none());
            let findings = secrets.into_findings();
            assert_eq!(findings.len(), 1);
            assert!(findings[0].message.contains(says), "{}", findings[0].message);
            assert!(findings[0].help.is_some());
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_command_that_hangs_is_ended() {
        let folder = tempfile::tempdir().unwrap();
        let line = ["sleep".to_owned(), "30".to_owned()];
        let start = Instant::now();
        let missing = from_command(&line, folder.path(), Duration::from_millis(50)).err().unwrap();
        assert!(missing.what.contains("did not end"));
        assert!(start.elapsed() < Duration::from_secs(5));
    }

    #[test]
    fn a_stand_in_takes_the_place_in_a_rehearsal() {
        let folder = tempfile::tempdir().unwrap();
        let missing = secrets(folder.path(), SecretSource::File("none".into()), SecretMode::StandIn);
        assert!(is(missing.get("s").unwrap(), "simulated-s"));
        assert!(missing.get("t").is_err());
        assert!(missing.unused().is_empty());
        assert!(!missing.into_findings()[0].is_error());
    }
}
