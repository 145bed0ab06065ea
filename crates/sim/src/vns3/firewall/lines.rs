//! Subgroups and sets as version 1 shows them: loose lines, each beginning with a name.
//!
//! They are the subtables and sets of version 2; the beginning of a name says the type. Those of other names can only be
//! seen through version 2. A text with one bad line changes nothing.

use serde_json::{Map, Value, json};

use super::{fwsets, subtables};
use crate::vns3::answer::{Fault, Outcome, ok};
use crate::vns3::call::Call;
use crate::vns3::state::State;
use wire::Method::{Delete, Get, Post, Put};
use wire::Response;

/// The kind of thing that the lines tell of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lines {
    /// Subtables.
    Subgroups,
    /// Sets.
    Fwsets,
}

impl Lines {
    /// The beginning of names, and the type that version 2 calls it.
    fn types(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Lines::Subgroups => &[
                ("PRE_C_", "prerouting"),
                ("PST_C_", "postrouting"),
                ("FWD_C_", "forward"),
                ("INP_C_", "input"),
                ("OUT_C_", "output"),
            ],
            Lines::Fwsets => &[("NETS_", "net"), ("PORTS_", "port"), ("LIST_", "list")],
        }
    }

    /// How the text's faults call it.
    fn noun(self) -> &'static str {
        match self {
            Lines::Subgroups => "subgroup",
            Lines::Fwsets => "FWSet",
        }
    }

    fn type_of(self, name: &str) -> Option<&'static str> {
        self.types().iter().find(|(prefix, _)| name.starts_with(prefix)).map(|(_, kind)| *kind)
    }

    /// The lines of each name; one without any shows as its name.
    fn all(self, state: &State) -> Vec<(String, Vec<String>)> {
        let all: Vec<(String, Vec<String>)> = match self {
            Lines::Subgroups => state
                .firewall
                .subtables
                .iter()
                .map(|table| (table.name().to_owned(), table.rule_texts().map(str::to_owned).collect()))
                .collect(),
            Lines::Fwsets => {
                let line = |name: &str, entry: &str| format!("{name} {entry}");
                let sets = state.firewall.fwsets.iter();
                sets.map(|set| (set.name.clone(), set.entry_texts().map(|entry| line(&set.name, entry)).collect()))
                    .collect()
            }
        };
        all.into_iter().filter(|(name, _)| self.type_of(name).is_some()).collect()
    }

    /// The lines of that name; `None` if there is no such thing.
    fn of(self, state: &State, name: &str) -> Option<Vec<String>> {
        self.all(state).into_iter().find(|(other, _)| other == name).map(|(_, lines)| lines)
    }

    /// Makes one of that name, or puts these lines in the place of those it has.
    fn put(self, state: &mut State, call: &Call, name: &str, lines: &[String]) -> Outcome {
        let exists = self.of(state, name).is_some();
        let mut body = Map::new();
        if !exists {
            body.insert("name".to_owned(), json!(name));
            body.insert("type".to_owned(), json!(self.type_of(name)));
        }
        let inner = |body: &Map<String, Value>| Call::inner(Post, Vec::new(), body, call.now);
        match self {
            Lines::Subgroups => {
                let rules =
                    lines.iter().enumerate().map(|(position, rule)| json!({"rule": rule, "position": position}));
                body.insert("rules".to_owned(), rules.collect());
                let call = inner(&body);
                if exists { subtables::update(state, &call, name) } else { subtables::create(state, &call) }
            }
            Lines::Fwsets => {
                let entries = lines.iter().map(|line| line.strip_prefix(name).unwrap_or(line).trim());
                body.insert("entries".to_owned(), entries.collect());
                let call = inner(&body);
                if exists { fwsets::update(state, &call, name) } else { fwsets::create(state, &call) }
            }
        }
    }
}

pub(super) fn answer(which: Lines, state: &mut State, call: &Call) -> Option<Outcome> {
    Some(match call.method {
        Get => list(which, state, call),
        Post => save(which, state, call),
        Put => reload(call),
        Delete => delete(which, state, call),
        _ => return None,
    })
}

/// "Get Firewall Subgroups v1" and "List Fwsets v1". What `verbose` changes is not said.
fn list(which: Lines, state: &State, call: &Call) -> Outcome {
    let wanted = |name: &str| call.query("name").is_none_or(|wanted| wanted == name);
    let all = which.all(state).into_iter().filter(|(name, _)| wanted(name));
    ok(all.flat_map(|(name, lines)| if lines.is_empty() { vec![name] } else { lines }).collect::<Vec<_>>())
}

/// "Create Firewall Subgroup v1" and "Create Fwset v1": lines are added to those there are if `flush` is false.
fn save(which: Lines, state: &mut State, call: &Call) -> Outcome {
    let (name, mut lines) = given(which, call)?;
    if which.type_of(&name).is_none() {
        return Err(Fault::argument(format!("invalid {} name - {name}", which.noun())));
    }
    if !call.fields()?.get::<bool>("flush")?.unwrap_or(true) {
        lines.splice(0..0, which.of(state, &name).unwrap_or_default());
    }
    let before = state.firewall.clone();
    let answer = which.put(state, call, &name, &lines)?;
    let answer: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    if let Some(error) = answer["response"]["errors"].get(0) {
        state.firewall = before;
        return Err(Fault::argument(error["error"].as_str().unwrap_or_default()));
    }
    ok(json!({"status": "ok", "rules": lines.join("\n")}))
}

