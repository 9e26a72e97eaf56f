//! The request: what was asked, how it stands, and the grant that an approval makes of it.

use crate::clock::Timestamp;
use crate::domain::emergency::Emergency;
use crate::domain::hooks::HookAnswer;
use crate::domain::people::PersonKey;
use crate::domain::policy::effective::Asked;
use crate::ids::{GrantId, OrgId, PrincipalId, RequestId};
use serde::{Deserialize, Serialize};

mod words;

pub use words::{AccessLevel, ApprovalStatus, Decision, Review, State};

/// What was asked; it never changes after submission.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ask {
    /// The customer.
    pub tenant: OrgId,
    /// The service of the catalog.
    pub service: String,
    /// The provider's ticket.
    pub ticket: String,
    /// Why.
    pub reason: String,
    /// For how long, in seconds.
    pub duration_seconds: i64,
    /// What exactly is to be reached.
    pub resources: Vec<String>,
    /// What customer content is touched.
    pub data_categories: Vec<String>,
    /// Reading, or writing too.
    pub access_level: AccessLevel,
    /// The named operations.
    pub operations: Vec<String>,
    /// The engineer's citizenship, where known.
    pub citizenship: Option<String>,
    /// Where the engineer works, where said; what was not said is no part of the terms' digest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
}

/// Terms fixed on arrival at the customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// Whether the customer has to approve.
    pub approval_required: bool,
    /// Hours that the customer has to answer.
    pub hours_to_answer: u32,
    /// The longest access, in seconds.
    pub maximum_access_seconds: i64,
    /// Version of the settings that they were taken from.
    pub settings_version: i64,
    /// What the tenant's policy added to them, where there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<PolicyTerms>,
}

impl Terms {
    /// How people are asked: as the policy said, or where there was none, one approval by anybody.
    #[must_use]
    pub fn asked(&self) -> Asked {
        match &self.policy {
            Some(policy) => policy.asked.clone(),
            None => Asked {
                stages: Vec::new(),
                deny_threshold: 1,
                answer_seconds: i64::from(self.hours_to_answer) * 3_600,
                longest_seconds: self.maximum_access_seconds,
                access_within: Vec::new(),
                hold_until_open: Vec::new(),
                reason_to_approve: false,
                reason_to_deny: false,
                remind_after_seconds: Vec::new(),
                escalate: Vec::new(),
                hooks: Vec::new(),
            },
        }
    }
}

/// What a tenant's policy said of a request on its arrival.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyTerms {
    /// Version of the policy.
    pub version: i64,
    /// SHA-256 of its canonical JSON, in hex.
    pub hash: String,
    /// The rules that applied, by id.
    pub rules: Vec<String>,
    /// How people are asked.
    pub asked: Asked,
    /// Where the customer's clock was held: when it starts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_until: Option<Timestamp>,
    /// Version of the time zones that it rested on, where it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tzdb: Option<String>,
}

/// One approver's voice, where the terms ask for several, or for certain ones.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vote {
    /// Approve or Deny.
    pub decision: Decision,
    /// Whose.
    pub party: Party,
    /// When.
    pub at: Timestamp,
    /// The stage that it was given in, from 1.
    pub stage: u32,
    /// What the approver wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// The longest access that the approver approves, in seconds, where said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<i64>,
    /// Who was away, where it was given in somebody's place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_behalf_of: Option<Party>,
}

/// Somebody who acted, as it was at that moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Party {
    /// Who.
    pub id: PrincipalId,
    /// The organization that it acted for.
    pub org: OrgId,
    /// The person behind it.
    pub key: PersonKey,
    /// Address or name at that moment.
    pub name: String,
}

