//! Findings: each code has an explanation and a test, files with a thousand mistakes are told all of them, and every form
//! of `validate` says the same.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use proc_macro2::{TokenStream, TokenTree};
use serde_json::Value;

use crate::bench::{Bench, copy};
use crate::sources::{Source, sources};

/// The functions whose first plain text is the code of a finding.
const TOLD_BY: [(&str, &str); 4] =
    [("Finding", "error"), ("Finding", "warning"), ("DecodeError", "new"), ("TypeError", "new")];

/// The text of a literal; `None` of what is none.
fn text(token: &TokenTree) -> Option<String> {
    let TokenTree::Literal(literal) = token else { return None };
    Some(literal.to_string().strip_prefix('"')?.strip_suffix('"')?.to_owned())
}

/// The codes that tokens give to findings, word by word: `Finding::error("…"`, `code: "…"`.
fn given(tokens: &[TokenTree], found: &mut BTreeSet<String>) {
    let words: Vec<String> = tokens
        .iter()
        .map(|token| match token {
            TokenTree::Group(_) => String::new(),
            token => token.to_string(),
        })
        .collect();
    for (at, token) in tokens.iter().enumerate() {
        let TokenTree::Group(group) = token else {
            if at >= 2 && words[at - 1] == ":" && words[at - 2] == "code" {
                found.extend(text(token));
            }
            continue;
        };
        let inner: Vec<TokenTree> = group.stream().into_iter().collect();
        let is_told = TOLD_BY
            .iter()
            .any(|(of, name)| at >= 4 && words[at - 1] == *name && words[at - 2] == ":" && words[at - 4] == *of);
        if is_told {
            let is_code = |text: &String| text.bytes().all(|letter| letter.is_ascii_lowercase() || letter == b'-');
            found.extend(inner.iter().filter_map(text).find(is_code).filter(|code| !code.is_empty()));
        }
        given(&inner, found);
    }
}

/// The texts of all literals.
fn literals(tokens: &[TokenTree], found: &mut Vec<String>) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => literals(&group.stream().into_iter().collect::<Vec<_>>(), found),
            TokenTree::Literal(literal) => found.push(literal.to_string()),
            _ => {}
        }
    }
}

/// The codes of the table and of the rules, as the program lists them.
fn listed(bench: &Bench) -> BTreeSet<String> {
    let lists = ["findings", "rules"].map(|topic| bench.run(&["explain", topic]).expect(0).out);
    let code = |line: &str| {
        let mut words = line.split_whitespace();
        let (code, level) = (words.next()?, words.next()?);
        let is_told = line.starts_with("  ") && matches!(level, "error" | "warning") && !code.ends_with(':');
        is_told.then(|| code.to_owned())
    };
    lists.iter().flat_map(|list| list.lines()).filter_map(code).collect()
}

#[test]
fn the_sources_are_read_for_codes() {
    let sample = "fn f() { Finding::error(\"a-b\", \"text\").at(x); let y = YamlError { code: \"c\", n: 1 }; \
                  g(TypeError::new(path, \"d-e\", message)); Finding::warning(CODE, \"not this\"); }";
    let tokens: Vec<TokenTree> = sample.parse::<TokenStream>().unwrap().into_iter().collect();
    let mut found = BTreeSet::new();
    given(&tokens, &mut found);
    assert_eq!(found, ["a-b", "c", "d-e"].map(str::to_owned).into());
}

#[test]
fn every_code_is_explained_and_every_explanation_has_a_code() {
    let bench = Bench::real(&[]);
    let listed = listed(&bench);
    assert!(listed.len() > 90, "{listed:?}");
    let mut codes = BTreeSet::new();
    let mut texts = Vec::new();
    for source in sources().iter().filter(|source| !source.path.starts_with("src/finding/codes")) {
        given(&source.product, &mut codes);
        literals(&source.product, &mut texts);
    }
    assert!(codes.len() > 60, "{codes:?}");
    let unexplained: Vec<&String> = codes.difference(&listed).collect();
    assert!(unexplained.is_empty(), "give these an entry in `src/finding/codes.rs`: {unexplained:?}");
    let texts: BTreeSet<String> = texts.into_iter().collect();
    let stale: Vec<&String> = listed.iter().filter(|code| !texts.contains(&format!("\"{code}\""))).collect();
    assert!(stale.is_empty(), "nothing tells these: {stale:?}");
    for code in &listed {
        let told = bench.run(&["explain", code]).expect(0);
        assert!(told.out.starts_with(&format!("{code}: ")), "{}", told.out);
    }
}

