//! Integration tests: one binary, so that the crate is linked once.

#[path = "it/drill.rs"]
mod drill;
#[path = "it/examples.rs"]
mod examples;
#[path = "it/floors.rs"]
mod floors;
#[path = "it/rules.rs"]
mod rules;
#[path = "it/sources.rs"]
mod sources;
#[path = "it/support.rs"]
mod support;
#[path = "it/world.rs"]
mod world;
