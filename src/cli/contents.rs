//! Content at URLs: what a plan needs of it is fetched, and what could not be checked without it is checked.
//!
//! A plan needs what it sends, and what declares the keys that something which changes has to have. So a plan that changes
//! nothing fetches nothing, and a wrong pin or an unknown key is told before anything is written.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::stream::iter;
use url::Url;

use crate::check::{content, declared};
use crate::cli::{CommandError, Exit, Global};
use crate::finding::Finding;
use crate::plan::Plan;
use crate::session::{ContentCache, DownloadError, Downloads};
use crate::topology::{Content, FileContent, Options, Topology};

/// How much is fetched side by side: each of it is held in memory.
const PARALLEL: usize = 4;

/// Content that is not here: its digest and its URL.
type Pin = (String, Url);

/// Content by its digest.
type Fetched = BTreeMap<String, Arc<Vec<u8>>>;

/// Fetches what a plan needs, puts it into plan and topology, and checks what is declared by it.
pub(crate) async fn fetch(global: &Global, topology: &mut Topology, plan: &mut Plan) -> Result<(), CommandError> {
    let needed = needed(topology, plan);
    if needed.is_empty() {
        return Ok(());
    }
    let kept = ContentCache::of_the_user();
    let downloads = Downloads::new(Options::from_environment().max_file_bytes)?;
    let fetching = needed.into_iter().map(async |pin: Pin| (get(global, &kept, &downloads, &pin).await, pin));
    let answers: Vec<_> = iter(fetching).buffer_unordered(PARALLEL).collect().await;
    let (mut fetched, mut failed) = (Fetched::new(), BTreeMap::new());
    for (answer, pin) in answers {
        match answer {
            Ok(bytes) => drop(fetched.insert(pin.0, Arc::new(bytes))),
            Err(error) => drop(failed.insert(pin, error)),
        }
    }
    put(&fetched, plan.files_mut());
    put(&fetched, files(topology));
    let mut findings = failures(topology, &failed);
    findings.append(&mut content::find(topology));
    findings.append(&mut declared::find(topology));
    match findings.is_empty() {
        true => Ok(()),
        false => Err(CommandError::Findings(topology.sources.show(findings), Exit::Failed)),
    }
}

/// Checks what is declared by content that this machine has kept. Gives the findings, and how much is not here.
pub(crate) fn check_kept(topology: &mut Topology) -> (Vec<Finding>, usize) {
    let read: BTreeSet<Pin> = topology
        .resources
        .values()
        .flat_map(|resource| declared::read_for(topology, resource).filter_map(pin))
        .collect();
    let kept = ContentCache::of_the_user();
    let found = read.iter().filter_map(|(sha256, _)| Some((sha256.clone(), Arc::new(kept.get(sha256)?))));
    let fetched: Fetched = found.collect();
    let open = read.iter().filter(|(sha256, _)| !fetched.contains_key(sha256)).count();
    if fetched.is_empty() {
        return (Vec::new(), open);
    }
    put(&fetched, files(topology));
    let mut findings = content::find(topology);
    findings.append(&mut declared::find(topology));
    (topology.sources.show(findings), open)
}

/// The resources that a plan sends, and those that declare keys for one that it changes.
fn needed(topology: &Topology, plan: &Plan) -> BTreeSet<Pin> {
    let changed = plan.steps.iter().filter_map(|step| topology.resources.get(&step.address));
    let read = changed.flat_map(|resource| declared::read_for(topology, resource));
    plan.files().chain(read).filter_map(pin).collect()
}

/// The content to fetch, unless it is here.
fn pin(file: &FileContent) -> Option<Pin> {
    match &file.content {
        Content::Here(_) => None,
        Content::At(url) => Some((file.sha256.clone(), url.clone())),
    }
}

async fn get(global: &Global, kept: &ContentCache, downloads: &Downloads, pin: &Pin) -> Result<Vec<u8>, DownloadError> {
    let (sha256, url) = pin;
    if let Some(bytes) = kept.get(sha256) {
        return Ok(bytes);
    }
    if !global.quiet {
        eprintln!("fetching `{url}`");
    }
    let bytes = downloads.fetch(url, sha256).await?;
    kept.put(sha256, &bytes);
    Ok(bytes)
}

fn files(topology: &mut Topology) -> impl Iterator<Item = &mut FileContent> {
    topology.resources.values_mut().flat_map(|resource| resource.files.values_mut())
}

fn put<'f>(fetched: &Fetched, files: impl Iterator<Item = &'f mut FileContent>) {
    for file in files {
        if let Some(bytes) = fetched.get(&file.sha256) {
            file.content = Content::Here(bytes.clone());
        }
    }
}

/// The content that could not be fetched, wherever it is named.
fn failures(topology: &Topology, failed: &BTreeMap<Pin, DownloadError>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for resource in topology.resources.values() {
        for (field, file) in &resource.files {
            let Some(error) = pin(file).and_then(|pin| failed.get(&pin)) else { continue };
            let finding = Finding::error("not-fetched", error.to_string()).help(error.help());
            findings.push(finding.at(&resource.place.below(field)));
        }
    }
    findings
}
