use serde_json::json;

use crate::finding::Level;
use crate::plan::testing::World;
use crate::topology::{Allowance, Reason};

#[test]
fn the_arrows_at_the_head_of_this_file() {
    let lab = || World::lab();
    let endpoint = |name: &str| json!({ "id": name, "name": name, "address": "192.0.2.1", "mode": "MAIN" });
    let fields = || json!({ "address": "192.0.2.1" });
    let route = || json!({ "id": "r", "cidr": "10.1.0.0/16", "gateway": "192.0.2.9", "description": "old" });
    let wanted = |note: &str| json!({ "cidr": "10.1.0.0/16", "gateway": "192.0.2.9", "description": note });
    for (why, world, arrows) in [
        (
            "parent made, child made",
            lab().wants("east/endpoints/e", fields()).wants("east/endpoints/e/peers/192.0.2.9", json!({ "asn": 1 })),
            vec!["create east/endpoints/e > create east/endpoints/e/peers/192.0.2.9"],
        ),
        (
            "child removed, parent removed",
            lab()
                .applied("east/endpoints/e", "e", fields())
                .applied("east/endpoints/e/peers/192.0.2.9", "p", json!({}))
                .shows("east/endpoints", endpoint("e"))
                .shows("east/endpoints/e/peers", json!({ "id": "p", "ip": "192.0.2.9" })),
            vec!["delete east/endpoints/e/peers/192.0.2.9 > delete east/endpoints/e"],
        ),
        (
            "referred made, referrer made",
            lab().wants("east/endpoints/e", fields()).wants("east/groups/g", json!({ "leader": "e" })),
            vec!["create east/endpoints/e > create east/groups/g"],
        ),
        (
            "another target's output",
            lab().wants("west/endpoints/w", fields()).wants("east/groups/g", json!({ "note": "=west/endpoints/w.id" })),
            vec!["create west/endpoints/w > create east/groups/g"],
        ),
        (
            "an address that leads to another target",
            lab()
                .wants("west/config", json!({ "mtu": 9000 }))
                .wants("east/endpoints/e", json!({ "address": "=west/config.public_ip" })),
            vec!["update west/config > create east/endpoints/e"],
        ),
        (
            "referrer moved away, referred removed",
            lab()
                .applied("east/endpoints/e", "e", fields())
                .applied("east/groups/g", "g", json!({}))
                .shows("east/endpoints", endpoint("e"))
                .shows("east/groups", json!({ "id": "g", "name": "g", "leader": "e" }))
                .wants("east/groups/g", json!({ "leader": null })),
            vec!["update east/groups/g > delete east/endpoints/e"],
        ),
        (
            "referrer removed, referred removed; mentions count",
            lab()
                .applied("east/endpoints/e", "e", fields())
                .applied("east/policies/p", "p", json!({}))
                .shows("east/endpoints", endpoint("e"))
                .shows("east/policies", json!({ "id": "p", "name": "p", "members": ["@e"] })),
            vec!["delete east/policies/p > delete east/endpoints/e"],
        ),
        (
            "old removed, new made",
            lab()
                .wants("east/endpoints/e", json!({ "address": "192.0.2.1", "mode": "aggressive" }))
                .applied("east/endpoints/e", "e", fields())
                .shows("east/endpoints", endpoint("e")),
            vec!["remove east/endpoints/e > remake east/endpoints/e"],
        ),
        (
            "new made, old removed, where both stand side by side",
            lab()
                .wants("east/blueprints/f", json!({ "path": "b" }))
                .applied("east/blueprints/f", "f-aaaaaaaaaaaa", json!({}))
                .shows("east/blueprints", json!({ "id": "f-aaaaaaaaaaaa" })),
            vec!["remake east/blueprints/f > remove east/blueprints/f"],
        ),
        (
            "a kind made, and all that comes after it",
            lab().wants("east/endpoints/e", fields()).wants("east/routes/r", wanted("new")),
            vec!["[east/endpoints done] > create east/routes/r", "create east/endpoints/e > [east/endpoints done]"],
        ),
        (
            "removed the other way round",
            lab()
                .applied("east/endpoints/e", "e", fields())
                .applied("east/routes/r", "r", wanted("old"))
                .shows("east/endpoints", endpoint("e"))
                .shows("east/routes", route()),
            vec!["[east/routes gone] > delete east/endpoints/e", "delete east/routes/r > [east/routes gone]"],
        ),
        (
            "changed, before a kind that it may have let go of is removed",
            lab()
                .applied("east/endpoints/e", "e", fields())
                .applied("east/routes/r", "r", wanted("old"))
                .shows("east/endpoints", endpoint("e"))
                .shows("east/routes", route())
                .wants("east/routes/r", wanted("new")),
            vec!["[east/routes changed] > delete east/endpoints/e", "update east/routes/r > [east/routes changed]"],
        ),
        (
            "named in words and made, and nothing else of its kind",
            lab()
                .wants("east/endpoints/web", fields())
                .wants("east/endpoints/web2", fields())
                .wants("east/groups/g", json!({ "note": "goes via web2" })),
            vec!["create east/endpoints/web2 > create east/groups/g"],
        ),
        (
            "let go of in words, then removed",
            lab()
                .applied("east/endpoints/e", "e", fields())
                .applied("east/groups/g", "g", json!({ "note": "via e" }))
                .shows("east/endpoints", endpoint("e"))
                .shows("east/groups", json!({ "id": "g", "name": "g", "note": "via e" }))
                .wants("east/groups/g", json!({ "note": "alone" })),
            vec!["update east/groups/g > delete east/endpoints/e"],
        ),
        (
            "words that may mean any of a kind",
            lab()
                .wants("east/blueprints/f", json!({ "path": "b" }))
                .wants("east/groups/any", json!({ "note": "via bp:x" }))
                .wants("east/groups/none", json!({ "note": "bp:x" })),
            vec![
                "[east/blueprints done] > create east/groups/any",
                "create east/blueprints/f > [east/blueprints done]",
            ],
        ),
        (
            "depended on when it was applied, at another target",
            lab()
                .applied("west/endpoints/w", "w", fields())
                .applied("east/groups/g", "g", json!({}))
                .depending("east/groups/g", "west/endpoints/w")
                .shows("west/endpoints", endpoint("w"))
                .shows("east/groups", json!({ "id": "g", "name": "g" })),
            vec!["delete east/groups/g > delete west/endpoints/w"],
        ),
        (
            "depended on when it was applied, where both go to come back",
            lab()
                .wants("east/endpoints/e", json!({ "address": "192.0.2.1", "mode": "aggressive" }))
                .applied("east/endpoints/e", "e", fields())
                .shows("east/endpoints", endpoint("e"))
                .wants("west/endpoints/w", json!({ "address": "192.0.2.1", "mode": "aggressive" }))
                .applied("west/endpoints/w", "w", fields())
                .shows("west/endpoints", endpoint("w"))
                .depending("west/endpoints/w", "east/endpoints/e"),
            vec![
                "remove east/endpoints/e > remake east/endpoints/e",
                "remove west/endpoints/w > remake west/endpoints/w",
                "remove west/endpoints/w > remove east/endpoints/e",
            ],
        ),
        (
            "what the ledger remembers in a circle is out of date, and no circle",
            lab()
                .applied("west/endpoints/w", "w", fields())
                .applied("east/groups/g", "g", json!({}))
                .depending("east/groups/g", "west/endpoints/w")
                .depending("west/endpoints/w", "east/groups/g")
                .shows("west/endpoints", endpoint("w"))
                .shows("east/groups", json!({ "id": "g", "name": "g" })),
            vec![],
        ),
        (
            "what an earlier run left, before its like is made",
            lab()
                .applied("east/policies/left", "left", json!({}))
                .shows("east/policies", json!({ "id": "left", "name": "theirs", "members": [] }))
                .wants("east/groups/g", json!({})),
            vec!["delete east/policies/left > create east/groups/g"],
        ),
        (
            "in the way removed, changed, made again",
            lab()
                .wants("east/config", json!({ "mtu": 9000 }))
                .wants("east/routes/r", wanted("old"))
                .applied("east/routes/r", "r", wanted("old"))
                .shows("east/routes", route()),
            vec![
                "remove east/routes/r > remake east/routes/r",
                "remove east/routes/r > update east/config",
                "update east/config > remake east/routes/r",
            ],
        ),
        (
            "in the way and not declared any more: removed, then changed",
            lab()
                .wants("east/config", json!({ "mtu": 9000 }))
                .applied("east/routes/r", "r", wanted("old"))
                .shows("east/routes", route()),
            vec!["delete east/routes/r > update east/config"],
        ),
    ] {
        assert_eq!(world.arrows(), arrows, "{why}");
    }
}

