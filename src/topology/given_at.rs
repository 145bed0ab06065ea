//! Where values are given: below their resource, unless a fabric came to them.

use std::sync::Arc;

use super::draft::Draft;
use crate::finding::{Finding, PathKey, Place};
use crate::topology::{ITEMS, Resource};

/// The place of a field that is not given below its resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GivenAt {
    /// Elsewhere.
    Elsewhere(Arc<Place>),
    /// Of a list that is one resource: each item at its own place.
    Items(Arc<[Place]>),
}

impl GivenAt {
    /// The place of a value at a path below a resource: the field, or for a list that is one resource the item, comes first.
    pub(crate) fn place(given_at: Option<&GivenAt>, resource: &Place, path: &[PathKey]) -> Place {
        let (base, rest) = match (given_at, path) {
            (Some(GivenAt::Elsewhere(place)), [_, rest @ ..]) => (&**place, rest),
            (Some(GivenAt::Items(places)), [PathKey::Index(index), rest @ ..]) => {
                places.get(*index).map_or((resource, path), |place| (place, rest))
            }
            (_, path) => (resource, path),
        };
        base.further(rest.iter().cloned())
    }
}

impl Draft {
    /// Where one of its fields is given, if not below it.
    pub(super) fn given_at(&self, field: &str) -> Option<&GivenAt> {
        self.fields.iter().find(|given| &*given.name == field)?.given_at.as_ref()
    }

    /// The place of one of its fields.
    pub(crate) fn place_of(&self, field: &str) -> Place {
        GivenAt::place(self.given_at(field), &self.place, &[PathKey::Name(field.into())])
    }

    /// A finding about items of a list that is one resource, where those are given.
    pub(super) fn at_item(&self, finding: Finding) -> Finding {
        let base = Place { at_key: false, ..self.place.clone() };
        let Some(told) = &finding.place else { return finding };
        let path: Vec<PathKey> = told.path.iter().skip(base.path.len()).cloned().collect();
        let at = Place { at_key: told.at_key, ..GivenAt::place(self.given_at(ITEMS), &base, &path) };
        finding.at(&at)
    }
}

impl Resource {
    /// The place of a value at a path below it, which begins with a field, or with an item of a list that is one resource.
    pub(crate) fn place_at(&self, path: &[PathKey]) -> Place {
        let field = match path.first() {
            Some(PathKey::Name(name)) => name,
            Some(PathKey::Index(_)) => ITEMS,
            None => return self.place.clone(),
        };
        GivenAt::place(self.given_at.get(field), &self.place, path)
    }

    /// The place of a field.
    pub(crate) fn place_of(&self, field: &str) -> Place {
        self.place_at(&[PathKey::Name(field.into())])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_where_it_was_given() {
        let (resource, vpn) = (Place::file("a.yaml").below("r"), Place::file("b.yaml").below("vpn"));
        let name = |text: &str| PathKey::Name(text.into());
        let (elsewhere, items) = (GivenAt::Elsewhere(vpn.clone().into()), GivenAt::Items([vpn.item(3)].into()));
        let at = |given: Option<&GivenAt>, path: &[PathKey]| GivenAt::place(given, &resource, path);
        assert_eq!(at(None, &[name("f"), name("g")]), resource.below("f").below("g"));
        assert_eq!(at(Some(&elsewhere), &[name("f"), name("g")]), vpn.below("g"));
        assert_eq!(at(Some(&items), &[PathKey::Index(0), name("rule")]), vpn.item(3).below("rule"));
        assert_eq!(at(Some(&items), &[PathKey::Index(7)]), resource.item(7));
    }
}
