//! The desired state: one topology with its targets and resources, every name resolved as far as files can say.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use serde_json::Value;
use url::Url;

use crate::address::Address;
use crate::attr::Attr;
use crate::digest::sha256;
use crate::fabric::FabricOrigin;
use crate::finding::Place;
use crate::redact::Redactor;
use crate::secret::Secret;
use crate::source::{PACKING, Unpacked, parse, read_as, unpack};
use crate::spec::{Identity, Kind, Provider, Type};
use crate::topology::content_digest::ContentDigest;
use crate::topology::environment;
use crate::topology::windows::Windows;
use crate::topology::{Allowed, GivenAt, ItemPlace, KeyPlace, LedgerPlace, Prune, RuleSetting, Sources};

/// The key under which a resource that is a whole ordered list ([`Identity::Sequence`]) holds its items.
pub(crate) const ITEMS: &str = "items";

/// The type of a field, or of a resource that is a whole ordered list.
pub(crate) fn list_type(kind: &Kind, name: &str) -> Option<Type> {
    match (kind.field(name), kind.identity) {
        (Some(field), _) => Some(field.ty),
        (None, Identity::Sequence { key, .. }) if name == ITEMS => Some(Type::Table(kind.fields, key)),
        (None, _) => None,
    }
}

/// The label of a secret whose value stands in a file for everybody to read.
pub(crate) const LITERAL: &str = "literal";

/// What a workspace wants.
#[derive(Debug, Clone)]
pub struct Topology {
    /// The workspace's name.
    pub workspace: String,
    /// The environment that is meant, where it has several.
    pub environment: Option<String>,
    /// The folder that it was read from.
    pub folder: PathBuf,
    /// What must not happen.
    pub policy: Policy,
    /// Where the ledger is kept.
    pub ledger: LedgerPlace,
    /// Where the key of its fingerprints is kept.
    pub key: KeyPlace,
    /// How many records of runs are kept.
    pub keep_runs: usize,
    /// The installations, by name.
    pub targets: BTreeMap<String, Target>,
    /// The declared resources, by address.
    pub resources: BTreeMap<Address, Resource>,
    /// Says whether none of them is wanted any more, as by `destroy`: then it is not the files that do without them.
    pub is_given_up: bool,
    /// The secrets that were looked up, so that no text from a controller repeats one.
    pub secrets: Redactor,
    /// SHA-256 over everything that was read from files, in hexadecimal. Secrets from elsewhere are not in it.
    pub digest: String,
    /// The commit that is checked out, with `+` behind it when files differ from it.
    pub commit: Option<String>,
    /// The files that it was read from.
    pub sources: Sources,
}

/// One installation of a provider.
#[derive(Debug, Clone)]
pub struct Target {
    /// Its name in the workspace.
    pub name: String,
    /// The API that it speaks.
    pub provider: &'static Provider,
    /// The API's base URL, without a trailing slash.
    pub at: String,
    /// What proves who asks.
    pub credentials: Credentials,
    /// The password that a resource sets: once that is done, it opens in place of the one among the credentials.
    pub new_password: Option<Attr>,
    /// The provider's settings, such as the tenant.
    pub settings: BTreeMap<String, Attr>,
    /// How the server is recognised.
    pub tls: Tls,
    /// The collections for which the files speak with authority: what they don't declare is removed.
    pub prune: Prune,
    /// How long it is waited for while it boots.
    pub wait: Duration,
    /// Whether all that is owned there goes.
    pub retired: bool,
    /// The version that a simulated controller in its place behaves like.
    pub sim_version: Option<String>,
    /// Where it is declared.
    pub place: Place,
}

/// What proves who asks.
#[derive(Debug, Clone, Default)]
pub struct Credentials {
    /// By the provider's field names.
    pub fields: BTreeMap<String, Attr>,
    /// A token that was there already.
    pub token: Option<Secret>,
    /// Who gives them.
    pub origin: Origin,
}

/// Who gives credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Origin {
    /// The workspace's files.
    #[default]
    Workspace,
    /// The machine: its variables, or files in its user's folders.
    Machine,
}

/// How a server is recognised.
#[derive(Debug, Clone, Default)]
pub struct Tls {
    /// SHA-256 of the server's certificate, DER, in hexadecimal: this one and no other.
    pub pin_sha256: Option<String>,
    /// A file of PEM certificates to trust instead of the system's.
    pub ca_file: Option<PathBuf>,
}

/// What must not happen, whatever the files say.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    /// A plan with more removals is refused.
    pub max_deletes: Option<usize>,
    /// Patterns of addresses that are never removed or replaced.
    pub protect: Vec<String>,
    /// What would be held, and is meant.
    pub allow: Allowed,
    /// When what may be changed.
    pub windows: Windows,
    /// How bad it is what rules find.
    pub(crate) rules: Vec<RuleSetting>,
}

