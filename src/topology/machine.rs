//! The machine: what its user's variables and folders hold.

use std::path::{Path, PathBuf};

use crate::spec::UserFolder;

/// The text of a variable that is set to something. What is no UTF-8 in it is not kept.
pub(crate) fn variable(name: &str) -> Option<String> {
    let text = std::env::var_os(name)?.to_string_lossy().trim().to_owned();
    Some(text).filter(|text| !text.is_empty())
}

/// Where a folder is; `None` if the user has no home.
pub(crate) fn folder(folder: UserFolder) -> Option<PathBuf> {
    let below = |variable_name: &str, name: &str| Some(Path::new(&variable(variable_name)?).join(name));
    let base = |variable_name: &str, usual: &str, name: &str| {
        below(variable_name, name).or_else(|| Some(below("HOME", usual)?.join(name)))
    };
    match folder {
        UserFolder::Current => std::env::current_dir().ok(),
        UserFolder::Home(name) => below("HOME", name),
        UserFolder::Settings(name) => base("XDG_CONFIG_HOME", ".config", name),
        UserFolder::Cache(name) => base("XDG_CACHE_HOME", ".cache", name),
        UserFolder::At(path) => Some(path.into()),
    }
}
