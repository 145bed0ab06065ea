//! Where our items stand in an ordered list that others share: together, in order, at one place among theirs.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The place of our items among those of others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ItemPlace {
    /// Anywhere: the list has no order.
    Anywhere,
    /// Before all others.
    First,
    /// Behind all others.
    Last,
    /// Right before the one item of others that has this text.
    Before(String),
    /// Right behind it.
    After(String),
}

impl ItemPlace {
    /// The text of the item of others that it is told by.
    pub(crate) fn anchor(&self) -> Option<&str> {
        match self {
            ItemPlace::Before(text) | ItemPlace::After(text) => Some(text),
            ItemPlace::Anywhere | ItemPlace::First | ItemPlace::Last => None,
        }
    }

    /// The same by another text.
    pub(crate) fn with_anchor(&self, text: String) -> ItemPlace {
        match self {
            ItemPlace::Before(_) => ItemPlace::Before(text),
            ItemPlace::After(_) => ItemPlace::After(text),
            ItemPlace::Anywhere | ItemPlace::First | ItemPlace::Last => self.clone(),
        }
    }
}

impl fmt::Display for ItemPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ItemPlace::Anywhere => f.write_str("anywhere"),
            ItemPlace::First => f.write_str("first"),
            ItemPlace::Last => f.write_str("last"),
            ItemPlace::Before(text) => write!(f, "before `{text}`"),
            ItemPlace::After(text) => write!(f, "after `{text}`"),
        }
    }
}
