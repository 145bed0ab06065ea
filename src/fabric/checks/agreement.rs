//! Agreement: what the halves of a connection need to come up, and what two connections can't share.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

use super::Grounds;
use crate::address::Address;
use crate::fabric::connections::{Connection, End};
use crate::fabric::halves::Half;
use crate::finding::Finding;
use crate::source::Node;
use crate::topology::ITEMS;

/// What is wrong with connections and their halves.
pub(super) fn check(grounds: &Grounds<'_>, connections: &[Connection<'_>], halves: &[Half<'_, '_>]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for connection in connections {
        needs(grounds, connection, &mut findings);
        systems(connection, &mut findings);
    }
    proposals(grounds, connections, &mut findings);
    keys(connections, &mut findings);
    blocks(grounds, connections, &mut findings);
    selectors(halves, &mut findings);
    openings(grounds, halves, &mut findings);
    findings
}

/// A connection has a key, and inner addresses where routes decide.
fn needs(grounds: &Grounds<'_>, connection: &Connection<'_>, findings: &mut Vec<Finding>) {
    let (name, place) = (&connection.name, connection.place());
    if connection.key.is_none() && !connection.is_key_told {
        let help = "give `psk` to its vpn, to the gateway, or to the connection";
        let finding = Finding::error("no-key", format!("connection `{name}` has no key"));
        findings.push(finding.help(help).at(&place));
    }
    let form = connection.table.half.form;
    if connection.is_by_policy() {
        if connection.vpn.is_bgp() {
            let message = format!("connection `{name}` is policy-based, and BGP needs an address in the tunnel");
            let help = format!("write `routing: static`, or leave `{form}` out");
            findings.push(Finding::error("bgp-by-policy", message).help(help).at(&place));
        }
        return;
    }
    if connection.inner(grounds.fabric).is_some() {
        return;
    }
    let gateway = connection.ends.iter().find_map(|end| match end {
        End::Others(_, gateway) => Some(gateway),
        End::Ours(..) => None,
    });
    match gateway {
        Some(gateway) => {
            let message = format!("gateway `{}` has no address in the tunnel of `{name}`", gateway.name);
            let help = format!(
                "write its `inner: ADDRESS/30`, or make it policy-based by `{form}: {}`",
                connection.table.half.forms.1
            );
            findings.push(Finding::error("no-inner", message).help(help).at(&gateway.place));
        }
        // That has been told.
        None if connection.has_one_id() => {}
        None => {
            let message = format!("the pool {} has no /30 for connection `{name}`", connection.pool(grounds.fabric));
            let help = "take a larger `pool`: as 100.64.0.0/10 is, for ids up to 1,448";
            findings.push(Finding::error("pool-too-small", message).help(help).at(&place));
        }
    }
}

/// Both sites of a connection by BGP have a number of their own.
fn systems(connection: &Connection<'_>, findings: &mut Vec<Finding>) {
    if !connection.vpn.is_bgp() {
        return;
    }
    let [one, other] = connection.ends.map(End::site);
    for site in [one, other].into_iter().filter(|site| site.asn.is_none()) {
        let message = format!("site `{}` has no `asn`, and `{}` is by BGP", site.name, connection.vpn.name);
        let finding = Finding::error("no-asn", message).help("give it the number of its autonomous system");
        findings.push(finding.at(&site.place).also(&connection.vpn.place, "which needs it"));
    }
    if let (Some(first), Some(second)) = (one.asn, other.asn)
        && first == second
    {
        let message = format!("sites `{}` and `{}` have the ASN {first}", one.name, other.name);
        let help = "give one of them another: what comes from the own number is thrown away";
        let finding = Finding::error("duplicate-asn", message).help(help).at(&other.place.below("asn"));
        findings.push(finding.also(&one.place.below("asn"), "it is given here, too"));
    }
}

