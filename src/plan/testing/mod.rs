//! The test world of the thinking floors: what is wanted, applied and there becomes verdicts and a plan, and a plan with
//! what becomes of its steps becomes what is applied and there. No socket, no clock, no file but the YAML that it is given.

mod controller;
mod owned_parts;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::address::Address;
use crate::attr::{Attr, Template, TemplatePart};
use crate::diff::standing::judge;
use crate::diff::verdict::{Decision, Verdict};
use crate::fabric::FabricOrigin;
use crate::finding::Place;
use crate::plan::{Choice, Plan, Step, Verb};
use crate::spec::{Identity, Kind, Provider, Strength, canonical, gives_something, without_nothing};
use crate::state::base::{Base, Basis, Entry, Stored};
use crate::state::installation::{ShownProofs, take_over};
use crate::state::live::{Collection, Live, Observed, Seen, View};
use crate::topology::testing::{CATALOGUE as LAB, REISSUING, TRUEUP, indented, try_load, workspace};
use crate::topology::{Content, CycleError, FileContent, ITEMS, Options, Resource, Topology, load};

/// The two targets of every world.
const TARGETS: [&str; 2] = ["east", "west"];

/// What is wanted, what was applied, and what is there.
#[derive(Clone)]
pub(crate) struct World {
    /// What is wanted.
    pub topology: Topology,
    /// What was applied.
    pub base: Base,
    /// What is there: objects by collection, as in `east/endpoints` and `east/endpoints/endpoints-1/peers`.
    pub live: BTreeMap<String, Vec<Value>>,
    pub(crate) unseen: BTreeMap<String, String>,
    /// The ids of objects that look like the system's.
    pub(crate) foreign: BTreeSet<String>,
    /// What proves which installation is behind a target.
    proofs: BTreeMap<String, ShownProofs>,
    /// Ids that were handed out.
    ids: usize,
    /// The time.
    pub(crate) now: Timestamp,
}

/// What becomes of a step that is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is done.
    Done,
    /// It is refused, and has no effect.
    Refused,
    /// It has its effect, and nobody hears of it.
    Unheard,
    /// It has its effect, and the run is killed when the object's id is taken down and nothing else of it.
    Killed,
}

/// The address that a text spells.
pub(crate) fn address(text: &str) -> Address {
    let mut words = text.split('/');
    let target = words.next().unwrap();
    let mut address: Option<Address> = None;
    let is_single = |name: &str| {
        let mut kinds = LAB.iter().chain(crate::providers::CATALOGUE).filter_map(|provider| provider.kind(name));
        kinds.next().unwrap().identity.is_single()
    };
    while let Some(kind) = words.next() {
        let name = if is_single(kind) { None } else { words.next() };
        address = Some(match address {
            Some(parent) => parent.child(kind, name),
            None => Address::new(target, kind, name),
        });
    }
    address.unwrap()
}

/// JSON as a topology holds it: `=east/endpoints/a.id` comes from another resource.
fn attr(value: &Value) -> Attr {
    match value {
        Value::String(text) if text.starts_with('=') => {
            let (from, field) = text[1..].rsplit_once('.').unwrap();
            Attr::output(address(from), field)
        }
        Value::Array(items) => Attr::List(items.iter().map(attr).collect()),
        Value::Object(map) => Attr::Map(map.iter().map(|(key, value)| (key.clone(), attr(value))).collect()),
        other => Attr::from_json(other),
    }
}

impl World {
    /// The small test provider at both targets, at which nothing is but what comes with them.
    pub(crate) fn lab() -> World {
        static LAB: OnceLock<World> = OnceLock::new();
        LAB.get_or_init(World::fresh_lab).clone()
    }

    fn fresh_lab() -> World {
        let target = |name: &str| {
            format!(
                "  {name}:\n    at: https://{name}.example/api\n    \
                 credentials: {{ username: api, password: '${{var.pw}}' }}\n"
            )
        };
        let all: String = TARGETS.iter().map(|name| target(name)).collect();
        let loaded = try_load(&[("trueup.yaml", TRUEUP), ("lab.yaml", &format!("lab:\n{all}"))]);
        let topology = loaded.unwrap_or_else(|findings| panic!("{findings:?}")).topology;
        let config =
            |n: usize| json!([{ "controller_name": "", "mtu": 1500, "public_ip": format!("203.0.113.{}", n + 1) }]);
        let live = TARGETS.iter().enumerate().map(|(n, name)| (format!("{name}/config"), config(n)));
        let live = live.map(|(at, objects)| (at, objects.as_array().unwrap().clone())).collect();
        let (foreign, proofs) = (BTreeSet::new(), BTreeMap::new());
        World {
            topology,
            base: keyed(),
            live,
            unseen: BTreeMap::new(),
            foreign,
            proofs,
            ids: 0,
            now: Timestamp::UNIX_EPOCH,
        }
    }

