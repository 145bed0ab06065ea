//! What most commands do first: read the workspace, connect, look, compare, plan.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::io::IsTerminal;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::future::join_all;

use crate::cli::simulated::{self, Rehearsal};
use crate::cli::stop::Doing;
use crate::cli::{CommandError, Exit, Global, When, talk};
use crate::diff::base::Base;
use crate::diff::diff;
use crate::diff::installation::{ShownProofs, Standing, forget_ids};
use crate::diff::live::{Observed, Seen, View};
use crate::finding::{Finding, Level};
use crate::ledger::Ledger;
use crate::observe::{Observer, Scope};
use crate::plan::Plan;
use crate::private;
use crate::providers::CATALOGUE;
use crate::render;
use crate::session::{CallError, Clients, Pace, Session};
use crate::spec::{Kind, List};
use crate::topology::{self, Allowance, KeyPlace, LedgerPlace, Reason, SecretMode, Topology};

/// Largest answer that is read, in bytes; `TRUEUP_MAX_REPLY_BYTES` raises it. A list of 100,000 objects is some 100 MB.
const MAX_REPLY: u64 = 256 << 20;

/// Time between two looks at what a controller is still at work on.
const BETWEEN_LOOKS: Duration = Duration::from_secs(5);

/// How often it is looked at: for twenty minutes, the longest that any kind gives a controller.
const LOOKS: u32 = 240;

/// A workspace that was read, with connections to its targets.
pub(crate) struct ConnectedWorkspace {
    /// What is wanted.
    pub topology: Topology,
    /// A connection to each target that could be reached.
    pub sessions: BTreeMap<String, Arc<Session>>,
    /// The calls that failed while connecting and looking.
    pub troubles: Vec<CallError>,
    /// The one target whose part of the ledger counts.
    pub only_target: Option<String>,
    /// How much of what was asked for answered in the last look.
    looked: Looked,
    /// What the last look showed of the targets' installations.
    pub installations: BTreeMap<String, (Standing, ShownProofs)>,
    rehearsal: Option<Rehearsal>,
}

/// How many targets were asked something, and how many of them showed nothing at all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Looked {
    asked: usize,
    dark: usize,
}

impl Looked {
    /// What came of a look. A target of which nothing is wanted that could be read is not asked.
    fn of(topology: &Topology, observed: &Observed) -> Looked {
        let mut looked = Looked::default();
        for name in topology.targets.keys() {
            let seen = observed.targets.get(name).map(answers);
            looked.asked += usize::from(seen.as_ref().is_none_or(|seen| !seen.is_empty()));
            looked.dark += usize::from(seen.is_none_or(|seen| !seen.is_empty() && !seen.contains(&true)));
        }
        looked
    }
}

/// For each collection that a call reads, directly below the target: whether it was seen. What can't be read tells nothing.
fn answers(view: &View) -> Vec<bool> {
    let is_read = |kind: &Kind| matches!(kind.api.list_on(view.version.as_deref()), List::Call { .. } | List::Login(_));
    let read = view.collections.iter().filter(|collection| is_read(collection.kind));
    read.map(|collection| matches!(collection.seen, Seen::Objects(_))).collect()
}

/// What was seen and what comes of it.
pub(crate) struct Planned {
    /// The plan.
    pub plan: Plan,
    /// What is owned.
    pub ledger: Ledger,
}

/// Reads a workspace; warnings go to stderr.
pub(crate) fn load(global: &Global, dir: &Path) -> Result<Topology, CommandError> {
    let mut options = load_options(global)?;
    if options.secrets == SecretMode::Rehearsed && simulated::holds_secrets(dir) {
        options.secrets = SecretMode::StandIn;
        eprintln!(
            "warning: the rehearsal in `.trueup/sim` was begun by an earlier version and holds the secrets that were set\n  \
             help: remove `.trueup/sim`: a new one gets stand-ins only"
        );
    }
    match topology::load(dir, CATALOGUE, &options) {
        Ok(loaded) => {
            talk::keep(&loaded.topology.secrets);
            tell_findings(global, &loaded.findings);
            let mut topology = loaded.topology;
            rehearse_ownership(global, &mut topology);
            Ok(topology)
        }
        Err(findings) => Err(CommandError::Findings(findings, Exit::Failed)),
    }
}

/// What a rehearsal owns is not what is owned for real.
pub(crate) fn rehearse_ownership(global: &Global, topology: &mut Topology) {
    if global.sim.is_some() {
        topology.ledger = LedgerPlace::File(".trueup/sim/ledger.json".into());
        topology.key = KeyPlace::Beside;
    }
}

