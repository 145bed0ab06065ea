//! Work in the background: executions and what they bring about, by the logical clock.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::Platform;
use super::kind::Kind;
use super::store::{Life, Object, Owner};

/// Until then a fresh object or execution answers 403 or 404 (netfoundry.md#consistency): longer than one request takes
/// (250 ms), so that whoever looks at once meets it, and shorter than two.
pub(super) const UNREADABLE: u64 = 300;

/// Until then lists do not show a fresh object. Shorter than any execution, so that whoever waits sees it.
pub(super) const UNLISTED: u64 = 450;

/// Until then reads show the former body after a change (netfoundry.md#consistency).
pub(super) const STALE: u64 = 300;

/// A change takes two polls.
const CHANGE: u64 = 400;

/// After a tunneler-enabled router is ready its twin endpoint takes a moment more (netfoundry.md#edge-routers): long
/// enough that whoever waits for the router only meets the gap.
pub(super) const TWIN: u64 = 700;

/// The effect of an execution when it finishes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Work {
    /// Makes an object real.
    Create,
    /// Makes a change real.
    Update,
    /// Removes an object.
    Delete,
    /// Suspends a network.
    Suspend,
    /// Resumes a network.
    Resume,
}

impl Work {
    fn verb(self) -> &'static str {
        match self {
            Work::Create => "create",
            Work::Update => "update",
            Work::Delete => "delete",
            Work::Suspend => "suspend",
            Work::Resume => "resume",
        }
    }

    /// Milliseconds that it takes; deleting what stands on machines takes longer.
    fn duration(self, object: &Object) -> u64 {
        match self {
            Work::Create => (object.kind.traits().build)(&object.body),
            Work::Delete if object.kind == Kind::Network => 1400,
            Work::Delete if object.body.get("hostId").is_some_and(Value::is_string) => 1100,
            Work::Delete => 600,
            Work::Update | Work::Suspend | Work::Resume => CHANGE,
        }
    }
}

/// Something that is due at a moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Due {
    Start { execution: String },
    Finish { execution: String, work: Work },
    Twin { router: String },
}

/// The work that is due, by moment and then in the order in which it was asked for.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(from = "Vec<(u64, Due)>", into = "Vec<(u64, Due)>")]
pub(super) struct Agenda {
    due: BTreeMap<(u64, u64), Due>,
    next: u64,
}

impl Clone for Agenda {
    fn clone(&self) -> Agenda {
        Agenda { due: self.due.clone(), next: self.next }
    }
}

impl From<Vec<(u64, Due)>> for Agenda {
    fn from(entries: Vec<(u64, Due)>) -> Agenda {
        let mut agenda = Agenda::default();
        entries.into_iter().for_each(|(at, due)| agenda.add(at, due));
        agenda
    }
}

impl From<Agenda> for Vec<(u64, Due)> {
    fn from(agenda: Agenda) -> Vec<(u64, Due)> {
        agenda.due.into_iter().map(|((at, _), due)| (at, due)).collect()
    }
}

impl Agenda {
    fn add(&mut self, at: u64, due: Due) {
        self.due.insert((at, self.next), due);
        self.next += 1;
    }

    fn take(&mut self, now: u64) -> Option<(u64, Due)> {
        let first = self.due.first_entry().filter(|entry| entry.key().0 <= now)?;
        let ((at, _), due) = first.remove_entry();
        Some((at, due))
    }
}

impl Platform {
    /// Does all that is due, each thing at its own moment.
    pub(super) fn settle(&mut self, now: u64) {
        while let Some((at, due)) = self.agenda.take(now) {
            match due {
                Due::Start { execution } => self.start(&execution),
                Due::Finish { execution, work } => self.finish(&execution, work, at),
                Due::Twin { router } => self.add_twin(&router, at),
            }
        }
    }

    /// Asks for a router's twin endpoint.
    pub(super) fn schedule_twin(&mut self, router: &str, at: u64) {
        self.agenda.add(at, Due::Twin { router: router.to_owned() });
    }

