//! Pool: the inner addresses of connections, which follow from the ids of two controllers and nothing else.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

/// What clouds use themselves: AWS keeps the first blocks of six networks for its own tunnels, and all keep the block in which
/// their metadata service answers.
const RESERVED: [Ipv4Net; 7] = [
    block(169, 254, 0, 0),
    block(169, 254, 1, 0),
    block(169, 254, 2, 0),
    block(169, 254, 3, 0),
    block(169, 254, 4, 0),
    block(169, 254, 5, 0),
    block(169, 254, 169, 252),
];

const fn block(a: u8, b: u8, c: u8, d: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), 30)
}

/// The /30 of the connection between two controllers, which have different ids from 1; `None` where the pool has none for them.
///
/// Those of the ids below are in front: who comes later takes nobody's place.
pub(crate) fn allocated(pool: Ipv4Net, one: u32, other: u32) -> Option<Ipv4Net> {
    // Ids of 32 bits, squared, fit.
    let (low, high) = (u128::from(one.min(other)), u128::from(one.max(other)));
    if low == 0 || low == high || pool.prefix_len() > 30 {
        return None;
    }
    let mut number = (high - 1) * (high - 2) / 2 + (low - 1);
    let first = u128::from(u32::from(pool.network()));
    for reserved in RESERVED.iter().filter(|reserved| pool.contains(*reserved)) {
        // They are sorted, so that each is met once.
        if (u128::from(u32::from(reserved.network())) - first) / 4 <= number {
            number += 1;
        }
    }
    let address = u32::try_from(first + number * 4).ok()?;
    let found = Ipv4Net::new(address.into(), 30).ok()?;
    pool.contains(&found).then_some(found)
}

/// The two addresses of a /30, that of the lower id first.
pub(crate) fn ends(block: Ipv4Net) -> (Ipv4Addr, Ipv4Addr) {
    let network = u32::from(block.network());
    ((network + 1).into(), (network + 2).into())
}

/// The other address of the /30 in which one is; `None` where it is none of its two.
pub(crate) fn other_end(address: Ipv4Addr) -> Option<Ipv4Addr> {
    let block = Ipv4Net::new(address, 30).ok()?;
    match ends(block) {
        (first, second) if address == first => Some(second),
        (first, second) if address == second => Some(first),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn net(text: &str) -> Ipv4Net {
        text.parse().unwrap()
    }

    #[test]
    fn each_pair_has_a_block_of_its_own_and_no_reserved_one() {
        for (pool, largest) in [("169.254.0.0/16", 181), ("10.255.0.0/16", 181)] {
            let mut taken = BTreeSet::new();
            for high in 2..=largest {
                for low in 1..high {
                    let found = allocated(net(pool), low, high).unwrap_or_else(|| panic!("{pool}: {low}, {high}"));
                    assert_eq!(Some(found), allocated(net(pool), high, low));
                    assert!(!RESERVED.contains(&found), "{low}, {high}: {found}");
                    assert!(taken.insert(found), "{low}, {high}: {found} is another's");
                }
            }
        }
        assert_eq!(allocated(net("169.254.0.0/16"), 181, 182), None);
        assert!(allocated(net("100.64.0.0/10"), 1447, 1448).is_some());
    }

    #[test]
    fn what_makes_no_pair_has_no_block() {
        for (pool, one, other) in [
            ("169.254.0.0/16", 0, 1),
            ("169.254.0.0/16", 7, 7),
            ("169.254.8.0/31", 1, 2),
            ("10.0.0.0/29", 1, 4),
            ("255.255.255.0/24", u32::MAX, u32::MAX - 1),
        ] {
            assert_eq!(allocated(net(pool), one, other), None, "{pool}: {one}, {other}");
        }
        assert_eq!(allocated(net("169.254.0.0/16"), 1, 2), Some(net("169.254.0.4/30")));
        assert_eq!(ends(net("169.254.32.0/30")), ("169.254.32.1".parse().unwrap(), "169.254.32.2".parse().unwrap()));
        assert_eq!(other_end("169.254.44.9".parse().unwrap()), "169.254.44.10".parse().ok());
        assert_eq!(other_end("169.254.44.8".parse().unwrap()), None);
    }

    proptest! {
        /// Whatever the pool.
        #[test]
        fn two_pairs_share_no_address(
            base in any::<u32>(), prefix in 8u8..=24,
            a in 1u32..400, b in 1u32..400, c in 1u32..400, d in 1u32..400,
        ) {
            let pool = Ipv4Net::new(base.into(), prefix).unwrap().trunc();
            let pair = |a: u32, b: u32| (a.min(b), a.max(b));
            prop_assume!(a != b && c != d && pair(a, b) != pair(c, d));
            if let (Some(one), Some(other)) = (allocated(pool, a, b), allocated(pool, c, d)) {
                prop_assert_ne!(one, other);
                prop_assert!(!RESERVED.contains(&one) && pool.contains(&one));
            }
        }
    }
}
