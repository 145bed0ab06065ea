//! Groups of firewall rules. Rules say which groups they are in; here a group only gets a name.
//!
//! Listed and made at `rules-groups`, changed and removed at `rule-groups`. A group that still has rules is not removed
//! (vns3.md#firewall-rule-groups).

use crate::spec::{Api, Body, Condition, Envelope, Identity, Kind, List, Type, call, field, output};
use wire::Method::{Delete, Post, Put};

/// `firewall-rule-groups`.
pub(crate) static KIND: Kind = Kind {
    name: "firewall-rule-groups",
    doc: "Groups of firewall rules; the rules say which ones they are in",
    source: "GET /v2/firewall/rules-groups; vns3.md#firewall-rule-groups",
    identity: Identity::Name("name"),
    fields: &[
        field("name", Type::Text, "Name of the group").required(),
        super::DESCRIPTION,
        output("rules", Type::Set(&Type::Text), "Ids of the rules in it"),
        output("size", Type::Int, "Number of rules in it"),
    ],
    api: Api {
        list: List::at("/v2/firewall/rules-groups", Envelope::Items("response")),
        id: "",
        create: &[call(Post, "/v2/firewall/rules-groups", Body::Fields).reply(Envelope::One("response"))],
        update: &[call(Put, "/v2/firewall/rule-groups/{id}", Body::Changed).reply(Envelope::One("response"))],
        remove: &[call(Delete, "/v2/firewall/rule-groups/{id}", Body::None)],
        ..super::super::API
    },
    relations: &[super::LICENSED, super::KEYED],
    carries_traffic: Some(Condition::ALWAYS),
    ..Kind::NEW
};

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::vns3::reading::listed;

    #[test]
    fn the_example_reply_reads() {
        let reply = json!({"response": [
            {
                "name": "VPN2Internet",
                "description": "",
                "rules": ["fdf43d86e3a303851085", "9538949c46f9a9f6d120", "59f87f2c775793a38441"],
                "size": 3
            },
            {"name": "BlockVPN2VPN", "description": "", "rules": ["926bc4e70fc7afcd13b8"], "size": 1}
        ]});
        let found = listed(&KIND, &reply);
        assert_eq!(found.len(), 2);
        assert_eq!(found[1], json!({"name": "BlockVPN2VPN", "rules": ["926bc4e70fc7afcd13b8"], "size": 1}));
    }
}