/// The options for reading that the command line gives.
pub(crate) fn load_options(global: &Global) -> Result<topology::Options, CommandError> {
    let mut options = topology::Options::from_environment();
    for pair in &global.vars {
        let (name, value) = pair
            .split_once('=')
            .ok_or_else(|| CommandError::Message(format!("`--var {pair}` is not NAME=VALUE"), None, Exit::Usage))?;
        options.vars.insert(name.to_owned(), value.to_owned());
    }
    options.secrets = match global.sim.as_deref() {
        None => SecretMode::Required,
        Some("") => SecretMode::Rehearsed,
        Some(_) => SecretMode::StandIn,
    };
    Ok(options)
}

impl ConnectedWorkspace {
    /// Reads a workspace and connects to its targets; to simulated ones if the command line says so.
    pub(crate) async fn open(global: &Global, dir: &Path) -> Result<ConnectedWorkspace, CommandError> {
        let topology = load(global, dir)?;
        ConnectedWorkspace::connect(global, topology).await
    }

    /// Connects to a topology's targets.
    pub(crate) async fn connect(global: &Global, mut topology: Topology) -> Result<ConnectedWorkspace, CommandError> {
        let rehearsal = match &global.sim {
            Some(url) => Some(Rehearsal::begin(url, &mut topology).await?),
            None => None,
        };
        let pace = if rehearsal.is_some() { Pace::Simulated } else { Pace::Real };
        let mut clients = Clients::default();
        let mut opening = Vec::new();
        for target in topology.targets.values() {
            let transport = clients.get(&target.tls, target.provider.dialect.timeout, max_reply())?;
            let redactor = &topology.secrets;
            opening.push(async move { (target.name.clone(), Session::open(target, redactor, transport, pace).await) });
        }
        let mut sessions = BTreeMap::new();
        let mut troubles = Vec::new();
        for (name, session) in join_all(opening).await {
            match session {
                Ok(session) => {
                    sessions.insert(name, Arc::new(session));
                }
                Err(error) => troubles.push(error),
            }
        }
        let (looked, installations) = (Looked::default(), BTreeMap::new());
        Ok(ConnectedWorkspace { topology, sessions, troubles, only_target: None, looked, installations, rehearsal })
    }

    /// Looks at the targets.
    pub(crate) async fn observe(&mut self, base: &Base, scope: Scope) -> Observed {
        let (observed, mut troubles) = Observer::new(&self.topology, base, scope).observe(&self.sessions).await;
        self.troubles.append(&mut troubles);
        self.looked = Looked::of(&self.topology, &observed);
        let shown = |(name, view): (&String, &View)| (name.clone(), (view.standing.clone(), view.proofs.clone()));
        self.installations = observed.targets.iter().map(shown).collect();
        observed
    }

    /// Looks, compares and plans.
    pub(crate) async fn plan(&mut self) -> Result<Planned, CommandError> {
        let mut ledger = open_ledger(&self.topology)?;
        let plan = self.plan_with(&mut ledger.base).await?;
        Ok(Planned { plan, ledger })
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
            // What failed in the last look counts; earlier ones are forgotten with what they showed.
            self.troubles.retain(|trouble| !self.sessions.contains_key(&trouble.target));
            planned.plan = self.plan_with(&mut planned.ledger.base).await?;
        }
        Ok(planned)
    }

    /// Looks, compares with what is owned, and plans. Of a target that somebody said has moved, what is owned loses its ids.
    pub(crate) async fn plan_with(&mut self, base: &mut Base) -> Result<Plan, CommandError> {
        let part = self.only_target.as_ref().map(|target| base.part_of(target));
        let observed = self.observe(part.as_ref().unwrap_or(base), Scope::Declared).await;
        for (target, _) in observed.targets.iter().filter(|(_, view)| matches!(view.standing, Standing::Moved(_))) {
            forget_ids(&self.topology, base, target);
        }
        let part = self.only_target.as_ref().map(|target| base.part_of(target));
        let diff = diff(&self.topology, &observed, part.as_ref().unwrap_or(base));
        crate::plan::plan(&self.topology, &observed, diff).map_err(|cycle| {
            let remedy = "take one of the references out, or declare it in a second step";
            let finding = cycle.finding(Level::Error, remedy, &self.topology.sources);
            CommandError::Findings(self.topology.sources.show(vec![finding]), Exit::Failed)
        })
    }

    /// The headline when no target could be looked at: then nothing is known, and nothing must read as all clear.
    pub(crate) fn blind(&self) -> Option<String> {
        let Looked { asked, dark } = self.looked;
        let what = render::counted(asked, "target");
        (asked > 0 && dark == asked).then(|| format!("could not look at {dark} of {what}"))
    }

    /// Says on stderr which calls failed while looking, each once.
    pub(crate) fn tell_troubles(&self) {
        let mut said = BTreeSet::new();
        for error in &self.troubles {
            if said.insert(error.to_string()) {
                eprintln!("warning: {error}");
                if let Some(help) = &error.help {
                    eprintln!("  help: {help}");
                }
            }
        }
    }

    /// Ends a rehearsal: the simulated controllers' state is saved.
    pub(crate) async fn close(self) {
        if let Some(rehearsal) = self.rehearsal {
            rehearsal.end().await;
        }
    }
}

