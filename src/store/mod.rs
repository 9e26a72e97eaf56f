//! Reads, and one write: `commit(Change)`.
//!
//! A change is applied whole in one transaction, or not at all; its preconditions are checked in
//! the same transaction. Back ends stand behind [`Store`]; `contract_tests` is what each passes.

mod change;
mod high_water;
mod owner;
pub(crate) mod probe;
mod read;
pub mod sqlite;
pub(crate) mod standing;

#[cfg(test)]
mod contract_tests;

pub use change::{
    BUSY_RETRY_SECONDS, Change, CommitError, Committed, Count, Idempotency, Key, OutboxDraft,
    Outcome, Precondition, RowRef, RowWrite, UNAVAILABLE_RETRY_SECONDS, Upkeep,
};
pub use read::{
    AuditFilter, AuditPage, AuditRow, AuditSelector, DeliveryFilter, Emergencies, EndedLog, Head,
    Numbers, OpenRequests, OrgRef, Page, PrincipalRef, RequestFilter, RequestRef, Room,
    StoredAnswer, TokenUse,
};

pub use high_water::{HighWater, LogMark, behind};

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
use crate::error::Result;
use crate::ids::{
    DeliveryId, GrantId, LogId, OrgId, PrincipalId, RecordId, RequestId, TokenId, WebhookId,
};
use async_trait::async_trait;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::watch;

/// How the names of backups begin.
pub const BACKUP_PREFIX: &str = "lockbox-";

/// How long an idempotency key is kept, in milliseconds: 24 hours.
pub const IDEMPOTENCY_KEEP_MILLIS: i64 = 24 * 3_600 * 1_000;

/// What keeps everything.
///
/// Every read is keyed by organization first, so what exists elsewhere takes the same path as
/// what does not exist.
#[async_trait]
pub trait Store: Send + Sync {
    /// Applies a change in one transaction, or not at all. Returns when it is durable.
    ///
    /// # Errors
    /// [`CommitError`]; nothing of the change is there, except where it says `OutcomeUnknown`.
    async fn commit(&self, change: Change) -> Result<Committed, CommitError>;

    /// Bookkeeping that no rule reads, through the same writer.
    ///
    /// # Errors
    /// Where the writer cannot take or do it.
    async fn upkeep(&self, upkeep: Upkeep) -> Result<()>;

    /// Returns when no group whose instant lies before this one is in flight: then nothing can
    /// still be committed that happened before it.
    ///
    /// # Errors
    /// Where the store was closed before it was known what became of such a group.
    async fn settled(&self, before: Timestamp) -> Result<()>;

    /// Counts commits; jobs watch it.
    fn commits(&self) -> watch::Receiver<u64>;

    /// Another number whenever organizations, settings, policies, principals, roles or tokens may have
    /// changed; raised after the commit, and before anybody is answered. What was read of them
    /// after so many moves holds as long as the number stays; the commit checks it in any case.
    fn moves(&self) -> u64;

    /// The provider's organization, once it is made.
    async fn provider(&self) -> Result<Option<Organization>>;

    /// One organization.
    async fn organization(&self, which: OrgRef) -> Result<Option<Organization>>;

    /// Tenants by name, ascending; `after` is the last name of the page before.
    async fn tenants(
        &self,
        state: Option<OrgState>,
        after: Option<String>,
        limit: usize,
    ) -> Result<Vec<Organization>>;

    /// A tenant's settings.
    async fn settings(&self, org: OrgId) -> Result<Option<Settings>>;

    /// A tenant's policy in force.
    async fn policy(&self, org: OrgId) -> Result<Option<Arc<PolicyVersion>>>;

    /// One version of a tenant's policy.
    async fn policy_version(&self, org: OrgId, version: i64) -> Result<Option<PolicyVersion>>;

    /// Versions of a tenant's policy, newest first; `before` is the last version of the page
    /// before.
    async fn policies(
        &self,
        org: OrgId,
        before: Option<i64>,
        limit: usize,
    ) -> Result<Page<PolicyVersion>>;

    /// A tenant's change that waits for a second pair of eyes.
    async fn pending_change(&self, org: OrgId) -> Result<Option<PendingChange>>;

