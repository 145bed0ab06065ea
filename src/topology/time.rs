//! Times as people write them.

use std::time::Duration;

/// A time as people write it: `500ms`, `90s`, `10m`, `2h`.
///
/// # Errors
/// How to say it.
pub(crate) fn time(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is no time; say it like 20ms, 90s, 10m or 2h");
    let (digits, unit) = text.split_at(text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len()));
    let number: u64 = digits.parse().map_err(|_| wrong())?;
    let seconds = |each: u64| number.checked_mul(each).map(Duration::from_secs).ok_or_else(wrong);
    match unit {
        "ms" => Ok(Duration::from_millis(number)),
        "s" => seconds(1),
        "m" | "min" => seconds(60),
        "h" => seconds(3600),
        _ => Err(wrong()),
    }
}

/// A time as [`time`] reads it.
pub(crate) fn spelt_time(time: Duration) -> String {
    let (seconds, millis) = (time.as_secs(), time.as_millis());
    match millis {
        _ if u128::from(seconds) * 1000 != millis => format!("{millis}ms"),
        _ if seconds > 0 && seconds.is_multiple_of(3600) => format!("{}h", seconds / 3600),
        _ if seconds > 0 && seconds.is_multiple_of(60) => format!("{}m", seconds / 60),
        _ => format!("{seconds}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_spelt_as_they_are_read() {
        for (millis, spelt) in
            [(0, "0s"), (20, "20ms"), (1500, "1500ms"), (90_000, "90s"), (600_000, "10m"), (7_200_000, "2h")]
        {
            assert_eq!(spelt_time(Duration::from_millis(millis)), spelt);
            assert_eq!(time(spelt), Ok(Duration::from_millis(millis)));
        }
    }

    #[test]
    fn times_are_read_as_people_write_them() {
        for (text, millis) in [("20ms", 20), ("90s", 90_000), ("10m", 600_000), ("10min", 600_000), ("2h", 7_200_000)] {
            assert_eq!(time(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        for text in ["", "5", "s", "1.5s", "-1s", "5 s", "1d", "99999999999999999999s", "18446744073709551615h"] {
            assert!(time(text).is_err(), "{text}");
        }
    }
}
