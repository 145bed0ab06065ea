//! Workspaces in, topologies or findings out.

use insta::assert_snapshot;
use miette::{GraphicalReportHandler, GraphicalTheme, NarratableReportHandler};

use super::testing::{CATALOGUE, EAST, TRUEUP, east, indented, told, try_load, workspace, write};
use super::{FileSource, ITEMS, LedgerPlace, Options, Prune, Topology, load};
use crate::address::Address;
use crate::attr::{Attr, Encoding, Output};
use crate::finding::Finding;

/// The shown value of a field, by address and name.
fn field(topology: &Topology, address: &str, name: &str) -> String {
    let found = topology.resources.iter().find(|(own, _)| own.to_string() == address);
    let resource = found.unwrap_or_else(|| panic!("{address} is not there")).1;
    resource.fields.get(name).unwrap_or_else(|| panic!("{name} is not there")).to_shown().to_string()
}

#[test]
fn a_workspace_becomes_a_topology() {
    let loaded = try_load(&[
        ("trueup.yaml", "workspace: acme\nvars: { pw: { default: x } }\npolicy: { max-deletes: 5, protect: [east/*] }\nledger: { git: { ref: refs/trueup/acme } }\n"),
        ("a/east.yaml", &format!("{EAST}{}", indented("tenant: t\nprune: [routes]\nconfig: { controller_name: gw }\nendpoints:\n  to-west:\n    address: 192.0.2.1\n    peers:\n      169.254.1.2: { asn: 65001 }\n    health: { interval: 5 }\nrules:\n- { rule: accept }\n- { rule: drop, comment: rest }"))),
        ("b/more.yml", "lab: { east: { routes: { r: { cidr: 10.0.0.0/8 } } } }\nx-notes: [anything]\n"),
    ])
    .unwrap_or_else(|findings| panic!("{}", told(Err(findings))));
    let topology = loaded.topology;
    assert_eq!(told(Ok(super::Loaded { topology: topology.clone(), ..loaded })), "");
    assert_eq!(topology.workspace, "acme");
    assert_eq!(topology.policy.max_deletes, Some(5));
    let addresses: Vec<String> = topology.resources.keys().map(Address::to_string).collect();
    assert_eq!(
        addresses,
        [
            "east/config",
            "east/endpoints/to-west",
            "east/endpoints/to-west/health",
            "east/endpoints/to-west/peers/169.254.1.2",
            "east/routes/r",
            "east/rules",
        ]
    );
    assert_eq!(field(&topology, "east/endpoints/to-west", "name"), "\"to-west\"");
    assert_eq!(field(&topology, "east/endpoints/to-west/peers/169.254.1.2", "ip"), "\"169.254.1.2\"");
    assert_eq!(field(&topology, "east/rules", ITEMS), r#"[{"rule":"accept"},{"comment":"rest","rule":"drop"}]"#);
    let target = &topology.targets["east"];
    assert_eq!((target.at.as_str(), target.settings["tenant"].as_text()), ("https://east.example/api", Some("t")));
    assert!(matches!(&target.prune, Prune::Kinds(kinds) if kinds == &["routes"]));
    assert!(matches!(target.credentials.fields["password"], Attr::Secret(_)));
}

#[test]
fn expressions_keep_types_and_know_what_files_say() {
    let loaded = try_load(&[
        ("trueup.yaml", "workspace: acme\nvars:\n  pw: { default: x }\n  site: { default: { mtu: 1400, nets: [10.0.0.0/8] } }\nsecrets: { s: { command: [echo, canary] } }\n"),
        ("east.yaml", &format!("{EAST}{}", indented("config: { controller_name: \"gw-${var.site.mtu}\", mtu: \"${var.site.mtu}\" }\nendpoints:\n  a:\n    address: \"${east/config.public_ip}\"\n    secret: \"${secret.s}\"\n    networks: \"${var.site.nets}\"\n    inputs:\n      plain: $${x}\n      name: \"${east/config.controller_name}/x\"\n      both: \"${east/endpoints/b/peers/169.254.1.2.asn} ${east/endpoints/b/peers/169.254.1.2.uptime}\"\n      url: \"u:${secret.s}@h\"\n      region: \"${east/regions/eu.provider}\"\n      label: \"${east/endpoints/b.name}\"\n  b: { address: 192.0.2.1, peers: { 169.254.1.2: { asn: 65001 } }, secret: \"${east/endpoints/a.secret}\", inputs: \"${east/endpoints/a.inputs.plain}\" }"))),
    ])
    .unwrap_or_else(|findings| panic!("{}", told(Err(findings))));
    let topology = loaded.topology;
    assert_eq!(field(&topology, "east/config", "mtu"), "1400");
    assert_eq!(field(&topology, "east/config", "controller_name"), "\"gw-1400\"");
    assert_eq!(field(&topology, "east/endpoints/a", "address"), "\"${east/config.public_ip}\"");
    assert_eq!(field(&topology, "east/endpoints/a", "networks"), r#"["10.0.0.0/8"]"#);
    assert_eq!(field(&topology, "east/endpoints/b", "secret"), "\"(secret secret.s)\"");
    assert_eq!(field(&topology, "east/endpoints/b", "inputs"), "\"${x}\"");
    assert_snapshot!(field(&topology, "east/endpoints/a", "inputs"), @r#"{"both":"65001 ${east/endpoints/b/peers/169.254.1.2.uptime}","label":"b","name":"gw-1400/x","plain":"${x}","region":"${east/regions/eu.provider}","url":"(secret u:${secret.s}@h)"}"#);
    assert!(!format!("{topology:?}").contains("canary"));
}

/// The bad inputs that a reconciler must survive, each told where it is.
#[test]
fn what_is_wrong_is_told_where_it_is() {
    assert_snapshot!(told(east("endponts: {}\nroutes:\n  a: { cidr: 10.0.0.0/33, gatway: 10.0.0.1 }\n  b: { cidr: [1], gateway: 1.2.3 }\n  c: { description: x }\nconfig: { mtu: lots, public_ip: 192.0.2.1 }\nregions: { eu: {} }\npeers: { 1.2.3.4: {} }")), @r#"
    east.yaml:5:5 <endponts> unknown-kind: unknown kind or key `endponts`; did you mean `endpoints`?
    east.yaml:7:18 <10.0.0.0/33> wrong-value: expected IPv4 network in CIDR form, found `10.0.0.0/33`; as in `10.1.0.0/16`
    east.yaml:7:31 <gatway> unknown-field: unknown field `gatway`; did you mean `gateway`?
    east.yaml:8:19 <1> wrong-value: expected IPv4 network in CIDR form, found `a list`; as in `10.1.0.0/16`
    east.yaml:8:32 <1.2.3> wrong-value: expected IP address, found `1.2.3`; as in `203.0.113.10`
    east.yaml:9:7 <c> missing-field: `east/routes/c` lacks `cidr`; add `cidr: …` — The destination (IPv4 network in CIDR form)
    east.yaml:10:20 <lots> wrong-value: expected whole number, found `lots`; -
    east.yaml:10:26 <public_ip> provider-chosen: `public_ip` is chosen by the provider; remove it; others can refer to it as an output
    east.yaml:11:5 <regions> read-only-kind: `regions` can be referred to, not declared; the provider keeps these; use them in references and outputs
    east.yaml:12:5 <peers> unknown-kind: unknown kind or key `peers`; `peers` lives in `endpoints`: move it below one of those
    "#);
}

#[test]
fn the_same_thing_twice_shows_both_places() {
    let north = "lab: { east: { at: http://x, routes: { a: { cidr: 10.0.0.0/8 } }, config: {} }, both: {} }\n";
    let south = "routes:\n  a: { cidr: 10.0.0.0/9 }\n  a: {}\nconfig: {}\n";
    let other = "other: { both: {} }\n";
    assert_snapshot!(told(try_load(&[
        ("trueup.yaml", TRUEUP),
        ("a.yaml", &format!("{EAST}{}", indented(south))),
        ("b.yaml", north),
        ("c.yaml", other),
    ])), @r#"
    a.yaml:7:7 <a> duplicate-key: `a` is given twice [given here first: a.yaml:6:7]; a key stands once in its map: rename one, or put what they hold together
    b.yaml:1:16 <at> duplicate-key: `at` of target `east` is given twice [given here first: a.yaml:3:9]; keep one of the two
    b.yaml:1:40 <a> duplicate-address: `east/routes/a` is declared twice [declared here first: a.yaml:6:7]; keep one of the two; what one file declares another does not extend
    b.yaml:1:67 <config> duplicate-address: `east/config` is declared twice [declared here first: a.yaml:8:5]; keep one of the two; what one file declares another does not extend
    b.yaml:1:81 <both> missing-field: `credentials.password` is missing; text: The password
    b.yaml:1:81 <both> missing-field: `credentials.username` is missing; text: Who
    b.yaml:1:81 <both> missing-field: target `both` does not say where it is; add `at: https://lab.example:8000/api`
    c.yaml:1:10 <both> duplicate-target: target `both` is declared for `lab` and for `other` [declared here first: b.yaml:1:81]; give one of them another name
    "#);
}

#[test]
fn two_names_for_one_object_are_told() {
    assert_snapshot!(told(east("routes:\n  a: { cidr: 10.0.0.0/8, gateway: 10.0.0.1 }\n  b: { cidr: 10.1.2.3/8, gateway: 10.0.0.1 }\n  c: { cidr: 10.0.0.0/8 }\ngroups:\n  Straße: {}\n  STRASSE: {}\n  Café: {}\n  CAFE\u{301}: {}\n  d: { name: e }\n  f: { name: F }\nendpoints:\n  x: { name: y, address: 192.0.2.1 }\n")), @r#"
    east.yaml:7:7 <b> duplicate-identity: `east/routes/b` is the same object as `east/routes/a` [declared here first: east.yaml:6:7]; objects of `routes` are told apart by `cidr`, `gateway` alone
    east.yaml:10:7 <Straße> duplicate-identity: `east/groups/Straße` is the same object as `east/groups/STRASSE` [declared here first: east.yaml:11:7]; `groups` compares names without case and in one Unicode form
    east.yaml:12:7 <Café> duplicate-identity: `east/groups/Café` is the same object as `east/groups/CAFÉ` [declared here first: east.yaml:13:7]; `groups` compares names without case and in one Unicode form
    east.yaml:14:18 <e> name-differs: `east/groups/d` has `name` "e"; the name in YAML is the value of `name`: leave the field out, or rename the resource
    east.yaml:17:18 <y> name-differs: `east/endpoints/x` has `name` "y"; the name in YAML is the value of `name`: leave the field out, or rename the resource
    "#);
}

#[test]
fn names_that_lead_nowhere_are_told() {
    assert_snapshot!(told(east("endpoints:\n  paris: { address: 192.0.2.1, group: core, region: anywhere }\n  rome: { address: \"${east/endpoints/pari.state}\", group: cor }\n  bern: { address: \"${west/config.x}\", inputs: \"${east/config.public_ipp}\" }\n  oslo: { address: \"${east/endpoint/x.y}\", inputs: ['${var.nope}', '${secret.nope}', '${each.key}', '${what}', '${', '${east/endpoints/paris}'] }\ngroups: { core: { leader: zurich } }\npolicies: { p: { members: ['@rome', '@nobody', '#x'] } }\n")), @r#"
    east.yaml:7:27 <east/endpoints/pari.state> unknown-address: `east/endpoints/pari` is not declared; did you mean `paris`?
    east.yaml:8:27 <west/config.x> unknown-address: `${west/config.x}`: there is no target `west`; there are `east`
    east.yaml:8:55 <east/config.public_ipp> unknown-field: `config` has no field `public_ipp`; did you mean `public_ip`?
    east.yaml:9:27 <east/endpoint/x.y> unknown-address: `${east/endpoint/x.y}`: `lab` has no kind `endpoint`; did you mean `endpoints`?
    east.yaml:9:60 <var.nope> unknown-variable: there is no variable `nope`; variables are declared under `vars` in `trueup.yaml`; there are `pw`
    east.yaml:9:75 <secret.nope> unknown-secret: there is no secret `nope`; secrets are declared under `secrets` in `trueup.yaml`; none is declared
    east.yaml:9:93 <each.key> no-each: `each` means nothing here; only what is declared with `each: …`, and what lives in it, has `${each.key}` and `${each.value}`
    east.yaml:9:108 <what> bad-expression: `${what}` is no expression: there are `${var.NAME}`, `${secret.NAME}`, `${each.key}`, `${each.value}`, `${target/kind/name.field}` and `${FUNCTION(…)}`, as `trueup explain functions` lists them; write `$${` for a literal `${`; -
    east.yaml:9:117 <${> bad-expression: `${` is not closed by `}`; -
    east.yaml:9:125 <east/endpoints/paris> unknown-address: `${east/endpoints/paris}` names a resource but none of its fields; write `${east/endpoints/paris.FIELD}`; there are `address`, `attributes`, `enabled`, `extra`, `good_until`, `group`, `id`, `inputs`, `labels`, `mode`, `name`, `networks`, `options`, `primary`, `region`, `secret`, `state`, `tunnels`, `weight`
    "#);
}

#[test]
fn circles_show_their_places() {
    assert_snapshot!(told(east("groups:\n  a: { note: \"${east/groups/b.note}\" }\n  b: { note: \"x ${east/groups/c.note}\" }\n  c: { note: \"${east/groups/a.note}\" }\n  d: { note: \"${east/groups/d.id}\" }\n")), @r#"
    east.yaml:6:18 <"${east/groups/b.note}"> cycle: values go round in a circle: east/groups/a.note → east/groups/b.note → east/groups/c.note → east/groups/a.note [which needs this: east.yaml:7:18]; give one of them a value of its own; they stand at `lab / east / groups / a / note` in east.yaml, `lab / east / groups / b / note` in east.yaml, `lab / east / groups / c / note` in east.yaml
    east.yaml:9:21 <east/groups/d.id> cycle: `east/groups/d` would wait for its own `id`; a resource's outputs are known only after it has been made
    "#);
    assert_snapshot!(told(east("groups:\n  a: { leader: x }\nendpoints:\n  x: { address: \"${east/endpoints/y.state}\" }\n  y: { address: 192.0.2.1, group: a }\n")), @r#"east.yaml:8:21 <"${east/endpoints/y.state}"> cycle: these wait for each other in a circle: `east/endpoints/x` (`address` takes `state` from it) → `east/endpoints/y` (`group` names it) → `east/groups/a` (`leader` names it) → `east/endpoints/x` again [which waits for this: east.yaml:9:39]; let one of them do without the other; they stand at east.yaml:8:21, east.yaml:9:39, east.yaml:6:20"#);
}

#[test]
fn a_long_chain_of_values_is_no_circle() {
    let count = 20_000;
    let mut text = String::from("groups:\n  g0: { note: end }\n");
    for n in 1..count {
        text.push_str(&format!("  g{n}: {{ note: \"${{east/groups/g{}.note}}\" }}\n", n - 1));
    }
    let topology = east(&text).unwrap().topology;
    assert_eq!(field(&topology, &format!("east/groups/g{}", count - 1), "note"), "\"end\"");
}

#[test]
fn files_that_are_no_workspace_files_are_told() {
    let folder = workspace(&[
        ("trueup.yaml", TRUEUP),
        ("empty.yaml", "# nothing yet\n"),
        ("broken.yaml", "lab:\n  east:\n\tat: x\n"),
        ("list.yaml", "- lab\n"),
        ("bomb.yaml", &bomb()),
        ("deep.yaml", &"[".repeat(200_000)),
        ("deep2.yaml", &format!("lab: {}1{}", "{a: ".repeat(300), "}".repeat(300))),
        ("unclosed.yaml", "lab: [1, 2\nx: y\n"),
        ("tagged.yaml", "lab: !vault abc\n"),
        (".hidden/x.yaml", "nonsense"),
        ("nested/trueup.yaml", "workspace: other\n"),
        ("nested/x.yaml", "nonsense"),
        ("misplaced.yaml", "vars: {}\nlabb: {}\n"),
    ]);
    write(folder.path(), "latin.yaml", b"lab: # caf\xe9\n");
    let told = told(load(folder.path(), CATALOGUE, &Options::default()));
    assert_snapshot!(told.replace(&"[".repeat(100), "…"), @r#"
    bomb.yaml:1:1 <a0> alias-bomb: aliases repeat too many values; write the values out, or fewer aliases of aliases
    broken.yaml:3:1 <	at> not-yaml: this is not YAML: found character that cannot start any token, while scanning for the next token; indent with spaces: YAML takes no tabs; quote text that starts with `@`, `%` or a backtick
    deep.yaml:1:10001 <……> too-deep: values are nested too deeply; a workspace needs about ten levels; the limit is 128
    deep2.yaml:1:514 <{a> too-deep: values are nested too deeply; a workspace needs about ten levels; the limit is 128
    empty.yaml:1:1 <# nothing yet> empty-file: `empty.yaml` is empty; delete it, or say what it is to declare
    latin.yaml:1:11 <�> not-utf8: `latin.yaml` is not UTF-8: byte 0xe9 at offset 10; save the file as UTF-8; binary content belongs in a file that a field names
    list.yaml:1:1 <- lab> wrong-type: expected a map of providers, found a list; a file starts as in `lab: { TARGET: { at: … } }`
    misplaced.yaml:1:1 <vars> misplaced-key: `vars` does not belong here; it belongs in the first document of `trueup.yaml`, which speaks for all files
    misplaced.yaml:2:1 <labb> unknown-key: unknown key `labb`; did you mean `lab`?
    tagged.yaml:1:13 <abc> not-supported: the tag `!vault` means nothing here; plain YAML without tags is read, and merge keys of maps
    unclosed.yaml:2:2 <: y> not-yaml: this is not YAML: did not find expected ',' or ']', while parsing a flow sequence; a `[` or `{` is not closed, or a comma is missing
    "#);
    assert!(told.len() < 100_000);
}

fn bomb() -> String {
    let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for n in 1..9 {
        text.push_str(&format!("a{n}: &a{n} [{}]\n", vec![format!("*a{}", n - 1); 9].join(", ")));
    }
    text
}

#[test]
fn a_wide_bomb_of_few_aliases_is_told() {
    let list = "x, ".repeat(20_000);
    let text = format!("x-a: &a [{list}]\nx-b: [{}]\n", "*a, ".repeat(2_000));
    let told = told(try_load(&[("trueup.yaml", TRUEUP), ("bomb.yaml", &text)]));
    assert!(told.contains("alias-bomb: aliases repeat too many values"), "{told}");
}

#[test]
fn size_is_limited_and_the_limit_can_be_raised() {
    let folder = workspace(&[("trueup.yaml", TRUEUP), ("big.yaml", "x-note: 12345678901234567890\n")]);
    let options = |max_file_bytes| Options { max_file_bytes, ..Options::default() };
    write(folder.path(), "trueup.yaml", b"workspace: a");
    assert_snapshot!(told(load(folder.path(), CATALOGUE, &options(20))), @r#"big.yaml <> too-large: `big.yaml` is not read: it has 29 bytes, which is more than 20; split the file, or raise the limit with `TRUEUP_MAX_FILE_BYTES`"#);
    assert_eq!(told(load(folder.path(), CATALOGUE, &options(40))), "");
}

#[test]
fn where_tokens_are_issued_is_checked_like_the_address() {
    let told = |url: &str| {
        let credentials = format!("{{ clientId: c, password: '${{var.pw}}', authenticationUrl: '{url}' }}");
        let target = format!("netfoundry:\n  nf: {{ at: https://gateway.example, credentials: {credentials} }}\n");
        let folder = workspace(&[("trueup.yaml", TRUEUP), ("nf.yaml", &target)]);
        told(load(folder.path(), crate::providers::CATALOGUE, &Options::default()))
    };
    for (url, says) in [
        ("https://issuer.example/oauth2/token", ""),
        ("http://127.0.0.1:9/token", ""),
        ("https://user:canary@127.0.0.1:9/oauth2/token", "literal-secret: `authenticationUrl` holds a user"),
        ("https://canary@issuer.example/token", "literal-secret: `authenticationUrl` holds a user"),
        ("http://issuer.example/token", "plain-http: the credentials of `nf` travel in clear"),
        ("x.example/t", "bad-url: `x.example/t` is no URL"),
        ("https://0x7f.1/t", "bad-url: `0x7f.1` is `127.0.0.1` in another notation"),
        ("https://issuer.example/t#x", "bad-url: `https://issuer.example/t#x` holds a `#`"),
    ] {
        let told = told(url);
        assert!(told.contains(says) && told.is_empty() == says.is_empty(), "{url}: {told}");
        assert!(!told.contains("canary"), "{told}");
    }
}

#[test]
fn the_envelope_is_checked_key_by_key() {
    assert_snapshot!(told(try_load(&[
        ("trueup.yaml", "workspac: a\nvars:\n  a: { type: strin }\n  b: { type: number, default: x }\n  c: {}\nsecrets:\n  s: { envv: A }\n  t: { env: 5 }\npolicy: { max-deletes: -1, protekt: [] }\nledger: { git: { reff: x } }\n"),
        ("t.yaml", "lab:\n  east: { at: east.example, credentials: { user: a }, tls: { pin-sha256: abc }, prune: [rules, routs, regions] }\n  west: { credentials: x, prune: yes, tls: { ca: x } }\n  a/b: {}\n  north: { at: 'https://u:p@north', credentials: { username: '${east/config.public_ip}', password: p } }\n  '..': {}\n"),
    ])), @r#"
    t.yaml:2:15 <east.example> bad-url: `east.example` is no URL; it begins with `https://`; as in `https://lab.example:8000/api`
    t.yaml:2:29 <credentials> missing-field: `credentials.password` is missing; text: The password
    t.yaml:2:29 <credentials> missing-field: `credentials.username` is missing; text: Who
    t.yaml:2:44 <user> unknown-field: unknown key `user`; there are `password`, `username`
    t.yaml:2:74 <abc> wrong-value: `pin-sha256` takes 64 hexadecimal digits, found 3; `openssl x509 -noout -fingerprint -sha256` prints it
    t.yaml:2:96 <routs> unknown-kind: `routs` is no kind that can be pruned; did you mean `routes`?
    t.yaml:2:103 <regions> unknown-kind: `regions` is no kind that can be pruned; there are `blueprints`, `config`, `endpoints`, `groups`, `health`, `peers`, `policies`, `routes`, `rules`
    t.yaml:3:3 <west> missing-field: target `west` does not say where it is; add `at: https://lab.example:8000/api`
    t.yaml:3:24 <x> wrong-type: expected a map, found text; its keys are `username`, `password`
    t.yaml:3:34 <yes> wrong-value: expected `all` or a list of kinds; -
    t.yaml:3:46 <ca> unknown-field: unknown key `ca`; there are `ca-file`, `pin-sha256`
    t.yaml:4:3 <a/b> bad-name: `a/b` is no name for a target; addresses and file names start with it: use a word without `/`
    t.yaml:5:16 <*******************> literal-secret: `at` holds a user: that belongs under `credentials`; as in `https://lab.example:8000/api`
    t.yaml:5:62 <'${east/config.public_ip}'> not-known-yet: `username` has to be known before anything is looked at; use a variable, a secret, or a field that the files give
    t.yaml:5:100 <*> literal-secret: the `password` stands here as plain text; declare it in `trueup.yaml` as `secrets: { NAME: { env: VARIABLE } }` and write `${secret.NAME}` here; what has been committed counts as known
    t.yaml:6:3 <'..'> bad-name: `..` is no name for a target; addresses and file names start with it: use a word without `/`
    trueup.yaml:1:1 <workspac> missing-field: the workspace has no name; add `workspace: NAME`: it marks what belongs to it
    trueup.yaml:1:1 <workspac> unknown-key: unknown key `workspac`; did you mean `workspace`?
    trueup.yaml:3:3 <a> missing-variable: variable `a` has no value; give it a `default`, a file by `from`, `--var a=VALUE` or `TRUEUP_VAR_a=VALUE`
    trueup.yaml:3:14 <strin> wrong-value: `strin` is none of `string`, `number`, `bool`, `list`, `map`, `any`; did you mean `string`?
    trueup.yaml:4:31 <x> wrong-value: the default of `b`: expected a number, found `"x"`; lists and maps are given as YAML, as in `[a, b]`
    trueup.yaml:5:3 <c> missing-variable: variable `c` has no value; give it a `default`, a file by `from`, `--var c=VALUE` or `TRUEUP_VAR_c=VALUE`
    trueup.yaml:7:8 <envv> wrong-value: `envv` is none of `env`, `file`, `command`, `vault`, `age`; did you mean `env`?
    trueup.yaml:8:13 <5> wrong-value: expected text, found `5`; -
    trueup.yaml:9:24 <-1> wrong-value: expected a whole number from 0, found `-1`; -
    trueup.yaml:9:28 <protekt> unknown-field: unknown key `protekt`; did you mean `protect`?
    trueup.yaml:10:18 <reff> unknown-field: unknown key `reff`; did you mean `ref`?
    "#);
    assert_snapshot!(told(try_load(&[("x.yaml", "")])), @r#" <> no-workspace: there is no `trueup.yaml` here; name the folder that holds it, or create it with `workspace: NAME` in it"#);
}

#[test]
fn networks_are_written_as_apis_take_them() {
    for (spelt, help) in [
        ("10.3.0.7", Some("a network of one address is `10.3.0.7/32`")),
        ("' 10.3.0.7 '", Some("a network of one address is `10.3.0.7/32`")),
        ("2001:db8::/32", Some("IPv6 is not taken here")),
        ("'::/0'", Some("IPv6 is not taken here")),
        ("fd00::1", Some("IPv6 is not taken here")),
        ("'::ffff:10.0.0.0/104'", Some("IPv6 is not taken here")),
        ("10.0.0.0/33", Some("as in `10.1.0.0/16`")),
        ("10.0.0.0/255.0.0.0", Some("as in `10.1.0.0/16`")),
        ("010.0.0.0/8", Some("as in `10.1.0.0/16`")),
        ("0x0a.0.0.0/8", Some("as in `10.1.0.0/16`")),
        ("10/8", Some("as in `10.1.0.0/16`")),
        ("10.0.0.0/8", None),
        ("10.3.0.7/32", None),
        ("0.0.0.0/0", None),
        // Host bits are taken, and mean nothing.
        ("10.1.2.3/8", None),
    ] {
        let found = told(east(&format!("routes:\n  a: {{ cidr: {spelt}, gateway: 10.0.0.1 }}\n")));
        let says = found.lines().filter(|line| line.contains("wrong-value")).collect::<Vec<_>>();
        match help {
            Some(help) => assert!(says.len() == 1 && says[0].contains(help), "{spelt}: {found}"),
            None => assert_eq!(found, "", "{spelt}"),
        }
    }
}

#[test]
fn a_login_in_a_url_is_blackened_in_every_line_that_is_shown() {
    let text = "lab:\n  east: { at: 'https://user:canary@east', credentials: 5, tls: { pin-sha256: abc } }\n";
    let found = try_load(&[("trueup.yaml", TRUEUP), ("east.yaml", text)]).unwrap_err();
    assert!(found.iter().any(|finding| finding.code == "literal-secret"));
    assert!(found.len() > 2);
    assert!(!drawn(&found).contains("canary"), "{}", drawn(&found));
}

#[test]
fn secrets_in_files_and_unused_names_are_warned_of() {
    let trueup = "workspace: a\nvars: { pw: { default: x }, old: { default: 1 } }\nsecrets: { older: { env: X } }\n";
    let kinds = "endpoints:\n  a: { address: 192.0.2.1, secret: hunter2, attributes: ['#x', '#y'], primary: { subnet: 10.0.0.0/8, psk: 5 }, labels: { v: 1.10 } }\npolicies: { p: { members: ['#x', '#z'] }, q: { members: ['#all'] } }\n";
    let loaded = try_load(&[("trueup.yaml", trueup), ("east.yaml", &format!("{EAST}{}", indented(kinds)))]).unwrap();
    assert!(!format!("{:?}", loaded.topology).contains("hunter2"));
    assert_snapshot!(told(Ok(loaded)), @r#"
    east.yaml:6:40 <*******> literal-secret: the `secret` of `east/endpoints/a` stands here as plain text; declare it in `trueup.yaml` as `secrets: { NAME: { env: VARIABLE } }` and write `${secret.NAME}` here; what has been committed counts as known
    east.yaml:6:68 <'#y'> unmatched-tag: no declared policy selects `#y`; did you mean `#x`?
    east.yaml:6:111 <*> literal-secret: the `psk` of `east/endpoints/a` stands here as plain text; declare it in `trueup.yaml` as `secrets: { NAME: { env: VARIABLE } }` and write `${secret.NAME}` here; what has been committed counts as known
    east.yaml:7:38 <'#z'> unmatched-tag: none of the declared `endpoints` carries `#z`; did you mean `#x`?
    trueup.yaml:2:29 <old> unused: nothing uses variable `old`; remove it, or write `${var.old}` where it belongs
    trueup.yaml:3:12 <older> unused: nothing uses secret `older`; remove it, or write `${secret.older}` where it belongs
    "#);
}

#[test]
fn each_makes_a_resource_for_every_item() {
    let loaded = try_load(&[
        ("trueup.yaml", "workspace: a\nvars: { pw: { default: x }, sites: { default: { rome: 192.0.2.1, bern: 192.0.2.2 } } }\n"),
        ("east.yaml", &format!("{EAST}{}", indented("endpoints:\n  to-${each.key}:\n    each: ${var.sites}\n    address: ${each.value}\n    peers:\n      ${each.value}: { asn: 65000 }\ngroups:\n  ${each.value.name}-x:\n    each: [{ name: p, n: 1 }, { name: q, n: 2 }]\n    key: name\n    note: \"${each.key} ${each.value.n} ${east/endpoints/to-rome/peers/192.0.2.1.asn}\"\n"))),
    ])
    .unwrap_or_else(|findings| panic!("{}", told(Err(findings))));
    let addresses: Vec<String> = loaded.topology.resources.keys().map(Address::to_string).collect();
    assert_eq!(
        addresses,
        [
            "east/endpoints/to-bern",
            "east/endpoints/to-bern/peers/192.0.2.2",
            "east/endpoints/to-rome",
            "east/endpoints/to-rome/peers/192.0.2.1",
            "east/groups/p-x",
            "east/groups/q-x",
        ]
    );
    assert_eq!(field(&loaded.topology, "east/groups/q-x", "note"), "\"q 2 65000\"");
    assert_eq!(field(&loaded.topology, "east/endpoints/to-bern", "address"), "\"192.0.2.2\"");
    assert_snapshot!(told(east("groups:\n  a: { each: [1, 2] }\n  ${each.key}: { each: \"${east/config.mtu}\" }\n  b-${each.key}: {}\n  c-${each.key}: { each: [x, x] }\n  d: { each: 5 }\n")), @r#"
    east.yaml:6:7 <a> each-name: `a` would be the name of 2 resources; put `${each.key}` into the name
    east.yaml:7:31 <east/config.mtu> bad-expression: `${east/config.mtu}` can't decide which resources there are; use `${var.…}` or `${each.…}` here
    east.yaml:8:11 <each.key> no-each: `each` means nothing here; only what is declared with `each: …`, and what lives in it, has `${each.key}` and `${each.value}`
    east.yaml:9:31 <x> each-key: two items of `each` go by `x`; what is made for each goes by its key: give each one of its own
    east.yaml:10:18 <5> wrong-type: `each` takes a map or a list, or a variable that holds one; as in `each: { paris: 10.1.0.0/16 }` or `each: ${var.sites}`
    "#);
}

#[test]
fn content_is_packed_and_not_read_as_declarations() {
    let blueprints = "blueprints:\n  router: { path: ../content/router }\n  single: { path: one.wgn }\n";
    let files = |blueprints: &str| {
        let folder = workspace(&[
            ("trueup.yaml", TRUEUP),
            ("cfy/east.yaml", &format!("{EAST}{}", indented(blueprints))),
            ("content/router/blueprint.yaml", "tosca_definitions_version: x\n\tbroken"),
            ("cfy/one.wgn", "BZh bytes"),
        ]);
        write(folder.path(), "content/router/latin.yaml", b"\xff\xfe");
        folder
    };
    let folder = files(blueprints);
    let loaded = load(folder.path(), CATALOGUE, &Options::default())
        .unwrap_or_else(|findings| panic!("{}", told(Err(findings))));
    let digest = loaded.topology.digest.clone();
    let contents: Vec<_> = loaded.topology.resources.values().map(|resource| &resource.files["path"]).collect();
    assert_eq!(contents.iter().map(|c| c.file_name.as_str()).collect::<Vec<_>>(), ["router.tar.gz", "one.wgn"]);
    write(folder.path(), "content/router/blueprint.yaml", b"other");
    let changed = load(folder.path(), CATALOGUE, &Options::default()).unwrap().topology;
    assert_ne!(changed.digest, digest);
    assert_snapshot!(told(load(files("blueprints:\n  router: { path: ../../etc }\n  gone: { path: ../content/none }\n  whole: { path: . }\n").path(), CATALOGUE, &Options { vars: [("pw".into(), "p".into()), ("no".into(), "p".into())].into(), ..Options::default() })), @r#"
     <> unknown-variable: a value is given for `no`, which is no variable; there are `pw`
    cfy/east.yaml:6:23 <../../etc> outside-workspace: `../../etc` leads out of the workspace; paths are relative to the file that names them; copy the content into the workspace
    cfy/east.yaml:7:21 <../content/none> unreadable-content: `content/none` can't be read: there is no such file or folder; paths are relative to the file that names them
    content/router/blueprint.yaml:2:1 <	broken> not-yaml: this is not YAML: found a tab character that violates indentation, while scanning a plain scalar; indent with spaces: YAML takes no tabs; quote text that starts with `@`, `%` or a backtick
    content/router/latin.yaml:1:1 <��> not-utf8: `content/router/latin.yaml` is not UTF-8: byte 0xff at offset 0; save the file as UTF-8; binary content belongs in a file that a field names
    "#);
}

#[test]
fn content_at_a_url_says_what_it_is() {
    let digest = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    let far = |path: &str| east(&format!("blueprints:\n  far: {{ path: '{path}' }}\n"));
    let loaded = far(&format!("https://blueprints.example/far-1.0.zip#sha256={digest}")).unwrap();
    let resource = loaded.topology.resources.values().next().unwrap();
    assert_eq!(resource.content_id().unwrap(), "far-9f86d081884c");
    assert_eq!(resource.files["path"].bytes(), None);
    let other = far(&format!("https://blueprints.example/far-1.0.zip#sha256={}", digest.replace('9', "8"))).unwrap();
    assert_ne!(loaded.topology.digest, other.topology.digest);

    assert_snapshot!(told(far("https://blueprints.example/far-1.0.zip")), @"east.yaml:6:20 <'https://blueprints.example/far-1.0.zip'> bad-url: `https://blueprints.example/far-1.0.zip` does not say what its content is; pin it: add `#sha256=` and the digest that `curl -sL 'https://blueprints.example/far-1.0.zip' | sha256sum` prints");
    assert_snapshot!(told(far("https://blueprints.example/far-1.0.zip#sha256=9f86")), @"east.yaml:6:20 <'https://blueprints.example/far-1.0.zip#sha256=9f86'> bad-url: `#sha256=` takes 64 hexadecimal digits, found `9f86`; `sha256sum` of the content prints them");
    assert_snapshot!(told(far(&format!("ftp://blueprints.example/far-1.0.zip#sha256={digest}"))), @"east.yaml:6:20 <'ftp://blueprints.example/far-1.0.zip#sha256=9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'> bad-url: content is fetched over `https` or `http`, not over `ftp`; download it into the workspace, and name the file");
    let from = |expression: &str| {
        let path = format!("https://blueprints.example/{expression}#sha256={digest}");
        let endpoint = "endpoints: { e: { address: 192.0.2.1, secret: hunter2 } }\n";
        told(east(&format!("{endpoint}blueprints:\n  far: {{ path: '{path}' }}\n")))
    };
    let said = from("${east/config.public_ip}");
    assert!(said.contains("not-known-yet: a path or URL has to be known before"), "{said}");
    let said = from("a.zip?key=${east/endpoints/e.secret}");
    assert!(said.contains("secret-path: a path or URL is shown everywhere and can't hold a secret"), "{said}");
    let findings = far(&format!("https://me:hunter2@blueprints.example/far-1.0.zip#sha256={digest}")).unwrap_err();
    assert_snapshot!(drawn(&findings), @"
    literal-secret

      × the URL holds a user, for everybody to read
       ╭─[east.yaml:6:20]
     5 │     blueprints:
     6 │       far: { path: *************************************************************************************************************************** }
       ·                    ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
       ╰────
      help: take it out of the URL; what needs a login is downloaded into the workspace before a run, and named by its
            path; what has been committed counts as known
    ");
}

/// Findings as a terminal shows them.
fn drawn(findings: &[Finding]) -> String {
    let graphical = GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor()).with_width(120);
    let mut drawn = String::new();
    findings.iter().for_each(|finding| graphical.render_report(&mut drawn, finding).unwrap());
    drawn.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

#[test]
fn findings_are_drawn_with_carets_and_told_without() {
    let findings = east("routes:\n  a: { cidr: 10.0.0.0/8 }\n  b: { cidr: 10.0.0.0/33 }\n  c: { cidr: 10.1.2.3/8 }\nendpoints:\n  e: { address: 192.0.2.1, secret: hunter2 }\n  f: {}\n").unwrap_err();
    let narrated = NarratableReportHandler::new();
    let mut spoken = String::new();
    for finding in &findings {
        narrated.render_report(&mut spoken, finding).unwrap();
    }
    let drawn = drawn(&findings);
    assert!(!drawn.contains("hunter2") && !spoken.contains("hunter2"));
    assert_snapshot!(drawn, @r#"
    wrong-value

      × expected IPv4 network in CIDR form, found `10.0.0.0/33`
       ╭─[east.yaml:7:18]
     6 │       a: { cidr: 10.0.0.0/8 }
     7 │       b: { cidr: 10.0.0.0/33 }
       ·                  ───────────
     8 │       c: { cidr: 10.1.2.3/8 }
       ╰────
      help: as in `10.1.0.0/16`
    duplicate-identity

      × `east/routes/c` is the same object as `east/routes/a`
       ╭─[east.yaml:8:7]
     5 │     routes:
     6 │       a: { cidr: 10.0.0.0/8 }
       ·       ┬
       ·       ╰── declared here first
     7 │       b: { cidr: 10.0.0.0/33 }
     8 │       c: { cidr: 10.1.2.3/8 }
       ·       ─
     9 │     endpoints:
       ╰────
      help: objects of `routes` are told apart by `cidr`, `gateway` alone
    literal-secret

      ⚠ the `secret` of `east/endpoints/e` stands here as plain text
        ╭─[east.yaml:10:40]
      9 │     endpoints:
     10 │       e: { address: 192.0.2.1, secret: ******* }
        ·                                        ───────
     11 │       f: {}
        ╰────
      help: declare it in `trueup.yaml` as `secrets: { NAME: { env: VARIABLE } }` and write `${secret.NAME}` here; what
            has been committed counts as known
    missing-field

      × `east/endpoints/f` lacks `address`
        ╭─[east.yaml:11:7]
     10 │       e: { address: 192.0.2.1, secret: ******* }
     11 │       f: {}
        ·       ─
        ╰────
      help: add `address: …` — The other side (IP address)
    "#);
    assert_snapshot!(spoken.lines().take(12).map(str::trim_end).collect::<Vec<_>>().join("\n"), @r#"
    expected IPv4 network in CIDR form, found `10.0.0.0/33`
        Diagnostic severity: error
    Begin snippet for east.yaml starting at line 6, column 1

    snippet line 6:       a: { cidr: 10.0.0.0/8 }
    snippet line 7:       b: { cidr: 10.0.0.0/33 }
        label at line 7, columns 18 to 28
    snippet line 8:       c: { cidr: 10.1.2.3/8 }
    diagnostic help: as in `10.1.0.0/16`
    diagnostic code: wrong-value
    `east/routes/c` is the same object as `east/routes/a`
        Diagnostic severity: error
    "#);
}

#[test]
fn a_revision_is_read_instead_of_the_folder() {
    let folder =
        workspace(&[("net/trueup.yaml", TRUEUP), ("net/east.yaml", &format!("{EAST}{}", indented("config: {}")))]);
    let at = folder.path().join("net");
    let git = |arguments: &[&str]| {
        let run = std::process::Command::new("git").args(arguments).current_dir(folder.path()).output();
        run.is_ok_and(|output| output.status.success())
    };
    assert_eq!(load(&at, CATALOGUE, &Options::default()).unwrap().topology.commit, None);
    if !git(&["init", "-q"]) {
        return;
    }
    assert_eq!(load(&at, CATALOGUE, &Options::default()).unwrap().topology.commit, None);
    assert!(git(&["add", "-A"]) && git(&["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "one"]));
    let clean = load(&at, CATALOGUE, &Options::default()).unwrap().topology;
    let commit = clean.commit.clone().unwrap();
    assert!(commit.len() == 40);
    write(&at, ".trueup/ledger.json", b"{}");
    assert_eq!(load(&at, CATALOGUE, &Options::default()).unwrap().topology.commit, Some(commit.clone()));
    write(&at, "more.yaml", b"lab: { east: { routes: { r: { cidr: 10.0.0.0/8 } } } }");
    let dirty = load(&at, CATALOGUE, &Options::default()).unwrap().topology;
    assert_eq!((dirty.commit, dirty.resources.len()), (Some(format!("{commit}+")), 2));
    let options = |revision: &str| Options { source: FileSource::Revision(revision.into()), ..Options::default() };
    let then = load(&at, CATALOGUE, &options("HEAD")).unwrap().topology;
    assert_eq!((then.commit, then.resources.len()), (Some(commit), 1));
    assert_eq!(then.digest, clean.digest);
    let told = told(load(&at, CATALOGUE, &options("nowhere")));
    assert!(told.contains("no-revision") && told.contains("nowhere"), "{told}");
}

/// Commits all that is in a folder; `false` where there is no git.
fn committed(folder: &std::path::Path) -> bool {
    let git = |arguments: &[&str]| {
        let run = std::process::Command::new("git").args(arguments).current_dir(folder).output();
        run.is_ok_and(|output| output.status.success())
    };
    git(&["init", "-q"])
        && git(&["add", "-A"])
        && git(&["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "more"])
}

#[test]
fn who_goes_back_finds_targets_and_secrets_where_they_are_now() {
    let envelope = |rest: &str| format!("workspace: acme\n{rest}");
    let target = |host: &str, kinds: &str| {
        let credentials = "{ username: api, password: '${secret.pw}' }";
        format!(
            "lab:\n  east:\n    at: https://${{var.host}}{host}\n    credentials: {credentials}\n{}",
            indented(kinds)
        )
    };
    let secret = |word: &str| {
        format!("secrets: {{ pw: {{ command: [echo, {word}] }}, key: {{ command: [echo, {word}-key] }} }}\n")
    };
    let then = format!(
        "{}{}policy: {{ protect: [east/routes/*], allow: {{ deletes: 9 }} }}\n",
        envelope("vars: { host: { default: then } }\n"),
        secret("then")
    );
    let kinds = "prune: all\nroutes: { r: { cidr: 10.0.0.0/8, description: '${file(\"d.txt\")} ${secret.key}' } }";
    let folder = workspace(&[("trueup.yaml", &then), ("east.yaml", &target(".example", kinds)), ("d.txt", "then")]);
    if !committed(folder.path()) {
        return;
    }
    let now = "vars: { host: { default: now }, more: { default: x } }\nledger: { file: kept/ledger.json }\n";
    write(folder.path(), "trueup.yaml", format!("{}{}", envelope(now), secret("now")).as_bytes());
    write(folder.path(), "d.txt", b"now");
    // What is not sound by now is no obstacle, as long as it is known where the targets are.
    let broken = "routes: { r: { cidr: nowhere }, s: { gateway: 1 } }\nwhatever: {}\ngroups: { g: { leader: nobody } }";
    write(folder.path(), "east.yaml", target(".test", broken).as_bytes());
    assert!(committed(folder.path()));
    let options = |source: FileSource| Options { source, ..Options::default() };
    let back = || load(folder.path(), CATALOGUE, &options(FileSource::BackTo("HEAD~1".into())));
    let topology = back().unwrap_or_else(|findings| panic!("{findings:?}")).topology;
    let east = &topology.targets["east"];
    assert!(east.at == "https://now.test" && matches!(east.prune, Prune::All), "{}", east.at);
    assert_eq!(topology.policy.protect, ["east/routes/*"]);
    assert_eq!(topology.ledger, LedgerPlace::File("kept/ledger.json".into()));
    let secrets = |attr: &Attr| {
        let mut found = Vec::new();
        attr.for_each_secret(&mut |secret| found.push(secret.fingerprint(b"k")));
        found
    };
    let printed = |text: &str| crate::secret::Secret::new("s", text.to_owned()).fingerprint(b"k");
    assert_eq!(secrets(&east.credentials.fields["password"]), [printed("now")]);
    let route = &topology.resources.values().next().unwrap().fields;
    assert_eq!(route["cidr"].as_text(), Some("10.0.0.0/8"));
    assert_eq!(secrets(&route["description"]), [printed("then now-key")]);
    let earlier = load(folder.path(), CATALOGUE, &options(FileSource::Revision("HEAD~1".into()))).unwrap().topology;
    assert_eq!((earlier.targets["east"].at.as_str(), earlier.digest), ("https://then.example", topology.digest));
    assert_eq!(earlier.commit, topology.commit);
    // Where that can't be read, nobody knows where the targets are.
    write(folder.path(), "east.yaml", b"lab: { east: {\n");
    let told = told(back());
    assert!(told.contains("in `east.yaml` as it is now, which says where the targets are"), "{told}");
}

#[test]
fn a_broken_file_is_told_alone() {
    let kinds = format!("{EAST}{}", indented("groups: { a: { leader: gone, note: \"${west/config.x}\" } }"));
    let envelope = told(try_load(&[("trueup.yaml", "workspace: [a\n"), ("east.yaml", &kinds)]));
    assert_eq!(envelope.lines().count(), 1, "{envelope}");
    let other = told(try_load(&[("trueup.yaml", TRUEUP), ("east.yaml", &kinds), ("west.yaml", "lab: {\n")]));
    assert_eq!(other.lines().count(), 1, "{other}");
}

#[test]
fn a_value_is_followed_to_a_secret_through_any_number_of_others() {
    const LINKS: usize = 40;
    for (ends_in, is_secret) in [("${secret.s}", true), ("plain", false)] {
        let first = format!("  e0: {{ address: 192.0.2.1, inputs: \"{ends_in} ${{east/config.public_ip}}\" }}\n");
        let rest = (1..=LINKS).map(|n| {
            let before = format!("${{east/endpoints/e{}.inputs}}", n - 1);
            format!("  e{n}: {{ address: 192.0.2.1, inputs: \"{before}\" }}\n")
        });
        let endpoints: String = [first].into_iter().chain(rest).collect();
        let trueup = "workspace: acme\nvars: { pw: { default: x } }\nsecrets: { s: { command: [echo, canary] } }\n";
        let loaded = try_load(&[
            ("trueup.yaml", trueup),
            ("east.yaml", &format!("{EAST}{}", indented(&format!("endpoints:\n{endpoints}")))),
        ]);
        let topology = loaded.unwrap_or_else(|findings| panic!("{}", told(Err(findings)))).topology;
        let address = Address::new("east", "endpoints", Some(&format!("e{LINKS}")));
        let last = Output { address, field: "inputs".into(), encoding: Encoding::Plain };
        assert_eq!(topology.is_secret(&last), is_secret, "{ends_in}");
    }
}

#[test]
fn values_that_hold_others_are_bounded() {
    let chain = |links: usize, holds: &str| {
        let rest = (1..=links).map(|n| {
            let before = format!("\"${{east/endpoints/e{}.inputs}}\"", n - 1);
            format!("  e{n}: {{ address: 192.0.2.1, inputs: {} }}\n", holds.replace("@", &before))
        });
        let rest: String = rest.collect();
        let endpoints = format!("endpoints:\n  e0: {{ address: 192.0.2.1, inputs: word }}\n{rest}");
        told(try_load(&[("trueup.yaml", TRUEUP), ("east.yaml", &format!("{EAST}{}", indented(&endpoints)))]))
    };
    for (links, holds, trouble) in [
        (60, "[@, @]", "the values that repeat others come to more than 256 MiB here"),
        (60, "{ a: @, b: @ }", "the values that repeat others come to more than 256 MiB here"),
        (20_000, "[@]", "lists and maps stand more than 128 deep in each other here"),
        (20_000, "{ a: @ }", "lists and maps stand more than 128 deep in each other here"),
    ] {
        let told = chain(links, holds);
        assert!(
            told.contains(trouble)
                && told.lines().all(|line| ["too-large", "unused"].iter().any(|code| line.contains(code))),
            "{holds}: {told}"
        );
    }
    for (links, holds) in [(100, "[@]"), (5, "[@, @]")] {
        let told = chain(links, holds);
        assert!(!told.contains("too-large"), "{told}");
    }
}

#[test]
fn a_file_of_authorities_lies_beside_the_files() {
    let text = "lab: { east: { at: 'https://east', credentials: { username: a, password: '${var.pw}' }, tls: { ca-file: ca/own.pem } } }\n";
    let folder = workspace(&[("trueup.yaml", TRUEUP), ("t.yaml", text)]);
    let loaded = load(folder.path(), CATALOGUE, &Options::default())
        .unwrap_or_else(|findings| panic!("{}", told(Err(findings))));
    assert_eq!(loaded.topology.targets["east"].tls.ca_file, Some(folder.path().join("ca/own.pem")));
}
