//! `trueup adopt --drift`: what somebody changed at a controller is taken into the files, as a patch for `git apply`.
//!
//! A patch is printed when it is proven: the workspace is read as if it had been applied, planned against the same look, and
//! of the addresses nothing is left to do. What would still change is left out and told.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use similar::TextDiff;

use crate::address::Address;
use crate::cli::common::{self, ConnectedWorkspace};
use crate::cli::exit::{ExitRow, Fact, Findings};
use crate::cli::stop::Doing;
use crate::cli::{CommandError, Exit, Global, output};
use crate::diff::content_ids::settle_ids;
use crate::diff::verdict::{Decision, Verdict};
use crate::diff::write_back::{WrittenBack, written_back};
use crate::finding::{Finding, PathKey};
use crate::observe::Scope;
use crate::plan::{Choice, Plan, plan_of};
use crate::providers::CATALOGUE;
use crate::source::{Node, SourceFile, TextChange, ValueEdit, edited, inline, parse};
use crate::state::base::Base;
use crate::state::live::Observed;
use crate::topology::{self, FileSource, Topology};

/// Looks, edits, proves, and prints the patch.
pub(crate) async fn run(
    global: &Global,
    folder: &Path,
    addresses: &[String],
    write: bool,
) -> Result<Exit, CommandError> {
    let mut workspace = ConnectedWorkspace::open(global, folder).await?;
    let mut ledger = common::open_ledger(&workspace.topology)?;
    let observed = workspace.observe(&ledger.base, Scope::Declared).await;
    workspace.forget_moved(&observed, &mut ledger.base);
    workspace.tell_troubles(None);
    if let Some(headline) = workspace.blind() {
        return Err(CommandError::failed(headline));
    }
    let plan = plan_of(&workspace.topology, &observed, &ledger.base, &Choice::default(), workspace.clock.now());
    let plan = workspace.checked(plan, &observed, &ledger.base)?;
    let proof = PatchProof { global, folder, observed: &observed, base: &ledger.base, now: workspace.clock.now() };
    let asked = asked(&plan, addresses)?;
    let mut drift = Drift::of(&workspace.topology, asked)?;
    let texts = drift.proven(&workspace.topology, &proof)?;
    tell(&workspace.topology, &texts, write)?;
    common::tell_findings(global, &workspace.topology.sources.show(drift.untold));
    let mut found = Findings::default();
    found.add_if(drift.is_part, Fact::PartWay);
    workspace.close().await;
    Ok(found.exit(ExitRow::Other))
}

/// The verdicts of the addresses that are asked for.
fn asked<'p>(plan: &'p Plan, addresses: &[String]) -> Result<Vec<&'p Verdict>, CommandError> {
    let by_name: BTreeMap<String, &Verdict> =
        plan.verdicts.iter().map(|verdict| (verdict.address.to_string(), verdict)).collect();
    let mut asked = Vec::new();
    for address in addresses {
        let Some(verdict) = by_name.get(address.as_str()) else {
            let stop = CommandError::failed(format!("`{address}` is neither declared nor owned"));
            return Err(stop.help("name an address that `trueup drift` shows"));
        };
        asked.push(*verdict);
    }
    Ok(asked)
}

/// What is to be written, by address.
struct Drift {
    /// The file of each, and what changes in it.
    back: BTreeMap<Address, (String, WrittenBack)>,
    untold: Vec<Finding>,
    /// Says whether something is not written.
    is_part: bool,
}

