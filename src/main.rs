//! scratch
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use trueup::{apply, diff, ledger, observe, plan, session, topology};
struct Quiet;
impl apply::Progress for Quiet {
    fn begins(&self, s: &plan::Step) {
        eprintln!("> {} {}", s.verb.as_str(), s.address);
    }
    fn waits(&self, s: &plan::Step, w: &session::Waiting) {
        eprintln!("   {} {:?}", s.address, w);
    }
    fn ends(&self, s: &plan::Step, o: &apply::Outcome) {
        match o {
            apply::Outcome::Done => {}
            apply::Outcome::Failed(e) => eprintln!("FAILED {}: {} / {:?}", s.address, e, e.help),
            o => eprintln!("{:?} {}", o, s.address),
        }
    }
}
#[tokio::main]
async fn main() {
    let dir = std::env::args().nth(1).unwrap();
    let options = topology::Options { secrets: topology::SecretMode::StandIn, ..topology::Options::from_environment() };
    let loaded = topology::load(std::path::Path::new(&dir), trueup::providers::CATALOGUE, &options);
    let mut topology = match loaded {
        Ok(l) => {
            for f in l.findings {
                eprintln!("warn: {} {:?}", f, f.location());
            }
            l.topology
        }
        Err(fs) => {
            for f in fs {
                eprintln!("{:?}: {} [{}] help: {:?}", f.location(), f, f.code, f.help);
            }
            std::process::exit(3)
        }
    };
    let state = topology.folder.join(".trueup/sim");
    std::fs::create_dir_all(&state).unwrap();
    let server = trueup::sim::serve(trueup::sim::Options { state: Some(state), ..Default::default() }).await.unwrap();
    let mut sessions = BTreeMap::new();
    for t in topology.targets.values_mut() {
        let maker = trueup::sim::MAKERS.iter().find(|m| m.provider == t.provider.name).unwrap();
        let root = format!("http://{}/{}/{}", server.address, t.provider.name, t.name);
        t.at = format!("{root}{}", maker.base);
        if let trueup::spec::Auth::ClientCredentials { url, .. } = t.provider.dialect.auth {
            t.credentials.insert(url.into(), trueup::attr::Attr::text(format!("{root}/oauth2/token")));
        }
        let http = session::Http::new(&t.tls, t.provider.dialect.timeout, 1 << 28).unwrap();
        sessions.insert(
            t.name.clone(),
            Arc::new(session::Session::open(t, Arc::new(http), session::Pace::Simulated).await.unwrap()),
        );
    }
    for round in 0..2 {
        let mut led = ledger::Ledger::open(&topology).unwrap();
        let (observed, troubles) =
            observe::Observer::new(&topology, &led.base, observe::Scope::Declared).observe(&sessions).await;
        for t in troubles {
            eprintln!("trouble: {t}");
        }
        let d = diff::diff(&topology, &observed, &led.base);
        let p = match plan::plan(&topology, &observed, d) {
            Ok(p) => p,
            Err(e) => {
                eprintln!("{e}");
                return;
            }
        };
        println!("round {round}: {:?}", p.summary());
        for v in &p.verdicts {
            if let diff::verdict::Decision::Hold(h) = &v.decision {
                println!("! {} {:?}", v.address, h);
            }
            if round > 0 {
                match &v.decision {
                    diff::verdict::Decision::Same => {}
                    d => println!("{} {:?}", v.address, d),
                }
            }
        }
        for s in &p.steps {
            println!("{} {} {:?}", s.verb.as_str(), s.address, s.because);
            for c in &s.calls {
                println!(
                    "    {} {} {}",
                    c.method,
                    c.path.to_shown(),
                    match &c.body {
                        plan::Payload::None => "".into(),
                        plan::Payload::Json(j) => j.to_shown().to_string(),
                        plan::Payload::File(f) => format!("<{} {}>", f.file_name, f.sha256),
                    }
                );
            }
        }
        let journal = trueup::journal::Journal::begin(
            &ledger::journal_folder(&topology).unwrap(),
            &trueup::journal::Line::Run { workspace: "x".into(), commit: None, config: "".into() },
        )
        .unwrap();
        led.covers(journal.path().to_owned());
        let ex = apply::Executor {
            topology: &topology,
            plan: &p,
            sessions: &sessions,
            progress: &Quiet,
            stop: &AtomicBool::new(false),
            leave_out: &BTreeSet::new(),
            parallel: 16,
        };
        let report = ex.run(journal, &mut led.base).await;
        println!("done {} of {} calls {}", report.done(), report.outcomes.len(), report.calls);
        let done: BTreeSet<_> = p.steps.iter().map(|s| s.address.clone()).collect();
        for c in apply::verify(&topology, &mut led.base, &sessions, &done).await {
            println!("CONTRADICTION {c:?}");
        }
        led.save().unwrap();
    }
    server.stop().await.unwrap();
}
