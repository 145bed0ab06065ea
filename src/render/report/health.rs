//! How connections and meshes of a fabric are after they were changed.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::render::ApplyDocument;
use crate::render::document::FabricFindingDocument;
use crate::render::page::{TextPage, Tone};
use crate::render::words::number;
use crate::verify::FabricHealth;

/// Declarations that are shown at a terminal; the JSON has all.
const FIRST: usize = 20;

/// The health of the connections and meshes that a run changed, as their controllers say. It is no failure of a step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct HealthDocument {
    /// How many are up, or of those of which nobody can tell.
    pub up: usize,
    /// Those that are down.
    pub down: Vec<FabricFindingDocument>,
}

impl ApplyDocument {
    /// The same, with what was seen of the health of the fabric.
    pub(crate) fn with_health(self, health: &FabricHealth) -> ApplyDocument {
        ApplyDocument { health: HealthDocument::of(health), ..self }
    }
}

impl HealthDocument {
    /// The document; `None` where nothing was asked about.
    pub(super) fn of(health: &FabricHealth) -> Option<HealthDocument> {
        let FabricHealth { asked, down } = health;
        let up = asked.saturating_sub(down.len());
        (*asked > 0).then(|| HealthDocument { up, down: down.iter().map(FabricFindingDocument::of).collect() })
    }

    /// Writes it.
    pub(super) fn write(&self, page: &mut TextPage) {
        let all = self.up + self.down.len();
        if self.down.is_empty() {
            return page.line(0, Tone::New, &format!("fabric: {} of {} up", number(self.up), number(all)));
        }
        page.gap();
        let heading = format!("fabric: {} of {} up, {} down", number(self.up), number(all), number(self.down.len()));
        page.line(0, Tone::Strong, &heading);
        page.limited(1, &self.down, FIRST, |page, finding| {
            page.parts(1, &[(Tone::Changed, "! "), (Tone::Plain, &finding.words)]);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::connections::FabricFinding;
    use crate::fabric::FabricOrigin;
    use crate::render::testing::PLAIN;

    fn told(asked: usize, down: &[&str]) -> String {
        let finding = |name: &&str| FabricFinding {
            code: "down",
            origin: FabricOrigin::from_path(&format!("fabric/vpns/core/{name}")).expect("an origin"),
            words: format!("connection {name} (core): both halves as declared, and down"),
            explains: Vec::new(),
        };
        let health = FabricHealth { asked, down: down.iter().map(finding).collect() };
        let mut page = TextPage::new(PLAIN);
        HealthDocument::of(&health).into_iter().for_each(|health| health.write(&mut page));
        page.finish()
    }

    #[test]
    fn what_is_down_is_told_by_its_name() {
        assert_eq!(told(0, &[]), "");
        assert_eq!(told(3, &[]), "fabric: 3 of 3 up\n");
        insta::assert_snapshot!(told(3, &["london-oslo", "london-paris"]), @r#"
        fabric: 1 of 3 up, 2 down
          ! connection london-oslo (core): both halves as declared, and down
          ! connection london-paris (core): both halves as declared, and down
        "#);
    }
}
