//! The web interface: whether it is there, and who may log in.
//!
//! It cannot be read. The API restarts for seconds after each write (vns3.md#admin-ui, vns3.md#restarts).

use crate::spec::{Api, Body, Disruption, Kind, List, Poll, Type, call, field};
use wire::Method::Put;

/// `admin-ui`.
pub(crate) static KIND: Kind = Kind {
    name: "admin-ui",
    doc: "The web interface: whether it is there, and who may log in",
    source: "PUT /admin_ui; vns3.md#admin-ui",
    fields: &[
        field("enabled", Type::Bool, "The web interface is served").write_only().disrupts(Disruption::Restart),
        field("admin_username", Type::Text, "User of the web interface")
            .write_only()
            .stays()
            .disrupts(Disruption::Restart),
        field("admin_password", Type::Text, "Password of the web interface, not of the API")
            .write_only()
            .secret()
            .stays()
            .disrupts(Disruption::Restart),
    ],
    api: Api {
        list: List::Nowhere,
        id: "",
        create: &[call(Put, "/admin_ui", Body::Fields).wait(&[BACK])],
        update: &[call(Put, "/admin_ui", Body::Changed).wait(&[BACK])],
        ..super::super::API
    },
    relations: &[super::LICENSED, super::KEYED],
    ..Kind::NEW
};

const BACK: Poll = Poll { path: "/config", tolerate: super::BOOTING, ..Poll::NEW };

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_read_is_never_compared_with_a_reply() {
        assert!(KIND.fields.iter().all(|field| field.is_write_only()));
    }
}
