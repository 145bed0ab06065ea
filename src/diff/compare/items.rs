//! Items of an ordered list: what tells them apart, and how the live ones are shown.

use std::collections::BTreeSet;

use crate::attr::Attr;
use crate::diff::resolve::Resolver;
use crate::diff::sequence::{Edit, agrees};
use crate::redact::ChangeSecrecy;
use crate::secret::Secret;
use crate::spec::{Shape, Type, canonical};
use crate::state::base::{Base, Entry};
use crate::topology::ITEMS;

/// Keys of items are compared with each other only, within one run.
const WITHIN_A_RUN: &[u8] = b"item";

/// What tells an item from others, as text. A secret has the same as the text that it is, and neither can be read from it.
pub(crate) fn item_key(item: &Attr, key: &str) -> String {
    match item.get(key) {
        Some(Attr::Secret(secret)) => secret.fingerprint(WITHIN_A_RUN),
        Some(Attr::Text(text)) => Secret::new("", text.as_str()).fingerprint(WITHIN_A_RUN),
        Some(other) => other.to_shown().to_string(),
        None => String::new(),
    }
}

/// The live items of a list as they may be shown. What a secret takes the place of was one; so was what reads like an
/// earlier value of a wanted secret, and what the ledger keeps as one.
pub(in crate::diff) fn redact_items(
    resolver: &Resolver<'_>,
    base: &Base,
    entry: Option<&Entry>,
    (item_type, old, new): (&Type, &[Attr], &[Attr]),
    counterparts: &[Option<usize>],
) -> Vec<Attr> {
    let topology = resolver.topology;
    let secrecy = ChangeSecrecy { field: false, whole: false, output: &|output| topology.is_secret(output) };
    let earlier = EarlierSecrets::of(base, entry, new);
    let mut beside = vec![None; old.len()];
    for (wanted, at) in new.iter().zip(counterparts) {
        if let Some(place) = at.and_then(|at| beside.get_mut(at)) {
            *place = Some(wanted);
        }
    }
    let shown = |(item, wanted): (&Attr, Option<&Attr>)| match wanted {
        // Of what is as it is wanted, all that is no secret stands in the files.
        Some(wanted) if agrees(item, wanted) => redact_beside(&secrecy, item, wanted),
        Some(wanted) => topology.secrets.redact_attr(&redact_beside(&secrecy, item, wanted)),
        None => topology.secrets.redact_attr(&earlier.redact(&without_defaults(item_type, item))),
    };
    old.iter().zip(beside).map(shown).collect()
}

/// An item without the fields that have what they would have if nobody gave them: who declares such an item leaves them out,
/// and beside another item they would look like a difference.
fn without_defaults(item: &Type, live: &Attr) -> Attr {
    let (Shape::Members(fields), Attr::Map(map)) = (item.shape(), live) else { return live.clone() };
    let says_something = |(name, value): &(&String, &Attr)| {
        let field = fields.iter().find(|field| field.name == **name);
        field.is_none_or(|field| field.is_required() || !field.is_at_default(&canonical(&field.ty, value)))
    };
    Attr::Map(map.iter().filter(says_something).map(|(name, value)| (name.clone(), value.clone())).collect())
}

/// The edits with the live items in them as they may be shown.
pub(in crate::diff) fn redact_edits(edits: Vec<Edit>, before: &[Attr], counterparts: &[Option<usize>]) -> Vec<Edit> {
    let shown = |edit| match edit {
        Edit::Delete { at, item } => Edit::Delete { at, item: before.get(at).cloned().unwrap_or(item) },
        Edit::Change { at, before: live, after } => {
            let own = counterparts.get(at).copied().flatten().and_then(|at| before.get(at));
            Edit::Change { at, before: own.cloned().unwrap_or(live), after }
        }
        Edit::Insert { .. } | Edit::Move { .. } => edit,
    };
    edits.into_iter().map(shown).collect()
}

/// A live item beside the wanted one; what is not declared stays as it is.
fn redact_beside(secrecy: &ChangeSecrecy<'_>, item: &Attr, wanted: &Attr) -> Attr {
    let (Attr::Map(map), Attr::Map(wanted)) = (item, wanted) else { return secrecy.redact(item, wanted) };
    let value = |(key, value): (&String, &Attr)| match wanted.get(key) {
        Some(wanted) if !agrees(value, wanted) || wanted.has_secret() => (key.clone(), secrecy.redact(value, wanted)),
        _ => (key.clone(), value.clone()),
    };
    Attr::Map(map.iter().map(value).collect())
}

/// What tells that a text of a live item, which nothing wanted is the counterpart of, was a secret.
struct EarlierSecrets<'e> {
    base: &'e Base,
    /// One secret for each expression that items are wanted with.
    expressions: Vec<Secret>,
    /// The fingerprints that the ledger keeps of the list.
    kept: BTreeSet<String>,
}

