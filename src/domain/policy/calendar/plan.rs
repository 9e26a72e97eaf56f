//! Reading a calendar's plan, with everything that is wrong with it.

use super::{Calendar, EXCEPTIONS, HOLIDAYS, MINUTES_PER_DAY, SPANS_PER_DAY, Span};
use crate::clock::zones::{Date, Zone};
use crate::domain::policy::document::CalendarPlan;
use crate::domain::policy::effective::Problem;
use crate::error::near_word;
use std::collections::{BTreeMap, BTreeSet};

const WEEKDAYS: [&str; 7] = [
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
];

pub(super) fn read(plan: &CalendarPlan, zone: Zone) -> Result<Calendar, Vec<Problem>> {
    let mut problems = Problems::default();
    let weekly = weekly(plan, &mut problems);
    let days = days(plan, &mut problems);
    if weekly.iter().chain(days.values()).all(Vec::is_empty) && problems.0.is_empty() {
        problems.add(
            "/weekly",
            "This calendar is never open.",
            "Give at least one weekday a span, such as \"monday-friday\": [\"08:00-18:00\"].",
        );
    }
    if problems.0.is_empty() {
        Ok(Calendar { zone, weekly, days })
    } else {
        Err(problems.0)
    }
}

#[derive(Default)]
struct Problems(Vec<Problem>);

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

    fn too_many(&mut self, pointer: String, what: &str, count: usize, limit: usize) {
        self.add(
            pointer,
            format!("{count} {what} are too many."),
            format!("At most {limit}."),
        );
    }
}

fn weekly(plan: &CalendarPlan, problems: &mut Problems) -> [Vec<Span>; 7] {
    let mut weekly: [Vec<Span>; 7] = Default::default();
    let mut named = BTreeSet::new();
    for (key, spans) in &plan.weekly {
        let pointer = format!("/weekly/{}", key.replace('~', "~0").replace('/', "~1"));
        let read = self::spans(spans, &pointer, problems);
        for day in weekdays(key, &pointer, problems) {
            if !named.insert(day) {
                let name = WEEKDAYS.get(day).copied().unwrap_or_default();
                problems.add(
                    &pointer,
                    format!("The hours of {name} are given twice."),
                    format!("Leave {name} out of one of the two."),
                );
            }
            if let Some(place) = weekly.get_mut(day) {
                place.clone_from(&read);
            }
        }
    }
    weekly
}

/// The days that a key of `weekly` names, Monday being 0.
fn weekdays(key: &str, pointer: &str, problems: &mut Problems) -> Vec<usize> {
    let mut day = |name: &str| {
        let found = WEEKDAYS.iter().position(|known| *known == name);
        if found.is_none() {
            let lower = name.trim().to_lowercase();
            let short = WEEKDAYS
                .iter()
                .find(|known| lower.len() >= 2 && known.starts_with(&lower));
            let suggestion = match short.copied().or_else(|| near_word(name, &WEEKDAYS)) {
                Some(meant) => format!("Did you mean {meant}?"),
                None => "monday to sunday, or several as monday-friday.".to_owned(),
            };
            problems.add(pointer, format!("'{name}' is no weekday."), suggestion);
        }
        found
    };
    let (from, to) = match key.split_once('-') {
        Some((from, to)) => (day(from), day(to)),
        None => {
            let single = day(key);
            (single, single)
        }
    };
    let (Some(from), Some(to)) = (from, to) else {
        return Vec::new();
    };
    // A range may run over the end of the week: saturday-monday.
    let length = (to + 7 - from) % 7;
    (from..=from + length).map(|day| day % 7).collect()
}

