//! The wanted state: from the files' words to resources with resolved names.

mod account;
mod claims;
mod conceal;
mod contents;
mod draft;
mod each;
pub mod envelope;
mod evaluate;
mod expression;
mod identity;
mod load;
mod machine;
mod model;
mod read;
mod resolve;
mod secrets;
mod site;
mod sources;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod variables;

pub use claims::Claims;
pub use identity::fold;
pub use load::{Loaded, MAX_FILE_BYTES, Options, load};
pub use machine::folder;
pub use model::{
    Content, Credentials, DIGEST, FileContent, ITEMS, LITERAL, LedgerPlace, Origin, Policy, Prune, Resource, Target,
    Tls, Topology,
};
pub use secrets::SecretMode;
pub use sources::Sources;