impl Drift {
    fn of(topology: &Topology, verdicts: Vec<&Verdict>) -> Result<Drift, CommandError> {
        let mut drift = Drift { back: BTreeMap::new(), untold: Vec::new(), is_part: false };
        let mut documents: BTreeMap<String, Vec<Node>> = BTreeMap::new();
        for verdict in verdicts {
            let Some(resource) = topology.resources.get(&verdict.address) else {
                eprintln!("note: `{}` is not declared: there is no line to change", verdict.address);
                drift.is_part = true;
                continue;
            };
            let path = resource.place.file.to_string();
            let read = || topology.sources.file(&path).map(documents_of).unwrap_or_default();
            let documents = documents.entry(path.clone()).or_insert_with(read);
            let mut back = written_back(resource, documents, verdict);
            if back.edits.is_empty() && back.untold.is_empty() {
                eprintln!("note: nobody changed `{}`: there is nothing to take into the files", verdict.address);
            }
            drift.is_part |= !back.untold.is_empty();
            drift.untold.append(&mut back.untold);
            if !back.edits.is_empty() {
                drift.back.insert(verdict.address.clone(), (path, back));
            }
        }
        Ok(drift)
    }

    /// The new texts of the files that change, by path: those of which it is proven that nothing is left to do.
    fn proven(
        &mut self,
        topology: &Topology,
        proof: &PatchProof<'_>,
    ) -> Result<BTreeMap<String, String>, CommandError> {
        while !self.back.is_empty() {
            let texts = self.texts(topology);
            let left = proof.left(&texts, self.back.keys())?;
            if left.is_empty() && self.back.values().all(|(path, _)| texts.contains_key(path)) {
                return Ok(texts);
            }
            for (address, why) in left {
                self.leave(topology, &address, &why);
            }
        }
        Ok(BTreeMap::new())
    }

    /// The new texts. What can't be edited is left out, and told.
    fn texts(&mut self, topology: &Topology) -> BTreeMap<String, String> {
        let files: BTreeSet<String> = self.back.values().map(|(path, _)| path.clone()).collect();
        let mut texts = BTreeMap::new();
        for path in files {
            let Some(file) = topology.sources.file(&path) else { continue };
            let own: Vec<(Address, &WrittenBack)> =
                self.back.iter().filter(|(_, (of, _))| *of == path).map(|(at, (_, back))| (at.clone(), back)).collect();
            let edits: Vec<_> = own.iter().flat_map(|(_, back)| back.edits.iter().cloned()).collect();
            if let Ok(text) = edited(file.text(), &edits) {
                texts.insert(path, text);
                continue;
            }
            // One of them can't be made: each is tried on its own.
            let failed: Vec<(Address, String)> = own
                .iter()
                .filter_map(|(at, back)| Some((at.clone(), edited(file.text(), &back.edits).err()?.to_string())))
                .collect();
            let edits: Vec<_> = own
                .iter()
                .filter(|(at, _)| !failed.iter().any(|(failed, _)| failed == at))
                .flat_map(|(_, back)| back.edits.iter().cloned())
                .collect();
            texts.extend(edited(file.text(), &edits).ok().map(|text| (path.clone(), text)));
            let all: Vec<Address> = own.into_iter().map(|(at, _)| at).collect();
            let together = "it can't be changed together with the others: ask for them one by one".to_owned();
            let failed = match texts.contains_key(&path) {
                true => failed,
                false => all.into_iter().map(|at| (at, together.clone())).collect(),
            };
            for (address, why) in failed {
                self.leave(topology, &address, &why);
            }
        }
        texts
    }

    /// Leaves an address out, and tells why, with what to paste.
    fn leave(&mut self, topology: &Topology, address: &Address, why: &str) {
        self.is_part = true;
        let Some((_, back)) = self.back.remove(address) else { return };
        let place = topology.resources.get(address).map(|resource| resource.place.clone());
        let message = format!("the drift of `{address}` is not written: {why}");
        let finding = place.iter().fold(Finding::warning("not-written-back", message), Finding::at);
        let lines: Vec<String> = back.edits.iter().map(in_words).collect();
        self.untold.push(finding.help(format!("change by hand: {}", lines.join("; "))));
    }
}

fn documents_of(file: &SourceFile) -> Vec<Node> {
    parse(file.text()).unwrap_or_default().into_iter().map(|document| document.root).collect()
}

