//! A stand-in for executor and controllers: what would be there, and in the ledger, after some of a plan's steps.
//!
//! It reads the plan's calls as a server reads requests, and refuses what a strict one would refuse: a second object of the
//! same identity, a reference to nothing, the removal of what is still needed. It shares nothing with what makes plans.

use super::*;
use wire::Method;

/// The fields of the lab by which objects refer to others by id: collection, field, collection referred to.
const REFERENCES: [(&str, &str, &str); 2] = [("endpoints", "group", "groups"), ("groups", "leader", "endpoints")];

/// What tells objects of a collection apart, as the server sees it.
const KEYS: [(&str, &[&str]); 5] = [
    ("endpoints", &["name"]),
    ("groups", &["name"]),
    ("policies", &["name"]),
    ("peers", &["ip"]),
    ("routes", &["cidr", "gateway"]),
];

/// A request: verb, collection or object that the path names, id, body.
struct Request {
    method: Method,
    collection: String,
    id: Option<String>,
    body: Value,
}

impl World {
    /// Carries out a plan, in which each step that is tried meets the fate that `fate` gives its number. What follows a step
    /// that is not known to be done is not tried. Gives what the servers refused although nobody meant them to.
    pub(crate) fn carry_out(&mut self, plan: &Plan, fate: &dyn Fn(usize) -> Fate) -> Vec<String> {
        self.base.relabel(&plan.relabels);
        let mut refused = Vec::new();
        let mut known: BTreeMap<Address, Value> = BTreeMap::new();
        let mut done: BTreeSet<usize> = BTreeSet::new();
        for (n, step) in plan.steps.iter().enumerate() {
            if !is_ready(plan, n, &done) {
                continue;
            }
            let fate = fate(n);
            if fate == Fate::Refused {
                continue;
            }
            self.announce(step);
            match self.effect(step, &known) {
                Err(why) => refused.push(format!("{} {}: {why}", verb_word(step.verb), step.address)),
                Ok(_) if fate == Fate::Unheard => {}
                Ok(object) if fate == Fate::Killed => {
                    let id = object
                        .filter(|_| step.verb.creates())
                        .and_then(|object| object["id"].as_str().map(str::to_owned));
                    if let Some(id) = id {
                        self.half_own(step, id);
                    }
                    return refused;
                }
                Ok(object) => {
                    done.insert(n);
                    known.extend(object.map(|object| (step.address.clone(), object)));
                    self.take_down(plan, step, &known);
                }
            }
        }
        self.base.vacated.retain(|address| self.topology.resources.contains_key(address));
        for verdict in &plan.verdicts {
            match (&verdict.decision, &verdict.id) {
                (Decision::Same | Decision::Adopt, Some(id)) => {
                    self.own(plan, &verdict.address, id.clone(), None, &known);
                }
                (Decision::Release(_), id) => {
                    let is_row = self.base.entries.remove(&verdict.address).is_some();
                    for id in id.iter().filter(|_| !is_row) {
                        self.base.entries.values_mut().for_each(|entry| drop(entry.leftovers.take(id)));
                    }
                }
                _ => {}
            }
        }
        refused
    }

    /// Sends a step's calls. Gives the object that the last one was about.
    fn effect(&mut self, step: &Step, known: &BTreeMap<Address, Value>) -> Result<Option<Value>, String> {
        let mut object = None;
        for call in &step.calls {
            let path = text(&call.path, known).ok_or_else(|| format!("a hole in {:?}", call.path))?;
            let body = match &call.body {
                crate::plan::Payload::Json(body) => {
                    json_of(body, known).ok_or_else(|| format!("a hole in {body:?}"))?
                }
                crate::plan::Payload::File(file) => json!({ "sha256": file.sha256 }),
                crate::plan::Payload::None => Value::Null,
            };
            let words: Vec<&str> = path.split('/').filter(|word| !word.is_empty()).collect();
            let (above, id) = if words.len() % 2 == 1 {
                (&words[..], None)
            } else {
                words.split_last().map(|(id, above)| (above, Some((*id).to_owned()))).unwrap()
            };
            let collection = format!("{}/{}", step.address.target(), above.join("/"));
            object = self.serve(Request { method: call.method, collection, id, body })?;
        }
        Ok(object)
    }

