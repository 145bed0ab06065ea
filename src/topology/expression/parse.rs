//! From a text to its segments: one pass, each letter looked at a few times at most.

use std::borrow::Cow;

use serde_json::Number;

use super::{Expression, Segment, Term};
use crate::finding::{Finding, TextPart};
use crate::source::Node;

/// Expressions that may stand in each other: nobody reads more, and a stack has an end.
const MAX_DEPTH: usize = 32;

/// Why a text can't be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SyntaxError {
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    help: Option<&'static str>,
    /// Where in the text.
    part: TextPart,
}

impl SyntaxError {
    /// The finding, still without a place.
    pub(crate) fn finding(self) -> Box<Finding> {
        let SyntaxError { message, help, part } = self;
        let finding = Finding::error("bad-expression", message).inside(part);
        Box::new(help.into_iter().fold(finding, Finding::help))
    }
}

/// Says whether a text holds anything that [`segments`] would treat specially.
pub(crate) fn is_plain(text: &str) -> bool {
    !text.contains("${")
}

/// The segments of a text.
///
/// # Errors
/// An expression is not closed, or empty, or has something behind it.
pub(crate) fn segments(text: &str) -> Result<Vec<Segment<'_>>, SyntaxError> {
    Parser { whole: text, at: 0, depth: 0 }.template(&[])
}

struct Parser<'t> {
    whole: &'t str,
    /// Where it is, in bytes.
    at: usize,
    /// How many expressions it is in.
    depth: usize,
}