/// A change as whoever makes it by hand reads it.
fn in_words(edit: &ValueEdit) -> String {
    let keys = edit.path.iter().skip(1).map(|key| match key {
        PathKey::Name(name) => name.to_string(),
        PathKey::Index(index) => index.to_string(),
    });
    let path = keys.collect::<Vec<_>>().join(".");
    match &edit.change {
        TextChange::Set(value) => format!("`{path}` to `{}`", inline(value)),
        TextChange::Remove => format!("take out `{path}`"),
        TextChange::Insert(values) => {
            let values: Vec<String> = values.iter().map(|value| format!("`{}`", inline(value))).collect();
            format!("at `{path}` put in {}", values.join(", "))
        }
    }
}

/// What it takes to prove a patch.
struct PatchProof<'p> {
    global: &'p Global,
    folder: &'p Path,
    observed: &'p Observed,
    base: &'p Base,
    now: jiff::Timestamp,
}

impl PatchProof<'_> {
    /// The addresses at which something would be left to do, each with the reason.
    fn left<'a>(
        &self,
        texts: &BTreeMap<String, String>,
        addresses: impl Iterator<Item = &'a Address>,
    ) -> Result<Vec<(Address, String)>, CommandError> {
        let source = FileSource::Edited(texts.clone());
        let options = topology::Options { source, ..common::load_options(self.global)? };
        let all = |why: &str, addresses: &mut dyn Iterator<Item = &'a Address>| {
            addresses.map(|address| (address.clone(), why.to_owned())).collect()
        };
        let mut addresses = addresses;
        let mut topology = match topology::load(self.folder, CATALOGUE, &options) {
            Ok(loaded) => loaded.topology,
            Err(findings) => {
                let first = findings.iter().find(|finding| finding.is_error()).map(Finding::to_string);
                let why = format!("the files would not be valid: {}", first.unwrap_or_default());
                return Ok(all(&why, &mut addresses));
            }
        };
        settle_ids(&mut topology, self.observed, self.base);
        let Ok(plan) = plan_of(&topology, self.observed, self.base, &Choice::default(), self.now) else {
            return Ok(all("the references would go round in a circle", &mut addresses));
        };
        let by_address: BTreeMap<&Address, &Verdict> =
            plan.verdicts.iter().map(|verdict| (&verdict.address, verdict)).collect();
        let is_left = |address: &&Address| match by_address.get(address).map(|verdict| &verdict.decision) {
            None | Some(Decision::Same | Decision::Adopt | Decision::Release(_)) => false,
            Some(_) => true,
        };
        let why = "changed so, `trueup plan` would still change it";
        Ok(addresses.filter(is_left).map(|address| (address.clone(), why.to_owned())).collect())
    }
}

/// Prints the patch, and writes the files if asked.
fn tell(topology: &Topology, texts: &BTreeMap<String, String>, write: bool) -> Result<(), CommandError> {
    let below = below_repository(&topology.folder);
    let mut patch = String::new();
    for (path, new) in texts {
        let Some(file) = topology.sources.file(path) else { continue };
        let name = below.join(path).display().to_string();
        let diff = TextDiff::from_lines(file.text(), new);
        patch.push_str(&diff.unified_diff().header(&format!("a/{name}"), &format!("b/{name}")).to_string());
    }
    output::print(&patch)?;
    if !write {
        return Ok(());
    }
    for (path, new) in texts {
        let file = topology.folder.join(path);
        let mark =
            if std::fs::read(&file).doing("read", &file)?.starts_with(b"\xef\xbb\xbf") { "\u{feff}" } else { "" };
        std::fs::write(&file, format!("{mark}{new}")).doing("write", &file)?;
        eprintln!("wrote `{}`", file.display());
    }
    Ok(())
}

/// The way from the repository's root to a folder, as `git apply` wants paths; empty outside of one.
fn below_repository(folder: &Path) -> PathBuf {
    let Ok(folder) = folder.canonicalize() else { return PathBuf::new() };
    let root = folder.ancestors().find(|folder| folder.join(".git").exists());
    root.and_then(|root| folder.strip_prefix(root).ok()).map(Path::to_owned).unwrap_or_default()
}
