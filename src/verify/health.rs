//! Whether connections and peers of a fabric are up, as their controllers say: one read of each sort for a controller,
//! however many it has.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::Value;

use crate::address::Address;
use crate::diff::connections::{FabricFinding, Liveness, down, to_ask};
use crate::fabric::FabricOrigin;
use crate::session::Session;
use crate::spec::{Halves, List, lookup};
use crate::state::base::Base;
use crate::state::live::Live;
use crate::topology::{Target, Topology};

/// How often the controllers are asked after a change while something is down: both ends have to agree for a while.
const LOOKS_AFTER_A_CHANGE: usize = 5;

/// The pause between these looks.
const BETWEEN_LOOKS: Duration = Duration::from_secs(3);

/// What was seen of the health of connections and peers.
#[derive(Debug, Default)]
pub struct FabricHealth {
    /// How many declarations were asked about.
    pub asked: usize,
    /// Those that are down.
    pub down: Vec<FabricFinding>,
}

/// Whose health is looked at.
pub struct HealthLook<'h> {
    /// What is declared.
    pub topology: &'h Topology,
    /// What is owned, with the ids by which controllers know it.
    pub base: &'h Base,
    /// The connections to the controllers.
    pub sessions: &'h BTreeMap<String, Arc<Session>>,
}

impl HealthLook<'_> {
    /// Looks once at all connections and meshes but those of which something else is said already.
    pub(crate) async fn once(&self, wrong: &BTreeSet<FabricOrigin>) -> FabricHealth {
        self.look(&|origin| !wrong.contains(origin), 1).await
    }

    /// Looks at what was changed, and again after a while at what is not up yet.
    pub async fn after_a_change(&self, changed: &BTreeSet<FabricOrigin>) -> FabricHealth {
        self.look(&|origin| changed.contains(origin), LOOKS_AFTER_A_CHANGE).await
    }

    async fn look(&self, is_meant: &dyn Fn(&FabricOrigin) -> bool, looks: usize) -> FabricHealth {
        let asked = to_ask(self.topology, is_meant);
        let declarations: BTreeSet<FabricOrigin> = asked.values().map(|origin| origin.whole()).collect();
        let mut health = FabricHealth { asked: declarations.len(), down: Vec::new() };
        let mut targets: BTreeMap<&str, Vec<&Address>> = BTreeMap::new();
        asked.keys().for_each(|address| targets.entry(address.target()).or_default().push(address));
        for look in 1..=looks {
            let reads = targets.iter().map(|(target, addresses)| self.read(target, addresses));
            let standings: BTreeMap<Address, Liveness> = join_all(reads).await.into_iter().flatten().collect();
            health.down = down(&asked, &standings);
            let Some(session) = self.sessions.values().next() else { break };
            if health.down.is_empty() || look == looks {
                break;
            }
            session.pause(BETWEEN_LOOKS).await;
        }
        health
    }

    /// What one controller says of its halves and peers. What it does not say is not known.
    async fn read(&self, target: &str, addresses: &[&Address]) -> Vec<(Address, Liveness)> {
        let (Some(session), Some(target)) = (self.sessions.get(target), self.topology.targets.get(target)) else {
            return Vec::new();
        };
        let Some(table) = &target.provider.halves else { return Vec::new() };
        let (halves, peers): (Vec<&Address>, Vec<&Address>) =
            addresses.iter().partition(|address| address.kind() == table.kind);
        let mut found = Vec::new();
        if !halves.is_empty()
            && let Ok(objects) = session.list(table.health.path, table.health.at, None).await
        {
            let known = halves_standing(table, &objects);
            // Of what nothing makes up, nothing is up.
            let standing = |name: &str| known.get(name).copied().unwrap_or(Liveness::Down);
            found.extend(halves.into_iter().filter_map(|half| Some((half.clone(), standing(half.name()?)))));
        }
        if !peers.is_empty() {
            found.extend(self.peers(session, target, table, &peers).await);
        }
        found
    }

    /// What one controller says of its peers.
    async fn peers(
        &self,
        session: &Session,
        target: &Target,
        table: &Halves,
        peers: &[&Address],
    ) -> Vec<(Address, Liveness)> {
        let Some(kind) = target.provider.kind(table.peers) else { return Vec::new() };
        let List::Call { path, at, paging } = kind.api.list_on(session.version()) else { return Vec::new() };
        let Ok(objects) = session.list(path, at, paging).await else { return Vec::new() };
        let standing = |object: Value| {
            let is_up = lookup(&object, table.health.reachable).and_then(Value::as_bool);
            (Live::new(kind, object).id, standing(is_up))
        };
        let known: BTreeMap<String, Liveness> = objects.into_iter().map(standing).collect();
        let of = |peer: &&Address| {
            let entry = self.base.entry(peer)?;
            Some(((*peer).clone(), known.get(&entry.id).copied().unwrap_or(Liveness::Unknown)))
        };
        peers.iter().filter_map(of).collect()
    }
}

fn standing(is_up: Option<bool>) -> Liveness {
    match is_up {
        Some(true) => Liveness::Up,
        Some(false) => Liveness::Down,
        None => Liveness::Unknown,
    }
}

/// The standing of each half by its name: it is up where all that makes it up is.
fn halves_standing(table: &Halves, objects: &[Value]) -> BTreeMap<String, Liveness> {
    let mut known: BTreeMap<String, Liveness> = BTreeMap::new();
    for object in objects {
        let Some(name) = lookup(object, table.health.name).and_then(Value::as_str) else { continue };
        let part = standing(lookup(object, table.health.up).and_then(Value::as_bool));
        let whole = known.entry(name.to_owned()).or_insert(part);
        *whole = match (*whole, part) {
            (Liveness::Down, _) | (_, Liveness::Down) => Liveness::Down,
            (Liveness::Unknown, _) | (_, Liveness::Unknown) => Liveness::Unknown,
            (Liveness::Up, Liveness::Up) => Liveness::Up,
        };
    }
    known
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::CATALOGUE;

    #[test]
    fn a_half_is_up_where_all_of_it_is() {
        let table = CATALOGUE.iter().find_map(|provider| provider.halves.as_ref()).unwrap();
        let part = |name: &str, up: Value| {
            let mut object = json!({ "id": 7 });
            object[table.health.name] = json!(name);
            object[table.health.up] = up;
            object
        };
        let objects = [
            part("up", json!(true)),
            part("up", json!(true)),
            part("half", json!(true)),
            part("half", json!(false)),
            part("silent", json!(null)),
            part("silent", json!(true)),
            json!({ "connected": true }),
        ];
        let known = halves_standing(table, &objects);
        let known: Vec<(&str, Liveness)> = known.iter().map(|(name, standing)| (name.as_str(), *standing)).collect();
        assert_eq!(known, [("half", Liveness::Down), ("silent", Liveness::Unknown), ("up", Liveness::Up)]);
    }
}
