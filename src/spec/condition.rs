//! Conditions: on which servers something holds, and for which objects.

/// On which servers something holds, and for which objects. A table begins with one of the functions, and narrows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Condition {
    /// The first version that it holds on.
    since: Option<&'static str>,
    /// The first later version that it does not hold on any more.
    before: Option<&'static str>,
    /// The field that an object has to declare.
    declared: Option<&'static str>,
}

impl Condition {
    /// On every server, for every object.
    pub const ALWAYS: Condition = Condition { since: None, before: None, declared: None };

    /// On servers of this version and of later ones.
    pub const fn since(version: &'static str) -> Condition {
        Condition { since: Some(version), ..Condition::ALWAYS }
    }

    /// On servers before this version.
    pub const fn before(version: &'static str) -> Condition {
        Condition::ALWAYS.until(version)
    }

    /// For objects that declare this field.
    pub const fn declared(field: &'static str) -> Condition {
        Condition { declared: Some(field), ..Condition::ALWAYS }
    }

    /// The same, and before this version.
    pub const fn until(self, version: &'static str) -> Condition {
        Condition { before: Some(version), ..self }
    }

    /// Says whether it holds on a server of that version. An unknown version counts as the newest.
    pub fn holds_on(self, version: Option<&str>) -> bool {
        let Some(version) = version.map(numbers) else { return self.before.is_none() };
        self.since.is_none_or(|since| version >= numbers(since)) && self.before.is_none_or(|end| version < numbers(end))
    }

    /// Says whether it holds for an object that declares some fields.
    pub(crate) fn holds_among(self, declares: &dyn Fn(&str) -> bool) -> bool {
        self.declared.is_none_or(declares)
    }

    /// The field that an object has to declare.
    pub(crate) fn declared_field(self) -> Option<&'static str> {
        self.declared
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
        assert!(Condition::since("6.2").holds_on(Some("7.1.0.dev1")));
        assert!(Condition::since("6.2").holds_on(Some("6.10")));
        assert!(!Condition::since("6.2").holds_on(Some("6.1.9")));
        assert!(Condition::before("6.2").holds_on(Some("4.5.5")));
        let middle = |version| Condition::since("4.4").until("6.2").holds_on(version);
        let at = |version| middle(Some(version));
        assert!(!at("4.3.9") && at("4.4") && at("6.1.9") && !at("6.2") && !middle(None));
        assert!(
            Condition::since("9").holds_on(None)
                && Condition::ALWAYS.holds_on(None)
                && Condition::ALWAYS.holds_on(Some("1"))
        );
        assert!(!Condition::before("9").holds_on(None));
    }

    #[test]
    fn objects_declare_a_field_or_not() {
        let declares = |field: &str| field == "a";
        for (when, holds) in
            [(Condition::declared("a"), true), (Condition::declared("b"), false), (Condition::since("9"), true)]
        {
            assert_eq!(when.holds_among(&declares), holds, "{when:?}");
        }
    }
}
