//! Typed refusals: each says why, and what to do instead.

use crate::clock::Timestamp;
use crate::domain::emergency::Acknowledgement;
use crate::domain::request::{Decision, Party, Request, State, Vote};
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
    /// A robot does what takes a person.
    RobotMayNot(&'static str),
    /// The tenant forbids emergency access.
    EmergencyForbidden,
    /// Who declared emergency access confirms it.
    ConfirmByRequester,
    /// The same two people have had emergency access for this incident before.
    NotRenewable {
        /// The reference number of the earlier one.
        earlier: String,
    },
    /// The same two people have had emergency access to this tenant a short time ago.
    PairPauses {
        /// The reference number of the earlier one.
        earlier: String,
        /// From when on they can have another.
        from: Timestamp,
    },
    /// Who declared or confirmed emergency access acknowledges it for the customer.
    AcknowledgeByProvider(&'static str),
    /// Somebody has acknowledged the emergency access before.
    AlreadyAcknowledged(Box<Acknowledgement>),
    /// A robot approves and the tenant has not allowed it.
    RobotMayNotApprove,
    /// The caller's token is limited to other decisions.
    DecisionNotAllowed {
        /// What the caller wanted.
        wanted: Decision,
        /// What the token allows.
        allowed: Vec<Decision>,
    },
    /// The tenant is suspended.
    TenantSuspended,
    /// Nobody has claimed the tenant.
    TenantNotClaimed,
    /// There are as many undecided requests as there may be.
    TooMany {
        /// How many there may be.
        limit: u32,
        /// Whose they are.
        of: &'static str,
    },
    /// The approver is none of this stage.
    NotAnApprover {
        /// The stage that waits, from 1.
        stage: u32,
        /// How many there are.
        stages: u32,
        /// Who may approve in it: roles, addresses of people, names of robots.
        approvers: Vec<String>,
    },
    /// Somebody has spoken with the same voice before.
    VotedAlready(Box<Vote>),
    /// The tenant's policy wants a reason for such a decision.
    ReasonRequired(Decision),
    /// The policy in force denies what is to be approved.
    DeniedByPolicy {
        /// The rule.
        rule: String,
        /// The reason that stands in it.
        reason: String,
    },
    /// The access would be longer than allowed.
    TooLong {
        /// What was wanted, in seconds.
        wanted: i64,
        /// What is allowed, in seconds.
        longest: i64,
    },
    /// The access would be too short to be of use.
    TooShort {
        /// What was wanted, in seconds.
        wanted: i64,
        /// The least that makes sense, in seconds.
        shortest: i64,
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
    /// Who brought it there; nobody where time did.
    pub by: Option<Box<Party>>,
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
                State::InternalReview => (Some(&request.requester), Some(request.created_at)),
                State::Rejected => (request.reviewer.as_ref(), request.reviewed_at),
                State::Pending => (request.reviewer.as_ref(), request.sent_at),
                // Where the tenant requires no approval, the review has granted it.
                State::Approved => (
                    request.decider.as_ref().or(request.reviewer.as_ref()),
                    // Access may begin later than it was granted.
                    request.decided_at.or(request.access_start),
                ),
                State::Denied => (request.decider.as_ref(), request.decided_at),
                // Live access has its own end; a pending request was decided.
                State::Canceled => (
                    request.closer.as_ref().or(request.decider.as_ref()),
                    request.closed_at,
                ),
                State::Withdrawn | State::Completed | State::Revoked => {
                    (request.closer.as_ref(), request.closed_at)
                }
                State::Expired | State::Ended => (None, request.closed_at),
            }
        };
        Self {
            reference: request.reference.clone(),
            state,
            arrived: request.arrived(),
            by: by.cloned().map(Box::new),
            at,
        }
    }

    fn sentence(&self, by: Option<&str>) -> String {
        let mut text = format!("Request {} is {}", self.reference, self.state);
        if let Some(at) = self.at {
            text.push_str(&format!(" since {at}"));
        }
        if let Some(by) = by {
            text.push_str(&format!(", by {by}"));
        }
        text.push('.');
        text
    }

    fn conflict(&self, code: &'static str, remedy: &str, name: impl Fn(&Party) -> String) -> Error {
        let by = self.by.as_deref().map(name);
        Error::conflict(code, self.sentence(by.as_deref()), remedy)
            .with("currentState", self.state.as_str())
            .with(
                "approvalStatus",
                approval_status(self.state, self.arrived).map(|status| status.as_str()),
            )
            .with("decidedBy", by)
            .with("decidedDate", self.at.map(|at| at.to_string()))
    }
}

