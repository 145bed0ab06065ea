//! `trueup sim`: simulated controllers on loopback.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};

use crate::cli::stop::Doing;
use crate::cli::{CommandError, Exit, Global, halt, output, simulated};
use crate::source;
use crate::topology::time;
use sim::{self, Fault, MAKERS};

/// Options of `sim`.
#[derive(Debug, clap::Args)]
pub(crate) struct SimOptions {
    /// The address to listen on: loopback only.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// The folder to keep the state in; without it, it is forgotten.
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,
    /// Seeds everything that is made up. Without it, a controller whose state is gone is told from the one before it.
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Time to wait before each answer, as in 20ms or 1s.
    #[arg(long, value_name = "TIME", default_value = "0ms", value_parser = time)]
    latency: Duration,
    /// A YAML or JSON list of faults to make.
    #[arg(long, value_name = "FILE")]
    faults: Option<PathBuf>,
    /// The version to behave like, as in cloudify=4.5 or cloudify=7.1-community; may be given several times.
    #[arg(long, value_name = "PROVIDER=VERSION")]
    version: Vec<String>,
}

/// Serves until it is interrupted.
pub(crate) async fn run(_: &Global, options: &SimOptions) -> Result<Exit, CommandError> {
    let faults: Vec<Fault> = match &options.faults {
        Some(path) => source::read_as(&std::fs::read_to_string(path).doing("read the faults in", path)?)
            .map_err(|why| CommandError::failed(format!("`{}` is no list of faults: {why}", path.display())))?,
        None => Vec::new(),
    };
    let versions = simulated::sim_versions(&options.version)?;
    let settings = sim::Options {
        listen: options.listen,
        state: options.state.clone(),
        seed: options.seed.unwrap_or(1),
        births: options.seed,
        latency: options.latency,
        faults,
        versions,
        ..sim::Options::default()
    };
    let kept = options.state.as_ref().map(|folder| format!(", with the state in `{}`", folder.display()));
    let what = format!("serve simulated controllers at {}{}", options.listen, kept.unwrap_or_default());
    let server = sim::serve(settings).await.while_doing(&what)?;
    let bases: serde_json::Map<String, Value> =
        MAKERS.iter().map(|maker| (maker.provider.to_owned(), json!(server.base_url(maker.provider, "sim")))).collect();
    let root = format!("http://{}", server.address);
    output::print(&format!("{}\n", json!({ "url": root, "providers": bases, "side-door": format!("{root}/_sim/") })))?;
    let _heeding = halt::heed("the simulated controllers stop");
    halt::stopped().await;
    server.stop().await.while_doing("stop the simulated controllers")?;
    Ok(Exit::Done)
}
