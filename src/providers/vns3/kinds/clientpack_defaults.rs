//! The settings that all clientpacks get at once; those that a single pack declares are set again behind it.
//!
//! It can't be read: packs show what they have now. So it is written when it is declared, and when it changes
//! (vns3.md#clientpack-defaults).

use crate::spec::{Api, Body, Disruption, Field, Kind, List, Relation, Type, call, field};
use wire::Method::Put;

/// `clientpack-defaults`.
pub(crate) static KIND: Kind = Kind {
    name: "clientpack-defaults",
    doc: "What all clientpacks are set to, but for what single ones declare",
    source: "PUT /clientpacks; vns3.md#clientpack-defaults",
    fields: &[
        all("enabled", Type::Bool, "The clients may connect").disrupts(Disruption::Outage),
        all("checked_out", Type::Bool, "They are given to somebody"),
        all("compression", Type::Enum(&["on", "off"]), "Compression").stays().disrupts(Disruption::Reconnect),
        all("auth_on", Type::Bool, "Users have to log in").disrupts(Disruption::Reconnect),
        all("psk_on", Type::Bool, "A pre-shared key besides; WireGuard only").disrupts(Disruption::Reconnect),
    ],
    api: Api {
        list: List::Nowhere,
        id: "",
        create: &[call(Put, "/clientpacks", Body::Fields)],
        update: &[call(Put, "/clientpacks", Body::Changed)],
        ..super::super::API
    },
    relations: &[
        super::LICENSED,
        super::KEYED,
        Relation::Undoes("clientpacks", &["enabled", "checked_out", "compression", "auth_on", "psk_on"]),
    ],
    ..Kind::NEW
};

const fn all(name: &'static str, ty: Type, doc: &'static str) -> Field {
    field(name, ty, doc).write_only()
}
