//! Facts as they could be, for previews and for checking a tenant's own texts.

use crate::clock::Timestamp;
use crate::domain::notice::facts::{Approvals, Detail, Facts, RequestFacts, TenantFacts};
use crate::domain::notice::{Audience, Event};

/// 2026-11-21T12:00:00Z
const CREATED: Timestamp = Timestamp::from_millis(1_795_262_400_000);

const HOUR: i64 = 3_600;

/// Facts of an event as an audience could be told them. Always the same.
#[must_use]
pub fn samples(event: Event, audience: Audience) -> Facts {
    let provider = matches!(audience, Audience::Requester | Audience::Reviewers);
    Facts {
        event,
        audience,
        at: CREATED.plus_seconds(at_hours(event) * HOUR),
        tenant: TenantFacts {
            id: "9f1c2f6e-6d0a-4c57-8f2b-5b3c1f0d7a11".to_owned(),
            name: "contoso.onmicrosoft.com".to_owned(),
            display_name: Some("Contoso".to_owned()),
        },
        request: event.of_request().then(|| request(event, provider)),
        actor: actor(event, provider).map(str::to_owned),
        details: details(event),
    }
}

/// How many hours after the engineer asked.
const fn at_hours(event: Event) -> i64 {
    match event {
        Event::RequestSubmitted => 0,
        Event::RequestRejected | Event::RequestArrived => 1,
        Event::RequestReminder => 7,
        Event::RequestEscalated => 10,
        Event::RequestExpired => 13,
        Event::AccessEnding | Event::AccessEnded => 6,
        _ => 2,
    }
}

const fn actor(event: Event, provider: bool) -> Option<&'static str> {
    use Event as E;
    match event {
        E::RequestArrived | E::RequestReminder | E::RequestEscalated | E::RequestExpired => None,
        E::AccessGranted | E::AccessEnding | E::AccessEnded => None,
        E::NotificationUndeliverable | E::WebhookPaused => None,
        E::RequestSubmitted
        | E::RequestRejected
        | E::RequestWithdrawn
        | E::AccessStarted
        | E::AccessCompleted
        | E::AccessRevoked
        | E::EngineerActed
        | E::EmergencyAccess
        | E::EmergencyReported => Some(if provider {
            "Maria Manager"
        } else {
            "Microsoft Engineer"
        }),
        _ => Some("ada@contoso.example"),
    }
}

fn request(event: Event, provider: bool) -> RequestFacts {
    use Event as E;
    let arrived = !matches!(event, E::RequestSubmitted | E::RequestRejected);
    let granted = matches!(
        event,
        E::RequestDecided
            | E::AccessGranted
            | E::AccessStarted
            | E::AccessEnding
            | E::AccessEnded
            | E::AccessCompleted
            | E::AccessRevoked
            | E::EngineerActed
            | E::EmergencyAccess
            | E::EmergencyAcknowledged
    );
    let decided = matches!(event, E::RequestDecided);
    let start = CREATED.plus_seconds(2 * HOUR);
    let requestor = if provider {
        "Erik Engineer"
    } else {
        "Microsoft Engineer"
    };
    let several = matches!(event, E::ApprovalRecorded | E::DenialRecorded);
    RequestFacts {
        identity: "753680af-f974-4968-b451-bff85bafb18d".to_owned(),
        request_id: "EXSR000042".to_owned(),
        profile: "microsoft365".to_owned(),
        service_name: "Exchange".to_owned(),
        service_request_number: "CLB#TEST02052018".to_owned(),
        requestor: requestor.to_owned(),
        reason: "Troubleshoot issues impacting the customer's service".to_owned(),
        state: state(event).to_owned(),
        resources: vec!["mailbox ada@contoso.example".to_owned()],
        data_categories: vec!["Mail content".to_owned()],
        access_level: "read".to_owned(),
        created_date: CREATED,
        duration_seconds: 4 * HOUR,
        citizenship: None,
        expiration_date: Some(CREATED.plus_seconds(if arrived { 13 } else { 12 } * HOUR)),
        approvals: several.then_some(Approvals {
            given: 1,
            needed: 2,
        }),
        decision: decided.then(|| "Approve".to_owned()),
        decided_by: decided.then(|| "ada@contoso.example".to_owned()),
        comment: decided.then(|| "Checked with the help desk".to_owned()),
        access_start: granted.then_some(start),
        access_end: granted.then_some(start.plus_seconds(4 * HOUR)),
        actions: matches!(event, E::EngineerActed).then_some(3),
    }
}

