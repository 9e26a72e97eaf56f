//! The judgement of a request: every rule that applies, and what comes of them together.
//!
//! Never depends on the order in which the rules were written: whatever picks one of several goes
//! by level and id.

use crate::clock::Timestamp;
use crate::domain::policy::document::{Approvers, Ask as AskRule, Document};
use crate::domain::policy::effective::{
    Act, Applied, Asked, AskedEscalation, AskedStage, Judgement, Level, Origin, Verdict,
};
use crate::domain::policy::matching::Subject;
use crate::domain::policy::{CompiledRule, Policy};
use crate::domain::request::Ask;
use std::cmp::Reverse;
use std::collections::BTreeSet;

/// What the engineer reads where a rule wants a ticket and there is none.
pub const TICKET_MISSING: &str =
    "This customer takes no request without a ticket: submit it again with the ticket's number.";

/// What a request is judged by, beside the policy.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// What was asked.
    pub ask: &'a Ask,
    /// Where the engineer works, where known.
    pub location: Option<&'a str>,
    /// When it arrived at the customer: "now" for every rule, also when it is judged again.
    pub arrived_at: Timestamp,
    /// The tags of the tenant's settings.
    pub tenant_tags: &'a [String],
    /// The customer's time to answer by the settings, in seconds.
    pub answer_seconds: i64,
    /// The longest access of the service's profile, in seconds.
    pub maximum_access_seconds: i64,
    /// Whether the settings let anything but a person approve.
    pub automatic_approval: bool,
    /// Whether it is emergency access, which no rule approves.
    pub emergency: bool,
}

/// The rules that apply, by act, each sorted by id.
struct Applying<'a> {
    deny: Vec<&'a CompiledRule>,
    approve: Vec<&'a CompiledRule>,
    ask: Vec<&'a CompiledRule>,
}

impl Policy {
    /// Judges a request. Two judgements of the same facts are the same.
    #[must_use]
    pub fn judge(&self, facts: &Facts<'_>) -> Judgement {
        let subject = Subject::new(facts);
        let mut consulted = false;
        let mut applying = Applying {
            deny: Vec::new(),
            approve: Vec::new(),
            ask: Vec::new(),
        };
        let mut context = None;
        // The rules of a compiled policy are sorted by id.
        for rule in &self.rules {
            if self.applies(rule, facts, &subject, &mut context, &mut consulted) {
                match rule.act {
                    Act::Deny => applying.deny.push(rule),
                    Act::Approve => applying.approve.push(rule),
                    Act::Ask => applying.ask.push(rule),
                }
            }
        }
        let (asked, origins) = asked(&self.document, facts, &applying);
        let (verdict, sentence) = verdict(facts, &subject, &applying);
        let bound = !asked.access_within.is_empty() || !asked.hold_until_open.is_empty();
        Judgement {
            verdict,
            applied: applying.listed(),
            sentence,
            by_calendar: consulted || bound,
            asked,
            origins,
        }
    }
}

impl Applying<'_> {
    fn listed(&self) -> Vec<Applied> {
        self.deny
            .iter()
            .chain(&self.approve)
            .chain(&self.ask)
            .map(|rule| Applied {
                rule: rule.rule.id.clone(),
                act: rule.act,
                level: rule.level,
            })
            .collect()
    }
}

/// The rule that is named: the most particular one, and of those the one with the smallest id.
fn named<'a>(rules: impl Iterator<Item = &'a CompiledRule>) -> Option<&'a CompiledRule> {
    rules.min_by_key(|rule| (Reverse(rule.level), rule.rule.id.as_str()))
}

