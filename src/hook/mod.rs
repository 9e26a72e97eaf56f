//! Decision hooks: programs of the host's operator that judge a request.
//!
//! A hook reads one JSON document on standard input and writes one on standard output. It
//! runs in a cage of its own (see [`cage`]): no environment, no shell, a directory that is thrown
//! away, limits, and no way to the daemon's data. What fails, hangs or talks nonsense is a failure,
//! never an approval.

pub mod cage;
pub mod url;

use crate::crypto::{Sha256, sha256};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};

/// The most that a hook may write on standard output, in bytes.
pub const OUTPUT_BYTES: usize = 16 * 1024;

/// How many requests are put to their hooks at once where nothing is said.
pub const AT_ONCE: usize = 4;

/// How much of what it writes on standard error is kept for the daemon's log, in bytes.
pub const ERROR_BYTES: usize = 2 * 1024;

/// The longest reason of a hook, in characters.
pub const REASON_LENGTH: usize = 1_000;

/// A hook as the configuration has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hook {
    /// The program, by its absolute path.
    pub program: PathBuf,
    /// Its arguments, always the same.
    pub arguments: Vec<String>,
    /// How long it may take.
    pub timeout: Duration,
    /// How much memory of its own it may use, in bytes.
    pub memory_bytes: u64,
    /// The uid and gid that it runs as; the daemon's own where there is none.
    pub user: Option<(u32, u32)>,
    /// Directories that it may read beside the system's own.
    pub reads: Vec<PathBuf>,
    /// What a failure counts as.
    pub on_failure: OnFailure,
}

/// What it counts as when a hook fails, hangs or talks nonsense. Never an approval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum OnFailure {
    /// As if it had said nothing: people are asked.
    #[default]
    Pass,
    /// As a denial.
    Deny,
}

/// What is behind a hook's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judge {
    /// A program of the host.
    Program(Hook),
    /// Somebody at a URL.
    Url(url::UrlHook),
}

impl Judge {
    /// What a failure counts as.
    #[must_use]
    pub const fn on_failure(&self) -> OnFailure {
        match self {
            Self::Program(hook) => hook.on_failure,
            Self::Url(hook) => hook.on_failure,
        }
    }
}

/// The hooks of the host, by name.
pub type Hooks = BTreeMap<String, Judge>;

/// What a hook says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Opinion {
    /// Let the engineer in.
    Approve,
    /// Do not.
    Deny,
    /// Let others decide.
    Pass,
}

/// A hook's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// What it says.
    pub opinion: Opinion,
    /// Why.
    pub reason: String,
    /// SHA-256 of what it wrote.
    pub digest: Sha256,
}

/// Why there is no answer; the rest of a sentence that begins with the hook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// It could not be started.
    NotStarted(String),
    /// It could not be asked, or did not succeed.
    Unreachable(String),
    /// It took too long.
    TimedOut(Duration),
    /// It wrote more than it may.
    TooMuch,
    /// It ended otherwise than with success.
    Ended(String),
    /// What it wrote is no answer.
    Nonsense(String),
}

impl Opinion {
    /// The word that a hook writes, and the metrics count.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Deny => "deny",
            Self::Pass => "pass",
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotStarted(why) => write!(f, "could not be started: {why}"),
            Self::Unreachable(why) => write!(f, "could not be asked: {why}"),
            Self::TimedOut(limit) => write!(f, "took longer than {} s", limit.as_secs()),
            Self::TooMuch => write!(f, "wrote more than {OUTPUT_BYTES} bytes"),
            Self::Ended(how) => write!(f, "ended with {how}"),
            Self::Nonsense(why) => write!(f, "gave no answer: {why}"),
        }
    }
}

impl Failure {
    /// The class of it, as the rest of a sentence that begins with the hook. Customers read this;
    /// what the hook or its host says beside it (names of hosts, addresses, parts of an answer) is
    /// for the operator's log.
    #[must_use]
    pub const fn class(&self) -> &'static str {
        match self {
            Self::NotStarted(_) => "could not be started",
            Self::Unreachable(_) => "could not be reached, or refused the question",
            Self::TimedOut(_) => "took too long",
            Self::TooMuch => "wrote more than it may",
            Self::Ended(_) => "ended with a failure",
            Self::Nonsense(_) => "gave an answer that is not understood",
        }
    }
}

