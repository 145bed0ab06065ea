//! How holds spread: to what needs something that is held, lives in it, or is needed by it.

use std::collections::{BTreeMap, BTreeSet};

use crate::address::Address;
use crate::diff::call_options::call_options;
use crate::diff::companions;
use crate::diff::external::EXTERNAL;
use crate::diff::guards::{IRREVERSIBLE, STATE};
use crate::diff::index::Index;
use crate::diff::mentions;
use crate::diff::removals::referred_by;
use crate::diff::resolve::ResolvedFields;
use crate::diff::verdict::{DEFERRED, Decision, Hold, NOT_CHOSEN, Verdict};
use crate::spec::{Field, Kind};
use crate::state::base::Base;
use crate::topology::references::{References, Why, home_at};
use crate::topology::{Resource, Topology};

/// The code of what waits for something that is held.
const WAITS: &str = "waits";

/// What needs something that is held and not there has to wait as well.
pub(crate) fn hold_back(
    topology: &Topology,
    references: &References<'_>,
    index: &Index<'_>,
    resolved: &BTreeMap<Address, ResolvedFields>,
    verdicts: &mut [Verdict],
) {
    let is_missing = |verdict: &Verdict| match &verdict.decision {
        Decision::Hold(hold) => hold.code == IRREVERSIBLE || index.live(&verdict.address).is_none(),
        _ => false,
    };
    // What waits for something that is left out on purpose is left out as well.
    let why = |verdict: &Verdict| match &verdict.decision {
        Decision::Hold(hold) if hold.code == EXTERNAL => ("external and not there", WAITS),
        Decision::Hold(hold) if hold.code == NOT_CHOSEN => ("left out", NOT_CHOSEN),
        Decision::Hold(hold) if hold.code == DEFERRED => ("deferred", DEFERRED),
        _ => ("held", WAITS),
    };
    let missing = verdicts.iter().filter(|verdict| is_missing(verdict));
    let mut missing: BTreeMap<Address, (&str, &str)> =
        missing.map(|verdict| (verdict.address.clone(), why(verdict))).collect();
    if missing.is_empty() {
        return;
    }
    let mut users: BTreeMap<Address, Vec<usize>> = BTreeMap::new();
    for (n, verdict) in verdicts.iter().enumerate() {
        for needed in needs_of(topology, references, index, verdict, resolved) {
            users.entry(needed).or_default().push(n);
        }
    }
    while !missing.is_empty() {
        let mut more = BTreeMap::new();
        for (needs, (why, code)) in missing {
            for &n in users.get(&needs).into_iter().flatten() {
                let verdict = &mut verdicts[n];
                if !matches!(verdict.decision, Decision::Hold(_)) {
                    verdict.hold(Hold::new(code, format!("it needs `{needs}`, which is {why}")));
                    more.insert(verdict.address.clone(), (if code == WAITS { "held" } else { why }, code));
                }
            }
        }
        missing = more;
    }
}

/// A text names what is neither declared nor there: no server would take it, and some take the rest of it.
pub(crate) fn hold_unknown_names(
    topology: &Topology,
    references: &References<'_>,
    index: &Index<'_>,
    verdicts: &mut [Verdict],
) {
    let held = |verdict: &&Verdict| matches!(verdict.decision, Decision::Hold(_));
    let held: BTreeSet<Address> = verdicts.iter().filter(held).map(|verdict| verdict.address.clone()).collect();
    for verdict in verdicts.iter_mut().filter(|verdict| writes_what_is_declared(&verdict.decision)) {
        let Some(resource) = topology.resources.get(&verdict.address) else { continue };
        if let Some(hold) = unknown_role(topology, references, index, resource, &held) {
            verdict.hold(hold);
            continue;
        }
        let named = mentions::undeclared(references, index, resource).into_iter();
        let mut unknown = named.filter(|(word, live)| live.is_none() && word.is_mistake(topology, &resource.address));
        let hold = unknown.find_map(|(word, _)| {
            let target = verdict.address.target();
            let named = format!("`{}` names `{target}/{}/{}`", word.field, word.called.kind, word.name);
            match index.looked.get(&(target.to_owned(), word.called.kind))? {
                None => {
                    let hold = Hold::new("missing-reference", format!("{named}, which is neither declared nor there"));
                    Some(hold.help("declare it, or correct the name"))
                }
                Some(why) => Some(Hold::new(
                    "missing-reference",
                    format!("{named}, which is not declared, and whether it is there could not be looked at: {why}"),
                )),
            }
        });
        if let Some(hold) = hold {
            verdict.hold(hold);
        }
    }
}

