//! Layers: an environment's file over what the workspace's other files say.
//!
//! Maps merge, everything else takes the place of what was there. Nothing, given to a target, a resource or a thing of the
//! fabric, takes it out; given to a field it means what it means everywhere. What a layer gave is noted, so that a finding
//! tells the line that is meant.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::finding::{Finding, PathKey, Place};
use crate::source::Node;
use crate::spec::{Identity, Kind, Provider};

/// Where the values stand that a layer gave.
#[derive(Debug, Clone, Default)]
pub(crate) struct Layers {
    /// By file and path in the base: where it stands in the layer.
    given: BTreeMap<Arc<str>, HashMap<Vec<PathKey>, Place>>,
}

impl Layers {
    /// Where a value stands: in the layer that gave it.
    pub(crate) fn of(&self, place: &Place) -> Place {
        let Some(given) = self.given.get(&place.file) else { return place.clone() };
        for length in (0..=place.path.len()).rev() {
            let (above, below) = place.path.split_at(length);
            if let Some(layer) = given.get(above) {
                let found = layer.further(below.iter().cloned());
                return Place { at_key: place.at_key, item: place.item.clone(), ..found };
            }
        }
        place.clone()
    }

    /// The same finding with its places where its values were given.
    pub(crate) fn placed(&self, mut finding: Finding) -> Finding {
        if !self.given.is_empty() {
            finding.place = finding.place.map(|place| self.of(&place));
            finding.also = finding.also.map(|(place, what)| (self.of(&place), what));
        }
        finding
    }

    fn note(&mut self, base: &Place, layer: &Place) {
        self.given.entry(base.file.clone()).or_default().insert(base.path.clone(), layer.clone());
    }
}

/// What a key of a layer stands below: it decides what nothing means there.
#[derive(Clone, Copy)]
enum LayerLevel {
    /// The document itself.
    Top,
    /// Targets of a provider.
    Targets(&'static Provider),
    /// What a target holds.
    Target(&'static Provider),
    /// Resources of a kind.
    Resources(&'static Provider, &'static Kind),
    /// What a resource holds.
    Resource(&'static Provider, &'static Kind),
    /// The lists of a fabric.
    Fabric,
    /// Things by name that nothing takes out: variables, and what a fabric lists.
    Named,
    /// Secrets: each is one source.
    Sources,
    /// Values.
    Plain,
}

/// What becomes of the value at a key.
struct LayerStep {
    /// Whether nothing takes it out.
    can_go: bool,
    /// Whether maps merge.
    merges: bool,
    /// What stands below.
    below: LayerLevel,
}

impl LayerLevel {
    fn step(self, key: &str, catalogue: &'static [&'static Provider]) -> LayerStep {
        let kind =
            |provider: &'static Provider, parent: Option<&str>| provider.children(parent).find(|kind| kind.name == key);
        let of_kind = |provider: &'static Provider, kind: &'static Kind| match kind.identity {
            Identity::Singleton => {
                LayerStep { can_go: true, merges: true, below: LayerLevel::Resource(provider, kind) }
            }
            Identity::Sequence { .. } => LayerStep { can_go: true, merges: true, below: LayerLevel::Plain },
            _ => LayerStep { can_go: false, merges: true, below: LayerLevel::Resources(provider, kind) },
        };
        let named = |below| LayerStep { can_go: true, merges: true, below };
        let plain = |below| LayerStep { can_go: false, merges: true, below };
        match self {
            LayerLevel::Top => match catalogue.iter().find(|provider| provider.name == key) {
                Some(provider) => plain(LayerLevel::Targets(provider)),
                None => match key {
                    "fabric" => plain(LayerLevel::Fabric),
                    "vars" => plain(LayerLevel::Named),
                    "secrets" => plain(LayerLevel::Sources),
                    "ledger" => LayerStep { can_go: false, merges: false, below: LayerLevel::Plain },
                    _ => plain(LayerLevel::Plain),
                },
            },
            LayerLevel::Targets(provider) => named(LayerLevel::Target(provider)),
            LayerLevel::Target(provider) => {
                kind(provider, None).map_or_else(|| plain(LayerLevel::Plain), |kind| of_kind(provider, kind))
            }
            LayerLevel::Resources(provider, kind) => named(LayerLevel::Resource(provider, kind)),
            LayerLevel::Resource(provider, own) => {
                kind(provider, Some(own.name)).map_or_else(|| plain(LayerLevel::Plain), |kind| of_kind(provider, kind))
            }
            LayerLevel::Fabric => plain(if key == "pool" { LayerLevel::Plain } else { LayerLevel::Named }),
            LayerLevel::Named => named(LayerLevel::Plain),
            LayerLevel::Sources => LayerStep { can_go: true, merges: false, below: LayerLevel::Plain },
            LayerLevel::Plain => plain(LayerLevel::Plain),
        }
    }
}

/// A document of the base, with where it stands.
pub(crate) struct BaseDocument<'b> {
    /// What it holds.
    pub root: &'b mut Node,
    /// Where.
    pub place: Place,
}

