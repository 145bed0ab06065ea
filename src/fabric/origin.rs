//! Origin: the declaration of a fabric that a resource came from, as in “connection london-paris”.
//!
//! Below the fabric everything sees plain resources. Their origin is kept, to show, to group and to judge.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The declaration of a fabric that a resource came from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FabricOrigin {
    /// The word that declares it.
    pub fabric: FabricWord,
    /// Its name, such as `london`, or of a connection `london-paris`.
    pub name: String,
    /// The vpn that a connection belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vpn: Option<String>,
    /// The controller whose half of a connection it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub half: Option<String>,
}

/// A word of a fabric with which resources are declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FabricWord {
    /// A place with networks behind it.
    Site,
    /// Controllers of one license and one keyset, which are peered.
    Mesh,
    /// IPsec between two gateways of two sites.
    Connection,
}

impl FabricWord {
    /// The word, as it is shown.
    pub(crate) fn word(self) -> &'static str {
        match self {
            FabricWord::Site => "site",
            FabricWord::Mesh => "mesh",
            FabricWord::Connection => "connection",
        }
    }
}

impl fmt::Display for FabricOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.fabric.word(), self.name)?;
        self.vpn.iter().try_for_each(|vpn| write!(f, " ({vpn})"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_shown_by_its_word_and_written_without_what_it_lacks() {
        let site = FabricOrigin { fabric: FabricWord::Site, name: "oslo".into(), vpn: None, half: None };
        let connection = FabricOrigin {
            fabric: FabricWord::Connection,
            name: "london-paris".into(),
            vpn: Some("core".into()),
            half: Some("paris".into()),
        };
        let json = |origin: &FabricOrigin| serde_json::to_string(origin).ok();
        assert_eq!(site.to_string(), "site oslo");
        assert_eq!(connection.to_string(), "connection london-paris (core)");
        assert_eq!(json(&site).as_deref(), Some(r#"{"fabric":"site","name":"oslo"}"#));
        let text = r#"{"fabric":"connection","name":"london-paris","vpn":"core","half":"paris"}"#;
        assert_eq!(json(&connection).as_deref(), Some(text));
        assert_eq!(serde_json::from_str::<FabricOrigin>(text).ok(), Some(connection));
    }
}
