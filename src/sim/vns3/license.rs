//! The licence and the keyset: what a topology's controllers share.

use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};

use super::clock::Moment;
use super::seed::Generator;

/// How many controllers the simulated licence allows: enough for a mesh, few enough to run into.
const MANAGERS: u8 = 8;

/// How many overlay clients it allows.
const CLIENTS: u8 = 16;

/// A licence as the controller keeps it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct License {
    /// The parameters are accepted; only now is the controller licensed.
    pub finalized: bool,
    pub sha1_checksum: String,
    pub uploaded_at: Moment,
    pub overlay_subnet: String,
    pub my_manager_vip: String,
    pub managers: Vec<Manager>,
    pub clients: Vec<Ipv4Addr>,
    pub overlay_max_clients: usize,
    pub ipsec_max_endpoints: usize,
    pub ipsec_max_subnets: usize,
}

/// A slot for a controller.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Manager {
    pub manager_id: u64,
    pub asn: u64,
    pub overlay_ipaddress: Ipv4Addr,
}

impl License {
    /// A licence with its parameters accepted. Its addresses follow from the name, in the shape of the text's example:
    /// a subnet of 64 at the end of a block, controllers counted down from its top.
    pub fn accepted(name: &str, now: Moment) -> License {
        let mut generator = Generator::new(name, 0);
        let (second, third) = (generator.between(64, 126) as u8, generator.between(0, 255) as u8);
        let first_asn = 64_512 + 10 * generator.between(0, 99);
        License {
            finalized: true,
            sha1_checksum: generator.hex(40),
            uploaded_at: now,
            overlay_subnet: format!("100.{second}.{third}.192/26"),
            my_manager_vip: format!("100.{second}.{third}.254"),
            managers: (1..=MANAGERS)
                .map(|slot| Manager {
                    manager_id: slot.into(),
                    asn: first_asn + u64::from(slot),
                    overlay_ipaddress: Ipv4Addr::new(100, second, third, 254 - slot),
                })
                .collect(),
            clients: (1..=CLIENTS).map(|host| Ipv4Addr::new(100, second, third, 192 + host)).collect(),
            overlay_max_clients: 2 * usize::from(CLIENTS),
            ipsec_max_endpoints: 50,
            ipsec_max_subnets: 100,
        }
    }
}

/// The topology's keys.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Keyset {
    pub checksum: String,
    pub uuid: String,
    pub created_at: Moment,
}

impl Keyset {
    /// A keyset made at that moment.
    pub fn made(generator: &mut Generator, now: Moment) -> Keyset {
        Keyset { checksum: generator.hex(40), uuid: generator.uuid(), created_at: now }
    }
}
