//! Ordered lists that others share: ours stand together at their place, and theirs stay what and where they are.

use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::bench::Bench;
use crate::support::Sim;

fn call(sim: &Sim, method: &str, path: &str, body: &Value) -> Value {
    sim.call(("vns3", "e"), "api:stand-in", method, path, body)["response"].clone()
}

fn vns3(body: &str) -> String {
    let head =
        "vns3:\n  e:\n    at: https://203.0.113.10:8000/api\n    credentials: { username: api, password: stand-in }\n";
    body.lines().fold(head.to_owned(), |file, line| format!("{file}    {line}\n"))
}

fn bench(sim: &Sim, body: &str) -> Bench {
    Bench::of(&[("trueup.yaml", "workspace: shared\n"), ("all.yaml", &vns3(body))], sim)
}

/// A rule of ours or theirs about a network of this number.
fn rule(word: u8) -> String {
    format!("FORWARD_CUST -s 10.{word}.0.0/16 -j DROP")
}

/// A list of one sort: how it is declared, and how it is read and written past the program.
struct List {
    address: &'static str,
    prefix: &'static str,
    /// The declaration with `ITEMS` and `PLACE` in it.
    declared: &'static str,
    show: fn(&Sim) -> Vec<(String, String)>,
    put: fn(&Sim, &[(String, &str)]),
}

const LISTS: [List; 3] = [
    List {
        address: "e/firewall-rules",
        prefix: "",
        declared: "firewall-rules: { partial: PLACE, items: [ITEMS] }",
        show: |sim| {
            let rules = call(sim, "GET", "/v2/firewall/rules", &Value::Null);
            let text = |rule: &Value, key: &str| rule[key].as_str().unwrap().to_owned();
            // With its id and comment: theirs are the very ones that they were.
            let told = |rule| (text(rule, "rule"), format!("{} {}", text(rule, "id"), text(rule, "comment")));
            rules.as_array().unwrap().iter().map(told).collect()
        },
        put: |sim, rules| {
            let known = call(sim, "GET", "/v2/firewall/rules", &Value::Null);
            let item = |(text, comment): &(String, &str)| {
                let known = known.as_array().unwrap().iter().find(|rule| rule["rule"] == *text);
                let id = known.map_or(json!(""), |rule| rule["id"].clone());
                let comment = known.map_or(json!(comment), |rule| rule["comment"].clone());
                json!({ "rule": text, "comment": comment, "id": id })
            };
            let rules: Vec<Value> = rules.iter().map(item).collect();
            call(sim, "PUT", "/v2/firewall/rules", &json!({ "rules": rules }));
        },
    },
    List {
        address: "e/firewall-v1-rules",
        prefix: "",
        declared: "firewall-v1-rules: { partial: PLACE, items: [ITEMS] }",
        show: |sim| {
            let rules = call(sim, "GET", "/firewall/rules", &Value::Null);
            let text = |pair: &Value| (pair[0].as_str().unwrap().trim().to_owned(), String::new());
            rules.as_array().unwrap().iter().map(text).collect()
        },
        put: |sim, rules| {
            let lines: Vec<&str> = rules.iter().map(|(rule, _)| rule.as_str()).collect();
            call(sim, "PUT", "/firewall", &json!({ "rules": lines.join("\n") }));
        },
    },
    List {
        address: "e/firewall-subtables/s",
        prefix: "s ",
        declared: "firewall-subtables: { s: { type: forward, rules: [ITEMS], partial: { rules: PLACE } } }",
        show: |sim| {
            let tables = call(sim, "GET", "/v2/firewall/subtables", &Value::Null);
            let text = |rule: &Value, key: &str| rule[key].as_str().unwrap_or_default().to_owned();
            let rules = tables[0]["rules"].as_array().cloned().unwrap_or_default();
            rules.iter().map(|rule| (text(rule, "rule"), text(rule, "comment"))).collect()
        },
        put: |sim, rules| {
            let rules: Vec<Value> = rules
                .iter()
                .enumerate()
                .map(|(n, (rule, comment))| json!({ "rule": rule, "comment": comment, "position": n }))
                .collect();
            if call(sim, "GET", "/v2/firewall/subtables", &Value::Null)[0].is_null() {
                call(sim, "POST", "/v2/firewall/subtables", &json!({ "name": "s", "type": "forward", "rules": rules }));
            } else {
                call(sim, "PUT", "/v2/firewall/subtables/s", &json!({ "rules": rules }));
            }
        },
    },
];

impl List {
    fn rule(&self, word: u8) -> String {
        match self.prefix {
            "" => rule(word),
            prefix => format!("{prefix}-s 10.{word}.0.0/16 -j DROP"),
        }
    }

    fn declare(&self, among: &str, ours: &[u8]) -> String {
        let items: Vec<String> = ours.iter().map(|word| format!("{{ rule: \"{}\" }}", self.rule(*word))).collect();
        self.declared.replace("ITEMS", &items.join(", ")).replace("PLACE", among)
    }

    /// The list's rules, by numbers.
    fn words(&self, sim: &Sim) -> Vec<u8> {
        let word = |rule: &str| rule.split('.').nth(1).unwrap().parse().unwrap();
        (self.show)(sim).iter().map(|(rule, _)| word(rule)).collect()
    }

    /// What is said of theirs, which have numbers above 10.
    fn theirs(&self, sim: &Sim) -> Vec<(String, String)> {
        let ours: Vec<String> = (0..10).map(|word| self.rule(word)).collect();
        (self.show)(sim).into_iter().filter(|(rule, _)| !ours.contains(rule)).collect()
    }

    fn put(&self, sim: &Sim, words: &[u8]) {
        let rules: Vec<(String, &str)> = words.iter().map(|word| (self.rule(*word), "theirs")).collect();
        (self.put)(sim, &rules);
    }
}

