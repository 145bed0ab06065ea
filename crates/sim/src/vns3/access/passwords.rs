//! The two passwords: the API's, and that of the web interface with its user and its switch. Neither can be read.

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::vns3::answer::{Fault, Outcome, ok};
use crate::vns3::call::Call;
use crate::vns3::outage::Outage;
use crate::vns3::state::State;

/// Who may use the web interface.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct AdminUi {
    enabled: bool,
    username: String,
    password: String,
}

impl Default for AdminUi {
    fn default() -> AdminUi {
        AdminUi { enabled: true, username: "vnscubed".to_owned(), password: String::new() }
    }
}

/// "Update UI Settings": the user's name comes back under another name, the password never. The API's own process
/// restarts with it.
pub(super) fn update_ui(state: &mut State, call: &Call) -> Outcome {
    let fields = call.fields()?;
    let mut ui = state.access.admin_ui.clone();
    let is_name = |name: &String| !name.is_empty() && !name.contains(char::is_whitespace);
    fields.over("enabled", &mut ui.enabled)?;
    fields.over_if("admin_username", &mut ui.username, is_name)?;
    fields.over_if("admin_password", &mut ui.password, |password: &String| !password.is_empty())?;
    let answer = ok(json!({"enabled": ui.enabled, "username": ui.username}));
    state.access.admin_ui = ui;
    state.outage = Outage::restart_api(state.clock);
    answer
}

/// "Update API password": the old one is refused from the next request on.
pub(super) fn update_api(state: &mut State, call: &Call) -> Outcome {
    let invalid = || Fault::argument("Invalid password");
    let password: String = call.fields()?.need("password").map_err(|_| invalid())?;
    if password.is_empty() {
        return Err(invalid());
    }
    state.access.password = Some(password);
    ok(json!({"password_reset": "ok"}))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vns3::testing::Bench;
    use wire::Method::{Get, Put};

    #[test]
    fn the_web_interfaces_user_is_written_and_read_under_two_names() {
        let mut bench = Bench::new();
        let body = json!({"admin_username": "vnscubed_user", "admin_password": "secret"});
        assert_eq!(bench.ok(Put, "/admin_ui", body), json!({"enabled": true, "username": "vnscubed_user"}));
        assert_eq!(bench.call(Get, "/config", None).0, 502, "the API restarts");
        bench.wait(2_000);
        let bad = bench.refused(Put, "/admin_ui", json!({"admin_username": "two words"}));
        assert_eq!(bad, (400, "APIArgumentError: admin_username is invalid".to_owned()));
    }

    #[test]
    fn a_new_password_holds_at_once() {
        let mut bench = Bench::new();
        assert_eq!(bench.ok(Put, "/api_password", json!({"password": "other"})), json!({"password_reset": "ok"}));
        assert_eq!(bench.get("/config").map_err(|error| error.0), Err(401));
        bench.credential.1 = "Basic YXBpOm90aGVy".to_owned();
        assert!(bench.get("/config").is_ok());
        let bad = bench.refused(Put, "/api_password", json!({}));
        assert_eq!(bad, (400, "APIArgumentError: Invalid password".to_owned()));
    }
}
