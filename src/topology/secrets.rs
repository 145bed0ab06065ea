//! Secrets: looked up where the workspace says they come from, each once, and only those that something uses.
//!
//! * `vault`, `age`: sources that have more to say than a line; `mistakes`: what is wrong in what they say
//! * `of_ledger`: those of the ledger; `derived`: one that is made of another; `status`: what is known of each, without its value

mod age;
mod derived;
mod mistakes;
mod of_ledger;
pub(super) mod source;
mod status;
mod vault;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use base64::prelude::{BASE64_STANDARD, Engine};

use crate::attr::Attr;
use crate::finding::{Finding, Place};
use crate::program::{self, ProgramOutput};
use crate::redact::{Redactor, SHORTEST, Scalars, redact_declared};
use crate::secret::Secret;
use crate::suggest::hint;
use crate::topology::envelope::SecretSource;

pub(crate) use age::encrypted;
pub(crate) use mistakes::mistakes;
pub(crate) use status::{SecretSight, SecretStatus};
use vault::KnownPaths;
pub(crate) use vault::{PlainText, VaultAnswer, VaultDoor, VaultLogin, VaultPath};

/// How long a command may take: long enough for somebody to touch a hardware key.
const TIMEOUT: Duration = Duration::from_secs(60);

/// What a secret may hold: a certificate chain fits many times over, a wrong file does not.
const MAX_BYTES: u64 = 1 << 20;

/// The codes of findings about the values of secrets, which only those see who look them up.
pub(crate) const ABOUT_VALUES: [&str; 4] = ["missing-secret", "odd-secret", "open-secret", "short-secret"];

