//! The kinds of object under `core/v2`, and what is particular to each (netfoundry.md#order).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Platform;
use super::refusal::Refusal;
use super::shape::Field;
use super::write::Draft;
use super::{authorities, configs, endpoints, executions, hosts, networks, policies, postures, routers, services};

/// A collection of the core API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Kind {
    Network,
    NetworkController,
    Host,
    CertificateAuthority,
    AuthPolicy,
    ConfigType,
    PostureCheck,
    EdgeRouter,
    Endpoint,
    Config,
    Service,
    EdgeRouterPolicy,
    ServiceEdgeRouterPolicy,
    ServicePolicy,
    AppWan,
    Terminator,
    Execution,
}

impl Kind {
    /// Every kind, in the order of creation (netfoundry.md#order).
    pub(crate) const ALL: [Kind; 17] = [
        Kind::Network,
        Kind::NetworkController,
        Kind::Host,
        Kind::CertificateAuthority,
        Kind::AuthPolicy,
        Kind::ConfigType,
        Kind::PostureCheck,
        Kind::EdgeRouter,
        Kind::Endpoint,
        Kind::Config,
        Kind::Service,
        Kind::EdgeRouterPolicy,
        Kind::ServiceEdgeRouterPolicy,
        Kind::ServicePolicy,
        Kind::AppWan,
        Kind::Terminator,
        Kind::Execution,
    ];

    /// The particulars of the kind.
    pub(crate) fn traits(self) -> &'static Traits {
        match self {
            Kind::Network => &networks::NETWORK,
            Kind::NetworkController => &hosts::NETWORK_CONTROLLER,
            Kind::Host => &hosts::HOST,
            Kind::CertificateAuthority => &authorities::CERTIFICATE_AUTHORITY,
            Kind::AuthPolicy => &authorities::AUTH_POLICY,
            Kind::ConfigType => &configs::CONFIG_TYPE,
            Kind::PostureCheck => &postures::POSTURE_CHECK,
            Kind::EdgeRouter => &routers::EDGE_ROUTER,
            Kind::Endpoint => &endpoints::ENDPOINT,
            Kind::Config => &configs::CONFIG,
            Kind::Service => &services::SERVICE,
            Kind::EdgeRouterPolicy => &policies::EDGE_ROUTER_POLICY,
            Kind::ServiceEdgeRouterPolicy => &policies::SERVICE_EDGE_ROUTER_POLICY,
            Kind::ServicePolicy => &policies::SERVICE_POLICY,
            Kind::AppWan => &policies::APP_WAN,
            Kind::Terminator => &hosts::TERMINATOR,
            Kind::Execution => &executions::EXECUTION,
        }
    }

    /// The kind whose collection has that path.
    pub(crate) fn at(path: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.traits().path == path)
    }

    /// The kind as which objects of this one are stored: an AppWAN *is* a Dial service policy (netfoundry.md#app-wans).
    pub(crate) fn stored(self) -> Kind {
        if self == Kind::AppWan { Kind::ServicePolicy } else { self }
    }

    /// The singular in words: `edge router policy`.
    pub(crate) fn title(self) -> String {
        self.traits().singular.replace('-', " ")
    }

    /// The singular with its article: `an edge router policy`.
    pub(crate) fn one(self) -> String {
        let title = self.title();
        let article = if title.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
        format!("{article} {title}")
    }

    /// The key under `_embedded`: camel-case singular plus `List` (netfoundry.md#lists).
    pub(crate) fn list_key(self) -> String {
        let pascal = self.pascal();
        let mut letters = pascal.chars();
        letters.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(letters).collect::<String>() + "List"
    }

    /// The key under `_embedded` of a list in create form: `createEndpointList` (netfoundry.md#other-forms).
    pub(crate) fn create_list_key(self) -> String {
        format!("create{}List", self.pascal())
    }

    /// The plural in camel case, as a network's create form names its children: `edgeRouters`
    /// (netfoundry.md#other-forms).
    pub(crate) fn plural_key(self) -> String {
        let mut words = self.traits().path.split('-');
        let first = words.next().unwrap_or_default().to_owned();
        words.fold(first, |text, word| text + &capital(word))
    }

    fn pascal(self) -> String {
        self.traits().singular.split('-').map(capital).collect()
    }
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

