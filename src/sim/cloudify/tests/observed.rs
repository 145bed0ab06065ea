//! What a running 7.1 manager was asked and answered, pair by pair, and the simulator's answers beside it.

use super::plugins::{IMPORTING, wagon, zip};
use super::*;

#[test]
fn the_simulator_answers_as_the_manager_did() {
    laboratory().play(include_str!("../../../providers/cloudify/observed.txt"));
}

/// A manager as it was before the first request.
fn laboratory() -> Desk {
    let text = |nodes: &str| {
        format!("tosca_definitions_version: cloudify_dsl_1_3\nimports: [ cloudify/types/types.yaml ]\n{nodes}")
    };
    let of = |nodes: &str| blueprint(&text(nodes));
    let changed = TRIVIAL
        .replace("hello", "hola")
        .replace("node_templates: {", "node_templates: { second: { type: cloudify.nodes.Root },");
    let secret = "inputs: { must: { type: string } }\nnode_templates: { only: { type: cloudify.nodes.Root } }";
    let mut desk = desk()
        .file("trivial", of(TRIVIAL))
        .file("trivial-zip", zipped(&[("bp/blueprint.yaml", text(TRIVIAL).as_bytes())]))
        .file("v2", of(&changed))
        .file("unknown-type", of("node_templates: { a: { type: no.such.Type } }"))
        .file("no-yaml", blueprint(": : not yaml ["))
        .file("no-folder", tar_gz(&[("blueprint.yaml", b"a: 1"), ("other.txt", b"x")]))
        .file("junk", b"junk!".to_vec())
        .file("empty", Vec::new())
        .file("ops", of(NODES))
        .file("ops2", of(&NODES.replace("# extra", "extra: { type: cloudify.nodes.Root }")))
        .file("secretbp", of(secret))
        .file("wagon", wagon("1.0.0"))
        .file("plugin", zip("1.0.0"))
        .file("plugin-1.1", zip("1.1.0"))
        .file("plugbp", blueprint(IMPORTING));
    desk.play(PEOPLE);
    desk
}

const TRIVIAL: &str = "
description: trivial lab blueprint
inputs: { greeting: { default: hello }, size: { type: integer, default: 1 } }
node_templates: { root_node: { type: cloudify.nodes.Root } }
";

/// The blueprint of most observations: two nodes, one relationship, an output from a runtime property.
const NODES: &str = "
inputs:
  mode: { type: string, default: ok }
  nap: { type: integer, default: 0 }
  label: { type: string, default: one }
node_templates:
  base: { type: cloudify.nodes.Root }
  # extra
  app:
    type: cloudify.nodes.Root
    properties:
      simulate_runtime_properties: { addr: { concat: [ 10.0.0.5-, { get_input: label } ] } }
      simulate_failure: { get_input: mode }
    interfaces: { cloudify.interfaces.lifecycle: { create: op.sh, start: op.sh } }
    relationships: [ { type: cloudify.relationships.depends_on, target: base } ]
outputs: { addr: { value: { get_attribute: [ app, addr ] } } }
capabilities: { addr: { value: { get_attribute: [ app, addr ] } } }
";

/// Who was there before.
const PEOPLE: &str = r#"
    POST tenants/acme1
    -> 201
    PUT users {"username": "amy", "password": "amyamy"}
    -> 201
    PUT users {"username": "vera", "password": "veravera"}
    -> 201
    PUT users {"username": "uma", "password": "umauma"}
    -> 201
    PUT users {"username": "bob", "password": "bobbob"}
    -> 201
    PUT users {"username": "role_manager", "password": "role_managerrole_manager"}
    -> 201
    PUT users {"username": "role_user", "password": "role_userrole_user"}
    -> 201
    PUT users {"username": "role_operations", "password": "role_operationsrole_operations"}
    -> 201
    PUT users {"username": "role_viewer", "password": "role_viewerrole_viewer"}
    -> 201
    PUT tenants/users {"username": "amy", "tenant_name": "acme1", "role": "viewer"}
    -> 200
    PUT tenants/users {"username": "vera", "tenant_name": "acme1", "role": "viewer"}
    -> 200
    PUT tenants/users {"username": "uma", "tenant_name": "acme1", "role": "user"}
    -> 200
    PUT tenants/users {"username": "bob", "tenant_name": "acme1", "role": "manager"}
    -> 200
    PUT tenants/users {"username": "role_viewer", "tenant_name": "acme1", "role": "viewer"}
    -> 200
    PUT tenants/users {"username": "role_operations", "tenant_name": "acme1", "role": "operations"}
    -> 200
    PUT tenants/users {"username": "role_user", "tenant_name": "acme1", "role": "user"}
    -> 200
    POST user-groups {"group_name": "netops", "ldap_group_dn": "CN=netops,DC=x"}
    -> 201
"#;
