//! What a fabric comes to among the drafts: a resource that files declare at the same address overrides it field by field.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::draft::{Draft, DraftField, Drafts, OwnedParts, TargetSetting};
use super::envelope::RETIRED;
use super::given_at::GivenAt;
use crate::address::Address;
use crate::fabric::{ABSENT, ExpandedItem, ExpandedResource, Expansion, FieldLayers, LayeredField, MARK, expand};
use crate::finding::{Finding, Place};
use crate::source::Node;
use crate::spec::{Identity, Kind, Provider, Type};
use crate::topology::{ITEMS, Variables};

/// Puts what a fabric comes to among the drafts, and gives what it comes to besides. Says whether it has no mistake: one may
/// hide resources that others name.
pub(crate) fn expanded(
    drafts: &mut Drafts,
    written: Vec<(Node, Place)>,
    (catalogue, variables): (&'static [&'static Provider], &Variables),
    findings: &mut Vec<Finding>,
) -> (Expansion, bool) {
    let told = findings.len();
    let mut expansion = expand(written, catalogue, drafts, variables, findings);
    let is_sound = !findings.iter().skip(told).any(Finding::is_error);
    join(drafts, &mut expansion, findings);
    give_up(drafts, &expansion);
    (expansion, is_sound)
}

/// Retires the controllers of sites that are retired.
fn give_up(drafts: &mut Drafts, expansion: &Expansion) {
    for (name, place) in &expansion.retired {
        if let Some(target) = drafts.targets.get_mut(name) {
            let setting = TargetSetting { node: Node::Bool(true), place: place.clone(), each: None };
            target.keys.insert(RETIRED.into(), setting);
        }
    }
}

/// Puts what a fabric comes to among the drafts.
fn join(drafts: &mut Drafts, expansion: &mut Expansion, findings: &mut Vec<Finding>) {
    let numbers: HashMap<Address, usize> =
        drafts.resources.iter().enumerate().map(|(number, draft)| (draft.address.clone(), number)).collect();
    let mut absent: Vec<Address> = Vec::new();
    for resource in std::mem::take(&mut expansion.resources).into_values() {
        match numbers.get(&resource.address).and_then(|number| drafts.resources.get_mut(*number)) {
            None => drafts.resources.push(draft(resource)),
            Some(own) if own.absent.is_some() => absent.push(resource.address),
            Some(own) => overridden(own, resource, findings),
        }
    }
    for (list, (kind, items)) in std::mem::take(&mut expansion.items) {
        match numbers.get(&list).and_then(|number| drafts.resources.get_mut(*number)) {
            Some(own) => {
                put_items(own, items, findings);
                expansion.lists.insert(list);
            }
            None => findings.extend(items.first().map(|item| no_mark(&list, kind, &item.place))),
        }
    }
    taken_away(drafts, &absent, findings);
    drafts.resources.iter_mut().for_each(take_marks);
}

/// Takes the key out that says that a resource of a fabric is not to be. A vendor's own field of that name is a field.
pub(super) fn take_absent(
    kind: &Kind,
    mut entries: Vec<(Arc<str>, Node)>,
    place: &Place,
    findings: &mut Vec<Finding>,
) -> (Option<Place>, Vec<(Arc<str>, Node)>) {
    let at = entries.iter().position(|(key, _)| &**key == ABSENT && kind.field(key).is_none());
    let Some((_, value)) = at.map(|at| entries.remove(at)) else { return (None, entries) };
    let here = place.below(ABSENT);
    if value == Node::Bool(true) && entries.is_empty() {
        return (Some(here.key()), entries);
    }
    let message = format!("`{ABSENT}` is `true`, stands alone, or is left out");
    let help = "it takes a resource away that a fabric has";
    findings.push(Finding::error("wrong-value", message).help(help).at(&here));
    (None, entries)
}

fn draft(resource: ExpandedResource) -> Draft {
    let ExpandedResource { address, kind, fields, origin, place, agreed: _ } = resource;
    let mut fields: Vec<DraftField> = given(&fields);
    if let (Identity::Name(field) | Identity::CaselessName(field), Some(name)) = (kind.identity, address.name()) {
        fields.push(DraftField::own_name(field, name));
    }
    let place = (*place).clone().key();
    let owned_parts = OwnedParts::default();
    Draft {
        address,
        kind,
        fields,
        owned_parts,
        place,
        each: None,
        origin: Some(origin),
        renamed_from: None,
        absent: None,
    }
}

fn given(fields: &FieldLayers) -> Vec<DraftField> {
    let field = |(name, field): (&Arc<str>, &LayeredField)| DraftField {
        name: name.clone(),
        value: field.value.clone(),
        given_at: Some(GivenAt::Elsewhere(field.place.clone())),
    };
    fields.iter().map(field).collect()
}

