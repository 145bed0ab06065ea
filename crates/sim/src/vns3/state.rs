//! Everything that a controller remembers.
//!
//! The API shows of an object the same values that are stored of it, under the same names, wherever that is possible; so the
//! console can overwrite read fields without a second description of every kind.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::access::Access;
use super::alerts::Alert;
use super::clientpacks::Clientpack;
use super::clock::Moment;
use super::config::Config;
use super::firewall::Firewall;
use super::identity::Identity;
use super::interfaces::{EdgeGre, Interface};
use super::ipsec::Ipsec;
use super::license::License;
use super::license::keyset::{Keyset, KeysetJob};
use super::links::Links;
use super::outage::Outage;
use super::packet_monitors::PacketMonitor;
use super::peering::Peering;
use super::plugins::Plugins;
use super::routes::Routes;
use super::seed::Generator;
use super::snapshots::Snapshot;
use super::ssl::Ssl;
use super::system::System;
use super::tasks::Task;
use super::variables::Variable;
use super::webhooks::Webhook;
use super::{clientpacks, interfaces, routes, webhooks};
use crate::{Now, Setup};

/// The whole state.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct State {
    /// Makes ids and keys.
    pub generator: Generator,
    /// When the last call came in.
    pub clock: Moment,
    /// When the controller was last started.
    pub booted: Moment,
    /// The last outage.
    pub outage: Outage,
    /// Ids given so far, by kind: an id is never used twice.
    pub last_ids: BTreeMap<String, u64>,
    pub access: Access,
    pub config: Config,
    pub license: Option<License>,
    pub keyset: Option<Keyset>,
    pub keyset_job: Option<KeysetJob>,
    pub peering: Peering,
    pub variables: Vec<Variable>,
    pub identity: Identity,
    pub interfaces: Vec<Interface>,
    pub edge_gre: Vec<EdgeGre>,
    pub ipsec: Ipsec,
    pub routes: Routes,
    pub firewall: Firewall,
    /// By dotted address.
    pub clientpacks: BTreeMap<String, Clientpack>,
    pub links: Links,
    pub webhooks: Vec<Webhook>,
    pub alerts: Vec<Alert>,
    pub plugins: Plugins,
    pub tasks: Vec<Task>,
    pub snapshots: BTreeMap<String, Snapshot>,
    pub packet_monitors: Vec<PacketMonitor>,
    pub system: System,
    pub ssl: Ssl,
}

impl State {
    /// A new controller.
    pub(crate) fn born(setup: &Setup) -> State {
        let generator = Generator::new(&setup.name, setup.seed);
        let now = Moment::from(Now(0));
        let fresh = setup.version.as_deref() == Some("fresh");
        let config = Config::born(setup, fresh);
        let mut state = State {
            clock: now,
            booted: now,
            outage: Outage::over(now),
            last_ids: BTreeMap::new(),
            access: Access::default(),
            license: (!fresh).then(|| License::accepted(&setup.name, now)),
            keyset: (!fresh).then(|| Keyset::made(&setup.name, now)),
            keyset_job: None,
            peering: Peering::default(),
            variables: Vec::new(),
            identity: Identity::default(),
            interfaces: Vec::new(),
            edge_gre: Vec::new(),
            ipsec: Ipsec::born(&config.private_ipaddress),
            routes: Routes::default(),
            firewall: Firewall::default(),
            clientpacks: BTreeMap::new(),
            links: Links::default(),
            webhooks: Vec::new(),
            alerts: Vec::new(),
            plugins: Plugins::default(),
            tasks: Vec::new(),
            snapshots: BTreeMap::new(),
            packet_monitors: Vec::new(),
            system: System::default(),
            ssl: Ssl::default(),
            config,
            generator,
        };
        interfaces::furnish(&mut state);
        routes::furnish(&mut state);
        webhooks::furnish(&mut state);
        if state.keyset.is_some() {
            clientpacks::furnish(&mut state);
        }
        state
    }

    /// The next id of a kind.
    pub(crate) fn next_id(&mut self, kind: &str) -> u64 {
        let last = self.last_ids.entry(kind.to_owned()).or_default();
        *last += 1;
        *last
    }

    /// Starts the controller anew.
    pub(crate) fn reboot(&mut self) {
        self.outage = Outage::reboot(self.clock);
        self.booted = self.outage.end();
    }

    /// Says whether the licence's parameters have been accepted.
    pub(crate) fn licensed(&self) -> bool {
        self.license.as_ref().is_some_and(|license| license.finalized)
    }
}
