//! Who runs this program, where, and when.

use std::fs;

use jiff::{Timestamp, Unit};

/// Who runs this program, as the machine calls them.
pub(super) fn user() -> Option<String> {
    variable(&["USER", "LOGNAME", "USERNAME"])
}

/// The machine's name.
pub(super) fn host() -> Option<String> {
    let kernel = fs::read_to_string("/proc/sys/kernel/hostname").ok().map(|name| name.trim().to_owned());
    kernel.or_else(|| variable(&["HOSTNAME", "COMPUTERNAME"]))
}

fn variable(names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| std::env::var(name).ok())
}

/// The time to the second, as in `2026-03-01T09:00:00Z`.
pub(crate) fn now() -> String {
    let now = Timestamp::now();
    now.round(Unit::Second).unwrap_or(now).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_told_to_the_second() {
        assert_eq!(now().len(), "2026-03-01T09:00:00Z".len(), "{}", now());
    }
}
