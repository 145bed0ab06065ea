//! Regions: where controllers and hosted edge routers can be (netfoundry.md#regions). A region has no id.

use crate::providers::netfoundry::shared::PAGES;
use crate::spec::{Api, Envelope, Identity, Kind, List, NUMBER, Type, output};

pub(crate) static KIND: Kind = Kind {
    name: "regions",
    doc: "Regions of the clouds that controllers and hosted edge routers can run in",
    source: "netfoundry.md#regions",
    identity: Identity::Natural(&["provider", "locationCode"]),
    fields: &[
        output("provider", Type::Text, "Cloud"),
        output("locationCode", Type::Text, "The region's name at the cloud"),
        output("name", Type::Text, "The region's name for people"),
        output("latitude", Type::Format(&NUMBER), "Where it is"),
        output("longitude", Type::Format(&NUMBER), "Where it is"),
    ],
    api: Api {
        list: List::Call {
            path: "/core/v2/regions?provider=AWS&provider=AZURE&provider=GCP&provider=OCI",
            at: Envelope::Items("_embedded.regionList"),
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
    fn a_region_as_documented() {
        let region = json!({
            "locationCode": "us-east-2", "name": "US East (Ohio)", "provider": "AWS", "latitude": 39.96,
            "longitude": -83.0
        });
        shows(&KIND, &region, json!({ "locationCode": "us-east-2", "latitude": 39.96 }));
    }
}
