//! `emergency.*`: access that the provider grants without asking the customer, who reads of it
//! before it works. It is a request that never waits for the customer, so whatever ends or checks
//! access works as ever.

mod acknowledge;
mod confirm;
mod declare;
mod list;
mod report;

pub use list::{ListEmergencies, Listed, Place};
pub use report::ReportEmergency;

use crate::auth::{Actor, Context};
use crate::domain::emergency::Emergency;
use crate::domain::lifecycle::Giver;
use crate::domain::request::Request;
use crate::domain::rights::Action;
use crate::error::Error;
use crate::service::Services;
use crate::service::commit::Denial;
use crate::service::records::{named, written};
use crate::service::request::{Named, Shown};
use crate::{audit::draft::Parameter, auth::Permit};

impl Services {
    /// Emergency access that the caller may do this to; any other request is none.
    async fn emergency_for(
        &self,
        ctx: &Context,
        action: Action,
        name: &Named,
    ) -> Result<(Shown, Emergency, Permit), Denial> {
        let (shown, permit) = self.request_for(ctx, action, name).await?;
        match shown.request.emergency.clone() {
            Some(emergency) => Ok((shown, emergency, permit)),
            None => Err(
                Denial::from(Error::not_found("emergency access", &name.request))
                    .about(&shown.request),
            ),
        }
    }
}

/// The caller as the rules see it.
fn giver(actor: &Actor) -> Giver<'_> {
    Giver {
        key: &actor.principal.person_key,
        robot: actor.principal.is_robot(),
    }
}

/// What every record of emergency access says of it.
fn told(row: &Request, emergency: &Emergency) -> Vec<Parameter> {
    vec![
        written("Incident", emergency.incident.clone()),
        named("ServiceName", row.ask.service.clone()),
        written("Reason", row.ask.reason.clone()),
        named("AccessLevel", row.ask.access_level.as_str()),
    ]
}
