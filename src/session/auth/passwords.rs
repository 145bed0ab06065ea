//! Logging in with a password, also while it changes.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::secret::Secret;
use crate::session::auth::Proof;
use crate::session::encode;
use crate::topology::Target;

/// The passwords that may open: the one that is wanted, and the one before it where the workspace sets a new one.
///
/// Which of them holds is found out by asking. So a run that ended right after the change is no harm: the next one is let
/// in by the new password, as the run itself is by the call after the change.
pub(crate) struct Passwords {
    user: Secret,
    all: Vec<Secret>,
    /// The one to try first; the one that opened last.
    current: AtomicUsize,
}

impl Passwords {
    /// Those of a target: `password` is the one among its credentials.
    ///
    /// # Errors
    /// The name of a secret that is missing.
    pub(crate) fn new(target: &Target, user: Secret, password: Secret) -> Result<Passwords, String> {
        let wanted = target.new_password.as_ref().map(encode::secret).transpose()?;
        let mut all: Vec<Secret> = wanted.into_iter().chain([password]).collect();
        all.dedup();
        Ok(Passwords { user, all, current: AtomicUsize::new(0) })
    }

    /// How many there are besides the one that is tried first.
    pub(crate) fn further_tries(&self) -> usize {
        self.all.len() - 1
    }

    /// Turns to the password after that one, unless somebody else has.
    pub(crate) fn turn_from(&self, refused: usize) {
        let next = (refused + 1) % self.all.len();
        let _ = self.current.compare_exchange(refused, next, Ordering::Relaxed, Ordering::Relaxed);
    }

    /// The one that opened last.
    pub(crate) fn current(&self) -> Option<&Secret> {
        self.all.get(self.current.load(Ordering::Relaxed))
    }

    /// The proof of who asks.
    pub(crate) fn proof(&self) -> Proof {
        let of = self.current.load(Ordering::Relaxed);
        let password = self.all.get(of).cloned().unwrap_or_else(|| Secret::new("credentials", ""));
        Proof { header: super::AUTHORIZATION, value: encode::basic(&self.user, &password), of }
    }
}
