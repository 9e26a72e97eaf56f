//! What becomes of a request when it reaches the customer.

use crate::clock::Timestamp;
use crate::domain::policy::effective::{Judgement, Verdict};
use crate::domain::request::{Decision, Request};
use serde::Serialize;

/// What becomes of a reviewed request when it reaches the customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Arrival {
    /// The policy denies it.
    Denied,
    /// The policy approves it.
    Approved,
    /// It is granted, as the customer requires no approval.
    Granted,
    /// People are asked.
    Asked,
}

impl Arrival {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::Denied, Self::Approved, Self::Granted, Self::Asked];

    /// What a judgement comes to: a rule that denies counts always; nobody is asked where no
    /// approval is required.
    #[must_use]
    pub fn of(judgement: Option<&Judgement>, approval_required: bool) -> Self {
        match judgement.map(|judgement| &judgement.verdict) {
            Some(Verdict::Deny { .. }) => Self::Denied,
            _ if !approval_required => Self::Granted,
            Some(Verdict::Approve { .. }) => Self::Approved,
            Some(Verdict::Ask) | None => Self::Asked,
        }
    }

    /// What did become of a request that has arrived.
    #[must_use]
    pub fn happened(request: &Request) -> Self {
        let required = request
            .terms
            .as_ref()
            .is_some_and(|terms| terms.approval_required);
        Self::went(request.deadline, request.decision, required)
    }

    /// What did become of a request with such a deadline and decision, and such terms.
    #[must_use]
    pub const fn went(
        deadline: Option<Timestamp>,
        decision: Option<Decision>,
        approval_required: bool,
    ) -> Self {
        // Only those who are asked have a time to answer; it stays, whoever decides later. An
        // approval may have been canceled.
        match (deadline, decision) {
            (Some(_), _) => Self::Asked,
            (None, Some(Decision::Deny)) => Self::Denied,
            (None, _) if approval_required => Self::Approved,
            (None, _) => Self::Granted,
        }
    }

    /// Whether decision hooks would be asked, and could decide before people do.
    #[must_use]
    pub fn asks_hooks(self, judgement: &Judgement) -> bool {
        self == Self::Asked && !judgement.asked.hooks.is_empty()
    }

    /// The word in results.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Denied => "denied",
            Self::Approved => "approved",
            Self::Granted => "granted",
            Self::Asked => "asked",
        }
    }
}

/// The issuer of the key of whoever decides by policy; no person has it.
pub const POLICY_ISSUER: &str = "policy";

#[cfg(test)]
#[path = "arrival_tests.rs"]
mod tests;
