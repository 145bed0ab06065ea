//! What `each`, expressions, variables from files and environments make together: loaded, and looked at.

use std::collections::BTreeMap;

use super::testing::{CATALOGUE, EAST, indented, workspace};
use super::{Options, Topology, load};
use crate::attr::Attr;
use crate::finding::Finding;

const HEAD: &str = "workspace: a\nvars:\n  pw: { default: x }\n  sites: { from: sites.csv }\n";

const SITES: &str = "name,id,lan,retired\noslo,3,10.3.0.0/16,\nbern,4,10.4.0.0/16,yes\nrome,5,10.5.0.0/16,no\n";

fn loaded(files: &[(&str, &str)], environment: Option<&str>) -> Result<Topology, Vec<Finding>> {
    let options = Options { environment: environment.map(str::to_owned), ..Options::default() };
    load(workspace(files).path(), CATALOGUE, &options).map(|loaded| loaded.topology)
}

fn told(findings: &[Finding]) -> Vec<String> {
    let errors = findings.iter().filter(|finding| finding.is_error());
    errors.map(|it| format!("{} {}: {}", it.location().unwrap_or_default(), it.code, it.message)).collect()
}

/// A workspace with kinds at the target `east`.
fn east(kinds: &str) -> Result<Topology, Vec<Finding>> {
    let text = format!("{EAST}{}", indented(kinds));
    loaded(&[("trueup.yaml", HEAD), ("sites.csv", SITES), ("east.yaml", &text)], None)
}

#[track_caller]
fn good(topology: Result<Topology, Vec<Finding>>) -> Topology {
    topology.unwrap_or_else(|findings| panic!("{:#?}", told(&findings)))
}

fn value(topology: &Topology, address: &str, field: &str) -> String {
    let resource = topology.resources.get(&address.parse().unwrap());
    let resource = resource.unwrap_or_else(|| panic!("no {address} among {:?}", addresses(topology)));
    resource.fields.get(field).unwrap_or(&Attr::Null).to_shown().to_string()
}

fn addresses(topology: &Topology) -> Vec<String> {
    topology.resources.keys().map(ToString::to_string).collect()
}

const BRANCHES: &str = r#"lab:
  branch-${each.key}:
    each: ${var.sites}
    at: https://${each.key}.example/api/
    credentials: { username: "u${each.value.id}", password: "${secret.psk-${each.key}}" }
    retired: ${each.value.retired}
    config: { mtu: "${each.value.id}" }
    groups:
      lan: { note: "${cidr.host(each.value.lan, 1)} of ${each.key}" }
      "${other}":
        each: ${without(keys(var.sites), each.key)}
        note: "${branch-${each.key}/groups/lan.note}"
"#;

const SECRETS: &str =
    "secrets:\n  \"psk-${each.key}\": { each: \"${var.sites}\", command: [printf, \"key-of-${each.key}\"] }\n";

#[cfg(unix)]
#[test]
fn a_target_is_declared_for_each_row_of_a_table() {
    let branches = BRANCHES.replace("${other}", "to-${each.key}");
    let head = format!("{HEAD}{SECRETS}");
    let topology = loaded(&[("trueup.yaml", &head), ("sites.csv", SITES), ("b.yaml", &branches)], None);
    // What is wanted of one that is retired refers to nothing.
    let findings = topology.err().unwrap_or_default();
    assert!(
        told(&findings).iter().any(|line| line.contains("`branch-bern/groups/lan` is not declared")),
        "{findings:?}"
    );
    let sites = SITES.replace("yes", "");
    let files = [("trueup.yaml", head.as_str()), ("sites.csv", sites.as_str()), ("b.yaml", branches.as_str())];
    let topology = good(loaded(&files, None));
    let targets: BTreeMap<&str, &str> =
        topology.targets.values().map(|target| (target.name.as_str(), target.at.as_str())).collect();
    assert_eq!(targets.len(), 3);
    assert_eq!(targets["branch-oslo"], "https://oslo.example/api");
    let credentials = &topology.targets["branch-rome"].credentials.fields;
    assert_eq!(credentials["username"], Attr::text("u5"));
    assert_eq!(credentials["password"], Attr::Secret(crate::secret::Secret::new("", "key-of-rome")));
    assert_eq!(value(&topology, "branch-oslo/groups/lan", "note"), "\"10.3.0.1 of oslo\"");
    assert_eq!(value(&topology, "branch-oslo/groups/to-rome", "note"), "\"10.5.0.1 of rome\"");
    assert_eq!(topology.resources_at("branch-bern").count(), 4);
}

