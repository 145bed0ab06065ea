//! The lint of endpoints: what the reference texts document against what the tables call.

use std::collections::BTreeSet;

use crate::spec::{Coverage, Endpoint, Provider, TableCall, caller, is_same_path};
use wire::Method;

/// Each documented endpoint is covered by something and each of the others has its reason, and nothing is called that
/// is not documented unless the kind or action says where it is known from.
pub(super) fn lint(provider: &Provider, found: &mut Vec<String>) {
    let mut say = |method: Method, path: &str, what: &str| {
        found.push(format!("{}: {method} {path}: {what}", provider.name));
    };
    let (calls, covered) = (provider.calls(), provider.coverage());
    let mut seen = BTreeSet::new();
    for Endpoint { method, path, by } in &covered {
        if !seen.insert((*method, *path)) {
            say(*method, path, "documented twice");
        }
        match by {
            Coverage::Session(why) | Coverage::Unused(why) if why.is_empty() => say(*method, path, "nothing covers it"),
            Coverage::Unused(_) if calls.iter().any(|(_, call)| call.is_at(*method, path)) => {
                // The texts may print one endpoint under several names.
                let twin = |other: &Endpoint| other.path != *path && is_same_path(other.path, path);
                if !covered.iter().any(|other| other.method == *method && twin(other)) {
                    say(*method, path, "said to be unused, but something calls it");
                }
            }
            _ => {}
        }
    }
    for (n, Endpoint { method, path, by }) in provider.endpoints.iter().enumerate() {
        let makes_it = |(maker, call): &(Coverage, TableCall)| maker == by && call.is_at(*method, path);
        match by {
            Coverage::Session(_) | Coverage::Unused(_) => {}
            by if caller(&calls, *method, path) == Some(*by) => say(*method, path, "need not be listed"),
            _ if !calls.iter().any(makes_it) => say(*method, path, "listed with what does not call it"),
            _ => {}
        }
        if !covered.iter().any(|endpoint| (endpoint.method, endpoint.path) == (*method, *path)) {
            say(*method, path, "not documented");
        }
        if provider.endpoints.iter().take(n).any(|other| (other.method, other.path) == (*method, *path)) {
            say(*method, path, "listed twice");
        }
    }
    for (by, call) in calls {
        let is_documented = covered.iter().any(|endpoint| call.is_at(endpoint.method, endpoint.path));
        if !is_documented && !is_beyond(provider, by, &call) {
            say(
                call.method,
                call.path,
                &format!("called by {by:?}, not documented, and without a source that documents it"),
            );
        }
    }
}

/// Says whether a kind or an action says where a call is known from that the reference texts lack.
fn is_beyond(provider: &Provider, by: Coverage, call: &TableCall) -> bool {
    match by {
        Coverage::Kind(name) => provider.kind(name).is_some_and(|kind| {
            let said = |(method, path, source): &(Method, &str, &str)| call.is_at(*method, path) && !source.is_empty();
            kind.documented_at.iter().any(said)
        }),
        Coverage::Action(name) => {
            provider.actions.iter().any(|action| action.name == name && action.documented_at.is_some())
        }
        Coverage::Artifact(_) | Coverage::Session(_) | Coverage::Unused(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::{Api, Body, Envelope, Kind, List, TrafficTable, call};
    use wire::Method::{Delete, Get, Post};

    #[test]
    fn every_endpoint_is_accounted_for() {
        static KIND: Kind = Kind {
            name: "things",
            api: Api {
                list: List::at("/things?all=1", Envelope::Items("")),
                create: &[call(Post, "/things", Body::None)],
                remove: &[call(Delete, "/things/{id}", Body::None)],
                ..Api::NONE
            },
            documented_at: &[(Delete, "/things/{id}", "seen")],
            ..Kind::NEW
        };
        static ALL: &[&Kind] = &[&KIND];
        let with = |documented, endpoints| {
            let provider = Provider {
                name: "lab",
                kinds: ALL,
                actions: &[],
                artifacts: &[],
                halves: None,
                documented,
                endpoints,
                traffic: TrafficTable::NONE,
                ..*crate::providers::CATALOGUE[0]
            };
            let mut found = Vec::new();
            lint(&provider, &mut found);
            found
        };
        let spare = Endpoint { method: Get, path: "/spare", by: Coverage::Unused("nobody needs it") };
        let things = |by| Endpoint { method: Get, path: "/things", by };
        let all = "GET /things\nPOST /things\nGET /spare\n";
        let told = Box::leak(Box::new([spare]));
        assert_eq!(with(all, told), Vec::<String>::new());
        assert_eq!(with(all, &[]), ["lab: GET /spare: nothing covers it"]);
        assert_eq!(
            with("GET /things\nGET /things\n", told),
            [
                "lab: GET /things: documented twice",
                "lab: GET /spare: not documented",
                "lab: POST /things: called by Kind(\"things\"), not documented, and without a source that documents it"
            ]
        );
        let wrong = Box::leak(Box::new([spare, spare, things(Coverage::Unused("the list shows it"))]));
        assert_eq!(
            with(all, wrong),
            ["lab: GET /things: said to be unused, but something calls it", "lab: GET /spare: listed twice"]
        );
        let needless = Box::leak(Box::new([spare, things(Coverage::Kind("things"))]));
        assert_eq!(with(all, needless), ["lab: GET /things: need not be listed"]);
        let untrue = Box::leak(Box::new([spare, things(Coverage::Kind("others"))]));
        assert_eq!(with(all, untrue), ["lab: GET /things: listed with what does not call it"]);
    }
}
