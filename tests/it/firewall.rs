//! The firewall is one ordered list: small changes of a long one, what others put into it, and how it comes and goes with
//! the sets that it names.

use serde_json::{Value, json};

use crate::bench::Bench;
use crate::support::Sim;

const CONTROLLER: (&str, &str) = ("vns3", "east");

/// A workspace of one controller that declares this.
fn lab(sim: &Sim, body: &str) -> Bench {
    let workspace = "workspace: lab\nsecrets: { api: { file: api.txt } }\npolicy: { max-deletes: 100 }\n";
    Bench::of(&[("trueup.yaml", workspace), ("vns3.yaml", &file(body)), ("api.txt", "opens")], sim)
}

fn file(body: &str) -> String {
    let head =
        "vns3:\n  east:\n    at: https://203.0.113.11:8000/api\n    credentials: { password: '${secret.api}' }\n";
    body.lines().fold(head.to_owned(), |file, line| format!("{file}    {line}\n"))
}

fn read(sim: &Sim, path: &str) -> Value {
    sim.call(CONTROLLER, "api:opens", "GET", path, &Value::Null)["response"].clone()
}

/// The requests with an effect since the last call of this: verb and path.
fn writes(sim: &Sim) -> Vec<String> {
    let log = sim.side_door("GET", "/requests", &Value::Null);
    sim.side_door("DELETE", "/requests", &Value::Null);
    let entries = log.as_array().unwrap().iter().filter(|entry| entry["method"] != "GET");
    entries.map(|entry| format!("{} {}", entry["method"], entry["path"]).replace('"', "")).collect()
}

/// A rule that stands in both lists, known by its number.
fn rule(n: usize) -> String {
    format!("FORWARD_CUST -s 10.{}.{}.0/24 -j ACCEPT", n / 256, n % 256)
}

fn rules(texts: &[String]) -> String {
    let group = |n: usize| if n.is_multiple_of(500) { ", groups: [watched]" } else { "" };
    let line = |(n, text): (usize, &String)| format!("  - {{ rule: '{text}'{} }}\n", group(n));
    let lines: String = texts.iter().enumerate().map(line).collect();
    format!("firewall-rule-groups: {{ watched: {{}} }}\nfirewall-rules:\n{lines}")
}

/// A text is its words: neither the files' blanks nor the controller's are a difference, in any list of rules.
#[test]
fn blanks_in_rules_are_no_difference() {
    let plain = "FORWARD_CUST -s 10.0.0.0/8 -j ACCEPT";
    let spaced = "  FORWARD_CUST   -s 10.0.0.0/8  -j ACCEPT ";
    let bodies: [fn(&str) -> String; 4] = [
        |rule| format!("firewall-rules: [ {{ rule: '{rule}' }}, {{ rule: 'INPUT_CUST -j DROP' }} ]"),
        |rule| format!("firewall-rules: {{ partial: last, items: [ {{ rule: '{rule}' }} ] }}"),
        |rule| format!("firewall-v1-rules: [ {{ rule: '{rule}' }}, {{ rule: 'INPUT_CUST -j DROP' }} ]"),
        |rule| {
            let own = rule.replace("FORWARD_CUST", "web");
            format!("firewall-subtables: {{ web: {{ type: forward, rules: [ {{ rule: '{own}' }} ] }} }}")
        },
    ];
    let subgroups: [fn(&str) -> String; 2] = [
        |rule| format!("firewall-v1-subgroups: {{ FWD_C_web: {{ rules: ['{}'] }} }}", rule.replace("FORWARD_CUST", "")),
        |rule| {
            let own = rule.replace("FORWARD_CUST", "FWD_C_web");
            format!("firewall-v1-subgroups: {{ FWD_C_web: {{ rules: ['{own}'] }} }}")
        },
    ];
    for body in bodies.into_iter().chain(subgroups) {
        for (first, then) in [(plain, spaced), (spaced, plain)] {
            let sim = Sim::start();
            let bench = lab(&sim, &body(first));
            bench.apply();
            writes(&sim);
            assert_eq!(bench.plan()["steps"], json!([]), "{}", body(first));
            bench.write("vns3.yaml", &file(&body(then)));
            assert_eq!(bench.plan()["steps"], json!([]), "{}", body(then));
            bench.apply();
            assert_eq!(writes(&sim), Vec::<String>::new(), "{}", body(then));
        }
    }
    // And what the controller shows with other blanks.
    let sim = Sim::start();
    let bench = lab(&sim, &bodies[0](plain));
    bench.apply();
    let id = read(&sim, "/v2/firewall/rules")[0]["id"].as_str().unwrap().to_owned();
    let set = json!({ "rule": "FORWARD_CUST  -s 10.0.0.0/8 -j   ACCEPT\n" });
    sim.call(CONTROLLER, "api:opens", "PUT", &format!("/v2/firewall/rules/{id}"), &set);
    assert_eq!(bench.plan()["steps"], json!([]));
    bench.run(&["drift"]).expect(0);
    let set = json!({ "rule": "FORWARD_CUST -s 10.0.0.0/8 -j DROP" });
    sim.call(CONTROLLER, "api:opens", "PUT", &format!("/v2/firewall/rules/{id}"), &set);
    assert_ne!(bench.plan()["steps"], json!([]));
}

