//! What a plan does to the declarations of a fabric: a line for each connection, mesh and site, in place of the steps at many
//! controllers that it comes to.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::diff::connections::FabricFinding;
use crate::diff::verdict::{Cause, Decision};
use crate::fabric::{FabricOrigin, FabricWord};
use crate::plan::{Plan, Step, Timing, Verb};
use crate::render::summary::disturbance;
use crate::render::words::{counted, number};
use crate::spec::Disruption;

/// A declaration of the fabric: a site, a mesh or a connection.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OriginDocument {
    /// The word that declares it: `site`, `mesh` or `connection`.
    pub fabric: String,
    /// Its name, such as `london`, or of a connection `london-paris`.
    pub name: String,
    /// The vpn that a connection belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vpn: Option<String>,
    /// The controller whose half of a connection it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub half: Option<String>,
}

impl OriginDocument {
    /// The document of an origin.
    pub(crate) fn of(origin: &FabricOrigin) -> OriginDocument {
        let FabricOrigin { fabric, name, vpn, half } = origin;
        let (name, vpn, half) = (name.clone(), vpn.clone(), half.clone());
        OriginDocument { fabric: fabric.word().to_owned(), name, vpn, half }
    }
}

/// What a plan does to one declaration of the fabric.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FabricChange {
    /// The declaration.
    pub declaration: OriginDocument,
    /// What becomes of it.
    pub verb: FabricVerb,
    /// What changes, in words.
    pub what: String,
    /// The same where other halves are not told from each other: equal for all to which the same happens.
    pub sort: String,
    /// What it means to traffic, and who moved.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// The places of its steps among the plan's, from 0.
    pub steps: Vec<usize>,
}

/// What becomes of a declaration of the fabric.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FabricVerb {
    /// All of it is made.
    Create,
    /// Some of it is made, changed, or removed.
    Update,
    /// All of it is removed.
    Delete,
}

/// Something that is wrong with a connection or a mesh at the controllers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FabricFindingDocument {
    /// A stable code.
    pub code: String,
    /// The declaration.
    pub declaration: OriginDocument,
    /// What was seen.
    pub words: String,
    /// The resources whose drift it explains.
    pub explains: Vec<String>,
}

impl FabricFindingDocument {
    /// The document of a finding.
    pub(crate) fn of(finding: &FabricFinding) -> FabricFindingDocument {
        let FabricFinding { code, origin, words, explains } = finding;
        let explains = explains.iter().map(ToString::to_string).collect();
        FabricFindingDocument {
            code: (*code).to_owned(),
            declaration: OriginDocument::of(origin),
            words: words.clone(),
            explains,
        }
    }
}

/// What a declaration is sorted by: connections first, then what they stand on.
type DeclarationKey<'p> = (std::cmp::Reverse<FabricWord>, Option<&'p str>, &'p str);

/// The steps of one declaration, and the halves that it has.
struct OfDeclaration<'p> {
    origin: &'p FabricOrigin,
    steps: Vec<usize>,
    halves: BTreeSet<&'p str>,
    /// Says whether some of it stays: it is neither new nor gone as a whole.
    stays: bool,
}

/// The declarations that a plan has steps of.
type Declarations<'p> = BTreeMap<DeclarationKey<'p>, OfDeclaration<'p>>;

/// The connections that are made, or removed, as a whole, by the controllers that they end at.
type WholeConnections<'p> = BTreeMap<(&'p str, FabricVerb), BTreeSet<DeclarationKey<'p>>>;

/// What a plan does to each declaration of the fabric.
pub(super) fn changes(plan: &Plan) -> Vec<FabricChange> {
    let mut found: Declarations<'_> = BTreeMap::new();
    for (n, step) in plan.steps.iter().enumerate() {
        let Some(origin) = step.origin.as_deref() else { continue };
        let none = || OfDeclaration { origin, steps: Vec::new(), halves: BTreeSet::new(), stays: false };
        let of = found.entry(sorted_by(origin)).or_insert_with(none);
        of.steps.push(n);
        of.halves.insert(half(step));
    }
    for verdict in &plan.verdicts {
        let Some(origin) = verdict.origin.as_deref() else { continue };
        let Some(of) = found.get_mut(&sorted_by(origin)) else { continue };
        of.stays |= !matches!(verdict.decision, Decision::Create(_) | Decision::Delete(_));
        of.halves.insert(origin.half.as_deref().unwrap_or(verdict.address.target()));
    }
    let mut whole: WholeConnections<'_> = BTreeMap::new();
    for (key, of) in found.iter().filter(|(_, of)| of.origin.fabric == FabricWord::Connection) {
        for half in &of.halves {
            whole.entry((*half, verb(plan, of))).or_default().insert(*key);
        }
    }
    found.values().map(|of| DeclarationWriter { plan, of, whole: &whole }.change()).collect()
}

