//! Routes: a map whose keys count entries and whose entries carry ids of their own.
//!
//! The published client's recordings show keys 2, 3, 4 for the ids 3, 4, 8. Here keys number the entries from 1, and a
//! new controller has used up an id already, so key and id differ from the first route that somebody makes.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::Area;
use super::answer::{Fault, Outcome, ok, read_form};
use super::call::{Call, Fields, id};
use super::console::Collection;
use super::state::State;
use super::{interfaces, net};
use wire::Method::{Delete, Get, Post, Put};

/// The word as which an unset interface reads, and which the published client sends for a gateway that was not named.
const NOT_SET: &str = "_notset";

/// The table that routes are in if nobody names one; not shown.
const MAIN: &str = "main";

pub(super) static AREA: Area = Area { answer, console: CONSOLE };

const CONSOLE: &[Collection] =
    &[Collection { kind: "routes", at: "/routes/list/*", key: &["cidr"], create: "/routes", remove: "/routes/{id}" }];

/// The routing tables.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Routes {
    list: Vec<Route>,
}

/// A route in its read form, but for tunnel and traffic pair, which are shown whole.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Route {
    id: u64,
    cidr: String,
    netmask: String,
    interface: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    gateway: String,
    description: String,
    advertise: bool,
    metric: u64,
    enabled: bool,
    editable: bool,
    #[serde(default = "main", skip_serializing_if = "is_main")]
    table: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tunnel_id: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    traffic_pair_id: Option<u64>,
}

fn main() -> String {
    MAIN.to_owned()
}

fn is_main(table: &String) -> bool {
    table == MAIN
}

impl Route {
    fn new(id: u64, cidr: &str) -> Route {
        Route {
            id,
            cidr: cidr.to_owned(),
            netmask: net::netmask(cidr),
            interface: NOT_SET.to_owned(),
            gateway: String::new(),
            description: String::new(),
            advertise: false,
            metric: 0,
            enabled: true,
            editable: true,
            table: main(),
            tunnel_id: None,
            traffic_pair_id: None,
        }
    }

    /// A route from the fields of "Create route", whose faults all begin alike.
    fn from(fields: &Fields, state: &State) -> Result<Route, Fault> {
        let failed = |what: &str| Fault::argument(format!("Validation failed: {what}"));
        let cidr = fields.need_text("cidr")?;
        let mut route = Route::new(0, &cidr);
        if route.netmask.is_empty() {
            return Err(failed("Cidr is invalid"));
        }
        if let Some(interface) = fields.get::<String>("interface")?.filter(|name| !name.is_empty() && name != NOT_SET) {
            if !interfaces::exists(state, &interface) {
                return Err(failed("Interface is invalid"));
            }
            route.interface = interface;
        }
        if let Some(gateway) =
            fields.get::<String>("gateway")?.filter(|address| !address.is_empty() && address != NOT_SET)
        {
            if !net::is_ip(&gateway) {
                return Err(failed("Gateway is invalid"));
            }
            route.gateway = gateway;
        }
        fields.over("tunnel", &mut route.tunnel_id)?;
        if route.tunnel_id.is_some_and(|tunnel| !state.ipsec.has_tunnel(tunnel)) {
            return Err(failed("Ipsec tunnel bad tunnel ID"));
        }
        fields.over_if("table", &mut route.table, |table: &String| !table.is_empty())?;
        fields.over("advertise", &mut route.advertise)?;
        fields.over("metric", &mut route.metric)?;
        fields.over("description", &mut route.description)?;
        Ok(route)
    }

    /// Says whether the two would be the same entry of the routing table.
    fn same_as(&self, other: &Route) -> bool {
        let key = |route: &Route| {
            let route = route.clone();
            (route.table, route.cidr, route.interface, route.gateway, route.tunnel_id, route.metric)
        };
        self.traffic_pair_id == other.traffic_pair_id && key(self) == key(other)
    }

