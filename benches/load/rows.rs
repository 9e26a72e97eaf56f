//! Requests and records as the daemon would have made them.

use crate::people::Person;
use crate::seed::{Tenant, World};
use customer_lockbox::audit::draft::{
    ActorField, Draft, Elevation, Parameter, RequestLink, Shape, UserType,
};
use customer_lockbox::audit::operations;
use customer_lockbox::clock::{Timestamp, When};
use customer_lockbox::crypto::sha256;
use customer_lockbox::domain::request::{AccessLevel, Ask, Decision, Request, State, Terms};
use customer_lockbox::ids::{GrantId, RecordId};

const HOUR: i64 = 3_600;

fn submitted(world: &World, tenant: &Tenant, at: Timestamp) -> Request {
    let ask = Ask {
        tenant: tenant.org.id,
        service: "Exchange".to_owned(),
        ticket: "SR-2026-1184".to_owned(),
        reason: "Mailbox rick@contoso.com does not open after the migration".to_owned(),
        duration_seconds: 4 * HOUR,
        resources: vec![format!("mailbox:rick@{}", tenant.org.name)],
        data_categories: vec!["mail".to_owned()],
        access_level: AccessLevel::Read,
        operations: Vec::new(),
        citizenship: None,
        location: None,
    };
    let requester = world.engineer.party();
    let request = Request::unreviewed(ask, "microsoft365", requester, String::new(), at);
    Request {
        terms_digest: hex::encode(sha256(&[request.identity.bytes()])),
        review_deadline: at.plus_seconds(12 * HOUR),
        ..request
    }
}

/// A request that waits for the customer.
pub fn pending(world: &World, tenant: &Tenant, at: Timestamp) -> Request {
    Request {
        state: State::Pending,
        reviewer: Some(world.manager.party()),
        reviewed_at: Some(at),
        review_comment: Some("needed".to_owned()),
        sent_at: Some(at),
        deadline: Some(at.plus_seconds(12 * HOUR)),
        terms: Some(Terms {
            approval_required: true,
            hours_to_answer: 12,
            maximum_access_seconds: 4 * HOUR,
            settings_version: 1,
            policy: None,
        }),
        ..submitted(world, tenant, at)
    }
}

/// A request that was approved, and gives access for four hours.
pub fn decided(world: &World, tenant: &Tenant, at: Timestamp) -> Request {
    Request {
        state: State::Approved,
        decision: Some(Decision::Approve),
        decider: Some(tenant.admin.party()),
        decided_at: Some(at),
        comment: Some("go ahead".to_owned()),
        granted_seconds: Some(4 * HOUR),
        grant: Some(GrantId::new()),
        access_start: Some(at),
        access_end: Some(at.plus_seconds(4 * HOUR)),
        ..pending(world, tenant, at)
    }
}

/// A request whose access has ended.
pub fn ended(world: &World, tenant: &Tenant, at: Timestamp) -> Request {
    let row = decided(world, tenant, at);
    Request {
        state: State::Ended,
        closed_at: row.access_end,
        ..row
    }
}

fn parameter(name: &str, value: impl Into<String>, free_text: bool) -> Parameter {
    Parameter {
        name: name.to_owned(),
        value: value.into(),
        free_text,
    }
}

fn actor(person: &Person) -> ActorField {
    ActorField {
        id: person.principal.id.to_string(),
        name: person.address().to_owned(),
        provider_name: None,
        kind: "person".to_owned(),
        authentication: "token".to_owned(),
        via: "tcp".to_owned(),
        token_id: Some(person.token_id.to_string()),
    }
}

fn link(row: &Request) -> RequestLink {
    RequestLink {
        identity: row.identity,
        reference: row.reference.clone(),
        ticket: row.ask.ticket.clone(),
        terms_digest: row.terms_digest.clone(),
    }
}

/// A record of a tenant's administrator.
pub fn record(tenant: &Tenant, operation: &str, at: Timestamp) -> Draft {
    Draft {
        id: RecordId::new(),
        org: tenant.org.id,
        organization_name: tenant.org.name.clone(),
        shape: Shape::Decision,
        creation: When::At(at),
        operation: operation.to_owned(),
        record_type: 1,
        succeeded: true,
        user: tenant.admin.address().to_owned(),
        user_is_person: true,
        user_type: UserType::Admin,
        external_access: false,
        client_ip: "192.0.2.7:50321".to_owned(),
        object_id: String::new(),
        originating_server: "lockboxd (0.1.0)".to_owned(),
        workload: "Exchange".to_owned(),
        parameters: Vec::new(),
        detail: String::new(),
        actor: actor(&tenant.admin),
        reported_by: None,
        request: None,
        elevation: None,
        moments: Vec::new(),
        salts: Vec::new(),
    }
}

/// The arrival of a request at the customer.
pub fn arrival(tenant: &Tenant, row: &Request, at: Timestamp) -> Draft {
    Draft {
        object_id: row.identity.to_string(),
        request: Some(link(row)),
        parameters: vec![
            parameter("ServiceName", row.ask.service.clone(), false),
            parameter("Reason", row.ask.reason.clone(), true),
        ],
        ..record(tenant, operations::REQUEST_ARRIVED, at)
    }
}

/// The customer's decision.
pub fn decision(tenant: &Tenant, row: &Request, at: Timestamp) -> Draft {
    let end = row.access_end.unwrap_or(at);
    Draft {
        user: "BOXServiceAccount@lockbox.prod.outlook.com".to_owned(),
        user_is_person: false,
        user_type: UserType::DataCenterAdmin,
        external_access: true,
        object_id: row.identity.to_string(),
        request: Some(link(row)),
        parameters: vec![
            parameter("Comment", "go ahead", true),
            parameter("ApprovalDecision", "Approve", false),
            parameter("RequestId", row.identity.to_string(), false),
        ],
        moments: vec![
            ("AccessStart".to_owned(), When::At(at)),
            ("AccessEnd".to_owned(), When::At(end)),
        ],
        ..record(tenant, operations::DECISION, at)
    }
}

/// Something that the engineer did under the grant.
pub fn activity(world: &World, tenant: &Tenant, row: &Request, at: Timestamp) -> Draft {
    Draft {
        shape: Shape::Operator,
        user: "Microsoft Operator".to_owned(),
        user_is_person: false,
        user_type: UserType::DataCenterAdmin,
        external_access: true,
        request: Some(link(row)),
        parameters: vec![
            parameter("Identity", "rick@contoso.com", true),
            parameter("SourceMailbox", "rick@contoso.com", true),
            parameter("SearchQuery", "subject:invoice", true),
        ],
        elevation: Some(Elevation {
            start_time: When::At(at),
            effective_organization: tenant.org.name.clone(),
            elevation_time: When::At(at),
            approver: world.manager.address().to_owned(),
            approved_time: Some(When::At(at)),
            request_id: row.identity,
            role: "read".to_owned(),
            duration_seconds: 4 * HOUR,
            generic_info: row.ask.service.clone(),
        }),
        ..record(tenant, "Search-Mailbox", at)
    }
}