/// A request with all that became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// GUID.
    pub identity: RequestId,
    /// Reference number such as `EXSR000042`; empty until the store has drawn it.
    pub reference: String,
    /// Profile that its service followed at submission.
    pub profile: String,
    /// What was asked.
    pub ask: Ask,
    /// That it is emergency access.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emergency: Option<Emergency>,
    /// SHA-256 of what was asked, in hex.
    pub terms_digest: String,
    /// Who asked.
    pub requester: Party,
    /// When.
    pub created_at: Timestamp,
    /// Until when the manager can review.
    pub review_deadline: Timestamp,
    /// Who reviewed.
    pub reviewer: Option<Party>,
    /// When.
    pub reviewed_at: Option<Timestamp>,
    /// What the manager wrote.
    pub review_comment: Option<String>,
    /// When it arrived at the customer.
    pub sent_at: Option<Timestamp>,
    /// Until when the customer can answer.
    pub deadline: Option<Timestamp>,
    /// The terms fixed on arrival.
    pub terms: Option<Terms>,
    /// What approvers said, one voice each, in order; empty where the first one decides.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub votes: Vec<Vote>,
    /// What decision hooks said, by name; empty where none was asked, or not yet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hooks: Vec<HookAnswer>,
    /// When people are to be reminded, or more of them asked; see [`Request::wakes`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wake: Option<Timestamp>,
    /// The stored state; [`Request::state_at`] is the truth.
    pub state: State,
    /// The customer's decision.
    pub decision: Option<Decision>,
    /// Who decided first (Approve, Deny, or Cancel of a pending request).
    pub decider: Option<Party>,
    /// When.
    pub decided_at: Option<Timestamp>,
    /// What the approver wrote.
    pub comment: Option<String>,
    /// Length of the granted access, in seconds.
    pub granted_seconds: Option<i64>,
    /// The grant.
    pub grant: Option<GrantId>,
    /// Start of access.
    pub access_start: Option<Timestamp>,
    /// End of access as granted.
    pub access_end: Option<Timestamp>,
    /// Who ended it: withdrew, completed, revoked, or canceled a live grant.
    pub closer: Option<Party>,
    /// When it was ended, by somebody or by time (once written down).
    pub closed_at: Option<Timestamp>,
    /// What the one who ended it wrote.
    pub close_comment: Option<String>,
    /// Row version, from 1.
    pub version: i64,
}

/// An instant of a request that the store fills in when it commits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stamp {
    /// `created_at`.
    Created,
    /// `review_deadline`.
    ReviewDeadline,
    /// `reviewed_at`.
    Reviewed,
    /// `sent_at`.
    Sent,
    /// `deadline`.
    Deadline,
    /// `at` of the last vote.
    Voted,
    /// `wake`.
    Wake,
    /// `decided_at`.
    Decided,
    /// `access_start`.
    AccessStart,
    /// `access_end`.
    AccessEnd,
    /// `closed_at`.
    Closed,
    /// When emergency access was acknowledged. Not a move: the state stays as it is.
    Acknowledged,
}

impl Request {
    /// One that waits for its review, without a reference number: the store draws it. The deadline
    /// of the review is the instant of asking until somebody sets it.
    #[must_use]
    pub fn unreviewed(
        ask: Ask,
        profile: &str,
        requester: Party,
        terms_digest: String,
        at: Timestamp,
    ) -> Self {
        Self {
            identity: RequestId::new(),
            reference: String::new(),
            profile: profile.to_owned(),
            ask,
            emergency: None,
            terms_digest,
            requester,
            created_at: at,
            review_deadline: at,
            reviewer: None,
            reviewed_at: None,
            review_comment: None,
            sent_at: None,
            deadline: None,
            terms: None,
            votes: Vec::new(),
            hooks: Vec::new(),
            wake: None,
            state: State::InternalReview,
            decision: None,
            decider: None,
            decided_at: None,
            comment: None,
            granted_seconds: None,
            grant: None,
            access_start: None,
            access_end: None,
            closer: None,
            closed_at: None,
            close_comment: None,
            version: 1,
        }
    }

