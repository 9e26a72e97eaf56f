//! What a request is compared with, made ready once so that a judgement takes microseconds.

use crate::clock::Timestamp;
use crate::domain::policy::calendar::Calendar;
use crate::domain::policy::document::Match;
use crate::domain::policy::judge::Facts;
use crate::domain::request::AccessLevel;
use regex::{Regex, RegexBuilder};
use std::collections::BTreeMap;

/// The most bytes that a compiled pattern may take, and again its automaton while it runs.
const PATTERN_BYTES: usize = 1 << 20;

/// The facts of a request in the form in which they are compared: text without case.
pub(super) struct Subject {
    service: String,
    resources: Vec<String>,
    reason: Vec<String>,
    ticket: String,
    citizenship: Option<String>,
    location: Option<String>,
    access_level: AccessLevel,
    data_categories: Vec<String>,
    duration_seconds: i64,
    tenant_tags: Vec<String>,
    arrived_at: Timestamp,
}

impl Subject {
    pub(super) fn new(facts: &Facts<'_>) -> Self {
        let ask = facts.ask;
        Self {
            service: folded(&ask.service),
            resources: all_folded(&ask.resources),
            reason: words(&ask.reason),
            ticket: ask.ticket.trim().to_owned(),
            citizenship: known(ask.citizenship.as_deref()),
            location: known(facts.location),
            access_level: ask.access_level,
            data_categories: all_folded(&ask.data_categories),
            duration_seconds: ask.duration_seconds,
            tenant_tags: all_folded(facts.tenant_tags),
            arrived_at: facts.arrived_at,
        }
    }

    /// Whether a ticket is named.
    pub(super) fn has_ticket(&self) -> bool {
        !self.ticket.is_empty()
    }
}

/// Text as it is compared: without case and without blanks around it.
pub(super) fn folded(text: &str) -> String {
    text.trim().to_lowercase()
}

fn all_folded(texts: &[String]) -> Vec<String> {
    texts.iter().map(|text| folded(text)).collect()
}

fn known(text: Option<&str>) -> Option<String> {
    text.map(folded).filter(|text| !text.is_empty())
}

/// The words of a text: runs of letters and digits.
pub(super) fn words(text: &str) -> Vec<String> {
    text.to_lowercase()
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// How much of what a request names, resources and categories, something is to hold for. A request
/// that names none means every one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    /// One is enough, and so is naming none.
    Part,
    /// Every one of them, and there is one.
    Whole,
}

impl Extent {
    fn holds(self, own: &[String], one: impl Fn(&String) -> bool) -> bool {
        match self {
            Self::Part => own.is_empty() || own.iter().any(one),
            Self::Whole => !own.is_empty() && own.iter().all(one),
        }
    }
}

/// A [`Match`], made ready.
#[derive(Debug)]
pub(super) struct Matcher {
    services: Option<Vec<String>>,
    resources: Option<Vec<String>>,
    reason_words: Option<Vec<Vec<String>>>,
    ticket_present: Option<bool>,
    ticket_pattern: Option<Regex>,
    citizenship: Option<Vec<String>>,
    location: Option<Vec<String>>,
    access_level: Option<AccessLevel>,
    data_categories: Option<Vec<String>>,
    longer_than_seconds: Option<i64>,
    tenant_tags: Option<Vec<String>>,
    within: Option<String>,
    outside: Option<String>,
}

impl Matcher {
    /// Makes a match ready.
    ///
    /// # Errors
    /// What is wrong with the pattern for tickets.
    pub(super) fn new(matches: &Match) -> Result<Self, String> {
        let list = |texts: &Option<Vec<String>>| texts.as_deref().map(all_folded);
        Ok(Self {
            services: list(&matches.services),
            resources: list(&matches.resources),
            reason_words: matches
                .reason_words
                .as_ref()
                .map(|entries| entries.iter().map(|entry| words(entry)).collect()),
            ticket_present: matches.ticket_present,
            ticket_pattern: matches.ticket_pattern.as_deref().map(pattern).transpose()?,
            citizenship: list(&matches.citizenship),
            location: list(&matches.location),
            access_level: matches.access_level,
            data_categories: list(&matches.data_categories),
            longer_than_seconds: matches
                .longer_than_minutes
                .map(|minutes| i64::from(minutes) * 60),
            tenant_tags: list(&matches.tenant_tags),
            within: matches.within.clone(),
            outside: matches.outside.clone(),
        })
    }

