//! Connections for reads.

use super::{fault, files};
use crate::error::{Error, Result};
use rusqlite::Connection;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Semaphore;

/// Read-only connections. Who finds none idle opens one more: point reads run on the runtime's
/// workers and scans behind a semaphore, so there are never more than both together.
pub(super) struct Pool {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
    kept: usize,
    scans: Arc<Semaphore>,
}

impl Pool {
    /// A pool that keeps so many idle connections and runs so many scans at once.
    pub(super) fn new(path: PathBuf, kept: usize, scans: usize) -> Self {
        Self {
            path,
            idle: Mutex::default(),
            kept,
            scans: Arc::new(Semaphore::new(scans.max(1))),
        }
    }

    /// The database's file.
    pub(super) fn path(&self) -> &std::path::Path {
        &self.path
    }

    /// Reads a row or a few by an index, on this very thread.
    pub(super) fn point<T>(
        &self,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T> {
        let idle = self.idle().pop();
        let conn = match idle {
            Some(conn) => conn,
            None => files::open_reader(&self.path).map_err(|error| failed(&error))?,
        };
        // A connection whose read failed is closed, whatever it was.
        let found = read(&conn).map_err(|error| failed(&error))?;
        let mut idle = self.idle();
        if idle.len() < self.kept {
            idle.push(conn);
        }
        Ok(found)
    }

    /// Reads many rows, on a thread that may block.
    pub(super) async fn scan<T: Send + 'static>(
        self: &Arc<Self>,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T> {
        let scans = Arc::clone(&self.scans);
        let permit = scans.acquire_owned().await.map_err(Error::internal)?;
        let pool = Arc::clone(self);
        tokio::task::spawn_blocking(move || {
            // The permit belongs to the scan: a caller that goes away does not end it.
            let _permit = permit;
            pool.point(read)
        })
        .await
        .map_err(Error::internal)?
    }

    /// Closes the connections that nobody uses.
    pub(super) fn close_idle(&self) {
        self.idle().clear();
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn failed(error: &rusqlite::Error) -> Error {
    tracing::error!(%error, "a read failed");
    fault::unreadable(error)
}