/// The codes whose tests look at what is said and not at the code, with a part of that; the last one would take a million
/// resources.
const BY_WORDS: [(&str, &str); 3] = [
    ("account-conflict", "name different accounts"),
    ("bad-account", "lacks `password`"),
    ("too-many", "MAX_RESOURCES"),
];

/// Everything that tests say: the test parts of the sources, and the integration tests.
fn said_in_tests() -> String {
    let tests_of = |source: &Source| {
        let (mut all, mut product) = (Vec::new(), Vec::new());
        literals(&source.all, &mut all);
        literals(&source.product, &mut product);
        for literal in product {
            if let Some(at) = all.iter().position(|other| *other == literal) {
                all.swap_remove(at);
            }
        }
        all.join("\n")
    };
    let mut said: String = sources().iter().map(tests_of).collect();
    for file in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it")).unwrap() {
        let path = file.unwrap().path();
        if path.is_file() && path.file_stem().is_some_and(|stem| stem != "findings") {
            said.push_str(&fs::read_to_string(path).unwrap());
        }
    }
    said
}

#[test]
fn every_code_has_a_sample_or_a_test() {
    let bench = Bench::real(&[]);
    let said = said_in_tests();
    let has_sample = |code: &str| bench.run(&["explain", code]).expect(0).out.contains("\n  finds it:\n");
    let is_by_words = |code: &str| {
        let words = BY_WORDS.iter().find(|(known, _)| *known == code).map(|(_, words)| *words);
        words.is_some_and(|words| words == "MAX_RESOURCES" || said.contains(words))
    };
    let is_tested =
        |code: &str| said.contains(code) || TOLD_HERE.contains(&code) || is_by_words(code) || has_sample(code);
    let untested: Vec<String> = listed(&bench).into_iter().filter(|code| !is_tested(code)).collect();
    assert!(untested.is_empty(), "no test names these, and they have no sample: {untested:?}");
}

/// The codes that a test of this file has.
const TOLD_HERE: [&str; 2] = ["missing-secret", "untracked-content"];

#[test]
fn what_no_file_shows_is_told_all_the_same() {
    let target = "vns3:\n  east:\n    at: https://203.0.113.9:8000/api\n    credentials: { username: u, password: '${secret.pw}' }\n";
    let trueup = "workspace: w\nsecrets: { pw: { env: TRUEUP_TEST_NOBODY_SETS_THIS } }\n";
    let bench = Bench::real(&[("trueup.yaml", trueup), ("east.yaml", target)]);
    bench.run(&["plan"]).expect(1).says("error[missing-secret]");
    let blueprint = "cloudify:\n  m:\n    at: https://203.0.113.9\n    credentials: { username: u, password: '${secret.pw}' }\n    \
                     blueprints: { b: { source: bp } }\n";
    let bench = Bench::real(&[
        ("trueup.yaml", trueup),
        ("m.yaml", blueprint),
        ("bp/blueprint.yaml", "tosca_definitions_version: x\n"),
    ]);
    let ran = Command::new("git").args(["init", "--quiet"]).current_dir(bench.path()).status().unwrap();
    assert!(ran.success());
    bench.run(&["validate"]).expect(3).says("error[untracked-content]");
}

/// A file with so many mistakes of several kinds, each on a line of its own.
fn mistakes(count: usize) -> String {
    let mut text = String::from(
        "vns3:\n  east:\n    at: https://203.0.113.9:8000/api\n    credentials: { username: u, password: '${secret.pw}' }\n    routes:\n",
    );
    for n in 0..count {
        let network = format!("10.{}.{}.0/24", n / 256, n % 256);
        let wrong = match n % 5 {
            0 => "cidr: 10.0.0.0/33".to_owned(),
            1 => format!("cidr: {network}, gatway: 10.0.0.1"),
            2 => "interface: eth0".to_owned(),
            3 => format!("cidr: {network}, metric: many"),
            _ => format!("cidr: {network}, tunnel: nowhere{n}/lan"),
        };
        let _ = writeln!(text, "      r{n}: {{ {wrong} }}");
    }
    text
}

