use std::time::Instant;

use base64::alphabet;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};
use base64::prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE, BASE64_URL_SAFE_NO_PAD, Engine};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::json;

use super::*;

/// A way to spell a text.
type Spelling = fn(&str) -> String;

fn json_text(text: &str) -> String {
    let quoted = json!(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

fn json_ascii(text: &str) -> String {
    let escaped = |letter: char| letter.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect();
    text.chars()
        .map(|letter| if letter.is_ascii() { json_text(&letter.to_string()) } else { escaped(letter) })
        .collect()
}

fn each_byte(text: &str, spell: impl Fn(u8) -> String) -> String {
    text.bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { spell(byte) })
        .collect()
}

fn each_letter(text: &str, spell: impl Fn(char) -> String) -> String {
    text.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter.to_string() } else { spell(letter) }).collect()
}

fn html_named(text: &str) -> String {
    let name = |letter| match letter {
        '&' => "&amp;".to_owned(),
        '<' => "&lt;".to_owned(),
        '>' => "&gt;".to_owned(),
        '"' => "&quot;".to_owned(),
        '\'' => "&apos;".to_owned(),
        'ü' => "&uuml;".to_owned(),
        other => other.to_string(),
    };
    text.chars().map(name).collect()
}

/// Every way to spell a secret in which it has to be found.
const SPELLINGS: [(&str, Spelling); 35] = [
    ("raw", |text| text.to_owned()),
    ("JSON", json_text),
    ("JSON with slashes escaped", |text| json_text(text).replace('/', "\\/")),
    ("JSON in ASCII", json_ascii),
    ("JSON with every letter by number", |text| text.encode_utf16().map(|unit| format!("\\u{unit:04X}")).collect()),
    ("JSON in JSON", |text| json_text(&json_text(text))),
    ("JSON in JSON in JSON", |text| json_text(&json_ascii(&json_text(text)))),
    ("percent", |text| each_byte(text, |byte| format!("%{byte:02X}"))),
    ("percent in lower case", |text| each_byte(text, |byte| format!("%{byte:02x}"))),
    ("percent with slashes as they are", |text| {
        each_byte(text, |byte| if byte == b'/' { "/".to_owned() } else { format!("%{byte:02X}") })
    }),
    ("percent twice", |text| each_byte(text, |byte| format!("%25{byte:02X}"))),
    ("form", |text| each_byte(text, |byte| if byte == b' ' { "+".to_owned() } else { format!("%{byte:02X}") })),
    ("HTML by name", html_named),
    ("HTML by number", |text| each_letter(text, |letter| format!("&#{};", u32::from(letter)))),
    ("HTML by hexadecimal number", |text| each_letter(text, |letter| format!("&#x{:X};", u32::from(letter)))),
    ("HTML with zeros", |text| each_letter(text, |letter| format!("&#{:06};", u32::from(letter)))),
    ("JSON in HTML", |text| html_named(&json_text(text))),
    ("base64", |text| BASE64_STANDARD.encode(text)),
    ("base64 after one letter", |text| BASE64_STANDARD.encode(format!("a{text}"))),
    ("base64 after two letters", |text| BASE64_STANDARD.encode(format!("ab{text}"))),
    ("base64 in a text", |text| BASE64_STANDARD_NO_PAD.encode(format!("abc{text}z"))),
    ("base64 for URLs", |text| BASE64_URL_SAFE.encode(format!("~~?{text}"))),
    ("base64 for URLs without padding", |text| BASE64_URL_SAFE_NO_PAD.encode(text)),
    ("base64 in lines", |text| {
        let whole = BASE64_STANDARD.encode(format!("{}{text}", "x".repeat(64)));
        whole.as_bytes().chunks(76).map(|line| String::from_utf8_lossy(line)).collect::<Vec<_>>().join("\r\n")
    }),
    ("base64 of JSON", |text| BASE64_STANDARD.encode(json!({ "secret": text }).to_string())),
    ("basic header", |text| format!("Basic {}", BASE64_STANDARD.encode(format!("api:{text}")))),
    ("hexadecimal", |text| text.bytes().map(|byte| format!("{byte:02x}")).collect()),
    ("shell", |text| format!("'{}'", text.replace('\'', "'\\''"))),
    ("shell with other quotes", |text| format!("'{}'", text.replace('\'', "'\"'\"'"))),
    ("shell with backslashes", |text| {
        text.chars()
            .map(|l| if l.is_ascii_alphanumeric() || !l.is_ascii() { l.to_string() } else { format!("\\{l}") })
            .collect()
    }),
    ("slashes behind a backslash, all else as it is", |text| text.replace('/', "\\/")),
    ("YAML", |text| format!("'{}'", text.replace('\'', "''"))),
    ("CSV", |text| format!("\"{}\"", text.replace('"', "\"\""))),
    ("Rust", |text| format!("{text:?}")),
    ("Python", |text| {
        let letter = |letter: char| match letter {
            '\\' => "\\\\".to_owned(),
            '\'' => "\\'".to_owned(),
            other if other.is_ascii() => other.to_string(),
            other => other.to_string().bytes().map(|byte| format!("\\x{byte:02x}")).collect(),
        };
        format!("b'{}'", text.chars().map(letter).collect::<String>())
    }),
];