/// With its subgroup's name before it, or without, it is the same line, and the name is sent once.
#[test]
fn a_line_of_a_subgroup_or_set_has_its_name_once() {
    let both = |name: &str| {
        format!(
            "firewall-v1-fwsets: {{ NETS_LAN: {{ entries: ['{}10.1.0.0/16', 10.2.0.0/16] }} }}\n\
             firewall-v1-subgroups: {{ FWD_C_web: {{ rules: ['{}-s 10.0.0.0/8 -j DROP', '-j ACCEPT'] }} }}",
            if name.is_empty() { "" } else { "NETS_LAN " },
            if name.is_empty() { "" } else { "FWD_C_web " },
        )
    };
    let sim = Sim::start();
    let bench = lab(&sim, &both("with"));
    bench.apply();
    assert_eq!(
        read(&sim, "/firewall/rules/subgroup"),
        json!(["FWD_C_web -s 10.0.0.0/8 -j DROP", "FWD_C_web -j ACCEPT"])
    );
    assert_eq!(read(&sim, "/firewall/fwsets"), json!(["NETS_LAN 10.1.0.0/16", "NETS_LAN 10.2.0.0/16"]));
    assert_eq!(bench.plan()["steps"], json!([]));
    bench.write("vns3.yaml", &file(&both("")));
    assert_eq!(bench.plan()["steps"], json!([]));
}

