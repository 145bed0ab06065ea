//! The calls of a kind: every request that its tables can make, from which the covered endpoints are derived.

use crate::spec::{Action, Api, Artifact, CallSpec, Change, Detail, Field, Kind, List, Poll};
use wire::Method;

/// One request that a table can make.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TableCall {
    /// The verb.
    pub method: Method,
    /// Path with query, its words in braces.
    pub path: &'static str,
    /// The table's place that makes it.
    pub place: CallPlace,
    /// The call, where the table declares more than a path.
    pub spec: Option<&'static CallSpec>,
}

/// The place in a table that makes a request, from what the kind lives on to what goes on beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum CallPlace {
    /// A call of its own: create, update, remove, one field, the one-time output, an action or an artifact.
    Own,
    /// A call that prepares another one, and is sent before it.
    Before,
    /// A list of its objects.
    List,
    /// A list of rows that belong to them.
    Join,
    /// A read of one object.
    Detail,
    /// A look at what a call started.
    Wait,
    /// What a job says about its failure.
    Log,
    /// What gives a job up.
    Cancel,
}

impl CallPlace {
    /// Says whether the request is about a job that a reply names.
    #[cfg(test)]
    pub(crate) fn knows_job(self) -> bool {
        matches!(self, CallPlace::Wait | CallPlace::Log | CallPlace::Cancel)
    }
}

impl TableCall {
    const fn read(path: &'static str, place: CallPlace) -> TableCall {
        TableCall { method: Method::Get, path, place, spec: None }
    }

    /// Says whether it goes to the endpoint of that verb and path, whatever the words in braces are called there.
    pub(crate) fn is_at(&self, method: Method, path: &str) -> bool {
        self.method == method && is_same_path(self.path, path)
    }
}

/// Says whether two paths differ in their queries and in the words in braces alone.
pub(crate) fn is_same_path(one: &str, other: &str) -> bool {
    fn plain(path: &str) -> impl Iterator<Item = &str> {
        let path = path.split_once('?').map_or(path, |(path, _)| path);
        path.split('/').map(|part| if part.starts_with('{') { "{}" } else { part })
    }
    plain(one).eq(plain(other))
}

impl Kind {
    /// Every request that the kind's tables can make.
    pub(crate) fn calls(&'static self) -> Vec<TableCall> {
        let Kind {
            api,
            fields,
            name: _,
            doc: _,
            source: _,
            parent: _,
            identity: _,
            relations: _,
            removed_by_address: _,
            read: _,
            foreign: _,
            names: _,
            built_in: _,
            documented_at: _,
            carries_traffic: _,
        } = self;
        let mut calls = api.calls();
        calls.extend(fields.iter().flat_map(Field::calls));
        calls
    }
}

impl Api {
    fn calls(&'static self) -> Vec<TableCall> {
        let Api { list, lists, details, create, update, remove, scope: _, id: _, aliases: _, gone: _, states: _ } =
            self;
        let lists = std::iter::once(list).chain(lists.iter().map(|(_, list)| list));
        let mut calls: Vec<TableCall> = lists
            .filter_map(|list| match list {
                List::Call { path, at: _, paging: _ } => Some(path),
                List::Nowhere | List::Inside(_) => None,
            })
            .map(|path| TableCall::read(path, CallPlace::List))
            .collect();
        let place = |detail: &Detail| if detail.row_key().is_some() { CallPlace::Join } else { CallPlace::Detail };
        calls.extend(details.iter().map(|detail| TableCall::read(detail.read.path, place(detail))));
        calls.extend([*create, *update, *remove].into_iter().flatten().flat_map(|call| call.calls(CallPlace::Own)));
        calls
    }
}

impl Field {
    fn calls(&'static self) -> Vec<TableCall> {
        let own: Vec<&'static CallSpec> = match &self.change {
            Change::DedicatedCall(calls) | Change::Widens(_, calls) => calls.iter().collect(),
            Change::Switch { on, off } => vec![on, off],
            Change::InPlace | Change::Replaces | Change::Fixed => Vec::new(),
        };
        own.into_iter().flat_map(|call| call.calls(CallPlace::Own)).collect()
    }
}

impl Action {
    /// Every request that the action can make.
    pub(crate) fn calls(&'static self) -> Vec<TableCall> {
        self.call.calls(CallPlace::Own)
    }
}

impl Artifact {
    /// Every request that fetching the artifact can make.
    pub(crate) fn calls(&'static self) -> Vec<TableCall> {
        self.call.calls(CallPlace::Own)
    }
}

