//! Data is held to the JSON schema that says what it may be: one beside it, or that of what a reference beside it names.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::address::Address;
use crate::attr::Attr;
use crate::check::walk::{WalkStep, place, walk};
use crate::check::{Subject, rule};
use crate::finding::{Finding, PathKey, Place};
use crate::spec::{Breach, Field, JsonSchema, NoSchema, Shape, Type, written};
use crate::topology::{Resource, Topology};

rule! {
    /// Data does not keep to the JSON schema that is declared for it, or that is none.
    "breaks-schema" is Mixed;
    bad: "";
    good: "";
}

fn run(subject: &Subject) -> Vec<Finding> {
    let topology = subject.topology;
    let mut schemas = ReadSchemas::default();
    let mut found = Vec::new();
    for resource in topology.resources.values() {
        found.extend(mistakes(resource, &mut schemas));
        for held in held(resource) {
            let (schema, whose) = match &held.by {
                SchemaPlace::Beside(field, schema) => (*schema, format!("`{field}`")),
                SchemaPlace::Of(kind, name) => {
                    let Some((to, schema)) = declared(topology, resource, kind, name) else { continue };
                    (schema, format!("the schema of `{to}`"))
                }
            };
            let Some(breaches) = schemas.breaches(schema, &held) else {
                let message = format!("`{}` is not held to {whose}: that would take too long", held.field.name);
                let finding =
                    Finding::warning(RULE.code, message).help("a schema with fewer alternatives can be checked");
                found.push(finding.at(&held.object).about(&resource.address));
                continue;
            };
            for breach in breaches {
                let finding = Finding::error(RULE.code, held.tell(&breach)).help(format!("{whose} says so"));
                found.push(finding.at(&held.place(&breach)).about(&resource.address));
            }
        }
    }
    found
}

/// What is wrong with the schemas that a resource declares.
fn mistakes(resource: &Resource, schemas: &mut ReadSchemas) -> Vec<Finding> {
    let fields = resource.kind.fields.iter().filter(|field| field.is_json_schema());
    let declared = fields.filter_map(|field| Some((field, resource.fields.get(field.name)?)));
    let tell = |(field, schema): (&Field, &Attr)| {
        let finding = match schemas.read(schema)?.as_ref().err()? {
            NoSchema::Invalid(why) => Finding::error(RULE.code, format!("`{}` is no JSON schema: {why}", field.name))
                .help("JSON Schema, draft 7 unless `$schema` names another one: https://json-schema.org"),
            NoSchema::Pattern => {
                let message = format!("`{}` has a pattern that is not understood here", field.name);
                Finding::warning(RULE.code, message).help("nothing is held to it before the server is asked")
            }
            NoSchema::Elsewhere(url) => {
                let message = format!("`{}` refers to `{url}`, which is not followed", field.name);
                Finding::warning(RULE.code, message).help("nothing is held to it before the server is asked")
            }
        };
        Some(finding.at(&place(resource, &[WalkStep::Name(field.name)])).about(&resource.address))
    };
    declared.filter_map(tell).collect()
}

/// The schema that the files declare for what a resource names, with whose it is.
fn declared<'t>(topology: &'t Topology, from: &Resource, kind: &str, name: &str) -> Option<(Address, &'t Attr)> {
    let to = named(topology, from, kind, name)?;
    let resource = topology.resources.get(&to)?;
    let field = resource.kind.fields.iter().find(|field| field.is_json_schema())?;
    Some((to, resource.fields.get(field.name)?))
}

/// What a resource names.
pub(crate) fn named(topology: &Topology, from: &Resource, kind: &str, name: &str) -> Option<Address> {
    let provider = topology.targets.get(from.address.target())?.provider;
    topology.referred(&from.address, provider, &[kind], name)
}

/// Schemas, each read once.
#[derive(Default)]
pub(crate) struct ReadSchemas(BTreeMap<String, Result<JsonSchema, NoSchema>>);

impl ReadSchemas {
    /// A schema; `None` where it is not wholly known.
    fn read(&mut self, schema: &Attr) -> Option<&Result<JsonSchema, NoSchema>> {
        let is_known = !schema.is_null() && !schema.is_later() && !schema.has_secret();
        is_known.then(|| self.read_json(&schema.to_shown()))
    }

