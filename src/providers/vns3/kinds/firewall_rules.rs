//! The controller's firewall: one ordered list, of which the first rule that matches decides.
//!
//! Only the whole list can be put in another order at once; ids that are sent back keep rules in their groups. A list
//! that others share is changed rule by rule: a rule that moves is taken out and put in again. A reply that says 200
//! may still list rules that were refused (vns3.md#firewall-rules). The controller's own variables look like
//! expressions of the workspace: in YAML they are written with two dollars, `$${vns3_overlay_subnet}`.

use crate::providers::vns3::grammar;
use crate::spec::{Api, Body, CallSpec, Condition, Envelope, Identity, Kind, List, Type, call, field};
use wire::Method::{Delete, Post, Put};

/// `firewall-rules`.
pub(crate) static KIND: Kind = Kind {
    name: "firewall-rules",
    doc: "The firewall: an ordered list of rules, of which the first match decides",
    source: "GET /v2/firewall/rules, PUT /v2/firewall/rules; vns3.md#firewall-rules",
    identity: Identity::Sequence { key: "rule", id: "id", position: "position" },
    fields: &[
        field(
            "rule",
            Type::Phrase(&grammar::RULE),
            "The rule: a table or subtable, then matches and `-j` with what to do",
        )
        .required(),
        field("comment", Type::Text, "Free text"),
        field("groups", Type::Set(&Type::Ref("firewall-rule-groups")), "Rule groups that it is in"),
        field("disabled", Type::Bool, "Not in use").default("false"),
    ],
    api: Api {
        list: List::at("/v2/firewall/rules", Envelope::Items("response")),
        // The list shows with the license; a controller that is licensed just now has no rules yet.
        create: &[WHOLE, call(Post, "/v2/firewall/rules", Body::Fields)],
        update: &[WHOLE, call(Put, "/v2/firewall/rules/{id}", Body::Fields).errors_at("response.errors")],
        remove: &[WHOLE, call(Delete, "/v2/firewall/rules/{id}", Body::None)],
        ..super::super::API
    },
    relations: &[super::LICENSED, super::KEYED],
    // Removing the list writes it without the user's rules. What no rule decides about passes, so that has to be meant.
    removed_by_address: true,
    read: Some(super::by_position),
    carries_traffic: Some(Condition::ALWAYS),
    ..Kind::NEW
};

const WHOLE: CallSpec = call(Put, "/v2/firewall/rules", Body::Sequence("rules"))
    .reply(Envelope::Items("response.rules"))
    .errors_at("response.errors");

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::vns3::reading::listed;

    #[test]
    fn the_example_reply_reads() {
        let reply = json!({"response": [
            {
                "id": "fdf43d86e3a303851085",
                "rule": "POSTROUTING -s ${vns3_overlay_subnet} -o eth0 -j MASQUERADE-ONCE",
                "table": "postrouting",
                "rule_resolved": "POSTROUTING -s 100.64.0.0/19 -o eth0 -j MASQUERADE-ONCE",
                "position": 0,
                "comment": "Source NAT for traffic to the internet",
                "last_resolved": "2022-06-06T18:44:14.343Z",
                "disabled": true,
                "created_at": "2022-06-06T18:44:14.409Z",
                "groups": ["VPN2Internet"],
                "os_rules": []
            },
            {
                "id": "d12390aa2dd1c14be090",
                "rule": "FORWARD -i eth0 -j ACCEPT",
                "table": "forward",
                "rule_resolved": "FORWARD -i eth0 -j ACCEPT",
                "position": 1,
                "comment": "",
                "last_resolved": "2022-07-12T02:36:38.064Z",
                "disabled": false,
                "created_at": "2022-07-12T02:36:38.081Z",
                "groups": [],
                "os_rules": [
                    {"rule": "FORWARD_CUST -i eth0 -j ACCEPT", "position": 0, "table": "filter", "rule_type": "iptables"}
                ]
            }
        ]});
        assert_eq!(
            listed(&KIND, &reply),
            [
                json!({
                    "id": "fdf43d86e3a303851085",
                    "rule": "POSTROUTING -s ${vns3_overlay_subnet} -o eth0 -j MASQUERADE-ONCE",
                    "comment": "Source NAT for traffic to the internet",
                    "groups": ["VPN2Internet"],
                    "disabled": true
                }),
                json!({
                    "id": "d12390aa2dd1c14be090",
                    "rule": "FORWARD -i eth0 -j ACCEPT",
                    "groups": [],
                    "disabled": false
                })
            ]
        );
    }
}