    fn serve(&mut self, request: Request) -> Result<Option<Value>, String> {
        let Request { method, collection, id, mut body } = request;
        let kind = collection.rsplit('/').next().unwrap().to_owned();
        self.check(&collection, &kind, id.as_deref(), &body)?;
        if method != Method::Delete && kind == "rules" {
            self.live.insert(collection, body["rules"].as_array().unwrap().clone());
            return Ok(None);
        }
        let objects = self.live.entry(collection.clone()).or_default();
        let at = match &id {
            Some(id) => objects.iter().position(|object| object["id"] == json!(id)),
            None => (matches!(kind.as_str(), "config" | "health") && !objects.is_empty()).then_some(0),
        };
        match (method, at) {
            (Method::Delete, Some(at)) => {
                objects.remove(at);
                Ok(None)
            }
            (Method::Delete, None) => Err("404".into()),
            (_, Some(at)) => {
                normalise(&mut body);
                merge(&mut objects[at], &body);
                Ok(Some(objects[at].clone()))
            }
            (Method::Put, None) if kind != "blueprints" && kind != "health" => Err("404".into()),
            (_, None) => {
                self.ids += 1;
                while objects.iter().any(|object| object["id"] == json!(format!("{kind}-{}", self.ids))) {
                    self.ids += 1;
                }
                normalise(&mut body);
                let mut object = defaults(&kind);
                if kind != "health" {
                    object["id"] = json!(id.unwrap_or_else(|| format!("{kind}-{}", self.ids)));
                }
                merge(&mut object, &body);
                self.live.entry(collection).or_default().push(object.clone());
                Ok(Some(object))
            }
        }
    }

    /// What a strict server refuses.
    fn check(&self, collection: &str, kind: &str, id: Option<&str>, body: &Value) -> Result<(), String> {
        let target = collection.split('/').next().unwrap();
        let has = |kind: &str, key: &str, value: &Value| {
            self.live.get(&format!("{target}/{kind}")).into_iter().flatten().any(|object| object[key] == *value)
        };
        let words: Vec<&str> = collection.split('/').collect();
        if let [_, above, parent, _] = words.as_slice()
            && !has(above, "id", &json!(parent))
        {
            return Err(format!("404: no parent `{parent}`"));
        }
        if body.is_null() {
            return self.check_removal(target, collection, kind, id.unwrap_or_default());
        }
        for (_, field, other) in REFERENCES.iter().filter(|(from, ..)| *from == kind) {
            let named = &body[*field];
            if !named.is_null() && named != "" && !has(other, "id", named) {
                return Err(format!("409: `{field}` refers to nothing: {named}"));
            }
        }
        if let Some(name) = via(body).filter(|name| !has("endpoints", "name", &json!(name))) {
            return Err(format!("409: there is no `{name}` to lead through"));
        }
        for member in body["members"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            let is_there = |name| has("endpoints", "name", &json!(name)) || has("groups", "name", &json!(name));
            if member.strip_prefix('@').is_some_and(|name| !is_there(name)) {
                return Err(format!("409: `{member}` is nobody"));
            }
        }
        if kind == "config"
            && body["mtu"] != Value::Null
            && self.live.get(&format!("{target}/routes")).is_some_and(|routes| !routes.is_empty())
        {
            return Err("409: routes are in the way".into());
        }
        let own = |object: &&Value| id.is_none_or(|id| object["id"] != id);
        let others = self.live.get(collection).into_iter().flatten().filter(own);
        let Some((_, keys)) = KEYS.iter().find(|(of, _)| *of == kind) else { return Ok(()) };
        let value = |object: &Value, key: &str| {
            let given = &body[key];
            let old = id.and_then(|id| self.live.get(collection)?.iter().find(|object| object["id"] == id));
            let wanted = if given.is_null() { old.map_or(Value::Null, |old| old[key].clone()) } else { given.clone() };
            object[key] == wanted
        };
        match others.into_iter().any(|object| keys.iter().all(|key| value(object, key))) {
            true => Err("409: there is one already".into()),
            false => Ok(()),
        }
    }

