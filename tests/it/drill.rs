//! The drill: every declarative kind of every provider lives its life against the simulators.
//!
//! A fresh world holds nothing of ours; create; what decides something is exported; plan again is empty; what is exported is
//! taken over without a write; change each field alone: what the table declares happens; plan again is empty; take each field
//! out of the files: it is taken back, or told to stay; siblings that differ in identity are two; delete; nothing is left.
//!
//! The samples are data, one file a provider; `samples.rs` says how they read.

#[path = "drill/exported.rs"]
mod exported;
#[path = "drill/samples.rs"]
pub(crate) mod samples;
#[path = "drill/taken_over.rs"]
mod taken_over;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};
use trueup::parts::{Address, Attr, CATALOGUE, Change, Decision, Field, Identity, Kind, Provider, canonical};

use self::samples::{Sample, Samples, merge, read};
use crate::bench::every_line;
use crate::support::{Sim, wagon_of};
use crate::world::{Applied, World, told};

/// Kinds that can't be drilled yet, with the reason. Keep it short, and make it shorter.
const PENDING: &[(&str, &str, &str)] = &[];

/// The shares of a kind's fields that are changed and unset, one in so many; `TRUEUP_TEST_EVERY_LINE=1` takes all of them.
const SHARES: (usize, usize) = (3, 4);

/// The target's name in every drill's workspace: samples refer to it as `${here/…}`.
const TARGET: &str = "here";

/// One kind's drill in an installation of its own.
struct Drill<'d> {
    world: World<'d>,
    provider: &'static Provider,
    kind: &'static Kind,
    /// The installation's name: the kind, and the sample's number.
    installation: String,
    /// The server's version, where it makes a difference.
    version: Option<String>,
    /// What the kind needs around it.
    around: Map<String, Value>,
    sample: &'d Sample,
    failures: Vec<String>,
}

/// What a change of one field is to lead to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Expected {
    Nothing,
    Update,
    Replace,
    Hold,
}

/// Drills all kinds of a provider against servers of a version, and tells what failed.
fn drill(provider: &str, version: Option<&str>) {
    let provider = *CATALOGUE.iter().find(|known| known.name == provider).unwrap();
    let samples = read(provider.name);
    let sim = Sim::of(provider.name, version);
    let mut failures = Vec::new();
    for kind in provider.kinds.iter().copied().filter(|kind| kind.is_declarative() && !is_pending(provider, kind)) {
        let fitting =
            samples.of(kind).iter().filter(|sample| sample.server.as_deref() == samples::server(provider, version));
        for (n, sample) in fitting.enumerate() {
            let mut drill = Drill::new(&sim, provider, kind, n, &samples, sample);
            // What the server does not know can't be around anything.
            drill.around.retain(|name, _| provider.kind(name).is_none_or(|kind| kind.is_on(version)));
            if let Err(failure) = drill.run() {
                drill.failures.push(failure);
            }
            failures.extend(drill.failures.into_iter().map(|failure| format!("{}: {failure}", drill.installation)));
        }
    }
    assert!(failures.is_empty(), "{} failures\n{}", failures.len(), failures.join("\n"));
}

fn is_pending(provider: &Provider, kind: &Kind) -> bool {
    PENDING.iter().any(|(other, name, _)| *other == provider.name && *name == kind.name)
}

