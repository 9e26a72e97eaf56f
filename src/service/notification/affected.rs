//! Whom an event that is about no request is about: they hold no role, and stand in no settings,
//! that lead to them for certain.

use crate::audit::{Acted, operations};
use crate::domain::notice::plan::Candidate;
use crate::domain::notice::{Audience, Event};
use crate::domain::people::Principal;
use crate::error::Result;
use crate::ids::{OrgId, TokenId};
use crate::service::Services;
use crate::service::notification::audience::candidate;
use crate::service::policy::HEAR_LESS;
use crate::store::PrincipalRef;

/// The acts by which somebody may do more or less than before. That they were created they learn by
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
            Event::RolesChanged => {
                let found = self.whom(org, acted).await?;
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

    /// Whom an act is about, also where they are disabled, and hold nothing any more. With a robot's
    /// token somebody acts in the name of its owner.
    async fn whom(&self, org: OrgId, acted: &Acted) -> Result<Option<Principal>> {
        let one = async |id| self.store.principal(org, PrincipalRef::Id(id)).await;
        if ABOUT_PEOPLE.contains(&acted.operation.as_str()) {
            return match acted.object.parse() {
                Ok(id) => one(id).await,
                Err(_) => Ok(None),
            };
        }
        let token = match acted.object.parse::<TokenId>() {
            Ok(id) if is_of_token(acted) => self.store.token(org, id).await?,
            _ => None,
        };
        let Some(token) = token else {
            return Ok(None);
        };
        match one(token.principal).await? {
            Some(Principal {
                owner: Some(id), ..
            }) => one(id).await,
            holder => Ok(holder),
        }
    }
}

/// Whether somebody has made a token, or revoked one. Everybody may as often as they like, so this is
/// told to none but those in whose name the token counts.
pub(super) fn is_of_token(acted: &Acted) -> bool {
    [operations::TOKEN_ISSUED, operations::TOKEN_REVOKED].contains(&acted.operation.as_str())
}
