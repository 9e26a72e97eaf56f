//! `lockboxd calendar`

mod ics;

use crate::audit::text::escape_bidi;
use crate::cli::{ExitStatus, Failure, print};
use crate::clock::zones::{Zone, zone};
use crate::clock::{Clock, SystemClock};
use crate::domain::policy::calendar as business;
use crate::domain::policy::document::{CalendarPlan, Holiday};
use clap::{Args, Subcommand};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{ErrorKind, Read, Write};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

/// The largest file that is read, in bytes.
const LARGEST_FILE: u64 = 4 * 1024 * 1024;

/// The most years that are imported at once.
const MOST_YEARS: i16 = 50;

/// How many years are imported where none are named: this one and those after it.
const USUAL_YEARS: i16 = 5;

/// Business calendars of policy files.
#[derive(Subcommand)]
pub(super) enum Calendar {
    /// Take the holidays of an iCalendar file into a calendar of a policy file
    ///
    /// Works on files alone and asks no daemon. All-day events become holidays, with what repeats
    /// yearly written out for the years. The new policy goes to standard output; with --write it
    /// replaces the file.
    #[command(verbatim_doc_comment)]
    Import(Import),
}

#[derive(Args)]
pub(super) struct Import {
    /// The iCalendar file
    #[arg(value_name = "FILE.ics")]
    file: PathBuf,
    /// The policy file
    #[arg(long, value_name = "FILE")]
    policy: PathBuf,
    /// Name of the calendar in the policy
    #[arg(long)]
    name: String,
    /// Years to import, such as 2027 or 2027-2030 (default: this year and the four after it)
    #[arg(long, value_parser = years)]
    years: Option<RangeInclusive<i16>>,
    /// Change the policy file
    #[arg(long)]
    write: bool,
}

impl Calendar {
    pub(super) fn run(self) -> Result<(), Failure> {
        let Self::Import(import) = self;
        import.run()
    }
}

impl Import {
    fn run(self) -> Result<(), Failure> {
        let years = self.years.clone().unwrap_or_else(usual_years);
        let found = ics::read(&text_of(&self.file)?, &years)
            .map_err(|problem| wrong(&self.file, &problem))?;
        let mut policy: Value = serde_json::from_str(&text_of(&self.policy)?)
            .map_err(|error| wrong(&self.policy, &format!("it is no JSON: {error}.")))?;
        let merged = self.merge(&mut policy, &found)?;

        let mut report = merged;
        for reason in &found.left_out {
            report.push(format!("left out  {reason}"));
        }
        if found.outside > 0 {
            let (first, last) = (years.start(), years.end());
            let outside = found.outside;
            report.push(format!("left out  {outside} outside {first}-{last}"));
        }
        let report = escape_bidi(&report.join("\n")).into_owned();
        let text = serde_json::to_string_pretty(&policy).map_err(crate::error::Error::internal)?;
        if self.write {
            replace(&self.policy, &format!("{text}\n"))?;
            return print(&report);
        }
        eprintln!("{report}");
        print(&text)
    }

    /// Puts the holidays into the calendar; gives a line on each, and the sum.
    fn merge(&self, policy: &mut Value, found: &ics::Found) -> Result<Vec<String>, Failure> {
        let name = &self.name;
        let calendars = policy.get_mut("calendars").and_then(Value::as_object_mut);
        let known = calendars.as_ref().map(|calendars| {
            let names: Vec<&str> = calendars.keys().map(String::as_str).collect();
            names.join(", ")
        });
        let Some(calendar) = calendars.and_then(|calendars| calendars.get_mut(name)) else {
            return Err(wrong(
                &self.policy,
                &format!(
                    "it has no calendar '{name}' (it has: {}). Write its zone and weekly hours first.",
                    known
                        .filter(|names| !names.is_empty())
                        .unwrap_or_else(|| "none".to_owned())
                ),
            ));
        };
        let mut plan = CalendarPlan::deserialize(&*calendar)
            .map_err(|error| wrong(&self.policy, &format!("calendar '{name}': {error}.")))?;
        let zone = zone(&plan.zone)
            .map_err(|unknown| wrong(&self.policy, &format!("calendar '{name}': {unknown}")))?;
        self.check(&plan, &zone)?;

        let present: BTreeSet<String> = plan.holidays.iter().map(|one| one.date.clone()).collect();
        let mut lines = Vec::new();
        let (mut added, mut there) = (0, 0);
        for (date, label) in &found.holidays {
            let (date, label) = (date.to_string(), label.clone());
            let shown = label.as_deref().unwrap_or_default();
            if present.contains(&date) {
                there += 1;
                lines.push(format!("there     {date}  {shown}"));
                continue;
            }
            added += 1;
            lines.push(format!("added     {date}  {shown}"));
            plan.holidays.push(Holiday { date, name: label });
        }
        plan.holidays
            .sort_by(|one, other| one.date.cmp(&other.date));
        self.check(&plan, &zone)?;
        lines.push(format!(
            "{added} holiday(s) added to '{name}', {there} already there."
        ));
        // Only what changed: the rest of the calendar stays as it was written.
        let holidays =
            serde_json::to_value(&plan.holidays).map_err(crate::error::Error::internal)?;
        if let Some(place) = calendar.as_object_mut().filter(|_| added > 0) {
            place.insert("holidays".to_owned(), holidays);
        }
        Ok(lines)
    }

