//! `system.backup`: everything, in one file that the daemon names itself.

use crate::audit::operations;
use crate::auth::Context;
use crate::clock::Timestamp;
use crate::domain::rights::Action;
use crate::domain::scope::Scope;
use crate::error::{Error, Kind, Result};
use crate::ids::CallId;
use crate::service::Services;
use crate::service::commit::{Denial, Judged};
use crate::service::records::named;
use crate::store::{BACKUP_PREFIX, Change};
use serde_json::json;
use std::path::PathBuf;

/// Seconds after which to try again where a backup is running.
const RETRY_SECONDS: u64 = 5;

/// A backup that is whole and on the disk.
#[derive(Clone, Debug)]
pub struct Backup {
    /// Where it lies, on the daemon's machine.
    pub path: PathBuf,
    /// Its length.
    pub bytes: u64,
    /// When it was begun.
    pub at: Timestamp,
}

impl Services {
    /// Writes a backup into the configured directory. The record of it comes first, so nothing
    /// leaves without one, and the backup holds it.
    ///
    /// # Errors
    /// Where the caller may not, another backup is running, or the disk refuses.
    pub async fn back_up(&self, ctx: &Context) -> Result<Backup> {
        // Judged here already, so that who may not learns nothing of the rest.
        if let Err(error) = ctx.permit(Action::BackUp, &Scope::Provider) {
            return Err(self.refused(ctx, error.into()).await);
        }
        let dir = self.backup_dir.clone().ok_or_else(|| {
            Error::new(
                Kind::Unavailable,
                "unavailable",
                "No directory for backups is configured.",
                "Name one with backup_dir in the configuration.",
            )
        })?;
        let Ok(_one_at_a_time) = self.backup.try_lock() else {
            return Err(Error::new(
                Kind::Busy,
                "busy",
                "Another backup is running.",
                format!("Try again in {RETRY_SECONDS} s."),
            )
            .with("retryAfterSeconds", RETRY_SECONDS));
        };
        let name = format!("{BACKUP_PREFIX}{}.db", file_stamp(self.now()));
        let settled = self
            .settle(ctx.clone(), |ctx| {
                let name = name.as_str();
                Box::pin(async move { self.judge_backup(&ctx, name) })
            })
            .await?;
        let path = dir.join(&name);
        let bytes = self.store.backup(path.clone()).await?;
        tracing::info!(file = %path.display(), bytes, "backup written");
        Ok(Backup {
            path,
            bytes,
            at: settled.at.unwrap_or_else(|| self.now()),
        })
    }

    fn judge_backup(&self, ctx: &Context, name: &str) -> Result<Judged<()>, Denial> {
        let actor = ctx.actor()?;
        let permit = ctx.permit(Action::BackUp, &Scope::Provider)?;
        let mut record = self.names.by_caller(
            ctx,
            actor,
            &actor.org,
            operations::BACKUP_STARTED,
            actor.org.id.to_string(),
        );
        record.parameters = vec![named("File", name)];
        let change = Change {
            preconditions: permit.basis,
            records: vec![record],
            ..Change::default()
        };
        Ok(Judged::New(Box::new(change), json!({}), ()))
    }
}

/// Part of a file's name: sorts by time, and is never the same again.
#[must_use]
pub fn file_stamp(now: Timestamp) -> String {
    let mut id = CallId::new().to_string();
    id.truncate(8);
    format!("{}-{id}", now.to_file_text())
}
