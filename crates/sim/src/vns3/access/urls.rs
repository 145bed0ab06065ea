//! Access URLs: links that let somebody in for a while, to a clientpack or for remote support.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::lifetime;
use crate::vns3::answer::{Fault, Outcome, created, ok};
use crate::vns3::call::Call;
use crate::vns3::clock::Moment;
use crate::vns3::state::State;

/// Bounds of a URL's life in seconds, up to three days.
const LIFETIMES: std::ops::RangeInclusive<u64> = 60..=259_200;

/// An access URL.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct AccessUrl {
    id: u64,
    url: String,
    name: String,
    access: String,
    expired: bool,
    lifetime_seconds: u64,
    created: Moment,
    expires: Moment,
}

impl AccessUrl {
    /// The read form. Nobody ever follows the link.
    fn show(&self, now: Moment) -> Value {
        json!({
            "id": self.id,
            "url": self.url,
            "created_at": self.created.zulu(),
            "created_ip": "127.0.0.1",
            "name": self.name,
            "expires_at": self.expires.zulu(),
            "lifetime": lifetime(self.lifetime_seconds),
            "expired": self.expired || self.expires <= now,
            "last_accessed_at": null,
            "last_accessed_ip": null,
            "access": self.access,
        })
    }
}

fn unknown() -> Fault {
    Fault::not_found("Invalid or missing access url")
}

fn find(state: &mut State, id: u64) -> Result<&mut AccessUrl, Fault> {
    state.access.urls.iter_mut().find(|url| url.id == id).ok_or_else(unknown)
}

/// "Get access URLs": expired ones too.
pub(super) fn list(state: &State, call: &Call) -> Outcome {
    ok(state.access.urls.iter().map(|url| url.show(call.now)).collect::<Vec<_>>())
}

/// "Get access URL".
pub(super) fn read(state: &mut State, call: &Call, id: u64) -> Outcome {
    ok(find(state, id)?.show(call.now))
}

/// "Create access URL".
pub(super) fn create(state: &mut State, call: &Call) -> Outcome {
    let fields = call.fields()?;
    let lifetime_seconds: u64 = fields.get("expires")?.unwrap_or(3600);
    if !LIFETIMES.contains(&lifetime_seconds) {
        return Err(Fault::argument("expires range must be between 60 and 259200"));
    }
    let name: Option<String> = fields.get("name")?;
    let old_name: Option<String> = fields.get("description")?;
    let access: String = fields.get("access")?.unwrap_or_else(|| "rs".to_owned());
    let clientpack = access.strip_prefix("cp:").map(|name| name.replace('_', "."));
    if access != "rs" && !clientpack.is_some_and(|address| state.clientpacks.contains_key(&address)) {
        return Err(Fault::invalid("access"));
    }
    let key = state.generator.hex(32);
    let url = AccessUrl {
        id: state.next_id("access-urls"),
        url: format!("https://{}:8000/access/{key}", state.config.public_ipaddress),
        name: name.or(old_name).unwrap_or_default(),
        access,
        expired: false,
        lifetime_seconds,
        created: call.now,
        expires: call.now.plus_seconds(lifetime_seconds),
    };
    let answer = created(url.show(call.now));
    state.access.urls.push(url);
    answer
}

/// "Expire access URL".
pub(super) fn expire(state: &mut State, call: &Call, id: u64) -> Outcome {
    let expire: bool = call.fields()?.get("expired")?.unwrap_or_default();
    let url = find(state, id)?;
    url.expired |= expire;
    ok(url.show(call.now))
}

/// "Delete access URL".
pub(super) fn delete(state: &mut State, id: u64) -> Outcome {
    find(state, id)?;
    state.access.urls.retain(|url| url.id != id);
    ok("Access url deleted")
}

/// "Find and delete access URL": by id or by the URL itself.
pub(super) fn delete_by_body(state: &mut State, call: &Call) -> Outcome {
    let fields = call.fields()?;
    let id = match (fields.get::<u64>("access_url_id")?, fields.get::<String>("access_url")?) {
        (Some(id), None) => id,
        (None, Some(text)) => {
            state.access.urls.iter().find(|url| url.url == text).map(|url| url.id).ok_or_else(unknown)?
        }
        _ => return Err(Fault::argument("Either access_url_id or access_url must be provided")),
    };
    delete(state, id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vns3::testing::{Bench, has_keys_of};
    use wire::Method::{Delete, Post, Put};

    #[test]
    fn urls_are_made_ended_and_deleted() {
        let mut bench = Bench::new();
        let made = bench.ok(Post, "/access/url", json!({"description": "help", "expires": 7200}));
        let example = json!({
            "id": 1, "url": "string", "created_at": "2019-08-24T14:15:22Z", "created_ip": "string", "name": "string",
            "expires_at": "2019-08-24T14:15:22Z", "lifetime": "string", "expired": true, "last_accessed_at": "string",
            "last_accessed_ip": "string", "access": "rs",
        });
        assert!(has_keys_of(&made, &example), "{made}");
        assert_eq!((&made["lifetime"], &made["name"]), (&json!("2h"), &json!("help")));
        assert_eq!(bench.ok(Put, "/access/url/1", json!({"expired": true}))["expired"], true);
        assert_eq!(bench.ok(Delete, "/access/url", json!({"access_url": made["url"]})), "Access url deleted");
        let gone = bench.refused(Delete, "/access/url", json!({"access_url_id": 1}));
        assert_eq!(gone, (404, "APINotFoundError: Invalid or missing access url".to_owned()));
        let long = bench.refused(Post, "/access/url", json!({"expires": 259_201}));
        assert_eq!(long, (400, "APIArgumentError: expires range must be between 60 and 259200".to_owned()));
        let nobody = bench.refused(Post, "/access/url", json!({"access": "cp:1_2_3_4"}));
        assert_eq!(nobody, (400, "APIArgumentError: access is invalid".to_owned()));
    }
}
