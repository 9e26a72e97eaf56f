//! Who there is in a tenant, as far as its policy names them.

use crate::domain::organization::{Organization, Settings};
use crate::domain::policy::Policy;
use crate::domain::policy::check::{self, People, Person, Surroundings};
use crate::domain::policy::effective::Problem;
use crate::domain::scope::Role;
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

    /// Everybody of a tenant, with what they hold anywhere in it.
    pub(super) async fn everybody(&self, tenant: OrgId) -> Result<Vec<Person>> {
        let mut held: HashMap<PrincipalId, Vec<Role>> = HashMap::new();
        for assignment in self.store.assignments(tenant, None).await? {
            held.entry(assignment.principal)
                .or_default()
                .push(assignment.role);
        }
        let mut everybody = Vec::new();
        let mut after = None;
        loop {
            let page = self.store.principals(tenant, after, BATCH).await?;
            let more = page.len() == BATCH;
            after = page.last().map(|principal| principal.id);
            everybody.extend(page.into_iter().map(|principal| Person {
                label: principal.label().to_owned(),
                robot: principal.is_robot(),
                enabled: principal.enabled && !principal.stopped,
                roles: held.remove(&principal.id).unwrap_or_default(),
                key: principal.person_key,
            }));
            if !more {
                return Ok(everybody);
            }
        }
    }
}