    /// Starts work on an object in the background and returns the execution's id (netfoundry.md#executions).
    pub(super) fn schedule(&mut self, work: Work, object: &str, now: u64) -> String {
        let Some(object) = self.store.get(object) else { return String::new() };
        let kind = object.kind;
        let verb = work.verb();
        let id = self.mint.uuid(&["execution", &object.id, verb, &object.changes.to_string()]);
        let network = if kind == Kind::Network { Some(object.id.clone()) } else { object.network.clone() };
        let duration = work.duration(object);
        let body = json!({
            "name": format!("{verb} {}", kind.title()),
            "description": null,
            "resourceId": object.id,
        });
        // The execution of a network's creation may answer 403 for ever (netfoundry.md#consistency).
        let sealed =
            kind == Kind::Network && work == Work::Create && self.mint.number(&["sealed", &id]).is_multiple_of(3);
        self.store.insert(Object {
            id: id.clone(),
            kind: Kind::Execution,
            network,
            ziti: None,
            status: Some("NEW".to_owned()),
            body: body.as_object().cloned().unwrap_or_default(),
            hidden: Map::new(),
            owner: Owner::BuiltIn,
            life: Life::Ready,
            created: now,
            updated: now,
            deleted: None,
            readable: if sealed { u64::MAX } else { now + UNREADABLE },
            listed: now + UNLISTED,
            former: None,
            changes: 0,
        });
        self.agenda.add(now + duration * 2 / 5, Due::Start { execution: id.clone() });
        self.agenda.add(now + duration, Due::Finish { execution: id.clone(), work });
        id
    }

    fn start(&mut self, execution: &str) {
        let Some(resource) = self.resource_of(execution) else { return };
        self.store.update(execution, |execution| execution.status = Some("STARTED".to_owned()));
        self.store.update(&resource, |object| {
            if object.life == Life::Building && object.status.as_deref() == Some("NEW") {
                object.status = Some("PROVISIONING".to_owned());
            }
        });
    }

    fn finish(&mut self, execution: &str, work: Work, at: u64) {
        let Some(resource) = self.resource_of(execution) else { return };
        self.store.update(execution, |execution| {
            execution.status = Some("FINISHED".to_owned());
            execution.updated = at;
        });
        match work {
            Work::Create => self.realize(&resource, at),
            Work::Update => self.apply_change(&resource, at),
            Work::Delete => self.erase(&resource, at),
            Work::Suspend => self.store.update(&resource, |network| network.status = Some("SUSPENDED".to_owned())),
            Work::Resume => self.store.update(&resource, |network| network.status = Some("PROVISIONED".to_owned())),
        }
    }

    fn resource_of(&self, execution: &str) -> Option<String> {
        self.store.get(execution)?.text("resourceId").map(str::to_owned)
    }

    /// Makes a new object real: it gets its overlay id and status, and what the platform makes beside it.
    pub(super) fn realize(&mut self, id: &str, now: u64) {
        let Some(object) = self.store.get(id).filter(|object| object.life == Life::Building) else { return };
        let traits = object.kind.traits();
        let ziti = self.mint.ziti(&["ziti", id]);
        self.store.update(id, |object| {
            object.life = Life::Ready;
            object.updated = now;
            object.status = traits.has_status.then(|| "PROVISIONED".to_owned());
            object.ziti = object.ziti.take().or(traits.has_ziti.then_some(ziti));
        });
        (traits.built)(self, id, now);
    }

    /// Makes a change real.
    pub(super) fn apply_change(&mut self, id: &str, now: u64) {
        let Some(object) = self.store.get(id).filter(|object| object.life == Life::Ready) else { return };
        let traits = object.kind.traits();
        self.store.update(id, |object| {
            if object.status.as_deref() == Some("UPDATING") {
                object.status = Some("PROVISIONED".to_owned());
            }
        });
        (traits.changed)(self, id, now);
    }

    /// Removes an object for good, and what the platform made for it.
    pub(super) fn erase(&mut self, id: &str, now: u64) {
        let Some(object) = self.store.get(id).filter(|object| object.life != Life::Gone) else { return };
        let traits = object.kind.traits();
        let made = self.store.made_for(id);
        self.store.update(id, |object| {
            object.life = Life::Gone;
            object.deleted = Some(now);
            object.updated = now;
            object.former = None;
            object.status = traits.has_status.then(|| "DELETED".to_owned());
        });
        for side in made {
            self.erase(&side, now);
        }
        (traits.erased)(self, id, now);
    }
}
