//! A call with everything known: its path, and what it sends.

use crate::apply::Shared;
use crate::attr::{Attr, Output};
use crate::plan::{Call, Payload};
use crate::session::{CallError, CallFailure, RequestBody, Session, encode};

/// A call with everything known.
pub(super) struct Ready<'c> {
    /// The path, filled.
    pub(super) path: String,
    /// The JSON to be sent, secrets still closed.
    pub(super) body: Attr,
    /// The same as it goes out.
    json: Option<encode::Json>,
    /// The file to be sent.
    bytes: Option<&'c [u8]>,
}

impl<'c> Ready<'c> {
    /// Fills in what is known by now; what is not known yet is an error.
    pub(super) fn of(shared: &Shared, session: &Session, call: &'c Call) -> Result<Ready<'c>, CallError> {
        let find = |output: &Output| shared.outputs.find(output);
        let site = session.site(call.method, "");
        let unknown = |what: String| site.error(CallFailure::Unknown(what));
        let path = encode::path(&call.path.fill(&find)).map_err(unknown)?;
        let body = sent_json(shared, call);
        let json = match call.body {
            Payload::Json(_) => Some(encode::json(&body).map_err(unknown)?),
            Payload::None | Payload::File(_) => None,
        };
        let bytes = match &call.body {
            Payload::File(file) => match file.bytes() {
                Some(bytes) => Some(bytes),
                None => return Err(unknown(format!("what `{}` holds, which was not fetched", file.path))),
            },
            Payload::None | Payload::Json(_) => None,
        };
        Ok(Ready { path, body, json, bytes })
    }

    /// The body that goes out.
    pub(super) fn sent(&self) -> RequestBody<'_> {
        match (self.bytes, &self.json) {
            (Some(bytes), _) => RequestBody::File(bytes),
            (None, Some(json)) => RequestBody::Json(json),
            (None, None) => RequestBody::Nothing,
        }
    }
}

/// The JSON that a call sends, with what is known by now.
pub(super) fn sent_json(shared: &Shared, call: &Call) -> Attr {
    match &call.body {
        Payload::Json(body) => body.fill(&|output| shared.outputs.find(output)),
        Payload::None | Payload::File(_) => Attr::Null,
    }
}