const fn state(event: Event) -> &'static str {
    use Event as E;
    match event {
        E::RequestSubmitted => "InternalReview",
        E::RequestRejected => "Rejected",
        E::RequestExpired => "Expired",
        E::RequestWithdrawn => "Withdrawn",
        E::AccessEnded | E::EmergencyAcknowledged => "Ended",
        E::AccessCompleted => "Completed",
        E::AccessRevoked => "Revoked",
        E::RequestDecided
        | E::AccessGranted
        | E::AccessStarted
        | E::AccessEnding
        | E::EngineerActed
        | E::EmergencyAccess => "Approved",
        _ => "Pending",
    }
}

fn details(event: Event) -> Vec<Detail> {
    use Event as E;
    let told: &[(&str, &str)] = match event {
        E::PolicyChanged => &[("Version", "7"), ("Rules", "nights, long")],
        E::PolicyWeakened => &[("Weaker", "Rule 'nights' is gone.")],
        E::PolicyProposed => &[
            ("ChangeId", "0d9cb1ea-52f4-4a1e-9f3c-6f8c0f0b7d55"),
            ("Weaker", "Rule 'nights' is gone."),
        ],
        E::PolicyProposalWithdrawn => &[("ChangeId", "0d9cb1ea-52f4-4a1e-9f3c-6f8c0f0b7d55")],
        E::SettingsChanged => &[("hoursToAnswer", "24")],
        E::RolesChanged => &[
            ("Operation", "LockboxRoleAssigned"),
            ("Principal", "bob@contoso.example"),
            ("Role", "CustomerLockboxAccessApprover"),
        ],
        E::TenantChanged => &[("Change", "suspended")],
        E::EmergencyAccess => &[("Incident", "INC-2026-117")],
        E::EmergencyReported => &[("Incident", "INC-2026-117")],
        E::NotificationUndeliverable => &[
            ("Event", "requestArrived"),
            ("Recipient", "bob@contoso.example"),
            ("LastError", "550 5.1.1 User unknown"),
        ],
        E::WebhookPaused => &[
            ("Webhook", "on-call"),
            ("LastError", "the receiver answered 503"),
        ],
        _ => &[],
    };
    told.iter()
        .map(|(name, value)| Detail {
            name: (*name).to_owned(),
            value: (*value).to_owned(),
        })
        .collect()
}

/// Facts of an event with everything that facts can hold: what a tenant's own text may name.
pub(super) fn full(event: Event) -> Facts {
    let mut facts = samples(event, Audience::Approvers);
    let end = facts.at.plus_seconds(HOUR);
    if let Some(request) = &mut facts.request {
        let text = || Some("Ada".to_owned());
        request.citizenship.get_or_insert_with(|| "US".to_owned());
        request.expiration_date.get_or_insert(end);
        request.approvals.get_or_insert(Approvals {
            given: 1,
            needed: 2,
        });
        request.decision.get_or_insert_with(|| "Deny".to_owned());
        request.decided_by = request.decided_by.take().or_else(text);
        request.comment = request.comment.take().or_else(text);
        request.access_start.get_or_insert(facts.at);
        request.access_end.get_or_insert(end);
        request.actions.get_or_insert(1);
    }
    facts.actor.get_or_insert_with(|| "Ada".to_owned());
    if facts.details.is_empty() {
        facts.details.push(Detail {
            name: "Name".to_owned(),
            value: "Value".to_owned(),
        });
    }
    facts
}
