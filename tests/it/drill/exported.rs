//! What decides something is exported, also where it is what the API has by itself: otherwise nobody looks after it.

use serde_json::{Map, Value};
use trueup::parts::{Field, Identity, Type};

use super::{Drill, TARGET};

impl Drill<'_> {
    /// What is on or off, or one of a few words, stands in an export of what the controller holds now.
    pub(super) fn decisions_are_exported(&self, declared: &Value) -> Result<(), String> {
        let exported = self.world.export(TARGET);
        // What can't be declared from what the API gives back is told to be so, and each object once.
        let is_older_view = self.kind.newer_view().is_some();
        if is_older_view
            || exported.left_out.iter().chain(&exported.external).any(|(address, _)| address.kind() == self.kind.name)
        {
            return Ok(());
        }
        let mut objects = Vec::new();
        objects_of(self.kind.name, self.kind.identity.is_single(), &exported.kinds, &mut objects);
        let items: Vec<&Map<String, Value>> = match self.kind.identity {
            Identity::Sequence { .. } => {
                declared.as_array().into_iter().flatten().filter_map(Value::as_object).collect()
            }
            _ => vec![self.fields(declared)],
        };
        for item in items {
            let is_shown = |field: &&Field| {
                is_decision(field) && item.contains_key(field.name) && field.is_readable_on(self.version.as_deref())
            };
            let decisions: Vec<&str> = self.kind.fields.iter().filter(is_shown).map(|field| field.name).collect();
            let tells_all = |object: &&Map<String, Value>| decisions.iter().all(|name| object.contains_key(*name));
            if !decisions.is_empty() && !objects.iter().any(tells_all) {
                let told = Value::from_iter(objects.iter().map(|object| Value::Object((*object).clone())));
                return Err(format!("not all of `{}` is exported: {told}", decisions.join("`, `")));
            }
        }
        Ok(())
    }
}

/// A field that is read back and has few values, one of which the API has by itself.
fn is_decision(field: &Field) -> bool {
    let is_choice = matches!(field.ty, Type::Bool | Type::Enum(_) | Type::OpenEnum(_));
    is_choice && field.default.is_some() && field.is_read_back()
}

/// The objects of a kind in an export, wherever they live.
fn objects_of<'v>(
    kind: &str,
    is_single: bool,
    collections: &'v Map<String, Value>,
    found: &mut Vec<&'v Map<String, Value>>,
) {
    for (name, collection) in collections {
        match collection {
            Value::Object(one) if name == kind && is_single => found.push(one),
            Value::Object(objects) => {
                for object in objects.values().filter_map(Value::as_object) {
                    if name == kind {
                        found.push(object);
                    }
                    objects_of(kind, is_single, object, found);
                }
            }
            Value::Array(items) if name == kind => found.extend(items.iter().filter_map(Value::as_object)),
            _ => {}
        }
    }
}
