//! What is uploaded can be read: an archive is whole, and its documents are YAML.
//!
//! A server finds that out when the upload has been made, and what was to be made from it waits.

use std::cell::RefCell;
use std::collections::BTreeSet;

use crate::check::{Subject, rule};
use crate::finding::Finding;
use crate::source::is_document;
use crate::spec::{Field, Folders, Type};
use crate::topology::{FileContent, Resource, Topology};

rule! {
    /// Content is a broken archive, or lacks the document that is read first, or holds a document that is no YAML.
    "broken-content" is Fixed;
    bad: "";
    good: "";
}

fn run(subject: &Subject) -> Vec<Finding> {
    find(subject.topology)
}

/// The findings on content that is here.
pub(crate) fn find(topology: &Topology) -> Vec<Finding> {
    topology.resources.values().flat_map(of).collect()
}

fn of(resource: &Resource) -> Vec<Finding> {
    let mut found = Vec::new();
    for field in resource.kind.fields {
        let (Type::File(folders), Some(content)) = (field.ty, resource.files.get(field.name)) else { continue };
        let (troubles, help) = match damage(folders, content) {
            Some(trouble) => (vec![trouble], "pack it again, or name the folder itself"),
            None => (troubles(resource, field, content), "the server reads it when it is uploaded: put it right there"),
        };
        let finding = |trouble| Finding::error(RULE.code, trouble).help(help).at(&resource.place_of(field.name));
        found.extend(troubles.into_iter().map(finding));
    }
    found
}

/// Why what has to be an archive is none. What was packed here is whole.
fn damage(folders: Folders, content: &FileContent) -> Option<String> {
    if folders == Folders::Refused || content.packed.is_some() {
        return None;
    }
    let damage = content.read()?.damage.as_ref()?;
    Some(format!("`{}` is no whole archive: {damage}", content.path))
}

/// What is wrong with the documents that are read.
fn troubles(resource: &Resource, field: &Field, content: &FileContent) -> Vec<String> {
    let Some(documents) = field.documents_in else { return Vec::new() };
    let (Some(read), Some(main)) = (content.read(), resource.text_of(documents.document)) else { return Vec::new() };
    let is_there = read.documents.contains_key(&main) || read.broken.contains_key(&main);
    // Of what is in a format that is not read here nothing is known.
    let is_readable = content.packed.is_some() || !(read.documents.is_empty() && read.broken.is_empty());
    let is_sought = is_readable && !read.has_more && is_document(&main);
    if is_sought && !is_there {
        return vec![format!("`{}` holds no `{main}`", content.path)];
    }
    let opened = RefCell::new(BTreeSet::new());
    let _ = (documents.read)(&main, &|path| {
        opened.borrow_mut().insert(path.to_owned());
        read.documents.get(path).cloned()
    });
    let broken = read.broken.iter().filter(|(path, _)| opened.borrow().contains(*path));
    broken.map(|(path, why)| format!("`{path}` in `{}` is no YAML: {why}", content.path)).collect()
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write};

    use crate::providers::CATALOGUE;
    use crate::topology::testing::{TRUEUP, workspace, write};
    use crate::topology::{Options, load};

    fn zip(files: &[(&str, &str)]) -> Vec<u8> {
        let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (path, text) in files {
            archive.start_file(*path, zip::write::SimpleFileOptions::DEFAULT).unwrap();
            archive.write_all(text.as_bytes()).unwrap();
        }
        archive.finish().unwrap().into_inner()
    }

    /// What is told of content that each provider with blueprints or plugins is given.
    fn told(kinds: &str, files: &[(&str, &[u8])]) -> String {
        let told = ["cloudify", "f5-vnfm"].map(|provider| {
            let target = format!("{provider}:\n  c:\n    at: https://c.example/api/v3.1\n    credentials: {{ username: u, password: '${{var.pw}}' }}\n{kinds}");
            let folder = workspace(&[("trueup.yaml", TRUEUP), ("c.yaml", &target)]);
            for (path, bytes) in files {
                write(folder.path(), path, bytes);
            }
            match load(folder.path(), CATALOGUE, &Options::default()) {
                Ok(_) => String::new(),
                Err(findings) => {
                    assert!(findings.iter().all(|finding| finding.code == "broken-content"), "{findings:?}");
                    assert!(findings.iter().all(|finding| finding.spot.is_some() && finding.help.is_some()));
                    findings.iter().map(|finding| format!("{finding}\n")).collect()
                }
            }
        });
        assert_eq!(told[0], told[1]);
        told[0].clone()
    }

    const DSL: &[u8] = b"tosca_definitions_version: cloudify_dsl_1_3\nimports: [lib/more.yaml]\n";

    #[test]
    fn a_blueprint_that_no_server_can_read_is_told() {
        let folder = "    blueprints: { r: { source: bp } }\n";
        let more = ("bp/lib/more.yaml", &b"inputs: {}\n"[..]);
        assert_eq!(told(folder, &[("bp/blueprint.yaml", DSL), more]), "");
        assert_eq!(told(folder, &[("bp/blueprint.yaml", DSL), ("bp/lib/more.yaml", b"a: 1\na: 2\n")]), "");
        assert!(told(folder, &[("bp/other.yaml", DSL)]).starts_with("`bp` holds no `blueprint.yaml`"));
        let broken = told(folder, &[("bp/blueprint.yaml", b"a: [1"), more]);
        assert!(broken.starts_with("`blueprint.yaml` in `bp` is no YAML: "), "{broken}");
        let broken = told(folder, &[("bp/blueprint.yaml", DSL), ("bp/lib/more.yaml", b"a: {")]);
        assert!(broken.starts_with("`lib/more.yaml` in `bp` is no YAML: "), "{broken}");
        // What is not read may be anything, as a template.
        assert_eq!(told(folder, &[("bp/blueprint.yaml", DSL), more, ("bp/x.yaml", b"{% if a %}")]), "");
        let named = "    blueprints: { r: { source: bp, main_file_name: other.yaml } }\n";
        assert_eq!(told(named, &[("bp/other.yaml", b"a: 1")]), "");
    }

    #[test]
    fn an_archive_that_is_none_is_told() {
        let whole = zip(&[("bp/blueprint.yaml", "a: 1"), ("bp/x", "y")]);
        let blueprint = "    blueprints: { r: { source: bp.zip } }\n";
        let plugin = "    plugins: { p: { package_name: p, package_version: '1', source: bp.zip } }\n";
        for kinds in [blueprint, plugin] {
            assert_eq!(told(kinds, &[("bp.zip", &whole)]), "");
            assert_eq!(told(kinds, &[("bp.zip", b"BZh9 is not read")]), "");
            for broken in [&whole[..whole.len() / 2], b"PK\x03\x04 and so on", b"\x1f\x8b\x08", b"<html>", b""] {
                let told = told(kinds, &[("bp.zip", broken)]);
                assert!(told.starts_with("`bp.zip` is no whole archive: "), "{broken:?}: {told}");
            }
        }
        assert!(told(blueprint, &[("bp.zip", &zip(&[("bp/x.yaml", "a: 1")]))]).starts_with("`bp.zip` holds no"));
    }
}
