//! How texts at a controller name other objects of it: rules, entries of sets, interfaces, addresses (vns3.md#order,
//! vns3.md#firewall-rules).

use crate::attr::Attr;
use crate::providers::vns3::formats;
use crate::spec::{By, Called, Grammar, HasValue, LINE, NameSpot, Type, any_word, first_word};

/// A firewall rule: sets, subtables and variables.
pub(crate) static RULE: Grammar = Grammar {
    mentions: &[
        (NameSpot::Found(table), &[SUBTABLE.others(any_word).doubtful()]),
        (NameSpot::Behind(JUMPS), &[SUBTABLE.others(in_capitals)]),
        (NameSpot::Behind(SETS), &[Called::name("firewall-fwsets", "rules may name sets")]),
        (NameSpot::Behind(INTERFACES), DEVICES),
        VARIABLE,
    ],
    ..LINES
};

/// Rules are compared by their words: controllers give them back with other blanks (vns3.md#firewall-rules).
const LINES: Grammar = Grammar { form: Type::Format(&LINE), ..Grammar::TEXT };

const SUBTABLE: Called = Called::name("firewall-subtables", "rules may jump to subtables");

/// A firewall rule of API v1.
pub(crate) static RULE_V1: Grammar = Grammar {
    mentions: &[
        (NameSpot::Found(table), &[SUBGROUP.others(any_word).doubtful()]),
        (NameSpot::Behind(JUMPS), &[SUBGROUP.others(in_capitals)]),
        (NameSpot::Behind(SETS), &[Called::name("firewall-v1-fwsets", "rules may name sets")]),
        (NameSpot::Behind(INTERFACES), DEVICES),
        VARIABLE,
    ],
    ..LINES
};

/// A rule in a subtable, which begins with the subtable's name.
pub(crate) static RULE_OF_SUBTABLE: Grammar = Grammar { own_name: true, mentions: RULE.mentions, ..LINES };

/// A rule in a subgroup of API v1, whose name is put before it where it does not stand there.
pub(crate) static RULE_OF_GROUP_V1: Grammar = Grammar { own_name: true, mentions: RULE_V1.mentions, ..LINES };

const SUBGROUP: Called = Called::name("firewall-v1-subgroups", "rules may jump to subgroups");

/// What packets are sent to that is no table of the user's, as `ACCEPT`, is in capitals.
fn in_capitals(word: &str) -> bool {
    !word.chars().any(char::is_lowercase)
}

/// The tables that are there from the start; `_CUST` may follow.
const TABLES: &[&str] = &["INPUT", "OUTPUT", "FORWARD", "PREROUTING", "POSTROUTING", "MACRO"];

/// The table that a rule goes into, unless it is there from the start. What is neither that nor a name is a slip, or one
/// that a later controller has.
fn table(rule: &Attr, _: HasValue<'_>) -> Vec<String> {
    let is_a_name = |word: &String| {
        // In a group of API v1 rules may begin with what stands behind its name.
        !word.starts_with(['-', '!']) && !TABLES.contains(&word.strip_suffix("_CUST").unwrap_or(word))
    };
    first_word(rule).filter(is_a_name).into_iter().collect()
}

/// The options that lead to another table.
const JUMPS: &[&str] = &["-j", "--jump", "-g", "--goto"];

/// The options that name a set.
const SETS: &[&str] = &["--match-set", "--add-set", "--del-set", "--map-set"];

/// The options that name the interface that a packet comes in by or leaves by.
const INTERFACES: &[&str] = &["-i", "--in-interface", "-o", "--out-interface"];

/// Interfaces that others make and a rule may name. One that is not there is no mistake: the rule then holds for no packet.
const DEVICES: &[Called] = &[LINK_DEVICE.others(any_word), GRE_DEVICE];

const LINK_DEVICE: Called =
    Called::name("links", "it may lead through a link's interface").behind("lnk").by(By::Field("id"));

const GRE_DEVICE: Called = Called::name("edge-gre-interfaces", "it may lead through a GRE interface")
    .behind("gre")
    .by(By::Output("name"))
    .others(any_word);

const PLUGINS_DEVICE: Called = Called::name("plugin-instances", "it may lead through the plugins' network")
    .behind("plugin0")
    .by(By::Any)
    .others(any_word);

const SYSTEM_DEVICE: Called = Called::name("system-interfaces", "it may lead through an interface").others(any_word);

/// A variable: the user's own begin with `custom_`, and what is neither the controller's nor a tag's may come from a plugin.
const VARIABLE: (NameSpot, &[Called]) = (
    NameSpot::Variable,
    &[
        Called::name("system-variables", "rules and entries may name variables").behind("custom_"),
        Called::name("", "").behind("vns3_"),
        Called::name("clientpack-tags", "tags of clientpacks become variables")
            .behind("tag_")
            .by(By::Any)
            .others(any_word),
        Called::name("plugin-instances", "plugins bring variables that rules may name").by(By::Any).others(any_word),
    ],
);

/// An entry of a set. A name is one in a set of sets only: elsewhere it is a service, or a word for a network.
pub(crate) static ENTRY: Grammar = Grammar {
    mentions: &[(NameSpot::Found(set_of_sets), &[Called::name("firewall-fwsets", "entries may name sets")]), VARIABLE],
    ..ENTRIES
};

