//! The keyset: the topology's keys, made here or fetched from another controller, in the background.
//!
//! The keys follow from the token, so that controllers with the same token prove to be of the same topology. A controller
//! of the same server gives its licence along with its keys, if it is up and has those of the token. Where no such is,
//! somebody outside is supposed who has them; then the licence follows from the token, too.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::License;
use crate::vns3::answer::{Fault, Outcome, ok};
use crate::vns3::call::Call;
use crate::vns3::clientpacks;
use crate::vns3::clock::Moment;
use crate::vns3::seed::Generator;
use crate::vns3::state::State;

/// How long it takes: more than one look at the default step of the server.
const TAKES: u64 = 2_000;

/// The keys, once they are there.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::vns3) struct Keyset {
    checksum: String,
    uuid: String,
    created_at: Moment,
}

impl Keyset {
    /// What tells the topology.
    pub(crate) fn checksum(&self) -> &str {
        &self.checksum
    }

    /// The keyset of a token.
    pub(crate) fn made(token: &str, now: Moment) -> Keyset {
        let mut generator = Generator::new(token, 2);
        Keyset { checksum: generator.hex(40), uuid: generator.uuid(), created_at: now }
    }
}

/// A keyset in the making.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::vns3) struct KeysetJob {
    token: String,
    fetches: bool,
    /// The controller to fetch from; states of version 0.1 do not say.
    #[serde(default)]
    source: String,
    /// The keyset that is fetched will not arrive.
    #[serde(default)]
    lost: bool,
    started_at: Moment,
    done_at: Moment,
}

/// Finishes what is due. A fetched keyset brings the licence along, and a reboot.
pub(in crate::vns3) fn settle(state: &mut State) {
    let Some(job) = state.keyset_job.take_if(|job| job.done_at <= state.clock) else { return };
    // The download failed: nothing says so (vns3.md#joining-a-topology).
    if job.lost {
        return;
    }
    let keyset = Keyset::made(&job.token, job.done_at);
    if job.fetches {
        let license = match state.neighbours.iter().find(|root| root.is_at(&job.source)) {
            Some(root) if !root.is_up || root.keys.as_deref() != Some(keyset.checksum()) => return,
            Some(root) => root.license.clone().map(|license| License { uploaded_at: job.done_at, ..license }),
            None => None,
        };
        if !state.licensed() {
            state.license = Some(license.unwrap_or_else(|| License::accepted(&job.token, job.done_at)));
        }
    }
    state.keyset = Some(keyset);
    // The same on all controllers of a topology (text, "Get Config").
    state.config.topology_checksum = Generator::new(&job.token, 5).hex(40);
    clientpacks::furnish(state);
    if job.fetches {
        state.reboot();
    }
}

/// "Get Keyset".
pub(super) fn read(state: &State) -> Outcome {
    if let Some(keyset) = &state.keyset {
        return ok(json!({
            "keyset_present": true,
            "created_at": keyset.created_at.offset(),
            "created_at_i": keyset.created_at.seconds(),
            "checksum": keyset.checksum,
            "uuid": keyset.uuid,
        }));
    }
    ok(match &state.keyset_job {
        None => json!({"keyset_present": false}),
        Some(job) => json!({
            "keyset_present": false,
            "in_progress": true,
            "started_at": job.started_at.offset(),
            "started_at_i": job.started_at.seconds(),
            "running": (state.clock.seconds() - job.started_at.seconds()),
        }),
    })
}

/// Says whether no controller can be at an address: those of the IETF's first block for documentation (RFC 5737) stand for
/// sources that a controller does not reach.
fn is_nowhere(source: &str) -> bool {
    source.starts_with("192.0.2.")
}

