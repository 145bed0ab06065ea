//! Two targets that show one installation: each would take what the other declares for what others made, for ever.
//!
//! Their addresses may differ: a name and a number, two forwarded ports. Only what the product says of itself proves it: its
//! ids, or its topology with its number there, in the same part (tenant). A certificate or an address proves nothing, and a
//! proof that one of the two does not show in full is none.
//!
//! | part | ids | topology | the two are |
//! |---|---|---|---|
//! | differs | | | two |
//! | same | differ | | two |
//! | same | same | | one |
//! | same | one side has them, or neither | differs, or one side has it | two, as far as is known |
//! | same | one side has them, or neither | same | one |
//!
//! Of the two, the one that is known to be there since earlier goes on, and the other is held.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use crate::address::Address;
use crate::diff::index::{Index, Placement};
use crate::diff::verdict::{Decision, DeleteCause, Hold, ONE_INSTALLATION, Verdict};
use crate::spec::{Extent, Strength};
use crate::state::base::Base;
use crate::state::installation::{ShownProofs, Standing, short};
use crate::state::live::{Observed, View};
use crate::topology::Topology;

/// A target with what was seen of it.
type NamedView<'o> = (&'o str, &'o View);

/// The targets that show the installation of another one.
#[derive(Debug, Default)]
pub(in crate::diff) struct Doubles {
    /// Why everything at a target is held.
    holds: BTreeMap<String, Hold>,
    /// What the held targets mean, by the target that has it too: the kind and the id of each object.
    meant: BTreeMap<String, BTreeSet<(String, String)>>,
}

impl Doubles {
    /// Finds them.
    pub(in crate::diff) fn of(topology: &Topology, observed: &Observed, index: &Index<'_>, base: &Base) -> Doubles {
        let owns = |target: &str| base.owned_at(target).next().is_some();
        let is_judged = |view: &View| !matches!(view.standing, Standing::Other(_) | Standing::Unread(_));
        let judged = observed.targets.iter().filter(|(_, view)| is_judged(view));
        let mut targets: Vec<NamedView<'_>> = judged.map(|(name, view)| (name.as_str(), view)).collect();
        targets.sort_by_key(|(name, view)| {
            let is_known = matches!(view.standing, Standing::Same(_));
            (Reverse(is_known), Reverse(owns(name)), *name)
        });
        let mut found = Doubles::default();
        let mut first: Vec<NamedView<'_>> = Vec::new();
        // Only who shows a value that another one shows can be the same: not every pair has to be looked at.
        let mut showing: BTreeMap<(Strength, &str, &str), Vec<usize>> = BTreeMap::new();
        for look in targets {
            let keys: Vec<_> = strong_values(&look.1.proofs).collect();
            let alike: BTreeSet<usize> = keys.iter().filter_map(|key| showing.get(key)).flatten().copied().collect();
            let mut of_one = alike.iter().map(|n| (first[*n].0, same(topology, index, first[*n], look)));
            match of_one.find_map(|(other, proof)| Some((other, proof?))) {
                Some((other, proof)) => found.add(other, look.0, &proof, meant(topology, index, look.0)),
                None => {
                    keys.into_iter().for_each(|key| showing.entry(key).or_default().push(first.len()));
                    first.push(look);
                }
            }
        }
        found
    }

    fn add(&mut self, first: &str, double: &str, proof: &str, meant: BTreeSet<(String, String)>) {
        let reason = format!("`{double}` and `{first}` are the same installation: {proof}");
        let help = format!(
            "declare all that is there under `{first}`, in as many files as you like, and take `{double}` out; or correct \
             the `at` of one of them"
        );
        self.holds.insert(double.to_owned(), Hold::new(ONE_INSTALLATION, reason).help(help));
        self.meant.entry(first.to_owned()).or_default().extend(meant);
    }

    /// Why everything at a target is held.
    pub(in crate::diff) fn hold(&self, target: &str) -> Option<&Hold> {
        self.holds.get(target)
    }

    /// Holds all that is at a target which shows the installation of another one, and the removal of what it means by that
    /// other one: what nobody declares there is not what nobody declares.
    pub(in crate::diff) fn hold_all(&self, verdicts: &mut [Verdict]) {
        for verdict in verdicts.iter_mut().filter(|_| !self.holds.is_empty()) {
            if let Some(hold) = self.hold(verdict.address.target()) {
                verdict.decision = Decision::Hold(hold.clone());
                continue;
            }
            let object = verdict.id.clone().map(|id| (verdict.address.kind().to_owned(), id));
            let meant = self.meant.get(verdict.address.target()).zip(object);
            if matches!(verdict.decision, Decision::Delete(DeleteCause::Pruned))
                && meant.is_some_and(|(meant, object)| meant.contains(&object))
            {
                let hold = Hold::new(ONE_INSTALLATION, "a target that shows the same installation declares it");
                verdict.hold(hold.help("declare all that is there under one target"));
            }
        }
    }
}

