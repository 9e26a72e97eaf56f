//! `lockboxd serve` and `lockboxd check-config`

use crate::cli::{Failure, Output, Place, print, print_json};
use crate::config::Config;
use crate::daemon::{Daemon, stop_on_signal};
use crate::telemetry;
use clap::Args;
use serde_json::json;
use tokio_util::sync::CancellationToken;

/// Serve a data directory until SIGTERM or Ctrl-C.
///
/// Prints the addresses that it got, one a line, when it is ready.
#[derive(Args)]
pub(super) struct Serve {
    #[command(flatten)]
    place: Place,
    /// Address to listen on, such as 127.0.0.1:8420 (port 0 takes a free one); repeatable
    #[arg(
        long,
        env = "LOCKBOX_LISTEN",
        value_delimiter = ',',
        value_name = "ADDRESS"
    )]
    listen: Vec<String>,
    /// Serve a test database, whose clock can be moved with clock.advance
    #[arg(long)]
    clock_control: bool,
}

impl Serve {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let config = Config::load(&self.place.overrides(self.listen))?;
        telemetry::start(&config.log_level, config.log_json);
        let shutdown = CancellationToken::new();
        stop_on_signal(shutdown.clone())?;
        let daemon = Daemon::start(&config, self.clock_control).await?;
        for address in daemon.addresses() {
            print(&format!("listening on http://{address}"))?;
        }
        if let Some(socket) = daemon.socket() {
            print(&format!("listening on unix:{}", socket.display()))?;
        }
        daemon.run(shutdown).await;
        Ok(())
    }
}

/// Check a configuration and report all its problems.
#[derive(Args)]
pub(super) struct CheckConfig {
    #[command(flatten)]
    place: Place,
    /// Address to listen on; repeatable
    #[arg(
        long,
        env = "LOCKBOX_LISTEN",
        value_delimiter = ',',
        value_name = "ADDRESS"
    )]
    listen: Vec<String>,
    /// How to print the result
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

impl CheckConfig {
    pub(super) fn run(self) -> Result<(), Failure> {
        let checked = Config::load(&self.place.overrides(self.listen));
        match (self.output, checked) {
            (Output::Text, Ok(config)) => print(&format!(
                "The configuration is sound: data in {}, listening on {}.",
                config.data_dir.display(),
                config
                    .listen
                    .iter()
                    .map(ToString::to_string)
                    .collect::<Vec<String>>()
                    .join(", ")
            )),
            (Output::Text, Err(problems)) => Err(problems.into()),
            (Output::Json, Ok(_)) => print_json(&json!({"problems": []})),
            (Output::Json, Err(problems)) => {
                print_json(&json!({"problems": problems.0}))?;
                Err(problems.into())
            }
        }
    }
}
