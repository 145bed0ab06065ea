//! What fills the words of a path that leads into an object.

use crate::spec::Kind;
use crate::state::live::Live;

/// The ids of an object and of those around it.
pub(super) struct Ids<'i> {
    pub(super) kind: &'static Kind,
    pub(super) live: &'i Live,
    pub(super) above: Option<&'i Ids<'i>>,
}

impl Ids<'_> {
    /// A word of the object so many levels up: 1 is the innermost.
    pub(super) fn word(&self, levels: usize, word: &str) -> Option<String> {
        match levels {
            0 | 1 if word == "id" => Some(self.live.id.clone()),
            0 | 1 => self.live.value(self.kind, word).to_text(),
            _ => self.above?.word(levels - 1, word),
        }
    }
}
