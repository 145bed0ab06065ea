//! `trueup fmt`: the files of a workspace, indented the one way.

use std::path::{Path, PathBuf};

use crate::cli::exit::{ExitRow, Fact, Findings};
use crate::cli::stop::Doing;
use crate::cli::{CommandError, Exit, Global, common, output};
use crate::finding::{Finding, Place};
use crate::providers::CATALOGUE;
use crate::source::{SourceFile, formatted, spot};
use crate::topology;

/// Options of `fmt`.
#[derive(Debug, clap::Args)]
pub(crate) struct FmtOptions {
    /// The files; without any, those of the workspace here.
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Writes nothing, and names the files that are written otherwise.
    #[arg(long)]
    check: bool,
}

/// Indents, and names the files that changed.
pub(crate) fn run(global: &Global, options: &FmtOptions) -> Result<Exit, CommandError> {
    let files = match options.files.as_slice() {
        [] => files_here(global)?,
        files => files.to_vec(),
    };
    let mut refused = Vec::new();
    let mut lines = String::new();
    for file in &files {
        match new_text(file)? {
            Ok(None) => continue,
            Ok(Some(text)) => {
                if !options.check {
                    std::fs::write(file, text).doing("write", file)?;
                }
                lines.push_str(&format!("{}\n", file.display()));
            }
            Err(finding) => refused.push(*finding),
        }
    }
    output::print(&lines)?;
    common::tell_findings(global, &refused);
    let mut found = Findings::default();
    found.add_if(!refused.is_empty() || options.check && !lines.is_empty(), Fact::PartWay);
    Ok(found.exit(ExitRow::Validate))
}

/// The files of the workspace here.
fn files_here(global: &Global) -> Result<Vec<PathBuf>, CommandError> {
    let files = topology::files(Path::new("."), CATALOGUE, &common::file_options(global)?);
    let files = files.map_err(|findings| CommandError::Findings(findings, Exit::Failed))?;
    Ok(files.into_iter().map(|file| PathBuf::from(&*file.path)).collect())
}

/// A file's text as it is to be; `None` where it is so already.
fn new_text(file: &Path) -> Result<Result<Option<String>, Box<Finding>>, CommandError> {
    let text = std::fs::read_to_string(file).doing("read", file)?;
    Ok(match formatted(&text) {
        Ok(new) if new == text => Ok(None),
        Ok(new) => Ok(Some(new)),
        Err(error) => {
            let source = SourceFile::new(&file.display().to_string(), text);
            let mut finding = Finding::error(error.code, error.message).at(&Place::file(&source.path));
            finding.spot = error.offset.map(|offset| spot(&source, offset));
            Err(Box::new(error.help.into_iter().fold(finding, |finding, help| finding.help(help))))
        }
    })
}