/// Lays a document over those of the base, of which the first takes what none of them has.
pub(crate) fn lay(
    base: Vec<BaseDocument<'_>>,
    layer: Node,
    place: &Place,
    catalogue: &'static [&'static Provider],
    layers: &mut Layers,
) -> Vec<Finding> {
    let mut laying = Laying { catalogue, layers, findings: Vec::new() };
    match layer {
        Node::Null => {}
        Node::Map(entries) => laying.map(base, entries, place, LayerLevel::Top),
        other => {
            let finding = Finding::error("wrong-type", format!("expected a map, found {}", other.describe()));
            laying.findings.push(finding.help("it has the same keys as the files that it changes").at(place));
        }
    }
    laying.findings
}

/// The keys that decide which files there are: a layer comes too late for them.
const TOO_LATE: [&str; 2] = ["files", "exclude"];

struct Laying<'l> {
    catalogue: &'static [&'static Provider],
    layers: &'l mut Layers,
    findings: Vec<Finding>,
}

impl Laying<'_> {
    fn map(
        &mut self,
        mut base: Vec<BaseDocument<'_>>,
        entries: Vec<(Arc<str>, Node)>,
        place: &Place,
        level: LayerLevel,
    ) {
        for (key, value) in entries {
            let here = place.below(&key);
            if matches!(level, LayerLevel::Top) && TOO_LATE.contains(&&*key) {
                let finding = Finding::error("misplaced-key", format!("`{key}` does not belong into an environment"));
                self.findings
                    .push(finding.help("which files there are is said in `trueup.yaml` alone").at(&here.key()));
                continue;
            }
            let step = level.step(&key, self.catalogue);
            let descends = matches!(value, Node::Map(_)) && self.descends(&mut base, &key, &here, &step);
            let has = |document: &BaseDocument<'_>| document.root.get(&key).is_some();
            match value {
                Node::Null if step.can_go => {
                    if !base.iter().any(has) {
                        let finding = Finding::warning("nothing-there", format!("there is no `{key}` to take out"));
                        self.findings.push(finding.help("correct the name, or drop the line").at(&here.key()));
                    }
                    base.iter_mut().for_each(|document| remove(document.root, &key));
                }
                Node::Map(entries) if descends => {
                    let below = base.iter_mut().filter_map(|document| {
                        let place = document.place.below(&key);
                        let root = child(document.root, &key).filter(|root| matches!(root, Node::Map(_)))?;
                        Some(BaseDocument { root, place })
                    });
                    let below: Vec<BaseDocument<'_>> = below.collect();
                    self.map(below, entries, &here, step.below);
                }
                value => self.put(&mut base, &key, value, &here),
            }
        }
    }

    /// Says whether a map is laid key by key: over one that is there or, where nothing in it may take something out, over an
    /// empty one that comes to stand there.
    fn descends(&mut self, base: &mut [BaseDocument<'_>], key: &Arc<str>, here: &Place, step: &LayerStep) -> bool {
        let is_there = base.iter().any(|document| holds_map(document.root, key));
        let is_new = step.merges && !is_there && !matches!(step.below, LayerLevel::Plain);
        if is_new {
            self.put(base, key, Node::Map(Vec::new()), here);
        }
        step.merges && (is_there || is_new)
    }

    /// Puts a value in the place of what is there, in whichever document.
    fn put(&mut self, base: &mut [BaseDocument<'_>], key: &Arc<str>, value: Node, here: &Place) {
        let at = base.iter().position(|document| document.root.get(key).is_some()).unwrap_or(0);
        for (number, document) in base.iter_mut().enumerate() {
            if number != at {
                remove(document.root, key);
            }
        }
        let Some(document) = base.get_mut(at) else { return };
        self.layers.note(&document.place.below(key), here);
        match child(document.root, key) {
            Some(old) => *old = value,
            None => match &mut *document.root {
                Node::Map(entries) => entries.push((key.clone(), value)),
                root => *root = Node::Map(vec![(key.clone(), value)]),
            },
        }
    }
}

fn child<'n>(node: &'n mut Node, key: &str) -> Option<&'n mut Node> {
    match node {
        Node::Map(entries) => entries.iter_mut().find(|(name, _)| &**name == key).map(|(_, value)| value),
        _ => None,
    }
}

fn holds_map(node: &Node, key: &str) -> bool {
    matches!(node.get(key), Some(Node::Map(_)))
}

