//! Pinned URLs: content that stands elsewhere, named with its digest as in `https://host/router-1.2.zip#sha256=…`.
//!
//! The content behind a URL may change unseen. With the digest the same words mean the same bytes for ever: what they are is
//! known before anybody asks for them, and plain HTTP is as good as HTTPS.

use thiserror::Error;
use url::Url;

use crate::topology::{Content, FileContent};

/// How the part of a URL begins that pins its content.
const PIN: &str = "sha256=";

/// The digits of a SHA-256.
const DIGITS: usize = 64;

/// Why a URL names no content.
#[derive(Debug, Error, PartialEq, Eq)]
pub(crate) enum PinnedUrlError {
    /// It is no URL.
    #[error("`{0}` is no URL: {1}")]
    Malformed(String, String),
    /// It is of a scheme that is not fetched.
    #[error("content is fetched over `https` or `http`, not over `{0}`")]
    Scheme(String),
    /// It holds a user or a password.
    #[error("the URL holds a user, for everybody to read")]
    User,
    /// It has no digest: any content that it answers with would have to be taken.
    #[error("`{0}` does not say what its content is")]
    Open(String),
    /// Its pin is no digest.
    #[error("`#sha256=` takes 64 hexadecimal digits, found `{0}`")]
    Digest(String),
}

/// Says whether a path is meant as a URL.
pub(crate) fn is_url(path: &str) -> bool {
    let is_scheme = |word: &str| {
        word.starts_with(|first: char| first.is_ascii_alphabetic())
            && word.chars().all(|letter| letter.is_ascii_alphanumeric() || "+-.".contains(letter))
    };
    path.split_once("://").is_some_and(|(scheme, _)| is_scheme(scheme))
}

/// The content that a URL names, not fetched.
///
/// # Errors
/// It does not say which content is meant, or can't be fetched by anybody.
pub(crate) fn pinned(text: &str) -> Result<FileContent, PinnedUrlError> {
    let (path, pin) = text.split_once('#').unwrap_or((text, ""));
    let url = Url::parse(path).map_err(|error| PinnedUrlError::Malformed(path.to_owned(), error.to_string()))?;
    if !matches!(url.scheme(), "https" | "http") {
        return Err(PinnedUrlError::Scheme(url.scheme().to_owned()));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(PinnedUrlError::User);
    }
    let digest = pin.strip_prefix(PIN).ok_or_else(|| PinnedUrlError::Open(path.to_owned()))?;
    if digest.len() != DIGITS || !digest.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return Err(PinnedUrlError::Digest(digest.to_owned()));
    }
    let file_name = url.path().rsplit('/').next().unwrap_or_default().to_owned();
    Ok(FileContent {
        path: path.to_owned(),
        file_name,
        sha256: digest.to_ascii_lowercase(),
        content: Content::At(url),
        packed: None,
        uploaded_as: None,
        parsed: Default::default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHA: &str = "9F86D081884C7D659A2FEAA0C55AD015A3BF4F1B2B0B822CD15D6C15B0F00A08";

    #[test]
    fn a_pinned_url_is_known_before_it_is_fetched() {
        let content = pinned(&format!("https://host.example:8443/a/bp-1.2.zip?raw=1#sha256={SHA}")).unwrap();
        assert_eq!(content.path, "https://host.example:8443/a/bp-1.2.zip?raw=1");
        assert_eq!((content.file_name.as_str(), content.sha256), ("bp-1.2.zip", SHA.to_lowercase()));
        assert_eq!(content.content, Content::At(Url::parse(&content.path).unwrap()));
        assert!(pinned(&format!("HTTP://host/x#sha256={SHA}")).is_ok());
    }

    #[test]
    fn what_is_not_pinned_is_refused() {
        let refused = |text: &str| pinned(text).unwrap_err();
        let open = PinnedUrlError::Open("https://host/x.zip".into());
        assert_eq!(refused("https://host/x.zip"), open);
        assert_eq!(refused("https://host/x.zip#"), open);
        assert_eq!(refused("https://host/x.zip#sha512=12"), open);
        assert_eq!(refused("https://host/x.zip#sha256=12"), PinnedUrlError::Digest("12".into()));
        let almost = SHA.replace('9', "g");
        assert_eq!(refused(&format!("https://host/x.zip#sha256={almost}")), PinnedUrlError::Digest(almost));
        assert_eq!(refused(&format!("https://host/x.zip#sha256={SHA}0")), PinnedUrlError::Digest(format!("{SHA}0")));
    }

    #[test]
    fn what_nobody_should_fetch_is_refused() {
        let refused = |text: &str| pinned(&format!("{text}#sha256={SHA}")).unwrap_err();
        assert_eq!(refused("ftp://host/x.zip"), PinnedUrlError::Scheme("ftp".into()));
        assert_eq!(refused("file:///etc/passwd"), PinnedUrlError::Scheme("file".into()));
        assert_eq!(refused("https://user:hunter2@host/x.zip"), PinnedUrlError::User);
        assert_eq!(refused("https://user@host/x.zip"), PinnedUrlError::User);
        assert!(!refused("https://user:hunter2@host/x.zip").to_string().contains("hunter2"));
        assert!(matches!(refused("https://"), PinnedUrlError::Malformed(..)));
        assert!(matches!(refused("https://host:port/x.zip"), PinnedUrlError::Malformed(..)));
    }

    #[test]
    fn paths_are_no_urls() {
        assert!(is_url("https://host") && is_url("ftp://host") && is_url("s3+x://host"));
        assert!(!is_url("blueprints/router") && !is_url("a b://x") && !is_url("://x") && !is_url("C:/x"));
    }
}
