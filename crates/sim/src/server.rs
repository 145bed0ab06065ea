//! The simulators' HTTP server: real sockets on loopback in front of the [`World`].
//!
//! URLs are `/{provider}/{installation}/…`; an installation is made when it is first asked for. What stands below is
//! its own URL space, and it is told with `X-Forwarded-Prefix` what stands before.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, State};
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use futures_util::stream;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::connection::{Connections, Cut};
use super::faults::{Delivery, Fault, Faults};
use super::store::Store;
use super::world::{Place, Plan, Refusal, World, base_path};
use super::{MAKERS, Maker, door};
use wire::{Method, Request, Response};

/// The largest body that is taken: blueprint archives are the largest there are, and a few hundred kilobytes at most.
const BODY_LIMIT: usize = 256 << 20;

/// How long changes of state are gathered before they are written. A burst of writes costs one file, and whoever kills
/// the server instead of stopping it loses no more than a moment.
const GATHER: Duration = Duration::from_millis(100);

/// How long a stop waits for requests under way. Latency and delays are shorter; a client that never ends its request
/// must not keep the server.
const GRACE: Duration = Duration::from_secs(5);

/// How long a truncated answer waits before its end. The HTTP library drops what it has not sent when it learns that a
/// body ends too early; on loopback this is ample.
const FLUSH: Duration = Duration::from_millis(50);

/// How the server is to be.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where to listen; a loopback address. Port 0 takes any that is free.
    pub listen: SocketAddr,
    /// The folder for state files; without it the world ends with the server.
    pub state: Option<PathBuf>,
    /// Seeds the installations' ids and the dice of faults.
    pub seed: u64,
    /// Seeds what tells an installation from those that had its name before, such as the id of its machine. Without it
    /// no two are alike, though they come from the same seed: one whose state is gone is another one.
    pub births: Option<u64>,
    /// How long every answer takes.
    pub latency: Duration,
    /// What goes wrong.
    pub faults: Vec<Fault>,
    /// Milliseconds of logical time that pass at an installation with each request to it.
    pub step: u64,
    /// The product version to behave like, by provider.
    pub versions: BTreeMap<String, String>,
    /// The providers that are simulated.
    pub makers: &'static [Maker],
}

impl Default for Options {
    fn default() -> Options {
        Options {
            listen: (Ipv4Addr::LOCALHOST, 0).into(),
            state: None,
            seed: 0,
            births: None,
            latency: Duration::ZERO,
            faults: Vec::new(),
            step: 250,
            versions: BTreeMap::new(),
            makers: MAKERS,
        }
    }
}

/// A server that runs. Dropping it lets it stop by itself; [`Server::stop`] also waits for that.
#[derive(Debug)]
pub struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    makers: &'static [Maker],
    stop: watch::Sender<()>,
    task: JoinHandle<io::Result<()>>,
}

impl Server {
    /// The base URL of an installation's API, as a workspace's `at` says it.
    pub fn base_url(&self, provider: &str, installation: &str) -> String {
        format!("http://{}{}", self.address, base_path(self.makers, provider, installation))
    }

    /// Answers the requests under way, writes all state and ends.
    ///
    /// # Errors
    /// What went wrong with the socket or with a state file.
    pub async fn stop(self) -> io::Result<()> {
        drop(self.stop);
        self.task.await.map_err(io::Error::other)?
    }
}

/// Starts a server.
///
/// # Errors
/// The address is not a loopback address or is taken, a fault makes no sense, or the state folder can't be made.
pub async fn serve(options: Options) -> io::Result<Server> {
    let Options { listen, state, seed, births, latency, faults, step, versions, makers } = options;
    let invalid = |text: String| io::Error::new(io::ErrorKind::InvalidInput, text);
    if !listen.ip().is_loopback() {
        return Err(invalid(format!("`{listen}` is no loopback address: the simulators guard nothing")));
    }
    let faults = Faults::arm(faults, seed).map_err(invalid)?;
    let store = state.map(Store::open).transpose()?;
    let world = Arc::new(World::new(Plan { makers, seed, versions, step, births }, faults, store));

    let listener = TcpListener::bind(listen).await?;
    let address = listener.local_addr()?;
    let (stop, stopped) = watch::channel(());
    let task = tokio::spawn(run(Reception { world, latency, stopped }, Connections(listener)));
    Ok(Server { address, makers, stop, task })
}