/// One declared resource.
#[derive(Debug, Clone)]
pub struct Resource {
    /// Its address.
    pub address: Address,
    /// Its kind.
    pub kind: &'static Kind,
    /// The declared fields by the vendor's names, that of the YAML name filled in. References are [`Topology::referred`] to.
    pub fields: BTreeMap<String, Attr>,
    /// The fields that the files give nothing: they go back to what the API has where nobody says anything.
    pub cleared: BTreeSet<String>,
    /// Whether it is somebody else's: it is found, referred to, and never written.
    pub external: bool,
    /// The fields that are left alone: neither compared nor written.
    pub unmanaged: BTreeSet<String>,
    /// The fields of which only the declared items are ours, with where these stand among those of others.
    pub partial: BTreeMap<String, ItemPlace>,
    /// The content of the files that fields name.
    pub files: BTreeMap<String, FileContent>,
    /// Where it is declared.
    pub place: Place,
    /// Where those of its fields are given that do not stand below it.
    pub given_at: BTreeMap<String, GivenAt>,
    /// The declaration of the fabric that it came from; `None` if files declare it one by one.
    pub origin: Option<Arc<FabricOrigin>>,
    /// The name that it had until now, if the files say one: what has that name is this object.
    pub renamed_from: Option<String>,
}

/// What a field of type file names: a file, a folder (packed reproducibly), or something at a URL.
#[derive(Debug, Clone)]
pub struct FileContent {
    /// The path as the workspace says it; a URL without its pin.
    pub path: String,
    /// The name under which it would be sent.
    pub file_name: String,
    /// SHA-256 of the bytes, in hexadecimal.
    pub sha256: String,
    /// The bytes, or where they are.
    pub content: Content,
    /// More of what is packed here; `None` of what is a file already.
    pub packed: Option<PackedFolder>,
    /// The id of what it was uploaded as, where that is another one than it would be given now.
    pub uploaded_as: Option<String>,
    /// The YAML documents in it, once somebody has asked for them.
    pub parsed: ParsedDocuments,
}

/// What is known of a folder that was packed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PackedFolder {
    /// SHA-256 of the bytes that earlier packing rules give, by their numbers, where those are others.
    pub by_earlier_rules: BTreeMap<u32, String>,
}

/// What can be read of some content, read once whoever asks.
#[derive(Debug, Clone, Default)]
pub struct ParsedDocuments(Arc<OnceLock<ReadContent>>);

/// What can be read of some content.
#[derive(Debug, Clone, Default)]
pub(crate) struct ReadContent {
    /// Its YAML documents by their paths.
    pub documents: BTreeMap<String, Value>,
    /// Its documents that are no YAML, each with the reason.
    pub broken: BTreeMap<String, String>,
    /// Says whether there are more documents, which are too much to read.
    pub has_more: bool,
    /// Says why it is no whole archive.
    pub damage: Option<String>,
}

/// Where content is. Which content is meant is known either way: its digest says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// Here.
    Here(Arc<Vec<u8>>),
    /// At a URL, and not fetched.
    At(Url),
}

/// How the words begin by which the ledger remembers content.
pub(crate) const DIGEST: &str = "sha256:";

/// The part of a digest that stands in an id.
fn digits(digest: &str) -> Option<&str> {
    digest.get(..12)
}

impl FileContent {
    /// The word by which the ledger remembers the content.
    pub fn stamp(&self) -> String {
        format!("{DIGEST}{}", self.sha256)
    }

    /// Says whether it is what the ledger remembers by that word, which the rule of that number gave: an earlier one may give
    /// the same folder another digest.
    pub(crate) fn is_remembered_as(&self, word: &str, rule: Option<u32>) -> bool {
        let digest = word.strip_prefix(DIGEST);
        let earlier = self.packed.as_ref().and_then(|packed| packed.by_earlier_rules.get(&rule.unwrap_or(1)));
        digest == Some(self.sha256.as_str()) || digest.is_some() && digest == earlier.map(String::as_str)
    }

    /// The id that it goes by under a name, unless it has another one already: `<name>-<first 12 digits of the digest>`.
    pub(crate) fn id(&self, name: &str) -> Option<String> {
        self.uploaded_as.clone().or_else(|| self.ids(name).next())
    }

    /// The ids that the packing rules give it, the current one first, then the latest.
    pub(crate) fn ids(&self, name: &str) -> impl Iterator<Item = String> {
        let earlier = self.packed.iter().flat_map(|packed| packed.by_earlier_rules.values().rev());
        let digests = std::iter::once(&self.sha256).chain(earlier);
        digests.filter_map(|digest| digits(digest)).map(move |digits| format!("{name}-{digits}"))
    }

