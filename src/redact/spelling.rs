//! Spellings: a text as it reads once its escapes are undone, with where each byte stood.
//!
//! Whoever repeats a secret seldom repeats its letters: it stands in JSON, in a URL, in a page, in a header. To write down
//! every spelling of every secret would take a hundred times their memory and still miss one in another. So it is the text
//! that is read back, in each way, and in each way again within what that gave; and the letters are looked for there.

use std::ops::Range;

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::entities;

/// How often one spelling may stand within another, as JSON within JSON within base64 does.
const DEPTH: usize = 3;

/// Letters that make a packed run worth a look: the shortest secret that has spellings fills as many.
const SHORTEST_RUN: usize = 8;

/// The separator between the runs of a packed reading: no text holds it.
pub(super) const BREAK: u8 = 0xff;

/// Reads one escape at the start of a text: its length, and the letter that it stands for.
type ReadEscape = fn(&[u8]) -> Option<(usize, char)>;

/// The ways to spell a letter, each with the bytes that give it away and those that an escape begins with.
const DECODERS: [(&[u8], &[u8], ReadEscape); 8] = [
    (b"\\", b"\\", backslash),
    (b"\\", b"\\", escaped_slash),
    (b"%", b"%", percent),
    (b"+", b"+%", form),
    (b"&", b"&", entity),
    (b"'", b"'", shell_quote),
    (b"'", b"'", doubled::<b'\''>),
    (b"\"", b"\"", doubled::<b'"'>),
];

/// One reading of a text.
pub(super) struct Reading {
    /// The bytes that are read.
    pub bytes: Vec<u8>,
    /// Where each byte stood, in bytes of the text.
    stood: Vec<(u32, u32)>,
    /// How it stood there.
    pub form: HowSpelt,
}

/// How a reading stood in its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HowSpelt {
    /// As it is.
    Plain,
    /// Letter by letter in another spelling.
    Spelt,
    /// In base64 or hexadecimal digits.
    Packed,
}

impl Reading {
    /// The text as it is.
    fn plain(text: &str) -> Reading {
        let stood = (0..text.len()).map(|at| (offset(at), offset(at + 1))).collect();
        Reading { bytes: text.as_bytes().to_vec(), stood, form: HowSpelt::Plain }
    }

    fn empty(&self, form: HowSpelt) -> Reading {
        let form = if self.form == HowSpelt::Packed { HowSpelt::Packed } else { form };
        Reading { bytes: Vec::with_capacity(self.bytes.len()), stood: Vec::with_capacity(self.bytes.len()), form }
    }

    /// Where a part of it stood in the text.
    pub(super) fn stood(&self, part: Range<usize>) -> Range<usize> {
        let start = self.stood.get(part.start).map_or(0, |(start, _)| *start);
        let end = part.end.checked_sub(1).and_then(|last| self.stood.get(last)).map_or(0, |(_, end)| *end);
        start as usize..end as usize
    }

    fn push(&mut self, byte: u8, stood: Range<usize>) {
        self.bytes.push(byte);
        self.stood.push((offset(stood.start), offset(stood.end)));
    }

    /// The reading in which the escapes of one way are undone; `None` if there are none.
    fn undone(&self, (marks, starts, decoder): (&[u8], &[u8], ReadEscape)) -> Option<Reading> {
        self.bytes.iter().find(|byte| marks.contains(byte))?;
        let mut reading = self.empty(HowSpelt::Spelt);
        let (mut at, mut found) = (0, false);
        while let Some(&byte) = self.bytes.get(at) {
            let rest = self.bytes.get(at..).unwrap_or_default();
            let escape = if starts.contains(&byte) { decoder(rest) } else { None };
            let Some((length, letter)) = escape else {
                reading.push(byte, self.stood(at..at + 1));
                at += 1;
                continue;
            };
            let stood = self.stood(at..at + length);
            letter.encode_utf8(&mut [0; 4]).bytes().for_each(|byte| reading.push(byte, stood.clone()));
            at += length;
            found = true;
        }
        found.then_some(reading)
    }

    /// The content of base64 and hexadecimal runs. Where in a run a text begins is not known: each of the places that make
    /// a difference is tried.
    fn unpacked(&self) -> Option<Reading> {
        let mut reading = self.empty(HowSpelt::Packed);
        for (is_part, unpack) in [(is_base64 as fn(u8) -> bool, unpack_base64 as Unpack), (is_hex, unpack_hex)] {
            let mut letters: Vec<(u8, usize)> = Vec::new();
            for (at, byte) in self.bytes.iter().copied().chain([BREAK]).enumerate() {
                match byte {
                    _ if is_part(byte) => letters.push((byte, at)),
                    // A long run is wrapped.
                    b'\r' | b'\n' => {}
                    _ => {
                        if letters.len() >= SHORTEST_RUN {
                            unpack(self, &letters, &mut reading);
                        }
                        letters.clear();
                    }
                }
            }
        }
        (!reading.bytes.is_empty()).then_some(reading)
    }

