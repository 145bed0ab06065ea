//! The words as the sources of `spec` declare them: structs with their fields, enums with their variants.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use proc_macro2::{Delimiter, Group, TokenTree};

use crate::sources::{Source, sources};

/// A word: `Field::required`, `Type::Cidr`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Word {
    /// The struct or enum.
    pub sort: String,
    /// The field or variant.
    pub name: String,
}

impl Word {
    pub(crate) fn new(sort: &str, name: &str) -> Word {
        Word { sort: sort.to_owned(), name: name.to_owned() }
    }
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}::{}", self.sort, self.name)
    }
}

/// The names of the types that a value may be made of.
pub(crate) type Mentioned = BTreeSet<String>;

/// A field of a struct or a variant of an enum.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    /// Its name.
    pub name: String,
    /// Its doc comment.
    pub doc: String,
    /// The types that it is made of, those of a variant's fields too.
    pub mentions: Mentioned,
}

/// A struct or an enum.
#[derive(Debug, Clone)]
pub(crate) struct Sort {
    /// Its doc comment.
    pub doc: String,
    /// Says whether it is a struct.
    pub is_struct: bool,
    /// Its fields or variants, in order.
    pub parts: Vec<Part>,
}

/// Everything that `spec` declares.
pub(crate) struct Declared {
    /// The structs and enums by name.
    pub sorts: BTreeMap<String, Sort>,
    /// What the fields of a struct have where a table says nothing, as their values print.
    pub defaults: BTreeMap<Word, String>,
    /// The functions that put a word: `.required(`, `output(`, `List::at(`.
    pub spellings: BTreeMap<Word, BTreeSet<String>>,
}

impl Declared {
    /// Reads the sources.
    pub(crate) fn read() -> Declared {
        let mut declared = Declared { sorts: BTreeMap::new(), defaults: BTreeMap::new(), spellings: BTreeMap::new() };
        let sources: Vec<Source> =
            sources().into_iter().filter(|source| source.path.starts_with("src/spec/")).collect();
        for source in &sources {
            declared.read_types(&source.product);
        }
        for source in &sources {
            declared.read_functions(&source.product, None);
            declared.read_defaults(&source.product);
        }
        declared
    }

    /// The sorts that values of some are made of, in the order in which they are met, themselves first.
    pub(crate) fn reachable(&self, roots: &[&str]) -> Vec<String> {
        let mut found: Vec<String> = roots.iter().map(|root| (*root).to_owned()).collect();
        let mut next = 0;
        while let Some(name) = found.get(next).cloned() {
            for part in self.sorts.get(&name).into_iter().flat_map(|sort| &sort.parts) {
                for mentioned in &part.mentions {
                    if self.sorts.contains_key(mentioned) && !found.contains(mentioned) {
                        found.push(mentioned.clone());
                    }
                }
            }
            next += 1;
        }
        found
    }

    /// The words of a sort, in order.
    pub(crate) fn words_of(&self, sort: &str) -> Vec<Word> {
        let parts = self.sorts.get(sort).into_iter().flat_map(|sort| &sort.parts);
        parts.map(|part| Word::new(sort, &part.name)).collect()
    }

    /// The part that a word is.
    pub(crate) fn part(&self, word: &Word) -> Option<&Part> {
        self.sorts.get(&word.sort)?.parts.iter().find(|part| part.name == word.name)
    }

    /// Says whether it is a variant that a field has where a table says nothing.
    pub(crate) fn is_default(&self, word: &Word) -> bool {
        let takes = |field: &Word| self.part(field).is_some_and(|part| part.mentions.contains(&word.sort));
        self.defaults.iter().any(|(field, value)| *value == word.name && takes(field))
    }

    fn read_types(&mut self, tokens: &[TokenTree]) {
        for (at, pair) in tokens.windows(2).enumerate() {
            let (TokenTree::Ident(keyword), TokenTree::Ident(name)) = (&pair[0], &pair[1]) else { continue };
            let is_struct = keyword == "struct";
            let body = tokens[at + 2..].iter().take_while(|token| !is_mark(token, ';')).find_map(braces);
            if let (true, Some(body)) = (is_struct || keyword == "enum", body) {
                let sort = Sort { doc: doc_before(&tokens[..at]), is_struct, parts: parts(body, is_struct) };
                self.sorts.insert(name.to_string(), sort);
            }
        }
    }

