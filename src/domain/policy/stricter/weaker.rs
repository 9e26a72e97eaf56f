//! Whether a change weakens a policy. Careful: what is not shown to be at least as strict counts
//! as weaker.

use super::subset;
use super::wider::wider;
use crate::clock::Timestamp;
use crate::domain::policy::asked::resolved;
use crate::domain::policy::document::{
    Approve, Ask, CalendarPlan, Delegate, Document, Escalation, Rule, Stage,
};
use crate::domain::policy::judge::level_of;
use crate::domain::policy::matching::folded;
use std::collections::BTreeSet;

/// A sentence for everything that a change of the document may weaken; none where the document
/// after it is at least as strict. A tenant without a policy has an empty document.
#[must_use]
pub fn weakens(before: &Document, after: &Document) -> Vec<String> {
    let mut found = Vec::new();
    for rule in &before.rules {
        let same = after
            .rules
            .iter()
            .find(|other| folded(&other.id) == folded(&rule.id));
        changed_rule(&Pair { before, after }, rule, same, &mut found);
    }
    for rule in &after.rules {
        if !before
            .rules
            .iter()
            .any(|other| folded(&other.id) == folded(&rule.id))
        {
            new_rule(before, rule, &mut found);
        }
    }
    for name in calendars_in_use(before) {
        if let (Some(one), Some(other)) = (before.calendars.get(name), after.calendars.get(name))
            && hours(one) != hours(other)
        {
            found.push(format!(
                "The calendar '{name}' has other hours, and rules go by it."
            ));
        }
    }
    for delegate in &after.delegates {
        if !before.delegates.iter().any(|other| covers(other, delegate)) {
            let (to, person) = (&delegate.to, &delegate.person);
            found.push(format!(
                "{to} may decide for {person} at a time at which that was not so."
            ));
        }
    }
    match (before.four_eyes, after.four_eyes) {
        (Some(_), None) => {
            found.push("Changing the policy takes one administrator, no longer two.".to_owned())
        }
        (Some(one), Some(other)) if other.recovery_hours < one.recovery_hours => {
            found.push(format!(
                "A change can be confirmed alone after {} hours instead of {}.",
                other.recovery_hours, one.recovery_hours
            ))
        }
        _ => {}
    }
    found
}

/// The documents that two rules stand in.
struct Pair<'a> {
    before: &'a Document,
    after: &'a Document,
}

fn changed_rule(pair: &Pair<'_>, rule: &Rule, same: Option<&Rule>, found: &mut Vec<String>) {
    let id = &rule.id;
    if let Some(approve) = &rule.approve {
        match same {
            Some(
                other @ Rule {
                    approve: Some(new), ..
                },
            ) => {
                if !wider(other, rule) {
                    found.push(format!(
                        "The rule '{id}' may approve requests that it did not."
                    ));
                }
                shorter(id, approve, new, found);
            }
            Some(other) => new_rule(pair.before, other, found),
            None => {}
        }
        let bounds = same.is_some_and(|same| same.approve.is_some() && wider(rule, same));
        if !bounds && looser(pair.after, id, approve) {
            found.push(format!(
                "The rule '{id}' no longer bounds what other rules approve."
            ));
        }
        return;
    }
    let Some(same) = same else {
        found.push(format!("The rule '{id}' is gone."));
        return;
    };
    let acts = |rule: &Rule| (rule.deny.is_some(), rule.ask.is_some());
    if acts(rule) != acts(same) {
        if same.deny.is_none() || !wider(rule, same) {
            found.push(format!("The rule '{id}' does something else."));
        }
        if same.approve.is_some() {
            new_rule(pair.before, same, found);
        }
        return;
    }
    if !wider(rule, same) {
        found.push(format!(
            "The rule '{id}' may leave out requests that it held for."
        ));
    }
    if let (Some(one), Some(other)) = (&rule.ask, &same.ask) {
        let others =
            rule.matches != same.matches || rule.unless != same.unless || rule.when != same.when;
        if one.stages.is_some() && level_of(same) < level_of(rule) {
            found.push(format!(
                "The stages of the rule '{id}' may give way to those of others."
            ));
        }
        if others && other.stages.is_some() && replaces(pair.before, same) {
            found.push(format!(
                "The stages of the rule '{id}' may take the place of others."
            ));
        }
        // It may apply where it did not.
        if others {
            eases(id, other, found);
        }
        let what = Asks {
            before: one,
            after: other,
        };
        found.extend(
            what.weaker(pair)
                .into_iter()
                .map(|line| format!("The rule '{id}' {line}.")),
        );
    }
}

