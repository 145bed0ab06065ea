//! How a field's value is taken back.

use crate::attr::Attr;
use crate::spec::{DefaultValue, Field, canonical};

/// How a value is taken back that the files gave and give no longer.
#[derive(Debug, Clone, Copy)]
pub enum Clear {
    /// By the default, where there is one; else as the type says: by `""`, `[]` or `{}`. A number, true or false, and any
    /// JSON have nothing that is empty: they stay.
    ByType,
    /// By this value, as in `null`.
    With(DefaultValue),
    /// It stays: the API has no way to take it back.
    Never,
    /// It stays, and any value is right: the API chooses one where nobody does, and none when it is asked later.
    Chosen,
}

impl Field {
    /// It is taken back by sending this value, JSON text.
    pub const fn cleared_by(self, json: &'static str) -> Field {
        Field { clear: Clear::With(DefaultValue::json(json)), ..self }
    }

    /// The API has no way to take it back.
    pub const fn stays(self) -> Field {
        Field { clear: Clear::Never, ..self }
    }

    /// The API chooses it where it is left out.
    pub const fn chosen(self) -> Field {
        Field { clear: Clear::Chosen, ..self }
    }

    /// Says whether the API chooses it where it is left out.
    pub(crate) fn is_chosen(&self) -> bool {
        matches!(self.clear, Clear::Chosen)
    }

    /// The value that takes another one back; none where the API has no way to.
    pub fn cleared(&self) -> Option<Attr> {
        match (self.clear, self.default) {
            (Clear::Never | Clear::Chosen, _) => None,
            (Clear::With(value), _) | (Clear::ByType, Some(value)) => Some(value.value().clone()),
            (Clear::ByType, None) => self.ty.empty(),
        }
    }

    /// Says whether the tables know what the API has where nobody gives it a value.
    pub(crate) fn has_default(&self) -> bool {
        self.default.is_some() || matches!(self.clear, Clear::With(_))
    }

    /// Says whether a value, in the form in which values are compared, is what the API has where nobody says anything.
    pub fn is_at_default(&self, live: &Attr) -> bool {
        let is_cleared = |cleared: Attr| canonical(&self.ty, &cleared) == *live;
        live.is_nothing() || *live == self.default_value() || self.cleared().is_some_and(is_cleared)
    }
}
