//! What becomes of a request when it reaches the customer.

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
        let by_policy = request
            .decider
            .as_ref()
            .is_some_and(|party| party.key.issuer == POLICY_ISSUER);
        let unasked = request
            .terms
            .as_ref()
            .is_some_and(|terms| !terms.approval_required);
        match request.decision {
            Some(Decision::Deny) if by_policy => Self::Denied,
            Some(Decision::Approve) if by_policy => Self::Approved,
            _ if unasked => Self::Granted,
            _ => Self::Asked,
        }
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
