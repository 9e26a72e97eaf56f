//! The names of the acts that the daemon writes down itself.

macro_rules! operations {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        $($(#[$doc])* pub const $name: &str = $text;)*

        /// Every one of them.
        pub const ALL: &[&str] = &[$($name),*];
    };
}

operations! {
    /// A customer's decision that took effect; nothing else bears this name.
    DECISION = "Set-AccessToCustomerDataRequest";

    /// An engineer asked (provider's log).
    REQUEST_SUBMITTED = "LockboxRequestSubmitted";
    /// A manager approved the asking (provider's log).
    REQUEST_REVIEWED = "LockboxRequestReviewed";
    /// A manager rejected it (provider's log).
    REQUEST_REJECTED = "LockboxRequestRejected";
    /// A reviewed request reached the customer: the first record of it in the tenant's log.
    REQUEST_ARRIVED = "LockboxRequestArrived";
    /// The provider took it back.
    REQUEST_WITHDRAWN = "LockboxRequestWithdrawn";
    /// Nobody answered in time.
    REQUEST_EXPIRED = "LockboxRequestExpired";
    /// A call that changes state was refused.
    REQUEST_REFUSED = "LockboxRequestRefused";
    /// One of several approvals that are needed.
    APPROVAL_RECORDED = "LockboxApprovalRecorded";
    /// One of several denials that are needed.
    DENIAL_RECORDED = "LockboxDenialRecorded";
    /// Approvers who have not answered were reminded.
    REMINDER_SENT = "LockboxReminderSent";
    /// Nobody had answered, and more approvers may.
    REQUEST_ESCALATED = "LockboxRequestEscalated";
    /// A decision hook was asked; what came of it follows where it decided.
    HOOK_ANSWERED = "LockboxHookAnswered";
    /// A grant was made because the tenant requires no approval.
    APPROVAL_NOT_REQUIRED = "LockboxApprovalNotRequired";

    /// An engineer declared emergency access (provider's log).
    EMERGENCY_DECLARED = "LockboxEmergencyDeclared";
    /// A manager confirmed it, which grants it: the first record of it in the tenant's log.
    EMERGENCY_CONFIRMED = "LockboxEmergencyConfirmed";
    /// Access that happened without the lockbox was reported.
    EMERGENCY_REPORTED = "LockboxEmergencyReported";
    /// A person of the customer took note of it.
    EMERGENCY_ACKNOWLEDGED = "LockboxEmergencyAcknowledged";

    /// The time of a grant was up.
    ACCESS_ENDED = "LockboxAccessEnded";
    /// The engineer finished early.
    ACCESS_COMPLETED = "LockboxAccessCompleted";
    /// The provider stopped the access.
    ACCESS_REVOKED = "LockboxAccessRevoked";
    /// An activity was reported that no grant covers.
    VIOLATION = "LockboxViolation";

    /// More refusals in a minute than are recorded one by one.
    REFUSAL_SUMMARY = "LockboxRefusalSummary";
    /// A minute's failures before authentication.
    AUTHENTICATION_FAILURES = "LockboxAuthenticationFailures";

    /// A tenant's settings were changed.
    SETTINGS_CHANGED = "LockboxSettingsChanged";
    /// A change of policy or settings waits for a second administrator.
    POLICY_PROPOSED = "LockboxPolicyProposed";
    /// A second administrator confirmed it.
    POLICY_CONFIRMED = "LockboxPolicyConfirmed";
    /// It was taken back.
    POLICY_WITHDRAWN = "LockboxPolicyWithdrawn";
    /// A tenant's policy was changed.
    POLICY_CHANGED = "LockboxPolicyChanged";
    /// A role was given.
    ROLE_ASSIGNED = "LockboxRoleAssigned";
    /// A role was taken away.
    ROLE_REMOVED = "LockboxRoleRemoved";
    /// A token was issued.
    TOKEN_ISSUED = "LockboxTokenIssued";
    /// A token was revoked.
    TOKEN_REVOKED = "LockboxTokenRevoked";

    /// A person or a robot was created.
    PRINCIPAL_CREATED = "LockboxPrincipalCreated";
    /// A person got a new enrolment code.
    PRINCIPAL_INVITED = "LockboxPrincipalInvited";
    /// A person redeemed an enrolment code.
    PRINCIPAL_ENROLLED = "LockboxPrincipalEnrolled";
    /// A person or a robot was disabled.
    PRINCIPAL_DISABLED = "LockboxPrincipalDisabled";
    /// A person or a robot was enabled again.
    PRINCIPAL_ENABLED = "LockboxPrincipalEnabled";
    /// A robot was stopped because its owner was disabled.
    PRINCIPAL_STOPPED = "LockboxPrincipalStopped";
    /// A robot got a new owner.
    PRINCIPAL_TAKEN_OVER = "LockboxPrincipalTakenOver";

    /// The provider's organization was made.
    PROVIDER_CREATED = "LockboxProviderCreated";
    /// A tenant was created.
    TENANT_CREATED = "LockboxTenantCreated";
    /// A tenant got a new claim code.
    TENANT_INVITED = "LockboxTenantInvited";
    /// A tenant's first administrator came.
    TENANT_CLAIMED = "LockboxTenantClaimed";
    /// A tenant's name or contacts were changed.
    TENANT_UPDATED = "LockboxTenantUpdated";
    /// A tenant was suspended.
    TENANT_SUSPENDED = "LockboxTenantSuspended";
    /// A tenant works again.
    TENANT_RESUMED = "LockboxTenantResumed";
    /// A tenant without administrators was recovered on the host.
    TENANT_RECOVERED = "LockboxTenantRecovered";

    /// Records were exported.
    AUDIT_EXPORTED = "LockboxAuditExported";
    /// A backup of everything was begun (provider's log).
    BACKUP_STARTED = "LockboxBackupStarted";
    /// The database was restored from a backup: the first record of the log that follows.
    LOG_RESTORED = "LockboxLogRestored";
    /// Records were searched.
    AUDIT_SEARCHED = "LockboxAuditSearched";
    /// A wall clock behind the stored mark was accepted on the host.
    CLOCK_ACCEPTED = "LockboxClockAccepted";
    /// A test clock was moved forward.
    CLOCK_ADVANCED = "LockboxClockAdvanced";
    /// The level of the daemon's own log was changed.
    LOG_LEVEL_CHANGED = "LockboxLogLevelChanged";
}

/// Nouns of the lockbox cmdlets, and the word in every name above and in Azure's names.
const RESERVED_WORDS: [&str; 2] = ["lockbox", "accesstocustomerdata"];

/// Whether `activity.record` must refuse this name, because a reader would take the record for one
/// of the daemon's own. Neither case nor invisible characters help.
#[must_use]
pub fn is_reserved(name: &str) -> bool {
    let plain: String = name
        .chars()
        .filter(|c| !is_invisible(*c))
        .flat_map(char::to_lowercase)
        .collect();
    RESERVED_WORDS.iter().any(|word| plain.contains(word))
}

/// Whether a character takes no room where it is shown.
const fn is_invisible(c: char) -> bool {
    matches!(c, '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{180E}' | '\u{200B}'..='\u{200F}'
        | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn the_daemons_own_names_are_distinct_and_reserved_in_any_case() {
        let distinct: HashSet<&str> = ALL.iter().copied().collect();
        assert_eq!(distinct.len(), ALL.len());
        for name in ALL {
            assert!(is_reserved(name), "{name}");
            assert!(is_reserved(&name.to_uppercase()), "{name}");
            assert!(
                is_reserved(&format!(" {}\n", name.to_lowercase())),
                "{name}"
            );
        }
    }

    #[test]
    fn names_of_the_lockbox_cmdlets_and_lookalikes_are_reserved() {
        for name in [
            "Get-AccessToCustomerDataRequest",
            "set-accesstocustomerdatarequest",
            "New-AccessToCustomerDataRequest",
            "Test-AccessToCustomerData",
            "Write-CustomerLockboxActivity",
            "Connect-CustomerLockbox",
            "Approve Lockbox Request",
            "LockboxRequestOperation",
            "Set\u{2011}AccessToCustomer\u{200b}DataRequest",
            "L\u{ad}ockbox\u{feff}Violation",
        ] {
            assert!(is_reserved(name), "{name}");
        }
    }

    #[test]
    fn what_engineers_do_is_not_reserved() {
        for name in [
            "New-MailboxSearch",
            "Add-MailboxPermission",
            "Set-OrganizationConfig",
            "Search-UnifiedAuditLog",
            "Set-AdminAuditLogConfig",
            "Unlock-Box",
        ] {
            assert!(!is_reserved(name), "{name}");
        }
    }
}
