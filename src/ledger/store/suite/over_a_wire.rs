//! Stores whose server is cut off at every point of a change, is away, silent, slow, or comes back with less than it had.

use std::time::Duration;

use serde_json::json;

use super::bucket::Careless;
use super::labs::{Database, LONG, Server, bucket, database, place, servers};
use super::wire::{Fault, Wire};
use super::*;

/// No answer comes within that.
const SHORT: Duration = Duration::from_millis(300);

/// The points at which a change is cut off: some, or with `TRUEUP_TEST_EVERY_LINE=1` so many that each part of each message
/// has its own.
fn points(bytes: usize) -> impl Iterator<Item = usize> {
    let all = std::env::var("TRUEUP_TEST_EVERY_LINE").is_ok_and(|word| word == "1");
    (0..bytes).step_by((bytes / if all { 100 } else { 12 }).max(1))
}

/// A change that is a few packets long.
fn change(n: usize) -> StoreChange {
    ledger(&format!("{n} {}", "x".repeat(3000)), &[("runs/1.json", Some(&n.to_string()))])
}

/// Says which of the changes a store holds, whole.
fn holds(store: &dyn Store) -> usize {
    let number = text(store, "runs/1.json").map_or(0, |text| text.parse().unwrap());
    let ledger = text(store, "lab.json").map(|text| text.into_bytes());
    assert_eq!(ledger, change(number)["lab.json"].clone().filter(|_| number > 0), "half of a change is there");
    number
}

#[test]
fn a_writer_that_is_cut_off_anywhere_leaves_one_state_or_the_next() {
    for (name, server) in servers() {
        let wire = Wire::to(server.at());
        let (near, direct) = (|| server.store(wire.at, LONG), server.store(server.at(), LONG));
        // How much a change takes, over a connection that is made for it.
        let mut at = Some(swap_surely(&*direct, None, &change(1)).unwrap());
        wire.set(Fault::None, false);
        at = Some(swap_surely(&*near(), at.as_ref(), &change(2)).unwrap());
        let (sent, answered) = wire.passed();
        assert!(sent > 1000 && answered > 50, "{name}: {sent} {answered}");
        let (mut number, mut outcomes) = (2, [0, 0]);
        let faults = points(sent).map(Fault::CutSent).chain(points(answered).map(Fault::CutAnswered));
        for fault in faults {
            for stays_away in [false, true] {
                number += 1;
                wire.set(fault, stays_away);
                let told = swap_surely(&*near(), at.as_ref(), &change(number));
                let is_done = holds(&*direct) == number;
                outcomes[usize::from(is_done)] += 1;
                let case = format!("{name}: {fault:?}, stays away: {stays_away}, done: {is_done}: {told:?}");
                // Nobody says that it is done unless it is; and where anybody can be asked, nobody says that it is not.
                match &told {
                    Ok(state) => assert!(is_done && Some(state) == direct.state().unwrap().as_ref(), "{case}"),
                    Err(StoreError::Away(_)) => assert!(!is_done || stays_away, "{case}"),
                    Err(_) => panic!("{case}"),
                }
                // The next writer goes on from what is there.
                at = Some(swap_surely(&*direct, direct.state().unwrap().as_ref(), &change(number)).unwrap());
            }
        }
        assert!(outcomes.iter().all(|count| *count > 0), "{name}: {outcomes:?}");
    }
}

#[test]
fn a_first_change_that_is_cut_off_is_there_or_not() {
    for name in ["bucket", "database"] {
        let mut cut = 0;
        loop {
            let server: Box<dyn Server> = match name {
                "bucket" => Box::new(bucket()),
                _ => match database() {
                    Some(database) => Box::new(database),
                    None => break,
                },
            };
            let (wire, direct) = (Wire::to(server.at()), server.store(server.at(), LONG));
            wire.set(Fault::CutSent(cut), false);
            let told = swap_surely(&*server.store(wire.at, LONG), None, &change(1));
            assert_eq!(told.is_ok(), holds(&*direct) == 1, "{name}: after {cut} bytes: {told:?}");
            if !wire.was_cut() {
                break;
            }
            if told.is_err() {
                assert_eq!(direct.state().unwrap(), None);
                swap_surely(&*direct, None, &change(1)).unwrap();
            }
            cut += 397;
        }
    }
}

