//! Downloads: content that a workspace pins, from wherever its URL leads.
//!
//! Nothing but the digest is relied on: whoever answers, over whatever connection, the bytes are the pinned ones or they are
//! not taken. Nothing is sent along that proves who asks.

use std::time::{Duration, Instant};

use url::Url;

use crate::digest;
use crate::session::http::{Http, HttpError};
use crate::session::patience::{TRIES, may_pass, pause_after, retry_after};
use wire::{Method, Request, Response, Transport, TransportError};

/// A server that says nothing for so long has gone.
const IDLE: Duration = Duration::from_secs(30);

/// Content that is not here after this time will not come: the largest content by default at 40 KB a second.
const TIMEOUT: Duration = Duration::from_secs(1800);

/// Fetches content.
pub(crate) struct Downloads {
    http: Http,
}

/// Why content was not fetched.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DownloadError {
    /// The server refuses.
    #[error("`{url}` can't be fetched: the server answers {status}")]
    Refused {
        /// The URL that was asked for.
        url: Url,
        /// The status of the answer.
        status: u16,
    },
    /// There was no answer, or no whole one.
    #[error("`{url}` can't be fetched: {failure}")]
    Failed {
        /// The URL that was asked for.
        url: Url,
        /// The failure.
        failure: TransportError,
    },
    /// It is not what was pinned.
    #[error("`{url}` is not what was pinned: its SHA-256 is {found}, not {pinned}")]
    Other {
        /// The URL that was asked for.
        url: Url,
        /// The digest of what came.
        found: String,
        /// The digest that the workspace says.
        pinned: String,
    },
}

impl DownloadError {
    /// The remedy.
    pub(crate) fn help(&self) -> &'static str {
        match self {
            DownloadError::Refused { status: 401 | 403, .. } => {
                "it is fetched without a login: download it into the workspace before the run, and name its path"
            }
            DownloadError::Refused { .. } => "check the URL; `curl -L` asks as Trueup does",
            DownloadError::Failed { failure: TransportError::TooLarge(_), .. } => {
                "raise the limit with `TRUEUP_MAX_FILE_BYTES` if the content is meant to be that large"
            }
            DownloadError::Failed { failure: TransportError::Tls(_), .. } => {
                "let this machine trust the server's authority, or write `http`: its digest tells the content either way"
            }
            DownloadError::Failed { .. } => "check the URL, and that this machine may connect to its host",
            DownloadError::Other { .. } => {
                "somebody put other content there, or the pin is wrong: look at what it holds, and pin that if it is meant"
            }
        }
    }
}

impl Downloads {
    /// Fetches content that has at most `limit` bytes.
    ///
    /// # Errors
    /// When HTTPS can't be set up.
    pub(crate) fn new(limit: u64) -> Result<Downloads, HttpError> {
        Ok(Downloads { http: Http::anywhere(IDLE, TIMEOUT, limit)? })
    }

    /// The content of a URL, if it has this digest.
    ///
    /// # Errors
    /// It can't be fetched, or is something else.
    pub(crate) async fn fetch(&self, url: &Url, sha256: &str) -> Result<Vec<u8>, DownloadError> {
        let since = Instant::now();
        let mut attempt = 0;
        let response = loop {
            attempt += 1;
            let answer = self.http.send(Request::new(Method::Get, url.as_str())).await;
            let (again, wait) = match &answer {
                Ok(response) => (is_later(response), retry_after(response)),
                Err(failure) => (may_pass(failure), None),
            };
            if !again || attempt == TRIES || since.elapsed() > TIMEOUT {
                break answer.map_err(|failure| DownloadError::Failed { url: url.clone(), failure })?;
            }
            tokio::time::sleep(wait.unwrap_or_else(|| pause_after(attempt))).await;
        };
        if response.status != 200 {
            return Err(DownloadError::Refused { url: url.clone(), status: response.status });
        }
        let found = digest::sha256(&response.body);
        if found != sha256 {
            return Err(DownloadError::Other { url: url.clone(), found, pinned: sha256.to_owned() });
        }
        Ok(response.body)
    }
}

/// Says whether a server asks to come again, or stands before one that is away.
fn is_later(response: &Response) -> bool {
    matches!(response.status, 429 | 502..=504)
}
