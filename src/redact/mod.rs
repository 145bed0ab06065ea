//! Redaction: one word for keeping secrets out of whatever is printed, logged or written.
//!
//! * [`Redactor`] finds known secrets in text that comes from elsewhere: `wrong key hunter2` becomes
//!   `wrong key (secret secret.psk)`.
//! * [`redact_live`] and [`redact_declared`] make secrets of the values of a secret field, read from an API or a file.
//! * [`redact_change`] redacts the old and the new value of a field that differs.
//! * [`redact_source`] blackens secrets in the lines of files that findings show.
//!
//! A [`Secret`] itself needs none of them: it prints as its label.

mod source;
mod value;

use std::sync::Arc;

use crate::secret::{Piece, Secret};

pub(crate) use source::redact_source;
pub(crate) use value::{Scalars, redact_change, redact_declared, redact_live};

/// Known secrets, to be found again in text that comes from elsewhere: controllers repeat what they were sent.
#[derive(Debug, Clone, Default)]
pub struct Redactor(Arc<[Secret]>);

/// Shorter secrets stand in too many words by chance, and keep nobody out.
const SHORTEST: usize = 4;

impl Redactor {
    /// A redactor of these secrets.
    pub fn new(secrets: impl IntoIterator<Item = Secret>) -> Redactor {
        let mut secrets: Vec<Secret> = secrets.into_iter().filter(|secret| secret.has_letters(SHORTEST)).collect();
        // Where one secret begins like another, the longer one is meant.
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        Redactor(secrets.into())
    }

    /// A text taken apart into secrets and the text between them.
    pub fn pieces<'t>(&'t self, text: &'t str) -> Vec<Piece<'t>> {
        let mut pieces = Vec::new();
        let mut rest = text;
        loop {
            let found = self.0.iter().filter_map(|secret| Some((secret.find_in(rest)?, secret)));
            let Some((at, secret)) = found.min_by_key(|(at, _)| at.start) else { break };
            pieces.extend([Piece::Plain(&rest[..at.start]), Piece::Secret(secret)]);
            rest = &rest[at.end..];
        }
        pieces.push(Piece::Plain(rest));
        pieces
    }

    /// The text with the label in place of each secret.
    pub fn redact(&self, text: &str) -> String {
        let word = |piece: Piece<'_>| match piece {
            Piece::Plain(text) => text.to_owned(),
            Piece::Secret(secret) => format!("{secret:?}"),
        };
        self.pieces(text).into_iter().map(word).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longer_secret_is_meant_and_what_is_too_short_stays() {
        let redactor = Redactor::new([Secret::new("a", "hunter"), Secret::new("b", "hunter2"), Secret::new("c", "on")]);
        assert_eq!(redactor.redact("hunter2 on hunter, no"), "(secret b) on (secret a), no");
        assert_eq!(redactor.redact(""), "");
        assert_eq!(Redactor::default().redact("hunter2"), "hunter2");
    }
}
