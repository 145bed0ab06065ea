//! What only a new object would be without is not cleared: nobody knows what the new one would have there.

use crate::check::{Subject, rule};
use crate::finding::Finding;
use crate::spec::Field;
use crate::topology::Resource;

rule! {
    /// A field is empty whose default is not known, and that only a new object would be without.
    "no-default" is Fixed;
    bad: "";
    good: "";
}

fn run(subject: &Subject) -> Vec<Finding> {
    subject.topology.resources.values().flat_map(of).collect()
}

fn of(resource: &Resource) -> Vec<Finding> {
    let fields = resource.cleared.iter().filter_map(|name| resource.kind.field(name));
    // What is needed has a finding of its own.
    let lost = fields.filter(|field| !field.is_required() && resource.kind.is_lost_without(field));
    let finding = |field: &Field| {
        let (name, ty) = (field.name, field.ty.describe());
        let message = format!("`{name}` is empty, and nobody knows what `{}` would have without it", resource.address);
        let help = format!("leave `{name}` out, or give it a value ({ty}): to clear it takes a new object");
        Finding::error(RULE.code, message).help(help).at(&resource.place_of(name))
    };
    lost.map(finding).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::address::Address;
    use crate::finding::Place;
    use crate::providers::CATALOGUE;
    use crate::spec::Kind;

    fn cleared(kind: &'static Kind, field: &str) -> Resource {
        Resource {
            address: Address::new("t", kind.name, Some("x")),
            kind,
            fields: BTreeMap::new(),
            cleared: BTreeSet::from([field.to_owned()]),
            external: false,
            unmanaged: Default::default(),
            partial: Default::default(),
            files: BTreeMap::new(),
            place: Place::file("x.yaml"),
            given_at: Default::default(),
            origin: None,
            renamed_from: None,
        }
    }

    #[test]
    fn what_a_new_object_would_be_without_has_a_known_default_or_is_told() {
        let mut told = BTreeSet::new();
        for provider in CATALOGUE {
            for kind in provider.kinds.iter().copied().filter(|kind| kind.is_declarative()) {
                for field in kind.fields.iter().filter(|field| field.is_writable() && !field.is_required()) {
                    let found = of(&cleared(kind, field.name));
                    assert!(found.iter().all(|finding| finding.is_error() && finding.help.is_some()));
                    if !found.is_empty() {
                        told.insert(format!("{}/{}.{}", provider.name, kind.name, field.name));
                    }
                }
            }
        }
        for field in [
            "netfoundry/services.modelType",
            "vns3/plugin-instances.command",
            "vns3/routes.advertise",
            "cloudify/secrets.schema",
        ] {
            assert!(told.contains(field), "{field} is not told");
        }
        for field in [
            // An update clears it.
            "netfoundry/services.attributes",
            "vns3/ipsec-endpoints.description",
            // A new object has this.
            "vns3/routes.description",
            "vns3/routes.table",
            "cloudify/blueprints.visibility",
            "f5-vnfm/user-groups.ldap_group_dn",
            // The API chooses it.
            "netfoundry/edge-routers.locationCode",
            "vns3/plugin-instances.ip_address",
            // Without it, it is another route.
            "vns3/routes.gateway",
        ] {
            assert!(!told.contains(field), "{field} is told");
        }
    }
}
