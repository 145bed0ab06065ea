//! Where quoted texts end.

/// The length of a text in single quotes, the second of which is to come.
pub(super) fn single_quoted(rest: &str) -> Option<usize> {
    let bytes = rest.as_bytes();
    let mut at = 0;
    loop {
        at += rest.get(at..)?.find('\'')? + 1;
        if bytes.get(at) != Some(&b'\'') {
            return Some(at + 1);
        }
        at += 1;
    }
}

/// The length of a text in double quotes, the second of which is to come.
pub(super) fn double_quoted(rest: &str) -> Option<usize> {
    let mut is_escaped = false;
    for (at, byte) in rest.bytes().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => return Some(at + 2),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quoted_text_ends_at_its_own_quote() {
        for (rest, length) in [("a' b", Some(3)), ("it''s' '", Some(7)), ("''''", None), ("a", None)] {
            assert_eq!(single_quoted(rest), length, "{rest}");
        }
        for (rest, length) in [("a\" b", Some(3)), (r#"\"" "#, Some(4)), (r#"\\" ""#, Some(4)), (r#"\""#, None)] {
            assert_eq!(double_quoted(rest), length, "{rest}");
        }
    }
}
