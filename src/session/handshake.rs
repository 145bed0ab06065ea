//! Why a TLS handshake came to nothing, in words.

use std::error::Error;
use std::io;

use rustls::{CertificateError, OtherError};
use wire::{OtherCertificate, TransportError};

/// The failure of a handshake, if that is what an error is about.
pub(super) fn failure(error: &(dyn Error + 'static)) -> Option<TransportError> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(found) = of_tls(error) {
            return Some(words(found));
        }
        cause = error.source();
    }
    None
}

/// The error of the TLS library, also where it is wrapped: an I/O error hides what it holds from those who ask for causes.
fn of_tls<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e rustls::Error> {
    let mut error = error;
    loop {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        error = error.downcast_ref::<io::Error>()?.get_ref()?;
    }
}

fn words(error: &rustls::Error) -> TransportError {
    match error {
        rustls::Error::InvalidCertificate(CertificateError::Other(OtherError(other))) => other_words(&**other),
        rustls::Error::InvalidCertificate(error) => TransportError::Tls(certificate_words(error)),
        rustls::Error::NoCertificatesPresented => TransportError::Tls("it shows none".into()),
        rustls::Error::InvalidMessage(_) => {
            TransportError::Connect("what answers there does not speak TLS: is it `http://`?".into())
        }
        rustls::Error::PeerIncompatible(_) => {
            TransportError::Connect("it speaks no version of TLS from 1.2 on, or no cipher that is safe".into())
        }
        rustls::Error::AlertReceived(alert) => {
            TransportError::Connect(format!("it broke the TLS handshake off: {}", apart(&format!("{alert:?}"))))
        }
        other => TransportError::Connect(format!("the TLS handshake failed: {}", apart(&format!("{other:?}")))),
    }
}

fn other_words(other: &(dyn Error + 'static)) -> TransportError {
    match other.downcast_ref::<OtherCertificate>() {
        Some(other) => TransportError::OtherCertificate(Box::new(other.clone())),
        // The library has words of its own, in the spelling of its source.
        None => TransportError::Tls(match apart(&other.to_string()).as_str() {
            "ca used as end entity" => SELF_SIGNED.into(),
            words => words.to_owned(),
        }),
    }
}

/// An authority's certificate that a server shows as its own: what `openssl req -x509` makes by default.
pub(super) const SELF_SIGNED: &str = "it is self-signed and an authority's, which a server's must not be: no file of authorities can \
                           vouch for it, a pin can";

fn certificate_words(error: &CertificateError) -> String {
    match error {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "it has expired".into(),
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "it is not valid yet: is this machine's clock right?".into()
        }
        CertificateError::UnknownIssuer => "nobody whom this machine trusts has signed it".into(),
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "it is for another name than the one in `at`".into()
        }
        CertificateError::Revoked => "it was revoked".into(),
        CertificateError::BadSignature => "its signature is wrong".into(),
        CertificateError::BadEncoding => "it is broken".into(),
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            "it is not meant for servers".into()
        }
        other => apart(&format!("{other:?}")),
    }
}

/// Words that a library writes together: `CaUsedAsEndEntity(1)` is `ca used as end entity`.
fn apart(name: &str) -> String {
    let mut words = String::new();
    for letter in name.chars().take_while(char::is_ascii_alphanumeric) {
        if letter.is_ascii_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.push(letter.to_ascii_lowercase());
    }
    if words.is_empty() { "for a reason that it does not give".into() } else { words }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    /// The words for an error that the library wraps as it does in a connection.
    fn told(error: rustls::Error) -> String {
        failure(&io::Error::other(io::Error::other(error))).unwrap().to_string()
    }

    /// An error with the words that a library's debugging form gives it.
    #[derive(Debug, thiserror::Error)]
    #[error("{0}")]
    struct Word(&'static str);

    #[test]
    fn no_refusal_is_told_in_the_library_s_spelling() {
        let other = |word| CertificateError::Other(OtherError(Arc::new(Word(word))));
        for error in [
            CertificateError::Expired,
            CertificateError::NotValidYet,
            CertificateError::UnknownIssuer,
            CertificateError::NotValidForName,
            CertificateError::Revoked,
            CertificateError::BadSignature,
            CertificateError::BadEncoding,
            CertificateError::InvalidPurpose,
            CertificateError::UnhandledCriticalExtension,
            CertificateError::UnknownRevocationStatus,
            CertificateError::ApplicationVerificationFailure,
            other("CaUsedAsEndEntity"),
            other("MaximumSignatureChecksExceeded"),
            other("(?)"),
        ] {
            let text = told(rustls::Error::InvalidCertificate(error));
            let said = text.strip_prefix("the server's TLS certificate was refused: ").unwrap_or(&text).to_owned();
            let is_prose = said.starts_with(|first: char| first.is_ascii_lowercase()) && !said.contains('(');
            assert!(is_prose, "{text}");
        }
        let handshakes = [rustls::Error::HandshakeNotComplete, rustls::Error::DecryptError];
        for text in handshakes.map(told) {
            let said = text.strip_prefix("could not connect: the TLS handshake failed: ").unwrap();
            assert!(!said.contains(char::is_uppercase), "{text}");
        }
    }

    #[test]
    fn another_certificate_is_told_with_both_fingerprints() {
        let other = OtherCertificate {
            host: "192.0.2.1".into(),
            shown: "aa".into(),
            pinned: "bb".into(),
            key: None,
            known: None,
        };
        let text = told(rustls::Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(other)))));
        assert!(text.contains("192.0.2.1") && text.contains("aa") && text.contains("bb"), "{text}");
        assert!(failure(&io::Error::other("reset")).is_none());
    }
}