/// Lays what files declare over what a fabric comes to. What both halves have to agree on is not for one of them.
fn overridden(own: &mut Draft, resource: ExpandedResource, findings: &mut Vec<Finding>) {
    let mut fields = given(&resource.fields);
    for over in std::mem::take(&mut own.fields) {
        let below = fields.iter_mut().find(|field| field.name == over.name);
        if !resource.agreed.allows(&over.name, below.as_ref().map(|below| &below.value), &over.value) {
            let message =
                format!("`{}` is given to one half of {}, and both have to agree on it", over.name, resource.origin);
            let help = match &resource.origin.vpn {
                Some(vpn) => {
                    format!("give it to both: below `fabric: vpns: {vpn}: connections: {}`", resource.origin.name)
                }
                None => "give it to the fabric".to_owned(),
            };
            let place = own.place.below(&over.name).key();
            findings.push(
                Finding::error("one-half", message)
                    .help(help)
                    .at(&place)
                    .also(&resource.place, "which says it for both"),
            );
            continue;
        }
        match below {
            // It takes the field away.
            Some(below) if over.value == Node::Null => below.value = Node::Null,
            Some(below) => *below = laid(own.kind, below, over),
            None => fields.push(over),
        }
    }
    let is_away = |field: &DraftField| field.value == Node::Null && field.given_at.is_some();
    fields.retain(|field| !is_away(field));
    own.fields = fields;
    own.origin = Some(resource.origin);
}

/// One value over another: maps and lists without an order merge, and all else takes the other's place.
fn laid(kind: &Kind, below: &DraftField, over: DraftField) -> DraftField {
    let ty = kind.field(&over.name).map(|field| field.ty);
    let value = match (ty, &below.value, &over.value) {
        (Some(Type::Map(_) | Type::Any | Type::Object(_) | Type::Open(_)), Node::Map(below), Node::Map(over)) => {
            let kept = below.iter().filter(|(key, _)| !over.iter().any(|(own, _)| own == key));
            Node::Map(kept.chain(over).cloned().collect())
        }
        (Some(Type::Set(_)), Node::List(below), Node::List(over)) => {
            let new = over.iter().filter(|item| !below.contains(item));
            Node::List(below.iter().chain(new).cloned().collect())
        }
        (Some(Type::Table(_, key)), Node::List(below), Node::List(over)) => {
            let is_over = |item: &&Node| over.iter().any(|own| own.get(key) == item.get(key));
            Node::List(below.iter().filter(|item| !is_over(item)).chain(over).cloned().collect())
        }
        _ => over.value,
    };
    DraftField { value, ..over }
}

/// Puts items in the place that a list marks for them.
fn put_items(own: &mut Draft, items: Vec<ExpandedItem>, findings: &mut Vec<Finding>) {
    let Some(field) = own.fields.iter_mut().find(|field| &*field.name == ITEMS) else { return };
    let base = Place { at_key: false, ..own.place.clone() };
    let Node::List(given) = &field.value else { return };
    if !given.iter().any(is_mark) {
        findings.extend(
            items.first().map(|item| no_mark(&own.address, own.kind, &item.place).also(&own.place, "the list")),
        );
        return;
    }
    let (mut values, mut places) = (Vec::new(), Vec::new());
    for (n, item) in given.iter().enumerate() {
        if is_mark(item) {
            values.extend(items.iter().map(|item| item.value.clone()));
            places.extend(items.iter().map(|item| (*item.place).clone()));
        } else {
            values.push(item.clone());
            places.push(base.item(n));
        }
    }
    field.value = Node::List(values);
    field.given_at = Some(GivenAt::Items(places.into()));
}

fn is_mark(item: &Node) -> bool {
    item.get(MARK.0).and_then(Node::as_text) == Some(MARK.1)
}

/// Takes the marks out of a list for which no fabric has anything.
fn take_marks(own: &mut Draft) {
    if !matches!(own.kind.identity, Identity::Sequence { .. }) {
        return;
    }
    let base = Place { at_key: false, ..own.place.clone() };
    let Some(field) = own.fields.iter_mut().find(|field| &*field.name == ITEMS) else { return };
    let Node::List(items) = &field.value else { return };
    if !items.iter().any(is_mark) {
        return;
    }
    let kept: Vec<(usize, Node)> = items.iter().cloned().enumerate().filter(|(_, item)| !is_mark(item)).collect();
    field.given_at = Some(GivenAt::Items(kept.iter().map(|(n, _)| base.item(*n)).collect()));
    field.value = Node::List(kept.into_iter().map(|(_, item)| item).collect());
}

fn no_mark(list: &Address, kind: &Kind, place: &Place) -> Finding {
    let message = format!("`{list}` does not say where the rules of vpns go");
    let help = format!("write `- {}: {}` at their place in `{}` of `{}`", MARK.0, MARK.1, kind.name, list.target());
    Finding::error("no-mark", message).help(help).at(place)
}

/// Takes away what is not to be, with what lives in it.
fn taken_away(drafts: &mut Drafts, absent: &[Address], findings: &mut Vec<Finding>) {
    let absent: BTreeMap<&Address, ()> = absent.iter().map(|address| (address, ())).collect();
    drafts.resources.retain(|draft| {
        if let Some(place) = &draft.absent {
            if !absent.contains_key(&draft.address) {
                let message = format!("no fabric has `{}`", draft.address);
                let help = "take it out: what files do not declare is not there";
                findings.push(Finding::error("absent-already", message).help(help).at(place));
            }
            return false;
        }
        let mut above = draft.address.parent();
        while let Some(address) = above {
            if absent.contains_key(&address) {
                return false;
            }
            above = address.parent();
        }
        true
    });
}
