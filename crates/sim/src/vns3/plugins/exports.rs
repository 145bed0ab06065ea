//! Export files of plugins and of their instances, made in the background.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::vns3::answer::{Fault, Outcome, created, ok};
use crate::vns3::call::Call;
use crate::vns3::clock::Moment;
use crate::vns3::state::State;
use crate::vns3::tasks;
use wire::Response;

/// The thing that an export is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Owner {
    Plugin,
    Instance,
}

impl Owner {
    /// The owner in the words of the faults, and in the path.
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Owner::Plugin => ("plugin", "plugins"),
            Owner::Instance => ("plugin instance", "plugin-instances"),
        }
    }
}

/// An export.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Export {
    owner: Owner,
    id: u64,
    name: String,
    token: String,
    made: Moment,
}

impl Export {
    fn show(&self, state: &State) -> Value {
        let basename = format!("{}.tar.gz", self.name);
        json!({
            "name": self.name,
            "basename": basename,
            "size": 1024 * self.name.len(),
            "mtime": format!("{} +0000", self.made.plain()),
            "status": if tasks::is_running(state, &self.token) { "pending" } else { "ready" },
            "token": self.token,
            "url": format!("/api/{}/{}/exports/{}", self.owner.words().1, self.id, self.name),
        })
    }
}

fn shown(state: &State, which: impl Fn(&&Export) -> bool) -> Vec<Value> {
    state.plugins.exports.iter().filter(which).map(|export| export.show(state)).collect()
}

fn must_exist(state: &State, owner: Owner, id: u64) -> Result<(), Fault> {
    let (exists, text) = match owner {
        Owner::Plugin => (state.plugins.templates.iter().any(|plugin| plugin.id == id), "Plugin not found"),
        Owner::Instance => (state.plugins.instances.iter().any(|one| one.id == id), "Plugin instance not found"),
    };
    if exists { Ok(()) } else { Err(Fault::not_found(text)) }
}

/// "Get plugin exports": those of all plugins.
pub(super) fn list_all(state: &State) -> Outcome {
    ok(shown(state, |export| export.owner == Owner::Plugin))
}

/// "Get available plugin export files" and the same of an instance.
pub(super) fn list(state: &State, owner: Owner, id: u64) -> Outcome {
    must_exist(state, owner, id)?;
    ok(shown(state, |export| export.owner == owner && export.id == id))
}

/// "Create new plugin export file" and the same of an instance.
pub(super) fn create(state: &mut State, call: &Call, owner: Owner, id: u64) -> Outcome {
    let name = call.fields()?.need_text("name")?;
    must_exist(state, owner, id)?;
    if find(state, owner, id, &name).is_some() {
        return Err(Fault::argument("Duplicate name -- name must be unique."));
    }
    let token = tasks::submit(state)["token"].as_str().unwrap_or_default().to_owned();
    let export = Export { owner, id, name, token, made: call.now };
    let answer = created(export.show(state));
    state.plugins.exports.push(export);
    answer
}

fn find<'a>(state: &'a State, owner: Owner, id: u64, name: &str) -> Option<&'a Export> {
    state.plugins.exports.iter().find(|export| export.owner == owner && export.id == id && export.name == name)
}

/// "Download plugin export file" and the same of an instance.
pub(super) fn download(state: &State, owner: Owner, id: u64, name: &str) -> Outcome {
    let ready = find(state, owner, id, name).filter(|export| !tasks::is_running(state, &export.token));
    let export = ready.ok_or_else(|| Fault::not_found("export not found"))?;
    Ok(Response::text(200, "application/octet-stream", format!("export {}\n", export.name)))
}

/// "Delete plugin export file" and the same of an instance: answers with what is left.
pub(super) fn delete(state: &mut State, owner: Owner, id: u64, name: &str) -> Outcome {
    let unknown = || Fault::not_found(format!("Export name does not exist for {}.", owner.words().0));
    find(state, owner, id, name).ok_or_else(unknown)?;
    state.plugins.exports.retain(|export| export.owner != owner || export.id != id || export.name != name);
    list(state, owner, id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vns3::plugins::instances::tests::with_instance;
    use wire::Method::{Delete, Get, Post};

    #[test]
    fn exports_become_ready_and_belong_to_their_owner() {
        let mut bench = with_instance(Value::Null);
        let made = bench.ok(Post, "/plugins/1/exports", json!({"name": "golden"}));
        assert_eq!((&made["status"], &made["basename"]), (&json!("pending"), &json!("golden.tar.gz")));
        assert_eq!(bench.call(Get, "/plugins/1/exports/golden", None).0, 404);
        bench.wait(3_000);
        assert_eq!(bench.call(Get, "/plugins/1/exports/golden", None).0, 200);
        assert_eq!(bench.get("/plugin-exports").expect("list")[0]["status"], "ready");
        assert_eq!(bench.get("/plugin-instances/1/exports"), Ok(json!([])));
        assert_eq!(bench.ok(Delete, "/plugins/1/exports/golden", json!({})), json!([]));
        let gone = bench.refused(Delete, "/plugin-instances/1/exports/golden", json!({}));
        assert_eq!(gone, (404, "APINotFoundError: Export name does not exist for plugin instance.".to_owned()));
    }
}
