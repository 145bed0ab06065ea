//! The names that an API takes for objects of a kind.

/// The names that an API takes. A kind begins with [`Names::ANY`] or [`Names::of`], and narrows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Names {
    /// The marks in them besides letters and digits of ASCII; `None` where they hold any text.
    marks: Option<&'static str>,
    letter_first: bool,
    /// The words that they begin with, one or the other.
    beginnings: &'static [&'static str],
    /// The words that the API keeps for itself; one that ends in `*` stands for all that begin so, whatever their case, and
    /// one behind a `+` is taken all the same.
    reserved: &'static [&'static str],
    longest: usize,
}

impl Names {
    /// Any text.
    pub const ANY: Names =
        Names { marks: None, letter_first: false, beginnings: &[], reserved: &[], longest: usize::MAX };

    /// Letters and digits of ASCII, and these marks: `_-`.
    pub const fn of(marks: &'static str) -> Names {
        Names { marks: Some(marks), ..Names::ANY }
    }

    /// The same, beginning with a letter.
    pub const fn letter_first(self) -> Names {
        Names { letter_first: true, ..self }
    }

    /// The same, beginning with one of these words.
    pub const fn beginning(self, beginnings: &'static [&'static str]) -> Names {
        Names { beginnings, ..self }
    }

    /// The same without these words, as in `users`, and without those that begin so, as in `csys-*`, but for some of them, as
    /// in `+csys-obj-type`.
    pub const fn except(self, reserved: &'static [&'static str]) -> Names {
        Names { reserved, ..self }
    }

    /// The same with so many letters at most.
    pub const fn up_to(self, longest: usize) -> Names {
        Names { longest, ..self }
    }

    /// Says whether a name is one of these.
    pub(crate) fn take(&self, name: &str) -> bool {
        let Names { marks, letter_first, beginnings, reserved, longest } = self;
        let is_kept = |word: &&str| match word.strip_suffix('*') {
            Some(start) => name.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start)),
            None => *word == name,
        };
        let is_open =
            || reserved.iter().any(|word| word.strip_prefix('+').is_some_and(|word| word.eq_ignore_ascii_case(name)));
        let is_plain = |marks: &str| {
            !name.is_empty() && name.chars().all(|letter| letter.is_ascii_alphanumeric() || marks.contains(letter))
        };
        marks.is_none_or(is_plain)
            && (!letter_first || name.starts_with(|letter: char| letter.is_ascii_alphabetic()))
            && (beginnings.is_empty() || beginnings.iter().any(|beginning| name.starts_with(beginning)))
            && (!reserved.iter().any(is_kept) || is_open())
            && name.chars().count() <= *longest
    }

    /// What they are, in words.
    pub(crate) fn describe(&self) -> String {
        let Names { marks, letter_first, beginnings, reserved, longest } = self;
        let quoted =
            |words: &mut dyn Iterator<Item = String>| words.map(|word| format!("`{word}`")).collect::<Vec<_>>();
        let mut rules = Vec::new();
        if let Some(marks) = marks {
            let marks = quoted(&mut marks.chars().map(String::from));
            rules.push(format!("it is made of letters, digits and {}", marks.join(", ")));
        }
        if *letter_first {
            rules.push("begins with a letter".into());
        }
        if !beginnings.is_empty() {
            let beginnings = quoted(&mut beginnings.iter().map(|word| (*word).to_owned()));
            rules.push(format!("it begins with {}", beginnings.join(" or ")));
        }
        if *longest < usize::MAX {
            rules.push(format!("has {longest} letters at most"));
        }
        if !reserved.is_empty() {
            let (open, kept): (Vec<&str>, Vec<&str>) = reserved.iter().partition(|word| word.starts_with('+'));
            let kept = quoted(&mut kept.into_iter().map(str::to_owned)).join(" or ");
            let mut words = vec![format!("is not {kept}, which the API keeps for itself")];
            words.extend(quoted(&mut open.into_iter().map(|word| word.trim_start_matches('+').to_owned())));
            rules.push(words.join(" but for "));
        }
        if rules.is_empty() { "any text is one".into() } else { rules.join(", and ") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rule_is_kept_and_told() {
        let plain = Names::of("_-");
        for (names, taken, refused, told) in [
            (Names::ANY, &["a", "", "é /", "1"] as &[&str], &[] as &[&str], "any text is one"),
            (plain, &["a", "1-_b", "-"], &["", "a b", "é", "a.b"], "letters, digits and `_`, `-`"),
            (plain.letter_first(), &["a1"], &["1a", "-a", ""], "begins with a letter"),
            (Names::ANY.beginning(&["A_", "B_"]), &["A_x", "B_", "A_x y"], &["a_x", "C_", ""], "`A_` or `B_`"),
            (plain.except(&["users"]), &["user", "users1"], &["users"], "is not `users`"),
            (plain.except(&["a-*"]), &["a", "ab-"], &["a-b", "A-b", "a-"], "is not `a-*`"),
            (plain.except(&["a-*", "+a-b"]), &["a-b", "A-B"], &["a-c", "a-"], "for itself but for `a-b`"),
            (Names::ANY.up_to(3), &["abc", "äöü"], &["abcd"], "3 letters at most"),
        ] {
            assert!(taken.iter().all(|name| names.take(name)), "{names:?}");
            assert!(refused.iter().all(|name| !names.take(name)), "{names:?}");
            assert!(names.describe().contains(told), "{}", names.describe());
        }
    }
}
