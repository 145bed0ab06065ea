//! The beginning of most commands: read the workspace, connect, look, compare, plan.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;

use crate::apply::KnownObjects;
use crate::cli::looked::Looked;
use crate::cli::run_clock::RunClock;
use crate::cli::simulated::Rehearsal;
use crate::cli::stop::Doing;
use crate::cli::{CommandError, Exit, Global, TimeLimit, choice, halt, output, talk};
use crate::diff::content_ids::settle_ids;
use crate::diff::standing::forget_ids;
use crate::finding::{Finding, Level};
use crate::ledger::{self, Ledger, RunHold};
use crate::observe::{Observer, Scope, tell_known_key};
use crate::plan::{Brakes, Choice, Gap, Plan, plan_of};
use crate::private;
use crate::render;
use crate::session::{Attention, CallError, Clients, Clock, Session, WallClock, reads_along};
use crate::state::base::Base;
use crate::state::installation::{ShownProofs, Standing};
use crate::state::live::{Observed, View};
use crate::topology::{self, CycleError, Topology};

pub(crate) use crate::cli::reading::{
    WithSpare, file_options, load, load_all, load_at, load_files, load_for_ledger, load_options, options_at,
    rehearse_ownership,
};

/// Largest answer that is read, in bytes; `TRUEUP_MAX_REPLY_BYTES` raises it. A list of 100,000 objects is some 100 MB.
const MAX_REPLY: u64 = 256 << 20;

/// Time between two looks at what a controller is still at work on.
const BETWEEN_LOOKS: Duration = Duration::from_secs(5);

/// How often it is looked at: for twenty minutes, the longest that any kind gives a controller.
const LOOKS: u32 = 240;

/// A workspace that was read, with connections to its targets.
pub(crate) struct ConnectedWorkspace {
    /// The topology that is wanted.
    pub topology: Topology,
    /// A connection to each target that could be reached.
    pub sessions: BTreeMap<String, Arc<Session>>,
    /// The calls that failed while connecting and looking.
    pub troubles: Vec<CallError>,
    /// The one target whose part of the ledger counts.
    pub only_target: Option<String>,
    /// The part of the changes that is wanted.
    pub choice: Choice,
    /// The time, as windows go by it.
    pub clock: RunClock,
    /// Says whether many removals have to be meant. Whoever asked for the removal of everything means it.
    pub has_brakes: bool,
    /// Says whether nothing is to be drawn while looking.
    quiet: bool,
    /// The targets that are meant.
    meant: BTreeSet<String>,
    /// How much of what was asked for answered in the last look.
    looked: Looked,
    /// The targets' installations as the last look showed them.
    pub installations: BTreeMap<String, (Standing, ShownProofs)>,
    rehearsal: Option<Rehearsal>,
}

/// A plan with the ledger that it was made from.
pub(crate) struct Planned {
    /// The plan.
    pub plan: Plan,
    /// The resources that are owned.
    pub ledger: Ledger,
    /// Objects that are known already, as an earlier run of the same plan left them.
    pub known: KnownObjects,
}

impl ConnectedWorkspace {
    /// Reads a workspace and connects to its targets; to simulated ones if the command line says so.
    pub(crate) async fn open(global: &Global, dir: &Path) -> Result<ConnectedWorkspace, CommandError> {
        let topology = load(global, dir)?;
        ConnectedWorkspace::connect(global, topology).await
    }

    /// Connects to a topology's targets.
    pub(crate) async fn connect(global: &Global, topology: Topology) -> Result<ConnectedWorkspace, CommandError> {
        ConnectedWorkspace::connect_to(global, topology, &|_| true).await
    }

    /// Connects to the targets of which something is chosen.
    pub(crate) async fn connect_for(
        global: &Global,
        topology: Topology,
        choice: Choice,
    ) -> Result<ConnectedWorkspace, CommandError> {
        choice::check_target(&choice, &topology)?;
        let meant = choice.targets(&topology);
        let workspace = ConnectedWorkspace::connect_to(global, topology, &|target| meant.contains(target)).await?;
        Ok(ConnectedWorkspace { choice, ..workspace })
    }

