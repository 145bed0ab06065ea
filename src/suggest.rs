//! Did you mean: the known word that is closest to an unknown one.

/// The candidate that a misspelt word most likely means; `None` where nothing comes close.
pub(crate) fn closest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // A word of up to three letters may be off by one, longer ones by a third: more would be guessing.
    let tolerance = (word.chars().count() / 3).max(1);
    let folded = fold(word);
    candidates
        .into_iter()
        .filter(|candidate| candidate.len().abs_diff(word.len()) <= tolerance)
        .map(|candidate| (strsim::damerau_levenshtein(&folded, &fold(candidate)), candidate))
        .filter(|(distance, _)| *distance <= tolerance)
        .min()
        .map(|(_, candidate)| candidate)
}

/// Case and the choice of `_` or `-` are no real difference.
fn fold(word: &str) -> String {
    word.chars().map(|letter| if letter == '_' { '-' } else { letter.to_ascii_lowercase() }).collect()
}

/// The same for a word that a person may have broken off: the shortest that begins so comes before what is spelt likewise.
pub(crate) fn hint_by_beginning<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str> + Clone) -> String {
    /// What fewer letters begin is too much to mean one of them.
    const BEGINNING: usize = 3;
    let folded = fold(word);
    let begun = |candidate: &&str| folded.chars().count() >= BEGINNING && fold(candidate).starts_with(&folded);
    let begun = candidates.clone().into_iter().filter(begun).min_by_key(|candidate| (candidate.len(), *candidate));
    match begun {
        Some(found) => format!("did you mean `{found}`?"),
        None => hint(word, candidates),
    }
}

/// A sentence for people: the closest word, else a list of what there is.
pub(crate) fn hint<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str> + Clone) -> String {
    /// More names than this are no help.
    const SHOWN: usize = 40;
    if let Some(found) = closest(word, candidates.clone()) {
        return format!("did you mean `{found}`?");
    }
    let mut names: Vec<&str> = candidates.into_iter().collect();
    names.sort_unstable();
    names.dedup();
    match names.len() {
        0 => "none is declared".into(),
        count if count > SHOWN => format!("there are {count} others, such as `{}`", first(&names, 5)),
        _ => format!("there are `{}`", first(&names, SHOWN)),
    }
}

/// Words as alternatives: `a`, `b` or `c`.
pub(crate) fn one_of(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
        None => String::new(),
    }
}

fn first(names: &[&str], count: usize) -> String {
    names.iter().take(count).copied().collect::<Vec<_>>().join("`, `")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_recognised_and_strangers_are_not() {
        let words = ["description", "gateway", "cidr", "local_subnet"];
        assert_eq!(closest("gatway", words), Some("gateway"));
        assert_eq!(closest("local-subnet", words), Some("local_subnet"));
        assert_eq!(closest("CIDR", words), Some("cidr"));
        assert_eq!(closest("bandwidth", words), None);
        assert_eq!(hint("bandwidth", ["b", "a"]), "there are `a`, `b`");
    }

    #[test]
    fn a_word_that_is_broken_off_is_made_whole() {
        let words = ["routes", "routes-of-others", "rules", "route-maps"];
        for (word, meant) in [("rout", "routes"), ("ROUTE_M", "route-maps"), ("routes-of", "routes-of-others")] {
            assert_eq!(hint_by_beginning(word, words), format!("did you mean `{meant}`?"));
        }
        assert_eq!(hint_by_beginning("rulse", words), "did you mean `rules`?");
        for word in ["ro", "other"] {
            assert!(hint_by_beginning(word, words).starts_with("there are `"), "{word}");
        }
    }
}