    /// The parts that may be text. What is unpacked from any word is noise, in which nothing more is spelt.
    fn texts(&self) -> Option<Reading> {
        let mut reading = self.empty(HowSpelt::Packed);
        let mut start = 0;
        for chunk in self.bytes.utf8_chunks() {
            let mut at = start;
            for text in chunk.valid().split_inclusive(char::is_control) {
                if text.len() >= SHORTEST_RUN {
                    (at..at + text.len())
                        .zip(text.bytes())
                        .for_each(|(at, byte)| reading.push(byte, self.stood(at..at + 1)));
                    reading.push(BREAK, 0..0);
                }
                at += text.len();
            }
            start = at + chunk.invalid().len();
        }
        (!reading.bytes.is_empty()).then_some(reading)
    }
}

type Unpack = fn(&Reading, &[(u8, usize)], &mut Reading);

/// Calls `see` with every reading of a text, the text as it is first.
pub(super) fn for_each_reading(text: &str, see: &mut dyn FnMut(&Reading)) {
    if u32::try_from(text.len()).is_ok() {
        each(Reading::plain(text), DEPTH, see);
    }
}

fn each(reading: Reading, depth: usize, see: &mut dyn FnMut(&Reading)) {
    see(&reading);
    if depth == 0 {
        return;
    }
    for way in DECODERS {
        if let Some(undone) = reading.undone(way) {
            each(undone, depth - 1, see);
        }
    }
    if let Some(unpacked) = reading.unpacked() {
        see(&unpacked);
        if let Some(texts) = unpacked.texts() {
            each(texts, depth - 1, see);
        }
    }
}

fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// Escapes with a backslash: of JSON, of Rust, Python, Ruby and C, and of a shell.
fn backslash(text: &[u8]) -> Option<(usize, char)> {
    let next = *text.get(1)?;
    let simple = |letter: char| Some((2, letter));
    let found = match next {
        b'n' => simple('\n'),
        b't' => simple('\t'),
        b'r' => simple('\r'),
        b'b' => simple('\u{8}'),
        b'f' => simple('\u{c}'),
        b'a' => simple('\u{7}'),
        b'v' => simple('\u{b}'),
        b'e' => simple('\u{1b}'),
        b'x' => byte_escapes(text, |text| hex_after(text, b"\\x")),
        b'0'..=b'7' => byte_escapes(text, octal),
        b'u' => unicode(text),
        b'U' => digits(text.get(2..10)?, 16).and_then(|code| Some((10, char::from_u32(code)?))),
        _ => None,
    };
    found.or_else(|| next.is_ascii().then(|| (2, char::from(next))))
}

/// A slash behind a backslash, as JSON may have it, by who leaves all else as it is.
fn escaped_slash(text: &[u8]) -> Option<(usize, char)> {
    text.starts_with(b"\\/").then_some((2, '/'))
}

/// `\u00fc`, a pair of surrogates, or Rust's `\u{fc}`.
fn unicode(text: &[u8]) -> Option<(usize, char)> {
    if text.get(2) == Some(&b'{') {
        let length = text.iter().take(10).position(|byte| *byte == b'}')?;
        return Some((length + 1, char::from_u32(digits(text.get(3..length)?, 16)?)?));
    }
    let unit = |at: usize| (text.get(at..at + 2)? == b"\\u").then(|| digits(text.get(at + 2..at + 6)?, 16)).flatten();
    let high = unit(0)?;
    if let Some(letter) = char::from_u32(high) {
        return Some((6, letter));
    }
    let low = unit(6)?.checked_sub(0xdc00)?;
    Some((12, char::from_u32(0x10000 + ((high.checked_sub(0xd800)?) << 10) + low)?))
}

fn octal(text: &[u8]) -> Option<(usize, u8)> {
    let length = text.iter().skip(1).take(3).take_while(|byte| (b'0'..=b'7').contains(byte)).count();
    (text.first() == Some(&b'\\') && length > 0).then_some(())?;
    Some((1 + length, u8::try_from(digits(text.get(1..=length)?, 8)?).ok()?))
}

/// Escapes in URLs: `%C3%BC`, and `%u00FC` of old scripts.
fn percent(text: &[u8]) -> Option<(usize, char)> {
    if text.get(1) == Some(&b'u') {
        return Some((6, char::from_u32(digits(text.get(2..6)?, 16)?)?));
    }
    byte_escapes(text, |text| hex_after(text, b"%"))
}

