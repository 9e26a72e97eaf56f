//! A folder of mails: the default where no server is configured.

use crate::domain::notice::delivery::Delivery;
use crate::notify::{Outcome, said};
use lettre::Message;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Puts mails into a folder, one `.eml` file each.
#[derive(Clone, Debug)]
pub struct Pickup(PathBuf);

impl Pickup {
    /// The folder; it is made with the first mail.
    #[must_use]
    pub fn new(folder: PathBuf) -> Self {
        Self(folder)
    }

    /// Where it is.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.0
    }

    /// Puts a mail. A repeated delivery has the same name, so it is there once.
    pub(super) async fn put(&self, delivery: &Delivery, message: &Message) -> Outcome {
        let at: String = delivery
            .created
            .to_string()
            .chars()
            .filter(|c| c.is_ascii_alphanumeric())
            .collect();
        let name = format!("{at}-{}.eml", delivery.id);
        let (folder, bytes) = (self.clone(), message.formatted());
        let file = name.clone();
        // The disk takes its time, and callers are served meanwhile.
        let writing = tokio::task::spawn_blocking(move || folder.write(&file, &bytes));
        match writing.await.unwrap_or_else(|error| Err(error.into())) {
            Ok(()) => Outcome::Delivered(name),
            Err(error) => {
                // Tenants read the result; where the folder is is for the operator.
                tracing::error!(folder = %self.0.display(), %error, "a mail could not be put down");
                let why = format!("The mail could not be put into its folder: {error}.");
                Outcome::Later(said(&why), None)
            }
        }
    }

    fn write(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.0)?;
        // Whoever picks it up sees the whole of it or nothing.
        let part = self.0.join(format!(".{name}.part"));
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&part)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&part, self.0.join(name))?;
        fs::File::open(&self.0)?.sync_all()
    }
}
