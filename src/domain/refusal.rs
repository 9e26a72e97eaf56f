//! Typed refusals: each says why, and what to do instead.

use crate::clock::Timestamp;
use crate::domain::request::{Request, State};
use crate::domain::status::approval_status;
use crate::error::Error;

/// Why a rule says no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Somebody has decided before.
    AlreadyDecided(Standing),
    /// The deadline has passed.
    Expired(Standing),
    /// The state does not allow the command; the hint names what does.
    WrongState(Standing, &'static str),
    /// The reviewer is the requester.
    ReviewByRequester,
    /// The approver is the requester or the reviewer.
    ApprovalByProvider(&'static str),
    /// A robot approves and the tenant has not allowed it.
    RobotMayNotApprove,
    /// The tenant is suspended.
    TenantSuspended,
    /// Nobody has claimed the tenant.
    TenantNotClaimed,
    /// The access would be longer than allowed.
    TooLong {
        /// What was wanted, in seconds.
        wanted: i64,
        /// What is allowed, in seconds.
        longest: i64,
    },
    /// The terms that the approver saw are not the request's.
    TermsMismatch,
    /// The decision guards another service.
    ServiceMismatch {
        /// What the caller named.
        named: String,
        /// What the request is for.
        actual: String,
    },
}

/// How a request stands, for the caller that was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Its reference number.
    pub reference: String,
    /// Its true state.
    pub state: State,
    /// Whether it has reached the customer.
    pub arrived: bool,
    /// Who brought it there, where somebody did.
    pub by: Option<String>,
    /// When.
    pub at: Option<Timestamp>,
}

impl Standing {
    /// How the request stands at an instant.
    #[must_use]
    pub fn of(request: &Request, now: Timestamp) -> Self {
        let state = request.state_at(now);
        let (by, at) = if request.overdue(now) {
            (None, request.due())
        } else {
            match state {
                State::InternalReview => (None, Some(request.created_at)),
                State::Pending => (None, request.sent_at),
                State::Rejected => (
                    request.reviewer.as_ref().map(|party| party.name.clone()),
                    request.reviewed_at,
                ),
                State::Approved | State::Denied => (
                    request.decider.as_ref().map(|party| party.name.clone()),
                    request.decided_at.or(request.access_start),
                ),
                State::Canceled
                | State::Withdrawn
                | State::Completed
                | State::Revoked
                | State::Expired
                | State::Ended => (
                    request
                        .closer
                        .as_ref()
                        .or(request
                            .decider
                            .as_ref()
                            .filter(|_| state == State::Canceled))
                        .map(|party| party.name.clone()),
                    request.closed_at.or(request.decided_at),
                ),
            }
        };
        Self {
            reference: request.reference.clone(),
            state,
            arrived: request.arrived(),
            by,
            at,
        }
    }

    fn sentence(&self) -> String {
        let mut text = format!("Request {} is {}", self.reference, self.state);
        if let Some(by) = &self.by {
            text.push_str(" by ");
            text.push_str(by);
        }
        if let Some(at) = self.at {
            text.push_str(&format!(" since {at}"));
        }
        text.push('.');
        text
    }

    fn attach(&self, error: Error) -> Error {
        error
            .with("currentState", self.state.as_str())
            .with(
                "approvalStatus",
                approval_status(self.state, self.arrived).map(|status| status.as_str()),
            )
            .with("decidedBy", self.by.clone())
            .with("decidedDate", self.at.map(|at| at.to_string()))
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::AlreadyDecided(standing) => standing.attach(Self::conflict(
                "alreadyDecided",
                standing.sentence(),
                if standing.state == State::Approved {
                    "It is decided already; to end the access use the decision Cancel."
                } else {
                    "It is decided already; read the request again. A new request is needed to change the outcome."
                },
            )),
            Refusal::Expired(standing) => standing.attach(Self::conflict(
                "requestExpired",
                standing.sentence(),
                "The time to answer is over; the engineer has to submit a new request.",
            )),
            Refusal::WrongState(standing, hint) => standing.attach(Self::conflict(
                "wrongState",
                standing.sentence(),
                hint,
            )),
            Refusal::ReviewByRequester => Self::refused(
                "separationOfDuties",
                "You asked for this access yourself, so you cannot approve its review.",
                "Ask another manager to review it; rejecting and withdrawing stay open to you.",
            ),
            Refusal::ApprovalByProvider(who) => Self::refused(
                "separationOfDuties",
                format!("You are the {who} of this request, so you cannot approve it."),
                "Ask another approver; Deny and Cancel stay open to you.",
            ),
            Refusal::RobotMayNotApprove => Self::refused(
                "robotMayNotApprove",
                "A robot may deny and cancel; this tenant does not let it approve.",
                "Let a person approve, or have a global administrator set automaticApproval.",
            ),
            Refusal::TenantSuspended => Self::refused(
                "tenantSuspended",
                "The tenant is suspended: nothing new is submitted, reviewed or approved.",
                "Deny, Cancel, reads and exports work; the provider can resume the tenant.",
            ),
            Refusal::TenantNotClaimed => Self::refused(
                "tenantNotClaimed",
                "Nobody of the customer has claimed this tenant, so it receives no request.",
                "The customer redeems the claim code first; tenant.invite makes a new one.",
            ),
            Refusal::TooLong { wanted, longest } => Self::refused(
                "durationTooLong",
                format!("{wanted} s of access are more than the {longest} s that are allowed."),
                format!("Use at most {longest} s."),
            )
            .with("longestSeconds", longest),
            Refusal::TermsMismatch => Self::conflict(
                "termsMismatch",
                "The request is not the one whose termsDigest you sent.",
                "Read the request again, and decide on what it says now.",
            ),
            Refusal::ServiceMismatch { named, actual } => Self::conflict(
                "serviceMismatch",
                format!("The request is for {actual}, and the decision names {named}."),
                format!("Decide with -ServiceName {actual}, or leave the service out."),
            )
            .with("expected", named)
            .with("actual", actual),
        }
    }
}
