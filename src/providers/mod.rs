//! The APIs as tables: for each its dialect, and one file for each kind.
//!
//! A provider's folder has its dialect in `mod.rs`, a file for each kind in `kinds`, and beside them what else it does on
//! request and which of its endpoints are not used, and why. The facts behind the tables stand in `docs/apis`, whose
//! headings are cited.

/// Declares a provider's kinds, a line each: the module of a file, and the kinds in it. Parents stand before their children.
macro_rules! kinds {
    ($($module:ident: $($kind:ident),+;)*) => {
        $(pub(crate) mod $module;)*

        /// Every kind, parents before their children.
        pub(crate) static ALL: &[&crate::spec::Kind] = &[$($(&$module::$kind),+),*];
    };
}

mod cloudify;
mod f5_vnfm;
mod netfoundry;
mod vns3;

use crate::spec::Provider;

/// Every provider, in the order in which they are shown.
pub static CATALOGUE: &[&Provider] = &[&netfoundry::PROVIDER, &vns3::PROVIDER, &cloudify::PROVIDER, &f5_vnfm::PROVIDER];

#[cfg(test)]
mod tests {
    use super::*;

    /// A kind that several providers share may have a call that the text of just one of them lacks.
    #[test]
    fn what_is_said_to_be_beyond_the_texts_is_called_and_missing_there() {
        for provider in CATALOGUE {
            for kind in provider.kinds {
                for (method, path, source) in kind.documented_at {
                    let calls_it = |other: &&&Provider| {
                        let kind = other.kind(kind.name);
                        kind.is_some_and(|kind| kind.calls().iter().any(|call| call.is_at(*method, path)))
                    };
                    let lacks_it = |other: &Provider| {
                        let told = kind.calls().into_iter().find(|call| call.is_at(*method, path));
                        !other.documented().any(|(method, path)| told.is_some_and(|call| call.is_at(method, path)))
                    };
                    let is_true = CATALOGUE.iter().filter(calls_it).any(|other| lacks_it(other));
                    assert!(is_true && !source.is_empty(), "{}/{}: {method} {path}", provider.name, kind.name);
                }
            }
        }
    }
}

#[cfg(test)]
mod taking_back {
    use std::collections::BTreeSet;

    use crate::spec::{Change, Field, Kind, canonical, check};

    /// The fields that are changed in place and stay all the same when the files give them no more: their APIs have no value
    /// that stands for none, or none that is known.
    /// By kind, or by several that have the same ones.
    const STAYS: &[(&str, &[&str])] = &[
        ("netfoundry/config-types", &["schema"]),
        ("netfoundry/posture-checks", &["process", "ignoreLegacyEndpoints"]),
        ("netfoundry/edge-routers", &["linkListener", "wssListener"]),
        ("netfoundry/services", &["model"]),
        ("vns3/config", &["ntp_hosts"]),
        ("vns3/admin-ui", &["enabled", "admin_username", "admin_password"]),
        ("vns3/system-interfaces", &["ip_internal", "mask_bits", "mtu"]),
        ("vns3/edge-gre-interfaces", &["mask_bits", "mtu"]),
        ("vns3/ipsec-endpoints", &["gre"]),
        ("vns3/ebgp-peers", &["keepalive_interval", "hold_time"]),
        ("vns3/clientpack-defaults vns3/clientpacks", &["enabled", "checked_out", "compression", "auth_on", "psk_on"]),
        ("vns3/links", &["connected"]),
        ("vns3/container-system", &["network", "running"]),
        ("vns3/plugin-instances", &["manager_config"]),
        ("vns3/plugin-instance-users", &["password", "require_public_key"]),
        ("vns3/webhooks", &["validate_cert"]),
        (
            "vns3/identity-vpn vns3/identity-controller",
            &[
                "host",
                "port",
                "encrypt",
                "encrypt_ldaps",
                "encrypt_auth",
                "encrypt_verify_ca",
                "group_member_attr_format",
                "group_search_scope",
                "otp",
                "otp_url",
                "identifier",
                "secret",
                "redirect_hostname",
                "authorization_endpoint",
                "token_endpoint",
                "userinfo_endpoint",
                "jwks_uri",
                "issuer",
            ],
        ),
        ("vns3/identity-vpn", &["server", "accounting_port", "pass"]),
        ("cloudify/deployments", &["inputs", "display_name"]),
        ("cloudify/deployment-groups", &["blueprint_id"]),
        ("f5-vnfm/deployments", &["inputs"]),
    ];

    /// Says whether a field may be left out, and is changed without a new object.
    fn is_changed_in_place(kind: &Kind, field: &Field) -> bool {
        let in_place = match field.change {
            Change::InPlace => !kind.api.update.is_empty(),
            Change::Replaces | Change::Fixed | Change::Widens(..) | Change::DedicatedCall([]) => false,
            Change::Switch { .. } | Change::DedicatedCall(_) => true,
        };
        field.is_writable() && !field.is_required() && in_place
    }

