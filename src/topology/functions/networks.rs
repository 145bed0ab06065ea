//! The arithmetic of networks, of IPv4 and IPv6 alike.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

use super::{BadArgument, Function, FunctionWork, whole, word};
use crate::source::Node;

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "cidr.subnet",
        arguments: &["NETWORK", "LENGTH", "NUMBER"],
        doc: "the network of that prefix length and number, from 0, within a network",
        example: ("cidr.subnet(\"10.0.0.0/8\", 16, 3)", "\"10.3.0.0/16\""),
        work: FunctionWork::Pure(subnet),
    },
    Function {
        name: "cidr.host",
        arguments: &["NETWORK", "NUMBER"],
        doc: "the address of that number in a network; below 0 it counts from the end, and -1 is the last",
        example: ("cidr.host(\"10.1.0.0/16\", 1)", "\"10.1.0.1\""),
        work: FunctionWork::Pure(host),
    },
    Function {
        name: "cidr.address",
        arguments: &["NETWORK"],
        doc: "the address before the slash",
        example: ("cidr.address(\"10.1.2.3/24\")", "\"10.1.2.3\""),
        work: FunctionWork::Pure(|values| Ok(shown(network(values, 0)?.addr()))),
    },
    Function {
        name: "cidr.prefix",
        arguments: &["NETWORK"],
        doc: "the prefix length, behind the slash",
        example: ("cidr.prefix(\"10.1.0.0/16\")", "16"),
        work: FunctionWork::Pure(|values| Ok(Node::Number(network(values, 0)?.prefix_len().into()))),
    },
    Function {
        name: "cidr.netmask",
        arguments: &["NETWORK"],
        doc: "the mask of a network",
        example: ("cidr.netmask(\"10.1.0.0/16\")", "\"255.255.0.0\""),
        work: FunctionWork::Pure(|values| Ok(shown(network(values, 0)?.netmask()))),
    },
    Function {
        name: "cidr.contains",
        arguments: &["NETWORK", "OTHER"],
        doc: "whether an address, or the whole of another network, lies in a network",
        example: ("cidr.contains(\"10.0.0.0/8\", \"10.1.0.0/16\")", "true"),
        work: FunctionWork::Pure(|values| Ok(Node::Bool(network(values, 0)?.contains(&network(values, 1)?)))),
    },
];

fn shown(address: IpAddr) -> Node {
    Node::Text(address.to_string())
}

/// The network of an argument; an address alone is the network of it alone.
fn network(values: &[Node], number: usize) -> Result<IpNet, BadArgument> {
    let text = word(values, number)?;
    let found = text.trim().parse().or_else(|_| text.trim().parse::<IpAddr>().map(IpNet::from));
    found.map_err(|_| BadArgument::new(number, format!("`{text}` is no network: write it as in `10.1.0.0/16`")))
}

/// The first address of a network as a number, and how many bits an address has.
fn first(network: IpNet) -> (u128, u8) {
    match network.network() {
        IpAddr::V4(address) => (u32::from(address).into(), 32),
        IpAddr::V6(address) => (address.into(), 128),
    }
}

fn address(number: u128, bits: u8) -> IpAddr {
    match u32::try_from(number) {
        Ok(number) if bits == 32 => Ipv4Addr::from(number).into(),
        _ => Ipv6Addr::from(number).into(),
    }
}

fn subnet(values: &[Node]) -> Result<Node, BadArgument> {
    let outer = network(values, 0)?;
    let (start, bits) = first(outer);
    let length = whole(values, 1)?;
    let own = outer.prefix_len();
    let length = u8::try_from(length).ok().filter(|length| (own..=bits).contains(length)).ok_or_else(|| {
        BadArgument::new(1, format!("a network in a `/{own}` has a length of {own} to {bits}, found `{length}`"))
    })?;
    let number = whole(values, 2)?;
    let count = 1_u128.checked_shl((length - own).into());
    let index = u128::try_from(number).ok().filter(|number| count.is_none_or(|count| *number < count));
    let index = index.ok_or_else(|| {
        let count = count.map_or_else(|| "any number of".to_owned(), |count| count.to_string());
        BadArgument::new(2, format!("there are {count} of `/{length}` in `{outer}`, from 0 on, and none is `{number}`"))
    })?;
    let offset = index.checked_shl((bits - length).into()).unwrap_or(0);
    Ok(Node::Text(format!("{}/{length}", address(start | offset, bits))))
}

