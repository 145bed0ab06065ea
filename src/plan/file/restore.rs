//! From a plan file back to the plan.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use crate::address::Address;
use crate::attr::Attr;
use crate::diff::others::OthersItems;
use crate::diff::verdict::{Decision, FieldChange, FieldNotes, Verdict};
use crate::graph::Graph;
use crate::plan::file::sealed::open;
use crate::plan::file::{CallWork, FieldWork, RowWork, SecretsByPrint, StepWork, Work, declared_calls};
use crate::plan::halves::half_kinds;
use crate::plan::relied::SharedContent;
use crate::plan::{Brakes, Call, CallPurpose, LedgerUpdate, Payload, Plan, PurposeWord, ResultList, Step};
use crate::spec::{CallSpec, Kind, List, OpenPath, Provider};
use crate::topology::{FileContent, Topology};

/// A plan as a file gives it back.
pub(crate) struct Restored {
    /// The plan.
    pub plan: Plan,
    /// The steps that can't be carried out, by their places, each with the reason: a secret is another one by now.
    pub unfit: BTreeMap<usize, String>,
}

/// The plan that a file holds, made whole by the workspace that it is carried out with.
///
/// # Errors
/// What does not fit that workspace, or these tables.
pub(crate) fn restore(work: &Work, topology: &Topology, secrets: &SecretsByPrint) -> Result<Restored, String> {
    let reader = PlanReader { work, topology, secrets };
    let mut unfit = BTreeMap::new();
    let mut steps = Vec::with_capacity(work.steps.len());
    for (n, step) in work.steps.iter().enumerate() {
        let (step, trouble) = reader.step(step)?;
        unfit.extend(trouble.map(|why| (n, why)));
        steps.push(step);
    }
    let mut ledger_updates = BTreeMap::new();
    for (address, row) in &work.rows {
        let address: Address = address.parse().map_err(|error| format!("`{address}`: {error}"))?;
        match reader.row(&address, row) {
            Ok(update) => drop(ledger_updates.insert(address, update)),
            Err(why) => {
                let steps = work.steps.iter().enumerate().filter(|(_, step)| step.address == address);
                for (n, _) in steps {
                    unfit.entry(n).or_insert_with(|| why.clone());
                }
            }
        }
    }
    let mut graph = Graph::new(work.steps.len() + work.gates.len());
    let after = work.steps.iter().map(|step| &step.after).chain(work.gates.iter().map(|gate| &gate.after));
    for (node, after) in after.enumerate() {
        after.iter().for_each(|(first, why)| graph.add(node, *first, why.clone()));
    }
    graph.order().map_err(|_| "its steps wait for each other".to_owned())?;
    let plan = Plan {
        workspace: topology.workspace.clone(),
        environment: topology.environment.clone(),
        config: topology.digest.clone(),
        commit: topology.commit.clone(),
        key_id: None,
        is_whole: false,
        versions: work.versions.clone(),
        steps,
        graph,
        gates: work.gates.iter().map(|gate| gate.name.clone()).collect(),
        relabels: work.relabels.clone(),
        verdicts: reader.verdicts()?,
        unmanaged: Vec::new(),
        under_way: Default::default(),
        brakes: Brakes::default(),
        gaps: Vec::new(),
        expired: Vec::new(),
        chosen: None,
        fabric_findings: Vec::new(),
        half_kinds: half_kinds(topology),
        ledger_updates,
        before: BTreeMap::new(),
    };
    Ok(Restored { plan, unfit })
}

/// What a plan is read with.
struct PlanReader<'r> {
    work: &'r Work,
    topology: &'r Topology,
    secrets: &'r SecretsByPrint,
}