/// Texts around what is echoed.
const SHAPES: [(&str, &str); 5] = [
    ("bad psk: ", ""),
    (r#"{"error":{"name":"E","message":"got "#, r#" from you"}}"#),
    ("<html><body>Bad: ", "</body></html>"),
    ("GET /x?key=", "&other=1 failed"),
    ("", ""),
];

const SECRETS: [&str; 5] =
    [r#"p"s\k/ü canary&1=2"#, "plain-canary", "it's <canary> + ${x}", "ünïcödé-🔑-canary", "canary\\n%41&amp;"];

/// Says that nothing of the secret is left, and all of what is around it.
fn hides(redactor: &Redactor, secret: &str, spelt: &str, (before, after): (&str, &str)) -> Result<(), String> {
    let redacted = redactor.redact(&format!("{before}{spelt}{after}"));
    let fine = redacted.contains("(secret psk)") && !redacted.contains(secret);
    match fine && redacted.starts_with(before) && redacted.ends_with(after) {
        true => Ok(()),
        false => Err(redacted),
    }
}

#[test]
fn every_secret_is_found_in_every_spelling_and_shape() {
    for secret in SECRETS {
        let redactor = Redactor::new([Secret::new("psk", secret)]);
        for (name, spell) in SPELLINGS {
            for shape in SHAPES {
                if let Err(redacted) = hides(&redactor, secret, &spell(secret), shape) {
                    panic!("`{secret}` as {name} in {shape:?}: {redacted}");
                }
            }
        }
    }
}

#[test]
fn any_secret_is_found_in_any_spelling() {
    let texts = ("[ -~äöüß€🔑]{6,40}", 0..SPELLINGS.len(), 0..SHAPES.len());
    let outcome = TestRunner::new(ProptestConfig::with_cases(3000)).run(&texts, |(secret, spelling, shape)| {
        let secret = format!("q{}q", secret.trim());
        prop_assume!(secret.chars().count() >= 6);
        let redactor = Redactor::new([Secret::new("psk", secret.as_str())]);
        hides(&redactor, &secret, &(SPELLINGS[spelling].1)(&secret), SHAPES[shape])
            .map_err(|redacted| TestCaseError::fail(format!("{}: {redacted}", SPELLINGS[spelling].0)))
    });
    outcome.unwrap_or_else(|failure| panic!("{failure}"));
}

#[test]
fn plain_text_is_left_as_it_is() {
    let redactor = Redactor::new((0..2000).map(|n| Secret::new("s", format!("s{n:05}-hidden"))));
    let outcome = TestRunner::new(ProptestConfig::with_cases(500)).run(&"[ -~\n]{0,300}", |text| {
        prop_assert_eq!(redactor.redact(&text), text);
        Ok(())
    });
    outcome.unwrap_or_else(|failure| panic!("{failure}"));
}

#[test]
fn the_longer_secret_is_meant_and_what_overlaps_goes_together() {
    let redactor = Redactor::new([
        Secret::new("a", "hunter"),
        Secret::new("b", "hunter2"),
        Secret::new("c", "on"),
        Secret::new("d", "ter2-x"),
    ]);
    assert_eq!(redactor.redact("hunter2 on hunter, no"), "(secret b) on (secret a), no");
    assert_eq!(redactor.redact("hunter2-xy"), "(secret b)y");
    assert_eq!(redactor.redact(""), "");
    assert_eq!(Redactor::default().redact("hunter2"), "hunter2");
}

#[test]
fn a_short_secret_is_found_as_a_whole_value_only() {
    let redactor = Redactor::new([Secret::new("pw", "admin")]);
    for (text, shown) in [
        ("password: admin", "password: (secret pw)"),
        (r#"{"password":"admin"}"#, r#"{"password":"(secret pw)"}"#),
        ("api:admin@host.", "api:(secret pw)@host."),
        ("no admin.", "no (secret pw)."),
        ("--match-set admins src", "--match-set admins src"),
        ("sys_admin admin-web x.admin.y", "sys_admin admin-web x.admin.y"),
        ("YWRtaW4= %61dmin", "YWRtaW4= %61dmin"),
        ("Basic YWRtaW46YWRtaW4=", "Basic YWRtaW46(secret pw)="),
    ] {
        assert_eq!(redactor.redact(text), shown);
    }
}

#[test]
fn each_long_line_of_a_secret_is_one() {
    let pem = "-----BEGIN PRIVATE KEY-----\r\nMIIEvQcanary1\nMIIEvQcanary2\nAQ==\n-----END PRIVATE KEY-----\n";
    let redactor = Redactor::new([Secret::new("pem", pem)]);
    assert_eq!(redactor.redact("bad line: MIIEvQcanary2 AQ=="), "bad line: (secret pem) AQ==");
    assert_eq!(redactor.redact("no -----BEGIN PRIVATE KEY----- found"), "no -----BEGIN PRIVATE KEY----- found");
    assert_eq!(redactor.redact(&json!(pem).to_string()), "\"(secret pem)\"");
    assert_eq!(redactor.redact(&format!("got {}", pem.trim())), "got (secret pem)");
}

#[test]
fn what_one_learns_all_know_and_nothing_is_kept_twice() {
    let redactor = Redactor::new([Secret::new("a", "first-secret")]);
    let other = redactor.clone();
    for _ in 0..3 {
        other.learn((0..5000).map(|n| Secret::new("b", format!("later-{n:05}"))));
        assert_eq!(redactor.redact("first-secret later-04999"), "(secret a) (secret b)");
    }
    let kept: usize = redactor.levels().iter().map(|level| level.len()).sum();
    assert!(kept <= 10_002, "{kept}");
    let value = Attr::from_json(&json!({ "psk": "in-a-value", "port": 4500 }));
    redactor.learn_from(&redact_live("psk", value));
    assert_eq!(redactor.redact("in-a-value 4500"), "(secret psk) 4500");
}

/// Time is measured loosely: what is quadratic would take minutes.
#[test]
fn a_hundred_thousand_secrets_are_looked_for_at_once() {
    let begun = Instant::now();
    let redactor = Redactor::new((0..100_000).map(|n| Secret::new("s", format!("PSK-common-beginning-{n:06}-x"))));
    let text = "PSK-common-beginning-0 said the controller, and PSK-common-beginning-099999-x. ".repeat(500);
    let redacted = redactor.redact(&text);
    assert_eq!(redacted.matches("(secret s)").count(), 500);
    assert_eq!(redacted.matches("PSK-common-beginning-0 said").count(), 500);
    assert!(begun.elapsed().as_secs() < 30, "{:?}", begun.elapsed());
}

#[test]
fn any_alphabet_of_base64_is_read() {
    let engine = GeneralPurpose::new(&alphabet::URL_SAFE, GeneralPurposeConfig::new());
    let secret = "\u{ff}\u{fe}\u{3ff}?>~canary";
    let redactor = Redactor::new([Secret::new("psk", secret)]);
    assert!(redactor.redact(&engine.encode(secret)).contains("(secret psk)"));
}

#[test]
fn a_value_that_holds_a_secret_is_one_and_another_is_as_it_was() {
    let redactor = Redactor::new([Secret::new("secret.psk", "canary-7731")]);
    let concealed = redactor.conceal(
        "c/deployments/d.outputs",
        Attr::from_json(&json!({
            "whole": "canary-7731", "within": "key=canary-7731;", "packed": BASE64_STANDARD.encode("x:canary-7731"),
            "list": ["canary-7731", "plain"], "plain": "canary", "number": 7731,
        })),
    );
    let secret = "(secret c/deployments/d.outputs)";
    assert_eq!(
        concealed.to_shown(),
        json!({
            "whole": secret, "within": secret, "packed": secret, "list": [secret, "plain"], "plain": "canary",
            "number": 7731,
        })
    );
    redactor.learn_new(Secret::new("before", "canary-7731"));
    assert_eq!(redactor.redact("canary-7731"), "(secret secret.psk)");
}
