//! What is written under `fabric`: the words of sites, meshes, vpns and profiles, as files and their schema have them.
//!
//! A profile, a vpn and what is said of one connection take fields of the provider's half besides: those are not here.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use schemars::JsonSchema;
use serde::de::{DeserializeOwned, Error, MapAccess, Unexpected, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// A topology that is declared as one: any file may hold a part of it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[expect(dead_code, reason = "its shape is what counts: for the schema; `fabric::read` reads the parts one by one")]
pub(crate) struct FabricWords {
    /// The network of inner addresses, of which each connection has a /30 that follows from the ids of its two controllers.
    #[serde(default)]
    pub pool: Option<String>,
    /// The IKE and IPsec parameters that both halves of a connection share, by name.
    #[serde(default)]
    pub profiles: BTreeMap<String, ProfileWords>,
    /// Places with networks behind them, by name.
    #[serde(default)]
    pub sites: BTreeMap<String, SiteWords>,
    /// Controllers of one license and one keyset, by the name of their mesh.
    #[serde(default)]
    pub meshes: BTreeMap<String, MeshWords>,
    /// Groups of IPsec connections of one purpose, by name.
    #[serde(default)]
    pub vpns: BTreeMap<String, VpnWords>,
}

/// The IKE and IPsec parameters that both halves of a connection share.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct ProfileWords {}

/// A place with networks behind it.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, expecting = "a map")]
pub(crate) struct SiteWords {
    /// A map or list: a site for each of its items.
    #[expect(dead_code, reason = "it is taken out before")]
    #[serde(default)]
    pub each: Option<Value>,
    /// The value of each item by which it goes, where the items are a list of maps.
    #[expect(dead_code, reason = "as `each`")]
    #[serde(default)]
    pub key: Option<String>,
    /// Its controllers are given up: all that is owned there goes, and what others have because of it, in one plan.
    #[serde(default)]
    pub retired: Option<Value>,
    /// Its controllers, which are targets, each with its id, the preferred one first; or one, which has the site's `id`.
    #[serde(default)]
    pub on: Option<ControllerWords>,
    /// The fabric's number of the controller: 1 and up, never used twice.
    #[serde(default, deserialize_with = "number")]
    #[schemars(with = "Option<Value>")]
    pub id: Option<u32>,
    /// The number of its autonomous system, as the others see it.
    #[serde(default, deserialize_with = "number")]
    #[schemars(with = "Option<Value>")]
    pub asn: Option<u32>,
    /// The networks behind it.
    #[serde(default)]
    pub networks: Vec<NetworkWords>,
    /// Further networks that it lets the others reach, such as an aggregate of all sites.
    #[serde(default)]
    pub offers: Vec<String>,
    /// Gateways that are not ours, by name, the preferred one first.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, GatewayWords>")]
    pub gateways: InOrder<GatewayWords>,
    /// What its controllers say that they are: an address, or `public`; by default their private address.
    #[serde(default)]
    pub ike_id: Option<String>,
    /// The address of its controller, in place of the public one that the controller tells.
    #[serde(default)]
    pub address: Option<String>,
    /// How its controllers reach each other's private addresses.
    #[serde(default)]
    pub lan: Option<LanWords>,
}

/// The controllers of a site.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "expected the name of a target, or a map of targets with their ids")]
pub(crate) enum ControllerWords {
    /// One, which has the site's id.
    One(String),
    /// Each with its id.
    Several(#[schemars(with = "BTreeMap<String, Value>")] InOrder<Number>),
}

/// A network behind a site.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "expected a network, or a map of `cidr`, `interface`, `gateway` and `connected`")]
pub(crate) enum NetworkWords {
    /// The network alone, behind the first interface.
    Short(String),
    /// With how it is reached.
    Full(NetworkPlace),
}

/// A network with how it is reached.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, expecting = "a map")]
pub(crate) struct NetworkPlace {
    /// The network.
    pub cidr: String,
    /// The interface that it is behind.
    #[serde(default)]
    pub interface: Option<String>,
    /// The next hop.
    #[serde(default)]
    pub gateway: Option<String>,
    /// Says whether it is the controller's own: then it has no route.
    #[serde(default)]
    pub connected: bool,
}

/// A gateway that is not ours.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, expecting = "a map")]
pub(crate) struct GatewayWords {
    /// Its address.
    pub address: String,
    /// Its address in the tunnel, with the /30: ours is the other one.
    #[serde(default)]
    pub inner: Option<String>,
    /// The key that it shares with us.
    #[serde(default)]
    pub psk: Option<KeyWords>,
    /// What it says that it is, if not its address.
    #[serde(default)]
    pub ike_id: Option<String>,
}

/// A key that two gateways share.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "expected an expression such as `${secret.NAME}`, or `{ derive: \"${secret.NAME}\" }`")]
pub(crate) enum KeyWords {
    /// An expression; `${pair}` in it is the connection's name.
    Expression(String),
    /// Made of one secret, another one for each connection.
    Derived {
        /// The secret, as `${secret.NAME}`.
        derive: String,
    },
}

/// How controllers of a site reach private addresses.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, expecting = "a map")]
pub(crate) struct LanWords {
    /// The interface.
    #[serde(default)]
    pub interface: Option<String>,
    /// The next hop.
    #[serde(default)]
    pub gateway: Option<String>,
}

/// Controllers of one license and one keyset.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, expecting = "a map")]
pub(crate) struct MeshWords {
    /// The sites whose controllers are in it.
    pub members: SiteNames,
    /// The controller that has the license, and makes the keys.
    pub root: String,
    /// The word that the keys depend on.
    #[serde(default)]
    pub token: Option<String>,
    /// The network between them.
    #[serde(default)]
    pub underlay: Underlay,
    /// The largest packet on the way.
    #[expect(dead_code, reason = "it is passed on as it is spelt")]
    #[serde(default, rename = "overlay_mtu")]
    pub overlay_mtu: Option<Value>,
    /// The sites that all others peer with, and these with hubs only; by default all peer with all.
    #[serde(default)]
    pub hubs: Option<SiteNames>,
    /// Says whether they peer at all, or share license and keys only.
    #[serde(default)]
    pub peers: Peering,
}

/// The network between the members of a mesh.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Underlay {
    /// Public addresses.
    #[default]
    Public,
    /// Private addresses.
    Private,
}

/// Whether the members of a mesh are peers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Peering {
    /// They are.
    #[default]
    All,
    /// They share license and keys only.
    None,
}

