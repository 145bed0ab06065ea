//! Server versions: which of them understand something.

/// The server versions that understand something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Versions {
    /// Every one.
    Any,
    /// Those before this one.
    Before(&'static str),
    /// This one and later ones.
    From(&'static str),
    /// The first one and later ones, before the second.
    Between(&'static str, &'static str),
}

impl Versions {
    /// Says whether a server of that version is among them. An unknown version counts as the newest.
    pub fn include(self, version: Option<&str>) -> bool {
        match (self, version) {
            (Versions::Any, _) => true,
            (Versions::From(_), None) => true,
            (Versions::Before(_) | Versions::Between(..), None) => false,
            (Versions::Between(first, end), Some(_)) => {
                Versions::From(first).include(version) && Versions::Before(end).include(version)
            }
            (Versions::From(first), Some(version)) => numbers(version) >= numbers(first),
            (Versions::Before(end), Some(version)) => numbers(version) < numbers(end),
        }
    }
}

/// The numbers of a dotted version; what follows the first part that is no number does not count.
fn numbers(version: &str) -> Vec<u64> {
    version.split('.').map_while(|part| part.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_by_number() {
        assert!(Versions::From("6.2").include(Some("7.1.0.dev1")));
        assert!(Versions::From("6.2").include(Some("6.10")));
        assert!(!Versions::From("6.2").include(Some("6.1.9")));
        assert!(Versions::Before("6.2").include(Some("4.5.5")));
        let middle = |version| Versions::Between("4.4", "6.2").include(Some(version));
        assert!(!middle("4.3.9") && middle("4.4") && middle("6.1.9") && !middle("6.2"));
        assert!(Versions::From("9").include(None));
        assert!(!Versions::Before("9").include(None));
    }
}
