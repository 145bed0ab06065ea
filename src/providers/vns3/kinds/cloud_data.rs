//! The cloud's own data about the machine that the controller runs on.

use crate::spec::{Api, Envelope, Kind, List, Type, output};

/// `cloud-data`.
pub(crate) static KIND: Kind = Kind {
    name: "cloud-data",
    doc: "What the cloud says about the machine that the controller runs on",
    source: "GET /cloud_data; vns3.md#cloud-data",
    fields: &[
        output("cloud_type", Type::Text, "The cloud: ec2, gce, azure, hpcloud or centurylink"),
        output("cloud_data", Type::Any, "The cloud's own metadata, such as `region` and `instanceId`"),
    ],
    api: Api { list: List::at("/cloud_data", Envelope::One("response")), id: "", ..super::super::API },
    ..Kind::NEW
};

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::vns3::reading::listed;

    #[test]
    fn the_example_reply_reads() {
        let data = json!({"cloud_type": "ec2", "cloud_data": {"region": "us-east-1", "instanceType": "t2.micro"}});
        assert_eq!(listed(&KIND, &json!({"response": data})), [data]);
    }
}
