//! What a plan does to the declarations of a fabric, a line each. The same change of many connections is one line.

use std::collections::BTreeMap;

use crate::diff::verdict::Cause;
use crate::render::document::{FabricChange, FabricVerb, OriginDocument, PlanDocument};
use crate::render::page::{TextPage, Tone, cut};
use crate::render::words::number;

/// Declarations up to this number are told one by one, though the same happens to each.
const FEW: usize = 3;

/// Columns that are kept for what changes, however long the name before it.
const LEAST: usize = 24;

/// One line: a declaration, or several to which the same happens.
pub(crate) struct FabricLine<'d> {
    changes: Vec<&'d FabricChange>,
}

/// The lines of a plan, connections first, what comes before what changes, and what goes last.
pub(crate) fn lines(document: &PlanDocument) -> Vec<FabricLine<'_>> {
    let mut sorts: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for (n, change) in document.fabric.iter().enumerate() {
        let FabricChange { declaration: OriginDocument { fabric, vpn, .. }, verb, sort, notes, .. } = change;
        sorts.entry((fabric, vpn, verb, sort, notes)).or_default().push(n);
    }
    let mut lines: Vec<(usize, FabricLine<'_>)> = Vec::new();
    for places in sorts.into_values() {
        let changes = || places.iter().filter_map(|n| Some((*n, document.fabric.get(*n)?)));
        match places.first() {
            Some(first) if places.len() > FEW => {
                lines.push((*first, FabricLine { changes: changes().map(|(_, change)| change).collect() }));
            }
            _ => lines.extend(changes().map(|(n, change)| (n, FabricLine { changes: vec![change] }))),
        }
    }
    lines.sort_by_key(|(n, _)| *n);
    lines.into_iter().map(|(_, line)| line).collect()
}

/// How many steps the lines stand for.
pub(crate) fn steps(document: &PlanDocument) -> usize {
    document.fabric.iter().map(|change| change.steps.len()).sum()
}

/// Writes a line.
pub(crate) fn line(page: &mut TextPage, depth: usize, line: &FabricLine<'_>) {
    let Some(first) = line.changes.first() else { return };
    let (sign, tone) = match first.verb {
        FabricVerb::Create => ("+ ", Tone::New),
        FabricVerb::Update => ("~ ", Tone::Changed),
        FabricVerb::Delete => ("- ", Tone::Gone),
    };
    let OriginDocument { fabric, name, vpn, half: _ } = &first.declaration;
    let vpn = vpn.iter().map(|vpn| format!(" ({vpn})")).collect::<String>();
    let count = line.changes.len();
    let (head, what, notes) = match count {
        1 => (format!("{fabric} {name}{vpn}"), &first.what, first.notes.join(", ")),
        _ => {
            let many = if fabric == "mesh" { "meshes".to_owned() } else { format!("{fabric}s") };
            let notes: Vec<String> = first.notes.iter().map(|note| of_each(note)).collect();
            (format!("{} {many}{vpn}", number(count)), &first.sort, notes.join(", "))
        }
    };
    let notes = if notes.is_empty() { notes } else { format!("  ({notes})") };
    let room = page.room(depth).saturating_sub(sign.len() + head.chars().count() + 2 + notes.chars().count());
    let what = format!("  {}", cut(what, room.max(LEAST)));
    page.parts(depth, &[(tone, sign), (Tone::Strong, &head), (Tone::Plain, &what), (Tone::Notice, &notes)]);
    if count > 1 {
        let names: Vec<&str> = line.changes.iter().map(|change| change.declaration.name.as_str()).collect();
        let room = page.room(depth + 2);
        page.line(depth + 2, Tone::Faint, &first_names(&names, room));
    }
}

/// A note that holds of each of several.
fn of_each(note: &str) -> String {
    match note {
        note if note == Cause::Drift.as_str() || note == Cause::Conflict.as_str() => note.to_owned(),
        note => format!("{note} each"),
    }
}

