//! Ledgers in one object of an S3 bucket, or of a server of its kind: each state is one upload, taken only where the object is
//! still the one that was read.
//!
//! The object is a `tar` of the files, compressed: what is uploaded as a whole is there as a whole, nothing is ever left over,
//! and an earlier version that the bucket keeps is an earlier state. A state is told by the object's `ETag`; a mark made by
//! chance is in there, so that no two are the same.
//!
//! Not every server of the kind honours the conditions, and one that does not would lose what others write without a word. So
//! each is tried first, on an object that is there for nothing else.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use rusty_s3::{Bucket, UrlStyle};
use serde::{Deserialize, Serialize};

use super::s3_words::{refusal, words_of};
use super::{Store, StoreChange, StoreError, StoreState, StoreTrouble};
use crate::digest::mark;
use crate::session::encode::{S3Signer, signed};
use crate::session::{Aside, Http, HttpError};
use crate::topology::{S3Place, Tls};
use wire::{Method, Response, Transport};

/// The object that has the ledgers.
const OBJECT: &str = "ledgers.tar.gz";

/// The object on which a server is tried.
const TRIAL: &str = "conditional-writes";

/// What that one says.
const TRIAL_WORDS: &str = "On this object Trueup tries whether the server honours If-Match and If-None-Match.\n";

/// The file of the archive that says what it is.
const HEAD: &str = "store.json";

/// The format of the archive.
const FORMAT: u32 = 1;

/// How long a request that was signed may take to arrive: clocks differ.
const SIGNED: Duration = Duration::from_secs(300);

/// An ETag that no object has.
const NOBODYS: &str = "\"00000000000000000000000000000000\"";

/// What the archive says of itself.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    /// The format: 1.
    format: u32,
    /// What no other state has.
    mark: String,
}

/// A state that was read or written.
#[derive(Debug, Clone)]
struct SeenState {
    state: StoreState,
    mark: String,
    files: Arc<BTreeMap<String, Vec<u8>>>,
}

/// Ledgers in an object of an S3 bucket.
#[derive(Debug)]
pub(crate) struct S3Store {
    place: S3Place,
    bucket: Result<Bucket, StoreError>,
    http: OnceLock<Result<S3Client, StoreError>>,
    aside: Aside,
    /// The last state that was seen: it is not asked for twice.
    seen: Mutex<Option<SeenState>>,
    /// The server honours conditions.
    is_tried: OnceLock<()>,
    /// Bytes that are read at most.
    limit: u64,
    patience: Duration,
}

/// What speaks HTTP, which has nothing to show.
struct S3Client(Http);

impl std::fmt::Debug for S3Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("(client)")
    }
}

impl S3Store {
    /// The ledgers in a bucket.
    pub(crate) fn new(place: &S3Place, limit: u64, patience: Duration) -> S3Store {
        let bucket = bucket(place).map_err(|why| {
            let told = format!("`{}`: {why}", place.name());
            StoreError::Refused(StoreTrouble::new(told).help("correct `ledger.s3`"))
        });
        S3Store {
            place: place.clone(),
            bucket,
            http: OnceLock::new(),
            aside: Aside::default(),
            seen: Mutex::default(),
            is_tried: OnceLock::new(),
            limit,
            patience,
        }
    }

