//! Lists: paging, filters, sorting (netfoundry.md#lists).

use std::time::{Duration, Instant};

use serde_json::json;

use super::{World, names, text};
use wire::Method;

fn endpoints(world: &mut World, count: usize) {
    for turn in 0..count {
        let fields = json!({ "name": format!("e{turn:04}"), "enrollmentMethod": { "ott": true } });
        world.add("endpoints", Some("prod"), &fields).unwrap();
    }
}

#[test]
fn paging_at_its_borders() {
    let mut world = World::new();
    world.quick_network("prod");
    let mut made = 0;
    for total in [0usize, 1, 999, 1000, 1001] {
        for turn in made..total {
            let fields = json!({ "name": format!("e{turn:04}"), "enrollmentMethod": { "ott": true } });
            world.add("endpoints", None, &fields).unwrap();
        }
        made = total;
        let list = world.get("endpoints?size=1000");
        assert_eq!(
            list["page"],
            json!({
                "number": 0, "size": 1000, "totalElements": total, "totalPages": total.div_ceil(1000),
            })
        );
        assert_eq!(list.get("_embedded").is_some(), total > 0);
        assert_eq!(names(&list, "endpointList").len(), total.min(1000));
        let next = world.get("endpoints?size=1000&page=1");
        assert_eq!(names(&next, "endpointList").len(), total.saturating_sub(1000));
        assert_eq!(next.get("_embedded").is_some(), total > 1000);
    }
    assert_eq!(world.get("endpoints?size=3000")["page"]["size"], 1000);
    assert_eq!(world.get("endpoints")["page"]["size"], 20);
    assert_eq!(world.get("endpoints?size=0&page=x")["page"]["size"], 20);
    assert_eq!(names(&world.get("endpoints?size=2&page=3"), "endpointList"), ["e0006", "e0007"]);
    assert!(world.get("endpoints?size=7&page=99999999999999").get("_embedded").is_none());
}

#[test]
fn names_match_like_sql_and_unknown_parameters_do_nothing() {
    let mut world = World::new();
    world.quick_network("prod");
    for name in ["edge_1", "edgeX1", "EDGE_1b", "other"] {
        world.add("endpoints", None, &json!({ "name": name, "enrollmentMethod": { "ott": true } })).unwrap();
    }
    let found = |world: &mut World, query: &str| names(&world.get(&format!("endpoints?{query}")), "endpointList");
    assert_eq!(found(&mut world, "name=edge_1"), ["edge_1", "edgeX1"]);
    assert_eq!(found(&mut world, "name=edge%25"), ["edge_1", "edgeX1", "EDGE_1b"]);
    assert_eq!(found(&mut world, "colour=red").len(), 4);
    assert_eq!(found(&mut world, "typeId=Router").len(), 0);
    assert_eq!(found(&mut world, "typeId=Device&name=other"), ["other"]);
    assert_eq!(found(&mut world, "networkId=nowhere").len(), 0);
    assert_eq!(found(&mut world, "mfaEnabled=false").len(), 4);
    assert_eq!(found(&mut world, "sort=name,desc"), ["other", "edgeX1", "EDGE_1b", "edge_1"]);
    let one = world.get("endpoints?name=other")["_embedded"]["endpointList"][0].clone();
    let ziti = text(&one, "zitiId");
    assert_eq!(found(&mut world, &format!("zitiId={ziti}")), ["other"]);
}

#[test]
fn a_filter_on_a_field_that_some_lack_leaves_those_out() {
    let mut world = World::new();
    world.quick_network("prod");
    let hosted = json!({ "name": "h", "provider": "AWS", "locationCode": "us-east-1" });
    world.add("edge-routers", None, &hosted).unwrap();
    world.add("edge-routers", None, &json!({ "name": "c" })).unwrap();
    assert_eq!(names(&world.get("edge-routers?region=us-east-1"), "edgeRouterList"), ["h"]);
    assert_eq!(names(&world.get("edge-routers?provider=CUSTOMER"), "edgeRouterList"), ["c"]);
}

#[test]
fn networks_are_found_by_other_words() {
    let mut world = World::new();
    world.quick_network("one");
    world.quick_network("two");
    assert_eq!(names(&world.get("networks?findByName=two"), "networkList"), ["two"]);
    assert_eq!(names(&world.get("networks?name=two"), "networkList").len(), 2);
    let group = text(&world.get("network-groups")["_embedded"]["networkGroupList"][0], "id");
    assert_eq!(names(&world.get(&format!("networks?findByNetworkGroupId={group}")), "networkList").len(), 2);
    assert_eq!(names(&world.get("networks?findByNetworkGroupId=x"), "networkList").len(), 0);
}

#[test]
fn sort_breaks_where_documented() {
    let mut world = World::new();
    world.quick_network("prod");
    for path in ["hosts?sort=name,asc", "terminators?sort=name,asc", "network-versions?sort=name,asc"] {
        let (status, body) = world.look(path);
        assert_eq!((status, &body["error"]), (500, &json!("Internal Server Error")), "{path}");
    }
    assert_eq!(world.look("networks?sort=colour").0, 500);
    assert_eq!(world.get("endpoints?sort=colour")["page"]["totalElements"], 0);
}

#[test]
fn two_thousand_objects_are_no_burden() {
    let mut world = World::new();
    let network = world.quick_network("prod");
    endpoints(&mut world, 2500);
    let start = Instant::now();
    for _ in 0..10 {
        world.get(&format!("endpoints?networkId={network}&size=1000&sort=name,asc"));
        let create =
            json!({ "networkId": network, "name": format!("x{}", world.now), "enrollmentMethod": { "ott": true } });
        assert_eq!(world.call(Method::Post, "endpoints", &create).0, 202);
    }
    // Quadratic work would take minutes; a debug build on a busy machine takes about a second.
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}
