//! A small world: the provider with an engineer, a tenant with two administrators.

use super::puppet::{PATIENCE, Puppet};
use super::{Harness, Setup};
use crate::audit::draft::{ActorField, Draft, RequestLink, Shape, UserType};
use crate::clock::{Clock, ManualClock, Timestamp, When};
use crate::crypto::{random, sha256};
use crate::domain::organization::{OrgKind, OrgState, Organization, Settings};
use crate::domain::people::{
    Assignment, Code, CodeKind, PersonKey, Principal, PrincipalKind, Token,
};
use crate::domain::request::{AccessLevel, Ask, Party, Request, Stamp, State};
use crate::domain::scope::Role;
use crate::ids::{CodeId, LogId, OrgId, PrincipalId, RecordId, RequestId, TokenId};
use crate::store::{
    AuditFilter, AuditRow, Change, CommitError, Committed, Idempotency, Outcome, Precondition,
    RequestRef, RowRef, RowWrite, Store,
};
use serde_json::json;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use tokio::task::JoinHandle;

/// When every world begins.
pub(crate) fn dawn() -> Timestamp {
    Timestamp::parse("2026-11-21T12:00:00Z").unwrap()
}

/// What a commit gives.
pub(crate) type Answer = Result<Committed, CommitError>;

/// A store with people in it.
pub(crate) struct World<H> {
    pub(crate) harness: H,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) puppet: Arc<Puppet>,
    pub(crate) provider: Organization,
    pub(crate) tenant: Organization,
    pub(crate) engineer: Principal,
    pub(crate) admin: Principal,
    pub(crate) deputy: Principal,
    pub(crate) token: Token,
}

/// The clock, queue length and probe of an ordinary case.
pub(crate) fn setup(clock: Arc<dyn Clock>, puppet: &Arc<Puppet>, queue_length: usize) -> Setup {
    Setup {
        clock,
        queue_length,
        probe: puppet.probe(),
    }
}

impl<H: Harness> World<H> {
    pub(crate) async fn new() -> Self {
        Self::with_queue(1024).await
    }

    pub(crate) async fn with_queue(queue_length: usize) -> Self {
        let clock = Arc::new(ManualClock::at(dawn()));
        Self::with_clock(Arc::clone(&clock), clock, queue_length).await
    }

    /// A world whose store reads one clock, and whose hand is another.
    pub(crate) async fn with_clock(
        clock: Arc<ManualClock>,
        read: Arc<dyn Clock>,
        queue_length: usize,
    ) -> Self {
        let puppet = Puppet::new();
        let harness = H::start(setup(read, &puppet, queue_length)).await;
        let store = harness.store();
        let provider = organization(OrgKind::Provider, "provider.example");
        let tenant = organization(OrgKind::Tenant, "contoso.onmicrosoft.com");
        let engineer = person(&provider, "engineer@provider.example");
        let admin = person(&tenant, "admin@contoso.com");
        let deputy = person(&tenant, "deputy@contoso.com");
        let token = token(&admin, 1);
        let mut writes = vec![
            RowWrite::InsertOrganization(Box::new(provider.clone())),
            RowWrite::InsertOrganization(Box::new(tenant.clone())),
            RowWrite::PutSettings(Box::new(Settings::new(tenant.id, dawn()))),
        ];
        for (principal, role) in [
            (&engineer, Role::SupportEngineer),
            (&admin, Role::GlobalAdministrator),
            (&deputy, Role::GlobalAdministrator),
        ] {
            writes.push(RowWrite::InsertPrincipal(Box::new(principal.clone())));
            writes.push(RowWrite::InsertAssignment(Box::new(assignment(
                principal, role,
            ))));
        }
        writes.push(RowWrite::InsertToken(Box::new(token.clone())));
        let world = Self {
            harness,
            store,
            clock,
            puppet,
            provider,
            tenant,
            engineer,
            admin,
            deputy,
            token,
        };
        applied(world.commit(world.provider_change(writes)).await);
        world
    }

    pub(crate) async fn commit(&self, change: Change) -> Answer {
        tokio::time::timeout(PATIENCE, self.store.commit(salted(change)))
            .await
            .expect("the commit was not answered")
    }

    /// Puts a change into the queue and returns at once; calls made in order stand in order.
    pub(crate) fn queue(&self, change: Change) -> JoinHandle<Answer> {
        let (store, change) = (Arc::clone(&self.store), salted(change));
        let mut future = Box::pin(async move { store.commit(change).await });
        match future
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
        {
            Poll::Pending => tokio::spawn(future),
            Poll::Ready(answer) => tokio::spawn(async move { answer }),
        }
    }