/// As many names as a line takes, and how many more there are.
fn first_names(names: &[&str], room: usize) -> String {
    let more = |shown: usize| match names.len() - shown {
        0 => String::new(),
        left => format!(", … and {} more", number(left)),
    };
    let (mut text, mut columns) = (String::new(), 0);
    for (n, name) in names.iter().enumerate() {
        let gap = if n == 0 { "" } else { ", " };
        columns += gap.len() + name.chars().count();
        if n > 0 && columns + more(n + 1).chars().count() > room {
            return text + &more(n);
        }
        text.push_str(gap);
        text.push_str(name);
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::render::Style;
    use crate::render::document::PlanDocument;
    use crate::render::markdown::{BUDGET, plan as markdown};
    use crate::render::testing::{PLAIN, World};
    use crate::render::text::{Shown, plan};

    const NARROW: Style = Style { color: false, width: 80 };

    /// Both halves of a connection as they were applied, of which the files say something else by now.
    fn changed(world: World, name: &str, [before, east, west]: [&str; 3]) -> World {
        ["east", "west"].into_iter().zip([east, west]).fold(world, |world, (at, key)| {
            let address = format!("{at}/tunnels/{name}");
            let id = format!("{at}-{name}");
            let shown = json!({ "id": id, "name": name, "gateway": before, "note": "n" });
            world
                .wants(&address, json!({ "gateway": key, "note": "n" }))
                .applied(&address, &id, json!({ "gateway": before, "name": name, "note": "n" }))
                .shows(at, "tunnels", shown)
                .comes_from(&address, &format!("fabric/vpns/core/{name}/{at}"))
        })
    }

    fn made(world: World, name: &str) -> World {
        ["east", "west"].into_iter().fold(world, |world, at| {
            let (tunnel, route) = (format!("{at}/tunnels/{name}"), format!("{at}/routes/{name}"));
            let origin = format!("fabric/vpns/core/{name}/{at}");
            world
                .wants(&tunnel, json!({ "gateway": "192.0.2.1", "key": "secret:canary" }))
                .wants(&route, json!({ "cidr": "10.2.0.0/16", "tunnel": name }))
                .comes_from(&tunnel, &origin)
                .comes_from(&route, &origin)
        })
    }

    fn of_site(world: World) -> World {
        world
            .wants("west/routes/site", json!({ "cidr": "10.9.0.0/16" }))
            .comes_from("west/routes/site", "fabric/sites/oslo")
    }

    fn text(document: &PlanDocument, all: bool) -> String {
        plan(document, NARROW, Shown { all, calls: false })
    }

    #[test]
    fn connections_come_first_and_their_steps_are_folded() {
        let world = changed(of_site(made(World::new(), "oslo")), "paris", ["192.0.2.1", "192.0.2.2", "192.0.2.3"]);
        let world = changed(world, "rome", ["192.0.2.1", "192.0.2.1", "192.0.2.3"]);
        let document = world.wants("east/routes/plain", json!({})).document();
        insta::assert_snapshot!(text(&document, false), @r#"
        acme-wan at 3f2a1c9: 6 to create, 3 to update, 0 to replace, 0 to delete
        traffic: 3 tunnel bounces
        1 resource is as it should be

        fabric (4)
          + connection oslo (core)  2 routes, 2 tunnels
          ~ connection paris (core)  gateway on both halves  (one tunnel bounce)
          ~ connection rome (core)  gateway on west  (tunnel bounce)
          + site oslo  1 controller, 1 connection
          8 steps of these (--all shows each)

        east
          routes: 1 to create
            + plain
        "#);
        let all = text(&document, true);
        assert!(all.contains("+ oslo\n") && all.contains("gateway: 192.0.2.1 → 192.0.2.2"), "{all}");
    }

    #[test]
    fn a_hundred_with_the_same_change_are_one_line() {
        let world = (0..100).fold(World::new(), |world, n| {
            changed(world, &format!("hub-branch-{n:03}"), ["192.0.2.1", "192.0.2.2", "192.0.2.2"])
        });
        let document = world.document();
        insta::assert_snapshot!(text(&document, false), @r#"
        acme-wan at 3f2a1c9: 0 to create, 200 to update, 0 to replace, 0 to delete
        traffic: 200 tunnel bounces

        fabric (100)
          ~ 100 connections (core)  gateway on both halves  (one tunnel bounce each)
              hub-branch-000, hub-branch-001, hub-branch-002, … and 97 more
          200 steps of these (--all shows each)
        "#);
        assert!(text(&document, false).lines().all(|line| line.chars().count() <= 80));
        let value: serde_json::Value = serde_json::from_str(&document.to_json()).unwrap();
        assert_eq!(value["body"]["fabric"].as_array().unwrap().len(), 100, "the JSON has each");
        assert_eq!(PlanDocument::from_json(&document.to_json()), Ok(document));
    }

    #[test]
    fn five_thousand_still_read_well() {
        let world = (0..2500).fold(World::new(), |world, n| {
            let gateway = format!("192.0.{}.{}", n / 250, n % 250 + 1);
            let name = format!("b-{n:04}");
            if n % 2 == 0 { changed(world, &name, ["198.51.100.1", &gateway, &gateway]) } else { made(world, &name) }
        });
        let document = world.document();
        let told = text(&document, false);
        assert!(told.lines().count() < 40, "{told}");
        assert!(told.lines().all(|line| line.chars().count() <= 80), "{told}");
        assert!(markdown(&document, BUDGET).len() <= BUDGET);
    }

    #[test]
    fn in_a_pull_request_they_come_first_as_well() {
        let world = changed(made(World::new(), "oslo"), "paris", ["192.0.2.1", "192.0.2.2", "192.0.2.2"]);
        let text = markdown(&world.document(), BUDGET);
        let place = |words: &str| text.find(words).unwrap_or_else(|| panic!("{words}: {text}"));
        assert!(place("~ connection paris (core)  gateway on both halves") < place("<details>"), "{text}");
        assert!(place("<details>") < place("gateway: 192.0.2.1 → 192.0.2.2"), "{text}");
        assert!(!text.contains("canary"));
    }

    #[test]
    fn a_plan_without_a_fabric_says_nothing_of_one() {
        let document = World::new().wants("east/routes/plain", json!({})).document();
        let told = plan(&document, PLAIN, Shown::default());
        assert!(!told.contains("fabric") && !document.to_json().contains("fabric"), "{told}");
    }
}
