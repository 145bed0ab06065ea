//! Secrets behind outputs: a value may be taken from another one, and that from a third that is secret.

use std::collections::BTreeSet;

use crate::attr::{Attr, Output};
use crate::spec::Field;
use crate::topology::Topology;

impl Topology {
    /// Says whether the output of a resource is secret: by its kind's table, or by what the files declare there.
    pub(crate) fn is_secret(&self, output: &Output) -> bool {
        self.is_secret_beyond(output, &mut BTreeSet::new())
    }

    /// The same, through any number of others. `followed` are the outputs that were asked before: values may wait for each
    /// other in a circle.
    fn is_secret_beyond(&self, output: &Output, followed: &mut BTreeSet<Output>) -> bool {
        if !followed.insert(output.clone()) {
            return false;
        }
        let target = self.targets.get(output.address.target());
        let kind = target.and_then(|target| target.provider.kind(output.address.kind()));
        let field = kind.zip(output.field.split('.').next()).and_then(|(kind, name)| kind.field(name));
        let mut keys = output.field.split('.');
        let declared = self.resources.get(&output.address).zip(keys.next());
        let declared = declared.and_then(|(resource, head)| {
            keys.try_fold(resource.fields.get(head)?, |value, key| match value {
                Attr::Later(_) | Attr::Secret(_) => Some(value),
                value => value.get(key),
            })
        });
        let mut is_secret = field.is_some_and(Field::is_secret) || declared.is_some_and(Attr::has_secret);
        if let Some(declared) = declared.filter(|_| !is_secret) {
            declared.for_each_output(&mut |output| is_secret = is_secret || self.is_secret_beyond(output, followed));
        }
        is_secret
    }
}
