//! Questions to a running 7.1 manager and its answers, pair by pair, and the simulator's answers beside it.

use super::plugins::{IMPORTING, wagon, zip};
use super::*;

#[test]
fn the_simulator_answers_as_the_manager_did() {
    laboratory().play(include_str!("../../../../../tests/fixtures/cloudify-observed.txt"));
}

/// A manager as it was before the first request.
fn laboratory() -> Desk {
    let text = |nodes: &str| {
        format!("tosca_definitions_version: cloudify_dsl_1_4\nimports: [ cloudify/types/types.yaml ]\n{nodes}")
    };
    let of = |nodes: &str| blueprint(&text(nodes));
    let changed = TRIVIAL
        .replace("hello", "hola")
        .replace("node_templates: {", "node_templates: { second: { type: cloudify.nodes.Root },");
    let secret = "inputs: { must: { type: string } }\nnode_templates: { only: { type: cloudify.nodes.Root } }";
    // Its upper node had another name there, and it no input beside those that show.
    let nodes = OPS.replace("top", "app").replace("  simulate_failure: { type: string, default: '' }\n", "");
    let mut desk = desk()
        .file("trivial", of(TRIVIAL))
        .file("trivial-zip", zipped(&[("bp/blueprint.yaml", text(TRIVIAL).as_bytes())]))
        .file("v2", of(&changed))
        .file("unknown-type", of("node_templates: { a: { type: no.such.Type } }"))
        .file("no-yaml", blueprint(": : not yaml ["))
        .file("no-folder", tar_gz(&[("blueprint.yaml", b"a: 1"), ("other.txt", b"x")]))
        .file("junk", b"junk!".to_vec())
        .file("empty", Vec::new())
        .file("ops", blueprint(&nodes))
        .file("ops2", blueprint(&nodes.replace("# extra", "extra: { type: cloudify.nodes.Root }")))
        .file("secretbp", of(secret))
        .file("wagon", wagon("1.0.0"))
        .file("plugin", zip("1.0.0"))
        .file("plugin-1.1", zip("1.1.0"))
        .file("plugbp", blueprint(IMPORTING));
    admit(&mut desk, PEOPLE);
    desk.play("POST user-groups {\"group_name\": \"netops\", \"ldap_group_dn\": \"CN=netops,DC=x\"}\n-> 201");
    desk
}

const TRIVIAL: &str = "
description: trivial lab blueprint
inputs: { greeting: { default: hello }, size: { type: integer, default: 1 } }
node_templates: { root_node: { type: cloudify.nodes.Root } }
";

/// Who was there before, with their roles in the other tenant.
const PEOPLE: &[(&str, Option<&str>)] = &[
    ("amy", Some("viewer")),
    ("vera", Some("viewer")),
    ("uma", Some("user")),
    ("bob", Some("manager")),
    ("role_manager", None),
    ("role_viewer", Some("viewer")),
    ("role_operations", Some("operations")),
    ("role_user", Some("user")),
];
