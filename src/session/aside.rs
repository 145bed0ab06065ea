//! Waiting for what is asynchronous, from wherever one stands.
//!
//! A ledger's store is asked by threads that renew leases and by those that drive a run, a secret by whoever reads a workspace,
//! and on a thread that drives a run nothing may block on another future. So what speaks over a network there has a small
//! runtime of its own, and is waited for on a thread of its own.

use std::future::Future;
use std::io;
use std::sync::OnceLock;
use std::thread;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;

/// A small runtime beside that of the program.
#[derive(Debug, Default)]
pub(crate) struct Aside(OnceLock<Option<Runtime>>);

impl Aside {
    /// Waits for something, and not longer than so.
    ///
    /// # Errors
    /// It takes too long, or the system gives no thread.
    pub(crate) fn wait<T: Send>(&self, patience: Duration, work: impl Future<Output = T> + Send) -> io::Result<T> {
        let refused = || io::Error::other("the system gives no thread for it");
        let runtime = self.0.get_or_init(|| Builder::new_multi_thread().worker_threads(1).enable_all().build().ok());
        let handle = runtime.as_ref().ok_or_else(refused)?.handle();
        let waiting = async { timeout(patience, work).await };
        let waited = thread::scope(|scope| {
            let asked = thread::Builder::new().name("store".into()).spawn_scoped(scope, || handle.block_on(waiting));
            asked.map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
        });
        waited?.map_err(|_| io::Error::new(io::ErrorKind::TimedOut, format!("no answer for {} s", patience.as_secs())))
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        // Its owner may be dropped where nobody may wait for threads to end.
        if let Some(runtime) = self.0.take().flatten() {
            runtime.shutdown_background();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_waited_for_and_dropped_wherever_one_stands() {
        const LONG: Duration = Duration::from_secs(60);
        let ask = || {
            let aside = Aside::default();
            assert_eq!(aside.wait(LONG, async { tokio::spawn(async { 7 }).await.unwrap_or_default() }).ok(), Some(7));
            assert_eq!(aside.wait(LONG, async { 8 }).ok(), Some(8));
        };
        ask();
        let runtime = Builder::new_current_thread().build().unwrap();
        runtime.block_on(async { ask() });
        let runtime = Builder::new_multi_thread().worker_threads(1).build().unwrap();
        runtime.block_on(async { tokio::spawn(async move { ask() }).await }).unwrap();
    }

    #[test]
    fn what_never_comes_is_given_up() {
        let never = std::future::pending::<()>();
        let error = Aside::default().wait(Duration::from_millis(20), never).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }
}
