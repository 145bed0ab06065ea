use super::*;
use crate::finding::Finding;
use crate::topology::Loaded;
use crate::topology::testing::try_load;

/// A workspace with these rules, which declares some targets.
fn loaded(policy: &str) -> Result<Loaded, Vec<Finding>> {
    let target = |name: &&str| {
        format!(
            "  {name}: {{ at: 'https://{name}.example/api', credentials: {{ username: api, password: '${{var.pw}}' }} }}\n"
        )
    };
    let targets: String = ["east", "west", "nf", "site-2"].iter().map(target).collect();
    let envelope = format!("workspace: w\npolicy:\n{policy}vars: {{ pw: {{ default: pw }} }}\n");
    try_load(&[("trueup.yaml", &envelope), ("lab.yaml", &format!("lab:\n{targets}"))])
}

/// A workspace's windows, as the files say them.
fn windows(policy: &str) -> Windows {
    loaded(policy).unwrap_or_else(|findings| panic!("{policy}: {findings:?}")).topology.policy.windows
}

fn findings(policy: &str) -> Vec<Finding> {
    match loaded(policy) {
        Ok(loaded) => loaded.findings,
        Err(findings) => findings,
    }
}

/// The address that a text spells.
fn at(text: &str) -> Address {
    let words: Vec<&str> = text.split('/').collect();
    let mut pairs = words[1..].chunks(2).map(|pair| (pair[0], pair.get(1).copied()));
    let (kind, name) = pairs.next().unwrap();
    pairs.fold(Address::new(words[0], kind, name), |parent, (kind, name)| parent.child(kind, name))
}

/// What becomes of a change at a time: `open until TIME`, `closed until TIME: why`.
fn said(windows: &Windows, address: &str, disruption: Disruption, now: &str) -> String {
    let moment = windows.at(now.parse().unwrap());
    let address = at(address);
    match moment.closed(&address, disruption) {
        Some(Closed { opens, why }) => format!("closed until {}: {why}", opens.as_deref().unwrap_or("never")),
        None => match moment.closes(&address, disruption) {
            Some(until) => format!("open until {until}"),
            None => "open".to_owned(),
        },
    }
}

const BERLIN: &str = r#"
  windows:
    - { disruption: tunnel-bounce, open: "0 2 * * 6", for: 4h, zone: Europe/Berlin }
"#;

#[test]
fn a_change_begins_in_its_window_and_not_before() {
    let windows = windows(BERLIN);
    let at = |class, now| said(&windows, "west/routes/r", class, now);
    // Saturday, 5 December 2026: two in the morning in Berlin is one in Greenwich.
    let before = "closed until Sat 2026-12-05 02:00 Europe/Berlin: outside of its window (`tunnel-bounce`)";
    assert_eq!(at(Disruption::TunnelBounce, "2026-12-02T12:00:00Z"), before);
    assert_eq!(at(Disruption::TunnelBounce, "2026-12-05T00:59:59Z"), before);
    assert_eq!(at(Disruption::TunnelBounce, "2026-12-05T01:00:00Z"), "open until 2026-12-05T05:00:00Z");
    assert_eq!(at(Disruption::TunnelBounce, "2026-12-05T04:59:59Z"), "open until 2026-12-05T05:00:00Z");
    assert_eq!(
        at(Disruption::TunnelBounce, "2026-12-05T05:00:00Z"),
        "closed until Sat 2026-12-12 02:00 Europe/Berlin: outside of its window (`tunnel-bounce`)"
    );
    // What is worse waits for it as well, what is harmless does not.
    assert!(at(Disruption::Outage, "2026-12-02T12:00:00Z").contains("Sat 2026-12-05 02:00"));
    assert_eq!(at(Disruption::Reconnect, "2026-12-02T12:00:00Z"), "open");
}