/// A rule that was not there.
fn new_rule(before: &Document, rule: &Rule, found: &mut Vec<String>) {
    let id = &rule.id;
    if rule.approve.is_some() {
        found.push(format!("The rule '{id}' approves without a person."));
    }
    let Some(ask) = &rule.ask else { return };
    if ask.stages.is_some() && replaces(before, rule) {
        found.push(format!(
            "The stages of the rule '{id}' may take the place of others."
        ));
    }
    eases(id, ask, found);
}

/// What a rule makes easier wherever it applies.
fn eases(id: &str, ask: &Ask, found: &mut Vec<String>) {
    let more = ask.deny_threshold.is_some_and(|threshold| threshold > 1);
    for line in [
        more.then_some("asks for more than one denial"),
        (!ask.escalate.is_empty()).then_some("lets more people decide later"),
        ask.hold_until_open
            .is_some()
            .then_some("holds the customer's clock"),
        ask.hook.is_some().then_some("asks a program first"),
    ]
    .into_iter()
    .flatten()
    {
        found.push(format!("The rule '{id}' {line}."));
    }
}

/// Whether the stages of a rule count instead of those of a less particular one.
fn replaces(before: &Document, rule: &Rule) -> bool {
    before.rules.iter().any(|other| {
        let staged = other.ask.as_ref().is_some_and(|ask| ask.stages.is_some());
        staged && folded(&other.id) != folded(&rule.id) && level_of(other) < level_of(rule)
    })
}

/// Whether another rule approves more than this one, which bounded it where both applied.
fn looser(after: &Document, id: &str, bound: &Approve) -> bool {
    after.rules.iter().any(|rule| {
        folded(&rule.id) != folded(id)
            && rule.approve.as_ref().is_some_and(|other| {
                other.longest_minutes > bound.longest_minutes
                    || bound.access_within.is_some() && other.access_within != bound.access_within
            })
    })
}

fn shorter(id: &str, before: &Approve, after: &Approve, found: &mut Vec<String>) {
    if after.longest_minutes > before.longest_minutes {
        found.push(format!("The rule '{id}' approves longer access."));
    }
    if before.access_within.is_some() && after.access_within != before.access_within {
        found.push(format!(
            "The rule '{id}' bounds access by another calendar, or by none."
        ));
    }
}

/// How one rule asks, before and after.
struct Asks<'a> {
    before: &'a Ask,
    after: &'a Ask,
}

