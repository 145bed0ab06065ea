//! Ledgers in a git ref: each state is one commit without parents, so that the ref stays as small as what it holds.
//!
//! The commits lie in the repository that the workspace is in. With a remote the ref is the server's: it is asked for before
//! each read and pushed with each swap, on the condition that it is still the one that was read. Fetch and push are left to
//! the `git` program, which knows about credential helpers, agents and tokens; objects are made here.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::{Store, StoreChange, StoreError, StoreState, StoreTrouble};
use crate::program::{self, ProgramOutput};
use crate::source::{Commits, TreeError};

/// How long a fetch or a push may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// Bytes of what `git` says that are read.
const MAX_WORDS: u64 = 1 << 20;

/// What tells `git` of another repository than the one that is meant, where a hook runs this program.
const OF_A_HOOK: [&str; 5] = ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_PREFIX"];

/// What servers say that won't change their mind: part of their words.
const REFUSALS: [&str; 5] =
    ["denied", "declined", "Authentication failed", "protected", "does not appear to be a git repository"];

/// Ledgers in a git ref.
#[derive(Debug)]
pub(crate) struct GitStore {
    /// A folder in the repository.
    folder: PathBuf,
    /// The ref, as in `refs/trueup/acme-wan`.
    reference: String,
    /// The remote that it is pushed to; without one it stays in the repository.
    remote: Option<String>,
    /// Bytes that are read of a file at most.
    limit: u64,
}

/// What `git` says where another one changes the same ref at once.
const REF_IS_HELD: &str = "cannot lock ref";

impl GitStore {
    /// The ledgers in a ref of the repository around a folder.
    pub(crate) fn new(folder: &Path, reference: &str, remote: Option<&str>, limit: u64) -> GitStore {
        let (reference, remote) = (reference.to_owned(), remote.map(str::to_owned));
        GitStore { folder: folder.to_owned(), reference, remote, limit }
    }

    fn commits(&self) -> Result<Commits, StoreError> {
        Commits::around(&self.folder).map_err(|error| self.trouble(&error))
    }

    /// The commit that the ref is at: at the remote, if it has one.
    fn head(&self) -> Result<Option<String>, StoreError> {
        let Some(remote) = &self.remote else {
            return self.commits()?.head(&self.reference).map_err(|error| self.trouble(&error));
        };
        let said = self.git(&["ls-remote", "--quiet", remote, &self.reference])?;
        if !said.status.success() {
            return Err(self.said(&said));
        }
        let text = String::from_utf8_lossy(&said.output).into_owned();
        let mut lines = text.lines().filter_map(|line| line.split_once('\t'));
        Ok(lines.find(|(_, name)| *name == self.reference).map(|(commit, _)| commit.to_owned()))
    }

    /// Brings a state of the remote here, unless it is here.
    fn bring(&self, commits: &Commits, at: &StoreState) -> Result<(), StoreError> {
        let Some(remote) = self.remote.as_ref().filter(|_| !commits.has(&at.0)) else { return Ok(()) };
        let refspec = format!("+{}:{}", self.reference, self.kept_at());
        let said = self.git(&["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", remote, &refspec])?;
        match (said.status.success(), commits.has(&at.0)) {
            // It is here, also where another run beside this one holds the ref that keeps it, or left its lock behind.
            (_, true) => Ok(()),
            (true, false) => Err(StoreError::Raced),
            (false, false) if said.errors.contains(REF_IS_HELD) => Err(StoreError::Raced),
            (false, false) => Err(self.said(&said)),
        }
    }

    /// The ref that keeps the last state of the remote from being tidied away here.
    fn kept_at(&self) -> String {
        let name = self.reference.strip_prefix("refs/").unwrap_or(&self.reference);
        format!("refs/trueup-remote/{name}")
    }

    fn git(&self, arguments: &[&str]) -> Result<ProgramOutput, StoreError> {
        let mut command = Command::new("git");
        // Nobody is asked for a password, and what is said can be read.
        command.args(arguments).current_dir(&self.folder).env("LC_ALL", "C").env("GIT_TERMINAL_PROMPT", "0");
        for name in OF_A_HOOK {
            command.env_remove(name);
        }
        program::run(&mut command, PATIENCE, MAX_WORDS).map_err(|why| self.away(&format!("`git`: {why}")))
    }

    /// What `git` said, as an error. Rights and rules stay what they are; all else may pass.
    fn said(&self, said: &ProgramOutput) -> StoreError {
        let lines = || said.errors.lines().map(str::trim).filter(|line| !line.is_empty());
        let telling =
            lines().find(|line| line.starts_with("fatal:") || line.starts_with("remote:") || line.starts_with('!'));
        let words = telling.or_else(|| lines().next()).unwrap_or("it failed");
        let told = StoreTrouble::new(format!("`{}`: git says: {words}", self.name()));
        let all = format!("{}\n{}", said.errors, String::from_utf8_lossy(&said.output));
        match REFUSALS.iter().any(|word| all.contains(word)) {
            true => StoreError::Refused(told),
            false => StoreError::Away(told),
        }
    }

    fn trouble(&self, error: &TreeError) -> StoreError {
        self.away(&error.to_string())
    }

    fn away(&self, why: &str) -> StoreError {
        StoreError::Away(StoreTrouble::new(format!("`{}`: {why}", self.name())))
    }
}

impl Store for GitStore {
    fn name(&self) -> String {
        match &self.remote {
            Some(remote) => format!("{} at {remote}", self.reference),
            None => self.reference.clone(),
        }
    }

    fn state(&self) -> Result<Option<StoreState>, StoreError> {
        Ok(self.head()?.map(StoreState))
    }

    fn read(&self, at: &StoreState, file: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let commits = self.commits()?;
        self.bring(&commits, at)?;
        commits.file(&at.0, file, self.limit).map_err(|error| self.trouble(&error))
    }

    fn swap(&self, from: Option<&StoreState>, change: &StoreChange) -> Result<StoreState, StoreError> {
        let commits = self.commits()?;
        from.map_or(Ok(()), |from| self.bring(&commits, from))?;
        let before = from.map(|state| state.0.as_str());
        let commit = commits.write(before, change).map_err(|error| self.trouble(&error))?;
        let Some(remote) = &self.remote else {
            let moved = commits.move_head(&self.reference, before, &commit).map_err(|error| self.trouble(&error))?;
            return if moved { Ok(StoreState(commit)) } else { Err(StoreError::Raced) };
        };
        let lease = format!("--force-with-lease={}:{}", self.reference, before.unwrap_or_default());
        let refspec = format!("{commit}:{}", self.reference);
        let said = self.git(&["push", "--quiet", "--porcelain", "--no-verify", &lease, remote, &refspec])?;
        if said.status.success() {
            return Ok(StoreState(commit));
        }
        // Each server has its own words for a lost race. Where the ref is by now has one meaning.
        match self.head()? {
            Some(now) if now == commit => Ok(StoreState(commit)),
            now if now.as_deref() == before => Err(self.said(&said)),
            _ => Err(StoreError::Raced),
        }
    }
}
