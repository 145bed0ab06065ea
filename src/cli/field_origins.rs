//! `trueup explain ADDRESS`: which line of the files gave each field, in which words, and what it came to.

use std::path::Path;

use serde_json::Value;

use crate::address::Address;
use crate::attr::Attr;
use crate::check::walk::{WalkStep, place};
use crate::cli::{CommandError, Global, common};
use crate::fabric::FabricOrigin;
use crate::finding::Place;
use crate::suggest;
use crate::topology::{ITEMS, Resource, Topology};

/// A value of a resource and where it stands.
struct GivenValue<'r> {
    path: String,
    value: &'r Attr,
    place: Place,
}

/// The text about a resource; `None` where that is no address of the workspace's targets.
pub(crate) fn text(global: &Global, folder: &Path, what: &str) -> Result<Option<String>, CommandError> {
    let Ok(address) = what.parse::<Address>() else { return Ok(None) };
    let topology = common::load_files(global, folder)?;
    let Some(target) = topology.targets.get(address.target()) else { return Ok(None) };
    let Some(resource) = topology.resources.get(&address) else {
        let declared: Vec<String> = topology.resources_at(&target.name).map(|it| it.address.to_string()).collect();
        let help = suggest::hint(what, declared.iter().map(String::as_str));
        return Err(CommandError::failed(format!("`{what}` is not declared")).help(help));
    };
    Ok(Some(explained(&topology, resource, target.provider.name)))
}

fn explained(topology: &Topology, resource: &Resource, provider: &str) -> String {
    let mut given = Vec::new();
    for (name, value) in &resource.fields {
        // Of a resource that is a whole list, the place is the list's own.
        let mut steps = if name == ITEMS { Vec::new() } else { vec![WalkStep::Name(name)] };
        leaves(resource, name, value, &mut steps, &mut given);
    }
    let places: Vec<&Place> = std::iter::once(&resource.place).chain(given.iter().map(|it| &it.place)).collect();
    let mut lines = topology.sources.locations(&places).into_iter();
    let mut words = topology.sources.words(&places).into_iter().skip(1);
    let declared = lines.next().unwrap_or_default();
    let mut text = format!("{} ({provider}/{}), declared at {declared}\n", resource.address, resource.kind.name);
    if let Some(origin) = &resource.origin {
        text.push_str(&format!("  it comes from {origin}\n"));
    }
    let width = given.iter().map(|it| it.path.chars().count()).max().unwrap_or_default();
    for it in &given {
        let (at, word) = (lines.next().unwrap_or_default(), words.next().flatten());
        text.push_str(&format!("  {:<width$}  {at}  {}\n", it.path, told(it.value, word, resource.origin.as_deref())));
    }
    for name in &resource.cleared {
        text.push_str(&format!("  {name:<width$}  {declared}  nothing: it has what the API has by itself\n"));
    }
    let is_left_out = |name: &str| !resource.fields.contains_key(name) && !resource.cleared.contains(name);
    let left_out = resource.kind.fields.iter().filter(|field| field.is_writable() && is_left_out(field.name));
    for (field, default) in left_out.filter_map(|field| Some((field, field.default?))) {
        text.push_str(&format!("  {:<width$}  left out  {default}\n", field.name));
    }
    text
}

/// The value of a field, behind the words that it was made of where those are others.
fn told(value: &Attr, words: Option<String>, origin: Option<&FabricOrigin>) -> String {
    let shown = match value.to_shown() {
        Value::String(text) => text,
        other => other.to_string(),
    };
    match words {
        None => match origin {
            Some(origin) => format!("{shown}  (made for {origin})"),
            None => format!("{shown}  (from a name or a key around it)"),
        },
        // What stands beside a secret in one text may be a part of it.
        Some(words) if value.has_secret() && !is_one_expression(&words) => shown,
        Some(words) if words == shown => shown,
        Some(words) => format!("{words}  is  {shown}"),
    }
}

fn is_one_expression(words: &str) -> bool {
    let inner = words.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
    inner.is_some_and(|inner| !inner.contains("${") && !inner.contains('}'))
}

