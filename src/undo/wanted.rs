//! A resource as it was: what the API showed of it then, and from whoever still has it, what the API never shows.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::attr::Attr;
use crate::diff::compare::expression;
use crate::diff::planned::PlannedValues;
use crate::diff::resolve::Resolver;
use crate::diff::verdict::Hold;
use crate::fabric::FabricOrigin;
use crate::plan::file::open;
use crate::spec::{Field, Identity, Kind, Type};
use crate::state::base::{Base, Entry};
use crate::topology::{FileContent, ITEMS, Resource, Topology};
use crate::undo::{Givers, NO_WAY_BACK, PastChange};

/// The resource that an address held before a run, and what of it will not be as it was.
pub(super) fn resource(
    files: &Topology,
    change: &PastChange,
    givers: &Givers<'_>,
) -> Result<(Resource, Vec<String>), Box<Hold>> {
    let target = files.targets.get(change.address.target());
    let kind = target.and_then(|target| target.provider.kind(change.address.kind()));
    let kind = kind.ok_or_else(|| no_way("its target is not declared any more"))?;
    let partial = change.row.as_ref().map(|row| row.partial.clone()).unwrap_or_default();
    // By that its halves go back together, as they came.
    let origin = change.row.as_ref().and_then(|row| FabricOrigin::from_path(row.origin.as_deref()?)).map(Arc::new);
    let resource = Resource { partial, origin, ..Resource::bare(&change.address, kind) };
    let declared = givers.workspaces.iter().filter_map(|files| files.resources.get(&change.address)).collect();
    let mut past = PastResource { kind, change, givers, declared, resource, stays: Vec::new() };
    for name in past.names() {
        match kind.field(&name) {
            Some(field) if matches!(field.ty, Type::File(_)) => past.content(field)?,
            Some(field) if field.is_read_back() => past.shown(&name)?,
            Some(field) => past.never_shown(field)?,
            None => past.shown(&name)?,
        }
    }
    Ok((past.resource, past.stays))
}

/// A resource that is put together.
struct PastResource<'p> {
    kind: &'static Kind,
    change: &'p PastChange,
    givers: &'p Givers<'p>,
    /// What files say, or said, of its address.
    declared: Vec<&'p Resource>,
    resource: Resource,
    stays: Vec<String>,
}

