//! Integration tests: one binary, real parts. `world` runs the use cases over a real SQLite file
//! with a clock that the test moves; `process` starts the real program.
#![allow(missing_docs, unreachable_pub)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod decisions;
mod model;
mod sides;
mod story;
mod world;
