//! The daemon's own log, on standard error.

use tracing_subscriber::EnvFilter;

/// Starts logging at a level; a second start changes nothing.
pub fn start(level: &str, json: bool) {
    let filter = EnvFilter::try_new(level).unwrap_or_else(|_| EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    let started = if json {
        builder.json().try_init()
    } else {
        builder.with_ansi(false).try_init()
    };
    if started.is_err() {
        tracing::debug!("the log was started before");
    }
}
