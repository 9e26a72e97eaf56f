//! The files of `schemas/`, embedded. A test holds this list against the directory.

macro_rules! methods {
    ($($name:literal),+ $(,)?) => {
        &[$(($name, include_str!(concat!("../../schemas/methods/", $name, ".json")))),+]
    };
}

/// Every method's file, by the method's name.
pub(super) const METHODS: &[(&str, &str)] = methods![
    "activity.record",
    "audit.export",
    "audit.get",
    "audit.search",
    "clock.advance",
    "emergency.acknowledge",
    "emergency.confirm",
    "emergency.declare",
    "emergency.list",
    "emergency.report",
    "grant.check",
    "grant.get",
    "grant.list",
    "grant.revoke",
    "notification.list",
    "notification.preview",
    "notification.retry",
    "policy.get",
    "policy.put",
    "policy.confirm",
    "policy.history",
    "policy.effective",
    "policy.simulate",
    "policy.explain",
    "principal.create",
    "principal.disable",
    "principal.enable",
    "principal.enroll",
    "principal.get",
    "principal.invite",
    "principal.list",
    "request.complete",
    "request.decide",
    "request.get",
    "request.history",
    "request.list",
    "request.review",
    "request.submit",
    "request.withdraw",
    "role.assign",
    "role.list",
    "role.remove",
    "rpc.discover",
    "session.whoami",
    "system.backup",
    "system.info",
    "system.setLogLevel",
    "template.get",
    "template.list",
    "template.put",
    "template.remove",
    "tenant.claim",
    "tenant.create",
    "tenant.get",
    "tenant.invite",
    "tenant.list",
    "tenant.resume",
    "tenant.suspend",
    "tenant.update",
    "token.issue",
    "token.list",
    "token.revoke",
    "webhook.create",
    "webhook.list",
    "webhook.remove",
    "webhook.rotate",
    "webhook.update",
];

/// Definitions that the methods share.
pub(super) const COMMON: &str = include_str!("../../schemas/common.json");

/// Every error code, its JSON-RPC number and its meaning.
pub(super) const ERRORS: &str = include_str!("../../schemas/errors.json");

/// The schema of an error's data.
pub(super) const ERROR_DATA: &str = include_str!("../../schemas/error-data.schema.json");

/// The schema of the configuration.
pub(super) const CONFIG: &str = include_str!("../../schemas/config.schema.json");

/// The schema of a tenant's policy.
pub(super) const POLICY: &str = include_str!("../../schemas/policy.schema.json");

macro_rules! events {
    ($($name:literal),+ $(,)?) => {
        &[$(($name, include_str!(concat!("../../schemas/events/", $name, ".json")))),+]
    };
}

/// The data of every event that is told, by the event's name.
pub(super) const EVENTS: &[(&str, &str)] = events![
    "requestSubmitted",
    "requestRejected",
    "requestArrived",
    "requestReminder",
    "requestEscalated",
    "approvalRecorded",
    "denialRecorded",
    "requestDecided",
    "requestExpired",
    "requestWithdrawn",
    "accessGranted",
    "accessStarted",
    "accessEnding",
    "accessEnded",
    "accessCompleted",
    "accessRevoked",
    "engineerActed",
    "policyChanged",
    "policyWeakened",
    "policyProposed",
    "policyProposalWithdrawn",
    "settingsChanged",
    "rolesChanged",
    "tenantChanged",
    "emergencyAccess",
    "emergencyReported",
    "emergencyAcknowledged",
    "notificationUndeliverable",
    "webhookPaused",
];

/// Definitions that the events share.
pub(super) const EVENTS_COMMON: &str = include_str!("../../schemas/events/common.json");
