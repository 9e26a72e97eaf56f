//! One rule, as the document itself shows it.

use super::asks::ask;
use super::{ENTRIES, ENTRY, MINUTES, PATTERN, Problems, TEXT};
use crate::clock::Timestamp;
use crate::domain::policy::condition::{Condition, Variables};
use crate::domain::policy::document::{Document, Match, Rule};
use crate::domain::policy::effective::{Act, Problem};
use crate::domain::policy::judge::{Facts, level_of};
use crate::domain::policy::matching::{Matcher, words};
use crate::domain::policy::{CompiledRule, Policy};
use crate::domain::request;
use crate::domain::request::AccessLevel;
use crate::ids::OrgId;

/// Makes a rule ready.
pub(in super::super) fn rule(
    document: &Document,
    rule: &Rule,
    index: usize,
) -> Result<CompiledRule, Vec<Problem>> {
    let at = format!("/rules/{index}");
    let mut problems = Problems::default();
    if let Some(text) = &rule.description {
        problems.text(format!("{at}/description"), text, TEXT);
    }
    let acts = [
        rule.deny.is_some().then_some(Act::Deny),
        rule.approve.is_some().then_some(Act::Approve),
        rule.ask.is_some().then_some(Act::Ask),
    ];
    let mut acts = acts.into_iter().flatten();
    let act = acts.next().unwrap_or(Act::Ask);
    if acts.next().is_some()
        || (rule.deny.is_none() && rule.approve.is_none() && rule.ask.is_none())
    {
        problems.add(
            &at,
            "A rule does exactly one thing.",
            "Give it exactly one of deny, approve and ask; make two rules of one with two.",
        );
    }
    let mut part = |name: &str, matches: &Option<Match>| {
        let matches = matches.as_ref()?;
        matcher(document, matches, &format!("{at}/{name}"), &mut problems)
    };
    let matches = part("match", &rule.matches);
    let unless = part("unless", &rule.unless);
    if let Some(unless) = &rule.unless {
        let everything = *unless == Match::default();
        if everything || rule.matches.as_ref() == Some(unless) {
            problems.add(
                format!("{at}/unless"),
                "This rule can never match: 'unless' holds wherever 'match' does.",
                "Take 'unless' out, or narrow it.",
            );
        }
    }
    let when = condition(document, rule, &at, &mut problems);
    if let Some(deny) = &rule.deny {
        problems.text(format!("{at}/deny/reason"), &deny.reason, TEXT);
    }
    if let Some(approve) = &rule.approve {
        let at = format!("{at}/approve");
        problems.within(
            format!("{at}/longestMinutes"),
            "The longest access",
            approve.longest_minutes,
            &MINUTES,
        );
        calendar(
            document,
            approve.access_within.as_deref(),
            format!("{at}/accessWithin"),
            &mut problems,
        );
    }
    if let Some(asked) = &rule.ask {
        ask(document, asked, &format!("{at}/ask"), &mut problems);
    }
    if problems.0.is_empty() {
        Ok(CompiledRule {
            rule: rule.clone(),
            act,
            level: level_of(rule),
            matches,
            unless,
            when,
        })
    } else {
        Err(problems.0)
    }
}

pub(super) fn calendar(
    document: &Document,
    name: Option<&str>,
    at: String,
    problems: &mut Problems,
) {
    if let Some(name) = name.filter(|name| !document.calendars.contains_key(*name)) {
        let known: Vec<&str> = document.calendars.keys().map(String::as_str).collect();
        problems.unknown(at, "calendar", name, &known);
    }
}

fn condition(
    document: &Document,
    rule: &Rule,
    at: &str,
    problems: &mut Problems,
) -> Option<Condition> {
    let at = format!("{at}/when");
    match Condition::new(rule.when.as_deref()?) {
        Ok(condition) => {
            for name in condition.calendars() {
                calendar(document, Some(name), at.clone(), problems);
            }
            Some(condition)
        }
        Err(fault) => {
            problems.add(at, fault.message, fault.suggestion);
            None
        }
    }
}

