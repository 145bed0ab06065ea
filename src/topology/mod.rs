//! The wanted state: from the files' words to resources with resolved names.
//!
//! In the order in which a workspace goes through it:
//!
//! * `load`: from a folder to a topology, everything that is wrong told at once
//! * `read`, `draft`, `each`, `spread`: what the files declare, before any expression is carried out
//! * `environment`, `layers`: the forms of a workspace, and what each says over the others
//! * `envelope`, `ledger_place`, `variables`, `variable_files`, `secrets`, `account`, `claims`, `machine`, `allow`, `windows`,
//!   `rule_levels`, `base_url`: what is said
//!   about
//!   workspace and targets
//! * `expression`, `functions`, `evaluate`, `site`, `secret_outputs`, `settled`: `${…}`
//! * `expansion`, `given_at`: what a fabric comes to, and files override
//! * `resolve`, `named_content`, `contents`, `content_digest`, `json_secrets`: from drafts to resources, checked by the tables
//! * `model`: the result, which everything else reads; `sources`: the files behind it
//! * `identity`, `renamed`, `references`, `words`, `cycle`: what resources have to do with each other
//! * `owned_parts`, `item_place`, `prune`: how much of what is there is ours

mod account;
pub(crate) mod allow;
mod base_url;
mod claims;
mod content_digest;
mod contents;
pub(crate) mod cycle;
mod draft;
mod each;
pub(crate) mod envelope;
pub(crate) mod environment;
mod evaluate;
mod expansion;
pub(crate) mod expression;
pub(crate) mod functions;
mod given_at;
mod identity;
mod item_place;
mod json_secrets;
mod layers;
mod ledger_place;
mod ledger_s3;
mod load;
mod logins;
mod machine;
mod model;
mod named_content;
mod own_name;
mod owned_parts;
mod prune;
mod read;
pub(crate) mod references;
mod renamed;
mod resolve;
#[cfg(test)]
mod reuse;
pub(crate) mod rule_levels;
#[cfg(test)]
mod scalars;
mod secret_outputs;
mod secrets;
mod settled;
mod site;
mod sources;
mod spelt_out;
mod spread;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod texts;
mod time;
mod variable_files;
mod variables;
pub(crate) mod windows;
pub(crate) mod words;

pub(crate) use allow::{Allowance, Allowed, Reason};
pub(crate) use base_url::is_dots;
pub(crate) use claims::Claims;
pub(crate) use content_digest::ContentDigest;
pub(crate) use cycle::CycleError;
pub(crate) use draft::{Drafts, Each, retires};
pub(crate) use each::{EachSource, KEY as EACH, NAMED_BY, take as take_each};
pub(crate) use environment::own_file;
pub(crate) use given_at::GivenAt;
pub(crate) use item_place::ItemPlace;
pub(crate) use ledger_place::{KeyPlace, LEDGER_FILE, LedgerPlace};
pub(crate) use ledger_s3::S3Place;
pub use load::{FileSource, Options, load};
pub(crate) use load::{Loaded, files, misfit};
pub(crate) use machine::{folder, variable};
pub(crate) use model::{
    Content, Credentials, DIGEST, FileContent, ITEMS, LITERAL, Origin, PackedFolder, Policy, Resource, Target,
    list_type,
};
pub use model::{Tls, Topology};
pub(crate) use owned_parts::{EXTERNAL, PARTIAL, UNMANAGED, has_order, has_parts};
pub(crate) use prune::Prune;
pub(crate) use renamed::RENAMED_FROM;
pub(crate) use rule_levels::RuleSetting;
pub(crate) use secrets::{
    ABOUT_VALUES, PlainText, SecretError, SecretMode, SecretSight, SecretStatus, VaultAnswer, VaultDoor, VaultLogin,
    VaultPath, encrypted,
};
pub(crate) use sources::Sources;
pub(crate) use spread::ITEM;
pub(crate) use time::{spelt_time, time};
pub(crate) use variables::{Variables, given_values};