#[test]
fn a_server_that_is_away_or_silent_is_told_with_a_remedy_and_a_slow_one_is_waited_for() {
    for (name, server) in servers() {
        let wire = Wire::to(server.at());
        let store = server.store(wire.at, LONG);
        let first = swap_surely(&*store, None, &change(1)).unwrap();
        wire.take_away();
        let away = |told: StoreError, case: &str| {
            assert!(matches!(told, StoreError::Away(_)), "{name}, {case}: {told:?}");
            assert!(told.help().is_some_and(|help| help.contains("run it again")), "{name}, {case}: {told:?}");
        };
        away(store.state().unwrap_err(), "away");
        away(swap_surely(&*store, Some(&first), &change(2)).unwrap_err(), "away");
        wire.set(Fault::Silent, false);
        let hasty = server.store(wire.at, SHORT);
        away(hasty.state().unwrap_err(), "silent");
        away(hasty.swap(Some(&first), &change(2)).unwrap_err(), "silent");
        wire.set(Fault::Slow, false);
        assert_eq!(store.state().unwrap().as_ref(), Some(&first), "{name}");
        swap_surely(&*store, Some(&first), &change(2)).unwrap();
        assert_eq!(holds(&*server.store(wire.at, LONG)), 2, "{name}");
    }
}

#[test]
fn what_a_server_lost_is_never_overwritten_in_silence() {
    for (name, mut server) in servers() {
        let stores = [0, 1].map(|_| server.store(server.at(), LONG));
        let first = swap_surely(&*stores[0], None, &change(1)).unwrap();
        server.keep();
        let second = swap_surely(&*stores[0], Some(&first), &change(2)).unwrap();
        server.bring_back();
        // Whoever remembers what is lost changes nothing.
        assert_eq!(swap_surely(&*stores[0], Some(&second), &change(3)), Err(StoreError::Raced), "{name}");
        assert_eq!(holds(&*stores[1]), 1, "{name}");
        // Even when another one goes as far as they were, with the same to say.
        let other = swap_surely(&*stores[1], Some(&first), &change(2)).unwrap();
        assert_ne!(other, second, "{name}");
        assert_eq!(swap_surely(&*stores[0], Some(&second), &change(3)), Err(StoreError::Raced), "{name}");
        let third = swap_surely(&*stores[0], stores[0].state().unwrap().as_ref(), &change(3)).unwrap();
        assert_eq!((holds(&*stores[1]), stores[1].state().unwrap()), (3, Some(third)), "{name}");
    }
}

#[test]
fn a_server_that_honours_no_conditions_is_refused() {
    for (of_match, of_none_match) in [(true, false), (false, true), (true, true)] {
        let server = bucket();
        server.0.be(Careless { of_match, of_none_match, answers: None });
        let store = server.store(server.at(), LONG);
        let refused = swap_surely(&*store, None, &change(1)).unwrap_err();
        assert!(refused.to_string().contains("does not hold") && refused.help().is_some(), "{refused:?}");
        assert!(!server.0.objects().contains_key("ledgers.tar.gz"));
    }
}

#[test]
fn what_a_bucket_answers_is_told_with_a_remedy() {
    let (server, elsewhere) = (bucket(), bucket());
    let store = server.store(server.at(), LONG);
    swap_surely(&*store, None, &change(1)).unwrap();
    for (status, code, is_refused, help) in [
        (403, "AccessDenied", true, "s3:GetObject"),
        (403, "SignatureDoesNotMatch", true, "secret-key"),
        (403, "RequestTimeTooSkewed", true, "clock"),
        (404, "NoSuchBucket", true, "make the bucket"),
        (301, "PermanentRedirect", true, "region"),
        (400, "AuthorizationHeaderMalformed", true, "region"),
        (400, "AuthorizationQueryParametersError", true, "region"),
        (501, "NotImplemented", true, "conditional writes"),
        (503, "SlowDown", false, "run it again"),
        (500, "InternalError", false, "run it again"),
    ] {
        server.0.be(Careless { answers: Some((status, code)), ..Careless::default() });
        let from = store.state();
        let error = from.and_then(|from| store.swap(from.as_ref(), &change(2))).unwrap_err();
        assert_eq!(matches!(error, StoreError::Refused(_)), is_refused, "{code}: {error:?}");
        assert!(error.to_string().contains(code), "{error}");
        assert!(error.help().is_some_and(|told| told.contains(help)), "{code}: {error:?}");
        assert!(!format!("{error:?} {store:?}").contains(super::bucket::KEY));
    }
    // Another key than the server's.
    let mut foreign = place(&format!("http://{}", elsewhere.at()), "lab", None);
    foreign.key = crate::secret::Secret::new("secret.key", "another");
    let told = S3Store::new(&foreign, LIMIT, LONG).state().unwrap_err();
    assert!(told.to_string().contains("SignatureDoesNotMatch"), "{told}");
}

