//! The expansion of a fabric: its resources as files would declare them, each with where it comes from.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::{Map, Value, json};

use crate::address::Address;
use crate::attr::{Attr, TemplatePart};
use crate::fabric::{Expansion, OtherSide};
use crate::source;
use crate::spec::Identity;
use crate::topology::{ITEMS, Resource, Topology};

/// The expansion as a file of a workspace, which declares the same.
pub(crate) fn yaml(topology: &Topology, expansion: &Expansion) -> String {
    let mut text = String::new();
    let mut provider = "";
    for (target, kinds) in by_target(topology, expansion) {
        let Some(own) = topology.targets.get(target) else { continue };
        if own.provider.name != provider {
            provider = own.provider.name;
            let _ = writeln!(text, "{provider}:");
        }
        text.push_str(&indented(2, &format!("{}:", word(target))));
        for (kind, resources) in kinds {
            let _ = writeln!(text, "    {kind}:");
            for resource in resources {
                if let Some(origin) = &resource.origin {
                    let _ = writeln!(text, "      # {origin}");
                }
                let body = body(topology, resource);
                match resource.address.name() {
                    Some(name) => text.push_str(&indented(6, &source::yaml(&json!({ name: body })))),
                    None => text.push_str(&indented(6, &source::yaml(&body))),
                }
            }
        }
    }
    text.push_str(&notes(expansion));
    text
}

/// The expansion for programs.
pub(crate) fn json(topology: &Topology, expansion: &Expansion) -> String {
    let resource = |resource: &Resource| {
        json!({
            "address": resource.address.to_string(),
            "origin": resource.origin.as_deref(),
            "fields": own_fields(resource),
        })
    };
    let resources = topology.resources.values().filter(|own| is_expanded(own, expansion)).map(resource);
    let others = expansion.others.iter().map(|OtherSide { connection, vpn, settings }| {
        let settings: Map<String, Value> =
            settings.iter().map(|(name, value)| ((*name).to_owned(), value.clone().into())).collect();
        json!({ "connection": connection, "vpn": vpn, "settings": settings })
    });
    let document = json!({
        "format": "trueup-expansion/1",
        "resources": resources.collect::<Vec<_>>(),
        "others": others.collect::<Vec<_>>(),
        "let-in": expansion.let_in,
    });
    format!("{document:#}\n")
}

/// The kinds of a target that stand directly below it, each with its resources.
type KindsInOrder<'t> = Vec<(&'t str, Vec<&'t Resource>)>;

/// What a fabric comes to, by target.
fn by_target<'t>(topology: &'t Topology, expansion: &Expansion) -> BTreeMap<&'t str, KindsInOrder<'t>> {
    let mut found: BTreeMap<&str, KindsInOrder<'_>> = BTreeMap::new();
    for resource in topology.resources.values() {
        if resource.address.parent().is_some() || !is_expanded(resource, expansion) {
            continue;
        }
        let kinds = found.entry(resource.address.target()).or_default();
        match kinds.last_mut().filter(|(kind, _)| *kind == resource.kind.name) {
            Some((_, resources)) => resources.push(resource),
            None => kinds.push((resource.kind.name, vec![resource])),
        }
    }
    found
}

/// Says whether a resource comes from a fabric, or has items that do.
fn is_expanded(resource: &Resource, expansion: &Expansion) -> bool {
    resource.origin.is_some() || expansion.lists.contains(&resource.address)
}

/// The fields of a resource, and what lives in it.
fn body(topology: &Topology, resource: &Resource) -> Value {
    let mut own = match own_fields(resource) {
        Value::Object(own) => own,
        items => return items,
    };
    let below = topology.resources.range(resource.address.clone()..).skip(1);
    let children = below.take_while(|(address, _)| address.is_below(&resource.address));
    for (address, child) in children.filter(|(address, _)| is_child(address, &resource.address)) {
        let Some(name) = address.name() else { continue };
        let kind = own.entry(child.kind.name).or_insert_with(|| json!({}));
        if let Some(kind) = kind.as_object_mut() {
            kind.insert(name.to_owned(), body(topology, child));
        }
    }
    Value::Object(own)
}

fn is_child(address: &Address, parent: &Address) -> bool {
    address.parent().as_ref() == Some(parent)
}

fn own_fields(resource: &Resource) -> Value {
    let identity = resource.kind.identity;
    let is_name =
        |field: &str| matches!(identity, Identity::Name(name) | Identity::CaselessName(name) if name == field);
    if let Some(items) = resource.fields.get(ITEMS) {
        return as_written(items);
    }
    let fields = resource.fields.iter().filter(|(field, _)| !is_name(field));
    Value::Object(fields.map(|(field, value)| (field.clone(), as_written(value))).collect())
}

/// A value as a file gives it: secrets and outputs as the expressions that name them.
fn as_written(attr: &Attr) -> Value {
    let plain = |text: &str| text.replace("${", "$${");
    match attr {
        Attr::Text(text) => Value::String(plain(text)),
        Attr::Secret(secret) => Value::String(format!("${{{}}}", secret.label())),
        Attr::Later(template) => {
            let part = |part: &TemplatePart| match part {
                TemplatePart::Text(text) => plain(text),
                TemplatePart::Secret(secret) => format!("${{{}}}", secret.label()),
                TemplatePart::Output(output) => format!("${{{output}}}"),
            };
            Value::String(template.parts.iter().map(part).collect())
        }
        Attr::List(items) => Value::Array(items.iter().map(as_written).collect()),
        Attr::Map(map) => Value::Object(map.iter().map(|(key, value)| (key.clone(), as_written(value))).collect()),
        Attr::Null | Attr::Bool(_) | Attr::Number(_) => attr.to_shown(),
    }
}

/// A name as YAML has it.
fn word(name: &str) -> String {
    source::yaml(&Value::String(name.to_owned())).trim_end().to_owned()
}

fn indented(spaces: usize, text: &str) -> String {
    text.lines().map(|line| format!("{:spaces$}{line}\n", "")).collect()
}

/// What others have to do, in comments: it is no part of the files.
fn notes(expansion: &Expansion) -> String {
    let mut text = String::new();
    for OtherSide { connection, vpn, settings } in &expansion.others {
        let _ = writeln!(text, "\n# The other side of connection {connection} ({vpn}) sets:");
        let width = settings.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        for (name, value) in settings {
            let _ = writeln!(text, "#   {name:width$}  {value}");
        }
    }
    if !expansion.let_in.is_empty() {
        text.push_str("\n# What the clouds have to let in:\n");
    }
    for (controller, words) in &expansion.let_in {
        let _ = writeln!(text, "#   {controller}: {}", words.join(", "));
    }
    text
}