    fn seen(&self) -> MutexGuard<'_, Option<SeenState>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn told(&self, why: &str) -> StoreTrouble {
        StoreTrouble::new(format!("`{}`: {why}", self.name()))
    }

    fn away(&self, why: &str) -> StoreError {
        StoreError::Away(self.told(why).help("see that it can be reached from here, and run it again: nothing is lost"))
    }

    fn refused(&self, why: &str, help: &str) -> StoreError {
        StoreError::Refused(self.told(why).help(help))
    }

    /// Sends a request for an object, and waits for the answer.
    fn send(
        &self,
        method: Method,
        object: &str,
        headers: &[(&'static str, &str)],
        body: Vec<u8>,
    ) -> Result<Response, StoreError> {
        let bucket = self.bucket.as_ref().map_err(Clone::clone)?;
        let object = self.place.prefix.as_ref().map_or(object.to_owned(), |prefix| format!("{prefix}/{object}"));
        let S3Place { access, key, session, .. } = &self.place;
        let signer = S3Signer { access, key, session: session.as_ref() };
        let mut request = signed(method, (bucket, &object), headers, SIGNED, signer);
        request.body = body;
        let made = || {
            let http = Http::new(&Tls::default(), self.patience, self.limit);
            http.map(S3Client).map_err(|error: HttpError| StoreError::Refused(self.told(&error.to_string())))
        };
        let http = self.http.get_or_init(made).as_ref().map_err(Clone::clone)?;
        match self.aside.wait(self.patience, http.0.send(request)) {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => Err(self.away(&error.to_string())),
            Err(error) => Err(self.away(&error.to_string())),
        }
    }

    /// The state that the object is in, with all that it holds.
    fn look(&self) -> Result<Option<SeenState>, StoreError> {
        let known = self.seen().clone();
        let condition: Vec<_> = known.iter().map(|known| ("if-none-match", known.state.0.as_str())).collect();
        let response = self.send(Method::Get, OBJECT, &condition, Vec::new())?;
        let seen = match (response.status, known) {
            (304, Some(known)) => return Ok(Some(known)),
            (200, _) => Some(self.open(&response)?),
            (404, _) if words_of(&response).0 != "NoSuchBucket" => None,
            _ => return Err(self.unexpected(&response)),
        };
        self.seen().clone_from(&seen);
        Ok(seen)
    }

    fn open(&self, response: &Response) -> Result<SeenState, StoreError> {
        let damaged = |why: &str| self.refused(&format!("`{OBJECT}` is no archive of ledgers: {why}"), BACK);
        let state = response.header_value("etag").ok_or_else(|| damaged("it comes without an `ETag`"))?.to_owned();
        let mut files = unpack(&response.body, self.limit).map_err(|error| damaged(&error.to_string()))?;
        let head = files.remove(HEAD).ok_or_else(|| damaged(&format!("there is no `{HEAD}` in it")))?;
        let format = serde_json::from_slice::<serde_json::Value>(&head).ok().and_then(|head| head["format"].as_u64());
        if let Some(later) = format.filter(|format| *format > u64::from(FORMAT)) {
            let told = format!("`{OBJECT}` was written by a later version of Trueup (format {later})");
            return Err(self.refused(&told, "use that version"));
        }
        let Head { mark, .. } = serde_json::from_slice(&head).map_err(|error| damaged(&error.to_string()))?;
        Ok(SeenState { state: StoreState(state), mark, files: Arc::new(files) })
    }

    fn unexpected(&self, response: &Response) -> StoreError {
        match refusal(response, &self.place) {
            Ok((why, help)) => self.refused(&why, &help),
            Err(why) => self.away(&why),
        }
    }

    /// Tries whether the server takes a write whose condition does not hold. The object on which it is tried stays: nobody
    /// who tries at the same time is led astray.
    fn try_out(&self) -> Result<(), StoreError> {
        if self.is_tried.get().is_some() {
            return Ok(());
        }
        let put = |condition| self.send(Method::Put, TRIAL, &[condition], TRIAL_WORDS.into()).map(Tried::of);
        let mut once_more = put(("if-none-match", "*"))?;
        if let Tried::Taken = once_more {
            once_more = put(("if-none-match", "*"))?;
        }
        for (tried, condition) in [(once_more, "If-None-Match"), (put(("if-match", NOBODYS))?, "If-Match")] {
            match tried {
                Tried::Held => {}
                Tried::Taken => {
                    let why = format!("the server takes a write whose `{condition}` does not hold");
                    let help = "what one run writes, another one would overwrite: use a server that knows conditional \
                                writes, or `ledger: { git: … }`";
                    return Err(self.refused(&why, help));
                }
                Tried::Else(response) => return Err(self.unexpected(&response)),
            }
        }
        let _ = self.is_tried.set(());
        Ok(())
    }
}

/// What a server does with a write whose condition does not hold.
enum Tried {
    /// It refuses it, as it should.
    Held,
    /// It takes it.
    Taken,
    /// Something else is in the way.
    Else(Response),
}

impl Tried {
    fn of(response: Response) -> Tried {
        match response.status {
            409 | 412 => Tried::Held,
            200..300 => Tried::Taken,
            _ => Tried::Else(response),
        }
    }
}

/// The remedy for an object that is none of ours.
const BACK: &str = "put an earlier version of it back, if the bucket keeps them, or use another `prefix`";

impl Store for S3Store {
    fn name(&self) -> String {
        self.place.name()
    }

    fn state(&self) -> Result<Option<StoreState>, StoreError> {
        Ok(self.look()?.map(|seen| seen.state))
    }

    fn read(&self, at: &StoreState, file: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let known = self.seen().as_ref().filter(|seen| seen.state == *at).map(|seen| seen.files.get(file).cloned());
        if let Some(content) = known {
            return Ok(content);
        }
        match self.look()? {
            Some(seen) if seen.state == *at => Ok(seen.files.get(file).cloned()),
            _ => Err(StoreError::Raced),
        }
    }

    fn swap(&self, from: Option<&StoreState>, change: &StoreChange) -> Result<StoreState, StoreError> {
        self.try_out()?;
        let known = self.seen().clone().filter(|seen| from == Some(&seen.state));
        let before = match (from, known) {
            (None, _) => Arc::default(),
            (Some(_), Some(known)) => known.files,
            (Some(from), None) => self.look()?.filter(|seen| seen.state == *from).ok_or(StoreError::Raced)?.files,
        };
        let mut files = (*before).clone();
        for (file, bytes) in change {
            match bytes {
                Some(bytes) => drop(files.insert(file.clone(), bytes.clone())),
                None => drop(files.remove(file)),
            }
        }
        let mark = mark();
        let body = pack(&mark, &files).map_err(|error| self.away(&format!("it could not be packed: {error}")))?;
        let condition = from.map_or(("if-none-match", "*"), |from| ("if-match", from.0.as_str()));
        let response = self.send(Method::Put, OBJECT, &[condition], body)?;
        match (response.status, response.header_value("etag")) {
            (200..300, Some(state)) => {
                let state = StoreState(state.to_owned());
                *self.seen() = Some(SeenState { state: state.clone(), mark, files: Arc::new(files) });
                Ok(state)
            }
            // What stands between may have sent it twice. Whose state it is has one meaning.
            (200..300 | 404 | 409 | 412, _) if words_of(&response).0 != "NoSuchBucket" => {
                self.look()?.filter(|seen| seen.mark == mark).map(|seen| seen.state).ok_or(StoreError::Raced)
            }
            _ => Err(self.unexpected(&response)),
        }
    }
}

/// The bucket at a server. One of Amazon's is called by its name, if that can be part of a host's.
fn bucket(place: &S3Place) -> Result<Bucket, String> {
    let amazons = || format!("https://s3.{}.amazonaws.com", place.region);
    let endpoint = place.endpoint.clone().unwrap_or_else(amazons);
    let style = match place.endpoint.is_none() && !place.bucket.contains('.') {
        true => UrlStyle::VirtualHost,
        false => UrlStyle::Path,
    };
    let url = endpoint.parse().map_err(|error| format!("`{endpoint}` is no URL: {error}"))?;
    Bucket::new(url, style, place.bucket.clone(), place.region.clone())
        .map_err(|error| format!("`{endpoint}` is no server: {error}"))
}

/// The files as an archive.
fn pack(mark: &str, files: &BTreeMap<String, Vec<u8>>) -> std::io::Result<Vec<u8>> {
    let head = serde_json::to_vec(&Head { format: FORMAT, mark: mark.to_owned() })?;
    let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::default()));
    let files = files.iter().map(|(file, bytes)| (file.as_str(), bytes.as_slice()));
    for (file, bytes) in std::iter::once((HEAD, head.as_slice())).chain(files) {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o600);
        archive.append_data(&mut header, file, bytes)?;
    }
    let mut packed = archive.into_inner()?;
    packed.flush()?;
    packed.finish()
}

/// The files of an archive, of which so many bytes are read at most.
fn unpack(archive: &[u8], limit: u64) -> std::io::Result<BTreeMap<String, Vec<u8>>> {
    let mut files = BTreeMap::new();
    let mut left = limit;
    for entry in tar::Archive::new(GzDecoder::new(archive)).entries()? {
        let entry = entry?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        if entry.size() > left {
            return Err(std::io::Error::other(format!("more than {limit} bytes are in it")));
        }
        let mut bytes = Vec::new();
        entry.take(left).read_to_end(&mut bytes)?;
        left -= bytes.len() as u64;
        files.insert(name, bytes);
    }
    Ok(files)
}