impl EarlierSecrets<'_> {
    fn of<'e>(base: &'e Base, entry: Option<&Entry>, new: &[Attr]) -> EarlierSecrets<'e> {
        let mut seen = BTreeSet::new();
        let mut expressions = Vec::new();
        for item in new {
            item.for_each_secret(&mut |secret| {
                if seen.insert(secret.label().to_owned()) {
                    expressions.push(secret.clone());
                }
            });
        }
        let kept = entry.and_then(|entry| entry.value(ITEMS)).and_then(|items| items.as_array());
        let fields = kept.into_iter().flatten().filter_map(|item| item.as_object()).flat_map(|item| item.values());
        let kept = fields.filter(|value| value.is_object()).map(ToString::to_string).collect();
        EarlierSecrets { base, expressions, kept }
    }

    fn redact(&self, item: &Attr) -> Attr {
        match item {
            Attr::Map(map) => Attr::Map(map.iter().map(|(key, value)| (key.clone(), self.redact(value))).collect()),
            Attr::Text(text) => {
                let secret = Attr::Secret(Secret::new("before", text.as_str()));
                if self.is_one(text, &secret) { secret } else { item.clone() }
            }
            other => other.clone(),
        }
    }

    fn is_one(&self, text: &str, secret: &Attr) -> bool {
        let is_kept = || !text.is_empty() && self.kept.contains(&self.base.stored(secret).to_string());
        self.expressions.iter().any(|expression| expression.may_have_been(text)) || !self.kept.is_empty() && is_kept()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::{Value, json};

    use super::*;
    use crate::diff::verdict::Decision;
    use crate::plan::testing::{World, address};
    use crate::redact::Redactor;
    use crate::secret::Piece;

    /// A list whose items hold `(…)` for the secret of that value.
    fn world(wanted: &[(&str, &str)], live: &[(&str, &str)]) -> World {
        let items: Vec<Value> =
            wanted.iter().map(|(rule, comment)| json!({ "rule": rule, "comment": comment })).collect();
        let mut world = World::lab().wants("east/rules", Value::Array(items)).allows("take-over=east/rules");
        let fields = &mut world.topology.resources.get_mut(&address("east/rules")).unwrap().fields;
        let Some(Attr::List(items)) = fields.get_mut(ITEMS) else { panic!("no list") };
        items.iter_mut().for_each(put_secrets);
        for (n, (rule, comment)) in live.iter().enumerate() {
            let object = json!({ "id": n.to_string(), "rule": rule, "comment": comment, "disabled": false });
            world = world.shows("east/rules", object);
        }
        world
    }

    fn put_secrets(attr: &mut Attr) {
        match attr {
            Attr::Map(map) => map.values_mut().for_each(put_secrets),
            Attr::Text(text) => {
                if let Some((before, rest)) = text.split_once('(') {
                    let (value, after) = rest.split_once(')').unwrap();
                    let label = match (before, after) {
                        ("", "") => "secret.psk".to_owned(),
                        _ => format!("{before}${{secret.psk}}{after}"),
                    };
                    let secret = Secret::new("secret.psk", value);
                    let parts = [Piece::Plain(before), Piece::Secret(&secret), Piece::Plain(after)];
                    *attr = Attr::Secret(Secret::concat(&label, parts));
                }
            }
            _ => {}
        }
    }

    /// All that the plan would show of the list.
    fn shown(world: &World) -> String {
        let verdicts = world.verdicts();
        let verdict = verdicts.iter().find(|verdict| verdict.address == address("east/rules")).unwrap();
        let Decision::Update { fields, .. } = &verdict.decision else { return "nothing".into() };
        fields
            .iter()
            .map(|change| format!("{} {} {:?}", change.before.to_shown(), change.after.to_shown(), change.edits))
            .collect()
    }

    #[test]
    fn what_goes_without_saying_is_no_difference_between_an_item_that_goes_and_one_that_comes() {
        let told = |files: &str, collection: &str, live: Value, at: &str| {
            let world = World::of("vns3", "t", files).shows(collection, live).allows(&format!("take-over={at}"));
            let verdict = world.verdicts().into_iter().find(|verdict| verdict.address == address(at)).unwrap();
            let change = verdict.decision.fields()[0].clone();
            change.before.to_shown()[0].clone()
        };
        let rule = |extra: &str| {
            let mut rule =
                json!({ "id": "1", "rule": "INPUT_CUST -j DROP", "position": 0, "disabled": false, "groups": [] });
            if !extra.is_empty() {
                rule["disabled"] = json!(true);
                rule["comment"] = json!(extra);
            }
            rule
        };
        let list = |live: Value| {
            told("firewall-rules: [{ rule: FORWARD_CUST -j DROP }]", "t/firewall-rules", live, "t/firewall-rules")
        };
        assert_eq!(list(rule("")), json!({ "rule": "INPUT_CUST -j DROP" }));
        let said = json!({ "rule": "INPUT_CUST -j DROP", "disabled": true, "comment": "why" });
        assert_eq!(list(rule("why")), said);
        let subtable = json!({ "name": "s", "type": "forward", "rules": [rule("")] });
        let files = "firewall-subtables: { s: { type: forward, rules: [{ rule: s -j ACCEPT }] } }";
        let before = told(files, "t/firewall-subtables", subtable, "t/firewall-subtables/s");
        assert_eq!(before, json!({ "rule": "INPUT_CUST -j DROP" }));
        let set = json!({ "name": "s", "type": "net", "entries": [{ "entry": "10.9.0.0/16", "comment": "" }] });
        let files = "firewall-fwsets: { s: { type: net, entries: [{ entry: 10.0.0.0/8 }] } }";
        assert_eq!(told(files, "t/firewall-fwsets", set, "t/firewall-fwsets/s"), json!({ "entry": "10.9.0.0/16" }));
        let account = "clientId: c, password: '${var.pw}', authenticationUrl: 'https://issuer.example/oauth2/token'";
        let check = "os: { typeId: OS, operatingSystems: [{ type: Linux }] }";
        let network = format!("{{ networkGroupId: g, region: r, posture-checks: {{ {check} }} }}");
        let world = World::reading(&format!(
            "netfoundry:\n  t:\n    at: https://gateway.production.netfoundry.io\n    credentials: {{ {account} }}\n    \
             networks: {{ n: {network} }}\n"
        ));
        let live = json!([{ "type": "macOS", "versions": [] }]);
        let at = "t/networks/n/posture-checks/os";
        let verdicts = world
            .shows("t/network-groups", json!({ "id": "7", "name": "g" }))
            .shows("t/networks", json!({ "id": "1", "name": "n", "networkGroupId": "7", "region": "r" }))
            .shows(
                "t/networks/1/posture-checks",
                json!({ "id": "2", "name": "os", "typeId": "OS", "operatingSystems": live }),
            )
            .allows(&format!("take-over={at}"))
            .verdicts();
        let check = verdicts.into_iter().find(|verdict| verdict.address == address(at)).unwrap();
        assert_eq!(check.decision.fields()[0].before.to_shown(), json!([{ "type": "macOS" }]));
    }

    #[test]
    fn a_list_with_secrets_that_is_live_as_it_is_wanted_is_no_difference() {
        let world = world(
            &[("INPUT -s 1", "plain"), ("INPUT --string \"(canary)\" -j DROP", "(canary)"), ("INPUT -s 2", "")],
            &[("INPUT -s 1", "plain"), ("INPUT --string \"canary\" -j DROP", "canary"), ("INPUT -s 2", "")],
        );
        assert_eq!(world.verdict("east/rules"), "adopt");
    }

    #[test]
    fn neither_the_old_nor_the_new_secret_of_a_list_shows() {
        // What is wanted, what is live, and what of that is no secret and has to show.
        for (wanted, live, plain) in [
            // Rotated in the field that tells items apart.
            (("IN --string \"(new-canary)\" -j DROP", "a"), ("IN --string \"old-canary\" -j DROP", "a"), "\"a\""),
            // Rotated beside it.
            (("IN -s 1", "(new-canary)"), ("IN -s 1", "old-canary"), "IN -s 1"),
            // Another field changes.
            (("IN --string (new-canary)", "b"), ("IN --string new-canary", "a"), "\"a\""),
            // A secret takes the place of what was none.
            (("IN -s 1", "token (new-canary)"), ("IN -s 1", "old-canary"), "IN -s 1"),
        ] {
            let shown = shown(&world(&[wanted, ("IN -s 9", "")], &[live, ("IN -s 8", "stranger")]));
            assert!(!shown.contains("canary"), "{shown}");
            assert!(shown.contains(plain) && shown.contains("IN -s 8") && shown.contains("stranger"), "{shown}");
        }
    }

    #[test]
    fn a_secret_that_leaves_a_list_does_not_show_on_its_way_out() {
        let fingerprinted = |world: World| {
            let print = world.base.stored(&Attr::Secret(Secret::new("", "old-canary")));
            world.applied("east/rules", "", json!([{ "rule": "IN -s 1", "comment": print }, { "rule": "IN -s 2" }]))
        };
        let live = [("IN -s 1", "old-canary"), ("IN -s 2", "")];
        let removed = fingerprinted(world(&[("IN -s 2", "")], &live));
        assert!(!shown(&removed).contains("canary"), "{}", shown(&removed));
        // The ledger is lost, and the workspace knows the secret from elsewhere.
        let mut known = world(&[("IN -s 2", "")], &live);
        known.topology.secrets = Redactor::new([Secret::new("secret.psk", "old-canary")]);
        assert!(!shown(&known).contains("canary"), "{}", shown(&known));
    }

    #[test]
    fn items_are_told_apart_by_what_they_are_not_by_where_it_comes_from() {
        let item = |rule: Attr| Attr::Map(BTreeMap::from([("rule".to_owned(), rule)]));
        let secret = item(Attr::Secret(Secret::new("secret.psk", "canary")));
        assert_eq!(item_key(&secret, "rule"), item_key(&item(Attr::text("canary")), "rule"));
        assert_ne!(item_key(&secret, "rule"), item_key(&item(Attr::text("other")), "rule"));
        assert!(!item_key(&secret, "rule").contains("canary"));
    }
}