    /// Whether it holds for so much of the request. Calendars come last, and `consulted` tells
    /// whether one was asked.
    pub(super) fn holds(
        &self,
        subject: &Subject,
        extent: Extent,
        calendars: &BTreeMap<String, Calendar>,
        consulted: &mut bool,
    ) -> bool {
        self.holds_timeless(subject, extent)
            && self.open(self.within.as_deref(), subject, calendars, consulted) != Some(false)
            && self.open(self.outside.as_deref(), subject, calendars, consulted) != Some(true)
    }

    fn holds_timeless(&self, subject: &Subject, extent: Extent) -> bool {
        let one = |list: &Option<Vec<String>>, word: Option<&String>| match list {
            None => true,
            Some(list) => word.is_some_and(|word| list.contains(word)),
        };
        one(&self.services, Some(&subject.service))
            && one(&self.citizenship, subject.citizenship.as_ref())
            && one(&self.location, subject.location.as_ref())
            && self.data_categories.as_ref().is_none_or(|list| {
                extent.holds(&subject.data_categories, |category| list.contains(category))
            })
            && self
                .tenant_tags
                .as_ref()
                .is_none_or(|list| subject.tenant_tags.iter().any(|tag| list.contains(tag)))
            && self
                .access_level
                .is_none_or(|level| level == subject.access_level)
            && self
                .ticket_present
                .is_none_or(|present| present == subject.has_ticket())
            && self
                .longer_than_seconds
                .is_none_or(|seconds| subject.duration_seconds > seconds)
            && self.resources.as_ref().is_none_or(|globs| {
                extent.holds(&subject.resources, |resource| {
                    globs.iter().any(|glob| glob_holds(glob, resource))
                })
            })
            && self.reason_words.as_ref().is_none_or(|entries| {
                entries
                    .iter()
                    .any(|entry| speaks_of(&subject.reason, entry))
            })
            && self
                .ticket_pattern
                .as_ref()
                .is_none_or(|pattern| pattern.is_match(&subject.ticket))
    }

    fn open(
        &self,
        name: Option<&str>,
        subject: &Subject,
        calendars: &BTreeMap<String, Calendar>,
        consulted: &mut bool,
    ) -> Option<bool> {
        let calendar = calendars.get(name?)?;
        *consulted = true;
        Some(calendar.open_at(subject.arrived_at))
    }
}

/// A pattern that the whole text has to match, without case.
///
/// # Errors
/// What is wrong with it.
pub(super) fn pattern(source: &str) -> Result<Regex, String> {
    let build = |source: &str| {
        RegexBuilder::new(source)
            .case_insensitive(true)
            .size_limit(PATTERN_BYTES)
            .dfa_size_limit(PATTERN_BYTES)
            .build()
            .map_err(|error| match error {
                regex::Error::CompiledTooBig(_) => "it becomes too large".to_owned(),
                // The last line says what is wrong; those before draw a picture of it.
                other => {
                    let text = other.to_string();
                    let line = text.lines().last().unwrap_or_default();
                    line.trim_start_matches("error: ").to_owned()
                }
            })
    };
    // First alone: within the anchors a stray parenthesis might close what it should not.
    build(source)?;
    build(&format!(r"\A(?:{source})\z"))
}

/// Whether some words stand in a text one after the other.
fn speaks_of(text: &[String], entry: &[String]) -> bool {
    !entry.is_empty() && text.windows(entry.len()).any(|part| part == entry)
}

/// Whether a text is as `glob` says, in which `*` stands for any text. Takes time proportional to
/// the product of the lengths at worst.
fn glob_holds(glob: &str, text: &str) -> bool {
    let mut parts = glob.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let Some(last) = parts.next_back() else {
        // No star at all.
        return rest.is_empty();
    };
    for part in parts {
        // The first place will do: whatever a later one leaves over, this one leaves as well.
        match rest.split_once(part) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
#[path = "matching_tests.rs"]
mod tests;
