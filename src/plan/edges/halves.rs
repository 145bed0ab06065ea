//! Edges between the two halves of a connection of a fabric: at two controllers, so that nothing at either tells of them.

use std::collections::BTreeMap;

use crate::plan::{Step, Verb};
use crate::spec::Halves;
use crate::topology::Topology;

/// The steps of one half of a connection.
#[derive(Default)]
struct HalfSteps {
    /// The step that makes the half itself.
    making: Option<usize>,
    /// The step that removes it.
    removing: Option<usize>,
    /// The steps that make what lives in it.
    within: Vec<usize>,
    /// All that remove something of it.
    going: Vec<usize>,
}

/// The edges between halves: steps, what they wait for, and why. They are what is meant, and not what a controller asks
/// for: where one makes a circle, the other edges hold.
pub(super) fn between_halves(topology: &Topology, steps: &[Step]) -> Vec<(usize, usize, String)> {
    let mut connections: BTreeMap<(&str, Option<&str>), BTreeMap<&str, HalfSteps>> = BTreeMap::new();
    for (n, step) in steps.iter().enumerate() {
        let Some((origin, half)) = step.half() else { continue };
        let Some(table) = halves_at(topology, step) else { continue };
        let connection = connections.entry((&origin.name, origin.vpn.as_deref())).or_default();
        let steps = connection.entry(half).or_default();
        let is_half = step.kind.name == table.kind;
        match step.verb {
            Verb::Create if is_half => steps.making = Some(n),
            Verb::Create if step.kind.parent == Some(table.kind) => steps.within.push(n),
            Verb::Delete => {
                steps.going.push(n);
                steps.removing = steps.removing.or(Some(n).filter(|_| is_half));
            }
            _ => {}
        }
    }
    let mut edges = Vec::new();
    for halves in connections.values() {
        let halves: Vec<&HalfSteps> = halves.values().collect();
        for (n, half) in halves.iter().enumerate() {
            for (m, other) in halves.iter().enumerate().filter(|(m, _)| *m != n) {
                let comes_first = |first: usize| format!("`{}` is the other half", steps[first].address);
                let makes = other.making.into_iter().flat_map(|first| half.within.iter().map(move |n| (*n, first)));
                edges.extend(makes.map(|(n, first)| (n, first, comes_first(first))));
                // In the order of their names, wherever they are: so no two connections wait for each other.
                let gone = other.removing.filter(|_| m < n);
                let removes = gone.into_iter().flat_map(|first| half.going.iter().map(move |n| (*n, first)));
                edges.extend(removes.map(|(n, first)| (n, first, format!("{} goes first", comes_first(first)))));
            }
        }
    }
    edges
}

