//! The only reader of zone files: local time by the rules of the IANA time zone database (tzdb).
//!
//! A [`Zone`] is a value: it keeps the rules that its file had when it was read. Files are read
//! anew each time, and not through a cache, so that a zone and the version that it names belong
//! together, also right after the machine's database was renewed.
//!
//! The database is the machine's: the directory `TZDIR` where that is set, else the first of
//! [`DIRECTORIES`] that is there. Its version is the first line of its `tzdata.zi`
//! (`# version 2026c`), else all of its `+VERSION`; a database without both has none.

use crate::clock::Timestamp;
use crate::error::near_words;
pub use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::tz::{AmbiguousOffset, TimeZone};
use std::fmt;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where machines keep the database.
pub const DIRECTORIES: [&str; 3] = [
    "/usr/share/zoneinfo",
    "/usr/share/lib/zoneinfo",
    "/etc/zoneinfo",
];

/// The longest name of a zone that is looked for, in bytes; the longest there is has 32.
pub const LONGEST_NAME: usize = 64;

/// The largest zone file that is read, in bytes; the largest there is has 4 kB.
const LARGEST_FILE: u64 = 64 * 1024;

/// How many changes of the rules are looked at for the end of a gap: it is the first, but for those
/// that set no clock.
const NEXT: usize = 8;

/// How many names are suggested.
const SUGGESTED: usize = 5;

/// What lies beside the zones: copies with other seconds, and this machine's own zone.
const NO_ZONES: [&str; 5] = ["posix", "right", "posixrules", "localtime", "Factory"];

/// A time zone: its name, and the rules that it had when it was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Zone {
    name: Arc<str>,
    rules: TimeZone,
    tzdb: Option<Arc<str>>,
}

/// There is no such zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownZone {
    /// What was asked for.
    pub name: String,
    /// Names that may have been meant, the nearest first.
    pub near: Vec<String>,
    /// Whether this machine has a database at all.
    pub database: bool,
}

impl fmt::Display for UnknownZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.database {
            return f.write_str(
                "This machine has no time zone database: install the package tzdata, or name its directory in TZDIR.",
            );
        }
        write!(f, "There is no time zone '{}'", self.name.escape_debug())?;
        match self.near.as_slice() {
            [] => f.write_str("; write an IANA name such as Europe/Zurich."),
            near => write!(f, "; did you mean {}?", near.join(" or ")),
        }
    }
}

impl std::error::Error for UnknownZone {}

impl Zone {
    /// UTC, which needs no file.
    #[must_use]
    pub fn utc() -> Self {
        Self {
            name: "UTC".into(),
            rules: TimeZone::UTC,
            tzdb: None,
        }
    }

    /// Its IANA name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The version of the database that it was read from.
    #[must_use]
    pub fn tzdb(&self) -> Option<&str> {
        self.tzdb.as_deref()
    }

    /// What clocks in this zone show at an instant.
    #[must_use]
    pub fn local(&self, at: Timestamp) -> DateTime {
        let instant =
            jiff::Timestamp::from_millisecond(at.millis()).unwrap_or(if at.millis() < 0 {
                jiff::Timestamp::MIN
            } else {
                jiff::Timestamp::MAX
            });
        self.rules.to_datetime(instant)
    }

    /// The instant at which clocks show this: the first of two where they are set back, and the
    /// first after the gap where they are set forward over it.
    #[must_use]
    pub fn first(&self, local: DateTime) -> Timestamp {
        self.instants(local).0
    }

    /// Like [`Zone::first`], but the second of two where clocks are set back.
    #[must_use]
    pub fn last(&self, local: DateTime) -> Timestamp {
        self.instants(local).1
    }

    fn instants(&self, local: DateTime) -> (Timestamp, Timestamp) {
        // Beyond the years that can be written, time stands still.
        let beyond = if local.year() < 0 {
            jiff::Timestamp::MIN
        } else {
            jiff::Timestamp::MAX
        };
        let by = |offset: jiff::tz::Offset| offset.to_timestamp(local).unwrap_or(beyond);
        let (first, last) = match self.rules.to_ambiguous_timestamp(local).offset() {
            AmbiguousOffset::Unambiguous { offset } => (by(offset), by(offset)),
            AmbiguousOffset::Fold { before, after } => (by(before), by(after)),
            AmbiguousOffset::Gap { before, after } => {
                // By the offset to come it would have been before the clocks were set.
                let end = self
                    .rules
                    .following(by(after))
                    .take(NEXT)
                    .map(|transition| transition.timestamp())
                    .find(|instant| self.rules.to_datetime(*instant) >= local)
                    .unwrap_or_else(|| by(before));
                (end, end)
            }
        };
        let ours = |instant: jiff::Timestamp| Timestamp::from_millis(instant.as_millisecond());
        (ours(first), ours(last))
    }
}

/// The day so many days later (earlier where negative); nothing beyond the years that can be written.
#[must_use]
pub fn add_days(date: Date, days: i32) -> Option<Date> {
    date.checked_add(jiff::Span::new().days(days)).ok()
}