    /// A change that writes rows, with one record in the tenant's log.
    pub(crate) fn change(&self, writes: Vec<RowWrite>) -> Change {
        change_in(&self.tenant, writes)
    }

    /// A change that writes rows, with one record in the provider's log.
    pub(crate) fn provider_change(&self, writes: Vec<RowWrite>) -> Change {
        change_in(&self.provider, writes)
    }

    /// A request of the engineer, not yet submitted.
    pub(crate) fn draft_request(&self) -> Request {
        request(&self.tenant, &self.engineer)
    }

    /// Submits a request as it is, and reads it back.
    pub(crate) async fn submit(&self, request: Request) -> Request {
        let identity = request.identity;
        let stamps = Vec::new();
        applied(
            self.commit(self.change(vec![RowWrite::InsertRequest(Box::new(request), stamps)]))
                .await,
        );
        self.request(identity).await
    }

    /// A request that waits for the customer until twelve hours after dawn.
    pub(crate) async fn pending(&self) -> Request {
        let mut request = self.draft_request();
        request.state = State::Pending;
        request.sent_at = Some(dawn());
        request.deadline = Some(dawn().plus_seconds(12 * 3600));
        self.submit(request).await
    }

    pub(crate) async fn request(&self, identity: RequestId) -> Request {
        self.store
            .request(self.tenant.id, RequestRef::Identity(identity))
            .await
            .unwrap()
            .expect("the request is there")
    }

    /// The approval of a request by the administrator, with all that it rests on.
    pub(crate) fn approval(&self, request: &Request) -> Change {
        let mut approved = request.clone();
        approved.state = State::Approved;
        approved.access_end = Some(dawn().plus_seconds(20 * 3600));
        let role = assignment(&self.admin, Role::GlobalAdministrator);
        Change {
            preconditions: vec![
                Precondition::At(RowRef::Request(request.identity), request.version),
                Precondition::At(RowRef::Organization(self.tenant.id), 1),
                Precondition::At(RowRef::Token(self.token.id), 1),
                Precondition::At(RowRef::Principal(self.admin.id), 1),
                Precondition::At(RowRef::Assignment(role.principal, role.role, role.scope), 1),
                Precondition::Before(request.deadline.unwrap()),
            ],
            ..self.change(vec![RowWrite::UpdateRequest(
                Box::new(approved),
                vec![
                    (Stamp::Decided, When::COMMIT),
                    (Stamp::AccessStart, When::COMMIT),
                ],
            )])
        }
    }

    /// How many records the tenant's log has.
    pub(crate) async fn records(&self) -> u64 {
        let head = self.store.head(self.tenant.id).await.unwrap();
        head.expect("the tenant has a log").next_sequence
    }

    /// All records of a log, newest first.
    pub(crate) async fn log(&self, org: OrgId) -> Vec<AuditRow> {
        self.store.audit_search(everything(org)).await.unwrap().rows
    }
}

/// The change with its salts drawn, as a use case commits it.
pub(crate) fn salted(mut change: Change) -> Change {
    for draft in &mut change.records {
        draft.draw_salts();
    }
    change
}

/// A search that narrows nothing.
pub(crate) fn everything(org: OrgId) -> AuditFilter {
    AuditFilter {
        with_total: true,
        ..AuditFilter::of(org, 10_000)
    }
}

/// The records of a change that was applied.
#[track_caller]
pub(crate) fn applied(answer: Answer) -> Vec<(RecordId, u64)> {
    match answer {
        Ok(Committed {
            outcome: Outcome::Applied(records),
            ..
        }) => records,
        other => panic!("expected Applied, found {other:?}"),
    }
}

/// The precondition that did not hold.
#[track_caller]
pub(crate) fn failed(answer: Answer) -> Precondition {
    match answer {
        Err(CommitError::Failed(precondition, _)) => *precondition,
        other => panic!("expected Failed, found {other:?}"),
    }
}

/// Whether a future is still waiting.
pub(crate) fn waits(future: impl Future) -> bool {
    let future = pin!(future);
    future
        .poll(&mut Context::from_waker(Waker::noop()))
        .is_pending()
}

/// Waits for a task, but not for ever.
pub(crate) async fn joined<T>(task: JoinHandle<T>) -> T {
    tokio::time::timeout(PATIENCE, task)
        .await
        .expect("the task did not end")
        .unwrap()
}

pub(crate) fn change_in(org: &Organization, writes: Vec<RowWrite>) -> Change {
    Change {
        writes,
        records: vec![record(org, "Test-Act")],
        ..Change::default()
    }
}

