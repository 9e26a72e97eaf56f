//! What is wrong with a document, where, and what to write instead.
//!
//! Three circles: what the document itself shows (here and in `rules`, held whenever it is
//! compiled), what only the daemon knows ([`surroundings`]), and what only the tenant's people
//! show ([`people`]). The last two are for those who put a policy in force: a policy in force goes
//! on working when a service or a person is gone.

mod asks;
mod rules;
mod tenant;

pub(super) use rules::{conditions, rule};
pub use tenant::{People, Person, Surroundings, people, surroundings};

use crate::clock::Timestamp;
use crate::clock::zones::Zone;
use crate::domain::policy::Zones;
use crate::domain::policy::document::{Delegate, Document, FORMAT};
use crate::domain::policy::effective::Problem;
use crate::domain::policy::matching::folded;
use crate::error::near_word;
use std::collections::BTreeSet;
use std::ops::RangeInclusive;

/// The most rules of a document.
pub const RULES: usize = 200;
/// The most calendars.
pub const CALENDARS: usize = 50;
/// The most groups.
pub const GROUPS: usize = 50;
/// The most delegates.
pub const DELEGATES: usize = 100;
/// The most entries of a list in a match, a group, or approvers.
pub const ENTRIES: usize = 100;
/// The most characters of an entry.
pub const ENTRY: usize = 256;
/// The most characters of the name of a rule, a calendar or a group.
pub const NAME: usize = 64;
/// The most characters of a description or a reason.
pub const TEXT: usize = 1_000;
/// The most characters of a pattern for tickets.
pub const PATTERN: usize = 256;
/// The most stages of a rule.
pub const STAGES: usize = 5;
/// The most approvals of a stage, and the most denials that may be asked for.
pub const VOTES: u32 = 20;
/// The most reminders of a rule.
pub const REMINDERS: usize = 10;
/// The most escalations of a rule.
pub const ESCALATIONS: usize = 5;
/// Minutes of a time to answer, a reminder, an escalation, or an access: up to a week.
pub const MINUTES: RangeInclusive<u32> = 1..=168 * 60;
/// Hours of the recovery where a change takes two.
pub const RECOVERY_HOURS: RangeInclusive<u32> = 24..=720;

/// Words that stand where a rule's id does, for what comes from no rule.
const RESERVED: [&str; 3] = ["settings", "profile", "default"];

/// Problems under way.
#[derive(Default)]
pub(super) struct Problems(pub(super) Vec<Problem>);

impl Problems {
    fn add(
        &mut self,
        pointer: impl Into<String>,
        message: impl Into<String>,
        suggestion: impl Into<String>,
    ) {
        self.0.push(Problem {
            pointer: pointer.into(),
            message: message.into(),
            suggestion: suggestion.into(),
        });
    }

    /// A name that is not among the known ones.
    fn unknown(&mut self, pointer: impl Into<String>, what: &str, name: &str, known: &[&str]) {
        let suggestion = match (near_word(name, known), known) {
            (Some(meant), _) => format!("Did you mean '{meant}'?"),
            (None, []) => format!("There is no {what} yet: add it, or leave this out."),
            (None, known) => format!("Known: {}.", known.join(", ")),
        };
        let shown: String = name.chars().take(NAME).collect();
        self.add(
            pointer,
            format!("There is no {what} '{shown}'."),
            suggestion,
        );
    }

    fn at_most(&mut self, pointer: impl Into<String>, what: &str, count: usize, limit: usize) {
        if count > limit {
            self.add(
                pointer,
                format!("{count} {what} are too many."),
                format!("At most {limit}."),
            );
        }
    }

    fn within(&mut self, pointer: String, what: &str, number: u32, bounds: &RangeInclusive<u32>) {
        if !bounds.contains(&number) {
            let (low, high) = (bounds.start(), bounds.end());
            self.add(
                pointer,
                format!("{what} cannot be {number}."),
                format!("Write a whole number from {low} to {high}."),
            );
        }
    }

    /// Text for people: not empty, not too long, without control characters.
    fn text(&mut self, pointer: impl Into<String>, text: &str, longest: usize) {
        let control = |c: char| c.is_control() && c != '\t' && c != '\n';
        if text.trim().is_empty() || text.chars().count() > longest || text.contains(control) {
            self.add(
                pointer,
                "This text is empty, too long, or holds control characters.",
                format!("Write 1 to {longest} characters; tab and line feed may be among them."),
            );
        }
    }

    fn name(&mut self, pointer: impl Into<String>, name: &str) {
        let sound = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        let starts = name.starts_with(|c: char| c.is_ascii_alphanumeric());
        if !starts || name.len() > NAME || !name.chars().all(sound) {
            self.add(
                pointer,
                "This is no name.",
                format!(
                    "Write 1 to {NAME} letters, digits, '-' and '_', the first a letter or digit."
                ),
            );
        }
    }
}

