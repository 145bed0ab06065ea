//! Certificates: two of them are told apart by their fingerprints, and an API that has one shows seldom more.

use base64::prelude::{BASE64_STANDARD, Engine};

use crate::attr::Attr;
use crate::digest::sha256;

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

/// The SHA-256 fingerprint of a certificate in 64 lower-case hexadecimal digits, from PEM text or from a fingerprint in
/// any spelling. Of a chain it is that of the first, which is the server's own.
pub(crate) fn fingerprint(text: &str) -> Option<String> {
    match text.split_once(BEGIN) {
        Some((_, rest)) => {
            let (body, _) = rest.split_once(END)?;
            let body: String = body.split_whitespace().collect();
            let der = BASE64_STANDARD.decode(body).ok().filter(|der| !der.is_empty())?;
            Some(sha256(der))
        }
        None => {
            // As OpenSSL prints it: `SHA256 Fingerprint=AB:CD:…`.
            let digits = text.rsplit('=').next().unwrap_or_default().trim().replace(':', "").to_ascii_lowercase();
            let is_whole = digits.len() == 64 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
            is_whole.then_some(digits)
        }
    }
}

/// The form in which certificates are compared. One that was handed over as a secret is none: everybody who connects is
/// shown it.
pub(crate) fn canonical(attr: &Attr) -> Attr {
    let print = match attr {
        Attr::Secret(secret) => secret.public_part(fingerprint),
        Attr::Text(text) => fingerprint(text),
        _ => None,
    };
    print.map_or_else(|| attr.clone(), Attr::Text)
}

/// Says whether a value that is no secret is a whole certificate and not just the fingerprint of one.
pub(crate) fn is_whole(attr: &Attr) -> bool {
    attr.as_text().is_none_or(|text| text.contains(BEGIN) && fingerprint(text).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    const PEM: &str = "-----BEGIN CERTIFICATE-----\nYWJj\n-----END CERTIFICATE-----\n";
    const PRINT: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn the_first_certificate_counts_however_it_is_wrapped() {
        assert_eq!(fingerprint(PEM).as_deref(), Some(PRINT));
        let chain =
            format!("subject=east\n-----BEGIN CERTIFICATE-----\r\nYW\r\nJj\r\n-----END CERTIFICATE-----\r\n{PEM}");
        assert_eq!(fingerprint(&chain).as_deref(), Some(PRINT));
        assert_eq!(fingerprint("-----BEGIN CERTIFICATE-----\nYWJj"), None);
        assert_eq!(fingerprint("-----BEGIN CERTIFICATE-----\n?\n-----END CERTIFICATE-----"), None);
    }

    #[test]
    fn fingerprints_are_spelled_in_many_ways() {
        let pairs: Vec<String> =
            PRINT.as_bytes().chunks(2).map(|pair| String::from_utf8_lossy(pair).to_uppercase()).collect();
        assert_eq!(fingerprint(&format!("SHA256 Fingerprint={}", pairs.join(":"))).as_deref(), Some(PRINT));
        assert_eq!(fingerprint(PRINT).as_deref(), Some(PRINT));
        assert_eq!(fingerprint("ab:cd"), None);
    }

    #[test]
    fn a_fingerprint_is_no_certificate() {
        assert!(is_whole(&Attr::text(PEM)) && !is_whole(&Attr::text(PRINT)));
    }

    #[test]
    fn a_certificate_out_of_a_vault_is_compared_like_any_other() {
        assert_eq!(canonical(&Attr::Secret(Secret::new("secret.cert", PEM))), Attr::text(PRINT));
        let other = Attr::Secret(Secret::new("secret.cert", "no certificate"));
        assert_eq!(canonical(&other), other);
    }
}
