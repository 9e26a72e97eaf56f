//! Shapes of results; every key always present, null where unknown.

use crate::audit::{View, Visible, record_types};
use crate::clock::Timestamp;
use crate::domain::organization::{OrgKind, OrgState, Organization, Settings};
use crate::domain::people::{Assignment, PrincipalKind, Token};
use crate::domain::request::{Party, State};
use crate::domain::status::approval_status;
use crate::service::people::Described;
use crate::service::request::Shown;
use crate::service::{Names, pseudonym, shown_name};
use serde_json::{Value, json};

fn time(at: Option<Timestamp>) -> Value {
    at.map_or(Value::Null, |at| at.to_string().into())
}

/// How a party is called for a viewer: the provider's people are pseudonyms to customers.
fn called(shown: &Shown, party: Option<&Party>, view: View) -> Value {
    party.map_or(Value::Null, |party| match view {
        View::Provider => party.name.clone().into(),
        View::Customer => shown_name(&shown.tenant, party).into(),
    })
}

pub(super) fn request(shown: &Shown, view: View, names: &Names) -> Value {
    let row = &shown.request;
    let state = row.state_at(shown.now);
    let status = approval_status(state, row.arrived()).map(|status| status.as_str());
    let closed = row
        .closed_at
        .or(row.due().filter(|_| row.overdue(shown.now)));
    json!({
        "identity": row.identity.to_string(),
        "requestId": row.reference,
        "serviceRequestNumber": row.ask.ticket,
        "serviceName": row.ask.service,
        "profile": row.profile,
        "tenant": shown.tenant.name,
        "tenantId": shown.tenant.id.to_string(),
        "requestor": match view {
            View::Customer => &names.engineer,
            View::Provider => &row.requester.name,
        },
        "requestorPseudonym": pseudonym(&shown.tenant, &row.requester.key),
        "reason": row.ask.reason,
        "citizenship": row.ask.citizenship,
        "resources": row.ask.resources,
        "dataCategories": row.ask.data_categories,
        "accessLevel": row.ask.access_level.as_str(),
        "operations": row.ask.operations,
        "durationSeconds": row.ask.duration_seconds,
        "grantedDurationSeconds": row.granted_seconds,
        "createdDate": row.created_at.to_string(),
        "reviewDeadline": row.review_deadline.to_string(),
        "reviewedBy": called(shown, row.reviewer.as_ref(), view),
        "reviewedDate": time(row.reviewed_at),
        "reviewComment": match view {
            View::Customer => &None,
            View::Provider => &row.review_comment,
        },
        "sentToCustomerDate": time(row.sent_at),
        "expirationDate": time(row.deadline),
        "approvalRequired": row.terms.map(|terms| terms.approval_required),
        "approvalStatus": status,
        "state": state.as_str(),
        "decision": row.decision.map(|decision| decision.as_str()),
        "decidedBy": called(shown, row.decider.as_ref(), view),
        "decidedDate": time(row.decided_at),
        "comment": row.comment,
        "closedDate": time(closed),
        "closedBy": called(shown, row.closer.as_ref(), view),
        "grantId": row.grant.map(|grant| grant.to_string()),
        "accessStart": time(row.access_start),
        "accessEnd": time(row.access_end),
        "termsDigest": row.terms_digest,
        "version": row.version,
    })
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
        "state": if state == State::Approved { "Active" } else { state.as_str() },
        "endedDate": time(ended),
        "endedBy": called(shown, row.closer.as_ref(), view),
        "approvalRequired": row.terms.is_some_and(|terms| terms.approval_required),
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
        "auditFirstOptInDate": settings.audit_first_opt_in.to_string(),
        "version": settings.version,
        "updatedDate": settings.updated_at.to_string(),
        "updatedBy": settings.updated_by,
    })
}

/// A record with its place in the result: the first is number 1.
pub(super) fn record(visible: &Visible, index: u64, count: u64) -> Value {
    json!({
        "identity": visible.id.to_string(),
        "sequence": visible.sequence,
        "date": visible.date,
        "creationDate": visible.creation.to_string(),
        "recordedAt": visible.recorded_at.to_string(),
        "recordType": visible.record_type,
        "recordTypeName": record_types::name(visible.record_type)
            .map_or_else(|| visible.record_type.to_string(), str::to_owned),
        "ip": visible.ip,
        "user": visible.user,
        "activity": visible.activity,
        "item": visible.item,
        "detail": visible.detail,
        "resultIndex": index,
        "resultCount": count,
        "leafHash": hex::encode(visible.leaf_hash),
        "auditData": visible.audit_data,
    })
}