/// What is weak: told once for each vpn.
fn proposals(grounds: &Grounds<'_>, connections: &[Connection<'_>], findings: &mut Vec<Finding>) {
    let mut told: BTreeSet<(&str, &str)> = BTreeSet::new();
    let is_known =
        |profile: &Option<String>| profile.as_ref().is_none_or(|name| grounds.fabric.profiles.contains_key(name));
    for connection in connections.iter().filter(|connection| is_known(&connection.vpn.profile)) {
        let (vpn, words) = (connection.vpn, &connection.table.half);
        let place = match (&vpn.profile, connection.half.get(words.version)) {
            (_, Some(version)) => (*version.place).clone(),
            (Some(_), None) => vpn.place.below("profile"),
            (None, None) => (*vpn.place).clone(),
        };
        let version = connection.half.get(words.version).and_then(|field| field.value.to_text());
        if version.as_deref().unwrap_or("1") == "1" && told.insert((&vpn.name, "ikev1")) {
            let message = format!("connections of `{}` use IKEv1", vpn.name);
            let help = format!("write `{}: 2` in its profile", words.version);
            findings.push(Finding::warning("ikev1", message).help(help).at(&place));
        }
        if let Some(first) = words.proposals.first()
            && connection.proposals.get(first).is_none()
            && told.insert((&vpn.name, "no-proposal"))
        {
            let message = format!("`{}` leaves it to the gateways which `{first}` proposal they agree on", vpn.name);
            let help = format!("write `{first}: …` in its profile, as in `{first}: aes256-sha2_256-dh14`");
            let place = match &vpn.profile {
                Some(_) => vpn.place.below("profile"),
                None => (*vpn.place).clone(),
            };
            findings.push(Finding::warning("no-proposal", message).help(help).at(&place));
        }
    }
}

/// No two connections have one key.
fn keys(connections: &[Connection<'_>], findings: &mut Vec<Finding>) {
    let mut shared: BTreeMap<String, Vec<&Connection<'_>>> = BTreeMap::new();
    for connection in connections {
        if let Some(key) = connection.key.as_ref().and_then(|key| key.value.to_text()) {
            shared.entry(key).or_default().push(connection);
        }
    }
    for sharing in shared.into_values() {
        let [first, second, rest @ ..] = sharing.as_slice() else { continue };
        let others = match rest.len() {
            0 => String::new(),
            count => format!(", and {count} more"),
        };
        let message = format!("connections `{}` and `{}`{others} have one key", first.name, second.name);
        let help = "put `${pair}` into it, or write `{ derive: \"${secret.NAME}\" }`: who has one then has no other";
        let place = first.key.as_ref().map(|key| key.place.clone());
        let finding = Finding::warning("shared-key", message).help(help);
        findings.push(place.iter().fold(finding, |finding, place| finding.at(place)));
    }
}

/// No two connections of ours have one /30, and no controller has one twice: what others give may stand on several of ours.
fn blocks(grounds: &Grounds<'_>, connections: &[Connection<'_>], findings: &mut Vec<Finding>) {
    let mut taken: HashMap<(Option<&str>, Ipv4Net), &Connection<'_>> = HashMap::new();
    for connection in connections.iter().filter(|connection| !connection.is_by_policy()) {
        let Some((block, _)) = connection.inner(grounds.fabric) else { continue };
        let controllers = connection.ends.iter().filter_map(|end| match end {
            End::Ours(_, controller) => Some(Some(controller.name.as_str())),
            End::Others(..) => None,
        });
        let anywhere = connection.is_ours().then_some(None);
        let mut first = None;
        for place in controllers.chain(anywhere) {
            first = first.or(taken.insert((place, block), connection));
        }
        let Some(first) = first.filter(|first| !std::ptr::eq(*first, connection)) else { continue };
        let message = format!(
            "connection `{}` of `{}` and `{}` of `{}` would both have {block}",
            first.name, first.vpn.name, connection.name, connection.vpn.name
        );
        let help = "give one of the vpns a `pool` of its own, or one connection an `inner`";
        let finding = Finding::error("duplicate-inner", message).help(help).at(&connection.place());
        findings.push(finding.also(&first.place(), "the other one"));
    }
}

