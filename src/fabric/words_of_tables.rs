//! The words that a provider's tables add to those of a fabric: fields of its halves, pairs and neighbours.

use crate::spec::{FabricTable, Field, Provider};

/// The word for the password of a neighbour.
pub(crate) const PASSWORD: &str = "password";

/// The fields that profiles, vpns and connections may give.
pub(crate) fn half_fields(provider: &'static Provider, table: &'static FabricTable) -> Vec<&'static str> {
    let proposals = table.half.proposals.iter().copied();
    half_kind_fields(provider, table)
        .map(|field| field.name)
        .chain(proposals)
        .chain(table.pair.further.iter().copied())
        .collect()
}

/// Those of them that the kind of a half has. Who the other side is, and what both share, is said elsewhere.
pub(crate) fn half_kind_fields<'p>(
    provider: &Provider,
    table: &'p FabricTable,
) -> impl Iterator<Item = &'static Field> + use<'p> {
    let half = &table.half;
    let elsewhere = ["name", half.address, half.identity, half.key, half.inner];
    let fields = provider.kind(half.kind).map(|kind| kind.fields).unwrap_or_default().iter();
    fields.filter(move |field| field.is_writable() && !elsewhere.contains(&field.name))
}

/// The fields that `bgp` may give.
pub(crate) fn neighbour_fields(provider: &'static Provider, table: &'static FabricTable) -> Vec<&'static str> {
    neighbour_kind_fields(provider, table).map(|field| field.name).chain([PASSWORD]).collect()
}

/// Those of them that the kind of a neighbour has.
pub(crate) fn neighbour_kind_fields<'p>(
    provider: &Provider,
    table: &'p FabricTable,
) -> impl Iterator<Item = &'static Field> + use<'p> {
    let neighbour = &table.neighbour;
    let kind = provider.kind(neighbour.kind);
    let fields = kind.map(|kind| kind.fields).unwrap_or_default().iter();
    let elsewhere = [neighbour.asn, neighbour.shown_asn, neighbour.password];
    fields.filter(move |field| {
        field.is_writable()
            && !elsewhere.contains(&field.name)
            && kind.is_none_or(|kind| !kind.is_told_apart_by(field.name))
    })
}
