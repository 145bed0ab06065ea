//! What the files give nothing when an object is made: where the API would choose a value, the create says that there is none.

use std::borrow::Cow;

use crate::diff::resolve::ResolvedFields;
use crate::topology::Resource;

/// What a create sends for the fields that the files give nothing.
pub(super) fn given_nothing(resource: &Resource) -> ResolvedFields {
    let nothing = resource.cleared.iter().filter_map(|name| resource.kind.field(name));
    nothing.filter_map(|field| Some((field.name.to_owned(), resource.kind.sent_for_nothing(field)?))).collect()
}

/// The fields of a new object, with what a create sends for those that the files give nothing.
pub(super) fn with_nothing<'f>(resource: &Resource, resolved: &'f ResolvedFields) -> Cow<'f, ResolvedFields> {
    let mut all = given_nothing(resource);
    if all.is_empty() {
        return Cow::Borrowed(resolved);
    }
    all.extend(resolved.iter().map(|(name, value)| (name.clone(), value.clone())));
    Cow::Owned(all)
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::address::Address;
    use crate::finding::Place;
    use crate::providers::CATALOGUE;
    use crate::spec::{Change, Field, Kind, canonical};

    fn made_with_nothing(kind: &'static Kind, field: &Field) -> Resource {
        Resource {
            address: Address::new("t", kind.name, Some("x")),
            kind,
            fields: BTreeMap::new(),
            cleared: BTreeSet::from([field.name.to_owned()]),
            external: false,
            unmanaged: Default::default(),
            partial: Default::default(),
            files: BTreeMap::new(),
            place: Place::file("x.yaml"),
            given_at: Default::default(),
            origin: None,
            renamed_from: None,
        }
    }

    /// Says whether the tables tell what an object has that is made without a field, or that nothing could tell it.
    fn is_left_out(kind: &Kind, field: &Field) -> bool {
        let only_at_create =
            !matches!(field.change, Change::InPlace | Change::DedicatedCall(_)) || kind.api.update.is_empty();
        field.default.is_some() || field.is_chosen() || field.cleared().is_none() || only_at_create
    }

    #[test]
    fn a_field_that_can_be_cleared_is_cleared_by_the_create_where_the_api_might_choose() {
        let (mut sent, mut lists) = (0, 0);
        for kind in CATALOGUE.iter().flat_map(|provider| provider.kinds).copied().filter(|kind| kind.is_declarative()) {
            let may_be =
                |field: &&Field| field.is_writable() && !field.is_required() && !kind.is_told_apart_by(field.name);
            for field in kind.fields.iter().filter(may_be) {
                let given = given_nothing(&made_with_nothing(kind, field));
                let name = format!("{}.{}", kind.name, field.name);
                match given.get(field.name) {
                    Some(value) => {
                        assert!(!is_left_out(kind, field) || field.cleared().is_some(), "{name}");
                        assert!(field.is_at_default(&canonical(&field.ty, value)), "{name}: {value:?} clears nothing");
                        sent += 1;
                    }
                    None if is_left_out(kind, field) => {}
                    // A create without a list makes none.
                    None => {
                        assert!(canonical(&field.ty, &field.cleared().unwrap()).is_nothing(), "{name}");
                        lists += 1;
                    }
                }
            }
        }
        assert!(sent > 40 && lists > 8, "{sent} {lists}");
    }
}
