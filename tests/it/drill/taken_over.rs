//! What a drill made is taken over, as if others had made it: exported, planned from nothing, and changed.
//!
//! Nothing of it is written and nothing uploaded; whoever then changes one field sends what that takes and no more.

use serde_json::{Map, Value, json};
use trueup::parts::{Decision, Export, Plan};

use super::{Drill, Expected, TARGET, merge};
use crate::bench::every_line;
use crate::world::{World, told};

/// Fields that can't change alone where all is told, with the reason.
const BESIDE_OTHERS: &[(&str, &str, &str)] = &[
    ("plugin-instances", "manager_config", "the files that it names are told below the instance"),
    ("ipsec-endpoints", "gre", "`vpn_type` says the same"),
];

/// A workspace that says of a target what an export said.
struct Copy<'w> {
    world: World<'w>,
    kinds: Map<String, Value>,
}

impl Drill<'_> {
    /// Exports the object with all that is around it, and takes it over elsewhere.
    pub(super) fn taken_over(&self, first: &Value, second: &Value) -> Result<(), String> {
        let copy = self.copied(first)?;
        let plan = copy.world.plan().plan;
        let adopts = |decision: &Decision| matches!(decision, Decision::Adopt | Decision::Same);
        if !plan.is_empty() || !plan.verdicts.iter().all(|verdict| adopts(&verdict.decision)) {
            return Err(format!("an export is not only adopted:\n{}", told(&plan)));
        }
        copy.world.converge().map_err(|why| format!("adopted: {why}"))?;
        let mut groups = self.groups(first, second);
        groups.retain(|group| self.expected(first, second, group) == Expected::Update && self.is_told(&copy, group));
        groups.truncate(if every_line() { usize::MAX } else { 1 });
        for group in groups {
            self.one_change(&copy, (first, second), &group)
                .map_err(|why| format!("taken over, `{}`: {why}", group.join("` and `")))?;
        }
        self.declare(&[first]);
        self.converge().map(drop).map_err(|why| format!("after it was taken over: {why}"))
    }

    /// Says whether an export tells all of these fields: of some kinds nothing is shown, or a newer view is told.
    fn is_told(&self, copy: &Copy<'_>, group: &[String]) -> bool {
        let mut kinds = copy.kinds.clone();
        let Some(object) = self.place(&mut kinds) else { return false };
        let is_alone =
            |name: &String| !BESIDE_OTHERS.iter().any(|(kind, field, _)| *kind == self.kind.name && field == name);
        self.is_sequence() || group.iter().all(|name| object.get(name).is_some() && is_alone(name))
    }

    /// Changes some fields of what was taken over, and changes them back. It takes the calls that it takes where it was made.
    fn one_change(&self, copy: &Copy<'_>, (first, second): (&Value, &Value), group: &[String]) -> Result<(), String> {
        let mut kinds = copy.kinds.clone();
        let Some(object) = self.place(&mut kinds) else { return Err("the export does not tell it".into()) };
        match self.is_sequence() {
            true => *object = second.clone(),
            false => {
                let fields = object.as_object_mut().ok_or("it is no object")?;
                fields.extend(group.iter().map(|name| (name.clone(), self.fields(second)[name].clone())));
            }
        }
        copy.world.declare(self.provider, TARGET, &self.installation, &kinds);
        // What it names may be called otherwise there.
        if copy.world.load().is_err() {
            copy.world.declare(self.provider, TARGET, &self.installation, &copy.kinds);
            return Ok(());
        }
        self.declare(&[&self.with(first, second, group)]);
        let made = calls(&self.world.plan().plan);
        let planned = copy.world.plan().plan;
        let planned_calls = calls(&planned);
        if planned_calls != made || made == 0 {
            return Err(format!("{planned_calls} calls are planned in place of {made}:\n{}", told(&planned)));
        }
        copy.world.requests();
        copy.world.converge()?;
        let reads = |request: &&Value| request["method"] == "GET" || request["path"] == "/oauth2/token";
        let sent = copy.world.requests().iter().filter(|request| !reads(request)).count();
        copy.world.declare(self.provider, TARGET, &self.installation, &copy.kinds);
        copy.world.converge().map_err(|why| format!("back: {why}"))?;
        if sent == made { Ok(()) } else { Err(format!("{made} calls are planned, {sent} are sent")) }
    }

    /// The workspace of an export of what is there.
    fn copied(&self, first: &Value) -> Result<Copy<'_>, String> {
        let exported = self.world.export(TARGET);
        let mut world = World::new(self.world.sim);
        world.allow_destroy.push("**".to_owned());
        for (path, content) in self.world.contents(TARGET, &exported) {
            world.write(&path, content);
        }
        let mut secrets = Map::new();
        for (name, whose) in &exported.secrets {
            world.write(&format!("secrets/{name}"), self.secret(first, whose));
            secrets.insert(name.clone(), json!({ "file": format!("secrets/{name}") }));
        }
        let head = json!({ "workspace": "copy", "exclude": ["secrets"], "secrets": secrets });
        world.write("trueup.yaml", trueup::parts::source::yaml(&head));
        let Export { kinds, .. } = exported;
        world.declare(self.provider, TARGET, &self.installation, &kinds);
        world.load().map_err(|findings| {
            let told = findings.iter().map(|f| format!("{:?}: {f}", f.location())).collect::<Vec<_>>();
            format!("an export does not load: {}", told.join("\n"))
        })?;
        Ok(Copy { world, kinds })
    }

    /// The object where an export tells it, under the name that it has there.
    fn place<'v>(&self, kinds: &'v mut Map<String, Value>) -> Option<&'v mut Value> {
        let mut place = kinds;
        let mut words = self.sample.place.iter().flat_map(|place| place.split('/'));
        while let (Some(kind), Some(name)) = (words.next(), words.next()) {
            place = named(place.get_mut(kind)?.as_object_mut()?, name)?.as_object_mut()?;
        }
        let found = place.get_mut(self.kind.name)?;
        if self.kind.identity.is_single() || self.is_sequence() {
            return Some(found);
        }
        let name = self.sample.first.as_object()?.keys().next()?;
        named(found.as_object_mut()?, name)
    }

    /// The secret that an export says is this or that, from what was declared.
    fn secret(&self, first: &Value, whose: &str) -> String {
        let mut collections = self.around.clone();
        let mut own = Value::Object(Map::from_iter([(self.kind.name.to_owned(), first.clone())]));
        for word in self.sample.place.iter().flat_map(|place| place.rsplit('/')) {
            own = json!({ word: own });
        }
        merge(&mut collections, own.as_object().unwrap());
        let declared = Value::Object(collections);
        let mut place = Some(&declared);
        if let Some((path, address)) = whose.trim_start_matches('`').split_once("` of ") {
            for word in address.split('/').skip(1).chain(path.split('.')) {
                place = place.and_then(|place| match place {
                    Value::Array(items) => items.get(word.parse::<usize>().ok()?),
                    Value::Object(map) => map
                        .get(word)
                        .or_else(|| map.values().next().filter(|value| map.len() == 1 && value.is_object())),
                    _ => None,
                });
            }
        }
        place.and_then(Value::as_str).unwrap_or("nobody knows it").to_owned()
    }
}

/// How many calls a plan makes.
fn calls(plan: &Plan) -> usize {
    plan.steps.iter().map(|step| step.calls.len()).sum()
}

/// An object by its name, or the only one where it is called otherwise.
fn named<'v>(objects: &'v mut Map<String, Value>, name: &str) -> Option<&'v mut Value> {
    match objects.contains_key(name) {
        true => objects.get_mut(name),
        false if objects.len() == 1 => objects.values_mut().next(),
        false => None,
    }
}
