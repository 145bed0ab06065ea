//! Redaction: one word for keeping secrets out of whatever is printed, logged or written.
//!
//! * [`Redactor`] finds known secrets in text that comes from elsewhere, in whatever spelling: `wrong key hunter2` and
//!   `wrong key aHVudGVyMg==` become `wrong key (secret secret.psk)`.
//! * [`Redactor::conceal`] makes a secret of a value that holds one, such as an output that repeats what was sent.
//! * [`redact_live`] and [`redact_declared`] make secrets of the values of a secret field, read from an API or a file.
//! * [`ChangeSecrecy`] redacts the old and the new value of a field that differs.
//! * [`redact_source`] blackens secrets in the lines of files that findings show.
//!
//! A [`Secret`] itself needs none of them: it prints as its label.

mod entities;
mod known;
mod source;
mod spelling;
mod value;

use std::fmt;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use self::known::KnownSecrets;
use self::spelling::for_each_reading;
use crate::attr::Attr;
use crate::secret::Secret;

pub(crate) use known::SHORTEST;
pub(crate) use source::redact_source;
pub(crate) use value::{ChangeSecrecy, Scalars, redact_declared, redact_live};

/// Lines of a secret that are secret by themselves; shorter ones are words.
const LONG_LINE: usize = 8;

/// Secrets that wait for being put in order: to look each new one up alone would be slow, to keep many twice is waste.
const WAITING: usize = 4096;

/// Known secrets, to be found again in text that comes from elsewhere: controllers repeat what they were sent.
///
/// All clones know the same secrets: what one learns, all know.
#[derive(Clone, Default)]
pub struct Redactor(Arc<Mutex<Shelf>>);

/// Secrets in order. New ones are put in order by themselves first, and come to the others when they are half as many: so
/// each is sorted a few times only.
#[derive(Default)]
struct Shelf {
    waiting: Vec<Secret>,
    sorted: Vec<Arc<KnownSecrets>>,
}

impl Redactor {
    /// A redactor of these secrets.
    pub fn new(secrets: impl IntoIterator<Item = Secret>) -> Redactor {
        let redactor = Redactor::default();
        redactor.learn(secrets);
        redactor
    }

    /// Takes note of more secrets.
    pub(crate) fn learn(&self, secrets: impl IntoIterator<Item = Secret>) {
        let mut shelf = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        shelf.waiting.extend(secrets);
        if shelf.waiting.len() > WAITING {
            shelf.put_in_order();
        }
    }

    /// Takes note of one more secret, unless it is known.
    pub(crate) fn learn_new(&self, secret: Secret) {
        if !self.levels().iter().any(|known| known.has(&secret)) {
            self.learn([secret]);
        }
    }

    /// Says whether a text holds a known secret.
    pub(crate) fn holds(&self, text: &str) -> bool {
        !self.find(text).is_empty()
    }

    /// A value in which each text that holds a known secret is one itself, under that label.
    pub(crate) fn conceal(&self, label: &str, attr: Attr) -> Attr {
        match attr {
            Attr::Text(text) if self.holds(&text) => Attr::Secret(Secret::new(label, text)),
            Attr::List(items) => Attr::List(items.into_iter().map(|item| self.conceal(label, item)).collect()),
            Attr::Map(map) => {
                Attr::Map(map.into_iter().map(|(key, value)| (key, self.conceal(label, value))).collect())
            }
            other => other,
        }
    }

    /// Takes note of all secrets in a value, but for numbers, true and false: those stand everywhere.
    pub(crate) fn learn_from(&self, attr: &Attr) {
        let mut secrets = Vec::new();
        attr.for_each_secret(&mut |secret| secrets.extend(secret.is_text().then(|| secret.clone())));
        self.learn(secrets);
    }

    /// The text with the label in place of each secret.
    pub fn redact(&self, text: &str) -> String {
        let mut redacted = String::with_capacity(text.len());
        let mut rest = 0;
        for (at, secret) in self.find(text) {
            redacted.push_str(text.get(rest..at.start).unwrap_or_default());
            redacted.push_str(&format!("{secret:?}"));
            rest = at.end;
        }
        redacted.push_str(text.get(rest..).unwrap_or_default());
        redacted
    }

    /// A value with the secrets in its texts redacted.
    pub(crate) fn redact_attr(&self, attr: &Attr) -> Attr {
        match attr {
            Attr::Text(text) => Attr::Text(self.redact(text)),
            Attr::List(items) => Attr::List(items.iter().map(|item| self.redact_attr(item)).collect()),
            Attr::Map(map) => {
                Attr::Map(map.iter().map(|(key, value)| (key.clone(), self.redact_attr(value))).collect())
            }
            Attr::Null | Attr::Bool(_) | Attr::Number(_) | Attr::Secret(_) | Attr::Later(_) => attr.clone(),
        }
    }

    /// Where secrets stand in a text, in order; where they overlap, as one.
    fn find(&self, text: &str) -> Vec<(Range<usize>, Secret)> {
        let levels = self.levels();
        let mut found: Vec<(Range<usize>, Secret)> = Vec::new();
        if levels.is_empty() || text.len() < SHORTEST {
            return found;
        }
        for_each_reading(text, &mut |reading| {
            for place in 0..reading.bytes.len() {
                let longest =
                    levels.iter().filter_map(|known| known.at(reading, place)).max_by_key(|(length, _)| *length);
                if let Some((length, secret)) = longest {
                    found.push((within(text, reading.stood(place..place + length)), secret.clone()));
                }
            }
        });
        found.sort_by_key(|(at, _)| (at.start, std::cmp::Reverse(at.end)));
        let mut apart: Vec<(Range<usize>, Secret)> = Vec::with_capacity(found.len());
        for (at, secret) in found {
            match apart.last_mut() {
                Some((last, _)) if at.start < last.end => last.end = last.end.max(at.end),
                _ => apart.push((at, secret)),
            }
        }
        apart
    }

    fn levels(&self) -> Vec<Arc<KnownSecrets>> {
        let mut shelf = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        shelf.put_in_order();
        shelf.sorted.clone()
    }
}

impl Shelf {
    fn put_in_order(&mut self) {
        if self.waiting.is_empty() {
            return;
        }
        let waiting = std::mem::take(&mut self.waiting);
        let lines: Vec<Secret> = waiting.iter().flat_map(|secret| secret.lines(LONG_LINE)).collect();
        let mut new = KnownSecrets::new(waiting.into_iter().chain(lines));
        while let Some(last) = self.sorted.pop_if(|last| last.len() <= 2 * new.len()) {
            let last = Arc::try_unwrap(last).unwrap_or_else(|shared| KnownSecrets::new(shared.secrets().cloned()));
            new = KnownSecrets::new(last.into_secrets().chain(new.into_secrets()));
        }
        if new.len() > 0 {
            self.sorted.push(Arc::new(new));
        }
    }
}

/// A range that ends between letters: none is cut in two.
fn within(text: &str, range: Range<usize>) -> Range<usize> {
    let start = (0..=range.start).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
    let end = (range.end..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
    start..end
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(redactor)")
    }
}

#[cfg(test)]
mod tests;