/// What proves that two targets are one installation; `None` where nothing does.
fn same(
    topology: &Topology,
    index: &Index<'_>,
    (first, seen): NamedView<'_>,
    (double, view): NamedView<'_>,
) -> Option<String> {
    let provider = topology.targets.get(double)?.provider;
    if topology.targets.get(first)?.provider.name != provider.name {
        return None;
    }
    let proof = proof(&seen.proofs, &view.proofs)?;
    match provider.dialect.extent {
        Extent::Whole => Some(proof),
        Extent::Declared => {
            let (one, other) = (meant(topology, index, first), meant(topology, index, double));
            let (kind, id) = one.intersection(&other).next()?;
            Some(format!("{proof}; both mean the one of `{kind}` with the id `{id}`"))
        }
    }
}

/// The values that can prove that two targets are one, each by itself.
fn strong_values(shown: &ShownProofs) -> impl Iterator<Item = (Strength, &str, &str)> {
    let strong = shown.values.iter().filter(|((strength, _), _)| matches!(strength, Strength::Id | Strength::Topology));
    strong.flat_map(|((strength, name), value)| value.split("; ").map(move |part| (*strength, name.as_str(), part)))
}

/// The strongest proof that two looks have in common, in words.
fn proof(one: &ShownProofs, other: &ShownProofs) -> Option<String> {
    if one.within != other.within || one.unread.is_some() || other.unread.is_some() {
        return None;
    }
    [Strength::Id, Strength::Topology].into_iter().find_map(|strength| {
        let (one, other) = (proofs_of(one, strength), proofs_of(other, strength));
        (!one.is_empty() && !other.is_empty()).then(|| common(&one, &other))
    })?
}

/// The proofs of one strength, by name and in order.
fn proofs_of(shown: &ShownProofs, strength: Strength) -> Vec<(&str, &str)> {
    let own = shown.values.iter().filter(|((own, _), _)| *own == strength);
    own.map(|((_, name), value)| (name.as_str(), value.as_str())).collect()
}

/// What two looks have in common, in words; `None` if they differ, or one shows less than the other.
fn common(one: &[(&str, &str)], other: &[(&str, &str)]) -> Option<String> {
    if one.len() != other.len() {
        return None;
    }
    let shared = |((name, value), (other_name, other)): (&(&str, &str), &(&str, &str))| {
        let mut own = value.split("; ").filter(|value| other.split("; ").any(|other| other == *value)).peekable();
        own.peek().filter(|_| name == other_name)?;
        Some(format!("{name} {}", short(&own.collect::<Vec<_>>().join("; "))))
    };
    Some(one.iter().zip(other).map(shared).collect::<Option<Vec<String>>>()?.join(", "))
}

