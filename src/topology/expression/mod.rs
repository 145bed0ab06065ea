//! Expressions: `${…}` in texts, read into a tree.
//!
//! There are names and calls. `var.NAME`, `secret.NAME` and `each.key` or `each.value` come with a dot, and may go on by dots
//! into a map or list; `address.field` is told from them by its slash; a call is the name of a function with its arguments
//! in brackets. In a name, and in a quoted text, another expression may stand, which is carried out first. `$${` is a
//! literal `${`.
//!
//! * `parse`: from a text to its segments
//! * `names`: what a name means once the expressions in it are carried out
//! * `scope`: what an expression comes to where everything in it has to be known; `partly`: where the rest is left
//! * `output`: addresses with a field behind them, taken apart

mod names;
mod output;
mod parse;
mod partly;
mod scope;

use std::borrow::Cow;

use crate::finding::{Finding, TextPart};
use crate::source::Node;
use crate::topology::LITERAL;
use crate::topology::functions::DERIVE;

pub(crate) use names::ExpressionName;
pub(crate) use output::{DeclaredNames, OutputName, fields_hint, output};
pub(crate) use parse::{SyntaxError, is_plain, segments};
pub(crate) use partly::partly;
pub(crate) use scope::{Known, KnownFor, NameScope, name, text, value};

/// A part of a text.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Segment<'t> {
    /// Literal text.
    Text(Cow<'t, str>),
    /// What stands between `${` and `}`.
    Expression(Expression<'t>),
}

/// An expression, or a part of one.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Expression<'t> {
    /// The text that it stands in, as a whole.
    whole: &'t str,
    /// Where it begins in there, in bytes.
    at: usize,
    /// How it is written.
    pub text: &'t str,
    /// What it is.
    pub term: Term<'t>,
}

/// What an expression is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Term<'t> {
    /// A name, with the expressions in it.
    Name(Vec<Segment<'t>>),
    /// A text in quotes, with the expressions in it.
    Text(Vec<Segment<'t>>),
    /// A number, true, false, or null.
    Scalar(Node),
    /// A function by its name, and its arguments.
    Call(&'t str, Vec<Expression<'t>>),
}

impl<'t> Expression<'t> {
    /// The same finding, which is about this part of its text, unless it says already which one it is about.
    pub(crate) fn accused(&self, finding: Box<Finding>) -> Box<Finding> {
        if finding.part.is_some() { finding } else { Box::new(finding.inside(self.part())) }
    }

    /// The part of the text that it is.
    fn part(&self) -> TextPart {
        TextPart::of(self.whole, self.at, self.text)
    }

    /// Calls `see` with every name in it that is a value, those that make up other names left out.
    pub(crate) fn for_each_name<'e>(&'e self, see: &mut dyn FnMut(&'e [Segment<'t>])) {
        match &self.term {
            Term::Name(parts) => see(parts),
            Term::Call(_, arguments) => arguments.iter().for_each(|argument| argument.for_each_name(see)),
            Term::Text(parts) => expressions(parts).for_each(|inner| inner.for_each_name(see)),
            Term::Scalar(_) => {}
        }
    }

    /// Calls `see` with the arguments of every call of a function in it.
    fn for_each_call<'e>(&'e self, function: &str, see: &mut dyn FnMut(&'e [Expression<'t>])) {
        match &self.term {
            Term::Call(name, arguments) => {
                if *name == function {
                    see(arguments);
                }
                arguments.iter().for_each(|argument| argument.for_each_call(function, see));
            }
            Term::Name(parts) | Term::Text(parts) => {
                expressions(parts).for_each(|inner| inner.for_each_call(function, see));
            }
            Term::Scalar(_) => {}
        }
    }
}

/// The expressions among the segments of a text.
pub(crate) fn expressions<'e, 't>(segments: &'e [Segment<'t>]) -> impl Iterator<Item = &'e Expression<'t>> {
    segments.iter().filter_map(|segment| match segment {
        Segment::Expression(expression) => Some(expression),
        Segment::Text(_) => None,
    })
}

/// The paths of the files whose texts a text names, as far as they stand there as they are.
pub(crate) fn files_named(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for expression in expressions(&segments(text).unwrap_or_default()) {
        expression.for_each_call("file", &mut |arguments| {
            if let [Expression { term: Term::Text(parts), .. }] = arguments
                && let [Segment::Text(path)] = parts.as_slice()
            {
                found.push(path.to_string());
            }
        });
    }
    found
}

/// Says whether an expression in a text names a file.
pub(crate) fn names_a_file(text: &str) -> bool {
    let mut named = false;
    for expression in expressions(&segments(text).unwrap_or_default()) {
        expression.for_each_call("file", &mut |_| named = true);
    }
    named
}

/// The names in a text's expressions, as in `secret.user + secret.domain`: the label of a secret made of them, whereas the text
/// around them, and what is given to a function, may not be shown. Without any it is what the files say for everybody to read.
pub(crate) fn secret_label(text: &str) -> String {
    let segments = segments(text).unwrap_or_default();
    let label = |expression: &Expression<'_>| match &expression.term {
        Term::Name(_) => Some(expression.text.to_owned()),
        Term::Call(function, _) => {
            let mut has_name = false;
            expression.for_each_name(&mut |_| has_name = true);
            has_name.then(|| format!("{function}(…)"))
        }
        Term::Text(parts) => expressions(parts).next().map(|_| "…".to_owned()),
        Term::Scalar(_) => None,
    };
    let labels: Vec<String> = expressions(&segments).filter_map(label).collect();
    if labels.is_empty() { LITERAL.to_owned() } else { labels.join(" + ") }
}

/// Says whether a text is one name, or a secret made of one, and nothing else.
pub(crate) fn is_alone(text: &str) -> bool {
    matches!(
        segments(text).as_deref(),
        Ok([Segment::Expression(Expression { term: Term::Name(_) | Term::Call(DERIVE, _), .. })])
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nothing of what is written beside names is in a label, and what is all written is a literal.
    #[test]
    fn a_label_has_names_and_nothing_that_is_written() {
        for (text, label) in [
            ("${secret.user}@${secret.domain}", "secret.user + secret.domain"),
            ("hunter2${var.x}", "var.x"),
            ("${default(var.pw, \"hunter2\")}", "default(…)"),
            ("${\"hunter2\"}", LITERAL),
            ("${lower(\"HUNTER2\")}", LITERAL),
            ("${\"hunter2 ${var.x}\"}", "…"),
            ("${12}", LITERAL),
            ("$${x}", LITERAL),
        ] {
            assert_eq!(secret_label(text), label, "{text}");
        }
    }

    #[test]
    fn files_are_named_as_far_as_they_stand_there() {
        assert_eq!(
            files_named("${file(\"a.txt\")} ${lower(file('b'))} ${file(\"${var.x}\")} file(\"c\")"),
            ["a.txt", "b"]
        );
        assert!(names_a_file("x ${upper(file(\"${var.x}\"))}") && !names_a_file("file(\"x\")"));
    }
}