/// What to do about a secret that can't be looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SecretMode {
    /// It is an error.
    #[default]
    Required,
    /// A stand-in that is the same each time takes its place, with a warning: for a server of the user's that stands for
    /// the real ones. It gets the secrets that are there, as they would.
    StandIn,
    /// A stand-in takes its place, and nothing is asked for: for what looks at files alone, such as `validate`. A pull
    /// request of a stranger can't have a command run by it, and needs no password to be checked.
    Unasked,
    /// The same, but for those that open the store of the ledger: for what reads there and nowhere else, such as `history`.
    OfStore,
    /// A stand-in takes its place even if it could be: for simulated controllers in this process, whose state is kept
    /// beside the files. No secret gets there, no command runs, and it makes no difference what is set.
    Rehearsed,
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
    /// Who asks Vault, and what was asked.
    door: Option<Arc<dyn VaultDoor>>,
    vault: RefCell<KnownPaths>,
    /// How old those are that were looked up, and why others could not be.
    seen: RefCell<BTreeMap<String, Result<Option<String>, String>>>,
    /// Those that are keys of a ledger.
    keys: RefCell<BTreeSet<String>>,
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
            door: None,
            vault: RefCell::default(),
            seen: RefCell::default(),
            keys: RefCell::default(),
        }
    }

    /// The same, with somebody who asks Vault.
    pub(crate) fn with_door(self, door: Option<Arc<dyn VaultDoor>>) -> Secrets {
        Secrets { door, ..self }
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
                    .help(format!("secrets are declared under `secrets` in `trueup.yaml`; {}", hint(name, declared))),
            ));
        };
        let secret = match self.are_asked_for() {
            true => self.look_up(name, source, place, self.mode),
            false => Some(StandInShape::Word.stand_in(name)),
        };
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

    /// Those that nothing has asked for, as far as they are there.
    pub(crate) fn spare(&self) -> Vec<Secret> {
        let told = self.findings.borrow().len();
        let unused = self.unused().into_iter();
        let spare = unused.filter_map(|(name, _)| self.get(&name).ok().flatten()).collect();
        // Nobody needs them.
        self.findings.borrow_mut().truncate(told);
        spare
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

    fn look_up(&self, name: &str, source: &SecretSource, place: &Place, mode: SecretMode) -> Option<Secret> {
        let label = format!("secret.{name}");
        let without_age = |value| (value, None);
        let found = match source {
            SecretSource::Env(variable) => from_env(variable).map(without_age),
            SecretSource::File(path) => self.read_file(path, place).map(|value| (value, self.changed(path))),
            SecretSource::Command(line) => from_command(line, &self.folder, TIMEOUT).map(without_age),
            SecretSource::Vault(source) => self.vault.borrow_mut().field(source, self.door.as_deref()),
            SecretSource::Age(source) => age::decrypted(source, &self.folder).and_then(of_age).map(without_age),
        };
        let trouble = match found {
            Ok((value, since)) if !value.is_empty() => {
                self.seen.borrow_mut().insert(name.to_owned(), Ok(since));
                self.look_over(name, &value, place);
                return Some(Secret::new(label, value));
            }
            Ok(_) => {
                SecretError { what: "is empty".into(), remedy: "give it a value, or drop what refers to it".into() }
            }
            Err(missing) => missing,
        };
        self.seen.borrow_mut().insert(name.to_owned(), Err(trouble.what.clone()));
        let message = format!("secret `{name}` {}", trouble.what);
        let is_needed = mode == SecretMode::Required;
        let finding = match is_needed {
            true => Finding::error("missing-secret", message).help(trouble.remedy),
            false => Finding::warning("missing-secret", format!("{message}; a stand-in takes its place"))
                .help(format!("before a real run: {}", trouble.remedy)),
        };
        self.findings.borrow_mut().push(finding.at(place));
        (!is_needed).then(|| StandInShape::Word.stand_in(name))
    }

    /// Tells what is odd about a value: what nobody sees when it is pasted, and what can't be kept from being shown.
    fn look_over(&self, name: &str, value: &str, place: &Place) {
        let warn = |code, what: &str, help: &str| {
            let finding = Finding::warning(code, format!("secret `{name}` {what}")).help(help);
            self.findings.borrow_mut().push(finding.at(place));
        };
        let is_odd = |letter: char| letter.is_control() && !matches!(letter, '\n' | '\r' | '\t');
        if value.trim() != value {
            warn("odd-secret", "begins or ends with white space", "cut it off, unless the controller's has it, too");
        } else if value.contains(is_odd) {
            warn("odd-secret", "holds control characters", "write it anew by hand: they come with copying");
        }
        if value.chars().count() < SHORTEST {
            let what = format!("has fewer than {SHORTEST} letters: it can't be kept out of what is printed");
            warn("short-secret", &what, "a secret that short keeps nobody out: choose a longer one");
        }
    }

    /// A declared value of a secret field. No text may repeat it, wherever it comes from.
    pub(crate) fn redacted(&self, label: &str, attr: Attr, scalars: Scalars) -> Attr {
        let redacted = redact_declared(label, attr, scalars);
        if let Attr::Secret(secret) = &redacted
            && secret.is_text()
        {
            self.learn(secret.clone());
        }
        redacted
    }

    /// The secret in the shape that its field needs: a stand-in takes it, any other is what it is.
    pub(crate) fn shaped(&self, name: &str, secret: Secret, shape: StandInShape) -> Secret {
        let is_stand_in = self.mode != SecretMode::Required && secret == StandInShape::Word.stand_in(name);
        if !is_stand_in {
            return secret;
        }
        let shaped = shape.stand_in(name);
        self.learn(shaped.clone());
        shaped
    }

    /// Says whether any is looked up at all, rather than each having a stand-in.
    pub(crate) fn are_asked_for(&self) -> bool {
        !matches!(self.mode, SecretMode::Unasked | SecretMode::OfStore | SecretMode::Rehearsed)
    }

    /// Says what to do about secrets that can't be looked up.
    pub(crate) fn mode(&self) -> SecretMode {
        self.mode
    }

    /// Takes note of a secret that the workspace does not name: no text may repeat it.
    pub(crate) fn learn(&self, secret: Secret) {
        self.learned.borrow_mut().push(secret);
    }

    /// When a file was last changed, relative to the workspace.
    fn changed(&self, path: &Path) -> Option<String> {
        let changed: SystemTime = fs::metadata(self.folder.join(path)).ok()?.modified().ok()?;
        let time = jiff::Timestamp::try_from(changed).ok()?.round(jiff::Unit::Second).ok()?;
        Some(time.to_string())
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

/// The shape of a stand-in: what its field takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StandInShape {
    /// A word.
    Word,
    /// A certificate.
    Certificate,
    /// A private key.
    PrivateKey,
}

impl StandInShape {
    /// The stand-in for a secret. It is told by the name alone, so it is the same each time and another for each secret.
    fn stand_in(self, name: &str) -> Secret {
        let word = format!("simulated-{name}");
        let pem = |what: &str| {
            let body = BASE64_STANDARD.encode(&word);
            format!("-----BEGIN {what}-----\n{body}\n-----END {what}-----")
        };
        let value = match self {
            StandInShape::Word => word,
            StandInShape::Certificate => pem("CERTIFICATE"),
            StandInShape::PrivateKey => pem("PRIVATE KEY"),
        };
        Secret::new(format!("secret.{name}"), value)
    }
}

/// Why a secret is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
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
    std::env::var(variable).map(without_packing).map_err(|error| SecretError {
        what: match error {
            std::env::VarError::NotPresent => format!("is not there: the environment has no `{variable}`"),
            std::env::VarError::NotUnicode(_) => format!("is not text: `{variable}` is not UTF-8"),
        },
        remedy: format!("set it: `export {variable}=…`, or as a secret of the CI job"),
    })
}

