//! Tokens that outlive a run: one file for each host, account and password, for its owner's eyes only.
//!
//! A token that can't be read or written is fetched anew: a cache is never a reason to fail.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde::Deserialize;
use url::Url;

use super::grant::TokenAccount;
use crate::attr::Attr;
use crate::digest::hex;
use crate::private;
use crate::secret::{Piece, Secret};
use crate::session::encode;
use crate::spec::UserFolder;
use crate::topology;

/// The key of the files' names, made when it is missing.
fn kept_key(folder: &Path) -> Option<String> {
    let path = folder.with_extension("key");
    let read = || fs::read_to_string(&path).ok().filter(|key| key.len() >= 32);
    if let Some(key) = read() {
        return Some(key);
    }
    private::create_folder(folder.parent()?).ok()?;
    let mut seed = [0; 32];
    fs::File::open("/dev/urandom").ok()?.read_exact(&mut seed).ok()?;
    // Another run may be faster: then its key counts.
    let _ = private::write_new(&path, hex(&seed).as_bytes());
    read()
}

/// The place of one account's token.
pub(crate) struct Cache {
    path: PathBuf,
}

#[derive(Deserialize)]
struct StoredToken {
    token: String,
    /// Seconds of the Unix epoch.
    expiry: u64,
}

impl Cache {
    /// The place of the token that an issuer gives to an account, for use at one API; `None` if the user has no folder for
    /// it.
    pub(crate) fn of(account: &TokenAccount, at: &str) -> Option<Cache> {
        Cache::within(topology::folder(UserFolder::Cache("trueup"))?.join("tokens"), account, at)
    }

    /// The place in a folder. Its name tells host, account and password from others, and none of them: who says another
    /// `at` or has no password finds nothing. Without the key that lies beside it a password can't be tried on it.
    pub(super) fn within(folder: PathBuf, account: &TokenAccount, at: &str) -> Option<Cache> {
        let host = Url::parse(at).ok()?.origin().ascii_serialization();
        let parts = [&account.url, &account.client, &account.password];
        let parts = parts.map(|part| [Piece::Secret(part), Piece::Plain("\n")]).into_iter().flatten();
        let whose = Secret::concat("account", parts.chain([Piece::Plain(&host)]));
        let key = kept_key(&folder)?;
        Some(Cache { path: folder.join(format!("{}.json", whose.fingerprint(key.as_bytes()))) })
    }

    /// The token, and when it expires.
    pub(crate) fn read(&self) -> Option<(Secret, SystemTime)> {
        let stored: StoredToken = serde_json::from_slice(&fs::read(&self.path).ok()?).ok()?;
        let expiry = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(stored.expiry))?;
        Some((Secret::new("token", stored.token), expiry))
    }

    /// Keeps a token.
    pub(crate) fn write(&self, token: &Secret, expiry: SystemTime) {
        let seconds = expiry.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
        let stored = [("token", Attr::Secret(token.clone())), ("expiry", Attr::Number(seconds.into()))];
        let stored = Attr::Map(stored.map(|(key, value)| (key.to_owned(), value)).into());
        if let Err(error) = self.put(&stored) {
            tracing::debug!("the token is not kept in `{}`: {error}", self.path.display());
        }
    }

    fn put(&self, stored: &Attr) -> std::io::Result<()> {
        self.path.parent().map_or(Ok(()), private::create_folder)?;
        encode::json(stored).map_err(std::io::Error::other)?.save(&self.path).map(drop)
    }

    /// Drops a token that was refused, unless another run has put a new one in its place.
    pub(crate) fn forget(&self, refused: &Secret) {
        if self.read().is_some_and(|(kept, _)| kept == *refused) {
            // One that stays is refused again, and costs a request.
            let _ = fs::remove_file(&self.path);
        }
    }
}
