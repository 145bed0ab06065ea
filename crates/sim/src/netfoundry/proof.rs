//! The proof that somebody holds an authority's key: a certificate that the authority signed, with the verification
//! token as its common name (netfoundry.md#certificate-authorities).

use x509_parser::certificate::X509Certificate;
use x509_parser::pem::parse_x509_pem;

/// Says what is wrong with a proof.
pub(super) fn check(authority: &str, proof: &[u8], token: &str) -> Result<(), &'static str> {
    const NO_AUTHORITY: &str = "the authority's own certificate can't be read";
    const NO_PROOF: &str = "the body is no certificate in PEM form";
    let (_, authority) = parse_x509_pem(authority.as_bytes()).map_err(|_| NO_AUTHORITY)?;
    let authority = authority.parse_x509().map_err(|_| NO_AUTHORITY)?;
    let (_, proof) = parse_x509_pem(proof).map_err(|_| NO_PROOF)?;
    let proof = proof.parse_x509().map_err(|_| NO_PROOF)?;
    if !bears(&proof, token) {
        return Err("the certificate does not bear the verification token as its common name");
    }
    proof.verify_signature(Some(authority.public_key())).map_err(|_| "the certificate was not signed by the authority")
}

fn bears(certificate: &X509Certificate, token: &str) -> bool {
    let names = certificate.subject().iter_common_name();
    names.filter_map(|name| name.as_str().ok()).any(|name| name == token)
}

#[cfg(test)]
pub(super) mod tests {
    use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

    use super::*;

    /// An authority with its key.
    pub(crate) struct Authority {
        /// Its certificate.
        pub pem: String,
        issuer: Issuer<'static, KeyPair>,
    }

    impl Authority {
        pub(crate) fn new() -> Authority {
            let key = KeyPair::generate().unwrap();
            let mut params = named("Acme devices");
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            Authority { pem: params.self_signed(&key).unwrap().pem(), issuer: Issuer::new(params, key) }
        }

        /// A certificate for that name.
        pub(crate) fn signed(&self, name: &str) -> String {
            named(name).signed_by(&KeyPair::generate().unwrap(), &self.issuer).unwrap().pem()
        }
    }

    fn named(name: &str) -> CertificateParams {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params
    }

    #[test]
    fn a_proof_bears_the_token_and_the_authoritys_signature() {
        let (ours, other) = (Authority::new(), Authority::new());
        let text = |proof: &str| check(&ours.pem, proof.as_bytes(), "hV2n0Qk7").err().unwrap_or("right");
        assert_eq!(text(&ours.signed("hV2n0Qk7")), "right");
        assert_eq!(text(&format!("CN=hV2n0Qk7\n{}", ours.signed("hV2n0Qk7"))), "right", "as openssl prints it");
        assert!(text(&ours.signed("other")).contains("does not bear"));
        assert!(text(&other.signed("hV2n0Qk7")).contains("not signed"));
        for broken in ["", "hV2n0Qk7", "-----BEGIN CERTIFICATE-----\nhV2n0Qk7\n-----END CERTIFICATE-----\n"] {
            assert!(text(broken).contains("no certificate"), "{broken}");
        }
        let fake = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
        assert!(check(fake, ours.signed("a").as_bytes(), "a").is_err_and(|why| why.contains("own certificate")));
    }
}
