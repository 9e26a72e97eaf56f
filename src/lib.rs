//! Customer Lockbox: a customer decides who reaches its data, for how long, and can prove it.
//!
//! This page is the map of the house. A test (`tests/integration/architecture.rs`) holds every
//! `crate::` path in the sources against it.
//!
//! # The flow of one call
//!
//! ```text
//!   bytes ──▶ http ──▶ jsonrpc ──▶ rpc ──▶ service ──▶ auth    who is calling, and may they?
//!             limits,  envelope,   params    one use     │
//!             drain    batch       by schema case        ├──▶ domain  what do the rules say?
//!                                                        │
//!                                                        └──▶ store   commit(Change): rows and
//!                                                                     audit records, or nothing
//! ```
//!
//! `http` knows no method: [`daemon`] hands it the methods when it puts the parts together.
//!
//! # Rooms
//!
//! | room | what it is for | may use |
//! |---|---|---|
//! | [`cli`] | one file per subcommand | all |
//! | [`daemon`] | the composition root: builds, starts, drains | all |
//! | [`config`] | typed settings; read by `cli` and `daemon` only | the types that it fills, [`contract`] |
//! | [`http`] | listeners, routes, limits, deadlines | [`auth`] (types) |
//! | [`jsonrpc`] | JSON-RPC 2.0 and nothing else | a leaf |
//! | [`contract`] | the schemas: validators, OpenRPC document | a leaf |
//! | [`rpc`] | the method table; thin: parse, one service call, shape | [`service`], [`contract`], [`domain`], [`audit`], [`auth`] (types), [`jsonrpc`] |
//! | [`hook`] | decision hooks: programs of the operator, in a cage, or a URL | [`egress`] |
//! | [`egress`] | the one door to addresses that others name: checked, bounded, without redirects | a leaf |
//! | [`letter`] | what a mail says: templates, languages, MIME | [`domain`] (types), [`audit`] (how text is shown) |
//! | [`notify`] | delivers what was committed: mail, webhooks; leases, retries, dead letters | [`service`], [`store`], [`domain`], [`audit`] (how text is shown), [`letter`], [`egress`] |
//! | [`supervisor`] | what systemd is told; used by `daemon` only | a leaf |
//! | [`jobs`] | timers, idempotent and without input; asking of hooks | [`service`], [`store`], [`domain`], [`hook`], [`egress`] |
//! | [`service`] | use cases: permit, load, judge, build a change, commit | [`auth`], [`domain`], [`store`], [`audit`], [`letter`], [`egress`] (what an address is) |
//! | [`auth`] | who is calling; the one gate | [`domain`], [`store`] |
//! | [`store`] | reads, and one write | [`domain`], [`audit`] |
//! | [`domain`] | pure rules | a leaf |
//! | [`audit`] | records, canonical bytes, hashes | a leaf |
//!
//! Everybody may use [`error`], [`ids`], [`crypto`], [`net`] and the types of [`clock`]; everybody but the
//! leaves may use [`telemetry`]. Arrows only point down: `store` wakes `jobs` by a commit counter
//! that they watch.
//!
//! A new method touches its schema, a row and a handler in `rpc`, a use case in `service`, a rule
//! in `domain` if it decides something, and a query in `store` if it reads something new. If a
//! change needs more rooms than that, something stands in the wrong place.
//!
//! # What never happens
//!
//! - State never changes but by `store.commit(Change)`. So there is never a decision without its
//!   audit record, nor a record without its decision. (Bookkeeping that no rule reads has a door
//!   of its own, with a closed list of what may pass.)
//! - A rule never reads a clock, a database or a socket: it is given the state, the command, the
//!   actor and the instant.
//! - A deadline never waits for a timer: what is past it *is* expired or ended, whether or not it
//!   has been written down.
//! - A judgement is never trusted across time: the change names everything that it rested on, and
//!   the commit checks all of it again.
//! - An answer never leaves before its commit has returned.
//! - Time never runs back, not even across restarts. Only [`clock`] reads it.
//! - An identity is never made outside [`ids`], and a secret never outside [`crypto`]; a secret is
//!   stored as its hash, and shown once.
//! - A method never runs without having passed the gate ([`auth::Context::permit`]) in its use
//!   case; a few, which the table of rights names, are open to anybody.
//! - What a caller may not know of never answers differently from what does not exist.
//! - A client that hangs up never stops a call half way.
//! - A sealed record never changes, and a log never has a gap.
//! - Names of wire formats (JSON, HTTP, PowerShell) never reach the rules.

pub mod audit;
pub mod auth;
pub mod cli;
pub mod clock;
pub mod config;
pub mod contract;
pub mod crypto;
pub mod daemon;
pub mod domain;
pub mod egress;
pub mod error;
pub mod hook;
pub mod http;
pub mod ids;
pub mod jobs;
pub mod jsonrpc;
pub mod letter;
pub mod net;
pub mod notify;
pub mod rpc;
pub mod service;
pub mod store;
pub mod supervisor;
pub mod telemetry;
