//! Who runs a session: when it is to stop, and who hears that it waits.

use std::fmt;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use wire::{Method, TransportError};

use crate::session::{CallFailure, Session};

/// A server that says nothing for so long is named: most answers take a second, and half a minute of silence is what makes
/// people wonder.
const SILENCE: Duration = Duration::from_secs(30);

/// Waits from here on are told: whoever looks on takes a shorter one for work.
const LONG: Duration = Duration::from_secs(10);

/// Bytes of all pages of a list together that are read.
const MAX_LIST_BYTES: u64 = 256 << 20;

/// The longest time for which nobody looks whether the run is to stop.
const NAP: Duration = Duration::from_millis(200);

/// The wishes of whoever runs a session.
pub(crate) struct Attention {
    /// Set when no write is to begin any more.
    pub stop: Arc<AtomicBool>,
    /// Hears in a sentence what is waited for.
    pub tell: Arc<dyn Fn(&str) + Send + Sync>,
    /// Time after which a silent server is named, and again.
    pub silence: Duration,
    /// Bytes of all pages of a list together that are read.
    pub max_list_bytes: u64,
    /// Says whether this is a rehearsal: nothing is kept of it for later, and where its targets are proves nothing.
    pub rehearses: bool,
    /// When something was told last.
    told: Mutex<Option<Instant>>,
}

impl Default for Attention {
    fn default() -> Attention {
        Attention::new(Arc::default(), Arc::new(|_| {}), MAX_LIST_BYTES)
    }
}

impl fmt::Debug for Attention {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attention").field("silence", &self.silence).finish_non_exhaustive()
    }
}

impl Attention {
    /// The attention of a run that stops by a switch and tells by a function.
    pub(crate) fn new(stop: Arc<AtomicBool>, tell: Arc<dyn Fn(&str) + Send + Sync>, max_list_bytes: u64) -> Attention {
        Attention { stop, tell, silence: SILENCE, max_list_bytes, rehearses: false, told: Mutex::new(None) }
    }

    /// Tells something, unless this server was spoken of a moment ago: a dozen lists that wait for it are one fact.
    pub(crate) fn notice(&self, words: &str) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.is_none_or(|told| told.elapsed() >= self.silence / 2) {
            *told = Some(Instant::now());
            (self.tell)(words);
        }
    }

    /// Waits for an answer, and tells how long it has not come, however many bytes of it have.
    pub(crate) async fn wait_for<T>(&self, answer: impl Future<Output = T>, what: &dyn Fn() -> String) -> T {
        let mut answer = pin!(answer);
        let mut waited = Duration::ZERO;
        loop {
            tokio::select! {
                answer = &mut answer => return answer,
                () = tokio::time::sleep(self.silence) => {
                    waited += self.silence;
                    self.notice(&format!("{} for {} s", what(), waited.as_secs()));
                }
            }
        }
    }
}

impl Session {
    /// Says whether the run is to stop.
    pub(super) fn is_stopped(&self) -> bool {
        self.attention.stop.load(Ordering::Relaxed)
    }

    /// Tells of a wait before a request is sent again, if it is long.
    pub(super) fn tell_wait(&self, method: Method, path: &str, since: Instant, wait: Duration, why: &CallFailure) {
        let wait = self.lasts(wait);
        let path = path.split('?').next().unwrap_or_default();
        if wait >= LONG {
            let words = format!("{}: {method} {path}: {why}: trying again in {} s", self.name, wait.as_secs());
            self.attention.notice(&words);
        } else if since.elapsed() >= LONG {
            let passed = since.elapsed().as_secs();
            self.attention.notice(&format!("{}: {method} {path}: {why}: still trying after {passed} s", self.name));
        }
    }

    /// Sleeps; whoever waits for something wakes up when the run is to stop, to give it up.
    pub(super) async fn doze(&self, time: Duration, stop: &AtomicBool) {
        let before = stop.load(Ordering::Relaxed);
        let is_called = async {
            while stop.load(Ordering::Relaxed) == before {
                tokio::time::sleep(NAP).await;
            }
        };
        tokio::select! {
            () = self.pause(time) => {}
            () = is_called => {}
        }
    }
}

/// Says whether a failure is about the server's certificate: no other try will show another one.
pub(super) fn is_about_certificate(failure: &TransportError) -> bool {
    matches!(failure, TransportError::Tls(_) | TransportError::OtherCertificate(_))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_silent_server_is_named_once_for_all_that_waits() {
        let said = Arc::new(Mutex::new(Vec::new()));
        let heard = said.clone();
        let tell = Arc::new(move |words: &str| heard.lock().unwrap().push(words.to_owned()));
        let mut attention = Attention::new(Arc::default(), tell, 1);
        // Long enough that a busy machine is not mistaken for another silence.
        attention.silence = Duration::from_secs(1);
        let slow = |name: &'static str| {
            let what = move || format!("east: no answer to GET /{name}");
            let attention = &attention;
            async move { attention.wait_for(tokio::time::sleep(Duration::from_millis(1_500)), &what).await }
        };
        futures_util::future::join_all(["a", "b", "c"].map(slow)).await;
        let quick = attention.wait_for(async { 7 }, &|| "never".into()).await;
        let said = said.lock().unwrap();
        assert_eq!((said.len(), quick), (1, 7), "{said:?}");
        assert!(said[0].starts_with("east: no answer to GET /"), "{said:?}");
    }
}
