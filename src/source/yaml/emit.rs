//! Writing YAML, and reading YAML that is not part of a workspace.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// The words that YAML 1.1 takes for true or false, and YAML 1.2, as here, for text: other tools and people read either.
const SWITCHES: [&str; 8] = ["y", "n", "yes", "no", "on", "off", "true", "false"];

/// A letter for private use, which stands in no text of an API: where the quotes of a word go.
const QUOTE: char = '\u{e000}';

/// A value as YAML, keys in the order given. What a reader of YAML 1.1 would take for true or false is quoted.
pub fn yaml(value: &Value) -> String {
    if holds(value, QUOTE) {
        return serde_yaml::to_string(value).unwrap_or_default();
    }
    serde_yaml::to_string(&marked(value)).unwrap_or_default().replace(QUOTE, "\"")
}

fn holds(value: &Value, letter: char) -> bool {
    match value {
        Value::String(text) => text.contains(letter),
        Value::Array(items) => items.iter().any(|item| holds(item, letter)),
        Value::Object(map) => map.iter().any(|(key, value)| key.contains(letter) || holds(value, letter)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// The value with a mark where quotes go.
fn marked(value: &Value) -> Value {
    let mark = |text: &str| match SWITCHES.iter().any(|word| word.eq_ignore_ascii_case(text)) {
        true => format!("{QUOTE}{text}{QUOTE}"),
        false => text.to_owned(),
    };
    match value {
        Value::String(text) => Value::String(mark(text)),
        Value::Array(items) => Value::Array(items.iter().map(marked).collect()),
        Value::Object(map) => {
            let pairs = map.iter().map(|(key, value)| (mark(key), marked(value)));
            Value::Object(pairs.collect::<Map<String, Value>>())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

/// A YAML or JSON text as a value of a type.
///
/// # Errors
/// What is wrong with it, and where.
pub fn read_as<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_yaml::from_str(text).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_older_readers_take_for_true_or_false_is_quoted_and_reads_back() {
        for word in SWITCHES {
            for spelt in [word.to_owned(), word.to_uppercase(), format!("{}{}", &word[..1].to_uppercase(), &word[1..])]
            {
                let value = json!({ "a": spelt, spelt.as_str(): [spelt, format!("{spelt} "), format!("x{spelt}")] });
                let text = yaml(&value);
                let lines: Vec<&str> = text.lines().collect();
                assert_eq!(lines[0], format!("a: \"{spelt}\""));
                assert_eq!(lines[1..3], [format!("\"{spelt}\":"), format!("- \"{spelt}\"")]);
                assert_eq!(read_as::<Value>(&text), Ok(value));
            }
        }
    }

    #[test]
    fn all_else_is_as_it_was() {
        for value in [
            json!({ "a": true, "b": [false, 5, null, "office", "offline\non: off\n"], "c": "it's on" }),
            json!({ "a": "\u{e000}off\u{e000}", "b": "off" }),
        ] {
            assert_eq!(yaml(&value), serde_yaml::to_string(&value).unwrap());
            assert_eq!(read_as::<Value>(&yaml(&value)), Ok(value));
        }
    }
}
