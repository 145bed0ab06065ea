//! Writing requests: the place where secrets become bytes.
//!
//! Nothing in here gives a secret's value back as text: it goes into a request, into a file for its owner's eyes only, or
//! into another secret. The one exception is [`login`], which stands for a reply that no API gives.

use std::io;
use std::path::Path;
use std::time::Duration;

use base64::prelude::{BASE64_STANDARD, Engine};
use rusty_s3::actions::{GetObject, PutObject};
use rusty_s3::{Bucket, Credentials, S3Action};
use serde_json::{Map, Value};
use url::Url;

use crate::attr::Attr;
use crate::private;
use crate::secret::{Piece, Secret};
use crate::session::{DatabaseAccess, DatabaseError};
use wire::{Method, Request};

/// JSON to send, secrets exposed: only a request or a file of its owner gets to see it.
pub struct Json(Value);

impl Json {
    /// JSON in which nothing was secret to begin with.
    pub(crate) fn plain(value: Value) -> Json {
        Json(value)
    }

    /// The request with it as its body.
    pub(crate) fn put_into(&self, request: Request) -> Request {
        request.json(&self.0)
    }

    /// Writes it to a file for its owner's eyes only, one value alone as its bare text. Gives the number of bytes.
    ///
    /// # Errors
    /// The file can't be written.
    pub(crate) fn save(&self, path: &Path) -> io::Result<usize> {
        let text = self.text();
        private::write(path, text.as_bytes())?;
        Ok(text.len())
    }

    /// Writes it to whom somebody has named as its reader.
    pub(crate) fn hand_over(&self, out: &mut dyn io::Write) -> io::Result<()> {
        out.write_all(self.text().as_bytes())?;
        out.flush()
    }

    fn text(&self) -> String {
        match &self.0 {
            Value::Object(_) | Value::Array(_) => format!("{:#}\n", self.0),
            Value::String(text) => text.clone(),
            Value::Null => String::new(),
            scalar => scalar.to_string(),
        }
    }
}

/// A value as JSON to send.
///
/// # Errors
/// The words of what is still not known.
pub(crate) fn json(attr: &Attr) -> Result<Json, String> {
    exposed(attr).map(Json)
}

fn exposed(attr: &Attr) -> Result<Value, String> {
    Ok(match attr {
        Attr::Null => Value::Null,
        Attr::Bool(value) => Value::Bool(*value),
        Attr::Number(value) => Value::Number(value.clone()),
        Attr::Text(text) => Value::String(text.clone()),
        Attr::Secret(secret) => {
            let text = || Value::String(secret.expose().to_owned());
            if secret.is_text() { text() } else { serde_json::from_str(secret.expose()).unwrap_or_else(|_| text()) }
        }
        Attr::List(items) => Value::Array(items.iter().map(exposed).collect::<Result<_, _>>()?),
        Attr::Map(map) => {
            let mut object = Map::new();
            for (key, value) in map {
                object.insert(key.clone(), exposed(value)?);
            }
            Value::Object(object)
        }
        Attr::Later(template) => return Err(template.to_string()),
    })
}

/// A value as text to send that is printed, too: a path. No secret may be in it, or it would be in every log.
///
/// # Errors
/// The words of what is still not known, is a secret, or is no text.
pub(crate) fn path(attr: &Attr) -> Result<String, String> {
    match attr {
        Attr::Secret(secret) => Err(format!("{secret:?} in a path, where no secret may stand")),
        Attr::Later(template) => Err(template.to_string()),
        plain => plain.to_text().ok_or_else(|| NO_TEXT.into()),
    }
}

/// A value as text to send that is never printed: a header, a password.
///
/// # Errors
/// The words of what is still not known, or of what is no text.
pub(crate) fn secret(attr: &Attr) -> Result<Secret, String> {
    match attr {
        Attr::Secret(secret) => Ok(secret.clone()),
        Attr::Later(template) => Err(template.to_string()),
        plain => plain.to_text().map(|text| Secret::new("credentials", text)).ok_or_else(|| NO_TEXT.into()),
    }
}

const NO_TEXT: &str = "a list or map where text is needed";

/// A request to a URL that may be a secret.
pub(crate) fn request(method: Method, url: &Secret) -> Request {
    Request::new(method, url.expose())
}

/// What a request to S3 is signed with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct S3Signer<'a> {
    /// The id of the access key.
    pub access: &'a Secret,
    /// The key.
    pub key: &'a Secret,
    /// What a key that was lent for a while needs beside.
    pub session: Option<&'a Secret>,
}

/// A request for an object of a bucket, signed for so long; its headers are signed, too.
pub(crate) fn signed(
    method: Method,
    (bucket, object): (&Bucket, &str),
    headers: &[(&'static str, &str)],
    lasts: Duration,
    signer: S3Signer<'_>,
) -> Request {
    let (access, key) = (signer.access.expose(), signer.key.expose());
    let credentials = match signer.session {
        Some(session) => Credentials::new_with_token(access, key, session.expose()),
        None => Credentials::new(access, key),
    };
    fn sign<'a>(mut action: impl S3Action<'a>, headers: &[(&'static str, &'a str)], lasts: Duration) -> Url {
        headers.iter().for_each(|(name, value)| action.headers_mut().insert(*name, *value));
        action.sign(lasts)
    }
    let url = match method {
        Method::Put => sign(PutObject::new(bucket, Some(&credentials), object), headers, lasts),
        _ => sign(GetObject::new(bucket, Some(&credentials), object), headers, lasts),
    };
    headers.iter().fold(Request::new(method, url.as_str()), |request, (name, value)| request.header(name, *value))
}

/// The way to a database that a URL tells.
///
/// # Errors
/// It is no such URL. Nothing of it is in the words.
pub(crate) fn database(url: &Secret) -> Result<DatabaseAccess, DatabaseError> {
    DatabaseAccess::read(url.expose())
}

/// The request with one header more.
pub(crate) fn header(request: Request, name: &str, value: &Secret) -> Request {
    request.header(name, value.expose())
}

/// The `Authorization` header's value of HTTP Basic.
pub(crate) fn basic(user: &Secret, password: &Secret) -> Secret {
    let pair = Secret::concat("credentials", [Piece::Secret(user), Piece::Plain(":"), Piece::Secret(password)]);
    Secret::new("credentials", format!("Basic {}", BASE64_STANDARD.encode(pair.expose())))
}

/// The login as an object that a reply might hold, for the kind that sets its password: it is read like any reply, and its
/// secret field becomes a secret there.
pub(crate) fn login(field: &str, password: &Secret) -> Value {
    Value::Object([(field.to_owned(), Value::String(password.expose().to_owned()))].into_iter().collect())
}