/// What a long list's plan is worth: three moved, one inserted and two deleted of 2,000 are six lines and one write.
#[test]
fn six_edits_of_two_thousand_rules_are_six_lines_and_one_write() {
    let sim = Sim::start();
    let mut texts: Vec<String> = (0..2000).map(rule).collect();
    let bench = lab(&sim, &rules(&texts));
    bench.apply();
    let ids = |rules: &Value| -> Vec<(String, String)> {
        let id = |rule: &Value| (rule["rule"].as_str().unwrap().to_owned(), rule["id"].as_str().unwrap().to_owned());
        rules.as_array().unwrap().iter().map(id).collect()
    };
    let before = ids(&read(&sim, "/v2/firewall/rules"));
    assert_eq!(before.len(), 2000);
    let members = read(&sim, "/v2/firewall/rules-groups")[0]["rules"].clone();
    assert_eq!(members.as_array().unwrap().len(), 4);

    // The members of the group keep their places in the file, so that nothing but the list's order changes.
    let grouped: Vec<String> = (0..4).map(|n| rule(n * 500)).collect();
    for (from, to) in [(1100, 101), (1700, 303), (42, 1888)] {
        let moved = texts.remove(from);
        texts.insert(to, moved);
    }
    texts.remove(777);
    texts.remove(1234);
    texts.insert(900, "FORWARD_CUST -s 172.16.0.0/12 -j DROP".to_owned());
    let lines: String = texts
        .iter()
        .map(|text| {
            format!("  - {{ rule: '{text}'{} }}\n", if grouped.contains(text) { ", groups: [watched]" } else { "" })
        })
        .collect();
    let after = format!("firewall-rule-groups: {{ watched: {{}} }}\nfirewall-rules:\n{lines}");
    bench.write("vns3.yaml", &file(&after));

    let plan = bench.plan();
    let steps = plan["steps"].as_array().unwrap();
    assert_eq!(steps.len(), 1, "{steps:#?}");
    assert_eq!(steps[0]["calls"].as_array().unwrap().len(), 1);
    let edits = steps[0]["fields"][0]["edits"].as_array().unwrap();
    let mut sorts: Vec<&str> = edits.iter().map(|edit| edit["edit"].as_str().unwrap()).collect();
    sorts.sort();
    assert_eq!(sorts, ["delete", "delete", "insert", "move", "move", "move"], "{edits:#?}");
    let text = bench.run(&["plan"]).expect(0).says("1 inserted, 3 moved, 2 deleted").out;
    let marked =
        |line: &&str| line.contains("FORWARD_CUST") && line.trim_start().starts_with(['+', '-', '~', '>', '↕']);
    assert_eq!(text.lines().filter(marked).count(), 6, "{text}");

    writes(&sim);
    bench.apply();
    assert_eq!(writes(&sim), ["PUT /api/v2/firewall/rules"]);
    let now = ids(&read(&sim, "/v2/firewall/rules"));
    assert_eq!(now.iter().map(|(rule, _)| rule.clone()).collect::<Vec<_>>(), texts);
    let kept = now.iter().filter(|pair| before.contains(pair)).count();
    assert_eq!(kept, 1998, "every rule that stays keeps its id");
    assert_eq!(read(&sim, "/v2/firewall/rules-groups")[0]["rules"], members, "and its group");
    bench.run(&["plan", "--exit-code"]).expect(0);
}

/// The controller says 200 and lists what it did not take.
#[test]
fn a_rule_that_is_refused_fails_the_apply() {
    let sim = Sim::start();
    let bench = lab(
        &sim,
        "firewall-rules:\n  - { rule: FORWARD_CUST -j ACCEPT }\n  - { rule: FORWARD_CUST -s 10.1.2. -j DROP }\n",
    );
    let ran = bench.run(&["apply", "--yes", "--quiet"]).expect(5);
    ran.says("FORWARD_CUST -s 10.1.2. -j DROP").says("host/network `10.1.2.' not found");
    bench.run(&["plan", "--exit-code"]).expect(2);
}

const NAMED: &str = "
system-variables: { office: { value: 10.7.0.0/16 } }
firewall-fwsets:
  all: { type: list, entries: [{ entry: lan }, { entry: wan }] }
  lan: { type: net, description: One of all, entries: [{ entry: 10.1.0.0/16, comment: as wan }] }
  wan: { type: net, entries: [{ entry: 10.2.0.0/16 }] }
firewall-subtables:
  checks: { type: forward, rules: [{ rule: checks -m set --match-set lan src -j ACCEPT }] }
firewall-rule-groups: { watched: {} }
firewall-rules:
  - { rule: FORWARD_CUST -m set --match-set all src -j ACCEPT, groups: [watched] }
  - { rule: 'FORWARD_CUST -s $${custom_office} -j checks' }
";

