//! What a policy says about rules: how bad it is what one of them finds, and where it is waived.
//!
//! A rule may be set as a whole, by a word, or for some addresses. What is waived there has a reason, and may have a last
//! day: whoever reads the file a year later knows why, and whether it still holds.

use std::collections::BTreeMap;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::finding::{Finding, Place};

/// How bad it is what a rule finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum RuleLevel {
    /// An error: nothing is done before it is put right.
    Error,
    /// A warning.
    Warn,
    /// Nothing is told.
    Off,
}

/// What is said about one rule.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "expected `error`, `warn`, `off`, a map with `level`, or a list of such maps")]
pub(crate) enum RuleChoice {
    /// For all that it finds.
    Everywhere(RuleLevel),
    /// For some of it.
    Once(RuleTerms),
    /// For several parts of it, the first that fits.
    Several(Vec<RuleTerms>),
}

/// What is said about a part of what a rule finds.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RuleTerms {
    /// How bad it is: `error`, `warn` or `off`.
    pub(crate) level: RuleLevel,
    /// Patterns of the addresses that it is about: `east/firewall-rules`, or `east/**`; by default all.
    #[serde(default)]
    pub(crate) paths: Vec<String>,
    /// Why it is so; needed for `off`.
    #[serde(default)]
    pub(crate) reason: Option<String>,
    /// The last day on which it holds, as in `2027-01-31`; by default it holds for good.
    #[serde(default)]
    pub(crate) until: Option<String>,
}

/// What holds for a part of what a rule finds.
#[derive(Debug, Clone)]
pub(crate) struct RuleSetting {
    /// The rule's code.
    pub(crate) code: String,
    /// How bad it is.
    pub(crate) level: RuleLevel,
    /// The addresses that it is about; without any, all.
    pub(crate) patterns: Vec<String>,
    /// Says whether it has ended.
    pub(crate) is_over: bool,
    /// The place that says so.
    pub(crate) place: Place,
}

impl RuleSetting {
    /// What it says, in words, as in `opens-everything off at east/**`.
    pub(crate) fn words(&self) -> String {
        let level = match self.level {
            RuleLevel::Error => "error",
            RuleLevel::Warn => "warn",
            RuleLevel::Off => "off",
        };
        let patterns = self.patterns.join(", ");
        let place = if patterns.is_empty() { String::new() } else { format!(" at {patterns}") };
        let over = if self.is_over { ", which is over" } else { "" };
        format!("{} {level}{place}{over}", self.code)
    }
}

/// What a policy says about rules, in the order of the file. What can't be right is told.
pub(crate) fn settings(
    rules: BTreeMap<String, RuleChoice>,
    place: &Place,
    today: Option<Date>,
    findings: &mut Vec<Finding>,
) -> Vec<RuleSetting> {
    let mut settings = Vec::new();
    for (code, choice) in rules {
        let place = place.below(&code);
        let terms: Vec<(RuleTerms, Place)> = match choice {
            RuleChoice::Everywhere(level) => {
                settings.push(RuleSetting { code, level, patterns: Vec::new(), is_over: false, place: place.key() });
                continue;
            }
            RuleChoice::Once(terms) => vec![(terms, place)],
            RuleChoice::Several(several) => {
                several.into_iter().enumerate().map(|(n, terms)| (terms, place.item(n))).collect()
            }
        };
        for (terms, place) in terms {
            settings.push(setting(code.clone(), terms, place, today, findings));
        }
    }
    settings
}

fn setting(
    code: String,
    terms: RuleTerms,
    place: Place,
    today: Option<Date>,
    findings: &mut Vec<Finding>,
) -> RuleSetting {
    let RuleTerms { level, paths, reason, until } = terms;
    if level == RuleLevel::Off && reason.as_deref().is_none_or(|reason| reason.trim().is_empty()) {
        let finding = Finding::error("no-reason", format!("`{code}` is waived without a reason"));
        let help = "add `reason: …`: whoever reads it a year later wants to know why";
        findings.push(finding.help(help).at(&place));
    }
    let mut last: Option<Date> = None;
    if let Some(text) = &until {
        match text.parse::<Date>() {
            Ok(day) => last = Some(day),
            Err(_) => findings.push(
                Finding::error("wrong-value", format!("`{text}` is no day"))
                    .help("as in `2027-01-31`")
                    .at(&place.below("until")),
            ),
        }
    }
    let is_over = matches!((last, today), (Some(last), Some(today)) if last < today);
    if let (true, Some(text)) = (is_over, &until) {
        let finding = Finding::warning("expired-waiver", format!("what is said of `{code}` held until `{text}`"));
        let help = "put right what it was about and take it out, or say a later day";
        findings.push(finding.help(help).at(&place.below("until")));
    }
    RuleSetting { code, level, patterns: paths, is_over, place: place.key() }
}
