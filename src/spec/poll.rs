//! Polls: the job or object to look at after a call, and the state in which it is done.

use std::time::Duration;

use crate::spec::{CallSpec, Detail};

/// Something to look at again and again until it is done.
#[derive(Debug, Clone, Copy)]
pub struct Poll {
    /// Where the call's reply names the job: the last path segment of what is found there fills `{job}`. If no place holds
    /// anything, the poll is left out. An empty list: there is no job to name.
    pub job: &'static [&'static str],
    /// Path with query to read. Empty where nothing tells how far it is but the call itself: it is sent again and again,
    /// and what is looked at is the text of its refusal. Those of its `retry_on` mean “not yet”, the first time too;
    /// taken once more, what it had begun has failed.
    pub path: &'static str,
    /// Where the reply holds the object to look at.
    pub at: &'static str,
    /// When it is done.
    pub until: Until,
    /// Where the object says what went wrong.
    pub error: &'static str,
    /// Where more can be read about what went wrong: in the path of the call `{job}` is the job's id, its reply holds the
    /// messages as a list, the newest first, and the fields are where each holds its texts, keys by dots.
    pub log: Option<Detail>,
    /// Where it counts what is done, and of how much.
    pub progress: Option<(&'static str, &'static str)>,
    /// Gives the job up when the run is asked to stop: `{job}` in its path is the job's id. What the controller does then
    /// is waited for all the same.
    pub cancel: Option<&'static CallSpec>,
    /// Says whether what is looked at is the object itself, and no job: its outputs are read from it.
    pub shows_object: bool,
    /// Statuses that mean “not yet”, as while the server restarts. With any of them, no answer at all means so too.
    pub tolerate: &'static [u16],
    /// Time between two looks.
    pub every: Duration,
    /// Time after which it is not expected to end.
    pub budget: Duration,
}

impl Until {
    /// As soon as there is a good answer.
    pub(crate) const ANSWERS: Until = Until::set("");

    /// When a key holds something.
    pub const fn set(key: &'static str) -> Until {
        Until::Left { key, going: &[], failed: &[] }
    }
}

impl Poll {
    /// A poll that looks at nothing yet; kinds overwrite what they have.
    pub const NEW: Poll = Poll {
        job: &[],
        path: "",
        at: "",
        until: Until::ANSWERS,
        error: "",
        log: None,
        progress: None,
        cancel: None,
        shows_object: false,
        tolerate: &[],
        every: Duration::from_secs(2),
        budget: Duration::from_secs(300),
    };

    /// Says whether it looks by sending its call again.
    pub(crate) fn repeats_the_call(&self) -> bool {
        matches!(self.until, Until::State { key: "", .. })
    }

    /// One look at outputs that only a read of their own shows.
    pub(crate) const OUTPUTS: &'static Poll = &Poll { shows_object: true, ..Poll::NEW };
}

/// When a [`Poll`] is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// When a key holds one of these words, compared without case; the others say that it failed.
    State {
        /// The key; empty for the text of a refusal, of which the words are a part.
        key: &'static str,
        /// Done.
        done: &'static [&'static str],
        /// Failed.
        failed: &'static [&'static str],
    },
    /// When a key holds something other than these words, compared without case: where only they are documented, or any is
    /// as good as another.
    Left {
        /// The key; empty for the whole answer.
        key: &'static str,
        /// Not done yet, besides nothing at all.
        going: &'static [&'static str],
        /// Failed.
        failed: &'static [&'static str],
    },
    /// When the machine has been started since the call was sent: a key holds its uptime in seconds. A restart that is
    /// over before the first look shows too, and one that has not begun yet is waited for.
    Restarted(&'static str),
    /// When the object is gone: 404, nothing there, or a key holds one of these words.
    Gone {
        /// The key; empty if there is none.
        key: &'static str,
        /// Words that mean gone, or `*` for any value but null.
        words: &'static [&'static str],
    },
}
