//! What a workspace says of itself, with its expressions carried out: they may name variables, which are known before
//! anything else is.

use std::collections::BTreeMap;

use super::input::Input;
use super::{Options, misfit};
use crate::finding::{Finding, PathKey, Place};
use crate::source::{Node, Tree, WORKSPACE_FILE, decode};
use crate::topology::each;
use crate::topology::envelope::{SecretSource, Variable, Workspace};
use crate::topology::environment;
use crate::topology::expression::{
    self, Expression, ExpressionName, Known, KnownFor, Segment, Term, is_plain, name as name_of, partly, segments,
};
use crate::topology::settled::{settle, settled};
use crate::topology::variable_files;
use crate::topology::variables::Variables;

/// What a workspace says of itself.
pub(super) struct OwnSettings {
    /// What it says.
    pub envelope: Workspace,
    /// The place that its keys stand below.
    pub place: Place,
    /// Its variables.
    pub variables: Variables,
    /// Where each of its secrets is declared.
    secret_places: BTreeMap<String, Place>,
}

impl OwnSettings {
    /// Reads the envelope.
    pub(super) fn read(input: &Input, tree: &dyn Tree, options: &Options, findings: &mut Vec<Finding>) -> OwnSettings {
        let place = Place::file(WORKSPACE_FILE);
        let mut settings = OwnSettings {
            envelope: Workspace::default(),
            place: place.clone(),
            variables: Variables::default(),
            secret_places: BTreeMap::new(),
        };
        let Some(root) = input.workspace() else { return settings };
        // What does not fit in them is told with all else.
        let declared = root.get("vars").and_then(|vars| decode::<BTreeMap<String, Variable>>(vars.clone()).0);
        let read = |path: &str, place: &Place| {
            let named_in = input.layers.of(place).file;
            variable_files::read(tree, &named_in, path, options.max_file_bytes)
        };
        let (declared, vars) = (declared.unwrap_or_default(), root.get("vars"));
        settings.variables = Variables::new(&declared, vars, &options.vars, &read, &place, findings);
        let mut own = Vec::new();
        for (key, node) in if let Node::Map(entries) = root { entries.as_slice() } else { &[] } {
            let here = place.below(key);
            let node = match &**key {
                "workspace" => settled(node, None, &settings.variables, &here, findings),
                "ledger" => settings.ledger(node, &here, findings),
                "secrets" => settings.secrets(node, &here, findings),
                key if Workspace::KEYS.contains(&key) => node.clone(),
                _ => continue,
            };
            own.push((key.clone(), node));
        }
        findings.extend(settings.shared_ledger(root, input, options));
        let (workspace, misfits) = decode::<Workspace>(Node::Map(own));
        let is_told = misfits.iter().any(|misfit| misfit.path == [PathKey::Name("workspace".into())]);
        findings.extend(misfits.into_iter().map(|found| settings.placed(misfit(found, &place))));
        settings.envelope = workspace.unwrap_or_default();
        if settings.envelope.workspace.is_empty() && !is_told {
            let finding = Finding::error("missing-field", "the workspace has no name");
            findings.push(finding.help("add `workspace: NAME`: it marks what belongs to it").at(&place));
        }
        settings
    }

    /// The secrets that the envelope declares, each with where it does.
    pub(super) fn secret_sources(&self) -> BTreeMap<String, (SecretSource, Place)> {
        let place = |name: &String| {
            let plain = || self.place.below("secrets").below(name).key();
            self.secret_places.get(name).cloned().unwrap_or_else(plain)
        };
        self.envelope.secrets.iter().map(|(name, source)| (name.clone(), (source.clone(), place(name)))).collect()
    }

    /// Where the ledger is. The secrets that it names stay, as they are not known yet.
    fn ledger(&self, node: &Node, place: &Place, findings: &mut Vec<Finding>) -> Node {
        let mut scope = Known { each: None, variables: &self.variables, purpose: KnownFor::Workspace };
        settle(node, place, &mut Vec::new(), &mut |text, place| {
            if let Some(secret) = secret(text, scope) {
                return secret;
            }
            let value = expression::text(text, &mut scope);
            value.map_or_else(
                |finding| {
                    findings.push(finding.at(place));
                    Node::Text(text.to_owned())
                },
                |value| value.unwrap_or(Node::Null),
            )
        })
    }

