//! Network versions: what `productVersion` of a network can be (netfoundry.md#network-versions). A version has no id.

use crate::providers::netfoundry::shared::PAGES;
use crate::spec::{Api, Envelope, Identity, Kind, List, Type, output};

pub(crate) static KIND: Kind = Kind {
    name: "network-versions",
    doc: "Versions that a network can be made with",
    source: "netfoundry.md#network-versions",
    identity: Identity::Name("networkVersion"),
    fields: &[
        output("networkVersion", Type::Text, "The version"),
        output("active", Type::Bool, "Networks can be made with it"),
        output("default", Type::Bool, "Networks get it that name no version"),
        output("zitiVersion", Type::Text, "Version of the data plane"),
        output("jsonNode", Type::Map(&Type::Any), "Where its programs are downloaded"),
    ],
    api: Api {
        list: List::Call {
            path: "/core/v2/network-versions?active=true",
            at: Envelope::Items("_embedded.network-versions"),
            paging: PAGES,
        },
        id: "",
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
    fn a_version_as_documented() {
        let version = json!({
            "networkVersion": "7.3.104", "active": true, "default": true, "zitiVersion": "0.28.4",
            "jsonNode": { "zitiBinaryBundleLinuxAMD64": "https://downloads.example.com/ziti.tgz" }
        });
        let bundle = "https://downloads.example.com/ziti.tgz";
        shows(&KIND, &version, json!({ "default": true, "jsonNode.zitiBinaryBundleLinuxAMD64": bundle }));
    }
}
