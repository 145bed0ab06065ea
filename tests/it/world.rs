//! A workspace in a folder of its own whose targets are simulated, driven through the library as commands drive it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};
use trueup::parts::{
    Address, Artifact, Auth, Base, CATALOGUE, Clock, Contradiction, Decision, DeclaredObjects, Executor, Export,
    FabricOrigin, Finding, HealthLook, Http, Journal, JournalLine, Ledger, ObserveError, Observed, Observer, Outcome,
    Passing, PathTemplate, Plan, Progress, Provider, Report, RequestBody, RunClaims, Scope, Session, Sights, Step, Tls,
    Topology, Verdict, Waiting, diff, export, ledger, matching, plan, source, topology, verify,
};
use wire::Transport;

use crate::support::{Sim, SimClock};
use crate::tape::taped;

/// A workspace folder, and the simulators that its targets live in.
pub(crate) struct World<'s> {
    /// The simulators.
    pub sim: &'s Sim,
    folder: TempDir,
    runtime: Runtime,
    transport: Arc<dyn Transport>,
    /// Patterns of addresses whose removal is allowed although it destroys a lot.
    pub allow_destroy: Vec<String>,
    /// The windows of all steps close when so many have begun.
    pub closes_after: Option<usize>,
}

/// A plan.
pub(crate) struct Planned {
    /// What is to be done.
    pub plan: Plan,
    /// The calls that failed while looking.
    pub troubles: Vec<ObserveError>,
}

/// What an apply came to.
pub(crate) struct Applied {
    /// What was to be done.
    pub plan: Plan,
    /// What was done.
    pub report: Report,
    /// What is not as the plan said.
    pub contradictions: Vec<Contradiction>,
    /// What the journal says of it.
    pub journal: String,
}

