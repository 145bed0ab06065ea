//! What `validate` says of a resource's form and what the simulator answers to its request are one.
//!
//! Each sample of the drill is made once, and what is written is kept. Then it is bent, again and again: a field is left
//! out, or has another value, or one that nobody takes. The same bend goes into the file, which `validate` reads, and into
//! the body of the request, which a fresh copy of the installation answers. A refusal that no finding told, and a finding
//! about what is taken, are disagreements: the vendor's text says whose.
//!
//! `TRUEUP_TEST_EVERY_LINE=1` bends 10,000 resources, at least 60 of each kind.

#[path = "form/bend.rs"]
mod bend;
#[path = "form/known.rs"]
mod known;
#[path = "form/stage.rs"]
mod stage;

use std::collections::{BTreeMap, BTreeSet};

use trueup::parts::CATALOGUE;

use self::bend::Bender;
use self::stage::{Answer, Stage};
use crate::bench::every_line;
use crate::chance::Chance;
use crate::drill::samples::read;
use crate::support::Sim;

/// The resources of each kind, when all are made, and otherwise.
const EACH: (usize, usize) = (140, 10);

/// The kinds that are made without a body that holds their fields: content, text, or what stands in the path alone.
const FORMLESS: [&str; 9] = [
    "cloudify/plugins",
    "cloudify/tenants",
    "f5-vnfm/blueprints",
    "f5-vnfm/plugins",
    "f5-vnfm/tenants",
    "netfoundry/grants",
    "vns3/api-password",
    "vns3/container-system",
    "vns3/license",
];

/// One sort of disagreement: where, by which bend, and who refuses.
type Sort = (String, &'static str);

#[test]
fn what_validate_takes_the_simulators_take_and_nothing_else() {
    let mut made = 0;
    let mut unwritten = BTreeSet::new();
    let mut disagreements: BTreeMap<Sort, (usize, String)> = BTreeMap::new();
    for provider in CATALOGUE {
        let samples = read(provider.name);
        let usual = Sim::of(provider.name, None);
        let fresh = (provider.name == "vns3").then(|| Sim::of(provider.name, Some("fresh")));
        for kind in provider.kinds.iter().copied().filter(|kind| kind.is_declarative()) {
            let stages: Vec<Stage> = samples
                .of(kind)
                .iter()
                .enumerate()
                .filter_map(|(n, sample)| {
                    let sim = if sample.server.is_some() { fresh.as_ref()? } else { &usual };
                    Stage::new(sim, provider, kind, n, &samples, sample)
                })
                .collect();
            let sent: BTreeSet<_> = stages.iter().flat_map(Stage::sends).collect();
            stages.iter().for_each(|stage| *stage.sent.borrow_mut() = sent.clone());
            if stages.is_empty() {
                unwritten.insert(format!("{}/{}", provider.name, kind.name));
            }
            let wanted = if every_line() { EACH.0 } else { EACH.1 };
            let mut chance = Chance::new();
            for n in 0..wanted {
                let Some(stage) = stages.get(n % stages.len().max(1)) else { break };
                let bent = Bender::new(stage, &mut chance).bend();
                made += 1;
                let (told, answer) = (stage.validate(&bent), stage.answer(&bent));
                let side = match (&told, &answer) {
                    (Some(_), Answer::Taken) => "validate refuses what the simulator takes",
                    (None, Answer::Refused(_)) => "the simulator refuses what validate takes",
                    _ => continue,
                };
                let sort = format!("{}/{} {}", provider.name, kind.name, bent.what);
                let words = told.unwrap_or_else(|| answer.words());
                if known::is_known(&sort, side, &words) {
                    continue;
                }
                let words = format!("{}: {words}", bent.value);
                let seen = disagreements.entry((sort, side)).or_insert((0, words));
                seen.0 += 1;
            }
        }
    }
    let told: Vec<String> = disagreements
        .iter()
        .map(|((sort, side), (count, example))| format!("{count}x {sort}: {side}\n      {example}"))
        .collect();
    println!("{made} resources");
    assert_eq!(unwritten, BTreeSet::from(FORMLESS.map(str::to_owned)), "no body of these holds a field");
    assert!(
        told.is_empty(),
        "{} of {made} disagree, in {} sorts\n{}",
        count(&disagreements),
        told.len(),
        told.join("\n")
    );
}

fn count(disagreements: &BTreeMap<Sort, (usize, String)>) -> usize {
    disagreements.values().map(|(count, _)| count).sum()
}
