//! Failures as exit codes of sysexits.h.

use crate::config::Problems;
use crate::error::{Error, Kind};
use std::fmt;

/// Exit codes: sysexits.h, so that scripts can tell failures apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitStatus {
    /// Success.
    Ok = 0,
    /// The daemon said no.
    Refused = 1,
    /// The command line is wrong.
    Usage = 64,
    /// The data given is wrong.
    Data = 65,
    /// Something that was named is not there.
    NoInput = 66,
    /// The daemon cannot be reached or cannot do it now.
    Unavailable = 69,
    /// A fault of ours.
    Software = 70,
    /// The operating system refused.
    Os = 71,
    /// Reading or writing failed.
    Io = 74,
    /// Trying again later may help.
    Again = 75,
    /// Not allowed.
    NoPermission = 77,
    /// The configuration is wrong.
    Config = 78,
}

/// What to tell the user, and how to exit.
#[derive(Debug)]
pub struct Failure {
    /// The exit code.
    pub status: ExitStatus,
    /// What happened and what to do; empty where nobody is left to read it.
    pub text: String,
}

impl Failure {
    /// A failure with its text.
    pub fn new(status: ExitStatus, text: impl Into<String>) -> Self {
        Self {
            status,
            text: text.into(),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let status = match error.kind() {
            Kind::InvalidParams => ExitStatus::Data,
            Kind::Unauthenticated | Kind::Forbidden => ExitStatus::NoPermission,
            Kind::NotFound => ExitStatus::NoInput,
            Kind::Conflict | Kind::Refused => ExitStatus::Refused,
            Kind::Busy | Kind::OutcomeUnknown => ExitStatus::Again,
            Kind::Unavailable => ExitStatus::Unavailable,
            Kind::Internal => ExitStatus::Software,
        };
        let mut text = format!("{} {}", error.message(), error.remedy());
        if let Some(internal) = error.internal_text() {
            text.push_str(&format!(" ({internal})"));
        }
        Self { status, text }
    }
}

impl From<Problems> for Failure {
    fn from(problems: Problems) -> Self {
        Self::new(ExitStatus::Config, problems.to_string())
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        // The reader has gone away, as `| head` does: no reason to complain.
        if error.kind() == std::io::ErrorKind::BrokenPipe {
            return Self::new(ExitStatus::Io, "");
        }
        Self::new(
            ExitStatus::Io,
            format!("Reading or writing failed: {error}."),
        )
    }
}