    /// The literals of a struct that give each of its fields a value: its default, where it is no static of its own.
    fn read_defaults(&mut self, tokens: &[TokenTree]) {
        let mut is_static = false;
        for at in 0..tokens.len() {
            let is_lifetime = at > 0 && is_mark(&tokens[at - 1], '\'');
            is_static = (is_static || is_name(&tokens[at], "static") && !is_lifetime) && !is_mark(&tokens[at], ';');
            if is_static {
                continue;
            }
            if let TokenTree::Group(group) = &tokens[at] {
                self.read_defaults(&inside(group));
            }
            let Some((name, entries)) = self.literal(tokens, at) else { continue };
            let fields: BTreeSet<&str> = self.sorts[&name].parts.iter().map(|part| part.name.as_str()).collect();
            let given: BTreeSet<&str> = entries.iter().map(|(field, _)| field.as_str()).collect();
            let is_pattern = entries.iter().any(|(_, value)| value == "_");
            if fields == given && !is_pattern {
                for (field, value) in entries.into_iter().filter(|(field, value)| field != value) {
                    self.defaults.entry(Word::new(&name, &field)).or_insert(value);
                }
            }
        }
    }

    /// The struct literal that begins at a token: the struct, and its fields with their values as they would print.
    fn literal(&self, tokens: &[TokenTree], at: usize) -> Option<(String, Vec<(String, String)>)> {
        let (TokenTree::Ident(name), body) = (tokens.get(at)?, braces(tokens.get(at + 1)?)?) else { return None };
        let keyword = at.checked_sub(1).map(|before| tokens[before].to_string()).unwrap_or_default();
        let is_declaration = ["struct", "enum", "impl", "for", "let", ">"].contains(&keyword.as_str());
        let sort = self.sorts.get(&name.to_string()).filter(|sort| sort.is_struct && !is_declaration)?;
        let tokens = inside(body);
        let entries = tokens.split(|token| is_mark(token, ',')).filter_map(|entry| match entry {
            [TokenTree::Ident(field)] => Some((field.to_string(), field.to_string())),
            [TokenTree::Ident(field), colon, value @ ..] if is_mark(colon, ':') => {
                Some((field.to_string(), printed(value)))
            }
            _ => None,
        });
        let entries: Vec<(String, String)> = entries.collect();
        let are_fields = entries.iter().all(|(field, _)| sort.parts.iter().any(|part| part.name == *field));
        (are_fields && !entries.is_empty()).then(|| (name.to_string(), entries))
    }

    /// The functions that give a sort, and the words that each of them puts.
    fn read_functions(&mut self, tokens: &[TokenTree], owner: Option<&str>) {
        let mut owner = owner.map(str::to_owned);
        for (at, token) in tokens.iter().enumerate() {
            if is_name(token, "impl")
                && let Some(TokenTree::Ident(name)) = tokens.get(at + 1)
                && let Some(body) = tokens.get(at + 2).and_then(braces)
            {
                owner = Some(name.to_string());
                self.read_functions(&inside(body), owner.as_deref());
                owner = None;
            }
            if let (true, Some(TokenTree::Ident(name)), Some(TokenTree::Group(arguments))) =
                (is_name(token, "fn"), tokens.get(at + 1), tokens.get(at + 2))
                && let Some(body) = tokens[at + 3..].iter().find_map(braces)
            {
                let is_const = at > 0 && is_name(&tokens[at - 1], "const");
                let is_method = inside(arguments).first().is_some_and(|first| is_name(first, "self"));
                let spelling = match &owner {
                    _ if is_method => format!(".{name}("),
                    Some(owner) => format!("{owner}::{name}("),
                    None => format!("{name}("),
                };
                if is_const {
                    self.read_body(&inside(body), &spelling, is_method);
                }
            }
        }
    }

    /// The words that a function's body puts: of one that begins with defaults, those that its arguments give.
    fn read_body(&mut self, tokens: &[TokenTree], spelling: &str, is_method: bool) {
        for at in 0..tokens.len() {
            let Some((sort, entries)) = self.literal(tokens, at) else { continue };
            let takes_all = entries.len() == self.sorts[&sort].parts.len();
            let Some(TokenTree::Group(body)) = tokens.get(at + 1) else { continue };
            for (field, value) in entries.into_iter().filter(|(field, value)| !takes_all || is_method || field == value)
            {
                self.spell(Word::new(&sort, &field), spelling);
                let mentions = self.part(&Word::new(&sort, &field)).map(|part| part.mentions.clone());
                for mentioned in mentions.unwrap_or_default() {
                    let named = value.split(|mark: char| !mark.is_alphanumeric()).next().unwrap_or_default();
                    if self.part(&Word::new(&mentioned, named)).is_some() {
                        self.spell(Word::new(&mentioned, named), spelling);
                    }
                }
            }
            self.read_body(&inside(body), spelling, is_method);
        }
    }

    fn spell(&mut self, word: Word, spelling: &str) {
        self.spellings.entry(word).or_default().insert(spelling.to_owned());
    }
}

