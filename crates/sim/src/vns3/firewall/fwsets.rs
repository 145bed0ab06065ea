//! Sets of addresses, ports, services or other sets, which rules name.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{is_name, syntax};
use crate::vns3::answer::{Fault, Outcome, accepted, created, ok};
use crate::vns3::call::{Call, Fields};
use crate::vns3::net;
use crate::vns3::state::State;
use crate::vns3::variables::resolve;

/// The types of entries that a set can hold.
const TYPES: &[&str] = &["net", "list", "service", "port"];

/// A set.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::vns3) struct Fwset {
    pub(super) name: String,
    description: String,
    created_at: String,
    updated_at: String,
    r#type: String,
    entries: Vec<Entry>,
}

/// An entry as it is written, before it is resolved.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Entry {
    entry: String,
    #[serde(default)]
    comment: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    created_at: String,
}

impl Entry {
    fn show(&self, state: &State) -> Value {
        json!({
            "entry": self.entry,
            "comment": self.comment,
            "entry_resolved": resolve(state, &self.entry).unwrap_or_default(),
            "last_resolved": self.created_at,
            "created_at": self.created_at,
        })
    }
}

impl Fwset {
    /// The set's name.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The texts of its entries.
    pub(super) fn entry_texts(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|entry| entry.entry.as_str())
    }

    fn show(&self, state: &State) -> Value {
        json!({
            "name": self.name,
            "description": self.description,
            "created_at": self.created_at,
            "updated_at": self.updated_at,
            "size": self.entries.len(),
            "type": self.r#type,
            "entries": self.entries.iter().map(|entry| entry.show(state)).collect::<Vec<_>>(),
        })
    }

    /// Adds an entry, or says why it cannot be one.
    fn add(&mut self, state: &State, entry: Entry) -> Result<(), String> {
        let resolved = resolve(state, &entry.entry).map_err(|name| format!("variable `{name}' not found"))?;
        if !fits(&resolved, &self.r#type, state) {
            return Err(format!("`{resolved}' is not a valid entry of type {}", self.r#type));
        }
        if self.entries.iter().any(|other| other.entry == entry.entry) {
            return Err("Element cannot be added to the set: it's already added".to_owned());
        }
        self.entries.push(entry);
        Ok(())
    }

    /// Replaces all entries; gives those that could not be taken, with the reason. One that was there keeps its time.
    fn fill(&mut self, state: &State, entries: Vec<Entry>) -> Vec<Value> {
        let before = std::mem::take(&mut self.entries);
        let mut errors = Vec::new();
        for mut entry in entries {
            if let Some(known) = before.iter().find(|known| known.entry == entry.entry) {
                entry.created_at.clone_from(&known.created_at);
            }
            if let Err(error) = self.add(state, entry.clone()) {
                let mut shown = entry.show(state);
                shown["error"] = json!(error);
                errors.push(shown);
            }
        }
        errors
    }
}

/// Says whether a resolved entry can be in a set of that type.
fn fits(entry: &str, kind: &str, state: &State) -> bool {
    let range =
        |text: &str, separator: char| text.split(separator).all(syntax::is_port) && text.split(separator).count() <= 2;
    let host = |text: &str| net::is_ip(text) || net::is_cidr(text) || net::is_host(text);
    match kind {
        "net" => entry.split(',').all(host),
        "port" => range(entry, '-'),
        "list" => state.firewall.fwsets.iter().any(|set| set.name == entry),
        _ => {
            let (address, service) =
                entry.split_once(',').map_or((None, entry), |(address, service)| (Some(address), service));
            let known = |protocol: &str| matches!(protocol, "tcp" | "udp" | "sctp" | "icmp");
            address.is_none_or(host)
                && service.split_once(':').is_some_and(|(protocol, port)| known(protocol) && range(port, '-'))
        }
    }
}

/// Entries as they are written: a list of texts or of objects, and on creation also one comma-separated text.
fn written(fields: &Fields, csv_allowed: bool, now: &str) -> Result<Option<Vec<Entry>>, Fault> {
    let invalid = || Fault::invalid("entries");
    let entry =
        |text: &str| Entry { entry: text.trim().to_owned(), comment: String::new(), created_at: now.to_owned() };
    let one = |item: &Value| match item {
        Value::String(text) => Ok(entry(text)),
        Value::Object(map) => {
            let fields = Fields::from(map.clone());
            Ok(Entry { comment: fields.get("comment")?.unwrap_or_default(), ..entry(&fields.need_text("entry")?) })
        }
        _ => Err(invalid()),
    };
    match fields.raw("entries") {
        None => Ok(None),
        Some(Value::String(text)) if csv_allowed => {
            Ok(Some(text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(entry).collect()))
        }
        Some(Value::Array(items)) => items.iter().map(one).collect::<Result<Vec<_>, _>>().map(Some),
        Some(_) => Err(invalid()),
    }
}

/// "Get Fwsets v2".
pub(super) fn list(state: &State) -> Outcome {
    ok(state.firewall.fwsets.iter().map(|set| set.show(state)).collect::<Vec<_>>())
}

/// The set of that name, or the 404 of all calls but "Delete Fwset v2", which writes it in lower case.
fn find(state: &State, name: &str) -> Result<Fwset, Fault> {
    let unknown = || Fault::not_found("FWSet does not exist");
    state.firewall.fwsets.iter().find(|set| set.name == name).cloned().ok_or_else(unknown)
}

/// Puts a changed set in the place of the one of that name.
fn keep(state: &mut State, name: &str, set: Fwset) {
    if let Some(slot) = state.firewall.fwsets.iter_mut().find(|slot| slot.name == name) {
        *slot = set;
    }
}

/// "Read Fwset v2".
pub(super) fn read(state: &State, name: &str) -> Outcome {
    ok(find(state, name)?.show(state))
}

/// A name that no set has; names that differ by case only are the same.
fn free_name(state: &State, name: &str) -> Result<(), Fault> {
    if !is_name(name) {
        return Err(Fault::bad_request("Invalid fwset name. Names can only contain alphanumeric, _ and - characters."));
    }
    if state.firewall.fwsets.iter().any(|set| set.name.eq_ignore_ascii_case(name)) {
        return Err(Fault::bad_request(format!("FWSet with name {name} already exists")));
    }
    Ok(())
}

/// "Create Fwset v2": 201 also if some entries could not be taken.
pub(super) fn create(state: &mut State, call: &Call) -> Outcome {
    let fields = call.fields()?;
    let now = call.now.zulu_millis();
    let name = fields.need_text("name")?;
    let kind = fields.need_text("type")?;
    if !TYPES.contains(&kind.as_str()) {
        return Err(Fault::bad_request("Invalid fwset type"));
    }
    free_name(state, &name)?;
    let mut set = Fwset {
        name,
        description: fields.get("description")?.unwrap_or_default(),
        created_at: now.clone(),
        updated_at: now.clone(),
        r#type: kind,
        entries: Vec::new(),
    };
    let errors = set.fill(state, written(&fields, true, &now)?.unwrap_or_default());
    let mut answer = set.show(state);
    answer["errors"] = json!(errors);
    state.firewall.fwsets.push(set);
    created(answer)
}

/// "Update Fwset". A set that is in use cannot be renamed.
pub(super) fn update(state: &mut State, call: &Call, name: &str) -> Outcome {
    let fields = call.fields()?;
    let now = call.now.zulu_millis();
    let mut set = find(state, name)?;
    if let Some(new) = fields.get::<String>("name")?.filter(|new| new != name) {
        if !new.eq_ignore_ascii_case(name) {
            free_name(state, &new)?;
        }
        if state.firewall.uses_fwset(name) {
            return Err(Fault::bad_request("Failed to rename set. OS error: Set cannot be renamed: it is in use"));
        }
        set.name = new;
    }
    fields.over("description", &mut set.description)?;
    let errors = written(&fields, false, &now)?.map(|entries| set.fill(state, entries)).unwrap_or_default();
    set.updated_at = now;
    let mut answer = set.show(state);
    answer["errors"] = json!(errors);
    keep(state, name, set);
    ok(answer)
}

/// "Delete Fwset v2".
pub(super) fn delete(state: &mut State, call: &Call, name: &str) -> Outcome {
    let set = find(state, name).map_err(|_| Fault::not_found("fwset does not exist"))?;
    if state.firewall.uses_fwset(name) && !call.query_flag("force") {
        return Err(Fault::bad_request("FWSet has references. These can be firewall rules or other fwsets."));
    }
    let answer = set.show(state);
    state.firewall.fwsets.retain(|other| other.name != name);
    accepted(answer)
}

/// "Create Fwset Entry".
pub(super) fn add_entry(state: &mut State, call: &Call, name: &str) -> Outcome {
    let fields = call.fields()?;
    let mut set = find(state, name)?;
    let entry = Entry {
        entry: fields.need_text("entry")?,
        comment: fields.get("comment")?.unwrap_or_default(),
        created_at: call.now.zulu_millis(),
    };
    set.add(state, entry).map_err(|error| Fault::bad_request(format!("Error creating entry: {error}")))?;
    let answer = set.show(state);
    keep(state, name, set);
    created(answer)
}

/// "Delete Fwset Entry": by the text as written or as resolved.
pub(super) fn remove_entry(state: &mut State, call: &Call, name: &str) -> Outcome {
    let text = call.fields()?.need_text("entry")?;
    let mut set = find(state, name)?;
    let named =
        |entry: &Entry| entry.entry == text || resolve(state, &entry.entry).is_ok_and(|resolved| resolved == text);
    let index = set.entries.iter().position(named);
    let index = index.ok_or_else(|| Fault::bad_request(format!("Error deleting entry: {text} is not in the set")))?;
    set.entries.remove(index);
    let answer = set.show(state);
    keep(state, name, set);
    ok(answer)
}

impl super::Firewall {
    /// Says whether a rule or another set names the set.
    fn uses_fwset(&self, name: &str) -> bool {
        let in_set = |set: &Fwset| set.r#type == "list" && set.entries.iter().any(|entry| entry.entry == name);
        self.rule_texts().any(|rule| syntax::mentions(rule, "fwset", name)) || self.fwsets.iter().any(in_set)
    }

    /// The names of all sets.
    pub(super) fn fwset_names(&self) -> Vec<&str> {
        self.fwsets.iter().map(|set| set.name.as_str()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vns3::testing::{Bench, has_keys_of};
    use wire::Method::{Delete, Post, Put};

    const SETS: &str = "/v2/firewall/fwsets";

    #[test]
    fn the_texts_example_comes_back_resolved() {
        let mut bench = Bench::new();
        bench.ok(Post, "/system/variables", json!({"name": "alex", "value": "100.64.0.1"}));
        let body = json!({
            "name": "humans", "description": "overlay clients for human beings", "type": "net",
            "entries": [{"entry": "${custom_alex}"}, "10.0.0.0/8", "nowhere!"],
        });
        let made = bench.ok(Post, SETS, body);
        let example = json!({
            "name": "humans", "description": "", "created_at": "", "updated_at": "", "size": 1, "type": "net",
            "entries": [{
                "entry": "${tag_name_alex_person}", "comment": "", "entry_resolved": "100.64.0.1",
                "last_resolved": "2022-06-07T16:23:02.275Z", "created_at": "2022-06-07T16:23:02.283Z",
            }],
            "errors": [{"entry": "string", "comment": "string", "entry_resolved": "string", "error": "string"}],
        });
        assert!(has_keys_of(&made, &example), "{made}");
        assert_eq!((&made["size"], &made["entries"][0]["entry_resolved"]), (&json!(2), &json!("100.64.0.1")));
        assert_eq!(made["errors"][0]["entry"], "nowhere!");
    }

    #[test]
    fn entries_are_written_in_three_ways_on_creation_and_two_later() {
        let mut bench = Bench::new();
        let made = bench.ok(Post, SETS, json!({"name": "web", "type": "port", "entries": "80, 443,8000-8010"}));
        assert_eq!(made["size"], 3);
        let csv = bench.refused(Put, "/v2/firewall/fwsets/web", json!({"entries": "80"}));
        assert_eq!(csv, (400, "APIArgumentError: entries is invalid".to_owned()));
        let changed =
            bench.ok(Put, "/v2/firewall/fwsets/web", json!({"entries": [{"entry": "80", "comment": "http"}]}));
        assert_eq!((&changed["size"], &changed["entries"][0]["comment"]), (&json!(1), &json!("http")));
        assert_eq!(bench.ok(Post, "/v2/firewall/fwsets/web/entries", json!({"entry": "443"}))["size"], 2);
        let twice = bench.refused(Post, "/v2/firewall/fwsets/web/entries", json!({"entry": "443"}));
        assert!(twice.1.starts_with("APIBadRequestError: Error creating entry: "), "{}", twice.1);
        assert_eq!(bench.ok(Delete, "/v2/firewall/fwsets/web/entries", json!({"entry": "443"}))["size"], 1);
        let gone = bench.refused(Delete, "/v2/firewall/fwsets/web/entries", json!({"entry": "443"}));
        assert!(gone.1.starts_with("APIBadRequestError: Error deleting entry: "), "{}", gone.1);
    }

    #[test]
    fn a_set_in_use_stays_unless_forced() {
        let mut bench = Bench::new();
        bench.ok(Post, SETS, json!({"name": "humans", "type": "net"}));
        bench.ok(Post, SETS, json!({"name": "all", "type": "list", "entries": ["humans"]}));
        bench.ok(Post, "/v2/firewall/rules", json!({"rule": "FORWARD -m set --match-set all src -j DROP"}));
        let kept = "APIBadRequestError: FWSet has references. These can be firewall rules or other fwsets.";
        for name in ["humans", "all"] {
            assert_eq!(bench.refused(Delete, &format!("{SETS}/{name}"), json!({})), (400, kept.to_owned()));
        }
        let renamed = bench.refused(Put, "/v2/firewall/fwsets/humans", json!({"name": "people"}));
        assert!(renamed.1.starts_with("APIBadRequestError: Failed to rename set. OS error:"), "{}", renamed.1);
        bench.ok(Delete, "/v2/firewall/fwsets/all?force=true", json!({}));
        assert_eq!(bench.ok(Put, "/v2/firewall/fwsets/humans", json!({"name": "people"}))["name"], "people");
        bench.ok(Delete, "/v2/firewall/fwsets/people", json!({}));
        let gone = (404, "APINotFoundError: fwset does not exist".to_owned());
        assert_eq!(bench.refused(Delete, "/v2/firewall/fwsets/people", json!({})), gone);
        assert_eq!(
            bench.get("/v2/firewall/fwsets/people"),
            Err((404, "APINotFoundError: FWSet does not exist".to_owned()))
        );
    }

    #[test]
    fn types_and_names_are_checked() {
        let mut bench = Bench::new();
        let bad = bench.refused(Post, SETS, json!({"name": "x", "type": "cloud"}));
        assert_eq!(bad, (400, "APIBadRequestError: Invalid fwset type".to_owned()));
        assert_eq!(bench.refused(Post, SETS, json!({"name": "a b", "type": "net"})).0, 400);
        bench.ok(Post, SETS, json!({"name": "web", "type": "net"}));
        assert_eq!(bench.refused(Post, SETS, json!({"name": "WEB", "type": "net"})).0, 400);
        let services = json!({"name": "s", "type": "service", "entries": ["tcp:80", "10.0.0.1,udp:53", "10.0.0.1"]});
        assert_eq!(bench.ok(Post, SETS, services)["size"], 2);
    }
}
