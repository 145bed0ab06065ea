//! The plan: one ordered value that holds every request.
//!
//! Nothing is left to choose at execution time. A step is one change of one resource; its calls are data; its edges say
//! what it waits for and why. The same comparison gives the same plan, byte for byte.
//!
//! * `build`: from verdicts to steps; `needs`: steps that no verdict asks for
//! * `call`: a request as data; `calls`, `fill`, `lists`, `item_calls`: how it is written from the kind's table
//! * `edges`, `timing`: what waits for what; `halves`: which steps are about halves of connections
//! * `choice`: the part of it that somebody wants
//! * `brakes`, `gaps`, `relied`: what has to be meant, what was not known, what the plan relies on
//! * `summary`: how much it holds
//! * `settled`, `recording`: what needs no step; the rows that the ledger gets; `before`: what its steps find
//! * `file`: a plan as a file holds it, and back
//! * `testing`, `laws`: a world without sockets, and what holds in it for every history

mod before;
mod brakes;
mod build;
mod call;
mod calls;
pub(crate) mod choice;
mod edges;
mod expired;
pub(crate) mod file;
mod fill;
mod gaps;
mod halves;
mod item_calls;
#[cfg(test)]
mod laws;
mod lists;
mod look_alikes;
mod needs;
mod recording;
mod relied;
pub(crate) mod revisions;
mod settled;
mod summary;
#[cfg(test)]
pub(crate) mod testing;
mod timing;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::attr::{Attr, Output};
use crate::diff::connections::FabricFinding;
use crate::diff::emptied;
use crate::diff::resolve::ResolvedFields;
pub(crate) use crate::diff::verdict::FieldChange;
use crate::diff::verdict::{Cause, Verdict};
use crate::fabric::FabricOrigin;
use crate::finding::Place;
use crate::graph::Graph;
use crate::plan::relied::SharedContent;
use crate::spec::{Disruption, Kind};
use crate::state::IdentityKey;
use crate::state::relabel::Relabel;
use crate::topology::{FileContent, ItemPlace};

pub(crate) use before::{PreImage, images};
pub(crate) use brakes::Brakes;
pub use build::plan;
pub(crate) use call::ResultList;
pub(crate) use call::{Call, CallPurpose, Payload, PurposeWord};
pub(crate) use choice::{Choice, ChosenPart, Mode, defer, plan_of};
pub(crate) use expired::Expired;
pub(crate) use gaps::Gap;
pub(crate) use recording::{Recording, adopted, intents};
pub(crate) use settled::Settled;
pub(crate) use summary::Summary;

/// What is to be done, in order.
#[derive(Debug)]
pub struct Plan {
    /// The workspace's name.
    pub workspace: String,
    /// The environment that it is for, where the workspace has several.
    pub environment: Option<String>,
    /// Digest of the files that the plan was made from.
    pub config: String,
    /// The commit that is checked out.
    pub commit: Option<String>,
    /// What tells the key of the digests in it from other keys; `None` where there is no key, and no digest.
    pub key_id: Option<String>,
    /// Says whether it speaks for all that is declared and owned. One that a file holds speaks for its own steps.
    pub(crate) is_whole: bool,
    /// The servers' versions, by target, where they make a difference.
    pub(crate) versions: BTreeMap<String, String>,
    /// The steps, each after what it waits for.
    pub steps: Vec<Step>,
    /// The edges between steps, by their place in `steps`, with the reason. Nodes past the steps are [`Plan::gates`].
    pub graph: Graph<String>,
    /// Points that many steps wait for: all steps of one kind at one target.
    pub gates: Vec<String>,
    /// The entries of the ledger that go by other addresses from now on.
    pub relabels: Vec<Relabel>,
    /// Every verdict, for the summary, the holds and the ledger.
    pub verdicts: Vec<Verdict>,
    /// Live objects that nobody declares or owns.
    pub unmanaged: Vec<Address>,
    /// Objects that a controller is still at work on and that the plan can't do without: a step lives in one, refers to
    /// one, or could not be written because of one. Whoever waits until they are done gets a better plan.
    pub under_way: BTreeSet<Address>,
    /// The removals, and the limits that they go beyond; none where nobody holds the plan against what is owned.
    pub brakes: Brakes,
    /// What keeps it from being an all-clear, besides what was not seen.
    pub gaps: Vec<Gap>,
    /// What can't be used any more, by the servers' own clocks.
    pub expired: Vec<Expired>,
    /// The choice that it was made with; `None` where nothing could be left out.
    pub chosen: Option<ChosenPart>,
    /// What the ledger is to remember of each declared resource once it is as it should be.
    pub ledger_updates: BTreeMap<Address, LedgerUpdate>,
    /// What is wrong with connections and meshes of the fabric at the controllers.
    pub(crate) fabric_findings: Vec<FabricFinding>,
    /// The kinds whose objects are halves of connections.
    pub(crate) half_kinds: BTreeSet<&'static str>,
    /// What its steps find, for whoever wants to go back.
    pub(crate) before: BTreeMap<Address, PreImage>,
}

