//! Search sessions: scripts repeat one call until it returns nothing.

use crate::clock::Timestamp;
use crate::crypto::Sha256;
use crate::ids::{OrgId, PrincipalId};
use crate::service::audit::{Position, Range};
use std::collections::HashMap;

/// How long a search session lives without being used, in seconds.
pub const SESSION_SECONDS: i64 = 600;
/// How much longer than another call's a call's dates may have been on their way, in milliseconds:
/// a script writes its dates before the daemon sees the call, and its first call starts up a client.
const DATE_JITTER_MS: i64 = 5_000;
/// The most search sessions that are kept; the one unused longest goes first.
pub const MAX_SESSIONS: usize = 10_000;
/// The most search sessions of one principal, so that nobody drives out another's.
pub const MAX_SESSIONS_EACH: usize = 100;

/// Whose session, and the digest of its name and of the filters.
pub(super) type SessionKey = (OrgId, PrincipalId, Sha256);

/// The search sessions of this daemon.
#[derive(Default)]
pub(in crate::service) struct Sessions(HashMap<SessionKey, Session>);

/// One session, as its calls so far have left it.
#[derive(Clone, Debug)]
pub(super) struct Session {
    /// The range of the first call, which holds.
    pub(super) range: Range,
    /// When the first call was.
    pub(super) first_call: Timestamp,
    /// Where the next call goes on.
    pub(super) position: Position,
    /// The range of the call that was told that there is nothing left.
    pub(super) drained: Option<Range>,
    /// When it was last used.
    pub(super) used: Timestamp,
}

impl Session {
    /// Whether the last record was given.
    pub(super) const fn at_end(&self) -> bool {
        self.drained.is_some() || self.position.given >= self.position.total
    }

    /// Whether a call with this range continues the session.
    fn continues(&self, range: Range, now: Timestamp) -> bool {
        if let Some(drained) = self.drained {
            return range == self.range || range == drained;
        }
        let passed = now.millis() - self.first_call.millis() + DATE_JITTER_MS;
        let near = |one: Option<Timestamp>, other: Option<Timestamp>| match (one, other) {
            (Some(one), Some(other)) => (one.millis() - other.millis()).abs() <= passed,
            (one, other) => one == other,
        };
        overlap(self.range, range)
            && near(self.range.start, range.start)
            && near(self.range.end, range.end)
    }
}

/// Whether two ranges share an instant; those that only touch do not.
fn overlap(one: Range, other: Range) -> bool {
    let before = |end: Option<Timestamp>, start: Option<Timestamp>| match (end, start) {
        (Some(end), Some(start)) => end <= start,
        _ => false,
    };
    one == other || !(before(one.end, other.start) || before(other.end, one.start))
}

impl Sessions {
    /// The session that a call continues, where it does.
    pub(super) fn resume(
        &mut self,
        key: &SessionKey,
        range: Range,
        now: Timestamp,
    ) -> Option<Session> {
        self.0
            .retain(|_, session| now < session.used.plus_seconds(SESSION_SECONDS));
        self.0
            .get(key)
            .filter(|session| session.continues(range, now))
            .cloned()
    }

    /// Keeps a session as it is now, in place of what the key had.
    pub(super) fn keep(&mut self, key: SessionKey, session: Session) {
        if !self.0.contains_key(&key) {
            let (org, who, _) = key;
            self.make_room(MAX_SESSIONS_EACH, |key| (key.0, key.1) == (org, who));
            self.make_room(MAX_SESSIONS, |_| true);
        }
        self.0.insert(key, session);
    }

    /// Forgets what the key had.
    pub(super) fn forget(&mut self, key: &SessionKey) {
        self.0.remove(key);
    }

    /// Forgets the session unused longest of those that count, where they are as many as the limit.
    fn make_room(&mut self, limit: usize, counts: impl Fn(&SessionKey) -> bool) {
        let counted = || self.0.iter().filter(|(key, _)| counts(key));
        if counted().count() < limit {
            return;
        }
        let oldest = counted()
            .min_by_key(|(_, session)| session.used)
            .map(|(key, _)| *key);
        if let Some(oldest) = oldest {
            self.0.remove(&oldest);
        }
    }
}

#[cfg(test)]
#[path = "sessions_tests.rs"]
mod tests;