/// What the objects at a step's target are to a fabric.
fn halves_at<'t>(topology: &'t Topology, step: &Step) -> Option<&'t Halves> {
    topology.targets.get(step.address.target())?.provider.halves.as_ref()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::plan::Timing;
    use crate::plan::testing::{World, address};

    /// Controllers on VNS3, nothing at them.
    fn controllers(names: &[&str]) -> World {
        let one = |(n, name): (usize, &&str)| {
            let login = "credentials: { username: api, password: '${var.pw}' }";
            format!("  {name}:\n    at: https://203.0.113.{n}:8000/api\n    {login}\n")
        };
        let all: String = names.iter().enumerate().map(one).collect();
        World::reading(&format!("vns3:\n{all}"))
    }

    fn endpoint() -> Value {
        json!({ "ipaddress": "198.51.100.7", "secret": "x" })
    }

    /// Both halves of a connection are wanted, each with what its list says.
    fn connected(world: World, one: &str, other: &str) -> World {
        [(one, other), (other, one)].into_iter().fold(world, |world, (at, to)| {
            let half = format!("{at}/ipsec-endpoints/core-{to}");
            let tunnel = format!("{half}/tunnels/t");
            let pair = json!({ "local_subnet": "10.1.0.0/16", "remote_subnet": "10.2.0.0/16" });
            let origin = format!("fabric/vpns/core/{one}-{other}/{at}");
            world.wants(&half, endpoint()).wants(&tunnel, pair).comes_from(&half, &origin).comes_from(&tunnel, &origin)
        })
    }

    #[test]
    fn what_lives_in_a_half_waits_for_both_halves() {
        let arrows = connected(controllers(&["london", "paris"]), "london", "paris").arrows();
        for (at, to) in [("london", "paris"), ("paris", "london")] {
            let edge =
                format!("create {to}/ipsec-endpoints/core-{at} > create {at}/ipsec-endpoints/core-{to}/tunnels/t");
            assert!(arrows.contains(&edge), "{edge}: {arrows:#?}");
        }
    }

    /// What was applied of two connections, and goes: only the ledger knows where it came from.
    fn going(names: &[&str]) -> World {
        let mut world = controllers(names);
        for (n, one) in names.iter().enumerate() {
            for other in &names[n + 1..] {
                for (at, to) in [(one, other), (other, one)] {
                    let half = format!("{at}/ipsec-endpoints/core-{to}");
                    let shown = json!({ "id": to, "name": format!("core-{to}"), "ipaddress": "198.51.100.7", "psk": "x",
                        "tunnels": { "7": { "id": 7, "local_subnet": "10.1.0.0/16", "remote_subnet": "10.2.0.0/16" } } });
                    let tunnel = format!("{half}/tunnels/10.1.0.0%2F16 to 10.2.0.0%2F16");
                    let pair = json!({ "id": 7, "local_subnet": "10.1.0.0/16", "remote_subnet": "10.2.0.0/16" });
                    world = world
                        .applied(&half, to, json!({ "ipaddress": "198.51.100.7" }))
                        .applied(&tunnel, "7", json!({}))
                        .shows(&format!("{at}/ipsec-endpoints"), shown)
                        .shows(&format!("{at}/ipsec-endpoints/{to}/tunnels"), pair);
                    for at_half in [&half, &tunnel] {
                        world = world.came_from(at_half, &format!("fabric/vpns/core/{one}-{other}/{at}"));
                    }
                    let row = world.base.entries.get_mut(&address(&tunnel)).unwrap();
                    row.identity = Some(json!(["10.1.0.0/16", "10.2.0.0/16"]).to_string());
                }
            }
        }
        world
    }

    #[test]
    fn one_half_goes_and_then_the_other() {
        let plan = going(&["london", "oslo", "paris"]).plan();
        let places = |at: &str, to: &str| {
            let half = address(&format!("{at}/ipsec-endpoints/core-{to}"));
            let of_half = |n: &usize| plan.steps[*n].address == half || plan.steps[*n].address.is_below(&half);
            (0..plan.steps.len()).filter(of_half).collect::<Vec<_>>()
        };
        assert_eq!(plan.steps.len(), 12);
        for (first, then) in [("london", "oslo"), ("london", "paris"), ("oslo", "paris")] {
            let (gone, later) = (places(first, then), places(then, first));
            assert_eq!((gone.len(), later.len()), (2, 2));
            assert!(gone.iter().max() < later.iter().min(), "{first} {then}: {gone:?} {later:?}");
        }
        assert!(plan.steps.iter().all(|step| step.half().is_some()), "the ledger tells where it came from");
    }

    /// A connection as it was applied, whose halves the files give another value.
    fn changed(field: &str, before: Value, after: &[Value; 2]) -> World {
        let names = ["london", "paris"];
        let mut world = controllers(&names);
        for (n, (at, to)) in [("london", "paris"), ("paris", "london")].into_iter().enumerate() {
            let half = format!("{at}/ipsec-endpoints/core-{to}");
            let mut shown = json!({ "id": 1, "name": format!("core-{to}"), "ipaddress": "198.51.100.7" });
            let mut applied = json!({ "ipaddress": "198.51.100.7" });
            for object in [&mut shown, &mut applied] {
                object[field] = before.clone();
            }
            let mut wanted = json!({ "ipaddress": "198.51.100.7" });
            wanted[field] = after[n].clone();
            world = world
                .applied(&half, "1", applied)
                .shows(&format!("{at}/ipsec-endpoints"), shown)
                .wants(&half, wanted)
                .comes_from(&half, &format!("fabric/vpns/core/london-paris/{at}"));
        }
        world
    }

    #[test]
    fn a_change_of_both_halves_is_one() {
        let together = |world: &World| {
            let plan = world.plan();
            plan.steps.iter().map(|step| step.timing.clone()).collect::<Vec<_>>()
        };
        let both = vec![
            Timing::With(address("paris/ipsec-endpoints/core-london")),
            Timing::With(address("london/ipsec-endpoints/core-paris")),
        ];
        for (field, before, after) in [
            ("pfs", json!(true), [json!(false), json!(false)]),
            ("ike_version", json!(1), [json!(2), json!(2)]),
            ("extra_config", json!(["phase1=a"]), [json!(["phase1=b"]), json!(["phase1=b"])]),
            ("route_based_int_address", json!("169.254.9.1/30"), [json!("169.254.8.1/30"), json!("169.254.8.2/30")]),
        ] {
            assert_eq!(together(&changed(field, before, &after)), both, "{field}");
        }
        // One half alone, and what interrupts nothing, is no pair.
        for (field, before, after) in
            [("pfs", json!(true), [json!(false), json!(true)]), ("description", json!("a"), [json!("b"), json!("b")])]
        {
            let timings = together(&changed(field, before, &after));
            assert!(!timings.is_empty() && timings.iter().all(Timing::is_any), "{field}: {timings:?}");
        }
    }
}
