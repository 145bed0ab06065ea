//! Placeholders: the words in braces of the texts that a table holds.

/// The words in braces of a path, a query or a body. JSON's own braces hold quotes, blanks or nothing.
pub(crate) fn placeholders(text: &str) -> impl Iterator<Item = &str> {
    text.split('{').skip(1).filter_map(|rest| rest.split_once('}').map(|(word, _)| word)).filter(|word| {
        !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
    })
}