#[test]
fn a_file_of_a_thousand_mistakes_tells_all_of_them_at_once() {
    let count = 1_000;
    let bench = Bench::real(&[
        ("trueup.yaml", "workspace: w\nsecrets: { pw: { env: PW } }\n"),
        ("east.yaml", &mistakes(count)),
    ]);
    let told = bench.run(&["validate", "--format", "json"]).expect(3).out;
    let found: Vec<Value> = serde_json::from_str(&told).unwrap();
    let lines: BTreeSet<u64> = found.iter().filter_map(|finding| finding["line"].as_u64()).collect();
    let missing: Vec<u64> = (6..6 + count as u64).filter(|line| !lines.contains(line)).collect();
    assert!(missing.is_empty(), "nothing is told of {} lines, such as {:?}", missing.len(), missing.first());
}

#[test]
fn every_form_tells_the_same_findings_and_asks_for_no_secret() {
    let bench = Bench::real(&[
        ("trueup.yaml", "workspace: w\nsecrets: { pw: { command: [touch, asked] }, idle: { env: IDLE } }\n"),
        ("east.yaml", &mistakes(7)),
    ]);
    let count = |form: &str, mark: &str| {
        let ran = bench.run(&["validate", "--format", form]).expect(3);
        assert_eq!(ran.err, "", "{form}");
        ran.out.matches(mark).count()
    };
    let expected = count("json", "\"code\": ");
    assert!(expected > 7, "{expected}");
    for (form, mark) in [("sarif", "\"ruleId\": "), ("junit", "<testcase ")] {
        assert_eq!(count(form, mark), expected, "{form}");
    }
    assert_eq!(count("github", "\n"), expected);
    assert!(!bench.path().join("asked").exists(), "a secret's command ran");
}

#[test]
fn files_are_told_from_where_the_command_runs() {
    let bench = Bench::real(&[("net/lab 1/trueup.yaml", "workspace: [w]\n")]);
    let told = bench.run(&["validate", "net/lab 1", "--format", "github"]).expect(3).out;
    assert!(told.starts_with("::error file=net/lab 1/trueup.yaml,line=1,"), "{told}");
    let told = bench.run(&["validate", "net/lab 1", "--format", "sarif"]).expect(3).out;
    assert!(told.contains("\"uri\": \"net/lab%201/trueup.yaml\""), "{told}");
}

#[test]
fn what_a_policy_says_of_a_rule_holds_until_its_last_day() {
    let east = "vns3:\n  east:\n    at: https://203.0.113.9:8000/api\n    credentials: { username: u, password: '${secret.pw}' }\n    \
                firewall-rules: [{ rule: FORWARD_CUST -j ACCEPT }]\n";
    let head = "workspace: w\nsecrets: { pw: { env: PW } }\npolicy:\n  rules:\n    opens-everything:\n";
    let until = format!("{head}      {{ level: off, reason: lab, until: 2027-01-31 }}\n");
    let bench = Bench::real(&[("trueup.yaml", &until), ("east.yaml", east)]);
    let bench = bench.rehearsed();
    let on = |day: &str| bench.run(&["validate", "--sim-time", &format!("{day}T12:00:00Z")]).expect(0).all();
    assert!(!on("2027-01-31").contains("warning["), "{}", on("2027-01-31"));
    let after = on("2027-02-01");
    assert!(after.contains("warning[expired-waiver]") && after.contains("warning[opens-everything]"), "{after}");
    bench.write("trueup.yaml", &format!("{head}      error\n"));
    bench.run(&["validate"]).expect(3).says("error[opens-everything]");
    bench.run(&["plan"]).expect(1).says("error[opens-everything]");
}

#[test]
fn the_address_of_a_resource_is_explained_by_the_lines_that_gave_its_fields() {
    let bench = Bench::real(&[]);
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/vns3-mesh"), bench.path());
    let told = bench.run(&["explain", "london/ipsec-endpoints/to-paris"]).expect(0).out;
    for part in ["london.yaml:", "${paris/config.public_ipaddress}", "${secret.psk}", "ike_version", "left out"] {
        assert!(told.contains(part), "{part}: {told}");
    }
    bench
        .run(&["explain", "london/ipsec-endpoints/to-pariss"])
        .expect(1)
        .says("did you mean `london/ipsec-endpoints/to-paris`?");
    bench.run(&["explain", "vns3/rutes"]).expect(1).says("did you mean `routes`?");
}