fn days(plan: &CalendarPlan, problems: &mut Problems) -> BTreeMap<Date, Vec<Span>> {
    let mut days = BTreeMap::new();
    if plan.holidays.len() > HOLIDAYS {
        let count = plan.holidays.len();
        problems.too_many("/holidays".to_owned(), "holidays", count, HOLIDAYS);
    }
    for (index, holiday) in plan.holidays.iter().enumerate().take(HOLIDAYS) {
        let pointer = format!("/holidays/{index}/date");
        if let Some(date) = date(&holiday.date, &pointer, problems)
            && days.insert(date, Vec::new()).is_some()
        {
            problems.add(
                pointer,
                format!("The holiday {date} is there twice."),
                "Leave one of them out.",
            );
        }
    }
    if plan.exceptions.len() > EXCEPTIONS {
        let count = plan.exceptions.len();
        problems.too_many("/exceptions".to_owned(), "exceptions", count, EXCEPTIONS);
    }
    let mut excepted = BTreeSet::new();
    for (index, exception) in plan.exceptions.iter().enumerate().take(EXCEPTIONS) {
        let pointer = format!("/exceptions/{index}");
        let spans = spans(&exception.open, &format!("{pointer}/open"), problems);
        let pointer = format!("{pointer}/date");
        let Some(date) = date(&exception.date, &pointer, problems) else {
            continue;
        };
        if !excepted.insert(date) {
            problems.add(
                pointer,
                format!("The exception {date} is there twice."),
                "Write all hours of a day into one exception.",
            );
        }
        days.insert(date, spans);
    }
    days
}

/// A date in its one form, `2026-12-25`.
fn date(text: &str, pointer: &str, problems: &mut Problems) -> Option<Date> {
    let date = text.parse::<Date>().ok();
    let date = date.filter(|date| date.to_string() == text && date.year() >= 0);
    if date.is_none() {
        problems.add(
            pointer,
            format!("'{}' is no date.", text.escape_debug()),
            "Write year, month and day of a day that exists, as in 2026-12-25.",
        );
    }
    date
}

/// The spans of one day, rising.
fn spans(texts: &[String], pointer: &str, problems: &mut Problems) -> Vec<Span> {
    if texts.len() > SPANS_PER_DAY {
        problems.too_many(pointer.to_owned(), "spans", texts.len(), SPANS_PER_DAY);
        return Vec::new();
    }
    let mut read: Vec<(Span, usize)> = Vec::new();
    for (index, text) in texts.iter().enumerate() {
        match span(text) {
            Some(span) => read.push((span, index)),
            None => problems.add(
                format!("{pointer}/{index}"),
                format!("'{}' is no span of hours.", text.escape_debug()),
                "Write opening and closing as in 08:00-12:00; 22:00-06:00 ends on the next day, 00:00-24:00 is all day.",
            ),
        }
    }
    read.sort_by_key(|(span, index)| (span.opens, *index));
    for ((before, first), (after, second)) in read.iter().zip(read.iter().skip(1)) {
        if after.opens < before.closes {
            let text = |index: usize| texts.get(index).map_or("", String::as_str);
            problems.add(
                format!("{pointer}/{second}"),
                format!("{} overlaps with {}.", text(*second), text(*first)),
                "Write them as one, or let one end where the other begins.",
            );
        }
    }
    read.into_iter().map(|(span, _)| span).collect()
}

/// `08:00-12:00`.
fn span(text: &str) -> Option<Span> {
    let (opens, closes) = text.split_once('-')?;
    let (opens, closes) = (minutes(opens)?, minutes(closes)?);
    if opens == MINUTES_PER_DAY {
        return None;
    }
    let closes = if closes <= opens {
        closes + MINUTES_PER_DAY
    } else {
        closes
    };
    Some(Span { opens, closes })
}

/// `08:00`, up to `24:00`.
fn minutes(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let two = |digits: &str| {
        (digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| digits.parse::<u16>().ok())
            .flatten()
    };
    let (hours, minutes) = (two(hours)?, two(minutes)?);
    let total = hours * 60 + minutes;
    (minutes < 60 && total <= MINUTES_PER_DAY).then_some(total)
}
