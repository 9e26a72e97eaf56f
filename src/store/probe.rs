//! Where a test can hold a writer or make it fail. Every back end has the same stages, so that
//! the contract test-suite fits all.

use std::sync::Arc;

/// Where the writer stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stage {
    /// There is work; the group is not yet taken.
    Gather,
    /// All is written; COMMIT is next.
    Commit,
    /// COMMIT has returned; nobody has been answered.
    Committed,
    /// The database is about to be reopened.
    Reopen,
}

/// Called at each stage; an error makes the stage fail. Only tests have one.
pub(crate) type Probe = Arc<dyn Fn(Stage) -> Result<(), String> + Send + Sync>;
