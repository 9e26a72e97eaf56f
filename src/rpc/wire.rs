//! Shapes of results; every key always present, null where unknown.

use crate::audit::{View, Visible, record_types};
use crate::clock::Timestamp;
use crate::domain::organization::{OrgKind, OrgState, Organization, Settings};
use crate::domain::people::{Assignment, PrincipalKind, Token};
use crate::domain::policy::effective::Window;
use crate::domain::request::{Decision, Party, Request, State};
use crate::domain::status::approval_status;
use crate::ids::{GrantId, OrgId, RecordId, RequestId};
use crate::service::people::Described;
use crate::service::request::Shown;
use crate::service::{Names, pseudonym, shown_name};
use serde::Serialize;
use serde_json::{Value, json};
use std::borrow::Cow;

fn time(at: Option<Timestamp>) -> Value {
    at.map_or(Value::Null, |at| at.to_string().into())
}

/// How a party is called for a viewer: the provider's people are pseudonyms to customers.
fn called<'a>(shown: &'a Shown, party: Option<&'a Party>, view: View) -> Option<Cow<'a, str>> {
    party.map(|party| match view {
        View::Provider => Cow::Borrowed(party.name.as_str()),
        View::Customer => Cow::Owned(shown_name(&shown.tenant, party)),
    })
}

/// What makes a request emergency access, as results show it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EmergencyShape<'a> {
    incident: &'a str,
    reported: bool,
    reported_start: Option<Timestamp>,
    reported_end: Option<Timestamp>,
    acknowledged_by: Option<Cow<'a, str>>,
    acknowledged_date: Option<Timestamp>,
    comment: Option<&'a str>,
}

fn emergency(shown: &Shown, view: View) -> Option<EmergencyShape<'_>> {
    shown.request.emergency.as_ref().map(|part| {
        let ack = part.acknowledged.as_ref();
        EmergencyShape {
            incident: &part.incident,
            reported: part.reported.is_some(),
            reported_start: part.reported.map(|period| period.start),
            reported_end: part.reported.map(|period| period.end),
            acknowledged_by: called(shown, ack.map(|ack| &ack.by), view),
            acknowledged_date: ack.map(|ack| ack.at),
            comment: ack.and_then(|ack| ack.comment.as_deref()),
        }
    })
}

/// A request as results show it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RequestShape<'a> {
    identity: RequestId,
    request_id: &'a str,
    service_request_number: &'a str,
    service_name: &'a str,
    profile: &'a str,
    emergency: Option<EmergencyShape<'a>>,
    tenant: &'a str,
    tenant_id: OrgId,
    requestor: &'a str,
    requestor_pseudonym: String,
    reason: &'a str,
    citizenship: Option<&'a str>,
    location: Option<&'a str>,
    resources: &'a [String],
    data_categories: &'a [String],
    access_level: &'static str,
    operations: &'a [String],
    duration_seconds: i64,
    granted_duration_seconds: Option<i64>,
    created_date: Timestamp,
    review_deadline: Timestamp,
    reviewed_by: Option<Cow<'a, str>>,
    reviewed_date: Option<Timestamp>,
    review_comment: Option<&'a str>,
    sent_to_customer_date: Option<Timestamp>,
    expiration_date: Option<Timestamp>,
    approval_required: Option<bool>,
    approval_status: Option<&'static str>,
    state: &'static str,
    decision: Option<&'static str>,
    decided_by: Option<Cow<'a, str>>,
    decided_date: Option<Timestamp>,
    comment: Option<&'a str>,
    approvals_given: Option<u32>,
    approvals_needed: Option<u32>,
    votes: Vec<VoteShape<'a>>,
    hooks: Vec<HookShape<'a>>,
    policy_version: Option<i64>,
    policy_hash: Option<&'a str>,
    policy_rules: &'a [String],
    clock_held_until: Option<Timestamp>,
    access_window: Option<Window>,
    closed_date: Option<Timestamp>,
    closed_by: Option<Cow<'a, str>>,
    grant_id: Option<GrantId>,
    access_start: Option<Timestamp>,
    access_end: Option<Timestamp>,
    terms_digest: &'a str,
    version: i64,
}

/// One approver's voice.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct VoteShape<'a> {
    approver: Cow<'a, str>,
    date: Option<Timestamp>,
    decision: &'static str,
    comment: Option<&'a str>,
    stage: u32,
    on_behalf_of: Option<Cow<'a, str>>,
}

/// What a decision hook said.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct HookShape<'a> {
    hook: &'a str,
    date: Timestamp,
    opinion: &'static str,
    reason: &'a str,
    digest: Option<&'a str>,
    failure: Option<&'a str>,
    not_counted: Option<&'a str>,
}

pub(super) fn hooks(row: &Request) -> Vec<HookShape<'_>> {
    let answers = row.hooks.iter().map(|answer| HookShape {
        hook: &answer.name,
        date: answer.at,
        opinion: answer.opinion.as_str(),
        reason: &answer.reason,
        digest: answer.digest.as_deref(),
        failure: answer.failure.as_deref(),
        not_counted: answer.not_counted.as_deref(),
    });
    answers.collect()
}

