//! Conditions: on which servers something holds, and for which objects.

use crate::attr::Attr;
use crate::spec::{Field, canonical, gives_something};
use crate::suggest::one_of;

/// On which servers something holds, and for which objects. A table begins with one of the functions, and narrows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Condition {
    /// The first version that it holds on.
    since: Option<&'static str>,
    /// The first later version that it does not hold on any more.
    before: Option<&'static str>,
    /// Fields of the object, or of one around it, and how each has to be given.
    given: [Option<(&'static str, Given)>; 3],
}

/// How a field has to be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Given {
    /// With any value but one that stands for none.
    Something,
    /// Not at all, or with a value that stands for none.
    Nothing,
    /// With one of these words, compared without case, or left out where one of them is its default.
    OneOf(&'static [&'static str]),
    /// With anything but one of these words, or left out where none of them is its default.
    NoneOf(&'static [&'static str]),
}

impl Condition {
    /// On every server, for every object.
    pub const ALWAYS: Condition = Condition { since: None, before: None, given: [None; 3] };

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
        Condition::of((field, Given::Something))
    }

    /// For objects that don't declare this field.
    pub const fn undeclared(field: &'static str) -> Condition {
        Condition::of((field, Given::Nothing))
    }

    /// For objects of which one field is given so.
    pub(crate) const fn of(given: (&'static str, Given)) -> Condition {
        Condition { given: [Some(given), None, None], ..Condition::ALWAYS }
    }

    /// For objects whose field holds one of these words.
    pub const fn is(field: &'static str, words: &'static [&'static str]) -> Condition {
        Condition::of((field, Given::OneOf(words)))
    }

    /// For objects whose field holds none of these words.
    pub const fn is_not(field: &'static str, words: &'static [&'static str]) -> Condition {
        Condition::of((field, Given::NoneOf(words)))
    }

    /// The same, for those alone that the other one holds for, too.
    pub const fn and(self, other: Condition) -> Condition {
        let [first, second, third] = self.given;
        assert!(third.is_none() && other.given[1].is_none());
        let given = match second {
            None => [first, other.given[0], None],
            Some(_) => [first, second, other.given[0]],
        };
        Condition { given, ..self }
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

    /// Says whether it holds for an object, in which `find` looks up a field with its value; `None` where that can't be told:
    /// before the value is known, and of a word that nobody has documented.
    pub(crate) fn holds_for(self, find: &dyn Fn(&str) -> Option<(&'static Field, Attr)>) -> Option<bool> {
        let holds = self.given.iter().flatten().map(|(name, given)| {
            let (field, value) = find(name)?;
            given.holds(field, &value)
        });
        let holds: Vec<Option<bool>> = holds.collect();
        match holds.contains(&Some(false)) {
            true => Some(false),
            false if holds.contains(&None) => None,
            false => Some(true),
        }
    }

    /// The field that an object has to declare.
    pub(crate) fn declared_field(self) -> Option<&'static str> {
        match self.given[0] {
            Some((field, Given::Something)) => Some(field),
            _ => None,
        }
    }

    /// The fields that it looks at, and how each has to be given.
    pub(crate) fn given(&self) -> impl Iterator<Item = (&'static str, Given)> {
        self.given.iter().flatten().copied()
    }

    /// The objects that it holds for, in words behind “where”; `None` where it holds for all.
    pub(crate) fn objects(self) -> Option<String> {
        let words: Vec<String> = self.given().map(|(field, given)| given.describe(field)).collect();
        Some(words.join(" and ")).filter(|words| !words.is_empty())
    }
}

impl Given {
    fn holds(self, field: &Field, value: &Attr) -> Option<bool> {
        let is_given = gives_something(&field.ty, value);
        let is_among = |words: &[&str]| {
            let value = if is_given { canonical(&field.ty, value) } else { field.default_value() };
            match value.to_text()? {
                word if word.is_empty() => Some(false),
                word if is_among(words, &word) => Some(true),
                word => field.ty.knows(&word).then_some(false),
            }
        };
        match self {
            Given::Something => Some(is_given),
            Given::Nothing => Some(!is_given),
            Given::OneOf(words) => is_among(words),
            Given::NoneOf(words) => Some(!is_among(words)?),
        }
    }

    fn describe(self, field: &str) -> String {
        match self {
            Given::Something => format!("`{field}` is given"),
            Given::Nothing => format!("`{field}` is not given"),
            Given::OneOf(words) => format!("`{field}` is {}", one_of(words)),
            Given::NoneOf(words) => format!("`{field}` is not {}", one_of(words)),
        }
    }
}

fn is_among(words: &[&str], word: &str) -> bool {
    words.iter().any(|other| other.eq_ignore_ascii_case(word))
}

/// The numbers of a dotted version; what follows the first part that is no number does not count.
fn numbers(version: &str) -> Vec<u64> {
    version.split('.').map_while(|part| part.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::spec::{Type, field};

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
    fn objects_give_a_field_or_not() {
        static FIELDS: &[Field] = &[
            field("a", Type::Text, "Given"),
            field("b", Type::Text, "Left out"),
            field("empty", Type::Text, "Given as nothing"),
            field("mode", Type::Enum(&["x", "y", "z"]), "A word").default("\"y\""),
            field("open", Type::OpenEnum(&["x", "y"]), "A word, or one that is not known yet"),
            field("on", Type::Bool, "A switch"),
        ];
        let object = json!({ "a": "1", "empty": "", "open": "new", "on": true });
        let find = |name: &str| {
            let field = FIELDS.iter().find(|field| field.name == name)?;
            Some((field, object.get(name).map_or(Attr::Null, Attr::from_json)))
        };
        for (when, holds) in [
            (Condition::declared("a"), Some(true)),
            (Condition::declared("b"), Some(false)),
            (Condition::declared("empty"), Some(false)),
            (Condition::undeclared("a"), Some(false)),
            (Condition::undeclared("b"), Some(true)),
            (Condition::is("mode", &["x", "Y"]), Some(true)),
            (Condition::is("mode", &["z"]), Some(false)),
            (Condition::is("open", &["x"]), None),
            (Condition::is("on", &["true"]), Some(true)),
            (Condition::is("b", &["x"]), Some(false)),
            (Condition::is("elsewhere", &["x"]), None),
            (Condition::is_not("mode", &["y"]), Some(false)),
            (Condition::is_not("mode", &["z"]), Some(true)),
            (Condition::is_not("open", &["x"]), None),
            (Condition::is_not("b", &["x"]), Some(true)),
            (Condition::declared("a").and(Condition::is("mode", &["y"])), Some(true)),
            (Condition::declared("a").and(Condition::is("mode", &["z"])), Some(false)),
            (Condition::declared("a").and(Condition::is("open", &["x"])), None),
            (Condition::declared("b").and(Condition::is("open", &["x"])), Some(false)),
            (Condition::since("9"), Some(true)),
        ] {
            assert_eq!(when.holds_for(&find), holds, "{when:?}");
        }
    }
}