/// The name that a body is about, and its lines: it gives either.
fn given(which: Lines, call: &Call) -> Result<(String, Vec<String>), Fault> {
    let fields = call.fields()?;
    match (fields.get::<String>("name")?, fields.get::<String>("rules")?) {
        (Some(name), None) => Ok((name, Vec::new())),
        (None, Some(text)) => {
            let lines: Vec<String> =
                text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect();
            let mut names = lines.iter().filter_map(|line| line.split_whitespace().next());
            let name = names.next().ok_or_else(|| Fault::missing("rules"))?.to_owned();
            if names.any(|other| other != name) {
                return Err(Fault::argument(format!("More than one {} name found in rules", which.noun())));
            }
            Ok((name, lines))
        }
        _ => Err(Fault::argument("either name or rules argument must be provided")),
    }
}

/// "Delete Firewall Subgroup v1" and "Delete Fwset v1". A subgroup in use loses its rules, and stays.
fn delete(which: Lines, state: &mut State, call: &Call) -> Outcome {
    let (name, _) = given(which, call)?;
    which.of(state, &name).ok_or_else(|| Fault::not_found(format!("Chain named {name} not found.")))?;
    match which {
        Lines::Subgroups if subtables::delete(state, call, &name).is_err() => {
            which.put(state, call, &name, &[])?;
            let message = format!("Chain references remain for {name}, although rules were deleted.");
            return Err(Fault::of(410, "APINotFoundError", message));
        }
        Lines::Subgroups => {}
        Lines::Fwsets => drop(fwsets::delete(state, call, &name)?),
    }
    ok(json!({"status": "finished_ok"}))
}

/// "Reload firewall subgroups API v1" and "Reload all firewall FWsets": the examples have no body.
fn reload(call: &Call) -> Outcome {
    match call.fields()?.get::<bool>("reinitialize")? {
        Some(true) => Ok(Response::empty(200)),
        _ => Err(Fault::argument("Nothing to do")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vns3::testing::Bench;

    const SUBGROUPS: &str = "/firewall/rules/subgroup";
    const FWSETS: &str = "/firewall/fwsets";

    #[test]
    fn both_versions_show_the_same_groups() {
        let mut bench = Bench::new();
        let nets = "NETS_LAN 10.1.0.0/16\nNETS_LAN 10.2.0.0/16";
        let saved = bench.ok(Post, FWSETS, json!({"rules": nets}));
        assert_eq!(saved, json!({"status": "ok", "rules": nets}));
        bench.ok(Post, SUBGROUPS, json!({"name": "FWD_C_LAN"}));
        assert_eq!(bench.get(SUBGROUPS), Ok(json!(["FWD_C_LAN"])));
        let rule = "FWD_C_LAN -m set --match-set NETS_LAN src -j ACCEPT";
        bench.ok(Post, SUBGROUPS, json!({"rules": rule}));
        bench.ok(Post, SUBGROUPS, json!({"rules": "FWD_C_LAN -j DROP", "flush": false}));
        assert_eq!(bench.get(SUBGROUPS), Ok(json!([rule, "FWD_C_LAN -j DROP"])));
        let tables = bench.get("/v2/firewall/subtables").expect("tables");
        assert_eq!((&tables[0]["type"], &tables[0]["size"]), (&json!("forward"), &json!(2)));
        bench.ok(Post, "/v2/firewall/fwsets", json!({"name": "humans", "type": "net"}));
        assert_eq!(bench.get(FWSETS), Ok(json!(["NETS_LAN 10.1.0.0/16", "NETS_LAN 10.2.0.0/16"])));
        assert_eq!(bench.get("/firewall/fwsets?name=other"), Ok(json!([])));
        bench.ok(Delete, SUBGROUPS, json!({"name": "FWD_C_LAN"}));
        assert_eq!(bench.ok(Delete, FWSETS, json!({"rules": nets})), json!({"status": "finished_ok"}));
        assert_eq!(bench.get(FWSETS), Ok(json!([])));
    }

    #[test]
    fn faults_are_in_the_texts_words() {
        let mut bench = Bench::new();
        let argument = |text: &str| (400, format!("APIArgumentError: {text}"));
        let name = bench.refused(Post, SUBGROUPS, json!({"name": "mine"}));
        assert_eq!(name, argument("invalid subgroup name - mine"));
        let name = bench.refused(Post, FWSETS, json!({"rules": "mine 10.0.0.0/8"}));
        assert_eq!(name, argument("invalid FWSet name - mine"));
        let two = bench.refused(Delete, FWSETS, json!({"rules": "NETS_A 10.0.0.0/8\nNETS_B 10.0.0.0/8"}));
        assert_eq!(two, argument("More than one FWSet name found in rules"));
        let both = bench.refused(Post, SUBGROUPS, json!({"name": "FWD_C_A", "rules": "FWD_C_A -j DROP"}));
        assert_eq!(both, argument("either name or rules argument must be provided"));
        assert_eq!(bench.refused(Post, SUBGROUPS, json!({"rules": "FWD_C_A -s 1.2.3. -j DROP"})).0, 400);
        assert_eq!(bench.get(SUBGROUPS), Ok(json!([])));
        let unknown = bench.refused(Delete, SUBGROUPS, json!({"name": "FWD_C_A"}));
        assert_eq!(unknown, (404, "APINotFoundError: Chain named FWD_C_A not found.".to_owned()));
        bench.ok(Post, SUBGROUPS, json!({"rules": "FWD_C_A -j DROP"}));
        bench.ok(Put, "/firewall", json!({"rules": "FORWARD_CUST -j FWD_C_A"}));
        let used = bench.refused(Delete, SUBGROUPS, json!({"name": "FWD_C_A"}));
        let text = "APINotFoundError: Chain references remain for FWD_C_A, although rules were deleted.";
        assert_eq!(used, (410, text.to_owned()));
        assert_eq!(bench.get(SUBGROUPS), Ok(json!(["FWD_C_A"])));
    }
}
