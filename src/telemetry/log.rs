//! The daemon's own log: one line an event, and a level that can be changed while it runs.

use std::fmt;
use std::io::{self, Write};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU8, Ordering};
use tracing::Level;
use tracing::field::Field;
use tracing_subscriber::field::MakeExt;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::format::{self, Writer};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, Registry, reload};

/// Our own lines; those of libraries are told apart by their targets.
const OWN: [&str; 2] = ["customer_lockbox", "lockboxd"];

const LEVELS: [Level; 5] = [
    Level::ERROR,
    Level::WARN,
    Level::INFO,
    Level::DEBUG,
    Level::TRACE,
];

/// The log is one for the process, and so is its level.
static FILTER: OnceLock<reload::Handle<Targets, Registry>> = OnceLock::new();
static LEVEL: AtomicU8 = AtomicU8::new(2);

/// Starts logging at a level; a second start changes nothing.
pub fn start(level: &str, json: bool) {
    let level = level.parse().unwrap_or(Level::INFO);
    let (filter, handle) = reload::Layer::new(filter(level));
    let lines = tracing_subscriber::fmt::layer().with_writer(|| Clean(io::stderr()));
    let lines = if json {
        lines
            .json()
            .flatten_event(true)
            .with_span_list(false)
            .boxed()
    } else {
        let fields = format::debug_fn(write_field).delimited(" ");
        lines.with_ansi(false).fmt_fields(fields).boxed()
    };
    let started = tracing_subscriber::registry()
        .with(filter)
        .with(lines)
        .try_init();
    match started {
        Ok(()) => {
            keep(level);
            // Nobody else sets it: a second subscriber is refused above.
            let _ = FILTER.set(handle);
        }
        Err(_) => tracing::debug!("the log was started before"),
    }
}

/// A field of a line of text. (The library's own way of writing it makes room for colours, and takes
/// three times as long; every call leaves a line.)
fn write_field(out: &mut Writer<'_>, field: &Field, value: &dyn fmt::Debug) -> fmt::Result {
    match field.name() {
        "message" => write!(out, "{value:?}"),
        name => write!(out, "{name}={value:?}"),
    }
}

/// The level in force.
#[must_use]
pub fn level() -> Level {
    LEVELS
        .get(usize::from(LEVEL.load(Ordering::Relaxed)))
        .copied()
        .unwrap_or(Level::INFO)
}

/// Changes the level for every line from now on, until the process ends.
pub fn set_level(level: Level) {
    keep(level);
    if let Some(handle) = FILTER.get()
        && let Err(error) = handle.reload(filter(level))
    {
        tracing::error!(%error, "the level of the log cannot be changed");
    }
}

fn keep(level: Level) {
    let at = LEVELS.iter().position(|one| *one == level).unwrap_or(2);
    LEVEL.store(u8::try_from(at).unwrap_or(2), Ordering::Relaxed);
}

/// Ours at the level; libraries never below `warn`: what they tell of bytes and headers at lower
/// levels can hold secrets.
fn filter(level: Level) -> Targets {
    Targets::new()
        .with_default(level.min(Level::WARN))
        .with_targets(OWN.map(|target| (target, level)))
}

/// Keeps an event on its one line, whoever's text stands in it: control characters (line breaks
/// above all) and characters that turn the direction of writing are written as `\u000a`, which
/// JSON reads as the same text.
struct Clean<W>(W);

impl<W: Write> Write for Clean<W> {
    /// Takes one event with its line break, which is how the log hands them over.
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let (line, end) = match event.split_last() {
            Some((b'\n', line)) => (line, true),
            _ => (event, false),
        };
        if line.iter().all(|byte| (b' '..=b'~').contains(byte)) {
            self.0.write_all(event)?;
            return Ok(event.len());
        }
        let mut clean = String::with_capacity(event.len() + 16);
        for letter in String::from_utf8_lossy(line).chars() {
            if forges(letter) {
                clean.push_str(&format!("\\u{:04x}", u32::from(letter)));
            } else {
                clean.push(letter);
            }
        }
        if end {
            clean.push('\n');
        }
        self.0.write_all(clean.as_bytes())?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

fn forges(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
#[path = "log_tests.rs"]
mod tests;
