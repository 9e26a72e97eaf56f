//! Yearly repetition: the part of RRULE that holidays use.

use super::Line;
use super::event::date;
use crate::clock::zones::{Date, Weekday, add_days};
use std::collections::BTreeSet;

const WEEKDAYS: [(&str, Weekday); 7] = [
    ("MO", Weekday::Monday),
    ("TU", Weekday::Tuesday),
    ("WE", Weekday::Wednesday),
    ("TH", Weekday::Thursday),
    ("FR", Weekday::Friday),
    ("SA", Weekday::Saturday),
    ("SU", Weekday::Sunday),
];

/// A yearly rule.
pub(super) struct Rule {
    interval: usize,
    count: Option<usize>,
    until: Option<Date>,
    months: Vec<i8>,
    /// Days of a month; from its end where negative.
    month_days: Vec<i8>,
    /// Weekdays, with the how-manieth of the month where one is named (from its end where negative).
    weekdays: Vec<(Option<i8>, Weekday)>,
}

impl Rule {
    /// `FREQ=YEARLY;BYMONTH=11;BYDAY=4TH`.
    pub(super) fn read(line: &Line) -> Result<Self, String> {
        let mut rule = Self {
            interval: 1,
            count: None,
            until: None,
            months: Vec::new(),
            month_days: Vec::new(),
            weekdays: Vec::new(),
        };
        let wrong = |what: &str| Err(format!("line {}: {what}", line.number));
        let mut yearly = false;
        let upper = line.value.to_uppercase();
        for part in upper.split(';').filter(|part| !part.is_empty()) {
            let (key, value) = part.split_once('=').unwrap_or((part, ""));
            let bad = || {
                let shown = part.escape_debug();
                format!("line {}: '{shown}' cannot be read.", line.number)
            };
            match key {
                "FREQ" if value == "YEARLY" => yearly = true,
                "FREQ" => {
                    return wrong(&format!(
                        "only what repeats yearly is read, not {}; write days that are closed every week into the calendar's weekly hours.",
                        part.escape_debug()
                    ));
                }
                "INTERVAL" => rule.interval = number(value, 1..=1_000).ok_or_else(bad)?,
                "COUNT" => rule.count = Some(number(value, 1..=100_000).ok_or_else(bad)?),
                "UNTIL" => rule.until = Some(date(line, value)?),
                "BYMONTH" => {
                    rule.months = list(value, |one| number(one, 1..=12)).ok_or_else(bad)?
                }
                "BYMONTHDAY" => {
                    let day = |one: &str| number(one, -31..=31).filter(|day| *day != 0);
                    rule.month_days = list(value, day).ok_or_else(bad)?;
                }
                "BYDAY" => rule.weekdays = list(value, weekday).ok_or_else(bad)?,
                // Where the week starts only matters with weeks by number.
                "WKST" => {}
                other => {
                    return wrong(&format!("{} in RRULE is not read.", other.escape_debug()));
                }
            }
        }
        if !yearly {
            return wrong("this RRULE has no FREQ.");
        }
        if !rule.weekdays.is_empty() && rule.months.is_empty() {
            return wrong("BYDAY is only read together with BYMONTH.");
        }
        let counted = rule.weekdays.iter().any(|(which, _)| which.is_some());
        if counted && !rule.month_days.is_empty() {
            return wrong("BYDAY with a number and BYMONTHDAY are not read together.");
        }
        Ok(rule)
    }

    /// The days from the first on, which always counts, up to the end of a year.
    pub(super) fn dates(&self, start: Date, last_year: i16) -> BTreeSet<Date> {
        let mut dates = BTreeSet::from([start]);
        for year in (start.year()..=last_year).step_by(self.interval) {
            for date in self.of_year(start, year) {
                let over = self.until.is_some_and(|until| until < date)
                    || self.count.is_some_and(|count| dates.len() >= count);
                if date > start && over {
                    return dates;
                }
                if date > start {
                    dates.insert(date);
                }
            }
        }
        dates
    }

    /// The days of one year, rising.
    fn of_year(&self, start: Date, year: i16) -> BTreeSet<Date> {
        let months: Vec<i8> = if !self.months.is_empty() {
            self.months.clone()
        } else if self.month_days.is_empty() {
            vec![start.month()]
        } else {
            (1..=12).collect()
        };
        let first_days = months
            .into_iter()
            .filter_map(|month| Date::new(year, month, 1).ok());
        first_days
            .flat_map(|first| {
                (0..i32::from(first.days_in_month()))
                    .filter_map(move |days| add_days(first, days))
                    .filter(|date| self.holds(start, *date))
            })
            .collect()
    }

    fn holds(&self, start: Date, date: Date) -> bool {
        let (day, length) = (date.day(), date.days_in_month());
        let by_day = |which: i8| which == day || which == day - length - 1;
        let by_weekday = |(which, weekday): &(Option<i8>, Weekday)| {
            let from_start = (day - 1) / 7 + 1;
            let from_end = -((length - day) / 7 + 1);
            date.weekday() == *weekday
                && which.is_none_or(|which| which == from_start || which == from_end)
        };
        if self.month_days.is_empty() && self.weekdays.is_empty() {
            return day == start.day();
        }
        (self.month_days.is_empty() || self.month_days.iter().any(|which| by_day(*which)))
            && (self.weekdays.is_empty() || self.weekdays.iter().any(by_weekday))
    }
}

fn number<T: std::str::FromStr + PartialOrd>(
    text: &str,
    range: std::ops::RangeInclusive<T>,
) -> Option<T> {
    text.parse().ok().filter(|number| range.contains(number))
}

fn list<T>(text: &str, read: impl Fn(&str) -> Option<T>) -> Option<Vec<T>> {
    text.split(',').map(|one| read(one.trim())).collect()
}

/// `TH`, `4TH` or `-1MO`.
fn weekday(text: &str) -> Option<(Option<i8>, Weekday)> {
    let (name, weekday) = WEEKDAYS.iter().find(|(name, _)| text.ends_with(name))?;
    match text.strip_suffix(name)? {
        "" => Some((None, *weekday)),
        which => {
            let which = number(which, -5..=5).filter(|which| *which != 0)?;
            Some((Some(which), *weekday))
        }
    }
}