/// The hold on what names, among roles, something that is neither declared nor there, nor comes along with anything.
fn unknown_role(
    topology: &Topology,
    references: &References<'_>,
    index: &Index<'_>,
    resource: &Resource,
    held: &BTreeSet<Address>,
) -> Option<Hold> {
    let provider = topology.targets.get(resource.address.target())?.provider;
    references.of(resource).into_iter().find_map(|reference| {
        let (Why::Names(field), to) = (reference.why, reference.to) else { return None };
        let is_declared = topology.resources.contains_key(&to);
        let kind = provider.kind(to.kind()).filter(|kind| kind.is_declarative() && !is_declared)?;
        let name = to.name().filter(|name| !kind.is_built_in(name))?;
        let is_there = || index.live(&to).is_some() || index.by_id(&resource.address, &[kind.name], name).is_some();
        if is_there() || companions::is_to_come(topology, index, &to, held) {
            return None;
        }
        let named = format!("`{field}` names `{to}`");
        Some(match index.is_unseen(&to) {
            true => {
                let why = "which is not declared, and whether it is there could not be looked at";
                Hold::new("missing-reference", format!("{named}, {why}"))
            }
            false => Hold::new("missing-reference", format!("{named}, which is neither declared nor there"))
                .help("declare it, or correct the name"),
        })
    })
}

fn writes_what_is_declared(decision: &Decision) -> bool {
    matches!(decision, Decision::Create(_) | Decision::Update { .. } | Decision::Replace { .. })
}

/// Nobody gets a one-time output of something that has had its use of one.
pub(crate) fn hold_used(
    topology: &Topology,
    index: &Index<'_>,
    resolved: &BTreeMap<Address, ResolvedFields>,
    verdicts: &mut [Verdict],
) {
    let is_external = |address| topology.resources.get(address).is_some_and(|resource: &Resource| resource.external);
    let is_made_anew = |verdict: &&Verdict| matches!(verdict.decision, Decision::Replace { .. });
    let sources = verdicts.iter().filter(|verdict| !is_made_anew(verdict));
    let spent: BTreeMap<Address, (&str, &str)> = sources
        .filter_map(|verdict| {
            let issue = verdict.kind.one_time_output()?;
            let why = match is_external(&verdict.address) {
                true => "that is external: asking for it would make an earlier answer invalid",
                false => issue.call.refusal(&index.live(&verdict.address)?.raw)?,
            };
            Some((verdict.address.clone(), (issue.field, why)))
        })
        .collect();
    for verdict in verdicts.iter_mut().filter(|_| !spent.is_empty()) {
        let Some(fields) = resolved.get(&verdict.address) else { continue };
        let is_call_option = |name: &&str| verdict.kind.field(name).is_some_and(Field::is_call_option);
        let changed: Vec<&str> = match &verdict.decision {
            Decision::Create(_) => fields.keys().map(String::as_str).filter(|name| !is_call_option(name)).collect(),
            decision => decision.fields().iter().map(|change| change.name.as_str()).collect(),
        };
        let version = index.versions.get(verdict.address.target()).map(String::as_str);
        let call_options =
            call_options(verdict.kind, &verdict.decision, fields, version).into_iter().map(|field| field.name);
        let mut needs = None;
        for attr in changed.into_iter().chain(call_options).filter_map(|name| fields.get(name)) {
            attr.for_each_output(&mut |output| {
                if let Some((_, why)) = spent.get(&output.address).filter(|(field, _)| *field == output.field) {
                    needs.get_or_insert_with(|| (output.address.clone(), output.field.clone(), *why));
                }
            });
        }
        if let Some((address, field, why)) = needs.filter(|_| !matches!(verdict.decision, Decision::Hold(_))) {
            let hold = Hold::new("spent", format!("it needs `{address}.{field}`, and {why}"));
            verdict.hold(hold.help("remove what has enrolled and declare it anew, or give the value as a secret"));
        }
    }
}

