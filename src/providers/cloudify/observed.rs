//! How answers of a running manager are understood, each as it was observed: what objects show, what is told to do about a
//! refusal, and whether it means that an object is gone.

use serde_json::Value;

use crate::providers::cloudify::PROVIDER;
use crate::providers::cloudify::kinds;
use crate::providers::cloudify::testing::reshaped;
use crate::redact::Redactor;
use crate::session::{CallError, CallSite};
use crate::spec::{Kind, List, Type, canonical, read};
use wire::{Method, Response};

/// The error that an answer comes to.
fn refused(response: &Response) -> CallError {
    let redactor = Redactor::default();
    CallSite { target: "cfy", provider: &PROVIDER, method: Method::Post, path: "/executions", redactor: &redactor }
        .refused(response)
}

/// An error body as the manager writes it.
fn coded(status: u16, code: &str, message: &str) -> CallError {
    let body = serde_json::json!({ "error_code": code, "message": message, "server_traceback": null });
    refused(&Response::json(status, &body))
}

#[test]
fn each_refusal_says_what_to_do() {
    let rows = [
        (401, "unauthorized_error", "User unauthorized: No authentication info provided", "check `username`"),
        (403, "forbidden_error", "Authorization failed: tenant not provided", "set `tenant`"),
        (
            403,
            "forbidden_error",
            "Authorization failed: Tried to authenticate with invalid tenant name: x",
            "check `tenant`",
        ),
        (
            403,
            "forbidden_error",
            "User `rob` is not permitted to perform the action secret_list in the tenant `default_tenant`",
            "give the user a role",
        ),
        (
            403,
            "forbidden_error",
            "User `uma` is not permitted to set or create a global resource",
            "only a `sys_admin`",
        ),
        (
            404,
            "missing_premium_package_error",
            "This feature exists only in the premium edition of Cloudify.\nPlease contact sales for additional info.",
            "premium edition",
        ),
        (
            400,
            "existing_running_execution_error",
            "The following executions are currently running for this deployment: [<Execution id=`e2`>]",
            "wait until the execution is over",
        ),
        (
            400,
            "existing_running_execution_error",
            "Cannot start execution because there are other executions running: 4cf78d5a",
            "a snapshot is being made",
        ),
        (
            400,
            "dependent_exists_error",
            "Can't execute workflow `uninstall` on deployment up - the following existing installations depend on it:\n  [1] Deployment `down`",
            "remove them",
        ),
        (
            400,
            "dependent_exists_error",
            "Can't delete deployment d0 - There are live nodes for this deployment. Live nodes ids: base_ekka5x",
            "uninstalled first",
        ),
        (
            400,
            "dependent_exists_error",
            "Can't delete blueprint ops - There exist deployments for this blueprint; Deployments ids: d1,d0",
            "move its deployments",
        ),
        (400, "unavailable_workflow_error", "Workflow not available: install", "node instances"),
        (
            400,
            "illegal_action_error",
            "Can't modify the global resource `p1` from outside its tenant `default_tenant`",
            "another tenant",
        ),
        (400, "unknown_deployment_input_error", "Cannot create deployment - unknown inputs: zzz", "correct the inputs"),
        (400, "missing_required_deployment_input_error", "missing inputs: must", "declare the inputs"),
        (
            400,
            "invalid_blueprint_error",
            "Blueprint `bpnoroot` has failed extracting. Error: Archive must contain exactly 1 directory",
            "one folder",
        ),
        (
            400,
            "deployment_plugin_not_found",
            "Required plugin lab-plugin, version 1.0.0 is not installed on the manager",
            "upload the plugin",
        ),
        (405, "plugin_in_use", "Plugin \"a23f\" is currently in use in blueprints: plugbp.", "remove the blueprints"),
        (
            409,
            "conflict_error",
            "<Secret id=`p1` tenant=`acme1`> already exists on <Tenant name=`acme1`> or with global visibility",
            "the id is taken",
        ),
    ];
    for (status, code, message, help) in rows {
        let error = coded(status, code, message);
        assert_eq!(error.refusal(), Some((status, message)));
        assert!(error.help.as_deref().is_some_and(|said| said.contains(help)), "{message}: {:?}", error.help);
    }
}

/// A page of the proxy is told by its title, and the API's own words are looked for in vain.
#[test]
fn pages_of_the_proxy_are_read() {
    for (status, title) in [(404, "404 Not Found"), (405, "405 Method Not Allowed"), (502, "502 Bad Gateway")] {
        let page = format!("<!doctype html>\n<html lang=en>\n<title>{title}</title>\n<h1>{title}</h1>\n");
        let error = refused(&Response::text(status, "text/html", page));
        assert_eq!(error.refusal(), Some((status, format!("an HTML page: {title}").as_str())));
        assert_eq!(error.is_ambiguous(), status == 502);
        assert!(kinds::ALL.iter().all(|kind| !kind.gone(&error)), "{title}");
    }
}

/// Only the words tell: a tenant that is not there is refused like one that may not be seen, and a route that a server
/// lacks answers 404 like an object that is gone.
#[test]
fn gone_is_what_the_manager_says_is_gone() {
    let gone = |kind: &Kind, status, code, message| kind.gone(&coded(status, code, message));
    let named = |message| gone(&kinds::secrets::KIND, 404, "not_found_error", message);
    assert!(named("Requested `Secret` with ID `db_pass` was not found"));
    assert!(gone(
        &kinds::tenants::KIND,
        404,
        "not_found_error",
        "Requested `Tenant` was not found (filters: {'name': 'x'})"
    ));
    let edge = |message| gone(&kinds::tenant_users::KIND, 404, "not_found_error", message);
    assert!(edge("User `rob` is not associated with tenant `beta1`") && edge("User `rob` is not in group `gops`"));
    let premium = "This feature exists only in the premium edition of Cloudify.";
    assert!(!gone(&kinds::tenants::KIND, 404, "missing_premium_package_error", premium));
    let absent_on = "Authorization failed: Tried to authenticate with invalid tenant name: nosuch";
    assert!(!gone(&kinds::tenants::KIND, 403, "forbidden_error", absent_on));
}

