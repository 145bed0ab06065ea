//! What is plainly wrong with what sources say, before anybody is asked.

use std::collections::BTreeMap;
use std::path::Component;

use super::{age, vault};
use crate::finding::{Finding, Place};
use crate::topology::envelope::SecretSource;

/// What is wrong with what the sources say, before anybody is asked.
pub(crate) fn mistakes(sources: &BTreeMap<String, (SecretSource, Place)>) -> Vec<Finding> {
    let of_source = |(name, (source, place)): (&String, &(SecretSource, Place))| match source {
        SecretSource::Vault(source) => vault::mistakes(name, source, place),
        SecretSource::Age(source) => age::mistakes(name, source, place),
        SecretSource::Env(_) | SecretSource::File(_) | SecretSource::Command(_) => Vec::new(),
    };
    let mut found = files_outside(sources);
    found.extend(sources.iter().flat_map(of_source));
    found
}

/// The secrets whose files lie outside the workspace's folder although they are named from within: whoever may change
/// `trueup.yaml` chooses what is read there. An absolute path stands for what the machine's keeper has put in its place.
fn files_outside(sources: &BTreeMap<String, (SecretSource, Place)>) -> Vec<Finding> {
    let outside = |(name, (source, place)): (&String, &(SecretSource, Place))| {
        let path = match source {
            SecretSource::File(path) => path,
            SecretSource::Age(source) => source.identity_file()?,
            SecretSource::Env(_) | SecretSource::Command(_) | SecretSource::Vault(_) => return None,
        };
        let mut depth = 0_usize;
        let leads_out = path.components().any(|part| match part {
            Component::ParentDir => depth.checked_sub(1).map(|above| depth = above).is_none(),
            Component::Normal(_) => {
                depth += 1;
                false
            }
            Component::CurDir | Component::RootDir | Component::Prefix(_) => false,
        });
        let shown = path.display();
        let message = format!("the file of secret `{name}`, `{shown}`, lies outside the workspace's folder");
        let help = "keep it in the folder, out of git, or name it by its absolute path";
        (path.is_relative() && leads_out).then(|| Finding::error("secret-outside", message).help(help).at(place))
    };
    sources.iter().filter_map(outside).collect()
}