    /// One principal of an organization.
    async fn principal(&self, org: OrgId, which: PrincipalRef) -> Result<Option<Principal>>;

    /// The principal with this id, in whatever organization: for the configuration's Unix peers.
    async fn principal_anywhere(&self, id: PrincipalId) -> Result<Option<Principal>>;

    /// Principals by id, ascending; `after` is the last id of the page before.
    async fn principals(
        &self,
        org: OrgId,
        after: Option<PrincipalId>,
        limit: usize,
    ) -> Result<Vec<Principal>>;

    /// Whether the address is that of a person of an organization who has enrolled: who never had a
    /// token never used a code.
    async fn has_enrolled(&self, org: OrgId, address: String) -> Result<bool>;

    /// Robots that a person owns.
    async fn robots_of(&self, org: OrgId, owner: PrincipalId) -> Result<Vec<Principal>>;

    /// Role assignments of an organization, or of one principal of it.
    async fn assignments(
        &self,
        org: OrgId,
        principal: Option<PrincipalId>,
    ) -> Result<Vec<Assignment>>;

    /// The token with this hash, in whatever organization.
    async fn token_by_hash(&self, hash: Sha256) -> Result<Option<Token>>;

    /// One token of an organization.
    async fn token(&self, org: OrgId, id: TokenId) -> Result<Option<Token>>;

    /// Tokens of an organization, or of one principal, with their last use.
    async fn tokens(
        &self,
        org: OrgId,
        principal: Option<PrincipalId>,
    ) -> Result<Vec<(Token, Option<Timestamp>)>>;

    /// The code with this hash, in whatever organization.
    async fn code_by_hash(&self, hash: Sha256) -> Result<Option<Code>>;

    /// One request of a tenant.
    async fn request(&self, tenant: OrgId, which: RequestRef) -> Result<Option<Request>>;

    /// The request with this GUID, in whatever tenant: for the provider's callers, whose scope
    /// the use case checks.
    async fn request_anywhere(&self, identity: RequestId) -> Result<Option<Request>>;

    /// A few requests by their GUIDs, in whatever tenants, all as of one moment; those that are not
    /// there are left out.
    async fn requests_by_id(&self, identities: Vec<RequestId>) -> Result<Vec<Request>>;

    /// The request behind a grant, in whatever tenant; the use case checks the scope.
    async fn request_of_grant(&self, grant: GrantId) -> Result<Option<Request>>;

    /// Requests, newest first.
    async fn requests(&self, filter: RequestFilter) -> Result<Page<Request>>;

    /// Requests that time has moved on by `now` and nobody has written down, oldest due first.
    async fn overdue(&self, now: Timestamp, limit: usize) -> Result<Vec<Request>>;

    /// The earliest instant at which time moves a stored request on.
    async fn next_due(&self) -> Result<Option<Timestamp>>;

    /// Requests whose approvers are to be reminded, or are to be more, by `now`; oldest first.
    async fn waking(&self, now: Timestamp, limit: usize) -> Result<Vec<Request>>;

    /// The earliest instant at which that is so of any request.
    async fn next_wake(&self) -> Result<Option<Timestamp>>;

    /// Requests whose decision hooks are to be asked, and that can still be answered at `now`; those
    /// that arrived first come first.
    async fn asking(&self, now: Timestamp, limit: usize) -> Result<Vec<Request>>;

