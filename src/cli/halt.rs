//! When to stop: the signals, and the time that a command was given.
//!
//! A command that only looks ends at once. One that writes says so ([`heed`]): from then on the first signal, or the end
//! of its time, sets a switch, and the command ends by itself. Nothing begins any more then; what is under way is looked
//! at for half a minute longer. The second signal ends the process.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, Once, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use crate::apply::GRACE;
use crate::cli::{Exit, talk};

/// Set when nothing new is to begin.
static SWITCH: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);

/// Since when.
static SINCE: OnceLock<Instant> = OnceLock::new();

/// The words in which a command tells that it stops, once it does so by itself.
static WORDS: Mutex<Option<&'static str>> = Mutex::new(None);

/// The longest time for which nobody looks at the switch.
const NAP: Duration = Duration::from_millis(200);

/// The switch.
pub(crate) fn switch() -> Arc<AtomicBool> {
    SWITCH.clone()
}

/// A command that ends by itself when the switch is set, as long as this lives.
#[must_use = "the command ends at once when it is gone"]
pub(crate) struct Heeding {
    /// The switch.
    pub switch: Arc<AtomicBool>,
}

impl Drop for Heeding {
    fn drop(&mut self) {
        *this_command() = None;
    }
}

/// From now on the first signal and the end of the command's time set the switch, in these words.
pub(crate) fn heed(words: &'static str) -> Heeding {
    *this_command() = Some(words);
    static LISTENING: Once = Once::new();
    LISTENING.call_once(start_listening);
    Heeding { switch: switch() }
}

/// Listens from when it returns, in a thread of its own: some commands run several others, each with threads of its own.
fn start_listening() {
    let (ready, is_ready) = channel();
    if std::thread::Builder::new().name("signals".into()).spawn(move || listen(&ready)).is_ok() {
        // A listener that could not begin is gone, and so is its end of the channel.
        let _ = is_ready.recv();
    }
}

/// Says whether the command is to stop.
pub(crate) fn is_set() -> bool {
    SWITCH.load(Ordering::Relaxed)
}

/// Does something of which the outcome is worth waiting for, until half a minute after a stop; `None` if it took longer.
pub(crate) async fn within_grace<T>(work: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        done = work => Some(done),
        () = grace_over() => None,
    }
}

/// Waits until the switch is set.
pub(crate) async fn stopped() {
    while !is_set() {
        tokio::time::sleep(NAP).await;
    }
}

/// Gives the process no more than that time.
pub(crate) fn limit(time: Duration, shown: String) {
    let clock = move || {
        std::thread::sleep(time);
        let words = *this_command();
        match words {
            Some(words) => set(&format!("the time is over (`--timeout {shown}`): {words}")),
            None => {
                talk::finish();
                eprintln!(
                    "error: not done within {shown}; nothing was changed\n  help: see what takes so long, or raise `--timeout`"
                );
                std::process::exit(i32::from(Exit::Failed.code()));
            }
        }
    };
    if let Err(error) = std::thread::Builder::new().name("clock".into()).spawn(clock) {
        eprintln!("warning: `--timeout` is not heeded: {error}");
    }
}

fn this_command() -> MutexGuard<'static, Option<&'static str>> {
    WORDS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Sets the switch and says so. What sets it again changes nothing.
fn set(words: &str) {
    if SINCE.set(Instant::now()).is_ok() {
        SWITCH.store(true, Ordering::Relaxed);
        eprintln!("{words}; once more to stop at once");
    }
}

async fn grace_over() {
    while SINCE.get().is_none_or(|since| since.elapsed() < GRACE) {
        tokio::time::sleep(NAP).await;
    }
}

/// Takes signals: the first one sets the switch, the next one ends the process and says how to look at what the controllers
/// go on with.
fn listen(ready: &Sender<()>) {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
    runtime.block_on(async {
        let Ok(mut signals) = Signals::new() else { return };
        let _ = ready.send(());
        let mut is_first = true;
        loop {
            signals.next().await;
            let words = *this_command();
            match words {
                // The end of the command's time is no signal: the first one after it says nothing new.
                Some(words) if is_first => set(words),
                words => end_at_once(words.is_some()),
            }
            is_first = false;
        }
    });
}

/// Ends the process. Whoever was in the midst of changes hears how to look at what the controllers go on with.
fn end_at_once(was_writing: bool) -> ! {
    talk::finish();
    if !was_writing {
        std::process::exit(i32::from(Exit::Failed.code()));
    }
    eprintln!("stopped: what the controllers are at work on goes on; `trueup plan` looks, `trueup apply` waits for it");
    std::process::exit(i32::from(Exit::Partial.code()));
}

/// Whoever asks for an end: a person with Ctrl-C, CI with the signal to terminate, a terminal that is closed.
struct Signals {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    /// None where whoever started the program wants it to outlive its terminal, as `nohup` does.
    #[cfg(unix)]
    hangup: Option<tokio::signal::unix::Signal>,
}

#[cfg(unix)]
impl Signals {
    /// Listens from now on: no signal is lost between two calls of [`Signals::next`].
    fn new() -> std::io::Result<Signals> {
        use tokio::signal::unix::{SignalKind, signal};
        let hangup = (!ignores_hangup()).then(|| signal(SignalKind::hangup())).transpose()?;
        Ok(Signals { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())?, hangup })
    }

    /// Waits for the next one.
    async fn next(&mut self) {
        let hangup = async {
            match &mut self.hangup {
                Some(hangup) => drop(hangup.recv().await),
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            () = hangup => {}
        }
    }
}

#[cfg(not(unix))]
impl Signals {
    /// Listens.
    fn new() -> std::io::Result<Signals> {
        Ok(Signals {})
    }

    /// Waits for the next one.
    async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// Says whether the process was started with the signal of a closed terminal ignored.
#[cfg(unix)]
fn ignores_hangup() -> bool {
    static IGNORED: LazyLock<bool> =
        LazyLock::new(|| std::fs::read_to_string("/proc/self/status").is_ok_and(|status| is_hangup_among(&status)));
    *IGNORED
}

/// Says whether a process's status tells that the signal is ignored: the lowest bit of a mask in base 16.
#[cfg(unix)]
fn is_hangup_among(status: &str) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn who_outlives_the_terminal_is_known_by_the_mask() {
        for (mask, ignored) in [("0000000000000001", true), ("0000000000001000", false), ("0000000000001001", true)] {
            assert_eq!(is_hangup_among(&format!("Name:\ttrueup\nSigIgn:\t{mask}\nSigCgt:\t1\n")), ignored, "{mask}");
        }
        assert!(!is_hangup_among(""));
    }
}
