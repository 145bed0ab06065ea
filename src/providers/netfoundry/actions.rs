//! The actions of the platform (netfoundry.md#actions, netfoundry.md#sessions-at-the-controller).

use std::time::Duration;

use crate::providers::netfoundry::shared::EXECUTION;
use crate::spec::{Action, Body, Disruption, Folders, Poll, Type, Until, action, call, field};
use wire::Method::Post;

/// Every action.
pub(crate) static ACTIONS: &[Action] = &[
    action("rotate-registration-key", "Gives a router a new registration key; the former one dies", {
        call(Post, "/core/v2/edge-routers/{id}/registration-key", Body::None)
    })
    .on("edge-routers")
    .hands_out("registrationKey"),
    action("suspend", "Suspends a network: its machines stop, and its traffic with them", {
        call(Post, "/core/v2/networks/{id}/suspend", Body::None).wait(&[EXECUTION, until(&["SUSPENDED"])])
    })
    .on("networks")
    .only("status", &["PROVISIONED"])
    .shows("status")
    .disrupts(Disruption::Outage),
    action("resume", "Resumes a suspended network", {
        call(Post, "/core/v2/networks/{id}/resume", Body::None).wait(&[EXECUTION, until(&["PROVISIONED"])])
    })
    .on("networks")
    .only("status", &["SUSPENDED"])
    .shows("status"),
    action("exchange", "Opens a session at a network's own controller, whose API the platform does not cover", {
        call(Post, "/core/v3/networks/{id}/exchange", Body::Json(r#"{"type": "session"}"#))
    })
    .on("networks")
    .only("status", &["PROVISIONED"])
    .hands_out(""),
    action("share", "Sends an endpoint's enrollment token by mail", call(Post, "/core/v2/endpoints/share", {
        Body::Json(r#"[{"id": "{id}", "toList": "{to}", "subject": "{subject}", "from": "{from}", "replacementParams": "{replacementParams}"}]"#)
    }))
    .on("endpoints")
    .takes(&[
        field("to", Type::List(&Type::Text), "Addresses to send it to, as a list: `[a@b.example, c@d.example]`").required(),
        field("subject", Type::Text, "Subject of the mail").required(),
        field("from", Type::Text, "Address of the sender"),
        field("replacementParams", Type::Map(&Type::Text), "Words that the mail's template asks for"),
    ]),
    action("verify", "Proves that an authority is one's own, by a certificate that it issued", {
        call(Post, "/core/v2/certificate-authorities/{id}/verify", Body::File("certificate"))
    })
    .on("certificate-authorities")
    .takes(&[field(
        "certificate",
        Type::File(Folders::Refused),
        "A certificate that the authority issued, with its `verificationToken` as common name, as PEM",
    )
    .required()]),
    action("logout", "Makes the token of this login invalid, for all who hold the same", {
        call(Post, "/identity/v1/logout", Body::None)
    }),
];

/// The network itself shows when it is done: the link to the execution may be missing (netfoundry.md#executions).
const fn until(done: &'static [&'static str]) -> Poll {
    Poll {
        path: "/core/v2/networks/{id}",
        until: Until::State { key: "status", done, failed: &["ERROR"] },
        every: Duration::from_secs(10),
        budget: Duration::from_secs(1800),
        ..Poll::NEW
    }
}
