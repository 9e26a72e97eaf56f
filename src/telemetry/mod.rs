//! What the operator sees: the daemon's own log on standard error, and its metrics.
//!
//! Never holds a secret, a name or free text: labels and fields come from closed sets, or are ids.

mod log;
mod metrics;
mod traceparent;

pub use log::{level, set_level, start};
pub use metrics::{Format, Lane, Metrics, OpenConnection, WriteFailure};
pub use traceparent::TraceParent;
