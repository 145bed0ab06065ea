//! The updates of NetFoundry's examples: what changed, and always the name.

use serde_json::{Value, json};

use crate::bench::Bench;
use crate::support::Sim;

const BEFORE: &str = "
netfoundry:
  nf:
    at: https://gateway.production.netfoundry.io
    networks:
      acme:
        networkGroupId: nf Group
        region: us-east-2
        edge-routers: { branch-42: { attributes: ['#branch'], tunnelerEnabled: true } }
        endpoints: { branch-42: { attributes: ['#branch'] } }
        services:
          git:
            attributes: ['#dev']
            modelType: TunnelerToEndpoint
            model:
              clientIngress: { host: git.acme.internal, port: 443 }
              serverEgress: { protocol: tcp, host: 10.20.0.15, port: 8443 }
              bindEndpointAttributes: ['#dc-tunnelers']
              edgeRouterAttributes: ['#all']
        app-wans: { dev-access: { serviceAttributes: ['#dev'], endpointAttributes: ['#staff'] } }
";

#[test]
fn updates_are_written_as_documented() {
    let sim = Sim::start();
    let bench = Bench::of(&[("trueup.yaml", "workspace: updates\n"), ("nf.yaml", BEFORE)], &sim);
    bench.apply();
    bench.apply();
    bench.edit(
        "nf.yaml",
        "endpoints: { branch-42: { attributes: ['#branch']",
        "endpoints: { branch-42: { attributes: ['#branch-exits']",
    );
    bench.edit("nf.yaml", "10.20.0.15", "10.20.0.16");
    bench.edit("nf.yaml", "endpointAttributes: ['#staff']", "endpointAttributes: ['#staff', '#contractors']");
    let plan = bench.plan();
    let calls = plan["steps"].as_array().unwrap().iter().flat_map(|step| step["calls"].as_array().unwrap());
    let mut sent: Vec<(&Value, &Value)> = calls.map(|call| (&call["method"], &call["body"])).collect();
    sent.sort_by_key(|(_, body)| body["name"].as_str());
    let model = json!({
        "clientIngress": { "host": "git.acme.internal", "port": 443 },
        "serverEgress": { "protocol": "tcp", "host": "10.20.0.16", "port": 8443 },
        "bindEndpointAttributes": ["#dc-tunnelers"], "edgeRouterAttributes": ["#all"]
    });
    let patch = json!("PATCH");
    let expected = [
        json!({ "name": "branch-42", "attributes": ["#branch-exits"] }),
        json!({ "name": "dev-access", "endpointAttributes": ["#staff", "#contractors"] }),
        json!({ "name": "git", "modelType": "TunnelerToEndpoint", "model": model }),
    ];
    assert_eq!(sent, expected.iter().map(|body| (&patch, body)).collect::<Vec<_>>());
    bench.apply();
    bench.run(&["plan", "--exit-code"]).expect(0);
}