    /// Fills in an instant.
    pub fn stamp(&mut self, stamp: Stamp, at: Timestamp) {
        match stamp {
            Stamp::Created => self.created_at = at,
            Stamp::ReviewDeadline => self.review_deadline = at,
            Stamp::Reviewed => self.reviewed_at = Some(at),
            Stamp::Sent => self.sent_at = Some(at),
            Stamp::Deadline => self.deadline = Some(at),
            Stamp::Voted => {
                if let Some(vote) = self.votes.last_mut() {
                    vote.at = at;
                }
            }
            Stamp::Wake => self.wake = Some(at),
            Stamp::Decided => self.decided_at = Some(at),
            Stamp::AccessStart => self.access_start = Some(at),
            Stamp::AccessEnd => self.access_end = Some(at),
            Stamp::Closed => self.closed_at = Some(at),
            Stamp::Acknowledged => {
                let emergency = self.emergency.as_mut();
                if let Some(ack) = emergency.and_then(|part| part.acknowledged.as_mut()) {
                    ack.at = at;
                }
            }
        }
    }

    /// Whether it stands for access that happened without the lockbox: nobody was asked, and there
    /// never was a grant.
    #[must_use]
    pub fn only_reported(&self) -> bool {
        let emergency = self.emergency.as_ref();
        emergency.is_some_and(|part| part.reported.is_some())
    }

    /// Whether the customer took access back that was granted; who decided before stays beside who
    /// closed it.
    #[must_use]
    pub fn taken_back(&self) -> bool {
        self.state == State::Canceled && self.closer.is_some()
    }

    /// Whether it has reached the customer.
    #[must_use]
    pub const fn arrived(&self) -> bool {
        self.sent_at.is_some()
    }

    /// The instant at which time alone changes the stored state, where it does.
    #[must_use]
    pub fn due(&self) -> Option<Timestamp> {
        match self.state {
            State::InternalReview => Some(self.review_deadline),
            State::Pending => self.deadline,
            State::Approved => self.access_end,
            State::Rejected
            | State::Denied
            | State::Canceled
            | State::Expired
            | State::Withdrawn
            | State::Completed
            | State::Revoked
            | State::Ended => None,
        }
    }

    /// What the tenant's policy said of it on arrival, where there was one.
    #[must_use]
    pub fn policy(&self) -> Option<&PolicyTerms> {
        self.terms.as_ref()?.policy.as_ref()
    }

    /// When the customer's clock started or starts: on arrival, or where it was held, later.
    #[must_use]
    pub fn clock_start(&self) -> Option<Timestamp> {
        let held = self.policy().and_then(|policy| policy.held_until);
        held.or(self.sent_at)
    }

    /// When people are to be reminded, or more of them asked: only while they can answer.
    #[must_use]
    pub fn wakes(&self) -> Option<Timestamp> {
        self.wake.filter(|_| self.state == State::Pending)
    }

    /// The state that time makes of a stored state that is due.
    #[must_use]
    pub const fn after_due(state: State) -> State {
        match state {
            State::InternalReview | State::Pending => State::Expired,
            State::Approved => State::Ended,
            other => other,
        }
    }

    /// The true state at an instant: at its deadline a request is expired, at its end access is
    /// over, whether or not anybody has written it down.
    #[must_use]
    pub fn state_at(&self, now: Timestamp) -> State {
        match self.due() {
            Some(due) if now >= due => Self::after_due(self.state),
            _ => self.state,
        }
    }

    /// Whether time alone has changed the state and nobody has written it down.
    #[must_use]
    pub fn overdue(&self, now: Timestamp) -> bool {
        self.state_at(now) != self.state
    }

    /// Whether access is granted at an instant.
    #[must_use]
    pub fn live_at(&self, now: Timestamp) -> bool {
        self.state_at(now) == State::Approved && self.access_start.is_some_and(|start| now >= start)
    }
}