impl Asks<'_> {
    fn weaker(&self, pair: &Pair<'_>) -> Vec<&'static str> {
        let (before, after) = (self.before, self.after);
        let raised = |one: Option<u32>, other: Option<u32>| match (one, other) {
            (Some(one), Some(other)) => other > one,
            (Some(_), None) => true,
            (None, _) => false,
        };
        let dropped = |one: bool, other: bool| one && !other;
        let denials = after.deny_threshold.unwrap_or(1) > before.deny_threshold.unwrap_or(1)
            // Silent, it leaves the word to others, which may say more.
            || before.deny_threshold.is_some() && after.deny_threshold.is_none();
        let lines = [
            (
                self.weaker_stages(pair),
                "lets fewer or other people approve",
            ),
            (denials, "takes more denials to end a request"),
            (
                raised(before.answer_within_minutes, after.answer_within_minutes),
                "gives more time to answer",
            ),
            (
                raised(before.longest_minutes, after.longest_minutes),
                "allows longer access",
            ),
            (
                before.access_within.is_some() && after.access_within != before.access_within,
                "bounds access by another calendar, or by none",
            ),
            (
                after.hold_until_open.is_some() && after.hold_until_open != before.hold_until_open,
                "holds the customer's clock",
            ),
            (
                dropped(before.reason_to_approve, after.reason_to_approve),
                "no longer wants a reason to approve",
            ),
            (
                dropped(before.reason_to_deny, after.reason_to_deny),
                "no longer wants a reason to deny",
            ),
            (
                dropped(before.ticket_required, after.ticket_required),
                "no longer wants a ticket",
            ),
            (
                dropped(before.second_factor, after.second_factor),
                "no longer wants a second factor",
            ),
            (self.more_escalations(pair), "lets more people decide later"),
            (
                after.hook.is_some() && after.hook != before.hook,
                "asks another program first",
            ),
        ];
        lines
            .into_iter()
            .filter_map(|(weaker, line)| weaker.then_some(line))
            .collect()
    }

    fn weaker_stages(&self, pair: &Pair<'_>) -> bool {
        let Some(before) = &self.before.stages else {
            return false;
        };
        let after = self.after.stages.as_deref().unwrap_or_default();
        let as_strict = |one: &Stage, other: &Stage| {
            let few = resolved(pair.after, &other.approvers);
            let many = resolved(pair.before, &one.approvers);
            other.needed >= one.needed && subset(&few, &many)
        };
        after.len() < before.len()
            || before
                .iter()
                .zip(after)
                .any(|(one, other)| !as_strict(one, other))
    }

    fn more_escalations(&self, pair: &Pair<'_>) -> bool {
        let known = |new: &Escalation| {
            self.before.escalate.iter().any(|old| {
                old.after_minutes <= new.after_minutes
                    && subset(
                        &resolved(pair.after, &new.to),
                        &resolved(pair.before, &old.to),
                    )
            })
        };
        !self.after.escalate.iter().all(known)
    }
}

/// A calendar without what only people read.
fn hours(plan: &CalendarPlan) -> CalendarPlan {
    let mut plan = plan.clone();
    for holiday in &mut plan.holidays {
        holiday.name = None;
    }
    for exception in &mut plan.exceptions {
        exception.name = None;
    }
    plan.holidays
        .sort_by(|one, other| one.date.cmp(&other.date));
    plan.exceptions
        .sort_by(|one, other| one.date.cmp(&other.date));
    plan
}

fn calendars_in_use(document: &Document) -> BTreeSet<&str> {
    let mut used = BTreeSet::new();
    for rule in &document.rules {
        for part in [&rule.matches, &rule.unless].into_iter().flatten() {
            used.extend(part.within.as_deref());
            used.extend(part.outside.as_deref());
        }
        used.extend(
            rule.approve
                .as_ref()
                .and_then(|approve| approve.access_within.as_deref()),
        );
        if let Some(ask) = &rule.ask {
            used.extend(ask.access_within.as_deref());
            used.extend(ask.hold_until_open.as_deref());
        }
        if let Some(when) = &rule.when {
            // By its name alone: a name too many is a sentence too many.
            let names = document.calendars.keys().map(String::as_str);
            used.extend(names.filter(|name| when.contains(name)));
        }
    }
    used
}

/// Whether one delegation holds whenever, and for whom, the other does.
fn covers(wide: &Delegate, narrow: &Delegate) -> bool {
    let instant = |text: &str| Timestamp::parse(text);
    let inside = || {
        Some(
            instant(&wide.from)? <= instant(&narrow.from)?
                && instant(&narrow.until)? <= instant(&wide.until)?,
        )
    };
    folded(&wide.person) == folded(&narrow.person)
        && folded(&wide.to) == folded(&narrow.to)
        && inside().unwrap_or(false)
}