/// A step of an object's life that a kind takes part in.
pub(super) type Effect = fn(&mut Platform, id: &str, now: u64);

/// The particulars of a kind.
pub(super) struct Traits {
    /// The collection's path under `core/v2`.
    pub path: &'static str,
    /// The singular in kebab case.
    pub singular: &'static str,
    /// The fields of the write form.
    pub fields: &'static [Field],
    /// The fields that only reads have, besides those of every object.
    pub facts: &'static [&'static str],
    /// Says whether the API creates, changes and deletes objects.
    pub writable: bool,
    /// Says whether PATCH and PUT exist.
    pub changeable: bool,
    /// Says whether reads carry `status` (netfoundry.md#statuses).
    pub has_status: bool,
    /// Says whether reads carry `zitiId` (netfoundry.md#statuses).
    pub has_ziti: bool,
    /// Says whether a deleted object stays readable with `deletedAt`; otherwise it answers 404
    /// (netfoundry.md#statuses).
    pub keeps_deleted: bool,
    /// Says whether `sort` works; otherwise it is a server error (netfoundry.md#lists).
    pub sorts: bool,
    /// The status of a successful POST (netfoundry.md#writes).
    pub created: u16,
    /// Milliseconds that creating takes, by the object's body.
    pub build: fn(&Map<String, Value>) -> u64,
    /// Checks a body beyond the shapes of its fields and brings it into the stored form.
    pub check: fn(&Platform, &mut Draft) -> Result<(), Refusal>,
    /// Runs when an object has become real.
    pub built: Effect,
    /// Runs when a change has become real.
    pub changed: Effect,
    /// Runs when an object is gone.
    pub erased: Effect,
}

/// The fields that reads have of every object, and what the web console puts beside them (netfoundry.md#requests,
/// netfoundry.md#values).
const OF_EVERY_READ: [&str; 12] = [
    "_links",
    "_embedded",
    "id",
    "zitiId",
    "status",
    "createdAt",
    "updatedAt",
    "deletedAt",
    "createdBy",
    "deletedBy",
    "ownerIdentityId",
    "selected",
];

impl Traits {
    /// Says whether a body may bring the field although nothing is made of it: the read form is taken back
    /// (netfoundry.md#writes).
    pub(crate) fn tolerates(&self, field: &str) -> bool {
        OF_EVERY_READ.contains(&field) || self.facts.contains(&field)
    }

    /// The particulars that most kinds have in common.
    pub(crate) const COMMON: Traits = Traits {
        path: "",
        singular: "",
        fields: &[],
        facts: &[],
        writable: true,
        changeable: true,
        has_status: false,
        has_ziti: true,
        keeps_deleted: false,
        sorts: true,
        created: 202,
        // Three polls: the first is too early, the second sees STARTED, the third FINISHED.
        build: |_| 600,
        check: |_, _| Ok(()),
        built: |_, _, _| {},
        changed: |_, _, _| {},
        erased: |_, _, _| {},
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn list_keys_are_as_documented() {
        let keys: Vec<String> = Kind::ALL.into_iter().map(Kind::list_key).collect();
        let expected = [
            "networkList",
            "networkControllerList",
            "hostList",
            "certificateAuthorityList",
            "authPolicyList",
            "configTypeList",
            "postureCheckList",
            "edgeRouterList",
            "endpointList",
            "configList",
            "serviceList",
            "edgeRouterPolicyList",
            "serviceEdgeRouterPolicyList",
            "servicePolicyList",
            "appWanList",
            "terminatorList",
            "executionList",
        ];
        assert_eq!(keys, expected);
        assert_eq!(Kind::Endpoint.create_list_key(), "createEndpointList");
        assert_eq!(Kind::CertificateAuthority.plural_key(), "certificateAuthorities");
    }

    #[test]
    fn paths_are_distinct_and_found() {
        for kind in Kind::ALL {
            assert_eq!(Kind::at(kind.traits().path), Some(kind));
        }
        assert_eq!(Kind::at("widgets"), None);
    }
}
