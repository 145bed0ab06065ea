//! stub
use crate::apply::{Contradiction, Report};
use crate::plan::Plan;
/// stub
pub struct ApplyDocument(String);
impl ApplyDocument {
    /// stub
    pub fn of(p: &Plan, r: &Report, c: &[Contradiction]) -> ApplyDocument {
        ApplyDocument(format!(
            "{} done {} of {} {c:?}\n{:?}\n",
            p.workspace,
            r.done(),
            r.outcomes.len(),
            r.outcomes.iter().filter(|o| !matches!(o, crate::apply::Outcome::Done)).collect::<Vec<_>>()
        ))
    }
    /// stub
    pub fn to_json(&self) -> String {
        self.0.clone()
    }
}
/// stub
pub fn text(d: &ApplyDocument, _s: crate::render::Style) -> String {
    d.0.clone()
}