/// Entries of sets, whatever they name.
const ENTRIES: Grammar = Grammar { form: Type::Format(&formats::ENTRY), ..Grammar::TEXT };

/// The entry of a set of sets.
fn set_of_sets(entry: &Attr, has: HasValue<'_>) -> Vec<String> {
    let name = if let Attr::Text(_) | Attr::Number(_) = entry { entry.to_text() } else { None };
    let name = name.filter(|_| has("type", "list")).map(|name| name.trim().to_owned());
    name.filter(|name| !name.is_empty()).into_iter().collect()
}

/// An entry of a set of API v1.
pub(crate) static ENTRY_V1: Grammar = Grammar {
    mentions: &[
        (NameSpot::Whole, &[Called::name("firewall-v1-fwsets", "entries may name sets").others(any_word)]),
        VARIABLE,
    ],
    own_name: true,
    ..ENTRIES
};

/// An interface: that of a link, of a GRE tunnel, of the plugins' network, or a device with its further addresses.
pub(crate) static INTERFACE: Grammar = Grammar {
    mentions: &[(NameSpot::Whole, &[LINK_DEVICE, GRE_DEVICE, PLUGINS_DEVICE, SYSTEM_DEVICE])],
    ..Grammar::TEXT
};

/// A next hop, which may be a plugin.
pub(crate) static GATEWAY: Grammar = Grammar {
    form: Type::IP,
    mentions: &[
        (
            NameSpot::Whole,
            &[Called::name("plugin-instances", "it may lead to a plugin").by(By::Field("ip_address")).others(any_word)],
        ),
        (
            NameSpot::Whole,
            &[Called::name("containers", "it may lead to a container").by(By::Field("ipaddress")).others(any_word)],
        ),
    ],
    ..Grammar::TEXT
};

/// An address of the controller's own.
pub(crate) static OWN_ADDRESS: Grammar = Grammar {
    form: Type::IP,
    mentions: &[
        (
            NameSpot::Whole,
            &[Called::name("system-interfaces", "a tunnel comes from an address of an interface")
                .by(By::Field("ip_internal"))
                .others(any_word)],
        ),
        (
            NameSpot::Whole,
            &[Called::name("interface-addresses", "a tunnel comes from an address of an interface").others(any_word)],
        ),
    ],
    ..Grammar::TEXT
};

/// To what a link lets somebody in.
pub(crate) static ACCESS: Grammar = Grammar {
    mentions: &[(
        NameSpot::Whole,
        &[Called::name("clientpacks", "a link may lead to a clientpack").behind("cp:"), Called::name("", "")],
    )],
    ..Grammar::TEXT
};

#[cfg(test)]
mod tests {
    use crate::providers::CATALOGUE;
    use crate::topology::testing::{told, workspace};
    use crate::topology::{Options, load};

    /// What is found about words, of all that stands at a controller.
    fn found(kinds: &str) -> Vec<String> {
        let head = "workspace: w\nvars: { pw: { default: p } }\nvns3:\n  v:\n    at: https://v.example:8000/api\n    \
                    credentials: { username: api, password: '${var.pw}' }\n";
        let body: String = kinds.lines().map(|line| format!("    {line}\n")).collect();
        let folder = workspace(&[("trueup.yaml", &format!("{head}{body}"))]);
        let all = told(load(folder.path(), CATALOGUE, &Options::default()));
        let own = all.lines().filter(|line| line.contains("unknown-reference:") || line.contains("unknown-word:"));
        own.filter_map(|line| Some(line.split_once('<')?.1.split_once('>')?.0.to_owned())).collect()
    }

    #[test]
    fn a_rule_goes_into_a_table_of_the_products_own_or_into_one_that_is_there() {
        let rules = |kind: &str, tables: &[&str]| {
            let rules: String = tables.iter().map(|table| format!("- {{ rule: {table} -j DROP }}\n")).collect();
            found(&format!("{kind}:\n{rules}"))
        };
        for kind in ["firewall-rules", "firewall-v1-rules"] {
            for table in super::TABLES {
                assert!(rules(kind, &[*table, &format!("{table}_CUST")]).is_empty(), "{kind}: {table}");
            }
            for slip in ["FORWAD_CUST", "FORWARD_CUSTOM", "forward_CUST", "INPUT_"] {
                assert_eq!(rules(kind, &[slip]).len(), 1, "{kind}: {slip}");
            }
        }
        let declared = "firewall-subtables: { INPUT_X: { type: forward, rules: [{ rule: INPUT_X -j DROP }] } }\n\
                        firewall-rules: [{ rule: INPUT_X -j DROP }]\n";
        assert!(found(declared).is_empty(), "{:?}", found(declared));
    }

    #[test]
    fn an_event_that_the_text_does_not_know_is_passed_on_with_a_word() {
        let of = |event: &str| {
            found(&format!(
                "webhooks: {{ w: {{ url: 'https://w.example', events: [tunnel_up, {event}] }} }}\n\
                 alerts: {{ a: {{ url: 'https://a.example', webhook_id: w, events: [tunnel_up, {event}] }} }}\n"
            ))
        };
        assert!(of("bgp_session_down").is_empty());
        assert_eq!(of("tunel_up"), ["tunel_up", "tunel_up"]);
    }
}
