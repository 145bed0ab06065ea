//! A resource has the fields that its kind needs.

use crate::check::{Subject, rule};
use crate::finding::Finding;
use crate::spec::{Field, Identity};
use crate::topology::Resource;

rule! {
    /// A resource lacks a field without which its kind can't be made.
    "missing-field" is Fixed;
    bad: "routes: { office: { interface: eth0 } }";
    good: "routes: { office: { cidr: 10.1.0.0/16, interface: eth0 } }";
}

fn run(subject: &Subject) -> Vec<Finding> {
    subject.topology.resources.values().flat_map(of).collect()
}

fn of(resource: &Resource) -> Vec<Finding> {
    // The items of a sequence are objects, whose fields were checked with their types.
    if let Identity::Sequence { .. } = resource.kind.identity {
        return Vec::new();
    }
    // What is external needs what it is found by. Content is found by its name alone.
    let is_by_name = resource.kind.identity.file_in_id().is_some();
    let has_to = |field: &&Field| {
        let is_needed = !resource.external || !is_by_name && resource.kind.is_told_apart_by(field.name);
        (field.is_required() || is_named_by(resource, field)) && field.is_writable() && is_needed
    };
    let needed = resource.kind.fields.iter().filter(has_to);
    let finding = |field: &Field| {
        if resource.cleared.contains(field.name) {
            let message = format!("`{}` is empty, and `{}` needs it", field.name, resource.address);
            let help = match is_named_by(resource, field) {
                true => format!("leave `{}` out: the name in YAML is its value", field.name),
                false => format!("{}: {}", field.ty.describe(), field.doc),
            };
            return Some(Finding::error(RULE.code, message).help(help).at(&resource.place_of(field.name)));
        }
        let is_missing = field.is_required() && !resource.fields.contains_key(field.name);
        is_missing.then(|| {
            let finding = Finding::error(RULE.code, format!("`{}` lacks `{}`", resource.address, field.name));
            let help = format!("add `{}: …` — {} ({})", field.name, field.doc, field.ty.describe());
            finding.help(help).at(&resource.place)
        })
    };
    needed.filter_map(finding).collect()
}

