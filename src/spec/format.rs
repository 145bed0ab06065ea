//! Formats: how one thing, such as an address or a certificate, is spelt.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::IpNet;

use crate::attr::Attr;
use crate::spec::{Type, certificate};

/// A way to spell one thing in one text or number, such as a MAC address.
#[derive(Debug, Clone, Copy)]
pub struct ValueFormat {
    /// A few words for it.
    pub words: &'static str,
    /// The form in which two of its spellings are compared, whoever wrote them; `None` for what is none.
    pub canonical: fn(&Attr) -> Option<Attr>,
    /// Says how to write a value that a file gives and that no API takes, empty where nothing helps; `None` where all is
    /// well. What is written is what is sent: the form that is compared would hide it. Of a secret, little more than its
    /// length can be told.
    pub mistake: fn(&Attr) -> Option<String>,
    /// The schema of its values, JSON text. An expression fits a pattern, too.
    pub schema: &'static str,
}

/// An IPv4 or IPv6 address.
pub(crate) static IP: ValueFormat = ValueFormat {
    words: "IP address",
    // What IPv6 writes for an address of IPv4 is that address.
    canonical: |value| form(value, |text| Some(text.parse::<IpAddr>().ok()?.to_canonical().to_string())),
    mistake: |value| unless_text(value, &IP, "as in `203.0.113.10`"),
    schema: r#"{"anyOf": [{"type": "string", "format": "ipv4"}, {"type": "string", "format": "ipv6"}]}"#,
};

/// A network of IPv4 in CIDR spelling, its length written out. Where an API shows an address alone, that is a network of
/// one.
pub(crate) static CIDR: ValueFormat = ValueFormat {
    words: "IPv4 network in CIDR form",
    canonical: |value| form(value, |text| Some(network(text)?.trunc().to_string())),
    mistake: |value| (!is_network(value)).then(|| as_network(&value.to_text().unwrap_or_default())),
    schema: r#"{"type": "string", "pattern": "^[0-9.]+/[0-9]{1,2}$", "examples": ["10.1.0.0/16"]}"#,
};

/// An IPv4 address with the length of its network, as an interface has it: `10.1.2.3/16` is not `10.1.0.0/16`.
pub(crate) static INTERFACE: ValueFormat = ValueFormat {
    words: "IPv4 address with the length of its network",
    canonical: |value| form(value, |text| Some(text.parse::<IpNet>().ok()?.to_string())),
    mistake: |value| (!is_network(value)).then(|| "as in `169.254.10.1/30`".into()),
    schema: r#"{"type": "string", "pattern": "^[0-9.]+/[0-9]{1,2}$", "examples": ["169.254.10.1/30"]}"#,
};

/// A MAC address in any spelling: `0C:9D:92:A1:B2:C3` is `0c9d92a1b2c3`.
pub(crate) static MAC: ValueFormat = ValueFormat {
    words: "MAC address",
    canonical: |value| form(value, mac),
    mistake: |value| unless_text(value, &MAC, "as in `0c:9d:92:a1:b2:c3`; quote it"),
    schema: r#"{"type": "string", "pattern": "^([0-9A-Fa-f][-:. ]?){12}$"}"#,
};

/// A certificate in PEM form, compared by its SHA-256 fingerprint, which is all that an API may show of it.
pub(crate) static CERTIFICATE: ValueFormat = ValueFormat {
    words: "certificate in PEM form",
    canonical: |value| Some(certificate::canonical(value)),
    mistake: |value| {
        let is_one = matches!(value, Attr::Text(_) | Attr::Secret(_)) && certificate::is_whole(value);
        (!is_one).then(String::new)
    },
    schema: r#"{"type": "string"}"#,
};

/// A line of words: how many blanks stand between them, and around them, means nothing, unless within quotes.
pub(crate) static LINE: ValueFormat = ValueFormat {
    words: "line of words",
    canonical: |value| form(value, |text| Some(words(text).join(" ")).filter(|line| !line.is_empty())),
    mistake: |value| {
        let is_one = matches!(value, Attr::Text(_) | Attr::Number(_) | Attr::Bool(_) | Attr::Secret(_));
        (!is_one).then(String::new)
    },
    schema: r#"{"type": "string"}"#,
};

/// Any number.
pub(crate) static NUMBER: ValueFormat = ValueFormat {
    words: "number",
    canonical: |value| value.as_text()?.trim().parse().ok().map(Attr::Number),
    mistake: |value| {
        let is_one = matches!(value, Attr::Number(_) | Attr::Secret(_)) || (NUMBER.canonical)(value).is_some();
        (!is_one).then(String::new)
    },
    schema: r#"{"type": "number"}"#,
};

