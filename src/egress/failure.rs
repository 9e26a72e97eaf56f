//! Why a post did not succeed.

use super::guard::Refused;
use crate::clock::Timestamp;
use http::{HeaderMap, header};
use std::fmt;
use std::time::Duration;

/// The longest time that a receiver can ask to be left alone.
const LONGEST_WAIT: Duration = Duration::from_secs(7 * 24 * 3_600);

/// Why a post did not succeed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// It was not sent, because of where it would have gone.
    Refused(Refused),
    /// The host has no address.
    Resolve(String),
    /// Nothing takes connections there.
    Connect(String),
    /// TLS failed: the certificate, or what is spoken there.
    Tls(String),
    /// It took too long; what of it.
    TimedOut(&'static str),
    /// The head of the answer is larger than it may be.
    TooMuch,
    /// The connection broke, or no HTTP is spoken there; whether it has arrived is not known.
    Broken(String),
    /// The receiver points elsewhere.
    Redirect(u16),
    /// The receiver answers with a status that is no success.
    Status(u16, Option<RetryAfter>),
}

/// When a receiver wants to be asked again (with 429 and 503).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryAfter {
    /// So much later.
    After(Duration),
    /// Not before this instant.
    At(Timestamp),
}

impl RetryAfter {
    /// The instant, at most a week from now.
    #[must_use]
    pub fn instant(self, now: Timestamp) -> Timestamp {
        let seconds = i64::try_from(LONGEST_WAIT.as_secs()).unwrap_or(i64::MAX);
        let latest = now.plus_seconds(seconds);
        match self {
            Self::After(wait) => {
                let millis = i64::try_from(wait.as_millis()).unwrap_or(i64::MAX);
                now.plus_millis(millis).min(latest)
            }
            Self::At(at) => at.clamp(now, latest),
        }
    }

    pub(super) fn read(headers: &HeaderMap) -> Option<Self> {
        let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
        if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
            let seconds = text.parse().unwrap_or(u64::MAX);
            let wait = Duration::from_secs(seconds).min(LONGEST_WAIT);
            return Some(Self::After(wait));
        }
        let at = chrono::DateTime::parse_from_rfc2822(text).ok()?;
        Some(Self::At(Timestamp::from_millis(at.timestamp_millis())))
    }
}

impl Failure {
    /// When the receiver wants to be asked again, where it says so.
    #[must_use]
    pub const fn retry_after(&self) -> Option<RetryAfter> {
        match self {
            Self::Status(_, after) => *after,
            _ => None,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refused) => refused.fmt(f),
            Self::Resolve(why) => write!(
                f,
                "The name of the host could not be looked up ({why}); check how it is written, and the name servers."
            ),
            Self::Connect(why) => write!(
                f,
                "No connection could be made ({why}); check that the receiver runs and can be reached from here."
            ),
            Self::Tls(why) => write!(
                f,
                "TLS failed ({why}); the receiver needs a certificate for this name from a CA that this machine, or ca_file under [egress], trusts."
            ),
            Self::TimedOut(what) => write!(
                f,
                "The receiver took too long {what}; let it answer at once and work afterwards."
            ),
            Self::TooMuch => f.write_str(
                "The head of the receiver's answer is larger than it may be; let it send fewer headers.",
            ),
            Self::Broken(why) => write!(
                f,
                "The connection broke before there was an answer ({why}); check the receiver's log, and that HTTP is spoken there."
            ),
            Self::Redirect(code) => write!(
                f,
                "The receiver answered with the redirect {code}, and redirects are not followed; write the final URL."
            ),
            Self::Status(code, _) => write!(
                f,
                "The receiver answered with HTTP status {code}; check its log, and whether the URL is still right."
            ),
        }
    }
}

impl From<Refused> for Failure {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}
