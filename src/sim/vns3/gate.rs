//! Which calls need a licence first, as the text's 403 examples say.
//!
//! Two spellings stand in the text: without a final period in the examples of form B, with one in those of form C.

use super::answer::Fault;
use super::call::Call;
use super::state::State;
use crate::wire::Method::{self, Delete, Get, Post, Put};

/// Any verb.
const ANY: &[Method] = &[Get, Post, Put, Delete];

/// Verbs and the path's beginning of calls whose example says "Must be licensed first".
const PLAIN: &[(&[Method], &[&str])] = &[(&[Get], &["keyset"]), (ANY, &["firewall"]), (ANY, &["v2", "firewall"])];

/// Verbs and the path's beginning of calls whose example says "Must be licensed first." with a period.
const DOTTED: &[(&[Method], &[&str])] = &[
    (&[Get], &["status", "task"]),
    (&[Get], &["system", "variable-collections"]),
    (&[Get], &["system", "variables"]),
    (&[Get, Post], &["routes"]),
    (ANY, &["peering"]),
];

/// Lets the call through, or refuses it because the controller is not licensed.
pub(super) fn pass(state: &State, call: &Call) -> Result<(), Fault> {
    let path = call.path();
    let listed = |table: &[(&[Method], &[&str])]| {
        table.iter().any(|(verbs, prefix)| verbs.contains(&call.method) && path.starts_with(prefix))
    };
    if state.licensed() {
        Ok(())
    } else if listed(PLAIN) {
        Err(Fault::prerequisite("Must be licensed first"))
    } else if listed(DOTTED) {
        Err(Fault::prerequisite("Must be licensed first."))
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::sim::vns3::testing::Bench;

    #[test]
    fn a_fresh_controller_refuses_what_the_text_gates_and_answers_the_rest() {
        let mut bench = Bench::fresh();
        let plain = bench.get("/v2/firewall/rules").expect_err("gated");
        assert_eq!((plain.0, plain.1.as_str()), (403, "PrerequisiteError: Must be licensed first"));
        let dotted = bench.get("/routes").expect_err("gated");
        assert_eq!((dotted.0, dotted.1.as_str()), (403, "PrerequisiteError: Must be licensed first."));
        let config = bench.get("/config").expect("answers unlicensed");
        assert_eq!(config["licensed"], false);
        assert!(config.get("asn").is_none() && config.get("peered").is_none());
        assert!(bench.get("/ipsec").is_ok());
    }
}
