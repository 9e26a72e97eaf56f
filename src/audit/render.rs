//! The visible shape of a record: the documented columns and `AuditData`, made in one place.

use super::draft::PersonalValue;
use super::merkle::leaf_hash;
use super::personal::PROVIDER_NAME;
use super::record::{Act, Record, ShapeName, Text};
use crate::clock::Timestamp;
use crate::crypto::Sha256;
use crate::error::{Error, Result};
use crate::ids::{LogId, RecordId};
use serde_json::{Map, Value, json};

/// Who looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum View {
    /// The customer: the provider's people stay pseudonyms.
    Customer,
    /// The provider.
    Provider,
}

impl View {
    /// Whether this viewer may see the value at a pointer; holds for values beside a record too.
    #[must_use]
    pub fn shows(self, pointer: &str) -> bool {
        self == Self::Provider || pointer != PROVIDER_NAME
    }
}

/// A record as people see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visible {
    /// `Date`: CreationTime in whole seconds, UTC, without a zone.
    pub date: String,
    /// `IP`: address and port as recorded.
    pub ip: String,
    /// `User`
    pub user: String,
    /// `Activity`
    pub activity: String,
    /// `Item`
    pub item: String,
    /// `Detail`
    pub detail: String,
    /// `AuditData`: the full record as JSON text, keys in the documented order, ours after them.
    pub audit_data: String,
    /// `Id`
    pub id: RecordId,
    /// `Operation`
    pub operation: String,
    /// `RecordType`
    pub record_type: u16,
    /// The real actor, as this viewer may see it.
    pub actor: String,
    /// When it happened.
    pub creation: Timestamp,
    /// When it was committed.
    pub recorded_at: Timestamp,
    /// Its number in the log.
    pub sequence: u64,
    /// Its leaf in the log's tree.
    pub leaf_hash: Sha256,
    /// The log.
    pub log_id: LogId,
}

/// Renders a record from its canonical bytes and the values beside it. A value that was erased is
/// shown as empty text.
///
/// # Errors
/// `internal` where the bytes are no record of a known format.
pub fn render(canonical: &[u8], beside: &[PersonalValue], view: View) -> Result<Visible> {
    let mut record = opened(canonical, beside)?;
    if !view.shows(PROVIDER_NAME) {
        record.actor.provider_name = None;
    }
    let leaf = leaf_hash(canonical);
    let audit_data = serde_json::to_string(&audit_data(&record, &leaf)).map_err(Error::internal)?;
    let creation = Timestamp::from_millis(record.creation_time);
    let operation = record.operation.as_str().to_owned();
    Ok(Visible {
        date: creation.to_seconds_text(),
        ip: record.client_ip.as_str().to_owned(),
        user: record.user_id.as_str().to_owned(),
        activity: operation.clone(),
        item: record.object_id.as_str().to_owned(),
        detail: record.detail.as_str().to_owned(),
        audit_data,
        id: record.id,
        operation,
        record_type: record.record_type,
        actor: record.actor.name.as_str().to_owned(),
        creation,
        recorded_at: Timestamp::from_millis(record.recorded_at),
        sequence: record.sequence,
        leaf_hash: leaf,
        log_id: record.log_id,
    })
}

/// Who did what to what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acted {
    /// Who, by name.
    pub actor: String,
    /// The name of the act.
    pub operation: String,
    /// The object's id.
    pub object: String,
    /// Names and values of the parameters.
    pub parameters: Vec<(String, String)>,
}