#[test]
fn what_rules_name_comes_before_them_and_goes_after_them() {
    let sim = Sim::start();
    let bench = lab(&sim, NAMED);
    writes(&sim);
    bench.apply();
    let order = writes(&sim);
    let at = |order: &[String], words: &str| {
        order.iter().position(|line| line.contains(words)).unwrap_or_else(|| panic!("`{words}` is not in {order:#?}"))
    };
    let sets = read(&sim, "/v2/firewall/fwsets");
    assert_eq!(
        sets.as_array().unwrap().last().unwrap()["name"],
        "all",
        "a set of sets comes after those that it names"
    );
    assert_eq!(at(&order, "PUT /api/v2/firewall/rules"), order.len() - 1);

    // Without its rules the firewall lets everything pass: that has to be meant, and what rules name has to stay till then.
    let held = bench.destroy(&["--quiet"]);
    held.says("--allow destroy=east/firewall-rules").says("`east/firewall-rules` needs it and is held");
    assert_eq!(read(&sim, "/v2/firewall/rules").as_array().unwrap().len(), 2);
    assert_eq!(read(&sim, "/v2/firewall/fwsets").as_array().unwrap().len(), 3);

    writes(&sim);
    bench.destroy(&["--quiet", "--allow", "destroy=east/firewall-rules"]).expect(0);
    let order = writes(&sim);
    assert_eq!(at(&order, "PUT /api/v2/firewall/rules"), 0, "{order:#?}");
    assert!(at(&order, "fwsets/all") < at(&order, "fwsets/lan"), "{order:#?}");
    assert!(at(&order, "subtables/checks") < at(&order, "fwsets/lan"), "{order:#?}");
    for path in ["/v2/firewall/rules", "/v2/firewall/fwsets", "/v2/firewall/subtables", "/v2/firewall/rules-groups"] {
        assert_eq!(read(&sim, path), json!([]), "{path}");
    }
    assert_eq!(read(&sim, "/system/variables")["custom"], json!([]));
}

const PLUGIN: &str = "
container-system: { running: true }
plugins: { ids: { name: ids, image_url: 'https://images.example/ids.tar.gz', command: /opt/ids } }
plugin-instances:
  tap:
    plugin_id: ids
    plugin-instance-firewall:
      web: { preset: port_map, host_port: 10000, container_port: 3000, protocol: tcp }
";

/// A way to a plugin becomes a rule of the same list: whoever writes the list must not wipe it out, and shows no noise.
#[test]
fn the_rules_of_plugins_stand_among_the_users_own() {
    let sim = Sim::start();
    let own = |text: &str| format!("{PLUGIN}firewall-rules:\n  - {{ rule: '{text}' }}\n");
    let bench = lab(&sim, &own("FORWARD_CUST -s 10.1.0.0/16 -j ACCEPT"));
    bench.apply();
    bench.run(&["plan", "--exit-code"]).expect(0);
    bench.write("vns3.yaml", &file(&own("FORWARD_CUST -s 10.2.0.0/16 -j ACCEPT")));
    let edits = bench.plan()["steps"][0]["fields"][0]["edits"].clone();
    assert!(!edits.to_string().contains("10000"), "{edits}");
    bench.apply();
    let texts = |sim: &Sim| -> Vec<String> {
        let rules = read(sim, "/v2/firewall/rules");
        rules.as_array().unwrap().iter().map(|rule| rule["rule"].as_str().unwrap().to_owned()).collect()
    };
    let now = texts(&sim);
    assert_eq!(now.len(), 2, "{now:?}");
    assert!(now.iter().any(|text| text.contains("--dport 10000")), "{now:?}");
    assert!(now.iter().any(|text| text.contains("10.2.0.0/16")), "{now:?}");

    // The list goes, and leaves what is not the user's.
    bench.write("vns3.yaml", &file(PLUGIN));
    bench.run(&["plan"]).says("--allow destroy=east/firewall-rules");
    bench.run(&["apply", "--yes", "--quiet", "--allow", "destroy=east/firewall-rules"]).expect(0);
    let left = texts(&sim);
    assert!(left.len() == 1 && left[0].contains("--dport 10000"), "{left:?}");

    // So does the way to the plugin, by its own resource.
    let without = PLUGIN.lines().take_while(|line| !line.contains("plugin-instance-firewall")).collect::<Vec<_>>();
    bench.write("vns3.yaml", &file(&without.join("\n")));
    bench.apply();
    assert_eq!(texts(&sim), Vec::<String>::new());
    bench.run(&["plan", "--exit-code"]).expect(0);
}

