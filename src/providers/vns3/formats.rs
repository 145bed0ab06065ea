//! How values are spelt that the vendor's text closes: lines of a fixed form.

use crate::attr::Attr;
use crate::spec::ValueFormat;

/// A line of an access list (vns3.md#ebgp-peers).
pub(crate) static ACCESS_LINE: ValueFormat = ValueFormat {
    words: "line `in permit CIDR` or `out permit CIDR`",
    canonical: |value| Some(Attr::Text(words(value)?.join(" "))),
    mistake: |value| {
        let words = words(value).unwrap_or_default();
        let is_network = |text: &str| text.parse::<ipnet::IpNet>().is_ok();
        match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
            [] => None,
            ["in" | "out", "permit", network] if is_network(network) => None,
            _ if matches!(value, Attr::Secret(_)) => None,
            _ if words.iter().any(|word| word.ends_with(',')) => Some("write each line as an item of its own".into()),
            ["in" | "out", "permit", "any"] => Some("all networks are `0.0.0.0/0`".into()),
            _ => Some("as in `in permit 10.0.0.0/8`".into()),
        }
    },
    schema: r#"{"type": "string", "examples": ["in permit 10.0.0.0/8"]}"#,
};

/// A further option of a connection (vns3.md#ipsec-endpoints).
pub(crate) static OPTION: ValueFormat = ValueFormat {
    words: "option",
    canonical: |value| value.to_text().map(Attr::Text),
    mistake: |value| {
        let ends = value.as_text().is_some_and(|text| text.trim_end().ends_with(','));
        ends.then(|| "options are set off by blanks, or are items of a list".into())
    },
    schema: r#"{"type": "string", "examples": ["phase1=aes256_gcm-sha2_256-dh14"]}"#,
};

/// Where a recording goes (vns3.md#packet-monitors).
pub(crate) static DESTINATION: ValueFormat = ValueFormat {
    words: "`file` or `host:ADDRESS:PORT`",
    canonical: |value| value.as_text().map(|text| Attr::text(text.trim())),
    mistake: |value| {
        let text = value.as_text().unwrap_or_default().trim();
        let is_host = text.strip_prefix("host:").and_then(|host| host.rsplit_once(':'));
        let is_host = is_host.is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok());
        let fits = text == "file" || is_host || matches!(value, Attr::Secret(_));
        (!fits).then(|| "as in `host:10.0.3.2:4000`".into())
    },
    schema: r#"{"type": "string", "examples": ["file", "host:10.0.3.2:4000"]}"#,
};

/// An entry of a set, whatever the set's type (vns3.md#firewall-fwsets): which entries go with which type is the
/// controller's to say, and what goes with none is a slip.
pub(crate) static ENTRY: ValueFormat = ValueFormat {
    words: "network, port, service, name of a set or variable",
    canonical: |value| value.to_text().map(|text| Attr::text(text.trim())),
    mistake: |value| {
        let text = value.to_text().unwrap_or_default();
        let is_one = text.trim().split(',').map(str::trim).all(may_be_an_entry);
        let is_hidden = matches!(value, Attr::Secret(_)) || text.contains("${");
        (!is_one && !is_hidden).then(|| "as in `10.1.0.0/16`, `443`, `8000-8010` or `tcp:443`".into())
    },
    schema: r#"{"type": "string", "examples": ["10.1.0.0/16", "443", "tcp:443"]}"#,
};

/// Says whether a part of an entry may be right for some type of set: a word, or digits that are a network or ports.
fn may_be_an_entry(part: &str) -> bool {
    let is_number = part.bytes().all(|byte| byte.is_ascii_digit() || b"./-".contains(&byte));
    let is_port = |text: &str| text.parse::<u16>().is_ok_and(|port| port > 0);
    let is_address = |text: &str| text.parse::<std::net::Ipv4Addr>().is_ok();
    let is_network = |text: &str| text.parse::<ipnet::Ipv4Net>().is_ok();
    let is_range = |text: &str| {
        let ends = text.split_once('-');
        ends.is_some_and(|(low, high)| is_port(low) && is_port(high) || is_address(low) && is_address(high))
    };
    match is_number {
        true => is_port(part) || is_address(part) || is_network(part) || is_range(part),
        false => !part.contains(char::is_whitespace),
    }
}

fn words(value: &Attr) -> Option<Vec<String>> {
    Some(value.as_text()?.split_whitespace().map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::CATALOGUE;
    use crate::spec::{Descend, Type, TypeSlot, canonical, check, visit_types};

    #[test]
    fn each_value_is_told_or_taken() {
        for (format, good, bad) in [
            (
                &ACCESS_LINE,
                vec!["in permit 10.0.0.0/8", " out  permit 10.0.0.0/8 "],
                vec![
                    "in permit any",
                    "permit 10.0.0.0/8",
                    "in permit 10.0.0.0/8, out permit 10.1.0.0/16",
                    "in deny 10.0.0.0/8",
                ],
            ),
            (&OPTION, vec!["phase1=aes256-sha2_256-dh14", "a=b,c"], vec!["phase1=a,"]),
            (
                &DESTINATION,
                vec!["file", "host:10.0.3.2:4000"],
                vec!["nowhere", "host:10.0.3.2", "host::4000", "host:a:x"],
            ),
            (
                &ENTRY,
                vec![
                    "10.1.0.0/16",
                    "10.1.0.1",
                    "10.1.0.1, 10.2.0.0/16",
                    "443",
                    "8000-8010",
                    "tcp:443",
                    "10.1.0.1,udp:53",
                    "offices",
                    "site.example",
                    "${custom_office}",
                    "${custom office}",
                ],
                vec!["not an address", "300.0.0.1", "10.1.0.0/33", "70000", "0", "10.1.0.1-", "10.1.0.1,"],
            ),
        ] {
            let ty = Type::Format(format);
            for text in good {
                assert!(check(&ty, &Attr::text(text)).is_empty(), "{}: {text}", format.words);
                let form = canonical(&ty, &Attr::text(text));
                assert_eq!(matches!(form, Attr::Number(_)), !format.is_text(), "{}: {text}", format.words);
            }
            for text in bad {
                assert!(!check(&ty, &Attr::text(text)).is_empty(), "{}: {text}", format.words);
            }
            assert!(serde_json::from_str::<serde_json::Value>(format.schema).unwrap().is_object());
        }
        // A packed list is checked word by word, however it is given.
        static ITEM: Type = Type::Format(&ACCESS_LINE);
        static ITEMS: Type = Type::List(&ITEM);
        let list = Type::Joined(&ITEMS, "\n");
        for (text, count) in [("in permit 10.0.0.0/8\nout permit 10.1.0.0/16", 0), ("in permit any\nx\n", 2)] {
            assert_eq!(check(&list, &Attr::text(text)).len(), count, "{text}");
            let items = text.lines().map(Attr::text).collect();
            assert_eq!(check(&list, &Attr::List(items)).len(), count, "{text}");
        }
    }

    #[test]
    fn every_format_is_used() {
        let mut used = std::collections::BTreeSet::new();
        let provider = CATALOGUE.iter().find(|provider| provider.name == "vns3").unwrap();
        for field in provider.kinds.iter().flat_map(|kind| kind.fields) {
            visit_types(TypeSlot::of(field), &mut |slot| {
                if let Type::Format(format) = slot.ty {
                    used.insert(format.words);
                }
                Descend::Into
            });
        }
        for format in [&ACCESS_LINE, &OPTION, &DESTINATION] {
            assert!(used.contains(format.words), "{}", format.words);
        }
    }
}
