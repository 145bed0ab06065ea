//! Drawings: what refers to what in a topology, and what waits for what in a plan, as mermaid or Graphviz.

use std::collections::{BTreeMap, BTreeSet};

use crate::address::Address;
use crate::plan::Verb;
use crate::render::document::{AfterDocument, PlanDocument};
use crate::render::words::sanitize_control;
use crate::topology::Topology;
use crate::topology::references::References;

/// Boxes and arrows, in a fixed order.
#[derive(Debug, Default)]
pub(crate) struct Drawing {
    /// The boxes: the group that one stands in, if any, and its words.
    boxes: Vec<(Option<String>, String)>,
    /// The arrows: from, to, why.
    arrows: BTreeSet<(usize, usize, String)>,
}

/// A box: its number and its words.
type Numbered<'d> = (usize, &'d str);

/// The references of a topology: an arrow from each resource to the one that it refers to.
pub(crate) fn references(topology: &Topology) -> Drawing {
    let mut arrows: BTreeSet<(Address, Address, String)> = BTreeSet::new();
    let references = References::new(topology);
    for resource in topology.resources.values() {
        let from = &resource.address;
        for reference in references.of(resource) {
            arrows.insert((from.clone(), reference.to, reference.why.to_string()));
        }
        if let Some(parent) = from.parent() {
            arrows.insert((from.clone(), parent, "lives in it".into()));
        }
    }
    // A resource that is referred to need not be declared: it may be something that the controller brings.
    let referred = arrows.iter().map(|(_, to, _)| to);
    let all: BTreeSet<&Address> = topology.resources.keys().chain(referred).collect();
    let number: BTreeMap<&Address, usize> = all.iter().enumerate().map(|(n, address)| (*address, n)).collect();
    Drawing {
        boxes: all
            .iter()
            .map(|address| (Some(address.target().to_owned()), below_target(&address.to_string())))
            .collect(),
        arrows: arrows
            .iter()
            .filter_map(|(from, to, why)| Some((*number.get(from)?, *number.get(to)?, why.clone())))
            .collect(),
    }
}

/// The steps of a plan: arrows from what comes first to what waits for it.
pub(crate) fn steps(plan: &PlanDocument) -> Drawing {
    let mut drawing = Drawing::default();
    for step in &plan.steps {
        let symbol = match step.verb {
            Verb::Create => "+",
            Verb::Update => "~",
            Verb::ReplaceRemove => "± old",
            Verb::ReplaceCreate => "± new",
            Verb::Delete => "-",
            Verb::Issue | Verb::Find => "?",
        };
        drawing.boxes.push((Some(step.target.clone()), format!("{symbol} {}", below_target(&step.address))));
    }
    drawing.boxes.extend(plan.gates.iter().map(|gate| (None, gate.name.clone())));
    let gates: BTreeMap<&str, usize> =
        plan.gates.iter().enumerate().map(|(n, gate)| (gate.name.as_str(), plan.steps.len() + n)).collect();
    let nodes = plan.steps.iter().map(|step| &step.after).chain(plan.gates.iter().map(|gate| &gate.after));
    for (node, after) in nodes.enumerate() {
        let first = |wait: &AfterDocument| wait.step.or_else(|| gates.get(wait.name.as_str()).copied());
        drawing.arrows.extend(after.iter().filter_map(|wait| Some((first(wait)?, node, wait.why.clone()))));
    }
    drawing
}

/// An address without its target.
fn below_target(address: &str) -> String {
    address.split_once('/').map_or(address, |(_, path)| path).to_owned()
}

