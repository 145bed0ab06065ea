//! Edge GRE interfaces. Each has two ids, one as an endpoint and one as an interface; paths take the latter.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::vns3::answer::{Fault, Outcome, ok, read_form};
use crate::vns3::call::{Call, Fields};
use crate::vns3::net;
use crate::vns3::state::State;

/// An edge GRE interface in its read form.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::vns3) struct EdgeGre {
    id: u64,
    pub(super) interface_id: u64,
    pub(super) name: String,
    endpoint_name: String,
    description: String,
    ip_internal: String,
    mtu: u64,
    enabled: bool,
    mask_bits: String,
    gateway: Option<String>,
    system_default: bool,
    local_connection_ip: String,
    remote_connection_ip: String,
    ttl: u64,
    ip_external: Option<String>,
    interface_type: String,
    status: String,
    tags: Vec<String>,
}

impl EdgeGre {
    /// An interface with the server's defaults.
    fn new() -> EdgeGre {
        EdgeGre {
            id: 0,
            interface_id: 0,
            name: String::new(),
            endpoint_name: String::new(),
            description: String::new(),
            ip_internal: String::new(),
            mtu: 1350,
            enabled: false,
            mask_bits: "30".to_owned(),
            gateway: None,
            system_default: false,
            local_connection_ip: String::new(),
            remote_connection_ip: String::new(),
            ttl: 255,
            ip_external: None,
            interface_type: "system_virtual".to_owned(),
            status: "Down".to_owned(),
            tags: Vec::new(),
        }
    }

    /// The read form.
    pub(crate) fn show(&self) -> Value {
        read_form(self)
    }

    /// Takes the fields that are given.
    fn take(&mut self, fields: &Fields) -> Result<(), Fault> {
        let mut next = self.clone();
        fields.over("endpoint_name", &mut next.endpoint_name)?;
        fields.over("description", &mut next.description)?;
        let address = |text: &String| net::is_ip_or_empty(text);
        fields.over_if("ip_internal", &mut next.ip_internal, address)?;
        fields.over_if("local_connection_ip", &mut next.local_connection_ip, address)?;
        fields.over_if("remote_connection_ip", &mut next.remote_connection_ip, address)?;
        fields.over("mtu", &mut next.mtu).map_err(|_| Fault::argument("mtu must be an integer"))?;
        if let Some(bits) = fields.get::<u64>("mask_bits")? {
            next.mask_bits = if bits <= 32 { bits.to_string() } else { return Err(Fault::invalid("mask_bits")) };
        }
        fields
            .over_if("ttl", &mut next.ttl, |ttl| (1..=255).contains(ttl))
            .map_err(|_| Fault::argument("'ttl' must be between 1 and 255"))?;
        fields.over("enabled", &mut next.enabled)?;
        next.status = if next.enabled { "Up" } else { "Down" }.to_owned();
        *self = next;
        Ok(())
    }
}

/// "Get Edge GRE interfaces".
pub(super) fn list(state: &State) -> Outcome {
    ok(&state.edge_gre)
}

/// "Create edge GRE interface". Without an endpoint's name nothing would tell two apart, and the published client
/// demands it.
pub(super) fn create(state: &mut State, call: &Call) -> Outcome {
    let fields = call.fields()?;
    fields.need_text("endpoint_name")?;
    let mut gre = EdgeGre::new();
    gre.take(&fields)?;
    gre.id = state.next_id("edge-gre");
    gre.interface_id = state.next_id("interfaces");
    gre.name = format!("gre{}", gre.id);
    let answer = ok(&gre);
    state.edge_gre.push(gre);
    answer
}

/// "Get GRE interface details": by id or name.
pub(super) fn find<'a>(state: &'a mut State, name: &str) -> Result<&'a mut EdgeGre, Fault> {
    let unknown = || Fault::not_found("GRE Endpoint not found");
    let is_named = |gre: &&mut EdgeGre| gre.name == name || gre.interface_id.to_string() == name;
    state.edge_gre.iter_mut().find(is_named).ok_or_else(unknown)
}

/// "Update GRE interface".
pub(super) fn update(state: &mut State, call: &Call, name: &str) -> Outcome {
    let fields = call.fields()?;
    let gre = find(state, name)?;
    gre.take(&fields)?;
    ok(gre)
}

/// "Delete GRE interface".
pub(super) fn delete(state: &mut State, name: &str) -> Outcome {
    let gre = find(state, name)?.clone();
    state.edge_gre.retain(|other| other.id != gre.id);
    ok(gre)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::vns3::testing::{Bench, has_keys_of};
    use wire::Method::{Delete, Post, Put};

    #[test]
    fn the_texts_request_comes_back_with_two_ids() {
        let mut bench = Bench::new();
        let body = json!({
            "endpoint_name": "branch", "ip_internal": "169.254.9.1", "mask_bits": "30", "ttl": "64",
            "local_connection_ip": "10.0.0.1", "remote_connection_ip": "10.0.0.2",
        });
        let made = bench.ok(Post, "/interfaces/edge_gre", body);
        let example = json!({
            "endpoint_name": "string", "description": "string", "ip_internal": "string", "mtu": 0, "enabled": false,
            "mask_bits": "string", "gateway": "string", "system_default": false, "local_connection_ip": "string",
            "remote_connection_ip": "string", "ttl": 255, "id": 1, "interface_id": 1, "ip_external": "string",
            "name": "string", "interface_type": "string", "status": "string", "tags": [],
        });
        assert!(has_keys_of(&made, &example), "{made}");
        assert_ne!(made["id"], made["interface_id"]);
        bench.ok(Post, "/routes", json!({"cidr": "10.6.0.0/16", "interface": made["name"]}));
        let path = format!("/interfaces/edge_gre/{}", made["interface_id"]);
        assert_eq!(bench.ok(Put, &path, json!({"enabled": true}))["status"], "Up");
        assert_eq!(bench.get("/interfaces/edge_gre/gre1").expect("by name")["ttl"], 64);
        assert_eq!(bench.get("/interfaces").expect("all").as_array().map(Vec::len), Some(5));
        bench.ok(Delete, &path, json!({}));
        let gone = bench.refused(Delete, &path, json!({}));
        assert_eq!(gone, (404, "APINotFoundError: GRE Endpoint not found".to_owned()));
        let ttl = bench.refused(Post, "/interfaces/edge_gre", json!({"endpoint_name": "x", "ttl": 256}));
        assert_eq!(ttl, (400, "APIArgumentError: 'ttl' must be between 1 and 255".to_owned()));
    }
}