#[test]
fn ours_stand_at_their_place_and_theirs_stay() {
    for list in LISTS {
        let sim = Sim::start();
        list.put(&sim, &[11, 12]);
        let theirs = list.theirs(&sim);
        let bench = bench(&sim, &list.declare("last", &[1, 2]));
        bench.run(&["plan"]).expect(0).says("items of others stay");
        for (among, ours, whole) in [
            ("last".to_owned(), vec![1, 2], vec![11, 12, 1, 2]),
            ("last".to_owned(), vec![2, 3, 1], vec![11, 12, 2, 3, 1]),
            ("first".to_owned(), vec![2, 3], vec![2, 3, 11, 12]),
            (format!("{{ before: \"{}\" }}", list.rule(12)), vec![2, 3], vec![11, 2, 3, 12]),
            (format!("{{ after: \"{}\" }}", list.rule(12)), vec![3], vec![11, 12, 3]),
            ("first".to_owned(), vec![], vec![11, 12]),
            ("first".to_owned(), vec![1], vec![1, 11, 12]),
        ] {
            bench.write("all.yaml", &vns3(&list.declare(&among, &ours)));
            bench.apply();
            assert_eq!(list.words(&sim), whole, "{} {among}", list.address);
            assert_eq!(list.theirs(&sim), theirs, "{} {among}", list.address);
            bench.run(&["plan", "--exit-code"]).expect(0);
            bench.run(&["drift"]).expect(0);
        }
        // Theirs come and go, and that is nothing to us; ours that somebody moves or removes are drift.
        list.put(&sim, &[1, 11, 13]);
        bench.run(&["drift"]).expect(0);
        for moved in [vec![11, 1, 13], vec![11, 13]] {
            list.put(&sim, &moved);
            bench.run(&["drift"]).expect(4);
            bench.apply();
            assert_eq!(list.words(&sim), [1, 11, 13], "{}", list.address);
        }
        // An item that ours stand by, and that is gone or there twice.
        bench.write("all.yaml", &vns3(&list.declare(&format!("{{ after: \"{}\" }}", list.rule(12)), &[1])));
        bench.run(&["plan"]).says("no item of others is that").says("`first` or `last`");
        bench.run(&["apply", "--yes", "--quiet"]);
        assert_eq!(list.words(&sim), [1, 11, 13], "{}", list.address);
    }
}

#[test]
fn what_goes_is_ours_and_needs_no_leave_for_theirs() {
    for list in &LISTS[..2] {
        let sim = Sim::start();
        list.put(&sim, &[11, 12, 13, 14]);
        let theirs = list.theirs(&sim);
        let bench = bench(&sim, &list.declare("first", &[1, 2, 11]));
        bench.apply();
        assert_eq!(list.words(&sim), [1, 2, 11, 12, 13, 14]);
        // What was there before stays, though the files have declared it.
        bench.write("all.yaml", &vns3(""));
        bench.run(&["apply", "--yes", "--quiet"]).expect(0);
        assert_eq!((list.words(&sim), list.theirs(&sim)), (vec![11, 12, 13, 14], theirs.clone()), "{}", list.address);
        bench.write("all.yaml", &vns3(&list.declare("last", &[1])));
        bench.apply();
        bench.destroy(&[]).expect(0);
        assert_eq!((list.words(&sim), list.theirs(&sim)), (vec![11, 12, 13, 14], theirs), "{}", list.address);
    }
}

#[test]
fn a_list_that_is_taken_over_after_it_was_shared_is_asked_for() {
    let sim = Sim::start();
    let list = &LISTS[0];
    list.put(&sim, &[11]);
    let bench = bench(&sim, &list.declare("first", &[1]));
    bench.apply();
    bench.write("all.yaml", &vns3(&format!("firewall-rules: [{{ rule: \"{}\" }}]", rule(1))));
    bench.run(&["plan"]).says("take-over=e/firewall-rules").says("10.11.0.0/16");
    assert_eq!(list.words(&sim), [1, 11]);
}

#[test]
fn what_changed_between_plan_and_write_is_left_alone() {
    for list in [&LISTS[0], &LISTS[2]] {
        let sim = Sim::start();
        list.put(&sim, &[11, 12]);
        // The set comes first, and takes its time.
        let set = "firewall-fwsets: { a: { type: net, entries: [{ entry: 10.0.0.0/8 }] } }\n";
        let ours = list.rule(1).replace("-s 10.1.0.0/16", "-m set --match-set a src");
        let body = list.declared.replace("ITEMS", &format!("{{ rule: \"{ours}\" }}")).replace("PLACE", "last");
        let bench = bench(&sim, &format!("{set}{body}"));
        let late = json!([{ "method": "POST", "path": "/api/v2/firewall/fwsets", "delay_ms": 4000 }]);
        sim.side_door("POST", "/faults", &late);
        let ran = thread::scope(|scope| {
            let run = scope.spawn(|| bench.run(&["apply", "--yes", "--quiet"]));
            while call(&sim, "GET", "/v2/firewall/fwsets", &Value::Null)[0].is_null() {
                thread::sleep(Duration::from_millis(50));
            }
            list.put(&sim, &[11, 13, 12]);
            run.join().unwrap()
        });
        ran.expect(5).says("others changed what they share").says("plan again");
        assert_eq!(list.words(&sim), [11, 13, 12], "{}", list.address);
        sim.side_door("POST", "/faults", &json!([]));
        bench.apply();
        let rules: Vec<String> = (list.show)(&sim).into_iter().map(|(rule, _)| rule).collect();
        assert_eq!(rules, [list.rule(11), list.rule(13), list.rule(12), ours], "{}", list.address);
    }
}