/// Serves until told to stop, then until all is answered and written.
async fn run(reception: Reception, connections: Connections) -> io::Result<()> {
    let Reception { world, stopped, .. } = reception.clone();
    let saver = tokio::spawn(keep_saved(Arc::clone(&world), stopped.clone()));
    let service = Router::new().fallback(receive).with_state(reception).into_make_service_with_connect_info::<Cut>();
    let serving = axum::serve(connections, service).with_graceful_shutdown(dropped(stopped.clone()));
    let patience = async {
        dropped(stopped).await;
        tokio::time::sleep(GRACE).await;
    };
    let served = tokio::select! {
        served = serving => served,
        () = patience => Ok(()),
    };
    saver.await.map_err(io::Error::other)?;
    tokio::task::spawn_blocking(move || world.save_all()).await.map_err(io::Error::other)?.and(served)
}

/// Writes state files that are behind, until told to stop.
async fn keep_saved(world: Arc<World>, stopped: watch::Receiver<()>) {
    let Some(store) = world.store() else { return };
    loop {
        tokio::select! {
            () = store.touched() => {}
            () = dropped(stopped.clone()) => return,
        }
        tokio::time::sleep(GATHER).await;
        let world = Arc::clone(&world);
        match tokio::task::spawn_blocking(move || world.save_touched()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => eprintln!("{error}"),
            Err(error) => eprintln!("{error}"),
        }
    }
}

/// Waits until the other end of the channel is dropped: nothing is ever sent.
async fn dropped(mut receiver: watch::Receiver<()>) {
    while receiver.changed().await.is_ok() {}
}

/// What every request's handler needs.
#[derive(Clone)]
struct Reception {
    world: Arc<World>,
    latency: Duration,
    stopped: watch::Receiver<()>,
}

/// Answers one HTTP request. The work is done before any waiting and on a thread that a client's hanging up does not
/// stop: whoever loses patience has still had the effect.
async fn receive(
    State(reception): State<Reception>,
    ConnectInfo(cut): ConnectInfo<Cut>,
    incoming: axum::extract::Request,
) -> axum::response::Response {
    let Reception { world, latency, stopped } = reception;
    let request = match read(incoming).await {
        Ok(request) => request,
        Err(response) => return write(response),
    };
    if request.segments().first().is_some_and(|first| first == door::PREFIX) {
        let answer = tokio::task::spawn_blocking(move || door::answer(&world, &request));
        return write(answer.await.unwrap_or_else(|error| Refusal::Broken(error.to_string()).into()));
    }
    let answer = answered(world, request, latency).await;
    let (delivery, time) = match answer {
        Ok(answer) => answer,
        Err(error) => return write(Refusal::Broken(error.to_string()).into()),
    };
    tokio::time::sleep(time).await;
    match delivery {
        Delivery::Answer(response) => write(response),
        Delivery::Cut(response, announced) => write_part(response, announced),
        Delivery::Silence(limit) => {
            let patience = async {
                match limit {
                    Some(limit) => tokio::time::sleep(limit).await,
                    None => std::future::pending().await,
                }
            };
            // When the client gives up, this handler is dropped.
            tokio::select! {
                () = patience => {}
                () = dropped(stopped) => {}
            }
            reset(&cut)
        }
        Delivery::Reset => reset(&cut),
    }
}

