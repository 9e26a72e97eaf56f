//! What deliveries tell of, read for many at once: a read for each costs more than sending it.

use crate::clock::Timestamp;
use crate::domain::notice::delivery::{Delivery, StoredEvent};
use crate::domain::notice::facts::Facts;
use crate::domain::request::Request;
use crate::error::Result;
use crate::ids::{OrgId, RecordId};
use crate::service::Services;
use crate::service::notification::Direct;
use crate::store::{AuditRow, AuditSelector};
use std::collections::HashMap;
use std::sync::Arc;

/// For how long what was read ahead is told, in milliseconds; later it is read again.
const FRESH_MILLIS: i64 = 1_000;

/// What an event tells of, as it was read.
#[derive(Clone, Debug)]
pub struct Subject {
    read_at: Timestamp,
    pub(super) request: Option<Arc<Request>>,
    pub(super) record: Option<AuditRow>,
}

impl Services {
    /// What some deliveries tell of, in their order, as of one moment each for requests and records.
    ///
    /// # Errors
    /// Where the store cannot be read.
    pub async fn subjects(&self, deliveries: &[Delivery]) -> Result<Vec<Subject>> {
        let read_at = self.now();
        let mut identities: Vec<_> = deliveries.iter().filter_map(|d| d.event.request).collect();
        identities.sort_unstable();
        identities.dedup();
        let requests = self.store.requests_by_id(identities).await?;
        let requests: HashMap<_, _> = requests
            .into_iter()
            .map(|request| (request.identity, Arc::new(request)))
            .collect();
        let told = |delivery: &Delivery| told_record(&delivery.event, delivery.org);
        let ids = deliveries.iter().filter_map(told).collect();
        let mut records = self.store.records_by_id(ids).await?.into_iter();
        Ok(deliveries
            .iter()
            .map(|delivery| Subject {
                read_at,
                request: (delivery.event.request).and_then(|id| requests.get(&id).cloned()),
                record: told(delivery).and_then(|_| records.next().flatten()),
            })
            .collect())
    }

    /// What an event tells of, for an organization.
    pub(super) async fn subject(&self, event: &StoredEvent, receiver: OrgId) -> Result<Subject> {
        let read_at = self.now();
        let request = match event.request {
            Some(identity) => self.store.request_anywhere(identity).await?.map(Arc::new),
            None => None,
        };
        Ok(Subject {
            read_at,
            request,
            record: self.record_told(event, receiver).await?,
        })
    }

    /// The record of an event, for an organization.
    pub(super) async fn record_told(
        &self,
        event: &StoredEvent,
        receiver: OrgId,
    ) -> Result<Option<AuditRow>> {
        match told_record(event, receiver) {
            Some((org, id)) => {
                let which = AuditSelector::Id(id);
                self.store.audit_record(org, which).await
            }
            None => Ok(None),
        }
    }

    /// What one in hand tells.
    ///
    /// # Errors
    /// Where the store cannot be read.
    pub async fn facts_in_hand(&self, direct: &Direct) -> Result<Facts> {
        let delivery = &direct.delivery;
        let ahead = Subject {
            read_at: direct.read_at,
            request: direct.request.clone(),
            record: self.record_told(&delivery.event, delivery.org).await?,
        };
        self.facts_of(delivery, Some(ahead)).await
    }

    /// What a delivery tells of: as it was read ahead, where that was just now.
    pub(super) async fn fresh(
        &self,
        delivery: &Delivery,
        ahead: Option<Subject>,
    ) -> Result<Subject> {
        let oldest = self.now().plus_millis(-FRESH_MILLIS);
        match ahead.filter(|subject| oldest <= subject.read_at) {
            Some(subject) => Ok(subject),
            None => self.subject(&delivery.event, delivery.org).await,
        }
    }
}

/// The record that an organization is told of: that of another one is not for it.
fn told_record(event: &StoredEvent, receiver: OrgId) -> Option<(OrgId, RecordId)> {
    let id = event.record.filter(|_| receiver == event.org)?;
    Some((event.org, id))
}
