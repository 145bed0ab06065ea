//! Network configs: what `size` of a network can be (netfoundry.md#network-configs).

use crate::providers::netfoundry::shared::PAGES;
use crate::spec::{Api, Envelope, Identity, Kind, List, Type, output};

pub(crate) static KIND: Kind = Kind {
    name: "network-configs",
    doc: "Sizes that a network's controller can have",
    source: "netfoundry.md#network-configs",
    identity: Identity::CaselessName("name"),
    fields: &[
        output("name", Type::Text, "The size"),
        output("awsNetworkControllerSize", Type::Text, "Machine type at AWS"),
        output("networkControllerVolumeSize", Type::Int, "Volume in gigabytes"),
    ],
    api: Api {
        list: List::Call {
            path: "/core/v2/network-configs",
            at: Envelope::Items("_embedded.networkConfigMetadataList"),
            paging: PAGES,
        },
        ..Api::NONE
    },
    ..Kind::NEW
};

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::netfoundry::testing::shows;

    #[test]
    fn a_size_as_documented() {
        let size = json!({
            "id": "2616da5c", "name": "small", "awsNetworkControllerSize": "t3.small", "networkControllerVolumeSize": 20
        });
        shows(&KIND, &size, json!({ "name": "small", "networkControllerVolumeSize": 20 }));
    }
}
