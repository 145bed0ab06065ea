//! What a field is there for, and who needs it, may hang on another field of its object, or of one around it.

use std::collections::BTreeMap;

use crate::attr::Attr;
use crate::check::walk::{WalkStep, place};
use crate::check::{Rule, Subject};
use crate::finding::Finding;
use crate::spec::{Condition, Field, Identity, Shape, Type, TypeSlot, gives_something};
use crate::topology::{ITEMS, Resource};

/// A field is given that an object like this does not have, or one is missing that such an object needs.
pub(crate) const RULE: Rule = Rule { code: "does-not-fit", run };

fn run(subject: &Subject) -> Vec<Finding> {
    subject.topology.resources.values().flat_map(of).collect()
}

fn of(resource: &Resource) -> Vec<Finding> {
    let mut search = Search { resource, around: Vec::new(), path: Vec::new(), found: Vec::new() };
    match (resource.kind.identity, resource.fields.get(ITEMS)) {
        (Identity::Sequence { .. }, Some(Attr::List(items))) => {
            for (index, item) in items.iter().enumerate() {
                search.path.push(WalkStep::Index(index));
                if let Attr::Map(map) = item {
                    search.object(resource.kind.fields, map);
                }
                search.path.pop();
            }
        }
        _ => search.object(resource.kind.fields, &resource.fields),
    }
    search.found
}

/// A walk through the objects of a resource, each with those around it.
struct Search<'r> {
    resource: &'r Resource,
    around: Vec<(&'static [Field], &'r BTreeMap<String, Attr>)>,
    path: Vec<WalkStep<'r>>,
    found: Vec<Finding>,
}

impl<'r> Search<'r> {
    fn object(&mut self, fields: &'static [Field], map: &'r BTreeMap<String, Attr>) {
        self.around.push((fields, map));
        for field in fields.iter().filter(|field| field.is_writable()) {
            let given = map.get_key_value(field.name).filter(|(_, value)| gives_something(&field.ty, value));
            match given {
                None => self.missing(field),
                Some((name, value)) => {
                    self.path.push(WalkStep::Name(name));
                    self.unknown_here(field);
                    self.parts(TypeSlot::of(field), value);
                    self.path.pop();
                }
            }
        }
        self.around.pop();
    }

    fn parts(&mut self, slot: TypeSlot, value: &'r Attr) {
        match (slot.ty.shape(), value) {
            (Shape::Members(fields), Attr::Map(map)) => self.object(fields, map),
            (Shape::Items(item), Attr::List(items)) => {
                for (index, value) in items.iter().enumerate() {
                    self.part(WalkStep::Index(index), item, value);
                }
            }
            (Shape::Entries(item), Attr::Map(map)) => {
                for (name, value) in map {
                    self.part(WalkStep::Name(name), item, value);
                }
            }
            _ => {}
        }
    }

    fn part(&mut self, step: WalkStep<'r>, ty: Type, value: &'r Attr) {
        self.path.push(step);
        self.parts(TypeSlot::typed(ty), value);
        self.path.pop();
    }

    fn missing(&mut self, field: &Field) {
        let Some(when) = field.required.filter(|_| !self.resource.external) else { return };
        // What every object needs is told with its type.
        let Some(whose) = when.objects().filter(|_| self.holds(when) == Some(true)) else { return };
        let message = format!("`{}` is missing, which is needed where {whose}", field.name);
        let help = format!("add `{}: …` — {} ({})", field.name, field.doc, field.ty.describe());
        self.say(message, help);
    }

    fn unknown_here(&mut self, field: &Field) {
        let when = field.writable_on;
        let Some(whose) = when.objects().filter(|_| self.holds(when) == Some(false)) else { return };
        let message = format!("`{}` is for where {whose} alone", field.name);
        self.say(message, format!("leave it out here, or change that — {}", field.doc));
    }

    /// Says whether a condition holds: the object that has its field is the nearest one.
    fn holds(&self, when: Condition) -> Option<bool> {
        let (name, _) = when.given()?;
        let has = |fields: &[Field]| fields.iter().any(|field| field.name == name);
        let (fields, map) = self.around.iter().rev().find(|(fields, _)| has(fields))?;
        when.holds_for(fields, &|name| map.get(name).cloned().unwrap_or(Attr::Null))
    }

    fn say(&mut self, message: String, help: String) {
        let mut at = place(self.resource, &self.path);
        at.at_key = true;
        self.found.push(Finding::error(RULE.code, message).help(help).at(&at));
    }
}