    fn check_removal(&self, target: &str, collection: &str, kind: &str, id: &str) -> Result<(), String> {
        let below = format!("{collection}/{id}/");
        let inner = |(at, objects): (&String, &Vec<Value>)| at.starts_with(&below) && !objects.is_empty();
        if self.live.iter().any(inner) {
            return Err("409: it is not empty".into());
        }
        let of = |kind: &str| self.live.get(&format!("{target}/{kind}")).into_iter().flatten();
        for (from, field, _) in REFERENCES.iter().filter(|(.., to)| *to == kind) {
            if let Some(user) = of(from).find(|object| object[*field] == json!(id)) {
                return Err(format!("409: {} needs it", user["name"]));
            }
        }
        let name = of(kind).find(|object| object["id"] == json!(id)).map(|object| object["name"].clone());
        let mut users = of("groups").filter(|group| kind == "endpoints" && via(group).map(|name| json!(name)) == name);
        match users.next() {
            Some(user) => Err(format!("409: {} leads through it", user["name"])),
            None => Ok(()),
        }
    }

    /// The ledger after a step that is known to be done.
    fn take_down(&mut self, plan: &Plan, step: &Step, known: &BTreeMap<Address, Value>) {
        if !step.verb.removes() {
            let id = known.get(&step.address).and_then(|object| object["id"].as_str()).map(str::to_owned);
            return self.own(
                plan,
                &step.address,
                id.or_else(|| step.id.clone()).unwrap_or_default(),
                Some(step),
                known,
            );
        }
        let id = step.id.clone().unwrap_or_default();
        match self.base.entries.get(&step.address) {
            Some(entry) if entry.id == id || id.is_empty() => drop(self.base.entries.remove(&step.address)),
            _ => self.base.entries.values_mut().for_each(|entry| {
                entry.leftovers.remove(&id);
            }),
        }
    }

    /// Takes down what an object is about to be told apart by, and that one is about to make room for another.
    fn announce(&mut self, step: &Step) {
        if step.verb == Verb::ReplaceRemove {
            self.base.vacated.insert(step.address.clone());
        }
        let (Some(resource), Verb::Update) = (self.topology.resources.get(&step.address), step.verb) else { return };
        let identity = crate::diff::matching::identity_of(resource).map(|key| key.to_string());
        if let (Some(entry), true) = (self.base.entries.get_mut(&step.address), step.moves_identity()) {
            entry.identity = identity;
        }
    }

    /// Takes down that an object of a step was made, and nothing else of it.
    fn half_own(&mut self, step: &Step, id: String) {
        let Some(resource) = self.topology.resources.get(&step.address) else { return };
        let identity = crate::diff::matching::identity_of(resource).map(|key| key.to_string());
        self.base.vacated.remove(&step.address);
        let entry = self.base.entries.entry(step.address.clone()).or_default();
        (entry.id, entry.identity, entry.made) = (id, identity, true);
    }

    /// Takes down what is remembered of an address once it is as wanted.
    fn own(
        &mut self,
        plan: &Plan,
        address: &Address,
        id: String,
        step: Option<&Step>,
        known: &BTreeMap<Address, Value>,
    ) {
        let (Some(keep), Some(resource)) = (plan.ledger_updates.get(address), self.topology.resources.get(address))
        else {
            return;
        };
        let old = self.base.entries.remove(address);
        let mut fields = BTreeMap::new();
        for (name, wanted) in &keep.wanted {
            let filled = wanted.fill(&|output| output_of(known.get(&output.address)?, &output.field));
            let value = match (resource.files.get(name), resource.kind.field(name), &filled) {
                (Some(file), ..) => Attr::Text(file.stamp()),
                (_, Some(field), _) => canonical(&field.ty, &filled),
                (_, None, Attr::List(items)) => {
                    let ty = crate::spec::Type::Object(resource.kind.fields);
                    Attr::List(items.iter().map(|item| canonical(&ty, item)).collect())
                }
                (_, None, _) => filled,
            };
            let before = old.as_ref().and_then(|old| old.fields.get(name).cloned());
            let is_known =
                plan.verdicts.iter().all(|v| v.address != *address || !v.unverified.contains(&name.as_str()));
            let now = || self.base.stored(&value);
            let stored = match before {
                before if value.is_later() => before,
                _ if step.is_some_and(|step| step.writes(name)) => Some(Stored::new(now(), Basis::Applied)),
                Some(before) if before.value == now() => Some(before),
                _ => is_known.then(|| Stored::new(now(), Basis::Agreed)),
            };
            fields.extend(stored.map(|stored| (name.clone(), stored)));
        }
        let made = old.as_ref().map_or_else(|| step.is_some_and(|step| step.verb.creates()), |old| old.made);
        let mut leftovers = old.as_ref().map(|old| old.leftovers.clone()).unwrap_or_default();
        // What content, or another object of the address, took the place of is still to be removed, as far as it is there.
        let is_new = known.contains_key(address) || !resource.files.is_empty();
        leftovers.extend(old.map(|old| old.id).filter(|old| is_new && *old != id && !old.is_empty()));
        leftovers.remove(&id);
        let (expressions, after) = (keep.expressions.clone(), keep.after.clone());
        let run = Some(1);
        let entry = Entry { id, fields, expressions, after, leftovers, made, run, ..Entry::default() };
        self.base.vacated.remove(address);
        self.base.entries.insert(address.clone(), entry);
    }
}

