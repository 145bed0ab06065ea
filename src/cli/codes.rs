//! What codes of findings mean: those of rules, and those of what can't be read.

use std::fmt::Write;

use crate::check::{RULES, RuleSeverity};
use crate::finding::{CodeLevel, codes};

/// A code, as it is explained.
struct Explained {
    code: &'static str,
    told: CodeLevel,
    says: String,
    bad: &'static str,
    good: &'static str,
    policy: Option<&'static str>,
}

/// All of them, rules first. A code that rules share with what is told where files are read is the rule's.
fn all() -> impl Iterator<Item = Explained> {
    let rules = RULES.iter().map(|rule| Explained {
        code: rule.code,
        told: rule.severity.told(),
        says: one_line(rule.says),
        bad: rule.bad,
        good: rule.good,
        policy: Some(match rule.severity {
            RuleSeverity::Fixed => "can't be set: what it finds can't be carried out",
            RuleSeverity::Mixed => "its warnings may be set, its errors stand",
            RuleSeverity::Warned | RuleSeverity::Judged => "may be set",
        }),
    });
    let others = codes().into_iter().map(|code| Explained {
        code: code.code,
        told: code.told,
        says: code.says.to_owned(),
        bad: code.bad,
        good: code.good,
        policy: None,
    });
    rules.chain(others)
}

/// A doc comment's lines as one.
fn one_line(says: &str) -> String {
    says.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What a code means, in one sentence.
pub(crate) fn says(code: &str) -> Option<String> {
    all().find(|explained| explained.code == code).map(|explained| explained.says)
}

/// The codes, for hints.
pub(crate) fn names() -> impl Iterator<Item = &'static str> + Clone {
    RULES.iter().map(|rule| rule.code).chain(codes().into_iter().map(|code| code.code))
}

/// A code explained, with files that show it.
pub(crate) fn text(code: &str) -> Option<String> {
    let Explained { code, told, says, bad, good, policy } = all().find(|explained| explained.code == code)?;
    let mut text = format!("{code}: {says}\n  told as: {}\n", told.words());
    if let Some(policy) = policy {
        let _ = writeln!(text, "  policy: {policy}; see `trueup explain rules`");
    }
    for (head, sample) in [("finds it", bad), ("does not", good)] {
        if !sample.is_empty() {
            let _ = writeln!(text, "\n  {head}:\n");
            sample.trim_matches('\n').lines().for_each(|line| {
                let _ = writeln!(text, "    {line}");
            });
        }
    }
    Some(text)
}

/// The rules, and how a policy sets them.
pub(crate) fn rules() -> String {
    let mut text = String::from(
        "Rules look at all that the files declare together, before any controller is asked. A policy in `trueup.yaml` says how\n\
         bad it is what one finds, or where it is waived:\n\n  policy:\n    rules:\n      unused-set: off\n      one-sided: error\n      \
         overlapping-networks:\n        level: off\n        paths: [east/routes/lab, 'west/**']\n        reason: the lab has \
         the same addresses on purpose\n        until: 2027-01-31\n\n`level` is `error`, `warn` or `off`. A map that says `off` \
         needs a reason; after `until` it holds no more, which is told.\nSeveral maps may stand in a list: the first that \
         fits counts. `trueup explain RULE` has files that break a rule.\n",
    );
    for (head, is_meant) in [("May be set:", true), ("Always errors:", false)] {
        let _ = writeln!(text, "\n{head}");
        for rule in RULES.iter().filter(|rule| (rule.severity != RuleSeverity::Fixed) == is_meant) {
            let _ = writeln!(text, "  {:<22} {:<17} {}", rule.code, rule.severity.told().words(), one_line(rule.says));
        }
    }
    text
}

/// What is told where files are read.
pub(crate) fn findings() -> String {
    let mut text = String::from(
        "What is told where files are read; `trueup explain rules` has what all of them together say.\n\n",
    );
    for code in codes() {
        let _ = writeln!(text, "  {:<20} {:<17} {}", code.code, code.told.words(), code.says);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::topics;
    use crate::providers::CATALOGUE;

    #[test]
    fn every_code_is_explained_and_hides_nothing_else() {
        let kinds: Vec<&str> = CATALOGUE.iter().flat_map(|provider| provider.kinds).map(|kind| kind.name).collect();
        for code in names() {
            let explained = text(code).unwrap();
            assert!(explained.starts_with(&format!("{code}: ")), "{explained}");
            assert!(!kinds.contains(&code) && topics::text(code).is_none(), "{code} is something else, too");
        }
        assert!(text("nonsense").is_none());
    }

    #[test]
    fn a_rule_is_explained_with_files_that_break_and_keep_it() {
        let told = text("opens-everything").unwrap();
        for part in ["told as: warning", "policy: may be set", "finds it:\n\n    firewall-rules:", "does not:"] {
            assert!(told.contains(part), "{part}: {told}");
        }
        assert!(text("not-yaml").unwrap().contains("told as: error"));
    }

    #[test]
    fn lists_have_every_rule_and_code() {
        for rule in RULES {
            assert!(rules().contains(&format!("\n  {} ", rule.code)), "{}", rule.code);
        }
        for code in codes() {
            assert!(findings().contains(&format!("\n  {} ", code.code)), "{}", code.code);
        }
    }
}
