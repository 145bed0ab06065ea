//! Examples: for each word the line of a table that uses it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use proc_macro2::{Delimiter, TokenTree};

use super::declared::{Declared, Word, braces, inside, is_mark, is_name};
use crate::sources::sources;

/// The longest line that is shown whole, in letters.
const LONG: usize = 110;

/// The lines that use words, by how they are spelled there: `Api.list`, `List::Login`, `.required(`.
pub(crate) struct Examples(BTreeMap<String, Vec<String>>);

impl Examples {
    /// Reads the tables of the providers, those of the kinds first.
    pub(crate) fn read() -> Examples {
        let mut examples = Examples(BTreeMap::new());
        let mut sources = sources();
        sources.retain(|source| source.path.starts_with("src/providers/"));
        sources.sort_by_key(|source| !source.path.contains("/kinds/"));
        for source in &sources {
            let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(&source.path)).unwrap();
            let lines: Vec<&str> = text.lines().collect();
            examples.search(&source.product, &lines);
        }
        examples
    }

    /// The best line for a word: one that is short and does not begin amid something, else the first.
    pub(crate) fn of(&self, declared: &Declared, word: &Word) -> Option<String> {
        let spellings = declared.spellings.get(word).into_iter().flatten().cloned();
        let spellings = spellings.chain([format!("{}.{}", word.sort, word.name), word.to_string()]);
        let lines: Vec<&String> = spellings.filter_map(|spelling| self.0.get(&spelling)).flatten().collect();
        let is_long = |line: &str| line.chars().count() > LONG;
        let line = lines.iter().min_by_key(|line| (is_long(line), line.starts_with('.')))?;
        let cut: String = line.chars().take(LONG).collect();
        Some(if is_long(line) { format!("{} …", cut.trim_end()) } else { cut })
    }

    fn search(&mut self, tokens: &[TokenTree], lines: &[&str]) {
        for (at, token) in tokens.iter().enumerate() {
            if let TokenTree::Group(group) = token {
                self.search(&inside(group), lines);
            }
            let TokenTree::Ident(name) = token else { continue };
            let before = |back: usize, mark: char| at >= back && is_mark(&tokens[at - back], mark);
            let is_called = matches!(tokens.get(at + 1), Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis);
            if let Some(body) = tokens.get(at + 1).and_then(braces) {
                for entry in inside(body).split(|token| is_mark(token, ',')) {
                    if let [field @ TokenTree::Ident(_), colon, ..] = entry
                        && is_mark(colon, ':')
                    {
                        self.add(format!("{name}.{field}"), field, lines);
                    }
                }
            }
            match (before(1, ':') && before(2, ':'), at.checked_sub(3).map(|at| &tokens[at])) {
                (true, Some(owner @ TokenTree::Ident(_))) => {
                    self.add(format!("{owner}::{name}{}", if is_called { "(" } else { "" }), token, lines);
                    self.add(format!("{owner}::{name}"), token, lines);
                }
                _ if is_called && before(1, '.') => self.add(format!(".{name}("), token, lines),
                _ if is_called && !(at > 0 && is_name(&tokens[at - 1], "fn")) => {
                    self.add(format!("{name}("), token, lines);
                }
                _ => {}
            }
        }
    }

    /// Keeps the line of a token, with those that close what it opens.
    fn add(&mut self, spelling: String, token: &TokenTree, lines: &[&str]) {
        let mut text = String::new();
        for line in &lines[token.span().start().line - 1..] {
            let line = line.trim();
            let is_joined = text.is_empty() || text.ends_with(['(', '[']) || line.starts_with(['.', ')', ']']);
            text.push_str(if is_joined { "" } else { " " });
            text.push_str(line);
            if is_closed(&text) {
                break;
            }
        }
        if !text.starts_with("use ") {
            let line = text.trim_end_matches([',', ';']).replace(",)", ")").replace(",]", "]");
            self.0.entry(spelling).or_default().push(line);
        }
    }
}

/// Says whether a text opens no bracket that it does not close.
fn is_closed(text: &str) -> bool {
    let count = |marks: [char; 3]| text.chars().filter(|letter| marks.contains(letter)).count();
    count(['(', '[', '{']) <= count([')', ']', '}'])
}