impl<'t> Parser<'t> {
    fn rest(&self) -> &'t str {
        self.whole.get(self.at..).unwrap_or_default()
    }

    fn from(&self, start: usize) -> &'t str {
        self.whole.get(start..self.at).unwrap_or_default()
    }

    fn next(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn skip_blanks(&mut self) {
        self.at = self.whole.len() - self.rest().trim_start().len();
    }

    fn error(&self, start: usize, message: impl Into<String>) -> SyntaxError {
        let from = self.whole.get(start..).unwrap_or_default();
        let line = from.lines().next().unwrap_or_default();
        SyntaxError { message: message.into(), help: None, part: TextPart::of(self.whole, start, line) }
    }

    /// Text with expressions in it, up to one of these letters, or to the end of all. Blanks before that letter do not belong
    /// to a name, and are left.
    fn template(&mut self, ends: &[char]) -> Result<Vec<Segment<'t>>, SyntaxError> {
        let mut found = Vec::new();
        let mut literal = Cow::Borrowed("");
        loop {
            let rest = self.rest();
            let is_end = |letter: char| letter == '$' || ends.contains(&letter);
            let (text, behind) = rest.split_at(rest.find(is_end).unwrap_or(rest.len()));
            self.at += text.len();
            join(&mut literal, text);
            if behind.starts_with("$${") {
                join(&mut literal, "${");
                self.at += 3;
            } else if behind.starts_with("${") {
                let before = std::mem::take(&mut literal);
                found.extend((!before.is_empty()).then_some(Segment::Text(before)));
                found.push(Segment::Expression(self.expression()?));
            } else if behind.starts_with('$') {
                join(&mut literal, "$");
                self.at += 1;
            } else {
                found.extend((!literal.is_empty()).then_some(Segment::Text(literal)));
                return Ok(found);
            }
        }
    }

    /// An expression from its `${` to its `}`.
    fn expression(&mut self) -> Result<Expression<'t>, SyntaxError> {
        let start = self.at;
        if self.depth >= MAX_DEPTH {
            return Err(self.error(start, format!("more than {MAX_DEPTH} expressions stand in each other here")));
        }
        self.depth += 1;
        self.at += 2;
        self.skip_blanks();
        let found = self.term(&['}'])?;
        self.skip_blanks();
        match self.next() {
            Some('}') if found.text.is_empty() => Err(self.error(start, "`${}` names nothing")),
            Some('}') => {
                self.at += 1;
                self.depth -= 1;
                Ok(found)
            }
            Some(_) => {
                let message = format!("`{}` stands behind the end of an expression", shortened(self.rest()));
                Err(SyntaxError { help: Some("close it by `}` before that"), ..self.error(self.at, message) })
            }
            None => {
                let inner = self.whole.get(start + 2..).unwrap_or_default();
                Err(self.error(start, format!("`${{{}` is not closed by `}}`", shortened(inner))))
            }
        }
    }

    /// A call, a text in quotes, a number, or a name, which goes up to one of these letters.
    fn term(&mut self, ends: &[char]) -> Result<Expression<'t>, SyntaxError> {
        let start = self.at;
        if let Some(quote @ ('"' | '\'')) = self.next() {
            let term = Term::Text(self.quoted(quote)?);
            return Ok(self.made(start, self.from(start), term));
        }
        let function = self.function();
        if !function.is_empty() {
            let arguments = self.arguments(function)?;
            return Ok(self.made(start, self.from(start), Term::Call(function, arguments)));
        }
        let mut parts = self.template(ends)?;
        if let Some(Segment::Text(last)) = parts.last_mut() {
            let kept = last.trim_end().len();
            match last {
                Cow::Borrowed(text) => *text = text.get(..kept).unwrap_or_default(),
                Cow::Owned(text) => text.truncate(kept),
            }
            if kept == 0 {
                parts.pop();
            }
        }
        let text = self.from(start).trim_end();
        let term = scalar(text).map_or(Term::Name(parts), Term::Scalar);
        Ok(self.made(start, text, term))
    }

    fn made(&self, at: usize, text: &'t str, term: Term<'t>) -> Expression<'t> {
        Expression { whole: self.whole, at, text, term }
    }

    /// The name of the function that is called here; empty where none is. Its bracket follows it at once.
    fn function(&self) -> &'t str {
        let rest = self.rest();
        let is_word = |letter: char| letter.is_ascii_lowercase() || matches!(letter, '.' | '-' | '_');
        let (word, behind) = rest.split_at(rest.find(|letter| !is_word(letter)).unwrap_or(rest.len()));
        if behind.starts_with('(') { word } else { "" }
    }

    fn quoted(&mut self, quote: char) -> Result<Vec<Segment<'t>>, SyntaxError> {
        let start = self.at;
        self.at += 1;
        let parts = self.template(&[quote])?;
        if self.next() != Some(quote) {
            let message = format!("`{}` has no second quote", shortened(self.from(start)));
            return Err(self.error(start, message));
        }
        self.at += 1;
        Ok(parts)
    }

    fn arguments(&mut self, function: &str) -> Result<Vec<Expression<'t>>, SyntaxError> {
        let start = self.at;
        if self.depth >= MAX_DEPTH {
            return Err(self.error(start, format!("more than {MAX_DEPTH} expressions stand in each other here")));
        }
        self.depth += 1;
        self.at += function.len() + 1;
        let mut found = Vec::new();
        self.skip_blanks();
        while self.next() != Some(')') {
            let argument = self.argument()?;
            if argument.text.is_empty() {
                return Err(self.error(start, format!("an argument of `{function}` is empty")));
            }
            found.push(argument);
            self.skip_blanks();
            match self.next() {
                Some(')') => {}
                Some(',') => {
                    self.at += 1;
                    self.skip_blanks();
                }
                _ => {
                    let message = format!("the arguments of `{function}` are not closed by `)`");
                    let help = "arguments are divided by `,`; a text stands in quotes";
                    return Err(SyntaxError { help: Some(help), ..self.error(start, message) });
                }
            }
        }
        self.at += 1;
        self.depth -= 1;
        Ok(found)
    }

    /// An argument. One that is nothing but `${…}` is what stands between.
    fn argument(&mut self) -> Result<Expression<'t>, SyntaxError> {
        let mut found = self.term(&[',', ')', '}'])?;
        if let Term::Name(parts) = &mut found.term
            && let [Segment::Expression(_)] = parts.as_slice()
            && let Some(Segment::Expression(inner)) = parts.pop()
        {
            return Ok(inner);
        }
        Ok(found)
    }
}

fn join<'t>(literal: &mut Cow<'t, str>, text: &'t str) {
    if literal.is_empty() {
        *literal = Cow::Borrowed(text);
    } else if !text.is_empty() {
        literal.to_mut().push_str(text);
    }
}

