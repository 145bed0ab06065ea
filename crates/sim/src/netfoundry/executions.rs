//! Executions, and the older form of them (netfoundry.md#executions).

use serde_json::{Map, Value, json};

use super::Platform;
use super::call::{Call, hal};
use super::kind::{Kind, Traits};
use super::list::Page;
use super::refusal::Refusal;
use super::store::Object;
use wire::Response;

/// `core/v2/executions`.
pub(super) static EXECUTION: Traits = Traits {
    path: "executions",
    singular: "execution",
    writable: false,
    changeable: false,
    has_status: true,
    has_ziti: false,
    ..Traits::COMMON
};

impl Platform {
    /// `GET process-executions[/{id}]`: `state` and `processorName` in the place of `status` and `name`. The list finds
    /// by `processId`, even what answers 403 by id (netfoundry.md#consistency).
    pub(super) fn process_executions(&self, id: Option<&str>, call: &Call) -> Result<Response, Refusal> {
        if let Some(id) = id {
            let execution = self.find(Kind::Execution, id, call.now)?;
            return Ok(hal(200, &self.as_process(execution, call).into()));
        }
        let wanted = call.request.query_value("processId");
        let found: Vec<&Object> = self
            .store
            .of_kind(Kind::Execution)
            .filter(|execution| execution.listed <= call.now)
            .filter(|execution| wanted.as_ref().is_none_or(|wanted| *wanted == execution.id))
            .collect();
        let page = Page::of(call);
        let members = page.cut(&found).iter().map(|execution| self.as_process(execution, call).into()).collect();
        Ok(hal(200, &page.envelope("processExecutionList", members, found.len(), call)))
    }

    fn as_process(&self, execution: &Object, call: &Call) -> Map<String, Value> {
        let mut map = self.fields(execution, Kind::Execution, call.now);
        for (newer, older) in [("status", "state"), ("name", "processorName")] {
            let value = map.remove(newer).unwrap_or_default();
            map.insert(older.to_owned(), value);
        }
        map.insert("processId".to_owned(), json!(execution.id));
        let link = call.core_link(&format!("process-executions/{}", execution.id));
        map.insert("_links".to_owned(), json!({ "self": link }));
        map
    }
}