/// Nothing is written to what lives in something that takes no change.
pub(crate) fn hold_within(verdicts: &mut [Verdict]) {
    let is_stuck = |verdict: &&Verdict| matches!(&verdict.decision, Decision::Hold(hold) if hold.code == STATE);
    let stuck: BTreeSet<Address> = verdicts.iter().filter(is_stuck).map(|verdict| verdict.address.clone()).collect();
    for verdict in verdicts.iter_mut() {
        let writes = matches!(
            verdict.decision,
            Decision::Create(_) | Decision::Update { .. } | Decision::Replace { .. } | Decision::Delete(_)
        );
        let mut above = std::iter::successors(verdict.address.parent(), Address::parent);
        if writes && let Some(parent) = above.find(|parent| stuck.contains(parent)) {
            verdict.hold(Hold::new(WAITS, format!("it lives in `{parent}`, which takes no change now")));
        }
    }
}

/// Everything that a verdict's resource can't do without, the nearest first.
fn needs_of(
    topology: &Topology,
    references: &References<'_>,
    index: &Index<'_>,
    verdict: &Verdict,
    resolved: &BTreeMap<Address, ResolvedFields>,
) -> Vec<Address> {
    let mut needs: Vec<Address> = verdict.address.parent().into_iter().collect();
    for attr in resolved.get(&verdict.address).into_iter().flat_map(BTreeMap::values) {
        attr.for_each_output(&mut |output| needs.push(output.address.clone()));
    }
    // Of what comes first whatever it is, a thing of which there is one is needed by all that come after it.
    let target = verdict.address.target();
    needs.extend(verdict.kind.after().map(|(first, _)| Address::new(target, first, None)));
    let referred = topology.resources.get(&verdict.address).map(|resource| references.of(resource));
    needs.extend(referred.into_iter().flatten().filter_map(|reference| match reference.why {
        Why::LeadsTo(_) | Why::ComesWith | Why::Home(_) | Why::Decides { .. } => Some(reference.to),
        // What is called by its name and is there is found, whatever becomes of it.
        Why::Mentions(_) | Why::Names(_) if index.live(&reference.to).is_none() => Some(reference.to),
        Why::Mentions(_) | Why::Names(_) | Why::Takes { .. } | Why::LivesIn | Why::KindFirst(_) => None,
    }));
    needs
}

/// What a declared resource still names can't be removed, nor what that lives in.
pub(crate) fn keep_what_is_named(
    topology: &Topology,
    references: &References<'_>,
    index: &Index<'_>,
    verdicts: &mut [Verdict],
) {
    let goes = |verdict: &&mut Verdict| matches!(verdict.decision, Decision::Delete(_));
    let going: BTreeSet<Address> = verdicts.iter_mut().filter(goes).map(|verdict| verdict.address.clone()).collect();
    if going.is_empty() {
        return;
    }
    let mut named: BTreeMap<Address, (Address, String)> = BTreeMap::new();
    for resource in topology.resources.values() {
        let mut see = |to: &Address, field: &str| {
            let around = std::iter::successors(Some(to.clone()), Address::parent);
            for address in around.filter(|address| going.contains(address)) {
                named.entry(address).or_insert_with(|| (resource.address.clone(), field.to_owned()));
            }
        };
        for reference in references.of(resource) {
            if let Why::Names(field) | Why::Mentions(field) | Why::Takes { field, .. } = &reference.why {
                see(&reference.to, field);
            }
        }
        for (word, live) in mentions::undeclared(references, index, resource) {
            live.into_iter().for_each(|live| see(live, &word.field));
        }
    }
    for verdict in verdicts.iter_mut().filter(goes) {
        if let Some((referrer, field)) = named.get(&verdict.address) {
            let hold = Hold::new("named", format!("`{referrer}` still names it in `{field}`"));
            verdict.hold(hold.help(format!("declare it, or take it out of `{referrer}` first")));
        }
    }
}

/// Nothing can be looked at in a tenant that is not there: it takes a second run once it is made.
pub(crate) fn tell_of_homes(topology: &Topology, references: &References<'_>, verdicts: &mut [Verdict]) {
    let made: BTreeSet<Address> = verdicts
        .iter()
        .filter(|verdict| matches!(verdict.decision, Decision::Create(_)))
        .filter(|verdict| home_at(topology, &verdict.address).is_some())
        .map(|verdict| verdict.address.clone())
        .collect();
    if made.is_empty() {
        return;
    }
    for verdict in verdicts.iter_mut() {
        let Decision::Hold(hold) = &mut verdict.decision else { continue };
        let home = references.homes(&verdict.address).map(|(_, home)| home).find(|home| made.contains(home));
        if let Some(home) = home.filter(|_| hold.is_absent_on()) {
            hold.reason = format!("it is at a target in `{home}`, which is made first");
            hold.help = Some("run `trueup apply` again when that is there".into());
        }
    }
}

