//! Secrets that stand in the files themselves, encrypted with age: beside `trueup secrets encrypt` the only place that names
//! the crate.
//!
//! Who may read them has an identity: in `TRUEUP_AGE_IDENTITY`, or in a file, where the tools that use age look for one.

use std::io::Read;
use std::path::{Path, PathBuf};

use age::armor::ArmoredReader;
use age::x25519::Recipient;
use age::{DecryptError, Decryptor, Identity, IdentityFile};

use super::{MAX_BYTES, SecretError};
use crate::finding::{Finding, Place};
use crate::spec::UserFolder;
use crate::topology::envelope::AgeSource;
use crate::topology::machine::{folder, variable};

/// The first line of a value that is encrypted.
const BEGIN: &str = "-----BEGIN AGE ENCRYPTED FILE-----";

/// The last one.
const END: &str = "-----END AGE ENCRYPTED FILE-----";

/// The variable that holds an identity itself, for a CI job's secrets.
const IDENTITY: &str = "TRUEUP_AGE_IDENTITY";

/// The variable that names a file of identities, as that of sops does.
const IDENTITY_FILE: &str = "SOPS_AGE_KEY_FILE";

fn error(what: impl Into<String>, remedy: impl Into<String>) -> SecretError {
    SecretError { what: what.into(), remedy: remedy.into() }
}

/// What is wrong with what a source says, before any identity is looked for.
pub(super) fn mistakes(name: &str, source: &AgeSource, place: &Place) -> Vec<Finding> {
    let text = source.value().trim();
    if text.starts_with(BEGIN) && text.ends_with(END) {
        return Vec::new();
    }
    // What stands there may be the secret itself, and is not shown.
    let message = format!("what stands for secret `{name}` is not encrypted with age");
    let help = "`trueup secrets encrypt --recipient age1… < file` prints what belongs there; what was there before is known \
                to all who can read the file: change it";
    vec![Finding::error("bad-secret-source", message).help(help).at(&place.below("age").key())]
}

/// The bytes that a source encrypts.
pub(super) fn decrypted(source: &AgeSource, workspace: &Path) -> Result<Vec<u8>, SecretError> {
    let (from, text) = identity(source, workspace)?;
    let identities = IdentityFile::from_buffer(text.as_bytes()).ok().and_then(|file| file.into_identities().ok());
    let Some(identities) = identities.filter(|identities| !identities.is_empty()) else {
        let help = "it is a line that begins with `AGE-SECRET-KEY-1`, as `age-keygen` writes it";
        return Err(error(format!("can't be decrypted: {from} holds no identity of age's"), help));
    };
    open(source.value().trim(), &identities).map_err(|why| match why {
        DecryptError::NoMatchingKeys => error(
            format!("can't be decrypted: it is for others than the identity in {from}"),
            "have it encrypted for your recipient, too: `age-keygen -y` prints that",
        ),
        _ => error("can't be decrypted: the text is damaged, or cut off", "encrypt it anew, and copy all of it"),
    })
}

fn open(text: &str, identities: &[Box<dyn Identity + Send + Sync>]) -> Result<Vec<u8>, DecryptError> {
    let decryptor = Decryptor::new_buffered(ArmoredReader::new(text.as_bytes()))?;
    // By a passphrase anybody can encrypt, and to try one costs time: it is for nobody who has an identity.
    if decryptor.is_scrypt() {
        return Err(DecryptError::NoMatchingKeys);
    }
    let identities = identities.iter().map(|identity| &**identity as &dyn Identity);
    let mut bytes = Vec::new();
    decryptor.decrypt(identities)?.take(MAX_BYTES).read_to_end(&mut bytes).map_err(DecryptError::Io)?;
    Ok(bytes)
}

