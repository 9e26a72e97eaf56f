//! The store's trait on SQLite: who waits where. The SQL is in the files beside.

use super::queue::Answer;
use super::writer::Work;
use super::{
    SqliteStore, apply, backup, check, deliveries, files, high_water, logs, notices, numbers,
    outbox, policy, read, requests, search,
};
use crate::clock::Timestamp;
use crate::crypto::Sha256;
use crate::domain::notice::Event;
use crate::domain::notice::delivery::{Delivery, Lane, Place, Purse, StoredEvent};
use crate::domain::notice::settings::Language;
use crate::domain::notice::template::Template;
use crate::domain::notice::webhook::Webhook;
use crate::domain::organization::{OrgState, Organization, Settings};
use crate::domain::people::{Assignment, Code, Principal, Token};
use crate::domain::policy::stored::{PendingChange, PolicyVersion};
use crate::domain::request::Request;
use crate::error::{Error, Result};
use crate::ids::{
    DeliveryId, GrantId, LogId, OrgId, PrincipalId, RecordId, RequestId, TokenId, WebhookId,
};
use crate::store::{
    AuditFilter, AuditPage, AuditRow, AuditSelector, Change, CommitError, Committed, Count,
    DeliveryFilter, Head, HighWater, Numbers, OrgRef, Page, PrincipalRef, RequestFilter,
    RequestRef, Room, Store, StoredAnswer, Upkeep,
};
use async_trait::async_trait;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tokio::sync::watch;