/// What a target means: the objects that it declares as its own, and those that it owns.
fn meant(topology: &Topology, index: &Index<'_>, target: &str) -> BTreeSet<(String, String)> {
    let declared =
        topology.resources_at(target).filter(|resource| !resource.external && resource.kind.is_declarative());
    let present = declared.filter_map(|resource| match index.declared.get(&resource.address) {
        Some(Placement::Present(live)) => Some((&resource.address, *live)),
        _ => None,
    });
    let is_here = |address: &&Address| address.target() == target;
    let owned = index.owned.iter().filter(is_here).filter_map(|address| Some((address, index.live(address)?)));
    let objects = present.chain(owned).filter(|(_, live)| !live.id.is_empty());
    objects.map(|(address, live)| (address.kind().to_owned(), live.id.clone())).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::plan::testing::{World, address};
    use crate::topology::Prune;

    const A: &str = "https://a.example/api";
    const B: &str = "https://b.example/api";

    /// What a look at a target shows, as in `in tenant acme | id manager m1; m2`.
    fn shown(look: &str) -> ShownProofs {
        let mut shown = ShownProofs::default();
        for proof in look.split(" | ").filter(|proof| !proof.is_empty()) {
            let words: Vec<&str> = proof.splitn(3, ' ').collect();
            let (name, value) = (words[1].to_owned(), words[2].to_owned());
            let strength = match words[0] {
                "in" => {
                    shown.within.insert(name, value);
                    continue;
                }
                "id" => Strength::Id,
                "topology" => Strength::Topology,
                "certificate" => Strength::Certificate,
                _ => Strength::Address,
            };
            shown.values.insert((strength, name), value);
        }
        shown
    }

    /// Two targets of a provider that both declare something, and below which address.
    fn two(provider: &str) -> (World, &'static str) {
        let basic = "username: api, password: '${var.pw}'";
        let account = "clientId: CLIENT, password: '${var.pw}', authenticationUrl: 'https://issuer.example/token'";
        let (credentials, kinds, at) = match provider {
            "vns3" => (basic, "routes: { r: { cidr: 10.1.0.0/16, interface: eth0 } }", "routes/r"),
            "netfoundry" => (account, "networks: { n: { networkGroupId: g, region: r } }", "networks/n"),
            _ => (basic, "secrets: { s: { value: '${var.pw}' } }", "secrets/s"),
        };
        let target = |name: &str, at: &str| {
            let credentials = credentials.replace("CLIENT", name);
            format!("  {name}:\n    at: {at}\n    credentials: {{ {credentials} }}\n    {kinds}\n")
        };
        (World::reading(&format!("{provider}:\n{}{}", target("one", A), target("two", B))), at)
    }

    fn is_held(world: &World, at: &str) -> bool {
        world.verdict(at) == "hold one-installation"
    }

    /// The reason of the first hold for this.
    fn reason(world: &World) -> Option<String> {
        world.verdicts().into_iter().find_map(|verdict| match verdict.decision {
            Decision::Hold(hold) if hold.code == ONE_INSTALLATION => {
                let help = hold.help.unwrap_or_default();
                assert!(help.contains("under `one`") && help.contains("correct the `at`"), "{help}");
                Some(hold.reason)
            }
            _ => None,
        })
    }

    #[test]
    fn only_what_the_product_says_of_itself_proves_it() {
        const FIRST: &str = "topology topology a04a92073a4f6f32a2abce45439a2d8c016334dc, manager 1";
        const SECOND: &str = "topology topology a04a92073a4f6f32a2abce45439a2d8c016334dc, manager 2";
        let with = |other: &str| format!("{FIRST} | {other}");
        let acme = "in tenant acme | id manager m1 | id authority sha256:aa";
        // The provider, the two looks, and the proof in words.
        for (provider, one, other, expected) in [
            ("vns3", "id instanceId i-1", "id instanceId i-1", Some("instanceId i-1")),
            ("vns3", "id instanceId i-1", "id instanceId i-2", None),
            ("vns3", FIRST, with("id instanceId i-1").as_str(), Some("topology a04a92073a4f…, manager 1")),
            // Controllers of one topology, and one that was restored from another one's snapshot.
            ("vns3", FIRST, SECOND, None),
            ("vns3", with("id instanceId i-1").as_str(), with("id instanceId i-2").as_str(), None),
            ("vns3", "certificate certificate sha256:aa", "certificate certificate sha256:aa", None),
            ("vns3", "address address https://a.example", "address address https://a.example", None),
            ("vns3", "", "", None),
            (
                "cloudify",
                "in tenant acme | id manager m1; m2 | id authority sha256:aa",
                acme,
                Some("authority sha256:aa, manager m1"),
            ),
            ("cloudify", "in tenant lab | id manager m1 | id authority sha256:aa", acme, None),
            // Two managers that have one name.
            ("cloudify", "in tenant acme | id manager m1 | id authority sha256:bb", acme, None),
            ("cloudify", "in tenant acme | id manager m1", acme, None),
            ("f5-vnfm", "in tenant acme | id manager m1", "in tenant acme | id manager m1", Some("manager m1")),
            ("f5-vnfm", "in tenant acme | id manager m1", "in tenant lab | id manager m1", None),
            ("f5-vnfm", "in tenant acme | id manager m1", "in tenant acme | id manager m2", None),
        ] {
            let (world, at) = two(provider);
            let (first, second) = (format!("one/{at}"), format!("two/{at}"));
            let world = world.shows_proofs("one", shown(one)).shows_proofs("two", shown(other));
            assert_eq!(is_held(&world, &second), expected.is_some(), "{provider}: {one}, {other}");
            assert!(world.verdict(&first).starts_with("create"), "{provider}: {}", world.verdict(&first));
            let is_first = |step: &crate::plan::Step| step.address.target() == "one";
            assert!(expected.is_none() || world.plan().steps.iter().all(is_first), "{provider}");
            let told = expected.map(|proof| format!("`two` and `one` are the same installation: {proof}"));
            assert_eq!(reason(&world), told);
            // What could not be read says neither.
            let blind = ShownProofs { unread: Some((Strength::Id, "503".into())), ..shown(one) };
            assert!(!is_held(&world.shows_proofs("one", blind), &second), "{provider}");
        }
    }

    #[test]
    fn accounts_of_one_organisation_are_one_installation_where_they_mean_one_network() {
        let proofs = || shown("id organization o1 | id network-group g1; g2");
        let network = |id: &str, name: &str| json!({ "id": id, "name": name, "networkGroupId": "g1", "region": "r" });
        let world = |one: Value, other: Value| {
            let world = two("netfoundry").0.shows("one/networks", one).shows("two/networks", other);
            world.shows_proofs("one", proofs()).shows_proofs("two", proofs())
        };
        let same = world(network("1", "n"), network("1", "n"));
        assert!(is_held(&same, "two/networks/n") && !is_held(&same, "one/networks/n"));
        let words = "network-group g1; g2, organization o1; both mean the one of `networks` with the id `1`";
        assert_eq!(reason(&same), Some(format!("`two` and `one` are the same installation: {words}")));
        // Each looks after a network of its own.
        assert_eq!(reason(&world(network("1", "n"), network("2", "n"))), None);
        // One of them lives in a network of the other's.
        let mut guest = same.clone();
        guest.topology.resources.get_mut(&address("two/networks/n")).unwrap().external = true;
        assert_eq!(reason(&guest), None);
        let other = shown("id organization o2 | id network-group g1");
        assert_eq!(reason(&same.shows_proofs("two", other)), None);
    }

    /// The one that was applied to before goes on, whatever it is called; what moved there is held as moved.
    #[test]
    fn who_was_there_first_goes_on() {
        let proof = [(Strength::Id, "instanceId", "i-1")];
        let group = json!({ "id": "7", "name": "g" });
        let world = || {
            let world = World::lab().wants("east/groups/g", json!({})).wants("west/groups/g", json!({}));
            world.shows("east/groups", group.clone()).shows("west/groups", group.clone())
        };
        let both = |world: World| world.proves("east", &proof).proves("west", &proof);
        let fresh = both(world());
        assert_eq!(
            [fresh.verdict("east/groups/g"), fresh.verdict("west/groups/g")],
            ["adopt", "hold one-installation"]
        );
        let owner = both(world().applied("west/groups/g", "7", json!({ "name": "g" })));
        for owner in [owner.clone(), owner.recorded()] {
            let verdicts = [owner.verdict("east/groups/g"), owner.verdict("west/groups/g")];
            assert_eq!(verdicts, ["hold one-installation", "same"]);
        }
        // East was another machine when it was applied to.
        let moved = world()
            .applied("east/groups/g", "7", json!({ "name": "g" }))
            .proves("east", &[(Strength::Id, "instanceId", "i-0")]);
        let moved = both(moved.recorded());
        assert_eq!([moved.verdict("east/groups/g"), moved.verdict("west/groups/g")], ["hold moved", "adopt"]);
        let said = moved.allows("moved=east");
        assert_eq!([said.verdict("east/groups/g"), said.verdict("west/groups/g")], ["same", "hold one-installation"]);
    }

    #[test]
    fn what_needs_something_of_the_held_one_waits_and_nothing_of_it_goes() {
        let proof = [(Strength::Id, "instanceId", "i-1")];
        let group = |id: &str, name: &str| json!({ "id": id, "name": name });
        let world = World::lab()
            .wants("east/groups/reader", json!({ "note": "=west/groups/new.id" }))
            .wants("east/groups/other", json!({}))
            .wants("west/groups/new", json!({}))
            .wants("west/groups/there", json!({}))
            .applied("east/groups/other", "1", json!({ "name": "other" }))
            .applied("west/groups/gone", "3", json!({ "name": "gone" }));
        let there = [group("1", "other"), group("2", "there"), group("3", "gone"), group("4", "theirs")];
        let world = ["east/groups", "west/groups"]
            .into_iter()
            .fold(world, |world, at| there.iter().fold(world, |world, group| world.shows(at, group.clone())));
        let mut world = world.proves("east", &proof).proves("west", &proof);
        world.topology.targets.get_mut("east").unwrap().prune = Prune::All;
        for (at, verdict) in [
            ("east/groups/reader", "hold waits"),
            ("east/groups/other", "same"),
            ("east/groups/there", "hold one-installation"),
            ("east/groups/gone", "hold one-installation"),
            ("east/groups/theirs", "delete: not declared, and the collection is pruned"),
            ("west/groups/new", "hold one-installation"),
            ("west/groups/there", "hold one-installation"),
            ("west/groups/gone", "hold one-installation"),
        ] {
            assert_eq!(world.verdict(at), verdict, "{at}");
        }
    }
}