/// Declares a format of whole numbers within bounds, as in `whole_numbers!(PORT_NUMBER, 1..=65_535)`; digits in a text are
/// one, too.
macro_rules! whole_numbers {
    ($(#[$doc:meta])* $name:ident, $low:literal..=$high:literal) => {
        $(#[$doc])*
        pub(crate) static $name: $crate::spec::ValueFormat = $crate::spec::ValueFormat {
            words: concat!("whole number from ", $low, " to ", $high),
            canonical: $crate::spec::whole_number,
            mistake: |value| $crate::spec::out_of_bounds(value, $low, $high),
            schema: concat!(r#"{"type": "integer", "minimum": "#, $low, r#", "maximum": "#, $high, "}"),
        };
    };
    ($(#[$doc:meta])* $name:ident, $low:literal..) => {
        $(#[$doc])*
        pub(crate) static $name: $crate::spec::ValueFormat = $crate::spec::ValueFormat {
            words: concat!("whole number from ", $low, " on"),
            canonical: $crate::spec::whole_number,
            mistake: |value| $crate::spec::out_of_bounds(value, $low, i64::MAX),
            schema: concat!(r#"{"type": "integer", "minimum": "#, $low, "}"),
        };
    };
}
pub(crate) use whole_numbers;

whole_numbers!(
    /// A port of TCP or UDP.
    PORT_NUMBER, 1..=65535
);

impl ValueFormat {
    /// Says whether its values are texts: digits in them are an identifier, no quantity.
    pub(crate) fn is_text(&self) -> bool {
        !matches!((self.canonical)(&Attr::text("7")), Some(Attr::Number(_)))
    }
}

/// The number that a text says.
pub(crate) fn whole_number(value: &Attr) -> Option<Attr> {
    value.as_text()?.trim().parse::<i64>().ok().map(|number| Attr::Number(number.into()))
}

/// Says so where a value is no whole number, or none within bounds. A secret can't be looked at.
pub(crate) fn out_of_bounds(value: &Attr, low: i64, high: i64) -> Option<String> {
    let number = match value {
        Attr::Secret(_) => return None,
        Attr::Number(number) => number.as_i64(),
        text => whole_number(text).and_then(|number| number.to_text()?.parse().ok()),
    };
    (!number.is_some_and(|number| (low..=high).contains(&number))).then(String::new)
}

impl Type {
    /// An IPv4 or IPv6 address.
    pub const IP: Type = Type::Format(&IP);

    /// A network of IPv4.
    pub const CIDR: Type = Type::Format(&CIDR);

    /// Says whether its values have a format.
    pub(crate) fn is(&self, format: &ValueFormat) -> bool {
        matches!(self.plain(), Type::Format(own) if own.words == format.words)
    }
}

/// The form of a text, digits and words in it given as a number or as true or false; of an empty one, nothing.
fn form(value: &Attr, canonical: impl Fn(&str) -> Option<String>) -> Option<Attr> {
    let text = match value {
        Attr::Text(_) | Attr::Number(_) | Attr::Bool(_) => value.to_text()?,
        _ => return None,
    };
    canonical(text.trim()).map(Attr::Text).or_else(|| text.is_empty().then_some(Attr::Null))
}

/// Says how to write a value that has no form. A secret can't be looked at.
fn unless_text(value: &Attr, format: &ValueFormat, help: &str) -> Option<String> {
    let has_form = matches!((format.canonical)(value), Some(Attr::Text(_)));
    (!has_form && !matches!(value, Attr::Secret(_))).then(|| help.to_owned())
}

/// The words of a line, as they stand there: blanks within quotes are part of a word.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let (mut quote, mut is_within) = (None, false);
    for letter in text.chars() {
        if quote.is_none() && letter.is_whitespace() {
            is_within = false;
            continue;
        }
        match quote {
            Some(open) if open == letter => quote = None,
            None if matches!(letter, '"' | '\'') => quote = Some(letter),
            _ => {}
        }
        match words.last_mut().filter(|_| is_within) {
            Some(word) => word.push(letter),
            None => words.push(letter.into()),
        }
        is_within = true;
    }
    words
}

/// The digits of a MAC address: twelve, with blanks, colons, hyphens or points between them.
fn mac(text: &str) -> Option<String> {
    let is_joint = |letter: char| matches!(letter, ':' | '-' | '.' | ' ');
    let digits: String = text.chars().filter(|letter| !is_joint(*letter)).collect();
    let is_whole = digits.len() == 12 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    is_whole.then(|| digits.to_ascii_lowercase())
}

/// A network, an address alone being a network of one.
fn network(text: &str) -> Option<IpNet> {
    let network = text.parse::<IpNet>().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))?;
    // `::ffff:10.0.0.0/104` is `10.0.0.0/8`.
    let plain = || IpNet::new(network.addr().to_canonical(), network.prefix_len().checked_sub(96)?).ok();
    let is_mapped = network.addr().is_ipv6() && network.addr().to_canonical().is_ipv4();
    Some(is_mapped.then(plain).flatten().unwrap_or(network))
}

/// Says whether a value is an address of IPv4 and a length as every API reads them: no octal numbers, no length left out.
fn is_network(value: &Attr) -> bool {
    let Some((address, bits)) = value.as_text().and_then(|text| text.trim().split_once('/')) else {
        return matches!(value, Attr::Secret(_));
    };
    address.parse::<Ipv4Addr>().is_ok() && bits.parse::<u8>().is_ok_and(|n| n <= 32 && n.to_string() == bits)
}

/// How to write a network that is none as it stands.
fn as_network(text: &str) -> String {
    match text.trim().parse::<Ipv4Addr>() {
        Ok(address) => format!("a network of one address is `{address}/32`"),
        Err(_) if text.contains(':') => "a network of IPv4, as in `10.1.0.0/16`: IPv6 is not taken here".into(),
        Err(_) => "as in `10.1.0.0/16`".into(),
    }
}

/// A time until which its object can be used, of an output: once it has passed at the server, `drift` tells it.
pub(crate) static EXPIRY: ValueFormat = ValueFormat {
    words: "time until which it can be used",
    canonical: |value| form(value, |text| Some(text.to_owned())),
    mistake: |_| None,
    schema: r#"{"type": "string", "format": "date-time"}"#,
};

/// A time until which a certificate or a license is valid, of an output: `plan` and `drift` tell it some weeks before, as it
/// takes somebody to get another one.
pub(crate) static VALIDITY: ValueFormat = ValueFormat { words: "time until which it is valid", ..EXPIRY };

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::{canonical, check};

    #[test]
    fn an_interface_s_address_has_a_length_and_is_not_its_network() {
        static TYPE: Type = Type::Format(&INTERFACE);
        for (text, fits) in [
            ("169.254.10.1/30", true),
            ("10.1.2.3/8", true),
            ("169.254.10.1", false),
            ("169.254.10.1/33", false),
            ("169.254.10.1/030", false),
            ("fc00::1/64", false),
            ("eth0", false),
        ] {
            assert_eq!(check(&TYPE, &Attr::text(text)).is_empty(), fits, "{text}");
        }
        let form = |text: &str| canonical(&TYPE, &Attr::text(text));
        assert_eq!(form(" 10.1.2.3/16"), Attr::text("10.1.2.3/16"));
        assert_ne!(form("10.1.2.3/16"), form("10.1.2.4/16"));
        assert_ne!(form("10.1.2.3/16"), form("10.1.2.3/17"));
    }

    #[test]
    fn whole_numbers_keep_within_their_bounds() {
        static TYPE: Type = Type::Format(&PORT_NUMBER);
        for (value, fits) in [
            (serde_json::json!(443), true),
            (serde_json::json!("443"), true),
            (serde_json::json!(0), false),
            (serde_json::json!(65_536), false),
            (serde_json::json!(80.5), false),
            (serde_json::json!("https"), false),
            (serde_json::json!(true), false),
        ] {
            assert_eq!(check(&TYPE, &Attr::from_json(&value)).is_empty(), fits, "{value}");
        }
        assert_eq!(canonical(&TYPE, &Attr::text(" 0443")), canonical(&TYPE, &Attr::Number(443.into())));
    }

    #[test]
    fn what_a_format_says_of_itself_is_what_it_does() {
        for format in [&IP, &CIDR, &INTERFACE, &MAC, &CERTIFICATE, &NUMBER, &PORT_NUMBER] {
            let schema: serde_json::Value = serde_json::from_str(format.schema).expect(format.words);
            assert!(schema.is_object(), "{}", format.words);
            let form = (format.canonical)(&Attr::text("7"));
            assert_eq!(matches!(form, Some(Attr::Number(_))), !format.is_text(), "{}", format.words);
            assert!((format.mistake)(&Attr::text("none")).is_some(), "{}", format.words);
        }
    }

    #[test]
    fn a_line_is_its_words() {
        static TYPE: Type = Type::Format(&LINE);
        let form = |text: &str| canonical(&TYPE, &Attr::text(text));
        for text in ["F -s 10.0.0.0/8 -j ACCEPT", "  F   -s\t10.0.0.0/8  -j ACCEPT\n", "F -s 10.0.0.0/8\r\n-j ACCEPT"] {
            assert_eq!(form(text), Attr::text("F -s 10.0.0.0/8 -j ACCEPT"), "{text:?}");
            assert!(check(&TYPE, &Attr::text(text)).is_empty(), "{text:?}");
        }
        for (one, other) in [
            ("F -j ACCEPT", "F -j DROP"),
            ("F --comment 'a b'", "F --comment 'a  b'"),
            ("F --comment \"a'  b\"", "F --comment \"a' b\""),
            ("F -j ACCEPT", "F-j ACCEPT"),
            ("NEW, OLD", "NEW,OLD"),
        ] {
            assert_ne!(form(one), form(other), "{one}");
        }
        assert_eq!(form(" \n"), Attr::text(" \n"));
        assert_eq!(form(""), Attr::Null);
        assert!(!check(&TYPE, &Attr::List(Vec::new())).is_empty());
    }
}
