//! The interests of a workspace at each of its targets, gathered in one pass over all that it declares and owns.
//!
//! A workspace of a thousand targets is gone through once, and not once for each of them.

use std::collections::{BTreeMap, BTreeSet};

use crate::address::Address;
use crate::diff::ownership::applied_identities;
use crate::spec::{Descend, kinds_named};
use crate::state::IdentityKey;
use crate::state::base::Base;
use crate::topology::words::TextNames;
use crate::topology::{Resource, Topology};

/// The resources that a workspace declares, names and owns, by target.
#[derive(Default)]
pub(super) struct Interests<'o> {
    /// The declared resources by where they live: target, parent, kind.
    pub(super) groups: BTreeMap<(&'o str, Option<Address>, &'static str), Vec<&'o Resource>>,
    /// The outputs that expressions take: address and field.
    pub(super) outputs: BTreeSet<(Address, String)>,
    /// The kinds that are declared at a target, and those that declared fields and expressions name there.
    pub(super) kinds: BTreeMap<&'o str, BTreeSet<&'static str>>,
    /// The ids that the ledger has of a target's objects.
    pub(super) owned: BTreeMap<&'o str, BTreeSet<&'o str>>,
    /// The identities of owned objects in which others may live: target, kind, and the identity that was applied.
    pub(super) around: BTreeSet<(&'o str, &'static str, IdentityKey)>,
}

impl<'o> Interests<'o> {
    pub(super) fn of(topology: &'o Topology, base: &'o Base) -> Interests<'o> {
        let mut interests = Interests::default();
        let mut seen = BTreeSet::new();
        let words = TextNames::new(topology);
        for resource in topology.resources.values() {
            interests.declare(topology, resource, &mut seen);
            // A thing that nothing declares and no product brings has to be there already.
            for word in words.of(resource).iter().filter(|word| word.is_mistake(topology, &resource.address)) {
                if words.meant(&resource.address, word).is_empty() {
                    interests.kinds.entry(resource.address.target()).or_default().insert(word.called.kind);
                }
            }
        }
        for (address, entry) in &base.entries {
            interests.owned.entry(address.target()).or_default().insert(&entry.id);
            let Some((target, of)) = topology.targets.get_key_value(address.target()) else { continue };
            let kind =
                of.provider.kind(address.kind()).filter(|kind| of.provider.children(Some(kind.name)).next().is_some());
            let applied = kind.map(|kind| applied_identities(kind, address, entry).map(move |key| (kind, key)));
            interests.around.extend(applied.into_iter().flatten().map(|(kind, key)| (target.as_str(), kind.name, key)));
        }
        interests
    }

    /// Takes in a declared resource. `seen` holds the fields whose types have been: by target, kind and name.
    fn declare(
        &mut self,
        topology: &'o Topology,
        resource: &'o Resource,
        seen: &mut BTreeSet<(&'o str, &'static str, &'o str)>,
    ) {
        let (kind, target) = (resource.kind, resource.address.target());
        self.groups.entry((target, resource.address.parent(), kind.name)).or_default().push(resource);
        let mut named = BTreeSet::from([kind.name]);
        for (name, attr) in &resource.fields {
            attr.for_each_output(&mut |output| {
                let head = output.field.split('.').next().unwrap_or_default();
                self.outputs.insert((output.address.clone(), head.to_owned()));
                if let Some((name, target)) = topology.targets.get_key_value(output.address.target()) {
                    let kind = target.provider.kind(output.address.kind());
                    self.kinds.entry(name).or_default().extend(kind.map(|kind| kind.name));
                }
            });
            if seen.insert((target, kind.name, name)) {
                match kind.field(name) {
                    Some(field) => named.extend(kinds_named(&field.ty, Descend::Into)),
                    None => named.extend(kind.fields.iter().flat_map(|field| kinds_named(&field.ty, Descend::Into))),
                }
            }
        }
        self.kinds.entry(target).or_default().append(&mut named);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::base::Entry;

    #[test]
    fn each_target_is_asked_for_what_is_declared_named_and_owned_there() {
        let text = "
vns3:
  london:
    at: https://203.0.113.11:8000/api
    credentials: { password: '${var.pw}' }
    keyset: { token: '${var.pw}' }
  milan:
    at: https://203.0.113.12:8000/api
    credentials: { password: '${var.pw}' }
    keyset: { token: '${var.pw}', source: '${london/config.private_ipaddress}' }
    routes: { r: { cidr: 10.0.0.0/24, tunnel: to-west/lan } }
";
        let folder = tempfile::tempdir().unwrap();
        let workspace = "workspace: lab\nvars: { pw: { type: string, default: p } }\n";
        std::fs::write(folder.path().join("trueup.yaml"), workspace).unwrap();
        std::fs::write(folder.path().join("vns3.yaml"), text).unwrap();
        let loaded = crate::topology::load(folder.path(), crate::providers::CATALOGUE, &Default::default());
        let topology = loaded.unwrap_or_else(|findings| panic!("{findings:?}")).topology;
        let entry = |id: &str| Entry { id: id.into(), ..Entry::default() };
        let route = |target: &str, name: &str| Address::new(target, "routes", Some(name));
        let entries = [(route("london", "a"), entry("1")), (route("milan", "r"), entry("2"))];
        let base = Base { entries: entries.into(), ..Base::default() };
        let interests = Interests::of(&topology, &base);
        let kinds = |target: &str| interests.kinds[target].iter().copied().collect::<Vec<_>>();
        assert_eq!(kinds("london"), ["config", "keyset"], "another target's expression names `config`");
        assert_eq!(kinds("milan"), ["keyset", "routes", "tunnels"]);
        assert_eq!(interests.owned["london"], BTreeSet::from(["1"]));
        assert_eq!(interests.owned["milan"], BTreeSet::from(["2"]));
        assert_eq!(interests.outputs.len(), 1);
        assert_eq!(interests.groups.len(), 3);
    }
}
