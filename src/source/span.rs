//! Spans, looked up late: from the paths of findings to the words in the files.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::yaml::{Mark, marks, nearest};
use crate::finding::{Finding, PathKey, Place, Spot, TextPart};
use crate::source::SourceFile;

/// Fills in the spots of findings that have none yet, reading each file again once at most.
pub(crate) fn locate(findings: &mut [Finding], files: &[SourceFile]) {
    let files: BTreeMap<&str, &SourceFile> = files.iter().map(|file| (&*file.path, file)).collect();
    let mut places: BTreeMap<Arc<str>, Vec<Place>> = BTreeMap::new();
    for finding in findings.iter() {
        let place = finding.place.as_ref().filter(|_| finding.spot.is_none());
        let also = finding.also.as_ref().map(|(place, _)| place).filter(|_| finding.also_spot.is_none());
        for place in place.into_iter().chain(also) {
            places.entry(place.file.clone()).or_default().push(place.clone());
        }
    }
    let mut spots: BTreeMap<Place, Spot> = BTreeMap::new();
    for (name, mut wanted) in places {
        let Some(file) = files.get(&*name) else { continue };
        wanted.sort();
        wanted.dedup();
        spots.extend(look_up(file, wanted));
    }
    for finding in findings {
        if finding.spot.is_none() {
            finding.spot = finding.place.as_ref().and_then(|place| spots.get(place)).cloned();
            if let (Some(spot), Some(part)) = (&mut finding.spot, &finding.part) {
                narrow(spot, part);
            }
        }
        if finding.also_spot.is_none() {
            finding.also_spot = finding.also.as_ref().and_then(|(place, _)| spots.get(place)).cloned();
        }
    }
}

/// Narrows the spot of a value to a part of its text, if that stands in the file as it is read.
fn narrow(spot: &mut Spot, part: &TextPart) {
    /// How far into a value a part is looked for.
    const FARTHEST: usize = 1 << 16;
    let text = spot.source.inner().get(spot.offset..).unwrap_or_default();
    let text = text.get(..floor(text, FARTHEST)).unwrap_or_default();
    let line = text.lines().next().unwrap_or_default();
    let (extent, spelt) = match text.chars().next() {
        Some('"') => (line, part.text.replace('\\', "\\\\").replace('"', "\\\"")),
        Some('\'') => (line, part.text.replace('\'', "''")),
        Some('|' | '>') => (text, part.text.clone()),
        _ => (line, part.text.clone()),
    };
    let Some((at, _)) = extent.match_indices(&spelt).nth(part.before).filter(|_| !spelt.is_empty()) else { return };
    let before = extent.get(..at).unwrap_or_default();
    spot.column = match before.rsplit_once('\n') {
        Some((_, last)) => last.chars().count() + 1,
        None => spot.column + before.chars().count(),
    };
    spot.line += before.matches('\n').count();
    spot.offset += at;
    spot.length = spelt.len();
}

/// The spots of a key that is given twice: the second time and the first.
pub(crate) fn twice(file: &SourceFile, path: &[PathKey]) -> (Option<Spot>, Option<Spot>) {
    let mark = marks(file.text(), &[path]).first().copied().unwrap_or_default();
    let page = TextLines::of(file);
    (mark.again.map(|at| page.spot(at)), mark.key.map(|at| page.spot(at)))
}

/// The spot of the token that starts at an offset.
pub(crate) fn spot(file: &SourceFile, offset: usize) -> Spot {
    TextLines::of(file).spot(offset)
}

fn look_up(file: &SourceFile, places: Vec<Place>) -> Vec<(Place, Spot)> {
    let paths: Vec<&[PathKey]> = places.iter().map(|place| place.path.as_slice()).collect();
    // A path may lead nowhere, because the key is what is missing: then the nearest place above it is shown.
    let found = nearest(file.text(), &paths);
    let page = TextLines::of(file);
    let offset = |place: &Place, (mark, is_whole): &(Mark, bool)| match *is_whole && !place.at_key {
        true => mark.value.or(mark.key),
        false => mark.key.or(mark.value),
    };
    let spots: Vec<Spot> =
        places.iter().zip(&found).map(|(place, found)| page.spot(offset(place, found).unwrap_or(0))).collect();
    places.into_iter().zip(spots).collect()
}

/// A file's text with the offsets at which its lines start, as editors count them.
struct TextLines<'f> {
    file: &'f SourceFile,
    lines: Vec<usize>,
}

impl TextLines<'_> {
    fn of(file: &SourceFile) -> TextLines<'_> {
        let ends = file.text().bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        TextLines { file, lines: std::iter::once(0).chain(ends).collect() }
    }

    fn spot(&self, offset: usize) -> Spot {
        let text = self.file.text();
        let offset = floor(text, offset);
        let offset = offset + properties(text.get(offset..).unwrap_or_default());
        let line = self.lines.partition_point(|&start| start <= offset);
        let start = self.lines.get(line.saturating_sub(1)).copied().unwrap_or(0);
        Spot {
            source: self.file.source.clone(),
            offset,
            length: token(text.get(offset..).unwrap_or_default()),
            line,
            column: text.get(start..offset).unwrap_or_default().chars().count() + 1,
        }
    }
}

