//! Names that an export makes: of files, and of secrets.

use crate::address::Address;

/// The name of a file for an object of that id. Whatever a controller calls it, it lies in its folder.
pub(super) fn file_name(id: &str) -> String {
    let name = wire::encode(id);
    if name.starts_with('.') { name.replace('.', "%2E") } else { name }
}

/// A secret's name in `trueup.yaml`, from the resource and the field.
pub(super) fn secret_name(address: &Address, field: &str) -> String {
    let text = format!("{address}-{field}").to_lowercase();
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-")
}