/// What approvers said; where the first one decides, that is the decision.
fn votes<'a>(shown: &'a Shown, view: View) -> Vec<VoteShape<'a>> {
    let row = &shown.request;
    if let ([], Some(decision @ (Decision::Approve | Decision::Deny))) = (&*row.votes, row.decision)
    {
        let alone = called(shown, row.decider.as_ref(), view).map(|approver| VoteShape {
            approver,
            date: row.decided_at,
            decision: decision.as_str(),
            comment: row.comment.as_deref(),
            stage: 1,
            on_behalf_of: None,
        });
        return alone.into_iter().collect();
    }
    let voices = row.votes.iter().filter_map(|vote| {
        Some(VoteShape {
            approver: called(shown, Some(&vote.party), view)?,
            date: Some(vote.at),
            decision: vote.decision.as_str(),
            comment: vote.comment.as_deref(),
            stage: vote.stage,
            on_behalf_of: called(shown, vote.on_behalf_of.as_ref(), view),
        })
    });
    voices.collect()
}

pub(super) fn request<'a>(shown: &'a Shown, view: View, names: &'a Names) -> RequestShape<'a> {
    let row = &shown.request;
    let state = row.state_at(shown.now);
    // Nobody was asked for what was only reported, so it has no answer.
    let status = approval_status(state, row.arrived())
        .filter(|_| !row.only_reported())
        .map(|status| status.as_str());
    let closed = row
        .closed_at
        .or(row.due().filter(|_| row.overdue(shown.now)));
    let (approvals, policy) = (shown.approvals(), row.policy());
    RequestShape {
        identity: row.identity,
        request_id: &row.reference,
        service_request_number: &row.ask.ticket,
        service_name: &row.ask.service,
        profile: &row.profile,
        emergency: emergency(shown, view),
        tenant: &shown.tenant.name,
        tenant_id: shown.tenant.id,
        requestor: match view {
            View::Customer => &names.engineer,
            View::Provider => &row.requester.name,
        },
        requestor_pseudonym: pseudonym(&shown.tenant, &row.requester.key),
        reason: &row.ask.reason,
        citizenship: row.ask.citizenship.as_deref(),
        location: row.ask.location.as_deref(),
        resources: &row.ask.resources,
        data_categories: &row.ask.data_categories,
        access_level: row.ask.access_level.as_str(),
        operations: &row.ask.operations,
        duration_seconds: row.ask.duration_seconds,
        granted_duration_seconds: row.granted_seconds,
        created_date: row.created_at,
        review_deadline: row.review_deadline,
        reviewed_by: called(shown, row.reviewer.as_ref(), view),
        reviewed_date: row.reviewed_at,
        review_comment: match view {
            View::Customer => None,
            View::Provider => row.review_comment.as_deref(),
        },
        sent_to_customer_date: row.sent_at,
        expiration_date: row.deadline,
        approval_required: row.terms.as_ref().map(|terms| terms.approval_required),
        approval_status: status,
        state: state.as_str(),
        decision: row.decision.map(|decision| decision.as_str()),
        decided_by: called(shown, row.decider.as_ref(), view),
        decided_date: row.decided_at,
        comment: row.comment.as_deref(),
        approvals_given: approvals.map(|(given, _)| given),
        approvals_needed: approvals.map(|(_, needed)| needed),
        votes: votes(shown, view),
        hooks: hooks(row),
        policy_version: policy.map(|policy| policy.version),
        policy_hash: policy.map(|policy| policy.hash.as_str()),
        policy_rules: policy.map_or(&[], |policy| &policy.rules),
        clock_held_until: policy.and_then(|policy| policy.held_until),
        access_window: shown.window(),
        closed_date: closed,
        closed_by: called(shown, row.closer.as_ref(), view),
        grant_id: row.grant,
        access_start: row.access_start,
        access_end: row.access_end,
        terms_digest: &row.terms_digest,
        version: row.version,
    }
}

pub(super) fn grant(shown: &Shown, view: View, names: &Names) -> Value {
    let row = &shown.request;
    let state = row.state_at(shown.now);
    let active = row.live_at(shown.now);
    let ended = row
        .closed_at
        .or(row.access_end.filter(|end| shown.now >= *end));
    json!({
        "grantId": row.grant.map(|grant| grant.to_string()),
        "identity": row.identity.to_string(),
        "requestId": row.reference,
        "tenant": shown.tenant.name,
        "tenantId": shown.tenant.id.to_string(),
        "serviceName": row.ask.service,
        "engineer": match view {
            View::Customer => &names.engineer,
            View::Provider => &row.requester.name,
        },
        "engineerPseudonym": pseudonym(&shown.tenant, &row.requester.key),
        "accessLevel": row.ask.access_level.as_str(),
        "resources": row.ask.resources,
        "dataCategories": row.ask.data_categories,
        "operations": row.ask.operations,
        "accessStart": time(row.access_start),
        "accessEnd": time(row.access_end),
        "active": active,
        "state": match state {
            State::Approved if active => "Active",
            State::Approved => "NotStarted",
            other => other.as_str(),
        },
        "endedDate": time(ended),
        "endedBy": called(shown, row.closer.as_ref(), view),
        "approvalRequired": row.terms.as_ref().is_some_and(|terms| terms.approval_required),
        "termsDigest": row.terms_digest,
        "version": row.version,
    })
}