/// The number, true, false or null that a word is.
fn scalar(word: &str) -> Option<Node> {
    match word {
        "true" => return Some(Node::Bool(true)),
        "false" => return Some(Node::Bool(false)),
        "null" => return Some(Node::Null),
        _ => {}
    }
    let number = word.parse::<i64>().ok().map(Number::from);
    Some(Node::spelt(Node::Number(number?), word))
}

/// The beginning of a text, as messages show it.
fn shortened(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    if line.chars().count() > 40 { line.chars().take(40).chain(['…']).collect() } else { line.to_owned() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// An expression as a line: names in brackets, texts in quotes, calls with round ones.
    fn drawn(segments: &[Segment<'_>]) -> String {
        let one = |segment: &Segment<'_>| match segment {
            Segment::Text(text) => text.to_string(),
            Segment::Expression(expression) => drawn_term(expression),
        };
        segments.iter().map(one).collect()
    }

    fn drawn_term(expression: &Expression<'_>) -> String {
        match &expression.term {
            Term::Name(parts) => format!("<{}>", drawn(parts)),
            Term::Text(parts) => format!("'{}'", drawn(parts)),
            Term::Scalar(node) => node.to_text().unwrap_or_default(),
            Term::Call(name, arguments) => {
                format!("{name}({})", arguments.iter().map(drawn_term).collect::<Vec<_>>().join(","))
            }
        }
    }

    #[test]
    fn a_text_is_read_as_it_is_meant() {
        for (text, tree) in [
            ("", ""),
            ("a $b $$c", "a $b $$c"),
            ("a $${b} c", "a ${b} c"),
            ("$$${b}", "$${b}"),
            ("${var.x}", "<var.x>"),
            ("a ${ var.x }b", "a <var.x>b"),
            ("${east/groups/a b.id}", "<east/groups/a b.id>"),
            ("${secret.api-${each.key}}", "<secret.api-<each.key>>"),
            ("${${each.key}/config.ip}", "<<each.key>/config.ip>"),
            ("${file(\"a.txt\")}", "file('a.txt')"),
            ("${file('a, b).txt')}", "file('a, b).txt')"),
            ("${cidr.host(var.net, -1)}", "cidr.host(<var.net>,-1)"),
            ("${f( \"x-${each.key}\" , g(1,true) )}", "f('x-<each.key>',g(1,true))"),
            ("${f(${var.x}, a/b.c-${each.key})}", "f(<var.x>,<a/b.c-<each.key>>)"),
            ("${f()}", "f()"),
            ("${f(null)}-${12}", "f()-12"),
            ("${east (old)/config.x}", "<east (old)/config.x>"),
        ] {
            let found = segments(text).unwrap_or_else(|wrong| panic!("{text}: {}", wrong.message));
            assert_eq!(drawn(&found), tree, "{text}");
        }
    }

    #[test]
    fn what_can_not_be_read_is_told_with_its_part() {
        for (text, part) in [
            ("a ${}", "${}"),
            ("a ${ }", "${ }"),
            ("a ${var.x", "${var.x"),
            ("a ${f(1}", "f(1}"),
            ("a ${f(1", "f(1"),
            ("a ${f(,1)}", "f(,1)}"),
            ("a ${f(\"x)}", "\"x)}"),
            ("a ${f(1) x}", "x}"),
            ("a ${'x'y}", "y}"),
        ] {
            let wrong = segments(text).err().unwrap_or_else(|| panic!("{text}"));
            assert_eq!(wrong.part.text, part, "{text}");
        }
        assert!(segments(&"${".repeat(10_000)).is_err());
        assert!(segments(&format!("${{{}", "f(".repeat(10_000))).is_err());
    }

    proptest! {
        /// Nothing that anybody writes ends the program, and what is read has the whole text in it.
        #[test]
        fn any_text_is_read_or_told(text in r#"[a-z.,/ "'${}()$0-9é-]{0,40}"#) {
            if let Ok(found) = segments(&text) {
                let plain = found.iter().all(|segment| matches!(segment, Segment::Text(_)));
                let literal = text.replace("$${", "${");
                prop_assert!(!plain || drawn(&found) == literal);
            }
        }
    }
}
