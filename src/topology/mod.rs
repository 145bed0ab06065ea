//! The wanted state: from the files' words to resources with resolved names.

mod account;
mod claims;
mod conceal;
mod contents;
mod draft;
mod each;
pub(crate) mod envelope;
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

pub(crate) use claims::Claims;
pub(crate) use identity::fold;
pub(crate) use load::Loaded;
pub use load::{Options, load};
pub(crate) use machine::folder;
pub(crate) use model::{
    Content, Credentials, DIGEST, FileContent, ITEMS, KeyPlace, LITERAL, LedgerPlace, Origin, Policy, Prune, Resource,
    Target,
};
pub use model::{Tls, Topology};
pub(crate) use secrets::SecretMode;
pub(crate) use sources::Sources;
