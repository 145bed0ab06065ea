//! Subgroups and sets of rules as API v1 shows them: for controllers that have no v2, and never beside the subtables and
//! sets of v2, which are theirs.
//!
//! Read are loose lines, each of which begins with the name of its subgroup or set; written is the text of one. With
//! `flush` a write replaces all lines. A name alone stands for one without lines, and either a name or lines are sent,
//! never both (vns3.md#firewall-v1-subgroups). A subgroup's `position` is not read back, and says nothing about its
//! rules; it is not declared.

use serde_json::Value;

use crate::attr::Attr;
use crate::providers::vns3::grammar;
use crate::spec::{
    Api, Body, Condition, Envelope, Identity, Kind, List, Names, Relation, Type, call, field, lines_behind,
};
use wire::Method::{Delete, Post};

/// `firewall-v1-subgroups`.
pub(crate) static SUBGROUPS: Kind = Kind {
    name: "firewall-v1-subgroups",
    doc: "Chains of one's own that rules of API v1 jump to; never declare them beside `firewall-subtables`",
    source: "GET, POST, DELETE /firewall/rules/subgroup; vns3.md#firewall-v1-subgroups",
    identity: Identity::Name("name"),
    names: Names::ANY.beginning(&["PRE_C_", "PST_C_", "FWD_C_", "INP_C_", "OUT_C_"]),
    fields: &[
        field("name", Type::Text, "Begins with `PRE_C_`, `PST_C_`, `FWD_C_`, `INP_C_` or `OUT_C_`").required().always(),
        field(
            "rules",
            Type::List(&Type::Phrase(&grammar::RULE_OF_GROUP_V1)),
            "Its rules in order, each with or without the subgroup's name before it: matches and `-j`",
        )
        .read_as("lines"),
    ],
    api: Api {
        list: List::at("/firewall/rules/subgroup?verbose=true", Envelope::Lines("response")),
        id: "",
        create: &[call(Post, "/firewall/rules/subgroup", Body::Fields).reshape(rules_to_text)],
        update: &[call(Post, "/firewall/rules/subgroup", Body::Changed).reshape(rules_to_text)],
        remove: &[call(Delete, "/firewall/rules/subgroup", BY_NAME)],
        ..super::super::API
    },
    relations: &[super::LICENSED, super::KEYED, Relation::OlderViewOf("firewall-subtables")],
    carries_traffic: Some(Condition::ALWAYS),
    ..Kind::NEW
};

/// `firewall-v1-fwsets`.
pub(crate) static FWSETS: Kind = Kind {
    name: "firewall-v1-fwsets",
    doc: "Sets of networks, ports or other sets, for rules of API v1; never declare them beside `firewall-fwsets`",
    source: "GET, POST, DELETE /firewall/fwsets; vns3.md#firewall-v1-fwsets",
    identity: Identity::Name("name"),
    names: Names::ANY.beginning(&["NETS_", "PORTS_", "LIST_"]),
    fields: &[
        field("name", Type::Text, "Begins with `NETS_`, `PORTS_` or `LIST_`").required().always(),
        field(
            "entries",
            Type::Set(&Type::Phrase(&grammar::ENTRY_V1)),
            "What is in the set: networks, ports, or names of sets, each with or without the set's name before it",
        )
        .read_as("lines"),
    ],
    api: Api {
        list: List::at("/firewall/fwsets?verbose=true", Envelope::Lines("response")),
        id: "",
        create: &[call(Post, "/firewall/fwsets", Body::Fields).reshape(entries_to_text)],
        update: &[call(Post, "/firewall/fwsets", Body::Changed).reshape(entries_to_text)],
        remove: &[call(Delete, "/firewall/fwsets", BY_NAME)],
        ..super::super::API
    },
    relations: &[super::LICENSED, super::KEYED, Relation::OlderViewOf("firewall-fwsets")],
    carries_traffic: Some(Condition::ALWAYS),
    ..Kind::NEW
};

const BY_NAME: Body = Body::Json(r#"{"name": "{name}"}"#);

fn rules_to_text(body: &mut Attr, _: Option<&Value>) -> Result<(), &'static str> {
    lines_to_text(body, "rules");
    Ok(())
}

