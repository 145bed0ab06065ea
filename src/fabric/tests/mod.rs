//! Fabrics from files to resources.

mod become_resources;
mod laws;
mod overridden;
mod wrong;

use std::fmt::Write;

use crate::finding::Finding;
use crate::providers::CATALOGUE;
use crate::topology::testing::workspace;
use crate::topology::{Loaded, Options, SecretMode, Topology, load};

/// What `trueup.yaml` says in these tests.
const HEAD: &str = "
workspace: lab
vars:
  branches:
    default:
      b1: { id: 11, asn: 65011, lan: 10.101.0.0/16 }
      b2: { id: 12, asn: 65012, lan: 10.102.0.0/16 }
secrets:
  pw: { env: PW }
  vpn: { env: VPN }
  bgp: { env: BGP }
  psk-london-paris: { env: LP }
";

const PROFILES: &str = "
  profiles:
    strong: { ike_version: 2, phase1: aes256-sha2_256-dh14, phase2: aes256-sha2_256, pfs: true, nat_t_enabled: true }
";

/// The targets of a fabric, each with a place for its rules, and what they declare besides.
fn targets(names: &[&str], more: &[(&str, &str)]) -> String {
    let mut text = String::from("vns3:\n");
    for (n, name) in names.iter().enumerate() {
        let _ = writeln!(text, "  {name}:\n    at: https://203.0.113.{}:8000/api", n + 1);
        text.push_str("    credentials: { username: api, password: '${secret.pw}' }\n");
        let own: Vec<&str> = more.iter().filter(|(of, _)| of == name).map(|(_, text)| *text).collect();
        if !own.iter().any(|text| text.starts_with("firewall-rules")) {
            text.push_str("    firewall-rules: [fabric: vpns]\n");
        }
        own.iter().flat_map(|text| text.lines()).for_each(|line| text.push_str(&format!("    {line}\n")));
    }
    text
}

/// Loads a fabric on some targets.
pub(super) fn lab(names: &[&str], fabric: &str, more: &[(&str, &str)]) -> Result<Loaded, Vec<Finding>> {
    let fabric = format!("fabric:{PROFILES}{fabric}");
    let files = [("trueup.yaml", HEAD), ("fabric.yaml", &fabric), ("targets.yaml", &targets(names, more))];
    let options = Options { secrets: SecretMode::Unasked, ..Options::default() };
    load(workspace(&files).path(), CATALOGUE, &options)
}

/// The topology of a fabric that has no mistake.
fn topology(names: &[&str], fabric: &str, more: &[(&str, &str)]) -> Topology {
    lab(names, fabric, more).unwrap_or_else(|findings| panic!("{}", lines(&findings))).topology
}

/// Findings, a line each.
pub(super) fn lines(findings: &[Finding]) -> String {
    let line = |finding: &Finding| {
        let at = finding.location().unwrap_or_default();
        format!("{at} {}: {}; {}", finding.code, finding.message, finding.help.as_deref().unwrap_or("-"))
    };
    // What these tests declare and do not use is no part of them.
    findings.iter().filter(|finding| finding.code != "unused").map(line).collect::<Vec<_>>().join("\n")
}

/// A resource's fields as JSON.
fn fields(topology: &Topology, address: &str) -> String {
    let Some(resource) = topology.resources.get(&address.parse().unwrap()) else {
        let known: Vec<String> = topology.resources.keys().map(ToString::to_string).collect();
        panic!("there is no {address}, but {}", known.join("\n"));
    };
    let shown = resource.fields.iter().map(|(name, value)| (name.clone(), value.to_shown()));
    serde_json::Value::Object(shown.collect()).to_string()
}

/// The addresses below a prefix, and of which declaration.
fn origins(topology: &Topology, prefix: &str) -> Vec<String> {
    let found = topology.resources.values().filter(|resource| resource.address.to_string().starts_with(prefix));
    let shown = found.map(|resource| match &resource.origin {
        Some(origin) => format!("{} of {origin}", resource.address),
        None => resource.address.to_string(),
    });
    shown.collect()
}