impl Drawing {
    /// The boxes by group: their numbers and words. Those without a group come first.
    fn groups(&self) -> BTreeMap<Option<&str>, Vec<Numbered<'_>>> {
        let mut groups: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (n, (group, words)) in self.boxes.iter().enumerate() {
            groups.entry(group.as_deref()).or_default().push((n, words.as_str()));
        }
        groups
    }

    /// The drawing as mermaid, which pull requests show.
    pub(crate) fn mermaid(&self) -> String {
        let mut text = "flowchart LR\n".to_owned();
        for (at, (group, boxes)) in self.groups().into_iter().enumerate() {
            if let Some(group) = group {
                text.push_str(&format!("  subgraph g{at}[{}]\n", mermaid_words(group)));
            }
            for (n, words) in boxes {
                text.push_str(&format!("    n{n}[{}]\n", mermaid_words(words)));
            }
            if group.is_some() {
                text.push_str("  end\n");
            }
        }
        for (from, to, why) in &self.arrows {
            text.push_str(&format!("  n{from} -->|{}| n{to}\n", mermaid_words(why)));
        }
        text
    }

    /// The drawing as Graphviz.
    pub(crate) fn dot(&self) -> String {
        let mut text = "digraph {\n  rankdir=LR;\n  node [shape=box];\n".to_owned();
        for (at, (group, boxes)) in self.groups().into_iter().enumerate() {
            if let Some(group) = group {
                text.push_str(&format!("  subgraph cluster_{at} {{\n    label={};\n", dot_words(group)));
            }
            for (n, words) in boxes {
                text.push_str(&format!("    n{n} [label={}];\n", dot_words(words)));
            }
            if group.is_some() {
                text.push_str("  }\n");
            }
        }
        for (from, to, why) in &self.arrows {
            text.push_str(&format!("  n{from} -> n{to} [label={}];\n", dot_words(why)));
        }
        text + "}\n"
    }
}

/// Words in mermaid: in quotes, and what means something there by its number.
fn mermaid_words(words: &str) -> String {
    let mut text = String::from("\"");
    for letter in sanitize_control(words).chars() {
        match letter {
            '"' | '#' | '<' | '>' | '&' | '`' | '\\' | ';' | '|' => text.push_str(&format!("#{};", u32::from(letter))),
            letter => text.push(letter),
        }
    }
    text + "\""
}

/// Words in Graphviz: in quotes, quotes and backslashes escaped.
fn dot_words(words: &str) -> String {
    format!("\"{}\"", sanitize_control(words).replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::render::testing::World;

    fn world() -> World {
        World::new()
            .wants("east/tunnels/a \"b\" <c>", json!({}))
            .wants("east/routes/out", json!({ "tunnel": "a \"b\" <c>" }))
            .wants("west/routes/back", json!({ "gateway": "later:east/tunnels/live.address" }))
    }

    #[test]
    fn references_by_target_with_their_reasons() {
        insta::assert_snapshot!(references(&world().topology).mermaid(), @r##"
        flowchart LR
          subgraph g0["east"]
            n0["routes/out"]
            n1["tunnels/a #34;b#34; #60;c#62;"]
            n2["tunnels/live"]
          end
          subgraph g1["west"]
            n3["routes/back"]
          end
          n0 -->|"#96;tunnel#96; names it"| n1
          n3 -->|"#96;gateway#96; takes #96;address#96; from it"| n2
        "##);
        insta::assert_snapshot!(references(&world().topology).dot(), @r##"
        digraph {
          rankdir=LR;
          node [shape=box];
          subgraph cluster_0 {
            label="east";
            n0 [label="routes/out"];
            n1 [label="tunnels/a \"b\" <c>"];
            n2 [label="tunnels/live"];
          }
          subgraph cluster_1 {
            label="west";
            n3 [label="routes/back"];
          }
          n0 -> n1 [label="`tunnel` names it"];
          n3 -> n2 [label="`gateway` takes `address` from it"];
        }
        "##);
    }

    #[test]
    fn steps_with_what_they_wait_for() {
        let world = World::new()
            .wants("east/tunnels/a", json!({}))
            .wants("west/routes/back", json!({ "gateway": "later:east/tunnels/a.address" }))
            .applied("east/routes/old", "r1", json!({}))
            .shows("east", "routes", json!({ "id": "r1", "name": "old" }));
        let drawing = steps(&world.document());
        insta::assert_snapshot!(drawing.mermaid(), @r##"
        flowchart LR
          subgraph g0["east"]
            n0["+ tunnels/a"]
            n2["- routes/old"]
          end
          subgraph g1["west"]
            n1["+ routes/back"]
          end
          n0 -->|"#96;gateway#96; takes #96;address#96; from it"| n1
        "##);
        assert_eq!(drawing.dot().matches(" -> ").count(), drawing.mermaid().matches(" -->").count());
    }
}
