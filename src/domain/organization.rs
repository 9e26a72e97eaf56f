//! Organizations and their settings.

use crate::clock::Timestamp;
use crate::domain::notice::settings::NoticeSettings;
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
    /// Who is told what, and how.
    #[serde(default)]
    pub notifications: NoticeSettings,
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
            notifications: NoticeSettings::default(),
            audit_first_opt_in: now,
            updated_at: now,
            updated_by: None,
            version: 1,
        }
    }
}

/// Settings to change; `None` leaves one as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SettingsChange {
    /// Whether requests need the customer's approval.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval_required: Option<bool>,
    /// Hours to answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hours_to_answer: Option<u32>,
    /// Whether robots may approve.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub automatic_approval: Option<bool>,
    /// Whether the audit log can be searched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audit_search_enabled: Option<bool>,
    /// What it says to emergency access.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub emergency_access: Option<EmergencyAccess>,
    /// Its tags, all of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<String>>,
    /// Its notifications, all of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notifications: Option<NoticeSettings>,
}

impl SettingsChange {
    /// The same with every address as it is kept.
    #[must_use]
    pub fn normalised(mut self) -> Self {
        self.notifications = self.notifications.map(NoticeSettings::normalised);
        self
    }

    /// Whether it changes nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether nothing is asked but that approval be required.
    #[must_use]
    pub fn only_requires_approval(&self) -> bool {
        let only = Self {
            approval_required: Some(true),
            ..Self::default()
        };
        *self == only
    }

    /// The settings with the change.
    #[must_use]
    pub fn applied(&self, before: &Settings) -> Settings {
        Settings {
            approval_required: self.approval_required.unwrap_or(before.approval_required),
            hours_to_answer: self.hours_to_answer.unwrap_or(before.hours_to_answer),
            automatic_approval: self.automatic_approval.unwrap_or(before.automatic_approval),
            audit_search_enabled: self
                .audit_search_enabled
                .unwrap_or(before.audit_search_enabled),
            emergency_access: self.emergency_access.unwrap_or(before.emergency_access),
            notifications: self
                .notifications
                .clone()
                .unwrap_or_else(|| before.notifications.clone()),
            tags: self.tags.clone().unwrap_or_else(|| before.tags.clone()),
            ..before.clone()
        }
    }

    /// A sentence for everything that it weakens. Every change of tags counts: a rule may look for
    /// one that goes, and may give way to one that comes.
    #[must_use]
    pub fn weakens(&self, before: &Settings) -> Vec<String> {
        let after = self.applied(before);
        let lacks = |one: &[String], other: &[String]| one.iter().any(|tag| !other.contains(tag));
        let gone = lacks(&before.tags, &after.tags);
        let new = lacks(&after.tags, &before.tags);
        [
            (
                before.approval_required && !after.approval_required,
                "Requests no longer need the customer's approval.",
            ),
            (
                !before.automatic_approval && after.automatic_approval,
                "Robots and the policy may approve.",
            ),
            (
                before.audit_search_enabled && !after.audit_search_enabled,
                "The audit log can no longer be searched.",
            ),
            (
                before.emergency_access == EmergencyAccess::ReportOnly
                    && after.emergency_access == EmergencyAccess::Allowed,
                "Emergency access without asking is allowed.",
            ),
            (gone, "A tag that rules may look for is gone."),
            (new && !gone, "A tag that rules may give way to is new."),
        ]
        .into_iter()
        .filter(|(weaker, _)| *weaker)
        .map(|(_, sentence)| sentence.to_owned())
        .chain(after.notifications.quieter(&before.notifications))
        .collect()
    }
}
