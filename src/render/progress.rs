//! stub
use crate::apply::{Outcome, Progress};
/// stub
pub struct P;
impl Progress for P {
    fn begins(&self, _: &crate::plan::Step) {}
    fn waits(&self, _: &crate::plan::Step, _: &crate::session::Waiting) {}
    fn ends(&self, s: &crate::plan::Step, o: &Outcome) {
        if let Outcome::Failed(e) = o {
            eprintln!("failed {}: {e} {:?}", s.address, e.help)
        }
    }
}
impl P {
    /// stub
    pub fn finish(&self) {}
}
/// stub
pub fn choose(_s: crate::render::Style, _n: usize, _q: bool) -> Box<P> {
    Box::new(P)
}
