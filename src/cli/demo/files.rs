//! The demo's workspace: the example `acme-wan`, in the binary, so that the command works anywhere.

use std::fs;
use std::io::Write;
use std::path::Path;

use crate::cli::CommandError;
use crate::cli::stop::Doing;
use crate::private;

/// A table of files of the example, each with its content.
macro_rules! files {
    ($($path:literal),* $(,)?) => {
        &[$(($path, include_str!(concat!("../../../examples/acme-wan/", $path)))),*]
    };
}

/// The files, by their paths in the workspace.
const FILES: &[(&str, &str)] = files![
    "blueprints/gi-firewall/blueprint.yaml",
    "blueprints/router/blueprint.yaml",
    "cloudify.yaml",
    "f5.yaml",
    "netfoundry.yaml",
    "secrets/bgp.txt",
    "secrets/bigip-admin.txt",
    "secrets/bigip-license.txt",
    "secrets/cloudify.txt",
    "secrets/netfoundry-client.txt",
    "secrets/netfoundry-password.txt",
    "secrets/noc-token.txt",
    "secrets/psk-east-west.txt",
    "secrets/psk-frankfurt.txt",
    "secrets/psk-osaka.txt",
    "secrets/router-login.txt",
    "secrets/vnfm.txt",
    "secrets/vns3-east.txt",
    "secrets/vns3-west.txt",
    "trueup.yaml",
    "vns3/east.yaml",
    "vns3/west.yaml",
];

/// Writes the files into a new folder, readable for their owner alone: there are secrets among them.
pub(crate) fn write(folder: &Path) -> Result<(), CommandError> {
    if folder.read_dir().is_ok_and(|mut entries| entries.next().is_some()) {
        let message = format!("`{}` is not empty", folder.display());
        return Err(CommandError::failed(message).help("name a folder that does not exist yet"));
    }
    for (path, text) in FILES {
        let path = folder.join(path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).doing("make the folder", folder)?;
        }
        let written = private::create(&path).and_then(|mut file| file.write_all(text.as_bytes()));
        written.doing("write", &path)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_holds_the_whole_example() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/acme-wan");
        let mut found = Vec::new();
        let mut folders = vec![root.clone()];
        while let Some(folder) = folders.pop() {
            for entry in folder.read_dir().unwrap() {
                let path = entry.unwrap().path();
                match path.is_dir() {
                    true if path.ends_with(".trueup") => {}
                    true => folders.push(path),
                    false => found.push(path.strip_prefix(&root).unwrap().display().to_string()),
                }
            }
        }
        found.sort();
        assert_eq!(FILES.iter().map(|(path, _)| *path).collect::<Vec<_>>(), found);
    }
}
