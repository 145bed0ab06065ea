//! The wanted state: from the files' words to resources with resolved names.

mod conceal;
mod draft;
mod each;
pub mod envelope;
mod evaluate;
mod expression;
mod identity;
mod load;
mod model;
mod read;
mod resolve;
mod secrets;
mod site;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod variables;

pub use identity::fold;
pub use load::{Loaded, MAX_FILE_BYTES, Options, load};
pub use model::{FileContent, ITEMS, LITERAL, LedgerPlace, Policy, Prune, Resource, Target, Tls, Topology};
pub use secrets::SecretMode;
