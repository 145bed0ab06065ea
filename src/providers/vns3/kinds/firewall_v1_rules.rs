//! The firewall as API v1 shows it: for controllers that have no v2, and never beside `firewall-rules`, because both
//! stand for the same rules.
//!
//! Read are pairs of rule and position, in no promised order and with stray blanks; written is one text. The write
//! hands out a task (vns3.md#firewall-v1-rules, vns3.md#tasks).

use serde_json::{Value, json};

use crate::attr::Attr;
use crate::providers::vns3::grammar;
use crate::spec::{
    Api, Body, CallSpec, Condition, Envelope, Identity, Kind, List, Relation, Type, call, field, lines_behind,
};
use wire::Method::{Delete, Post, Put};

/// `firewall-v1-rules`.
pub(crate) static KIND: Kind = Kind {
    name: "firewall-v1-rules",
    doc: "The firewall of controllers without API v2: an ordered list; never declare it beside `firewall-rules`",
    source: "GET /firewall/rules, PUT /firewall; vns3.md#firewall-v1-rules",
    identity: Identity::Sequence { key: "rule", id: "", position: "position" },
    fields: &[field(
        "rule",
        Type::Phrase(&grammar::RULE_V1),
        "The rule: a chain such as `FORWARD_CUST`, then matches and `-j`",
    )
    .required()],
    api: Api {
        list: List::at("/firewall/rules", Envelope::Items("response")),
        create: &[WHOLE, call(Post, "/firewall/rules", Body::Fields).wait(&[super::TASK])],
        update: &[WHOLE],
        // By its place: of rules with the same text the one that is meant.
        remove: &[WHOLE, call(Delete, "/firewall/rules/{id}", Body::None).wait(&[super::TASK])],
        ..super::super::API
    },
    relations: &[super::LICENSED, super::KEYED, Relation::OlderViewOf("firewall-rules")],
    // Removing the list writes it without the user's rules. What no rule decides about passes, so that has to be meant.
    removed_by_address: true,
    read: Some(pairs_to_rules),
    carries_traffic: Some(Condition::ALWAYS),
    ..Kind::NEW
};

const WHOLE: CallSpec = call(Put, "/firewall", Body::Sequence("rules")).reshape(rules_to_text).wait(&[super::TASK]);

fn pairs_to_rules(list: &mut Value) {
    let Value::Array(pairs) = list else { return };
    // A list that was reshaped already holds objects.
    if !pairs.iter().all(|pair| pair.get(0).is_some_and(Value::is_string)) {
        return;
    }
    let position = |pair: &Value| match pair.get(1) {
        Some(Value::String(text)) => text.parse().unwrap_or_default(),
        position => position.and_then(Value::as_i64).unwrap_or_default(),
    };
    pairs.sort_by_key(position);
    for pair in pairs {
        let rule = pair.get(0).and_then(Value::as_str).unwrap_or_default().trim();
        *pair = json!({ "rule": rule });
    }
}

fn rules_to_text(body: &mut Attr, _: Option<&Value>) -> Result<(), &'static str> {
    let Attr::Map(map) = body else { return Ok(()) };
    let Some(Attr::List(items)) = map.get("rules") else { return Ok(()) };
    let rules = items.iter().map(|item| item.get("rule").cloned().unwrap_or(Attr::Null)).collect();
    if let Some(text) = lines_behind("", &Attr::List(rules)) {
        map.insert("rules".into(), text);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::vns3::reading::listed;

    #[test]
    fn pairs_are_read_by_position() {
        let reply = json!({"response": [
            ["FORWARD_CUST -j DROP\n", "1"],
            ["MACRO_CUST -o eth0 -s 10.199.2.0/24 -j MASQUERADE ", 0]
        ]});
        assert_eq!(
            listed(&KIND, &reply),
            [
                json!({"rule": "MACRO_CUST -o eth0 -s 10.199.2.0/24 -j MASQUERADE"}),
                json!({"rule": "FORWARD_CUST -j DROP"})
            ]
        );
    }

    #[test]
    fn the_list_is_written_as_one_text() {
        let mut body =
            Attr::from_json(&json!({"rules": [{"rule": "FORWARD_CUST -j ACCEPT"}, {"rule": "INPUT_CUST -j DROP"}]}));
        rules_to_text(&mut body, None).unwrap();
        assert_eq!(body, Attr::from_json(&json!({"rules": "FORWARD_CUST -j ACCEPT\nINPUT_CUST -j DROP"})));
    }

    #[test]
    fn what_is_secret_or_known_later_is_written_too() {
        let secret = Attr::Secret(crate::secret::Secret::new("psk", "INPUT_CUST -m string --string s3cr3t -j DROP"));
        let later = Attr::output(crate::address::Address::new("c", "deployments", Some("d")), "outputs.rule");
        let rules = [secret, later, Attr::text("FORWARD_CUST -j ACCEPT")];
        let items = rules.map(|rule| Attr::Map([("rule".to_owned(), rule)].into())).to_vec();
        let mut body = Attr::Map([("rules".to_owned(), Attr::List(items))].into());
        rules_to_text(&mut body, None).unwrap();
        let filled = body.fill(&|_| Some(Attr::text("INPUT_CUST -j ACCEPT")));
        let whole = "INPUT_CUST -m string --string s3cr3t -j DROP\nINPUT_CUST -j ACCEPT\nFORWARD_CUST -j ACCEPT";
        assert_eq!(filled.get("rules"), Some(&Attr::Secret(crate::secret::Secret::new("", whole))));
    }
}