    /// The ids that it may go by, the first of them as [`FileContent::ids`] gives it. What else decides about its object is in
    /// the others.
    pub(crate) fn ids_with(&self, name: &str, decides: &str) -> impl Iterator<Item = String> {
        let further = (1..).map(move |n: u32| sha256(format!("{}\n{decides}\n{n}", self.sha256)));
        let further = further.filter_map(move |digest| Some(format!("{name}-{}", digits(&digest)?)));
        self.ids(name).take(1).chain(further)
    }

    /// What tells it from other content.
    pub(crate) fn digest(&self) -> ContentDigest {
        self.bytes().map_or_else(|| ContentDigest::of_absent(&self.sha256), ContentDigest::of)
    }

    /// The YAML documents in it, if it is here, by their paths. What is no YAML is left out.
    pub(crate) fn documents(&self) -> Option<&BTreeMap<String, Value>> {
        Some(&self.read()?.documents)
    }

    /// What can be read of it, if it is here.
    pub(crate) fn read(&self) -> Option<&ReadContent> {
        let bytes = self.bytes()?;
        Some(self.parsed.0.get_or_init(|| {
            let Unpacked { documents, has_more, damage } = unpack(bytes);
            let mut read = ReadContent { has_more, damage, ..ReadContent::default() };
            for (path, text) in documents {
                if let Err(error) = parse(&text) {
                    read.broken.insert(path, error.message);
                } else if let Ok(document) = read_as(&text) {
                    read.documents.insert(path, document);
                }
            }
            read
        }))
    }

    /// The number of the rule by which it is packed here, if it is.
    pub(crate) fn packing(&self) -> Option<u32> {
        self.packed.is_some().then_some(PACKING)
    }

    /// The bytes, if they are here.
    pub fn bytes(&self) -> Option<&[u8]> {
        match &self.content {
            Content::Here(bytes) => Some(bytes),
            Content::At(_) => None,
        }
    }
}

impl Resource {
    /// One of which nothing is declared.
    pub(crate) fn bare(address: &Address, kind: &'static Kind) -> Resource {
        Resource {
            address: address.clone(),
            kind,
            fields: BTreeMap::new(),
            cleared: BTreeSet::new(),
            external: false,
            unmanaged: BTreeSet::new(),
            partial: BTreeMap::new(),
            files: BTreeMap::new(),
            place: Place::file(""),
            given_at: BTreeMap::new(),
            origin: None,
            renamed_from: None,
        }
    }

    /// The text that a field has, given or by default.
    pub(crate) fn text_of(&self, field: &str) -> Option<String> {
        match self.fields.get(field) {
            Some(attr) => attr.to_text(),
            None => self.kind.field(field)?.default?.value().to_text(),
        }
    }

    /// The object's id, where files alone decide it ([`Identity::Content`]). What is external and comes without content is
    /// called by its id.
    pub fn content_id(&self) -> Option<String> {
        match self.kind.identity {
            Identity::Content(field, []) if self.external && !self.files.contains_key(field) => {
                self.address.name().map(str::to_owned)
            }
            Identity::Content(field, []) => self.files.get(field)?.id(self.address.name()?),
            _ => None,
        }
    }
}

impl Topology {
    /// A file of the program's own, kept for this environment.
    pub(crate) fn own_file(&self, name: &str) -> PathBuf {
        self.folder.join(environment::own_file(self.environment.as_deref(), name))
    }

    /// The declared resources of a target.
    pub(crate) fn resources_at<'t>(&'t self, target: &'t str) -> impl Iterator<Item = &'t Resource> {
        let from = self.resources.range(Address::first_of(target)..);
        from.take_while(move |(address, _)| address.target() == target).map(|(_, resource)| resource)
    }

    /// The address that a reference means: a resource of one of the kinds, by name, looked for beside the one that refers,
    /// then beside its parent, and so on up to the target. A name with slashes goes down through parents: `to-west/lan`.
    ///
    /// The address is made even if nothing declares it; `None` only where no such place exists.
    pub fn referred(&self, from: &Address, provider: &Provider, kinds: &[&str], name: &str) -> Option<Address> {
        let candidates: Vec<Address> = kinds.iter().filter_map(|kind| place_of(from, provider, kind, name)).collect();
        candidates.iter().find(|address| self.resources.contains_key(address)).or(candidates.first()).cloned()
    }
}

/// Where a resource of that kind and name stands, seen from another resource of the target.
fn place_of(from: &Address, provider: &Provider, kind: &str, name: &str) -> Option<Address> {
    let declared = provider.kind(kind)?;
    let own = if declared.identity.is_single() { None } else { Some(name) };
    let mut around = Some(from.clone());
    while let Some(place) = around {
        if place.parent().as_ref().map(Address::kind) == declared.parent {
            return Some(place.sibling(kind, own));
        }
        around = place.parent();
    }
    let parent = declared.parent?;
    let (above, last) = name.rsplit_once('/')?;
    Some(place_of(from, provider, parent, above)?.child(kind, Some(last)))
}
