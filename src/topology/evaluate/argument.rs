//! Arguments of functions: what they mean in a field.
//!
//! A function looks into what it is given. It gets what the files say, and no secret: what it makes of one would be shown
//! as if it were none. What is known later it can't wait for: the plan says what will be sent.

use super::Evaluator;
use crate::attr::Attr;
use crate::finding::Finding;
use crate::source::Node;
use crate::topology::expression::{
    Expression, ExpressionName, Known, KnownFor, NameScope, Term, name as name_of, value,
};
use crate::topology::functions::DERIVE;
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

impl Evaluator<'_> {
    /// The secret that `derive(secret.NAME, TEXT)` makes: for each text another one, from which the first can't be told.
    pub(super) fn derived(&mut self, arguments: &[Expression<'_>], site: &Site<'_>) -> Result<Attr, Box<Finding>> {
        let bad = || {
            let finding =
                Finding::error("wrong-argument", format!("`{DERIVE}` makes a secret of another one, for a text"));
            Box::new(finding.help("write `${derive(secret.NAME, \"FOR\")}`"))
        };
        let [Expression { term: Term::Name(parts), text, .. }, about] = arguments else { return Err(bad()) };
        let own = Known { each: site.each, variables: self.variables, purpose: KnownFor::Inner };
        let name = match name_of(parts, text, own)? {
            Some(ExpressionName::Secret(name)) => name,
            Some(_) => return Err(bad()),
            None => return Ok(self.lose()),
        };
        let about = value(about, &mut FieldScope { evaluator: self, site })?;
        let Some(about) = about else { return Ok(self.lose()) };
        let about = about.to_text().filter(|about| !about.is_empty()).ok_or_else(bad)?;
        let derived = self.secrets.derived(&name, &about)?.map(Attr::Secret);
        Ok(derived.unwrap_or_else(|| self.lose()))
    }
}
