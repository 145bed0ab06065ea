//! Lines of files: a secret that stands in one is not printed with the lines around a finding.

use std::collections::BTreeMap;
use std::sync::Arc;

use miette::NamedSource;

use crate::finding::{Finding, Spot};

/// Blackens the values that findings of one code mark, in the text that every finding shows: `psk: hunter2` becomes
/// `psk: *******`.
pub(crate) fn redact_source(findings: &mut [Finding], code: &str) {
    let mut texts: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    for spot in findings.iter().filter(|finding| finding.code == code).filter_map(|finding| finding.spot.as_ref()) {
        let text = spot.source.inner();
        let blackened = texts.entry(spot.source.name().to_owned()).or_insert_with(|| text.clone().into_bytes());
        for at in spot.offset..end(text, spot) {
            if let Some(byte) = blackened.get_mut(at).filter(|byte| !byte.is_ascii_whitespace()) {
                *byte = b'*';
            }
        }
    }
    let sources: BTreeMap<String, Arc<NamedSource<String>>> = texts
        .into_iter()
        .filter_map(|(name, bytes)| {
            let text = String::from_utf8(bytes).ok()?;
            Some((name.clone(), Arc::new(NamedSource::new(name, text))))
        })
        .collect();
    for spot in findings.iter_mut().flat_map(|finding| finding.spot.iter_mut().chain(finding.also_spot.as_mut())) {
        if let Some(source) = sources.get(spot.source.name()) {
            spot.source = source.clone();
        }
    }
}

/// Where a value ends: with its token, or with the last line that hangs below its own.
fn end(text: &str, spot: &Spot) -> usize {
    let token = spot.offset + spot.length;
    let rest = text.get(token..).unwrap_or_default();
    let line_end = token + rest.find('\n').unwrap_or(rest.len());
    let goes_on = text.get(token..line_end).is_some_and(|left| left.trim().is_empty() || left.trim().starts_with('#'));
    if !goes_on {
        return token;
    }
    let start = text.get(..spot.offset).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
    let own = text.get(start..).map_or(0, indentation);
    let mut end = line_end;
    for line in text.get(line_end..).unwrap_or_default().split_inclusive('\n').skip(1) {
        if !line.trim().is_empty() && indentation(line) <= own {
            break;
        }
        end += line.len();
    }
    end.max(token)
}

fn indentation(line: &str) -> usize {
    line.len() - line.trim_start_matches([' ', '-']).len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Place;
    use crate::source::{SourceFile, locate};

    #[test]
    fn values_are_blackened_whatever_their_style() {
        let text = "a:\n  - psk: hünter2\n    b: |\n      one\n\n      two\n    c: 'x y' # z\n    d: e\n";
        let file = SourceFile::new("x.yaml", text.into());
        let item = Place::file("x.yaml").below("a").item(0);
        let place = |key: &str| Finding::warning("literal", "").at(&item.below(key));
        let mut findings = [place("psk"), place("b"), place("c"), Finding::error("other", "").at(&item.below("d"))];
        locate(&mut findings, std::slice::from_ref(&file));
        redact_source(&mut findings, "literal");
        let shown = findings[3].spot.clone().unwrap();
        assert_eq!(
            shown.source.inner(),
            "a:\n  - psk: ********\n    b: *\n      ***\n\n      ***\n    c: ** ** * *\n    d: e\n"
        );
        assert_eq!(&shown.source.inner()[shown.offset..shown.offset + shown.length], "e");
    }
}
