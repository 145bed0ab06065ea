//! Letters that HTML calls by name.

/// The letter of a name: `quot` is `"`.
pub(super) fn named(name: &str) -> Option<char> {
    NAMES.binary_search_by(|(known, _)| (*known).cmp(name)).ok().and_then(|at| NAMES.get(at)).map(|(_, letter)| *letter)
}

/// Those that a password may hold, sorted by name: ASCII, Latin letters, punctuation.
#[rustfmt::skip]
const NAMES: [(&str, char); 167] = [
    ("AElig", '\u{c6}'), ("Aacute", '\u{c1}'), ("Acirc", '\u{c2}'), ("Agrave", '\u{c0}'), ("Aring", '\u{c5}'),
    ("Atilde", '\u{c3}'), ("Auml", '\u{c4}'), ("Ccedil", '\u{c7}'), ("Dagger", '\u{2021}'), ("ETH", '\u{d0}'),
    ("Eacute", '\u{c9}'), ("Ecirc", '\u{ca}'), ("Egrave", '\u{c8}'), ("Euml", '\u{cb}'), ("Hat", '\u{5e}'),
    ("Iacute", '\u{cd}'), ("Icirc", '\u{ce}'), ("Igrave", '\u{cc}'), ("Iuml", '\u{cf}'), ("NewLine", '\u{a}'),
    ("Ntilde", '\u{d1}'), ("OElig", '\u{152}'), ("Oacute", '\u{d3}'), ("Ocirc", '\u{d4}'), ("Ograve", '\u{d2}'),
    ("Oslash", '\u{d8}'), ("Otilde", '\u{d5}'), ("Ouml", '\u{d6}'), ("Prime", '\u{2033}'), ("Scaron", '\u{160}'),
    ("THORN", '\u{de}'), ("Tab", '\u{9}'), ("Uacute", '\u{da}'), ("Ucirc", '\u{db}'), ("Ugrave", '\u{d9}'),
    ("UnderBar", '\u{5f}'), ("Uuml", '\u{dc}'), ("VerticalLine", '\u{7c}'), ("Yacute", '\u{dd}'), ("Yuml", '\u{178}'),
    ("aacute", '\u{e1}'), ("acirc", '\u{e2}'), ("acute", '\u{b4}'), ("aelig", '\u{e6}'), ("agrave", '\u{e0}'),
    ("amp", '\u{26}'), ("apos", '\u{27}'), ("aring", '\u{e5}'), ("ast", '\u{2a}'), ("atilde", '\u{e3}'),
    ("auml", '\u{e4}'), ("bdquo", '\u{201e}'), ("brvbar", '\u{a6}'), ("bsol", '\u{5c}'), ("bull", '\u{2022}'),
    ("ccedil", '\u{e7}'), ("cedil", '\u{b8}'), ("cent", '\u{a2}'), ("colon", '\u{3a}'), ("comma", '\u{2c}'),
    ("commat", '\u{40}'), ("copy", '\u{a9}'), ("curren", '\u{a4}'), ("dagger", '\u{2020}'), ("deg", '\u{b0}'),
    ("divide", '\u{f7}'), ("dollar", '\u{24}'), ("eacute", '\u{e9}'), ("ecirc", '\u{ea}'), ("egrave", '\u{e8}'),
    ("emsp", '\u{2003}'), ("ensp", '\u{2002}'), ("equals", '\u{3d}'), ("eth", '\u{f0}'), ("euml", '\u{eb}'),
    ("euro", '\u{20ac}'), ("excl", '\u{21}'), ("frac12", '\u{bd}'), ("frac14", '\u{bc}'), ("frac34", '\u{be}'),
    ("frasl", '\u{2044}'), ("grave", '\u{60}'), ("gt", '\u{3e}'), ("hellip", '\u{2026}'), ("iacute", '\u{ed}'),
    ("icirc", '\u{ee}'), ("iexcl", '\u{a1}'), ("igrave", '\u{ec}'), ("iquest", '\u{bf}'), ("iuml", '\u{ef}'),
    ("laquo", '\u{ab}'), ("lbrace", '\u{7b}'), ("lbrack", '\u{5b}'), ("lcub", '\u{7b}'), ("ldquo", '\u{201c}'),
    ("lowbar", '\u{5f}'), ("lpar", '\u{28}'), ("lrm", '\u{200e}'), ("lsaquo", '\u{2039}'), ("lsqb", '\u{5b}'),
    ("lsquo", '\u{2018}'), ("lt", '\u{3c}'), ("macr", '\u{af}'), ("mdash", '\u{2014}'), ("micro", '\u{b5}'),
    ("middot", '\u{b7}'), ("nbsp", '\u{a0}'), ("ndash", '\u{2013}'), ("not", '\u{ac}'), ("ntilde", '\u{f1}'),
    ("num", '\u{23}'), ("oacute", '\u{f3}'), ("ocirc", '\u{f4}'), ("oelig", '\u{153}'), ("ograve", '\u{f2}'),
    ("oline", '\u{203e}'), ("ordf", '\u{aa}'), ("ordm", '\u{ba}'), ("oslash", '\u{f8}'), ("otilde", '\u{f5}'),
    ("ouml", '\u{f6}'), ("para", '\u{b6}'), ("percnt", '\u{25}'), ("period", '\u{2e}'), ("permil", '\u{2030}'),
    ("plus", '\u{2b}'), ("plusmn", '\u{b1}'), ("pound", '\u{a3}'), ("prime", '\u{2032}'), ("quest", '\u{3f}'),
    ("quot", '\u{22}'), ("raquo", '\u{bb}'), ("rbrace", '\u{7d}'), ("rbrack", '\u{5d}'), ("rcub", '\u{7d}'),
    ("rdquo", '\u{201d}'), ("reg", '\u{ae}'), ("rlm", '\u{200f}'), ("rpar", '\u{29}'), ("rsaquo", '\u{203a}'),
    ("rsqb", '\u{5d}'), ("rsquo", '\u{2019}'), ("sbquo", '\u{201a}'), ("scaron", '\u{161}'), ("sect", '\u{a7}'),
    ("semi", '\u{3b}'), ("shy", '\u{ad}'), ("sol", '\u{2f}'), ("sup1", '\u{b9}'), ("sup2", '\u{b2}'),
    ("sup3", '\u{b3}'), ("szlig", '\u{df}'), ("thinsp", '\u{2009}'), ("thorn", '\u{fe}'), ("times", '\u{d7}'),
    ("uacute", '\u{fa}'), ("ucirc", '\u{fb}'), ("ugrave", '\u{f9}'), ("uml", '\u{a8}'), ("uuml", '\u{fc}'),
    ("verbar", '\u{7c}'), ("vert", '\u{7c}'), ("yacute", '\u{fd}'), ("yen", '\u{a5}'), ("yuml", '\u{ff}'),
    ("zwj", '\u{200d}'), ("zwnj", '\u{200c}'),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_sorted_and_found() {
        assert!(NAMES.is_sorted_by_key(|(name, _)| *name));
        let found = ["quot", "amp", "apos", "uuml", "bsol", "none"].map(named);
        assert_eq!(found, [Some('"'), Some('&'), Some('\''), Some('\u{fc}'), Some('\\'), None]);
    }
}
