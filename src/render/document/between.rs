//! The part of a plan's document that says which revisions of the files it leads between.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::plan::revisions::SettingChange;

/// The revisions that a plan leads between. No controller was looked at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BetweenDocument {
    /// The commit that it starts from.
    pub from: String,
    /// The commit that it leads to; missing for the files as they are in the folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// The settings that are others: whom a run asks, with what, and what it may.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub settings: Vec<SettingDocument>,
}

/// A setting that is another one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SettingDocument {
    /// Its path, as in `targets/east/at`.
    pub setting: String,
    /// Before; missing where it was not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// After; missing where it is not said any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

impl BetweenDocument {
    /// The document of what leads from a commit to another one, or to the files as they are.
    pub(crate) fn of(from: &str, to: Option<&str>, settings: Vec<SettingChange>) -> BetweenDocument {
        let document = |SettingChange { setting, before, after }| SettingDocument { setting, before, after };
        let settings = settings.into_iter().map(document).collect();
        BetweenDocument { from: from.to_owned(), to: to.map(str::to_owned), settings }
    }

    /// The settings that are others, a line each.
    pub(crate) fn lines(&self) -> Vec<String> {
        let line = |SettingDocument { setting, before, after }: &SettingDocument| match (before, after) {
            (Some(before), Some(after)) => format!("~ {setting}: {before} → {after}"),
            (None, Some(after)) => format!("+ {setting}: {after}"),
            (before, None) => format!("- {setting}: {}", before.as_deref().unwrap_or_default()),
        };
        self.settings.iter().map(line).collect()
    }
}
