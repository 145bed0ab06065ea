//! The beginning of the beginning: a workspace is read, as the command line says.

use std::path::Path;

use jiff::tz::TimeZone;

use crate::cli::common::tell_warnings;
use crate::cli::run_clock::RunClock;
use crate::cli::{CommandError, Exit, Global, simulated, talk};
use crate::private;
use crate::providers::CATALOGUE;
use crate::secret::Secret;
use crate::session::Vault;
use crate::topology::{self, FileSource, KeyPlace, LEDGER_FILE, LedgerPlace, SecretMode, Topology};

/// Reads a workspace; warnings go to stderr.
pub(crate) fn load(global: &Global, dir: &Path) -> Result<Topology, CommandError> {
    load_with(global, dir, load_options(global)?)
}

/// Reads a workspace as it was at a revision, where one is said. What was let through then is not let through again.
pub(crate) fn load_at(global: &Global, dir: &Path, revision: Option<&str>) -> Result<Topology, CommandError> {
    load_with(global, dir, options_at(global, revision)?)
}

/// The options for reading a workspace as it was at a revision, where one is said.
pub(crate) fn options_at(global: &Global, revision: Option<&str>) -> Result<topology::Options, CommandError> {
    let source = revision.map_or(FileSource::Folder, |revision| FileSource::BackTo(revision.to_owned()));
    Ok(topology::Options { source, ..load_options(global)? })
}

/// Reads a workspace for what looks at its files alone: no secret is looked up.
pub(crate) fn load_files(global: &Global, dir: &Path) -> Result<Topology, CommandError> {
    load_with(global, dir, file_options(global)?)
}

/// Reads a workspace for what reads its ledger alone: only what opens that is looked up.
pub(crate) fn load_for_ledger(global: &Global, dir: &Path) -> Result<Topology, CommandError> {
    // A rehearsal's ledger is a file.
    let secrets = if global.sim.is_some() { SecretMode::Unasked } else { SecretMode::OfStore };
    load_with(global, dir, topology::Options { secrets, ..load_options(global)? })
}

/// The options for reading what needs no secret.
pub(crate) fn file_options(global: &Global) -> Result<topology::Options, CommandError> {
    Ok(topology::Options { secrets: SecretMode::Unasked, ..load_options(global)? })
}

fn load_with(global: &Global, dir: &Path, options: topology::Options) -> Result<Topology, CommandError> {
    Ok(load_all(global, dir, options)?.0)
}

/// A workspace, and the secrets that nothing in it uses, where they were asked for.
pub(crate) type WithSpare = (Topology, Vec<Secret>);

/// Reads a workspace, and the secrets that nothing in it uses, where the options ask for them.
pub(crate) fn load_all(global: &Global, dir: &Path, mut options: topology::Options) -> Result<WithSpare, CommandError> {
    if options.secrets == SecretMode::Rehearsed && simulated::holds_secrets(dir, options.environment.as_deref()) {
        options.secrets = SecretMode::StandIn;
        eprintln!(
            "warning: the rehearsal in `.trueup/sim` was begun by an earlier version and holds the secrets that were set\n  \
             help: remove `.trueup/sim`: a new one gets stand-ins only"
        );
    }
    match topology::load(dir, CATALOGUE, &options) {
        Ok(loaded) => {
            talk::keep(&loaded.topology.secrets);
            tell_warnings(global, &loaded.findings);
            let mut topology = loaded.topology;
            rehearse_ownership(global, &mut topology);
            if let FileSource::BackTo(_) = options.source {
                topology.policy.allow.forget_deletes();
            }
            topology.secrets.learn(loaded.spare.iter().cloned());
            Ok((topology, loaded.spare))
        }
        Err(findings) => Err(CommandError::Findings(findings, Exit::Failed)),
    }
}

/// A rehearsal's ledger is not the real one.
pub(crate) fn rehearse_ownership(global: &Global, topology: &mut Topology) {
    if global.sim.is_some() {
        topology.ledger =
            LedgerPlace::File(topology::own_file(topology.environment.as_deref(), "sim").join(LEDGER_FILE));
        topology.key = KeyPlace::Beside;
    }
}

/// The values of variables that a file gives, as they would stand behind `--var`.
fn values_of(file: &Path) -> Result<Vec<(String, String)>, CommandError> {
    /// Larger files hold something else.
    const LARGEST: u64 = 16 << 20;
    let shown = file.display();
    let unfit = |why: String| CommandError::Message(format!("`--vars {shown}`: {why}"), None, Exit::Usage);
    let bytes = private::read(file, LARGEST).map_err(|error| unfit(error.to_string()))?;
    let text = String::from_utf8(bytes).map_err(|_| unfit("it is no text in UTF-8".into()))?;
    topology::given_values(&text).map_err(unfit)
}

/// The options for reading that the command line gives.
pub(crate) fn load_options(global: &Global) -> Result<topology::Options, CommandError> {
    let mut options = topology::Options::from_environment();
    if let Some(name) = &global.environment {
        options.environment = Some(name.clone()).filter(|name| !name.is_empty());
    }
    for file in &global.var_files {
        options.vars.extend(values_of(file)?);
    }
    for pair in &global.vars {
        let (name, value) = pair
            .split_once('=')
            .ok_or_else(|| CommandError::Message(format!("`--var {pair}` is not NAME=VALUE"), None, Exit::Usage))?;
        options.vars.insert(name.to_owned(), value.to_owned());
    }
    options.vault = Some(Vault::door());
    options.today = Some(TimeZone::UTC.to_datetime(RunClock::of(global).now()).date());
    options.secrets = match global.sim.as_deref() {
        None => SecretMode::Required,
        Some("") => SecretMode::Rehearsed,
        Some(_) => SecretMode::StandIn,
    };
    Ok(options)
}