#[test]
fn whole_kinds_of_the_product_wait_behind_gates() {
    let kinds = "plugins: { p: { name: p, image_url: 'https://host.example/p.tgz' } }\n\
                 plugin-instances: { i: { plugin_id: p, plugin-instance-firewall: { w: { preset: ssh } } } }\n\
                 firewall-rules: [ { rule: FORWARD_CUST -j DROP } ]\n";
    let arrows = World::of("vns3", "a", kinds).arrows();
    let way = "[a/firewall-rules done] > create a/plugin-instances/i/plugin-instance-firewall/w";
    assert!(arrows.contains(&way.to_owned()), "{arrows:?}");
}

#[test]
fn words_of_the_product_wait_for_what_they_name() {
    let kinds = r#"
firewall-fwsets:
  web: { type: net, entries: [{ entry: 10.0.0.0/8 }] }
  web2: { type: net, entries: [{ entry: "$${custom_office}" }] }
  all: { type: list, entries: [{ entry: web2 }] }
  ssh: { type: service, entries: [{ entry: web }] }
system-variables: { office: { value: 10.1.0.0/16 }, of: { value: "1" } }
firewall-subtables: { sub: { type: forward, rules: [{ rule: "sub -m set --match-set all src -j RETURN" }] } }
firewall-rules: [ { rule: "FORWARD_CUST -j sub -m comment --comment 'not -j ssh'" } ]
links: { good: { id: 6, name: good, conf: '${var.pw}' }, bad: { id: 66, name: bad, conf: '${var.pw}' } }
routes: { over: { cidr: 10.9.0.0/16, interface: lnk6 }, lan: { cidr: 10.8.0.0/16, interface: eth0 } }
packet-monitors: { cap: { type: pcap, interface: lnk66, filter: '', duration: forever, destination: file } }
"#;
    let arrows = World::of("vns3", "a", kinds).arrows();
    let expected = [
        "create a/firewall-fwsets/all > create a/firewall-subtables/sub",
        "create a/firewall-fwsets/web2 > create a/firewall-fwsets/all",
        "create a/firewall-subtables/sub > update a/firewall-rules",
        "create a/links/bad > create a/packet-monitors/cap",
        "create a/links/good > create a/routes/over",
        "create a/system-variables/office > create a/firewall-fwsets/web2",
    ];
    assert_eq!(arrows, expected);
}