impl<'d> Drill<'d> {
    fn new(
        sim: &'d Sim,
        provider: &'static Provider,
        kind: &'static Kind,
        n: usize,
        samples: &Samples,
        sample: &'d Sample,
    ) -> Drill<'d> {
        let mut world = World::new(sim);
        world.allow_destroy.push("**".to_owned());
        world.write("trueup.yaml", "workspace: drill\nexclude: [files]\n");
        for (path, text) in &samples.files {
            // Of a wagon, the text is what it says about itself.
            match path.ends_with(".wgn") {
                true => world.write(&format!("files/{path}"), wagon_of(text)),
                false => world.write(&format!("files/{path}"), text),
            }
        }
        let installation = if n == 0 { kind.name.to_owned() } else { format!("{}-{n}", kind.name) };
        for change in &samples.console {
            world.console(provider.name, &installation, change);
        }
        let mut around = samples.around.clone();
        merge(&mut around, &sample.around);
        Drill { world, provider, kind, installation, version: None, around, sample, failures: Vec::new() }
    }

    fn run(&mut self) -> Result<(), String> {
        self.declare(&[]);
        self.world.converge().map_err(|why| format!("around it: {why}"))?;
        self.version = self.world.version(TARGET);
        let before = self.world.inventory();
        let first = self.understood(&self.sample.first);
        let second = self.understood(&self.sample.second);
        if !self.kind.is_on(self.version.as_deref()) {
            return self.unknown_to_the_server(&first);
        }
        self.create(&first)?;
        if let Err(why) = self.taken_over(&first, &second) {
            self.failures.push(why);
            self.declare(&[&first]);
            self.world.converge().map_err(|why| format!("after it was taken over: {why}"))?;
        }
        let groups = self.groups(&first, &second);
        let (changed, unset) = if every_line() { (1, 1) } else { SHARES };
        for group in groups.iter().step_by(changed) {
            let words = group.join("` and `");
            if let Err(why) = self.change(&first, &second, group) {
                self.failures.push(format!("`{words}`: {why}"));
                // The next field starts from where this one should have.
                self.declare(&[&first]);
                if let Err(why) = self.world.converge() {
                    return Err(format!("after `{words}`: {why}"));
                }
            }
        }
        for group in groups.iter().skip(unset - 1).step_by(unset) {
            if let Err(why) = self.unset(&first, group) {
                self.failures.push(format!("without `{}`: {why}", group.join("` and `")));
                self.declare(&[&first]);
                self.world.converge().map_err(|why| format!("after `{}`: {why}", group.join("` and `")))?;
            }
        }
        self.not_understood(&first)?;
        self.nothing_from_the_start(&first)?;
        if !self.kind.identity.is_single() && self.sample.alone.is_none() {
            self.siblings(&first, &second)?;
        }
        self.remove(&before)
    }

    /// Declares what is around, and these objects of the kind.
    fn declare(&self, objects: &[&Value]) {
        let mut collections = self.around.clone();
        for object in objects {
            let mut place = &mut collections;
            for key in self.sample.place.iter().flat_map(|place| place.split('/')) {
                let below = place.entry(key).or_insert_with(|| Value::Object(Map::new()));
                place = below.as_object_mut().unwrap();
            }
            let mut addition = Map::new();
            addition.insert(self.kind.name.to_owned(), (*object).clone());
            merge(place, &addition);
        }
        self.world.declare(self.provider, TARGET, &self.installation, &collections);
    }

    fn create(&mut self, first: &Value) -> Result<(), String> {
        self.declare(&[first]);
        let planned = self.world.plan();
        let address = self.address(first);
        let decision = planned.verdict(&address).map(|verdict| verdict.decision.clone());
        let fits = match &decision {
            Some(Decision::Create(_)) => !self.kind.api.create.is_empty(),
            // What can't be removed may be there from the start, and an ordered list always is.
            Some(Decision::Update { .. } | Decision::Adopt | Decision::Same) => {
                let is_always_there = self.kind.api.create.is_empty() || self.is_sequence();
                is_always_there || !self.kind.is_removable()
            }
            _ => false,
        };
        if !fits {
            return Err(format!("create: planned is {decision:?}"));
        }
        self.converge().map_err(|why| format!("create: {why}"))?;
        self.decisions_are_exported(first)?;
        self.asks_once()
    }

    /// A plan that finds nothing to do reads each list once, and writes nothing.
    fn asks_once(&self) -> Result<(), String> {
        self.world.requests();
        self.world.plan();
        let mut asked = BTreeSet::new();
        for request in self.world.requests() {
            let line = format!("{} {} {}", request["method"], request["path"], request["query"]);
            let reads = request["method"] == "GET" || request["path"] == "/oauth2/token";
            if !reads || !asked.insert(line.clone()) {
                return Err(format!("a plan without changes asks: {line}"));
            }
        }
        Ok(())
    }

    /// Changes some fields and nothing else, and changes them back.
    fn change(&mut self, first: &Value, second: &Value, group: &[String]) -> Result<(), String> {
        let changed = self.with(first, second, group);
        for (from, to, word) in [(first, &changed, "there"), (&changed, first, "back")] {
            self.declare(&[to]);
            let planned = self.world.plan();
            let address = self.address(first);
            let Some(verdict) = planned.verdict(&address) else { return Err(format!("{word}: no verdict")) };
            let expected = self.expected(from, to, group);
            let fits = match (&verdict.decision, expected) {
                (Decision::Update { fields, .. }, Expected::Update) => {
                    let names: BTreeSet<&str> = fields.iter().map(|change| change.name.as_str()).collect();
                    self.is_sequence() || names == group.iter().map(String::as_str).collect()
                }
                (Decision::Same, Expected::Nothing) | (Decision::Replace { .. }, Expected::Replace) => true,
                (Decision::Hold(hold), Expected::Hold) => matches!(hold.code, "create-only" | "version"),
                _ => false,
            };
            if !fits {
                return Err(format!("{word}: expected is {expected:?}, planned is\n{}", told(&planned.plan)));
            }
            if expected == Expected::Hold {
                self.declare(&[first]);
                return Ok(());
            }
            self.converge().map_err(|why| format!("{word}: {why}"))?;
        }
        Ok(())
    }

    /// Takes some fields out of the files and nothing else, and puts them back.
    fn unset(&mut self, first: &Value, group: &[String]) -> Result<(), String> {
        let is_needed = |name: &String| self.kind.field(name).is_some_and(|field| field.is_required());
        // Without a field that tells it apart it is another object, which the product may refuse.
        let identity = match self.kind.identity {
            Identity::Natural(fields) => fields,
            _ => &[],
        };
        let tells_apart = |name: &String| identity.contains(&name.as_str());
        if self.is_sequence() || group.iter().any(|name| is_needed(name) || tells_apart(name)) {
            return Ok(());
        }
        let mut without = first.clone();
        fields_of(self.kind, &mut without).retain(|name, _| !group.contains(name));
        self.declare(&[&without]);
        // Some fields are needed only beside others.
        if self.world.load().is_ok() {
            let planned = self.world.plan();
            let Some(verdict) = planned.verdict(&self.address(first)) else { return Err("no verdict".into()) };
            // What tells objects apart tells another one then.
            let is_another = matches!(verdict.decision, Decision::Create(_) | Decision::Hold(_));
            for name in group.iter().filter(|_| !is_another) {
                let field = self.kind.field(name).unwrap();
                let Some(given) = self.fields(first).get(name) else { continue };
                let value = canonical(&field.ty, &Attr::from_json(given));
                let is_told = verdict.notes.let_go.iter().any(|(field, _)| field == name)
                    || verdict.decision.fields().iter().any(|change| change.name == *name);
                if !is_told && !field.is_at_default(&value) && !matches!(field.change, Change::DedicatedCall([])) {
                    return Err(format!("`{name}` is neither taken back nor told to stay:\n{}", told(&planned.plan)));
                }
            }
            if !is_another {
                self.converge()?;
            }
        }
        self.declare(&[first]);
        self.converge().map(drop).map_err(|why| format!("back: {why}"))
    }

    /// An object that is made with nothing in every field that may have nothing is so at once: what the API would choose if
    /// it were left out is either told not to be, or right.
    fn nothing_from_the_start(&mut self, first: &Value) -> Result<(), String> {
        if self.is_sequence() || !self.kind.is_removable() {
            return Ok(());
        }
        self.declare(&[]);
        self.converge().map_err(|why| format!("before nothing: {why}"))?;
        let mut nothing = first.clone();
        let version = self.version.clone();
        let may_be = |field: &&Field| {
            field.is_writable()
                && field.required.is_none()
                && is_understood(field, version.as_deref())
                && !self.sample.skip.contains_key(field.name)
                && !self.kind.is_told_apart_by(field.name)
        };
        for field in self.kind.fields.iter().filter(may_be) {
            let before = fields_of(self.kind, &mut nothing).insert(field.name.to_owned(), Value::Null);
            self.declare(&[&nothing]);
            // Some fields are needed, only beside others or at create.
            if self.world.load().is_err() {
                let fields = fields_of(self.kind, &mut nothing);
                match before {
                    Some(before) => fields.insert(field.name.to_owned(), before),
                    None => fields.remove(field.name),
                };
            }
        }
        self.declare(&[&nothing]);
        self.converge().map_err(|why| format!("with nothing, {nothing}: {why}"))?;
        self.decisions_are_exported(first).map_err(|why| format!("with nothing, {nothing}: {why}"))?;
        self.declare(&[first]);
        self.converge().map(drop).map_err(|why| format!("after nothing: {why}"))
    }

    /// A kind that the server is too old for is held, and nothing of it is written.
    fn unknown_to_the_server(&mut self, first: &Value) -> Result<(), String> {
        self.declare(&[first]);
        let planned = self.world.plan();
        match planned.verdict(&self.address(first)).map(|verdict| &verdict.decision) {
            Some(Decision::Hold(hold)) if hold.code == "version" && planned.plan.steps.is_empty() => Ok(()),
            _ => Err(format!("the server does not know it, planned is\n{}", told(&planned.plan))),
        }
    }

    /// A field that the server is too old for is held, and not written.
    fn not_understood(&mut self, first: &Value) -> Result<(), String> {
        if self.is_sequence() {
            return Ok(());
        }
        let all = &self.sample.first;
        // What any server takes for granted is nothing to hold.
        let is_default = |name: &str| {
            let field = self.kind.field(name).unwrap();
            field.default.is_some()
                && field.default_value() == canonical(&field.ty, &Attr::from_json(&self.fields(all)[name]))
        };
        let is_beyond = |name: &&String| !self.fields(first).contains_key(*name) && !is_default(name);
        let beyond: Vec<String> = self.fields(all).keys().filter(is_beyond).cloned().collect();
        // What such a field refers to may be unknown to the server, too.
        let around = self.around.clone();
        merge(&mut self.around, &self.sample.around);
        for name in &beyond {
            self.declare(&[&self.with(first, all, std::slice::from_ref(name))]);
            let planned = self.world.plan();
            let decision = planned.verdict(&self.address(first)).map(|verdict| verdict.decision.clone());
            let held = matches!(&decision, Some(Decision::Hold(hold)) if hold.code == "version");
            if !held {
                return Err(format!("`{name}` is beyond the server's version, planned is {decision:?}"));
            }
        }
        self.around = around;
        Ok(())
    }

    fn siblings(&mut self, first: &Value, second: &Value) -> Result<(), String> {
        self.declare(&[first, second]);
        let planned = self.world.plan();
        let summary = planned.plan.summary();
        // What can't be removed may be there from the start.
        let is_there = !self.kind.is_removable() && summary.update == 1;
        if (summary.create != 1 && !is_there) || planned.plan.steps.len() != 1 {
            return Err(format!("a sibling: expected is one create, planned is\n{}", told(&planned.plan)));
        }
        self.converge().map_err(|why| format!("a sibling: {why}"))?;
        self.declare(&[second]);
        let summary = self.world.plan().plan.summary();
        let goes = self.kind.is_removable();
        if (summary.delete, summary.release) != (usize::from(goes), usize::from(!goes)) {
            return Err(format!("without its sibling: {summary:?}"));
        }
        self.converge().map_err(|why| format!("without its sibling: {why}"))?;
        Ok(())
    }

    fn remove(&mut self, before: &BTreeSet<String>) -> Result<(), String> {
        self.declare(&[]);
        self.converge().map_err(|why| format!("remove: {why}"))?;
        let after = self.world.inventory();
        let left: Vec<&String> = after.difference(before).collect();
        let lost: Vec<&String> = before.difference(&after).collect();
        let leaves_some = self.sample.leaves.is_some() && !left.is_empty();
        if !self.kind.is_removable() || leaves_some || left.is_empty() && lost.is_empty() {
            return Ok(());
        }
        Err(format!("remove: left are {left:?}, lost are {lost:?}"))
    }

    fn converge(&self) -> Result<Applied, String> {
        self.world.converge()
    }

    /// The groups of fields that change together: each alone, but for those that the sample names.
    fn groups(&self, first: &Value, second: &Value) -> Vec<Vec<String>> {
        if self.is_sequence() {
            return vec![vec!["items".to_owned()]];
        }
        let (first, second) = (self.fields(first), self.fields(second));
        let together: BTreeSet<&String> = self.sample.together.iter().flatten().collect();
        let differs = |name: &&String| second.get(*name).is_some_and(|value| *value != first[*name]);
        let declared = |name: &&String| {
            let known = self.kind.field(name).is_some_and(|field| field.is_writable_on(self.version.as_deref()));
            known && !together.contains(*name) && !self.sample.skip.contains_key(*name)
        };
        let alone = first.keys().filter(declared).filter(differs).map(|name| vec![name.clone()]);
        alone.chain(self.sample.together.iter().cloned()).collect()
    }

    fn expected(&self, from: &Value, to: &Value, group: &[String]) -> Expected {
        if self.is_sequence() {
            return Expected::Update;
        }
        let (from, to) = (self.fields(from), self.fields(to));
        let version = self.version.as_deref();
        let one = |name: &String| {
            let field = self.kind.field(name).unwrap();
            match field.change {
                Change::InPlace if self.kind.api.update.is_empty() => Expected::Replace,
                Change::InPlace if !self.kind.api.update.iter().any(|call| call.when.holds_on(version)) => {
                    Expected::Hold
                }
                Change::DedicatedCall([]) => Expected::Nothing,
                Change::InPlace | Change::Switch { .. } | Change::DedicatedCall(_) => Expected::Update,
                Change::Replaces => Expected::Replace,
                Change::Fixed => Expected::Hold,
                Change::Widens(words, _) => {
                    let rank = |value: &Value| words.iter().position(|word| Some(*word) == value.as_str());
                    if rank(&to[name]) > rank(&from[name]) { Expected::Update } else { Expected::Replace }
                }
            }
        };
        group.iter().map(one).max().unwrap()
    }

    /// The one object with some fields as the other has them.
    fn with(&self, object: &Value, other: &Value, group: &[String]) -> Value {
        if self.is_sequence() {
            return other.clone();
        }
        let mut object = object.clone();
        let fields = fields_of(self.kind, &mut object);
        for name in group {
            match self.fields(other).get(name) {
                Some(value) => fields.insert(name.clone(), value.clone()),
                None => fields.remove(name),
            };
        }
        object
    }

    /// The object without the fields that the server is too old for.
    fn understood(&self, object: &Value) -> Value {
        let mut object = object.clone();
        if !self.is_sequence() {
            let version = self.version.as_deref();
            fields_of(self.kind, &mut object)
                .retain(|name, _| self.kind.field(name).is_none_or(|field| is_understood(field, version)));
        }
        object
    }

    fn fields<'v>(&self, object: &'v Value) -> &'v Map<String, Value> {
        let fields =
            if self.kind.identity.is_single() { Some(object) } else { object.as_object().unwrap().values().next() };
        fields.and_then(Value::as_object).unwrap_or_else(|| panic!("{}: a sample is one object", self.kind.name))
    }

    fn address(&self, object: &Value) -> Address {
        let name = if self.kind.identity.is_single() { None } else { object.as_object().unwrap().keys().next() };
        let name = name.map(String::as_str);
        let mut words = self.sample.place.iter().flat_map(|place| place.split('/'));
        let mut parent: Option<Address> = None;
        while let (Some(kind), Some(name)) = (words.next(), words.next()) {
            parent = Some(match parent {
                Some(parent) => parent.child(kind, Some(name)),
                None => Address::new(TARGET, kind, Some(name)),
            });
        }
        match parent {
            Some(parent) => parent.child(self.kind.name, name),
            None => Address::new(TARGET, self.kind.name, name),
        }
    }

    fn is_sequence(&self) -> bool {
        matches!(self.kind.identity, Identity::Sequence { .. })
    }
}

