//! A tenant's policy: rules that judge a request when it arrives, and say how people are asked.
//!
//! Deny before approve before ask, whatever the order in the document. A document is compiled with
//! the zones that it names, which are values here; so judging reads no clock and no zone file.

pub mod arrival;
mod asked;
pub mod calendar;
pub mod check;
mod condition;
pub mod difference;
pub mod document;
pub mod effective;
pub mod judge;
mod matching;
pub mod simulation;
pub mod stored;
pub mod stricter;
#[cfg(test)]
mod testing;

pub use condition::LONGEST_CONDITION;
pub use judge::{Facts, Given};

use crate::clock::Timestamp;
use crate::clock::zones::{UnknownZone, Zone};
use crate::crypto::canonical::canonical_json;
use crate::crypto::sha256;
use crate::domain::policy::calendar::Calendar;
use crate::domain::policy::condition::{Condition, Variables};
use crate::domain::policy::document::{Document, Rule};
use crate::domain::policy::effective::{Act, Level, Problem};
use crate::domain::policy::matching::{Extent, Matcher, Subject};
use cel::Env;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// The zones of a document ([`Document::zone_names`]) as this machine has them.
pub type Zones = BTreeMap<String, Result<Zone, UnknownZone>>;

/// A document that can judge.
pub struct Policy {
    document: Document,
    hash: String,
    calendars: BTreeMap<String, Calendar>,
    /// Sorted by id, so that the order of writing is gone.
    rules: Vec<CompiledRule>,
    /// What conditions are evaluated in; there only where a rule has one.
    env: Option<Arc<Env>>,
}

/// A rule, made ready.
#[derive(Debug)]
struct CompiledRule {
    rule: Rule,
    act: Act,
    level: Level,
    matches: Option<Matcher>,
    unless: Option<Matcher>,
    when: Option<Condition>,
}

impl Policy {
    /// Makes a document ready to judge.
    ///
    /// # Errors
    /// Everything that is wrong with the document in itself, with pointers into it. What only the
    /// daemon and the tenant can know is held by [`check::surroundings`] and [`check::people`].
    pub fn compile(document: Document, zones: &Zones) -> Result<Self, Vec<Problem>> {
        let mut problems = check::document(&document);
        let mut calendars = BTreeMap::new();
        for (name, plan) in &document.calendars {
            let at = format!("/calendars/{}", check::escaped(name));
            match check::zone(zones, &plan.zone, &at) {
                Ok(zone) => match Calendar::new(plan, zone.clone()) {
                    Ok(calendar) => {
                        calendars.insert(name.clone(), calendar);
                    }
                    Err(wrong) => problems.extend(wrong.into_iter().map(|problem| Problem {
                        pointer: format!("{at}{}", problem.pointer),
                        ..problem
                    })),
                },
                Err(problem) => problems.push(problem),
            }
        }
        let mut rules = Vec::new();
        for (index, rule) in document.rules.iter().enumerate() {
            match check::rule(&document, rule, index) {
                Ok(rule) => rules.push(rule),
                Err(wrong) => problems.extend(wrong),
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        rules.sort_by(|one, other| one.rule.id.cmp(&other.rule.id));
        let conditions = rules.iter().any(|rule| rule.when.is_some());
        let policy = Self {
            hash: hash(&document)?,
            env: conditions.then(|| Arc::new(Env::stdlib())),
            document,
            calendars,
            rules,
        };
        match check::conditions(&policy) {
            problems if problems.is_empty() => Ok(policy),
            problems => Err(problems),
        }
    }

    /// The document that it was made of.
    #[must_use]
    pub fn document(&self) -> &Document {
        &self.document
    }

    /// SHA-256 of the document's canonical JSON (RFC 8785), in hex.
    #[must_use]
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// A calendar by its name.
    #[must_use]
    pub fn calendar(&self, name: &str) -> Option<&Calendar> {
        self.calendars.get(name)
    }

    /// Version of the time zones that its calendars were read from.
    #[must_use]
    pub fn tzdb(&self) -> Option<String> {
        self.calendars
            .values()
            .find_map(|calendar| calendar.zone().tzdb().map(str::to_owned))
    }

    /// When any of its calendars opens or closes next.
    #[must_use]
    pub fn next_change(&self, now: Timestamp) -> Option<Timestamp> {
        let next = |calendar: &Calendar| {
            calendar
                .closing_after(now)
                .or_else(|| calendar.next_opening(now).filter(|opens| now < *opens))
        };
        self.calendars.values().filter_map(next).min()
    }

    /// Whether a rule has a condition. Judging then takes longer than a memory access or two, so
    /// it does not belong on a thread that serves others.
    #[must_use]
    pub fn has_conditions(&self) -> bool {
        self.env.is_some()
    }

    /// For how much of a request a rule holds; nothing where it does not. What an `unless` leaves
    /// out is left out of a whole request only where it covers the whole. `consulted` tells whether
    /// a calendar had a say.
    fn extent(
        &self,
        rule: &CompiledRule,
        facts: &Facts<'_>,
        subject: &Subject,
        variables: &mut Option<Variables>,
        consulted: &mut bool,
    ) -> Option<Extent> {
        let mut holds = |matches: Extent, unless: Extent| {
            let mut one = |matcher: &Matcher, extent: Extent| {
                matcher.holds(subject, extent, &self.calendars, consulted)
            };
            (rule.matches.as_ref()).is_none_or(|matcher| one(matcher, matches))
                && !(rule.unless.as_ref()).is_some_and(|matcher| one(matcher, unless))
        };
        if !holds(Extent::Part, Extent::Whole) {
            return None;
        }
        let extent = match holds(Extent::Whole, Extent::Part) {
            true => Extent::Whole,
            false => Extent::Part,
        };
        let (Some(when), Some(env)) = (&rule.when, &self.env) else {
            return Some(extent);
        };
        *consulted |= when.calendars().next().is_some();
        let variables =
            variables.get_or_insert_with(|| Variables::new(env, facts, &self.calendars));
        let holds = when.holds(variables).unwrap_or(rule.act != Act::Approve);
        holds.then_some(extent)
    }
}

impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Policy")
            .field("hash", &self.hash)
            .field("rules", &self.rules.len())
            .finish_non_exhaustive()
    }
}

/// SHA-256 of a document's canonical JSON (RFC 8785), in hex. The order of the rules is part of
/// it, though it means nothing.
fn hash(document: &Document) -> Result<String, Vec<Problem>> {
    serde_json::to_value(document)
        .ok()
        .and_then(|value| canonical_json(&value).ok())
        .map(|bytes| hex::encode(sha256(&[&bytes])))
        .ok_or_else(|| {
            vec![Problem {
                pointer: String::new(),
                message: "The document has no canonical form.".to_owned(),
                suggestion: "Write numbers that are whole, and text in UTF-8.".to_owned(),
            }]
        })
}
