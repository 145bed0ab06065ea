//! stub
use crate::topology::Topology;
/// stub
pub fn mermaid(_d: &Topology) -> String {
    String::new()
}
/// stub
pub fn dot(_d: &Topology) -> String {
    String::new()
}
