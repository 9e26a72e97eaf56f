//! `lockboxd hook-cage`: the daemon starts it for every decision hook; people do not.

use super::{ExitStatus, Failure};
use crate::hook::cage;
use clap::Args;
use std::ffi::OsString;
use std::path::PathBuf;

/// Become a decision hook, without the rights that it does not need
#[derive(Args)]
pub(super) struct HookCage {
    /// The directory that it may write
    #[arg(long)]
    room: PathBuf,
    /// The most memory of its own, in bytes
    #[arg(long)]
    memory: u64,
    /// What it may read
    #[arg(long)]
    read: Vec<PathBuf>,
    /// The program and its arguments
    #[arg(last = true, required = true)]
    program: Vec<OsString>,
}

impl HookCage {
    /// Returns only where it fails.
    pub(super) fn enter(self) -> Failure {
        let Some((program, arguments)) = self.program.split_first() else {
            return Failure::new(ExitStatus::Usage, "There is no program.");
        };
        let error = cage::enter(
            &self.room,
            self.memory,
            &self.read,
            program.as_ref(),
            arguments,
        );
        Failure::new(
            ExitStatus::Os,
            format!(
                "{} could not be started: {error}.",
                program.to_string_lossy()
            ),
        )
    }
}
