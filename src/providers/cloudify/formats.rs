//! How values are spelt that the server reads as more than text (cloudify.md#names, cloudify.md#sites,
//! cloudify.md#execution-schedules).

use jiff::civil::{DateTime, Time};
use unicode_normalization::UnicodeNormalization;

use crate::attr::Attr;
use crate::spec::{ValueFormat, whole_numbers};

/// A password.
pub(crate) static PASSWORD: ValueFormat = ValueFormat {
    words: "text of 5 to 256 letters",
    canonical: |value| text(value).map(Attr::Text),
    mistake: |value| {
        let fits = match value {
            Attr::Secret(secret) => secret.has_letters(5) && !secret.has_letters(257),
            value => value.to_text().is_some_and(|text| (5..=256).contains(&text.chars().count())),
        };
        (!fits).then(|| "the manager takes no other password".into())
    },
    schema: r#"{"type": "string", "minLength": 5, "maxLength": 256}"#,
};

/// The text of a label, which is kept in Unicode's form NFKC.
pub(crate) static LABEL_TEXT: ValueFormat = ValueFormat {
    words: "text of a label",
    canonical: |value| text(value).map(|text| Attr::Text(text.nfkc().collect())),
    mistake: |value| {
        let fits = match value {
            Attr::Secret(_) => true,
            value => value.to_text().is_some_and(|text| {
                text.chars().count() <= 256 && !text.chars().any(|letter| letter == '"' || letter.is_control())
            }),
        };
        (!fits).then(|| "it has 256 letters at most, and neither `\"` nor control characters".into())
    },
    schema: r#"{"type": "string", "maxLength": 256}"#,
};

/// A name for people, which is kept in Unicode's form NFKC.
pub(crate) static DISPLAY_NAME: ValueFormat = ValueFormat {
    words: "name for people",
    canonical: |value| {
        let text = text(value)?;
        Some(if text.is_empty() { Attr::Null } else { Attr::Text(text.nfkc().collect()) })
    },
    mistake: |value| {
        let fits = match value {
            Attr::Secret(_) => true,
            value => {
                value.to_text().is_some_and(|text| text.chars().count() <= 256 && !text.chars().any(char::is_control))
            }
        };
        (!fits).then(|| "it has 256 letters at most, and no control characters".into())
    },
    schema: r#"{"type": "string", "maxLength": 256}"#,
};

/// A place on earth: latitude and longitude in degrees.
pub(crate) static COORDINATES: ValueFormat = ValueFormat {
    words: "latitude and longitude",
    canonical: |value| {
        let text = value.as_text()?;
        if text.is_empty() {
            return Some(Attr::Null);
        }
        coordinates(text).map(|(latitude, longitude)| Attr::Text(format!("{latitude}, {longitude}")))
    },
    mistake: |value| {
        let fits = matches!(value, Attr::Secret(_))
            || value.as_text().and_then(coordinates).is_some_and(|(latitude, longitude)| {
                (-90.0..=90.0).contains(&latitude) && (-180.0..=180.0).contains(&longitude)
            });
        (!fits).then(|| "as in `50.11, 8.68`: from -90 to 90, and from -180 to 180".into())
    },
    schema: r#"{"type": "string", "examples": ["50.11, 8.68"]}"#,
};

fn coordinates(text: &str) -> Option<(f64, f64)> {
    let (latitude, longitude) = text.split_once(',')?;
    Some((latitude.trim().parse().ok()?, longitude.trim().parse().ok()?))
}

/// A time in UTC; a day alone begins then.
pub(crate) static TIME: ValueFormat = ValueFormat {
    words: "time in UTC",
    canonical: |value| {
        let text = value.as_text()?;
        if text.is_empty() {
            return Some(Attr::Null);
        }
        time(text).map(|time| Attr::Text(time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()))
    },
    mistake: |value| {
        let fits = matches!(value, Attr::Secret(_)) || value.as_text().and_then(time).is_some();
        (!fits).then(|| "as in `2030-01-31 06:00:00`; without a zone, it is UTC".into())
    },
    schema: r#"{"type": "string", "examples": ["2030-01-31 06:00:00"]}"#,
};

