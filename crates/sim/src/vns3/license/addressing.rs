//! Lists of addresses as licence parameters write them.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

/// More clients than any licence has; a range beyond it is a slip.
const MOST: u32 = 4096;

/// Addresses and hyphenated ranges of addresses, between commas.
pub(super) fn ranges(text: &str) -> Option<Vec<Ipv4Addr>> {
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(|part| {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last): (Ipv4Addr, Ipv4Addr) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
        let (first, last) = (u32::from(first), u32::from(last));
        (first <= last && last - first < MOST).then(|| (first..=last).map(Ipv4Addr::from).collect::<Vec<_>>())
    });
    parts.collect::<Option<Vec<_>>>().map(|parts| parts.concat())
}

/// Addresses between blanks.
pub(super) fn addresses(text: &str) -> Option<Vec<Ipv4Addr>> {
    text.split_whitespace().map(|part| part.parse().ok()).collect()
}

/// Says whether all of them are in the network.
pub(super) fn all_in(network: &Ipv4Net, addresses: &[Ipv4Addr]) -> bool {
    addresses.iter().all(|address| network.contains(address))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_and_single_addresses_mix() {
        let some = ranges("10.0.0.1-10.0.0.3, 10.0.0.9").expect("ranges");
        assert_eq!(some.len(), 4);
        assert_eq!(ranges("10.0.0.9-10.0.0.1"), None);
        assert_eq!(ranges("10.0.0.0-11.0.0.0"), None);
        assert_eq!(addresses("10.0.0.1 10.0.0.2").map(|list| list.len()), Some(2));
        assert_eq!(addresses("10.0.0.1,10.0.0.2"), None);
    }
}