    /// Where secrets come from: one source under a name, or one for each of others.
    fn secrets(&mut self, node: &Node, place: &Place, findings: &mut Vec<Finding>) -> Node {
        let Node::Map(entries) = node else { return node.clone() };
        let mut sources = Vec::with_capacity(entries.len());
        for (label, source) in entries {
            let here = place.below(label);
            let mut source = source.clone();
            let each = if let Node::Map(own) = &mut source { each::take(own, false) } else { None };
            let items = match each.map(|each| each.items(None, &self.variables)) {
                None => vec![None],
                Some(Ok(items)) => items.into_iter().map(Some).collect(),
                Some(Err(finding)) => {
                    findings.push(finding.at(&here.below(each::KEY)));
                    continue;
                }
            };
            for each in items {
                let here = each.iter().fold(here.clone(), |here, each| here.for_item(&each.key));
                let name = match each::name(label, each.as_ref(), &self.variables) {
                    Ok(name) => name,
                    Err(finding) => {
                        findings.push(finding.at(&here.key()));
                        continue;
                    }
                };
                if let Some(first) = self.secret_places.insert(name.clone(), here.clone().key()) {
                    let finding = Finding::error("duplicate-key", format!("secret `{name}` is declared twice"));
                    let finding = finding.help("put `${each.key}` into the name, or keep one of the two");
                    findings.push(finding.at(&here.key()).also(&first, "declared here first"));
                    continue;
                }
                sources.push((name.into(), self.source(&source, each.as_ref(), &here, findings)));
            }
        }
        Node::Map(sources)
    }

    /// A source. In what a program is given, whatever is no expression of ours may mean something to it.
    fn source(&self, node: &Node, each: Option<&each::Each>, place: &Place, findings: &mut Vec<Finding>) -> Node {
        let mut scope = Known { each, variables: &self.variables, purpose: KnownFor::Workspace };
        settle(node, place, &mut Vec::new(), &mut |text, at| {
            let is_argument = at.path.get(place.path.len()) == Some(&PathKey::Name("command".into()));
            match expression::text(text, &mut scope) {
                Ok(value) => value.unwrap_or(Node::Null),
                Err(finding) if is_argument && finding.code == "bad-expression" => Node::Text(text.to_owned()),
                Err(finding) => {
                    findings.push(finding.at(at));
                    Node::Text(text.to_owned())
                }
            }
        })
    }

    /// The finding of an environment without a ledger of its own.
    fn shared_ledger(&self, root: &Node, input: &Input, options: &Options) -> Option<Finding> {
        let (name, ledger) = (options.environment.as_deref()?, root.get("ledger")?);
        let place = self.place.below("ledger");
        let is_own = input.layers.of(&place).file != place.file || has_expression(ledger);
        let keeps_place = ["file", "git", "postgres", "s3"].iter().any(|key| ledger.get(key).is_some());
        (keeps_place && !is_own).then(|| environment::shared_ledger(name, &place.key()))
    }

    /// The same finding where the secret that it is about is declared, which may be a name with an expression in it.
    fn placed(&self, finding: Finding) -> Finding {
        let Some(place) = &finding.place else { return finding };
        let [PathKey::Name(key), PathKey::Name(name), below @ ..] = place.path.as_slice() else { return finding };
        match self.secret_places.get(&**name).filter(|_| &**key == "secrets") {
            Some(declared) => {
                let found = declared.further(below.iter().cloned());
                let place = Place { at_key: place.at_key, ..found };
                finding.at(&place)
            }
            None => finding,
        }
    }
}

/// A text that names a secret and nothing else, the variables in its name carried out.
fn secret(text: &str, scope: Known<'_>) -> Option<Node> {
    match segments(text).ok()?.as_slice() {
        [Segment::Expression(Expression { term: Term::Name(parts), text: written, .. })] => {
            match name_of(parts, written, scope).ok()?? {
                ExpressionName::Secret(_) => partly(text, scope).ok(),
                _ => None,
            }
        }
        _ => None,
    }
}

