//! What expressions may put in place: a few lines of values that hold others twice, one after the other, would fill any
//! memory, and values that hold each other, any stack.

use crate::attr::Attr;
use crate::finding::Finding;

/// Bytes in all.
const MAX_BYTES: usize = 256 << 20;

/// Lists and maps that stand in each other.
const MAX_DEPTH: usize = 128;

/// What is left of it.
pub(super) struct Budget {
    /// `None` once that has been told to be too little: the files are wrong, and once is enough.
    bytes: Option<usize>,
}

impl Budget {
    /// All of it.
    pub(super) fn whole() -> Budget {
        Budget { bytes: Some(MAX_BYTES) }
    }

    /// Says whether nothing more is put in place.
    pub(super) fn is_spent(&self) -> bool {
        self.bytes.is_none()
    }

    /// Takes what a value needs.
    ///
    /// # Errors
    /// `too-large`: it needs more than is left, or is too deep.
    pub(super) fn take(&mut self, value: &Attr) -> Result<(), Box<Finding>> {
        let too_large = |message: String, help| Err(Finding::error("too-large", message).help(help).into());
        if value.depth() > MAX_DEPTH {
            let message = format!("lists and maps stand more than {MAX_DEPTH} deep in each other here");
            return too_large(message, "let fewer values hold each other");
        }
        self.bytes = self.bytes.and_then(|left| left.checked_sub(value.bytes()));
        if self.is_spent() {
            let message = format!("the values that repeat others come to more than {} MiB here", MAX_BYTES >> 20);
            return too_large(message, "let fewer values hold a large one");
        }
        Ok(())
    }
}