fn sorted_by(origin: &FabricOrigin) -> DeclarationKey<'_> {
    // What a site has for one of its vpns is a part of the site.
    let vpn = origin.vpn.as_deref().filter(|_| origin.fabric == FabricWord::Connection);
    (std::cmp::Reverse(origin.fabric), vpn, &origin.name)
}

/// The controller whose half a step is about.
fn half(step: &Step) -> &str {
    step.half().map_or(step.address.target(), |(_, half)| half)
}

fn verb(plan: &Plan, of: &OfDeclaration<'_>) -> FabricVerb {
    let all = |is: fn(Verb) -> bool| of.steps.iter().all(|&n| is(plan.steps[n].verb));
    match () {
        () if of.stays => FabricVerb::Update,
        () if all(|verb| matches!(verb, Verb::Create | Verb::Find | Verb::Issue)) => FabricVerb::Create,
        () if all(|verb| verb == Verb::Delete) => FabricVerb::Delete,
        () => FabricVerb::Update,
    }
}

/// Writes what a plan does to one declaration.
struct DeclarationWriter<'w> {
    plan: &'w Plan,
    of: &'w OfDeclaration<'w>,
    whole: &'w WholeConnections<'w>,
}

impl DeclarationWriter<'_> {
    fn change(&self) -> FabricChange {
        let verb = verb(self.plan, self.of);
        let (what, sort) = match (verb, self.of.origin.fabric) {
            (FabricVerb::Update, _) => {
                (self.changes(&|half| half.to_owned()), self.changes(&|_| "one half".to_owned()))
            }
            (_, FabricWord::Connection) => (self.kinds(), self.kinds()),
            (_, FabricWord::Site | FabricWord::Mesh) => (self.extent(verb), self.extent(verb)),
        };
        FabricChange {
            declaration: self.declaration(),
            verb,
            what,
            sort,
            notes: self.notes(verb),
            steps: self.of.steps.clone(),
        }
    }

    fn declaration(&self) -> OriginDocument {
        let whole = OriginDocument { half: None, ..OriginDocument::of(self.of.origin) };
        let vpn = whole.vpn.clone().filter(|_| self.of.origin.fabric == FabricWord::Connection);
        OriginDocument { vpn, ..whole }
    }

    fn steps(&self) -> impl Iterator<Item = &Step> {
        self.of.steps.iter().map(|&n| &self.plan.steps[n])
    }

    /// How many controllers a site or a mesh has, and how many connections come or go with it.
    fn extent(&self, verb: FabricVerb) -> String {
        let controllers: BTreeSet<&str> = self.steps().map(|step| step.address.target()).collect();
        let connections: BTreeSet<_> =
            controllers.iter().filter_map(|at| self.whole.get(&(*at, verb))).flatten().collect();
        let mut words = vec![counted(controllers.len(), "controller")];
        if self.of.origin.fabric == FabricWord::Site && !connections.is_empty() {
            words.push(counted(connections.len(), "connection"));
        }
        words.join(", ")
    }

    /// How many objects of each kind come or go.
    fn kinds(&self) -> String {
        let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
        let written = self.steps().filter(|step| !matches!(step.verb, Verb::Find | Verb::Issue));
        written.for_each(|step| *kinds.entry(step.kind.name).or_default() += 1);
        kinds.into_iter().map(|(kind, n)| format!("{} {kind}", number(n))).collect::<Vec<_>>().join(", ")
    }

    /// What changes on which half: `secret on both halves; routes: 2 new on paris`. `called` is how a half is named.
    fn changes(&self, called: &dyn Fn(&str) -> String) -> String {
        let is_own = |kind: &str| self.plan.half_kinds.contains(kind);
        let mut fields: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
        let mut objects: BTreeMap<(&str, &str), BTreeMap<&str, usize>> = BTreeMap::new();
        for step in self.steps() {
            let sort = match step.verb {
                Verb::Create => "new",
                Verb::Delete => "gone",
                Verb::ReplaceCreate => "made anew",
                Verb::Update => {
                    // What a half itself is given needs no more words.
                    let within = if is_own(step.kind.name) { String::new() } else { format!(" of {}", step.kind.name) };
                    let changed =
                        step.fields.iter().filter(|change| !change.field.is_some_and(|it| it.is_call_option()));
                    for change in changed {
                        fields.entry(format!("{}{within}", change.name)).or_default().insert(half(step));
                    }
                    continue;
                }
                Verb::ReplaceRemove | Verb::Find | Verb::Issue => continue,
            };
            *objects.entry((step.kind.name, sort)).or_default().entry(half(step)).or_default() += 1;
        }
        // What happens at the same place is told together.
        let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (field, halves) in fields {
            places.entry(self.place(&halves, called)).or_default().push(field);
        }
        for ((kind, sort), halves) in objects {
            let count = number(halves.values().sum());
            places
                .entry(self.place(&halves.into_keys().collect(), called))
                .or_default()
                .push(format!("{count} {kind} {sort}"));
        }
        let told = places.into_iter().map(|(place, what)| format!("{}{place}", what.join(", ")));
        told.collect::<Vec<_>>().join("; ")
    }

    fn place(&self, halves: &BTreeSet<&str>, called: &dyn Fn(&str) -> String) -> String {
        if self.of.origin.fabric != FabricWord::Connection {
            return match halves.len() {
                1 => halves.iter().map(|half| format!(" on {}", called(half))).collect(),
                count => format!(" on {}", counted(count, "controller")),
            };
        }
        match (halves.len(), self.of.halves.len()) {
            (_, 1) => String::new(),
            (1, _) => halves.iter().map(|half| format!(" on {}", called(half))).collect(),
            _ => " on both halves".to_owned(),
        }
    }

    /// What it means to traffic, and who moved.
    fn notes(&self, verb: FabricVerb) -> Vec<String> {
        let mut notes = Vec::new();
        let worst = self.steps().map(|step| step.disruption).max().unwrap_or(Disruption::None);
        let is_one = self.steps().any(|step| matches!(step.timing, Timing::With(_)));
        let rekeys = self.steps().flat_map(|step| &step.fields).any(|change| change.after.has_secret());
        match disturbance(worst).filter(|_| verb != FabricVerb::Create) {
            Some(_) if is_one && rekeys && worst <= Disruption::TunnelBounce => notes.push("one re-key".to_owned()),
            Some(what) if is_one => notes.push(format!("one {what}")),
            Some(what) => {
                let count = self.steps().filter(|step| step.disruption == worst).count();
                notes.push(if count == 1 { what.to_owned() } else { counted(count, what) });
            }
            None => {}
        }
        let causes: BTreeSet<Cause> = self.steps().filter_map(|step| step.cause).collect();
        let told = [(Cause::Drift, "drift"), (Cause::Conflict, "conflict"), (Cause::Left, "left by a failed run")];
        notes.extend(told.iter().filter(|(cause, _)| causes.contains(cause)).map(|(_, words)| (*words).to_owned()));
        notes
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::attr::Attr;
    use crate::plan::testing::{World, address};
    use crate::secret::Secret;

    /// Both halves of a connection as they were applied, which are given another key and whatever else is said.
    fn rekeyed(more: &[(&str, &str)]) -> Vec<FabricChange> {
        let login = "credentials: { username: api, password: '${var.pw}' }";
        let of = |n: u8, name: &str| format!("  {name}:\n    at: https://203.0.113.{n}:8000/api\n    {login}\n");
        let mut world = World::reading(&format!("vns3:\n{}{}", of(1, "london"), of(2, "paris")));
        for (at, to) in [("london", "paris"), ("paris", "london")] {
            let half = format!("{at}/ipsec-endpoints/core-{to}");
            let shown = json!({ "id": 1, "name": format!("core-{to}"), "ipaddress": "198.51.100.7", "psk": "old" });
            let mut wanted = json!({ "ipaddress": "198.51.100.7" });
            for (_, field) in more.iter().filter(|(half, _)| *half == at) {
                wanted[*field] = json!(false);
            }
            world = world
                .wants(&half, wanted)
                .applied(&half, "1", json!({ "ipaddress": "198.51.100.7" }))
                .shows(&format!("{at}/ipsec-endpoints"), shown)
                .comes_from(&half, &format!("fabric/vpns/core/london-paris/{at}"));
            let key = Attr::Secret(Secret::new("secret.psk", "canary"));
            world.topology.resources.get_mut(&address(&half)).unwrap().fields.insert("secret".into(), key);
        }
        changes(&world.plan())
    }

    #[test]
    fn a_new_key_for_both_halves_is_one_line_and_one_re_key() {
        for (more, what, sort) in [
            (&[][..], "secret on both halves", "secret on both halves"),
            (&[("london", "pfs"), ("paris", "pfs")], "pfs, secret on both halves", "pfs, secret on both halves"),
            (&[("paris", "pfs")], "secret on both halves; pfs on paris", "secret on both halves; pfs on one half"),
        ] {
            let told = rekeyed(more);
            let [change] = &told[..] else { panic!("{told:?}") };
            assert_eq!((change.verb, change.what.as_str(), change.sort.as_str()), (FabricVerb::Update, what, sort));
            assert_eq!(change.notes, ["one re-key"]);
            assert_eq!(change.steps, [0, 1]);
        }
    }
}