/// A group of IPsec connections of one purpose.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, expecting = "a map")]
pub(crate) struct VpnWords {
    /// The sites of a full mesh.
    #[serde(default)]
    pub between: Option<SiteNames>,
    /// The sites that all spokes connect to, the preferred one first.
    #[serde(default)]
    pub hubs: Option<SiteNames>,
    /// The sites that connect to the hubs.
    #[serde(default)]
    pub spokes: Option<SiteNames>,
    /// Says whether spokes reach each other through the hubs.
    #[serde(default)]
    pub transit: bool,
    /// Who knows the way: routes that are declared, or BGP.
    #[serde(default)]
    pub routing: Routing,
    /// The profile of its connections.
    #[serde(default)]
    pub profile: Option<String>,
    /// The key that both halves share.
    #[serde(default)]
    pub psk: Option<KeyWords>,
    /// What the BGP sessions have: `password`, and fields of the provider's neighbour.
    #[expect(dead_code, reason = "it is passed on as it is spelt")]
    #[serde(default)]
    pub bgp: Option<BTreeMap<String, Value>>,
    /// Says whether the firewall lets pass what goes between its sites.
    #[serde(default)]
    pub firewall: Option<FirewallWord>,
    /// The networks of a site that the others see as others: own to shown, by the site.
    #[serde(default)]
    pub translate: BTreeMap<String, BTreeMap<String, String>>,
    /// The network of its inner addresses, in place of the fabric's.
    #[serde(default)]
    pub pool: Option<String>,
    /// What is said of one connection, by its name: fields of both halves, `psk`, `bgp`, `inner`.
    #[expect(dead_code, reason = "as `bgp`")]
    #[serde(default)]
    pub connections: BTreeMap<String, Value>,
}

/// Who knows the way through a vpn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Routing {
    /// Routes that are declared.
    #[default]
    Static,
    /// BGP.
    Bgp,
}

/// What the firewall does with a vpn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum FirewallWord {
    /// It lets pass what goes between the sites.
    Open,
}

/// Names of sites.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "expected a list of sites, or `{ each: … }`")]
pub(crate) enum SiteNames {
    /// One by one.
    Listed(Vec<String>),
    /// The keys of a map or list.
    Each {
        /// The map or list, or a variable that holds one.
        #[expect(dead_code, reason = "it is read as it is spelt")]
        each: Value,
        /// The value of each item by which it goes, where the items are a list of maps.
        #[expect(dead_code, reason = "as `each`")]
        #[serde(default)]
        key: Option<String>,
    },
}

/// A whole number, in digits or as text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Number(pub u32);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Number, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let number = match &value {
            Value::Number(number) => number.as_u64().and_then(|number| u32::try_from(number).ok()),
            // As a column of a table has it.
            Value::String(text) => text.parse().ok(),
            _ => None,
        };
        let shown = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let expected = "a whole number from 0 to 4294967295";
        number.map(Number).ok_or_else(|| D::Error::invalid_type(Unexpected::Other(&format!("`{shown}`")), &expected))
    }
}

fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    Ok(Option::<Number>::deserialize(deserializer)?.map(|Number(number)| number))
}

/// A map whose order means something.
#[derive(Debug, Clone)]
pub(crate) struct InOrder<T>(pub Vec<(String, T)>);

impl<T> Default for InOrder<T> {
    fn default() -> InOrder<T> {
        InOrder(Vec::new())
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for InOrder<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<InOrder<T>, D::Error> {
        deserializer.deserialize_map(EntriesVisitor(PhantomData)).map(InOrder)
    }
}

struct EntriesVisitor<T>(PhantomData<T>);

impl<'de, T: DeserializeOwned> Visitor<'de> for EntriesVisitor<T> {
    type Value = Vec<(String, T)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let mut found = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            found.push(entry);
        }
        Ok(found)
    }
}