/// The text that age had encrypted.
fn of_age(bytes: Vec<u8>) -> Result<String, SecretError> {
    text_of(bytes).map_err(|what| SecretError { what, remedy: "encrypt text: other bytes are no value here".into() })
}

fn text_of(bytes: Vec<u8>) -> Result<String, String> {
    String::from_utf8(bytes).map(without_packing).map_err(|_| "is not UTF-8 text".to_owned())
}

/// A value without what editors and shells put around it: the mark at the beginning of a file, and the line ends behind it.
fn without_packing(text: String) -> String {
    text.strip_prefix('\u{feff}').unwrap_or(&text).trim_end_matches(['\r', '\n']).to_owned()
}

fn from_command(line: &[String], folder: &Path, timeout: Duration) -> Result<String, SecretError> {
    let Some((called, arguments)) = line.split_first() else {
        return Err(SecretError {
            what: "has an empty command".into(),
            remedy: "name a program and its arguments".into(),
        });
    };
    let failed = |what: String| SecretError {
        what: format!("can't be had from `{called}`: {what}"),
        remedy: "run the command by hand in the workspace's folder to see more".into(),
    };
    let ran = program::run(Command::new(called).args(arguments).current_dir(folder), timeout, MAX_BYTES);
    let ProgramOutput { status, output, errors } = ran.map_err(failed)?;
    if !status.success() {
        return Err(failed(if errors.is_empty() { status.to_string() } else { format!("{status}: {errors}") }));
    }
    text_of(output).map_err(failed)
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;
    use crate::spec::{CERTIFICATE, Type, canonical};

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
    fn files_and_commands_lose_what_editors_and_shells_add() {
        use std::os::unix::fs::PermissionsExt;
        // What a file holds, what the secret is, and the findings.
        for (text, value, codes) in [
            ("a b-c", "a b-c", &["open-secret"][..]),
            ("a b-c\n", "a b-c", &["open-secret"]),
            ("a b-c\r\n", "a b-c", &["open-secret"]),
            ("\u{feff}a b-c\r\n", "a b-c", &["open-secret"]),
            ("a b-c\n\n", "a b-c", &["open-secret"]),
            ("a b-c\r\n\r\n\n\r", "a b-c", &["open-secret"]),
            ("\na b-c\n\n", "\na b-c", &["odd-secret", "open-secret"]),
            ("a b-c  \n", "a b-c  ", &["odd-secret", "open-secret"]),
            ("a b\u{7}c\n", "a b\u{7}c", &["odd-secret", "open-secret"]),
            ("line one\nline two\n", "line one\nline two", &["open-secret"]),
            ("abc\n", "abc", &["short-secret", "open-secret"]),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("psk");
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
            let from_file = secrets(folder.path(), SecretSource::File("psk".into()), SecretMode::Required);
            assert!(is(from_file.get("s").unwrap(), value), "{text:?}");
            let found = from_file.into_findings();
            assert_eq!(found.iter().map(|finding| finding.code).collect::<Vec<_>>(), codes, "{text:?}");
            assert!(found.iter().all(|finding| !finding.is_error()));
            let printed = secrets(folder.path(), command(&["cat", "psk"]), SecretMode::Required);
            assert!(is(printed.get("s").unwrap(), value), "{text:?}");
            assert_eq!(without_packing(text.to_owned()), value, "{text:?}");
        }
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

    #[test]
    fn of_those_who_read_the_ledger_what_opens_it_is_asked_for_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("url"), "postgres://real").unwrap();
        let is_real = |secret: Option<Secret>| secret == Some(Secret::new("", "postgres://real"));
        for (mode, plain, opens) in [
            (SecretMode::OfStore, false, true),
            (SecretMode::Unasked, false, false),
            (SecretMode::Rehearsed, false, false),
            (SecretMode::Required, true, true),
        ] {
            let secrets = secrets(folder.path(), SecretSource::File("url".into()), mode);
            assert_eq!(is_real(secrets.get("s").unwrap()), plain, "a field");
            assert_eq!(is_real(secrets.get_key("s").unwrap()), plain, "the key of fingerprints");
            assert_eq!(is_real(secrets.get_of_store("s").unwrap()), opens, "what opens the store");
        }
        let missing = secrets(folder.path(), SecretSource::File("none".into()), SecretMode::OfStore);
        assert!(missing.get_of_store("s").unwrap().is_none());
        assert!(missing.into_findings()[0].is_error());
    }

    #[cfg(unix)]
    #[test]
    fn nothing_is_asked_for_where_files_alone_are_looked_at() {
        for mode in [SecretMode::Unasked, SecretMode::OfStore, SecretMode::Rehearsed] {
            let folder = tempfile::tempdir().unwrap();
            fs::write(folder.path().join("psk"), "real").unwrap();
            for source in [
                SecretSource::Env("TRUEUP_TEST_NO_SUCH".into()),
                SecretSource::Env("PATH".into()),
                SecretSource::File("none".into()),
                SecretSource::File("psk".into()),
                command(&["touch", "was-here"]),
                command(&[]),
            ] {
                let secrets = secrets(folder.path(), source, mode);
                assert!(is(secrets.get("s").unwrap(), "simulated-s"));
                assert!(secrets.into_findings().is_empty());
            }
            assert!(!folder.path().join("was-here").exists(), "a command was run");
        }
    }

    #[test]
    fn files_outside_the_folder_are_told() {
        let is_told = |source: SecretSource| {
            let sources = BTreeMap::from([("s".to_owned(), (source, Place::file("trueup.yaml")))]);
            let found = mistakes(&sources);
            assert!(found.iter().all(Finding::is_error));
            found.len() == 1
        };
        for (path, outside) in [
            ("psk.txt", false),
            ("secrets/psk.txt", false),
            ("./secrets/../psk.txt", false),
            ("/run/secrets/psk", false),
            ("/run/../etc/psk", false),
            ("..", true),
            ("../psk.txt", true),
            ("secrets/../../psk.txt", true),
            ("a/../../net/psk.txt", true),
            ("../../../../etc/passwd", true),
        ] {
            assert_eq!(is_told(SecretSource::File(path.into())), outside, "{path}");
        }
        assert!(!is_told(SecretSource::Env("../x".into())));
        assert!(!is_told(command(&["cat", "../x"])));
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

    #[test]
    fn a_rehearsal_sees_no_secret_and_runs_no_command() {
        let folder = tempfile::tempdir().unwrap();
        for source in [SecretSource::File("psk".into()), command(&["touch", "ran"]), SecretSource::Env("HOME".into())] {
            fs::write(folder.path().join("psk"), "real-canary").unwrap();
            let rehearsed = secrets(folder.path(), source, SecretMode::Rehearsed);
            let word = rehearsed.get("s").unwrap().unwrap();
            assert_eq!(word, Secret::new("", "simulated-s"));
            let cert = rehearsed.shaped("s", word, StandInShape::Certificate);
            let print = canonical(&Type::Format(&CERTIFICATE), &Attr::Secret(cert));
            assert_eq!(print.as_text().map(str::len), Some(64));
            assert!(rehearsed.into_findings().is_empty());
        }
        assert!(!folder.path().join("ran").exists());
    }
}