/// The forms that the server reads: a `Z` stands behind a fraction only.
fn time(text: &str) -> Option<DateTime> {
    let Some((day, clock)) = text.split_once(['T', ' ']) else {
        return Some(jiff::civil::Date::strptime("%Y-%m-%d", text).ok()?.to_datetime(Time::midnight()));
    };
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let fraction = fraction.strip_suffix('Z').filter(|_| text.contains('T')).unwrap_or(fraction);
    let is_fraction = (1..=6).contains(&fraction.len()) && fraction.bytes().all(|digit| digit.is_ascii_digit());
    let whole = DateTime::strptime("%Y-%m-%d %H:%M:%S", format!("{day} {clock}")).ok()?;
    let micros: i32 = format!("{fraction:0<6}").parse().ok().filter(|_| is_fraction)?;
    whole.with().subsec_nanosecond(micros * 1000).build().ok()
}

/// A rule by which something recurs, as iCalendar writes it.
pub(crate) static RRULE: ValueFormat = ValueFormat {
    words: "rule of iCalendar",
    canonical: |value| text(value).map(|text| if text.is_empty() { Attr::Null } else { Attr::Text(text) }),
    mistake: |value| {
        let fits = matches!(value, Attr::Secret(_)) || value.as_text().is_some_and(is_rrule);
        (!fits).then(|| "as in `FREQ=DAILY;INTERVAL=3`".into())
    },
    schema: r#"{"type": "string", "examples": ["FREQ=DAILY;INTERVAL=3"]}"#,
};

/// What stands in one line; of several lines, the server reads more than one rule.
fn is_rrule(text: &str) -> bool {
    let text = text.trim();
    let rule = text.strip_prefix("RRULE:").unwrap_or(text);
    let often = ["YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY", "MINUTELY", "SECONDLY"];
    let mut parts = rule.split(';').map(|part| part.split_once('='));
    text.contains('\n')
        || parts.clone().all(|part| part.is_some_and(|(name, value)| !name.is_empty() && !value.is_empty()))
            && parts.any(|part| {
                part.is_some_and(|(name, value)| {
                    name.eq_ignore_ascii_case("FREQ") && often.iter().any(|word| word.eq_ignore_ascii_case(value))
                })
            })
}

/// How often a workflow is run again.
pub(crate) static RECURRENCE: ValueFormat = ValueFormat {
    words: "number of seconds, minutes, hours, days, weeks, months or years",
    canonical: |value| value.as_text().map(|text| Attr::text(text.trim())),
    mistake: |value| {
        let fits = matches!(value, Attr::Secret(_)) || value.as_text().is_some_and(is_recurrence);
        (!fits).then(|| "as in `2 weeks`".into())
    },
    schema: r#"{"type": "string", "examples": ["2 weeks", "1 day"]}"#,
};

fn is_recurrence(text: &str) -> bool {
    let unit = text.trim_start_matches(|digit: char| digit.is_ascii_digit());
    let has_number = unit.len() < text.len();
    let unit = unit.strip_prefix(' ').unwrap_or(unit);
    let unit = unit.strip_suffix('s').unwrap_or(unit);
    has_number
        && matches!(
            unit,
            "sec"
                | "second"
                | "min"
                | "minute"
                | "h"
                | "hour"
                | "d"
                | "day"
                | "w"
                | "week"
                | "mo"
                | "month"
                | "y"
                | "year"
        )
}

/// A day of the week; of months and years, also which one: `1MO`, `L-FR`.
pub(crate) static WEEKDAY: ValueFormat = ValueFormat {
    words: "day of the week",
    canonical: |value| value.as_text().map(|text| Attr::Text(text.to_ascii_uppercase())),
    mistake: |value| {
        let is_day = |text: &str| {
            let text = text.to_ascii_uppercase();
            let day = text.strip_prefix("L-").or_else(|| text.strip_prefix(['1', '2', '3', '4'])).unwrap_or(&text);
            matches!(day, "MO" | "TU" | "WE" | "TH" | "FR" | "SA" | "SU")
        };
        let fits = matches!(value, Attr::Secret(_)) || value.as_text().is_some_and(is_day);
        (!fits).then(|| "as in `MO`; of months and years, also `1MO` or `L-FR`".into())
    },
    schema: r#"{"type": "string", "examples": ["MO", "L-FR"]}"#,
};

whole_numbers!(
    /// How often a workflow is run, from once on.
    COUNT, 1..
);

