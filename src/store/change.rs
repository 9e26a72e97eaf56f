//! What a commit is made of. Plain data: it can be applied again, by any back end.

use crate::audit::draft::Draft;
use crate::clock::{Timestamp, When};
use crate::crypto::Sha256;
use crate::domain::notice::Event;
use crate::domain::notice::delivery::{Attempt, NewDelivery};
use crate::domain::notice::settings::Language;
use crate::domain::notice::template::Template;
use crate::domain::notice::webhook::Webhook;
use crate::domain::organization::{Organization, Settings};
use crate::domain::people::{Assignment, Code, Principal, Token};
use crate::domain::policy::stored::{PendingChange, PolicyVersion};
use crate::domain::request::{Request, Stamp};
use crate::domain::scope::{Role, Scope};
use crate::error::{Error, Kind};
use crate::ids::{
    ChangeId, CodeId, DeliveryId, LogId, OrgId, PrincipalId, RecordId, RequestId, TokenId,
    WebhookId,
};
use crate::store::read::TokenUse;
use serde_json::Value;

/// One change of state: what must still hold, what is written, what is recorded.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// Everything that the judgement rested on.
    pub preconditions: Vec<Precondition>,
    /// Rows to write, in order.
    pub writes: Vec<RowWrite>,
    /// Records to append; a change that writes rows has at least one.
    pub records: Vec<Draft>,
    /// Events for those who must be told.
    pub outbox: Vec<OutboxDraft>,
    /// The caller's key, where one was sent.
    pub idempotency: Option<Idempotency>,
    /// Whether a job wrote it: callers go first.
    pub background: bool,
}

impl Change {
    /// Whether it keeps the first rule of the house: nothing is written without a record of it.
    #[must_use]
    pub fn is_recorded(&self) -> bool {
        self.writes.is_empty() || !self.records.is_empty()
    }
}

/// A row that a judgement rested on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum RowRef {
    /// An organization.
    Organization(OrgId),
    /// A tenant's settings.
    Settings(OrgId),
    /// A tenant's policy in force; where there is none, its version is 0.
    Policy(OrgId),
    /// A tenant's change that waits; the one with this identity has version 1.
    PendingChange(OrgId, ChangeId),
    /// A principal.
    Principal(PrincipalId),
    /// A token.
    Token(TokenId),
    /// A code.
    Code(CodeId),
    /// A role assignment; present ones have version 1.
    Assignment(PrincipalId, Role, Scope),
    /// A request.
    Request(RequestId),
    /// A webhook.
    Webhook(WebhookId),
}

/// Something that must not exist yet.
#[derive(Clone, PartialEq, Eq)]
pub enum Key {
    /// An organization's GUID.
    OrganizationId(OrgId),
    /// An organization's name, lower-cased.
    OrganizationName(String),
    /// The provider itself.
    Provider,
    /// A person's address in an organization, lower-cased.
    Address(OrgId, String),
    /// A robot's name in an organization, compared without case.
    RobotName(OrgId, String),
    /// A reference number in a tenant, upper-cased.
    Reference(OrgId, String),
    /// A role assignment.
    Assignment(PrincipalId, Role, Scope),
    /// A change that waits, in a tenant.
    PendingChange(OrgId),
}

/// Without names and addresses: preconditions are logged.
impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::OrganizationId(org) => write!(f, "OrganizationId({org})"),
            Self::OrganizationName(_) => f.write_str("OrganizationName"),
            Self::Provider => f.write_str("Provider"),
            Self::Address(org, _) => write!(f, "Address({org})"),
            Self::RobotName(org, _) => write!(f, "RobotName({org})"),
            Self::Reference(org, reference) => write!(f, "Reference({org}, {reference})"),
            Self::Assignment(principal, role, scope) => {
                write!(f, "Assignment({principal}, {role:?}, {scope})")
            }
            Self::PendingChange(org) => write!(f, "PendingChange({org})"),
        }
    }
}

