//! What the files do not say: what goes, what is taken back, and what is somebody else's.
//!
//! * `removals`, `take_back`: objects, and fields, that were applied and are not declared any more
//! * `others`, `shared`, `external`: what others have a part in, or own
//! * `auto_created`, `companions`: what objects make for themselves, and what comes and goes along with one

pub(crate) mod auto_created;
pub(crate) mod companions;
pub(crate) mod external;
pub(crate) mod others;
pub(crate) mod removals;
pub(crate) mod shared;
pub(crate) mod take_back;
