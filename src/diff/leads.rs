//! Where an address leads: to another target of the workspace, where something has to be done before it is any use.

use crate::address::Address;
use crate::topology::{Resource, Topology};

/// The resources at other targets that the addresses in a resource's fields lead to, each with the reason.
///
/// An address is an output of the other target, or the host under which the workspace knows it.
pub(crate) fn leads_to(topology: &Topology, resource: &Resource) -> Vec<(Address, String)> {
    let mut found = Vec::new();
    let fields = resource.kind.fields.iter().filter(|field| !field.leads_to.is_empty());
    for (field, attr) in fields.filter_map(|field| Some((field, resource.fields.get(field.name)?))) {
        let mut targets: Vec<&str> = Vec::new();
        let mut lead = |name: &str| targets.extend(topology.targets.get_key_value(name).map(|(name, _)| name.as_str()));
        attr.for_each_output(&mut |output| lead(output.address.target()));
        let named = |at: &str| host(at).is_some_and(|host| attr.as_text() == Some(host));
        topology.targets.values().filter(|target| named(&target.at)).for_each(|target| lead(&target.name));
        for target in targets.into_iter().filter(|target| *target != resource.address.target()) {
            let there = field.leads_to.iter().map(|kind| Address::new(target, kind, None));
            let declared = there.filter(|address| topology.resources.contains_key(address));
            found.extend(declared.map(|address| (address, format!("`{}` leads to it", field.name))));
        }
    }
    found
}

/// The host of a base URL.
fn host(at: &str) -> Option<&str> {
    let (_, rest) = at.split_once("://")?;
    let authority = rest.split('/').next()?;
    match authority.strip_prefix('[') {
        Some(address) => address.split(']').next(),
        None => authority.split(':').next(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_output_and_the_host_of_a_target_lead_there() {
        let text = "
vns3:
  london:
    at: https://203.0.113.11:8000/api
    credentials: { password: '${var.pw}' }
    keyset: { token: '${var.pw}' }
  milan: &member
    at: https://203.0.113.12:8000/api
    credentials: { password: '${var.pw}' }
    keyset: { token: '${var.pw}', source: '${london/config.private_ipaddress}' }
  oslo: { <<: *member, keyset: { token: '${var.pw}', source: 203.0.113.11 } }
  paris: { <<: *member, keyset: { token: '${var.pw}', source: 10.9.9.9 } }
";
        let folder = tempfile::tempdir().unwrap();
        let workspace = "workspace: lab\nvars: { pw: { type: string, default: p } }\n";
        std::fs::write(folder.path().join("trueup.yaml"), workspace).unwrap();
        std::fs::write(folder.path().join("vns3.yaml"), text).unwrap();
        let loaded = crate::topology::load(folder.path(), crate::providers::CATALOGUE, &Default::default());
        let topology = loaded.unwrap_or_else(|findings| panic!("{findings:?}")).topology;
        let led = |target: &str| {
            let resource = &topology.resources[&Address::new(target, "keyset", None)];
            leads_to(&topology, resource).into_iter().map(|(address, _)| address.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(led("milan"), ["london/keyset"]);
        assert_eq!(led("oslo"), ["london/keyset"]);
        assert_eq!((led("paris"), led("london")), (vec![], vec![]));
    }

    #[test]
    fn the_host_of_a_url_is_what_files_call_it() {
        assert_eq!(host("https://203.0.113.11:8000/api"), Some("203.0.113.11"));
        assert_eq!(host("https://[2001:db8::1]:8000/api"), Some("2001:db8::1"));
        assert_eq!(host("https://london.example/api"), Some("london.example"));
        assert_eq!(host("london"), None);
    }
}
