//! What the events of one batch have in common, read once for all of them.

use crate::clock::Timestamp;
use crate::domain::notice::delivery::StoredEvent;
use crate::domain::notice::webhook::Webhook;
use crate::domain::people::{Assignment, Principal};
use crate::domain::policy::effective::Asked;
use crate::domain::request::{Request, Vote};
use crate::error::Result;
use crate::ids::{OrgId, RecordId, RequestId};
use crate::service::Services;
use crate::service::notification::subject::{Subject, told_record};
use crate::store::AuditRow;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Somebody whom mail reaches, and what they hold.
pub(super) type Reached = (Principal, Vec<Assignment>);

/// What was read for earlier events of a batch.
#[derive(Default)]
pub(super) struct Batch {
    people: HashMap<OrgId, Arc<[Reached]>>,
    webhooks: HashMap<OrgId, Arc<[Webhook]>>,
    requests: HashMap<RequestId, Option<Arc<Request>>>,
    standing: HashMap<RequestId, Arc<[Vote]>>,
    records: HashMap<RecordId, Arc<AuditRow>>,
    enrolled: HashMap<(OrgId, String), bool>,
}

impl Batch {
    /// What is read for some events, with their requests. Where one cannot be read, each is read alone
    /// for its event.
    pub(super) async fn of(services: &Services, events: &[StoredEvent]) -> Self {
        let mut batch = Self::default();
        let identities: HashSet<_> = events.iter().filter_map(|event| event.request).collect();
        let read = (services.store).requests_by_id(identities.into_iter().collect());
        match read.await {
            Ok(requests) => batch.requests.extend(
                (requests.into_iter()).map(|request| (request.identity, Some(Arc::new(request)))),
            ),
            Err(error) => tracing::warn!(?error, "requests could not be read ahead"),
        }
        batch
    }

    /// Reads the records of some events. Where one cannot be read, each is read alone when it is told.
    pub(super) async fn read_records(&mut self, services: &Services, events: &[StoredEvent]) {
        let ids = events
            .iter()
            .filter_map(|event| Some((event.org, event.record?)));
        let ids: Vec<_> = ids.collect();
        match services.store.records_by_id(ids.clone()).await {
            Ok(records) => {
                let records = ids.into_iter().zip(records);
                let found = records.filter_map(|((_, id), row)| Some((id, Arc::new(row?))));
                self.records.extend(found);
            }
            Err(error) => tracing::warn!(?error, "records could not be read ahead"),
        }
    }

    /// What an event tells of, for an organization; nothing where its record was not read.
    pub(super) async fn subject(
        &mut self,
        services: &Services,
        event: &StoredEvent,
        receiver: OrgId,
        read_at: Timestamp,
    ) -> Result<Option<Subject>> {
        let request = self.request(services, event).await?;
        let record = match told_record(event, receiver) {
            Some((_, id)) => match self.records.get(&id) {
                Some(record) => Some(Arc::clone(record)),
                None => return Ok(None),
            },
            None => None,
        };
        Ok(Some(Subject {
            read_at,
            request,
            record,
        }))
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

    /// Whether an address is that of a person of an organization who has enrolled, whatever became of
    /// them: they have said that it is theirs.
    pub(super) async fn has_enrolled(
        &mut self,
        services: &Services,
        org: OrgId,
        address: &str,
    ) -> Result<bool> {
        let key = (org, address.to_lowercase());
        if let Some(known) = self.enrolled.get(&key) {
            return Ok(*known);
        }
        let found = services.store.has_enrolled(org, key.1.clone()).await?;
        self.enrolled.insert(key, found);
        Ok(found)
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
    pub(super) async fn request(
        &mut self,
        services: &Services,
        event: &StoredEvent,
    ) -> Result<Option<Arc<Request>>> {
        let Some(identity) = event.request else {
            return Ok(None);
        };
        if let Some(request) = self.requests.get(&identity) {
            return Ok(request.clone());
        }
        let found = services.store.request_anywhere(identity).await?;
        let request = found.map(Arc::new);
        self.requests.insert(identity, request.clone());
        Ok(request)
    }

    /// The votes of a request that waits that count at the instant of the batch.
    pub(super) async fn standing(
        &mut self,
        services: &Services,
        request: &Request,
        asked: &Asked,
        now: Timestamp,
    ) -> Result<Arc<[Vote]>> {
        if let Some(votes) = self.standing.get(&request.identity) {
            return Ok(Arc::clone(votes));
        }
        let mut basis = Vec::new();
        let votes = services.standing(request, asked, now, &mut basis);
        let votes: Arc<[Vote]> = votes.await?.into();
        self.standing.insert(request.identity, Arc::clone(&votes));
        Ok(votes)
    }
}

/// Whether mail reaches somebody: a person who may call.
pub(super) fn is_reached(principal: &Principal) -> bool {
    principal.enabled && !principal.is_robot()
}