fn host(values: &[Node]) -> Result<Node, BadArgument> {
    let outer = network(values, 0)?;
    let (start, bits) = first(outer);
    let number = whole(values, 1)?;
    let last = match bits - outer.prefix_len() {
        128 => u128::MAX,
        free => (1_u128 << free) - 1,
    };
    let offset = match u128::try_from(number) {
        Ok(number) => Some(number).filter(|number| *number <= last),
        Err(_) => last.checked_sub(number.unsigned_abs() - 1),
    };
    let offset = offset.ok_or_else(|| BadArgument::new(1, format!("`{outer}` has no address of number `{number}`")))?;
    Ok(shown(address(start | offset, bits)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn words(texts: &[&str]) -> Vec<Node> {
        texts.iter().map(|text| Node::Text((*text).to_owned())).collect()
    }

    /// Calls with what they come to, `!` and a number for the argument that is wrong.
    #[test]
    fn networks_are_reckoned_with() {
        for (name, arguments, result) in [
            ("cidr.subnet", &["10.0.0.0/8", "8", "0"][..], "10.0.0.0/8"),
            ("cidr.subnet", &["10.0.0.0/8", "16", "255"], "10.255.0.0/16"),
            ("cidr.subnet", &["10.0.0.0/8", "16", "256"], "!2"),
            ("cidr.subnet", &["10.0.0.0/8", "16", "-1"], "!2"),
            ("cidr.subnet", &["10.0.0.0/8", "7", "0"], "!1"),
            ("cidr.subnet", &["10.0.0.0/8", "33", "0"], "!1"),
            ("cidr.subnet", &["10.9.9.9/8", "32", "16777215"], "10.255.255.255/32"),
            ("cidr.subnet", &["0.0.0.0/0", "32", "4294967295"], "255.255.255.255/32"),
            ("cidr.subnet", &["2001:db8::/32", "48", "65535"], "2001:db8:ffff::/48"),
            (
                "cidr.subnet",
                &["::/0", "128", "170141183460469231731687303715884105727"],
                "7fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128",
            ),
            ("cidr.subnet", &["::/0", "0", "0"], "::/0"),
            ("cidr.subnet", &["10.0.0.0/8", "x", "0"], "!1"),
            ("cidr.subnet", &["10.0.0/8", "16", "0"], "!0"),
            ("cidr.host", &["10.1.0.0/30", "0"], "10.1.0.0"),
            ("cidr.host", &["10.1.0.0/30", "3"], "10.1.0.3"),
            ("cidr.host", &["10.1.0.0/30", "4"], "!1"),
            ("cidr.host", &["10.1.0.0/30", "-1"], "10.1.0.3"),
            ("cidr.host", &["10.1.0.0/30", "-4"], "10.1.0.0"),
            ("cidr.host", &["10.1.0.0/30", "-5"], "!1"),
            ("cidr.host", &["10.1.0.1/32", "0"], "10.1.0.1"),
            ("cidr.host", &["0.0.0.0/0", "-1"], "255.255.255.255"),
            ("cidr.host", &["2001:db8::/64", "-1"], "2001:db8::ffff:ffff:ffff:ffff"),
            ("cidr.host", &["::/0", "-1"], "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
            ("cidr.address", &["2001:db8::1/64"], "2001:db8::1"),
            ("cidr.address", &["10.1.2.3"], "10.1.2.3"),
            ("cidr.prefix", &["2001:db8::1/64"], "64"),
            ("cidr.prefix", &["10.1.2.3"], "32"),
            ("cidr.netmask", &["0.0.0.0/0"], "0.0.0.0"),
            ("cidr.netmask", &["2001:db8::/32"], "ffff:ffff::"),
            ("cidr.netmask", &["london"], "!0"),
            ("cidr.contains", &["10.0.0.0/8", "10.255.255.255"], "true"),
            ("cidr.contains", &["10.0.0.0/16", "10.0.0.0/8"], "false"),
            ("cidr.contains", &["0.0.0.0/0", "::1"], "false"),
            ("cidr.contains", &["2001:db8::/32", "2001:db8:1::/48"], "true"),
            ("cidr.contains", &["10.0.0.0/8", ""], "!1"),
        ] {
            let function = FUNCTIONS.iter().find(|function| function.name == name).unwrap();
            let FunctionWork::Pure(run) = function.work else { panic!("{name}") };
            let found = match run(&words(arguments)) {
                Ok(node) => node.to_text().unwrap(),
                Err(bad) => format!("!{}", bad.number),
            };
            assert_eq!(found, result, "{name} {arguments:?}");
        }
    }

    proptest! {
        /// Every network within one lies in it, and two of them share nothing.
        #[test]
        fn subnets_lie_in_their_network_and_apart(
            base in any::<u32>(), own in 0_u8..=32, more in 0_u8..=16, a in 0_u32..65536, b in 0_u32..65536,
        ) {
            let length = (own + more).min(32);
            let (a, b) = (a >> (16 - (length - own)), b >> (16 - (length - own)));
            let outer = format!("{}/{own}", Ipv4Addr::from(base));
            let one = |number: u32| -> IpNet {
                let values = words(&[&outer, &length.to_string(), &number.to_string()]);
                subnet(&values).unwrap().to_text().unwrap().parse().unwrap()
            };
            prop_assert!(outer.parse::<IpNet>().unwrap().contains(&one(a)));
            prop_assert_eq!(a == b, one(a).contains(&one(b)));
        }
    }
}
