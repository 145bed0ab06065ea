//! Other programs: run with a limit, what they say kept.

use std::io::Read;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// How long what a program said is waited for once it has ended: a child of its own may hold the pipe open.
const AFTER_THE_END: Duration = Duration::from_secs(5);

/// Between two looks whether a program has ended.
const BETWEEN_LOOKS: Duration = Duration::from_millis(10);

/// What became of a program that ran to its end.
#[derive(Debug)]
pub(crate) struct ProgramOutput {
    /// How it ended.
    pub status: ExitStatus,
    /// What it said on its standard output.
    pub output: Vec<u8>,
    /// What it said on its standard error.
    pub errors: String,
}

/// Runs a program without input to its end. Of each of its two streams so many bytes are kept.
///
/// # Errors
/// It can't be started, or does not end in time; then it is ended.
pub(crate) fn run(command: &mut Command, limit: Duration, bytes: u64) -> Result<ProgramOutput, String> {
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = child.map_err(|error| error.to_string())?;
    // Both pipes are read at once: a program that fills one of them would wait for ever otherwise.
    let output = child.stdout.take().map(|pipe| collect(pipe, bytes));
    let errors = child.stderr.take().map(|pipe| collect(pipe, bytes));
    let start = Instant::now();
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if start.elapsed() < limit => thread::sleep(BETWEEN_LOOKS),
            Ok(None) => {
                // It may have ended just now: then there is nothing to stop.
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("it did not end within {} s", limit.as_secs()));
            }
            Err(error) => return Err(error.to_string()),
        }
    };
    let received = |pipe: Option<mpsc::Receiver<Vec<u8>>>| {
        pipe.and_then(|pipe| pipe.recv_timeout(AFTER_THE_END).ok()).unwrap_or_default()
    };
    let (output, errors) = (received(output), received(errors));
    Ok(ProgramOutput { status, output, errors: String::from_utf8_lossy(&errors).trim().to_owned() })
}

fn collect(pipe: impl Read + Send + 'static, limit: u64) -> mpsc::Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        // What was read before an error is all there is.
        let _ = pipe.take(limit).read_to_end(&mut bytes);
        let _ = sender.send(bytes);
    });
    receiver
}
