//! The crate's own source files as tokens, for the tests that keep the rules of the house.
//!
//! Tokens know no comments and no strings, so that a rule can neither be broken nor be tripped by a text.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

/// A module's path in the crate, outermost first; empty for `lib.rs`.
pub(crate) type Module = Vec<String>;

/// One source file.
pub(crate) struct Source {
    /// The file's path below the crate, with `/`.
    pub path: String,
    /// The module that it is.
    pub module: Module,
    /// The comment that it starts with.
    pub first_comment: String,
    /// All of it.
    pub all: Vec<TokenTree>,
    /// What is left without the items under `#[cfg(test)]`.
    pub product: Vec<TokenTree>,
    /// How many lines that leaves.
    pub lines: usize,
    /// The modules that it declares for tests only.
    tests: Vec<Module>,
}

/// All files of `src`, sorted. What only tests use has no product.
pub(crate) fn sources() -> Vec<Source> {
    sources_in("src")
}

/// All files of the workspace's three crates, sorted. What only tests use has no product.
pub(crate) fn sources_of_all_crates() -> Vec<Source> {
    ["src", "crates/sim/src", "crates/wire/src"].into_iter().flat_map(sources_in).collect()
}

fn sources_in(folder: &str) -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    collect(&root.join(folder), &mut files);
    files.sort();
    let mut sources: Vec<Source> = files
        .iter()
        .map(|file| {
            let path: Vec<_> = file.strip_prefix(root).unwrap().iter().map(|part| part.to_str().unwrap()).collect();
            Source::parse(&path.join("/"), &fs::read_to_string(file).unwrap())
        })
        .collect();
    let tests: Vec<Module> = sources.iter().flat_map(|source| source.tests.clone()).collect();
    for source in &mut sources {
        if tests.iter().any(|test| source.module.starts_with(test)) {
            source.product.clear();
            source.lines = 0;
        }
    }
    sources
}

fn collect(folder: &Path, files: &mut Vec<std::path::PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

impl Source {
    /// Reads one file, whose path is that below the crate.
    pub(crate) fn parse(path: &str, text: &str) -> Source {
        let module = module(path);
        let stream: TokenStream = text.parse().unwrap_or_else(|error| panic!("{path}: {error}"));
        let all: Vec<TokenTree> = stream.into_iter().collect();
        let mut product = Vec::new();
        let mut lines = text.lines().count();
        let mut tests = Vec::new();
        let mut rest = all.as_slice();
        while let Some((first, others)) = rest.split_first() {
            if is_test_attribute(rest) {
                let (item, after) = rest.split_at(item_length(rest));
                lines -= line_count(item);
                tests.extend(declared(item).map(|name| [module.as_slice(), &[name]].concat()));
                rest = after;
            } else {
                product.push(first.clone());
                rest = others;
            }
        }
        let first_comment = text.lines().take_while(|line| line.starts_with("//")).collect::<Vec<_>>().join("\n");
        Source { path: path.to_owned(), module, first_comment, all, product, lines, tests }
    }

    /// The outermost module that it belongs to; `None` for `lib.rs`.
    pub(crate) fn top(&self) -> Option<&str> {
        self.module.first().map(String::as_str)
    }

    /// The outermost modules that these tokens of the file name by `crate::` or by enough `super::`.
    pub(crate) fn modules_named(&self, tokens: &[TokenTree]) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        roots(tokens, self.module.len(), &mut found);
        found
    }

    /// The product's functions: each with its name and its length in lines.
    pub(crate) fn functions(&self) -> Vec<(String, usize)> {
        let mut found = Vec::new();
        each_level(&self.product, &mut |tokens| {
            for (index, pair) in tokens.windows(2).enumerate() {
                let (TokenTree::Ident(keyword), TokenTree::Ident(name)) = (&pair[0], &pair[1]) else { continue };
                if keyword == "fn" {
                    let item = &tokens[index..];
                    found.push((name.to_string(), line_count(&item[..item_length(item)])));
                }
            }
        });
        found
    }

    /// The product's functions, each with what it gives back and whether other files may call it.
    pub(crate) fn signatures(&self) -> Vec<Signature> {
        let mut found = Vec::new();
        each_level(&self.product, &mut |tokens| {
            for (index, _) in tokens.iter().enumerate().filter(|(_, token)| is_name(token, "fn")) {
                let item = &tokens[index..index + item_length(&tokens[index..])];
                let before = &tokens[index.saturating_sub(2)..index];
                let (Some(TokenTree::Ident(name)), Some(TokenTree::Group(body))) = (item.get(1), item.last()) else {
                    continue;
                };
                found.push(Signature {
                    name: name.to_string(),
                    is_public: before.iter().any(|token| is_name(token, "pub")),
                    gives: given_back(item),
                    body: inside(body),
                });
            }
        });
        found
    }

    /// The product's types, each with its line: structs, enums, traits and aliases, but none of those that an `impl` or a
    /// trait has.
    pub(crate) fn types(&self) -> Vec<(String, usize)> {
        let mut found = Vec::new();
        types(&self.product, &mut found);
        found
    }

    /// Says whether the product has the word as a name.
    pub(crate) fn has_name(&self, word: &str) -> bool {
        let mut found = false;
        each_level(&self.product, &mut |tokens| found |= tokens.iter().any(|token| is_name(token, word)));
        found
    }

    /// Says whether the product calls a method of that name.
    pub(crate) fn calls(&self, method: &str) -> bool {
        let mut found = false;
        each_level(&self.product, &mut |tokens| {
            found |= tokens.windows(3).any(|three| {
                is_mark(&three[0], '.')
                    && is_name(&three[1], method)
                    && group(&three[2], Delimiter::Parenthesis).is_some()
            });
        });
        found
    }
}

