//! What a field needs before it can be settled: the other declared fields that it refers to.

use super::{Evaluator, FieldSlot};
use crate::source::Node;
use crate::topology::draft::Each;
use crate::topology::expression::{
    ExpressionName, Known, KnownFor, OutputName, expressions, is_plain, name as name_of, output, segments,
};
use crate::topology::site::{ValuePurpose, holds_names, purpose};
use crate::topology::spread::{Spread, spread};

impl Evaluator<'_> {
    /// The other declared fields that a field refers to.
    pub(super) fn needs(&self, (number, field): FieldSlot) -> Vec<FieldSlot> {
        let mut found = Vec::new();
        let Some(draft) = self.drafts.resources.get(number) else { return found };
        if let Some(given) = draft.fields.get(field) {
            self.needs_of(&given.value, purpose(draft, &given.name), draft.each.as_deref(), &mut found);
        }
        found
    }

    /// Adds the declared fields that a node refers to.
    fn needs_of(&self, node: &Node, purpose: ValuePurpose, each: Option<&Each>, found: &mut Vec<FieldSlot>) {
        match node {
            Node::Text(text) if !is_plain(text) => {
                let own = Known { each, variables: self.variables, purpose: KnownFor::Inner };
                for expression in expressions(&segments(text).unwrap_or_default()) {
                    expression.for_each_name(&mut |parts| {
                        if let Ok(Some(ExpressionName::Output(text))) = name_of(parts, "", own)
                            && let Ok(name) = output(&text, self)
                        {
                            found.extend(self.declared_field(&name));
                        }
                    });
                }
            }
            Node::List(items) => {
                for item in items {
                    match spread(item, purpose.item(), each, self.variables) {
                        Spread::Alone => self.needs_of(item, purpose.item(), each, found),
                        Spread::Made(made, items) => {
                            for each in &items {
                                self.needs_of(&made, purpose.item(), Some(each), found);
                            }
                        }
                        // It is told when the field is settled.
                        Spread::Broken(_) => {}
                    }
                }
            }
            Node::Map(entries) => {
                entries.iter().for_each(|(key, value)| self.needs_of(value, purpose.key(key), each, found));
            }
            Node::Null | Node::Bool(_) | Node::Number(_) | Node::Spelt(_) | Node::Text(_) => {}
        }
    }

    /// The slot of an output whose value the files give. A field that holds names in YAML holds ids at the provider, and a
    /// field that names a local file holds something else there: those are asked for later, like outputs.
    pub(super) fn declared_field(&self, name: &OutputName) -> Option<FieldSlot> {
        let first = name.field.split('.').next()?;
        let field = name.kind.field(first)?;
        if !field.is_writable() || holds_names(&field.ty) {
            return None;
        }
        let number = *self.index.get(&name.address)?;
        let draft = self.drafts.resources.get(number)?;
        Some((number, draft.fields.iter().position(|given| &*given.name == first)?))
    }
}
