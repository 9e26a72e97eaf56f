//! Holidays from an iCalendar file (RFC 5545): its all-day events, as dates.
//!
//! What would be read only in part is an error, as a day that is left out silently is a day on
//! which somebody is let in. Events with a time of day are no holidays, and are told of.

mod event;
mod repeat;

use crate::clock::zones::{Date, add_days};
use event::Event;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

/// The most events of a file.
pub(super) const EVENTS: usize = 10_000;

/// The longest line, its continuations counted in, in bytes.
pub(super) const LONGEST_LINE: usize = 64 * 1024;

/// The most days of one event.
pub(super) const LONGEST_EVENT: i32 = 366;

/// The most days of all events together, before those outside the years are left out.
pub(super) const MOST_DAYS: usize = 100_000;

/// What was found.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    /// The days, and what is celebrated.
    pub(super) holidays: BTreeMap<Date, Option<String>>,
    /// Why other events are left out.
    pub(super) left_out: Vec<String>,
    /// How many days lie outside the years.
    pub(super) outside: usize,
}

/// Reads a file's holidays of some years.
///
/// # Errors
/// What is wrong, with the number of the line.
pub(super) fn read(text: &str, years: &RangeInclusive<i16>) -> Result<Found, String> {
    let events = events(text)?;
    let mut found = Found::default();
    // A day of a series that has an event of its own: moved, renamed or cancelled.
    let moved: BTreeSet<(&str, Date)> = events
        .iter()
        .filter_map(|event| Some((event.uid.as_str(), event.instead_of?)))
        .collect();
    let mut days = 0;
    for event in events.iter().filter(|event| !event.cancelled) {
        let Some(start) = event.start else {
            let (line, name) = (event.line, event.shown());
            let reason = format!("line {line}: {name} has a time of day: no holiday");
            found.left_out.push(reason);
            continue;
        };
        for first in event.dates(start, *years.end())? {
            let of_series = event.instead_of.is_none();
            if of_series && moved.contains(&(event.uid.as_str(), first)) {
                continue;
            }
            for date in (0..event.days).filter_map(|days| add_days(first, days)) {
                days += 1;
                if days > MOST_DAYS {
                    let line = event.line;
                    return Err(format!("line {line}: more than {MOST_DAYS} days in all."));
                }
                if years.contains(&date.year()) {
                    let name = || event.summary.clone();
                    found.holidays.entry(date).or_insert_with(name);
                } else {
                    found.outside += 1;
                }
            }
        }
    }
    Ok(found)
}

/// One line, its continuations joined to it.
struct Line {
    number: usize,
    name: String,
    /// Parameters as they stand: `;VALUE=DATE`.
    params: String,
    value: String,
}

fn events(text: &str) -> Result<Vec<Event>, String> {
    let mut events: Vec<Event> = Vec::new();
    // The components that are open, with the lines on which they begin.
    let mut open: Vec<(String, usize)> = Vec::new();
    let mut calendars = 0;
    for line in lines(text)? {
        let number = line.number;
        match line.name.as_str() {
            "BEGIN" => {
                let component = line.value.to_uppercase();
                match (component.as_str(), open.len()) {
                    ("VCALENDAR", 0) => calendars += 1,
                    ("VEVENT", 1) if events.len() >= EVENTS => {
                        return Err(format!("line {number}: more than {EVENTS} events."));
                    }
                    ("VEVENT", 1) => events.push(Event::new(number)),
                    (_, 0) => return Err(no_calendar(number)),
                    _ => {}
                }
                open.push((component, number));
            }
            "END" => match open.pop() {
                Some((component, _)) if component.eq_ignore_ascii_case(&line.value) => {
                    if component == "VEVENT" && open.len() == 1 {
                        events.last_mut().map(Event::finish).transpose()?;
                    }
                }
                Some((component, begun)) => {
                    let end = &line.value;
                    return Err(format!(
                        "line {number}: END:{end}, but line {begun} begins {component}."
                    ));
                }
                None => return Err(no_calendar(number)),
            },
            _ => match (open.as_slice(), events.last_mut()) {
                ([_, (component, _)], Some(event)) if component == "VEVENT" => event.take(&line)?,
                ([], _) => return Err(no_calendar(number)),
                _ => {}
            },
        }
    }
    match open.last() {
        Some((component, begun)) => Err(format!(
            "the file ends before the {component} of line {begun} does."
        )),
        None if calendars == 0 => Err(no_calendar(1)),
        None => Ok(events),
    }
}

fn no_calendar(number: usize) -> String {
    format!("line {number}: this is no iCalendar file: it would begin with BEGIN:VCALENDAR.")
}

fn lines(text: &str) -> Result<Vec<Line>, String> {
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let mut whole: Vec<(usize, String)> = Vec::new();
    for (index, line) in text.split('\n').enumerate() {
        let line = line.strip_suffix('\r').unwrap_or(line);
        match (line.strip_prefix([' ', '\t']), whole.last_mut()) {
            (Some(more), Some((_, begun))) => begun.push_str(more),
            _ => whole.push((index + 1, line.to_owned())),
        }
        if let Some((number, _)) = whole.last().filter(|(_, line)| line.len() > LONGEST_LINE) {
            return Err(format!("line {number}: longer than {LONGEST_LINE} bytes."));
        }
    }
    let said = whole
        .into_iter()
        .filter(|(_, line)| !line.trim().is_empty());
    said.map(|(number, line)| parts(number, &line)).collect()
}

/// `NAME;PARAM=VALUE:value`; a parameter in quotes may hold colons.
fn parts(number: usize, line: &str) -> Result<Line, String> {
    let mut quoted = false;
    let colon = line.find(|letter| {
        quoted ^= letter == '"';
        letter == ':' && !quoted
    });
    let Some((head, value)) = colon.and_then(|at| Some((line.get(..at)?, line.get(at + 1..)?)))
    else {
        return Err(format!("line {number}: there is no colon in it."));
    };
    let (name, params) = head.split_at(head.find(';').unwrap_or(head.len()));
    Ok(Line {
        number,
        name: name.to_uppercase(),
        params: params.to_uppercase(),
        value: value.trim().to_owned(),
    })
}

#[cfg(test)]
#[path = "ics_tests.rs"]
mod tests;
