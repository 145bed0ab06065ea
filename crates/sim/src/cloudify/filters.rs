//! Filters of blueprints and of deployments (cloudify.md#blueprints-filters, cloudify.md#deployments-filters). In neither reference text.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::call::{Call, Start, check_name};
use super::fields::{
    Field, View, answer, answer_deleted, created_at, created_by, field, private_resource, resource_availability,
    tenant_name, updated_at, visibility,
};
use super::labels::checked_key;
use super::list::list;
use super::refusal::{Outcome, Refusal, bad_parameters, bad_rule, illegal_action, internal};
use super::release::GROUPS;
use super::route::{Need, Route, route};
use super::scope::{Meta, Scoped, Visibility, asked, find, own, refuse_global, refuse_taken, visible, widen};
use super::tenants::DEFAULT_TENANT;
use super::world::World;
use wire::Method;

/// The area's routes.
pub(crate) static ROUTES: &[Route] = &[
    route(Method::Get, "filters/blueprints", "filter_list", Need::Read, blueprints::all).only(GROUPS).v31(),
    route(Method::Get, "filters/blueprints/{}", "filter_get", Need::Read, blueprints::one).only(GROUPS).v31(),
    route(Method::Put, "filters/blueprints/{}", "filter_create", Need::Operate, blueprints::create).only(GROUPS).v31(),
    route(Method::Patch, "filters/blueprints/{}", "filter_update", Need::Operate, blueprints::update)
        .only(GROUPS)
        .v31(),
    route(Method::Delete, "filters/blueprints/{}", "filter_delete", Need::Operate, blueprints::delete)
        .only(GROUPS)
        .v31(),
    route(Method::Get, "filters/deployments", "filter_list", Need::Read, deployments::all).only(GROUPS).v31(),
    route(Method::Get, "filters/deployments/{}", "filter_get", Need::Read, deployments::one).only(GROUPS).v31(),
    route(Method::Put, "filters/deployments/{}", "filter_create", Need::Operate, deployments::create)
        .only(GROUPS)
        .v31(),
    route(Method::Patch, "filters/deployments/{}", "filter_update", Need::Operate, deployments::update)
        .only(GROUPS)
        .v31(),
    route(Method::Delete, "filters/deployments/{}", "filter_delete", Need::Operate, deployments::delete)
        .only(GROUPS)
        .v31(),
];

/// The handlers of one sort of filters.
macro_rules! handlers {
    ($sort:ident, $rows:ident, $filtered:expr) => {
        mod $sort {
            use super::super::call::Call;
            use super::super::refusal::Outcome;
            use super::super::world::World;

            pub(super) fn all(world: &mut World, call: &Call) -> Outcome {
                super::all(world, call, |world| &world.$rows)
            }

            pub(super) fn one(world: &mut World, call: &Call) -> Outcome {
                super::one(world, call, |world| &world.$rows)
            }

            pub(super) fn create(world: &mut World, call: &Call) -> Outcome {
                super::create(world, call, |world| &mut world.$rows, &$filtered)
            }

            pub(super) fn update(world: &mut World, call: &Call) -> Outcome {
                super::update(world, call, |world| &mut world.$rows, &$filtered)
            }

            pub(super) fn delete(world: &mut World, call: &Call) -> Outcome {
                super::delete(world, call, |world| &mut world.$rows)
            }
        }
    };
}

handlers!(blueprints, blueprint_filters, super::BLUEPRINTS);
handlers!(deployments, deployment_filters, super::DEPLOYMENTS);

/// What is filtered: its name, and the attributes that rules may name.
struct Filtered {
    name: &'static str,
    attributes: &'static [&'static str],
}

const BLUEPRINTS: Filtered = Filtered { name: "blueprints", attributes: &["created_by", "state", "id", "tenant_name"] };

const DEPLOYMENTS: Filtered = Filtered {
    name: "deployments",
    attributes: &[
        "id",
        "blueprint_id",
        "created_by",
        "site_name",
        "schedules",
        "tenant_name",
        "display_name",
        "installation_status",
    ],
};

/// A filter.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Filter {
    meta: Meta,
    /// Its rules, each of four parts.
    rules: Vec<Value>,
    /// Whether it comes with the manager.
    system: bool,
}

impl Scoped for Filter {
    const KIND: &'static str = "Filter";

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn meta_mut(&mut self) -> &mut Meta {
        &mut self.meta
    }
}

