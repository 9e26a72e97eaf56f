//! The stricter of what a request arrived with and of what the policy in force says: a change of
//! the policy makes nothing easier for a request that waits.

use crate::domain::policy::document::Approvers;
use crate::domain::policy::effective::{Asked, AskedStage};
use crate::domain::request::Terms;

/// How people are asked where a request arrived without a policy.
#[must_use]
pub fn plain(terms: &Terms) -> Asked {
    Asked {
        stages: Vec::new(),
        deny_threshold: 1,
        answer_seconds: i64::from(terms.hours_to_answer) * 3_600,
        longest_seconds: terms.maximum_access_seconds,
        access_within: Vec::new(),
        hold_until_open: Vec::new(),
        reason_to_approve: false,
        reason_to_deny: false,
        remind_after_seconds: Vec::new(),
        escalate: Vec::new(),
        hooks: Vec::new(),
    }
}

/// The stricter of the two, line by line. The customer's time to answer, reminders, escalations and
/// hooks stay as they were on arrival.
#[must_use]
pub fn stricter(terms: &Asked, in_force: &Asked) -> Asked {
    let mut access_within = terms.access_within.clone();
    access_within.extend(in_force.access_within.iter().cloned());
    access_within.sort();
    access_within.dedup();
    Asked {
        stages: stages(&terms.stages, &in_force.stages),
        deny_threshold: terms.deny_threshold.min(in_force.deny_threshold),
        longest_seconds: terms.longest_seconds.min(in_force.longest_seconds),
        access_within,
        reason_to_approve: terms.reason_to_approve || in_force.reason_to_approve,
        reason_to_deny: terms.reason_to_deny || in_force.reason_to_deny,
        ..terms.clone()
    }
}

/// Stage by stage: where the approvers are the same, or fewer of them, and at least as many have to
/// approve, the stage in force counts; what comes behind the last one is added.
fn stages(terms: &[AskedStage], in_force: &[AskedStage]) -> Vec<AskedStage> {
    let mut stages = terms.to_vec();
    for (place, now) in in_force.iter().enumerate() {
        match stages.get_mut(place) {
            Some(then) if same(&then.approvers, &now.approvers) => {
                then.needed = then.needed.max(now.needed);
            }
            Some(then) if now.needed >= then.needed && within(&now.approvers, &then.approvers) => {
                *then = now.clone();
            }
            Some(_) => {}
            None => stages.push(now.clone()),
        }
    }
    stages
}

fn same(one: &Approvers, other: &Approvers) -> bool {
    within(one, other) && within(other, one)
}

/// Whether one list names nobody whom the other does not name in the same way.
fn within(one: &Approvers, other: &Approvers) -> bool {
    let known = |name: &String, names: &[String]| {
        names
            .iter()
            .any(|known| known.trim().eq_ignore_ascii_case(name.trim()))
    };
    one.roles.iter().all(|role| other.roles.contains(role))
        && one.people.iter().all(|name| known(name, &other.people))
        && one.groups.iter().all(|name| known(name, &other.groups))
}

#[cfg(test)]
#[path = "stricter_tests.rs"]
mod tests;
