//! Integration tests: one binary, so that the crate is linked once.

#[path = "it/accounts.rs"]
mod accounts;
#[path = "it/actions.rs"]
mod actions;
#[path = "it/allow.rs"]
mod allow;
#[path = "it/back.rs"]
mod back;
#[path = "it/believed.rs"]
mod believed;
#[path = "it/bench.rs"]
mod bench;
#[path = "it/brakes.rs"]
mod brakes;
#[path = "it/bring_up.rs"]
mod bring_up;
#[path = "it/brownfield.rs"]
mod brownfield;
#[path = "it/brownfield_networks.rs"]
mod brownfield_networks;
#[path = "it/calls.rs"]
mod calls;
#[path = "it/census.rs"]
mod census;
#[path = "it/chance.rs"]
mod chance;
#[path = "it/choice.rs"]
mod choice;
#[path = "it/citations.rs"]
mod citations;
#[path = "it/clear.rs"]
mod clear;
#[path = "it/content_ids.rs"]
mod content_ids;
#[path = "it/contention.rs"]
mod contention;
#[path = "it/counts.rs"]
mod counts;
#[path = "it/crash.rs"]
mod crash;
#[path = "it/determinism.rs"]
mod determinism;
#[path = "it/downloads.rs"]
mod downloads;
#[path = "it/drill.rs"]
mod drill;
#[path = "it/errors.rs"]
mod errors;
#[path = "it/examples.rs"]
mod examples;
#[path = "it/executions.rs"]
mod executions;
#[path = "it/exit_codes.rs"]
mod exit_codes;
#[path = "it/expiry.rs"]
mod expiry;
#[path = "it/exports.rs"]
mod exports;
#[path = "it/external.rs"]
mod external;
#[path = "it/fabric.rs"]
mod fabric;
#[path = "it/fabric_drift.rs"]
mod fabric_drift;
#[path = "it/fabric_health.rs"]
mod fabric_health;
#[path = "it/faults.rs"]
mod faults;
#[path = "it/findings.rs"]
mod findings;
#[path = "it/firewall.rs"]
mod firewall;
#[path = "it/fixtures.rs"]
mod fixtures;
#[path = "it/floors.rs"]
mod floors;
#[path = "it/follows.rs"]
mod follows;
#[path = "it/form.rs"]
mod form;
#[path = "it/half_done.rs"]
mod half_done;
#[path = "it/handbook.rs"]
mod handbook;
#[path = "it/history.rs"]
mod history;
#[path = "it/hostile.rs"]
mod hostile;
#[path = "it/indented.rs"]
mod indented;
#[path = "it/installations.rs"]
mod installations;
#[path = "it/lab.rs"]
mod lab;
#[path = "it/language.rs"]
mod language;
#[path = "it/laws.rs"]
mod laws;
#[path = "it/lifecycle.rs"]
mod lifecycle;
#[path = "it/lists.rs"]
mod lists;
#[path = "it/looks.rs"]
mod looks;
#[path = "it/managers.rs"]
mod managers;
#[path = "it/mishaps.rs"]
mod mishaps;
#[path = "it/names.rs"]
mod names;
#[path = "it/not_ours.rs"]
mod not_ours;
#[path = "it/one_time.rs"]
mod one_time;
#[path = "it/others.rs"]
mod others;
#[path = "it/ownership.rs"]
mod ownership;
#[path = "it/parameters.rs"]
mod parameters;
#[path = "it/passwords.rs"]
mod passwords;
#[path = "it/plugins.rs"]
mod plugins;
#[path = "it/prune.rs"]
mod prune;
#[path = "it/raw_services.rs"]
mod raw_services;
#[path = "it/rebuild.rs"]
mod rebuild;
#[path = "it/renamed.rs"]
mod renamed;
#[path = "it/revisions.rs"]
mod revisions;
#[path = "it/rules.rs"]
mod rules;
#[path = "it/saved_plan.rs"]
mod saved_plan;
#[path = "it/scalars.rs"]
mod scalars;
#[path = "it/scale.rs"]
mod scale;
#[path = "it/secret_sources.rs"]
mod secret_sources;
#[path = "it/secrets.rs"]
mod secrets;
#[path = "it/servers.rs"]
mod servers;
#[path = "it/shared_ledger.rs"]
mod shared_ledger;
#[path = "it/shared_lists.rs"]
mod shared_lists;
#[path = "it/shared_store.rs"]
mod shared_store;
#[path = "it/snapshot.rs"]
mod snapshot;
#[path = "it/sources.rs"]
mod sources;
#[path = "it/starters.rs"]
mod starters;
#[path = "it/states.rs"]
mod states;
#[path = "it/stop.rs"]
mod stop;
#[path = "it/structured_secrets.rs"]
mod structured_secrets;
#[path = "it/support.rs"]
mod support;
#[path = "it/system_objects.rs"]
mod system_objects;
#[path = "it/take_back.rs"]
mod take_back;
#[path = "it/tape.rs"]
mod tape;
#[path = "it/timing.rs"]
mod timing;
#[path = "it/tokens.rs"]
mod tokens;
#[path = "it/told_once.rs"]
mod told_once;
#[path = "it/transcripts.rs"]
mod transcripts;
#[path = "it/undo.rs"]
mod undo;
#[path = "it/updates.rs"]
mod updates;
#[path = "it/vocabulary.rs"]
mod vocabulary;
#[path = "it/whole.rs"]
mod whole;
#[path = "it/windows.rs"]
mod windows;
#[path = "it/words.rs"]
mod words;
#[path = "it/world.rs"]
mod world;
#[path = "it/written_back.rs"]
mod written_back;
