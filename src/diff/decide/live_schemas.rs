//! Data that is not sent, because the JSON schema of what it is made for, which stands at the controller alone, does not
//! take it. What the files declare of schemas is checked before anybody is asked.

use serde_json::Value;

use crate::attr::Attr;
use crate::check::schemas::{HeldValue, ReadSchemas, SchemaPlace, held, named};
use crate::diff::resolve::Resolver;
use crate::diff::verdict::{Decision, Hold};
use crate::spec::lookup;
use crate::topology::Resource;

/// The decision, or a hold where it would send what a live schema does not take.
pub(super) fn unless_broken(resolver: &Resolver<'_>, resource: &Resource, decision: Decision) -> Decision {
    let writes = match &decision {
        Decision::Create(_) | Decision::Update { .. } | Decision::Replace { .. } => true,
        Decision::Same | Decision::Adopt | Decision::Delete(_) | Decision::Release(_) | Decision::Hold(_) => false,
    };
    if !writes {
        return decision;
    }
    match held(resource).iter().find_map(|held| hold(resolver, resource, held)) {
        Some(hold) => Decision::Hold(hold.instead_of(decision)),
        None => decision,
    }
}

fn hold(resolver: &Resolver<'_>, resource: &Resource, held: &HeldValue<'_>) -> Option<Hold> {
    let SchemaPlace::Of(kind, name) = &held.by else { return None };
    let to = named(resolver.topology, resource, kind, name)?;
    let table = resolver.topology.targets.get(to.target())?.provider.kind(kind)?;
    let field = table.fields.iter().find(|field| field.is_json_schema())?;
    let declared = resolver.topology.resources.get(&to);
    if declared.is_some_and(|declared| declared.fields.contains_key(field.name)) {
        return None;
    }
    let schema: &Value = lookup(&resolver.index.live(&to)?.raw, field.read_path())?;
    let breaches = ReadSchemas::default().breaches(&Attr::from_json(schema), held)?;
    let first = breaches.first()?;
    let more = match breaches.len() - 1 {
        0 => String::new(),
        count => format!(", and {count} more"),
    };
    let hold = Hold::new("breaks-schema", format!("{}{more}, as `{to}` has it", held.tell(first)));
    Some(hold.help(format!("its `{}` at the controller says what may be declared", field.name)))
}
