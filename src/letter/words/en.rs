//! English: labels and the first subject as documented.

use super::{Outcome, Said, Words};
use crate::domain::notice::Event;

pub(super) const WORDS: Words = Words {
    said,
    product: "Product",
    service_request: "Service Request #",
    request_id: "Request ID",
    tenant: "Tenant",
    requestor: "Requestor",
    reason: "Reason",
    create_time: "Create Time",
    duration: "Duration",
    citizenship: "Citizenship",
    expires: "Expires",
    access_level: "Access level",
    resources: "Resources",
    data_categories: "Data categories",
    approvals: "Approvals",
    decision: "Decision",
    decided_by: "Decided by",
    comment: "Comment",
    access_start: "Access from",
    access_end: "Access until",
    actions: "Recorded actions",
    actor: "Done by",
    time: "Time",
    unknown: "Unknown",
    hours: "{duration} hours",
    read: "Read",
    write: "Read and write",
    approve: "Approved",
    deny: "Denied",
    cancel: "Canceled",
    approvals_value: "{given} of {needed}",
    somebody: "Somebody",
    attention: "Attention Required",
    unless_reviewed: "If nobody reviews it, it expires at {expires}, and nobody gets access.",
    unless_answered: "If nobody answers, the request expires at {expires}, and nobody gets access. The same holds if it is denied.",
    access_until: "Access ends by itself at {end}.",
    decide_with: "Decide in PowerShell, and write why:",
    approvers_decide_with: "Those who may decide do so in PowerShell, and write why:",
    review_with: "Review it in PowerShell:",
    stop_with: "To stop the access at once, in PowerShell:",
    acknowledge_with: "To acknowledge that you have read this, in PowerShell (it is no consent):",
    see_with: "See more in PowerShell:",
    link: "The page of the request; opening it decides nothing:",
    late_subject: "Customer Lockbox request {id}: nothing left to do",
    late: "Meanwhile {now}. This mail comes late: what follows was so at {at}.",
    now_reviewed: "the review is done, and the customer decides",
    now_granted: "access was granted without approval",
    now_approved: "{who} approved the request",
    now_denied: "{who} denied the request, and nobody gets access",
    now_canceled: "{who} canceled the request, and nobody has access",
    now_expired: "the request expired, and nobody gets access",
    now_withdrawn: "the request was withdrawn, and nobody gets access",
    now_rejected: "the request was rejected in review, and nobody gets access",
    now_over: "the access is over",
    cut: "{count} more characters are cut here; the request itself has them all",
    more: "and {count} more",
    checkpoint: "Audit log checkpoint:",
    foot: "{sender} sent this mail by itself, for {tenant}. Answers are not read.",
    no_link: "It has no links, and never asks you to sign in.",
};