impl PastResource<'_> {
    /// The fields that are to be as they were: of what comes anew all of them, of what is there those that the run changed and
    /// those that were looked after.
    fn names(&self) -> BTreeSet<String> {
        let shown = self.change.before.iter().flat_map(BTreeMap::keys).cloned();
        let kept = self.row().into_iter().flat_map(|row| row.fields.keys()).cloned();
        let is_known = |name: &String| name == ITEMS || self.kind.field(name).is_some_and(Field::is_writable);
        if self.change.verb.removes() || self.change.verb.creates() {
            return shown.chain(kept).chain(self.change.changed.iter().cloned()).filter(is_known).collect();
        }
        let tells = |name: &String| {
            let names = self.kind.identity.telling_fields();
            names.is_some_and(|names| names.contains(&name.as_str())) || self.is_name(name)
        };
        let telling = shown.filter(tells);
        telling.chain(kept).chain(self.change.changed.iter().cloned()).filter(is_known).collect()
    }

    /// Says whether a field is the one that the name in the files stands for.
    fn is_name(&self, name: &str) -> bool {
        matches!(self.kind.identity, Identity::Name(own) | Identity::CaselessName(own) if own == name)
    }

    fn row(&self) -> Option<&Entry> {
        self.change.row.as_ref()
    }

    /// A field that the API shows.
    fn shown(&mut self, name: &str) -> Result<(), Box<Hold>> {
        if self.resource.partial.contains_key(name) {
            return self.remembered(name);
        }
        match self.change.before.as_ref().and_then(|before| before.get(name)).cloned() {
            Some(_) if self.by_expression(name) => Ok(()),
            Some(value) => self.give(name, &value),
            None if self.is_hidden(name) => self.remembered(name),
            None => {
                self.resource.cleared.insert(name.to_owned());
                Ok(())
            }
        }
    }

    /// Says whether a field had a value that this object did not show: it is secret, or its object is gone and was not asked
    /// for all of it.
    fn is_hidden(&self, name: &str) -> bool {
        let is_kept = self.row().and_then(|row| row.value(name)).is_some_and(|value| !value.is_null());
        is_kept && (self.change.verb.removes() || self.kind.field(name).is_some_and(Field::is_secret))
    }

    /// A field that the API never shows.
    fn never_shown(&mut self, field: &'static Field) -> Result<(), Box<Hold>> {
        let name = field.name;
        match self.row().and_then(|row| row.value(name)) {
            Some(Value::Null) => drop(self.resource.cleared.insert(name.to_owned())),
            Some(_) => return self.remembered(name),
            // What was never sent is as it was, unless the run sent it.
            None if self.change.verb.removes() && !field.is_required() => {
                self.stays.push(format!("`{name}`, which the API never shows, is not known as it was"));
            }
            None if self.change.verb.removes() => {
                return Err(no_way(&format!(
                    "`{name}`, which it needs and the API never shows, is not known as it was"
                )));
            }
            None if self.change.changed.contains(name) => {
                self.stays.push(format!("`{name}` stays as the run set it: it is not known as it was"));
            }
            None => {}
        }
        Ok(())
    }

    /// A field as the ledger remembered it.
    fn remembered(&mut self, name: &str) -> Result<(), Box<Hold>> {
        let Some(value) = self.row().and_then(|row| row.value(name)).cloned() else { return Ok(()) };
        if value.is_null() {
            self.resource.cleared.insert(name.to_owned());
            return Ok(());
        }
        if self.by_expression(name) {
            return Ok(());
        }
        self.give(name, &marked(&value, name))
    }

    /// Takes the expression that gave a value then, where somebody still has it.
    fn by_expression(&mut self, name: &str) -> bool {
        let Some(then) = self.row().and_then(|row| row.expressions.get(name)).cloned() else { return false };
        let declared = self.declared.iter().filter_map(|declared| declared.fields.get(name));
        let Some(attr) = declared.into_iter().find(|attr| expression(attr) == then).cloned() else { return false };
        self.resource.fields.insert(name.to_owned(), attr);
        true
    }

    fn give(&mut self, name: &str, value: &Value) -> Result<(), Box<Hold>> {
        let attr = open(value, self.givers.secrets).map_err(|_| {
            let source = self.declared.iter().find_map(|declared| label(declared.fields.get(name)?));
            let source = source.map(|label| format!(": `{label}` gives another one")).unwrap_or_default();
            let hold = no_way(&format!("no source gives the secret any more that `{name}` had{source}"));
            Box::new(hold.help("give that value from its source once more, or set it anew by the files"))
        })?;
        let attr = self.named(name, attr);
        self.resource.fields.insert(name.to_owned(), attr);
        Ok(())
    }

    /// A value with names in place of ids, of those that nobody knew the names of then.
    fn named(&self, name: &str, attr: Attr) -> Attr {
        let (Some(field), Some(index)) = (self.kind.field(name), self.givers.index) else { return attr };
        let Some(topology) = self.givers.workspaces.first() else { return attr };
        let resolver = Resolver { topology, index, planned: &PlannedValues::default() };
        resolver.with_names(&self.change.address, field, &attr)
    }

    /// The content that a field named, from whoever has it.
    fn content(&mut self, field: &'static Field) -> Result<(), Box<Hold>> {
        let name = field.name;
        let Some(row) = self.change.row.as_ref() else {
            return Err(no_way(&format!("the content of `{name}` is not known as it was")));
        };
        let Some(word) = row.value(name).and_then(Value::as_str) else { return Ok(()) };
        let all = self.givers.workspaces.iter().flat_map(|files| files.resources.values());
        let own = self.declared.iter().copied().chain(all);
        let mut contents = own.flat_map(|resource| resource.files.values());
        let is_it = |content: &&FileContent| content.is_remembered_as(word, row.packing);
        let Some(content) = contents.find(is_it).cloned() else {
            let commit = row.commit.as_deref().map(|commit| format!(" (commit {commit} had it)")).unwrap_or_default();
            let hold = no_way(&format!("the content of `{name}` that it had is not here{commit}"));
            return Err(Box::new(hold.help("fetch that commit, then undo again")));
        };
        self.resource.fields.insert(name.to_owned(), Attr::text(content.path.clone()));
        self.resource.files.insert(name.to_owned(), content);
        Ok(())
    }
}

/// A remembered value with marks in place of its fingerprints, so that secrets are found by them.
fn marked(kept: &Value, label: &str) -> Value {
    match kept {
        Value::Array(items) => items.iter().map(|item| marked(item, label)).collect(),
        Value::Object(map)
            if Base::fingerprints(kept).len() == 1 && map.len() == 1 && Base::from_stored(kept).is_none() =>
        {
            match map.get("$fingerprint") {
                Some(print) => json!({ "$secret": label, "print": print }),
                None => members(map, label),
            }
        }
        Value::Object(map) => members(map, label),
        plain => plain.clone(),
    }
}

fn members(map: &Map<String, Value>, label: &str) -> Value {
    Value::Object(map.iter().map(|(key, value)| (key.clone(), marked(value, label))).collect())
}

/// Where the first secret of a value comes from.
fn label(attr: &Attr) -> Option<String> {
    let mut found = None;
    attr.for_each_secret(&mut |secret| found = found.take().or_else(|| Some(secret.label().to_owned())));
    found
}

fn no_way(why: &str) -> Box<Hold> {
    Box::new(Hold::new(NO_WAY_BACK, why))
}