#[test]
fn what_is_in_a_bucket_and_no_archive_of_ledgers_is_left_alone() {
    let server = bucket();
    let store = server.store(server.at(), LONG);
    swap_surely(&*store, None, &change(1)).unwrap();
    let sound = server.0.objects();
    let archive = &sound["ledgers.tar.gz"];
    let half = archive[..archive.len() / 2].to_vec();
    for damaged in [Vec::new(), b"no archive".to_vec(), half] {
        let mut objects = sound.clone();
        objects.insert("ledgers.tar.gz".into(), damaged);
        server.0.put_back(objects.clone());
        let told = server.store(server.at(), LONG).state().unwrap_err();
        assert!(matches!(&told, StoreError::Refused(_)), "{told:?}");
        assert!(server.store(server.at(), LONG).swap(None, &change(2)).is_err());
        assert_eq!(server.0.objects(), objects);
    }
}

/// An account that may do so much in a database, and the store as it sees it.
fn account(database: &Database, rights: &str) -> (String, Box<dyn Store>) {
    let name = format!("{}_{}", database.name(), crate::digest::mark().get(..8).unwrap());
    database.say(&format!("create role {name} login password 'lab'; {}", rights.replace("NAME", &name)));
    let mut url = database.url(None, database.name());
    url.set_username(&name).unwrap();
    url.set_password(Some("lab")).unwrap();
    let store = PostgresStore::new(&crate::secret::Secret::new("secret.lab", url.as_str()), LIMIT, LONG);
    (name, Box::new(store))
}

#[test]
fn who_reads_a_database_needs_no_right_to_write() {
    let Some(database) = database() else { return };
    let (reader, sees) = account(&database, "");
    assert_eq!(sees.state().unwrap(), None, "nothing was kept, and nothing is made by looking");
    let owner = database.store(database.at(), LONG);
    let first = swap_surely(&*owner, None, &change(1)).unwrap();
    let refused = sees.state().unwrap_err();
    assert!(
        matches!(refused, StoreError::Refused(_)) && refused.help().is_some(),
        "not read is not missing: {refused:?}"
    );
    database.say(&format!(
        "grant usage on schema trueup to {reader}; grant select on all tables in schema trueup to {reader}"
    ));
    assert_eq!(holds(&*sees), 1);
    let refused = swap_surely(&*sees, Some(&first), &change(2)).unwrap_err();
    assert!(matches!(refused, StoreError::Refused(_)), "{refused:?}");
    let rights = "grant insert, update, delete on all tables in schema trueup to NAME;
                  grant usage on schema trueup to NAME; grant select on all tables in schema trueup to NAME";
    let (writer, writes) = account(&database, rights);
    swap_surely(&*writes, Some(&first), &change(2)).unwrap();
    assert_eq!(holds(&*sees), 2);
    database.say(&format!("drop owned by {reader}, {writer}; drop role {reader}, {writer}"));
}

#[test]
fn tables_of_a_later_layout_are_left_alone() {
    let Some(database) = database() else { return };
    let store = database.store(database.at(), LONG);
    let first = swap_surely(&*store, None, &change(1)).unwrap();
    database.say("update trueup.store set layout = 99");
    let told = store.state().unwrap_err();
    assert!(matches!(&told, StoreError::Refused(_)) && told.to_string().contains("later version"), "{told:?}");
    assert!(swap_surely(&*store, Some(&first), &change(2)).is_err());
    database.say("update trueup.store set layout = 1");
    assert_eq!(holds(&*store), 1);
}

#[test]
fn what_a_database_says_is_told_with_a_remedy_and_without_its_password() {
    let Some(database) = database() else { return };
    let ask = |change: &dyn Fn(&mut url::Url)| {
        let mut url = database.url(None, database.name());
        change(&mut url);
        let store = PostgresStore::new(&crate::secret::Secret::new("secret.lab", url.as_str()), LIMIT, LONG);
        let told = store.state().unwrap_err();
        assert!(told.help().is_some() && !format!("{told:?} {store:?}").contains("canary"), "{told:?}");
        told
    };
    let nobody = ask(&|url| {
        url.set_username("nobody_at_all").unwrap();
        url.set_password(Some("canary")).unwrap();
    });
    assert!(matches!(nobody, StoreError::Refused(_)), "{nobody:?}");
    assert!(ask(&|url| url.set_path("nowhere_at_all")).to_string().contains("no such database"));
    assert!(matches!(ask(&|url| url.set_port(Some(1)).unwrap()), StoreError::Away(_)));
    // This server speaks no TLS, and nothing is sent to it in clear.
    let clear = ask(&|url| url.set_query(Some("sslmode=require")));
    assert!(clear.to_string().contains("TLS"), "{clear:?}");
}