/// What the ledger is to remember of a resource, and how its object is told from others: all that it takes to write its
/// row once a step is done.
#[derive(Debug, Clone)]
pub struct LedgerUpdate {
    /// Its kind.
    pub(crate) kind: &'static Kind,
    /// The wanted fields as they go to the wire; holes are filled at apply time.
    pub wanted: ResolvedFields,
    /// The content of the files that fields name.
    pub(crate) files: BTreeMap<String, FileContent>,
    /// The object's id, where content decides it.
    pub(crate) content_id: Option<String>,
    /// The fields of which only our items count, with where these stand among those of others.
    pub(crate) partial: BTreeMap<String, ItemPlace>,
    /// The declared fields of which nobody can say that they are as wanted: those that differ, and those that the API does
    /// not show and that were never sent.
    pub(crate) unknown: BTreeSet<String>,
    /// The fields that the files give nothing, and that are so.
    pub cleared: BTreeSet<String>,
    /// The lists that are live before anything is written, in the form in which values are compared.
    pub live_lists: ResolvedFields,
    /// The fields whose value comes from other resources, with the expression.
    pub expressions: BTreeMap<String, String>,
    /// What it depends on.
    pub after: BTreeSet<Address>,
    /// The provider's id, where it is known.
    pub id: Option<String>,
    /// What the list says about the object's age, where that saves a read.
    pub stamp: Option<String>,
    /// The declaration of the fabric that it comes from, as a path.
    pub(crate) origin: Option<String>,
}

impl LedgerUpdate {
    /// What comes out empty where its resource needs a value, as far as `find` knows by now.
    pub(crate) fn emptied(&self, find: &dyn Fn(&Output) -> Option<Attr>) -> Option<String> {
        emptied::now(self.kind, &self.wanted, find)
    }

    /// What tells the wanted object from the others of its collection, with the outputs that are known by now.
    pub(crate) fn identity(&self, find: &dyn Fn(&Output) -> Option<Attr>) -> Option<IdentityKey> {
        let filled = |name: &str| self.wanted.get(name).map(|attr| attr.fill(find));
        IdentityKey::wanted(self.kind, self.content_id.as_deref(), &filled)
    }
}

/// One change of one resource.
#[derive(Debug, Clone)]
pub struct Step {
    /// The resource.
    pub address: Address,
    /// Its kind.
    pub kind: &'static Kind,
    /// What is done.
    pub verb: Verb,
    /// Why it differs; `None` where nothing does.
    pub cause: Option<Cause>,
    /// Why it is done, when no field says so.
    pub because: Option<String>,
    /// The fields that change; for a create, all that are declared.
    pub fields: Vec<FieldChange>,
    /// The calls, one after the other.
    pub calls: Vec<Call>,
    /// What a removed object made for itself and leaves behind, with the provider's ids: the calls remove it too.
    pub leaves: Vec<(Address, String)>,
    /// What it does to traffic.
    pub disruption: Disruption,
    /// Digest of the live object that it relies on; `None` if there is none.
    pub relies_on: Option<String>,
    /// The fields of that object that it relies on, as keyed digests by their names, and the id under the empty one.
    pub(crate) found: BTreeMap<String, String>,
    /// What others share of it, as it was when the plan was made: a look right before the first call has to find it so.
    pub(crate) shared: Option<SharedContent>,
    /// The provider's id of that object.
    pub id: Option<String>,
    /// When its turn comes, once it waits for no other step.
    pub(crate) timing: Timing,
    /// From when on it must not begin any more; `None` if it may at any time.
    pub not_after: Option<Timestamp>,
    /// Where it is declared.
    pub place: Option<Place>,
    /// The declaration of the fabric that its resource comes from, or came from.
    pub origin: Option<Arc<FabricOrigin>>,
}

/// When the turn of a step comes that waits for no other step.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Timing {
    /// As soon as there is room at its target.
    #[default]
    Any,
    /// When nothing else is under way at its target.
    Alone,
    /// When nothing else is left at its target.
    Last,
    /// Together with the step on this resource, and not without it.
    With(Address),
}