/// The fields of a sample's one object.
fn fields_of<'v>(kind: &Kind, object: &'v mut Value) -> &'v mut Map<String, Value> {
    let object = object.as_object_mut().unwrap();
    if kind.identity.is_single() { object } else { object.values_mut().next().unwrap().as_object_mut().unwrap() }
}

/// Says whether a server can be told a field. What has to be declared anyway is declared for every server.
fn is_understood(field: &Field, version: Option<&str>) -> bool {
    field.is_writable_on(version) || field.is_required()
}

#[test]
fn netfoundry() {
    drill("netfoundry", None);
}

#[test]
fn vns3() {
    drill("vns3", None);
}

#[test]
fn a_fresh_vns3() {
    drill("vns3", Some("fresh"));
}

#[test]
fn cloudify_4_0() {
    drill("cloudify", Some("4.0"));
}

#[test]
fn cloudify_4_5() {
    drill("cloudify", Some("4.5"));
}

#[test]
fn cloudify_7_1() {
    drill("cloudify", Some("7.1"));
}

#[test]
fn f5_vnfm() {
    drill("f5-vnfm", None);
}

/// Every kind is drilled, and every field that can be written changes in some sample, or a reason says why not.
#[test]
fn samples_are_complete() {
    let mut missing = Vec::new();
    for provider in CATALOGUE {
        let samples = read(provider.name);
        for kind in provider.kinds.iter().filter(|kind| kind.is_declarative() && !is_pending(provider, kind)) {
            missing.extend(samples.gaps(kind).into_iter().map(|gap| format!("{}/{}: {gap}", provider.name, kind.name)));
        }
    }
    assert!(missing.is_empty(), "{} gaps\n{}", missing.len(), missing.join("\n"));
    let unknown = PENDING.iter().filter(|(provider, kind, _)| {
        CATALOGUE.iter().all(|known| known.name != *provider || known.kind(kind).is_none())
    });
    assert_eq!(unknown.count(), 0);
    let counts: BTreeMap<&str, usize> =
        CATALOGUE.iter().map(|p| (p.name, p.kinds.iter().filter(|kind| kind.is_declarative()).count())).collect();
    println!("declarative kinds: {counts:?}, of which pending: {}", PENDING.len());
}
