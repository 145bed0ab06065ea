//! Rows that belong to deployments, found by deployment without a look at all the others.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Rows by tenant and deployment.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Grouped<T>(BTreeMap<String, Vec<T>>);

impl<T> Grouped<T> {
    /// No rows.
    pub(crate) fn new() -> Grouped<T> {
        Grouped(BTreeMap::new())
    }

    /// The rows of a deployment.
    pub(crate) fn of(&self, tenant: &str, deployment: &str) -> &[T] {
        self.0.get(&key(tenant, deployment)).map(Vec::as_slice).unwrap_or_default()
    }

    /// The rows of a deployment, to change.
    pub(crate) fn of_mut(&mut self, tenant: &str, deployment: &str) -> &mut Vec<T> {
        self.0.entry(key(tenant, deployment)).or_default()
    }

    /// All rows, by deployment.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.values().flatten()
    }

    /// All rows, to change.
    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.0.values_mut().flatten()
    }

    /// Takes the rows of a deployment away.
    pub(crate) fn remove(&mut self, tenant: &str, deployment: &str) {
        self.0.remove(&key(tenant, deployment));
    }
}

/// Names have no slash, so that the two cannot be confused.
fn key(tenant: &str, deployment: &str) -> String {
    format!("{tenant}/{deployment}")
}
