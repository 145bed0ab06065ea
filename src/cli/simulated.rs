//! Rehearsals: every target of a workspace redirected to a simulated installation of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use crate::attr::Attr;
use crate::cli::CommandError;
use crate::cli::stop::Doing;
use crate::session::{Clock, Http, Passing};
use crate::spec::{Auth, Type};
use crate::topology::references::References;
use crate::topology::{Target, Tls, Topology, own_file};
use sim::{self, Server};
use wire::{Method, Request, Transport};

/// A rehearsal that is under way.
pub(crate) struct Rehearsal {
    server: Option<Server>,
    /// The simulators' URL.
    root: String,
    /// What asks at their side door: one client, whose trust takes time to load, for all targets.
    http: Arc<Http>,
}

impl Rehearsal {
    /// Redirects a topology's targets to the simulators at a URL, or to ones in this process if it is empty.
    /// `versions` are those that the command line gives.
    pub(crate) async fn begin(
        url: &str,
        versions: &[String],
        topology: &mut Topology,
    ) -> Result<Rehearsal, CommandError> {
        if !url.is_empty() && !versions.is_empty() {
            let stop = CommandError::failed("`--sim-version` is for simulators in this process".to_owned());
            return Err(stop.help("start those at the URL with it: `trueup sim --version PROVIDER=VERSION`"));
        }
        let mut versions = sim_versions(versions)?;
        let of_targets = topology.targets.values().filter_map(|target| {
            Some((format!("{}/{}", target.provider.name, target.name), target.sim_version.clone()?))
        });
        versions.extend(of_targets);
        let server = if url.is_empty() {
            Some(serve(&topology.folder, topology.environment.as_deref(), versions).await?)
        } else {
            None
        };
        for target in topology.targets.values_mut() {
            let provider = target.provider.name;
            let root = match &server {
                Some(server) => format!("http://{}/{provider}/{}", server.address, target.name),
                None => format!("{}/{provider}/{}", url.trim_end_matches('/'), target.name),
            };
            let base = sim::MAKERS.iter().find(|maker| maker.provider == provider).map_or("", |maker| maker.base);
            target.at = format!("{root}{base}");
            target.tls = Tls::default();
            if let Auth::ClientCredentials(asked) = target.provider.dialect.auth {
                let url = Attr::text(format!("{root}/oauth2/token"));
                target.credentials.fields.insert(asked.url.to_owned(), url);
            }
        }
        let root = server
            .as_ref()
            .map_or_else(|| url.trim_end_matches('/').to_owned(), |server| format!("http://{}", server.address));
        furnish(topology, &root).await;
        let http = Arc::new(Http::new(&Tls::default(), Duration::from_secs(10), 1 << 20)?);
        Ok(Rehearsal { server, root, http })
    }

    /// The time of a target's simulated controller.
    pub(crate) async fn clock(&self, target: &Target) -> SimulatedClock {
        let (provider, installation) = (target.provider.name, &target.name);
        let clock = SimulatedClock {
            http: self.http.clone(),
            url: format!("{}/_sim/{provider}/{installation}/clock", self.root),
            now: AtomicU64::new(0),
            turn: tokio::sync::Mutex::new(()),
        };
        clock.advance(Duration::ZERO).await;
        clock
    }

    /// Ends it: the state of simulators in this process is saved.
    pub(crate) async fn end(self) {
        if let Some(server) = self.server {
            let _ = server.stop().await;
        }
    }
}

/// The clock of a simulated controller. Whoever waits for it lets its time pass, and knows how late it is by then.
pub(crate) struct SimulatedClock {
    http: Arc<Http>,
    url: String,
    /// Milliseconds.
    now: AtomicU64,
    /// Whoever lets time pass: what others wait for meanwhile passes with it.
    turn: tokio::sync::Mutex<()>,
}

/// The time between two looks in a rehearsal. They cost nothing, and whoever watches sees what goes on.
const INTERVAL: Duration = Duration::from_millis(50);

impl SimulatedClock {
    async fn advance(&self, time: Duration) {
        let millis = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let request = Request::new(Method::Post, self.url.clone()).json(&json!({ "advance_ms": millis }));
        let told = self.http.send(request).await.ok();
        let told = told.and_then(|response| serde_json::from_slice::<Value>(&response.body).ok());
        let clock = told.as_ref().and_then(|told| told["clock_ms"].as_u64());
        // A simulator that does not say how late it is must not be waited for without an end.
        let now = clock.unwrap_or_else(|| self.now.load(Ordering::Relaxed).saturating_add(millis));
        self.now.fetch_max(now, Ordering::Relaxed);
    }
}

impl Clock for SimulatedClock {
    fn now(&self) -> Duration {
        Duration::from_millis(self.now.load(Ordering::Relaxed))
    }

    fn sleep(&self, time: Duration) -> Passing<'_> {
        let until = self.now() + time;
        Box::pin(async move {
            let _turn = self.turn.lock().await;
            let left = until.saturating_sub(self.now());
            // Even where none is left: others may have let time pass.
            if !left.is_zero() || time.is_zero() {
                self.advance(left).await;
            }
        })
    }

    fn interval(&self, every: Duration) -> Duration {
        every.min(INTERVAL)
    }

    fn lasts(&self, _: Duration) -> Duration {
        Duration::ZERO
    }
}

