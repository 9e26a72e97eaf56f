//! How people are asked: the lines of every rule that applies, the stricter one counting.

use crate::domain::policy::CompiledRule;
use crate::domain::policy::document::{Approvers, Ask, Document};
use crate::domain::policy::effective::{Asked, AskedEscalation, AskedStage, Origin};
use crate::domain::policy::judge::Facts;
use crate::domain::policy::matching::folded;
use std::cmp::Reverse;
use std::collections::BTreeSet;

/// The lines under way, each with where it comes from.
#[derive(Default)]
struct Lines {
    origins: Vec<Origin>,
}

impl Lines {
    /// The smallest of a line's numbers; whoever says it is named, a rule before the settings.
    fn least<'a>(
        &mut self,
        line: &'static str,
        (standard, from): (i64, &str),
        rules: impl Iterator<Item = (&'a CompiledRule, i64)>,
    ) -> i64 {
        let least = rules
            .min_by_key(|(rule, number)| (*number, Reverse(rule.level), rule.rule.id.as_str()));
        match least {
            Some((rule, number)) if number <= standard => {
                self.named(line, rule);
                number
            }
            _ => {
                self.origins.push(Origin {
                    line,
                    from: from.to_owned(),
                    level: None,
                });
                standard
            }
        }
    }

    fn named(&mut self, line: &'static str, rule: &CompiledRule) {
        self.origins.push(Origin {
            line,
            from: rule.rule.id.clone(),
            level: Some(rule.level),
        });
    }

    /// Whether a rule raises a flag; all that do are named.
    fn flag(
        &mut self,
        line: &'static str,
        rules: &[&CompiledRule],
        raised: impl Fn(&Ask) -> bool,
    ) -> bool {
        let mut any = false;
        for rule in rules {
            if rule.ask().is_some_and(&raised) {
                self.named(line, rule);
                any = true;
            }
        }
        any
    }

    /// Every text that a rule names, once and sorted.
    fn union<'a>(
        &mut self,
        line: &'static str,
        rules: impl Iterator<Item = &'a CompiledRule>,
        text: impl Fn(&CompiledRule) -> Option<String>,
    ) -> Vec<String> {
        let mut all = BTreeSet::new();
        for rule in rules {
            if let Some(text) = text(rule) {
                all.insert(text);
                self.named(line, rule);
            }
        }
        all.into_iter().collect()
    }
}

/// The rules that ask.
#[derive(Clone, Copy)]
pub(super) struct Asking<'a> {
    pub rules: &'a [&'a CompiledRule],
    /// Those that hold for all that the request names.
    pub whole: &'a [&'a CompiledRule],
}

/// How people are asked by the rules that apply, and where each line comes from.
pub(super) fn asked(
    document: &Document,
    facts: &Facts<'_>,
    bounding: &[&CompiledRule],
    asking: Asking<'_>,
) -> (Asked, Vec<Origin>) {
    let mut lines = Lines::default();
    let rules = asking.rules;
    let ask = || rules.iter().copied();
    let acting = || bounding.iter().chain(rules).copied();
    let minutes = |minutes: Option<u32>| minutes.map(|minutes| i64::from(minutes) * 60);
    let each = |number: fn(&Ask) -> Option<u32>| {
        ask().filter_map(move |rule| Some((rule, number(rule.ask()?)?)))
    };

    let stages = stages(document, asking, &mut lines);
    // A rule that is silent does not speak of it, so there is no bound but what rules say; and more
    // than one denial takes a rule for all that is named, else naming more would hinder denying.
    let more_denials = asking
        .whole
        .iter()
        .any(|rule| rule.ask().is_some_and(|ask| ask.deny_threshold.is_some()));
    let deny_threshold = lines.least(
        "denyThreshold",
        (if more_denials { i64::MAX } else { 1 }, "default"),
        each(|ask| ask.deny_threshold).map(|(rule, number)| (rule, i64::from(number))),
    );
    let answer_seconds = lines.least(
        "answerSeconds",
        (facts.answer_seconds, "settings"),
        each(|ask| ask.answer_within_minutes).map(|(rule, number)| (rule, i64::from(number) * 60)),
    );
    let longest_seconds = lines.least(
        "longestSeconds",
        (facts.maximum_access_seconds, "profile"),
        acting().filter_map(|rule| Some((rule, minutes(rule.longest_minutes())?))),
    );
    let access_within = lines.union("accessWithin", acting(), |rule| {
        rule.access_within().map(str::to_owned)
    });
    let hold_until_open = lines.union("holdUntilOpen", ask(), |rule| {
        rule.ask()?.hold_until_open.clone()
    });
    let reason_to_approve = lines.flag("reasonToApprove", rules, |ask| ask.reason_to_approve);
    let reason_to_deny = lines.flag("reasonToDeny", rules, |ask| ask.reason_to_deny);
    let remind_after_seconds = reminders(rules, answer_seconds, &mut lines);
    let escalate = escalations(document, rules, answer_seconds, &mut lines);
    let hooks = lines.union("hooks", ask(), |rule| rule.ask()?.hook.clone());
    let asked = Asked {
        stages,
        deny_threshold: u32::try_from(deny_threshold).unwrap_or(1),
        answer_seconds,
        longest_seconds,
        access_within,
        hold_until_open,
        reason_to_approve,
        reason_to_deny,
        remind_after_seconds,
        escalate,
        hooks,
    };
    (asked, lines.origins)
}

