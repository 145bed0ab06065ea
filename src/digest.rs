//! Digests as people read them: hexadecimal digits in lower case.

use std::fs::File;
use std::io::{self, Read};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use sha2::{Digest, Sha256};

/// Bytes in hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The SHA-256 of bytes, 64 digits.
pub(crate) fn sha256(bytes: impl AsRef<[u8]>) -> String {
    hex(&Sha256::digest(bytes))
}

/// The SHA-256 of what a reader gives, and how many bytes that are; nothing of it is kept.
///
/// # Errors
/// It can't be read.
pub(crate) fn sha256_of(reader: &mut dyn Read) -> io::Result<(String, u64)> {
    let (mut digest, mut bytes, mut buffer) = (Sha256::new(), 0, [0; 8192]);
    loop {
        match reader.read(&mut buffer)? {
            0 => return Ok((hex(&digest.finalize()), bytes)),
            count => {
                digest.update(&buffer[..count]);
                bytes += count as u64;
            }
        }
    }
}

/// A mark that nothing else has, wherever and whenever it is made: 64 digits.
pub(crate) fn mark() -> String {
    static MADE: AtomicU64 = AtomicU64::new(0);
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let mut chance = [0; 32];
    // Where the system has no such file, the rest has to do.
    let _ = File::open("/dev/urandom").and_then(|mut file| file.read_exact(&mut chance));
    let made = MADE.fetch_add(1, Ordering::Relaxed);
    sha256(format!("{} {} {} {made}", hex(&chance), std::process::id(), since.as_nanos()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_what_sha256sum_prints() {
        assert_eq!(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(sha256_of(&mut "abc".as_bytes()).unwrap(), (sha256("abc"), 3));
        assert_eq!(hex(&[0, 15, 255]), "000fff");
    }
}
