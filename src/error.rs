//! One error for every room; it knows no transport. `rpc` turns it into JSON-RPC, once.

use serde_json::{Map, Value, json};
use std::fmt;

/// What kind of failure it is; each kind has one JSON-RPC code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The params are not what the method takes.
    InvalidParams,
    /// Nobody is known to be calling: no token, or one that does not count any more.
    Unauthenticated,
    /// The caller is known and may not do this.
    Forbidden,
    /// There is no such object, or the caller may not know that there is.
    NotFound,
    /// The object's present state does not allow it, or somebody was faster.
    Conflict,
    /// A rule says no, whatever the state.
    Refused,
    /// Too much at once; trying again later helps.
    Busy,
    /// The commit may or may not have happened; the same key will tell.
    OutcomeUnknown,
    /// The daemon cannot do it at present, and trying again may help.
    Unavailable,
    /// A fault of ours; the details are in the daemon's log.
    Internal,
}

/// A failure with what its reader needs: a stable code, a sentence, and what to do next.
///
/// The message and the remedy go to the caller; `internal` goes only to the daemon's log.
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Clone)]
struct Inner {
    kind: Kind,
    code: &'static str,
    message: String,
    remedy: String,
    details: Map<String, Value>,
    internal: Option<String>,
}

/// Shorthand for results with this error.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error of a kind with its stable code, message and remedy.
    pub fn new(
        kind: Kind,
        code: &'static str,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self(Box::new(Inner {
            kind,
            code,
            message: message.into(),
            remedy: remedy.into(),
            details: Map::new(),
            internal: None,
        }))
    }

    /// A param that is not what the method takes, named by its JSON pointer.
    pub fn invalid_param(pointer: &str, message: impl Into<String>, expected: &str) -> Self {
        Self::new(
            Kind::InvalidParams,
            "invalidParams",
            message,
            format!("Send {expected} at {pointer}."),
        )
        .with("pointer", pointer)
        .with("expected", expected)
    }

    /// No such object, as far as this caller may know.
    pub fn not_found(what: &str, which: &str) -> Self {
        let which: String = which.chars().take(128).collect();
        Self::new(
            Kind::NotFound,
            "notFound",
            format!("There is no {what} '{which}' that you may see."),
            format!("Check the {what} and the organization that your token belongs to."),
        )
    }

    /// The caller may not do this.
    pub fn forbidden(message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::new(Kind::Forbidden, "forbidden", message, remedy)
    }

    /// The state of the object, or somebody faster, stands against it.
    pub fn conflict(
        code: &'static str,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self::new(Kind::Conflict, code, message, remedy)
    }

    /// A rule says no.
    pub fn refused(
        code: &'static str,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self::new(Kind::Refused, code, message, remedy)
    }

    /// The queue is full or the world moved too often; try again after some seconds.
    #[must_use]
    pub fn busy(retry_after_seconds: u64) -> Self {
        Self::new(
            Kind::Busy,
            "busy",
            "The daemon has more to write than it can take at once.",
            format!("Try again in {retry_after_seconds} s with the same idempotencyKey."),
        )
        .with("retryAfterSeconds", retry_after_seconds)
    }

    /// A fault of ours; the text goes to the log only.
    pub fn internal(context: impl fmt::Display) -> Self {
        let mut error = Self::new(
            Kind::Internal,
            "internal",
            "The daemon met an error of its own.",
            "Try again; if it stays, look into the daemon's log for this call.",
        );
        error.0.internal = Some(context.to_string());
        error
    }

    /// Adds a value that the caller needs to go on.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.0.details.insert(key.to_owned(), value.into());
        self
    }

    /// The kind of failure.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    /// The stable code, such as `alreadyDecided`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.0.code
    }

    /// The sentence for the caller.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// What the caller can do.
    #[must_use]
    pub fn remedy(&self) -> &str {
        &self.0.remedy
    }

    /// Text for the daemon's log that never leaves it.
    #[must_use]
    pub fn internal_text(&self) -> Option<&str> {
        self.0.internal.as_deref()
    }

    /// One detail of the error's data.
    #[must_use]
    pub fn detail(&self, key: &str) -> Option<&Value> {
        self.0.details.get(key)
    }

    /// The `data` member of the answer: code, message, remedy and the details.
    #[must_use]
    pub fn data(&self) -> Value {
        let mut data =
            json!({"code": self.0.code, "message": self.0.message, "remedy": self.0.remedy});
        if let Value::Object(map) = &mut data {
            map.extend(self.0.details.clone());
        }
        data
    }

    /// Whether the same call may succeed later without any change by the caller.
    #[must_use]
    pub fn retryable(&self) -> bool {
        match self.0.kind {
            Kind::Busy | Kind::OutcomeUnknown | Kind::Unavailable => true,
            Kind::InvalidParams
            | Kind::Unauthenticated
            | Kind::Forbidden
            | Kind::NotFound
            | Kind::Conflict
            | Kind::Refused
            | Kind::Internal => false,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {}: {}", self.0.kind, self.0.code, self.0.message)?;
        match &self.0.internal {
            Some(internal) => write!(f, " [{internal}]"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {}

/// The known word that somebody may have meant.
#[must_use]
pub fn near_word<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    near_words(word, known).first().copied()
}

/// The known words that somebody may have meant, the nearest first.
#[must_use]
pub fn near_words<'a>(word: &str, known: &[&'a str]) -> Vec<&'a str> {
    let lower = word.to_lowercase();
    let mut near: Vec<(usize, &str)> = known
        .iter()
        .map(|candidate| (distance(&lower, &candidate.to_lowercase()), *candidate))
        .filter(|(distance, candidate)| *distance <= candidate.chars().count() / 3)
        .collect();
    near.sort_by_key(|(distance, _)| *distance);
    near.into_iter().map(|(_, candidate)| candidate).collect()
}

/// How many letters have to be inserted, left out or replaced (Levenshtein).
fn distance(from: &str, to: &str) -> usize {
    // Longer words are no slips, and would cost time.
    if from.chars().count() > 64 {
        return usize::MAX;
    }
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (index, letter) in from.chars().enumerate() {
        let mut next = vec![index + 1];
        let mut left = index + 1;
        for ((above_left, above), other) in row.iter().zip(row.iter().skip(1)).zip(&to) {
            let replaced = above_left + usize::from(letter != *other);
            left = replaced.min(above + 1).min(left + 1);
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or(usize::MAX)
}
