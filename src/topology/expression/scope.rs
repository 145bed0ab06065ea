//! Scopes: what an expression comes to where everything in it has to be known.

use super::names::NamePart;
use super::{Expression, ExpressionName, Segment, Term, segments};
use crate::finding::Finding;
use crate::source::Node;
use crate::topology::draft::Each;
use crate::topology::each;
use crate::topology::functions;
use crate::topology::variables::Variables;

/// A value that is known; `None` where what keeps it from being known has been told already.
type KnownValue = Result<Option<Node>, Box<Finding>>;

/// What names mean, where their values have to be known.
pub(crate) trait NameScope {
    /// What `var.` and `each.` mean: they alone make up names.
    fn own(&self) -> Known<'_>;

    /// What a name means.
    ///
    /// # Errors
    /// It means nothing here: the finding, still without a place.
    fn known(&mut self, name: &ExpressionName, text: &str) -> KnownValue;

    /// The text of a file.
    ///
    /// # Errors
    /// There is none: the finding, still without a place.
    fn file(&mut self, path: &str) -> Result<String, Box<Finding>>;
}

/// The scope of variables and `each`: what is known before anything else is.
#[derive(Clone, Copy)]
pub(crate) struct Known<'a> {
    /// What `each` means.
    pub each: Option<&'a Each>,
    /// The workspace's variables.
    pub variables: &'a Variables,
    /// What is made of it.
    pub purpose: KnownFor,
}

/// The purpose for which something has to be known before all else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KnownFor {
    /// To tell which resources and targets there are.
    Names,
    /// To tell what another expression names.
    Inner,
    /// To tell what the workspace itself is, where its ledger is, and where its secrets come from.
    Workspace,
}

impl KnownFor {
    fn words(self) -> &'static str {
        match self {
            KnownFor::Names => "can't decide which resources there are",
            KnownFor::Inner => "can't stand in another expression, which has to be known before anything is looked at",
            KnownFor::Workspace => "can't stand here: this has to be known before anything else is",
        }
    }
}

impl Known<'_> {
    fn refused(self, text: &str) -> Box<Finding> {
        let finding = Finding::error("bad-expression", format!("`${{{text}}}` {}", self.purpose.words()));
        Box::new(finding.help("use `${var.…}` or `${each.…}` here"))
    }
}

impl NameScope for Known<'_> {
    fn own(&self) -> Known<'_> {
        Known { purpose: if self.purpose == KnownFor::Workspace { self.purpose } else { KnownFor::Inner }, ..*self }
    }

    fn known(&mut self, name: &ExpressionName, text: &str) -> KnownValue {
        match name {
            ExpressionName::Variable(name, path) => Ok(self.variables.get(name, path)?.cloned()),
            ExpressionName::Secret(_) | ExpressionName::Output(_) => Err(self.refused(text)),
            own @ (ExpressionName::EachKey | ExpressionName::EachValue(_)) => each::value(self.each, own).map(Some),
        }
    }

    fn file(&mut self, _: &str) -> Result<String, Box<Finding>> {
        Err(self.refused("file(…)"))
    }
}

/// What a name means, the expressions in it carried out first; `None` where what is wrong has been told already.
///
/// # Errors
/// The finding, still without a place.
pub(crate) fn name(parts: &[Segment<'_>], text: &str, own: Known<'_>) -> Result<Option<ExpressionName>, Box<Finding>> {
    let mut found = Vec::with_capacity(parts.len());
    for part in parts {
        found.push(match part {
            Segment::Text(text) => NamePart::Written(text),
            Segment::Expression(inner) => match value(inner, &mut own.own())? {
                Some(node) => NamePart::Inserted(in_text(inner, &node)?),
                None => return Ok(None),
            },
        });
    }
    ExpressionName::of(&found, text).map(Some).map_err(|message| Box::new(Finding::error("bad-expression", message)))
}

/// What an expression comes to.
///
/// # Errors
/// The finding, still without a place in a file, and with one in its text.
pub(crate) fn value(expression: &Expression<'_>, scope: &mut dyn NameScope) -> KnownValue {
    let found = match &expression.term {
        Term::Scalar(node) => Ok(Some(node.clone())),
        Term::Text(parts) => joined(parts, scope),
        Term::Call(function, arguments) => functions::call(function, arguments, scope),
        Term::Name(parts) => match name(parts, expression.text, scope.own()) {
            Ok(Some(name)) => scope.known(&name, expression.text),
            Ok(None) => Ok(None),
            Err(finding) => Err(finding),
        },
    };
    found.map_err(|finding| expression.accused(finding))
}

/// What a text comes to. One expression alone keeps its value.
///
/// # Errors
/// The finding, still without a place in a file.
pub(crate) fn text(text: &str, scope: &mut dyn NameScope) -> KnownValue {
    let found = segments(text).map_err(super::SyntaxError::finding)?;
    match found.as_slice() {
        [Segment::Expression(alone)] => value(alone, scope),
        parts => joined(parts, scope),
    }
}

/// A text with the values of its expressions in it.
fn joined(parts: &[Segment<'_>], scope: &mut dyn NameScope) -> KnownValue {
    let mut whole = String::new();
    for part in parts {
        match part {
            Segment::Text(text) => whole.push_str(text),
            Segment::Expression(inner) => match value(inner, scope)? {
                Some(node) => whole.push_str(&in_text(inner, &node)?),
                None => return Ok(None),
            },
        }
    }
    Ok(Some(Node::Text(whole)))
}

/// What a value is inside a longer text.
pub(super) fn in_text(expression: &Expression<'_>, node: &Node) -> Result<String, Box<Finding>> {
    node.to_text().ok_or_else(|| {
        let what = node.describe();
        let finding = Finding::error(
            "bad-expression",
            format!("`${{{}}}` is {what}, which can't stand inside a text", expression.text),
        );
        expression.accused(Box::new(finding.help("let it be the whole value, or name a part of it")))
    })
}