    fn read_json(&mut self, schema: &Value) -> &Result<JsonSchema, NoSchema> {
        self.0.entry(schema.to_string()).or_insert_with(|| JsonSchema::read(schema))
    }

    /// Where a value does not keep to a schema, as far as both are known; `None` where it would take too long to find out.
    pub(crate) fn breaches(&mut self, schema: &Attr, held: &HeldValue<'_>) -> Option<Vec<Breach>> {
        let Some(Ok(schema)) = self.read(schema) else { return Some(Vec::new()) };
        schema.breaches(&written(&held.field.ty, held.value))
    }
}

/// Where the schema of a value is.
pub(crate) enum SchemaPlace<'r> {
    /// In this field of the same object.
    Beside(&'static str, &'r Attr),
    /// At what is named so, of this kind.
    Of(&'static str, String),
}

/// A value that is held to a schema.
pub(crate) struct HeldValue<'r> {
    field: &'static Field,
    value: &'r Attr,
    /// The object that it is in.
    object: Place,
    /// What it is held to.
    pub by: SchemaPlace<'r>,
}

impl HeldValue<'_> {
    /// A breach in words.
    pub(crate) fn tell(&self, breach: &Breach) -> String {
        let path: Vec<&str> = std::iter::once(self.field.name).chain(breach.path.iter().map(String::as_str)).collect();
        format!("`{}` {}", path.join("."), breach.message)
    }

    fn place(&self, breach: &Breach) -> Place {
        let mut place = self.object.clone();
        place.path.push(PathKey::Name(self.field.name.into()));
        let mut part = self.value;
        for word in &breach.path {
            part = match part {
                Attr::Map(map) => {
                    place.path.push(PathKey::Name(word.as_str().into()));
                    map.get(word).unwrap_or(&Attr::Null)
                }
                Attr::List(items) => {
                    let Ok(index) = word.parse::<usize>() else { break };
                    place.path.push(PathKey::Index(index));
                    items.get(index).unwrap_or(&Attr::Null)
                }
                _ => break,
            };
        }
        place.at_key = false;
        place
    }
}

/// The values of a resource that are held to a schema. What it leaves alone is not.
pub(crate) fn held(resource: &Resource) -> Vec<HeldValue<'_>> {
    let mut found = Vec::new();
    if resource.external {
        return found;
    }
    in_object(resource, resource.kind.fields, &|name| resource.fields.get(name), &[], &mut found);
    walk(resource, &mut |_, ty, value, path| {
        if let (Shape::Members(fields), Attr::Map(map)) = (ty.shape(), value) {
            in_object(resource, fields, &|name| map.get(name), path, &mut found);
        }
    });
    found
}

fn in_object<'r>(
    resource: &'r Resource,
    fields: &'static [Field],
    value_of: &dyn Fn(&str) -> Option<&'r Attr>,
    path: &[WalkStep],
    found: &mut Vec<HeldValue<'r>>,
) {
    let is_left_alone = |field: &Field| path.is_empty() && resource.unmanaged.contains(field.name);
    for field in fields.iter().filter(|field| field.is_writable() && !is_left_alone(field)) {
        let Some(value) = value_of(field.name).filter(|value| !value.is_null()) else { continue };
        let beside = field.json_if_declared().and_then(|other| Some(SchemaPlace::Beside(other, value_of(other)?)));
        let by = beside.or_else(|| match field.ty {
            Type::Open(_) => fields.iter().find_map(|other| reference(other, value_of(other.name)?)),
            _ => None,
        });
        if let Some(by) = by {
            found.push(HeldValue { field, value, object: place(resource, path), by });
        }
    }
}

