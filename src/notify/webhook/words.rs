//! What a message for people says, without the form: a title, and values under their names.
//! In English: a channel is read by people of several languages.

use crate::domain::notice::Event;
use crate::domain::notice::facts::{Facts, RequestFacts};
use crate::letter::{decide_command, duration, in_command, time, visible};

/// The longest value, in characters.
pub(super) const VALUE_LENGTH: usize = 1_000;

/// The most values.
pub(super) const MOST_VALUES: usize = 20;

/// The longest title, in characters: what Slack takes at most.
pub(super) const TITLE_LENGTH: usize = 150;

/// A message.
pub(super) struct Words {
    /// One line.
    pub(super) title: String,
    /// Names and values, in the order of the documented mail.
    pub(super) values: Vec<(String, String)>,
    /// What to do, where something is to be done.
    pub(super) hint: Option<String>,
}

impl Words {
    pub(super) fn of(facts: &Facts) -> Self {
        let mut values = vec![("Tenant".to_owned(), tenant(facts))];
        if let Some(request) = &facts.request {
            add_request(request, &mut values);
        }
        if let Some(actor) = &facts.actor {
            values.push(("By".to_owned(), actor.clone()));
        }
        for detail in &facts.details {
            values.push((detail.name.clone(), detail.value.clone()));
        }
        let left_out = values.len().saturating_sub(MOST_VALUES);
        values.truncate(MOST_VALUES);
        for (name, value) in &mut values {
            *name = shown(name, 80).replace('\n', " ");
            *value = shown(value, VALUE_LENGTH);
        }
        if left_out > 0 {
            values.push(("And".to_owned(), format!("{left_out} more")));
        }
        Self {
            title: shown(&title(facts), TITLE_LENGTH).replace('\n', " "),
            values,
            hint: hint(facts),
        }
    }
}

/// Text as it is shown, cut where it is long, and never empty.
pub(super) fn shown(text: &str, most: usize) -> String {
    let text = visible(text.trim());
    if text.is_empty() {
        return "-".to_owned();
    }
    if text.chars().count() <= most {
        return text;
    }
    let kept = text.chars().take(most.saturating_sub(1));
    kept.chain(['…']).collect()
}

fn tenant(facts: &Facts) -> String {
    let tenant = &facts.tenant;
    match &tenant.display_name {
        Some(name) => format!("{name} ({})", tenant.name),
        None => tenant.name.clone(),
    }
}

fn add_request(request: &RequestFacts, values: &mut Vec<(String, String)>) {
    let mut add = |name: &str, value: String| values.push((name.to_owned(), value));
    add("Product", request.service_name.clone());
    add("Service Request #", request.service_request_number.clone());
    add("Request ID", request.request_id.clone());
    add("Requestor", request.requestor.clone());
    add("Reason", request.reason.clone());
    add("Create Time", time(request.created_date, None));
    add("Duration", duration(request.duration_seconds));
    if let Some(citizenship) = &request.citizenship {
        add("Citizenship", citizenship.clone());
    }
    if let Some(at) = request.expiration_date {
        add("Expires", time(at, None));
    }
    if let Some(approvals) = request.approvals {
        add(
            "Approvals",
            format!("{} of {}", approvals.given, approvals.needed),
        );
    }
    for (name, text) in [
        ("Decision", &request.decision),
        ("Decided by", &request.decided_by),
        ("Comment", &request.comment),
    ] {
        if let Some(text) = text {
            add(name, text.clone());
        }
    }
    if let Some(at) = request.access_start {
        add("Access from", time(at, None));
    }
    if let Some(at) = request.access_end {
        add("Access until", time(at, None));
    }
    if let Some(actions) = request.actions {
        add("Actions", actions.to_string());
    }
}

/// Names no text of others but the reference number.
fn title(facts: &Facts) -> String {
    let what = match facts.event {
        Event::RequestSubmitted => "waits for review",
        Event::RequestRejected => "was rejected in review",
        Event::RequestArrived => "waits for a decision",
        Event::RequestReminder => "still waits for a decision",
        Event::RequestEscalated => "still waits for a decision: more people may answer",
        Event::ApprovalRecorded => "was approved by one of several",
        Event::DenialRecorded => "was denied by one of several",
        Event::RequestDecided => "was decided",
        Event::RequestExpired => "expired: nobody answered in time",
        Event::RequestWithdrawn => "was withdrawn",
        Event::AccessGranted => "was granted without approval, as none is required",
        Event::AccessStarted => "gives access now",
        Event::AccessEnding => "gives access for a short time only",
        Event::AccessEnded => "gives no access any more: the time is up",
        Event::AccessCompleted => "gives no access any more: the engineer has finished",
        Event::AccessRevoked => "gives no access any more: the provider stopped it",
        Event::EngineerActed => "was used: the engineer acted",
        Event::EmergencyAccess => "is emergency access, taken without asking",
        Event::EmergencyReported => "is emergency access without the lockbox, reported afterwards",
        Event::EmergencyAcknowledged => "is emergency access that was acknowledged",
        Event::PolicyChanged => "The policy was changed",
        Event::PolicyWeakened => "Policy or settings protect less than before",
        Event::PolicyProposed => "A change of the policy waits for a second administrator",
        Event::PolicyProposalWithdrawn => "A proposed change of the policy was not made",
        Event::SettingsChanged => "Settings were changed",
        Event::RolesChanged => "People, roles or tokens were changed",
        Event::TenantChanged => "The tenant was changed",
        Event::NotificationUndeliverable => "A notification could not be delivered",
        Event::WebhookPaused => "A webhook is paused: it failed for too long",
    };
    match &facts.request {
        Some(request) if facts.event.of_request() => {
            format!("Customer Lockbox: {} {what}", request.request_id)
        }
        _ if facts.event.of_request() => format!("Customer Lockbox: a request {what}"),
        _ => format!("Customer Lockbox: {what}"),
    }
}

/// How to decide; nothing in a message decides.
fn hint(facts: &Facts) -> Option<String> {
    let waits = matches!(
        facts.event,
        Event::RequestArrived | Event::RequestReminder | Event::RequestEscalated
    );
    let request = facts.request.as_ref().filter(|_| waits)?;
    let command = decide_command(in_command(&request.request_id)?, "Approve");
    Some(format!(
        "Decide in PowerShell: {command} (or Deny). Nobody can decide from this message, and without an answer the request expires."
    ))
}
