//! Integration tests: one binary, real parts. `world` runs the use cases over a real SQLite file
//! with a clock that the test moves; `process` starts the real program.
#![allow(missing_docs, unreachable_pub)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod activities;
mod architecture;
mod audit_help;
mod backup;
mod calendars;
mod certificates;
mod cli;
mod crash;
mod decisions;
mod delivery;
mod demo;
mod direct;
mod emergency;
mod events;
mod fuzz;
mod grants;
mod hook;
mod hook_decisions;
mod isolation;
mod jobs;
mod jsonrpc;
mod limits;
mod logs;
mod loris;
mod metrics;
mod model;
mod notifications;
mod notify_preview;
mod openrpc_examples;
mod pace;
mod people;
mod policies;
mod policy_explain;
mod policy_files;
mod policy_four_eyes;
mod process;
mod program;
mod records;
mod refusals;
mod rights;
mod search;
mod secrets;
mod service;
mod sessions;
mod shapes;
mod sides;
mod stop;
mod story;
mod tenants;
mod tls;
mod tokens;
mod told;
mod upgrade;
mod votes;
mod waking;
mod wire;
mod world;
