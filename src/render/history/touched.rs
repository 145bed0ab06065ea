//! The runs that touched a resource, and whose each of its values is.

use serde::Serialize;
use serde_json::Value;

use crate::address::Address;
use crate::ledger::{Ending, Record, StepRecord};
use crate::plan::Verb;
use crate::render::history::marks::shown;
use crate::render::history::{FORMAT, when, who};
use crate::render::page::{Style, TextPage, Tone};
use crate::render::values::short;
use crate::render::words::short_commit;
use crate::state::base::Entry;

/// Who did something, and when.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct DoneBy {
    /// The run.
    run: u64,
    /// When it began.
    began: String,
    user: Option<String>,
    host: Option<String>,
    commit: Option<String>,
}

impl DoneBy {
    fn of(record: &Record) -> DoneBy {
        DoneBy {
            run: record.run,
            began: record.began.clone(),
            user: record.user.clone(),
            host: record.host.clone(),
            commit: record.commit.clone(),
        }
    }

    fn text(&self) -> String {
        let commit = self.commit.as_deref().map(short_commit).unwrap_or_default();
        let who = who(self.user.as_deref(), self.host.as_deref());
        format!("run {:<4} {commit:<8}  {:<16}  {who}", self.run, when(&self.began))
    }
}

/// The runs that touched resources.
#[derive(Debug, Serialize)]
pub(crate) struct LogDocument {
    format: u32,
    /// The pattern of addresses that was asked for.
    pattern: String,
    /// What was done, the newest first.
    touched: Vec<TouchDocument>,
}

/// One thing that a run did to a resource.
#[derive(Debug, Serialize)]
struct TouchDocument {
    #[serde(flatten)]
    by: DoneBy,
    address: Address,
    verb: &'static str,
    outcome: &'static str,
    /// The fields that it changed.
    fields: Vec<String>,
}

impl LogDocument {
    /// What records, the newest first, tell of the resources that a pattern names.
    pub(crate) fn of(pattern: &str, records: &[Record]) -> LogDocument {
        let is_meant = |address: &&Address| address.matches(pattern);
        let mut touched = Vec::new();
        for record in records {
            let of = |address: &Address, verb, outcome: Ending, fields| TouchDocument {
                by: DoneBy::of(record),
                address: address.clone(),
                verb,
                outcome: outcome.as_str(),
                fields,
            };
            let tried = |step: &&StepRecord| step.outcome == Ending::Done || !step.calls.is_empty();
            for step in record.steps.iter().filter(tried).filter(|step| is_meant(&&step.address)) {
                // The old object of a replacement is told of by the new one.
                if step.verb != Verb::ReplaceRemove || step.outcome != Ending::Done {
                    let fields = step.fields.iter().map(|field| field.name.clone()).collect();
                    touched.push(of(&step.address, step.verb.as_str(), step.outcome, fields));
                }
            }
            let without_steps = [("adopt", &record.adopted), ("let go", &record.released)];
            for (verb, address) in without_steps.iter().flat_map(|(verb, all)| all.iter().map(move |it| (*verb, it))) {
                if is_meant(&address) {
                    touched.push(of(address, verb, Ending::Done, Vec::new()));
                }
            }
        }
        LogDocument { format: FORMAT, pattern: pattern.to_owned(), touched }
    }

    /// The document as JSON text.
    pub(crate) fn to_json(&self) -> String {
        crate::render::json(self)
    }

    /// The document as text.
    pub(crate) fn text(&self, style: Style) -> String {
        let mut page = TextPage::new(style);
        if self.touched.is_empty() {
            page.line(0, Tone::Plain, &format!("{}: no run that is recorded touched it", self.pattern));
        }
        for touch in &self.touched {
            let failed =
                if touch.outcome == Ending::Done.as_str() { String::new() } else { format!("  {}", touch.outcome) };
            page.line(0, Tone::Plain, &touch.by.text());
            let what = format!("{} {}", touch.verb, touch.address);
            page.parts(1, &[(Tone::Strong, &what), (Tone::Gone, &failed)]);
            if !touch.fields.is_empty() {
                page.line(2, Tone::Faint, &touch.fields.join(", "));
            }
        }
        page.finish()
    }
}