/// Requests to a running manager with its answers; the simulator is held to the same pairs.
const PAIRS: &str = include_str!("../../../tests/fixtures/cloudify-observed.txt");

/// A request's path, without its query, and what came back.
struct Pair {
    path: String,
    status: u16,
    body: Value,
}

fn pairs() -> Vec<Pair> {
    let lines: Vec<&str> = PAIRS.lines().collect();
    let pair = |lines: &[&str]| {
        let answer = lines[1].strip_prefix("-> ").or_else(|| lines[1].strip_prefix("=> "))?;
        let (status, body) = answer.split_once(' ').unwrap_or((answer, ""));
        let path = lines[0].split_whitespace().nth(1)?.split('?').next()?;
        let path = path.trim_start_matches("/api/v3/").to_owned();
        Some(Pair { path, status: status.parse().ok()?, body: serde_json::from_str(body).unwrap_or_default() })
    };
    lines.windows(2).filter_map(pair).collect()
}

/// The kind that a path is about.
fn kind_of(path: &str) -> Option<&'static Kind> {
    let edges = [("tenants/users", "tenant-users"), ("tenants/user-groups", "tenant-user-groups")];
    let edge = edges.iter().chain(&[("user-groups/users", "members")]).find(|(edge, _)| *edge == path);
    let name = edge.map_or_else(|| path.split('/').next(), |(_, name)| Some(*name))?;
    kinds::ALL.iter().copied().find(|kind| kind.name == name)
}

/// Every refusal is told in the manager's own words, and only those that say so mean that an object is gone.
#[test]
fn refusals_are_read_as_they_were_given() {
    let mut seen = 0;
    for Pair { path, status, body } in pairs() {
        let (Some(code), Some(message)) = (body["error_code"].as_str(), body["message"].as_str()) else { continue };
        if message.is_empty() {
            continue;
        }
        let error = coded(status, code, message);
        assert_eq!(error.refusal(), Some((status, message)), "{path}");
        assert_eq!(error.is_ambiguous(), status >= 500, "{path}");
        let is_gone =
            ["was not found", "is not associated with", "is not in group"].iter().any(|w| message.contains(w));
        if let Some(kind) = kind_of(&path) {
            assert_eq!(kind.gone(&error), status == 404 && is_gone, "{path}: {message}");
        }
        assert!(!matches!(status, 401 | 403 | 500) || error.help.is_some(), "{path}: {message}");
        seen += 1;
    }
    assert!(seen > 120, "{seen} refusals");
}

/// Each value of a kind that was shown is read as its field's type.
#[test]
fn objects_are_read_as_they_were_shown() {
    let mut seen = 0;
    for Pair { path, status, body } in pairs().into_iter().filter(|pair| (200..300).contains(&pair.status)) {
        let Some(kind) = kind_of(&path).filter(|_| path.matches('/').count() <= 1) else { continue };
        let objects = match &body["items"] {
            Value::Array(items) => items.clone(),
            _ => vec![body],
        };
        for live in objects {
            let live = reshaped(kind, &live);
            for field in kind.fields {
                let is_told = |shown: &&Value| !shown.is_null() && **shown != "" && **shown != "*";
                let Some(shown) = live.get(field.read_path()).filter(is_told) else {
                    continue;
                };
                let read = canonical(&field.ty, &read(field, &live)).to_shown();
                let fits = match field.ty {
                    Type::Bool => read.is_boolean() || read == "partial",
                    Type::Int => read.is_number(),
                    Type::Map(_) => read.is_object(),
                    Type::Set(_) => read.is_array(),
                    Type::Any => true,
                    Type::Enum(words) => words.iter().any(|word| read == **word),
                    // A secret with a schema holds any JSON.
                    _ => read.is_string() || shown.is_object(),
                };
                assert!(fits, "{status} {path}: `{}` reads {read} from {shown}", field.name);
                seen += 1;
            }
        }
    }
    assert!(seen > 450, "{seen} values");
}

/// The fields that lists are asked to include are among those that the manager offered.
#[test]
fn lists_ask_for_what_there_is() {
    for (kind, path) in [("blueprints", "blueprints"), ("deployments", "node-instances")] {
        let allowed = pairs().into_iter().find_map(|pair| {
            let message = pair.body["message"].as_str().filter(|message| message.starts_with("Include keys"))?;
            (pair.path == path).then(|| message.split("Allowed keys are: ").nth(1).unwrap().to_owned())
        });
        let allowed = allowed.unwrap_or_else(|| panic!("{path}: nobody was told"));
        let api = &kinds::ALL.iter().find(|of| of.name == kind).unwrap().api;
        let List::Call { path: list, .. } = api.list_on(Some("7.1")) else { panic!("{kind} has no list") };
        let asked = api
            .details
            .iter()
            .map(|detail| detail.read.path)
            .chain([list])
            .find(|asked| asked[1..].starts_with(path))
            .unwrap();
        for field in asked.split("_include=").nth(1).unwrap().split('&').next().unwrap().split(',') {
            assert!(allowed.contains(&format!("'{field}'")), "{path}: `{field}` is not in {allowed}");
        }
    }
}
