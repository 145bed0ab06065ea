//! Trueup keeps whole network topologies true to git.

pub mod sim;
pub mod wire;