/// Escapes in forms, where a plus is a blank.
fn form(text: &[u8]) -> Option<(usize, char)> {
    if text.first() == Some(&b'+') { Some((1, ' ')) } else { percent(text) }
}

/// References in HTML and XML: `&quot;`, `&#34;`, `&#x22;`.
fn entity(text: &[u8]) -> Option<(usize, char)> {
    (text.first() == Some(&b'&')).then_some(())?;
    let length = text.iter().skip(1).take(12).take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'#').count();
    let name = text.get(1..=length)?;
    let letter = match name {
        [b'#', b'x' | b'X', hex @ ..] => char::from_u32(digits(hex, 16)?)?,
        [b'#', decimal @ ..] => char::from_u32(digits(decimal, 10)?)?,
        _ => entities::named(std::str::from_utf8(name).ok()?)?,
    };
    let ends = text.get(1 + length) == Some(&b';');
    Some((1 + length + usize::from(ends), letter))
}

/// A quote within quotes as a shell has to say it: `'\''`, or `'"'"'`.
fn shell_quote(text: &[u8]) -> Option<(usize, char)> {
    [&b"'\\''"[..], b"'\"'\"'"].iter().find(|quote| text.starts_with(quote)).map(|quote| (quote.len(), '\''))
}

/// A quote within quotes of its kind, as YAML and SQL double the single and CSV the double one.
fn doubled<const QUOTE: u8>(text: &[u8]) -> Option<(usize, char)> {
    text.starts_with(&[QUOTE, QUOTE]).then_some((2, char::from(QUOTE)))
}

/// A letter spelt byte by byte: in UTF-8, or else by its number in Latin-1.
fn byte_escapes(text: &[u8], one: impl Fn(&[u8]) -> Option<(usize, u8)>) -> Option<(usize, char)> {
    let (mut length, first) = one(text)?;
    let alone = Some((length, char::from(first)));
    let mut bytes = vec![first];
    let wanted = match first {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => return alone,
    };
    while bytes.len() < wanted {
        let Some((more, byte)) = text.get(length..).and_then(&one) else { return alone };
        length += more;
        bytes.push(byte);
    }
    match std::str::from_utf8(&bytes).ok().and_then(|text| text.chars().next()) {
        Some(letter) => Some((length, letter)),
        None => alone,
    }
}

fn hex_after(text: &[u8], mark: &[u8]) -> Option<(usize, u8)> {
    let rest = text.strip_prefix(mark)?;
    Some((mark.len() + 2, u8::try_from(digits(rest.get(..2)?, 16)?).ok()?))
}

fn digits(text: &[u8], radix: u32) -> Option<u32> {
    (!text.is_empty() && text.iter().all(u8::is_ascii_alphanumeric)).then_some(())?;
    u32::from_str_radix(std::str::from_utf8(text).ok()?, radix).ok()
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_')
}

fn is_hex(byte: u8) -> bool {
    byte.is_ascii_hexdigit()
}

/// A text begins at one of four places in a run, and at one of three within its own first letters.
fn unpack_base64(of: &Reading, letters: &[(u8, usize)], into: &mut Reading) {
    let lenient = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::RequireNone)
        .with_decode_allow_trailing_bits(true);
    let engine = GeneralPurpose::new(&STANDARD, lenient);
    for start in 0..4 {
        let run = letters.get(start..).unwrap_or_default();
        // A letter alone at the end holds no byte.
        let run = run.get(..run.len() - usize::from(run.len() % 4 == 1)).unwrap_or_default();
        let standard = |byte: u8| match byte {
            b'-' => b'+',
            b'_' => b'/',
            other => other,
        };
        let Ok(bytes) = engine.decode(run.iter().map(|(byte, _)| standard(*byte)).collect::<Vec<u8>>()) else {
            continue;
        };
        for (n, byte) in bytes.iter().enumerate() {
            let letter = |n: usize| run.get(n).or(run.last()).map_or(0, |(_, at)| *at);
            let (first, last) = (letter(n * 4 / 3), letter(n * 4 / 3 + 1));
            into.push(*byte, of.stood(first..last + 1));
        }
        into.push(BREAK, 0..0);
    }
}

fn unpack_hex(of: &Reading, letters: &[(u8, usize)], into: &mut Reading) {
    for start in 0..2 {
        for pair in letters.get(start..).unwrap_or_default().chunks_exact(2) {
            if let [(high, first), (low, last)] = pair
                && let Some(byte) = digits(&[*high, *low], 16).and_then(|byte| u8::try_from(byte).ok())
            {
                into.push(byte, of.stood(*first..*last + 1));
            }
        }
        into.push(BREAK, 0..0);
    }
}
