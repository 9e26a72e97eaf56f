//! What the operator sees: the daemon's own log on standard error, and its metrics.
//!
//! Labels of metrics come from closed sets: never a name, an address or free text. The log holds no
//! secret, and nothing that a caller wrote.

mod log;
mod metrics;
mod traceparent;

pub use log::{level, set_level, start};
pub use metrics::{Format, Lane, Metrics, OpenConnection, WriteFailure};
pub use traceparent::TraceParent;