impl SqliteStore {
    async fn write(&self, work: Work) -> Answer {
        let answer = self.shared.queue.push(work)?;
        // The writer answers every job that it has taken; it goes away unanswered only with the
        // process, or when the store is closed while the database cannot be reopened.
        answer.await.unwrap_or_else(|_| Err(CommitError::closed()))
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn commit(&self, change: Change) -> Result<Committed, CommitError> {
        if !change.is_recorded() {
            return Err(CommitError::Internal(
                "a change writes rows and records nothing".to_owned(),
            ));
        }
        self.write(Work::Change(Box::new(change))).await
    }

    async fn upkeep(&self, upkeep: Upkeep) -> Result<()> {
        self.write(Work::Upkeep(upkeep)).await?;
        Ok(())
    }

    async fn settled(&self, before: Timestamp) -> Result<()> {
        let abandoned = || self.shared.abandoned.load(Ordering::Acquire);
        let mut in_flight = self.shared.in_flight.subscribe();
        // The sender lives as long as self.
        let group = in_flight
            .wait_for(|group| group.is_none_or(|at| at >= before) || abandoned())
            .await;
        match group {
            Ok(group) if group.is_some_and(|at| at < before) => Err(CommitError::closed().into()),
            _ => Ok(()),
        }
    }

    fn commits(&self) -> watch::Receiver<u64> {
        self.shared.commits.subscribe()
    }

    fn moves(&self) -> u64 {
        self.shared.moves.count()
    }

    async fn provider(&self) -> Result<Option<Organization>> {
        self.pool.point(read::provider)
    }

    async fn organization(&self, which: OrgRef) -> Result<Option<Organization>> {
        let (kept, moves) = (&self.kept, self.moves());
        match which {
            OrgRef::Id(id) => kept.organizations.row(moves, id, |id| {
                self.pool
                    .point(|conn| read::organization(conn, &OrgRef::Id(*id)))
            }),
            OrgRef::Name(name) => kept.names.row(moves, name.to_lowercase(), |name| {
                self.pool
                    .point(|conn| read::organization(conn, &OrgRef::Name(name.clone())))
            }),
        }
    }

    async fn tenants(
        &self,
        state: Option<OrgState>,
        after: Option<String>,
        limit: usize,
    ) -> Result<Vec<Organization>> {
        self.pool
            .scan(move |conn| read::tenants(conn, state, after, limit))
            .await
    }

    async fn settings(&self, org: OrgId) -> Result<Option<Settings>> {
        let (kept, moves) = (&self.kept, self.moves());
        kept.settings.row(moves, org, |org| {
            self.pool.point(|conn| read::settings(conn, *org))
        })
    }

    async fn policy(&self, org: OrgId) -> Result<Option<Arc<PolicyVersion>>> {
        let (kept, moves) = (&self.kept, self.moves());
        let found = kept.policies.row(moves, org, |org| {
            self.pool
                .point(|conn| policy::in_force(conn, *org))
                .map(|found| Some(found.map(Arc::new)))
        })?;
        Ok(found.flatten())
    }

    async fn policy_version(&self, org: OrgId, version: i64) -> Result<Option<PolicyVersion>> {
        self.pool.point(|conn| policy::version(conn, org, version))
    }

    async fn policies(
        &self,
        org: OrgId,
        before: Option<i64>,
        limit: usize,
    ) -> Result<Page<PolicyVersion>> {
        self.pool
            .scan(move |conn| policy::list(conn, org, before, limit))
            .await
    }

    async fn pending_change(&self, org: OrgId) -> Result<Option<PendingChange>> {
        self.pool.point(|conn| policy::pending(conn, org))
    }

    async fn principal(&self, org: OrgId, which: PrincipalRef) -> Result<Option<Principal>> {
        let (kept, moves) = (&self.kept, self.moves());
        let find = |which| self.pool.point(|conn| read::principal(conn, org, &which));
        match which {
            PrincipalRef::Id(id) => kept
                .principals
                .row(moves, (org, id), |(_, id)| find(PrincipalRef::Id(*id))),
            PrincipalRef::Label(label) => {
                let key = (org, label.trim().to_lowercase());
                kept.labels.row(moves, key, |(_, label)| {
                    find(PrincipalRef::Label(label.clone()))
                })
            }
        }
    }

    async fn principal_anywhere(&self, id: PrincipalId) -> Result<Option<Principal>> {
        self.pool.point(|conn| read::principal_anywhere(conn, id))
    }

    async fn principals(
        &self,
        org: OrgId,
        after: Option<PrincipalId>,
        limit: usize,
    ) -> Result<Vec<Principal>> {
        self.pool
            .scan(move |conn| read::principals(conn, org, after, limit))
            .await
    }

    async fn has_enrolled(&self, org: OrgId, address: String) -> Result<bool> {
        self.pool
            .point(|conn| read::has_enrolled(conn, org, &address))
    }

    async fn robots_of(&self, org: OrgId, owner: PrincipalId) -> Result<Vec<Principal>> {
        self.pool.point(|conn| read::robots_of(conn, org, owner))
    }

    async fn assignments(
        &self,
        org: OrgId,
        principal: Option<PrincipalId>,
    ) -> Result<Vec<Assignment>> {
        match principal {
            Some(id) => {
                let (kept, moves) = (&self.kept, self.moves());
                let held = kept.assignments.row(moves, (org, id), |_| {
                    self.pool
                        .point(|conn| read::assignments(conn, org, principal))
                        .map(Some)
                })?;
                Ok(held.unwrap_or_default())
            }
            None => {
                self.pool
                    .scan(move |conn| read::assignments(conn, org, principal))
                    .await
            }
        }
    }

    async fn token_by_hash(&self, hash: Sha256) -> Result<Option<Token>> {
        self.pool.point(|conn| read::token_by_hash(conn, &hash))
    }

    async fn token(&self, org: OrgId, id: TokenId) -> Result<Option<Token>> {
        self.pool.point(|conn| read::token(conn, org, id))
    }

    async fn tokens(
        &self,
        org: OrgId,
        principal: Option<PrincipalId>,
    ) -> Result<Vec<(Token, Option<Timestamp>)>> {
        self.pool
            .scan(move |conn| read::tokens(conn, org, principal))
            .await
    }

    async fn code_by_hash(&self, hash: Sha256) -> Result<Option<Code>> {
        self.pool.point(|conn| read::code_by_hash(conn, &hash))
    }

    async fn request(&self, tenant: OrgId, which: RequestRef) -> Result<Option<Request>> {
        self.pool.point(|conn| read::request(conn, tenant, &which))
    }

    async fn request_anywhere(&self, identity: RequestId) -> Result<Option<Request>> {
        self.pool
            .point(|conn| read::request_anywhere(conn, identity))
    }

    async fn requests_by_id(&self, identities: Vec<RequestId>) -> Result<Vec<Request>> {
        self.pool
            .point(|conn| read::requests_by_id(conn, &identities))
    }

    async fn request_of_grant(&self, grant: GrantId) -> Result<Option<Request>> {
        self.pool.point(|conn| read::request_of_grant(conn, grant))
    }

    async fn requests(&self, filter: RequestFilter) -> Result<Page<Request>> {
        self.pool
            .scan(move |conn| requests::list(conn, &filter))
            .await
    }

    async fn overdue(&self, now: Timestamp, limit: usize) -> Result<Vec<Request>> {
        self.pool
            .scan(move |conn| read::overdue(conn, now, limit))
            .await
    }

    async fn next_due(&self) -> Result<Option<Timestamp>> {
        self.pool.point(read::next_due)
    }

    async fn waking(&self, now: Timestamp, limit: usize) -> Result<Vec<Request>> {
        self.pool
            .scan(move |conn| read::waking(conn, now, limit))
            .await
    }

    async fn next_wake(&self) -> Result<Option<Timestamp>> {
        self.pool.point(read::next_wake)
    }

    async fn asking(&self, now: Timestamp, limit: usize) -> Result<Vec<Request>> {
        self.pool.point(|conn| read::asking(conn, now, limit))
    }

    async fn events_due(
        &self,
        behind: Place,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<StoredEvent>> {
        self.pool
            .scan(move |conn| outbox::due(conn, behind, now, limit))
            .await
    }

    async fn next_event(&self, after: Timestamp) -> Result<Option<Timestamp>> {
        self.pool.point(|conn| outbox::next_due(conn, after))
    }

    async fn events_behind(
        &self,
        org: Option<OrgId>,
        place: Place,
        until: Timestamp,
        limit: usize,
    ) -> Result<Vec<StoredEvent>> {
        self.pool
            .scan(move |conn| outbox::behind(conn, org, place, until, limit))
            .await
    }

    async fn next_told(&self, org: Option<OrgId>, after: Timestamp) -> Result<Option<Timestamp>> {
        self.pool.point(|conn| outbox::next_told(conn, org, after))
    }

    async fn has_told_until(&self, until: Timestamp) -> Result<bool> {
        self.pool.point(|conn| outbox::has_told(conn, until))
    }

    async fn last_event(&self) -> Result<i64> {
        self.pool.point(outbox::last)
    }

    async fn held_events(&self, org: OrgId) -> Result<u64> {
        self.pool.scan(move |conn| outbox::held(conn, org)).await
    }

    async fn is_delivery_ahead(
        &self,
        id: DeliveryId,
        target: &str,
        request: Option<RequestId>,
    ) -> Result<bool> {
        self.pool
            .point(|conn| deliveries::is_ahead(conn, id, target, request))
    }

    async fn lanes(&self) -> Result<Vec<(Lane, Timestamp)>> {
        self.pool.point(deliveries::lanes)
    }

    async fn deliveries_due(
        &self,
        lane: Lane,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<Delivery>> {
        self.pool
            .scan(move |conn| deliveries::due(conn, lane, now, limit))
            .await
    }

    async fn delivery(&self, org: OrgId, id: DeliveryId) -> Result<Option<Delivery>> {
        self.pool.point(|conn| deliveries::one_of(conn, org, id))
    }

    async fn delivered_since(&self, org: OrgId, lane: Lane, since: Timestamp) -> Result<bool> {
        self.pool
            .scan(move |conn| deliveries::delivered_since(conn, org, lane, since))
            .await
    }

    async fn counted_mails(
        &self,
        org: OrgId,
        purse: Purse,
        after: Timestamp,
        most: u32,
    ) -> Result<u32> {
        self.pool
            .scan(move |conn| deliveries::counted(conn, (org, purse), after, most))
            .await
    }

    async fn deliveries(&self, filter: DeliveryFilter) -> Result<Page<Delivery>> {
        self.pool
            .scan(move |conn| deliveries::list(conn, &filter))
            .await
    }

    async fn webhook(&self, id: WebhookId) -> Result<Option<Webhook>> {
        let (kept, moves) = (&self.kept, self.moves());
        kept.webhooks.row(moves, id, |id| {
            self.pool.point(|conn| notices::webhook(conn, *id))
        })
    }

    async fn webhooks(&self, org: OrgId) -> Result<Vec<Webhook>> {
        self.pool.point(|conn| notices::webhooks(conn, org))
    }

    async fn template(
        &self,
        org: OrgId,
        event: Event,
        language: Language,
    ) -> Result<Option<Template>> {
        self.pool
            .point(|conn| notices::template(conn, org, event, language))
    }

    async fn templates(&self, org: OrgId) -> Result<Vec<(Event, Language)>> {
        self.pool.point(|conn| notices::templates(conn, org))
    }

    async fn count(&self, count: Count, now: Timestamp) -> Result<u32> {
        self.pool.point(|conn| check::count(conn, &count, now))
    }

    async fn answer(
        &self,
        org: OrgId,
        principal: PrincipalId,
        method: &str,
        key: &str,
    ) -> Result<Option<StoredAnswer>> {
        let oldest = apply::oldest_kept(self.clock.now());
        self.pool
            .point(|conn| read::answer(conn, org, principal, method, key, oldest))
    }

    async fn head(&self, org: OrgId) -> Result<Option<Head>> {
        self.pool.point(|conn| logs::head_of(conn, org))
    }

    async fn audit_search(&self, filter: AuditFilter) -> Result<AuditPage> {
        self.pool
            .scan(move |conn| search::search(conn, &filter))
            .await
    }

    async fn audit_record(&self, org: OrgId, which: AuditSelector) -> Result<Option<AuditRow>> {
        self.pool.point(|conn| search::record(conn, org, which))
    }

    async fn records_by_id(&self, ids: Vec<(OrgId, RecordId)>) -> Result<Vec<Option<AuditRow>>> {
        self.pool.point(|conn| search::records(conn, &ids))
    }

    async fn numbers(&self, now: Timestamp) -> Result<Numbers> {
        self.pool
            .scan(move |conn| {
                Ok(Numbers {
                    open: numbers::open(conn, now)?,
                    outbox: numbers::outbox(conn)?,
                    deliveries: deliveries::waiting(conn, Numbers::MOST_EVENTS)?,
                })
            })
            .await
    }

    fn room(&self) -> Room {
        let (queued, queue_length) = self.shared.queue.waiting();
        let (used_bytes, free_bytes) = files::space(self.pool.path());
        Room {
            queued,
            queue_length,
            used_bytes,
            free_bytes,
        }
    }

    async fn position(&self, org: OrgId, log: Option<LogId>, sequence: u64) -> Result<Option<u64>> {
        self.pool
            .point(|conn| Ok(logs::Chain::of(conn, org)?.from(log, sequence)))
    }

    async fn high_water(&self) -> Result<HighWater> {
        self.pool.scan(high_water::read).await
    }

    async fn lacks(&self, mark: HighWater) -> Result<Option<String>> {
        self.pool
            .scan(move |conn| high_water::lacks(conn, &mark))
            .await
    }

    async fn backup(&self, file: PathBuf) -> Result<u64> {
        // A connection of its own: the pool's are for reads that end soon.
        let database = files::database(&self.dir);
        let shared = Arc::clone(&self.shared);
        let closed = move || shared.queue.is_closed();
        tokio::task::spawn_blocking(move || backup::write(&database, &file, closed))
            .await
            .map_err(Error::internal)?
    }
}
