//! The proofs that a look shows of the installation behind a target: by the reads that its provider names, and by the
//! connection itself.

use futures_util::future::join_all;
use serde_json::Value;

use crate::attr::Attr;
use crate::digest::sha256;
use crate::session::{CallError, Session};
use crate::spec::{InstallationProof, lookup};
use crate::state::installation::ShownProofs;
use crate::state::live::text;
use crate::topology::Target;

/// A value that is longer is told by its digest: it is a certificate, and no name.
const LONGEST: usize = 100;

/// The reads that a server of its version understands.
pub(super) fn reads(session: &Session, target: &Target) -> Vec<&'static InstallationProof> {
    let version = session.version();
    target.provider.dialect.proofs.iter().filter(|proof| proof.when.holds_on(version)).collect()
}

/// Reads the proofs alone.
pub(crate) async fn read(session: &Session, target: &Target) -> ShownProofs {
    let answers = reads(session, target)
        .into_iter()
        .map(|proof| async move { (proof, session.list(proof.path, proof.at, proof.paging).await) });
    shown(session, target, join_all(answers).await)
}

/// The proofs in the answers to the reads, with those of the connection itself.
pub(super) fn shown(
    session: &Session,
    target: &Target,
    answers: Vec<(&'static InstallationProof, Result<Vec<Value>, CallError>)>,
) -> ShownProofs {
    let mut shown = ShownProofs { values: session.connection_proofs(), ..ShownProofs::default() };
    for name in target.provider.dialect.within {
        let value = target.settings.get(*name).and_then(Attr::to_text);
        shown.within.extend(value.map(|value| ((*name).to_owned(), value)));
    }
    for (proof, answer) in answers {
        match answer {
            Ok(objects) => {
                let value = session.redact(&value(proof, &objects));
                if !value.is_empty() {
                    shown.values.insert((proof.strength, proof.name.to_owned()), value);
                }
            }
            Err(error) if is_refused(&error) => {}
            Err(error) if shown.unread.as_ref().is_some_and(|(strength, _)| *strength <= proof.strength) => drop(error),
            // Who could not be reached at all shows nothing else either.
            Err(error) if error.is_of_the_connection() => shown.unread = Some((proof.strength, error.fact())),
            Err(error) => {
                let words = "whether it is the installation where Trueup applied last could not be told";
                shown.unread = Some((proof.strength, format!("{words}: {error}")));
            }
        }
    }
    shown
}

/// Says whether the API does not show something at all, other than just now.
fn is_refused(error: &CallError) -> bool {
    error.refusal().is_some_and(|(status, _)| matches!(status, 400..=499) && !matches!(status, 408 | 425 | 429))
}

/// A proof's value: that of each object, in order, each once.
fn value(proof: &InstallationProof, objects: &[Value]) -> String {
    let mut values: Vec<String> = objects.iter().filter_map(|object| of_one(proof.parts, object)).collect();
    values.sort();
    values.dedup();
    values.join("; ")
}

fn of_one(parts: &[(&str, &str)], object: &Value) -> Option<String> {
    let words = parts.iter().map(|(word, key)| {
        let value = lookup(object, key).map(text).filter(|value| !value.trim().is_empty())?;
        let value = if value.len() > LONGEST { format!("sha256:{}", sha256(value)) } else { value };
        Some(format!("{word}{value}"))
    });
    Some(words.collect::<Option<Vec<String>>>()?.join(", "))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_is_whole_or_none_and_that_of_several_has_one_order() {
        let proof = InstallationProof::id("topology", "/config", &[("", "sum"), ("manager ", "id")]);
        let of = |objects: &[Value]| value(&proof, objects);
        assert_eq!(of(&[json!({ "sum": "5f2c", "id": 2 })]), "5f2c, manager 2");
        assert_eq!(of(&[json!({ "sum": "5f2c" })]), "", "a number that is not there tells nobody apart");
        assert_eq!(of(&[json!({ "sum": "5f2c", "id": null })]), "");
        assert_eq!(of(&[]), "");
        let named = InstallationProof::id("manager", "/managers", &[("", "hostname")]);
        let host = |name: &str| json!({ "hostname": name });
        assert_eq!(value(&named, &[host("b"), host("a"), host("b")]), "a; b");
        assert!(value(&named, &[host(&"x".repeat(2000))]).starts_with("sha256:"));
    }
}
