//! Outputs that a step of another kind changes are taken after it.

use serde_json::{Value, json};

use crate::bench::Bench;
use crate::support::Sim;

const TRUEUP: (&str, &str) = (
    "trueup.yaml",
    "workspace: lab\nsecrets: { word: { file: word.txt } }\npolicy: { allow: { irreversible: [\"**\"] } }\n",
);
const WORD: (&str, &str) = ("word.txt", "stand-in\n");

/// A controller with a number of its own.
const WEST: &str = "vns3:
  west:
    at: https://203.0.113.12:8000/api
    credentials: { password: '${secret.word}' }
    config: {}
    peering-self: { id: 3 }
";

/// The steps of a plan: verb and address, and the addresses that each waits for.
fn steps(bench: &Bench) -> Vec<(String, Vec<String>)> {
    let plan = bench.plan();
    let steps = plan["steps"].as_array().unwrap();
    let name = |step: &Value| format!("{} {}", step["verb"].as_str().unwrap(), step["address"].as_str().unwrap());
    let after = |step: &Value| -> Vec<String> {
        let after = step["after"].as_array().into_iter().flatten();
        after.filter_map(|edge| Some(name(&steps[usize::try_from(edge["step"].as_u64()?).unwrap()]))).collect()
    };
    steps.iter().map(|step| (name(step), after(step))).collect()
}

fn at<'s>(steps: &'s [(String, Vec<String>)], name: &str) -> &'s [String] {
    let found = steps.iter().find(|(step, _)| step == name);
    &found.unwrap_or_else(|| panic!("`{name}` is not among {steps:?}")).1
}

/// Each output that a controller's number decides, and who takes it: at another controller, and at its own.
#[test]
fn what_a_number_decides_is_taken_after_it() {
    for (output, east, west) in [
        ("west/config.asn", "value: \"${west/config.asn}\"", "value: \"${west/config.asn}\""),
        ("west/config.manager_id", "value: \"number ${west/config.manager_id}\"", "value: west"),
        ("west/config.overlay_ipaddress", "value: \"${west/config.overlay_ipaddress}/32\"", "value: west"),
        ("west/ipsec-local.asn", "value: \"${west/ipsec-local.asn}\"", "value: west"),
    ] {
        let topology = format!(
            "vns3:
  east:
    at: https://203.0.113.11:8000/api
    credentials: {{ password: '${{secret.word}}' }}
    system-variables: {{ taken: {{ {east} }} }}
  west:
    at: https://203.0.113.12:8000/api
    credentials: {{ password: '${{secret.word}}' }}
    config: {{ controller_name: west }}
    ipsec-local: {{ ipsec_local_ipaddress: 192.0.2.254 }}
    peering-self: {{ id: 3 }}
    system-variables: {{ own: {{ {west} }} }}
"
        );
        let sim = Sim::start();
        let bench = Bench::of(&[TRUEUP, WORD, ("vns3.yaml", &topology)], &sim);
        let planned = steps(&bench);
        let look = format!("find {}", output.split('.').next().unwrap());
        assert!(at(&planned, &look).contains(&"update west/peering-self".to_owned()), "{output}: {planned:?}");
        let taken = at(&planned, "create east/system-variables/taken");
        assert!(taken.contains(&look), "{output}: {planned:?}");
        bench.run(&["plan", "--out", "plan.json"]).expect(0).says("(known after apply)");
        // What is found anew is so in a plan that lay in a file, too.
        bench.run(&["apply", "plan.json", "--yes", "--quiet"]).expect(0);
        let config = sim.call(("vns3", "west"), "api:stand-in", "GET", "/config", &Value::Null)["response"].clone();
        let variables =
            sim.call(("vns3", "east"), "api:stand-in", "GET", "/system/variables", &Value::Null)["response"].clone();
        let field = output.split('.').nth(1).unwrap();
        let value = match &config[field] {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let custom = variables["custom"].as_array().unwrap();
        assert!(custom[0]["value"].as_str().unwrap().contains(&value), "{output}: {value} in {variables}");
        assert_eq!(bench.plan()["steps"], json!([]), "{output}");
    }
}

/// Where the number is there already, nothing is looked at anew.
#[test]
fn what_stays_is_taken_as_it_is() {
    let sim = Sim::start();
    let bench = Bench::of(&[TRUEUP, WORD, ("vns3.yaml", WEST)], &sim);
    bench.apply();
    bench.write("more.yaml", "vns3: { west: { system-variables: { own: { value: \"${west/config.asn}\" } } } }\n");
    assert_eq!(steps(&bench), [("create west/system-variables/own".to_owned(), Vec::new())]);
    bench.apply();
    assert_eq!(bench.plan()["steps"], json!([]));
}

/// What a held number decides is not taken as it was.
#[test]
fn what_a_held_number_decides_waits_for_it() {
    let topology = format!("{WEST}    system-variables: {{ own: {{ value: \"${{west/config.asn}}\" }} }}\n");
    let sim = Sim::start();
    let bench = Bench::of(&[TRUEUP, WORD, ("vns3.yaml", &topology)], &sim);
    bench.edit("trueup.yaml", "policy: { allow: { irreversible: [\"**\"] } }\n", "");
    let ran = bench.run(&["plan"]);
    ran.says("west/system-variables/own  it needs `west/peering-self`, which is held");
}