impl Filter {
    /// Those of deployments that come with the manager, in the default tenant and for all: by the type of object, and by
    /// the plugin that made it.
    pub(crate) fn of_the_system(owner: &str) -> Vec<Filter> {
        let rule = |key: &str, values: &[&str], operator: &str| json!({"key": key, "values": values, "operator": operator, "type": "label"});
        let orphan = || rule("csys-obj-parent", &[], "is_null");
        let filter = |id: &str, rules: Vec<Value>| Filter {
            meta: Meta {
                id: id.to_owned(),
                tenant: DEFAULT_TENANT.to_owned(),
                owner: owner.to_owned(),
                created_at: 0,
                updated_at: 0,
                visibility: Visibility::Global,
            },
            rules,
            system: true,
        };
        let of_type = |id: &str, name: &str| filter(id, vec![rule("obj-type", &[name], "any_of")]);
        let mut filters = vec![
            filter("csys-environment-filter", vec![rule("csys-obj-type", &["environment"], "any_of"), orphan()]),
            filter("csys-service-filter", vec![rule("csys-obj-type", &["environment"], "is_not"), orphan()]),
            of_type("csys-k8s-filter", "k8s"),
            of_type("csys-terraform-filter", "terraform"),
        ];
        filters.extend(PLUGINS.iter().map(|name| of_type(&format!("{name}-deployments"), name)));
        filters
    }

    fn of_type(&self, name: &str) -> Vec<&Value> {
        self.rules.iter().filter(|rule| rule["type"] == name).collect()
    }
}

/// The plugins whose deployments the manager has filters for.
const PLUGINS: [&str; 18] = [
    "aws",
    "azure",
    "gcp",
    "terragrunt",
    "helm",
    "ansible",
    "starlingx",
    "vsphere",
    "docker",
    "netconf",
    "fabric",
    "libvirt",
    "utilities",
    "host-pool",
    "diamond",
    "openstack",
    "openstack-v3",
    "vcloud",
];

static FIELDS: &[Field<Filter>] = &[
    created_at(),
    field("id", |filter: &Filter, _: &View| json!(filter.meta.id)),
    visibility(),
    field("value", |filter: &Filter, _: &View| json!(filter.rules)),
    updated_at(),
    field("is_system_filter", |filter: &Filter, _: &View| json!(filter.system)),
    tenant_name(),
    created_by(),
    resource_availability(),
    private_resource(),
    field("labels_filter_rules", |filter: &Filter, _: &View| json!(filter.of_type("label"))).unfiltered(),
    field("attrs_filter_rules", |filter: &Filter, _: &View| json!(filter.of_type("attribute"))).unfiltered(),
];

fn all(world: &mut World, call: &Call, rows: fn(&World) -> &Vec<Filter>) -> Outcome {
    list(world, call, FIELDS, visible(rows(world), call)?)
}

fn one(world: &mut World, call: &Call, rows: fn(&World) -> &Vec<Filter>) -> Outcome {
    check_name("filter_id", call.id(), Start::Letter)?;
    answer(world, call, 200, FIELDS, find(rows(world), &call.viewer, call.id())?)
}

fn create(world: &mut World, call: &Call, rows: fn(&mut World) -> &mut Vec<Filter>, filtered: &Filtered) -> Outcome {
    let id = call.id();
    check_name("filter_id", id, Start::Letter)?;
    if id.to_lowercase().starts_with("csys-") {
        return Err(bad_parameters("All filters with a `csys-` prefix are reserved for internal use."));
    }
    let input = call.json()?;
    let asked_rules = input.list("filter_rules")?.ok_or_else(|| input.required("filter_rules").err());
    let rules = checked(asked_rules.map_err(|refusal| refusal.unwrap_or_else(internal))?, filtered)?;
    let visibility = asked(input.nullable_text("visibility")?, None)?;
    let now = world.now;
    let rows = rows(world);
    refuse_taken(rows, id, &call.viewer.tenant)?;
    if visibility == Visibility::Global {
        refuse_global(rows, &call.viewer, id)?;
    }
    let filter = Filter { meta: Meta::new(id, &call.viewer, now, visibility), rules, system: false };
    rows.push(filter.clone());
    answer(world, call, 200, FIELDS, &filter)
}

