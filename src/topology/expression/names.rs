//! Names: what one means, once the expressions in it are carried out.

/// What an expression names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ExpressionName {
    /// A variable, and a path into it.
    Variable(String, Vec<String>),
    /// A secret.
    Secret(String),
    /// The key of an `each`.
    EachKey,
    /// The value of an `each`, and a path into it.
    EachValue(Vec<String>),
    /// The output of a resource: to be taken apart with [`output`](super::output).
    Output(String),
}

/// A part of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NamePart<'t> {
    /// As it stands there.
    Written(&'t str),
    /// What an expression came to: a dot or slash in it divides nothing.
    Inserted(String),
}

/// The forms that there are, for messages.
const FORMS: &str = "there are `${var.NAME}`, `${secret.NAME}`, `${each.key}`, `${each.value}`, \
                     `${target/kind/name.field}` and `${FUNCTION(…)}`, as `trueup explain functions` lists them; write \
                     `$${` for a literal `${`";

impl ExpressionName {
    /// What the parts of a name mean together.
    ///
    /// # Errors
    /// It has none of the forms; the message says which there are.
    pub(super) fn of(parts: &[NamePart<'_>], text: &str) -> Result<ExpressionName, String> {
        // Where a whole name is given, it is what it says.
        let parts = match parts {
            [NamePart::Inserted(whole)] => &[NamePart::Written(whole)],
            parts => parts,
        };
        let has_slash = |part: &NamePart<'_>| matches!(part, NamePart::Written(text) if text.contains('/'));
        if parts.iter().any(has_slash) {
            let words = parts.iter().map(|part| match part {
                NamePart::Written(text) => (*text).to_owned(),
                NamePart::Inserted(text) => text.replace('%', "%25").replace('/', "%2F"),
            });
            return Ok(ExpressionName::Output(words.collect()));
        }
        let mut words = vec![String::new()];
        for part in parts {
            let (first, others) = match part {
                NamePart::Written(text) => text.split_once('.').map_or((*text, None), |(a, b)| (a, Some(b))),
                NamePart::Inserted(text) => (text.as_str(), None),
            };
            if let Some(last) = words.last_mut() {
                last.push_str(first);
            }
            words.extend(others.into_iter().flat_map(|others| others.split('.')).map(str::to_owned));
        }
        let unknown = || format!("`${{{text}}}` is no expression: {FORMS}");
        let mut words = words.into_iter();
        let (Some(head), Some(first)) = (words.next(), words.next()) else { return Err(unknown()) };
        let path: Vec<String> = words.collect();
        match (head.as_str(), first.as_str()) {
            (_, "") => Err(unknown()),
            ("var", _) => Ok(ExpressionName::Variable(first, path)),
            // A secret is one text: a dot belongs to its name.
            ("secret", _) => {
                Ok(ExpressionName::Secret(std::iter::once(first).chain(path).collect::<Vec<_>>().join(".")))
            }
            ("each", "key") if path.is_empty() => Ok(ExpressionName::EachKey),
            ("each", "value") => Ok(ExpressionName::EachValue(path)),
            _ => Err(unknown()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_inserted_divides_nothing() {
        use NamePart::{Inserted, Written};
        let put = |text: &str| Inserted(text.to_owned());
        let path = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        for (parts, name) in [
            (vec![Written("var.x.0.y")], ExpressionName::Variable("x".into(), path(&["0", "y"]))),
            (vec![Written("var.x."), put("a.b")], ExpressionName::Variable("x".into(), path(&["a.b"]))),
            (
                vec![Written("var.x-"), put("a"), Written(".lan")],
                ExpressionName::Variable("x-a".into(), path(&["lan"])),
            ),
            (vec![Written("secret.a."), put("b/c")], ExpressionName::Secret("a.b/c".into())),
            (vec![put("oslo"), Written("/config.ip")], ExpressionName::Output("oslo/config.ip".into())),
            (vec![Written("t/k/"), put("a/b%"), Written(".id")], ExpressionName::Output("t/k/a%2Fb%25.id".into())),
            (vec![put("oslo/config.ip")], ExpressionName::Output("oslo/config.ip".into())),
            (vec![Written("each.value.x")], ExpressionName::EachValue(path(&["x"]))),
            (vec![Written("each.key")], ExpressionName::EachKey),
        ] {
            assert_eq!(ExpressionName::of(&parts, ""), Ok(name));
        }
        for word in ["", "x", "var", "var.", ".x", "each.key.x", "each.none", "HOME", "vars.x"] {
            assert!(ExpressionName::of(&[Written(word)], word).is_err(), "{word}");
        }
    }
}