/// The values in a field that have no parts of their own, each by its path.
fn leaves<'r>(
    resource: &'r Resource,
    path: &str,
    value: &'r Attr,
    steps: &mut Vec<WalkStep<'r>>,
    found: &mut Vec<GivenValue<'r>>,
) {
    match value {
        Attr::Map(map) if !map.is_empty() => {
            for (key, value) in map {
                steps.push(WalkStep::Name(key));
                leaves(resource, &format!("{path}.{key}"), value, steps, found);
                steps.pop();
            }
        }
        Attr::List(items) if !items.is_empty() => {
            for (index, value) in items.iter().enumerate() {
                steps.push(WalkStep::Index(index));
                leaves(resource, &format!("{path}[{index}]"), value, steps, found);
                steps.pop();
            }
        }
        value => {
            let mut place = place(resource, steps);
            place.at_key = false;
            found.push(GivenValue { path: path.to_owned(), value, place });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::CATALOGUE;
    use crate::topology::testing::workspace;
    use crate::topology::{Options, SecretMode, load};

    #[test]
    fn each_field_has_its_line_its_words_and_its_value() {
        let trueup = "workspace: acme\nvars: { lan: { default: 10.1.0.0/16 } }\nsecrets: { psk: { env: PSK }, pw: { env: PW } }\n";
        let east = "vns3:\n  east:\n    at: https://east.example\n    credentials: { username: u, password: '${secret.pw}' }\n    \
                    ipsec-endpoints:\n      paris:\n        ipaddress: 192.0.2.1\n        secret: '${secret.psk}'\n      lyon:\n        \
                    ipaddress: 192.0.2.2\n        secret: hunter2hunter2\n    firewall-fwsets:\n      lan:\n        type: net\n        \
                    entries:\n          - { entry: '${var.lan}' }\n";
        let folder = workspace(&[("trueup.yaml", trueup), ("east.yaml", east)]);
        let options = Options { secrets: SecretMode::Unasked, ..Options::default() };
        let topology = load(folder.path(), CATALOGUE, &options).unwrap().topology;
        let of = |address: &str| explained(&topology, &topology.resources[&address.parse().unwrap()], "vns3");
        let set = of("east/firewall-fwsets/lan");
        assert!(set.starts_with("east/firewall-fwsets/lan (vns3/firewall-fwsets), declared at east.yaml:13:"), "{set}");
        assert!(set.contains("entries[0].entry  east.yaml:16:22  ${var.lan}  is  10.1.0.0/16\n"), "{set}");
        let paris = of("east/ipsec-endpoints/paris");
        assert!(paris.contains("east.yaml:7:20  192.0.2.1\n"), "{paris}");
        assert!(paris.contains("${secret.psk}  is  "), "{paris}");
        assert!(paris.contains("left out  true\n"), "{paris}");
        assert!(!of("east/ipsec-endpoints/lyon").contains("hunter2"), "{}", of("east/ipsec-endpoints/lyon"));
    }

    #[test]
    fn each_rule_of_a_list_has_its_own_line() {
        let east = "vns3:\n  east:\n    at: https://east.example\n    credentials: { username: u, password: '${secret.pw}' }\n    \
                    firewall-rules:\n      - { rule: FORWARD_CUST -j DROP }\n      - { rule: INPUT_CUST -j DROP }\n";
        let folder =
            workspace(&[("trueup.yaml", "workspace: acme\nsecrets: { pw: { env: PW } }\n"), ("east.yaml", east)]);
        let options = Options { secrets: SecretMode::Unasked, ..Options::default() };
        let topology = load(folder.path(), CATALOGUE, &options).unwrap().topology;
        let told = explained(&topology, topology.resources.values().next().unwrap(), "vns3");
        assert!(told.contains("items[1].rule  east.yaml:7:17  INPUT_CUST -j DROP\n"), "{told}");
    }

    #[test]
    fn only_what_is_an_expression_and_nothing_else_is_shown_beside_a_secret() {
        for (words, is_one) in [
            ("${secret.a}", true),
            ("${secret.a}${secret.b}", false),
            ("x${secret.a}", false),
            ("${secret.a}x", false),
            ("", false),
        ] {
            assert_eq!(is_one_expression(words), is_one, "{words}");
        }
    }
}
