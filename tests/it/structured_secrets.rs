//! Secrets that are no text: any JSON with a schema, as secret in every part as a text is.

use serde_json::{Value, json};

use crate::bench::{Bench, Ran};
use crate::support::Sim;

const ENVELOPE: &str = "
workspace: lab
secrets: { pw: { env: PASSWORD }, key: { file: key.txt } }
";

/// What nothing may show: a text from a file, and a number.
const CANARIES: [&str; 3] = ["canary-structured-3371", "8675309", "5551212"];

/// A structured secret with a number and a text in it.
const ACCOUNT: &str = "{ value: { pin: 8675309, deep: [{ key: '${secret.key}' }, true] }, schema: { type: object, properties: { pin: { type: integer } } } }";

/// A manager, and a workspace with one secret on it.
struct Lab {
    sim: Sim,
    bench: Bench,
}

impl Lab {
    fn new(version: Option<&str>, secret: &str) -> Lab {
        let sim = Sim::of("cloudify", version);
        let topology = format!(
            "
cloudify:
  m:
    at: https://manager.example/api/v3.1
    credentials: {{ username: admin, password: '${{secret.pw}}' }}
    secrets:
      one: {secret}
"
        );
        let files = [("trueup.yaml", ENVELOPE), ("m.yaml", topology.as_str()), ("key.txt", CANARIES[0])];
        Lab { bench: Bench::of(&files, &sim), sim }
    }

    /// Runs the program, and makes sure that it keeps the secrets.
    #[track_caller]
    fn run(&self, arguments: &[&str]) -> Ran {
        self.bench.run_discreetly(arguments, &CANARIES)
    }

    #[track_caller]
    fn apply(&self) {
        self.run(&["apply", "--yes", "--quiet"]).expect(0);
        self.run(&["plan", "--exit-code"]).expect(0);
    }

    /// Sends the manager a request past the program.
    fn call(&self, method: &str, body: &Value) -> Value {
        self.sim.call(("cloudify", "m"), "admin:simulated-pw", method, "/secrets/one", body)
    }
}

/// Every part arrives with its type, is compared, and is shown nowhere.
#[test]
fn a_structured_secret_lives_its_life() {
    let lab = Lab::new(None, ACCOUNT);
    lab.run(&["plan", "--calls"]).expect(0);
    lab.run(&["plan", "--format", "json"]).expect(0).says("(secret");
    lab.apply();
    let value = json!({ "pin": 8675309, "deep": [{ "key": CANARIES[0] }, true] });
    assert_eq!(lab.call("GET", &Value::Null)["value"], value);
    lab.run(&["export", "m", "--out", ".trueup/exported"]).expect(0);

    lab.bench.edit("m.yaml", "8675309", "5551212");
    lab.run(&["plan"]).expect(0).says("1 to update").says("value: (not shown by the API) →");
    lab.apply();
    assert_eq!(lab.call("GET", &Value::Null)["value"]["pin"], 5551212);
    lab.bench.edit("m.yaml", "type: integer", "type: number");
    lab.run(&["plan"]).expect(0).says("1 to replace");
    lab.apply();
}

/// A key too many at the manager is a difference, as is one that has another value.
#[test]
fn drift_within_a_structured_secret_shows() {
    for value in [json!({ "pin": 8675309, "deep": [{ "key": CANARIES[0] }, true], "more": 1 }), json!({ "pin": 1 })] {
        let lab = Lab::new(None, ACCOUNT);
        lab.apply();
        let schema = lab.call("GET", &Value::Null)["schema"].clone();
        lab.call("PUT", &json!({ "value": value, "schema": schema, "update_if_exists": true }));
        lab.run(&["drift"]).expect(4).says("value");
        lab.apply();
        assert_eq!(lab.call("GET", &Value::Null)["value"]["pin"], 8675309);
    }
}

/// With a schema a number is a number; without, its digits are text, as they always were.
#[test]
fn a_number_is_one_where_a_schema_says_so() {
    let lab = Lab::new(None, "{ value: 8675309, schema: { type: number } }");
    lab.apply();
    assert_eq!(lab.call("GET", &Value::Null)["value"], 8675309);
    lab.bench.edit("m.yaml", "8675309", "5551212");
    lab.apply();
    for version in [None, Some("4.5")] {
        let lab = Lab::new(version, "{ value: 8675309 }");
        lab.apply();
        assert_eq!(lab.call("GET", &Value::Null)["value"], "8675309");
        lab.bench.edit("m.yaml", "8675309", "'5551212'");
        lab.run(&["plan"]).expect(0).says("1 to update");
        lab.apply();
    }
}

