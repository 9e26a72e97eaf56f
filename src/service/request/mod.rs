//! Requests: submit, review, decide, end, read.

pub(super) mod access;
pub(super) mod arrive;
mod decide;
mod end;
pub(super) mod load;
mod read;
mod review;
mod submit;
pub(super) mod voices;

pub(in crate::service) use access::Access;
pub use decide::Decide;
pub use end::Ending;
pub use load::Named;
pub(in crate::service) use load::{is_customer, is_own, org_ref, reaches, request_ref, scope_of};
pub use read::ListRequests;
pub(in crate::service) use review::update;
pub use submit::SubmitRequest;
pub(in crate::service) use submit::{checked_ask, filed, long_enough, unreviewed};

use crate::clock::Timestamp;
use crate::domain::organization::Organization;
use crate::domain::policy::effective::Window;
use crate::domain::request::{Decision, Request, State, Vote};
use crate::domain::votes::approvals_of;
use crate::service::policy::POLICY_UNUSABLE;
use voices::{InForce, asked_now};

/// A request with what is needed to show it: its tenant and the instant of the judgement.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The request.
    pub request: Request,
    /// Its tenant.
    pub tenant: Organization,
    /// The instant at which its state is judged.
    pub now: Timestamp,
    /// What the policy in force says of it, where it waits for the customer.
    in_force: Option<Box<InForce>>,
    /// The votes that count now, where it waits for the customer.
    standing: Option<Vec<Vote>>,
}

impl Shown {
    pub(super) fn new(request: Request, tenant: Organization, now: Timestamp) -> Self {
        Self {
            request,
            tenant,
            now,
            in_force: None,
            standing: None,
        }
    }

    /// When access would be possible if it was approved now, where a calendar bounds that.
    #[must_use]
    pub fn window(&self) -> Option<Window> {
        self.in_force.as_ref()?.window
    }

    /// How many have approved, and how many have to; nothing before arrival.
    #[must_use]
    pub fn approvals(&self) -> Option<(u32, u32)> {
        let terms = self.request.terms.as_ref()?;
        let votes = self.standing.as_ref().unwrap_or(&self.request.votes);
        let approved = u32::from(self.request.decision == Some(Decision::Approve));
        Some(match asked_now(&self.request, self.in_force.as_deref()) {
            _ if !terms.approval_required => (0, 0),
            // One decided at once: whoever need not be asked, and a rule without asking anybody.
            Some(_) if self.request.votes.is_empty() && approved == 1 => (1, 1),
            Some(asked) => approvals_of(&asked, votes),
            None => (approved, 1),
        })
    }
}

impl crate::service::Services {
    /// A request that waits, with what the policy in force says of it.
    pub(super) async fn in_force(&self, mut shown: Shown) -> crate::error::Result<Shown> {
        if shown.request.state_at(shown.now) == State::Pending {
            shown.in_force = match self.policy_now(&shown.request, shown.now).await {
                Ok(in_force) => in_force.map(Box::new),
                // What can still be read is read; who decides is told.
                Err(error) if error.code() == POLICY_UNUSABLE => None,
                Err(error) => return Err(error),
            };
            if let Some(asked) = asked_now(&shown.request, shown.in_force.as_deref()) {
                let basis = &mut Vec::new();
                let standing = self.standing(&shown.request, &asked, shown.now, basis);
                shown.standing = Some(standing.await?);
            }
        }
        Ok(shown)
    }
}