    #[test]
    fn every_field_is_taken_back_or_is_known_to_stay() {
        let mut stays = BTreeSet::new();
        for provider in super::CATALOGUE {
            for kind in provider.kinds.iter().filter(|kind| kind.is_declarative()) {
                let name = format!("{}/{}", provider.name, kind.name);
                for field in kind.fields.iter().filter(|field| is_changed_in_place(kind, field)) {
                    match field.cleared() {
                        Some(value) => {
                            assert_eq!(check(&field.ty, &value), [], "{name}.{}: {value:?}", field.name);
                            let form = canonical(&field.ty, &value);
                            assert!(field.is_at_default(&form), "{name}.{}: {value:?}", field.name);
                        }
                        None => drop(stays.insert((name.clone(), field.name))),
                    }
                }
            }
        }
        let of_kind = |kind: &str, fields: &[&'static str]| -> Vec<(String, &'static str)> {
            fields.iter().map(|field| (kind.to_owned(), *field)).collect()
        };
        let known = STAYS.iter().flat_map(|(kinds, fields)| kinds.split(' ').flat_map(|kind| of_kind(kind, fields)));
        assert_eq!(stays, known.collect());
    }

    /// A field that the API never shows is told by that alone: none of it is taken for something that is read.
    #[test]
    fn no_write_only_field_of_an_object_that_is_changed_in_place_is_lost() {
        let mut found = 0;
        for kind in super::CATALOGUE.iter().flat_map(|provider| provider.kinds) {
            let write_only = |field: &&Field| field.is_write_only() && !field.is_call_option();
            for field in kind.fields.iter().filter(write_only) {
                found += 1;
                let has_call = kind
                    .setter(field, &crate::attr::Attr::Bool(true), None, &|_| crate::attr::Attr::Bool(true))
                    .is_some();
                let is_held = match field.change {
                    Change::Fixed | Change::Replaces | Change::Widens(..) => true,
                    Change::InPlace => kind.api.update.is_empty(),
                    Change::Switch { .. } | Change::DedicatedCall(_) => false,
                };
                assert!(has_call || is_held, "{}.{} can neither be sent nor is it held", kind.name, field.name);
            }
        }
        assert!(found > 30, "{found}");
    }
}

#[cfg(test)]
mod writing {
    use super::CATALOGUE;
    use crate::address::Address;
    use crate::attr::Attr;
    use crate::secret::Secret;
    use crate::spec::{Body, Field, Identity, Kind, Reshape, Type};

    /// A body in which a list has this item, before it goes through the call's own function.
    fn body_with(kind: &Kind, field: &Field, item: Attr) -> Attr {
        let map = |name: &str, value: Attr| Attr::Map([(name.to_owned(), value)].into());
        let list = |item| Attr::List(vec![Attr::text("first"), item, Attr::text("last")]);
        let sequence = kind.api.create.iter().find_map(|call| match call.body {
            Body::Sequence(key) => Some(key),
            _ => None,
        });
        match (kind.identity, sequence) {
            (Identity::Sequence { .. }, Some(key)) => {
                let items = [Attr::text("first"), item, Attr::text("last")].map(|item| map(field.name, item));
                map(key, Attr::List(items.to_vec()))
            }
            (Identity::Name(name), _) if name != field.name => {
                Attr::Map([(name.to_owned(), Attr::text("own")), (field.name.to_owned(), list(item))].into())
            }
            _ => map(field.name, list(item)),
        }
    }

    /// What is no plain text yet is sent like what is.
    #[test]
    fn no_function_of_a_kind_loses_an_item_that_is_secret_or_known_later() {
        let output = || Attr::output(Address::new("c", "deployments", Some("d1")), "outputs.x");
        let mut found = 0;
        for kind in CATALOGUE.iter().flat_map(|provider| provider.kinds) {
            let calls =
                kind.api.create.iter().chain(kind.api.update).filter(|call| !matches!(call.body, Body::Json(_)));
            let reshaping: Vec<Reshape> = calls.filter_map(|call| call.reshape).collect();
            let is_list = |field: &&Field| match kind.identity {
                Identity::Sequence { key, .. } => field.name == key,
                _ => field.is_writable() && matches!(field.ty.plain(), Type::List(_) | Type::Set(_)),
            };
            let fields = kind.fields.iter().filter(is_list);
            for (field, reshape) in fields.flat_map(|field| reshaping.iter().map(move |reshape| (field, reshape))) {
                found += 1;
                let secret = Attr::Secret(Secret::new("secret.canary", "s3cr3t-canary"));
                for item in [secret, output()] {
                    let mut body = body_with(kind, field, item.clone());
                    reshape(&mut body, None).unwrap();
                    let sent = body.to_shown().to_string();
                    let is_there = sent.contains("secret.canary") || sent.contains("outputs.x");
                    let whole = is_there && sent.contains("first") && sent.contains("last");
                    assert!(whole, "{}.{} with {item:?}: {sent}", kind.name, field.name);
                }
            }
        }
        assert!(found >= 8, "{found}");
    }
}
