//! Who there is in a tenant, as far as its policy names them.

use crate::domain::organization::{Organization, Settings};
use crate::domain::people::{Assignment, Principal};
use crate::domain::policy::Policy;
use crate::domain::policy::check::{self, People, Person, Surroundings};
use crate::domain::policy::effective::Problem;
use crate::error::Result;
use crate::ids::{OrgId, PrincipalId};
use crate::service::Services;
use std::collections::HashMap;

/// How many principals are read at a time.
const BATCH: usize = 1_000;

impl Services {
    /// What is wrong with a policy in this daemon and this tenant.
    pub(super) async fn problems_here(
        &self,
        policy: &Policy,
        tenant: &Organization,
        settings: &Settings,
    ) -> Result<Vec<Problem>> {
        let known = Surroundings {
            catalog: &self.catalog,
            hooks: &self.hooks,
            hours_to_answer: settings.hours_to_answer,
        };
        let mut problems = check::surroundings(policy.document(), &known);
        let everybody = self.everybody(tenant.id).await?;
        let people = People::new(everybody, settings.automatic_approval);
        problems.extend(check::people(policy.document(), &people));
        Ok(problems)
    }

    /// Everybody of a tenant, with what they hold anywhere in it, as policies are checked.
    async fn everybody(&self, tenant: OrgId) -> Result<Vec<Person>> {
        let members = self.members(tenant).await?.into_iter();
        Ok(members
            .map(|(principal, held)| Person {
                label: principal.label().to_owned(),
                robot: principal.is_robot(),
                enabled: principal.enabled && !principal.stopped,
                roles: held.into_iter().map(|held| held.role).collect(),
                key: principal.person_key,
            })
            .collect())
    }

    /// Everybody of a tenant, with what they hold anywhere in it.
    pub(super) async fn members(&self, tenant: OrgId) -> Result<Vec<(Principal, Vec<Assignment>)>> {
        let mut held: HashMap<PrincipalId, Vec<Assignment>> = HashMap::new();
        for assignment in self.store.assignments(tenant, None).await? {
            held.entry(assignment.principal)
                .or_default()
                .push(assignment);
        }
        let mut members = Vec::new();
        let mut after = None;
        loop {
            let page = self.store.principals(tenant, after, BATCH).await?;
            let more = page.len() == BATCH;
            after = page.last().map(|principal| principal.id);
            members.extend(page.into_iter().map(|principal| {
                let held = held.remove(&principal.id).unwrap_or_default();
                (principal, held)
            }));
            if !more {
                return Ok(members);
            }
        }
    }
}
