//! Texts of files that stand as values: `${file("rules.yaml")}`. They lie below the workspace and are read as all its files
//! are, so that a revision has its own; what looks like an expression in them is none.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::expression::{files_named, is_plain};
use super::layers::Layers;
use crate::finding::{Finding, Place};
use crate::source::{Node, Tree, TreeError, within};

/// Adds the paths in the workspace of the files whose texts a document names, but its own: they declare nothing.
pub(crate) fn named(file: &str, node: &Node, found: &mut BTreeSet<String>) {
    match node {
        Node::Text(text) if !is_plain(text) => {
            let names = files_named(text).into_iter().filter_map(|path| within(file, &path));
            found.extend(names.filter(|path| path != file));
        }
        Node::List(items) => items.iter().for_each(|item| named(file, item, found)),
        Node::Map(entries) => entries.iter().for_each(|(_, value)| named(file, value, found)),
        Node::Null | Node::Bool(_) | Node::Number(_) | Node::Spelt(_) | Node::Text(_) => {}
    }
}

/// The texts of a workspace, each read once.
pub(crate) struct Texts<'t> {
    tree: &'t dyn Tree,
    limit: u64,
    known: BTreeMap<String, String>,
    /// What the environment gave, whose file the paths in it are relative to.
    layers: Arc<Layers>,
}

