//! Accounts as NetFoundry's users have them: found where the vendor's own tools look, and never told to anybody.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::bench::{Bench, Ran, write};
use crate::support::Sim;

const PASSWORD: &str = "canary-of-the-account";

/// A workspace that gives no credentials.
fn bench(sim: &Sim) -> Bench {
    let at = sim.base_url("netfoundry", "nf");
    let network = "networks: { acme: { networkGroupId: nf Group, provider: AWS, region: us-east-2 } }";
    Bench::real(&[
        ("trueup.yaml", "workspace: accounts\n"),
        ("nf.yaml", &format!("netfoundry:\n  nf:\n    at: {at}\n    {network}\n")),
    ])
}

fn token_url(sim: &Sim) -> String {
    format!("{}/oauth2/token", sim.base_url("netfoundry", "nf"))
}

/// What `credentials.json` holds, a word that other tools add included.
fn file(sim: &Sim, client: &str) -> String {
    let url = token_url(sim);
    json!({ "clientId": client, "password": PASSWORD, "authenticationUrl": url, "lastBearer": "x" }).to_string()
}

fn variables(sim: &Sim, client: &str) -> [(&'static str, String); 3] {
    [
        ("NETFOUNDRY_CLIENT_ID", client.into()),
        ("NETFOUNDRY_PASSWORD", PASSWORD.into()),
        ("NETFOUNDRY_OAUTH_URL", token_url(sim)),
    ]
}

fn ran(command: &mut Command) -> Ran {
    command.output().unwrap().into()
}

/// How often a token was asked for.
fn logins(sim: &Sim) -> u64 {
    let log = sim.side_door("GET", "/requests?summary=1", &Value::Null);
    let tokens = log.as_array().unwrap().iter().find(|line| line["path"] == "/oauth2/token");
    tokens.map_or(0, |line| line["count"].as_u64().unwrap())
}

/// The one file in which a token is kept.
fn kept(bench: &Bench) -> PathBuf {
    let folder = bench.home().join(".cache/trueup/tokens");
    let files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(files.len(), 1, "{files:?}");
    files[0].clone()
}

fn token_in(path: &PathBuf) -> String {
    let kept: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    kept["token"].as_str().unwrap().to_owned()
}

#[test]
fn the_file_is_found_in_each_of_the_documented_places() {
    let sim = Sim::start();
    for place in ["", ".netfoundry", ".config/netfoundry", "xdg/netfoundry"] {
        let bench = bench(&sim);
        let folder = if place.is_empty() { bench.path() } else { &bench.home().join(place) };
        write(&folder.join("credentials.json"), &file(&sim, "ci"));
        let mut command = bench.command(&["plan", "--exit-code"]);
        if place.starts_with("xdg") {
            command.env("XDG_CONFIG_HOME", bench.home().join("xdg"));
        }
        ran(&mut command).expect(2);
    }
    assert_eq!(logins(&sim), 4);
}

#[test]
fn variables_give_a_file_or_an_account_or_a_token() {
    let sim = Sim::start();
    let bench = bench(&sim);
    let path = bench.home().join("somewhere.json");
    write(&path, &file(&sim, "ci"));
    ran(bench.command(&["plan", "--exit-code"]).env("NETFOUNDRY_API_ACCOUNT", &path)).expect(2);
    let token = token_in(&kept(&bench));
    fs::remove_file(kept(&bench)).unwrap();
    ran(bench.command(&["plan", "--exit-code"]).envs(variables(&sim, "ci"))).expect(2);
    // Both, of one account.
    let mut command = bench.command(&["plan", "--exit-code"]);
    ran(command.envs(variables(&sim, "ci")).env("NETFOUNDRY_API_ACCOUNT", &path)).expect(2);
    assert_eq!(logins(&sim), 2);

    let run = |token: &str| ran(bench.command(&["plan", "--exit-code"]).env("NETFOUNDRY_API_TOKEN", token));
    run(&format!("{token}\n")).expect(2);
    assert_eq!(logins(&sim), 2);
    // A token alone can't be renewed: that is said, and what to do.
    let refused = run("e30.e30.x").expect(1);
    refused.says("401").says("`NETFOUNDRY_API_TOKEN` lasts an hour");
    // With an account beside it, it can.
    let mut command = bench.command(&["plan", "--exit-code"]);
    fs::remove_file(kept(&bench)).unwrap();
    ran(command.env("NETFOUNDRY_API_TOKEN", "e30.e30.x").envs(variables(&sim, "ci"))).expect(2);
    assert_eq!(logins(&sim), 3);
}

#[test]
fn the_workspace_goes_first() {
    let sim = Sim::start();
    let bench = bench(&sim);
    let (at, url) = (sim.base_url("netfoundry", "nf"), token_url(&sim));
    let own = format!("credentials: {{ clientId: ours, password: \"${{secret.pw}}\", authenticationUrl: {url} }}");
    bench.edit("trueup.yaml", "accounts\n", "accounts\nsecrets: { pw: { env: OURS } }\n");
    bench.edit("nf.yaml", &format!("at: {at}"), &format!("at: {at}\n    {own}"));
    // Only the first account that a simulated platform sees is let in.
    ran(bench.command(&["plan", "--exit-code"]).env("OURS", "pw")).expect(2);
    let mut command = bench.command(&["plan", "--exit-code"]);
    ran(command.env("OURS", "pw").envs(variables(&sim, "theirs")).env("NETFOUNDRY_API_TOKEN", "x")).expect(2);
    assert_eq!(logins(&sim), 1);
}

#[test]
fn what_contradicts_itself_is_told() {
    let sim = Sim::start();
    let bench = bench(&sim);
    let path = bench.home().join("one.json");
    write(&path, &file(&sim, "one"));
    let plan = |variables: &[(&str, String)]| {
        ran(bench.command(&["plan"]).envs(variables.iter().map(|(name, value)| (*name, value))))
    };
    // Files alone need no account.
    bench.run(&["validate"]).expect(0);
    bench.run(&["graph"]).expect(0);
    plan(&[]).expect(1).says("no `credentials`").says(".netfoundry/credentials.json").says("NETFOUNDRY_CLIENT_ID");
    let file_of = |path: &PathBuf| ("NETFOUNDRY_API_ACCOUNT", path.display().to_string());

    let mut both = variables(&sim, "two").to_vec();
    both.push(file_of(&path));
    let told = plan(&both).expect(1).says("name different accounts").says("unset `NETFOUNDRY_API_ACCOUNT`");
    assert!(!told.all().contains(PASSWORD));

    plan(&variables(&sim, "two")[..2]).expect(1).says("are set without `NETFOUNDRY_OAUTH_URL`");

    let claims = URL_SAFE_NO_PAD.encode(r#"{"client_id":"two"}"#);
    let token = ("NETFOUNDRY_API_TOKEN", format!("e30.{claims}.x"));
    plan(&[file_of(&path), token]).expect(1).says("`NETFOUNDRY_API_TOKEN` was not issued for the account of");

    let missing = bench.home().join("none.json");
    plan(&[file_of(&missing)]).expect(1).says("can't be read").says("none.json");
    write(&path, r#"{"clientId": "one"}"#);
    plan(&[file_of(&path)]).expect(1).says("lacks `password`");
    write(&path, "canary");
    let told = plan(&[file_of(&path)]).expect(1).says("is no JSON");
    assert!(!told.all().contains("canary"));

    let at = sim.base_url("netfoundry", "nf");
    bench.edit("nf.yaml", &at, "https://gateway.staging.netfoundry.io");
    let mut other = variables(&sim, "one");
    other[2].1 = "https://netfoundry-production-x.auth.us-east-1.amazoncognito.com/oauth2/token".into();
    plan(&other).expect(1).says("`nf` is in `staging`, but its tokens are issued in `production`");
}

#[test]
fn a_file_that_others_can_read_is_told() {
    let sim = Sim::start();
    let bench = bench(&sim);
    let path = bench.path().join("credentials.json");
    write(&path, &file(&sim, "ci"));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    bench.run(&["plan"]).expect(0).says("can be read by other users").says("chmod 600");
}

#[test]
fn a_token_is_kept_for_its_owner_alone_and_told_to_nobody() {
    let sim = Sim::start();
    let bench = bench(&sim);
    write(&bench.path().join("credentials.json"), &file(&sim, "ci"));
    let first = bench.run(&["-vv", "plan", "--exit-code"]).expect(2);
    let path = kept(&bench);
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
    let token = token_in(&path);
    let told = [first.all(), bench.run(&["-vv", "plan", "--out", "plan.json"]).expect(0).all()];
    assert_eq!(logins(&sim), 1, "the second run asked again");
    for text in &told {
        assert!(!text.contains(&token) && !text.contains(PASSWORD), "{text}");
    }
    for (path, bytes) in bench.files() {
        let holds = |word: &str| bytes.windows(word.len()).any(|part| part == word.as_bytes());
        assert!(!holds(&token), "{path:?} holds the token");
        assert!(!holds(PASSWORD) || path.ends_with("credentials.json"), "{path:?} holds the password");
    }

    // An hour later the platform refuses it: it is dropped, and another one is kept.
    sim.side_door("POST", "/clock", &json!({ "advance_ms": 4_000_000 }));
    bench.run(&["plan", "--exit-code"]).expect(2);
    assert_eq!(logins(&sim), 2);
    assert_ne!(token_in(&path), token);

    // One that is about to expire, or is no token, is not used.
    write(&path, &json!({ "token": token, "expiry": 1 }).to_string());
    bench.run(&["plan", "--exit-code"]).expect(2);
    write(&path, "garbage");
    bench.run(&["plan", "--exit-code"]).expect(2);
    assert_eq!(logins(&sim), 4);
    assert_eq!(mode(&path), 0o600);

    // An export names no account that the workspace did not name.
    bench.run(&["export", "nf", "--out", "exported"]).expect(0);
    let exported = fs::read_to_string(bench.path().join("exported/nf.yaml")).unwrap();
    assert!(!exported.contains("credentials"), "{exported}");
}

#[test]
fn a_rehearsal_needs_no_account_and_keeps_no_token() {
    let sim = Sim::start();
    let bench = bench(&sim);
    let flag = format!("--sim={}", sim.root());
    bench.run(&["apply", "--yes", "--quiet", &flag]).expect(0);
    assert!(!bench.home().join(".cache").exists());
}
