//! Whom an event that is about no request is about: they hold no role, and stand in no settings,
//! that lead to them for certain.

use crate::audit::{Acted, operations};
use crate::domain::notice::plan::Candidate;
use crate::domain::notice::{Audience, Event};
use crate::error::Result;
use crate::ids::OrgId;
use crate::service::Services;
use crate::service::notification::audience::candidate;
use crate::service::policy::HEAR_LESS;
use crate::store::PrincipalRef;

/// The acts by which somebody may do more or less than before. Whoever is created learns of that by
/// their code, without which they can do nothing.
const ABOUT_PEOPLE: [&str; 4] = [
    operations::PRINCIPAL_DISABLED,
    operations::PRINCIPAL_ENABLED,
    operations::ROLE_ASSIGNED,
    operations::ROLE_REMOVED,
];

impl Services {
    /// Those whom an act of an organization concerns themselves.
    pub(super) async fn affected(
        &self,
        event: Event,
        org: OrgId,
        acted: &Acted,
    ) -> Result<Vec<Candidate>> {
        match event {
            Event::RolesChanged if ABOUT_PEOPLE.contains(&acted.operation.as_str()) => {
                let Ok(id) = acted.object.parse() else {
                    return Ok(Vec::new());
                };
                // Also where they are disabled, and hold nothing any more.
                let found = self.store.principal(org, PrincipalRef::Id(id)).await?;
                let reason = "It is about them.".to_owned();
                Ok(found
                    .and_then(|one| candidate(&one, Audience::Affected, reason))
                    .into_iter()
                    .collect())
            }
            Event::SettingsChanged => {
                let less = acted.parameter(HEAR_LESS).unwrap_or_default();
                Ok(less
                    .lines()
                    .map(|address| Candidate {
                        audience: Audience::Affected,
                        address: address.to_owned(),
                        reason: "Less is sent to it than before.".to_owned(),
                    })
                    .collect())
            }
            _ => Ok(Vec::new()),
        }
    }
}