/// Reads a zone by its exact name.
///
/// # Errors
/// There is none of that name; with names that may have been meant.
pub fn zone(name: &str) -> Result<Zone, UnknownZone> {
    zone_in(directory().as_deref(), name)
}

/// The version of this machine's database, such as `2026c`; see the module for where it stands.
#[must_use]
pub fn tzdb_version() -> Option<String> {
    version_in(&directory()?)
}

fn directory() -> Option<PathBuf> {
    let named = std::env::var_os("TZDIR").map(PathBuf::from);
    named
        .into_iter()
        .chain(DIRECTORIES.iter().map(PathBuf::from))
        .find(|dir| dir.is_dir())
}

fn zone_in(dir: Option<&Path>, name: &str) -> Result<Zone, UnknownZone> {
    let rules = dir
        .filter(|_| is_name(name))
        .and_then(|dir| read(&dir.join(name)))
        .and_then(|file| TimeZone::tzif(name, &file).ok());
    match (rules, dir) {
        (Some(rules), Some(dir)) => Ok(Zone {
            name: name.into(),
            rules,
            tzdb: version_in(dir).map(Arc::from),
        }),
        _ => Err(UnknownZone {
            name: name.to_owned(),
            near: dir.map(|dir| near(dir, name)).unwrap_or_default(),
            database: dir.is_some(),
        }),
    }
}

/// Whether a zone may be called so; above all a name never leaves the database's directory.
fn is_name(name: &str) -> bool {
    let sound = |part: &str| {
        let mut letters = part.chars();
        letters.next().is_some_and(|c| c.is_ascii_uppercase())
            && letters.all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '+' | '-'))
    };
    name.len() <= LONGEST_NAME && name.split('/').all(sound) && !NO_ZONES.contains(&name)
}

fn read(path: &Path) -> Option<Vec<u8>> {
    let file = File::open(path).ok()?;
    let mut bytes = Vec::new();
    file.take(LARGEST_FILE).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

fn version_in(dir: &Path) -> Option<String> {
    let start = |name: &str| {
        let mut bytes = Vec::new();
        let file = File::open(dir.join(name)).ok()?;
        file.take(64).read_to_end(&mut bytes).ok()?;
        let text = String::from_utf8_lossy(&bytes);
        Some(text.lines().next()?.trim().to_owned())
    };
    start("tzdata.zi")
        .and_then(|line| Some(line.strip_prefix("# version ")?.trim().to_owned()))
        .or_else(|| start("+VERSION"))
        .filter(|version| !version.is_empty())
}

/// Names that may have been meant: the same with other capitals, what an old name stands for, a
/// zone of that place, or a slip of the keys.
fn near(dir: &Path, name: &str) -> Vec<String> {
    if name.len() > LONGEST_NAME {
        return Vec::new();
    }
    let names = names(dir);
    let plain = |text: &str| text.to_lowercase().replace([' ', '-', '.'], "_");
    let place = |text: &str| text.rsplit('/').next().map(plain).unwrap_or_default();
    let asked = plain(name);
    if let Some(same) = names.iter().find(|known| plain(known) == asked) {
        return vec![same.clone()];
    }
    if let Some(target) = link(dir, name).filter(|target| names.contains(target)) {
        return vec![target];
    }
    let mut near: Vec<String> = names
        .iter()
        .filter(|known| place(known) == place(name))
        .cloned()
        .collect();
    let known: Vec<&str> = names.iter().map(String::as_str).collect();
    let places: Vec<String> = names.iter().map(|known| place(known)).collect();
    let places: Vec<&str> = places.iter().map(String::as_str).collect();
    let by_place = near_words(&place(name), &places);
    let by_place = by_place.into_iter().take(SUGGESTED).flat_map(|one| {
        let named = move |known: &&&str| place(known) == one;
        known.iter().filter(named).copied().collect::<Vec<&str>>()
    });
    for other in near_words(name, &known).into_iter().chain(by_place) {
        if !near.iter().any(|one| one == other) {
            near.push(other.to_owned());
        }
    }
    near.truncate(SUGGESTED);
    near
}

/// The names of all zones of a database, sorted.
fn names(dir: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![(dir.to_path_buf(), String::new())];
    while let Some((dir, prefix)) = open.pop() {
        for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
            let Ok(part) = entry.file_name().into_string() else {
                continue;
            };
            let name = format!("{prefix}{part}");
            if !is_name(&name) {
                continue;
            }
            let path = entry.path();
            if path.is_dir() {
                open.push((path, format!("{name}/")));
            } else if read(&path).is_some_and(|file| file.starts_with(b"TZif")) {
                found.push(name);
            }
        }
    }
    found.sort();
    found
}

/// What an old name stands for, by the links of `tzdata.zi` (`L America/New_York US/Eastern`);
/// some machines have these names only there.
fn link(dir: &Path, name: &str) -> Option<String> {
    let text = fs::read_to_string(dir.join("tzdata.zi")).ok()?;
    text.lines()
        .filter_map(|line| line.strip_prefix("L ")?.split_once(' '))
        .find(|(_, link)| link.eq_ignore_ascii_case(name))
        .map(|(target, _)| target.to_owned())
}

#[cfg(test)]
#[path = "zones_tests.rs"]
mod tests;