/// Rules of one type leave those of the other type as they are, and none at all leave all as they are (observed).
fn update(world: &mut World, call: &Call, rows: fn(&mut World) -> &mut Vec<Filter>, filtered: &Filtered) -> Outcome {
    check_name("filter_id", call.id(), Start::Letter)?;
    let input = call.json()?;
    if input.is_empty() {
        return Err(illegal_action("Update a filter request must include at least one parameter to update"));
    }
    let rules = input.list("filter_rules")?.map(|rules| checked(rules, filtered)).transpose()?.unwrap_or_default();
    let wanted = input.nullable_text("visibility")?.map(|word| asked(Some(word), None)).transpose()?;
    let now = world.now;
    let rows = rows(world);
    let at = changeable(rows, call, "update")?;
    if let Some(wanted) = wanted {
        widen(rows, &call.viewer, call.id(), wanted, now)?;
    }
    let filter = rows.get_mut(at).ok_or_else(internal)?;
    if let Some(first) = rules.first() {
        let is_mixed = rules.iter().any(|rule| rule["type"] != first["type"]);
        filter.rules.retain(|rule| !is_mixed && rule["type"] != first["type"]);
        filter.rules.extend(rules);
    }
    filter.meta.updated_at = now;
    let filter = filter.clone();
    answer(world, call, 200, FIELDS, &filter)
}

fn delete(world: &mut World, call: &Call, rows: fn(&mut World) -> &mut Vec<Filter>) -> Outcome {
    check_name("filter_id", call.id(), Start::Letter)?;
    let rows = rows(world);
    let at = changeable(rows, call, "delete")?;
    let filter = rows.remove(at);
    answer_deleted(world, call, FIELDS, &filter)
}

fn changeable(rows: &[Filter], call: &Call, action: &str) -> Result<usize, Refusal> {
    if find(rows, &call.viewer, call.id())?.system {
        return Err(illegal_action(format!("Cannot {action} a system filter")));
    }
    own(rows, &call.viewer, call.id())
}

const OF_LABELS: &[&str] = &["any_of", "not_any_of", "is_null", "is_not_null", "is_not"];

const OF_ATTRIBUTES: &[&str] =
    &["any_of", "not_any_of", "contains", "not_contains", "starts_with", "ends_with", "is_not_empty"];

/// The rules of a body, each once and with its key in lower case.
fn checked(asked: &[Value], filtered: &Filtered) -> Result<Vec<Value>, Refusal> {
    let mut rules: Vec<Value> = Vec::new();
    for rule in asked {
        if let Some(why) = flaw(rule, filtered) {
            return Err(bad_rule(rule, why));
        }
        let mut rule = rule.clone();
        rule["key"] = json!(rule["key"].as_str().unwrap_or_default().to_lowercase());
        if !rules.contains(&rule) {
            rules.push(rule);
        }
    }
    Ok(rules)
}

/// Why a rule is refused, if it is.
fn flaw(rule: &Value, filtered: &Filtered) -> Option<String> {
    let Value::Object(map) = rule else { return Some("The filter rule is not a dictionary".into()) };
    if map.len() != 4 || ["key", "values", "operator", "type"].iter().any(|part| !map.contains_key(*part)) {
        return Some("At least one of the entries in the filter rule is missing".into());
    }
    let Value::String(key) = &map["key"] else { return Some("The filter rule key must be a string".into()) };
    let Value::Array(values) = &map["values"] else { return Some("The filter rule values must be a list".into()) };
    let operator = map["operator"].as_str().unwrap_or_default();
    match map["type"].as_str() {
        Some("label") if !OF_LABELS.contains(&operator) => {
            Some(format!("The operator for filtering by labels must be one of {}", OF_LABELS.join(", ")))
        }
        Some("label") if ["is_null", "is_not_null"].contains(&operator) && !values.is_empty() => {
            Some("Values list must be empty if the operator is one of is_null, is_not_null".into())
        }
        Some("label") if !["is_null", "is_not_null"].contains(&operator) && values.is_empty() => Some(
            "Values list must include at least one item if the operator is one of any_of, not_any_of, is_not".into(),
        ),
        Some("label") => checked_key(key).err().map(|refusal| refusal.to_string()),
        Some("attribute") if !OF_ATTRIBUTES.contains(&operator) => {
            Some(format!("The operator for filtering by attributes must be one of {}", OF_ATTRIBUTES.join(", ")))
        }
        Some("attribute") if operator == "is_not_empty" && !values.is_empty() => {
            Some("Values list must be empty if the operator is is_not_empty".into())
        }
        Some("attribute") if !filtered.attributes.contains(&key.to_lowercase().as_str()) => {
            Some(format!("Allowed attributes to filter {} by are {}", filtered.name, filtered.attributes.join(", ")))
        }
        Some("attribute") => values.iter().find_map(|value| {
            check_name("attributes' filter rule value", value.as_str().unwrap_or_default(), Start::Letter)
                .err()
                .map(|refusal| refusal.to_string())
        }),
        _ => Some("Filter rule type must be one of label, attribute".into()),
    }
}