    /// Events behind a place that are to be told by `now`, oldest due first.
    async fn events_due(
        &self,
        behind: Place,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<StoredEvent>>;

    /// When the next event is to be told after an instant.
    async fn next_event(&self, after: Timestamp) -> Result<Option<Timestamp>>;

    /// Events of an organization, or of all, that stand behind a place and are told by `until`, in
    /// the order in which they are told; those that are held too.
    async fn events_behind(
        &self,
        org: Option<OrgId>,
        place: Place,
        until: Timestamp,
        limit: usize,
    ) -> Result<Vec<StoredEvent>>;

    /// When the next event of an organization, or of any, is told after an instant.
    async fn next_told(&self, org: Option<OrgId>, after: Timestamp) -> Result<Option<Timestamp>>;

    /// Whether there are events that were told to all their receivers, and are due by `until`.
    async fn has_told_until(&self, until: Timestamp) -> Result<bool>;

    /// The number of the last event of all.
    async fn last_event(&self) -> Result<i64>;

    /// How many events of an organization are held until somebody has looked at them.
    async fn held_events(&self, org: OrgId) -> Result<u64>;

    /// The lanes in which deliveries wait, with the earliest instant at which one is tried.
    async fn lanes(&self) -> Result<Vec<(Lane, Timestamp)>>;

    /// Deliveries of a lane that are to be tried by `now` and that nobody has leased, in order.
    /// Of one request, a receiver hears in order: a later one waits for an earlier one.
    async fn deliveries_due(
        &self,
        lane: Lane,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<Delivery>>;

    /// Whether a delivery is there, or another of its request waits for its receiver.
    async fn is_delivery_ahead(
        &self,
        id: DeliveryId,
        target: &str,
        request: Option<RequestId>,
    ) -> Result<bool>;

    /// One delivery of a receiver's organization.
    async fn delivery(&self, org: OrgId, id: DeliveryId) -> Result<Option<Delivery>>;

    /// Whether anything was delivered in a lane of an organization since an instant.
    async fn delivered_since(&self, org: OrgId, lane: Lane, since: Timestamp) -> Result<bool>;

    /// How many mails of a receiver's organization that are counted in a purse have their turn after an
    /// instant, up to `most`.
    async fn counted_mails(
        &self,
        org: OrgId,
        purse: Purse,
        after: Timestamp,
        most: u32,
    ) -> Result<u32>;

    /// Deliveries of a receiver's organization, newest first.
    async fn deliveries(&self, filter: DeliveryFilter) -> Result<Page<Delivery>>;

    /// A webhook, of whatever organization.
    async fn webhook(&self, id: WebhookId) -> Result<Option<Webhook>>;

    /// The webhooks of an organization.
    async fn webhooks(&self, org: OrgId) -> Result<Vec<Webhook>>;

    /// An organization's own text.
    async fn template(
        &self,
        org: OrgId,
        event: Event,
        language: Language,
    ) -> Result<Option<Template>>;

    /// Of which events, in which languages, an organization has its own texts.
    async fn templates(&self, org: OrgId) -> Result<Vec<(Event, Language)>>;

    /// How many rows a count covers, as of the stored states.
    async fn count(&self, count: Count, now: Timestamp) -> Result<u32>;

    /// The kept answer of an idempotency key.
    async fn answer(
        &self,
        org: OrgId,
        principal: PrincipalId,
        method: &str,
        key: &str,
    ) -> Result<Option<StoredAnswer>>;

    /// The head of an organization's log.
    async fn head(&self, org: OrgId) -> Result<Option<Head>>;

    /// Records of an organization's logs, newest first by (CreationTime, position).
    async fn audit_search(&self, filter: AuditFilter) -> Result<AuditPage>;

    /// One record of an organization's log.
    async fn audit_record(&self, org: OrgId, which: AuditSelector) -> Result<Option<AuditRow>>;

    /// A few records of organizations' logs by their ids, all as of one moment; nothing in the place of
    /// one that is not there.
    async fn records_by_id(&self, ids: Vec<(OrgId, RecordId)>) -> Result<Vec<Option<AuditRow>>>;

    /// What the operator wants to know of what is stored, as judged at `now`; bounded work.
    async fn numbers(&self, now: Timestamp) -> Result<Numbers>;

    /// How full the store is; also where it cannot be read.
    fn room(&self) -> Room;

    /// The position of a sequence number in one of the organization's logs, or in the present one;
    /// behind the end of a log that was ended it is where the next one begins. Nothing where the
    /// log is none of the organization's.
    async fn position(&self, org: OrgId, log: Option<LogId>, sequence: u64) -> Result<Option<u64>>;

    /// How far every log has come: only what is durable.
    async fn high_water(&self) -> Result<HighWater>;

    /// What is missing here of what a high-water mark says was there; nothing where all is.
    async fn lacks(&self, mark: HighWater) -> Result<Option<String>>;

    /// Writes one snapshot of everything that was committed before the call to a new file, which
    /// bears its name only once it is whole; gives its length in bytes. Writes go on meanwhile.
    async fn backup(&self, file: PathBuf) -> Result<u64>;
}