fn remove(node: &mut Node, key: &str) {
    if let Node::Map(entries) = node {
        entries.retain(|(name, _)| &**name != key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::parse;
    use crate::topology::testing::CATALOGUE;

    fn node(yaml: &str) -> Node {
        parse(yaml).unwrap()[0].root.clone()
    }

    fn laid(base: &[&str], layer: &str) -> (Vec<String>, Layers, Vec<&'static str>) {
        let mut roots: Vec<Node> = base.iter().map(|yaml| node(yaml)).collect();
        let mut layers = Layers::default();
        let documents = roots
            .iter_mut()
            .enumerate()
            .map(|(number, root)| BaseDocument { root, place: Place::file(&format!("{number}.yaml")) });
        let place = Place::file("environments/prod.yaml");
        let findings = lay(documents.collect(), node(layer), &place, CATALOGUE, &mut layers);
        let shown = roots.iter().map(|root| root.to_attr().to_shown().to_string()).collect();
        (shown, layers, findings.into_iter().map(|finding| finding.code).collect())
    }

    #[test]
    fn maps_merge_and_all_else_is_replaced() {
        for (base, layer, shown) in [
            ("workspace: w", "workspace: x", r#"{"workspace":"x"}"#),
            (
                "vars: { a: { default: { x: 1, y: 2 } } }",
                "vars: { a: { default: { y: 3 } } }",
                r#"{"vars":{"a":{"default":{"x":1,"y":3}}}}"#,
            ),
            ("vars: { a: { default: [1, 2] } }", "vars: { a: { default: [3] } }", r#"{"vars":{"a":{"default":[3]}}}"#),
            ("vars: { a: {}, b: {} }", "vars: { a: null }", r#"{"vars":{"b":{}}}"#),
            ("secrets: { s: { env: X } }", "secrets: { s: { file: y } }", r#"{"secrets":{"s":{"file":"y"}}}"#),
            ("ledger: { file: a }", "ledger: { git: { ref: b } }", r#"{"ledger":{"git":{"ref":"b"}}}"#),
            (
                "lab: { east: { at: a, config: { mtu: 1 } } }",
                "lab: { east: { at: b } }",
                r#"{"lab":{"east":{"at":"b","config":{"mtu":1}}}}"#,
            ),
            ("lab: { east: {}, west: {} }", "lab: { west: null }", r#"{"lab":{"east":{}}}"#),
            ("lab: { e: { config: { mtu: 1 } } }", "lab: { e: { config: null } }", r#"{"lab":{"e":{}}}"#),
            (
                "lab: { e: { config: { mtu: 1 } } }",
                "lab: { e: { config: { mtu: null } } }",
                r#"{"lab":{"e":{"config":{"mtu":null}}}}"#,
            ),
            (
                "lab: { e: { endpoints: { a: {}, b: {} } } }",
                "lab: { e: { endpoints: { a: null } } }",
                r#"{"lab":{"e":{"endpoints":{"b":{}}}}}"#,
            ),
            (
                "lab: { e: { endpoints: { a: { peers: { p: {} } } } } }",
                "lab: { e: { endpoints: { a: { peers: { p: null } } } } }",
                r#"{"lab":{"e":{"endpoints":{"a":{"peers":{}}}}}}"#,
            ),
            (
                "lab: { e: { rules: [{ rule: x }] } }",
                "lab: { e: { rules: [{ rule: y }] } }",
                r#"{"lab":{"e":{"rules":[{"rule":"y"}]}}}"#,
            ),
            (
                "fabric: { sites: { a: {}, b: {} } }",
                "fabric: { sites: { a: null } }",
                r#"{"fabric":{"sites":{"b":{}}}}"#,
            ),
            ("fabric: { pool: a }", "fabric: { pool: null }", r#"{"fabric":{"pool":null}}"#),
            ("workspace: w", "lab: { e: { at: a } }", r#"{"lab":{"e":{"at":"a"}},"workspace":"w"}"#),
        ] {
            let (found, _, findings) = laid(&[base], layer);
            assert_eq!((found, findings), (vec![shown.to_owned()], vec![]), "{base} + {layer}");
        }
        assert_eq!(laid(&["workspace: w"], "lab: { gone: null }").2, ["nothing-there"]);
        assert_eq!(laid(&["workspace: w"], "files: [a]").2, ["misplaced-key"]);
        assert_eq!(laid(&["workspace: w"], "[a]").2, ["wrong-type"]);
    }

    #[test]
    fn a_value_is_put_where_the_base_has_it_and_known_by_its_layer() {
        let base =
            ["workspace: w", "lab: { e: { at: a } }", "lab: { e: { config: { mtu: 1 }, endpoints: { x: {} } } }"];
        let (found, layers, _) =
            laid(&base, "lab: { e: { at: b, config: { mtu: 2 }, endpoints: { y: { mode: main } } } }");
        assert_eq!(found[0], r#"{"workspace":"w"}"#);
        assert_eq!(found[1], r#"{"lab":{"e":{"at":"b"}}}"#);
        assert_eq!(found[2], r#"{"lab":{"e":{"config":{"mtu":2},"endpoints":{"x":{},"y":{"mode":"main"}}}}}"#);
        let below = |file: &str, path: &str| path.split(' ').fold(Place::file(file), |place, key| place.below(key));
        for (file, path, layer) in [
            ("1.yaml", "lab e at", true),
            ("2.yaml", "lab e config mtu", true),
            ("2.yaml", "lab e config", false),
            ("2.yaml", "lab e endpoints y mode", true),
            ("2.yaml", "lab e endpoints x", false),
        ] {
            let expected = if layer { below("environments/prod.yaml", path) } else { below(file, path) };
            assert_eq!(layers.of(&below(file, path)), expected, "{file} {path}");
        }
    }
}
