//! stub
use crate::finding::Finding;
/// stub
pub fn text(findings: &[Finding], _style: crate::render::Style) -> String {
    findings.iter().map(|f| format!("{:?}: {} [{}]\n  {:?}\n", f.location(), f, f.code, f.help)).collect()
}
/// stub
pub fn json(_findings: &[Finding]) -> String {
    String::new()
}
