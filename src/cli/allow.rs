//! `--allow`: what is meant for this once, and the older flags that say the same.

use std::collections::BTreeSet;

use crate::cli::{Global, common};
use crate::finding::Finding;
use crate::ledger::Ledger;
use crate::plan::Plan;
use crate::topology::{Allowance, Policy, Reason, Topology, allow};

/// Exceptions from the policy and from holds, for this once.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Allow {
    /// Says that something is meant which is held otherwise; may be given several times, see `trueup explain allow`.
    #[arg(long, value_name = "REASON=ADDRESS", value_parser = str::parse::<Allowance>, long_help = allow::long_help())]
    allow: Vec<Allowance>,
    /// An older way to say `--allow destroy=ADDRESS`.
    #[arg(long, value_name = "ADDRESS", hide = true)]
    allow_destroy: Vec<String>,
    /// An older way to say `--allow irreversible=ADDRESS`.
    #[arg(long, value_name = "ADDRESS", hide = true)]
    allow_irreversible: Vec<String>,
}

impl Allow {
    /// Adds it to a workspace's policy. An older flag is told once, with what to say in its place.
    pub(crate) fn extend(&self, policy: &mut Policy) {
        self.allow.iter().cloned().for_each(|allowance| policy.allow.add(allowance));
        let old = [
            ("--allow-destroy", Reason::Destroy, &self.allow_destroy),
            ("--allow-irreversible", Reason::Irreversible, &self.allow_irreversible),
        ];
        for (flag, reason, patterns) in old {
            let allowances: Vec<Allowance> = patterns.iter().map(|about| Allowance::new(reason, about)).collect();
            if !allowances.is_empty() {
                let new: Vec<String> = allowances.iter().map(Allowance::flag).collect();
                eprintln!("warning: `{flag}` goes with the next version");
                eprintln!("  help: say `{}`", new.join(" "));
            }
            allowances.into_iter().for_each(|allowance| policy.allow.add(allowance));
        }
    }
}

/// Warns of what is allowed and matches nothing that is declared or owned: most likely it is misspelt.
pub(crate) fn tell_unmatched(global: &Global, topology: &mut Topology, plan: &Plan) {
    // A plan has a verdict on everything that is declared or owned.
    let addresses = plan.verdicts.iter().map(|verdict| verdict.address.to_string()).collect();
    let mut found = unmatched(topology, &addresses);
    if !plan.brakes.need_a_number() {
        let idle = topology.policy.allow.idle_deletes();
        found.extend(topology.sources.show(idle));
    }
    // Where nothing is wanted, as in `destroy`, the files' patterns may be about what is declared and not there.
    found.retain(|finding| finding.place.is_none() || !topology.resources.is_empty());
    common::tell_findings(global, &found);
}

/// The same where nothing is looked at: what is owned is what the ledger says. One that can't be read tells nothing.
pub(crate) fn unmatched_in_files(topology: &mut Topology) -> Vec<Finding> {
    let Ok(Ledger { base, .. }) = Ledger::open(topology) else { return Vec::new() };
    let declared = topology.resources.keys().map(ToString::to_string);
    let addresses = declared.chain(base.entries.keys().map(ToString::to_string)).collect();
    unmatched(topology, &addresses)
}

fn unmatched(topology: &mut Topology, addresses: &BTreeSet<String>) -> Vec<Finding> {
    let targets: Vec<&str> = topology.targets.keys().map(String::as_str).collect();
    let found = topology.policy.allow.unmatched(addresses, &targets);
    topology.sources.show(found)
}