    /// Connects to some of a topology's targets.
    pub(crate) async fn connect_to(
        global: &Global,
        mut topology: Topology,
        is_meant: &dyn Fn(&str) -> bool,
    ) -> Result<ConnectedWorkspace, CommandError> {
        let rehearsal = match &global.sim {
            Some(url) => Some(Rehearsal::begin(url, &global.sim_version, &mut topology).await?),
            None => None,
        };
        let meant: BTreeSet<String> = topology.targets.keys().filter(|target| is_meant(target)).cloned().collect();
        let mut clients = Clients::default();
        let mut opening = Vec::new();
        for target in topology.targets.values().filter(|target| meant.contains(&target.name)) {
            let transport = clients.get(&target.tls, target.provider.dialect.timeout, max_reply())?;
            tell_readers(&target.name, &target.at);
            let redactor = &topology.secrets;
            let tell = Arc::new(|words: &str| eprintln!("note: {words}"));
            let mut attention = Attention::new(halt::switch(), tell, max_reply());
            attention.rehearses = rehearsal.is_some();
            let rehearsal = rehearsal.as_ref();
            opening.push(async move {
                let clock: Arc<dyn Clock> = match rehearsal {
                    Some(rehearsal) => Arc::new(rehearsal.clock(target).await),
                    None => Arc::new(WallClock::new()),
                };
                (target.name.clone(), Session::open_for(target, redactor, transport, clock, attention).await)
            });
        }
        let mut sessions = BTreeMap::new();
        let mut troubles = Vec::new();
        let connecting = render::progress::looking(opening.len(), global.quiet);
        let opened = join_all(opening).await;
        drop(connecting);
        for (name, session) in opened {
            match session {
                Ok(session) => {
                    sessions.insert(name, Arc::new(session));
                }
                Err(error) => troubles.push(error),
            }
        }
        Ok(ConnectedWorkspace {
            topology,
            sessions,
            troubles,
            only_target: None,
            choice: Choice::default(),
            clock: RunClock::of(global),
            has_brakes: true,
            quiet: global.quiet,
            meant,
            looked: Looked::default(),
            installations: BTreeMap::new(),
            rehearsal,
        })
    }

    /// Looks at the targets.
    pub(crate) async fn observe(&mut self, base: &Base, scope: Scope<'_>) -> Observed {
        let looking = render::progress::looking(self.sessions.len(), self.quiet);
        let (mut observed, mut troubles) = Observer::new(&self.topology, base, scope).observe(&self.sessions).await;
        drop(looking);
        self.troubles.iter_mut().for_each(|trouble| tell_known_key(base, trouble));
        observed.unreached = self.unreached();
        settle_ids(&mut self.topology, &observed, base);
        self.troubles.append(&mut troubles);
        self.looked = Looked::of(&self.meant, &observed);
        let shown = |(name, view): (&String, &View)| (name.clone(), (view.standing.clone(), view.proofs.clone()));
        self.installations = observed.targets.iter().map(shown).collect();
        observed
    }

    /// Looks, compares and plans.
    pub(crate) async fn plan(&mut self) -> Result<Planned, CommandError> {
        let mut ledger = open_ledger(&self.topology)?;
        let plan = self.plan_with(&mut ledger.base).await?;
        Ok(Planned { plan, ledger, known: KnownObjects::new() })
    }

    /// Looks, compares and plans, when the controllers have done what the plan can't do without: what a run that was
    /// stopped had begun is waited for as that run would have done.
    pub(crate) async fn plan_when_settled(&mut self) -> Result<Planned, CommandError> {
        let mut planned = self.plan().await?;
        for look in 0..LOOKS {
            let Some(address) = planned.plan.under_way.first() else { break };
            let Some(session) = self.sessions.get(address.target()) else { break };
            if look == 0 {
                eprintln!("note: the controller is still at work on `{address}`: waiting until it is done");
            }
            session.pause(BETWEEN_LOOKS).await;
            // The failures of the last look count; earlier ones are forgotten with what they showed.
            self.troubles.retain(|trouble| !self.sessions.contains_key(&trouble.target));
            planned.plan = self.plan_with(&mut planned.ledger.base).await?;
        }
        Ok(planned)
    }

    /// Takes the ids out of what is owned at targets that somebody said have moved: there they are anybody's.
    pub(crate) fn forget_moved(&self, observed: &Observed, base: &mut Base) {
        for (target, _) in observed.targets.iter().filter(|(_, view)| matches!(view.standing, Standing::Moved(_))) {
            forget_ids(&self.topology, base, target);
        }
    }

    /// Looks, compares with what is owned, and plans. Of a target that somebody said has moved, what is owned loses its ids.
    pub(crate) async fn plan_with(&mut self, base: &mut Base) -> Result<Plan, CommandError> {
        let part = self.only_target.as_ref().map(|target| base.part_of(target));
        let observed = self.observe(part.as_ref().unwrap_or(base), Scope::Declared).await;
        self.forget_moved(&observed, base);
        let part = self.only_target.as_ref().map(|target| base.part_of(target));
        let base = part.as_ref().unwrap_or(base);
        let plan = plan_of(&self.topology, &observed, base, &self.choice, self.clock.now());
        let plan = self.checked(plan, &observed, base)?;
        choice::check_patterns(&self.choice, &plan)?;
        Ok(plan)
    }