/// A function as a rule looks at it.
pub(crate) struct Signature {
    /// Its name.
    pub name: String,
    /// Says whether it has a `pub`, however far that goes.
    pub is_public: bool,
    /// The names in the type that it gives back; of a `Result`, in that of its success.
    pub gives: BTreeSet<String>,
    /// Its body.
    pub body: Vec<TokenTree>,
}

impl Signature {
    /// Says whether the body has a `.` and then this name.
    pub(crate) fn uses(&self, member: &str) -> bool {
        let mut found = false;
        each_level(&self.body, &mut |tokens| {
            found |= tokens.windows(2).any(|two| is_mark(&two[0], '.') && is_name(&two[1], member));
        });
        found
    }

    /// Says whether the body calls a function of that name.
    pub(crate) fn names(&self, function: &str) -> bool {
        let mut found = false;
        each_level(&self.body, &mut |tokens| found |= tokens.iter().any(|token| is_name(token, function)));
        found
    }
}

/// The names in what a function gives back.
fn given_back(item: &[TokenTree]) -> BTreeSet<String> {
    let arrow = item.windows(2).position(|two| is_mark(&two[0], '-') && is_mark(&two[1], '>'));
    let given = arrow.map_or(&[][..], |at| &item[at + 2..item.len() - 1]);
    let mut depth = 0;
    let is_end = |token: &TokenTree| {
        depth += i32::from(is_mark(token, '<')) - i32::from(is_mark(token, '>'));
        depth == 1 && is_mark(token, ',')
    };
    let is_result = given.first().is_some_and(|first| is_name(first, "Result"));
    let end = if is_result { given.iter().position(is_end) } else { None };
    let mut names = BTreeSet::new();
    each_level(&given[..end.unwrap_or(given.len())], &mut |tokens| {
        names.extend(tokens.iter().filter(|token| matches!(token, TokenTree::Ident(_))).map(ToString::to_string));
    });
    names
}

