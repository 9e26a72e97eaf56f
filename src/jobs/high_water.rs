//! Keeps the high-water file up with the commits: after them, never before, and not at each.

use crate::store::Store;
use std::path::Path;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// The shortest time between two writes of the file.
pub const PAUSE: Duration = Duration::from_secs(1);

/// Writes the file after commits, at most once in every `pause`, until shutdown. What is committed
/// later is for whoever closes the store.
pub async fn keep(store: &dyn Store, file: &Path, pause: Duration, shutdown: CancellationToken) {
    let mut commits = store.commits();
    let mut failing = false;
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            changed = commits.changed() => if changed.is_err() { return },
        }
        commits.borrow_and_update();
        let written = write(store, file).await;
        match (&written, failing) {
            (Err(error), false) => {
                tracing::error!(
                    ?error,
                    "the high-water file stays behind; it is tried again"
                );
            }
            (Ok(()), true) => tracing::info!("the high-water file is written again"),
            _ => {}
        }
        failing = written.is_err();
        // What is committed meanwhile is written together.
        if tokio::time::timeout(pause, shutdown.cancelled())
            .await
            .is_ok()
        {
            return;
        }
    }
}

/// Writes the file as the logs are now.
///
/// # Errors
/// Where the store cannot be read, or the disk refuses.
pub async fn write(store: &dyn Store, file: &Path) -> crate::error::Result<()> {
    let mark = store.high_water().await?;
    let file = file.to_owned();
    // It waits for the disk.
    tokio::task::spawn_blocking(move || mark.write(&file))
        .await
        .map_err(crate::error::Error::internal)?
}
