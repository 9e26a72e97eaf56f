//! Which of two is stricter: terms and the policy in force at a decision, and a document before
//! and after a change.

mod weaker;
mod wider;

pub use weaker::weakens;

use crate::domain::policy::document::Approvers;
use crate::domain::policy::effective::{Asked, AskedStage};
use crate::domain::scope::Role;
use std::collections::BTreeSet;

/// What counts at a decision: the terms fixed on arrival, made stricter where the policy in force
/// is stricter, and never weaker.
///
/// Length of access and denials: the smaller number; reasons: asked for by either; calendars that
/// bound the access: of both. Stages are compared by their place: where those in force are the
/// same people, the larger number counts; where they are some of them, they take their place, and
/// so does a first stage that there was not; where they are others, ours stay, and the larger
/// number counts if so many people are named that it can be reached; stages beyond those of the
/// terms are added. What happened on arrival stays: time to answer, hold, reminders, escalations,
/// hooks.
#[must_use]
pub fn combine(terms: &Asked, in_force: &Asked) -> Asked {
    let mut stages: Vec<AskedStage> = Vec::new();
    let mut ours = terms.stages.iter();
    let mut theirs = in_force.stages.iter();
    loop {
        match (ours.next(), theirs.next()) {
            (Some(our), Some(their)) if subset(&their.approvers, &our.approvers) => {
                stages.push(AskedStage {
                    needed: our.needed.max(their.needed),
                    ..their.clone()
                });
            }
            (Some(our), _) => stages.push(our.clone()),
            (None, Some(their)) => stages.push(their.clone()),
            (None, None) => break,
        }
    }
    raise(&mut stages, &in_force.stages);
    let within: BTreeSet<&String> = terms
        .access_within
        .iter()
        .chain(&in_force.access_within)
        .collect();
    Asked {
        stages,
        deny_threshold: terms.deny_threshold.min(in_force.deny_threshold),
        longest_seconds: terms.longest_seconds.min(in_force.longest_seconds),
        access_within: within.into_iter().cloned().collect(),
        reason_to_approve: terms.reason_to_approve || in_force.reason_to_approve,
        reason_to_deny: terms.reason_to_deny || in_force.reason_to_deny,
        ..terms.clone()
    }
}

/// Takes the larger number where enough people are named: everybody has one voice, so for this
/// stage there have to be as many as all stages take together.
fn raise(stages: &mut [AskedStage], in_force: &[AskedStage]) {
    let mut total: u32 = stages.iter().map(|stage| stage.needed.max(1)).sum();
    for (stage, their) in stages.iter_mut().zip(in_force) {
        let more = their.needed.saturating_sub(stage.needed.max(1));
        let people = u32::try_from(stage.approvers.people.len()).unwrap_or(u32::MAX);
        if more > 0 && total.saturating_add(more) <= people {
            stage.needed = their.needed;
            total = total.saturating_add(more);
        }
    }
}

/// Whether every one of `few` is among `many`, as far as the lists alone show it; both with their
/// groups resolved.
fn subset(few: &Approvers, many: &Approvers) -> bool {
    let everybody = [
        Role::GlobalAdministrator,
        Role::CustomerLockboxAccessApprover,
    ];
    // Only holders of an approver's role may decide, so these two are everybody.
    everybody.iter().all(|role| many.roles.contains(role))
        || (few.roles.iter().all(|role| many.roles.contains(role))
            && few.people.iter().all(|person| many.people.contains(person)))
}

#[cfg(test)]
#[path = "stricter_tests.rs"]
mod tests;