/// No two endpoints of a controller take one pair of networks, and none takes all beside one that is picky.
fn selectors(halves: &[Half<'_, '_>], findings: &mut Vec<Finding>) {
    let all = Ipv4Net::new_assert(Ipv4Addr::UNSPECIFIED, 0);
    let mut taken: HashMap<(&str, Ipv4Net, Ipv4Net), &Half<'_, '_>> = HashMap::new();
    let mut picky: BTreeMap<&str, &Half<'_, '_>> = BTreeMap::new();
    for half in halves.iter().filter(|half| half.connection.is_by_policy()) {
        picky.entry(&half.controller.name).or_insert(half);
        let pairs = half.ours.iter().flat_map(|ours| half.theirs.iter().map(move |theirs| (*ours, *theirs)));
        for (ours, theirs) in pairs {
            let Some(first) = taken.insert((&half.controller.name, ours, theirs), half) else { continue };
            let message = format!(
                "`{}` and `{}` both take {ours} to {theirs} on `{}`",
                first.name(),
                half.name(),
                half.controller.name
            );
            let help =
                "a pair of networks goes through one endpoint: let routes decide, or show one network as another";
            let finding = Finding::error("shared-selectors", message).help(help).at(&half.connection.place());
            findings.push(finding.also(&first.connection.place(), "the other one"));
            break;
        }
    }
    for half in halves.iter().filter(|half| half.theirs.contains(&all)) {
        let Some(other) = picky.get(half.controller.name.as_str()) else { continue };
        let message = format!(
            "`{}` offers all networks to `{}`, where `{}` is policy-based",
            half.other.site().name,
            half.controller.name,
            other.name()
        );
        let help = "offer the networks that are meant: what is meant for the one would go through the other";
        let finding = Finding::error("offer-of-all", message).help(help).at(&half.connection.place());
        findings.push(finding.also(&other.connection.place(), "the policy-based one"));
    }
}

/// What a firewall opens has a place, and no rule before it decides about everything; and no vpn does what a mesh does already.
fn openings(grounds: &Grounds<'_>, halves: &[Half<'_, '_>], findings: &mut Vec<Finding>) {
    let mut looked: BTreeSet<&str> = BTreeSet::new();
    let mut carried: BTreeSet<&str> = BTreeSet::new();
    for half in halves {
        let (one, other) = (&half.site.name, &half.other.site().name);
        if half.is_peered && carried.insert(&half.connection.name) {
            let message =
                format!("`{one}` and `{other}` are peers: the overlay carries what `{}` would", half.connection.name);
            let help = "take the connection out, or write `peers: none` in the mesh";
            findings.push(Finding::warning("peered-already", message).help(help).at(&half.connection.place()));
        }
        if !half.connection.vpn.open || !looked.insert(&half.controller.name) {
            continue;
        }
        let words = &half.connection.table.firewall;
        let list = Address::new(&half.controller.name, words.rules.0, None);
        let Some(draft) = grounds.drafts.get(&list).and_then(|number| grounds.all.resources.get(*number)) else {
            continue;
        };
        let items = draft.fields.iter().find(|field| &*field.name == ITEMS).map(|field| &field.value);
        let Some(Node::List(items)) = items else { continue };
        for (n, item) in items.iter().enumerate() {
            if item.get(crate::fabric::MARK.0).is_some() {
                break;
            }
            let rule = item.get(words.rules.1).and_then(Node::as_text).unwrap_or_default();
            if rule.starts_with(words.decides) {
                let message = format!("`{rule}` decides before what `{}` opens", half.connection.vpn.name);
                let finding = Finding::warning("opened-too-late", message);
                findings.push(finding.help("put `- fabric: vpns` before it").at(&draft.place.item(n)));
                break;
            }
        }
    }
}
