//! Deliveries have threads of their own, behind those that serve callers: where there is not time for
//! both, a decision comes first, and its mails a little later.

use super::{Carriers, run};
use crate::service::Services;
use std::io;
use std::sync::Arc;
use tokio::runtime::Builder;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

/// Threads that write and send.
const THREADS: usize = 2;

/// Threads that wait for disks. Without a bound there are many more than wait at once, as one that is
/// done is not idle yet when the next one is wanted, and each keeps some memory.
const DISK_THREADS: usize = 8;

/// How far they stand behind (nice value; 19 is the last place).
const BEHIND: i32 = 10;

/// Delivers until shutdown on threads of its own; the receiver hears when what was under way is
/// finished, or that it ended badly.
///
/// # Errors
/// Where threads cannot be started.
pub fn start(
    services: Arc<Services>,
    carriers: Arc<Carriers>,
    shutdown: CancellationToken,
) -> io::Result<oneshot::Receiver<()>> {
    let runtime = Builder::new_multi_thread()
        .worker_threads(THREADS)
        .max_blocking_threads(DISK_THREADS)
        .thread_name("lockbox-notify")
        .on_thread_start(stand_behind)
        .enable_all()
        .build()?;
    let (done, ended) = oneshot::channel();
    std::thread::Builder::new()
        .name("lockbox-notify".to_owned())
        .spawn(move || {
            stand_behind();
            runtime.block_on(run(services, carriers, shutdown));
            // Nobody waits for it where the daemon has been stopped at once.
            let _ = done.send(());
        })?;
    Ok(ended)
}

/// Puts this thread behind others. Where the system does not let it, it stays beside them.
fn stand_behind() {
    // None: this thread. A thread that another one has started stands where that one does already.
    if let Err(error) = rustix::process::setpriority_process(None, BEHIND) {
        tracing::debug!(%error, "deliveries have no lower priority than callers");
    }
}
