//! What is done about a target that is another installation than the one where Trueup applied last: nothing of it counts,
//! and nothing at it is touched, until somebody says that it is the same network.

use crate::address::Address;
use crate::diff::verdict::{Hold, MOVED};
use crate::spec::Kind;
use crate::state::base::Base;
use crate::state::installation::{Standing, told};
use crate::state::live::{Seen, View};
use crate::topology::{Allowance, Reason, Topology};

/// Judges a look at a target. Of another installation, nothing that was seen counts.
pub(crate) fn judge(topology: &Topology, base: &Base, target: &str, mut view: View) -> View {
    let known = base.targets.get(target).filter(|_| base.owned_at(target).next().is_some());
    view.standing = known.map_or(Standing::Unproved, |known| known.compare(&view.proofs));
    match std::mem::take(&mut view.standing) {
        Standing::Other(changes) if is_allowed(topology, target) => view.standing = Standing::Moved(changes),
        Standing::Other(changes) => {
            view.collections.clear();
            view.standing = Standing::Other(changes);
        }
        Standing::Unread(why) => {
            view.collections.iter_mut().for_each(|collection| collection.seen = Seen::Unseen(why.clone()));
            view.standing = Standing::Unread(why);
        }
        other => view.standing = other,
    }
    view
}

fn is_allowed(topology: &Topology, target: &str) -> bool {
    topology.policy.allow.covers(Reason::Moved, &Address::first_of(target))
}

/// The hold of everything at a target that is another installation, or of which that can't be told.
pub(crate) fn hold(target: &str, standing: &Standing) -> Option<Hold> {
    match standing {
        Standing::Unproved | Standing::Same(_) | Standing::Moved(_) => None,
        Standing::Other(changes) => {
            let words = "another installation than the one where Trueup applied last";
            let hold = Hold::new(MOVED, format!("{words}: {}", told(changes)));
            Some(hold.until(Allowance::new(Reason::Moved, target)))
        }
        Standing::Unread(why) => Some(Hold::unseen(why)),
    }
}

/// Forgets the ids of what is owned at a target that is another installation by now: there they are anybody's. An id that
/// content gives is no such thing.
pub(crate) fn forget_ids(topology: &Topology, base: &mut Base, target: &str) {
    let Some(provider) = topology.targets.get(target).map(|target| target.provider) else { return };
    let owned: Vec<Address> = base.owned_at(target).map(|(address, _)| address.clone()).collect();
    for address in owned {
        let is_content = |kind: &Kind| kind.identity.file_in_id().is_some();
        if let Some(entry) = base.entries.get_mut(&address)
            && !provider.kind(address.kind()).is_some_and(is_content)
        {
            entry.id.clear();
            entry.leftovers.clear();
            entry.stamp = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::diff::verdict::Decision;
    use crate::plan::Step;
    use crate::plan::testing::World;
    use crate::spec::Strength;
    use crate::state::installation::ShownProofs;

    fn owned() -> World {
        let group = |id: &str, name: &str| json!({ "id": id, "name": name });
        World::lab()
            .wants("east/groups/kept", json!({}))
            .wants("east/groups/missing", json!({}))
            .wants("west/groups/far", json!({}))
            .applied("east/groups/kept", "1", json!({ "name": "kept" }))
            .applied("east/groups/missing", "2", json!({ "name": "missing" }))
            .applied("east/groups/undeclared", "3", json!({ "name": "undeclared" }))
            .applied("west/groups/far", "1", json!({ "name": "far" }))
            .shows("west/groups", group("1", "far"))
            .proves("east", &[(Strength::Id, "instanceId", "i-0abc"), (Strength::Address, "address", "https://a")])
            .proves("west", &[(Strength::Id, "instanceId", "i-0123")])
            .recorded()
            // Another machine: what we made has another id there, and what has our ids is somebody else's.
            .proves("east", &[(Strength::Id, "instanceId", "i-0def"), (Strength::Address, "address", "https://a")])
            .shows("east/groups", group("9", "kept"))
            .shows("east/groups", group("2", "theirs"))
            .shows("east/groups", group("3", "partner"))
    }

    #[test]
    fn everything_at_another_installation_is_held_and_nothing_of_it_is_believed() {
        let world = owned().wants("west/groups/reader", json!({ "note": "=east/groups/kept.id" }));
        for (at, verdict) in [
            ("east/groups/kept", "hold moved"),
            ("east/groups/missing", "hold moved"),
            ("east/groups/undeclared", "hold moved"),
            ("east/groups/theirs", "-"),
            ("east/groups/partner", "-"),
            ("west/groups/far", "same"),
        ] {
            assert_eq!(world.verdict(at), verdict, "{at}");
        }
        let plan = world.plan();
        assert!(plan.unmanaged.is_empty(), "{:?}", plan.unmanaged);
        assert!(plan.steps.iter().all(|step| step.address.target() == "west"));
        let sends = |step: &Step| format!("{:?}", step.calls).contains("\"9\"");
        assert!(!plan.steps.iter().any(sends), "the id of another installation's object was taken to west");
        let hold = world.verdicts().into_iter().find_map(|verdict| match verdict.decision {
            Decision::Hold(hold) if hold.code == MOVED => Some(hold),
            _ => None,
        });
        let hold = hold.unwrap();
        assert_eq!(
            hold.reason,
            "another installation than the one where Trueup applied last: instanceId i-0abc → i-0def (known since \
             2026-03-01)"
        );
        assert_eq!(hold.allow.unwrap().flag(), "--allow moved=east");
    }

    #[test]
    fn said_to_have_moved_each_is_judged_by_what_tells_it_apart() {
        let mut world = owned().allows("moved=east");
        forget_ids(&world.topology, &mut world.base, "east");
        for (at, verdict) in [
            ("east/groups/kept", "same"),
            ("east/groups/missing", "create: drift"),
            ("east/groups/undeclared", "release: it is gone already"),
            ("west/groups/far", "same"),
        ] {
            assert_eq!(world.verdict(at), verdict, "{at}");
        }
        let touched = |step: &Step| step.id.as_deref().is_some_and(|id| id == "2" || id == "3");
        assert!(!world.plan().steps.iter().any(touched), "what has our ids there is somebody else's");
        let west = owned().allows("moved=west");
        assert_eq!(west.verdict("east/groups/kept"), "hold moved", "it is about the target that it names");
    }

    #[test]
    fn what_is_owned_nowhere_has_nothing_to_lose() {
        let mut world = owned();
        world.base.entries.retain(|address, _| address.target() != "east");
        assert_eq!(world.verdict("east/groups/kept"), "adopt");
        world = world.recorded();
        let shown = |id: &str| ShownProofs {
            values: [((Strength::Id, "instanceId".to_owned()), id.to_owned())].into(),
            ..ShownProofs::default()
        };
        for (id, is_known) in [("i-0def", true), ("i-0abc", false)] {
            let standing = world.base.targets["east"].compare(&shown(id));
            assert_eq!(matches!(standing, Standing::Same(_)), is_known, "{id}");
        }
    }
}
