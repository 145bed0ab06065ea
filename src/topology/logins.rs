//! What opens a target: a password, which a resource of it may set, or a token.

use std::collections::BTreeMap;

use super::evaluate::Evaluator;
use crate::address::Address;
use crate::attr::Attr;
use crate::finding::{Finding, Place};
use crate::spec::{Auth, Provider};
use crate::topology::{Resource, Target};

/// Tells each target which password a resource of it sets. One that is known only later opens nothing yet. Where a token
/// opens, nobody could tell whether the password is set.
pub(crate) fn new_passwords(
    targets: &mut BTreeMap<String, Target>,
    resources: &BTreeMap<Address, Resource>,
    findings: &mut Vec<Finding>,
) {
    for target in targets.values_mut() {
        let Auth::Basic { password, set_by: Some(kind), token, .. } = target.provider.dialect.auth else { continue };
        let resource = resources.get(&Address::new(&target.name, kind, None));
        let by_token = token.filter(|(field, _)| target.credentials.fields.contains_key(*field));
        if let (Some(resource), Some((field, _))) = (resource, by_token) {
            let message =
                format!("logging in shows whether `{}` is set, and `{field}` opens this target", resource.address);
            let finding = Finding::error("unseen-password", message).at(&resource.place);
            findings.push(finding.help(format!("give `{password}` in place of `{field}`")));
        }
        let value = resource.and_then(|resource| resource.fields.get(password));
        target.new_password = value.filter(|value| !value.is_null() && !value.is_later()).cloned();
    }
}

/// Where a token may stand in place of a password, one of the two is given.
pub(super) fn check_password_or_token(
    provider: &Provider,
    given: &BTreeMap<String, Attr>,
    place: &Place,
    evaluator: &mut Evaluator,
) {
    let Auth::Basic { password, token: Some((token, _)), .. } = provider.dialect.auth else { return };
    let finding = match (given.contains_key(password), given.contains_key(token)) {
        (true, false) | (false, true) => return,
        (false, false) => Finding::error("missing-field", format!("`credentials.{password}` is missing"))
            .help(format!("give it, or `{token}` in its place")),
        (true, true) => Finding::error("two-logins", format!("`{password}` and `{token}` are given, and one is used"))
            .help("keep one of them"),
    };
    evaluator.findings.push(finding.at(&place.clone().key()));
}
