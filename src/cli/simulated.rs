//! Rehearsals: every target of a workspace redirected to a simulated installation of its own.

use std::time::Duration;

use crate::attr::Attr;
use crate::cli::exit::Stop;
use crate::sim::{self, Server};
use crate::spec::Auth;
use crate::topology::{Topology, Tls};

/// A rehearsal that is under way.
pub struct Rehearsal {
    server: Option<Server>,
}

impl Rehearsal {
    /// Redirects a topology's targets to the simulators at a URL, or to ones in this process if it is empty.
    pub async fn begin(url: &str, topology: &mut Topology) -> Result<Rehearsal, Stop> {
        let server = if url.is_empty() { Some(serve(topology).await?) } else { None };
        for target in topology.targets.values_mut() {
            let provider = target.provider.name;
            let root = match &server {
                Some(server) => format!("http://{}/{provider}/{}", server.address, target.name),
                None => format!("{}/{provider}/{}", url.trim_end_matches('/'), target.name),
            };
            let base = sim::MAKERS.iter().find(|maker| maker.provider == provider).map_or("", |maker| maker.base);
            target.at = format!("{root}{base}");
            target.tls = Tls::default();
            if let Auth::ClientCredentials { url, .. } = target.provider.dialect.auth {
                target.credentials.insert(url.to_owned(), Attr::text(format!("{root}/oauth2/token")));
            }
        }
        // What a rehearsal owns is not what is owned for real.
        topology.ledger = crate::topology::LedgerPlace::File(".trueup/sim/ledger.json".into());
        Ok(Rehearsal { server })
    }

    /// Ends it: the state of simulators in this process is saved.
    pub async fn end(self) {
        if let Some(server) = self.server {
            server.stop().await;
        }
    }
}

async fn serve(topology: &Topology) -> Result<Server, Stop> {
    let state = topology.folder.join(".trueup").join("sim");
    crate::ledger::create_private_folder(&state)?;
    let options = sim::Options { state: Some(state), latency: Duration::ZERO, ..sim::Options::default() };
    sim::serve(options).await.map_err(|error| Stop::failed(format!("could not start the simulators: {error}")))
}