/// Asks a hook. `daemon` is the program that makes the cage: the daemon's own.
///
/// # Errors
/// Where it fails, hangs or talks nonsense.
pub async fn ask(
    hook: &Hook,
    daemon: &std::path::Path,
    question: &[u8],
) -> Result<Answer, Failure> {
    let not_started = |error: std::io::Error| Failure::NotStarted(error.to_string());
    let room = cage::Room::new(hook.user).map_err(not_started)?;
    let mut child = command(hook, daemon, &room).spawn().map_err(not_started)?;
    // Whatever it has started goes with it: when it is over, and when nobody waits for it any more.
    let group = Group(child.id());
    let result = tokio::time::timeout(hook.timeout, talk(&mut child, question)).await;
    drop(group);
    let _ = child.wait().await;
    result.unwrap_or(Err(Failure::TimedOut(hook.timeout)))
}

/// The processes of a run; killed with the value.
struct Group(Option<u32>);

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(group) = self.0 {
            cage::kill_group(group);
        }
    }
}

fn command(hook: &Hook, daemon: &std::path::Path, room: &cage::Room) -> Command {
    let mut command = Command::new(daemon);
    command
        .args(cage::arguments(hook, room.path()))
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .env("LANG", "C.UTF-8")
        .env("HOME", room.path())
        .env("TMPDIR", room.path())
        .current_dir(room.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true);
    if let Some((user, group)) = hook.user {
        command.uid(user).gid(group);
    }
    command
}

/// Gives the question, takes the answer, and waits for the end.
async fn talk(child: &mut Child, question: &[u8]) -> Result<Answer, Failure> {
    let lost = || Failure::NotStarted("its pipes are missing".to_owned());
    let mut stdin = child.stdin.take().ok_or_else(lost)?;
    let mut stdout = child.stdout.take().ok_or_else(lost)?;
    let mut stderr = child.stderr.take().ok_or_else(lost)?;
    let give = async {
        // A hook that does not read its question may still have an answer.
        let _ = stdin.write_all(question).await;
        drop(stdin);
    };
    let ((), output, complaint) = tokio::join!(
        give,
        read_up_to(&mut stdout, OUTPUT_BYTES),
        read_up_to(&mut stderr, ERROR_BYTES),
    );
    if !complaint.is_empty() {
        let complaint = String::from_utf8_lossy(&complaint);
        tracing::info!(complaint = complaint.trim(), "a decision hook complains");
    }
    if output.len() > OUTPUT_BYTES {
        return Err(Failure::TooMuch);
    }
    let status = child
        .wait()
        .await
        .map_err(|error| Failure::Ended(error.to_string()))?;
    check_end(status)?;
    answer(&output)
}

/// Reads until the end, or just past the limit; the rest is dropped, so that the writer can go on.
async fn read_up_to(from: &mut (impl AsyncRead + Unpin), limit: usize) -> Vec<u8> {
    let mut kept = Vec::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    let _ = from.take(most).read_to_end(&mut kept).await;
    let _ = tokio::io::copy(from, &mut tokio::io::sink()).await;
    kept
}

fn check_end(status: ExitStatus) -> Result<(), Failure> {
    if status.success() {
        Ok(())
    } else {
        Err(Failure::Ended(status.to_string()))
    }
}

/// What a hook writes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    decision: Opinion,
    #[serde(default)]
    reason: String,
}

fn answer(output: &[u8]) -> Result<Answer, Failure> {
    let written: Written =
        serde_json::from_slice(output).map_err(|error| Failure::Nonsense(error.to_string()))?;
    let control = |c: char| c.is_control() && c != '\t' && c != '\n';
    if written.reason.contains(control) {
        return Err(Failure::Nonsense(
            "its reason holds control characters".to_owned(),
        ));
    }
    if written.reason.chars().count() > REASON_LENGTH {
        return Err(Failure::Nonsense(format!(
            "its reason is longer than {REASON_LENGTH} characters"
        )));
    }
    Ok(Answer {
        opinion: written.decision,
        reason: written.reason,
        digest: sha256(&[output]),
    })
}

#[cfg(test)]
#[path = "hook_tests.rs"]
mod tests;