pub(crate) fn organization(kind: OrgKind, name: &str) -> Organization {
    Organization {
        id: OrgId::new(),
        kind,
        name: name.to_owned(),
        display_name: None,
        contacts: vec!["security@contoso.com".to_owned()],
        state: OrgState::Active,
        log_id: LogId::new(),
        pseudonym_key: random(),
        created_at: dawn(),
        claimed_at: None,
        version: 1,
    }
}

pub(crate) fn person(org: &Organization, address: &str) -> Principal {
    Principal {
        id: PrincipalId::new(),
        org: org.id,
        kind: PrincipalKind::Person,
        address: Some(address.to_owned()),
        display_name: "Somebody".to_owned(),
        person_key: PersonKey::local(address),
        owner: None,
        enabled: true,
        stopped: false,
        citizenship: None,
        created_at: dawn(),
        version: 1,
    }
}

pub(crate) fn robot(org: &Organization, name: &str, owner: &Principal) -> Principal {
    Principal {
        kind: PrincipalKind::Robot,
        address: None,
        display_name: name.to_owned(),
        person_key: owner.person_key.clone(),
        owner: Some(owner.id),
        ..person(org, name)
    }
}

pub(crate) fn assignment(principal: &Principal, role: Role) -> Assignment {
    Assignment {
        org: principal.org,
        principal: principal.id,
        role,
        scope: role.default_scope(principal.org),
        assigned_at: dawn(),
    }
}

/// A token whose hash is made from a seed: two with one seed cannot both be stored.
pub(crate) fn token(principal: &Principal, seed: u64) -> Token {
    Token {
        id: TokenId::new(),
        org: principal.org,
        principal: principal.id,
        hash: sha256(&[&seed.to_be_bytes()]),
        name: Some("console".to_owned()),
        roles: None,
        scope: None,
        decisions: None,
        issued_at: dawn(),
        expires_at: dawn().plus_seconds(90 * 86_400),
        revoked_at: None,
        version: 1,
    }
}

pub(crate) fn code(principal: &Principal, seed: u64) -> Code {
    Code {
        id: CodeId::new(),
        org: principal.org,
        principal: principal.id,
        kind: CodeKind::Enrolment,
        hash: sha256(&[&seed.to_be_bytes()]),
        created_at: dawn(),
        expires_at: dawn().plus_seconds(7 * 86_400),
        used_at: None,
        voided_at: None,
        version: 1,
    }
}

pub(crate) fn request(tenant: &Organization, requester: &Principal) -> Request {
    let ask = Ask {
        tenant: tenant.id,
        service: "Exchange".to_owned(),
        ticket: "SR-1".to_owned(),
        reason: "Mailbox does not open".to_owned(),
        duration_seconds: 3600,
        resources: vec!["mailbox:rick@contoso.com".to_owned()],
        data_categories: Vec::new(),
        access_level: AccessLevel::Read,
        operations: Vec::new(),
        citizenship: None,
        location: None,
    };
    let requester = Party {
        id: requester.id,
        org: requester.org,
        key: requester.person_key.clone(),
        name: requester.label().to_owned(),
    };
    Request {
        review_deadline: dawn().plus_seconds(12 * 3600),
        ..Request::unreviewed(ask, "microsoft365", requester, "00".to_owned(), dawn())
    }
}

/// A record to be in an organization's log.
pub(crate) fn record(org: &Organization, operation: &str) -> Draft {
    Draft {
        id: RecordId::new(),
        org: org.id,
        organization_name: org.name.clone(),
        shape: Shape::Decision,
        creation: When::COMMIT,
        operation: operation.to_owned(),
        record_type: 1,
        succeeded: true,
        user: "Microsoft Operator".to_owned(),
        user_is_person: false,
        user_type: UserType::DataCenterAdmin,
        external_access: true,
        client_ip: "192.0.2.7:50321".to_owned(),
        object_id: String::new(),
        originating_server: "lockbox".to_owned(),
        workload: "Exchange".to_owned(),
        parameters: Vec::new(),
        detail: String::new(),
        actor: ActorField::default(),
        reported_by: None,
        request: None,
        elevation: None,
        moments: Vec::new(),
        salts: Vec::new(),
    }
}

/// A record's link to a request whose reference the store draws.
pub(crate) fn link(request: &Request) -> RequestLink {
    RequestLink {
        identity: request.identity,
        reference: request.reference.clone(),
        ticket: request.ask.ticket.clone(),
        terms_digest: request.terms_digest.clone(),
    }
}

/// A caller's key.
pub(crate) fn key(principal: &Principal, key: &str, params: &str) -> Idempotency {
    Idempotency {
        org: principal.org,
        principal: principal.id,
        method: "request.decide".to_owned(),
        key: key.to_owned(),
        digest: sha256(&[params.as_bytes()]),
        answer: json!({"answer": params}),
    }
}
