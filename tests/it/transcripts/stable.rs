//! What differs from run to run, by stable words: ports, folders and times. Ids and digests are made from seeds, and stay.

/// The text with a stable word for everything that varies; `names` are words for texts that are known to.
pub(crate) fn stable(text: &str, names: &[(&str, &str)]) -> String {
    let text = names.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to));
    times(&ports(&text))
}

/// The simulators' host has another port in each run.
fn ports(text: &str) -> String {
    const HOST: &str = "127.0.0.1:";
    let mut parts = text.split(HOST);
    let mut stable = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.trim_start_matches(|letter: char| letter.is_ascii_digit());
        let port = if rest.len() < part.len() { "PORT" } else { "" };
        stable.push_str(&format!("{HOST}{port}{rest}"));
    }
    stable
}

/// A date, and a time of that day, where 0 stands for any digit; a fraction of the second may follow.
const DATE: &str = "0000-00-00";
const CLOCK: &str = "T00:00:00";

fn times(text: &str) -> String {
    let mut stable = String::new();
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        if let Some(after) = like(rest, DATE) {
            let clock = like(after, CLOCK);
            stable.push_str(if clock.is_some() { "TIME" } else { "DATE" });
            rest = clock.map_or(after, without_fraction);
        } else {
            stable.push(letter);
            rest = &rest[letter.len_utf8()..];
        }
    }
    stable
}

/// What follows a beginning of that form, if the text has one.
fn like<'t>(text: &'t str, form: &str) -> Option<&'t str> {
    let (head, rest) = text.split_at_checked(form.len())?;
    let fits = |(letter, like): (char, char)| if like == '0' { letter.is_ascii_digit() } else { letter == like };
    head.chars().zip(form.chars()).all(fits).then_some(rest)
}

fn without_fraction(text: &str) -> &str {
    let rest = text.trim_start_matches(|letter: char| letter == '.' || letter.is_ascii_digit());
    rest.strip_prefix('Z').unwrap_or(rest)
}

#[test]
fn what_varies_has_a_stable_word_and_nothing_else_has() {
    let text = "http://127.0.0.1:41234/vns3, 127.0.0.1: here; 10.1.0.0:80; /tmp/x1/a.yaml; 2026-11-29T16:41:14.123Z, 2026-11-29, 2026-11";
    let expected = "http://127.0.0.1:PORT/vns3, 127.0.0.1: here; 10.1.0.0:80; ./a.yaml; TIME, DATE, 2026-11";
    assert_eq!(stable(text, &[("/tmp/x1", ".")]), expected);
}