fn reference<'r>(field: &Field, value: &Attr) -> Option<SchemaPlace<'r>> {
    match field.ty {
        Type::Ref(kind) => Some(SchemaPlace::Of(kind, value.to_text()?)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::providers::CATALOGUE;
    use crate::topology::testing::{indented, told, workspace};
    use crate::topology::{Options, load};

    /// The findings of this rule, without their places.
    fn found(text: &str) -> Vec<String> {
        let folder = workspace(&[("trueup.yaml", text)]);
        let all = told(load(folder.path(), CATALOGUE, &Options::default()));
        let own = all.lines().filter(|line| line.contains("breaks-schema:"));
        own.filter_map(|line| Some(line.split_once("> breaks-schema: ")?.1.to_owned())).collect()
    }

    fn in_network(kinds: &str) -> Vec<String> {
        let head = "workspace: t\nvars: { pw: { default: x } }\nnetfoundry:\n  nf:\n    at: https://nf.example\n    \
                    credentials: { clientId: c, password: '${var.pw}', authenticationUrl: 'https://i.example/t' }\n";
        let network = "networks:\n  n:\n    networkGroupId: G\n    region: r\n";
        found(&format!("{head}{}", indented(&format!("{network}{}", indented(kinds)))))
    }

    fn at_manager(kinds: &str) -> Vec<String> {
        let head = "workspace: t\nvars: { pw: { default: x } }\ncloudify:\n  c:\n    at: https://c.example/api/v3.1\n    \
                    tenant: t\n    credentials: { username: u, password: '${var.pw}' }\n";
        found(&format!("{head}{}", indented(kinds)))
    }

    const TYPE: &str = "config-types:\n  own.v1:\n    schema:\n      type: object\n      required: [metric]\n      \
                        additionalProperties: false\n      properties:\n        metric: { type: integer, maximum: 9 }\n        \
                        hops: { type: array, items: { type: string } }\n";

    #[test]
    fn data_keeps_to_the_schema_of_the_type_that_is_declared() {
        let whose = "; the schema of `nf/networks/n/config-types/own.v1` says so";
        for (data, told) in [
            ("{ metric: 3, hops: [a] }", vec![]),
            ("{ hops: [] }", vec!["`data` lacks `metric`"]),
            ("{ metric: 12 }", vec!["`data.metric` is more than 9"]),
            ("{ metric: '3' }", vec!["`data.metric` is string, and has to be integer"]),
            ("{ metric: 3, more: 1 }", vec!["`data` may not have `more`"]),
            ("{ metric: 3, hops: [a, 5] }", vec!["`data.hops.1` is number, and has to be string"]),
            ("{ metric: '${nf/networks/n.status}' }", vec![]),
        ] {
            let expected: Vec<String> = told.iter().map(|line| format!("{line}{whose}")).collect();
            let config = format!("{TYPE}configs:\n  c: {{ configTypeId: own.v1, data: {data} }}\n");
            assert_eq!(in_network(&config), expected, "{data}");
            let spelt_out = format!(
                "{TYPE}services:\n  s: {{ attributes: ['#a'], configs: [{{ name: c, configTypeId: own.v1, data: {data} }}] }}\n"
            );
            assert_eq!(in_network(&spelt_out).len(), expected.len(), "{data}");
        }
        let others = format!("{TYPE}configs:\n  c: {{ configTypeId: intercept.v1, data: {{ addresses: [a] }} }}\n");
        assert!(in_network(&others).is_empty());
    }

    #[test]
    fn a_schema_that_is_none_is_told_where_it_stands_and_one_elsewhere_is_a_warning() {
        let of = |schema: &str| {
            let text = format!(
                "config-types:\n  own.v1: {{ schema: {schema} }}\nconfigs:\n  c: {{ configTypeId: own.v1, data: {{ a: 1 }} }}\n"
            );
            in_network(&text)
        };
        assert!(of("{ type: object }").is_empty());
        let [told] = &of("{ type: objekt }")[..] else { panic!() };
        assert!(told.starts_with("`schema` is no JSON schema: `type` "), "{told}");
        let [told] = &of("{ $ref: 'https://other.example/x.json' }")[..] else { panic!() };
        assert!(told.contains("which is not followed"), "{told}");
    }

    #[test]
    fn a_secret_keeps_to_the_schema_beside_it() {
        let secret = |value: &str| {
            let schema = "{ type: object, required: [host], properties: { port: { type: integer } } }";
            at_manager(&format!("secrets:\n  s: {{ value: {value}, schema: {schema} }}\n"))
        };
        assert!(secret("{ host: h, port: 1 }").is_empty());
        let [told] = &secret("{ port: 1 }")[..] else { panic!() };
        assert!(told.contains("`value` lacks `host`; `schema` says so"), "{told}");
        assert!(at_manager("secrets:\n  s: { value: text }\n").is_empty());
    }
}