fn matcher(
    document: &Document,
    matches: &Match,
    at: &str,
    problems: &mut Problems,
) -> Option<Matcher> {
    let lists = [
        ("services", &matches.services),
        ("resources", &matches.resources),
        ("reasonWords", &matches.reason_words),
        ("citizenship", &matches.citizenship),
        ("location", &matches.location),
        ("dataCategories", &matches.data_categories),
        ("tenantTags", &matches.tenant_tags),
    ];
    for (name, list) in lists {
        let Some(list) = list else { continue };
        let at = format!("{at}/{name}");
        if list.is_empty() {
            problems.add(
                &at,
                "An empty list matches nothing.",
                "Leave it out to match everything, or name what to match.",
            );
        }
        problems.at_most(&at, "entries", list.len(), ENTRIES);
        for (index, entry) in list.iter().enumerate() {
            let at = format!("{at}/{index}");
            problems.text(at.clone(), entry, ENTRY);
            if name == "reasonWords" && words(entry).is_empty() {
                problems.add(
                    at,
                    "This holds no word, so it can never match.",
                    "Write letters or digits.",
                );
            }
        }
    }
    calendar(
        document,
        matches.within.as_deref(),
        format!("{at}/within"),
        problems,
    );
    calendar(
        document,
        matches.outside.as_deref(),
        format!("{at}/outside"),
        problems,
    );
    if matches.within.is_some() && matches.within == matches.outside {
        problems.add(
            format!("{at}/outside"),
            "This can never match: a calendar is not open and closed at once.",
            "Take 'within' or 'outside' out.",
        );
    }
    if let Some(minutes) = matches.longer_than_minutes {
        problems.within(
            format!("{at}/longerThanMinutes"),
            "The length",
            minutes,
            &MINUTES,
        );
    }
    let pattern = format!("{at}/ticketPattern");
    if matches.ticket_pattern.is_some() && matches.ticket_present == Some(false) {
        problems.add(
            &pattern,
            "This can never match: a ticket that is not there follows no pattern.",
            "Take 'ticketPresent' or 'ticketPattern' out.",
        );
    }
    if let Some(text) = &matches.ticket_pattern {
        problems.text(pattern.clone(), text, PATTERN);
    }
    match Matcher::new(matches) {
        Ok(matcher) => Some(matcher),
        Err(wrong) => {
            problems.add(
                pattern,
                format!("The pattern cannot be used: {wrong}."),
                "Write a regular expression without look-around and back references, such as INC[0-9]{6}.",
            );
            None
        }
    }
}

/// Conditions tried on a request that has everything: what fails there never works.
pub(in super::super) fn conditions(policy: &Policy) -> Vec<Problem> {
    let Some(env) = &policy.env else {
        return Vec::new();
    };
    let text = |text: &str| vec![text.to_owned()];
    let ask = request::Ask {
        tenant: OrgId::from_uuid(uuid::Uuid::nil()),
        service: "Exchange".to_owned(),
        ticket: "INC000042".to_owned(),
        reason: "Mail is not delivered".to_owned(),
        duration_seconds: 3_600,
        resources: text("mailbox/ada@contoso.com"),
        data_categories: text("mail"),
        access_level: AccessLevel::Read,
        operations: text("Get-Mailbox"),
        citizenship: Some("CH".to_owned()),
        location: Some("CH".to_owned()),
    };
    let facts = Facts {
        ask: &ask,
        location: Some("CH"),
        arrived_at: Timestamp::from_millis(0),
        tenant_tags: &text("production"),
        answer_seconds: 0,
        maximum_access_seconds: 0,
        automatic_approval: false,
        emergency: false,
    };
    let variables = Variables::new(env, &facts, &policy.calendars);
    let mut problems = Problems::default();
    for (index, rule) in policy.document.rules.iter().enumerate() {
        let compiled = policy
            .rules
            .iter()
            .find(|compiled| compiled.rule.id == rule.id);
        if let Some(when) = compiled.and_then(|compiled| compiled.when.as_ref())
            && let Err(wrong) = when.holds(&variables)
        {
            problems.add(
                format!("/rules/{index}/when"),
                format!("The condition fails on a sample request: {wrong}."),
                "Write a condition that is true or false for every request.",
            );
        }
    }
    problems.0
}