/// An identity, and in words where it comes from.
fn identity(source: &AgeSource, workspace: &Path) -> Result<(String, String), SecretError> {
    if let Some(text) = variable(IDENTITY) {
        return Ok((format!("`{IDENTITY}`"), text));
    }
    let usual = || folder(UserFolder::Settings("sops")).map(|folder| folder.join("age/keys.txt"));
    let named = source.identity_file().map(|file| workspace.join(file));
    let file = named.or_else(|| variable(IDENTITY_FILE).map(PathBuf::from)).or_else(usual);
    let Some(file) = file else {
        return Err(error("can't be decrypted: there is no identity of age's", format!("set `{IDENTITY}`")));
    };
    let shown = format!("`{}`", file.display());
    match std::fs::read_to_string(&file) {
        Ok(text) => Ok((shown, text)),
        Err(why) => Err(error(
            format!("can't be decrypted: the identity can't be read from {shown}: {why}"),
            format!("set `{IDENTITY}` to the identity, or name its file as `identity-file` or in `{IDENTITY_FILE}`"),
        )),
    }
}

/// A text encrypted for a recipient, as it can stand in a file.
///
/// # Errors
/// The recipient is none, or the system has no randomness: why.
pub(crate) fn encrypted(recipient: &str, bytes: &[u8]) -> Result<String, String> {
    let known: Recipient = recipient.trim().parse().map_err(|_| format!("`{recipient}` is no recipient of age's"))?;
    age::encrypt_and_armor(&known, bytes).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use age::secrecy::ExposeSecret;

    use super::*;

    fn source(text: &str, file: &Path) -> AgeSource {
        AgeSource::Full { value: text.to_owned(), identity_file: Some(file.to_owned()) }
    }

    /// A file with an identity, and its recipient.
    fn identity_in(folder: &Path, name: &str) -> (PathBuf, String) {
        let identity = age::x25519::Identity::generate();
        let file = folder.join(name);
        let text = format!("# created: today\n# public key: …\n{}\n", identity.to_string().expose_secret());
        std::fs::write(&file, text).unwrap();
        (file, identity.to_public().to_string())
    }

    #[test]
    fn what_was_encrypted_for_somebody_is_theirs_alone() {
        let folder = tempfile::tempdir().unwrap();
        let ((mine, recipient), (theirs, _)) =
            (identity_in(folder.path(), "mine"), identity_in(folder.path(), "theirs"));
        for secret in ["canary", "two\nlines", "", "é"] {
            let text = encrypted(&recipient, secret.as_bytes()).unwrap();
            assert!(mistakes("s", &source(&text, &mine), &Place::file("trueup.yaml")).is_empty());
            let found = decrypted(&source(&format!("\n{text}\n"), &mine), folder.path());
            assert!(found.is_ok_and(|bytes| bytes == secret.as_bytes()), "{secret}");
            let refused = decrypted(&source(&text, &theirs), folder.path()).map_err(|error| error.what);
            assert!(refused.is_err_and(|what| what.contains("for others than the identity in `")), "{secret}");
            let cut = text.replacen('\n', "\nAAAA", 1);
            let damaged = decrypted(&source(&cut, &mine), folder.path()).map_err(|error| error.what);
            assert!(damaged.is_err_and(|what| what.contains("damaged")), "{secret}");
        }
        std::fs::write(folder.path().join("none"), "not an identity\n").unwrap();
        let text = encrypted(&recipient, b"x").unwrap();
        for (file, says) in [("none", "holds no identity"), ("absent", "can't be read from")] {
            let refused = decrypted(&source(&text, &folder.path().join(file)), folder.path());
            assert!(refused.is_err_and(|error| error.what.contains(says)), "{file}");
        }
        assert!(encrypted("age1nobody", b"x").is_err());
    }

    #[test]
    fn what_is_not_encrypted_is_told_without_being_shown() {
        for text in ["canary", "", BEGIN, "-----BEGIN PGP MESSAGE-----\ncanary\n-----END PGP MESSAGE-----"] {
            let found = mistakes("s", &source(text, Path::new("x")), &Place::file("trueup.yaml"));
            assert_eq!(found.len(), 1, "{text}");
            assert!(!found[0].message.contains("canary"));
        }
    }
}