/// What only fails at the manager, without a word why, is told before anything is sent.
#[test]
fn a_structured_value_needs_a_schema() {
    let lab = Lab::new(None, "{ value: { pin: 8675309 } }");
    let refused = lab.bench.run(&["validate"]).expect(3);
    refused.says("expected text, found a map").says("with `schema` it may be any JSON");
}

/// A server that knows no schema is not sent one.
#[test]
fn an_older_server_is_not_told_a_schema() {
    for version in ["4.5", "6.4"] {
        let lab = Lab::new(Some(version), ACCOUNT);
        let plan = lab.run(&["plan"]).expect(0);
        assert!(plan.out.contains("has no call that sets `schema`"), "{version}: {}", plan.all());
    }
}

/// A value that breaks its schema is refused in the manager's words, with what is secret in them covered.
#[test]
fn a_value_that_breaks_its_schema_is_refused() {
    let lab = Lab::new(None, "{ value: { pin: '${secret.key}' }, schema: { properties: { pin: { type: integer } } } }");
    let failed = lab.run(&["apply", "--yes", "--quiet"]).expect(5);
    assert!(failed.out.contains("Error validating secret value"), "{}", failed.all());
    assert!(failed.out.contains("is not of type 'integer'"), "{}", failed.all());
}

/// What a schema is about is changed where it is, whatever its type, and can be read afterwards: without a key too many.
#[test]
fn a_value_with_a_schema_is_changed_in_place() {
    for (schema, before, after) in [
        ("string", json!("12 again"), json!("13 again")),
        ("integer", json!(5), json!(6)),
        ("boolean", json!(true), json!(false)),
        ("array", json!([1, "a"]), json!([2])),
        ("object", json!({ "a": 1 }), json!({ "b": { "c": "x" } })),
    ] {
        let lab = Lab::new(None, &format!("{{ value: {before}, schema: {{ type: {schema} }} }}"));
        lab.apply();
        lab.bench.edit("m.yaml", &format!("value: {before}"), &format!("value: {after}"));
        lab.run(&["plan"]).expect(0).says("1 to update");
        lab.apply();
        assert_eq!(lab.call("GET", &Value::Null)["value"], after, "{schema}");
        // Who sees it is another call.
        lab.bench.edit("m.yaml", "schema:", "is_hidden_value: true, schema:");
        lab.apply();
        let live = lab.call("GET", &Value::Null);
        assert_eq!((&live["is_hidden_value"], &live["value"]), (&json!(true), &after), "{schema}");
    }
}

/// A secret that comes from elsewhere is text; a schema says what it stands for.
#[test]
fn a_secret_from_elsewhere_is_what_the_schema_says() {
    for (schema, text, value) in [
        ("{ type: integer }", "8675309", json!(8675309)),
        ("{ type: boolean }", "false", json!(false)),
        (
            "{ type: [object, 'null'] }",
            r#"{"host": "h", "pins": [8675309]}"#,
            json!({ "host": "h", "pins": [8675309] }),
        ),
        ("{ type: string }", "8675309", json!("8675309")),
        ("{ type: [string, integer] }", "8675309", json!("8675309")),
        ("{ minLength: 1 }", "8675309", json!("8675309")),
    ] {
        let lab = Lab::new(None, &format!("{{ value: '${{secret.key}}', schema: {schema} }}"));
        lab.bench.write("key.txt", text);
        lab.apply();
        assert_eq!(lab.call("GET", &Value::Null)["value"], value, "{schema}");
    }
    // What is no JSON is refused in the manager's words.
    let lab = Lab::new(None, "{ value: '${secret.key}', schema: { type: integer } }");
    lab.run(&["apply", "--yes", "--quiet"]).expect(5).says("is not of type 'integer'");
    // An integer that differs is no longer the same.
    let lab = Lab::new(None, "{ value: '${secret.key}', schema: { type: integer } }");
    lab.bench.write("key.txt", "8675309");
    lab.apply();
    lab.bench.write("key.txt", "5551212");
    lab.run(&["plan"]).expect(0).says("1 to update");
    lab.apply();
    assert_eq!(lab.call("GET", &Value::Null)["value"], 5551212);
}

/// What nobody here declares a schema of is not made unreadable.
#[test]
fn a_value_whose_schema_is_not_declared_is_held() {
    let lab = Lab::new(None, "{ value: '${secret.key}' }");
    lab.call("PUT", &json!({ "value": "before", "schema": { "type": "string" } }));
    let held = lab.run(&["plan", "--allow", "take-over=m/secrets/one"]);
    held.says("declare that, too");
}