#[test]
fn what_is_retired_declares_nothing_and_stays_a_target() {
    for (word, retired) in [("true", true), ("yes", true), ("false", false), ("''", false), ("null", false)] {
        let text = format!("{EAST}    retired: {word}\n    prune: all\n    config: {{ mtu: 9 }}\n");
        let topology = good(loaded(&[("trueup.yaml", HEAD), ("sites.csv", SITES), ("east.yaml", &text)], None));
        let target = &topology.targets["east"];
        assert_eq!((target.retired, topology.resources.is_empty()), (retired, retired), "{word}");
        assert_eq!(topology.pruned_kinds(target).is_empty(), retired, "{word}: nobody else's objects go with it");
    }
    let text = format!("{EAST}    retired: soon\n");
    let found = loaded(&[("trueup.yaml", HEAD), ("sites.csv", SITES), ("east.yaml", &text)], None).err().unwrap();
    assert!(told(&found).iter().any(|line| line.contains("wrong-type: `retired`")), "{found:?}");
}

#[test]
fn items_of_lists_are_made_for_each_of_others() {
    let topology = good(east(
        "endpoints:\n  a:\n    address: 192.0.2.1\n    networks: [10.0.0.0/16, { each: \"${var.sites}\", item: \"${each.value.lan}\" }]\n    \
         tunnels: [{ subnet: 10.9.0.0/16 }, { each: [{ n: one }, { n: two }], key: n, subnet: \"10.${index(['x'], 'x')}.0.0/16\" }]\n"
            .replace("10.${index(['x'], 'x')}.0.0/16", "${cidr.subnet('10.0.0.0/8', 16, default(var.sites.${each.key}.id, 7))}")
            .replace("{ n: one }, { n: two }", "{ n: oslo }, { n: none }")
            .replace("networks:", "inputs: [{ each: [1], item: 2 }]\n    networks:")
            .as_str(),
    ));
    let networks = r#"["10.0.0.0/16","10.4.0.0/16","10.3.0.0/16","10.5.0.0/16"]"#;
    assert_eq!(value(&topology, "east/endpoints/a", "networks"), networks);
    let tunnels = r#"[{"subnet":"10.9.0.0/16"},{"subnet":"10.3.0.0/16"},{"subnet":"10.7.0.0/16"}]"#;
    assert_eq!(value(&topology, "east/endpoints/a", "tunnels"), tunnels);
    // Where anything may stand, it is a word like any other.
    assert_eq!(value(&topology, "east/endpoints/a", "inputs"), r#"[{"each":[1],"item":2}]"#);
}

#[test]
fn findings_under_each_are_told_once_with_the_items_named() {
    let found = east(
        "routes:\n  \"${each.key}\": { each: \"${var.sites}\", cidr: \"x${each.value.lan}\" }\nendpoints:\n  a:\n    \
         address: 192.0.2.1\n    networks:\n      - 10.0.0.0/33\n      - { each: \"${var.sites}\", item: \"y${each.value.lan}\" }\n      \
         - 10.0.0.0/34\n    labels: { l: \"${lower(upper(each.key))}\" }\n",
    );
    let lines = told(&found.err().unwrap());
    let at = |place: &str| lines.iter().filter(|line| line.starts_with(place)).collect::<Vec<_>>();
    assert_eq!(at("east.yaml:6:").len(), 1, "{lines:#?}");
    assert!(at("east.yaml:6:")[0].contains("so it is with `bern`, `oslo`, `rome`"), "{lines:#?}");
    assert_eq!(
        (at("east.yaml:11:").len(), at("east.yaml:12:").len(), at("east.yaml:13:").len()),
        (1, 1, 1),
        "{lines:#?}"
    );
    assert!(at("east.yaml:12:")[0].contains("so it is with `bern`, `oslo`, `rome`"), "{lines:#?}");
    assert!(at("east.yaml:14:33").len() == 1 || at("east.yaml:14:").len() == 1, "{lines:#?}");
}

/// What an expression is about is told by its own part of the text.
#[test]
fn a_wrong_call_is_told_at_the_argument() {
    for (text, at, code) in [
        ("a ${cidr.subnet('10.0.0.0/8', 16, 256)} b", "256", "wrong-argument"),
        ("a ${lower(var.sites)}", "var.sites", "wrong-argument"),
        ("a ${upper(lower(1, 2))}", "lower(1, 2)", "bad-expression"),
        ("a ${none(1)}", "none(1)", "unknown-function"),
        ("${lower(east/config.public_ip)}", "east/config.public_ip", "not-known-yet"),
        ("${lower(secret.s)}", "secret.s", "secret-argument"),
        ("${lower(east/endpoints/a.secret)}", "east/endpoints/a.secret", "secret-argument"),
        ("${east/groups/${secret.s}.id}", "secret.s", "bad-expression"),
        ("${secret.${east/config.mtu}}", "east/config.mtu", "bad-expression"),
    ] {
        let head = format!("{HEAD}secrets: {{ s: {{ command: [echo, hidden-word] }} }}\n");
        let kinds = format!(
            "config: {{ mtu: 9 }}\nendpoints: {{ a: {{ address: 192.0.2.1, secret: \"${{secret.s}}\" }} }}\n\
             groups:\n  g:\n    note: \"{text}\"\n"
        );
        let yaml = format!("{EAST}{}", indented(&kinds));
        let found = loaded(&[("trueup.yaml", &head), ("sites.csv", SITES), ("east.yaml", &yaml)], None);
        let found = found.err().unwrap_or_else(|| panic!("{text}"));
        let finding = found.iter().find(|finding| finding.code == code).unwrap_or_else(|| panic!("{text}: {found:?}"));
        let spot = finding.spot.as_ref().unwrap();
        assert_eq!(&spot.source.inner()[spot.offset..spot.offset + spot.length], at, "{text}");
        assert!(!finding.message.contains("hidden-word"), "{text}");
    }
}

#[test]
fn an_environment_is_laid_over_the_files_and_blamed_for_what_it_gives() {
    let base = format!("{EAST}{}", indented("config: { mtu: 1 }\ngroups: { a: { note: base }, b: { note: base } }\n"));
    let prod = "vars: { pw: { default: prod } }\nlab:\n  east:\n    at: https://prod.example/api/\n    config: { mtu: 2 }\n    \
                groups: { a: null, c: { note: \"${file('note.txt')}\" } }\n";
    let wrong = "lab: { east: { config: { mtu: many }, groups: { d: { nots: x } } } }\n";
    let files = [
        ("trueup.yaml", HEAD),
        ("sites.csv", SITES),
        ("east.yaml", base.as_str()),
        ("environments/prod.yaml", prod),
        ("environments/note.txt", "beside it"),
        ("environments/wrong.yaml", wrong),
    ];
    let plain = good(loaded(&files, None));
    assert_eq!(
        (value(&plain, "east/config", "mtu"), plain.targets["east"].at.as_str()),
        ("1".into(), "https://east.example/api")
    );
    let topology = good(loaded(&files, Some("prod")));
    assert_eq!(topology.targets["east"].at, "https://prod.example/api");
    assert_eq!(value(&topology, "east/config", "mtu"), "2");
    assert_eq!(value(&topology, "east/groups/c", "note"), "\"beside it\"");
    assert_eq!(addresses(&topology), ["east/config", "east/groups/b", "east/groups/c"]);
    assert_eq!(topology.ledger, super::LedgerPlace::File(".trueup/prod/ledger.json".into()));
    assert_ne!(topology.digest, plain.digest);
    let lines = told(&loaded(&files, Some("wrong")).err().unwrap());
    assert!(lines.iter().any(|line| line.starts_with("environments/wrong.yaml:1:31 wrong-")), "{lines:#?}");
    assert!(lines.iter().any(|line| line.starts_with("environments/wrong.yaml:1:54 unknown-field")), "{lines:#?}");
    for (name, code) in [("prd", "unknown-environment"), ("sim", "bad-name"), ("../prod", "bad-name"), ("", "bad-name")]
    {
        let lines = told(&loaded(&files, Some(name)).err().unwrap());
        assert!(lines.iter().any(|line| line.contains(code)), "{name}: {lines:#?}");
    }
}

#[test]
fn an_environment_keeps_a_ledger_of_its_own() {
    let load = |ledger: &str, prod: &str| {
        let head = format!("{HEAD}{ledger}");
        let east = format!("{EAST}    config: {{ mtu: \"${{var.sites.oslo.id}}\" }}\n");
        let files = [
            ("trueup.yaml", head.as_str()),
            ("sites.csv", SITES),
            ("east.yaml", east.as_str()),
            ("environments/prod.yaml", prod),
        ];
        loaded(&files, Some("prod")).map(|topology| topology.ledger).map_err(|found| told(&found).join("\n"))
    };
    let file = |path: &str| Ok(super::LedgerPlace::File(path.into()));
    assert_eq!(load("", ""), file(".trueup/prod/ledger.json"));
    assert_eq!(load("ledger: { keep-runs: 3 }\n", ""), file(".trueup/prod/ledger.json"));
    assert!(load("ledger: { file: l.json }\n", "").unwrap_err().contains("shared-ledger"));
    assert_eq!(load("ledger: { file: l.json }\n", "ledger: { file: p.json }\n"), file("p.json"));
    assert_eq!(load("ledger: { file: '${var.pw}.json' }\n", "vars: { pw: { default: p } }\n"), file("p.json"));
}

#[test]
fn variables_come_from_files_of_the_workspace() {
    let load = |from: &str, text: &str| {
        let head = format!("workspace: a\nvars: {{ pw: {{ default: x }}, v: {{ from: {from} }} }}\n");
        let east = format!("{EAST}    config: {{ controller_name: \"${{join(keys(var.v), '-')}}\" }}\n");
        let name = from.trim_start_matches("../");
        loaded(&[("trueup.yaml", &head), (name, text), ("east.yaml", &east)], None)
            .map(|topology| (value(&topology, "east/config", "controller_name"), topology.digest))
            .map_err(|found| told(&found))
    };
    for (from, text) in [("v.csv", "id,x\na,1\nb,2\n"), ("v.yaml", "a: 1\nb: 2\n"), ("v.json", "{\"b\": 1, \"a\": 2}")]
    {
        let (names, digest) = load(from, text).unwrap_or_else(|told| panic!("{from}: {told:?}"));
        assert_eq!(names, "\"a-b\"", "{from}");
        let other = text.replacen('1', "3", 1);
        assert_ne!(load(from, &other).unwrap().1, digest, "{from}: it is a part of the configuration");
    }
    for (from, text, place) in [
        ("v.csv", "id,x\na\n", "v.csv:2:1 wrong-table"),
        ("v.txt", "a", "trueup.yaml:2:40 wrong-value"),
        ("../v.csv", "id\n", "trueup.yaml:2:40 outside-workspace"),
    ] {
        let told = load(from, text).unwrap_err();
        assert!(told.iter().any(|line| line.starts_with(place)), "{from}: {told:?}");
    }
}