/// The fields or variants in a body.
fn parts(body: &Group, is_struct: bool) -> Vec<Part> {
    let tokens = inside(body);
    let mut parts = Vec::new();
    let mut begin = 0;
    let mut depth = 0;
    for at in 0..=tokens.len() {
        let token = tokens.get(at);
        depth += token.map_or(0, |token| i32::from(is_mark(token, '<')) - i32::from(is_mark(token, '>')));
        // The arrow of a function's type is no bracket.
        if at > 0 && token.is_some_and(|token| is_mark(token, '>')) && is_mark(&tokens[at - 1], '-') {
            depth += 1;
        }
        if token.is_none_or(|token| is_mark(token, ',') && depth == 0) {
            parts.extend(part(&tokens[begin..at], is_struct));
            begin = at + 1;
        }
    }
    parts
}

fn part(tokens: &[TokenTree], is_struct: bool) -> Option<Part> {
    let doc = doc(tokens);
    let mut rest = tokens;
    while let [mark, TokenTree::Group(_), after @ ..] = rest
        && is_mark(mark, '#')
    {
        rest = after;
    }
    let is_visible = |token: &&TokenTree| is_name(token, "pub") || matches!(token, TokenTree::Group(_));
    let rest = if is_struct { &rest[rest.iter().take_while(is_visible).count()..] } else { rest };
    let (TokenTree::Ident(name), ty) = rest.split_first()? else { return None };
    let mut mentions = Mentioned::new();
    mentioned(ty, &mut mentions);
    Some(Part { name: name.to_string(), doc, mentions })
}

/// The types that are named, but for those of a function.
fn mentioned(tokens: &[TokenTree], found: &mut Mentioned) {
    for token in tokens {
        match token {
            TokenTree::Ident(name) if name == "fn" => return,
            TokenTree::Ident(name) => drop(found.insert(name.to_string())),
            TokenTree::Group(group) => mentioned(&inside(group), found),
            _ => {}
        }
    }
}

/// The doc comment among the attributes that tokens begin with.
fn doc(mut tokens: &[TokenTree]) -> String {
    let mut lines = Vec::new();
    while let [mark, TokenTree::Group(attribute), rest @ ..] = tokens
        && is_mark(mark, '#')
    {
        if let [name, _, TokenTree::Literal(text)] = inside(attribute).as_slice()
            && is_name(name, "doc")
        {
            let text: String = serde_json::from_str(&text.to_string()).unwrap();
            lines.push(text.trim().to_owned());
        }
        tokens = rest;
    }
    lines.join(" ").trim().to_owned()
}

/// The doc comment of the item whose keyword follows these tokens.
fn doc_before(tokens: &[TokenTree]) -> String {
    let is_visible = |token: &TokenTree| is_name(token, "pub") || group_of(token, Delimiter::Parenthesis).is_some();
    let mut begin = tokens.len() - tokens.iter().rev().take_while(|token| is_visible(token)).count();
    let end = begin;
    while begin >= 2 && is_mark(&tokens[begin - 2], '#') && group_of(&tokens[begin - 1], Delimiter::Bracket).is_some() {
        begin -= 2;
    }
    doc(&tokens[begin..end])
}

/// What tokens of a constant print as: without borrows and paths.
fn printed(tokens: &[TokenTree]) -> String {
    let mut text = String::new();
    for (at, token) in tokens.iter().enumerate() {
        let is_path = |at: usize| tokens.get(at).is_some_and(|token| is_mark(token, ':'));
        match token {
            TokenTree::Punct(mark) if ['&', ':'].contains(&mark.as_char()) => {}
            TokenTree::Ident(_) if is_path(at + 1) && is_path(at + 2) => {}
            TokenTree::Group(group) => {
                let is_named = at > 0 && matches!(tokens[at - 1], TokenTree::Ident(_));
                let (open, close) = match group.delimiter() {
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::Parenthesis if is_named => ("(", ")"),
                    _ => ("[", "]"),
                };
                text.extend([open, &printed(&inside(group)), close]);
            }
            other => text.push_str(&other.to_string()),
        }
    }
    match text.strip_prefix("from_secs(").and_then(|rest| rest.strip_suffix(')')) {
        Some(seconds) => format!("{seconds}s"),
        None if text == "MAX" => usize::MAX.to_string(),
        None => text,
    }
}

pub(super) fn inside(group: &Group) -> Vec<TokenTree> {
    group.stream().into_iter().collect()
}

pub(super) fn braces(token: &TokenTree) -> Option<&Group> {
    group_of(token, Delimiter::Brace)
}

fn group_of(token: &TokenTree, delimiter: Delimiter) -> Option<&Group> {
    match token {
        TokenTree::Group(group) if group.delimiter() == delimiter => Some(group),
        _ => None,
    }
}

pub(super) fn is_name(token: &TokenTree, word: &str) -> bool {
    matches!(token, TokenTree::Ident(name) if name == word)
}

pub(super) fn is_mark(token: &TokenTree, mark: char) -> bool {
    matches!(token, TokenTree::Punct(found) if found.as_char() == mark)
}