impl<'t> Texts<'t> {
    /// The texts of a tree's files, none larger than `limit`.
    pub(crate) fn new(tree: &'t dyn Tree, limit: u64, layers: Arc<Layers>) -> Texts<'t> {
        Texts { tree, limit, known: BTreeMap::new(), layers }
    }

    /// Where a value was given.
    pub(crate) fn given_at(&self, place: &Place) -> Place {
        self.layers.of(place)
    }

    /// The text of the file that a path means in the file that names it.
    ///
    /// # Errors
    /// There is no such text.
    pub(crate) fn get(&mut self, named_in: &str, path: &str) -> Result<String, Box<Finding>> {
        let say = |code, why: &str, help: &str| {
            Box::new(Finding::error(code, format!("`{path}` can't be taken as text: {why}")).help(help))
        };
        let outside = || {
            let help = "paths are relative to the file that names them; copy it into the workspace";
            say("outside-workspace", "it leads out of the workspace", help)
        };
        let inside = within(named_in, path).ok_or_else(outside)?;
        if let Some(known) = self.known.get(&inside) {
            return Ok(known.clone());
        }
        let bytes = self.tree.read(&inside, self.limit).map_err(|error| match error {
            TreeError::Outside => outside(),
            error => say("unreadable-content", &error.to_string(), "paths are relative to the file that names them"),
        })?;
        let text = String::from_utf8(bytes).map_err(|_| {
            say(
                "unreadable-content",
                "it is no text in UTF-8",
                "name a text file; what is none is for fields of type file",
            )
        })?;
        self.known.insert(inside, text.clone());
        Ok(text)
    }

    /// What was read, by path.
    pub(crate) fn read(&self) -> impl Iterator<Item = (&str, &str)> {
        self.known.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use crate::attr::Attr;
    use crate::providers::CATALOGUE;
    use crate::topology::Topology;
    use crate::topology::testing::{TRUEUP, workspace};
    use crate::topology::{Options, load};

    /// One resource for each provider that has a text of its own, and the field.
    const TEXTS: [(&str, &str, &str); 4] = [
        ("vns3", "webhooks: { w: { url: 'https://h.example', body: 'TEXT' } }", "t/webhooks/w.body"),
        ("cloudify", "user-groups: { g: { ldap_group_dn: 'TEXT' } }", "t/user-groups/g.ldap_group_dn"),
        ("f5-vnfm", "user-groups: { g: { ldap_group_dn: 'TEXT' } }", "t/user-groups/g.ldap_group_dn"),
        ("netfoundry", "networks: { n: { networkGroupId: g, provider: AWS, region: 'TEXT' } }", "t/networks/n.region"),
    ];

    /// A file with one target of a provider that declares this.
    fn declaring(provider: &str, kinds: &str, text: &str) -> String {
        let url = "https://netfoundry-production-abc.auth.us-east-1.amazoncognito.com/oauth2/token";
        let head = match provider {
            "vns3" => "at: https://h.example:8000/api\n    credentials: { password: '${var.pw}' }".to_owned(),
            "netfoundry" => format!(
                "at: https://gateway.production.netfoundry.io\n    \
                 credentials: {{ clientId: a, password: '${{var.pw}}', authenticationUrl: '{url}' }}"
            ),
            _ => {
                "at: https://h.example/api/v3.1\n    tenant: d\n    credentials: { username: a, password: '${var.pw}' }"
                    .to_owned()
            }
        };
        format!("{provider}:\n  t:\n    {head}\n    {}\n", kinds.replace("TEXT", text))
    }

    fn value(topology: &Topology, at: &str) -> Attr {
        let (address, field) = at.rsplit_once('.').unwrap();
        topology.resources[&address.parse().unwrap()].fields[field].clone()
    }

    fn loaded(text: &str, files: &[(&str, &str)]) -> Result<Topology, Vec<String>> {
        let mut all = vec![("trueup.yaml", TRUEUP), ("sub/all.yaml", text)];
        all.extend(files);
        let told = |findings: Vec<crate::finding::Finding>| -> Vec<String> {
            findings
                .iter()
                .filter(|finding| finding.is_error())
                .map(|finding| format!("{}: {}", finding.code, finding.message))
                .collect()
        };
        match load(workspace(&all).path(), CATALOGUE, &Options::default()) {
            Ok(loaded) => match told(loaded.findings) {
                errors if errors.is_empty() => Ok(loaded.topology),
                errors => Err(errors),
            },
            Err(findings) => Err(told(findings)),
        }
    }

    const RULES: &str = "vars:\n  home: ${HOME} $${x} ${var.none}\nrule-files: [a]\n";

    #[test]
    fn a_file_s_text_is_a_value_and_nothing_in_it_is_carried_out() {
        for (provider, kinds, at) in TEXTS {
            for way in ["${file(\"rules.yaml\")}", "${ file(\"./rules.yaml\") }", "${file(\"../sub/rules.yaml\")}"] {
                let text = declaring(provider, kinds, way);
                let topology =
                    loaded(&text, &[("sub/rules.yaml", RULES)]).unwrap_or_else(|told| panic!("{way}: {told:?}"));
                assert_eq!(value(&topology, at), Attr::text(RULES), "{provider} {way}");
                // The configuration is another one when the file is.
                let other = loaded(&text, &[("sub/rules.yaml", "other: 1\n")]).unwrap();
                assert_ne!(topology.digest, other.digest, "{provider}");
            }
            let within = declaring(provider, kinds, "a ${file(\"rules.txt\")}c");
            let topology = loaded(&within, &[("sub/rules.txt", "b\n")]).unwrap();
            assert_eq!(value(&topology, at), Attr::text("a b\nc"), "{provider}");
        }
    }

    #[test]
    fn what_is_no_text_of_the_workspace_is_told() {
        for (provider, kinds, _) in TEXTS {
            for (way, code) in [
                ("${file(\"none.yaml\")}", "unreadable-content"),
                ("${file(\"../../etc/passwd\")}", "outside-workspace"),
                ("${file(\"/etc/passwd\")}", "outside-workspace"),
                ("${file(\"https://h.example/a\")}", "outside-workspace"),
                ("${file(\".\")}", "unreadable-content"),
                ("${file(rules.yaml)}", "bad-expression"),
                ("${file(\"\")}", "bad-expression"),
                ("${file()}", "bad-expression"),
                ("${file}", "bad-expression"),
            ] {
                let told = loaded(&declaring(provider, kinds, way), &[]).err().unwrap_or_default();
                assert!(told.iter().any(|line| line.starts_with(code)), "{provider} {way}: {told:?}");
            }
        }
    }

    /// A link within the workspace is followed, and one out of it is not.
    #[cfg(unix)]
    #[test]
    fn a_link_does_not_lead_out() {
        let (provider, kinds, at) = TEXTS[0];
        let text = declaring(provider, kinds, "${file(\"link.txt\")}");
        let outside = workspace(&[("far.txt", "far\n")]);
        let folder = workspace(&[("trueup.yaml", TRUEUP), ("all.yaml", &text), ("near.txt", "near\n")]);
        let link = folder.path().join("link.txt");
        std::os::unix::fs::symlink(folder.path().join("near.txt"), &link).unwrap();
        let loaded = load(folder.path(), CATALOGUE, &Options::default()).unwrap();
        assert_eq!(value(&loaded.topology, at), Attr::text("near\n"));
        std::fs::remove_file(&link).unwrap();
        std::os::unix::fs::symlink(outside.path().join("far.txt"), &link).unwrap();
        let findings = match load(folder.path(), CATALOGUE, &Options::default()) {
            Ok(loaded) => loaded.findings,
            Err(findings) => findings,
        };
        assert!(findings.iter().any(|finding| finding.code == "outside-workspace"), "{findings:?}");
    }

    #[test]
    fn what_must_not_be_shown_is_in_no_file_of_the_workspace() {
        let text = "vns3:\n  t:\n    at: https://h.example:8000/api\n    credentials: { password: '${file(\"pw.txt\")}' }\n    \
                    links:\n      l: { id: 1, name: l, conf: '${file(\"conf.txt\")}' }\n";
        let told = loaded(text, &[("sub/pw.txt", "word"), ("sub/conf.txt", "client")]).err().unwrap_or_default();
        assert_eq!(told.iter().filter(|line| line.starts_with("secret-file")).count(), 2, "{told:?}");
        assert!(!told.iter().any(|line| line.contains("word") || line.contains("client")), "{told:?}");
    }
}