/// A word that the server keeps in lower case.
pub(crate) static LOWER_CASE: ValueFormat = ValueFormat {
    words: "word, whatever its case",
    canonical: |value| text(value).map(|text| Attr::Text(text.to_lowercase())),
    mistake: |value| {
        let fits = matches!(value, Attr::Secret(_)) || value.to_text().is_some_and(|text| !text.is_empty());
        (!fits).then(String::new)
    },
    schema: r#"{"type": "string", "minLength": 1}"#,
};

/// A text, or what stands for one.
fn text(value: &Attr) -> Option<String> {
    if value.is_null() { None } else { value.to_text() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;
    use crate::spec::{Type, canonical, check};

    #[test]
    fn two_spellings_of_one_value_are_one() {
        for (format, one, other) in [
            (&COORDINATES, "50.1,8.680", "50.10, 8.68"),
            (&COORDINATES, " 1e1,-0.5 ", "10.0, -0.50"),
            (&TIME, "2030-01-31", "2030-01-31T00:00:00.000Z"),
            (&TIME, "2030-01-31 06:00:00", "2030-01-31T06:00:00.000Z"),
            (&TIME, "2030-01-31T06:00:00.5", "2030-01-31 06:00:00.500"),
            (&WEEKDAY, "l-fr", "L-FR"),
            (&LOWER_CASE, "Env", "env"),
            (&LABEL_TEXT, "\u{fb01}", "fi"),
        ] {
            let form = |text: &str| canonical(&Type::Format(format), &Attr::text(text));
            assert_eq!(form(one), form(other), "{one} {other}");
        }
        let form = |format, text: &str| canonical(&Type::Format(format), &Attr::text(text));
        assert_ne!(form(&TIME, "2030-01-31"), form(&TIME, "2030-01-31 00:00:01"));
        assert_ne!(form(&COORDINATES, "1, 2"), form(&COORDINATES, "2, 1"));
        assert_eq!(form(&TIME, "").to_shown(), serde_json::Value::Null);
    }

    #[test]
    fn what_the_server_refuses_is_a_mistake() {
        let long = "x".repeat(257);
        for (format, fits, wrong) in [
            (&PASSWORD, &["admin", "   12"] as &[&str], &["", "1234", &long] as &[&str]),
            (&LABEL_TEXT, &["", "a b/%", "ü"], &["a\"b", "a\nb", &long]),
            (&DISPLAY_NAME, &["a \"b\"", "ü"], &["a\nb", &long]),
            (&COORDINATES, &["50.1, 8.6", "-90,180"], &["50.1", "91, 0", "0, 181", "a, b", "nan, 0", "1;2"]),
            (
                &TIME,
                &["2030-01-31", "2030-01-31 06:00:00", "2030-01-31T06:00:00.123456Z"],
                &[
                    "2030-02-30",
                    "06:00",
                    "2030-01-31T06:00:00Z",
                    "2030-01-31 06:00",
                    "2030-01-31 06:00:00.1Z",
                    "2030-01-31 06:00:00.",
                    "tomorrow",
                ],
            ),
            (&RECURRENCE, &["2 weeks", "1day", "30 min"], &["weeks", "2 fortnights", "2  weeks", ""]),
            (
                &RRULE,
                &["FREQ=DAILY", "RRULE:FREQ=WEEKLY;BYDAY=MO"],
                &["nonsense", "FREQ=NEVER", "INTERVAL=3", "FREQ=DAILY;"],
            ),
            (&WEEKDAY, &["mo", "4SU", "L-FR"], &["monday", "5MO", "LFR", ""]),
            (&LOWER_CASE, &["a"], &[""]),
        ] {
            for text in fits {
                assert_eq!((format.mistake)(&Attr::text(*text)), None, "{text}");
            }
            for text in wrong {
                assert!((format.mistake)(&Attr::text(*text)).is_some(), "{text}");
            }
        }
    }

    #[test]
    fn a_password_is_measured_and_never_told() {
        for (text, is_taken) in [("s3cr", false), ("s3cre", true), (&*"x".repeat(257), false)] {
            let found = check(&Type::Format(&PASSWORD), &Attr::Secret(Secret::new("pw", text)));
            assert_eq!(found.is_empty(), is_taken, "{} letters", text.len());
            assert!(found.iter().all(|found| !found.message.contains("s3cr")), "{:?}", found);
        }
    }
}
