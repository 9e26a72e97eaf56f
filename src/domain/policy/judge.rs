//! The judgement of a request: every rule that applies, and what comes of them together.
//!
//! Never depends on the order in which the rules were written: whatever picks one of several goes
//! by level and id.
//!
//! Naming more never makes a request easier: what loosens (an approval, an `unless`, stages in the
//! place of others) has to hold for all that it names, and what tightens for one of it.

use crate::clock::Timestamp;
use crate::domain::policy::asked::{Asking, asked};
use crate::domain::policy::document::Rule;
use crate::domain::policy::effective::{Act, Applied, Judgement, Level, Verdict};
use crate::domain::policy::matching::{Extent, Subject};
use crate::domain::policy::{CompiledRule, Policy};
use crate::domain::request::Ask;
use std::cmp::Reverse;

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

/// What a request is judged by, whole, so that it can be judged elsewhere.
#[derive(Clone, Debug)]
pub struct Given {
    /// What was asked.
    pub ask: Ask,
    /// As [`Facts::arrived_at`].
    pub arrived_at: Timestamp,
    /// As [`Facts::tenant_tags`].
    pub tags: Vec<String>,
    /// As [`Facts::answer_seconds`].
    pub answer_seconds: i64,
    /// As [`Facts::maximum_access_seconds`].
    pub maximum_access_seconds: i64,
    /// As [`Facts::automatic_approval`].
    pub automatic_approval: bool,
    /// As [`Facts::emergency`].
    pub emergency: bool,
}

impl Given {
    /// The same, to look at.
    #[must_use]
    pub fn facts(&self) -> Facts<'_> {
        Facts {
            ask: &self.ask,
            location: self.ask.location.as_deref(),
            arrived_at: self.arrived_at,
            tenant_tags: &self.tags,
            answer_seconds: self.answer_seconds,
            maximum_access_seconds: self.maximum_access_seconds,
            automatic_approval: self.automatic_approval,
            emergency: self.emergency,
        }
    }
}

impl Facts<'_> {
    /// Whether rules may approve at all.
    const fn rules_approve(&self) -> bool {
        self.automatic_approval && !self.emergency
    }
}

/// The rules that apply, by act, each sorted by id.
struct Applying<'a> {
    deny: Vec<&'a CompiledRule>,
    approve: Vec<&'a CompiledRule>,
    ask: Vec<&'a CompiledRule>,
    /// Rules that approve a part at least: where the whole is approved, they bound it.
    bound: Vec<&'a CompiledRule>,
    /// Rules of `ask` that hold for the whole request, so that their stages can replace others.
    whole: Vec<&'a CompiledRule>,
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
            bound: Vec::new(),
            whole: Vec::new(),
        };
        let mut variables = None;
        // The rules of a compiled policy are sorted by id.
        for rule in &self.rules {
            let extent = self.extent(rule, facts, &subject, &mut variables, &mut consulted);
            let Some(extent) = extent else { continue };
            let (some, whole) = match rule.act {
                Act::Deny => {
                    applying.deny.push(rule);
                    continue;
                }
                Act::Approve => (&mut applying.bound, &mut applying.approve),
                Act::Ask => (&mut applying.ask, &mut applying.whole),
            };
            some.push(rule);
            if extent == Extent::Whole {
                whole.push(rule);
            }
        }
        // A rule that may not approve does not bound what people may.
        let bounding = if facts.rules_approve() && !applying.approve.is_empty() {
            applying.bound.as_slice()
        } else {
            &[]
        };
        let asking = Asking {
            rules: &applying.ask,
            whole: &applying.whole,
        };
        let (asked, origins) = asked(&self.document, facts, bounding, asking);
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
        && facts.rules_approve()
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

/// How particular a rule is, by what it matches.
#[must_use]
pub fn level_of(rule: &Rule) -> Level {
    match &rule.matches {
        Some(matches) if matches.resources.is_some() => Level::Resource,
        Some(matches) if matches.services.is_some() => Level::Service,
        _ => Level::Organization,
    }
}

#[cfg(test)]
#[path = "judge_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "judge_random_tests.rs"]
pub(super) mod random_tests;
