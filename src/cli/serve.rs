//! `lockboxd serve` and `lockboxd check-config`

use crate::cli::{Failure, Output, Place, print, print_json};
use crate::config::Config;
use crate::daemon::{Daemon, Stop, stop_on_signal};
use crate::telemetry;
use clap::Args;
use serde_json::json;

/// Serve a data directory until SIGTERM or Ctrl-C; a second one does not wait for running calls.
///
/// Prints the addresses that it got, one a line, when it is ready. SIGHUP reads the certificates
/// again.
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
        let config = Config::load_to_serve(&self.place.overrides(self.listen))?;
        telemetry::start(&config.log_level, config.log_json);
        let stop = Stop::default();
        stop_on_signal(stop.clone())?;
        let daemon = Daemon::start(&config, self.clock_control).await?;
        for url in daemon.urls() {
            print(&format!("listening on {url}"))?;
        }
        if let Some(socket) = daemon.socket() {
            print(&format!("listening on unix:{}", socket.display()))?;
        }
        daemon.run(stop).await;
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
        let checked = Config::load_to_serve(&self.place.overrides(self.listen));
        match (self.output, checked) {
            (Output::Text, Ok(config)) => {
                for warning in &config.warnings {
                    print(&format!("Warning: {warning}"))?;
                }
                let tls = config.tls.iter().flat_map(|tls| &tls.listen);
                let plain = config.listen.iter().map(ToString::to_string);
                let all: Vec<String> = plain
                    .chain(tls.map(|address| format!("{address} (TLS)")))
                    .collect();
                print(&format!(
                    "The configuration is sound: data in {}, listening on {}.",
                    config.data_dir.display(),
                    all.join(", ")
                ))
            }
            (Output::Text, Err(problems)) => Err(problems.into()),
            (Output::Json, Ok(config)) => {
                print_json(&json!({"problems": [], "warnings": config.warnings}))
            }
            (Output::Json, Err(problems)) => {
                print_json(&json!({"problems": problems.0}))?;
                Err(problems.into())
            }
        }
    }
}
