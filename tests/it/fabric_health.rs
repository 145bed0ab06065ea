//! Whether the connections of a fabric are up, asked of simulated controllers: after a while, by one read for each of them.

use serde_json::{Value, json};

use crate::support::Sim;
use crate::world::World;

const SITES: [&str; 3] = ["london", "oslo", "paris"];

/// The networks of the sites.
fn network(site: &str) -> String {
    let n = SITES.iter().position(|other| *other == site).unwrap();
    format!("10.{}.0.0/16", n + 1)
}

/// Declares every site with a half to each other one. `broken` is a half whose key is another one.
fn declare(world: &World<'_>, broken: Option<(&str, &str)>) {
    for site in SITES {
        let halves: Value = SITES
            .iter()
            .filter(|other| **other != site)
            .map(|other| {
                let mut pair = [site, other];
                pair.sort_unstable();
                let key = format!("key-{}-{}", pair[0], pair[1]);
                let key = if broken == Some((site, other)) { "another".to_owned() } else { key };
                let tunnel = json!({ "local_subnet": network(site), "remote_subnet": network(other) });
                let half = json!({
                    "ipaddress": format!("${{{other}/config.public_ipaddress}}"), "secret": key, "ike_version": 2,
                    "tunnels": { "lan": tunnel },
                });
                (format!("core-{other}"), half)
            })
            .collect::<serde_json::Map<String, Value>>()
            .into();
        let collections = json!({ "ipsec-endpoints": halves });
        let vns3 = trueup::parts::CATALOGUE.iter().find(|provider| provider.name == "vns3").unwrap();
        world.declare(vns3, site, site, collections.as_object().unwrap());
    }
}

/// The origin of each half.
fn origins() -> Vec<(String, String)> {
    let mut origins = Vec::new();
    for (n, one) in SITES.iter().enumerate() {
        for other in &SITES[n + 1..] {
            for (at, to) in [(one, other), (other, one)] {
                let origin = format!("fabric/vpns/core/{one}-{other}/{at}");
                origins.push((format!("{at}/ipsec-endpoints/core-{to}"), origin));
            }
        }
    }
    origins
}

#[test]
fn what_is_down_is_told_by_the_connections_name_and_what_is_up_is_waited_for() {
    let sim = Sim::start();
    let world = World::new(&sim);
    declare(&world, None);
    world.converge().unwrap();
    world.requests();
    let (asked, down) = world.health(&origins());
    assert_eq!((asked, down), (3, Vec::new()), "they come up after a while");
    // Those since they were counted last.
    let asks = || {
        let requests = world.requests();
        requests.iter().filter(|request| request["path"].as_str().unwrap().ends_with("/status/ipsec")).count()
    };
    let looks = asks();
    assert!(looks % SITES.len() == 0 && looks <= SITES.len() * 5, "one read for a controller and a look: {looks}");
    for (site, other, name) in [("london", "oslo", "london-oslo"), ("paris", "london", "london-paris")] {
        declare(&world, Some((site, other)));
        world.converge().unwrap();
        let (asked, down) = world.health(&origins());
        let told = format!("connection {name} (core): both halves as declared, and down");
        assert_eq!((asked, down), (3, vec![told]));
    }
    // Of what nobody declares by a fabric, nobody asks.
    world.requests();
    assert_eq!(world.health(&[]), (0, Vec::new()));
    assert_eq!(asks(), 0);
}