impl CallSpec {
    /// The call, what is sent before it, and what waiting for it asks.
    fn calls(&'static self, place: CallPlace) -> Vec<TableCall> {
        let CallSpec {
            method,
            path,
            wait,
            preceded_by,
            body: _,
            adds: _,
            reshape: _,
            reply: _,
            when: _,
            errors_at: _,
            retry_on: _,
        } = self;
        let mut calls: Vec<TableCall> = preceded_by.iter().flat_map(|call| call.calls(CallPlace::Before)).collect();
        calls.push(TableCall { method: *method, path, place, spec: Some(self) });
        calls.extend(wait.iter().flat_map(Poll::calls));
        calls
    }
}

impl Poll {
    /// The looks, and what is asked about a job that failed or is given up. One that sends its call again looks nowhere.
    fn calls(&'static self) -> Vec<TableCall> {
        let Poll {
            path,
            log,
            cancel,
            job: _,
            at: _,
            until: _,
            error: _,
            progress: _,
            shows_object: _,
            tolerate: _,
            every: _,
            budget: _,
        } = self;
        let mut calls = Vec::new();
        if !path.is_empty() {
            calls.push(TableCall::read(path, CallPlace::Wait));
        }
        if let Some(Detail { read, fields: _, stamp: _ }) = log {
            calls.push(TableCall::read(read.path, CallPlace::Log));
        }
        calls.extend(cancel.iter().flat_map(|call| call.calls(CallPlace::Cancel)));
        calls
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::{Body, Condition, Envelope, Type, Until, call, field, output};
    use wire::Method::{Delete, Get, Patch, Post, Put};

    const fn poll(path: &'static str) -> Poll {
        Poll { path, ..Poll::NEW }
    }

    static GIVEN_UP: CallSpec = call(Post, "/jobs/{job}", Body::None);
    static JOB: Poll = Poll {
        log: Some(Detail { read: call(Get, "/logs/{job}", Body::None), fields: &[""], stamp: "" }),
        cancel: Some(&GIVEN_UP),
        ..poll("/jobs/{job}")
    };
    static ON: CallSpec = call(Put, "/on", Body::None);
    static OFF: CallSpec = call(Put, "/off", Body::None)
        .wait(&[Poll { until: Until::State { key: "", done: &["done"], failed: &[] }, ..Poll::NEW }]);

    static EVERYTHING: Kind = Kind {
        fields: &[
            field("a", Type::Bool, "On").switch(&ON, &OFF),
            field("b", Type::Text, "Own").dedicated_call(&[call(Patch, "/own", Body::None)]),
            field("c", Type::Text, "Wider").widens(&[], &[call(Patch, "/wider", Body::None)]),
            output("key", Type::Text, "Asked for").dedicated_call(&[call(Post, "/key", Body::None)]),
        ],
        api: Api {
            list: List::at("/list", Envelope::Items("")),
            lists: &[
                (Condition::ALWAYS, List::at("/other", Envelope::Items(""))),
                (Condition::ALWAYS, List::Inside("x")),
            ],
            details: &[
                Detail { read: call(Get, "/rows?of={id}", Body::None), fields: &[], stamp: "" },
                Detail { read: call(Get, "/list/{id}", Body::None), fields: &[], stamp: "" },
            ],
            create: &[call(Post, "/list", Body::None).wait(&[JOB]).preceded_by(&[call(Put, "/before", Body::None)])],
            update: &[call(Put, "/list/{id}", Body::None)],
            remove: &[call(Delete, "/list/{id}", Body::None)],
            ..Api::NONE
        },
        ..Kind::NEW
    };

    #[test]
    fn every_place_of_a_table_that_makes_a_request_is_counted() {
        let found: Vec<_> = EVERYTHING.calls().iter().map(|call| (call.method, call.path, call.place)).collect();
        let expected = [
            (Get, "/list", CallPlace::List),
            (Get, "/other", CallPlace::List),
            (Get, "/rows?of={id}", CallPlace::Join),
            (Get, "/list/{id}", CallPlace::Detail),
            (Put, "/before", CallPlace::Before),
            (Post, "/list", CallPlace::Own),
            (Get, "/jobs/{job}", CallPlace::Wait),
            (Get, "/logs/{job}", CallPlace::Log),
            (Post, "/jobs/{job}", CallPlace::Cancel),
            (Put, "/list/{id}", CallPlace::Own),
            (Delete, "/list/{id}", CallPlace::Own),
            (Put, "/on", CallPlace::Own),
            (Put, "/off", CallPlace::Own),
            (Patch, "/own", CallPlace::Own),
            (Patch, "/wider", CallPlace::Own),
            (Post, "/key", CallPlace::Own),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn paths_are_the_same_whatever_their_words_are_called() {
        assert!(is_same_path("/a/{id}/b?x={y}", "/a/{other-id}/b"));
        assert!(is_same_path("/a", "/a?x=1"));
        for other in ["/a/{id}", "/a/id/b", "/a/{id}/b/", "/b/{id}/b", "a/{id}/b"] {
            assert!(!is_same_path("/a/{id}/b", other), "{other}");
        }
    }
}