pub(super) const fn org_state(state: OrgState) -> &'static str {
    match state {
        OrgState::Unclaimed => "Unclaimed",
        OrgState::Active => "Active",
        OrgState::Suspended => "Suspended",
    }
}

pub(super) fn tenant(org: &Organization) -> Value {
    json!({
        "tenantId": org.id.to_string(),
        "name": org.name,
        "displayName": org.display_name,
        "contacts": org.contacts,
        "state": org_state(org.state),
        "createdDate": org.created_at.to_string(),
        "claimedDate": time(org.claimed_at),
        "version": org.version,
    })
}

pub(super) fn organization(org: &Organization) -> Value {
    json!({
        "organizationId": org.id.to_string(),
        "name": org.name,
        "kind": match org.kind {
            OrgKind::Provider => "provider",
            OrgKind::Tenant => "tenant",
        },
        "state": org_state(org.state),
    })
}

pub(super) fn assignment(assignment: &Assignment) -> Value {
    json!({
        "principalId": assignment.principal.to_string(),
        "role": assignment.role.as_str(),
        "scope": assignment.scope.to_string(),
        "assignedDate": assignment.assigned_at.to_string(),
    })
}

pub(super) fn principal(described: &Described) -> Value {
    let row = &described.principal;
    json!({
        "principalId": row.id.to_string(),
        "organizationId": row.org.to_string(),
        "organization": described.organization,
        "kind": match row.kind {
            PrincipalKind::Person => "person",
            PrincipalKind::Robot => "robot",
        },
        "address": row.address,
        "displayName": row.display_name,
        "owner": row.owner.map(|owner| owner.to_string()),
        "enabled": row.enabled,
        "stopped": described.stopped,
        "citizenship": row.citizenship,
        "roles": described.roles.iter().map(assignment).collect::<Vec<Value>>(),
        "createdDate": row.created_at.to_string(),
        "version": row.version,
    })
}

pub(super) fn token(token: &Token, last_used: Option<Timestamp>) -> Value {
    json!({
        "tokenId": token.id.to_string(),
        "principalId": token.principal.to_string(),
        "name": token.name,
        "roles": token.roles.as_ref().map(|roles| {
            roles.iter().map(|role| role.as_str()).collect::<Vec<&str>>()
        }),
        "scope": token.scope.as_ref().map(ToString::to_string),
        "decisions": token.decisions.as_ref().map(|decisions| {
            decisions.iter().map(|one| one.as_str()).collect::<Vec<&str>>()
        }),
        "issuedDate": token.issued_at.to_string(),
        "expirationDate": token.expires_at.to_string(),
        "lastUsedDate": time(last_used),
        "revokedDate": time(token.revoked_at),
    })
}

pub(super) fn settings(settings: &Settings, org: &Organization) -> Value {
    json!({
        "tenant": org.name,
        "tenantId": org.id.to_string(),
        "approvalRequired": settings.approval_required,
        "hoursToAnswer": settings.hours_to_answer,
        "automaticApproval": settings.automatic_approval,
        "auditSearchEnabled": settings.audit_search_enabled,
        "emergencyAccess": settings.emergency_access.as_str(),
        "tags": settings.tags,
        "auditFirstOptInDate": settings.audit_first_opt_in.to_string(),
        "version": settings.version,
        "updatedDate": settings.updated_at.to_string(),
        "updatedBy": settings.updated_by,
    })
}

/// A record as results show it, with its place in the result: the first is number 1.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RecordShape<'a> {
    identity: RecordId,
    sequence: u64,
    date: &'a str,
    creation_date: Timestamp,
    recorded_at: Timestamp,
    record_type: u16,
    record_type_name: Cow<'static, str>,
    ip: &'a str,
    user: &'a str,
    activity: &'a str,
    item: &'a str,
    detail: &'a str,
    result_index: u64,
    result_count: u64,
    leaf_hash: String,
    audit_data: &'a str,
}

pub(super) fn record(visible: &Visible, index: u64, count: u64) -> RecordShape<'_> {
    RecordShape {
        identity: visible.id,
        sequence: visible.sequence,
        date: &visible.date,
        creation_date: visible.creation,
        recorded_at: visible.recorded_at,
        record_type: visible.record_type,
        record_type_name: record_types::name(visible.record_type).map_or_else(
            || Cow::Owned(visible.record_type.to_string()),
            Cow::Borrowed,
        ),
        ip: &visible.ip,
        user: &visible.user,
        activity: &visible.activity,
        item: &visible.item,
        detail: &visible.detail,
        result_index: index,
        result_count: count,
        leaf_hash: hex::encode(visible.leaf_hash),
        audit_data: &visible.audit_data,
    }
}
