//! `lockboxd demo`

use crate::cli::client::{Client, Trust};
use crate::cli::story::Story;
use crate::cli::{Failure, print};
use crate::config::{Config, DEFAULT_LISTEN, Overrides};
use crate::daemon::{
    Daemon, Stop, close_store, create_store, open_store, services, stop_on_signal,
};
use crate::store::sqlite::CreateOptions;
use crate::telemetry;
use clap::Args;
use std::path::{Path, PathBuf};

/// How long ago the story begins, in hours.
const STORY_HOURS: i64 = 6;

/// Run the whole story on a throw-away database, then serve it until Ctrl-C.
///
/// An engineer asks, a manager reviews, the customer approves, access exists for its time and
/// then does not, and the audit log tells it. Leaves one request pending for you to decide.
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Demo {
    /// Directory to make and keep (default: a temporary one, removed at the end)
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Address to listen on (default: 127.0.0.1:8420, or a free port where that is taken)
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
    /// End after the story instead of serving
    #[arg(long)]
    exit: bool,
}

impl Demo {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let (dir, _scratch) = match self.data_dir {
            Some(dir) => (dir, None),
            None => {
                let name = format!("lockbox-demo-{}", crate::ids::CallId::new());
                let dir = std::env::temp_dir().join(name);
                (dir.clone(), Some(Scratch(dir)))
            }
        };
        let config = Config::load(&Overrides {
            file: None,
            data_dir: Some(dir),
            listen: vec![self.listen.unwrap_or_else(free_address)],
        })?;
        telemetry::start("warn", false);
        let root = make(&config).await?;
        let stop = Stop::default();
        stop_on_signal(stop.clone())?;
        let daemon = Daemon::start(&config, true).await?;
        let url = daemon.urls().into_iter().next().unwrap_or_default();
        let running = tokio::spawn(daemon.run(stop.clone()));
        let provider = Client::new(&url, Some(root), &Trust::default())?;
        let told = tokio::select! {
            told = Story::new(provider, &url, &config.data_dir).tell() => told,
            () = stop.gently.cancelled() => Ok(()),
        };
        let told = told.and_then(|()| {
            print(if self.exit {
                "\nThe story is over. Without --exit the daemon stays, and these lines can be used."
            } else {
                "\nServing until Ctrl-C."
            })
        });
        if told.is_err() || self.exit {
            stop.gently.cancel();
        }
        if let Err(error) = running.await {
            tracing::error!(%error, "the daemon ended badly");
        }
        told
    }
}

/// Makes the database, with a clock that stands some hours back; gives the first token.
async fn make(config: &Config) -> Result<String, Failure> {
    let options = CreateOptions {
        test_clock_offset_millis: Some(-STORY_HOURS * 3_600_000),
    };
    create_store(config, options)?;
    let (store, clock) = open_store(config, true).await?;
    let made = services(config, &store, clock)
        .create_provider("fabrikam.example", "root@fabrikam.example")
        .await;
    close_store(&store, &config.high_water).await;
    let (_, _, token) = made?;
    Ok(token.secret.reveal().to_owned())
}

/// A directory that goes with the demo.
struct Scratch(PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        remove(&self.0);
    }
}

fn remove(dir: &Path) {
    if let Err(error) = std::fs::remove_dir_all(dir) {
        tracing::warn!(%error, dir = %dir.display(), "the temporary directory stays");
    }
}

/// The documented port, or a free one where it is taken.
fn free_address() -> String {
    match std::net::TcpListener::bind(DEFAULT_LISTEN) {
        Ok(_) => DEFAULT_LISTEN.to_owned(),
        Err(_) => "127.0.0.1:0".to_owned(),
    }
}