fn entries_to_text(body: &mut Attr, _: Option<&Value>) -> Result<(), &'static str> {
    lines_to_text(body, "entries");
    Ok(())
}

/// Puts the name before each line of a field, and the lines in the place of name and field where there are any.
fn lines_to_text(body: &mut Attr, field: &str) {
    let Attr::Map(map) = body else { return };
    let lines = map.remove(field).unwrap_or(Attr::Null);
    let name = map.get("name").and_then(Attr::as_text).unwrap_or_default();
    if let Some(text) = lines_behind(&format!("{name} "), &lines).filter(|text| !text.is_nothing()) {
        map.remove("name");
        map.insert("rules".into(), text);
    }
    map.insert("flush".into(), Attr::Bool(true));
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::vns3::reading::listed;

    #[test]
    fn the_example_reply_reads() {
        let reply = json!({"response": ["string"]});
        for kind in [&SUBGROUPS, &FWSETS] {
            assert_eq!(listed(kind, &reply)[0]["name"], "string");
        }
    }

    #[test]
    fn lines_are_read_as_the_groups_that_they_begin_with() {
        let nested = json!({"response": [["FWD_C_A -i eth0 -j ACCEPT", "FWD_C_A -j DROP"], ["PRE_C_B -j ACCEPT"]]});
        let subgroups = [
            json!({"name": "FWD_C_A", "rules": ["-i eth0 -j ACCEPT", "-j DROP"]}),
            json!({"name": "PRE_C_B", "rules": ["-j ACCEPT"]}),
        ];
        assert_eq!(listed(&SUBGROUPS, &nested), subgroups);
        let flat = json!({"response": ["NETS_A 10.2.0.0/16", "NETS_A 10.1.0.0/16"]});
        assert_eq!(listed(&FWSETS, &flat), [json!({"name": "NETS_A", "entries": ["10.1.0.0/16", "10.2.0.0/16"]})]);
    }

    #[test]
    fn lines_or_a_name_are_written() {
        let written = |body: Value| {
            let mut body = Attr::from_json(&body);
            rules_to_text(&mut body, None).unwrap();
            body
        };
        let lines = json!({"name": "FWD_C_A", "rules": ["-i eth0 -j ACCEPT", "-j DROP"]});
        let text = json!({"rules": "FWD_C_A -i eth0 -j ACCEPT\nFWD_C_A -j DROP", "flush": true});
        assert_eq!(written(lines), Attr::from_json(&text));
        let (name, empty) = (json!({"name": "FWD_C_A"}), json!({"name": "FWD_C_A", "flush": true}));
        assert_eq!(written(name), Attr::from_json(&empty), "made");
        assert_eq!(written(json!({"name": "FWD_C_A", "rules": []})), Attr::from_json(&empty), "emptied");
    }

    #[test]
    fn lines_that_are_known_later_are_led_by_the_name_too() {
        let later = Attr::output(crate::address::Address::new("c", "deployments", Some("d")), "outputs.nets");
        let written = |entries: Attr, output: Value| {
            let mut body =
                Attr::Map([("name".to_owned(), Attr::text("NETS_A")), ("entries".to_owned(), entries)].into());
            entries_to_text(&mut body, None).unwrap();
            let filled = body.fill(&|_| Some(Attr::from_json(&output)));
            filled.get("rules").cloned().unwrap_or(Attr::Null).to_shown()
        };
        let two = json!(["10.1.0.0/16", "10.2.0.0/16"]);
        assert_eq!(written(later.clone(), two), json!("NETS_A 10.1.0.0/16\nNETS_A 10.2.0.0/16"));
        let among = Attr::List(vec![later, Attr::text("10.9.0.0/16")]);
        assert_eq!(written(among, json!("10.1.0.0/16")), json!("NETS_A 10.1.0.0/16\nNETS_A 10.9.0.0/16"));
        let secret = Attr::Secret(crate::secret::Secret::new("net", "10.1.0.0/16"));
        let mut body = Attr::Map(
            [("name".to_owned(), Attr::text("NETS_A")), ("entries".to_owned(), Attr::List(vec![secret]))].into(),
        );
        entries_to_text(&mut body, None).unwrap();
        let whole = Attr::Secret(crate::secret::Secret::new("", "NETS_A 10.1.0.0/16"));
        assert_eq!(body.get("rules"), Some(&whole));
    }
}
