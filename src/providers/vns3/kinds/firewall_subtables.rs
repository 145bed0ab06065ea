//! Tables of one's own that firewall rules jump to, each with its rules in order.
//!
//! Each rule starts with the subtable's name and has to say its position, which here is its place in the list. A
//! subtable is saved although some rules were refused; the reply lists those under `errors`
//! (vns3.md#firewall-subtables).

use serde_json::Value;

use crate::attr::Attr;
use crate::providers::vns3::grammar;
use crate::spec::{
    Api, Body, Condition, Disruption, Envelope, Field, Identity, Kind, List, Names, Type, call, field, output,
};
use wire::Method::{Delete, Post, Put};

/// The main tables; the text names one of them as an example (vns3.md#firewall-subtables).
const TABLES: Type = Type::OpenEnum(&["input", "output", "forward", "prerouting", "postrouting"]);

/// `firewall-subtables`.
pub(crate) static KIND: Kind = Kind {
    name: "firewall-subtables",
    doc: "Tables of one's own that firewall rules jump to",
    source: "GET /v2/firewall/subtables; vns3.md#firewall-subtables",
    identity: Identity::Name("name"),
    names: Names::of("_-"),
    fields: &[
        field("name", Type::Text, "Letters, digits, `_` and `-`").required(),
        field("type", TABLES, "Table whose rules may jump to it, such as `prerouting`")
            .required()
            .replaces()
            .disrupts(Disruption::Outage),
        super::DESCRIPTION,
        field("rules", Type::List(&Type::Object(RULE)), "Its rules, in order"),
        output("size", Type::Int, "Number of rules").recomputed_from(&["rules"]),
    ],
    api: Api {
        list: List::at("/v2/firewall/subtables", Envelope::Items("response")),
        id: "",
        create: &[call(Post, "/v2/firewall/subtables", Body::Fields)
            .reply(Envelope::One("response"))
            .errors_at("response.errors")
            .reshape(number_rules)],
        update: &[call(Put, "/v2/firewall/subtables/{id}", Body::Changed)
            .reply(Envelope::One("response"))
            .errors_at("response.errors")
            .reshape(number_rules)],
        remove: &[call(Delete, "/v2/firewall/subtables/{id}", Body::None)],
        ..super::super::API
    },
    relations: &[super::LICENSED, super::KEYED],
    read: Some(in_order),
    carries_traffic: Some(Condition::ALWAYS),
    ..Kind::NEW
};

const RULE: &[Field] = &[
    field(
        "rule",
        Type::Phrase(&grammar::RULE_OF_SUBTABLE),
        "The rule: the subtable's name, then matches and `-j` with what to do",
    )
    .required(),
    field("comment", Type::Text, "Free text"),
    field("disabled", Type::Bool, "Not in use").default("false"),
];

fn in_order(subtable: &mut Value) {
    if let Some(rules) = subtable.get_mut("rules") {
        super::by_position(rules);
    }
}

fn number_rules(body: &mut Attr, _: Option<&Value>) -> Result<(), &'static str> {
    if let Attr::Map(map) = body
        && let Some(Attr::List(rules)) = map.get_mut("rules")
    {
        for (n, rule) in rules.iter_mut().enumerate() {
            if let Attr::Map(rule) = rule {
                rule.insert("position".into(), Attr::Number(n.into()));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::vns3::reading::{listed, shown};

    #[test]
    fn the_example_reply_reads() {
        let rule = json!({
            "rule": "test_my_group -i eth0 -j ACCEPT",
            "position": 0,
            "comment": "",
            "rule_resolved": "test_my_group -i eth0 -j ACCEPT",
            "disabled": false,
            "id": "0e85478506eb73b213bb"
        });
        let reply = json!({"response": [{
            "name": "test_my_group",
            "description": "Route prerouting traffic to my test ips",
            "type": "prerouting",
            "created_at": "2022-07-12T15:37:41.056Z",
            "updated_at": "2022-07-12T15:37:41.056Z",
            "size": 1,
            "rules": [rule]
        }]});
        let mut found = listed(&KIND, &reply);
        let rules = found[0]["rules"].take();
        assert_eq!((&rules[0]["rule"], &rules[0]["disabled"]), (&rule["rule"], &json!(false)));
        assert_eq!(
            found,
            [json!({
                "name": "test_my_group",
                "type": "prerouting",
                "description": "Route prerouting traffic to my test ips",
                "rules": null,
                "size": 1
            })]
        );
    }

    #[test]
    fn rules_are_read_by_position_and_written_with_one() {
        let live = json!({"rules": [{"rule": "t b", "position": 1}, {"rule": "t a", "position": 0}]});
        assert_eq!(shown(&KIND, &live)["rules"][0]["rule"], "t a");
        let mut body = Attr::from_json(&json!({"rules": [{"rule": "t a"}, {"rule": "t b"}]}));
        number_rules(&mut body, None).unwrap();
        let expected = json!({"rules": [{"rule": "t a", "position": 0}, {"rule": "t b", "position": 1}]});
        assert_eq!(body, Attr::from_json(&expected));
    }
}
