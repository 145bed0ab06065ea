//! stub
use crate::render::{PlanDocument, Style};
/// stub
pub fn text(d: &PlanDocument, _s: Style) -> String {
    d.to_json()
}
/// stub
pub fn json(d: &PlanDocument) -> String {
    d.to_json()
}
/// stub
pub fn markdown(d: &PlanDocument) -> String {
    d.to_json()
}
