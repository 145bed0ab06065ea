//! The machine: reboot, remote support, what the cloud says, and the management system.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Area;
use super::answer::{Fault, Outcome, ok};
use super::call::Call;
use super::console::Collection;
use super::net;
use super::seed::Generator;
use super::state::State;
use wire::Method::{Get, Post, Put};
use wire::Response;

pub(super) static AREA: Area = Area { answer, console: CONSOLE };

const CONSOLE: &[Collection] =
    &[Collection::single("remote-support", "/system"), Collection::single("ms-integration", "/system/ms")];

/// Its stored part.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct System {
    /// Remote support is on.
    enabled: bool,
    ms: Option<Ms>,
}

/// The management system to which alerts go.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Ms {
    ip: String,
    alert_enabled: bool,
}

fn answer(state: &mut State, call: &Call) -> Option<Outcome> {
    Some(match (call.method, call.path().as_slice()) {
        (Put, ["server"]) => act(state, call),
        (Get, ["remote_support"]) => ok(json!({"enabled": state.system.enabled})),
        (Put, ["remote_support"]) => update_support(state, call),
        (Post, ["remote_support", "keypair"]) => issue_keypair(state, call),
        (Get, ["cloud_data"]) => ok(cloud_data(state)),
        (Get, ["ms"]) => ok(ms_alert(state)),
        (Post, ["ms"]) => create_ms(state, call),
        (Put, ["ms"]) => update_ms(state, call),
        (Post, ["ms", "alert", "test"]) => test_ms(state),
        _ => return None,
    })
}

/// "Take server action".
fn act(state: &mut State, call: &Call) -> Outcome {
    if call.fields()?.get::<bool>("reboot")? != Some(true) {
        return Err(Fault::argument("Nothing to do"));
    }
    state.reboot();
    ok(json!({"status": "rebooting"}))
}

/// "Update remote support config". The examples lack the envelope that the schemas have, and the published client's
/// recordings too; the envelope is taken.
fn update_support(state: &mut State, call: &Call) -> Outcome {
    let fields = call.fields()?;
    let revoke: bool = fields.get("revoke_credential")?.unwrap_or_default();
    fields.over("enabled", &mut state.system.enabled)?;
    ok(json!({"enabled": state.system.enabled, "revoke_credential": revoke}))
}

/// "Generate support keypair": a file.
fn issue_keypair(state: &mut State, call: &Call) -> Outcome {
    if call.text().trim().is_empty() {
        return Err(Fault::argument("Bad encrypted passphrase"));
    }
    let key = state.generator.hex(64);
    let pem = format!("-----BEGIN RSA PRIVATE KEY-----\n{key}\n-----END RSA PRIVATE KEY-----\n");
    Ok(Response::text(201, "application/octet-stream", pem))
}

/// "Get cloud details".
fn cloud_data(state: &State) -> Value {
    let mut generator = Generator::new(&state.config.public_ipaddress, 3);
    let image = format!("ami-{}", generator.hex(17));
    let machine = Some(&state.config.machine).filter(|machine| !machine.is_empty()).cloned();
    json!({"cloud_type": "ec2", "cloud_data": {
        "accountId": generator.between(100_000_000_000, 999_999_999_999).to_string(),
        "architecture": "x86_64",
        "availabilityZone": "us-east-1a",
        "billingProducts": null,
        "devpayProductCodes": null,
        "imageId": image,
        "instanceId": machine.unwrap_or_else(|| format!("i-{}", generator.hex(17))),
        "instanceType": "t3.medium",
        "kernelId": null,
        "marketplaceProductCodes": null,
        "pendingTime": state.booted.zulu(),
        "privateIp": state.config.private_ipaddress,
        "ramdiskId": null,
        "region": "us-east-1",
        "version": "2017-09-30",
    }})
}

/// "Get MS Config": the text shows an alert here, while writing answers with address and switch.
fn ms_alert(state: &State) -> Value {
    let ms = state.system.ms.as_ref();
    json!({
        "id": 1,
        "name": "VNS3:ms",
        "url": ms.map(|ms| format!("https://{}/api/alerts", ms.ip)),
        "enabled": ms.is_some_and(|ms| ms.alert_enabled),
        "webhook_id": 1,
        "created_at": state.booted.zulu(),
        "updated_at": state.booted.zulu(),
        "events": ["tunnel_up", "tunnel_down"],
        "custom_properties": [],
    })
}

/// "Set MS".
fn create_ms(state: &mut State, call: &Call) -> Outcome {
    let ip = call.fields()?.need_text("ip")?;
    if !net::is_ip(&ip) {
        return Err(Fault::invalid("ip"));
    }
    ok(state.system.ms.insert(Ms { ip, alert_enabled: true }))
}

/// "Update MS Config".
fn update_ms(state: &mut State, call: &Call) -> Outcome {
    let fields = call.fields()?;
    let alert_enabled: bool = fields.need("alert_enabled")?;
    let mut ip = state.system.ms.as_ref().map(|ms| ms.ip.clone()).unwrap_or_default();
    fields.over_if("ip", &mut ip, |ip: &String| net::is_ip(ip))?;
    if ip.is_empty() {
        return Err(Fault::missing("ip"));
    }
    ok(state.system.ms.insert(Ms { ip, alert_enabled }))
}

/// "Send test VNS3:ms alert".
fn test_ms(state: &State) -> Outcome {
    match &state.system.ms {
        Some(ms) => ok(ms.alert_enabled),
        None => Err(Fault::argument("MS is not configured")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vns3::testing::Bench;

    #[test]
    fn a_reboot_takes_a_while() {
        let mut bench = Bench::new();
        assert_eq!(bench.refused(Put, "/server", json!({})).1, "APIArgumentError: Nothing to do");
        assert_eq!(bench.ok(Put, "/server", json!({"reboot": true})), json!({"status": "rebooting"}));
        assert_eq!(bench.call(Get, "/config", None).0, 401);
        bench.wait(5_000);
        assert!(bench.get("/config").is_ok());
    }

    #[test]
    fn remote_support_is_a_switch_and_a_key() {
        let mut bench = Bench::new();
        let on = bench.ok(Put, "/remote_support", json!({"enabled": true, "revoke_credential": true}));
        assert_eq!(on, json!({"enabled": true, "revoke_credential": true}));
        assert_eq!(bench.get("/remote_support"), Ok(json!({"enabled": true})));
        let bad = bench.refused(Put, "/remote_support", json!({"enabled": "often"}));
        assert_eq!(bad, (400, "APIArgumentError: enabled is invalid".to_owned()));
        assert_eq!(bench.call(Post, "/remote_support/keypair", None).0, 400);
    }

    #[test]
    fn the_management_system_is_written_and_read_in_two_forms() {
        let mut bench = Bench::new();
        assert!(bench.refused(Post, "/ms/alert/test", json!({})).0 == 400);
        assert_eq!(bench.ok(Post, "/ms", json!({"ip": "10.0.0.9"})), json!({"ip": "10.0.0.9", "alert_enabled": true}));
        bench.ok(Put, "/ms", json!({"alert_enabled": false}));
        assert_eq!(bench.get("/ms").expect("alert")["enabled"], false);
        assert_eq!(bench.ok(Post, "/ms/alert/test", json!({})), json!(false));
    }
}