impl<'s> World<'s> {
    /// An empty workspace.
    pub(crate) fn new(sim: &'s Sim) -> World<'s> {
        World::through(sim, Arc::new(Http::new(&Tls::default(), Duration::from_secs(60), 64 << 20).unwrap()))
    }

    /// An empty workspace whose requests go this way.
    pub(crate) fn through(sim: &'s Sim, transport: Arc<dyn Transport>) -> World<'s> {
        let world = World {
            sim,
            folder: TempDir::new().unwrap(),
            runtime: Builder::new_current_thread().enable_all().build().unwrap(),
            transport: taped(transport),
            allow_destroy: Vec::new(),
            closes_after: None,
        };
        world.write("trueup.yaml", "workspace: drill\n");
        world
    }

    /// The workspace's folder.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file of the workspace.
    pub(crate) fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.folder().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Declares one target: where it is and who asks, and its collections as a workspace has them.
    pub(crate) fn declare(
        &self,
        provider: &Provider,
        target: &str,
        installation: &str,
        collections: &Map<String, Value>,
    ) {
        let mut body = self.header(provider, installation);
        body.extend(collections.clone());
        let file = json!({ provider.name: { target: body } });
        self.write(&format!("{}-{target}.yaml", provider.name), source::yaml(&file));
    }

    /// What a target declares about itself.
    pub(crate) fn header(&self, provider: &Provider, installation: &str) -> Map<String, Value> {
        let at = self.sim.base_url(provider.name, installation);
        let mut credentials = Map::new();
        // A token stands in place of a password.
        for field in provider.dialect.credentials.iter().filter(|field| field.name != "token") {
            let value = match (field.name, provider.dialect.auth) {
                (name, Auth::ClientCredentials(asked)) if name == asked.url => format!("{at}/oauth2/token"),
                ("username", _) if provider.name == "vns3" => "api".to_owned(),
                (name, _) => format!("admin-{name}"),
            };
            credentials.insert(field.name.to_owned(), Value::String(value));
        }
        Map::from_iter([("at".to_owned(), json!(at)), ("credentials".to_owned(), Value::Object(credentials))])
    }

    /// Reads the workspace.
    pub(crate) fn load(&self) -> Result<Topology, Vec<Finding>> {
        let loaded = topology::load(self.folder(), CATALOGUE, &topology::Options::default())?;
        let circle = loaded.findings.iter().find(|finding| finding.code == "cycle");
        assert!(circle.is_none(), "what can be made is no circle: {circle:?}");
        let mut topology = loaded.topology;
        for allowance in self.allow_destroy.iter().map(|pattern| format!("destroy={pattern}")) {
            topology.policy.allow.add(allowance.parse().unwrap());
        }
        topology.policy.allow.add("irreversible=**".parse().unwrap());
        Ok(topology)
    }

    /// Reads the workspace, which is sound.
    pub(crate) fn topology(&self) -> Topology {
        self.load().unwrap_or_else(|findings| {
            let told: Vec<String> = findings.iter().map(|f| format!("{:?}: {f}", f.location())).collect();
            panic!("the workspace does not load:\n{}", told.join("\n"))
        })
    }

    /// Plans, and changes nothing.
    pub(crate) fn plan(&self) -> Planned {
        let topology = self.topology();
        self.runtime.block_on(async {
            let sessions = self.sessions(&topology).await;
            let base = Ledger::open(&topology).unwrap().base;
            let (observed, troubles) = Observer::new(&topology, &base, Scope::Declared).observe(&sessions).await;
            let plan = made(&topology, &observed, &base);
            Planned { plan, troubles }
        })
    }

    /// Plans and carries out.
    pub(crate) fn apply(&self) -> Applied {
        let topology = self.topology();
        self.runtime.block_on(async {
            let sessions = self.sessions(&topology).await;
            let mut ledger = Ledger::open(&topology).unwrap();
            let (observed, _) = Observer::new(&topology, &ledger.base, Scope::Declared).observe(&sessions).await;
            let mut plan = made(&topology, &observed, &ledger.base);
            let (open, closed) = (Timestamp::UNIX_EPOCH, Timestamp::UNIX_EPOCH + SignedDuration::from_secs(1));
            plan.steps.iter_mut().for_each(|step| step.not_after = self.closes_after.map(|_| closed));
            let (asked, closes_after) = (AtomicUsize::new(0), self.closes_after.unwrap_or(usize::MAX));
            let run = JournalLine::begins(
                ledger.begin_run(Vec::new(), false).unwrap(),
                &topology.workspace,
                None,
                &plan.config,
            );
            let writer = Journal::begin(&ledger::journal_folder(&topology), &run).unwrap();
            let journal = writer.path().to_owned();
            ledger.covers(journal.clone());
            let executor = Executor {
                plan: &plan,
                sights: &Sights::new(&topology),
                secrets: &topology.secrets,
                sessions: &sessions,
                progress: &Silent,
                stop: &AtomicBool::new(false),
                leave_out: &BTreeSet::new(),
                now: &|| if asked.fetch_add(1, Ordering::Relaxed) < closes_after { open } else { closed },
                known: &BTreeMap::new(),
                parallel: 16,
            };
            let before = ledger.base.clone();
            let report = executor.run(writer, &mut ledger.base).await;
            let claims = RunClaims::of(&topology, &plan, &report, &before);
            let contradictions = verify(&topology, &mut ledger.base, &sessions, &claims).await;
            let journal = fs::read_to_string(journal).unwrap();
            ledger.save().unwrap();
            Applied { plan, report, contradictions, journal }
        })
    }

    /// Plans and carries out, and insists that everything succeeds and that nothing is left to do.
    pub(crate) fn converge(&self) -> Result<Applied, String> {
        let applied = self.apply();
        applied.succeeded()?;
        let again = self.plan();
        if let Some(trouble) = again.troubles.first() {
            return Err(format!("could not look again: {trouble}"));
        }
        match again.plan.is_empty() {
            true => Ok(applied),
            false => Err(format!("a second plan is not empty:\n{}", told(&again.plan))),
        }
    }

    /// How many connections were asked whether they are up, and what is said of those that are down. Where resources come
    /// from is told by `origins`: their addresses, with the paths of declarations.
    pub(crate) fn health(&self, origins: &[(String, String)]) -> (usize, Vec<String>) {
        let mut topology = self.topology();
        let mut changed = BTreeSet::new();
        for (address, origin) in origins {
            let origin = FabricOrigin::from_path(origin).unwrap();
            changed.insert(origin.whole());
            topology.resources.get_mut(&address.parse::<Address>().unwrap()).unwrap().origin = Some(Arc::new(origin));
        }
        self.runtime.block_on(async {
            let sessions = self.sessions(&topology).await;
            let base = Ledger::open(&topology).unwrap().base;
            let look = HealthLook { topology: &topology, base: &base, sessions: &sessions };
            let health = look.after_a_change(&changed).await;
            (health.asked, health.down.into_iter().map(|finding| finding.words).collect())
        })
    }

    /// Everything that the targets' lists show and that could be declared: the address that it would have, and its id.
    pub(crate) fn inventory(&self) -> BTreeSet<String> {
        let (topology, observed) = self.everything();
        let index = matching::index(&topology, &observed, &Base::default());
        let ours = index
            .undeclared
            .iter()
            .filter(|(_, (kind, live))| kind.is_declarative() && live.foreign.is_none() && !kind.identity.is_single());
        ours.map(|(address, (_, live))| format!("{address} ({})", live.id)).collect()
    }

    /// A target as a workspace declares it.
    pub(crate) fn export(&self, target: &str) -> Export {
        let (topology, observed) = self.everything();
        let index = matching::index(&topology, &observed, &Base::default());
        let views = [(target, &observed.targets[target])];
        export(&topology, &views, &index, &DeclaredObjects::default()).remove(target).unwrap()
    }

    /// The content of the files that an export names, by path.
    pub(crate) fn contents(&self, target: &str, exported: &Export) -> BTreeMap<String, Vec<u8>> {
        let topology = self.topology();
        let artifacts = topology.targets[target].provider.artifacts;
        self.runtime.block_on(async {
            let session = &self.sessions(&topology).await[target];
            let mut contents = BTreeMap::new();
            for (path, file) in &exported.files {
                let of = |artifact: &&Artifact| artifact.of == Some(file.address.kind());
                let call = artifacts.iter().find(of).unwrap().call;
                let url = PathTemplate::of(call.path).text(&|_| Some(file.id.clone()));
                contents
                    .insert(path.clone(), session.download(call.method, &url, &RequestBody::Nothing).await.unwrap());
            }
            contents
        })
    }

    /// All that the targets hold, and the workspace as if it declared none of it.
    fn everything(&self) -> (Topology, Observed) {
        let mut topology = self.topology();
        topology.resources.clear();
        let observed = self.runtime.block_on(async {
            let sessions = self.sessions(&topology).await;
            Observer::new(&topology, &Base::default(), Scope::Everything).observe(&sessions).await.0
        });
        (topology, observed)
    }

    /// The version of a target's server, where it makes a difference.
    pub(crate) fn version(&self, target: &str) -> Option<String> {
        let topology = self.topology();
        let sessions = self.runtime.block_on(self.sessions(&topology));
        sessions[target].version().map(str::to_owned)
    }

    /// The requests that the simulators answered since the last call of this.
    pub(crate) fn requests(&self) -> Vec<Value> {
        let Value::Array(requests) = self.sim.side_door("GET", "/requests", &Value::Null) else { unreachable!() };
        self.sim.side_door("DELETE", "/requests", &Value::Null);
        requests
    }

    /// Makes a change past the API.
    pub(crate) fn console(&self, provider: &str, installation: &str, change: &Value) -> Value {
        self.sim.side_door("POST", &format!("/{provider}/{installation}/console"), change)
    }

    async fn sessions(&self, topology: &Topology) -> BTreeMap<String, Arc<Session>> {
        let mut sessions = BTreeMap::new();
        for (name, target) in &topology.targets {
            let clock = Arc::new(self.sim.clock(&target.at));
            let session = Session::open(target, &topology.secrets, Arc::clone(&self.transport), clock).await;
            sessions.insert(name.clone(), Arc::new(session.unwrap_or_else(|error| panic!("{name}: {error}"))));
        }
        sessions
    }
}

impl Clock for SimClock {
    fn now(&self) -> Duration {
        Duration::from_millis(self.millis())
    }

    fn sleep(&self, time: Duration) -> Passing<'_> {
        let until = self.millis() + time.as_millis() as u64;
        Box::pin(async move {
            // Those who sleep at the same time sleep through it together.
            tokio::task::yield_now().await;
            if self.millis() < until {
                self.advance(until - self.millis());
            }
        })
    }

    fn lasts(&self, _: Duration) -> Duration {
        Duration::ZERO
    }
}

fn made(topology: &Topology, observed: &Observed, base: &Base) -> Plan {
    plan(topology, observed, diff(topology, observed, base)).unwrap_or_else(|cycle| panic!("{cycle}"))
}

impl Planned {
    /// The verdict on an address.
    pub(crate) fn verdict(&self, address: &Address) -> Option<&Verdict> {
        self.plan.verdicts.iter().find(|verdict| verdict.address == *address)
    }
}

impl Applied {
    /// Says what did not go as planned.
    pub(crate) fn succeeded(&self) -> Result<(), String> {
        let failed = self.report.outcomes.iter().zip(&self.plan.steps).find_map(|(outcome, step)| match outcome {
            Outcome::Failed(error) => {
                let help = error.help.as_ref().map_or(String::new(), |help| format!(" ({help})"));
                Some(format!("{} {}: {error}{help}", step.verb.as_str(), step.address))
            }
            _ => None,
        });
        match (failed, self.report.is_complete(), self.contradictions.as_slice()) {
            (Some(failed), ..) => Err(failed),
            (None, false, _) => Err(format!("not complete: {:?}", self.report)),
            (None, true, []) => Ok(()),
            (None, true, contradictions) => Err(format!("not as planned: {contradictions:?}")),
        }
    }
}

/// What a plan holds, in words for failing tests.
pub(crate) fn told(plan: &Plan) -> String {
    let words = |verdict: &Verdict| match &verdict.decision {
        Decision::Same => None,
        Decision::Update { fields, .. } | Decision::Replace { fields, .. } => {
            let verb = if matches!(verdict.decision, Decision::Update { .. }) { "update" } else { "replace" };
            let fields = fields
                .iter()
                .map(|change| format!("{}: {} -> {}", change.name, change.before.to_shown(), change.after.to_shown()));
            Some(format!("  {verb} {} {:?}", verdict.address, fields.collect::<Vec<_>>()))
        }
        other => Some(format!("  {} {other:?}", verdict.address)),
    };
    plan.verdicts.iter().filter_map(words).collect::<Vec<_>>().join("\n")
}

/// Says nothing.
struct Silent;

impl Progress for Silent {
    fn begins(&self, _: &Step) {}
    fn waits(&self, _: &Step, _: &Waiting) {}
    fn ends(&self, _: &Step, _: &Outcome) {}
}
