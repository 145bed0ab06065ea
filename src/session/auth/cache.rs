//! Tokens that outlive a run: one file for each account and issuer, for its owner's eyes only.
//!
//! What can't be read or written is fetched anew: a cache is never a reason to fail.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use serde::Deserialize;

use crate::attr::Attr;
use crate::digest::sha256;
use crate::private;
use crate::secret::{Piece, Secret};
use crate::session::encode;
use crate::spec::UserFolder;
use crate::topology;

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
    /// The place of the token that an issuer gives to a client; `None` if the user has no folder for it.
    pub(crate) fn of(url: &Secret, client: &Secret) -> Option<Cache> {
        let account = Secret::concat("account", [Piece::Secret(url), Piece::Plain("\n"), Piece::Secret(client)]);
        let name = account.public_part(|text| sha256(text));
        let folder = topology::folder(UserFolder::Cache("trueup"))?.join("tokens");
        Some(Cache { path: folder.join(format!("{}.json", &name[..32])) })
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