fn verdict(facts: &Facts<'_>, subject: &Subject, applying: &Applying<'_>) -> (Verdict, String) {
    if let Some(rule) = named(applying.deny.iter().copied()) {
        let reason = rule.rule.deny.as_ref().map(|deny| deny.reason.clone());
        return deny(rule, reason.unwrap_or_default());
    }
    let wants_ticket = |rule: &&&CompiledRule| rule.ask().is_some_and(|ask| ask.ticket_required);
    if !subject.has_ticket()
        && let Some(rule) = named(applying.ask.iter().filter(wants_ticket).copied())
    {
        return deny(rule, TICKET_MISSING.to_owned());
    }
    let approve = named(applying.approve.iter().copied());
    if let Some(rule) = approve
        && facts.automatic_approval
        && !facts.emergency
    {
        let rule = rule.rule.id.clone();
        let sentence = format!("The rule '{rule}' approves it, and no rule denies it.");
        return (Verdict::Approve { rule }, sentence);
    }
    let mut sentence = match applying.ask.as_slice() {
        [] => "No rule denies it; people are asked as the settings say.".to_owned(),
        rules => {
            let ids: Vec<String> = rules.iter().map(|r| format!("'{}'", r.rule.id)).collect();
            let noun = if rules.len() == 1 { "rule" } else { "rules" };
            let verb = if rules.len() == 1 { "says" } else { "say" };
            format!("People are asked as the {noun} {} {verb}.", ids.join(", "))
        }
    };
    if let Some(rule) = approve {
        let why = if facts.emergency {
            "emergency access is never approved by a rule"
        } else {
            "automatic approval is off"
        };
        let id = &rule.rule.id;
        sentence.push_str(&format!(" The rule '{id}' would approve it, but {why}."));
    }
    (Verdict::Ask, sentence)
}

fn deny(rule: &CompiledRule, reason: String) -> (Verdict, String) {
    let rule = rule.rule.id.clone();
    let sentence = format!("The rule '{rule}' denies it: {reason}");
    (Verdict::Deny { rule, reason }, sentence)
}

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
                self.from_rule(line, rule);
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

    fn from_rule(&mut self, line: &'static str, rule: &CompiledRule) {
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
        raised: impl Fn(&AskRule) -> bool,
    ) -> bool {
        let mut any = false;
        for rule in rules {
            if rule.ask().is_some_and(&raised) {
                self.from_rule(line, rule);
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
                self.from_rule(line, rule);
            }
        }
        all.into_iter().collect()
    }
}

fn asked(document: &Document, facts: &Facts<'_>, applying: &Applying<'_>) -> (Asked, Vec<Origin>) {
    let mut lines = Lines::default();
    let ask = || applying.ask.iter().copied();
    let acting = || applying.approve.iter().chain(&applying.ask).copied();
    let minutes = |minutes: Option<u32>| minutes.map(|minutes| i64::from(minutes) * 60);
    let each = |number: fn(&AskRule) -> Option<u32>| {
        ask().filter_map(move |rule| Some((rule, number(rule.ask()?)?)))
    };

    let stages = stages(document, &applying.ask, &mut lines);
    // A rule that is silent does not speak of it, so there is no bound but what rules say.
    let deny_threshold = lines.least(
        "denyThreshold",
        (i64::MAX, "default"),
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
    let reason_to_approve = lines.flag("reasonToApprove", &applying.ask, |ask| {
        ask.reason_to_approve
    });
    let reason_to_deny = lines.flag("reasonToDeny", &applying.ask, |ask| ask.reason_to_deny);
    let remind_after_seconds = reminders(&applying.ask, answer_seconds, &mut lines);
    let escalate = escalations(document, &applying.ask, answer_seconds, &mut lines);
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

/// The stages of the most particular rules that name any, by id.
fn stages(document: &Document, rules: &[&CompiledRule], lines: &mut Lines) -> Vec<AskedStage> {
    let staged = |rule: &&&CompiledRule| rule.ask().is_some_and(|ask| ask.stages.is_some());
    let level = rules.iter().filter(staged).map(|rule| rule.level).max();
    let mut all = Vec::new();
    for rule in rules.iter().filter(staged) {
        if Some(rule.level) != level {
            continue;
        }
        lines.from_rule("stages", rule);
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
        let before = all.len();
        all.extend(seconds.filter(|seconds| *seconds < answer));
        if all.len() > before {
            lines.from_rule("remindAfterSeconds", rule);
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
            lines.from_rule("escalate", rule);
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
        .map(|person| super::matching::folded(person))
        .collect();
    let roles: BTreeSet<_> = approvers.roles.iter().copied().collect();
    Approvers {
        roles: roles.into_iter().collect(),
        people: people.into_iter().collect(),
        groups: Vec::new(),
    }
}

impl CompiledRule {
    pub(super) fn ask(&self) -> Option<&AskRule> {
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

/// How particular a rule is, by what it matches.
#[must_use]
pub fn level_of(rule: &crate::domain::policy::document::Rule) -> Level {
    match &rule.matches {
        Some(matches) if matches.resources.is_some() => Level::Resource,
        Some(matches) if matches.services.is_some() => Level::Service,
        _ => Level::Organization,
    }
}

#[cfg(test)]
#[path = "judge_tests.rs"]
mod tests;
