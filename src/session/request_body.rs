//! What a request sends.

use crate::session::encode;
use wire::Request;

/// A body to send.
pub enum RequestBody<'b> {
    /// Nothing.
    Nothing,
    /// JSON.
    Json(&'b encode::Json),
    /// A file.
    File(&'b [u8]),
}

impl RequestBody<'_> {
    /// The request with this body.
    pub(super) fn put_into(&self, request: Request, file_type: &str) -> Request {
        match self {
            RequestBody::Nothing => request,
            RequestBody::Json(json) => json.put_into(request),
            RequestBody::File(bytes) => {
                let mut request = request.header("Content-Type", file_type);
                request.body = bytes.to_vec();
                request
            }
        }
    }
}