/// Opens the ledger, and tells what is to be told about its journals.
pub(crate) fn open_ledger(topology: &Topology) -> Result<Ledger, CommandError> {
    let ledger = Ledger::open(topology)?;
    for warning in &ledger.warnings {
        eprintln!("warning: {warning}");
    }
    Ok(ledger)
}

/// A policy that a plan breaks.
pub(crate) struct Broken {
    /// How.
    pub what: String,
    /// What to do about it.
    pub help: String,
}

/// The policies that a plan breaks.
pub(crate) fn broken_policies(topology: &Topology, plan: &Plan) -> Vec<Broken> {
    let summary = plan.summary();
    let items = plan.items_taken_over();
    let removals = summary.delete + summary.replace + items;
    let policy = &topology.policy;
    let broken = policy.max_deletes.filter(|&max| removals > max.max(policy.allow.deletes().unwrap_or_default()));
    let broken = broken.map(|max| Broken {
        what: match items {
            0 => format!("{removals} resources would be removed or replaced; `policy.max-deletes` is {max}"),
            _ => format!(
                "{removals} would be removed or replaced, {items} of them items of others in lists; `policy.max-deletes` is {max}"
            ),
        },
        help: Allowance::new(Reason::Deletes, removals).remedy(),
    });
    broken.into_iter().collect()
}

fn max_reply() -> u64 {
    std::env::var("TRUEUP_MAX_REPLY_BYTES").ok().and_then(|text| text.parse().ok()).unwrap_or(MAX_REPLY)
}

/// Prints findings on stderr.
pub(crate) fn tell_findings(global: &Global, findings: &[Finding]) {
    if !findings.is_empty() {
        eprint!("{}", render::findings::text(findings, stderr_style(global)));
    }
}

/// How text on stdout looks.
pub(crate) fn stdout_style(global: &Global) -> render::Style {
    style(global, std::io::stdout().is_terminal())
}

/// How text on stderr looks.
pub(crate) fn stderr_style(global: &Global) -> render::Style {
    style(global, std::io::stderr().is_terminal())
}

fn style(global: &Global, terminal: bool) -> render::Style {
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let color = match global.color {
        When::Auto => terminal && !no_color,
        When::Always => true,
        When::Never => false,
    };
    render::Style { color, width: if terminal { terminal_width() } else { 100 } }
}

fn terminal_width() -> usize {
    std::env::var("COLUMNS").ok().and_then(|text| text.parse().ok()).unwrap_or(100)
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

/// Prints text on stdout. A reader that went away is not an error.
pub(crate) fn print(text: &str) -> Result<(), CommandError> {
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error).while_doing("write to stdout"),
        _ => Ok(()),
    }
}

/// A switch that the first signal sets, in these words; the second one ends the process at once, and says how to look at
/// what the controllers go on with.
pub(crate) fn stop_on_signal(words: &'static str) -> Arc<AtomicBool> {
    let stop = Arc::new(AtomicBool::new(false));
    let set = stop.clone();
    tokio::spawn(async move {
        if signal().await.is_ok() {
            set.store(true, Ordering::Relaxed);
            eprintln!("{words}; once more to stop at once");
        }
        if signal().await.is_ok() {
            eprintln!(
                "stopped: what the controllers are at work on goes on; `trueup plan` looks, `trueup apply` waits for it"
            );
            std::process::exit(i32::from(Exit::Partial.code()));
        }
    });
    stop
}

/// Waits until somebody asks for an end: a person with Ctrl-C, or whoever runs CI with the signal to terminate.
async fn signal() -> std::io::Result<()> {
    #[cfg(unix)]
    {
        let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
        tokio::select! {
            pressed = tokio::signal::ctrl_c() => pressed,
            _ = terminate.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}
