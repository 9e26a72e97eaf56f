//! What the operating system tells the daemon: end, and read your certificates again.

use crate::error::{Error, Result};
use crate::http::tls::Tls;
use std::sync::Arc;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// How a daemon is told to end.
#[derive(Clone, Default)]
pub struct Stop {
    /// No new calls; running ones finish.
    pub gently: CancellationToken,
    /// Running ones are not waited for any longer.
    pub at_once: CancellationToken,
}

/// Ends gently at the first SIGTERM or SIGINT, and at once at the second.
///
/// # Errors
/// Where the signals cannot be watched.
pub fn stop_on_signal(stop: Stop) -> Result<()> {
    let mut terminate = signal(SignalKind::terminate()).map_err(Error::internal)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(Error::internal)?;
    tokio::spawn(async move {
        let mut told = async || {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        };
        told().await;
        stop.gently.cancel();
        told().await;
        tracing::warn!("told to stop once more: running calls are not waited for");
        stop.at_once.cancel();
    });
    Ok(())
}

/// Reads the certificates again at every SIGHUP. Without TLS there is nothing to read, and the
/// signal does no harm.
pub(super) fn reload_on_signal(tls: Option<Arc<Tls>>) -> Result<()> {
    let mut hangup = signal(SignalKind::hangup()).map_err(Error::internal)?;
    tokio::spawn(async move {
        while hangup.recv().await.is_some() {
            match &tls {
                Some(tls) => reload(tls),
                None => tracing::info!("SIGHUP: without TLS there is nothing to read again"),
            }
        }
    });
    Ok(())
}

fn reload(tls: &Tls) {
    match tls.reload() {
        Ok(warnings) => {
            tracing::info!("SIGHUP: new connections get the certificates as they are now");
            warn(&warnings);
        }
        Err(problems) => {
            for problem in problems {
                tracing::error!("SIGHUP: the old certificates stay in use: {problem}");
            }
        }
    }
}

/// Tells the operator what works, but not for long.
pub(super) fn warn(warnings: &[String]) {
    for warning in warnings {
        tracing::warn!("{warning}");
    }
}
