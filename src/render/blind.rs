//! The report of a look that showed nothing at all: a headline, and no sum that would read as all clear.

use crate::render::document::PlanDocument;
use crate::render::markdown::code;
use crate::render::page::{Style, TextPage, Tone};
use crate::render::summary;

/// The headline as text.
pub(crate) fn text(document: &PlanDocument, headline: &str, style: Style) -> String {
    let mut page = TextPage::new(style);
    page.line(0, Tone::Gone, &format!("{}: {headline}", title(document)));
    page.finish()
}

/// The headline as markdown.
pub(crate) fn markdown(document: &PlanDocument, headline: &str) -> String {
    format!("## {}: {headline}\n", code(&title(document)))
}

fn title(document: &PlanDocument) -> String {
    summary::title(&document.workspace, document.environment.as_deref(), document.commit.as_deref())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::testing::{PLAIN, World};

    #[test]
    fn it_names_the_workspace_and_nothing_else() {
        let document = World::new().document();
        insta::assert_snapshot!(text(&document, "could not look at 2 of 2 targets", PLAIN), @"acme-wan at 3f2a1c9: could not look at 2 of 2 targets");
        insta::assert_snapshot!(markdown(&document, "could not look at 2 of 2 targets"), @"## `acme-wan at 3f2a1c9`: could not look at 2 of 2 targets");
    }
}