    /// The small test provider's controllers hand ids out anew.
    pub(crate) fn reissues_ids(mut self) -> World {
        self.topology.targets.values_mut().for_each(|target| target.provider = &REISSUING);
        self
    }

    /// The files do not declare a target any more.
    pub(crate) fn drops(mut self, target: &str) -> World {
        self.topology.targets.remove(target);
        self.topology.resources.retain(|address, _| address.target() != target);
        self
    }

    /// It was made by a call of ours, and not taken over.
    pub(crate) fn made(mut self, at: &str) -> World {
        self.base.entries.get_mut(&address(at)).unwrap().made = true;
        self
    }

    /// A provider of the product at one target, `at`, whose kinds are declared so. Nothing is there.
    pub(crate) fn of(provider: &str, target: &str, kinds: &str) -> World {
        let credentials = "{ username: api, password: '${var.pw}' }";
        let at = "https://host.example:8000/api";
        let kinds = indented(kinds);
        World::reading(&format!("{provider}:\n  {target}:\n    at: {at}\n    credentials: {credentials}\n{kinds}"))
    }

    /// The targets of the product that a text declares. Nothing is there.
    pub(crate) fn reading(text: &str) -> World {
        let folder = workspace(&[("trueup.yaml", TRUEUP), ("all.yaml", text)]);
        let loaded = load(folder.path(), crate::providers::CATALOGUE, &Options::default());
        let topology = loaded.unwrap_or_else(|findings| panic!("{findings:?}\n{text}")).topology;
        World {
            topology,
            base: keyed(),
            live: BTreeMap::new(),
            unseen: BTreeMap::new(),
            foreign: BTreeSet::new(),
            proofs: BTreeMap::new(),
            ids: 0,
            now: Timestamp::UNIX_EPOCH,
        }
    }