/// Whose each value of a resource is.
#[derive(Debug, Serialize)]
pub(crate) struct BlameDocument {
    format: u32,
    address: Address,
    /// Says whether it is owned now.
    owned: bool,
    /// Its fields, or the one that was asked for.
    fields: Vec<BlamedField>,
}

/// Whose a value is.
#[derive(Debug, PartialEq, Serialize)]
struct BlamedField {
    name: String,
    /// The value that it was given; the fingerprint of a secret.
    value: Value,
    /// Who gave it; `None` where that was before the records began.
    by: Option<DoneBy>,
    /// Says whether it was not given but found, and agreed on.
    found: bool,
}

/// Whether a record tells who gave a value.
enum Attribution<'r> {
    /// It did, with this value.
    Given(&'r Value),
    /// It was found as the files had it.
    Found,
    /// It may have: the record does not say which fields changed.
    Perhaps,
    /// It did not.
    No,
}

impl BlameDocument {
    /// What the ledger's row and records, the newest first, tell of a resource; of one of its fields, if one is asked for.
    /// `None` where they tell nothing.
    pub(crate) fn of(
        address: &Address,
        field: Option<&str>,
        row: Option<&Entry>,
        records: &[Record],
    ) -> Option<BlameDocument> {
        let mut names: Vec<&str> = row.iter().flat_map(|row| row.fields.keys()).map(String::as_str).collect();
        if row.is_none() {
            let own = |record: &&Record| record.done().any(|step| step.address == *address);
            let last = records.iter().find(own)?;
            let steps = last.done().filter(|step| step.address == *address);
            names = steps.flat_map(|step| &step.fields).map(|field| field.name.as_str()).collect();
        }
        names.retain(|name| field.is_none_or(|field| field == *name));
        if field.is_some() && names.is_empty() {
            return None;
        }
        let fields = names.into_iter().map(|name| blamed(address, name, row, records)).collect();
        Some(BlameDocument { format: FORMAT, address: address.clone(), owned: row.is_some(), fields })
    }

    /// The document as JSON text.
    pub(crate) fn to_json(&self) -> String {
        crate::render::json(self)
    }

    /// The document as text.
    pub(crate) fn text(&self, style: Style) -> String {
        let mut page = TextPage::new(style);
        let state = if self.owned { "" } else { "  (not owned any more)" };
        page.parts(0, &[(Tone::Strong, &self.address.to_string()), (Tone::Notice, state)]);
        for field in &self.fields {
            let value = short(&shown(&field.value), page.room(1).saturating_sub(field.name.len() + 2));
            page.parts(1, &[(Tone::Plain, &format!("{}: ", field.name)), (Tone::Strong, &value)]);
            let found = if field.found { ", found as the files had it" } else { "" };
            let by = field.by.as_ref().map_or_else(|| "before the records began".to_owned(), DoneBy::text);
            page.parts(2, &[(Tone::Faint, &by), (Tone::Faint, found)]);
        }
        page.finish()
    }
}

fn blamed(address: &Address, name: &str, row: Option<&Entry>, records: &[Record]) -> BlamedField {
    let now = row.and_then(|row| row.value(name)).cloned();
    let blamed = |value: Option<&Value>, by, found| BlamedField {
        name: name.to_owned(),
        value: now.clone().or(value.cloned()).unwrap_or(Value::Null),
        by,
        found,
    };
    for record in records {
        match told(record, address, name) {
            Attribution::Given(value) => return blamed(Some(value), Some(DoneBy::of(record)), false),
            Attribution::Found => return blamed(None, Some(DoneBy::of(record)), true),
            Attribution::Perhaps => break,
            Attribution::No => {}
        }
    }
    blamed(None, None, false)
}

