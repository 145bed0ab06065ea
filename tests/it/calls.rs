//! The plan is what happens: the requests that it shows are the requests that are sent.

use std::collections::BTreeMap;
use std::fs;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::bench::Bench;
use crate::support::Sim;

/// A request with an effect, as the plan shows it or as a simulator met it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Write {
    target: String,
    method: String,
    path: String,
    /// The body's digest, where the plan shows the whole body; what is secret or known later is not in it.
    digest: Option<String>,
}

#[test]
fn one_at_a_time_the_calls_are_sent_as_shown_and_in_that_order() {
    let sim = Sim::start();
    let bench = Bench::example("acme-wan", &sim);
    let shown = shown(&bench.plan());
    let text = bench.run(&["plan", "--calls"]).expect(0);
    bench.run(&["apply", "--yes", "--quiet", "--parallel", "1"]).expect(0);
    let sent = sent(&sim);
    assert_eq!(sent.len(), shown.len(), "as many calls are sent as are shown");
    for (n, (sent, shown)) in sent.iter().zip(&shown).enumerate() {
        assert!(agree(sent, shown), "call {n} is shown as\n  {shown:?}\nand sent as\n  {sent:?}");
    }
    // The text for people shows the same ones, in the same order.
    let mut rest = text.out.as_str();
    for call in &shown {
        let line = format!("{} {} {}", call.method, call.target, call.path);
        let at = rest.find(&line).unwrap_or_else(|| panic!("`{line}` is missing, or not in its place:\n{rest}"));
        rest = &rest[at + line.len()..];
    }
}

#[test]
fn side_by_side_the_same_calls_are_sent_and_each_waits_for_what_it_needs() {
    let sim = Sim::start_with(sim::Options { latency: Duration::from_millis(5), ..Default::default() });
    let bench = Bench::example("acme-wan", &sim);
    let plan = bench.plan();
    let journal = apply_and_keep_the_journal(&bench);
    let (mut shown, mut sent) = (shown(&plan), sent(&sim));
    assert_eq!(sent.len(), shown.len());
    // Patterns are matched first where they are most exact, so that none takes what belongs to another.
    shown.sort_by_key(|call| (call.digest.is_none(), call.path.contains("${"), call.clone()));
    for call in shown {
        let at = sent.iter().position(|sent| agree(sent, &call));
        sent.remove(at.unwrap_or_else(|| panic!("{call:?} was not sent; left are {sent:#?}")));
    }
    each_waits(&plan, &journal);
}

/// Sees to it that no step has sent anything before all that it waits for was done.
fn each_waits(plan: &Value, journal: &[Value]) {
    let mut steps: BTreeMap<(String, String), (usize, usize)> = BTreeMap::new();
    let mut numbers = BTreeMap::new();
    let mut finished = BTreeMap::new();
    for (at, line) in journal.iter().enumerate() {
        if let Some(call) = line.get("call") {
            let key = (call["address"].to_string(), call["verb"].to_string());
            numbers.insert(call["n"].as_u64(), key.clone());
            steps.entry(key).or_insert((at, at)).1 = at;
        } else if let Some(answer) = line.get("answer") {
            let key = &numbers[&answer["n"].as_u64()];
            steps.get_mut(key).unwrap().1 = at;
        } else if let Some(done) = line.get("done") {
            finished.insert(done["address"].to_string(), at);
        }
    }
    let planned = plan["steps"].as_array().unwrap();
    let key = |step: &Value| (step["address"].to_string(), step["verb"].to_string());
    let ended = |step: &Value| {
        let (_, answered) = steps[&key(step)];
        if step["verb"] == "issue" { answered } else { finished[&step["address"].to_string()].max(answered) }
    };
    let mut edges = 0;
    let mut check = |step: &Value, after: &Value, through: &str| {
        if let Some(first) = after["step"].as_u64() {
            let first = &planned[first as usize];
            let (began, ended) = (steps[&key(step)].0, ended(first));
            assert!(ended < began, "{} began before {} was done{through}", step["address"], first["address"]);
            edges += 1;
        }
    };
    for step in planned {
        for after in step["after"].as_array().unwrap() {
            check(step, after, "");
            for gate in plan["gates"].as_array().unwrap().iter().filter(|gate| gate["name"] == after["name"]) {
                let before = gate["after"].as_array().unwrap();
                before.iter().for_each(|after| check(step, after, &format!(" ({})", gate["name"])));
            }
        }
    }
    assert!(edges > 50, "only {edges} edges were looked at");
}