/// Says whether the name in YAML stands for a field.
fn is_named_by(resource: &Resource, field: &Field) -> bool {
    matches!(resource.kind.identity, Identity::Name(name) | Identity::CaselessName(name) if name == field.name)
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use serde_json::json;

    use super::*;
    use crate::address::Address;
    use crate::attr::Attr;
    use crate::finding::Place;
    use crate::providers::CATALOGUE;
    use crate::spec::{Kind, Type, check, item_key_field};
    use crate::topology::testing::{indented, told, workspace};
    use crate::topology::{Options, load};

    fn cleared(kind: &'static Kind, names: &[&str]) -> Resource {
        Resource {
            address: Address::new("t", kind.name, Some("x")),
            kind,
            fields: BTreeMap::new(),
            cleared: names.iter().map(|name| (*name).to_owned()).collect(),
            external: false,
            unmanaged: BTreeSet::new(),
            partial: BTreeMap::new(),
            files: BTreeMap::new(),
            place: Place::file("x.yaml"),
            given_at: Default::default(),
            origin: None,
            renamed_from: None,
        }
    }

    /// The fields that tell the objects of a kind apart, and that a file may give.
    fn identity(kind: &'static Kind) -> Vec<&'static Field> {
        let fields = kind.fields.iter().filter(|field| field.is_writable());
        fields.filter(|field| kind.is_told_apart_by(field.name)).collect()
    }

    #[test]
    fn nothing_of_any_kind_is_known_by_what_is_empty() {
        let (mut named, mut natural) = (BTreeSet::new(), 0);
        for provider in CATALOGUE {
            for kind in provider.kinds.iter().copied().filter(|kind| kind.is_declarative()) {
                let names: Vec<&str> = identity(kind).iter().map(|field| field.name).collect();
                let is_content = kind.identity.file_in_id().is_some();
                for external in
                    [false, true].into_iter().filter(|external| !(names.is_empty() || is_content && *external))
                {
                    let found = of(&Resource { external, ..cleared(kind, &names) });
                    let empty: Vec<&Finding> = found.iter().filter(|it| it.message.contains("is empty")).collect();
                    assert!(!empty.is_empty(), "{}/{}", provider.name, kind.name);
                    assert!(empty.iter().all(|it| it.is_error() && it.help.is_some() && it.place.is_some()));
                }
                match kind.identity {
                    Identity::Natural(_) | Identity::Content(_, [_, ..]) => natural += 1,
                    Identity::Name(_) | Identity::CaselessName(_) => drop(named.insert(provider.name)),
                    Identity::Singleton | Identity::Content(_, []) | Identity::Sequence { .. } => {}
                }
            }
        }
        assert!(named.len() == 4 && natural > 5, "{named:?} {natural}");
    }

    #[test]
    fn what_tells_items_apart_is_never_empty() {
        let fields = CATALOGUE.iter().flat_map(|provider| provider.kinds).flat_map(|kind| kind.fields);
        let keyed = fields.filter_map(|field| Some((&field.ty, item_key_field(&field.ty)?)));
        let keyed: Vec<(&Type, &Field)> = keyed.filter(|(_, key)| key.is_writable()).collect();
        for (ty, key) in &keyed {
            for nothing in [json!(null), json!("")] {
                let items = Attr::from_json(&json!([{ key.name: nothing }]));
                let found = check(ty, &items);
                let told = found.iter().any(|it| it.path == ["0", key.name] && it.help.is_some());
                assert!(told, "{}: {found:?}", key.name);
            }
        }
        assert!(keyed.len() > 3, "{}", keyed.len());
    }

    #[test]
    fn an_empty_name_is_told_with_its_place_at_every_provider() {
        let basic = "credentials: { username: api, password: '${var.pw}' }";
        let account =
            "credentials: { clientId: c, password: '${var.pw}', authenticationUrl: 'https://i.example/token' }";
        let group = "networkGroupId: G, region: us-east-1";
        let leave_out = |name: &str| format!("leave `{name}` out: the name in YAML is its value");
        let mut cases: Vec<(&str, &str, String, &str, String)> = Vec::new();
        for word in ["null", "", "''", "'${var.some.none}'", "'${var.empty}'", "'${var.empty}${var.empty}'"] {
            let mut case = |provider, credentials, kinds: String, at, help| {
                cases.push((provider, credentials, kinds.replace("EMPTY", word), at, help));
            };
            let tunnel = "tunnels: { t: { local_subnet: EMPTY, remote_subnet: 10.2.0.0/16 } }";
            let endpoint = "ipaddress: 192.0.2.1, secret: '${var.pw}'";
            case("vns3", basic, "webhooks:\n  p: { name: EMPTY, url: u }".into(), "name", leave_out("name"));
            case("vns3", basic, "alerts:\n  p: { name: EMPTY }".into(), "name", leave_out("name"));
            case("vns3", basic, "routes:\n  r: { cidr: EMPTY, interface: eth0 }".into(), "cidr", "IPv4 network".into());
            case(
                "vns3",
                basic,
                format!("ipsec-endpoints: {{ e: {{ {endpoint}, {tunnel} }} }}"),
                "local_subnet",
                "IPv4".into(),
            );
            case("cloudify", basic, "secrets:\n  k: { key: EMPTY, value: v }".into(), "key", leave_out("key"));
            case("cloudify", basic, "deployments:\n  d: { id: EMPTY, blueprint_id: b }".into(), "id", leave_out("id"));
            case("cloudify", basic, "tenants:\n  t: { name: EMPTY }".into(), "name", leave_out("name"));
            case("f5-vnfm", basic, "users:\n  u: { username: EMPTY }".into(), "username", leave_out("username"));
            case(
                "netfoundry",
                account,
                format!("networks:\n  n: {{ name: EMPTY, {group} }}"),
                "name",
                leave_out("name"),
            );
            let services = format!("networks: {{ n: {{ {group}, services: {{ s: {{ name: EMPTY }} }} }} }}");
            case("netfoundry", account, services, "name", leave_out("name"));
        }
        let vars = "vars:\n  pw: { default: x }\n  empty: { default: '' }\n  some: { default: { none: null } }\n";
        for (provider, credentials, kinds, field, help) in cases {
            let at = "https://host.example:8000/api";
            let text = format!("{provider}:\n  t:\n    at: {at}\n    {credentials}\n{}", indented(&kinds));
            let folder = workspace(&[("trueup.yaml", &format!("workspace: acme\n{vars}")), ("all.yaml", &text)]);
            let told = told(load(folder.path(), CATALOGUE, &Options::default()));
            let line = told.lines().find(|line| line.contains(&format!("missing-field: `{field}` is empty")));
            let line = line.unwrap_or_else(|| panic!("{kinds}: {told}"));
            assert!(line.starts_with("all.yaml:") && line.contains(&help), "{line}");
        }
    }
}
