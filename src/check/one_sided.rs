//! A target that names another one is named by it: one half alone carries nothing.

use crate::check::neighbours::{Neighbour, Neighbours, place_of};
use crate::check::{Subject, rule};
use crate::finding::Finding;

rule! {
    /// A target names another declared one as its neighbour, and is not named there.
    "one-sided" is Warned;
    bad: "
east:
  peers: { west: { id: 2, name: '${west/config.public_ipaddress}' } }
west:
  config: { controller_name: west }
";
    good: "
east:
  peers: { west: { id: 2, name: '${west/config.public_ipaddress}' } }
west:
  peers: { east: { id: 1, name: '${east/config.public_ipaddress}' } }
";
}

fn run(subject: &Subject) -> Vec<Finding> {
    if !subject.complete {
        return Vec::new();
    }
    let neighbours = Neighbours::of(subject.topology);
    let alone = neighbours.all().filter(|(other, neighbour)| {
        let resource = neighbour.resource;
        !resource.external && !neighbours.may_name(neighbour.table.kind, other, resource.address.target())
    });
    let tell = |(other, neighbour): (&str, Neighbour<'_>)| {
        let address = &neighbour.resource.address;
        let (own, kind) = (address.target(), neighbour.table.kind);
        let message = format!("`{address}` leads to `{other}`, and none of the `{kind}` there leads back to `{own}`");
        let help = format!("declare the other half under `{kind}` of `{other}`");
        let at = place_of(neighbour.resource, neighbour.table.address);
        Finding::warning(RULE.code, message).help(help).at(&at).about(address)
    };
    alone.map(tell).collect()
}

#[cfg(test)]
mod tests {
    use crate::check::samples::found;

    #[test]
    fn an_address_that_may_be_anybodys_keeps_the_rule_quiet() {
        let east = "east:\n  peers: { west: { id: 2, name: '${west/config.public_ipaddress}' } }\n";
        for (west, is_told) in [
            ("config: { controller_name: west }", true),
            ("peers: { north: { id: 3, name: '${north/config.public_ipaddress}' } }", true),
            // An address that nobody knows may well be that of `east`.
            ("peers: { east: { id: 1, name: 203.0.113.77 } }", false),
            // The host of its `at`.
            ("peers: { east: { id: 1, name: east.example } }", false),
        ] {
            let north = "north:\n  peers: { west: { id: 2, name: west.example } }\n";
            let told = found(&format!("{east}west:\n  {west}\n{north}"));
            let about_east = told.iter().filter(|finding| finding.code == super::RULE.code);
            let about_east = about_east.filter(|finding| finding.message.contains("`east/peers/west`"));
            assert_eq!(about_east.count() > 0, is_told, "{west}: {told:?}");
        }
    }

    #[test]
    fn both_halves_of_every_kind_of_neighbour_are_asked_for() {
        let half =
            |other: &str| format!("ipaddress: '${{{other}/config.public_ipaddress}}', secret: '${{secret.psk}}'");
        let one = format!("east:\n  ipsec-endpoints: {{ west: {{ {} }} }}\nwest:\n  config: {{}}\n", half("west"));
        assert!(found(&one).iter().any(|finding| finding.code == super::RULE.code));
        let both = one.replace("config: {}", &format!("ipsec-endpoints: {{ east: {{ {} }} }}", half("east")));
        assert!(!found(&both).iter().any(|finding| finding.code == super::RULE.code));
    }
}
