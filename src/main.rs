//! `lockboxd`: parse the command line, run, map errors to exit codes.

use clap::Parser;
use customer_lockbox::cli::{self, Cli, ExitStatus};
use std::process::ExitCode;
use std::time::Duration;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How long the end of the process waits for threads that block.
const LEAVE: Duration = Duration::from_secs(5);

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are no errors, and go to standard output.
            let status = if error.use_stderr() {
                ExitStatus::Usage
            } else {
                ExitStatus::Ok
            };
            if error.print().is_err() {
                return ExitCode::from(ExitStatus::Io as u8);
            }
            return ExitCode::from(status as u8);
        }
    };
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("lockboxd: the runtime could not be started: {error}");
            return ExitCode::from(ExitStatus::Os as u8);
        }
    };
    let outcome = runtime.block_on(cli::run(cli));
    // Nothing that still blocks is worth more: what is committed is on the disk.
    runtime.shutdown_timeout(LEAVE);
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if !failure.text.is_empty() {
                eprintln!("lockboxd: {failure}");
            }
            ExitCode::from(failure.status as u8)
        }
    }
}