/// Rows to count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Count {
    /// Undecided requests of a tenant (InternalReview and Pending, not overdue).
    OpenInTenant(OrgId),
    /// Requests that wait for a tenant's decision (Pending, not overdue).
    WaitingInTenant(OrgId),
    /// Undecided requests of an engineer (not overdue).
    OpenOfRequester(PrincipalId),
    /// Requests of an engineer that are not over: undecided, or with live access.
    UnendedOfRequester(PrincipalId),
    /// Requests of a tenant with live access.
    LiveInTenant(OrgId),
    /// Emergency access to a tenant that has reached the customer.
    EmergenciesInTenant(OrgId),
    /// Tokens of a principal that have not ended.
    LiveTokens(OrgId, PrincipalId),
    /// Webhooks of an organization.
    Webhooks(OrgId),
    /// Enabled persons of an organization other than this one who hold a role.
    OtherHolders {
        /// The organization.
        org: OrgId,
        /// The role.
        role: Role,
        /// Who does not count.
        except: PrincipalId,
    },
}

/// What must hold when the change is committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Precondition {
    /// The row is there, at this version.
    At(RowRef, i64),
    /// There is no such thing.
    Absent(Key),
    /// The group's instant is earlier than this one.
    Before(Timestamp),
    /// The group's instant is this one or later: what time has done is written down only when
    /// time has done it.
    NotBefore(Timestamp),
    /// Fewer rows than this.
    Fewer(Count, u32),
    /// At least this many rows.
    AtLeast(Count, u32),
}

/// A typed write of one row. An update replaces the whole row and raises its version by one; the
/// version that it rests on stands among the preconditions.
#[derive(Clone, Debug)]
pub enum RowWrite {
    /// A new organization with its log and its reference counter.
    InsertOrganization(Box<Organization>),
    /// A changed organization.
    UpdateOrganization(Box<Organization>),
    /// New or changed settings.
    PutSettings(Box<Settings>),
    /// The next version of a tenant's policy, in force from now on.
    PutPolicy(Box<PolicyVersion>),
    /// A change that waits from now on, in place of one that did.
    PutPendingChange(Box<PendingChange>),
    /// A change that does not wait any more.
    RemovePendingChange(OrgId, ChangeId),
    /// A new principal.
    InsertPrincipal(Box<Principal>),
    /// A changed principal.
    UpdatePrincipal(Box<Principal>),
    /// A new role assignment.
    InsertAssignment(Box<Assignment>),
    /// A role assignment that is taken away.
    RemoveAssignment(PrincipalId, Role, Scope),
    /// A new token.
    InsertToken(Box<Token>),
    /// A token that ends now.
    RevokeToken(TokenId),
    /// A token that ends at an instant, unless it ends before.
    EndToken(TokenId, When),
    /// All live tokens of a principal end now.
    RevokeTokensOf(OrgId, PrincipalId),
    /// A new code.
    InsertCode(Box<Code>),
    /// A code that has been used.
    UseCode(CodeId),
    /// All live codes of a principal are void.
    VoidCodesOf(PrincipalId),
    /// The organization's log ends here, and this one begins.
    OpenLog(OrgId, LogId),
    /// The next reference number of a tenant is this one, or a higher one.
    RaiseReferences(OrgId, i64),
    /// Somebody must look at the events that have not been told yet before they are, and at the
    /// deliveries that waited: whether they were told is not known.
    HoldOutbox(OrgId),
    /// Somebody has looked: events that were held are told.
    ReleaseOutbox(OrgId),
    /// A delivery that is not tried any more, with what the last attempt came to.
    GiveUpDelivery(DeliveryId, String),
    /// A delivery that is tried again, at once.
    ResumeDelivery(DeliveryId),
    /// A webhook, new or changed.
    PutWebhook(Box<Webhook>),
    /// A webhook that is there no more. What waits for it is ended bit by bit by
    /// [`Upkeep::EndRemoved`]: it may be very much.
    RemoveWebhook(OrgId, WebhookId),
    /// An organization's own text of an event in a language, or none any more.
    PutTemplate(OrgId, Event, Language, Option<Box<Template>>),
    /// A new request. Where its reference is empty the store draws the tenant's next one, and
    /// fills it into the records of the same change that link to the request.
    InsertRequest(Box<Request>, Vec<(Stamp, When)>),
    /// A changed request, with the instants that follow from the commit's.
    UpdateRequest(Box<Request>, Vec<(Stamp, When)>),
}