fn told<'r>(record: &'r Record, address: &Address, name: &str) -> Attribution<'r> {
    let own = || record.done().filter(|step| step.address == *address && !step.verb.removes());
    let writes = |step: &&StepRecord| !matches!(step.verb, Verb::Issue | Verb::Find);
    if let Some(field) = own().flat_map(|step| &step.fields).find(|field| field.name == name) {
        return Attribution::Given(&field.after);
    }
    match own().filter(writes).any(|step| step.fields.is_empty()) {
        true => Attribution::Perhaps,
        // What became owned in this run was there.
        false
            if own().any(|step| !step.verb.creates())
                && record.found.get(address).is_none_or(|found| found.row.is_none()) =>
        {
            Attribution::Found
        }
        false if record.adopted.contains(address) => Attribution::Found,
        false => Attribution::No,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn record(run: u64, steps: Value) -> Record {
        let record = json!({ "format": 2, "run": run, "workspace": "w", "user": format!("user-{run}"), "config": "00",
            "commit": format!("c{run}"), "began": "2026-03-01T09:00:00Z", "outcome": "done", "steps": steps,
            "found": { "east/routes/a": { "row": { "id": "4" } } } });
        serde_json::from_value(record).unwrap()
    }

    fn step(verb: &str, outcome: &str, fields: &[&str]) -> Value {
        let fields: Vec<Value> =
            fields.iter().map(|name| json!({ "name": name, "before": null, "after": "x" })).collect();
        json!({ "address": "east/routes/a", "verb": verb, "outcome": outcome, "fields": fields })
    }

    #[test]
    fn each_value_is_the_last_runs_that_gave_it() {
        let address: Address = "east/routes/a".parse().unwrap();
        let row: Entry =
            serde_json::from_value(json!({ "id": "4", "applied": { "cidr": "x", "note": "x", "tag": "x" } })).unwrap();
        let records = [
            record(5, json!([step("update", "failed", &["cidr"])])),
            record(4, json!([step("update", "done", &["note"])])),
            record(3, json!([step("create", "done", &["cidr", "note"])])),
        ];
        let blame = BlameDocument::of(&address, None, Some(&row), &records).unwrap();
        let runs: Vec<_> = blame.fields.iter().map(|it| (it.name.as_str(), it.by.as_ref().map(|by| by.run))).collect();
        assert_eq!(runs, [("cidr", Some(3)), ("note", Some(4)), ("tag", None)]);
        let told = blame.text(Style { color: false, width: 80 });
        assert!(told.contains("before the records began") && told.contains("run 4"), "{told}");
        assert!(BlameDocument::of(&address, Some("nothing"), Some(&row), &records).is_none());
        assert!(BlameDocument::of(&"east/routes/b".parse().unwrap(), None, None, &records).is_none());
        // What does not say which fields it changed may have changed this one.
        let vague = [record(6, json!([step("update", "done", &[])])), records[2].clone()];
        let blame = BlameDocument::of(&address, Some("cidr"), Some(&row), &vague).unwrap();
        assert_eq!(blame.fields[0].by, None);
    }

    #[test]
    fn a_log_tells_what_was_tried_the_newest_first() {
        let records = [
            record(4, json!([step("update", "failed", &["note"])])),
            record(3, json!([step("create", "done", &["cidr"])])),
        ];
        let mut tried = records[0].clone();
        tried.steps[0].calls = serde_json::from_value(json!([{ "method": "PUT", "path": "/x" }])).unwrap();
        let log = LogDocument::of("east/routes/*", &[tried, records[1].clone()]);
        assert_eq!(log.touched.iter().map(|touch| touch.by.run).collect::<Vec<_>>(), [4, 3]);
        assert_eq!(LogDocument::of("east/routes/*", &records).touched.len(), 1, "what was not tried did not touch it");
        assert!(LogDocument::of("west/**", &records).text(Style { color: false, width: 80 }).contains("no run"));
    }
}
