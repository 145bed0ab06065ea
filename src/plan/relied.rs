//! What a plan relies on: whether a live object moved since the plan was made is told by a digest of it.

use sha2::{Digest, Sha256};

use crate::diff::base::Base;
use crate::diff::live::Live;
use crate::digest::hex;
use crate::plan::calls::is_sequence;
use crate::secret::FingerprintKey;
use crate::spec::{Flow, Kind, canonical, read};

/// Digest of what a plan relies on in a live object: its writable fields. Outputs such as counters move all the time.
///
/// It is keyed, for a plan is shown: who sees it can't try what it may be the digest of. Without a key there is none.
pub(super) fn digest(kind: &Kind, live: &Live, key: &FingerprintKey) -> Option<String> {
    if key.is_empty() {
        return None;
    }
    let base = Base { key: key.clone(), ..Base::default() };
    let mut hash = Sha256::new();
    hash.update(live.id.as_bytes());
    if is_sequence(kind) {
        hash.update(live.raw.to_string().as_bytes());
    }
    for field in kind.fields.iter().filter(|field| field.flow == Flow::Both) {
        hash.update(field.name.as_bytes());
        let value = canonical(&field.ty, &read(field, &live.raw));
        hash.update(base.stored(&value).to_string().as_bytes());
    }
    Some(key.print(&hex(&hash.finalize())))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::spec::{Type, field};

    static TUNNELS: Kind = Kind { fields: &[field("psk", Type::Text, "What both ends know")], ..Kind::NEW };

    #[test]
    fn nobody_without_the_key_can_try_what_it_is_the_digest_of() {
        let of = |psk: &str, key: &str| {
            digest(&TUNNELS, &Live::new(&TUNNELS, json!({ "id": "7", "psk": psk })), &key.into())
        };
        assert_eq!(of("hunter2", "k"), of("hunter2", "k"));
        assert_ne!(of("hunter2", "k"), of("hunter3", "k"));
        assert_ne!(of("hunter2", "k"), of("hunter2", "l"));
        assert_eq!(of("hunter2", ""), None);
    }
}
