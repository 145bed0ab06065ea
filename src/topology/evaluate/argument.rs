//! Arguments of functions: what they mean in a field.
//!
//! A function looks into what it is given. It gets what the files say, and no secret: what it makes of one would be shown
//! as if it were none. What is known later it can't wait for: the plan says what will be sent.

use super::Evaluator;
use crate::finding::Finding;
use crate::source::Node;
use crate::topology::expression::{ExpressionName, Known, KnownFor, NameScope};
use crate::topology::site::Site;

/// What an argument of a function means in a field: its value has to be known.
pub(super) struct FieldScope<'s, 'e, 'a> {
    /// Who settles the field.
    pub evaluator: &'e mut Evaluator<'a>,
    /// Where the field stands.
    pub site: &'s Site<'s>,
}

impl NameScope for FieldScope<'_, '_, '_> {
    fn own(&self) -> Known<'_> {
        Known { each: self.site.each, variables: self.evaluator.variables, purpose: KnownFor::Inner }
    }

    fn known(&mut self, name: &ExpressionName, text: &str) -> Result<Option<Node>, Box<Finding>> {
        let refused = |code, message: String, help: &str| Err(Box::new(Finding::error(code, message).help(help)));
        let output = match name {
            ExpressionName::Secret(_) => {
                let help = "put the secret into a text as it is, or keep it in the form in which it is needed";
                return refused("secret-argument", format!("`{text}` is a secret, which no function looks into"), help);
            }
            ExpressionName::Output(output) => output,
            own => return self.own().known(own, text),
        };
        let value = self.evaluator.output(output, self.site)?;
        match Node::of_attr(&value) {
            _ if self.evaluator.is_lost => Ok(None),
            Some(node) => Ok(Some(node)),
            None if value.has_secret() => {
                let help = "name a part of it that is no secret";
                refused("secret-argument", format!("`{text}` holds a secret, which no function looks into"), help)
            }
            None => {
                let message = format!("`{text}` is known only once the resource is there, and a function needs it now");
                refused("not-known-yet", message, "use a variable, or a field that the files give")
            }
        }
    }

    fn file(&mut self, path: &str) -> Result<String, Box<Finding>> {
        let place = self.evaluator.texts.given_at(&self.site.place());
        self.evaluator.texts.get(&place.file, path)
    }
}
