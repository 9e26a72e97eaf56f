//! Organizations and their settings.

use crate::clock::Timestamp;
use crate::ids::{LogId, OrgId};
use serde::{Deserialize, Serialize};

/// Hours to answer for a new tenant (Microsoft documents 12).
pub const DEFAULT_HOURS_TO_ANSWER: u32 = 12;

/// The bounds of a tenant's hours to answer.
pub const HOURS_TO_ANSWER: std::ops::RangeInclusive<u32> = 1..=168;

/// The most tags of a tenant.
pub const MOST_TAGS: usize = 20;

/// Which side an organization stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum OrgKind {
    /// The one that asks for access.
    Provider,
    /// A customer.
    Tenant,
}

/// Whether an organization works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum OrgState {
    /// Created by the provider; nobody of the customer has claimed it: it receives no request.
    Unclaimed,
    /// Works.
    Active,
    /// Submit, review and Approve are refused; reads, Deny, Cancel and export work.
    Suspended,
}

/// The provider or a tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organization {
    /// Its GUID.
    pub id: OrgId,
    /// Which side it stands on.
    pub kind: OrgKind,
    /// Unique name, such as `contoso.onmicrosoft.com`, lower-cased.
    pub name: String,
    /// Name for people.
    pub display_name: Option<String>,
    /// Addresses to contact.
    pub contacts: Vec<String>,
    /// Whether it works.
    pub state: OrgState,
    /// Its audit log.
    pub log_id: LogId,
    /// Key from which the engineers' pseudonyms in this tenant are made; never shown.
    pub pseudonym_key: [u8; 32],
    /// When it was created.
    pub created_at: Timestamp,
    /// When the customer claimed it.
    pub claimed_at: Option<Timestamp>,
    /// Row version, from 1.
    pub version: i64,
}

/// What a tenant says to emergency access.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum EmergencyAccess {
    /// Two of the provider's people may grant it without asking.
    #[default]
    Allowed,
    /// The lockbox grants none; what happened all the same is reported afterwards.
    ReportOnly,
}

impl EmergencyAccess {
    /// The word in params, results and records.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::ReportOnly => "reportOnly",
        }
    }
}

/// What a tenant decides about its own lockbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// Whose settings.
    pub org: OrgId,
    /// Whether a request needs the customer's approval (`CustomerLockboxEnabled`).
    pub approval_required: bool,
    /// Hours that the customer has to answer.
    pub hours_to_answer: u32,
    /// Whether a robot may approve.
    pub automatic_approval: bool,
    /// Whether the audit log can be searched (`UnifiedAuditLogIngestionEnabled`).
    pub audit_search_enabled: bool,
    /// What it says to emergency access.
    #[serde(default)]
    pub emergency_access: EmergencyAccess,
    /// Words that sort tenants, for the policy; at most [`MOST_TAGS`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// When the audit log was first on.
    pub audit_first_opt_in: Timestamp,
    /// Last change.
    pub updated_at: Timestamp,
    /// Who changed it last, by address or name.
    pub updated_by: Option<String>,
    /// Row version, from 1.
    pub version: i64,
}

impl Settings {
    /// The settings of a new organization: approval required, no robot approvals.
    #[must_use]
    pub fn new(org: OrgId, now: Timestamp) -> Self {
        Self {
            org,
            approval_required: true,
            hours_to_answer: DEFAULT_HOURS_TO_ANSWER,
            automatic_approval: false,
            audit_search_enabled: true,
            emergency_access: EmergencyAccess::default(),
            tags: Vec::new(),
            audit_first_opt_in: now,
            updated_at: now,
            updated_by: None,
            version: 1,
        }
    }
}