/// Puts into the simulated installations what a workspace refers to but can't declare, such as the group that a network
/// belongs to: a simulated platform has no way to know it. One that is there already, or can't be there, stays as it is.
async fn furnish(topology: &Topology, root: &str) {
    let Ok(http) = Http::new(&Tls::default(), Duration::from_secs(10), 1 << 20) else { return };
    for (target, kind, name) in referred_to(topology) {
        let Some(provider) = topology.targets.get(&target).map(|target| target.provider.name) else { continue };
        let change = json!({ "add": { "kind": kind, "fields": { "name": name } } });
        let _ = http.send(at_the_console(root, provider, &target, &change)).await;
    }
}

/// The request that makes a change at a simulated controller past its API.
fn at_the_console(root: &str, provider: &str, target: &str, change: &Value) -> Request {
    Request::new(Method::Post, format!("{root}/_sim/{provider}/{target}/console")).json(change)
}

/// Makes a change at a simulated controller past its API.
pub(crate) async fn change(root: &str, provider: &str, target: &str, change: &Value) -> Result<(), CommandError> {
    let http = Http::new(&Tls::default(), Duration::from_secs(10), 1 << 20)?;
    let request = at_the_console(root, provider, target, change);
    let response = http.send(request).await.map_err(|error| CommandError::failed(error.to_string()))?;
    match response.status {
        200 => Ok(()),
        _ => Err(CommandError::failed(format!(
            "the console of `{target}` refused: {}",
            String::from_utf8_lossy(&response.body)
        ))),
    }
}

/// Objects that targets and declared resources name and nothing declares: target, kind, name.
fn referred_to(topology: &Topology) -> BTreeSet<(String, &'static str, String)> {
    let mut found = BTreeSet::new();
    for target in topology.targets.values() {
        for field in target.provider.dialect.settings {
            if let (Type::Ref(kind), Some(name)) = (field.ty, target.settings.get(field.name).and_then(Attr::to_text)) {
                found.insert((target.name.clone(), kind, name));
            }
        }
    }
    let references = References::new(topology);
    for resource in topology.resources.values() {
        for address in references.of(resource).into_iter().map(|reference| reference.to) {
            let Some(target) = topology.targets.get(address.target()) else { continue };
            let kind = target.provider.kind(address.kind()).filter(|kind| !kind.is_declarative());
            if let (Some(kind), Some(name), None) = (kind, address.name(), address.parent()) {
                found.insert((address.target().to_owned(), kind.name, name.to_owned()));
            }
        }
    }
    found
}

/// The versions that simulated controllers are to behave like, by provider.
pub(crate) fn sim_versions(pairs: &[String]) -> Result<BTreeMap<String, String>, CommandError> {
    let mut versions = BTreeMap::new();
    for pair in pairs {
        let Some((provider, version)) = pair.split_once('=') else {
            return Err(CommandError::failed(format!("`{pair}` is not PROVIDER=VERSION")));
        };
        if sim::MAKERS.iter().all(|maker| maker.provider != provider) {
            return Err(CommandError::failed(format!("nothing simulates `{provider}`")));
        }
        versions.insert(provider.to_owned(), version.to_owned());
    }
    Ok(versions)
}

/// The file that marks a rehearsal to which no secret was ever sent.
const MARK: &str = "stand-ins";

fn state(folder: &Path, environment: Option<&str>) -> PathBuf {
    folder.join(own_file(environment, "sim"))
}

/// Says whether a workspace's rehearsal was begun by a version that sent the secrets that were there: its controllers know
/// those as their passwords, and would let nobody in with stand-ins.
pub(crate) fn holds_secrets(folder: &Path, environment: Option<&str>) -> bool {
    let state = state(folder, environment);
    let is_controller = |name: &OsStr| name.to_str().is_some_and(|name| name.contains("--") && name.ends_with(".json"));
    let mut entries = state.read_dir().into_iter().flatten().flatten();
    !state.join(MARK).exists() && entries.any(|entry| is_controller(&entry.file_name()))
}

/// Serves the simulated controllers of the workspace in that folder, where their state is kept.
pub(crate) async fn serve(
    folder: &Path,
    environment: Option<&str>,
    versions: BTreeMap<String, String>,
) -> Result<Server, CommandError> {
    let state = state(folder, environment);
    crate::private::create_folder(&state).doing("make the folder", &state)?;
    let mark = state.join(MARK);
    if !holds_secrets(folder, environment) && !mark.exists() {
        crate::private::write(&mark, b"All secrets in here are stand-ins.\n").doing("write", &mark)?;
    }
    let what = format!("start the simulated controllers whose state is in `{}`", state.display());
    let options = sim::Options { state: Some(state), latency: Duration::ZERO, versions, ..sim::Options::default() };
    sim::serve(options).await.while_doing(&what)
}