impl PlanReader<'_> {
    fn provider(&self, address: &Address) -> Result<&'static Provider, String> {
        let target = self.topology.targets.get(address.target());
        Ok(target.ok_or_else(|| format!("target `{}` is not declared", address.target()))?.provider)
    }

    fn kind(&self, address: &Address) -> Result<&'static Kind, String> {
        let unknown = || format!("`{address}` is of no kind that this version knows");
        self.provider(address)?.kind(address.kind()).ok_or_else(unknown)
    }

    /// What becomes of resources without a call.
    fn verdicts(&self) -> Result<Vec<Verdict>, String> {
        let adopts = self.work.adopts.iter().map(|adopt| (&adopt.address, &adopt.id, Decision::Adopt));
        let releases = self.work.releases.iter();
        let releases = releases.map(|gone| (&gone.address, &gone.id, Decision::Release(gone.reason.clone())));
        let verdict = |(address, id, decision): (&Address, &Option<String>, Decision)| {
            Ok(Verdict {
                address: address.clone(),
                kind: self.kind(address)?,
                decision,
                id: id.clone(),
                unverified: Vec::new(),
                notes: FieldNotes::default(),
                place: None,
                origin: None,
            })
        };
        let mut verdicts: Vec<Verdict> = adopts.chain(releases).map(verdict).collect::<Result<_, String>>()?;
        verdicts.sort_by(|a, b| a.address.cmp(&b.address));
        Ok(verdicts)
    }

    /// A step; with why it can't be carried out, if a secret in it is another one by now.
    fn step(&self, step: &StepWork) -> Result<(Step, Option<String>), String> {
        let kind = self.kind(&step.address)?;
        let (calls, trouble) = match step.calls.iter().map(|call| self.call(step, kind, call)).collect() {
            Ok(calls) => (calls, None),
            Err(Misfit::Secret(why)) => (Vec::new(), Some(why)),
            Err(Misfit::Tables(why)) => return Err(why),
        };
        let shared = step.shared.as_ref().map(|shared| SharedContent::from_print(shared.fields.clone(), &shared.print));
        let step = Step {
            address: step.address.clone(),
            kind,
            verb: step.verb,
            cause: step.cause,
            because: step.because.clone(),
            fields: step.fields.iter().map(|field| self.field(kind, field)).collect(),
            calls,
            leaves: step.leaves.clone(),
            disruption: step.disruption,
            relies_on: None,
            found: step.found.clone(),
            shared,
            id: step.id.clone(),
            timing: step.timing.clone(),
            // What is open now decides, and not what was when it was made.
            not_after: None,
            place: self.topology.resources.get(&step.address).map(|resource| resource.place.clone()),
            origin: step.origin.clone().map(Arc::new),
        };
        Ok((step, trouble))
    }

    /// A change. What was there before may hold a secret that nobody here has: it is told, and never sent.
    fn field(&self, kind: &'static Kind, field: &FieldWork) -> FieldChange {
        let shown = |value| open(value, self.secrets).unwrap_or_else(|_| Attr::text("(secret)"));
        FieldChange {
            field: kind.field(&field.name),
            name: field.name.clone(),
            before: shown(&field.before),
            after: shown(&field.after),
            edits: Vec::new(),
            cause: field.cause,
            others: OthersItems::default(),
        }
    }

    fn call(&self, step: &StepWork, kind: &'static Kind, call: &CallWork) -> Result<Call, Misfit> {
        let spec = self.declared(&step.address, call)?;
        let open = |value: &Value| open(value, self.secrets).map_err(Misfit::Secret);
        let body = match (&call.body, &call.file) {
            (Some(body), _) => Payload::Json(open(body)?),
            (None, Some(sha256)) => Payload::File(self.file(step, spec, sha256)?),
            (None, None) => Payload::None,
        };
        let polls = call.polls.iter().map(|pieces| {
            let pieces: Vec<Attr> = pieces.iter().map(open).collect::<Result<_, Misfit>>()?;
            Ok(OpenPath::of(pieces))
        });
        Ok(Call {
            method: call.method,
            path: open(&call.path)?,
            body,
            spec,
            purpose: purpose(kind, call)?,
            polls: polls.collect::<Result<_, Misfit>>()?,
            shows_in: call
                .shows_in
                .as_ref()
                .map(|path| self.result_list(&step.address, kind, open(path)?))
                .transpose()?,
        })
    }

    /// The call as its table declares it.
    fn declared(&self, address: &Address, call: &CallWork) -> Result<&'static CallSpec, Misfit> {
        let (kind, number) = &call.declared;
        let kind = self.provider(address).map_err(Misfit::Tables)?.kind(kind);
        let spec = kind.and_then(|kind| declared_calls(kind).nth(*number)).filter(|spec| spec.method == call.method);
        spec.ok_or_else(|| Misfit::Tables(format!("`{address}`: this version declares no such call")))
    }

    fn result_list(&self, address: &Address, kind: &'static Kind, path: Attr) -> Result<ResultList, Misfit> {
        match kind.api.list_on(self.work.versions.get(address.target()).map(String::as_str)) {
            List::Call { path: _, at, paging } => Ok(ResultList { path, at, paging }),
            _ => Err(Misfit::Tables(format!("`{address}`: this version knows no list of it"))),
        }
    }

    /// The content that a call sends, as the workspace has it.
    fn file(&self, step: &StepWork, spec: &CallSpec, sha256: &str) -> Result<FileContent, Misfit> {
        let resource = self.topology.resources.get(&step.address);
        let file = spec.body.file().and_then(|field| resource?.files.get(field));
        let other = || format!("`{}`: the file that it sends is not the one that it was made with", step.address);
        file.filter(|file| file.sha256 == sha256).cloned().ok_or_else(|| Misfit::Tables(other()))
    }

    fn row(&self, address: &Address, row: &RowWork) -> Result<LedgerUpdate, String> {
        let open_all = |fields: &BTreeMap<String, _>| {
            fields
                .iter()
                .map(|(name, value)| Ok((name.clone(), open(value, self.secrets)?)))
                .collect::<Result<_, String>>()
        };
        let resource = self.topology.resources.get(address);
        Ok(LedgerUpdate {
            kind: self.kind(address)?,
            wanted: open_all(&row.wanted)?,
            files: resource.map(|resource| resource.files.clone()).unwrap_or_default(),
            content_id: row.content_id.clone(),
            partial: row.partial.clone(),
            unknown: row.unknown.clone(),
            cleared: row.cleared.clone(),
            live_lists: open_all(&row.live_lists)?,
            expressions: row.expressions.clone(),
            after: row.after.clone(),
            id: row.id.clone(),
            stamp: row.stamp.clone(),
            origin: row.origin.clone(),
        })
    }
}

/// Why a call can't be read.
enum Misfit {
    /// A secret in it is another one by now.
    Secret(String),
    /// It does not fit the tables or the workspace.
    Tables(String),
}

fn purpose(kind: &'static Kind, call: &CallWork) -> Result<CallPurpose, Misfit> {
    let unknown =
        || Misfit::Tables(format!("a call of `{}` is for something that this version does not know", kind.name));
    Ok(match call.purpose {
        PurposeWord::Create => CallPurpose::Create,
        PurposeWord::Update => CallPurpose::Update,
        PurposeWord::Item => CallPurpose::Item,
        PurposeWord::Prepare => CallPurpose::Prepare,
        PurposeWord::Remove => CallPurpose::Remove,
        PurposeWord::Field => {
            let field = call.field.as_deref().and_then(|name| kind.field(name));
            CallPurpose::Field(field.ok_or_else(unknown)?.name)
        }
        PurposeWord::Issue => {
            let issue = kind.one_time_output().ok_or_else(unknown)?;
            CallPurpose::Issue { field: issue.field, at: issue.at() }
        }
    })
}