impl Timing {
    /// Says whether any time is as good.
    pub(crate) fn is_any(&self) -> bool {
        *self == Timing::Any
    }
}

impl Step {
    /// The address under which an object with this id is owned once other content took its place, until it goes; `None` of
    /// objects that are not content with a label.
    pub(crate) fn aside(&self, id: &str) -> Option<Address> {
        self.kind.identity.is_labelled_content().then(|| self.address.sibling(self.kind.name, Some(id)))
    }

    /// Says whether it changes in place what tells its object from the others.
    pub(crate) fn moves_identity(&self) -> bool {
        let Some(names) = self.kind.identity.telling_fields() else { return false };
        self.verb == Verb::Update && self.fields.iter().any(|change| names.contains(&change.name.as_str()))
    }

    /// Says whether it sends a field: a new object is made with all that is declared.
    pub(crate) fn writes(&self, field: &str) -> bool {
        self.verb.creates() || self.fields.iter().any(|change| change.name == field)
    }
}

/// What a step does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verb {
    /// Makes the object.
    Create,
    /// Changes it in place.
    Update,
    /// Removes the old object of a replacement.
    ReplaceRemove,
    /// Makes the new object of a replacement.
    ReplaceCreate,
    /// Removes the object.
    Delete,
    /// Asks for a one-time output that another step needs.
    Issue,
    /// Waits until an object shows that comes along with another one.
    Find,
}

impl Verb {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Verb::Create => "create",
            Verb::Update => "update",
            Verb::ReplaceRemove | Verb::ReplaceCreate => "replace",
            Verb::Delete => "delete",
            Verb::Issue => "issue",
            Verb::Find => "find",
        }
    }

    /// Says whether it makes an object.
    pub fn creates(self) -> bool {
        matches!(self, Verb::Create | Verb::ReplaceCreate)
    }

    /// Says whether it removes an object.
    pub fn removes(self) -> bool {
        matches!(self, Verb::Delete | Verb::ReplaceRemove)
    }
}

impl Plan {
    /// The name of a node: a step's address, or a gate's words.
    pub fn node_name(&self, node: usize) -> String {
        match self.steps.get(node) {
            Some(step) => step.address.to_string(),
            None => self.gates.get(node - self.steps.len()).cloned().unwrap_or_default(),
        }
    }

    /// Takes steps out that need not be done, by their places. What waited for them waits no more.
    pub(crate) fn take_out(&mut self, settled: &BTreeSet<usize>) {
        let count = self.steps.len();
        let kept: Vec<usize> = (0..count + self.gates.len()).filter(|node| !settled.contains(node)).collect();
        let places: BTreeMap<usize, usize> = kept.iter().enumerate().map(|(place, node)| (*node, place)).collect();
        let mut graph = Graph::new(kept.len());
        for (place, node) in kept.iter().enumerate() {
            for (first, why) in self.graph.after(*node) {
                if let Some(first) = places.get(&first) {
                    graph.add(place, *first, why.clone());
                }
            }
        }
        let mut place = 0;
        self.steps.retain(|_| {
            place += 1;
            !settled.contains(&(place - 1))
        });
        self.graph = graph;
    }

    /// Forgets what it says of other addresses: for whoever tells of some, and carries nothing out.
    pub(crate) fn tell_only(&mut self, is_meant: &dyn Fn(&Address) -> bool) {
        let others = self.steps.iter().enumerate().filter(|(_, step)| !is_meant(&step.address));
        let others = others.map(|(n, _)| n).collect();
        self.take_out(&others);
        self.verdicts.retain(|verdict| is_meant(&verdict.address));
        self.unmanaged.retain(|address| is_meant(address));
        self.fabric_findings.retain(|finding| finding.explains.iter().any(is_meant));
    }

    /// The files that are sent.
    pub fn files(&self) -> impl Iterator<Item = &FileContent> {
        self.steps.iter().flat_map(|step| &step.calls).filter_map(|call| match &call.body {
            Payload::File(file) => Some(file),
            Payload::None | Payload::Json(_) => None,
        })
    }

    /// The files that are sent, to put content into them that was not here when the plan was made.
    pub fn files_mut(&mut self) -> impl Iterator<Item = &mut FileContent> {
        self.steps.iter_mut().flat_map(|step| &mut step.calls).filter_map(|call| match &mut call.body {
            Payload::File(file) => Some(file),
            Payload::None | Payload::Json(_) => None,
        })
    }

    /// Says whether nothing is to be written to any controller.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }
}