    fn show(&self, state: &State) -> Value {
        let mut answer = read_form(self);
        if let Some(map) = answer.as_object_mut() {
            map.remove("tunnel_id");
            map.remove("traffic_pair_id");
        }
        if let Some(tunnel) = self.tunnel_id.and_then(|tunnel| state.tunnel(tunnel)) {
            answer["tunnel"] = tunnel;
        }
        if let Some(pair) = self.traffic_pair_id.and_then(|pair| state.ipsec.traffic_pair(pair)) {
            answer["cidr"] = json!(pair.remote_subnet);
            answer["netmask"] = json!(net::netmask(&pair.remote_subnet));
            answer["enabled"] = json!(pair.enabled);
            answer["traffic_pair"] = read_form(pair);
        }
        answer
    }
}

/// Gives a new controller the route of the text's example, and uses up an id.
pub(super) fn furnish(state: &mut State) {
    let multicast = Route {
        interface: "tun0".to_owned(),
        description: "Multicast (auto-added)".to_owned(),
        editable: false,
        ..Route::new(state.next_id("routes"), "224.0.0.0/4")
    };
    state.routes.list.push(multicast);
    state.next_id("routes");
}

/// Adds the route that comes with a traffic pair.
pub(super) fn add_for_pair(state: &mut State, pair: u64) {
    let route = Route {
        description: "Traffic pair (auto-added)".to_owned(),
        editable: false,
        traffic_pair_id: Some(pair),
        ..Route::new(state.next_id("routes"), "")
    };
    state.routes.list.push(route);
}

/// Removes the routes whose tunnel or traffic pair is gone.
pub(super) fn drop_orphans(state: &mut State) {
    let ipsec = &state.ipsec;
    state.routes.list.retain(|route| {
        route.tunnel_id.is_none_or(|tunnel| ipsec.has_tunnel(tunnel))
            && route.traffic_pair_id.is_none_or(|pair| ipsec.traffic_pair(pair).is_some())
    });
}

fn answer(state: &mut State, call: &Call) -> Option<Outcome> {
    Some(match (call.method, call.path().as_slice()) {
        (Get, ["routes"]) => ok(read(state, call.query("table"))),
        (Post, ["routes"]) => create(state, call),
        (Delete, ["routes", route]) => delete(state, id(route)),
        (Put, ["routes", route, "enable"]) => enable(state, id(route), true),
        (Put, ["routes", route, "disable"]) => enable(state, id(route), false),
        _ => return None,
    })
}

/// "Get routes": of every table if none is named; the text does not say which.
fn read(state: &State, table: Option<&str>) -> Map<String, Value> {
    let wanted = state.routes.list.iter().filter(|route| table.is_none_or(|table| route.table == table));
    wanted.enumerate().map(|(index, route)| ((index + 1).to_string(), route.show(state))).collect()
}

/// "Create route": answers with the whole map. An entry that exists is refused, as the kernel would.
fn create(state: &mut State, call: &Call) -> Outcome {
    let mut route = Route::from(&call.fields()?, state)?;
    if state.routes.list.iter().any(|other| other.same_as(&route)) {
        return Err(Fault::argument("Validation failed: Cidr has already been taken"));
    }
    route.id = state.next_id("routes");
    state.routes.list.push(route);
    ok(read(state, None))
}

/// The route that somebody may change. The words for the controller's own are chosen here: the text has a field
/// `editable` and nothing about what it forbids.
fn find(state: &mut State, id: u64) -> Result<&mut Route, Fault> {
    let unknown = || Fault::argument("bad route id or route not found");
    let route = state.routes.list.iter_mut().find(|route| route.id == id).ok_or_else(unknown)?;
    if route.editable { Ok(route) } else { Err(Fault::argument("Validation failed: Route is not editable")) }
}

/// "Delete route": answers with the whole map.
fn delete(state: &mut State, id: u64) -> Outcome {
    find(state, id)?;
    state.routes.list.retain(|route| route.id != id);
    ok(read(state, None))
}