fn said(event: Event, outcome: Outcome) -> Said {
    match event {
        Event::RequestSubmitted => Said::of(
            "Customer Lockbox request {id} waits for review",
            "A support engineer wants access to your data. The provider reviews the request first; there is nothing for you to do yet.",
            "Your request waits for the review by a manager.",
            "An engineer wants access to data of {tenant}. The request reaches the customer only after your review.",
        ),
        Event::RequestRejected => Said::of(
            "Customer Lockbox request {id} was rejected in review",
            "The provider rejected this request in its own review. Nobody gets access.",
            "{who} rejected your request in review. It does not reach the customer, and nobody gets access.",
            "{who} rejected this request in review. It does not reach the customer, and nobody gets access.",
        ),
        Event::RequestArrived => Said::of(
            "A Customer Lockbox request is pending your approval",
            "A support engineer needs your approval to access your organization's data.",
            "Your request passed the review, and waits for the customer's decision.",
            "The request passed the review, and waits for the customer's decision.",
        )
        .provider("Customer Lockbox request {id} waits for the customer"),
        Event::RequestReminder => Said::of(
            "Reminder: a Customer Lockbox request is pending your approval",
            "Nobody has decided this request yet.",
            "The customer has not decided your request yet.",
            "The customer has not decided this request yet.",
        )
        .provider("Customer Lockbox request {id} still waits for the customer"),
        Event::RequestEscalated => Said::of(
            "Escalated: a Customer Lockbox request is pending your approval",
            "Nobody has decided this request in time for those who were asked first, so more people may decide it now. You are one of them.",
            "The customer has not decided your request yet. More people were asked.",
            "The customer has not decided this request yet. More people were asked.",
        )
        .provider("Customer Lockbox request {id} was escalated at the customer"),
        Event::ApprovalRecorded => Said::of(
            "Customer Lockbox request {id}: {given} of {needed} approvals",
            "{who} approved this request. It needs more approvals before anybody gets access.",
            "{who} approved your request. It needs more approvals before you get access.",
            "{who} approved this request. It needs more approvals before anybody gets access.",
        ),
        Event::DenialRecorded => Said::of(
            "Customer Lockbox request {id}: a denial was recorded",
            "{who} denied this request. Your organization's rules want more than one denial to close it.",
            "{who} denied your request. The customer's rules want more than one denial to close it.",
            "{who} denied this request. The customer's rules want more than one denial to close it.",
        ),
        Event::RequestDecided => decided(outcome),
        Event::RequestExpired => Said::of(
            "Customer Lockbox request {id} expired",
            "Nobody answered this request in time. It expired, and nobody gets access.",
            "Your request was not answered in time. It expired, and you get no access.",
            "This request was not answered in time. It expired, and nobody gets access.",
        ),
        Event::RequestWithdrawn => Said::of(
            "Customer Lockbox request {id} was withdrawn",
            "The provider withdrew this request. Nobody gets access, and there is nothing left to decide.",
            "Your request was withdrawn. You get no access.",
            "This request was withdrawn. Nobody gets access.",
        ),
        Event::AccessGranted => Said::of(
            "Customer Lockbox request {id}: access granted without approval",
            "Your organization requires no approval for this request, so access was granted at once.",
            "The customer requires no approval for your request. You have access now.",
            "The customer requires no approval for this request. Access was granted at once.",
        ),
        Event::AccessStarted => Said::of(
            "Customer Lockbox request {id}: access has started",
            "A support engineer has access to your organization's data now.",
            "You have access now. Everything that you do is recorded for the customer.",
            "The engineer has access now.",
        ),
        Event::AccessEnding => Said::of(
            "Customer Lockbox request {id}: access ends soon",
            "A support engineer's access to your organization's data ends soon.",
            "Your access ends soon. If you need longer, make a new request.",
            "The engineer's access ends soon.",
        ),
        Event::AccessEnded => Said::of(
            "Customer Lockbox request {id}: access has ended",
            "The granted time is up. The support engineer has no access any more.",
            "The granted time is up. You have no access any more.",
            "The granted time is up. The engineer has no access any more.",
        ),
        Event::AccessCompleted => Said::of(
            "Customer Lockbox request {id}: access was given back early",
            "The support engineer finished early, and has no access any more.",
            "You finished early. You have no access any more.",
            "The engineer finished early, and has no access any more.",
        ),
        Event::AccessRevoked => Said::of(
            "Customer Lockbox request {id}: the provider stopped the access",
            "The provider stopped this access. The support engineer has no access any more.",
            "{who} stopped your access. You have no access any more.",
            "{who} stopped this access. The engineer has no access any more.",
        ),
        Event::EngineerActed => Said::of(
            "Customer Lockbox request {id}: {count} recorded actions",
            "A support engineer acted on your organization's data. {count} actions were recorded since the last mail; the audit log has each of them.",
            "{count} of your actions were recorded since the last mail. The customer sees each of them.",
            "{count} actions of the engineer were recorded since the last mail. The customer sees each of them.",
        ),
        Event::EmergencyAccess => Said::of(
            "Emergency access to data of {tenant}",
            "Two of the provider's people declared an emergency and took access to your organization's data without asking you. It ends by itself, and you can stop it at once. It stays listed until one of your approvers acknowledges it.",
            "Your emergency access is in force. The customer was told, and everything that you do is recorded.",
            "The emergency access is in force. The customer was told, and everything is recorded.",
        ),
        Event::EmergencyReported => Said::of(
            "Access to data of {tenant} outside Customer Lockbox was reported",
            "The provider reported that somebody reached your organization's data without Customer Lockbox. It stays listed until one of your approvers acknowledges it.",
            "Your report of access without Customer Lockbox was recorded. The customer was told.",
            "The report of access without Customer Lockbox was recorded. The customer was told.",
        ),
        Event::EmergencyAcknowledged => Said::of(
            "Emergency access {id} was acknowledged",
            "{who} acknowledged this emergency access. That is no consent; it is no longer listed as open.",
            "{who} acknowledged the emergency access. That is no consent.",
            "{who} acknowledged the emergency access. That is no consent.",
        ),
        Event::PolicyChanged => Said::all(
            "Customer Lockbox: the policy of {tenant} was changed",
            "{who} changed the policy.",
        ),
        Event::PolicyWeakened => Said::all(
            "Customer Lockbox: {tenant} is less protected than before",
            "{who} made a change that protects your organization less than before. If you did not expect it, ask them about it and put it back.",
        ),
        Event::PolicyProposed => Said::all(
            "Customer Lockbox: a change for {tenant} waits for a second administrator",
            "{who} proposed a change. It takes effect only when another administrator confirms it.",
        ),
        Event::PolicyProposalWithdrawn => Said::all(
            "Customer Lockbox: a proposed change for {tenant} was dropped",
            "{who} took back a proposed change, or refused it. Nothing has changed.",
        ),
        Event::SettingsChanged => Said::all(
            "Customer Lockbox: the settings of {tenant} were changed",
            "{who} changed settings.",
        )
        .affected(
            "Customer Lockbox: {tenant} sends less to this address",
            "{who} changed settings so that fewer mails, or none, are sent to this address. If you did not expect it, ask them about it.",
        ),
        Event::RolesChanged => Said::all(
            "Customer Lockbox: people, roles or tokens of {tenant} were changed",
            "{who} changed who may do what.",
        )
        .affected(
            "Customer Lockbox: what you may do for {tenant} was changed",
            "{who} changed what you may do: see below. If you did not expect it, ask them about it.",
        ),
        Event::TenantChanged => Said::all(
            "Customer Lockbox: {tenant} was changed",
            "{who} changed the organization itself: suspended, resumed, renamed or recovered it.",
        ),
        Event::NotificationUndeliverable => Said::all(
            "Customer Lockbox: a notification could not be delivered",
            "A notification could not be delivered, and is not tried any more. Somebody may not know what they should know.",
        ),
        Event::WebhookPaused => Said::all(
            "Customer Lockbox: a webhook was paused",
            "A webhook failed for so long that it is not tried any more. Mend its receiver, then switch it on again.",
        ),
    }
}

fn decided(outcome: Outcome) -> Said {
    match outcome {
        Outcome::Approved => Said::of(
            "Customer Lockbox request {id} was approved",
            "{who} approved this request. Your decision is no longer needed.",
            "{who} approved your request. You have access for the time below.",
            "{who} approved this request.",
        ),
        Outcome::Denied => Said::of(
            "Customer Lockbox request {id} was denied",
            "{who} denied this request. Nobody gets access, and your decision is no longer needed.",
            "{who} denied your request. You get no access.",
            "{who} denied this request. Nobody gets access.",
        ),
        Outcome::Canceled => Said::of(
            "Customer Lockbox request {id} was canceled",
            "{who} canceled this request. Nobody has access, and your decision is no longer needed.",
            "{who} canceled your request. You have no access any more.",
            "{who} canceled this request. Nobody has access any more.",
        ),
    }
}
