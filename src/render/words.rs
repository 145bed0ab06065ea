//! Numbers and words as people write them.

/// A number with its thousands set apart: `4,980`.
pub(crate) fn number(n: usize) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number of things: `1 outage`, `2 outages`. The plural takes an `s`.
pub(crate) fn counted(n: usize, thing: &str) -> String {
    format!("{} {thing}{}", number(n), if n == 1 { "" } else { "s" })
}

/// `is` or `are`, for a number of things.
pub(crate) fn are(n: usize) -> &'static str {
    if n == 1 { "is" } else { "are" }
}

/// A commit as people quote it; the `+` of changed files stays.
pub(crate) fn short_commit(commit: &str) -> String {
    let (hash, changed) = match commit.strip_suffix('+') {
        Some(hash) => (hash, "+"),
        None => (commit, ""),
    };
    let end = hash.char_indices().nth(7).map_or(hash.len(), |(at, _)| at);
    format!("{}{changed}", &hash[..end])
}

/// Text in which nothing speaks to the terminal: control characters are spelled out. What a controller says may hold any.
pub(crate) fn sanitize_control(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\n' => safe.push_str("\\n"),
            '\t' => safe.push_str("\\t"),
            '\r' => safe.push_str("\\r"),
            // The second range turns the direction of writing: names could be made to look like others.
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => safe.extend(letter.escape_unicode()),
            letter if letter.is_control() => safe.extend(letter.escape_unicode()),
            letter => safe.push(letter),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_commits() {
        let numbers: Vec<String> = [0, 12, 999, 1000, 4980, 1_234_567].map(number).into();
        assert_eq!(numbers, ["0", "12", "999", "1,000", "4,980", "1,234,567"]);
        assert_eq!(counted(1, "outage"), "1 outage");
        assert_eq!(counted(2000, "outage"), "2,000 outages");
        assert_eq!(short_commit("3f2a1c9d00+"), "3f2a1c9+");
        assert_eq!(short_commit("abc"), "abc");
    }

    #[test]
    fn nothing_speaks_to_the_terminal() {
        assert_eq!(sanitize_control("a\u{1b}[31mb\n\u{202e}c\u{9b}"), "a\\u{1b}[31mb\\n\\u{202e}c\\u{9b}");
    }
}