impl RowWrite {
    /// Whether it changes what a caller's standing rests on: organizations, settings, policies,
    /// principals, their roles and tokens; or a webhook, which is kept with them.
    #[must_use]
    pub const fn moves_standing(&self) -> bool {
        match self {
            Self::InsertOrganization(_)
            | Self::UpdateOrganization(_)
            | Self::PutSettings(_)
            | Self::PutPolicy(_)
            | Self::InsertPrincipal(_)
            | Self::UpdatePrincipal(_)
            | Self::InsertAssignment(_)
            | Self::RemoveAssignment(..)
            | Self::InsertToken(_)
            | Self::RevokeToken(_)
            | Self::EndToken(..)
            | Self::RevokeTokensOf(..)
            | Self::OpenLog(..)
            | Self::RaiseReferences(..)
            | Self::PutWebhook(_)
            | Self::RemoveWebhook(..) => true,
            Self::PutPendingChange(_)
            | Self::RemovePendingChange(..)
            | Self::InsertCode(_)
            | Self::UseCode(_)
            | Self::VoidCodesOf(_)
            | Self::HoldOutbox(_)
            | Self::ReleaseOutbox(_)
            | Self::GiveUpDelivery(..)
            | Self::ResumeDelivery(_)
            | Self::PutTemplate(..)
            | Self::InsertRequest(..)
            | Self::UpdateRequest(..) => false,
        }
    }
}

/// An event for those who must be told: ids only, personal text by reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboxDraft {
    /// The organization that it concerns.
    pub org: OrgId,
    /// What happened.
    pub event: Event,
    /// The request, where it concerns one.
    pub request: Option<RequestId>,
    /// The record that says the rest, in the same organization's log.
    pub record: Option<RecordId>,
    /// From when it is told; at once where nothing is said.
    pub due: Option<When>,
    /// Whether it is left out where such an event of the request waits already: for digests.
    pub once: bool,
}

impl OutboxDraft {
    /// An event that is told at once. Its record is the first one of the change that is about the
    /// same, unless [`OutboxDraft::record`] says otherwise.
    #[must_use]
    pub const fn new(org: OrgId, event: Event, request: Option<RequestId>) -> Self {
        Self {
            org,
            event,
            request,
            record: None,
            due: None,
            once: false,
        }
    }

    /// The same, told by this record.
    #[must_use]
    pub const fn told_by(self, record: &Draft) -> Self {
        Self {
            record: Some(record.id),
            ..self
        }
    }

    /// The same, unless one waits already.
    #[must_use]
    pub const fn once(self) -> Self {
        Self { once: true, ..self }
    }

    /// The same, told from an instant on.
    #[must_use]
    pub const fn due(self, due: When) -> Self {
        Self {
            due: Some(due),
            ..self
        }
    }
}

/// A caller's key and the stable part of the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Idempotency {
    /// Organization of the caller.
    pub org: OrgId,
    /// The caller.
    pub principal: PrincipalId,
    /// The method.
    pub method: String,
    /// The key as sent.
    pub key: String,
    /// Digest of the canonical params.
    pub digest: Sha256,
    /// What a replay answers from; never a secret.
    pub answer: Value,
}

/// A commit that returned.
#[derive(Clone, Debug)]
pub struct Committed {
    /// The group's instant.
    pub at: Timestamp,
    /// What happened.
    pub outcome: Outcome,
}

/// What a commit did.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// The change is durable; its records, in the order of the drafts, with their position.
    Applied(Vec<(RecordId, u64)>),
    /// An equal call with the same key was applied before; this is its answer.
    Replayed(Value),
}