#[test]
fn the_window_for_the_worst_class_decides() {
    let windows = windows(
        r#"
  windows:
    - { disruption: reconnect, open: "0 20 * * *", for: 2h }
    - { disruption: outage, open: "0 3 * * 0", for: 1h }
"#,
    );
    let at = |class| said(&windows, "west/routes/r", class, "2026-12-02T20:30:00Z");
    assert_eq!(at(Disruption::None), "open");
    assert_eq!(at(Disruption::Reconnect), "open until 2026-12-02T22:00:00Z");
    assert_eq!(at(Disruption::Restart), "open until 2026-12-02T22:00:00Z");
    assert!(at(Disruption::Outage).starts_with("closed until Sun 2026-12-06 03:00 UTC"), "{}", at(Disruption::Outage));
    assert!(at(Disruption::Irreversible).starts_with("closed until Sun 2026-12-06 03:00 UTC"));
}

#[test]
fn a_window_is_about_its_targets_alone() {
    let windows = windows("\n  windows: [{ targets: [west, 'nf/*/a*', 's*'], open: '0 2 * * *', for: 1h }]\n");
    for (address, is_bound) in [
        ("west/routes/r", true),
        ("west/endpoints/e/peers/p", true),
        ("east/routes/r", false),
        ("nf/networks/acme", true),
        ("nf/networks/lab", false),
        ("site-2/config", true),
    ] {
        let told = said(&windows, address, Disruption::None, "2026-12-02T12:00:00Z");
        assert_eq!(told.starts_with("closed until Thu 2026-12-03 02:00 UTC"), is_bound, "{address}: {told}");
    }
}

#[test]
fn clocks_that_are_put_forward_or_back_move_nothing_but_themselves() {
    let nightly = windows("\n  windows: [{ open: '30 2 * * *', for: 90min, zone: Europe/Berlin }]\n");
    let at = |now| said(&nightly, "west/config", Disruption::None, now);
    // 28 March 2027: half past two is skipped, and it opens as much later.
    assert!(at("2027-03-28T01:29:00Z").starts_with("closed until Sun 2027-03-28 03:30 Europe/Berlin"));
    assert_eq!(at("2027-03-28T01:30:00Z"), "open until 2027-03-28T03:00:00Z");
    // 25 October 2026: half past two comes twice, and it opens at the first. It is open for 90 minutes that pass.
    assert!(at("2026-10-25T00:29:00Z").starts_with("closed until Sun 2026-10-25 02:30 Europe/Berlin"));
    assert_eq!(at("2026-10-25T00:30:00Z"), "open until 2026-10-25T02:00:00Z");
    assert_eq!(at("2026-10-25T01:59:00Z"), "open until 2026-10-25T02:00:00Z");
    assert!(at("2026-10-25T02:00:00Z").starts_with("closed until Mon 2026-10-26 02:30 Europe/Berlin"));
    // The day has 23 hours: one that is open for a day closes at the same time as any other.
    let weekly = windows("\n  windows: [{ open: '0 12 * * 6', for: 24h, zone: Europe/Berlin }]\n");
    assert_eq!(
        said(&weekly, "west/config", Disruption::None, "2027-03-28T00:00:00Z"),
        "open until 2027-03-28T11:00:00Z"
    );
}

#[test]
fn windows_that_meet_are_one() {
    let meeting = windows("\n  windows: [{ open: '0 1-4 * * *', for: 1h }]\n");
    let at = |now| said(&meeting, "west/config", Disruption::None, now);
    assert_eq!(at("2026-12-02T01:30:00Z"), "open until 2026-12-02T05:00:00Z");
    assert!(at("2026-12-02T05:00:00Z").starts_with("closed until Thu 2026-12-03 01:00 UTC"));
    // Where it never closes, that is no time to wait for.
    let always = windows("\n  windows: [{ open: '* * * * *', for: 5min }]\n");
    assert!(
        said(&always, "west/config", Disruption::None, "2026-12-02T01:30:30Z").starts_with("open until 2026-12-09")
    );
    // One of two that are open is enough.
    let two = windows("\n  windows: [{ open: '0 1 * * *', for: 1h }, { open: '30 1 * * *', for: 2h }]\n");
    assert_eq!(said(&two, "west/config", Disruption::None, "2026-12-02T01:45:00Z"), "open until 2026-12-02T03:30:00Z");
}