fn floor(text: &str, offset: usize) -> usize {
    (0..=offset.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}

/// The length of the anchor or tag in front of a value.
fn properties(rest: &str) -> usize {
    if !rest.starts_with(['&', '!']) {
        return 0;
    }
    let word = rest.find(char::is_whitespace).unwrap_or(0);
    let blank = rest.get(word..).unwrap_or_default();
    word + blank.find(|c| c != ' ').unwrap_or(0)
}

/// The length of the word, the quoted text or the phrase that stands at the start of a text; never beyond its line.
fn token(rest: &str) -> usize {
    /// The longest mark that is still read.
    const LONGEST: usize = 200;
    let line = rest.get(..floor(rest, LONGEST)).unwrap_or_default().lines().next().unwrap_or_default();
    let quote = line.chars().next().filter(|c| matches!(c, '"' | '\''));
    let end = match quote {
        Some(quote) => end_of_quotes(line, quote),
        None => {
            let stops = |(at, letter): (usize, char)| {
                let next = line.get(at + letter.len_utf8()..).and_then(|rest| rest.chars().next());
                let ends = match letter {
                    ':' => next.is_none_or(|next| next.is_whitespace() || matches!(next, ',' | '[' | ']' | '{' | '}')),
                    '#' => line.get(..at).is_some_and(|before| before.ends_with(' ')),
                    ',' => next.is_none_or(char::is_whitespace),
                    ']' | '}' => !line.get(..at).is_some_and(|before| before.contains(['[', '{'])),
                    _ => false,
                };
                (ends && at > 0).then_some(at)
            };
            line.char_indices().find_map(stops).unwrap_or(line.len())
        }
    };
    line.get(..end).unwrap_or(line).trim_end().len()
}

fn end_of_quotes(line: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, letter) in line.char_indices().skip(1) {
        match letter {
            _ if escaped => escaped = false,
            '\\' if quote == '"' => escaped = true,
            _ if letter == quote => return at + 1,
            _ => {}
        }
    }
    line.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_ends_where_a_reader_would_end_it() {
        for (text, token_is) in [
            ("gateway: 10.0.0.1", "gateway"),
            ("10.0.0.1 # hop", "10.0.0.1"),
            ("\"a \\\" b\", c", "\"a \\\" b\""),
            ("'it is', c", "'it is'"),
            ("fe80::1\nnext", "fe80::1"),
            ("${var.x}, b]", "${var.x}"),
            ("[a, b]", "[a"),
            ("x}, y", "x"),
            ("a#b c", "a#b c"),
            (": x", ": x"),
            ("", ""),
        ] {
            assert_eq!(&text[..token(text)], token_is, "{text}");
        }
        assert_eq!(properties("&anchor  value"), 9);
    }

    #[test]
    fn a_part_of_a_text_is_found_as_it_is_spelt() {
        let text =
            "a: x ${f(1)} ${f(1)}\nb: \"${f(\\\"é\\\", 2)}\"\nc: |\n  one\n  two ${x}\nd: '${g(''q'')}'\ne: ${x}\n";
        let file = SourceFile::new("x.yaml", text.into());
        for (key, part, before, at) in [
            ("a", "f(1)", 0, (1, 8, 4)),
            ("a", "f(1)", 1, (1, 16, 4)),
            ("b", "f(\"é\", 2)", 0, (2, 7, 12)),
            ("c", "x", 0, (5, 9, 1)),
            ("d", "g('q')", 0, (6, 7, 8)),
            ("e", "gone", 0, (7, 4, 4)),
        ] {
            let finding = Finding::error("x", "x").at(&Place::file("x.yaml").below(key));
            let mut findings = [finding.inside(TextPart { text: part.into(), before })];
            locate(&mut findings, std::slice::from_ref(&file));
            let spot = findings[0].spot.clone().unwrap();
            assert_eq!((spot.line, spot.column, spot.length), at, "{key} {part}");
        }
    }

    #[test]
    fn a_missing_path_shows_the_nearest_place_above_it() {
        let file = SourceFile::new("x.yaml", "a:\n  b: 1\nc: &n\n  d: e\n".into());
        let place = Place::file("x.yaml").below("a").below("none").below("deeper");
        let at = |place: Place| {
            let mut findings = [Finding::error("x", "x").at(&place)];
            locate(&mut findings, std::slice::from_ref(&file));
            let spot = findings[0].spot.clone().unwrap();
            (spot.line, spot.column, spot.length)
        };
        assert_eq!(at(place), (1, 1, 1));
        assert_eq!(at(Place::file("x.yaml").below("a").below("b")), (2, 6, 1));
        assert_eq!(at(Place::file("x.yaml").below("a").below("b").key()), (2, 3, 1));
        assert_eq!(at(Place::file("x.yaml").below("zzz")), (1, 1, 1));
        assert_eq!(at(Place::file("x.yaml").below("c").below("d")), (4, 6, 1));
    }
}
