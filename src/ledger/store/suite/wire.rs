//! A wire between a store and its server, which can be cut, silenced and slowed.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// The behaviour of a wire.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Fault {
    None,
    /// After so many bytes to the server all connections are cut.
    CutSent(usize),
    /// After so many bytes from the server all connections are cut.
    CutAnswered(usize),
    /// Nothing gets through, and nobody says so.
    Silent,
    /// A few bytes at a time.
    Slow,
}

/// What has passed, and what is to happen.
#[derive(Debug)]
struct Passing {
    fault: Fault,
    /// It stays away once it is cut.
    stays_away: bool,
    is_away: bool,
    sent: usize,
    answered: usize,
    open: Vec<TcpStream>,
}

/// A wire to a server.
#[derive(Debug)]
pub(super) struct Wire {
    pub at: SocketAddr,
    passing: Arc<Mutex<Passing>>,
}

impl Wire {
    pub(super) fn to(server: SocketAddr) -> Wire {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let at = listener.local_addr().unwrap();
        let passing =
            Passing { fault: Fault::None, stays_away: false, is_away: false, sent: 0, answered: 0, open: Vec::new() };
        let passing = Arc::new(Mutex::new(passing));
        let shared = passing.clone();
        thread::spawn(move || {
            for near in listener.incoming().map_while(Result::ok) {
                connect(near, server, &shared);
            }
        });
        Wire { at, passing }
    }

    /// From now on it behaves so. What has passed is counted anew; open connections stay.
    pub(super) fn set(&self, fault: Fault, stays_away: bool) {
        let mut passing = self.passing.lock().unwrap();
        (passing.fault, passing.stays_away, passing.is_away) = (fault, stays_away, false);
        (passing.sent, passing.answered) = (0, 0);
    }

    /// Cuts it, and keeps it cut.
    pub(super) fn take_away(&self) {
        let mut passing = self.passing.lock().unwrap();
        passing.stays_away = true;
        passing.cut();
    }

    /// The bytes that went to the server and came from it since it was set.
    pub(super) fn passed(&self) -> (usize, usize) {
        let passing = self.passing.lock().unwrap();
        (passing.sent, passing.answered)
    }

    /// Says whether it was cut since it was set.
    pub(super) fn was_cut(&self) -> bool {
        let passing = self.passing.lock().unwrap();
        passing.is_away || passing.fault == Fault::None
    }
}

impl Passing {
    fn cut(&mut self) {
        (self.fault, self.is_away) = (Fault::None, self.stays_away);
        for stream in self.open.drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// How many of so many bytes may pass, and how long that takes; `None`: none ever.
    fn admit(&mut self, is_sent: bool, count: usize) -> Option<(usize, Duration)> {
        let passed = if is_sent { &mut self.sent } else { &mut self.answered };
        let before = *passed;
        let allowed = match self.fault {
            Fault::CutSent(limit) if is_sent => limit.saturating_sub(before),
            Fault::CutAnswered(limit) if !is_sent => limit.saturating_sub(before),
            Fault::Silent => return None,
            Fault::Slow => return Some((count.min(64), Duration::from_millis(1))),
            _ => count,
        };
        *passed += allowed.min(count);
        Some((allowed.min(count), Duration::ZERO))
    }
}

fn connect(near: TcpStream, server: SocketAddr, passing: &Arc<Mutex<Passing>>) {
    if passing.lock().unwrap().is_away {
        return;
    }
    let Ok(far) = TcpStream::connect(server) else { return };
    passing.lock().unwrap().open.extend([near.try_clone().unwrap(), far.try_clone().unwrap()]);
    for (is_sent, from, to) in [(true, &near, &far), (false, &far, &near)] {
        let (from, to, passing) = (from.try_clone().unwrap(), to.try_clone().unwrap(), passing.clone());
        thread::spawn(move || pump(is_sent, from, to, &passing));
    }
}

fn pump(is_sent: bool, mut from: TcpStream, mut to: TcpStream, passing: &Mutex<Passing>) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        let mut rest = &buffer[..count];
        while !rest.is_empty() {
            let admitted = passing.lock().unwrap().admit(is_sent, rest.len());
            let Some((count, pause)) = admitted else {
                // Silent: what came is gone, and so is all that would come.
                return thread::park();
            };
            thread::sleep(pause);
            let written = to.write_all(&rest[..count]);
            if count == 0 {
                passing.lock().unwrap().cut();
            }
            if written.is_err() || count == 0 {
                return;
            }
            rest = &rest[count..];
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}
