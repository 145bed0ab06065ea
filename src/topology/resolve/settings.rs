//! The settings of a target whose shape is fixed. They are known before anything else is, and may name variables and `each`.

use std::time::Duration;

use crate::finding::Finding;
use crate::source::decode;
use crate::topology::draft::{self, TargetDraft, TargetSetting};
use crate::topology::envelope::{RETIRED, TargetEnvelope};
use crate::topology::evaluate::Evaluator;
use crate::topology::load::misfit;
use crate::topology::settled::settled;
use crate::topology::time;

/// Says whether all that is owned at a target goes.
pub(super) fn is_retired(draft: &TargetDraft, evaluator: &mut Evaluator) -> bool {
    let Some(TargetSetting { node, place, each }) = draft.keys.get(RETIRED) else { return false };
    let told = evaluator.findings.len();
    let node = settled(node, each.as_deref(), evaluator.variables(), place, &mut evaluator.findings);
    if evaluator.findings.len() > told {
        return false;
    }
    draft::retires(&node).unwrap_or_else(|| {
        let message = format!("`{RETIRED}` is `true`, `false` or left out, found {}", node.describe());
        evaluator.findings.push(Finding::error("wrong-type", message).at(place));
        false
    })
}

/// How long a target is waited for while it boots.
pub(super) fn wait(draft: &TargetDraft, evaluator: &mut Evaluator) -> Duration {
    let Some(text) = part::<String>(draft, "wait", evaluator) else { return Duration::ZERO };
    time(&text).unwrap_or_else(|wrong| {
        let finding = Finding::error("wrong-value", format!("`wait`: {wrong}"));
        let place = draft.keys.get("wait").map(|setting| &setting.place);
        evaluator.findings.push(place.into_iter().fold(finding, |finding, place| finding.at(place)));
        Duration::ZERO
    })
}

/// A part of the envelope whose shape is fixed.
pub(in crate::topology) fn part<T: for<'de> serde::Deserialize<'de>>(
    draft: &TargetDraft,
    key: &str,
    evaluator: &mut Evaluator,
) -> Option<T> {
    debug_assert!(TargetEnvelope::KEYS.contains(&key));
    let TargetSetting { node, place, each } = draft.keys.get(key)?;
    let told = evaluator.findings.len();
    let node = settled(node, each.as_deref(), evaluator.variables(), place, &mut evaluator.findings);
    if evaluator.findings.len() > told {
        return None;
    }
    let (value, misfits) = decode::<T>(node);
    evaluator.findings.extend(misfits.into_iter().map(|wrong| misfit(wrong, place)));
    value
}
