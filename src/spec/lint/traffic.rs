//! What a provider says about packets names kinds and fields that there are.

use crate::spec::{Condition, Provider};

/// Each kind and field that the table names is there, and each kind within another one lives there.
pub(super) fn lint(provider: &Provider, found: &mut Vec<String>) {
    let mut names: Vec<(&str, &str)> = Vec::new();
    let table = &provider.traffic;
    let condition = |kind, when: Condition| when.given().map(|(field, _)| (kind, field)).collect::<Vec<_>>();
    for networks in table.networks {
        names.extend([(networks.kind, networks.network), (networks.kind, networks.through)]);
        names.extend(networks.preferred_by.iter().map(|field| (networks.kind, *field)));
        names.extend(condition(networks.kind, networks.told));
    }
    for neighbour in table.neighbours {
        let kind = neighbour.kind;
        names.push((kind, neighbour.address));
        names.extend(neighbour.agree.iter().copied().chain(neighbour.inner).map(|field| (kind, field)));
        names.extend(neighbour.words.map(|(field, _)| (kind, field)));
        let mut within: Vec<&str> = Vec::new();
        if let Some(selectors) = neighbour.selectors {
            within.push(selectors.kind);
            names.extend([(selectors.kind, selectors.local), (selectors.kind, selectors.remote)]);
            names.extend(condition(selectors.kind, selectors.used));
        }
        if let Some(sessions) = neighbour.sessions {
            within.push(sessions.kind);
            names.extend([(sessions.kind, sessions.theirs), (sessions.kind, sessions.ours)]);
        }
        if let Some(led) = neighbour.led {
            within.extend(led.within);
            names.extend([led.by, (led.by.0, led.device.0)]);
            names.extend(condition(kind, led.needed));
        }
        let strangers = within.iter().filter(|name| provider.kind(name).is_none_or(|other| other.parent != Some(kind)));
        found.extend(strangers.map(|name| format!("{}: traffic: `{name}` does not live in `{kind}`", provider.name)));
    }
    for filter in table.filters {
        let field = if filter.list.is_empty() { filter.rule } else { filter.list };
        names.push((filter.kind, field));
    }
    names.extend(table.overlays.iter().chain(table.lets_in));
    let is_there = |kind: &str, field: &str| provider.kind(kind).is_some_and(|kind| kind.field(field).is_some());
    let missing = names.into_iter().filter(|(kind, field)| !is_there(kind, field));
    found.extend(missing.map(|(kind, field)| format!("{}: traffic: there is no `{kind}.{field}`", provider.name)));
    let kinds = table.only_named.iter().flat_map(|(kind, filter)| [*kind, *filter]);
    let missing = kinds.filter(|kind| provider.kind(kind).is_none());
    found.extend(missing.map(|kind| format!("{}: traffic: there is no `{kind}`", provider.name)));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::{NeighbourTable, SessionTable, TrafficTable};
    use crate::topology::testing::CATALOGUE;

    #[test]
    fn a_name_that_is_none_is_told() {
        let sessions = Some(SessionTable { kind: "routes", theirs: "asn", ours: "cidr" });
        static NEIGHBOURS: &[NeighbourTable] = &[NeighbourTable::of("endpoints", "adress")];
        let with = |traffic| {
            let mut found = Vec::new();
            lint(&Provider { traffic, ..*CATALOGUE[0] }, &mut found);
            found
        };
        assert_eq!(with(TrafficTable::NONE), Vec::<String>::new());
        let told =
            with(TrafficTable { neighbours: NEIGHBOURS, only_named: &[("sets", "rules")], ..TrafficTable::NONE });
        assert_eq!(told, ["lab: traffic: there is no `endpoints.adress`", "lab: traffic: there is no `sets`"]);
        let within = NeighbourTable { sessions, ..NeighbourTable::of("endpoints", "address") };
        let told = with(TrafficTable { neighbours: Box::leak(Box::new([within])), ..TrafficTable::NONE });
        assert_eq!(told.len(), 2, "{told:?}");
    }
}