/// The calls that a plan shows.
pub(crate) fn shown(plan: &Value) -> Vec<Write> {
    let mut found = Vec::new();
    for step in plan["steps"].as_array().unwrap() {
        for call in step["calls"].as_array().unwrap() {
            let word = |value: &Value| value.as_str().unwrap().to_owned();
            let body = call.get("body").map(Value::to_string);
            let whole = body.filter(|body| !body.contains("${") && !body.contains("(secret "));
            let file = call.get("file").map(|file| word(&file["sha256"]));
            found.push(Write {
                target: word(&step["target"]),
                method: word(&call["method"]),
                path: word(&call["path"]),
                digest: file.or_else(|| whole.map(|body| digest(&body))),
            });
        }
    }
    found
}

/// The requests with an effect that a simulator met, logins left out.
pub(crate) fn sent(sim: &Sim) -> Vec<Write> {
    let log = sim.side_door("GET", "/requests", &json!(null));
    let entries = log.as_array().unwrap().iter();
    let writes = entries.filter(|entry| entry["method"] != "GET" && entry["path"] != "/oauth2/token");
    let one = |entry: &Value| {
        let word = |key: &str| entry[key].as_str().map(str::to_owned);
        let path = word("path").unwrap();
        let path = ["/api/v3.1", "/api"].iter().find_map(|base| path.strip_prefix(base)).unwrap_or(&path).to_owned();
        Write {
            target: word("installation").unwrap(),
            method: word("method").unwrap(),
            path: word("query").map_or(path.clone(), |query| format!("{path}?{query}")),
            digest: word("body_sha256"),
        }
    };
    writes.map(one).collect()
}

pub(crate) fn agree(sent: &Write, shown: &Write) -> bool {
    sent.target == shown.target
        && sent.method == shown.method
        && fits(&shown.path, &sent.path)
        && (shown.digest.is_none() || shown.digest == sent.digest)
}

/// Says whether a text is a template with its expressions filled in.
fn fits(template: &str, text: &str) -> bool {
    match template.split_once("${") {
        None => template == text,
        Some((head, rest)) => {
            let tail = rest.split_once('}').map_or("", |(_, tail)| tail);
            text.strip_prefix(head).is_some_and(|text| {
                (1..=text.len()).filter(|&at| text.is_char_boundary(at)).any(|at| fits(tail, &text[at..]))
            })
        }
    }
}

fn digest(text: &str) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Applies, and keeps the journal by a second name: it goes when the ledger is written.
pub(crate) fn apply_and_keep_the_journal(bench: &Bench) -> Vec<Value> {
    let journal = bench.path().join(".trueup/sim/ledger.journal/000001.jsonl");
    let kept = bench.path().join("journal.jsonl");
    let mut child = bench.command(&["apply", "--yes", "--quiet"]).stdout(std::process::Stdio::null()).spawn().unwrap();
    while fs::hard_link(&journal, &kept).is_err() {
        assert!(child.try_wait().unwrap().is_none(), "the run ended without a journal");
        thread::sleep(Duration::from_millis(1));
    }
    assert!(child.wait().unwrap().success());
    fs::read_to_string(kept).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Calls that take fewer fields than their kind has, and a kind that makes objects by one of them and another behind it: what
/// the first does not take arrives by the second.
#[test]
fn what_the_first_call_does_not_take_is_in_the_second() {
    let sim = Sim::start();
    for enabled in [true, false] {
        let site = format!(
            "vns3:\n  t{enabled}:\n    at: https://t.example/api\n    credentials: {{ username: api, password: x }}\n    \
             ms-integration: {{ ip: 192.0.2.10, alert_enabled: {enabled} }}\n"
        );
        let bench = Bench::of(&[("trueup.yaml", "workspace: w\n"), ("t.yaml", &site)], &sim);
        bench.apply();
        let state = sim.side_door("GET", &format!("/vns3/t{enabled}/state"), &Value::Null);
        assert_eq!(state["system"]["ms"], json!({ "ip": "192.0.2.10", "alert_enabled": enabled }));
    }
}
