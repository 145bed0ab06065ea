//! What a plan's steps find, as files would declare it: references by name, nothing that the provider chooses.
//!
//! It is what a way back leads to. Of what goes, all that lives in it goes along and is told, too.

use std::collections::{BTreeMap, BTreeSet};

use crate::address::Address;
use crate::attr::Attr;
use crate::diff::export::known;
use crate::diff::index::Index;
use crate::diff::list::live_items;
use crate::diff::planned::PlannedValues;
use crate::diff::resolve::Resolver;
use crate::diff::verdict::{Decision, Verdict};
use crate::plan::Step;
use crate::spec::{Field, Identity, Kind, ReferenceForm, Type, canonical, read, swap_references, without_nothing};
use crate::state::live::{Live, Observed};
use crate::topology::{ITEMS, Topology};

/// One object as it was before a step, by the fields that can be declared and that the API shows.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct PreImage {
    /// The provider's id.
    pub id: String,
    /// Its fields. What is secret is a secret.
    pub fields: BTreeMap<String, Attr>,
}

/// What a plan finds: the objects of its steps, what lives in those that go, and what is let go of, which may go with those.
pub(crate) fn images(
    topology: &Topology,
    observed: &Observed,
    index: &Index<'_>,
    steps: &[Step],
    verdicts: &[Verdict],
) -> BTreeMap<Address, PreImage> {
    let resolver = Resolver { topology, index, planned: &PlannedValues::default() };
    let labels = steps.iter().filter(|step| step.verb.removes()).filter_map(|step| {
        step.aside(step.id.as_ref()?)?;
        Some(((step.kind.name, step.id.as_deref()?), step.address.name()?))
    });
    let teller = Teller { resolver, labels: labels.collect() };
    let let_go = verdicts.iter().filter(|verdict| matches!(verdict.decision, Decision::Release(_)));
    let let_go = let_go.map(|verdict| &verdict.address);
    let touched: BTreeSet<&Address> = steps.iter().map(|step| &step.address).chain(let_go).collect();
    let going: BTreeSet<&Address> = steps.iter().filter(|step| step.verb.removes()).map(|step| &step.address).collect();
    let goes_along = |address: &Address| {
        let mut above = std::iter::successors(address.parent(), Address::parent);
        above.any(|parent| going.contains(&parent))
    };
    let is_meant =
        |address: &Address, live: &Live| touched.contains(address) || live.foreign.is_none() && goes_along(address);
    let own = index.all().filter(|(address, live)| is_meant(address, live));
    let one = |(address, live): (&Address, &Live)| {
        let kind = topology.targets.get(address.target())?.provider.kind(address.kind())?;
        Some((address.clone(), teller.image(address, kind, live)))
    };
    let mut images: BTreeMap<Address, PreImage> = own.filter_map(one).collect();
    // Content whose place other content takes goes by its id by now.
    for step in steps.iter().filter(|step| step.verb.removes()) {
        let by_id = || observed.targets.get(step.address.target())?.by_id(step.kind.name, step.id.as_deref()?);
        if let (false, Some(live)) = (images.contains_key(&step.address), by_id()) {
            images.insert(step.address.clone(), teller.image(&step.address, step.kind, live));
        }
    }
    images
}

/// Tells live objects as files would declare them.
struct Teller<'t> {
    resolver: Resolver<'t>,
    /// The names of content that goes, by kind and id.
    labels: BTreeMap<(&'t str, &'t str), &'t str>,
}

impl Teller<'_> {
    fn image(&self, address: &Address, kind: &'static Kind, live: &Live) -> PreImage {
        let told = |field: &'static Field, value: Attr| self.told(address, field, value);
        if let Identity::Sequence { .. } = kind.identity {
            let item = |item: Attr| match item {
                Attr::Map(map) => {
                    let pairs = map.into_iter().filter_map(|(name, value)| {
                        let field = kind.field(&name).filter(|field| field.is_writable())?;
                        (!value.is_nothing()).then(|| (name, told(field, value)))
                    });
                    Attr::Map(pairs.collect())
                }
                other => other,
            };
            let items = Attr::List(live_items(kind, live).into_iter().map(item).collect());
            return PreImage { id: live.id.clone(), fields: BTreeMap::from([(ITEMS.to_owned(), items)]) };
        }
        let fields = kind.fields.iter().filter(|field| field.is_writable() && field.is_read_back());
        let fields = fields.filter(|field| !matches!(field.ty, Type::File(_)));
        let value = |field: &'static Field| {
            let value = canonical(&field.ty, &read(field, &live.raw));
            (!value.is_nothing()).then(|| (field.name.to_owned(), told(field, value)))
        };
        PreImage { id: live.id.clone(), fields: fields.filter_map(value).collect() }
    }

    /// A live value with names in place of ids. What the tables, the files or the ledger call a secret is one.
    fn told(&self, address: &Address, field: &'static Field, value: Attr) -> Attr {
        let labelled = swap_references(&field.ty, &value, &mut |form, kinds, id| {
            let label = kinds.iter().find_map(|kind| self.labels.get(&(*kind, id)))?;
            (form == ReferenceForm::Id).then(|| Attr::text(*label))
        });
        let mut named = known(&field.ty, self.resolver.with_names(address, field, &labelled));
        without_nothing(&field.ty, &mut named);
        self.resolver.topology.secrets.conceal(field.name, named)
    }
}