/// Whose a rule is can't be told without the plugins: then the list is left alone.
#[test]
fn a_list_is_left_alone_while_its_other_writers_can_not_be_seen() {
    let sim = Sim::start();
    let bench = lab(&sim, "firewall-rules:\n  - { rule: FORWARD_CUST -j ACCEPT }\n");
    let fault = json!([{ "method": "GET", "path": "/api/plugin-instances", "status": 500 }]);
    sim.side_door("POST", "/faults", &fault);
    writes(&sim);
    bench.run(&["apply", "--yes", "--quiet"]).says("`plugin-instances`");
    assert_eq!(writes(&sim), Vec::<String>::new());
}

/// Lists that API v1 takes as one text hold what is secret, or known only once a deployment is there, like all else.
#[test]
fn lines_of_api_v1_are_sent_whatever_is_in_them() {
    let sim = Sim::start();
    let outputs = "outputs: { one: { value: 10.9.0.0/16 }, two: { value: [10.7.0.0/16, 10.8.0.0/16] } }";
    let blueprint =
        format!("tosca_definitions_version: cloudify_dsl_1_3\nimports: [cloudify/types/types.yaml]\n{outputs}\n");
    let manager = "cloudify:\n  m:\n    at: https://203.0.113.40/api/v3.1\n    tenant: default_tenant\n    \
                   credentials: { username: admin, password: '${secret.api}' }\n    blueprints: { b: { source: b } }\n    \
                   deployments: { d: { blueprint_id: b } }\n";
    let rules = "firewall-v1-rules:\n  \
                 - { rule: 'FORWARD_CUST -m string --string ${secret.psk} -j DROP' }\n  \
                 - { rule: 'FORWARD_CUST -s ${m/deployments/d.outputs.one} -j DROP' }\n  \
                 - { rule: FORWARD_CUST -j ACCEPT }\n\
                 firewall-v1-fwsets:\n  \
                 NETS_A: { entries: ['${m/deployments/d.outputs.one}', 10.1.0.0/16] }\n  \
                 NETS_B: { entries: '${m/deployments/d.outputs.two}' }\n\
                 firewall-v1-subgroups: { FWD_C_A: { rules: ['-m string --string ${secret.psk} -j DROP'] } }\n";
    let workspace = "workspace: lab\nsecrets: { api: { file: api.txt }, psk: { file: psk.txt } }\n";
    let files = [
        ("trueup.yaml", workspace),
        ("vns3.yaml", &file(rules)),
        ("manager.yaml", manager),
        ("b/blueprint.yaml", &blueprint),
        ("api.txt", "opens"),
        ("psk.txt", "canary-psk"),
    ];
    let bench = Bench::of(&files, &sim);
    bench.apply();
    bench.run(&["plan", "--exit-code"]).expect(0);
    let rules = read(&sim, "/firewall/rules").to_string();
    for told in ["--string canary-psk -j DROP", "-s 10.9.0.0/16 -j DROP", "-j ACCEPT"] {
        assert!(rules.contains(told), "{rules}");
    }
    let sets = read(&sim, "/firewall/fwsets?verbose=true").to_string();
    for told in ["NETS_A 10.9.0.0/16", "NETS_A 10.1.0.0/16", "NETS_B 10.7.0.0/16", "NETS_B 10.8.0.0/16"] {
        assert!(sets.contains(told), "{sets}");
    }
    assert!(read(&sim, "/firewall/rules/subgroup?verbose=true").to_string().contains("--string canary-psk -j DROP"));
}