/// Why a change was not applied.
#[derive(Clone, Debug)]
pub enum CommitError {
    /// This precondition did not hold at the instant; judge again.
    Failed(Box<Precondition>, Timestamp),
    /// The same key came with other params.
    KeyReused,
    /// The queue is full.
    Busy,
    /// The commit or its sync failed: it may have happened.
    OutcomeUnknown,
    /// Nothing can be written at present.
    Unavailable {
        /// Why, as the rest of a sentence.
        cause: String,
        /// What whoever runs the daemon does about it; a sentence.
        remedy: &'static str,
    },
    /// This change cannot be applied: a fault of ours.
    Internal(String),
}

/// How long a caller whose call met a full queue should wait, in seconds.
pub const BUSY_RETRY_SECONDS: u64 = 1;

/// How long a caller should wait where nothing can be written, in seconds.
pub const UNAVAILABLE_RETRY_SECONDS: u64 = 10;

impl CommitError {
    /// The store takes no more changes.
    #[must_use]
    pub(crate) fn closed() -> Self {
        Self::Unavailable {
            cause: "the daemon is stopping".to_owned(),
            remedy: "Start it again.",
        }
    }
}

impl From<CommitError> for Error {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Failed(..) | CommitError::Busy => Self::busy(BUSY_RETRY_SECONDS),
            CommitError::KeyReused => Self::conflict(
                "idempotencyMismatch",
                "This idempotencyKey was used before with other params.",
                "Use a new key for a new call, and the same key only to repeat the same call.",
            ),
            CommitError::OutcomeUnknown => Self::new(
                Kind::OutcomeUnknown,
                "outcomeUnknown",
                "The disk did not confirm the write, so it may or may not have happened.",
                "Repeat the call with the same idempotencyKey: it will not be done twice.",
            ),
            CommitError::Unavailable { cause, remedy } => Self::new(
                Kind::Unavailable,
                "unavailable",
                format!("Nothing can be written at present: {cause}."),
                format!(
                    "{remedy} Reads go on meanwhile; try again later with the same idempotencyKey."
                ),
            )
            .with("retryAfterSeconds", UNAVAILABLE_RETRY_SECONDS),
            CommitError::Internal(text) => Self::internal(text),
        }
    }
}

/// Bookkeeping that no rule reads: the one exception to "every write is a change".
#[derive(Clone, Debug)]
pub enum Upkeep {
    /// When tokens were last used (table `token_use`).
    TokenUses(Vec<TokenUse>),
    /// Forget idempotency keys older than this (table `idempotency`).
    PruneIdempotency(Timestamp),
    /// Forget so many of the oldest events that wait no more and were due by an instant, with their
    /// deliveries (tables `outbox` and `delivery`).
    PruneEvents(Timestamp, usize),
    /// Make the deliveries of events, by their numbers, once; then the events wait no more (tables
    /// `outbox` and `delivery`).
    Deliveries(Vec<(i64, Vec<NewDelivery>)>),
    /// Make some of the deliveries of events that wait on, each once (table `delivery`).
    SomeDeliveries(Vec<(i64, Vec<NewDelivery>)>),
    /// End so many of the deliveries that wait for a webhook, where it was removed (table `delivery`).
    EndRemoved(WebhookId, usize),
    /// Lease deliveries to a worker until an instant (table `delivery`).
    Lease(Vec<DeliveryId>, Timestamp),
    /// Nobody has a delivery leased any more (table `delivery`).
    ReleaseLeases,
    /// What attempts came to (table `delivery`).
    Attempts(Vec<Attempt>),
    /// Remember the offset of a test database's clock, in milliseconds (table `meta`).
    ClockOffset(i64),
}

impl Upkeep {
    /// The tables that the upkeep writes; none of them is read by a rule.
    #[must_use]
    pub const fn tables(&self) -> &'static [&'static str] {
        match self {
            Self::TokenUses(_) => &["token_use"],
            Self::PruneIdempotency(_) => &["idempotency"],
            Self::PruneEvents(..) | Self::Deliveries(_) => &["delivery", "outbox"],
            Self::SomeDeliveries(_)
            | Self::EndRemoved(..)
            | Self::Lease(..)
            | Self::ReleaseLeases
            | Self::Attempts(_) => &["delivery"],
            Self::ClockOffset(_) => &["meta"],
        }
    }
}
