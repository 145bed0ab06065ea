//! The secrets of a workspace: where each comes from, where it goes, and whether it is what was applied.

use serde::Serialize;

use crate::render::Style;
use crate::render::markdown::code;
use crate::render::page::{TextPage, Tone};
use crate::render::words::{counted, number};

/// The number of the document's form.
const FORMAT: u32 = 1;

/// All secrets that a workspace declares.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct SecretsDocument {
    /// The number of the document's form: 1.
    pub format: u32,
    /// The workspace's name.
    pub workspace: String,
    /// The secrets, by name.
    pub secrets: Vec<ListedSecret>,
}

/// One secret, without its value.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct ListedSecret {
    /// Its name.
    pub name: String,
    /// The word for its source, as in `vault`.
    pub sort: String,
    /// The source in words.
    pub source: String,
    /// Where it is declared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub declared: Option<String>,
    /// Says whether anything refers to it.
    pub used: bool,
    /// When its value was written, where the source says that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub written: Option<String>,
    /// Why it can't be had.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
    /// Where it is used.
    pub uses: Vec<ListedUse>,
}

/// One use of a secret.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct ListedUse {
    /// The resource, or what else it is given to.
    pub at: String,
    /// The field.
    pub field: String,
    /// How it stands to what was applied: `matches`, `differs`, `never-applied`, or `not-kept` where nothing is.
    pub state: String,
    /// The run that applied it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<u64>,
    /// When that run ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
}

impl SecretsDocument {
    /// The document of a workspace. Of what can't be had, nobody knows whether it is what was applied.
    pub(crate) fn of(workspace: &str, mut secrets: Vec<ListedSecret>) -> SecretsDocument {
        for secret in secrets.iter_mut().filter(|secret| secret.trouble.is_some()) {
            for used in secret.uses.iter_mut().filter(|used| used.state != "not-kept") {
                *used = ListedUse { state: "unknown".into(), run: None, when: None, ..used.clone() };
            }
        }
        SecretsDocument { format: FORMAT, workspace: workspace.to_owned(), secrets }
    }

    fn headline(&self) -> String {
        let count = |is: fn(&&ListedSecret) -> bool| self.secrets.iter().filter(is).count();
        let (unused, missing) = (count(|it| !it.used), count(|it| it.trouble.is_some()));
        let mut text = format!("{}: {}", self.workspace, counted(self.secrets.len(), "secret"));
        if missing > 0 {
            text.push_str(&format!(", {} can't be had", number(missing)));
        }
        if unused > 0 {
            text.push_str(&format!(", {} unused", number(unused)));
        }
        text
    }
}

impl ListedSecret {
    fn about(&self) -> String {
        let written = self.written.as_ref().map(|when| format!(", written {when}")).unwrap_or_default();
        format!("{}{written}", self.source)
    }

    /// What is wrong with it, or odd.
    fn remark(&self) -> Option<String> {
        match (&self.trouble, self.used) {
            (Some(why), _) => Some(format!("it {why}")),
            (None, false) => Some("nothing refers to it".into()),
            (None, true) if self.uses.is_empty() => Some("used elsewhere in the files".into()),
            (None, true) => None,
        }
    }
}

impl ListedUse {
    fn stands(&self) -> String {
        let by = match (self.run, &self.when) {
            (Some(run), Some(when)) => format!("what run {run} applied ({when})"),
            (Some(run), None) => format!("what run {run} applied"),
            (None, _) => "what was applied".into(),
        };
        match self.state.as_str() {
            "matches" => format!("matches {by}"),
            "differs" => format!("differs from {by}"),
            "never-applied" => "never applied".into(),
            "unknown" => "not known".into(),
            _ => String::new(),
        }
    }
}