/// Says whether all that a step waits for, through gates, is known to be done.
fn is_ready(plan: &Plan, node: usize, done: &BTreeSet<usize>) -> bool {
    plan.graph.after(node).all(|(first, _)| match first < plan.steps.len() {
        true => done.contains(&first),
        false => is_ready(plan, first, done),
    })
}

/// The endpoint that a group's note leads through.
fn via(group: &Value) -> Option<&str> {
    group["note"].as_str()?.strip_prefix("via ")
}

fn output_of(object: &Value, field: &str) -> Option<Attr> {
    let value = field.split('.').try_fold(object, |value, key| value.get(key))?;
    (!value.is_null()).then(|| Attr::from_json(value))
}

fn text(attr: &Attr, known: &BTreeMap<Address, Value>) -> Option<String> {
    json_of(attr, known)?.as_str().map(str::to_owned)
}

/// A value as a server gets it; `None` while something in it is not known.
fn json_of(attr: &Attr, known: &BTreeMap<Address, Value>) -> Option<Value> {
    match attr {
        Attr::Later(Template { parts }) => {
            let part = |part: &TemplatePart| match part {
                TemplatePart::Text(text) => Some(text.clone()),
                TemplatePart::Secret(_) => Some("secret".into()),
                TemplatePart::Output(output) => output_of(known.get(&output.address)?, &output.field)?.to_text(),
            };
            Some(Value::String(parts.iter().map(part).collect::<Option<String>>()?))
        }
        Attr::List(items) => {
            items.iter().map(|item| json_of(item, known)).collect::<Option<Vec<_>>>().map(Value::Array)
        }
        Attr::Map(map) => {
            let pair = |(key, value): (&String, &Attr)| Some((key.clone(), json_of(value, known)?));
            map.iter().map(pair).collect::<Option<serde_json::Map<_, _>>>().map(Value::Object)
        }
        other => Some(other.to_shown()),
    }
}

/// How a server spells what it is given: sets in an order of its own, words in capitals.
fn normalise(body: &mut Value) {
    if let Some(networks) = body["networks"].as_array_mut() {
        networks.reverse();
    }
    if let Some(mode) = body["mode"].as_str().map(str::to_uppercase) {
        body["mode"] = json!(mode);
    }
    // Asked for a key that is not there, JSON grows one.
    if let Value::Object(map) = body {
        map.retain(|name, value| !(value.is_null() && matches!(name.as_str(), "networks" | "mode")));
    }
}

/// What a new object has of its own.
fn defaults(kind: &str) -> Value {
    match kind {
        "endpoints" => json!({ "mode": "MAIN", "enabled": false, "networks": [], "group": "", "state": "up" }),
        "groups" => json!({ "note": "", "leader": "" }),
        "peers" => json!({ "uptime": "0 s" }),
        "routes" => json!({ "description": "", "gateway": "" }),
        _ => json!({}),
    }
}

fn merge(object: &mut Value, body: &Value) {
    for (key, value) in body.as_object().into_iter().flatten() {
        object[key] = value.clone();
    }
}
