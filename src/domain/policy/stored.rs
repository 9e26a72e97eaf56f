//! Policies as they are kept: every version of a tenant's, and the change that waits for a second
//! pair of eyes.

use crate::clock::Timestamp;
use crate::domain::request::Party;
use crate::ids::{ChangeId, OrgId};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One version of a tenant's policy; the highest is in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyVersion {
    /// The tenant.
    pub org: OrgId,
    /// From 1; the store draws it.
    pub version: i64,
    /// SHA-256 of `document`, in hex.
    pub hash: String,
    /// The document as canonical JSON (RFC 8785).
    pub document: String,
    /// Who put it.
    pub put_by: Party,
    /// When; the store fills it in.
    pub put_at: Timestamp,
    /// Why, as it was said.
    pub reason: Option<String>,
    /// What is different from the version before.
    pub summary: Value,
}

/// A change that waits for a second administrator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingChange {
    /// Identity.
    pub id: ChangeId,
    /// The tenant.
    pub org: OrgId,
    /// Who wants it.
    pub proposed_by: Party,
    /// Since when; the store fills it in.
    pub proposed_at: Timestamp,
    /// Why, as it was said.
    pub reason: Option<String>,
    /// What is to be changed.
    pub what: Proposal,
    /// Hours after which the one who wants it may confirm it alone.
    pub recovery_hours: u32,
}

/// What is to be changed; `None` leaves it as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// The new document, as canonical JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<String>,
    /// Whether requests need the customer's approval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval_required: Option<bool>,
    /// Hours to answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hours_to_answer: Option<u32>,
    /// Whether robots may approve.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub automatic_approval: Option<bool>,
    /// Whether the audit log can be searched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audit_search_enabled: Option<bool>,
}

impl PendingChange {
    /// From when on the one who wants it may confirm it alone.
    #[must_use]
    pub const fn alone_after(&self) -> Timestamp {
        self.proposed_at
            .plus_seconds(self.recovery_hours as i64 * 3_600)
    }
}