/// "Generate Keyset". The example misspells `keyset_present`; the words of the refusals are those that the published
/// client waits for.
pub(super) fn create(state: &mut State, call: &Call) -> Outcome {
    let fields = call.fields()?;
    let token = fields.need_text("token")?;
    let source = fields.get::<String>("source")?.filter(|source| !source.is_empty());
    let topology_name: Option<String> = fields.get("topology_name")?;
    if state.keyset.is_some() {
        return Err(Fault::argument("Keyset already exists."));
    }
    if state.keyset_job.is_some() {
        return Err(Fault::argument("Keyset setup in progress."));
    }
    if source.is_none() && !state.licensed() {
        return Err(Fault::prerequisite("Must be licensed first"));
    }
    if let Some(name) = topology_name {
        state.config.topology_name = name;
    }
    let now = call.now;
    state.keyset_job = Some(KeysetJob {
        token,
        lost: source.as_deref().is_some_and(is_nowhere),
        fetches: source.is_some(),
        source: source.unwrap_or_default(),
        started_at: now,
        done_at: now.plus_millis(TAKES),
    });
    ok(json!({
        "keyset_preset": false,
        "in_progress": true,
        "started_at": now.offset(),
        "started_at_i": now.seconds(),
        "running": 0,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vns3::testing::{Bench, has_keys_of};
    use wire::Method::{Get, Put};

    #[test]
    fn the_keyset_has_the_texts_fields() {
        let keyset = Bench::new().get("/keyset").expect("keyset");
        let example = json!({
            "keyset_present": true, "created_at": "2019-07-19T19:44:02.191+00:00", "created_at_i": 1563565442,
            "checksum": "6093b865464ec3f7ab7213975c3b952763d1df14", "uuid": "8effb1ea-aa5d-11e9-aaf4-02935c82307a",
        });
        assert!(has_keys_of(&keyset, &example), "{keyset}");
        assert!(keyset.get("in_progress").is_none());
    }

    #[test]
    fn a_fetch_from_nowhere_ends_without_a_word() {
        let mut bench = Bench::fresh();
        let body = json!({"token": "topology", "source": "192.0.2.1"});
        let first = bench.ok(Put, "/keyset", body.clone());
        assert!(bench.refused(Put, "/keyset", body.clone()).1.contains("in progress"));
        bench.wait(10_000);
        assert_eq!(bench.get("/keyset").expect_err("no licence").0, 403);
        assert_ne!(bench.ok(Put, "/keyset", body)["started_at_i"], first["started_at_i"]);
    }

    #[test]
    fn a_member_fetches_keys_and_licence_and_reboots() {
        let mut bench = Bench::fresh();
        let body = json!({"source": "203.0.113.1", "token": "topology"});
        let started = bench.ok(Put, "/keyset", body.clone());
        assert_eq!(started["keyset_preset"], false);
        let again = bench.refused(Put, "/keyset", body.clone());
        assert_eq!(again, (400, "APIArgumentError: Keyset setup in progress.".to_owned()));
        bench.wait(2_000);
        let done = bench.refused(Put, "/keyset", body);
        assert_eq!(
            done,
            (400, "APIArgumentError: Keyset already exists.".to_owned()),
            "the last word before the reboot"
        );
        assert_eq!(bench.call(Get, "/config", None).0, 401);
        bench.wait(5_000);
        assert_eq!(bench.get("/config").expect("config")["licensed"], true);
        let checksum = bench.get("/keyset").expect("keyset")["checksum"].clone();

        let mut root = Bench::fresh();
        root.put_text("/license", "bGljZW5jZQ==").expect("uploaded");
        root.ok(Put, "/license/parameters", json!({"default": true}));
        root.wait(5_000);
        assert_eq!(root.refused(Put, "/keyset", json!({})).1, "APIArgumentError: token is missing");
        root.ok(Put, "/keyset", json!({"token": "topology"}));
        assert_eq!(root.get("/keyset").expect("keyset")["in_progress"], true);
        root.wait(2_000);
        assert_eq!(root.get("/keyset").expect("keyset")["checksum"], checksum, "same token, same topology");
    }
}
