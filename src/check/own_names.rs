//! A line begins with the name of its resource: by itself, where nothing puts it there. Of the others, one that has it was
//! taken without it.

use crate::check::walk::{WalkStep, place, walk};
use crate::check::{Subject, rule};
use crate::finding::Finding;
use crate::spec::Type;
use crate::topology::Resource;

rule! {
    /// A line lacks its resource's own name, where it has to begin with it; or it is nothing else.
    "own-name" is Fixed;
    bad: "firewall-subtables: { web: { type: forward, rules: [{ rule: -j DROP }] } }";
    good: "firewall-subtables: { web: { type: forward, rules: [{ rule: web -j DROP }] } }";
}

fn run(subject: &Subject) -> Vec<Finding> {
    subject.topology.resources.values().flat_map(of).collect()
}

fn of(resource: &Resource) -> Vec<Finding> {
    let mut found = Vec::new();
    walk(resource, &mut |field, ty, value, path| {
        let Type::Phrase(grammar) = ty else { return };
        let first = value.as_text().and_then(|text| text.split_whitespace().next());
        let (Some(first), Some(name)) = (first, resource.address.name()) else { return };
        let is_put_there = matches!(path.last(), Some(WalkStep::Index(_)));
        let (begins, help) = match (is_put_there, first == name) {
            _ if !grammar.own_name => return,
            (true, true) => ("begins", format!("say what follows: `{name}` is put before each line anyway")),
            (false, false) => ("does not begin", format!("write `{name}` before it")),
            _ => return,
        };
        let message = format!("a line in `{}` of `{}` {begins} with `{name}`", field.name, resource.address);
        found.push(Finding::error(RULE.code, message).help(help).at(&place(resource, path)));
    });
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_begins_with_the_name_once() {
        let kinds = "firewall-v1-subgroups: { FWD_C_web: { rules: [-p tcp -j FWD_C_web2, FWD_C_web2 -j DROP] } }\n\
                     firewall-v1-fwsets: { NETS_A: { entries: [NETS_AB, 10.0.0.0/8] } }\n\
                     firewall-v1-rules: [ { rule: FWD_C_web -j ACCEPT } ]\n";
        let codes = |text: &str| {
            let folder = crate::topology::testing::workspace(&[
                ("trueup.yaml", crate::topology::testing::TRUEUP),
                ("all.yaml", text),
            ]);
            let loaded = crate::topology::load(folder.path(), crate::providers::CATALOGUE, &Default::default());
            let findings = match loaded {
                Ok(loaded) => loaded.findings,
                Err(findings) => findings,
            };
            let own = findings.into_iter().filter(|finding| finding.code == RULE.code);
            let mut messages: Vec<String> = own.map(|finding| finding.message).collect();
            messages.sort();
            messages
        };
        let text = |kinds: &str| {
            let kinds = crate::topology::testing::indented(kinds);
            let credentials = "{ username: api, password: '${var.pw}' }";
            format!("vns3:\n  a:\n    at: https://host.example:8000/api\n    credentials: {credentials}\n{kinds}")
        };
        assert_eq!(codes(&text(kinds)), Vec::<String>::new());
        let subtable =
            |rule: &str| format!("firewall-subtables: {{ web: {{ type: forward, rules: [{{ rule: '{rule}' }}] }} }}");
        for (rule, is_told) in [("web -j DROP", false), (" web", false), ("web2 -j DROP", true), ("-j web", true)] {
            let told = codes(&text(&subtable(rule)));
            assert_eq!(told.len(), usize::from(is_told), "{rule}: {told:?}");
        }
        let twice = kinds.replace("[-p tcp", "[FWD_C_web -p tcp").replace("[NETS_AB", "[NETS_A 10.1.0.0/16");
        assert_eq!(codes(&text(&twice)), Vec::<String>::new());
        let twice = kinds.replace("[-p tcp", "[FWD_C_web, -p tcp").replace("[NETS_AB", "[NETS_A");
        assert_eq!(
            codes(&text(&twice)),
            [
                "a line in `entries` of `a/firewall-v1-fwsets/NETS_A` begins with `NETS_A`",
                "a line in `rules` of `a/firewall-v1-subgroups/FWD_C_web` begins with `FWD_C_web`"
            ]
        );
    }
}
