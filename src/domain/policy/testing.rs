//! Policies and requests for the tests of this room. Every zone is UTC, so that no test reads a
//! zone file; local time has tests of its own.

use crate::clock::Timestamp;
use crate::clock::zones::Zone;
use crate::domain::policy::document::Document;
use crate::domain::policy::effective::{Judgement, Problem, Verdict};
use crate::domain::policy::{Facts, Policy, Zones};
use crate::domain::request::{AccessLevel, Ask};
use crate::ids::OrgId;
use serde_json::{Value, json};

/// Noon of a Monday: `office` is open.
pub(super) const MONDAY_NOON: &str = "2026-11-23T12:00:00Z";

/// Noon of the day before: it is closed.
pub(super) const SUNDAY_NOON: &str = "2026-11-22T12:00:00Z";

/// A document of these rules, with the calendar `office` and the group `night-shift`.
pub(super) fn document(rules: Value) -> Document {
    serde_json::from_value(json!({
        "format": "lockbox-policy/1",
        "calendars": {"office": {"zone": "UTC", "weekly": {"monday-friday": ["08:00-18:00"]}}},
        "groups": {"night-shift": ["Eve@contoso.com", "dan@contoso.com"]},
        "rules": rules,
    }))
    .expect("a document")
}

pub(super) fn zones(document: &Document) -> Zones {
    let names = document.zone_names();
    names
        .map(|name| (name.to_owned(), Ok(Zone::utc())))
        .collect()
}

pub(super) fn compile(document: Document) -> Result<Policy, Vec<Problem>> {
    let zones = zones(&document);
    Policy::compile(document, &zones)
}

/// A policy of these rules.
pub(super) fn policy(rules: Value) -> Policy {
    compile(document(rules)).expect("a sound policy")
}

/// What is wrong with these rules, as `pointer: message suggestion`.
pub(super) fn problems(rules: Value) -> Vec<String> {
    lines(&compile(document(rules)).err().unwrap_or_default())
}

pub(super) fn lines(problems: &[Problem]) -> Vec<String> {
    let line = |p: &Problem| format!("{}: {} {}", p.pointer, p.message, p.suggestion);
    problems.iter().map(line).collect()
}

/// One hour of reading Exchange, with a ticket.
pub(super) fn ask() -> Ask {
    Ask {
        tenant: OrgId::from_uuid(uuid::Uuid::nil()),
        service: "Exchange".to_owned(),
        ticket: "INC000042".to_owned(),
        reason: "Mail is not delivered, break-glass".to_owned(),
        duration_seconds: 3_600,
        resources: vec!["mailbox/Ada@contoso.com".to_owned()],
        data_categories: vec!["mail".to_owned()],
        access_level: AccessLevel::Read,
        operations: vec!["Get-Mailbox".to_owned()],
        citizenship: None,
        location: None,
    }
}

/// A request that arrived on Monday at noon; automatic approval is on, 12 hours to answer, at most
/// 4 hours of access.
pub(super) fn facts(ask: &Ask) -> Facts<'_> {
    Facts {
        ask,
        location: None,
        arrived_at: at(MONDAY_NOON),
        tenant_tags: &[],
        answer_seconds: 12 * 3_600,
        maximum_access_seconds: 4 * 3_600,
        automatic_approval: true,
        emergency: false,
    }
}

pub(super) fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).expect("an instant")
}

/// The rule that decided, as `deny nights`, or `ask`.
pub(super) fn short(judgement: &Judgement) -> String {
    match &judgement.verdict {
        Verdict::Deny { rule, .. } => format!("deny {rule}"),
        Verdict::Approve { rule } => format!("approve {rule}"),
        Verdict::Ask => "ask".to_owned(),
    }
}
