//! What a policy says about rules, carried out: what they find is an error, a warning, or not told.
//!
//! Only what is a matter of judgement can be set ([`RuleSeverity`](crate::check::RuleSeverity)). Secrets in files are
//! blackened wherever lines are shown, told or not: so this comes last.

use crate::address::{Address, glob};
use crate::check::{RULES, Rule, RuleSeverity};
use crate::finding::{Finding, Level};
use crate::suggest::hint;
use crate::topology::rule_levels::{RuleLevel, RuleSetting};

/// What is wrong with what a policy says about rules.
pub(crate) fn judge(settings: &[RuleSetting], findings: &[Finding]) -> Vec<Finding> {
    settings.iter().filter_map(|setting| fault(setting, findings)).collect()
}

fn fault(setting: &RuleSetting, findings: &[Finding]) -> Option<Finding> {
    let code = setting.code.as_str();
    let Some(rule) = RULES.iter().find(|rule| rule.code == code) else {
        let finding = Finding::error("unknown-rule", format!("there is no rule `{code}`"));
        return Some(finding.help(hint(code, RULES.iter().map(|rule| rule.code))).at(&setting.place));
    };
    if rule.severity == RuleSeverity::Fixed {
        let finding = Finding::error("fixed-rule", format!("`{code}` is always an error"));
        return Some(finding.help("what it finds can't be carried out").at(&setting.place));
    }
    let is_idle = !setting.patterns.is_empty()
        && !setting.is_over
        && !findings.iter().any(|finding| finding.code == code && is_about(setting, finding));
    is_idle.then(|| {
        let finding = Finding::warning("waives-nothing", format!("`{code}` finds nothing there"));
        finding.help("take it out: what it was about has been put right, or the pattern is misspelt").at(&setting.place)
    })
}

/// The findings as a policy wants them told.
pub(crate) fn settle(settings: &[RuleSetting], findings: Vec<Finding>) -> Vec<Finding> {
    if settings.is_empty() {
        return findings;
    }
    findings.into_iter().filter_map(|finding| settled(settings, finding)).collect()
}

fn settled(settings: &[RuleSetting], mut finding: Finding) -> Option<Finding> {
    let is_meant =
        |setting: &&RuleSetting| !setting.is_over && setting.code == finding.code && is_about(setting, &finding);
    let Some(setting) = settings.iter().find(is_meant) else { return Some(finding) };
    let Some(rule) = RULES.iter().find(|rule| rule.code == finding.code) else { return Some(finding) };
    if !may_be_set(rule, finding.level) {
        return Some(finding);
    }
    match setting.level {
        RuleLevel::Error => finding.level = Level::Error,
        RuleLevel::Warn => finding.level = Level::Warning,
        RuleLevel::Off => return None,
    }
    Some(finding)
}

fn may_be_set(rule: &Rule, level: Level) -> bool {
    match rule.severity {
        RuleSeverity::Fixed => false,
        RuleSeverity::Mixed => level == Level::Warning,
        RuleSeverity::Warned | RuleSeverity::Judged => true,
    }
}

/// Says whether a setting is about a finding: about all, or by an address.
fn is_about(setting: &RuleSetting, finding: &Finding) -> bool {
    let matches = |address: &Address, pattern: &str| match pattern.contains('/') {
        true => address.matches(pattern),
        false => glob(pattern.as_bytes(), address.target().as_bytes()),
    };
    setting.patterns.is_empty()
        || finding
            .about
            .as_ref()
            .is_some_and(|address| setting.patterns.iter().any(|pattern| matches(address, pattern)))
}

#[cfg(test)]
mod tests {
    use crate::check::samples::found;

    const TARGET: &str = "vns3:\n  east:\n    at: https://east.example\n    credentials: { username: u, password: \
                          '${secret.login}' }\n    firewall-rules: [{ rule: FORWARD_CUST -j ACCEPT }]\n";

    /// What is told of a rule that opens everything, and of what the policy says about rules.
    fn told(rules: &str) -> Vec<String> {
        let head = "workspace: acme\nsecrets: { login: { env: LOGIN } }\n";
        let all = found(&format!("{head}policy: {{ rules: {rules} }}\n{TARGET}"));
        all.iter()
            .map(|finding| format!("{} {}", if finding.is_error() { "error" } else { "warning" }, finding.code))
            .collect()
    }

    #[test]
    fn a_policy_says_how_bad_it_is() {
        let opens = |level: &str| vec![format!("{level} opens-everything")];
        assert_eq!(told("{}"), opens("warning"));
        assert_eq!(told("{ opens-everything: error }"), opens("error"));
        assert_eq!(told("{ opens-everything: warn }"), opens("warning"));
        assert_eq!(told("{ opens-everything: off }"), [""; 0]);
    }

    #[test]
    fn what_is_waived_has_a_reason_a_reach_and_an_end() {
        let off = |more: &str| told(&format!("{{ opens-everything: {{ level: off, {more} }} }}"));
        let open = "warning opens-everything";
        assert_eq!(off("reason: lab"), [""; 0]);
        assert_eq!(off("reason: lab, paths: [east/firewall-rules]"), [""; 0]);
        assert_eq!(off("reason: lab, paths: ['east/**']"), [""; 0]);
        assert_eq!(off("reason: lab, paths: [east]"), [""; 0]);
        assert_eq!(off("reason: lab, until: 2026-12-01"), [""; 0]);
        assert_eq!(off("reason: lab, until: 2026-11-30"), ["warning expired-waiver", open]);
        assert_eq!(off("reason: lab, paths: [west]"), ["warning waives-nothing", open]);
        assert_eq!(off("paths: [east]"), ["error no-reason"]);
        assert_eq!(off("reason: ' '"), ["error no-reason"]);
        assert_eq!(off("reason: lab, until: tomorrow"), ["error wrong-value"]);
        let several = "{ opens-everything: [{ level: error, paths: [west] }, { level: off, reason: lab }] }";
        assert_eq!(told(several), ["warning waives-nothing"]);
    }

    #[test]
    fn what_is_no_rule_or_can_not_be_set_is_told() {
        let open = "warning opens-everything";
        assert_eq!(told("{ opens-anything: off }"), ["error unknown-rule", open]);
        assert_eq!(told("{ missing-field: off }"), ["error fixed-rule", open]);
        assert_eq!(told("{ opens-everything: perhaps }").len(), 2);
    }

    #[test]
    fn a_secret_that_is_waived_stays_hidden() {
        let head = "workspace: acme\nsecrets: { login: { env: LOGIN } }\npolicy: { rules: { literal-secret: off } }\n";
        let more = "    ipsec-endpoints: { a: { ipaddress: 192.0.2.1, secret: hunter2hunter2, nonsense: 1 } }\n";
        let found = found(&format!("{head}{TARGET}{more}"));
        assert!(!found.iter().any(|finding| finding.code == "literal-secret"));
        let nonsense = found.iter().find(|finding| finding.message.contains("nonsense")).unwrap();
        assert!(!nonsense.spot.as_ref().unwrap().source.inner().contains("hunter2hunter2"));
    }
}
