//! The cluster of 4.x (cloudify.md#cluster). One manager: joining is recorded, nothing replicates.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::Product;
use super::call::Call;
use super::made_up::Source;
use super::refusal::{Outcome, bad_parameters, conflict, no_such};
use super::release::{CLUSTER, Release};
use super::route::{Need, Route, route};
use super::status::project;
use super::world::World;
use crate::Setup;
use wire::{Method, Response};

/// The area's routes.
pub(crate) static ROUTES: &[Route] = &[
    route(Method::Get, "cluster", "cluster_state_get", Need::Login, get).untenanted().only(CLUSTER),
    route(Method::Put, "cluster", "cluster_update", Need::Admin, start).untenanted().only(CLUSTER),
    route(Method::Patch, "cluster", "cluster_update", Need::Admin, configure).untenanted().only(CLUSTER),
    route(Method::Get, "cluster/nodes", "cluster_node_list", Need::Login, nodes).untenanted().only(CLUSTER),
    route(Method::Get, "cluster/nodes/{}", "cluster_node_get", Need::Login, node).untenanted().only(CLUSTER),
    route(Method::Put, "cluster/nodes/{}", "cluster_node_create", Need::Admin, add).untenanted().only(CLUSTER),
    route(Method::Delete, "cluster/nodes/{}", "cluster_node_delete", Need::Admin, remove).untenanted().only(CLUSTER),
];

/// The cluster.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Cluster {
    nodes: Vec<Member>,
    settings: Map<String, Value>,
    started_at: Option<u64>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Member {
    name: String,
    host_ip: String,
    master: bool,
    credentials: String,
}

impl Cluster {
    /// The cluster of a new manager: that of F5 is its first node. A manager of Cloudify is in none until it joins.
    pub(crate) fn born(release: Release, setup: &Setup) -> Cluster {
        if release.product != Product::F5Vnfm || setup.birth == 0 {
            return Cluster::default();
        }
        let mut source = Source::new(&setup.name, setup.birth);
        let name = format!("cloudify_manager_{}", source.letters(6).to_uppercase());
        let member = Member { name, host_ip: source.address(), master: true, credentials: source.letters(32) };
        Cluster { nodes: vec![member], settings: Map::new(), started_at: Some(0) }
    }
}

impl Member {
    fn print(&self) -> Value {
        json!({
            "initialized": self.master,
            "online": self.master,
            "master": self.master,
            "host_ip": self.host_ip,
            "name": self.name,
            "credentials": self.credentials,
        })
    }
}

/// `error` and `logs` show only when `_include` names them.
fn get(world: &mut World, call: &Call) -> Outcome {
    let cluster = &world.cluster;
    let Some(leader) = cluster.nodes.iter().find(|node| node.master) else {
        return Ok(Response::json(200, &json!({"initialized": false})));
    };
    let mut body = json!({"initialized": true, "consul": {"leader": format!("{}:8300", leader.host_ip)}});
    if call.argument("_include").is_some() {
        body["error"] = Value::Null;
        body["logs"] = json!([{
            "message": "HA Cluster configuration complete",
            "timestamp": cluster.started_at.unwrap_or_default() * 1000,
            "cursor": "1",
        }]);
    }
    project(call, body)
}

fn start(world: &mut World, call: &Call) -> Outcome {
    let input = call.json()?;
    let (host_ip, name) = (input.required_text("host_ip")?, input.required_text("node_name")?);
    if input.list("join_addrs")?.is_some() && input.text("credentials")?.is_none() {
        return Err(bad_parameters("When joining a node, credentials are required"));
    }
    if !world.cluster.nodes.is_empty() {
        return Err(conflict("This manager is already part of a cluster"));
    }
    let credentials = world.source.letters(32);
    world.cluster.started_at = Some(world.now);
    world.cluster.nodes.push(Member { name: name.to_owned(), host_ip: host_ip.to_owned(), master: true, credentials });
    // The text's answer: the cluster is being set up.
    Ok(Response::json(200, &json!({"initialized": false})))
}

fn configure(world: &mut World, call: &Call) -> Outcome {
    let input = call.json()?;
    if world.cluster.nodes.is_empty() {
        return Err(bad_parameters("This manager is not part of a cluster"));
    }
    for (key, value) in input.entries() {
        world.cluster.settings.insert(key.clone(), value.clone());
    }
    Ok(Response::json(200, &json!({"initialized": true, "error": null})))
}

fn nodes(world: &mut World, _: &Call) -> Outcome {
    let items: Vec<Value> = world.cluster.nodes.iter().map(Member::print).collect();
    Ok(Response::json(200, &json!({"items": items})))
}

fn node(world: &mut World, call: &Call) -> Outcome {
    let found = world.cluster.nodes.iter().find(|node| node.name == call.id());
    found.map(|node| Response::json(200, &node.print())).ok_or_else(|| no_such("ClusterNode", call.id()))
}

/// Prepares the cluster for a new node and answers the credentials that it joins with.
fn add(world: &mut World, call: &Call) -> Outcome {
    let input = call.json()?;
    let host_ip = input.required_text("host_ip")?.to_owned();
    if world.cluster.nodes.iter().any(|node| node.name == call.id()) {
        return Err(conflict(format!("Node {} already exists", call.id())));
    }
    let credentials = world.source.letters(32);
    let member = Member { name: call.id().to_owned(), host_ip, master: false, credentials };
    world.cluster.nodes.push(member.clone());
    Ok(Response::json(200, &member.print()))
}

fn remove(world: &mut World, call: &Call) -> Outcome {
    let response = node(world, call)?;
    world.cluster.nodes.retain(|node| node.name != call.id());
    Ok(response)
}
