//! One event.

use super::repeat::Rule;
use super::{LONGEST_EVENT, Line, MOST_DAYS};
use crate::clock::zones::Date;
use std::collections::BTreeSet;

/// The longest name of a holiday, in letters.
const LONGEST_NAME: usize = 100;

/// An event as it is read, line by line.
pub(super) struct Event {
    /// The line on which it begins.
    pub(super) line: usize,
    pub(super) uid: String,
    pub(super) summary: Option<String>,
    /// Its first day; nothing where it has a time of day.
    pub(super) start: Option<Date>,
    pub(super) days: i32,
    pub(super) cancelled: bool,
    /// The day of a series in whose place it stands.
    pub(super) instead_of: Option<Date>,
    started: bool,
    end: Option<(usize, Date)>,
    rule: Option<Rule>,
    also: BTreeSet<Date>,
    never: BTreeSet<Date>,
}

impl Event {
    pub(super) fn new(line: usize) -> Self {
        Self {
            line,
            uid: String::new(),
            summary: None,
            start: None,
            days: 1,
            cancelled: false,
            instead_of: None,
            started: false,
            end: None,
            rule: None,
            also: BTreeSet::new(),
            never: BTreeSet::new(),
        }
    }

    /// Takes one property; those that say nothing about the days are passed over.
    pub(super) fn take(&mut self, line: &Line) -> Result<(), String> {
        match line.name.as_str() {
            "UID" => self.uid.clone_from(&line.value),
            "SUMMARY" => self.summary = name(&line.value),
            "STATUS" => self.cancelled = line.value.eq_ignore_ascii_case("CANCELLED"),
            "DTSTART" => {
                self.started = true;
                self.start = whole_day(line)?;
            }
            "DTEND" => self.end = whole_day(line)?.map(|date| (line.number, date)),
            "DURATION" => self.days = duration(line)?,
            // A second one would be read in place of the first.
            "RRULE" if self.rule.is_some() => {
                return Err(format!("line {}: a second RRULE.", line.number));
            }
            "RRULE" => self.rule = Some(Rule::read(line)?),
            "EXRULE" => {
                return Err(format!(
                    "line {}: EXRULE is not read; write the days as EXDATE.",
                    line.number
                ));
            }
            "RDATE" => self.also.extend(dates(line)?),
            "EXDATE" => self.never.extend(dates(line)?),
            "RECURRENCE-ID" => self.instead_of = Some(date(line, &line.value)?),
            _ => {}
        }
        Ok(())
    }

    /// What can only be said at its end.
    pub(super) fn finish(&mut self) -> Result<(), String> {
        let line = self.line;
        if !self.started {
            return Err(format!("line {line}: this event has no DTSTART."));
        }
        if let (Some(start), Some((line, end))) = (self.start, self.end) {
            let apart = (end - start).get_days();
            if apart < 0 {
                return Err(format!("line {line}: it ends before it starts."));
            }
            // The end is the first day after; some programs write the start itself for one day.
            self.days = apart.max(1);
        }
        if self.days > LONGEST_EVENT {
            return Err(format!(
                "line {line}: an event of more than {LONGEST_EVENT} days."
            ));
        }
        Ok(())
    }

    /// The days on which it begins, up to the end of a year.
    pub(super) fn dates(&self, start: Date, last_year: i16) -> Result<BTreeSet<Date>, String> {
        let mut dates = match &self.rule {
            Some(rule) => rule.dates(start, last_year),
            None => BTreeSet::from([start]),
        };
        dates.extend(&self.also);
        if dates.len() > MOST_DAYS {
            let line = self.line;
            return Err(format!("line {line}: more than {MOST_DAYS} days in all."));
        }
        dates.retain(|date| !self.never.contains(date));
        Ok(dates)
    }

    /// Its name for people.
    pub(super) fn shown(&self) -> String {
        match &self.summary {
            Some(summary) => format!("'{summary}'"),
            None => "an event without a name".to_owned(),
        }
    }
}

/// A text as it is meant, on one line.
fn name(value: &str) -> Option<String> {
    let mut text = String::new();
    let mut letters = value.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => text.extend(letters.next().map(|escaped| match escaped {
                'n' | 'N' => ' ',
                other => other,
            })),
            other if other.is_control() => text.push(' '),
            other => text.push(other),
        }
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    let text: String = words.join(" ").chars().take(LONGEST_NAME).collect();
    (!text.is_empty()).then_some(text)
}

/// A day, or nothing where the property has a time of day.
fn whole_day(line: &Line) -> Result<Option<Date>, String> {
    if line.value.contains('T') {
        return date(line, &line.value).map(|_| None);
    }
    date(line, &line.value).map(Some)
}

/// Several days; where they have a time of day, the days are meant.
fn dates(line: &Line) -> Result<Vec<Date>, String> {
    if line.params.contains("VALUE=PERIOD") {
        return Err(format!("line {}: periods are not read.", line.number));
    }
    let parts = line.value.split(',');
    parts.map(|part| date(line, part.trim())).collect()
}

/// `20261225`, also before a time of day.
pub(super) fn date(line: &Line, text: &str) -> Result<Date, String> {
    let day = text.split('T').next().unwrap_or_default();
    let number = |range: std::ops::Range<usize>| day.get(range)?.parse::<i16>().ok();
    let read = || {
        let digits = day.len() == 8 && day.bytes().all(|byte| byte.is_ascii_digit());
        let month = i8::try_from(number(4..6)?).ok()?;
        let of_month = i8::try_from(number(6..8)?).ok()?;
        let date = Date::new(number(0..4)?, month, of_month).ok();
        date.filter(|_| digits)
    };
    read().ok_or_else(|| {
        format!(
            "line {}: '{}' is no date such as 20261225.",
            line.number,
            text.escape_debug()
        )
    })
}

/// `P1D` or `P2W`.
fn duration(line: &Line) -> Result<i32, String> {
    let text = line.value.strip_prefix('P').unwrap_or_default();
    let count = |unit: char| text.strip_suffix(unit)?.parse::<u16>().ok().map(i32::from);
    let days = count('D').or_else(|| Some(count('W')? * 7));
    // Hours and minutes are those of events with a time of day, which are left out.
    if days.is_none() && !text.contains('T') {
        return Err(format!(
            "line {}: '{}' is no duration such as P1D.",
            line.number,
            line.value.escape_debug()
        ));
    }
    Ok(days.unwrap_or(1).max(1))
}
