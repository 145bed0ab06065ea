//! The password that the API lets in.
//!
//! It cannot be read; that it opens shows it. So it is tried first, and `credentials.password` where it is refused:
//! what a new controller starts with, or the one before. Whatever a run came to, the next one gets in with one of the
//! two, and sees by which what is left to do. The old one is refused from the very next call on (vns3.md#api-password,
//! vns3.md#restarts).

use crate::spec::{Api, Body, Envelope, Kind, List, Type, call, field};
use wire::Method::Put;

/// `api-password`.
pub(crate) static KIND: Kind = Kind {
    name: "api-password",
    doc: "The password that the API lets in",
    source: "PUT /api_password; vns3.md#api-password",
    fields: &[field(
        "password",
        Type::Text,
        "The password from now on. It is tried before `credentials.password`, which is only needed until it is set. To set \
         another one, move this one there: a controller is let in with the one or the other, wherever a run ended",
    )
    .required()
    .secret()],
    api: Api {
        list: List::at("/config", Envelope::One("")),
        id: "",
        update: &[call(Put, "/api_password", Body::Changed)],
        ..super::super::API
    },
    relations: &[super::LICENSED, super::KEYED],
    ..Kind::NEW
};