    /// A plan with the limits that it goes beyond. A circle in it is a finding.
    pub(crate) fn checked(
        &mut self,
        plan: Result<Plan, CycleError>,
        observed: &Observed,
        base: &Base,
    ) -> Result<Plan, CommandError> {
        let mut plan = plan.map_err(|cycle| {
            let remedy = "take one of the references out, or declare it in a second step";
            let finding = cycle.finding(Level::Error, remedy, &self.topology.sources);
            CommandError::Findings(self.topology.sources.show(vec![finding]), Exit::Failed)
        })?;
        if self.has_brakes {
            plan.gaps = Gap::of(&self.topology, observed, &plan.verdicts, base);
            plan.brakes = Brakes::of(&plan.verdicts, base, &self.topology.policy);
        }
        Ok(plan)
    }

    /// The headline when no target could be looked at: then nothing is known, and nothing must read as all clear.
    pub(crate) fn blind(&self) -> Option<String> {
        self.looked.blind()
    }

    /// Ends a rehearsal: the simulated controllers' state is saved.
    pub(crate) async fn close(self) {
        if let Some(rehearsal) = self.rehearsal {
            rehearsal.end().await;
        }
    }
}

/// Says who else reads a target's credentials: a proxy between, where nothing is encrypted.
fn tell_readers(target: &str, at: &str) {
    if let Some(proxy) = reads_along(at) {
        eprintln!(
            "warning: the credentials of `{target}` go in clear through the proxy `{proxy}`\n  \
             help: write `https` in its `at`, or name its host in `NO_PROXY`"
        );
    }
}

/// Keeps other runs of the same installations away, and waits for one that is under way as long as is said.
pub(crate) fn hold(topology: &Topology, wait: Option<&TimeLimit>) -> Result<RunHold, CommandError> {
    let wait = wait.map(|limit| limit.time).unwrap_or_default();
    let hold = ledger::hold(topology, wait, &|words| eprintln!("{words}"))?;
    Ok(hold)
}

/// Opens the ledger, and tells what is to be told about its journals.
pub(crate) fn open_ledger(topology: &Topology) -> Result<Ledger, CommandError> {
    let ledger = Ledger::open(topology)?;
    for warning in &ledger.warnings {
        eprintln!("warning: {warning}");
    }
    Ok(ledger)
}

fn max_reply() -> u64 {
    std::env::var("TRUEUP_MAX_REPLY_BYTES").ok().and_then(|text| text.parse().ok()).unwrap_or(MAX_REPLY)
}

/// Tells the warnings that the values of secrets gave, and how many `validate` shows, which looks no secret up.
pub(super) fn tell_warnings(global: &Global, findings: &[Finding]) {
    let is_about_values = |finding: &&Finding| topology::ABOUT_VALUES.contains(&finding.code);
    let (own, of_files): (Vec<&Finding>, Vec<&Finding>) = findings.iter().partition(is_about_values);
    if !own.is_empty() {
        tell_findings(global, &own.into_iter().cloned().collect::<Vec<_>>());
    }
    if !of_files.is_empty() {
        let them = if of_files.len() == 1 { "it" } else { "them" };
        eprintln!("{}: `trueup validate` shows {them}", render::counted(of_files.len(), "warning"));
    }
}

/// Prints findings on stderr.
pub(crate) fn tell_findings(global: &Global, findings: &[Finding]) {
    if !findings.is_empty() {
        eprint!("{}", render::findings::text(findings, output::stderr_style(global)));
    }
}

/// Runs a command that talks to the network.
pub(crate) fn block_on<T>(future: impl Future<Output = Result<T, CommandError>>) -> Result<T, CommandError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.while_doing("start threads")?;
    let outcome = runtime.block_on(future);
    runtime.shutdown_timeout(Duration::from_secs(1));
    outcome
}

/// Sends what there is to log to stderr.
pub(crate) fn start_log(verbose: u8) {
    let level = match verbose {
        0 => return,
        1 => "trueup=debug",
        _ => "trace",
    };
    let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| level.into());
    let _ = tracing_subscriber::fmt().with_env_filter(filter).with_writer(|| talk::StderrLog).try_init();
}

/// Writes a file that only its owner may read.
pub(crate) fn save(path: &Path, bytes: &[u8]) -> Result<(), CommandError> {
    private::write(path, bytes).map_err(|error| not_written(path, &error))
}

/// The end of a command whose file could not be written.
pub(crate) fn not_written(path: &Path, error: &std::io::Error) -> CommandError {
    CommandError::failed(format!("could not write `{}`: {error}", path.display()))
}