#[test]
fn a_freeze_closes_what_is_open_and_says_why() {
    let frozen = windows(
        r#"
  windows: [{ targets: [west], disruption: restart, open: "0 2 * * 6", for: 4h, zone: Europe/Berlin }]
  freezes:
    - { from: 2026-12-18, until: 2027-01-07, reason: the end of the year, zone: Europe/Berlin }
    - { targets: [east], disruption: outage, from: "2026-12-02T10:00:00Z", until: "2026-12-02T12:00:00+01:00", reason: an audit }
"#,
    );
    let at = |address, class, now| said(&frozen, address, class, now);
    // A date is its beginning.
    assert_eq!(at("nf/networks/n", Disruption::None, "2026-12-17T22:59:00Z"), "open until 2026-12-17T23:00:00Z");
    let told = "closed until Thu 2027-01-07 00:00 Europe/Berlin: frozen, the end of the year";
    assert_eq!(at("nf/networks/n", Disruption::None, "2026-12-17T23:00:00Z"), told);
    // A Saturday in the freeze, after which the next Saturday comes first.
    assert_eq!(
        at("west/config", Disruption::Restart, "2026-12-19T02:00:00Z"),
        "closed until Sat 2027-01-09 02:00 Europe/Berlin: frozen, the end of the year"
    );
    // It closes as the freeze begins.
    assert_eq!(at("east/config", Disruption::Outage, "2026-12-02T09:00:00Z"), "open until 2026-12-02T10:00:00Z");
    assert_eq!(
        at("east/config", Disruption::Outage, "2026-12-02T10:30:00Z"),
        "closed until Wed 2026-12-02 11:00 UTC: frozen, an audit"
    );
    assert_eq!(at("east/config", Disruption::Restart, "2026-12-02T10:30:00Z"), "open until 2026-12-17T23:00:00Z");
}

#[test]
fn what_never_opens_says_so() {
    let never = windows("\n  windows: [{ open: '0 2 30 2 *', for: 1h }]\n");
    assert_eq!(
        said(&never, "west/config", Disruption::None, "2026-12-02T12:00:00Z"),
        "closed until never: outside of its window (`none`)"
    );
}

#[test]
fn what_is_no_window_is_told_at_its_place() {
    for (policy, at, words) in [
        ("  windows: [{ open: '0 2 * *', for: 1h }]\n", "'0 2", "`0 2 * *` says no time"),
        ("  windows: [{ open: '0 0 2 * * 6', for: 1h }]\n", "'0 0", "says no time"),
        ("  windows: [{ open: '0 25 * * *', for: 1h }]\n", "'0 25", "says no time"),
        ("  windows: [{ open: '0 2 * * 6', for: soon }]\n", "soon", "`soon` is no time"),
        ("  windows: [{ open: '0 2 * * 6', for: 0s }]\n", "0s", "never open"),
        ("  windows: [{ open: '0 2 * * 6', for: 1h, zone: Europe/Berln }]\n", "Europe", "no time zone `Europe/Berln`"),
        ("  windows: [{ open: '0 2 * * 6', for: 1h, disruption: tunnel }]\n", "tunnel", "tunnel"),
        ("  windows: [{ for: 1h }]\n", "for: 1h }]", "open"),
        ("  windows: [{ open: '0 2 * * 6', for: 1h, targets: [nowhere] }]\n", "nowhere", "no target `nowhere`"),
        ("  freezes: [{ from: 2026-12-18, until: 2026-12-01, reason: r }]\n", "2026-12-01", "over before it begins"),
        ("  freezes: [{ from: tomorrow, until: 2026-12-01, reason: r }]\n", "tomorrow", "`tomorrow` is no time"),
        ("  freezes: [{ from: 2026-11-01, until: 2026-12-01 }]\n", "from", "reason"),
        (
            "  freezes: [{ from: 2026-11-01, until: 2026-12-01, reason: r, targets: ['est/**'] }]\n",
            "'est",
            "no target `est`",
        ),
    ] {
        let found = findings(policy);
        let told = found.iter().find(|finding| finding.is_error()).unwrap_or_else(|| panic!("{policy}: {found:?}"));
        assert!(told.to_string().contains(words), "{policy}: {told}");
        let column = policy.find(at).unwrap() + 1;
        assert_eq!(told.location().unwrap(), format!("trueup.yaml:3:{column}"), "{policy}");
    }
}
