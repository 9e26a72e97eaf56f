//! `lockboxd backup`

use crate::cli::client::Target;
use crate::cli::{ExitStatus, Failure, Output, print, print_json};
use clap::Args;
use serde_json::{Value, json};
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Back up everything, while the daemon runs; recorded in the provider's audit log.
///
/// The daemon writes the backup into its backup directory; with FILE it is moved there, on this
/// machine. It holds everything that the database holds, so keep it as safe. The token must be a
/// provider administrator's, without limits.
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Backup {
    #[command(flatten)]
    target: Target,
    /// Where to move it; must not exist (default: it stays in the backup directory)
    file: Option<PathBuf>,
    /// How to print the result
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

impl Backup {
    pub(super) async fn run(self) -> Result<(), Failure> {
        if let Some(file) = &self.file {
            // Before anything is written: a backup takes time and room.
            if file.exists() {
                return Err(exists(file));
            }
        }
        let made = self
            .target
            .client()?
            .call("system.backup", json!({}))
            .await?;
        let path = made.get("path").and_then(Value::as_str).unwrap_or_default();
        let place = match &self.file {
            Some(file) => {
                move_to(Path::new(path), file).map_err(|error| stays(path, file, &error))?;
                file.display().to_string()
            }
            None => path.to_owned(),
        };
        match self.output {
            Output::Json => {
                let mut made = made;
                if let Some(path) = made.get_mut("path") {
                    *path = place.into();
                }
                print_json(&made)
            }
            Output::Text => print(&format!(
                "Backed up everything to {place} ({} bytes). It holds all that the database holds: keep it as safe.",
                made.get("bytes").and_then(Value::as_u64).unwrap_or(0)
            )),
        }
    }
}

/// Never takes the place of another file; the backup is in one of the two places at any moment.
fn move_to(from: &Path, to: &Path) -> io::Result<()> {
    match std::fs::hard_link(from, to) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Err(error),
        // Another file system, most often.
        Err(_) => copy(from, to)?,
    }
    let dir = to.parent().filter(|dir| !dir.as_os_str().is_empty());
    File::open(dir.unwrap_or(Path::new(".")))?.sync_all()?;
    std::fs::remove_file(from)
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let mut source = File::open(from)?;
    let mut target = OpenOptions::new()
        .create_new(true)
        .write(true)
        .mode(0o600)
        .open(to)?;
    let copied = io::copy(&mut source, &mut target).and_then(|_| target.sync_all());
    if copied.is_err() {
        // The error that led here is the one to report.
        let _ = std::fs::remove_file(to);
    }
    copied
}

fn exists(file: &Path) -> Failure {
    Failure::new(
        ExitStatus::Io,
        format!(
            "{} exists already. Name a file that does not; nothing is ever overwritten.",
            file.display()
        ),
    )
}

fn stays(path: &str, file: &Path, error: &io::Error) -> Failure {
    Failure::new(
        ExitStatus::Io,
        format!(
            "The backup cannot be moved to {0} ({error}). It is whole, and lies on the daemon's machine in {path}; where it is not there any more, or could not be removed there, it lies in {0}.",
            file.display()
        ),
    )
}
