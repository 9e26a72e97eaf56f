//! What the events of one batch have in common, read once for all of them.

use crate::domain::notice::delivery::StoredEvent;
use crate::domain::notice::webhook::Webhook;
use crate::domain::people::{Assignment, Principal};
use crate::domain::request::Request;
use crate::error::Result;
use crate::ids::{OrgId, RequestId};
use crate::service::Services;
use std::collections::HashMap;
use std::sync::Arc;

/// Somebody whom mail reaches, and what they hold.
pub(super) type Reached = (Principal, Vec<Assignment>);

/// What was read for earlier events of a batch.
#[derive(Default)]
pub(super) struct Batch {
    people: HashMap<OrgId, Arc<[Reached]>>,
    webhooks: HashMap<OrgId, Arc<[Webhook]>>,
    requests: HashMap<RequestId, Option<Arc<Request>>>,
}

impl Batch {
    /// What is read for some events, with their requests.
    pub(super) async fn of(services: &Services, events: &[StoredEvent]) -> Result<Self> {
        let mut batch = Self::default();
        for identity in events.iter().filter_map(|event| event.request) {
            batch.requests.insert(identity, None);
        }
        let identities = batch.requests.keys().copied().collect();
        for request in services.store.requests_by_id(identities).await? {
            let identity = request.identity;
            batch.requests.insert(identity, Some(Arc::new(request)));
        }
        Ok(batch)
    }

    /// Those of an organization whom mail reaches, and who hold a role.
    pub(super) async fn people(
        &mut self,
        services: &Services,
        org: OrgId,
    ) -> Result<Arc<[Reached]>> {
        if let Some(people) = self.people.get(&org) {
            return Ok(Arc::clone(people));
        }
        let members = services.members(org).await?.into_iter();
        let people: Arc<[Reached]> = members
            .filter(|(principal, held)| is_reached(principal) && !held.is_empty())
            .collect();
        self.people.insert(org, Arc::clone(&people));
        Ok(people)
    }

    /// The webhooks of an organization.
    pub(super) async fn webhooks(
        &mut self,
        services: &Services,
        org: OrgId,
    ) -> Result<Arc<[Webhook]>> {
        if let Some(webhooks) = self.webhooks.get(&org) {
            return Ok(Arc::clone(webhooks));
        }
        let webhooks: Arc<[Webhook]> = services.store.webhooks(org).await?.into();
        self.webhooks.insert(org, Arc::clone(&webhooks));
        Ok(webhooks)
    }

    /// The request of an event, where it has one.
    pub(super) fn request(&self, event: &StoredEvent) -> Option<Arc<Request>> {
        self.requests.get(&event.request?)?.clone()
    }
}

/// Whether mail reaches somebody: a person who may call.
pub(super) fn is_reached(principal: &Principal) -> bool {
    principal.enabled && !principal.is_robot()
}