/// "Enable route" and "Disable route": answer with the route.
fn enable(state: &mut State, id: u64, enabled: bool) -> Outcome {
    let route = find(state, id)?;
    route.enabled = enabled;
    let route = route.clone();
    ok(route.show(state))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vns3::testing::{Bench, has_keys_of};

    #[test]
    fn the_texts_example_comes_back_with_keys_that_are_no_ids() {
        let mut bench = Bench::new();
        let body = json!({
            "cidr": "192.168.1.0/24", "gateway": "192.168.1.1", "interface": "eth0", "description": "US West Peer",
            "advertise": false, "metric": "0",
        });
        let routes = bench.ok(Post, "/routes", body);
        let example = json!({
            "1": {
                "netmask": "240.0.0.0", "id": 1, "cidr": "224.0.0.0/4", "interface": "tun0",
                "description": "Multicast (auto-added)", "advertise": false, "metric": 0, "enabled": true,
            },
            "2": {
                "netmask": "255.255.255.0", "id": 2, "cidr": "192.168.1.0/24", "gateway": "192.168.1.1",
                "interface": "eth0", "description": "US West Peer", "advertise": false, "metric": 0, "enabled": true,
            },
        });
        assert!(has_keys_of(&routes, &example), "{routes}");
        for (key, field) in [("1", "netmask"), ("1", "description"), ("2", "netmask"), ("2", "gateway")] {
            assert_eq!(routes[key][field], example[key][field]);
        }
        assert_eq!(routes["2"]["id"], 3);
        assert!(routes["1"].get("gateway").is_none() && routes["1"].get("table").is_none());
        assert_eq!((&routes["1"]["editable"], &routes["2"]["editable"]), (&json!(false), &json!(true)));
        assert_eq!(bench.get("/routes"), Ok(routes));
    }

    #[test]
    fn enabling_answers_with_one_route_and_deleting_with_the_map() {
        let mut bench = Bench::new();
        let made = bench.ok(Post, "/routes", json!({"cidr": "10.0.0.0/8", "advertise": true}));
        assert_eq!(made["2"]["interface"], "_notset");
        assert_eq!(bench.ok(Put, "/routes/3/disable", json!({}))["enabled"], false);
        assert_eq!(bench.ok(Put, "/routes/3/enable", json!({}))["enabled"], true);
        let left = bench.ok(Delete, "/routes/3", json!({}));
        assert_eq!(left.as_object().map(Map::len), Some(1));
        for (method, path) in [(Delete, "/routes/3"), (Put, "/routes/2/enable"), (Delete, "/routes/x")] {
            let gone = (400, "APIArgumentError: bad route id or route not found".to_owned());
            assert_eq!(bench.refused(method, path, json!({})), gone);
        }
        assert_eq!(bench.refused(Delete, "/routes/1", json!({})).0, 400, "the controller's own stays");
    }

    #[test]
    fn tables_and_tunnels_show() {
        let mut bench = Bench::new();
        bench.endpoint();
        bench.ok(Post, "/ipsec/endpoints/1/tunnels", json!({"remote_subnet": "10.2.0.0/16"}));
        let body = json!({"cidr": "10.2.0.0/16", "tunnel": "1", "table": "blue", "gateway": "_notset"});
        let routes = bench.ok(Post, "/routes", body);
        assert!(routes["2"].get("gateway").is_none());
        assert_eq!(routes["2"]["tunnel"]["endpoint_name"], "EndpointB");
        assert_eq!(routes["2"]["table"], "blue");
        let blue = bench.get("/routes?table=blue").expect("routes");
        assert_eq!(blue.as_object().map(Map::len), Some(1));
        assert_eq!(bench.get("/routes?table=main").expect("routes")["1"]["cidr"], "224.0.0.0/4");
    }

    #[test]
    fn faults_begin_with_validation_failed() {
        let mut bench = Bench::new();
        bench.ok(Post, "/routes", json!({"cidr": "10.0.0.0/8", "interface": "eth0"}));
        let bad = [
            (json!({"cidr": "10.0.0.0/40"}), "Validation failed: Cidr is invalid"),
            (json!({"cidr": "10.0.0.0/9", "interface": "eth7"}), "Validation failed: Interface is invalid"),
            (json!({"cidr": "10.0.0.0/9", "gateway": "up"}), "Validation failed: Gateway is invalid"),
            (json!({"cidr": "10.0.0.0/9", "tunnel": 5}), "Validation failed: Ipsec tunnel bad tunnel ID"),
            (json!({"cidr": "10.0.0.0/8", "interface": "eth0"}), "Validation failed: Cidr has already been taken"),
            (json!({"interface": "eth0"}), "cidr is missing"),
            (json!({"cidr": "10.0.0.0/9", "metric": "low"}), "metric is invalid"),
        ];
        for (body, text) in bad {
            assert_eq!(bench.refused(Post, "/routes", body), (400, format!("APIArgumentError: {text}")));
        }
    }
}
