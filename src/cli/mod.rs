//! The command line; one file per subcommand.
//!
//! Never opens a data directory but in `init`, `serve`, `demo`, `restore`, `tenant recover` and `clock accept`:
//! everything else speaks to a running daemon. Never prints a secret twice.

mod audit;
mod backup;
mod calendar;
mod call;
mod client;
mod clock;
mod demo;
mod failure;
mod hook_cage;
mod init;
mod log_level;
mod notify;
mod policy;
mod restore;
mod serve;
mod service;
mod story;
mod tenant;
mod token;

pub use failure::{ExitStatus, Failure};

use crate::config::Overrides;
use crate::contract::Contract;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Customer Lockbox: a customer decides who reaches its data, for how long, and can prove it.
///
/// New here? 'lockboxd demo' shows the whole story on a throw-away database. For real use:
/// 'lockboxd init' makes a data directory, 'lockboxd serve' serves it, and the other commands speak
/// to the running daemon.
///
/// Exit codes: 0 success, 1 the daemon said no, 64 wrong usage, 65 wrong data, 66 not found,
/// 69 not reachable, 75 try again, 77 not allowed, 78 wrong configuration.
#[derive(Parser)]
#[command(name = "lockboxd", version, verbatim_doc_comment)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Init(init::Init),
    Serve(serve::Serve),
    Demo(demo::Demo),
    Enroll(token::Enroll),
    Call(call::Call),
    #[command(subcommand)]
    Token(token::Token),
    #[command(subcommand)]
    Audit(audit::Audit),
    #[command(subcommand)]
    Policy(policy::Policy),
    CheckConfig(serve::CheckConfig),
    /// Print the OpenRPC document
    ///
    /// It describes every method with the JSON Schemas of its params and its result; a running
    /// daemon gives the same document at /openrpc.json.
    #[command(verbatim_doc_comment)]
    Openrpc,
    Backup(backup::Backup),
    Restore(restore::Restore),
    #[command(subcommand)]
    Tenant(tenant::Tenant),
    #[command(subcommand)]
    Clock(clock::Clock),
    LogLevel(log_level::LogLevel),
    #[command(subcommand)]
    Service(service::Service),
    #[command(hide = true)]
    HookCage(hook_cage::HookCage),
    #[command(subcommand)]
    Calendar(calendar::Calendar),
    #[command(subcommand)]
    Notify(notify::Notify),
}

/// How results are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Output {
    /// For people
    #[default]
    Text,
    /// For scripts: one JSON document
    Json,
}

/// How a result with a secret is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum SecretOutput {
    /// For people
    #[default]
    Text,
    /// For scripts: one JSON document
    Json,
    /// For scripts: the token alone, to be kept in a variable
    Token,
}

/// Where the daemon's own data and settings lie.
#[derive(Args, Clone, Debug)]
struct Place {
    /// Directory of the database
    #[arg(long, env = "LOCKBOX_DATA_DIR", value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Configuration file (TOML)
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl Place {
    fn overrides(self, listen: Vec<String>) -> Overrides {
        Overrides {
            file: self.config,
            data_dir: self.data_dir,
            listen,
        }
    }
}

impl Cli {
    /// Becomes a decision hook, where that is the command; it has to happen before the process has
    /// threads.
    ///
    /// # Errors
    /// Where the hook could not be started.
    pub fn enter_cage(self) -> Result<Self, Failure> {
        match self.command {
            Command::HookCage(cage) => Err(cage.enter()),
            command => Ok(Self { command }),
        }
    }
}

/// Runs a command.
///
/// # Errors
/// What to tell the user, with the exit status.
pub async fn run(cli: Cli) -> Result<(), Failure> {
    match cli.command {
        Command::Init(init) => init.run().await,
        Command::Serve(serve) => serve.run().await,
        Command::Demo(demo) => demo.run().await,
        Command::Enroll(enroll) => enroll.run().await,
        Command::Call(call) => call.run().await,
        Command::Token(token) => token.run().await,
        Command::Audit(audit) => audit.run().await,
        Command::Policy(policy) => policy.run().await,
        Command::CheckConfig(check) => check.run(),
        Command::Openrpc => openrpc(),
        Command::Backup(backup) => backup.run().await,
        Command::Restore(restore) => restore.run().await,
        Command::Tenant(tenant) => tenant.run().await,
        Command::Clock(clock) => clock.run().await,
        Command::LogLevel(level) => level.run().await,
        Command::Service(service) => service.run(),
        Command::HookCage(cage) => Err(cage.enter()),
        Command::Calendar(calendar) => calendar.run(),
        Command::Notify(notify) => notify.run(),
    }
}

fn openrpc() -> Result<(), Failure> {
    let document = Contract::load()?.openrpc(
        env!("CARGO_PKG_VERSION"),
        &format!("http://{}/rpc", crate::config::DEFAULT_LISTEN),
        |spec| !spec.test_only,
    );
    print_json(&document)
}

fn print_json(value: &serde_json::Value) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(value).map_err(crate::error::Error::internal)?;
    print(&text)
}

/// Prints a line; a reader that has gone away ends the command quietly.
fn print(text: &str) -> Result<(), Failure> {
    use std::io::Write;
    writeln!(std::io::stdout().lock(), "{text}").map_err(Failure::from)
}