/// Says whether a text in a node, but none that is a secret, holds an expression.
fn has_expression(node: &Node) -> bool {
    match node {
        Node::Text(text) => !is_plain(text) && !text.trim_start().starts_with("${secret."),
        Node::List(items) => items.iter().any(has_expression),
        Node::Map(entries) => entries.iter().any(|(_, value)| has_expression(value)),
        Node::Null | Node::Bool(_) | Node::Number(_) | Node::Spelt(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use crate::topology::testing::try_load;
    use crate::topology::{LedgerPlace, Loaded};

    fn loaded(head: &str) -> Result<Loaded, Vec<String>> {
        try_load(&[("trueup.yaml", head)]).map_err(|findings| {
            findings
                .iter()
                .map(|finding| format!("{} {}", finding.code, finding.location().unwrap_or_default()))
                .collect()
        })
    }

    #[test]
    fn what_a_workspace_says_of_itself_may_name_variables() {
        let vars = "vars: { x: { default: prod }, n: { default: { a: 1 } } }\n";
        let topology =
            |text: &str| loaded(&format!("{text}{vars}")).unwrap_or_else(|told| panic!("{text}: {told:?}")).topology;
        assert_eq!(topology("workspace: 'w-${var.x}'\n").workspace, "w-prod");
        let file = |path: &str| LedgerPlace::File(path.into());
        assert_eq!(topology("workspace: w\nledger: { file: 'l/${var.x}.json' }\n").ledger, file("l/prod.json"));
        let LedgerPlace::Git { reference, remote } =
            topology("workspace: w\nledger: { git: { ref: 'refs/trueup/${upper(var.x)}', remote: '${var.x}' } }\n")
                .ledger
        else {
            panic!("no ref")
        };
        assert_eq!((reference.as_str(), remote.as_deref()), ("refs/trueup/PROD", Some("prod")));
        for (text, told) in [
            ("workspace: 'w-${secret.x}'\n", "bad-expression trueup.yaml:1:17"),
            ("workspace: 'w-${each.key}'\n", "no-each trueup.yaml:1:17"),
            ("workspace: 'w-${var.none}'\n", "unknown-variable trueup.yaml:1:17"),
            ("workspace: w\nledger: { file: 'l/${var.n}.json' }\n", "bad-expression trueup.yaml:2:22"),
            ("workspace: w\nsecrets: { s: { env: 'PW_${var.none}' } }\n", "unknown-variable trueup.yaml:2:28"),
            ("workspace: w\nsecrets: { s: { command: [sh, '${var.none}'] } }\n", "unknown-variable trueup.yaml:2:34"),
        ] {
            let found = loaded(&format!("{text}{vars}")).err().unwrap_or_default();
            assert!(found.iter().any(|line| line == told), "{text}: {found:?}");
        }
    }

    #[test]
    fn secrets_are_declared_for_each_of_others() {
        let head = "workspace: w\nvars: { sites: { default: [oslo, paris] }, dir: { default: keys } }\nsecrets:\n  \
                    'psk-${each.key}': { each: '${var.sites}', file: '${var.dir}/${each.key}' }\n  \
                    plain: { command: [sh, -c, 'echo ${HOME} $PATH'] }\n";
        let all = |head: &str| {
            let options = crate::topology::Options {
                secrets: crate::topology::SecretMode::Unasked,
                ..crate::topology::Options::default()
            };
            let folder = crate::topology::testing::workspace(&[("trueup.yaml", head)]);
            crate::topology::load(folder.path(), crate::topology::testing::CATALOGUE, &options)
        };
        let found = match all(head) {
            Ok(loaded) => loaded.findings,
            Err(findings) => findings,
        };
        let unused: Vec<&str> =
            found.iter().filter(|finding| finding.code == "unused").map(|it| it.message.as_str()).collect();
        assert!(unused.iter().any(|line| line.contains("psk-oslo")), "{found:?}");
        assert!(found.iter().all(|finding| !finding.is_error()), "{found:?}");
        let twice = head.replace("'psk-${each.key}'", "psk");
        let found = all(&twice).err().unwrap_or_default();
        assert!(found.iter().any(|finding| finding.code == "duplicate-key"), "{found:?}");
    }
}