/// The list as text.
pub(crate) fn text(document: &SecretsDocument, style: Style) -> String {
    let mut page = TextPage::new(style);
    page.line(0, Tone::Strong, &document.headline());
    for secret in &document.secrets {
        page.gap();
        page.parts(0, &[(Tone::Strong, &secret.name), (Tone::Plain, "  "), (Tone::Faint, &secret.about())]);
        if let Some(remark) = secret.remark() {
            page.line(1, Tone::Notice, &remark);
        }
        for used in &secret.uses {
            let stands = used.stands();
            let tone = if used.state == "differs" { Tone::Changed } else { Tone::Plain };
            let what = if used.field.is_empty() { used.at.clone() } else { format!("{}: {}", used.at, used.field) };
            let gap = if stands.is_empty() { "" } else { "  " };
            page.parts(1, &[(Tone::Plain, &what), (Tone::Plain, gap), (tone, &stands)]);
        }
    }
    page.finish().trim_end().to_owned() + "\n"
}

/// The list as markdown.
pub(crate) fn markdown(document: &SecretsDocument) -> String {
    let mut text = format!("## {}\n", code(&document.headline()));
    for secret in &document.secrets {
        text.push_str(&format!("\n- {}: {}\n", code(&secret.name), code(&secret.about())));
        if let Some(remark) = secret.remark() {
            text.push_str(&format!("  - {}\n", code(&remark)));
        }
        for used in &secret.uses {
            let stands = used.stands();
            let gap = if stands.is_empty() { "" } else { ": " };
            text.push_str(&format!("  - {}{gap}{stands}\n", code(&format!("{}: {}", used.at, used.field))));
        }
    }
    text
}

/// The list as JSON text.
pub(crate) fn json(document: &SecretsDocument) -> String {
    super::json(document)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn used(state: &str, run: Option<u64>, when: Option<&str>) -> ListedUse {
        ListedUse {
            at: "east/ipsec-endpoints/to-west".into(),
            field: "secret".into(),
            state: state.into(),
            run,
            when: when.map(str::to_owned),
        }
    }

    fn secret(name: &str, uses: Vec<ListedUse>) -> ListedSecret {
        ListedSecret {
            name: name.into(),
            sort: "file".into(),
            source: "file `psk`".into(),
            declared: Some("trueup.yaml:3:3".into()),
            used: !uses.is_empty(),
            written: None,
            trouble: None,
            uses,
        }
    }

    #[test]
    fn each_use_says_how_it_stands_to_what_was_applied() {
        let written = Some("2026-03-01T09:00:00Z".to_owned());
        let trouble = Some("is not in Vault: there is nothing at `secret/data/x`".to_owned());
        let document = SecretsDocument::of(
            "acme",
            vec![
                ListedSecret { written, ..secret("a", vec![used("matches", Some(12), Some("2026-03-02T09:00:00Z"))]) },
                secret("b", vec![used("differs", Some(12), None), used("never-applied", None, None)]),
                ListedSecret { trouble, ..secret("c", vec![used("differs", Some(12), None)]) },
                secret("old", vec![]),
            ],
        );
        let style = Style { color: false, width: 200 };
        assert_eq!(
            text(&document, style),
            "acme: 4 secrets, 1 can't be had, 1 unused\n\n\
             a  file `psk`, written 2026-03-01T09:00:00Z\n  \
             east/ipsec-endpoints/to-west: secret  matches what run 12 applied (2026-03-02T09:00:00Z)\n\n\
             b  file `psk`\n  \
             east/ipsec-endpoints/to-west: secret  differs from what run 12 applied\n  \
             east/ipsec-endpoints/to-west: secret  never applied\n\n\
             c  file `psk`\n  \
             it is not in Vault: there is nothing at `secret/data/x`\n  \
             east/ipsec-endpoints/to-west: secret  not known\n\n\
             old  file `psk`\n  nothing refers to it\n"
        );
        let shown: serde_json::Value = serde_json::from_str(&json(&document)).unwrap();
        assert_eq!(shown["secrets"][2]["uses"][0]["state"], "unknown");
        assert!(markdown(&document).contains("never applied"));
    }
}
