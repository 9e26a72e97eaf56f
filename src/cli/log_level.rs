//! `lockboxd log-level`

use crate::cli::client::Target;
use crate::cli::{Failure, print};
use clap::{Args, ValueEnum};
use serde_json::{Value, json};

/// Change what a running daemon logs, until it stops; takes a ProviderAdministrator's token.
#[derive(Args)]
pub(super) struct LogLevel {
    #[command(flatten)]
    target: Target,
    /// The least severe lines that are written
    #[arg(value_enum)]
    level: Level,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Level {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

impl LogLevel {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let level = format!("{:?}", self.level).to_lowercase();
        let client = self.target.client()?;
        let changed = client
            .call("system.setLogLevel", json!({"level": level}))
            .await?;
        let before = changed.get("previousLevel").and_then(Value::as_str);
        print(&format!(
            "The log's level is {level}; it was {}.",
            before.unwrap_or_default()
        ))
    }
}
