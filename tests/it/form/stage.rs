//! A sample on its stage: the workspace around it, what making it writes, and the installation just before.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Map, Value, json};
use sim::{Installation, MAKERS, Maker, Now, Setup};
use trueup::parts::{CATALOGUE, Field, Finding, Http, Identity, Kind, Provider, Tls, topology};
use wire::{Method, Request, Transport};

use super::bend::Bent;
use crate::drill::samples::{Sample, Samples, merge};
use crate::support::{Sim, wagon_of};
use crate::world::World;

/// The target's name: samples refer to it as `${here/…}`.
const TARGET: &str = "here";

/// Time between two requests, in which what works in the background ends.
const STEP: u64 = 60_000;

/// A sample, ready to be bent.
pub(super) struct Stage<'s> {
    pub kind: &'static Kind,
    pub provider: &'static Provider,
    pub sample: &'s Sample,
    world: World<'s>,
    installation: String,
    around: Map<String, Value>,
    maker: &'static Maker,
    version: Option<String>,
    /// The installation before the sample is made, and its time.
    before: (Value, u64),
    /// What making the sample writes.
    pub writes: Vec<Request>,
    /// The fields in the bodies of all samples of the kind.
    pub sent: RefCell<BTreeSet<(String, String)>>,
}

/// What the simulator says.
#[derive(Debug)]
pub(super) enum Answer {
    Taken,
    /// For its form.
    Refused(String),
    /// For something else: what it names is not there, or something is there already.
    Otherwise,
}

impl Answer {
    pub(super) fn words(self) -> String {
        match self {
            Answer::Refused(words) => words,
            Answer::Taken | Answer::Otherwise => String::new(),
        }
    }
}

/// Carries requests, and keeps the writes.
struct Recorder {
    http: Http,
    writes: Mutex<Vec<Request>>,
}

impl Transport for Recorder {
    fn send(&self, request: Request) -> wire::Answer<'_> {
        if request.method != Method::Get && !request.url.ends_with("/oauth2/token") {
            self.writes.lock().unwrap().push(request.clone());
        }
        self.http.send(request)
    }
}