/// The types that are declared here and in the modules and functions below: not in an `impl`, not in a trait.
fn types(tokens: &[TokenTree], found: &mut Vec<(String, usize)>) {
    let mut rest = tokens;
    while !rest.is_empty() {
        let item = &rest[..item_length(rest)];
        let owns_names = ["impl", "trait"].iter().any(|keyword| item.iter().any(|token| is_name(token, keyword)));
        let declares = |pair: &&[TokenTree]| {
            ["struct", "enum", "trait", "type"].iter().any(|keyword| is_name(&pair[0], keyword))
                && matches!(pair[1], TokenTree::Ident(_))
        };
        if let Some(pair) = item.windows(2).find(declares).filter(|_| !is_impl(item)) {
            found.push((pair[1].to_string(), pair[1].span().start().line));
        }
        if let Some(TokenTree::Group(body)) = item.last()
            && !owns_names
        {
            types(&inside(body), found);
        }
        rest = &rest[item.len()..];
    }
}

/// Says whether an item is an `impl`, whatever attributes stand before it.
fn is_impl(item: &[TokenTree]) -> bool {
    item.iter().find(|token| matches!(token, TokenTree::Ident(_))).is_some_and(|first| is_name(first, "impl"))
}

fn module(path: &str) -> Module {
    let (_, path) = path.rsplit_once("src/").unwrap_or(("", path));
    let path = path.trim_end_matches(".rs");
    let mut module: Module = path.split('/').map(str::to_owned).collect();
    if module.last().is_some_and(|last| last == "mod") || module == ["lib"] {
        module.pop();
    }
    module
}

/// Hands on the tokens, and those of every group in them.
fn each_level(tokens: &[TokenTree], visit: &mut impl FnMut(&[TokenTree])) {
    visit(tokens);
    for token in tokens {
        if let TokenTree::Group(group) = token {
            each_level(&inside(group), visit);
        }
    }
}

/// The workspace's other crates: a path may begin with their names.
const CRATES: [&str; 2] = ["sim", "wire"];

/// Finds the first names after a path's root, in a module `depth` below it.
fn roots(tokens: &[TokenTree], depth: usize, found: &mut BTreeSet<String>) {
    let mut rest = tokens;
    let mut is_in_path = false;
    while let Some((first, mut after)) = rest.split_first() {
        if let Some(name) = CRATES.iter().find(|name| is_name(first, name))
            && !is_in_path
            && after_colons(after).is_some()
        {
            found.insert((*name).to_owned());
        }
        is_in_path = is_mark(first, ':');
        // The binary names the library from outside.
        let is_root = is_name(first, "crate") || is_name(first, env!("CARGO_PKG_NAME"));
        if is_root || is_name(first, "super") {
            let mut climbed = if is_root { depth } else { 1 };
            while let Some(below) = after_colons(after)
                && below.first().is_some_and(|next| is_name(next, "super"))
            {
                climbed += 1;
                after = &below[1..];
            }
            if climbed >= depth
                && let Some(target) = after_colons(after).and_then(<[_]>::first)
            {
                found.extend(heads(target));
            }
        }
        if let TokenTree::Group(group) = first {
            let is_module = matches!(&tokens[..tokens.len() - rest.len()], [.., keyword, _] if is_name(keyword, "mod"));
            roots(&inside(group), depth + usize::from(is_module), found);
        }
        rest = after;
    }
}

/// What follows a `::`.
fn after_colons(tokens: &[TokenTree]) -> Option<&[TokenTree]> {
    match tokens {
        [first, second, rest @ ..] if is_mark(first, ':') && is_mark(second, ':') => Some(rest),
        _ => None,
    }
}

/// The names that a path goes on with: one, or in braces the first of each branch.
fn heads(target: &TokenTree) -> Vec<String> {
    match target {
        TokenTree::Ident(name) => vec![name.to_string()],
        TokenTree::Group(group) => inside(group)
            .split(|token| is_mark(token, ','))
            .filter_map(|branch| branch.first().map(ToString::to_string))
            .collect(),
        _ => Vec::new(),
    }
}