/// Answers a request once a worker of its installation is free. Says what travels back, and for how long.
async fn answered(
    world: Arc<World>,
    request: Request,
    latency: Duration,
) -> Result<(Delivery, Duration), tokio::task::JoinError> {
    let seeking = tokio::task::spawn_blocking(move || {
        let directed = direct(&world, request)?;
        let workers = world.workers(&directed.0, &directed.1);
        Ok::<_, Refusal>((world, directed, workers))
    });
    let (world, (place, request), workers) = match seeking.await? {
        Ok(found) => found,
        Err(refusal) => return Ok((Delivery::Answer(refusal.into()), latency)),
    };
    let seat = match workers {
        Some((workers, holds)) => workers.seat(holds).await,
        None => None,
    };
    let answering = move || {
        let (delivery, time) = world.answer(&place, &request, latency);
        match seat.is_some_and(|seat| seat.is_stuck) {
            true => (world.give_up(&place, delivery), time),
            false => (delivery, time),
        }
    };
    tokio::task::spawn_blocking(answering).await
}

/// Finds the installation that a request is for, and makes the request one to that installation.
fn direct(world: &World, mut request: Request) -> Result<(Place, Request), Refusal> {
    let (path, query) = request.url.split_once('?').map_or((&*request.url, None), |(path, query)| (path, Some(query)));
    let mut parts = path.trim_start_matches('/').splitn(3, '/');
    let mut next = || parts.next().unwrap_or_default();
    let (provider, installation, rest) = (next(), next(), next());
    let place = world.place(provider, installation)?;
    let url = query.map_or(format!("/{rest}"), |query| format!("/{rest}?{query}"));
    request.url = url;
    let prefix = format!("/{}/{}", place.provider, place.installation);
    Ok((place, request.header("X-Forwarded-Prefix", prefix)))
}

async fn read(incoming: axum::extract::Request) -> Result<Request, Response> {
    let (head, body) = incoming.into_parts();
    let Some(method) = Method::parse(head.method.as_str()) else {
        return Err(Response::text(405, "text/plain", format!("no `{}` here", head.method)));
    };
    let Ok(body) = to_bytes(body, BODY_LIMIT).await else {
        return Err(Response::text(413, "text/plain", format!("the body is larger than {BODY_LIMIT} bytes")));
    };
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ok(Request {
        method,
        url: head.uri.path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string),
        headers: head.headers.iter().map(|(name, value)| (name.to_string(), text(value.as_bytes()))).collect(),
        body: body.into(),
    })
}

fn write(response: Response) -> axum::response::Response {
    let Response { status, headers, body } = response;
    assemble(status, headers, Body::from(body))
}

/// Announces more than is sent: as a stream the body has no length of its own that could disagree.
fn write_part(response: Response, announced: usize) -> axum::response::Response {
    let Response { status, headers, body } = response;
    let stream = stream::unfold(Some(body), async |part| match part {
        Some(part) => Some((Ok::<_, Infallible>(part), None)),
        None => {
            tokio::time::sleep(FLUSH).await;
            None
        }
    });
    let mut part = assemble(status, headers, Body::from_stream(stream));
    part.headers_mut().insert(header::CONTENT_LENGTH, announced.into());
    part
}

fn assemble(status: u16, headers: Vec<(String, String)>, body: Body) -> axum::response::Response {
    // How the body is framed is up to the server.
    let framing = ["content-length", "transfer-encoding", "connection"];
    headers
        .iter()
        .filter(|(name, _)| !framing.iter().any(|framing| name.eq_ignore_ascii_case(framing)))
        .fold(axum::response::Response::builder().status(status), |builder, (name, value)| builder.header(name, value))
        .body(body)
        .unwrap_or_else(|error| {
            let text = format!("the simulator's answer is no HTTP: {error}");
            (StatusCode::INTERNAL_SERVER_ERROR, text).into_response()
        })
}

/// Resets the connection in place of an answer; what is returned is never sent.
fn reset(cut: &Cut) -> axum::response::Response {
    cut.cut();
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

#[cfg(test)]
mod tests;