impl<'s> Stage<'s> {
    /// Makes the sample once; `None` where that writes nothing that could be bent.
    pub(super) fn new(
        sim: &'s Sim,
        provider: &'static Provider,
        kind: &'static Kind,
        n: usize,
        samples: &Samples,
        sample: &'s Sample,
    ) -> Option<Stage<'s>> {
        let http = Http::new(&Tls::default(), Duration::from_secs(60), 64 << 20).unwrap();
        let recorder = Arc::new(Recorder { http, writes: Mutex::default() });
        let mut world = World::through(sim, recorder.clone());
        world.allow_destroy.push("**".to_owned());
        world.write("trueup.yaml", "workspace: form\nexclude: [files]\n");
        for (path, text) in &samples.files {
            match path.ends_with(".wgn") {
                true => world.write(&format!("files/{path}"), wagon_of(text)),
                false => world.write(&format!("files/{path}"), text),
            }
        }
        let installation = format!("{}-{n}", kind.name);
        for change in &samples.console {
            world.console(provider.name, &installation, change);
        }
        let mut around = samples.around.clone();
        merge(&mut around, &sample.around);
        let maker = MAKERS.iter().find(|maker| maker.provider == provider.name).unwrap();
        let version = sample.server.clone();
        let before = (Value::Null, 0);
        let mut stage = Stage {
            kind,
            provider,
            sample,
            world,
            installation,
            around,
            maker,
            version,
            before,
            writes: Vec::new(),
            sent: RefCell::default(),
        };
        stage.declare(None);
        stage.world.converge().unwrap_or_else(|why| panic!("{}: around it: {why}", kind.name));
        let state = sim.side_door("GET", &format!("/{}/{}/state", provider.name, stage.installation), &Value::Null);
        stage.before = (state, sim.clock(&sim.base_url(provider.name, &stage.installation)).millis());
        recorder.writes.lock().unwrap().clear();
        stage.declare(Some(&sample.first));
        let applied = stage.world.apply();
        applied.succeeded().unwrap_or_else(|why| panic!("{}: {why}", kind.name));
        let root = format!("{}/{}/{}", sim.root(), provider.name, stage.installation);
        let sent = std::mem::take(&mut *recorder.writes.lock().unwrap());
        let below = |request: Request| Request {
            url: request.url.strip_prefix(&root).unwrap_or_default().to_owned(),
            ..request
        };
        stage.writes = sent.into_iter().map(below).collect();
        let answer = stage.play(stage.writes.len(), None);
        assert!(answer.is_none_or(|status| status < 300), "{}: it can't be played again: {answer:?}", kind.name);
        stage.writes.iter().any(|request| body(request).is_some()).then_some(stage)
    }

    /// Declares what is around, and this object.
    fn declare(&self, object: Option<&Value>) {
        let mut collections = self.around.clone();
        if let Some(object) = object {
            let mut place = &mut collections;
            for key in self.sample.place.iter().flat_map(|place| place.split('/')) {
                let below = place.entry(key).or_insert_with(|| Value::Object(Map::new()));
                place = below.as_object_mut().unwrap();
            }
            merge(place, &Map::from_iter([(self.kind.name.to_owned(), object.clone())]));
        }
        self.world.declare(self.provider, TARGET, &self.installation, &collections);
    }

    /// The sample's own value: the fields of its one object, or the list.
    pub(super) fn own<'v>(&self, object: &'v Value) -> &'v Value {
        match self.kind.identity {
            Identity::Sequence { .. } | Identity::Singleton => object,
            _ => object.as_object().unwrap().values().next().unwrap(),
        }
    }

    /// Says whether the name in the file is a field's value.
    pub(super) fn is_name(&self, field: &Field) -> bool {
        matches!(self.kind.identity, Identity::Name(name) | Identity::CaselessName(name) if name == field.name)
    }

    /// Says whether a field that this sample leaves out stands in the body of some sample of the kind.
    pub(super) fn is_sent(&self, request: &Request, field: &Field) -> bool {
        self.sent.borrow().contains(&(call_of(request), field.name.to_owned()))
    }

    /// The fields in the bodies that it writes, each with its call.
    pub(super) fn sends(&self) -> BTreeSet<(String, String)> {
        let bodies = self.writes.iter().filter_map(|request| Some((call_of(request), body(request)?)));
        let fields = bodies.flat_map(|(call, body)| {
            let names: Vec<String> = body.as_object().unwrap().keys().cloned().collect();
            names.into_iter().map(move |name| (call.clone(), name))
        });
        fields.collect()
    }

    /// What `validate` finds wrong, if anything; a warning that something is passed on as it is counts.
    pub(super) fn validate(&self, bent: &Bent) -> Option<String> {
        let object = match self.kind.identity {
            Identity::Sequence { .. } | Identity::Singleton => bent.declared.clone(),
            _ => {
                let name = self.sample.first.as_object().unwrap().keys().next().unwrap();
                json!({ bent.name.as_ref().unwrap_or(name): bent.declared })
            }
        };
        self.declare(Some(&object));
        let tells = |finding: &&Finding| finding.is_error() || matches!(finding.code, "does-not-fit" | "unknown-word");
        let found = match topology::load(self.world.folder(), CATALOGUE, &topology::Options::default()) {
            Ok(loaded) => loaded.findings,
            Err(findings) => findings,
        };
        found.iter().find(tells).map(|finding| format!("{}: {}", finding.code, finding.message))
    }

    /// What a copy of the installation answers to the bent request.
    pub(super) fn answer(&self, bent: &Bent) -> Answer {
        let words = Cell::new(String::new());
        let status = self.play(bent.write, Some((&bent.request, &words)));
        match status {
            Some(400 | 422) => Answer::Refused(words.take()),
            Some(200..300) => match errors_in(&words.take()) {
                Some(errors) => Answer::Refused(errors),
                None => Answer::Taken,
            },
            _ => Answer::Otherwise,
        }
    }

    /// Plays the first writes, and then one more; the status of the last.
    fn play(&self, count: usize, last: Option<(&Request, &Cell<String>)>) -> Option<u16> {
        let setup = Setup { name: self.installation.clone(), seed: 1, version: self.version.clone(), birth: 1 };
        let mut installation: Box<dyn Installation> = (self.maker.load)(setup, self.before.0.clone()).unwrap();
        let mut now = self.before.1;
        let mut status = None;
        for request in self.writes.iter().take(count).chain(last.map(|(request, _)| request)) {
            now += STEP;
            let response = installation.handle(request, Now(now));
            status = Some(response.status);
            if let Some((_, words)) = last {
                words.set(format!("{} {}", response.status, String::from_utf8_lossy(&response.body)));
            }
        }
        status
    }
}

/// The call that a request makes: its verb, and what it is about.
fn call_of(request: &Request) -> String {
    let path = request.url.split('?').next().unwrap_or_default();
    format!("{} {}", request.method, path.split('/').take(4).collect::<Vec<_>>().join("/"))
}

/// The parts of a body that were refused, in an answer that says success.
fn errors_in(answer: &str) -> Option<String> {
    let body: Value = serde_json::from_str(answer.split_once(' ')?.1).ok()?;
    let errors = body.pointer("/response/errors")?.as_array()?;
    (!errors.is_empty()).then(|| json!(errors).to_string())
}

/// The JSON body of a request.
pub(super) fn body(request: &Request) -> Option<Value> {
    serde_json::from_slice::<Value>(&request.body).ok().filter(Value::is_object)
}
