//! Content that fields name: what stands there declares nothing.

use crate::source::{Node, within};
use crate::spec::{Provider, Type};

/// Paths in the workspace that fields of type file name: what stands there is content, not declarations.
pub(crate) fn claims(catalogue: &'static [&'static Provider], file: &str, root: &Node, found: &mut Vec<String>) {
    for provider in catalogue {
        let Some(Node::Map(targets)) = root.get(provider.name) else { continue };
        for (_, target) in targets {
            claims_below(provider, None, file, target, found);
        }
    }
}

fn claims_below(provider: &'static Provider, parent: Option<&str>, file: &str, above: &Node, found: &mut Vec<String>) {
    for kind in provider.children(parent) {
        let Some(node) = above.get(kind.name) else { continue };
        let resources: Vec<&Node> = match node {
            Node::Map(entries) if !kind.identity.is_single() => entries.iter().map(|(_, value)| value).collect(),
            other => vec![other],
        };
        for resource in resources {
            for field in kind.fields.iter().filter(|field| matches!(field.ty, Type::File(_))) {
                let path = resource.get(field.name).and_then(Node::as_text);
                // A folder that holds the very file that names it can't be content alone.
                found.extend(path.and_then(|path| within(file, path)).filter(|path| !covers(path, file)));
            }
            claims_below(provider, Some(kind.name), file, resource, found);
        }
    }
}

/// Says whether a path is, or lies in, a claimed one.
pub(crate) fn covers(claim: &str, path: &str) -> bool {
    claim.is_empty() || path.strip_prefix(claim).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