/// The stages of the most particular rules that name any, by id. A rule that holds for a part of
/// the request takes no other's place, and none takes its own: its stages come as well.
fn stages(document: &Document, asking: Asking<'_>, lines: &mut Lines) -> Vec<AskedStage> {
    let staged = |rule: &&&CompiledRule| rule.ask().is_some_and(|ask| ask.stages.is_some());
    let whole = |rule: &CompiledRule| asking.whole.iter().any(|one| one.rule.id == rule.rule.id);
    let most = asking.whole.iter().filter(staged);
    let level = most.map(|rule| rule.level).max();
    let mut all = Vec::new();
    for rule in asking.rules.iter().filter(staged) {
        if whole(rule) && Some(rule.level) != level {
            continue;
        }
        lines.named("stages", rule);
        let own = rule.ask().and_then(|ask| ask.stages.as_ref());
        all.extend(own.into_iter().flatten().map(|stage| AskedStage {
            rule: rule.rule.id.clone(),
            approvers: resolved(document, &stage.approvers),
            needed: stage.needed,
        }));
    }
    all
}

/// Reminders after the time to answer reach nobody, so they are left out.
fn reminders(rules: &[&CompiledRule], answer: i64, lines: &mut Lines) -> Vec<i64> {
    let mut all = BTreeSet::new();
    for rule in rules {
        let own = rule.ask().map_or(&[][..], |ask| &ask.remind_after_minutes);
        let seconds = own.iter().map(|minutes| i64::from(*minutes) * 60);
        let in_time: Vec<i64> = seconds.filter(|seconds| *seconds < answer).collect();
        if !in_time.is_empty() {
            lines.named("remindAfterSeconds", rule);
            all.extend(in_time);
        }
    }
    all.into_iter().collect()
}

fn escalations(
    document: &Document,
    rules: &[&CompiledRule],
    answer: i64,
    lines: &mut Lines,
) -> Vec<AskedEscalation> {
    let mut all = Vec::new();
    for rule in rules {
        let own = rule.ask().map_or(&[][..], |ask| &ask.escalate);
        let before = all.len();
        all.extend(own.iter().filter_map(|escalation| {
            let after_seconds = i64::from(escalation.after_minutes) * 60;
            (after_seconds < answer).then(|| AskedEscalation {
                rule: rule.rule.id.clone(),
                after_seconds,
                to: resolved(document, &escalation.to),
            })
        }));
        if all.len() > before {
            lines.named("escalate", rule);
        }
    }
    // Stable: equal instants keep the order of the ids.
    all.sort_by_key(|escalation| escalation.after_seconds);
    all
}

/// Approvers with their groups as people, all in one form: sorted, once, addresses in lower case.
pub(super) fn resolved(document: &Document, approvers: &Approvers) -> Approvers {
    let groups = approvers
        .groups
        .iter()
        .filter_map(|group| document.groups.get(group));
    let people: BTreeSet<String> = approvers
        .people
        .iter()
        .chain(groups.flatten())
        .map(|person| folded(person))
        .collect();
    let roles: BTreeSet<_> = approvers.roles.iter().copied().collect();
    Approvers {
        roles: roles.into_iter().collect(),
        people: people.into_iter().collect(),
        groups: Vec::new(),
    }
}

impl CompiledRule {
    pub(super) fn ask(&self) -> Option<&Ask> {
        self.rule.ask.as_ref()
    }

    fn longest_minutes(&self) -> Option<u32> {
        match (&self.rule.approve, &self.rule.ask) {
            (Some(approve), _) => Some(approve.longest_minutes),
            (None, Some(ask)) => ask.longest_minutes,
            (None, None) => None,
        }
    }

    fn access_within(&self) -> Option<&str> {
        let approve = self.rule.approve.as_ref();
        let ask = self.rule.ask.as_ref();
        approve
            .and_then(|approve| approve.access_within.as_deref())
            .or_else(|| ask?.access_within.as_deref())
    }
}