fn is_test_attribute(tokens: &[TokenTree]) -> bool {
    let [mark, TokenTree::Group(attribute), ..] = tokens else { return false };
    is_mark(mark, '#') && attribute.to_string().replace(' ', "") == "[cfg(test)]"
}

/// How many tokens the item at the start of these has: up to its `;` or its body.
fn item_length(tokens: &[TokenTree]) -> usize {
    let is_end = |token: &TokenTree| is_mark(token, ';') || group(token, Delimiter::Brace).is_some();
    tokens.iter().position(is_end).map_or(tokens.len(), |end| end + 1)
}

/// The name of the module that an item declares without giving its body.
fn declared(item: &[TokenTree]) -> Option<String> {
    match item {
        [.., keyword, name, end] if is_name(keyword, "mod") && is_mark(end, ';') => Some(name.to_string()),
        _ => None,
    }
}

fn line_count(tokens: &[TokenTree]) -> usize {
    match (tokens.first(), tokens.last()) {
        (Some(first), Some(last)) => last.span().end().line - first.span().start().line + 1,
        _ => 0,
    }
}

fn inside(group: &Group) -> Vec<TokenTree> {
    group.stream().into_iter().collect()
}

fn group(token: &TokenTree, delimiter: Delimiter) -> Option<&Group> {
    match token {
        TokenTree::Group(group) if group.delimiter() == delimiter => Some(group),
        _ => None,
    }
}

fn is_name(token: &TokenTree, word: &str) -> bool {
    matches!(token, TokenTree::Ident(name) if name == word)
}

fn is_mark(token: &TokenTree, mark: char) -> bool {
    matches!(token, TokenTree::Punct(found) if found.as_char() == mark)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"//! A sample. Long because it is one.
use wire::{Request, Response};
use crate::{address, finding::{Finding, Level}};
use super::sibling;
use super::super::secret;
/* crate::comment */ pub(crate) const TEXT: &str = "crate::string";
/// Refers to [`crate::doc`].
fn one(at: crate::graph::Graph) -> u8 {
    macro_call!(crate::attr::new().expose());
    mod inner { use super::super::super::spec; use super::super::topology; }
    let _: fn(u8);
    1
}
#[cfg(test)]
mod fixtures;
trait Two { fn two(&self); }
#[cfg(test)]
mod tests {
    use crate::apply;
    fn three() { reqwest::get() }
}
"#;

    #[test]
    fn a_file_is_read_without_its_tests() {
        let source = Source::parse("src/plan/calls.rs", TEXT);
        assert_eq!(source.module, ["plan", "calls"]);
        assert_eq!(source.first_comment, "//! A sample. Long because it is one.");
        assert_eq!(source.lines, TEXT.lines().count() - 2 - 5);
        assert_eq!(source.tests, [["plan", "calls", "fixtures"]]);
        assert_eq!(source.functions(), [("one".to_owned(), 6), ("two".to_owned(), 1)]);
        assert!(source.calls("expose"));
        assert!(source.has_name("macro_call"));
        assert!(!source.has_name("reqwest"));
    }

    #[test]
    fn the_modules_that_a_file_names_are_found() {
        let source = Source::parse("src/plan/calls.rs", TEXT);
        let named = |tokens| source.modules_named(tokens).into_iter().collect::<Vec<_>>();
        let product = ["address", "attr", "finding", "graph", "secret", "spec", "wire"];
        assert_eq!(named(&source.product), product);
        assert!(named(&source.all).contains(&"apply".to_owned()));
    }

    #[test]
    fn a_path_is_a_module() {
        assert_eq!(module("src/lib.rs"), [""; 0]);
        assert_eq!(module("src/main.rs"), ["main"]);
        assert_eq!(module("src/plan/mod.rs"), ["plan"]);
        assert_eq!(module("crates/sim/src/server/tests.rs"), ["server", "tests"]);
    }
}