#[test]
fn a_database_in_which_not_everything_can_be_written_is_refused() {
    let Some(database) = database() else { return };
    let name = format!("{}_latin", database.name());
    database.say(&format!("create database {name} encoding 'LATIN1' locale 'C' template template0"));
    let url = database.url(None, &name);
    let store = PostgresStore::new(&crate::secret::Secret::new("secret.lab", url.as_str()), LIMIT, LONG);
    let told = store.swap(None, &change(1)).unwrap_err();
    assert!(told.to_string().contains("LATIN1") && told.help().is_some(), "{told:?}");
    drop(store);
    database.say(&format!("drop database {name} with (force)"));
}

#[test]
fn a_file_grows_under_its_lease_and_under_no_other() {
    let Some(database) = database() else { return };
    let store = database.store(database.at(), LONG);
    let book = |holders: &[&str]| {
        let leases: Vec<_> = holders.iter().map(|holder| json!({ "holder": holder, "fence": 1, "count": 0 })).collect();
        ledger("1", &[("leases.json", Some(&json!({ "format": 1, "leases": leases }).to_string()))])
    };
    let (file, leases, lease) = ("journals/lab/000001.jsonl", "leases.json", json!({ "fence": 1, "holder": "a" }));
    let grow = |part: i64, lines: &str, lease: &Value| store.grow(&Growth { file, part, lines, leases, lease });
    let mut at = swap_surely(&*store, None, &ledger("1", &[])).unwrap();
    assert_eq!(grow(0, "0\n", &lease), Err(StoreError::Raced), "there are no leases");
    at = swap_surely(&*store, Some(&at), &book(&["b", "a"])).unwrap();
    assert_eq!(text(&*store, file), None);
    for (part, lines) in [(0, "0\n"), (1, "1\n2\n"), (1, "1\n2\n"), (2, "ü\n")] {
        grow(part, lines, &lease).unwrap();
    }
    assert_eq!(text(&*store, file).as_deref(), Some("0\n1\n2\nü\n"));
    assert_eq!(store.state().unwrap().as_ref(), Some(&at), "nobody else is in the way of it");
    for other in [json!({ "fence": 2, "holder": "a" }), json!({ "fence": 1, "holder": "c" })] {
        assert_eq!(grow(3, "3\n", &other), Err(StoreError::Raced), "{other}");
    }
    at = swap_surely(&*store, Some(&at), &book(&["b"])).unwrap();
    assert_eq!(grow(3, "3\n", &lease), Err(StoreError::Raced));
    assert_eq!(text(&*store, file).as_deref(), Some("0\n1\n2\nü\n"));
    swap_surely(&*store, Some(&at), &[(file.to_owned(), None)].into()).unwrap();
    assert_eq!(text(&*store, file), None);
}

/// One takes the lease away while the other one writes: what is written is there once it is taken away, or never.
#[test]
fn a_lease_that_is_taken_away_lets_no_line_through_behind_it() {
    let Some(database) = database() else { return };
    let store = database.store(database.at(), LONG);
    let (file, leases) = ("journals/lab/000001.jsonl", "leases.json");
    let mut at = swap_surely(&*store, None, &ledger("1", &[])).unwrap();
    for n in 0..8 {
        let lease = json!({ "fence": n, "holder": "a" });
        let book = json!({ "format": 1, "leases": [lease] }).to_string();
        at = swap_surely(&*store, Some(&at), &ledger("1", &[(leases, Some(&book)), (file, None)])).unwrap();
        let other = database.store(database.at(), LONG);
        let written = thread::scope(|scope| {
            let writing = scope.spawn(|| {
                let lines = |part| Growth { file, part, lines: "line\n", leases, lease: &lease };
                (0..).take_while(|part| other.grow(&lines(*part)).is_ok()).count()
            });
            while text(&*store, file).is_none() {}
            at = swap_surely(&*store, Some(&at), &ledger("1", &[(leases, Some("{\"leases\": []}"))])).unwrap();
            let seen = text(&*store, file).map_or(0, |text| text.lines().count());
            assert_eq!(writing.join().unwrap(), seen, "a line came behind");
            seen
        });
        assert!(written > 0);
    }
}
