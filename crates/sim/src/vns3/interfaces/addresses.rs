//! Further addresses of a system interface.
//!
//! The text documents `null` as the reply of every call but the list, and no id among the list's fields, although
//! paths take one. The list here shows an `id` beside the documented fields: without it nothing could be changed.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::find;
use crate::vns3::answer::{Fault, Outcome, ok};
use crate::vns3::call::{Call, Fields};
use crate::vns3::net;
use crate::vns3::state::{State, text_or_null};
use wire::Response;

/// An address in its read form; the label is written only.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Address {
    id: u64,
    ip_internal: String,
    /// Empty where there is none, as the gateway: `null` is written, and the list has no place for one.
    #[serde(deserialize_with = "text_or_null")]
    ip_external: String,
    description: String,
    #[serde(deserialize_with = "text_or_null")]
    gateway: String,
    mask_bits: u64,
    created_at: String,
    updated_at: String,
}

impl Address {
    /// Takes the fields that are given. `taken` says which addresses the interfaces have.
    fn take(&mut self, fields: &Fields, taken: &[String], now: String) -> Result<(), Fault> {
        let mut next = self.clone();
        fields.get::<String>("label")?;
        fields.over("description", &mut next.description)?;
        let own = self.ip_internal.clone();
        let available = |text: &String| net::is_ip(text) && (*text == own || !taken.contains(text));
        fields
            .over_if("ip_internal", &mut next.ip_internal, available)
            .map_err(|_| Fault::argument("ip_internal must be available"))?;
        for (name, slot) in [("ip_external", &mut next.ip_external), ("gateway", &mut next.gateway)] {
            let mut given = Some(slot.clone());
            fields
                .over_if(name, &mut given, |text: &Option<String>| text.as_deref().is_none_or(net::is_ip_or_empty))?;
            *slot = given.unwrap_or_default();
        }
        fields
            .over_if("mask_bits", &mut next.mask_bits, |bits| (1..=32).contains(bits))
            .map_err(|_| Fault::argument("mask_bits must be an integer"))?;
        next.updated_at = now;
        *self = next;
        Ok(())
    }
}

/// "Get all system interface addresses".
pub(super) fn list(state: &mut State, interface: &str) -> Outcome {
    ok(&find(state, interface)?.addresses)
}

/// "Create system interface address".
pub(super) fn create(state: &mut State, call: &Call, interface: &str) -> Outcome {
    let fields = call.fields()?;
    find(state, interface)?;
    fields.need_text("label")?;
    fields.need_text("ip_internal")?;
    let now = call.now.zulu();
    let mut address = Address {
        id: 0,
        ip_internal: String::new(),
        ip_external: String::new(),
        description: String::new(),
        gateway: String::new(),
        mask_bits: 32,
        created_at: now.clone(),
        updated_at: now.clone(),
    };
    address.take(&fields, &taken(state), now)?;
    address.id = state.next_id("interface-addresses");
    find(state, interface)?.addresses.push(address);
    nothing()
}

/// "Get system interface address".
pub(super) fn read(state: &mut State, interface: &str, id: u64) -> Outcome {
    find_address(state, interface, id)?;
    nothing()
}

/// "Update system interface address".
pub(super) fn update(state: &mut State, call: &Call, interface: &str, id: u64) -> Outcome {
    let fields = call.fields()?;
    let taken = taken(state);
    find_address(state, interface, id)?.take(&fields, &taken, call.now.zulu())?;
    nothing()
}

/// "Delete system interface address".
pub(super) fn delete(state: &mut State, interface: &str, id: u64) -> Outcome {
    let interface = find(state, interface).map_err(|_| Fault::not_found("System Interface not found"))?;
    let index = interface.addresses.iter().position(|address| address.id == id);
    interface.addresses.remove(index.ok_or_else(unknown)?);
    nothing()
}

fn find_address<'a>(state: &'a mut State, interface: &str, id: u64) -> Result<&'a mut Address, Fault> {
    find(state, interface)?.addresses.iter_mut().find(|address| address.id == id).ok_or_else(unknown)
}

fn unknown() -> Fault {
    Fault::not_found("Interface Address not found")
}

fn taken(state: &State) -> Vec<String> {
    let own = state.interfaces.iter().map(|interface| interface.ip_internal.clone());
    let further = state.interfaces.iter().flat_map(|interface| &interface.addresses);
    own.chain(further.map(|address| address.ip_internal.clone())).collect()
}

/// The documented reply.
fn nothing() -> Outcome {
    Ok(Response::json(200, &Value::Null))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::vns3::testing::{Bench, has_keys_of};
    use wire::Method::{Delete, Get, Post, Put};

    const ADDRESSES: &str = "/interfaces/system/eth0/addresses";

    #[test]
    fn only_the_list_says_anything() {
        let mut bench = Bench::new();
        let body = json!({"label": "web", "ip_internal": "192.168.1.77", "mask_bits": "24"});
        assert_eq!(bench.call(Post, ADDRESSES, Some(body)), (200, json!(null)));
        let example = json!([{
            "ip_internal": "string", "ip_external": "string", "description": "string", "gateway": "string",
            "mask_bits": 0, "created_at": "2019-08-24T14:15:22Z", "updated_at": "2019-08-24T14:15:22Z",
        }]);
        let list = bench.get(ADDRESSES).expect("list");
        assert!(has_keys_of(&list, &example), "{list}");
        assert_eq!((&list[0]["mask_bits"], list[0].get("label")), (&json!(24), None));
        let one = format!("{ADDRESSES}/1");
        assert_eq!(bench.call(Put, &one, Some(json!({"description": "d"}))), (200, json!(null)));
        assert_eq!(bench.call(Get, &one, None), (200, json!(null)));
        assert_eq!(bench.get(ADDRESSES).expect("list")[0]["description"], "d");
        assert_eq!(bench.call(Delete, &one, None), (200, json!(null)));
        assert_eq!(bench.get(&one), Err((404, "APINotFoundError: Interface Address not found".to_owned())));
    }

    #[test]
    fn faults_are_in_the_texts_words() {
        let mut bench = Bench::new();
        let mut refused = |method, path: &str, body| bench.refused(method, path, body).1;
        let address = |ip: &str, bits: u64| json!({"label": "x", "ip_internal": ip, "mask_bits": bits});
        assert_eq!(refused(Post, ADDRESSES, address("10.0.0.1", 33)), "APIArgumentError: mask_bits must be an integer");
        assert_eq!(
            refused(Post, ADDRESSES, address("127.0.0.1", 8)),
            "APIArgumentError: ip_internal must be available"
        );
        let nowhere = refused(Delete, "/interfaces/system/eth9/addresses/1", json!({}));
        assert_eq!(nowhere, "APINotFoundError: System Interface not found");
        assert_eq!(refused(Post, ADDRESSES, json!({"ip_internal": "10.0.0.1"})), "APIArgumentError: label is missing");
    }
}
