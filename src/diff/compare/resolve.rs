//! From names to what goes to the wire, and back: references to ids, outputs to values.

use std::collections::BTreeMap;

use crate::address::Address;
use crate::attr::{Attr, Output};
use crate::diff::index::Index;
use crate::diff::planned::{PlannedValue, PlannedValues};
use crate::spec::{Field, Identity, Kind, ReferenceForm, Type, swap_references};
use crate::state::output::part;
use crate::state::output::taken_output;
use crate::topology::{ITEMS, Resource, Topology};

/// A resource's fields as they go to the wire: names as ids, outputs filled in as far as they are known.
pub(crate) type ResolvedFields = BTreeMap<String, Attr>;

/// What resolving names and outputs needs to know.
pub(crate) struct Resolver<'r> {
    /// What is wanted.
    pub topology: &'r Topology,
    /// What is there.
    pub index: &'r Index<'r>,
    /// What is not what it is now when the plan is carried out.
    pub planned: &'r PlannedValues,
}

impl Resolver<'_> {
    /// The version of a target's server, where it makes a difference.
    pub(crate) fn version(&self, target: &str) -> Option<&str> {
        self.index.versions.get(target).map(String::as_str)
    }

    /// The fields of a resource as they go to the wire.
    pub(crate) fn resolve(&self, resource: &Resource) -> ResolvedFields {
        let mut resolved = ResolvedFields::new();
        for (name, attr) in &resource.fields {
            let filled = attr.fill(&|output| self.output(output));
            let attr = match (resource.kind.field(name), resource.kind.identity) {
                (Some(field), _) => self.references(resource, field, &filled),
                (None, Identity::Sequence { .. }) if name == ITEMS => self.items(resource, &filled),
                (None, _) => filled,
            };
            resolved.insert(name.clone(), attr);
        }
        resolved
    }

    fn items(&self, resource: &Resource, attr: &Attr) -> Attr {
        let Attr::List(items) = attr else { return attr.clone() };
        let item = |item: &Attr| match item {
            Attr::Map(map) => Attr::Map(
                map.iter()
                    .map(|(name, value)| match resource.kind.field(name) {
                        Some(field) => (name.clone(), self.references(resource, field, value)),
                        None => (name.clone(), value.clone()),
                    })
                    .collect(),
            ),
            other => other.clone(),
        };
        Attr::List(items.iter().map(item).collect())
    }

    /// Names become ids; a mention stays a mention.
    fn references(&self, resource: &Resource, field: &Field, attr: &Attr) -> Attr {
        let Some(target) = self.topology.targets.get(resource.address.target()) else { return attr.clone() };
        swap_references(&field.ty, attr, &mut |reference, kinds, name| {
            if reference == ReferenceForm::Mention {
                return None;
            }
            let address = self.topology.referred(&resource.address, target.provider, kinds, name)?;
            Some(self.id(&address))
        })
    }

    /// The id of a resource: known, or known later.
    fn id(&self, address: &Address) -> Attr {
        if let Some(id) = self.topology.resources.get(address).and_then(Resource::content_id) {
            return Attr::Text(id);
        }
        let output = Output { address: address.clone(), field: "id".into(), encoding: Default::default() };
        self.output(&output).unwrap_or_else(|| Attr::output(address.clone(), "id"))
    }

    /// The value of an output, if it is known now and stays what it is.
    fn output(&self, output: &Output) -> Option<Attr> {
        let target = self.topology.targets.get(output.address.target())?;
        let kind = target.provider.kind(output.address.kind())?;
        match self.planned.of(output) {
            PlannedValue::Unknown => None,
            PlannedValue::Planned => self.wanted(output).or_else(|| self.live_output(output, kind)),
            PlannedValue::Unchanged => self.live_output(output, kind),
        }
    }

    /// A value with the outputs in it as they are now, whatever they will be when the plan is carried out.
    pub(in crate::diff) fn as_now(&self, attr: &Attr) -> Attr {
        attr.fill(&|output| {
            let provider = self.topology.targets.get(output.address.target())?.provider;
            self.live_output(output, provider.kind(output.address.kind())?)
        })
    }

    fn live_output(&self, output: &Output, kind: &Kind) -> Option<Attr> {
        taken_output(self.index.live(&output.address)?, kind, output, &self.topology.secrets)
    }

    /// The value that the files want for a field that somebody takes.
    fn wanted(&self, output: &Output) -> Option<Attr> {
        let (head, rest) = output.field.split_once('.').unwrap_or((&output.field, ""));
        let resource = self.topology.resources.get(&output.address)?;
        let filled = resource.fields.get(head)?.fill(&|output| self.output(output));
        let resolved = self.references(resource, resource.kind.field(head)?, &filled);
        part(resolved, rest).filter(|attr| !attr.is_later())
    }

    /// A live value with ids as names, for showing.
    pub(crate) fn with_names(&self, address: &Address, field: &Field, attr: &Attr) -> Attr {
        swap_references(&field.ty, attr, &mut |reference, kinds, id| {
            let name = relative_name(address, self.index.by_id(address, kinds, id)?);
            Some(Attr::Text(match reference {
                ReferenceForm::Id => name,
                ReferenceForm::Mention => format!("@{name}"),
            }))
        })
    }

    /// The same for telling a change. Content keeps its name when it changes: there the ids tell.
    pub(crate) fn for_display(&self, address: &Address, field: &Field, attr: &Attr) -> Attr {
        let kind = |name: &str| self.topology.targets.get(address.target())?.provider.kind(name);
        match field.ty {
            Type::Ref(name) if kind(name).is_some_and(|kind| kind.identity.file_in_id().is_some()) => attr.clone(),
            _ => self.with_names(address, field, attr),
        }
    }

    /// A live value with mentions by name, for comparing; other references stay ids, as they go to the wire.
    pub(in crate::diff) fn for_compare(&self, address: &Address, field: &Field, attr: &Attr) -> Attr {
        swap_references(&field.ty, attr, &mut |reference, kinds, id| match reference {
            ReferenceForm::Id => None,
            ReferenceForm::Mention => {
                let name = relative_name(address, self.index.by_id(address, kinds, id)?);
                Some(Attr::Text(format!("@{name}")))
            }
        })
    }
}

/// The word by which a resource refers to another one: its name, with the parents' names where it lives deeper.
fn relative_name(from: &Address, to: &Address) -> String {
    let own = to.name().unwrap_or_default();
    match to.parent() {
        Some(parent) if !from.is_below(&parent) => format!("{}/{own}", relative_name(from, &parent)),
        _ => own.to_owned(),
    }
}