/// A step of a JSON pointer.
pub(super) fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// The zone of a calendar.
pub(super) fn zone<'a>(zones: &'a Zones, name: &str, calendar: &str) -> Result<&'a Zone, Problem> {
    let problem = |message, suggestion| Problem {
        pointer: format!("{calendar}/zone"),
        message,
        suggestion,
    };
    let example = || "Write an IANA name, such as Europe/Zurich.".to_owned();
    match zones.get(name) {
        Some(Ok(zone)) => Ok(zone),
        Some(Err(unknown)) => {
            let message = format!("There is no time zone '{}' here.", name.escape_debug());
            let suggestion = match unknown.near.as_slice() {
                _ if !unknown.database => "Install the package tzdata.".to_owned(),
                [] => example(),
                near => format!("Did you mean {}?", near.join(" or ")),
            };
            Err(problem(message, suggestion))
        }
        None => Err(problem(
            format!("The zone '{name}' was not looked for."),
            example(),
        )),
    }
}

/// Everything outside the rules, and what rules have among themselves.
pub(super) fn document(document: &Document) -> Vec<Problem> {
    let mut problems = Problems::default();
    if document.format != FORMAT {
        problems.add(
            "/format",
            "This program does not know the format.",
            format!("Write \"{FORMAT}\"."),
        );
    }
    if let Some(text) = &document.description {
        problems.text("/description", text, TEXT);
    }
    problems.at_most("/rules", "rules", document.rules.len(), RULES);
    problems.at_most(
        "/calendars",
        "calendars",
        document.calendars.len(),
        CALENDARS,
    );
    problems.at_most("/groups", "groups", document.groups.len(), GROUPS);
    problems.at_most(
        "/delegates",
        "delegates",
        document.delegates.len(),
        DELEGATES,
    );
    for name in document.calendars.keys() {
        problems.name(format!("/calendars/{}", escaped(name)), name);
    }
    for (name, members) in &document.groups {
        let at = format!("/groups/{}", escaped(name));
        problems.name(at.clone(), name);
        problems.at_most(&at, "members", members.len(), ENTRIES);
        if members.is_empty() {
            problems.add(
                &at,
                "This group is empty.",
                "Name its members, or leave it out.",
            );
        }
        for (index, member) in members.iter().enumerate() {
            problems.text(format!("{at}/{index}"), member, ENTRY);
        }
    }
    for (index, delegate) in document.delegates.iter().enumerate() {
        self::delegate(delegate, &format!("/delegates/{index}"), &mut problems);
    }
    if let Some(four_eyes) = document.four_eyes {
        problems.within(
            "/fourEyes/recoveryHours".to_owned(),
            "The delay of the recovery",
            four_eyes.recovery_hours,
            &RECOVERY_HOURS,
        );
    }
    let mut ids = BTreeSet::new();
    for (index, rule) in document.rules.iter().enumerate() {
        let at = format!("/rules/{index}/id");
        problems.name(at.clone(), &rule.id);
        let id = folded(&rule.id);
        if RESERVED.contains(&id.as_str()) {
            problems.add(
                &at,
                format!("'{id}' means what comes from no rule."),
                "Choose another id.",
            );
        }
        if !ids.insert(id) {
            problems.add(
                &at,
                format!("Another rule is called '{}' too.", rule.id),
                "Give every rule an id of its own; large and small letters are the same.",
            );
        }
    }
    problems.0
}

fn delegate(delegate: &Delegate, at: &str, problems: &mut Problems) {
    problems.text(format!("{at}/person"), &delegate.person, ENTRY);
    problems.text(format!("{at}/to"), &delegate.to, ENTRY);
    if folded(&delegate.person) == folded(&delegate.to) {
        problems.add(
            format!("{at}/to"),
            "Nobody stands in for themselves.",
            "Name somebody else.",
        );
    }
    let mut instant = |name: &str, text: &str| {
        let instant = Timestamp::parse(text);
        if instant.is_none() {
            problems.add(
                format!("{at}/{name}"),
                "This is no instant with a zone.",
                "Write RFC 3339, such as 2026-11-21T12:00:00Z.",
            );
        }
        instant
    };
    let from = instant("from", &delegate.from);
    let until = instant("until", &delegate.until);
    if let (Some(from), Some(until)) = (from, until)
        && from >= until
    {
        problems.add(
            format!("{at}/until"),
            "The time ends before it begins.",
            "Write an instant after 'from'.",
        );
    }
}

#[cfg(test)]
#[path = "check_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "check_tenant_tests.rs"]
mod tenant_tests;
