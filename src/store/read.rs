//! What reads take and give.

use crate::audit::draft::PersonalValue;
use crate::clock::Timestamp;
use crate::crypto::Sha256;
use crate::domain::notice::delivery::DeliveryState;
use crate::domain::request::{Request, State};
use crate::domain::scope::Scope;
use crate::domain::status::StoredState;
use crate::ids::{LogId, OrgId, PrincipalId, RecordId, RequestId, TokenId};
use serde_json::Value;

/// Names an organization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OrgRef {
    /// By GUID.
    Id(OrgId),
    /// By name, in any case.
    Name(String),
}

/// Names a principal within an organization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PrincipalRef {
    /// By id.
    Id(PrincipalId),
    /// A person by address, or a robot by name, in any case.
    Label(String),
}

/// Names a request within a tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestRef {
    /// By GUID.
    Identity(RequestId),
    /// By reference number, in any case.
    Reference(String),
}

/// One page of rows.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// Whether there are more behind the last one.
    pub more: bool,
}

/// Which requests to list: every part narrows.
#[derive(Clone, Debug, Default)]
pub struct RequestFilter {
    /// Only in these scopes (any of them); empty means nowhere.
    pub scopes: Vec<Scope>,
    /// Or asked by this engineer, in one of these scopes.
    pub or_own: Option<(PrincipalId, Vec<Scope>)>,
    /// Only in this tenant.
    pub tenant: Option<OrgId>,
    /// Only such stored rows (any of them); empty means any state.
    pub states: Vec<StoredState>,
    /// Only those that have arrived at the customer.
    pub arrived_only: bool,
    /// Only those created after this instant.
    pub created_after: Option<Timestamp>,
    /// Only this service.
    pub service: Option<String>,
    /// Only this requester.
    pub requester: Option<PrincipalId>,
    /// Only this one.
    pub which: Option<RequestRef>,
    /// Only those that carry a grant.
    pub granted_only: bool,
    /// Without those that were only reported: they are over, and never had a grant.
    pub without_reports: bool,
    /// Only emergency access, of this sort.
    pub emergencies: Option<Emergencies>,
    /// Only behind this row in the order (created, identity), both descending.
    pub before: Option<(Timestamp, RequestId)>,
    /// At most so many.
    pub limit: usize,
}

/// Sorts of emergency access.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Emergencies {
    /// What waited for somebody at this instant: for the manager, or for the customer to
    /// acknowledge it.
    OpenAt(Timestamp),
    /// All the others.
    ClosedAt(Timestamp),
    /// For this incident, compared without case.
    OfIncident(String),
}

impl RequestFilter {
    /// A request's place in the order, for the next page.
    #[must_use]
    pub fn position(request: &Request) -> (Timestamp, RequestId) {
        (request.created_at, request.identity)
    }
}

/// The kept answer of an idempotency key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredAnswer {
    /// Digest of the canonical params.
    pub digest: Sha256,
    /// The stable part of the answer.
    pub answer: Value,
}

/// The head of an organization's present log.
///
/// An organization has a chain of logs: a restore ends one and begins the next. A record's
/// *position* counts through the whole chain, its sequence number through its own log; they are
/// the same until a restore.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// The log.
    pub log_id: LogId,
    /// The position at which the log begins.
    pub first: u64,
    /// The next sequence number, which is how many records the log has.
    pub next_sequence: u64,
}

impl Head {
    /// The position of the next record.
    #[must_use]
    pub const fn next_position(&self) -> u64 {
        self.first.saturating_add(self.next_sequence)
    }
}

/// A log as a restore ends it: every record of it was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndedLog {
    /// Whose log.
    pub org: OrgId,
    /// The log.
    pub log_id: LogId,
    /// How many records it has.
    pub records: u64,
    /// Root of the tree over them (RFC 6962).
    pub root: Sha256,
}

