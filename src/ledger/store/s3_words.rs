//! What a server of S3's kind says when it does not do what it was asked for, and what to do about it.

use crate::topology::S3Place;
use wire::Response;

/// The code and the message of an answer that is no success.
pub(super) fn words_of(response: &Response) -> (String, String) {
    let text = String::from_utf8_lossy(&response.body);
    let part = |name: &str| {
        let (_, after) = text.split_once(&format!("<{name}>"))?;
        Some(after.split_once('<')?.0.trim().to_owned())
    };
    (part("Code").unwrap_or_default(), part("Message").unwrap_or_default())
}

/// Why a server refuses, and the remedy; `Err`: it may be otherwise the next time.
pub(super) fn refusal(response: &Response, place: &S3Place) -> Result<(String, String), String> {
    let (code, message) = words_of(response);
    let told = match (code.as_str(), message.as_str()) {
        ("", _) => format!("the server answers {}", response.status),
        (code, "") => format!("the server answers {} {code}", response.status),
        (code, message) => format!("the server answers {} {code}: {message}", response.status),
    };
    let refused = |help: &str| Ok((told.clone(), help.to_owned()));
    match (response.status, code.as_str()) {
        (_, "RequestTimeTooSkewed" | "RequestExpired") => refused("set the clock of this machine"),
        (301 | 302 | 307 | 308, _)
        | (_, "AuthorizationHeaderMalformed" | "AuthorizationQueryParametersError" | "PermanentRedirect") => {
            match response.header_value("x-amz-bucket-region") {
                Some(region) => refused(&format!("write `region: {region}`")),
                None => {
                    refused("write the `region` that the bucket is in, and its `endpoint` if it is none of Amazon's")
                }
            }
        }
        (_, "InvalidAccessKeyId" | "SignatureDoesNotMatch" | "ExpiredToken" | "InvalidToken") | (401, _) => {
            refused("correct `access-key` and `secret-key`, or what the environment has in their place")
        }
        (_, "NoSuchBucket") => refused("make the bucket, or correct `bucket`"),
        (403, _) => {
            let rights = "the account needs `s3:GetObject` and `s3:PutObject` there, to read just the first of them, and \
                          `s3:ListBucket`, without which what is missing looks like what is forbidden";
            Ok((told, format!("{rights} (`{}`)", place.bucket)))
        }
        (501, _) | (_, "NotImplemented") => {
            refused("use a server that knows conditional writes, or `ledger: { git: … }`")
        }
        (408 | 429 | 500.., _) => Err(told),
        _ => refused("see whether `ledger.s3` names what it should"),
    }
}
