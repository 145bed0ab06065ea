//! Which calls need a licence or a keyset first, as the text's 403 examples say.

use super::answer::Fault;
use super::call::Call;
use super::state::State;
use wire::Method::{self, Delete, Get, Post, Put};

/// Any verb.
const ANY: &[Method] = &[Get, Post, Put, Delete];

/// The step that must be done first. Two spellings of the licence's message stand in the text: without a final period in the
/// examples of form B, with one in those of form C.
#[derive(Debug, Clone, Copy)]
enum Gate {
    License,
    LicenseDotted,
    Keyset,
    /// A licence that allows containers; the simulated one does.
    Containers,
    /// Nothing, where more general rows say otherwise.
    Open,
}

/// Verbs and the beginning of the path, `*` for any segment; the first row that fits counts.
const GATES: &[(&[Method], &[&str], Gate)] = &[
    (&[Get], &["keyset"], Gate::License),
    (ANY, &["firewall"], Gate::License),
    (ANY, &["v2", "firewall"], Gate::License),
    (&[Put], &["clientpacks"], Gate::LicenseDotted),
    (&[Get], &["clientpacks"], Gate::Keyset),
    (&[Post], &["clientpacks", "next_available"], Gate::Keyset),
    (&[Put, Post, Delete], &["clientpack", "*"], Gate::Keyset),
    (&[Get, Put], &["clientpack"], Gate::License),
    (&[Post], &["client", "reset"], Gate::License),
    (&[Post], &["clients", "reset_all"], Gate::License),
    (&[Get], &["status", "connected_subnets"], Gate::Open),
    (&[Get], &["status"], Gate::LicenseDotted),
    (ANY, &["container_system"], Gate::Containers),
    (&[Get, Post], &["plugins"], Gate::Containers),
    (&[Get, Post], &["plugin-instances"], Gate::Containers),
    (&[Get], &["plugin-exports"], Gate::Containers),
    (&[Get], &["plugin-catalog"], Gate::Containers),
    (&[Get], &["system", "variable-collections"], Gate::LicenseDotted),
    (&[Get], &["system", "variables"], Gate::LicenseDotted),
    (ANY, &["system", "ssl", "keypair"], Gate::LicenseDotted),
    (ANY, &["system", "ssl", "install"], Gate::LicenseDotted),
    (&[Get, Delete], &["snapshots"], Gate::LicenseDotted),
    (&[Get, Post], &["routes"], Gate::LicenseDotted),
    (ANY, &["peering"], Gate::LicenseDotted),
];

/// Lets the call through, or says what must be done first.
pub(super) fn pass(state: &State, call: &Call) -> Result<(), Fault> {
    let path = call.path();
    let fits = |pattern: &[&str]| {
        pattern.len() <= path.len() && pattern.iter().zip(&path).all(|(part, segment)| *part == "*" || part == segment)
    };
    let row = GATES.iter().find(|(verbs, pattern, _)| verbs.contains(&call.method) && fits(pattern));
    match row.map(|(_, _, gate)| *gate) {
        Some(Gate::License) if !state.licensed() => Err(Fault::prerequisite("Must be licensed first")),
        Some(Gate::LicenseDotted) if !state.licensed() => Err(Fault::prerequisite("Must be licensed first.")),
        Some(Gate::Containers) if !state.licensed() => Err(Fault::not_allowed("Container support not available")),
        Some(Gate::Keyset) if state.keyset.is_none() => Err(Fault::prerequisite("Keyset is missing")),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use crate::vns3::testing::Bench;

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