/// What a live object that stays as it is still needs can't be removed: no server would, or the object would break. Content
/// needs what it was made with.
pub(crate) fn keep_what_is_needed(topology: &Topology, index: &Index<'_>, base: &Base, verdicts: &mut [Verdict]) {
    let is_content = |verdict: &Verdict| {
        let stays = matches!(verdict.decision, Decision::Same | Decision::Adopt | Decision::Update { .. });
        verdict.kind.identity.is_content() && stays
    };
    let stays = |verdict: &&Verdict| matches!(verdict.decision, Decision::Hold(_)) || is_content(verdict);
    let mut stays: Vec<(Address, &'static Kind)> =
        verdicts.iter().filter(stays).map(|verdict| (verdict.address.clone(), verdict.kind)).collect();
    let content: BTreeSet<Address> =
        verdicts.iter().filter(|verdict| is_content(verdict)).map(|verdict| verdict.address.clone()).collect();
    while !stays.is_empty() {
        let mut needed: BTreeMap<Address, Address> = BTreeMap::new();
        for (address, kind) in &stays {
            let Some(live) = index.live(address) else { continue };
            let refers = referred_by(topology, index, address, kind, live);
            let depended = base.entry(address).into_iter().flat_map(|entry| entry.after.iter().cloned());
            for other in refers.into_iter().chain(address.parent()).chain(depended) {
                needed.entry(other).or_insert_with(|| address.clone());
            }
        }
        stays.clear();
        for verdict in verdicts.iter_mut().filter(|verdict| matches!(verdict.decision, Decision::Delete(_))) {
            if let Some(referrer) = needed.get(&verdict.address) {
                let why = if content.contains(referrer) { "was made with it" } else { "needs it and is held" };
                verdict.hold(Hold::new("needed", format!("`{referrer}` {why}")));
                stays.push((verdict.address.clone(), verdict.kind));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::plan::testing::{World, address};

    fn endpoint(name: &str) -> Value {
        json!({ "id": name, "name": name, "address": "192.0.2.1", "mode": "MAIN" })
    }

    #[test]
    fn what_names_something_held_is_held_with_it_and_nothing_else_is() {
        let wanted = || {
            World::lab()
                .wants("east/endpoints/e", json!({ "address": "192.0.2.1" }))
                .wants("east/groups/words", json!({ "note": "via e" }))
                .wants("east/groups/typed", json!({ "leader": "e" }))
                .wants("east/policies/role", json!({ "members": ["@e"] }))
                .wants("east/groups/other", json!({ "note": "not e" }))
        };
        let held = wanted().hides("east/endpoints");
        for (at, verdict) in [
            ("east/groups/words", "hold waits"),
            ("east/groups/typed", "hold waits"),
            ("east/policies/role", "hold waits"),
            ("east/groups/other", "create: change"),
        ] {
            assert_eq!(held.verdict(at), verdict, "{at}");
            assert_eq!(wanted().verdict(at), "create: change", "{at}");
        }
    }

    #[test]
    fn lists_links_sets_and_variables_that_are_held_hold_what_names_them() {
        let later = "${a/config.public_ipaddress}";
        let kinds = format!(
            r#"
config: {{ controller_name: b }}
firewall-fwsets:
  partners: {{ type: net, entries: [{{ entry: "{later}" }}] }}
  all: {{ type: list, entries: [{{ entry: partners }}] }}
  free: {{ type: net, entries: [{{ entry: partners }}] }}
firewall-subtables:
  sub: {{ type: forward, rules: [{{ rule: "sub -m set --match-set all src -j ACCEPT" }}] }}
  sub2: {{ type: forward, rules: [{{ rule: "sub2 -j DROP" }}] }}
system-variables: {{ partner: {{ value: "{later}" }} }}
links: {{ l: {{ id: 6, name: l, conf: "{later}" }} }}
routes: {{ over: {{ cidr: 10.9.0.0/16, interface: lnk6 }}, lan: {{ cidr: 10.8.0.0/16, interface: eth0 }} }}
firewall-rules: [{{ rule: "FORWARD_CUST -s $${{custom_partner}} -j ACCEPT" }}]
"#
        );
        let world = World::of("vns3", "a", &kinds).hides("a/config");
        for (at, verdict) in [
            ("a/firewall-fwsets/all", "hold waits"),
            ("a/firewall-fwsets/free", "create: change"),
            ("a/firewall-subtables/sub", "hold waits"),
            ("a/firewall-subtables/sub2", "create: change"),
            ("a/firewall-rules", "hold waits"),
            ("a/routes/over", "hold waits"),
            ("a/routes/lan", "create: change"),
        ] {
            assert_eq!(world.verdict(at), verdict, "{at}");
        }
    }

    #[test]
    fn a_name_of_nothing_is_held_where_it_would_be_written() {
        let wanted = World::lab().wants("east/groups/g", json!({ "note": "via nobody" }));
        assert_eq!(wanted.verdict("east/groups/g"), "hold missing-reference");
        assert_eq!(wanted.clone().hides("east/endpoints").verdict("east/groups/g"), "hold missing-reference");
        let by_hand = wanted.clone().shows("east/endpoints", endpoint("nobody"));
        assert_eq!(by_hand.verdict("east/groups/g"), "create: change", "somebody made it by hand");
        let there = json!({ "id": "g", "name": "g", "note": "via nobody" });
        let same = wanted.applied("east/groups/g", "g", json!({ "note": "via nobody" })).shows("east/groups", there);
        assert_eq!(same.verdict("east/groups/g"), "same", "nothing is written");
        // Among roles.
        let at = "east/policies/p";
        let roles = World::lab().wants(at, json!({ "members": ["#all", "@nobody"] }));
        assert_eq!(roles.verdict(at), "hold missing-reference");
        assert_eq!(roles.clone().hides("east/endpoints").verdict(at), "hold missing-reference");
        assert_eq!(roles.shows("east/endpoints", endpoint("nobody")).verdict(at), "create: change");
        assert_eq!(World::lab().wants(at, json!({ "members": ["#all"] })).verdict(at), "create: change");
    }

    #[test]
    fn what_is_still_named_is_not_removed() {
        let owned = || {
            World::lab()
                .applied("east/endpoints/e", "e", json!({ "address": "192.0.2.1" }))
                .applied("east/endpoints/e/peers/192.0.2.9", "p", json!({}))
                .shows("east/endpoints", endpoint("e"))
                .shows("east/endpoints/e/peers", json!({ "id": "p", "ip": "192.0.2.9" }))
        };
        for (at, fields) in [
            ("east/groups/g", json!({ "note": "via e" })),
            ("east/groups/g", json!({ "leader": "e" })),
            ("east/policies/p", json!({ "members": ["@e"] })),
            ("west/groups/g", json!({ "note": "=east/endpoints/e.id" })),
            ("west/groups/g", json!({ "note": "=east/endpoints/e/peers/192.0.2.9.id" })),
        ] {
            assert_eq!(owned().wants(at, fields.clone()).verdict("east/endpoints/e"), "hold named", "{fields}");
        }
        let other =
            owned().wants("east/groups/g", json!({ "note": "via e2, not e" })).shows("east/endpoints", endpoint("e2,"));
        assert_eq!(other.verdict("east/endpoints/e"), "delete: not declared any more");
    }

    #[test]
    fn what_something_held_depended_on_stays() {
        let world = World::lab()
            .applied("west/endpoints/w", "w", json!({}))
            .applied("east/groups/g", "g", json!({}))
            .depending("east/groups/g", "west/endpoints/w")
            .shows("west/endpoints", endpoint("w"))
            .shows("east/groups", json!({ "id": "g", "name": "g" }));
        assert_eq!(world.verdict("west/endpoints/w"), "delete: not declared any more");
        assert_eq!(world.clone().protects("east/groups/g").verdict("west/endpoints/w"), "hold needed");
    }

    #[test]
    fn a_target_in_a_tenant_that_is_made_first_takes_a_second_run() {
        let target = |name: &str, tenant: &str, kinds: &str| {
            format!(
                "  {name}:\n    at: https://m.example/api/v3.1\n    tenant: {tenant}\n    \
                 credentials: {{ username: admin, password: '${{var.pw}}' }}\n    {kinds}\n"
            )
        };
        let own = target("own", "mten", "secrets: { k: { value: '${var.pw}' } }");
        let all = format!("cloudify:\n{}{own}", target("first", "default_tenant", "tenants: { mten: {} }"));
        let world = World::reading(&all).hides("own/secrets");
        let verdicts = world.verdicts();
        let own = verdicts.iter().find(|verdict| verdict.address == address("own/secrets/k")).unwrap();
        let told = format!("{:?}", own.decision);
        assert!(told.contains("first/tenants/mten") && told.contains("apply` again"), "{told}");
    }
}
