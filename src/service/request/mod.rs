//! Requests: submit, review, decide, end, read.

mod decide;
mod end;
pub(super) mod load;
mod read;
mod review;
mod submit;

pub use decide::Decide;
pub use end::Ending;
pub use load::Named;
pub(in crate::service) use load::{is_customer, is_own, org_ref, request_ref, scope_of};
pub use read::ListRequests;
pub(in crate::service) use review::{access_moments, grant, update};
pub use submit::SubmitRequest;
pub(in crate::service) use submit::{checked_ask, long_enough, unreviewed};

use crate::domain::organization::Organization;
use crate::domain::request::Request;

/// A request with what is needed to show it: its tenant and the instant of the judgement.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The request.
    pub request: Request,
    /// Its tenant.
    pub tenant: Organization,
    /// The instant at which its state is judged.
    pub now: crate::clock::Timestamp,
}