    fn check(&self, plan: &CalendarPlan, zone: &Zone) -> Result<(), Failure> {
        let Err(problems) = business::Calendar::new(plan, zone.clone()) else {
            return Ok(());
        };
        let lines: Vec<String> = problems
            .iter()
            .map(|one| format!("\n  {}: {} {}", one.pointer, one.message, one.suggestion))
            .collect();
        let name = &self.name;
        Err(wrong(
            &self.policy,
            &format!("calendar '{name}':{}", lines.concat()),
        ))
    }
}

fn years(text: &str) -> Result<RangeInclusive<i16>, String> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let year = |text: &str| {
        let digits = text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<i16>().ok().filter(|_| digits)
    };
    match (year(first), year(last)) {
        (Some(first), Some(last)) if first <= last && last - first < MOST_YEARS => Ok(first..=last),
        _ => Err(format!(
            "write a year, as in 2027, or up to {MOST_YEARS} years, as in 2027-2030"
        )),
    }
}

fn usual_years() -> RangeInclusive<i16> {
    let year = Zone::utc().local(SystemClock::new().now()).year();
    year..=year + USUAL_YEARS - 1
}

fn text_of(path: &Path) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(LARGEST_FILE + 1).read_to_end(&mut bytes))
        .map_err(|error| failed("read", path, &error))?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > LARGEST_FILE {
        return Err(wrong(
            path,
            &format!("it has more than {LARGEST_FILE} bytes."),
        ));
    }
    String::from_utf8(bytes).map_err(|_| wrong(path, "it is no text in UTF-8."))
}

/// Puts a new text under a file's name, wholly or not at all, with the permissions that it had.
fn replace(path: &Path, text: &str) -> Result<(), Failure> {
    let path = fs::canonicalize(path).map_err(|error| failed("found", path, &error))?;
    let mut new = path.clone().into_os_string();
    new.push(".new");
    let new = PathBuf::from(new);
    let mut file = File::create_new(&new).map_err(|error| failed("written", &new, &error))?;
    let written = fs::metadata(&path)
        .and_then(|old| file.set_permissions(old.permissions()))
        .and_then(|()| file.write_all(text.as_bytes()))
        .and_then(|()| file.sync_all())
        .and_then(|()| fs::rename(&new, &path));
    written.map_err(|error| {
        // Half a file helps nobody, and the first error is the one to tell.
        let _ = fs::remove_file(&new);
        failed("written", &path, &error)
    })
}

fn wrong(path: &Path, problem: &str) -> Failure {
    Failure::new(
        ExitStatus::Data,
        escape_bidi(&format!("{}: {problem}", path.display())),
    )
}

fn failed(what: &str, path: &Path, error: &std::io::Error) -> Failure {
    let status = match error.kind() {
        ErrorKind::NotFound => ExitStatus::NoInput,
        ErrorKind::PermissionDenied => ExitStatus::NoPermission,
        _ => ExitStatus::Io,
    };
    Failure::new(
        status,
        format!("{} cannot be {what}: {error}.", path.display()),
    )
}
