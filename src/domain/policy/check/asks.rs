//! How a rule asks people, as the document itself shows it.

use super::rules::calendar;
use super::{ENTRIES, ENTRY, ESCALATIONS, MINUTES, Problems, REMINDERS, STAGES, VOTES};
use crate::domain::policy::asked::resolved;
use crate::domain::policy::document::{Approvers, Ask, Document};
use crate::domain::rights::{Action, who};
use crate::domain::scope::Role;

/// The roles whose holders may decide.
pub(super) fn approver_roles() -> impl Iterator<Item = Role> {
    who(Action::DecideRequest).iter().map(|(role, _)| *role)
}

pub(super) fn ask(document: &Document, ask: &Ask, at: &str, problems: &mut Problems) {
    if ask.second_factor {
        problems.add(
            format!("{at}/secondFactor"),
            "A second factor cannot be asked for yet: nothing here could enforce it.",
            "Leave it out until this program can; then it will be refused no longer.",
        );
    }
    let stages = ask.stages.as_deref();
    if stages.is_some_and(<[_]>::is_empty) {
        problems.add(
            format!("{at}/stages"),
            "There is no stage.",
            "Leave 'stages' out to have one approval by anybody who may decide.",
        );
    }
    problems.at_most(
        format!("{at}/stages"),
        "stages",
        stages.map_or(0, <[_]>::len),
        STAGES,
    );
    for (index, stage) in stages.into_iter().flatten().enumerate() {
        let at = format!("{at}/stages/{index}");
        approvers(
            document,
            &stage.approvers,
            &format!("{at}/approvers"),
            problems,
        );
        let at = format!("{at}/needed");
        problems.within(
            at.clone(),
            "The number of approvals",
            stage.needed,
            &(1..=VOTES),
        );
        let named = resolved(document, &stage.approvers).people.len();
        if stage.approvers.roles.is_empty() && (stage.needed as usize) > named {
            problems.add(
                at,
                format!(
                    "{} approvals are needed, and {named} approver(s) named.",
                    stage.needed
                ),
                "Name more people, add a role, or ask for fewer approvals.",
            );
        }
    }
    if let Some(denials) = ask.deny_threshold {
        problems.within(
            format!("{at}/denyThreshold"),
            "The number of denials",
            denials,
            &(1..=VOTES),
        );
    }
    for (name, minutes) in [
        ("answerWithinMinutes", ask.answer_within_minutes),
        ("longestMinutes", ask.longest_minutes),
    ] {
        if let Some(minutes) = minutes {
            problems.within(format!("{at}/{name}"), "The time", minutes, &MINUTES);
        }
    }
    calendar(
        document,
        ask.access_within.as_deref(),
        format!("{at}/accessWithin"),
        problems,
    );
    calendar(
        document,
        ask.hold_until_open.as_deref(),
        format!("{at}/holdUntilOpen"),
        problems,
    );
    if let Some(hook) = &ask.hook {
        problems.name(format!("{at}/hook"), hook);
    }
    let reminders = &ask.remind_after_minutes;
    problems.at_most(
        format!("{at}/remindAfterMinutes"),
        "reminders",
        reminders.len(),
        REMINDERS,
    );
    problems.at_most(
        format!("{at}/escalate"),
        "escalations",
        ask.escalate.len(),
        ESCALATIONS,
    );
    for (index, escalation) in ask.escalate.iter().enumerate() {
        approvers(
            document,
            &escalation.to,
            &format!("{at}/escalate/{index}/to"),
            problems,
        );
    }
    for (at, minutes) in late(ask, at) {
        problems.within(at, "The time", minutes, &MINUTES);
    }
    if let Some(answer) = ask.answer_within_minutes {
        too_late(ask, at, answer, problems);
    }
}

/// What happens in the time to answer, with its pointer and minutes.
fn late(ask: &Ask, at: &str) -> Vec<(String, u32)> {
    let reminders = ask.remind_after_minutes.iter().enumerate();
    let reminders =
        reminders.map(|(i, minutes)| (format!("{at}/remindAfterMinutes/{i}"), *minutes));
    let escalations = ask.escalate.iter().enumerate();
    let escalations =
        escalations.map(|(i, to)| (format!("{at}/escalate/{i}/afterMinutes"), to.after_minutes));
    reminders.chain(escalations).collect()
}

/// Reminders and escalations that would come when it is too late to answer.
pub(super) fn too_late(ask: &Ask, at: &str, answer_minutes: u32, problems: &mut Problems) {
    for (at, minutes) in late(ask, at) {
        if minutes >= answer_minutes {
            problems.add(
                at,
                format!(
                    "This never happens: the time to answer ends after {answer_minutes} minutes."
                ),
                format!("Write less than {answer_minutes}, or give more time to answer."),
            );
        }
    }
}

fn approvers(document: &Document, approvers: &Approvers, at: &str, problems: &mut Problems) {
    let Approvers {
        roles,
        people,
        groups,
    } = approvers;
    if roles.is_empty() && people.is_empty() && groups.is_empty() {
        problems.add(at, "Nobody is named.", "Name roles, people or groups.");
    }
    for (index, role) in roles.iter().enumerate() {
        if !approver_roles().any(|able| able == *role) {
            let able: Vec<&str> = approver_roles().map(Role::as_str).collect();
            problems.add(
                format!("{at}/roles/{index}"),
                format!("A {role} may not decide."),
                format!("Write one of {}.", able.join(", ")),
            );
        }
    }
    problems.at_most(format!("{at}/people"), "people", people.len(), ENTRIES);
    for (index, person) in people.iter().enumerate() {
        problems.text(format!("{at}/people/{index}"), person, ENTRY);
    }
    let known: Vec<&str> = document.groups.keys().map(String::as_str).collect();
    for (index, group) in groups.iter().enumerate() {
        if !document.groups.contains_key(group) {
            problems.unknown(format!("{at}/groups/{index}"), "group", group, &known);
        }
    }
}
