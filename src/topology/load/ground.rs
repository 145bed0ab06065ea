//! The ground that a workspace stands on now, where its files are those of an earlier revision: where the targets are and who
//! asks there, where secrets come from, and where the ledger is. Whoever goes back to what was wanted does not mean the
//! addresses and passwords of that day.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::own_settings::OwnSettings;
use super::{FileSource, Input, Options, no_folder, read_files};
use crate::finding::{Finding, Place};
use crate::source::{Folder, Tree, TreeError};
use crate::spec::Provider;
use crate::topology::envelope::SecretSource;
use crate::topology::evaluate::Evaluator;
use crate::topology::read::Reader;
use crate::topology::resolve;
use crate::topology::secrets::{Secrets, mistakes};
use crate::topology::texts::Texts;
use crate::topology::{KeyPlace, LedgerPlace, Target};

/// The secrets of a workspace by name: where each comes from, and where that is declared.
pub(super) type SecretSources = BTreeMap<String, (SecretSource, Place)>;

/// The files as they are now.
pub(super) struct Ground {
    tree: Folder,
    input: Input,
    own: OwnSettings,
    findings: Vec<Finding>,
}

/// What they say of where things are.
pub(super) struct PlacesNow {
    /// The workspace's name.
    pub workspace: String,
    /// The targets, each with all but what it speaks for.
    pub targets: BTreeMap<String, Target>,
    /// The ledger, the key of its fingerprints, and how many records of runs are kept.
    pub ledger: (LedgerPlace, KeyPlace, usize),
}

/// The secrets, and where everything is where the files themselves do not say so.
pub(super) fn secrets_and_places(
    (folder, catalogue, options): (&Path, &'static [&'static Provider], &Options),
    sources: SecretSources,
    findings: &mut Vec<Finding>,
) -> Result<(Secrets, Option<PlacesNow>), Vec<Finding>> {
    let ground = Ground::read(folder, catalogue, options).map_err(|trouble| vec![*no_folder(folder, &trouble)])?;
    let sources = ground.iter().fold(sources, |earlier, ground| ground.secrets(earlier));
    findings.append(&mut mistakes(&sources));
    let secrets = Secrets::new(folder, sources, options.secrets).with_door(options.vault.clone());
    let places = ground.map(|ground| ground.places(catalogue, &secrets, options, findings));
    Ok((secrets, places))
}

impl Ground {
    /// Reads the folder of a workspace that goes back to a revision; `None` where it does not.
    ///
    /// # Errors
    /// There is no such folder.
    pub(super) fn read(
        folder: &Path,
        catalogue: &'static [&'static Provider],
        options: &Options,
    ) -> Result<Option<Ground>, TreeError> {
        let FileSource::BackTo(_) = &options.source else { return Ok(None) };
        let tree = Folder::open(folder)?;
        let input = Input::read(&tree, catalogue, options);
        let mut findings = Vec::new();
        let own = OwnSettings::read(&input, &tree, options, &mut findings);
        Ok(Some(Ground { tree, input, own, findings }))
    }

    /// The secrets, those of today before those of the revision.
    pub(super) fn secrets(&self, earlier: SecretSources) -> SecretSources {
        earlier.into_iter().chain(self.own.secret_sources()).collect()
    }

    /// Where things are. What keeps that from being known is a finding.
    pub(super) fn places(
        self,
        catalogue: &'static [&'static Provider],
        secrets: &Secrets,
        options: &Options,
        findings: &mut Vec<Finding>,
    ) -> PlacesNow {
        let Ground { tree, mut input, own: OwnSettings { envelope, place, variables, .. }, findings: mut found } = self;
        input.drop_content(catalogue);
        found.append(&mut input.findings());
        let complete = input.is_complete();
        let mut reader = Reader::new(catalogue, &variables);
        let layers = Arc::new(std::mem::take(&mut input.layers));
        read_files(&mut reader, input);
        let drafts = reader.drafts;
        let texts = Texts::new(&tree as &dyn Tree, options.max_file_bytes, layers);
        let mut evaluator = Evaluator::new(&drafts, &variables, secrets, texts, complete);
        let targets = resolve::targets(&drafts, &mut evaluator, &BTreeMap::new());
        found.append(&mut evaluator.findings);
        let settings = envelope.ledger.unwrap_or_default();
        let ledger = settings.places(secrets, options.ledger_file(), &place.below("ledger"), &mut found);
        findings.extend(found.into_iter().filter(Finding::is_error).map(of_today));
        PlacesNow { workspace: envelope.workspace, targets, ledger }
    }
}

/// A finding in files that are not those of the workspace: these have other lines.
fn of_today(finding: Finding) -> Finding {
    let file = finding.place.as_ref().map(|place| format!(" in `{}`", place.file)).unwrap_or_default();
    let message = format!("{finding}{file} as it is now, which says where the targets are");
    let told = Finding::error(finding.code, message);
    match finding.help {
        Some(help) => told.help(help),
        None => told,
    }
}