impl Acted {
    /// The value of a parameter.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&str> {
        let found = self.parameters.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// Who did what a record tells, and the names and values of its parameters: what [`render`] shows
/// of them in either view.
///
/// # Errors
/// `internal` where the bytes are no record of a known format.
pub fn act(canonical: &[u8], beside: &[PersonalValue]) -> Result<Acted> {
    let act = Act::read(canonical)?;
    let shown = |text: Text, pointer: &str| match text {
        Text::Plain(text) => text,
        Text::Committed(_) | Text::Digest(_) => of_pointer(beside, pointer),
    };
    let parameters = act.parameters.into_iter().enumerate().map(|(nr, one)| {
        let name = shown(one.name, &format!("/Parameters/{nr}/Name"));
        let value = shown(one.value, &format!("/Parameters/{nr}/Value"));
        (name, value)
    });
    Ok(Acted {
        parameters: parameters.collect(),
        actor: shown(act.actor.name, "/Actor/Name"),
        operation: shown(act.operation, "/Operation"),
        object: shown(act.object_id, "/ObjectId"),
    })
}

/// What stands beside a record in the place of a text; nothing where it was erased.
fn of_pointer(beside: &[PersonalValue], pointer: &str) -> String {
    let value = beside.iter().find(|value| value.pointer == pointer);
    value.map(|value| value.value.clone()).unwrap_or_default()
}

/// A record with every text in its place.
fn opened(canonical: &[u8], beside: &[PersonalValue]) -> Result<Record> {
    let mut record = Record::read(canonical)?;
    for (pointer, text) in record.texts() {
        if matches!(text, Text::Plain(_)) {
            continue;
        }
        *text = Text::Plain(of_pointer(beside, &pointer));
    }
    Ok(record)
}

/// The documented keys of a decision, by name (facts 3.1).
const DECISION_KEYS: [&str; 18] = [
    "ClientIP",
    "CreationTime",
    "ExternalAccess",
    "Id",
    "ObjectId",
    "Operation",
    "OrganizationId",
    "OrganizationName",
    "OriginatingServer",
    "Parameters",
    "RecordType",
    "ResultStatus",
    "SessionId",
    "UserId",
    "UserKey",
    "UserType",
    "Version",
    "Workload",
];

/// The documented keys of an operator's action (facts 3.2), which has no `SessionId`.
const OPERATOR_KEYS: [&str; 17] = [
    "CreationTime",
    "Id",
    "Operation",
    "OrganizationId",
    "RecordType",
    "ResultStatus",
    "UserKey",
    "UserType",
    "Version",
    "Workload",
    "ClientIP",
    "ObjectId",
    "UserId",
    "ExternalAccess",
    "OrganizationName",
    "OriginatingServer",
    "Parameters",
];

/// `AuditData` of a record whose texts are all plain.
fn audit_data(record: &Record, leaf: &Sha256) -> Value {
    let documented: &[&str] = match record.shape {
        ShapeName::Decision => &DECISION_KEYS,
        ShapeName::Operator => &OPERATOR_KEYS,
    };
    let mut data = Map::new();
    for key in documented {
        data.insert((*key).to_owned(), documented_value(record, key));
    }
    let mut add = |key: &str, value: Value| {
        data.insert(key.to_owned(), value);
    };
    add("Actor", actor(record));
    if let Some(request) = &record.lockbox_request {
        add(
            "LockboxRequest",
            json!({
                "Identity": request.identity,
                "RequestId": request.request_id,
                "ServiceRequestNumber": request.service_request_number,
                "TermsDigest": request.terms_digest,
            }),
        );
    }
    if let Some(elevation) = &record.elevation {
        add("StartTime", seconds(elevation.start_time));
        add(
            "EffectiveOrganization",
            json!(elevation.effective_organization),
        );
        add("ElevationTime", seconds(elevation.elevation_time));
        add("ElevationApprover", json!(elevation.elevation_approver));
        if let Some(approved) = elevation.elevation_approved_time {
            add("ElevationApprovedTime", seconds(approved));
        }
        add("ElevationRequestId", json!(elevation.elevation_request_id));
        add("ElevationRole", json!(elevation.elevation_role));
        add("ElevationDuration", json!(elevation.elevation_duration));
        add("GenericInfo", json!(elevation.generic_info));
    }
    if let Some(reporter) = &record.reported_by {
        add("ReportedBy", json!(reporter));
    }
    if !record.moments.is_empty() {
        let moments: Map<String, Value> = record
            .moments
            .iter()
            .map(|(name, instant)| (name.clone(), milliseconds(*instant)))
            .collect();
        add("Moments", Value::Object(moments));
    }
    add("Detail", json!(record.detail));
    add("Sequence", json!(record.sequence));
    add("RecordedAt", milliseconds(record.recorded_at));
    add("LogId", json!(record.log_id));
    add("LeafHash", json!(hex::encode(leaf)));
    if record.test_clock {
        add("TestClock", Value::Bool(true));
    }
    Value::Object(data)
}

fn documented_value(record: &Record, key: &str) -> Value {
    match key {
        "ClientIP" => json!(record.client_ip),
        "CreationTime" => seconds(record.creation_time),
        "ExternalAccess" => json!(record.external_access),
        "Id" => json!(record.id),
        "ObjectId" => json!(record.object_id),
        "Operation" => json!(record.operation),
        "OrganizationId" => json!(record.organization_id),
        "OrganizationName" => json!(record.organization_name),
        "OriginatingServer" => json!(record.originating_server),
        "Parameters" => json!(record.parameters),
        "RecordType" => json!(record.record_type),
        "ResultStatus" => json!(record.result_status),
        // Every published record has it, and empty.
        "SessionId" => json!(""),
        "UserId" => json!(record.user_id),
        "UserKey" => json!(record.user_key),
        "UserType" => json!(record.user_type),
        // Of the documented schema, not of our format.
        "Version" => json!(1),
        "Workload" => json!(record.workload),
        _ => Value::Null,
    }
}

fn actor(record: &Record) -> Value {
    let actor = &record.actor;
    let mut shown = Map::new();
    let members = [
        ("Id", Some(&actor.id)),
        ("Name", Some(&actor.name)),
        ("ProviderName", actor.provider_name.as_ref()),
        ("Kind", Some(&actor.kind)),
        ("Authentication", Some(&actor.authentication)),
        ("Via", Some(&actor.via)),
        ("TokenId", actor.token_id.as_ref()),
    ];
    for (key, text) in members {
        if let Some(text) = text {
            shown.insert(key.to_owned(), json!(text));
        }
    }
    Value::Object(shown)
}

/// As the documented fields have instants: whole seconds, cut, without a zone.
fn seconds(millis: i64) -> Value {
    Value::String(Timestamp::from_millis(millis).to_seconds_text())
}

/// As our own fields have instants: RFC 3339 with milliseconds and `Z`.
fn milliseconds(millis: i64) -> Value {
    Value::String(Timestamp::from_millis(millis).to_string())
}

#[cfg(test)]
#[path = "render_tests.rs"]
mod tests;
