//! Who is told what: events, audiences, and the plan of one event.

use serde::{Deserialize, Serialize};

macro_rules! camel_words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "camelCase")]
        pub enum $name { $($(#[$vdoc])* $variant),+ }

        impl $name {
            /// Every value, in declared order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word in params, results, settings and rows.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        /// Reads the whole word, in any case.
        impl std::str::FromStr for $name {
            type Err = ();
            fn from_str(text: &str) -> Result<Self, ()> {
                Self::ALL
                    .iter()
                    .copied()
                    .find(|value| value.as_str().eq_ignore_ascii_case(text.trim()))
                    .ok_or(())
            }
        }
    };
}

pub mod delivery;
pub mod facts;
pub mod plan;
pub mod settings;
pub mod template;
pub mod webhook;

camel_words!(
    /// Something that somebody is told.
    Event {
        /// A request waits for the provider's manager.
        RequestSubmitted = "requestSubmitted",
        /// The manager said no.
        RequestRejected = "requestRejected",
        /// A request waits for the customer.
        RequestArrived = "requestArrived",
        /// It still waits.
        RequestReminder = "requestReminder",
        /// It still waits, and more people may answer.
        RequestEscalated = "requestEscalated",
        /// One of several approvals was given.
        ApprovalRecorded = "approvalRecorded",
        /// A denial was given, and the terms want more of them.
        DenialRecorded = "denialRecorded",
        /// Approved, denied or canceled.
        RequestDecided = "requestDecided",
        /// Nobody answered in time.
        RequestExpired = "requestExpired",
        /// The provider took it back.
        RequestWithdrawn = "requestWithdrawn",
        /// Granted, as the customer requires no approval.
        AccessGranted = "accessGranted",
        /// Access begins.
        AccessStarted = "accessStarted",
        /// Access ends soon.
        AccessEnding = "accessEnding",
        /// The granted time is up.
        AccessEnded = "accessEnded",
        /// The engineer finished early.
        AccessCompleted = "accessCompleted",
        /// The provider stopped the access.
        AccessRevoked = "accessRevoked",
        /// The engineer did something: a digest.
        EngineerActed = "engineerActed",
        /// The policy is another one.
        PolicyChanged = "policyChanged",
        /// Policy or settings protect less than before.
        PolicyWeakened = "policyWeakened",
        /// A change waits for a second administrator.
        PolicyProposed = "policyProposed",
        /// A change does not wait any more, and was not made.
        PolicyProposalWithdrawn = "policyProposalWithdrawn",
        /// Settings are others.
        SettingsChanged = "settingsChanged",
        /// People, roles or tokens are others.
        RolesChanged = "rolesChanged",
        /// The tenant was suspended, resumed, renamed or recovered.
        TenantChanged = "tenantChanged",
        /// Two of the provider's people took access without asking.
        EmergencyAccess = "emergencyAccess",
        /// Access that happened without the lockbox was reported.
        EmergencyReported = "emergencyReported",
        /// Emergency access was acknowledged.
        EmergencyAcknowledged = "emergencyAcknowledged",
        /// A notification could not be delivered.
        NotificationUndeliverable = "notificationUndeliverable",
        /// A webhook failed for so long that it is not tried any more.
        WebhookPaused = "webhookPaused",
    }
);

camel_words!(
    /// Those who hear of an event, by what they are to it. Earlier ones win where somebody is
    /// several of them.
    Audience {
        /// Those who may decide the request: the designated approvers, else everybody with an
        /// approver's role.
        Approvers = "approvers",
        /// Those who might have decided, when somebody else did.
        OtherApprovers = "otherApprovers",
        /// Whoever gains or loses a role or a token, is disabled or enabled, or whose address hears less.
        Affected = "affected",
        /// Everybody who administers the organization.
        Administrators = "administrators",
        /// Whoever asked.
        Requester = "requester",
        /// Whoever reviewed, or may review.
        Reviewers = "reviewers",
        /// Addresses for what concerns security.
        SecurityContacts = "securityContacts",
        /// Addresses without an account, such as a group's.
        ExtraAddresses = "extraAddresses",
    }
);

impl Event {
    /// Whether an audience hears of it where the organization says nothing.
    #[must_use]
    pub const fn told_by_default(self, audience: Audience) -> bool {
        use Audience as A;
        match self {
            Self::RequestSubmitted => matches!(audience, A::Reviewers),
            Self::RequestRejected => matches!(audience, A::Requester),
            Self::RequestArrived | Self::RequestReminder | Self::RequestEscalated => {
                matches!(audience, A::Approvers | A::ExtraAddresses)
            }
            Self::ApprovalRecorded | Self::DenialRecorded => matches!(audience, A::OtherApprovers),
            Self::RequestDecided => matches!(
                audience,
                A::OtherApprovers | A::Requester | A::Reviewers | A::ExtraAddresses
            ),
            Self::RequestExpired | Self::RequestWithdrawn | Self::AccessRevoked => matches!(
                audience,
                A::Approvers | A::Requester | A::Reviewers | A::ExtraAddresses
            ),
            Self::AccessGranted | Self::AccessEnded => {
                matches!(audience, A::Approvers | A::Requester | A::ExtraAddresses)
            }
            Self::AccessStarted | Self::AccessEnding => matches!(audience, A::Requester),
            Self::AccessCompleted => matches!(audience, A::Approvers | A::ExtraAddresses),
            Self::EngineerActed => matches!(audience, A::SecurityContacts),
            Self::PolicyChanged
            | Self::PolicyProposed
            | Self::PolicyProposalWithdrawn
            | Self::TenantChanged => matches!(audience, A::Administrators),
            Self::SettingsChanged | Self::RolesChanged => {
                matches!(audience, A::Administrators | A::Affected)
            }
            Self::PolicyWeakened | Self::NotificationUndeliverable | Self::WebhookPaused => {
                matches!(audience, A::Administrators | A::SecurityContacts)
            }
            Self::EmergencyAccess | Self::EmergencyReported => matches!(
                audience,
                A::Approvers | A::Administrators | A::SecurityContacts | A::ExtraAddresses
            ),
            Self::EmergencyAcknowledged => {
                matches!(audience, A::Administrators | A::Requester | A::Reviewers)
            }
        }
    }

    /// Whether an audience hears of it whatever the organization says, and at their own address:
    /// nobody can switch off that administrators are told of less protection, nor, with the very
    /// change that takes an address out, that it is told so.
    #[must_use]
    pub const fn always_told(self, audience: Audience) -> bool {
        matches!(
            (self, audience),
            (
                Self::PolicyWeakened | Self::PolicyProposed | Self::EmergencyAccess,
                Audience::Administrators
            ) | (Self::SettingsChanged, Audience::Affected)
        )
    }

    /// Whether an organization can have a text of its own for it. What tells of its own changes, and
    /// of emergency access, keeps the shipped text, so that nobody can hide a change behind another.
    #[must_use]
    pub const fn takes_own_text(self) -> bool {
        self.of_request()
            && !matches!(
                self,
                Self::EmergencyAccess | Self::EmergencyReported | Self::EmergencyAcknowledged
            )
    }

    /// Whether it is about a request.
    #[must_use]
    pub const fn of_request(self) -> bool {
        !matches!(
            self,
            Self::PolicyChanged
                | Self::PolicyWeakened
                | Self::PolicyProposed
                | Self::PolicyProposalWithdrawn
                | Self::SettingsChanged
                | Self::RolesChanged
                | Self::TenantChanged
                | Self::WebhookPaused
                | Self::NotificationUndeliverable
        )
    }
}