    fn provider(&self, target: &str) -> &'static Provider {
        self.topology.targets[target].provider
    }

    fn kind(&self, address: &Address) -> &'static Kind {
        self.provider(address.target()).kind(address.kind()).unwrap()
    }

    /// The files declare it.
    pub(crate) fn wants(mut self, at: &str, fields: Value) -> World {
        let address = address(at);
        let kind = self.kind(&address);
        let mut fields: BTreeMap<String, Attr> = match (&fields, kind.identity) {
            (Value::Array(_), Identity::Sequence { .. }) => [(ITEMS.to_owned(), attr(&fields))].into(),
            _ => fields.as_object().unwrap().iter().map(|(name, value)| (name.clone(), attr(value))).collect(),
        };
        let mut files = BTreeMap::new();
        match (kind.identity, address.name()) {
            (Identity::Name(field) | Identity::CaselessName(field), Some(name)) => {
                fields.insert(field.into(), Attr::text(name));
            }
            (Identity::Content(field, _), _) => {
                let sha256 = fields[field].to_text().unwrap().repeat(64);
                let (path, file_name, content) = ("f".to_owned(), "f".to_owned(), Content::Here(Default::default()));
                files.insert(
                    field.to_owned(),
                    FileContent {
                        path,
                        file_name,
                        sha256,
                        content,
                        packed: None,
                        uploaded_as: None,
                        parsed: Default::default(),
                    },
                );
            }
            _ => {}
        }
        let place = Place::file("lab.yaml").below(at);
        let gives =
            |name: &String, value: &Attr| kind.field(name).is_none_or(|field| gives_something(&field.ty, value));
        let cleared = fields.iter().filter(|(name, value)| !gives(name, value)).map(|(name, _)| name.clone()).collect();
        fields.retain(|name, value| gives(name, value));
        for (name, value) in &mut fields {
            let ty = kind.field(name).map_or(crate::spec::Type::Table(kind.fields, ""), |field| field.ty);
            without_nothing(&ty, value);
        }
        self.topology.resources.insert(
            address.clone(),
            Resource {
                address,
                kind,
                fields,
                cleared,
                files,
                place,
                external: false,
                unmanaged: BTreeSet::new(),
                partial: BTreeMap::new(),
                given_at: Default::default(),
                origin: None,
                renamed_from: None,
            },
        );
        self
    }

    /// It was applied so.
    pub(crate) fn applied(self, at: &str, id: &str, fields: Value) -> World {
        self.remembers(at, id, fields, Basis::Applied)
    }

    /// The ledger says so, and that it came there so.
    pub(crate) fn remembers(mut self, at: &str, id: &str, fields: Value, basis: Basis) -> World {
        let address = address(at);
        let fields: serde_json::Map<_, _> = match &fields {
            Value::Array(_) => [(ITEMS.to_owned(), fields)].into_iter().collect(),
            _ => fields.as_object().unwrap().clone(),
        };
        let fields = fields.into_iter().map(|(name, value)| (name, Stored::new(value, basis))).collect();
        let fields: BTreeMap<String, Stored> = fields;
        let entry = self.base.entries.entry(address).or_default();
        entry.id = id.into();
        entry.fields.extend(fields);
        self
    }

    /// It depended on that when it was applied.
    pub(crate) fn depending(mut self, at: &str, on: &str) -> World {
        self.base.entries.get_mut(&address(at)).unwrap().after.insert(address(on));
        self
    }

    /// The files declare it by that declaration of a fabric.
    pub(crate) fn comes_from(mut self, at: &str, origin: &str) -> World {
        let origin = FabricOrigin::from_path(origin).map(Arc::new);
        self.topology.resources.get_mut(&address(at)).unwrap().origin = origin;
        self
    }

    /// It was declared by that declaration of a fabric when it was applied.
    pub(crate) fn came_from(mut self, at: &str, origin: &str) -> World {
        self.base.entries.get_mut(&address(at)).unwrap().origin = Some(origin.to_owned());
        self
    }

    /// The controller shows it in a collection such as `east/endpoints`.
    pub(crate) fn shows(mut self, collection: &str, object: Value) -> World {
        self.live.entry(collection.into()).or_default().push(object);
        self
    }

    /// The controller does not say what a collection holds.
    pub(crate) fn hides(mut self, collection: &str) -> World {
        self.unseen.insert(collection.into(), "503".into());
        self
    }

    /// The object of that id looks like the system's.
    pub(crate) fn looks_foreign(mut self, id: &str) -> World {
        self.foreign.insert(id.into());
        self
    }

    /// The installation behind a target shows these proofs, and no others.
    pub(crate) fn proves(mut self, target: &str, proofs: &[(Strength, &str, &str)]) -> World {
        let values = proofs.iter().map(|(strength, name, value)| ((*strength, (*name).into()), (*value).into()));
        self.proofs.insert(target.into(), ShownProofs { values: values.collect(), ..ShownProofs::default() });
        self
    }

    /// The installation behind a target shows this of itself.
    pub(crate) fn shows_proofs(mut self, target: &str, proofs: ShownProofs) -> World {
        self.proofs.insert(target.into(), proofs);
        self
    }

    /// A run came to its end: what the installations show is taken over.
    pub(crate) fn recorded(mut self) -> World {
        for (target, view) in self.observed().targets {
            take_over(&mut self.base, &target, &view.standing, &view.proofs, "2026-03-01T09:00:00Z");
        }
        self
    }

    /// Somebody says that it is meant.
    pub(crate) fn allows(mut self, allowance: &str) -> World {
        self.topology.policy.allow.add(allowance.parse().unwrap());
        self
    }

    /// The policy says so.
    pub(crate) fn protects(mut self, pattern: &str) -> World {
        self.topology.policy.protect.push(pattern.into());
        self
    }

    /// Forgets what is wanted.
    pub(crate) fn wants_nothing(mut self) -> World {
        self.topology.resources.clear();
        self
    }

    fn collections(&self, provider: &Provider, around: &str, parent: Option<&str>) -> Vec<Collection> {
        let kinds = provider.kinds.iter().copied().filter(|kind| kind.parent == parent);
        kinds.map(|kind| self.collection(provider, kind, &format!("{around}/{}", kind.name))).collect()
    }

    fn collection(&self, provider: &Provider, kind: &'static Kind, at: &str) -> Collection {
        if let Some(why) = self.unseen.get(at) {
            return Collection { kind, seen: Seen::Unseen(why.clone()) };
        }
        let objects = self.live.get(at).cloned().unwrap_or_default();
        let live = |object: Value| {
            let mut live = Live::new(kind, object);
            live.foreign = live.foreign.or(self.foreign.contains(&live.id).then_some("the system's"));
            live.children = self.collections(provider, &format!("{at}/{}", live.id), Some(kind.name));
            live
        };
        let objects = match kind.identity {
            Identity::Sequence { .. } => vec![live(Value::Array(objects))],
            _ => objects.into_iter().map(live).collect(),
        };
        Collection { kind, seen: Seen::Objects(objects) }
    }

    /// What looking gives.
    pub(crate) fn observed(&self) -> Observed {
        let view = |name: &String| {
            let collections = self.collections(self.provider(name), name, None);
            let proofs = self.proofs.get(name).cloned().unwrap_or_default();
            let view = View { proofs, collections, ..View::default() };
            (name.clone(), judge(&self.topology, &self.base, name, view))
        };
        Observed { targets: self.topology.targets.keys().map(view).collect(), ..Observed::default() }
    }

    /// The verdicts that this comes to.
    pub(crate) fn verdicts(&self) -> Vec<Verdict> {
        crate::diff::diff(&self.topology, &self.observed(), &self.base).verdicts
    }

    /// The verdict on one address, in words: `update mtu: drift`, `hold foreign`; `-` where there is none.
    pub(crate) fn verdict(&self, at: &str) -> String {
        let address = address(at);
        let verdicts = self.verdicts();
        let mut own = verdicts.iter().filter(|verdict| verdict.address == address);
        let told = own.next().map_or_else(|| "-".to_owned(), |verdict| said(&verdict.decision));
        assert!(own.next().is_none(), "`{at}` has two verdicts");
        told
    }

    /// The plan, or the circle that keeps it from being one.
    pub(crate) fn try_plan(&self) -> Result<Plan, CycleError> {
        let observed = self.observed();
        crate::plan::plan(&self.topology, &observed, crate::diff::diff(&self.topology, &observed, &self.base))
    }

    /// The plan of what is chosen. Of targets at which nobody looks, nothing is seen.
    pub(crate) fn plan_of(&self, choice: &Choice) -> Plan {
        let mut observed = self.observed();
        let seen = choice.targets(&self.topology);
        observed.targets.retain(|target, _| seen.contains(target));
        let plan = crate::plan::plan_of(&self.topology, &observed, &self.base, choice, self.now);
        plan.unwrap_or_else(|cycle| panic!("{cycle}"))
    }

    /// The plan.
    pub(crate) fn plan(&self) -> Plan {
        self.try_plan().unwrap_or_else(|cycle| panic!("{cycle}"))
    }

    /// The plan's edges, an arrow each: what comes first, what waits for it.
    pub(crate) fn arrows(&self) -> Vec<String> {
        let plan = self.plan();
        let name = |node: usize| match plan.steps.get(node) {
            Some(Step { address, verb, .. }) => format!("{} {address}", verb_word(*verb)),
            None => format!("[{}]", plan.node_name(node)),
        };
        let nodes = 0..plan.steps.len() + plan.gates.len();
        let mut arrows: Vec<String> = nodes
            .flat_map(|node| plan.graph.after(node).map(move |(first, _)| (first, node)))
            .map(|(first, node)| format!("{} > {}", name(first), name(node)))
            .collect();
        arrows.sort();
        arrows
    }
}

fn keyed() -> Base {
    Base { key: "k".into(), ..Base::default() }
}

fn verb_word(verb: Verb) -> &'static str {
    match verb {
        Verb::ReplaceRemove => "remove",
        Verb::ReplaceCreate => "remake",
        other => other.as_str(),
    }
}

/// A decision in words.
pub(crate) fn said(decision: &Decision) -> String {
    let fields = || {
        let told = decision.fields().iter().map(|change| format!(" {}: {}", change.name, change.cause.as_str()));
        told.collect::<Vec<_>>().join(",")
    };
    match decision {
        Decision::Same => "same".into(),
        Decision::Adopt => "adopt".into(),
        Decision::Create(cause) => format!("create: {}", cause.as_str()),
        Decision::Update { adopt: true, .. } => format!("adopt, update{}", fields()),
        Decision::Update { adopt: false, .. } => format!("update{}", fields()),
        Decision::Replace { .. } => format!("replace{}", fields()),
        Decision::Delete(cause) => format!("delete: {}", cause.as_str()),
        Decision::Release(why) => format!("release: {why}"),
        Decision::Hold(hold) => format!("hold {}", hold.code),
    }
}