#[test]
fn a_tenant_is_made_before_its_target_is_written_and_goes_after_it() {
    let target = |name: &str, tenant: &str, kinds: &str| {
        format!(
            "  {name}:\n    at: https://m.example/api/v3.1\n    tenant: {tenant}\n    \
             credentials: {{ username: admin, password: '${{var.pw}}' }}\n    {kinds}\n"
        )
    };
    let own = target("own", "mten", "secrets: { k: { value: '${var.pw}' } }");
    let far = target("far", "mten", "user-groups: { g: {} }").replace("m.example", "other.example");
    let all = format!("cloudify:\n{}{own}{far}", target("first", "default_tenant", "tenants: { mten: {} }"));
    let world = World::reading(&all);
    assert_eq!(world.arrows(), ["create first/tenants/mten > create own/secrets/k"]);
    let mut going = world
        .wants_nothing()
        .applied("first/tenants/mten", "mten", json!({}))
        .applied("own/secrets/k", "k", json!({}))
        .shows("first/tenants", json!({ "name": "mten" }))
        .shows("own/secrets", json!({ "key": "k", "tenant_name": "mten" }));
    going.topology.policy.allow.add(Allowance::new(Reason::Destroy, "first/tenants/mten"));
    assert_eq!(going.arrows(), ["delete own/secrets/k > delete first/tenants/mten"]);
}

#[test]
fn a_circle_that_only_a_plan_meets_is_told_with_its_places() {
    let kinds = "secrets: { id: { value: '${m/deployments/one.capabilities.x}' } }\n\
                 blueprints: { r: { source: 'PINNED' } }\ndeployments: { one: { blueprint_id: r } }\n";
    let pinned = format!("https://host.example/r.zip#sha256={}", "0a".repeat(32));
    let mut world = World::of("cloudify", "m", &kinds.replace("PINNED", &pinned));
    let cycle = world.try_plan().err().unwrap();
    let finding = cycle.finding(Level::Error, "take one out", &world.topology.sources);
    assert!(finding.message.contains("`m/secrets done`"), "{}", finding.message);
    let help = finding.help.clone().unwrap_or_default();
    assert!(help.contains("all.yaml:5:29") && help.contains("all.yaml:7:"), "{help}");
    assert_eq!(
        world.topology.sources.show(vec![finding])[0].location().as_deref().map(|at| &at[..9]),
        Some("all.yaml:")
    );
}