/// Which records to find: every part narrows.
#[derive(Clone, Debug)]
pub struct AuditFilter {
    /// Whose log.
    pub org: OrgId,
    /// From this CreationTime.
    pub start: Option<Timestamp>,
    /// Up to, not including, this CreationTime.
    pub end: Option<Timestamp>,
    /// Any of these operations, compared without case.
    pub operations: Vec<String>,
    /// Only this record type.
    pub record_type: Option<u16>,
    /// Any of these users, compared without case; `*` stands for any text.
    pub user_ids: Vec<String>,
    /// Any of these addresses, without port.
    pub addresses: Vec<String>,
    /// Any of these objects, compared without case; `*` stands for any text.
    pub object_ids: Vec<String>,
    /// Only records that belong to this request.
    pub request: Option<RequestId>,
    /// Text that the record must hold, compared without case.
    pub free_text: Option<String>,
    /// Only records with a position below this one (a snapshot).
    pub below: u64,
    /// From this position on, and then in the order of positions, oldest first.
    pub from: Option<u64>,
    /// Only behind this row in the order (CreationTime, position), both descending.
    pub before: Option<(Timestamp, u64)>,
    /// At most so many.
    pub limit: usize,
    /// Whether to count all that match, whatever the page.
    pub with_total: bool,
}

impl AuditFilter {
    /// Every record of a log, up to a limit.
    #[must_use]
    pub fn of(org: OrgId, limit: usize) -> Self {
        Self {
            org,
            start: None,
            end: None,
            operations: Vec::new(),
            record_type: None,
            user_ids: Vec::new(),
            addresses: Vec::new(),
            object_ids: Vec::new(),
            request: None,
            free_text: None,
            below: i64::MAX as u64,
            from: None,
            before: None,
            limit,
            with_total: false,
        }
    }
}

/// One page of records.
#[derive(Clone, Debug)]
pub struct AuditPage {
    /// The records.
    pub rows: Vec<AuditRow>,
    /// Whether there are more behind the last one.
    pub more: bool,
    /// How many match in all, where it was asked for.
    pub total: Option<u64>,
}

/// A record as it is stored.
#[derive(Clone, Debug)]
pub struct AuditRow {
    /// The log.
    pub log_id: LogId,
    /// Its place in the log, from 0.
    pub sequence: u64,
    /// Its place in the organization's chain of logs.
    pub position: u64,
    /// When it happened.
    pub creation: Timestamp,
    /// The record's canonical bytes.
    pub canonical: Vec<u8>,
    /// SHA-256(0x00 ‖ canonical).
    pub leaf_hash: Sha256,
    /// The values beside it.
    pub beside: Vec<PersonalValue>,
}

/// Names a record within a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditSelector {
    /// By `Id`.
    Id(RecordId),
    /// By sequence number in a log of the organization; the present one where none is named.
    Sequence(Option<LogId>, u64),
    /// By position.
    Position(u64),
}

/// When a token was last used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenUse {
    /// The token.
    pub token: TokenId,
    /// When.
    pub at: Timestamp,
}

/// Which deliveries to list.
#[derive(Clone, Copy, Debug)]
pub struct DeliveryFilter {
    /// The receivers' organization.
    pub org: OrgId,
    /// Of one request.
    pub request: Option<RequestId>,
    /// In one state.
    pub state: Option<DeliveryState>,
    /// Behind this place, going back.
    pub before: Option<i64>,
    /// At most so many.
    pub limit: usize,
}

/// What the operator wants to know of what is stored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Numbers {
    /// Requests that are not over, by state.
    pub open: Vec<OpenRequests>,
    /// Events that wait to be told; counted up to [`Numbers::MOST_EVENTS`].
    pub outbox: u64,
    /// Deliveries that wait; counted up to the same.
    pub deliveries: u64,
}

/// How full a store is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Room {
    /// Changes that wait for the writer: of callers, and in the background.
    pub queued: (usize, usize),
    /// The most that may wait in each of the two lanes.
    pub queue_length: usize,
    /// Bytes of the database's files.
    pub used_bytes: u64,
    /// Bytes that are left where the database lies.
    pub free_bytes: u64,
}

impl Numbers {
    /// Beyond so many, waiting events are not counted any more.
    pub const MOST_EVENTS: u32 = 100_000;
}

/// Requests that stand in one state, and that time has not moved on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenRequests {
    /// The state.
    pub state: State,
    /// How many.
    pub count: u64,
    /// When time moves on the first of them.
    pub earliest: Timestamp,
}
