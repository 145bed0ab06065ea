//! An origin as a path, such as `fabric/vpns/core/london-paris/paris`: so the ledger keeps it, which outlives the words of
//! this version.

use crate::address::{Escaped, unescape};
use crate::fabric::FabricWord;
pub use crate::fabric::origin::FabricOrigin;

/// The first word of every path.
const FABRIC: &str = "fabric";

impl FabricOrigin {
    /// The declaration as a whole: of a connection both halves.
    pub fn whole(&self) -> FabricOrigin {
        FabricOrigin { half: None, ..self.clone() }
    }

    /// The path: the collection that declares it, its name below that, and the half of a connection last.
    pub(crate) fn path(&self) -> String {
        let FabricOrigin { fabric, name, vpn, half } = self;
        let collection = match (fabric, vpn) {
            (FabricWord::Site, _) => "sites".to_owned(),
            (FabricWord::Mesh, _) => "meshes".to_owned(),
            (FabricWord::Connection, Some(vpn)) => format!("vpns/{}", Escaped(vpn)),
            (FabricWord::Connection, None) => "connections".to_owned(),
        };
        let half = half.as_deref().map(|half| format!("/{}", Escaped(half))).unwrap_or_default();
        format!("{FABRIC}/{collection}/{}{half}", Escaped(name))
    }

    /// Reads a path; `None` of one that this version has no words for.
    pub fn from_path(path: &str) -> Option<FabricOrigin> {
        let mut words = path.split('/');
        if words.next() != Some(FABRIC) {
            return None;
        }
        let (fabric, vpn) = match words.next()? {
            "sites" => (FabricWord::Site, None),
            "meshes" => (FabricWord::Mesh, None),
            "connections" => (FabricWord::Connection, None),
            "vpns" => (FabricWord::Connection, Some(unescape(words.next()?))),
            _ => return None,
        };
        let (name, half) = (unescape(words.next()?), words.next().map(unescape));
        (words.next().is_none() && !name.is_empty()).then_some(FabricOrigin { fabric, name, vpn, half })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_path_reads_as_a_declaration() {
        let of = |fabric, name: &str, vpn: Option<&str>, half: Option<&str>| FabricOrigin {
            fabric,
            name: name.into(),
            vpn: vpn.map(str::to_owned),
            half: half.map(str::to_owned),
        };
        for (origin, path) in [
            (of(FabricWord::Site, "lyon", None, None), "fabric/sites/lyon"),
            (of(FabricWord::Mesh, "core", None, None), "fabric/meshes/core"),
            (of(FabricWord::Connection, "london-paris", Some("core"), None), "fabric/vpns/core/london-paris"),
            (
                of(FabricWord::Connection, "london-paris", Some("core"), Some("paris")),
                "fabric/vpns/core/london-paris/paris",
            ),
            (of(FabricWord::Connection, "a/b", None, Some("a%")), "fabric/connections/a%2Fb/a%25"),
        ] {
            assert_eq!(origin.path(), path);
            assert_eq!(FabricOrigin::from_path(path), Some(origin));
        }
    }

    #[test]
    fn what_another_version_wrote_is_no_origin() {
        for path in
            ["", "fabric", "fabric/sites", "fabric/vpns/offices", "fabric/clouds/x", "sites/lyon", "fabric/sites/a/b/c"]
        {
            assert_eq!(FabricOrigin::from_path(path), None, "{path}");
        }
    }

    proptest! {
        #[test]
        fn every_origin_comes_back(name in "[^\u{0}]{1,9}", vpn in "[a-z/%]{1,6}", half in proptest::option::of("[a-z/%2F]{1,6}")) {
            for (fabric, vpn) in [
                (FabricWord::Site, None),
                (FabricWord::Mesh, None),
                (FabricWord::Connection, None),
                (FabricWord::Connection, Some(vpn.clone())),
            ] {
                let origin = FabricOrigin { fabric, name: name.clone(), vpn, half: half.clone() };
                prop_assert_eq!(FabricOrigin::from_path(&origin.path()), Some(origin));
            }
        }

        #[test]
        fn no_text_is_read_wrongly(text in "(fabric/)?[a-z/%]{0,20}") {
            if let Some(origin) = FabricOrigin::from_path(&text) {
                prop_assert_eq!(FabricOrigin::from_path(&origin.path()), Some(origin));
            }
        }
    }
}
