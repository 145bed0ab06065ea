//! The management system that the controller reports to.
//!
//! The settings cannot be read: GET /ms answers with an alert (vns3.md#ms-integration). The address is set first, by a
//! call that takes nothing else; whether alerts are sent is a call of its own, and every update needs it.

use serde_json::Value;

use crate::attr::Attr;
use crate::spec::{Api, Body, Kind, List, Type, call, field};
use wire::Method::{Post, Put};

/// `ms-integration`.
pub(crate) static KIND: Kind = Kind {
    name: "ms-integration",
    doc: "The management system that the controller reports to",
    source: "POST /ms, PUT /ms; vns3.md#ms-integration",
    fields: &[
        field("ip", Type::IP, "Address of the management system").required().write_only(),
        field("alert_enabled", Type::Bool, "Send alerts to it").required().write_only().afterwards().always(),
    ],
    api: Api {
        list: List::Nowhere,
        id: "",
        create: &[
            call(Put, "/ms", Body::Fields).preceded_by(&[call(Post, "/ms", Body::Fields).reshape(the_address_alone)])
        ],
        update: &[call(Put, "/ms", Body::Changed)],
        ..super::super::API
    },
    relations: &[super::LICENSED, super::KEYED],
    ..Kind::NEW
};

fn the_address_alone(body: &mut Attr, _: Option<&Value>) -> Result<(), &'static str> {
    if let Attr::Map(map) = body {
        map.retain(|field, _| field == "ip");
    }
    Ok(())
}
