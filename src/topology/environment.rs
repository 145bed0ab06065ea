//! Environments: one of several forms of a workspace, such as `prod`, by a file below `environments/`.

use std::path::PathBuf;

use crate::finding::{Finding, Place};
use crate::source::{ENVIRONMENTS, PathType, Tree};
use crate::suggest::hint;

/// Names that other things have in `.trueup`.
const TAKEN: [&str; 4] = ["key", "ledger", "runs", "sim"];

/// The file in which an environment keeps something that would lie directly in `.trueup` without one.
pub(crate) fn own_file(environment: Option<&str>, name: &str) -> PathBuf {
    let folder = environment.map_or_else(|| PathBuf::from(".trueup"), |name| PathBuf::from(".trueup").join(name));
    folder.join(name)
}

/// The file of an environment.
///
/// # Errors
/// There is none of that name, or it is no name.
pub(crate) fn file(tree: &dyn Tree, name: &str) -> Result<String, Box<Finding>> {
    let is_word = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    if name.is_empty() || !is_word || TAKEN.contains(&name) {
        let finding = Finding::error("bad-name", format!("`{name}` is no name for an environment"));
        let help = format!("letters, digits, `-` and `_`, and none of `{}`", TAKEN.join("`, `"));
        return Err(Box::new(finding.help(help)));
    }
    let files = tree.list(ENVIRONMENTS).unwrap_or_default();
    let is_file = |ending: &str| {
        let wanted = format!("{name}.{ending}");
        files.iter().any(|(file, entry)| *file == wanted && *entry == PathType::File).then_some(wanted)
    };
    if let Some(file) = is_file("yaml").or_else(|| is_file("yml")) {
        return Ok(format!("{ENVIRONMENTS}/{file}"));
    }
    let names: Vec<&str> = files
        .iter()
        .filter(|(_, entry)| *entry == PathType::File)
        .filter_map(|(file, _)| file.strip_suffix(".yaml").or_else(|| file.strip_suffix(".yml")))
        .collect();
    let finding = Finding::error("unknown-environment", format!("there is no environment `{name}`"));
    Err(Box::new(match names.as_slice() {
        [] => finding.help(format!("an environment is a file in `{ENVIRONMENTS}`, as in `{ENVIRONMENTS}/{name}.yaml`")),
        names => finding.help(hint(name, names.iter().copied())),
    }))
}

/// The finding of an environment that would keep its ledger where the base has its own: each would take the other's
/// objects for what is left over.
pub(crate) fn shared_ledger(environment: &str, place: &Place) -> Finding {
    let message = format!("environment `{environment}` would keep its ledger where the workspace itself does");
    let help = format!(
        "say under `ledger` in `{ENVIRONMENTS}/{environment}.yaml` where its own is, or put a variable into the place that both have"
    );
    Finding::error("shared-ledger", message).help(help).at(place)
}
