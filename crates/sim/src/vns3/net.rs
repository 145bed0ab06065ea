//! Tests on addresses as the controller makes them: lenient about host bits, strict about form.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::{IpNet, Ipv4Net};

/// An IPv4 or IPv6 address.
pub(super) fn is_ip(text: &str) -> bool {
    text.parse::<IpAddr>().is_ok()
}

/// An address, or empty to clear it.
pub(super) fn is_ip_or_empty(text: &str) -> bool {
    text.is_empty() || is_ip(text)
}

/// An address with a prefix length. Host bits may be set: the text's own tunnel goes to `192.168.10.0/22`.
pub(super) fn is_cidr(text: &str) -> bool {
    text.parse::<IpNet>().is_ok()
}

/// An address in a network of four, as for the ends of a point-to-point interface.
pub(super) fn is_slash_30(text: &str) -> bool {
    text.parse::<Ipv4Net>().is_ok_and(|net| net.prefix_len() == 30)
}

/// The network that an address with a prefix length is in.
pub(super) fn network(text: &str) -> Option<IpNet> {
    text.parse::<IpNet>().ok().map(|net| net.trunc())
}

/// A network mask in dotted form, as routes show it.
pub(super) fn netmask(cidr: &str) -> String {
    cidr.parse::<Ipv4Net>().map_or_else(|_| String::new(), |net| net.netmask().to_string())
}

/// A DNS name: labels of letters, digits and inner hyphens.
pub(super) fn is_domain(text: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let all_numeric = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    !all_numeric && text.trim_end_matches('.').split('.').all(label)
}

/// An IPv4 address or a DNS name.
pub(super) fn is_host(text: &str) -> bool {
    text.parse::<Ipv4Addr>().is_ok() || is_domain(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_told_apart() {
        assert!(is_cidr("192.168.10.0/22") && is_cidr("0.0.0.0/0"));
        assert!(!is_cidr("10.0.0.0") && !is_cidr("10.0.0.0/33") && !is_cidr("10.0.0/8"));
        assert!(is_slash_30("169.254.164.178/30") && !is_slash_30("169.254.164.178/29"));
        assert!(is_host("ntp.ubuntu.com") && is_host("10.0.0.1"));
        assert!(!is_host("10.0.0.300") && !is_host("-a.com") && !is_host("a b") && !is_host(""));
        assert_eq!(netmask("224.0.0.0/4"), "240.0.0.0");
    }
}
