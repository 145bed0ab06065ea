//! `trueup snapshot`: what a look sees, kept in a file.

use std::path::PathBuf;

use crate::cli::common::ConnectedWorkspace;
use crate::cli::exit::{ExitRow, Fact, Findings};
use crate::cli::stop::Doing;
use crate::cli::{CommandError, Dir, Exit, Global, common};
use crate::ledger::now;
use crate::observe::Scope;
use crate::private;
use crate::render;
use crate::snapshot::{Difference, Snapshot, SnapshotError};

/// Bytes of a snapshot that are read.
const MAX_BYTES: u64 = 1 << 30;

/// Options of `snapshot`.
#[derive(Debug, clap::Args)]
pub(crate) struct SnapshotOptions {
    #[command(flatten)]
    workspace: Dir,
    /// The file to write, for its owner's eyes only. Of a snapshot that is there already, it is told what has changed since.
    #[arg(short = 'o', long = "out", value_name = "FILE")]
    out: PathBuf,
}

/// Looks at everything that the targets hold, and keeps it.
pub(crate) async fn run(global: &Global, options: &SnapshotOptions) -> Result<Exit, CommandError> {
    let topology = common::load(global, &options.workspace.dir)?;
    let mut ledger = common::open_ledger(&topology)?;
    ledger.keep_key()?;
    let before = before(options, &topology.workspace, &ledger.base.key.id())?;
    let mut workspace = ConnectedWorkspace::connect(global, topology).await?;
    let taken = now();
    let observed = workspace.observe(&ledger.base, Scope::Everything).await;
    workspace.tell_troubles(None);
    if let Some(headline) = workspace.blind() {
        return Err(CommandError::failed(headline));
    }
    let snapshot = Snapshot::of(&workspace.topology, &observed, &ledger.base, &taken);
    let text = snapshot.text().map_err(|error| common::not_written(&options.out, &error.into()))?;
    common::save(&options.out, text.as_bytes())?;
    if let Some(before) = before {
        eprintln!("since {}: {}", before.taken, Difference::between(&before, &snapshot));
    }
    eprintln!("wrote {} to `{}`", render::counted(observed.targets.len(), "target"), options.out.display());
    let mut found = Findings::default();
    found.add_if(!workspace.troubles.is_empty(), Fact::PartWay);
    workspace.close().await;
    Ok(found.exit(ExitRow::Other))
}

/// The snapshot that is in the file. Anything else that is there stays.
fn before(options: &SnapshotOptions, workspace: &str, key_id: &str) -> Result<Option<Snapshot>, CommandError> {
    let bytes = match private::read(&options.out, MAX_BYTES) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).doing("read", &options.out),
    };
    let file = options.out.display().to_string();
    match Snapshot::read(&bytes, &file, workspace, key_id) {
        Ok(snapshot) => Ok(Some(snapshot)),
        Err(error @ SnapshotError::Later(..)) => {
            Err(CommandError::failed(error.to_string()).help("use that version, or name another file"))
        }
        Err(error) => Err(CommandError::failed(error.to_string()).help("name another file")),
    }
}