impl Refusal {
    /// The refusal as one reader may read it: `name` is what that reader calls somebody, because
    /// the provider's people have pseudonyms for customers.
    #[must_use]
    pub fn told(&self, name: impl Fn(&Party) -> String) -> Error {
        match self {
            Self::AlreadyDecided(standing) => standing.conflict(
                "alreadyDecided",
                if standing.state == State::Approved {
                    "It is decided already; to end the access use the decision Cancel."
                } else {
                    "It is decided already; read the request again. A new request is needed to change the outcome."
                },
                name,
            ),
            Self::Expired(standing) => standing.conflict(
                "requestExpired",
                "The time to answer is over; the engineer has to submit a new request.",
                name,
            ),
            Self::WrongState(standing, hint) => standing.conflict("wrongState", hint, name),
            Self::ReviewByRequester => Error::refused(
                "separationOfDuties",
                "You asked for this access yourself, so you cannot approve its review.",
                "Ask another manager to review it; rejecting and withdrawing stay open to you.",
            ),
            Self::ApprovalByProvider(who) => Error::refused(
                "separationOfDuties",
                format!("You are the {who} of this request, so you cannot approve it."),
                "Ask another approver; Deny and Cancel stay open to you.",
            ),
            Self::RobotMayNot(what) => Error::refused(
                "personRequired",
                format!("A robot may not {what}: it takes a person."),
                "Have a person do it, with a token of that person.",
            ),
            Self::EmergencyForbidden => Error::refused(
                "emergencyForbidden",
                "The tenant does not allow emergency access through the lockbox.",
                "Ask with request.submit; access that happened all the same is recorded with emergency.report.",
            ),
            Self::ConfirmByRequester => Error::refused(
                "separationOfDuties",
                "You declared this emergency access yourself, so you cannot confirm it.",
                "Ask another manager to confirm it; rejecting and withdrawing stay open to you.",
            ),
            Self::NotRenewable { earlier } => Error::refused(
                "emergencyNotRenewable",
                format!("{earlier} was emergency access of the same two people for the same incident."),
                "Another engineer declares it or another manager confirms it; or ask the customer with request.submit.",
            ),
            Self::PairPauses { earlier, from } => Error::refused(
                "emergencyNotRenewable",
                format!("{earlier} was emergency access of the same two people, and another incident does not renew it."),
                format!("Another engineer declares it or another manager confirms it; or ask the customer with request.submit. The same two can have another from {from} on."),
            )
            .with("availableFrom", from.to_string()),
            Self::AcknowledgeByProvider(who) => Error::refused(
                "separationOfDuties",
                format!("You are the {who} of this emergency access, so you cannot acknowledge it."),
                "Another approver of the customer acknowledges it; Cancel stays open to you.",
            ),
            Self::AlreadyAcknowledged(ack) => {
                let by = name(&ack.by);
                Error::conflict(
                    "alreadyAcknowledged",
                    format!("It was acknowledged at {}, by {by}.", ack.at),
                    "Nothing is left to do; emergency.list with open true lists what waits.",
                )
                .with("acknowledgedBy", by)
                .with("acknowledgedDate", ack.at.to_string())
            }
            Self::RobotMayNotApprove => Error::refused(
                "robotMayNotApprove",
                "A robot may deny and cancel; this tenant does not let it approve.",
                "Let a person approve, or have a global administrator set automaticApproval.",
            ),
            Self::DecisionNotAllowed { wanted, allowed } => Error::refused(
                "decisionNotAllowed",
                format!("This token may not decide {wanted}."),
                format!("It is limited to: {}.", words(allowed)),
            ),
            Self::TenantSuspended => Error::refused(
                "tenantSuspended",
                "The tenant is suspended: nothing new is submitted, reviewed or approved.",
                "Deny, Cancel, reads and exports work; the provider can resume the tenant.",
            ),
            Self::TenantNotClaimed => Error::refused(
                "tenantNotClaimed",
                "Nobody of the customer has claimed this tenant, so it receives no request.",
                "The customer redeems the claim code first; tenant.invite makes a new one.",
            ),
            Self::TooMany { limit, of } => Error::refused(
                "limitReached",
                format!("There are {limit} undecided requests of {of} already."),
                "Wait until one is decided, or withdraw one.",
            )
            .with("limit", *limit),
            Self::NotAnApprover {
                stage,
                stages,
                approvers,
            } => Error::refused(
                "notAnApprover",
                format!("Stage {stage} of {stages} waits for others than you."),
                format!("Ask one of: {}. Deny stays open to you.", approvers.join(", ")),
            )
            .with("stage", *stage)
            .with("approvers", approvers.clone()),
            Self::VotedAlready(vote) => Error::conflict(
                "votedAlready",
                match &vote.on_behalf_of {
                    Some(absent) => format!(
                        "{} has decided {} in the place of {}.",
                        name(&vote.party),
                        vote.decision,
                        name(absent)
                    ),
                    None => format!("{} has decided {}.", name(&vote.party), vote.decision),
                },
                match vote.decision {
                    Decision::Approve => "A person has one voice, robots included: somebody else                                           has to approve too. You can still change it to Deny.",
                    Decision::Deny | Decision::Cancel => "A person has one voice, robots included,                                                           and a denial is not taken back; somebody                                                           else can decide.",
                },
            )
            .with("decidedBy", name(&vote.party))
            .with("decidedDate", vote.at.to_string()),
            Self::ReasonRequired(decision) => Error::refused(
                "reasonRequired",
                format!("This tenant's policy wants a reason for the decision {decision}."),
                "Send the reason along, as the comment.",
            ),
            Self::DeniedByPolicy { rule, reason } => Error::refused(
                "deniedByPolicy",
                format!("Rule '{rule}' of the tenant's policy denies it: {reason}"),
                "Deny and Cancel stay open; to approve it, a global administrator has to change \
                 the policy.",
            )
            .with("rule", rule.as_str()),
            Self::TooLong { wanted, longest } => Error::refused(
                "durationTooLong",
                format!("{wanted} s of access are more than the {longest} s that are allowed."),
                format!("Use at most {longest} s."),
            )
            .with("longestSeconds", *longest),
            Self::TooShort { wanted, shortest } => Error::invalid_param(
                "/durationSeconds",
                format!("{wanted} s of access are too short."),
                &format!("at least {shortest} s"),
            ),
            Self::TermsMismatch => Error::conflict(
                "termsMismatch",
                "The request is not the one whose termsDigest you sent.",
                "Read the request again, and decide on what it says now.",
            ),
            Self::ServiceMismatch { named, actual } => Error::conflict(
                "serviceMismatch",
                format!("The request is for {actual}, and the decision names {named}."),
                format!("Decide with -ServiceName {actual}, or leave the service out."),
            )
            .with("expected", named.as_str())
            .with("actual", actual.as_str()),
        }
    }
}

fn words(decisions: &[Decision]) -> String {
    let words: Vec<&str> = decisions.iter().map(|one| one.as_str()).collect();
    words.join(", ")
}

#[cfg(test)]
#[path = "refusal_tests.rs"]
mod tests;
