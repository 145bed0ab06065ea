//! A step's requests in the document.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::plan::PurposeWord;
use wire::Method;

/// One request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CallDocument {
    /// The verb.
    pub method: Method,
    /// Path with query below the target's URL.
    pub path: String,
    /// The JSON body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
    /// The file whose bytes are the body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<FileDocument>,
    /// The purpose of the call.
    pub purpose: PurposeWord,
    /// The field that it is for, when it is for one alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// The waits afterwards, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waits: Vec<WaitDocument>,
}

impl CallDocument {
    /// The same whether its file is here, or only its digest is known.
    pub(super) fn sized_or_not(&self) -> CallDocument {
        let file = self.file.clone().map(|file| FileDocument { bytes: None, ..file });
        CallDocument { file, ..self.clone() }
    }
}

/// A file that is sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FileDocument {
    /// The path or URL as the workspace says it.
    pub path: String,
    /// SHA-256 of what is sent, in hexadecimal.
    pub sha256: String,
    /// The number of bytes; it is not known of what was not fetched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<usize>,
}

/// Something that is looked at until it is done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WaitDocument {
    /// Path with query that is read again and again; `{job}` is filled from the reply before it.
    pub path: String,
    /// When it is done, in words.
    pub until: String,
}
