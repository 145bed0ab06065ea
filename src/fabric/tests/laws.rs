//! Laws: what holds for every fabric.

use std::collections::BTreeMap;
use std::fmt::Write;

use proptest::prelude::*;
use proptest::sample::Index;

use super::{HEAD, PROFILES, lines, targets};
use crate::providers::CATALOGUE;
use crate::render::expansion;
use crate::topology::testing::workspace;
use crate::topology::{Loaded, Options, SecretMode, load};

/// A site: its id, its controllers, and whether it is a hub.
type Sample = (u32, bool, bool);

/// The targets and the fabric of some sites, all of them in a full mesh by static routes, and spokes at hubs by BGP.
fn written(sites: &[Sample]) -> (Vec<String>, String) {
    let (mut names, mut text) = (Vec::new(), String::from("  sites:\n"));
    let (mut all, mut hubs, mut spokes) = (Vec::new(), Vec::new(), Vec::new());
    for (id, twins, is_hub) in sites {
        let (name, first) = (format!("s{id}"), id * 2 - 1);
        let mut on = format!("t{first}: {first}");
        names.push(format!("t{first}"));
        if *twins {
            let _ = write!(on, ", t{}: {}", first + 1, first + 1);
            names.push(format!("t{}", first + 1));
        }
        let _ = writeln!(text, "    {name}: {{ on: {{ {on} }}, asn: {}, networks: [10.{id}.0.0/16] }}", 65000 + id);
        all.push(name.clone());
        if *is_hub { hubs.push(name) } else { spokes.push(name) }
    }
    let _ = writeln!(
        text,
        "  meshes: {{ m: {{ members: [{}], root: t{}, token: '${{secret.bgp}}', peers: none }} }}",
        all.join(", "),
        sites[0].0 * 2 - 1
    );
    let psk = "profile: strong, firewall: open, psk: { derive: '${secret.vpn}' }";
    let _ = writeln!(text, "  vpns:\n    core: {{ between: [{}], {psk} }}", all.join(", "));
    if !hubs.is_empty() && !spokes.is_empty() {
        let _ = writeln!(
            text,
            "    bgp: {{ hubs: [{}], spokes: [{}], routing: bgp, pool: 10.240.0.0/12, profile: strong, psk: '${{secret.psk-${{pair}}}}' }}",
            hubs.join(", "),
            spokes.join(", ")
        );
    }
    (names, text)
}

fn loaded(sites: &[Sample]) -> Loaded {
    let (names, fabric) = written(sites);
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut head = HEAD.to_owned();
    for one in sites.iter().flat_map(|site| [site.0 * 2 - 1, site.0 * 2]) {
        for other in sites.iter().flat_map(|site| [site.0 * 2 - 1, site.0 * 2]) {
            let _ = writeln!(head, "  psk-t{one}-t{other}: {{ env: A }}");
        }
    }
    for (one, other) in sites.iter().flat_map(|one| sites.iter().map(move |other| (one, other))) {
        let ends = |site: &Sample| match site.1 {
            true => vec![format!("t{}", site.0 * 2 - 1), format!("t{}", site.0 * 2)],
            false => vec![format!("s{}", site.0)],
        };
        for (one, other) in
            ends(one).iter().flat_map(|one| ends(other).into_iter().map(move |other| (one.clone(), other)))
        {
            if !head.contains(&format!("psk-{one}-{other}:")) {
                let _ = writeln!(head, "  psk-{one}-{other}: {{ env: A }}");
            }
        }
    }
    let fabric = format!("fabric:{PROFILES}{fabric}");
    let files = [("trueup.yaml", head.as_str()), ("fabric.yaml", &fabric), ("targets.yaml", &targets(&names, &[]))];
    let options = Options { secrets: SecretMode::Unasked, ..Options::default() };
    load(workspace(&files).path(), CATALOGUE, &options)
        .unwrap_or_else(|findings| panic!("{fabric}\n{}", lines(&findings)))
}

/// The resources of every connection, as their addresses and fields.
fn connections(loaded: &Loaded) -> BTreeMap<String, BTreeMap<String, String>> {
    let mut found: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    for resource in loaded.topology.resources.values() {
        let Some(origin) = resource.origin.as_ref().filter(|origin| origin.half.is_some()) else { continue };
        let fields: Vec<String> =
            resource.fields.iter().map(|(name, value)| format!("{name}={}", value.to_shown())).collect();
        found.entry(origin.to_string()).or_default().insert(resource.address.to_string(), fields.join(" "));
    }
    found
}

fn samples() -> impl Strategy<Value = Vec<Sample>> {
    let site = (1u32..=60, any::<bool>(), any::<bool>());
    proptest::collection::vec(site, 2..6).prop_map(|mut sites| {
        sites.sort();
        sites.dedup_by_key(|site| site.0);
        sites
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    /// No other connection has another name, address or field: nothing is counted.
    #[test]
    fn a_site_that_comes_or_goes_changes_no_other_connection(sites in samples(), leaves in any::<Index>()) {
        prop_assume!(sites.len() > 2);
        let leaving = leaves.index(sites.len());
        // The root of the mesh stays.
        prop_assume!(leaving > 0);
        let fewer: Vec<Sample> = sites.iter().enumerate().filter(|(n, _)| *n != leaving).map(|(_, site)| *site).collect();
        let (all, rest) = (connections(&loaded(&sites)), connections(&loaded(&fewer)));
        prop_assert!(rest.len() < all.len());
        for (name, resources) in &rest {
            // What is preferred, a hub's place says: a hub that goes lets the others move up.
            let moves_up = name.ends_with("(bgp)") && sites[leaving].2;
            if !moves_up {
                prop_assert_eq!(Some(resources), all.get(name), "{}", name);
            }
        }
    }

    /// What `expand` prints declares the same, without a fabric.
    #[test]
    fn an_expansion_declares_what_the_fabric_does(sites in samples()) {
        let whole = loaded(&sites);
        let (names, _) = written(&sites);
        let mut head = String::from("workspace: lab\nsecrets:\n  pw: { env: A }\n  vpn: { env: A }\n  bgp: { env: A }\n");
        let text = expansion::yaml(&whole.topology, &whole.expansion);
        let mut named: Vec<&str> = text.split("${secret.psk-").skip(1).filter_map(|rest| rest.split('}').next()).collect();
        named.sort_unstable();
        named.dedup();
        named.iter().for_each(|name| head.push_str(&format!("  psk-{name}: {{ env: A }}\n")));
        let mut targets = String::from("vns3:\n");
        for name in &names {
            let _ = writeln!(targets, "  {name}: {{ at: 'https://{name}.example/api', credentials: {{ username: api, password: '${{secret.pw}}' }} }}");
        }
        let files = [("trueup.yaml", head.as_str()), ("expanded.yaml", &text), ("targets.yaml", &targets)];
        let options = Options { secrets: SecretMode::Unasked, ..Options::default() };
        let plain = load(workspace(&files).path(), CATALOGUE, &options);
        let plain = plain.unwrap_or_else(|findings| panic!("{text}\n{}", lines(&findings)));
        let shown = |loaded: &Loaded| -> BTreeMap<String, String> {
            let resources = loaded.topology.resources.values();
            let fields = |resource: &crate::topology::Resource| {
                let fields = resource.fields.iter().map(|(name, value)| format!("{name}={}", value.to_shown()));
                fields.collect::<Vec<_>>().join(" ")
            };
            resources.map(|resource| (resource.address.to_string(), fields(resource))).collect()
        };
        prop_assert_eq!(shown(&whole), shown(&plain));
    }
}
