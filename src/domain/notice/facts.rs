//! What is told of an event: names as the one who is told may know them, everything else as it
//! stands. The texts of mails and the data of webhooks are made from it, and from nothing else.

use crate::clock::Timestamp;
use crate::domain::notice::{Audience, Event};
use serde::{Deserialize, Serialize};

/// One event, told to one audience.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Facts {
    /// What happened.
    pub event: Event,
    /// Who is told.
    pub audience: Audience,
    /// When it happened.
    pub at: Timestamp,
    /// The organization that it is about.
    pub tenant: TenantFacts,
    /// The request that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<RequestFacts>,
    /// Who did it, where somebody did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// What else is to be known: names of parameters of the record, with their values.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<Detail>,
}

/// A parameter of the record that was written with the event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Detail {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// An organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TenantFacts {
    /// Its GUID.
    pub id: String,
    /// Its name, such as `contoso.onmicrosoft.com`.
    pub name: String,
    /// Its name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
}

/// A request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestFacts {
    /// Its GUID.
    pub identity: String,
    /// Its reference number.
    pub request_id: String,
    /// The profile that its service follows.
    pub profile: String,
    /// The service (`Product` in mails).
    pub service_name: String,
    /// The provider's ticket (`Service Request #` in mails).
    pub service_request_number: String,
    /// Who asked, as the audience may know it.
    pub requestor: String,
    /// Why.
    pub reason: String,
    /// Where it stands.
    pub state: String,
    /// What is to be reached.
    pub resources: Vec<String>,
    /// What customer content is touched.
    pub data_categories: Vec<String>,
    /// `read` or `write`.
    pub access_level: String,
    /// When it was submitted.
    pub created_date: Timestamp,
    /// For how long access was asked, in seconds.
    pub duration_seconds: i64,
    /// The engineer's citizenship, where known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub citizenship: Option<String>,
    /// Until when it can be answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expiration_date: Option<Timestamp>,
    /// Approvals that were given, and that are needed, where there are several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approvals: Option<Approvals>,
    /// The decision.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<String>,
    /// Who took it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<String>,
    /// What they wrote.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// From when there is access.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_start: Option<Timestamp>,
    /// Until when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_end: Option<Timestamp>,
    /// How many actions of the engineer are recorded, where that is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actions: Option<u64>,
}

/// How far several approvals have come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Approvals {
    /// How many were given.
    pub given: u32,
    /// How many are needed.
    pub needed: u32,
}
