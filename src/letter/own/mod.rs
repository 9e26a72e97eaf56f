//! A tenant's own texts, in a cage: what they may hold is checked on their tree (`tree`), and they
//! run with limits, without includes, and see the event's facts and nothing else.

mod markup;
mod tree;

use super::frame;
use super::samples::full;
use super::shown;
use super::words::words;
use super::{Letter, Setting, Template};
use crate::clock::zones::Zone;
use crate::clock::{Clock, Timestamp};
use crate::domain::notice::facts::Facts;
use crate::domain::notice::settings::Language;
use crate::domain::notice::{Audience, Event};
use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior};
use serde_json::Value as Json;
use std::io::{self, Write};
use std::time::Duration;

/// The longest part (subject, text, HTML) of a tenant's own text, in bytes.
pub const TEMPLATE_LENGTH: usize = 32 * 1024;

/// The most tags (`{{ }}` and `{% %}`) of a part.
pub const MOST_TAGS: usize = 500;

/// The most words and signs in one tag.
pub const EXPRESSION_TOKENS: usize = 100;

/// The most steps that a part may take.
pub const FUEL: u64 = 20_000;

/// The most that a part may write, in bytes.
pub const OUTPUT_LENGTH: usize = 128 * 1024;

/// The longest that a part may run. Its steps are bounded and small, so this is the last line.
pub const RENDER_TIME: Duration = Duration::from_secs(1);

/// What would be fetched or run when a mail is read, named before it is tried: also where no sample
/// writes it. What is written is held against `markup`, which is what counts.
const REFUSED_HTML: [&str; 13] = [
    "<script", "<img", "<iframe", "<object", "<embed", "<link", "<form", "<base", "<svg", "<video",
    "<audio", "url(", "@import",
];

/// A part of a letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Subject,
    Text,
    Html,
}

impl Part {
    const fn name(self) -> &'static str {
        match self {
            Self::Subject => "subject",
            Self::Text => "text",
            Self::Html => "html",
        }
    }
}

/// The parts that there are.
fn parts(template: &Template) -> impl Iterator<Item = (Part, &str)> {
    let html = template.html.as_deref().map(|html| (Part::Html, html));
    [
        (Part::Subject, template.subject.as_str()),
        (Part::Text, template.text.as_str()),
    ]
    .into_iter()
    .chain(html)
}

/// Writes a letter in a tenant's own words.
///
/// # Errors
/// Why it cannot; the part and the line.
pub(super) fn letter(
    facts: &Facts,
    setting: &Setting,
    template: &Template,
) -> Result<Letter, String> {
    sound(facts.event, template)?;
    let write = |part, source: &str| run(part, source, facts, setting);
    let subject = shown::subject(&write(Part::Subject, &template.subject)?);
    let text = write(Part::Text, &template.text)?;
    for (part, written) in [(Part::Subject, &subject), (Part::Text, &text)] {
        if written.trim().is_empty() {
            return Err(format!("The {} is empty; write some text.", part.name()));
        }
    }
    let html = match &template.html {
        Some(html) => {
            let written = write(Part::Html, html)?;
            markup::check(&written)?;
            written
        }
        None => frame::from_text(setting.language.as_str(), &subject, &text),
    };
    Ok(Letter {
        subject,
        text: format!("{}\n", text.trim_end()),
        html,
        fell_back: None,
    })
}

/// Like [`super::check`].
pub(super) fn check(event: Event, template: &Template, clock: &dyn Clock) -> Result<(), String> {
    let setting = Setting {
        language: Language::En,
        zone: None,
        link: None,
        checkpoint: None,
        sender: "Customer Lockbox",
        clock,
    };
    let audiences = Audience::ALL.iter().map(|one| super::samples(event, *one));
    for facts in audiences.chain([full(event)]) {
        letter(&facts, &setting, template)?;
    }
    Ok(())
}

/// Whether every part holds only what it may.
fn sound(event: Event, template: &Template) -> Result<(), String> {
    let schema = serde_json::to_value(full(event)).map_err(|error| error.to_string())?;
    for (part, source) in parts(template) {
        let length = source.len();
        if length > TEMPLATE_LENGTH {
            let name = part.name();
            return Err(format!(
                "The {name} has {length} bytes; at most {TEMPLATE_LENGTH} are allowed."
            ));
        }
        let raw = tree::check(part.name(), source, &schema)?.to_ascii_lowercase();
        let refused = REFUSED_HTML.iter().find(|refused| raw.contains(**refused));
        if let Some(refused) = refused.filter(|_| part == Part::Html) {
            return Err(format!(
                "The html holds '{refused}'; mails fetch and run nothing, so take it out."
            ));
        }
    }
    Ok(())
}

/// Runs a part that was found sound.
fn run(part: Part, source: &str, facts: &Facts, setting: &Setting) -> Result<String, String> {
    let name = part.name();
    let environment = environment(setting.zone.cloned());
    let template = environment
        .template_from_named_str(name, source)
        .map_err(|error| problem(name, &error))?;
    let mut facts = serde_json::to_value(facts).map_err(|error| error.to_string())?;
    show(&mut facts, part, setting.language);
    let mut page = Page {
        written: Vec::new(),
        clock: setting.clock,
        end: setting.clock.monotonic().saturating_add(RENDER_TIME),
        over: None,
    };
    let done = template.render_captured_to(Value::from(Serde(facts)), &mut page);
    page.look_at_the_clock();
    if let Some(over) = page.over {
        return Err(format!("The {name} {over}; make it simpler."));
    }
    done.map_err(|error| problem(name, &error))?;
    String::from_utf8(page.written).map_err(|error| error.to_string())
}

/// Filters and nothing else: no loader, no functions, no tests.
fn environment(zone: Option<Zone>) -> Environment<'static> {
    let mut environment = Environment::empty();
    environment.set_fuel(Some(FUEL));
    // What an event can have and this one has not is empty; what none has was refused before.
    environment.set_undefined_behavior(UndefinedBehavior::Chainable);
    environment.set_auto_escape_callback(|name| match name {
        "html" => AutoEscape::Html,
        _ => AutoEscape::None,
    });
    environment.add_filter("upper", minijinja::filters::upper);
    environment.add_filter("lower", minijinja::filters::lower);
    environment.add_filter("length", minijinja::filters::length);
    environment.add_filter("default", minijinja::filters::default);
    environment.add_filter("join", minijinja::filters::join);
    environment.add_filter("duration", |value: &Value| {
        i64::try_from(value.clone()).map_or_else(|_| String::new(), shown::duration)
    });
    environment.add_filter("time", move |value: &Value| {
        let at = value.as_str().and_then(Timestamp::parse);
        at.map_or_else(String::new, |at| shown::time(at, zone.as_ref()))
    });
    environment.add_filter("command", |value: &Value, decision: &str| {
        let id = value.as_str().and_then(shown::in_command);
        id.map_or_else(String::new, |id| shown::decide_command(id, decision))
    });
    environment
}

/// Every text as it may be shown in a part.
fn show(value: &mut Json, part: Part, language: Language) {
    match value {
        Json::String(text) => {
            let shown = shown::text(text, words(language));
            *text = match part {
                Part::Subject => shown::line(&shown),
                Part::Text => shown::quoted(&shown),
                Part::Html => shown,
            };
        }
        Json::Array(items) => items.iter_mut().for_each(|item| show(item, part, language)),
        Json::Object(fields) => fields
            .iter_mut()
            .for_each(|(_, field)| show(field, part, language)),
        _ => {}
    }
}

fn problem(part: &str, error: &Error) -> String {
    if error.kind() == ErrorKind::OutOfFuel {
        return format!("The {part} takes more than {FUEL} steps; make it simpler.");
    }
    let line = error
        .line()
        .map_or_else(String::new, |line| format!(", line {line}"));
    let said = error
        .detail()
        .map_or_else(|| error.kind().to_string(), str::to_owned);
    format!("The {part}{line}: {said}.")
}

/// What is written, within length and time.
struct Page<'a> {
    written: Vec<u8>,
    clock: &'a dyn Clock,
    end: Duration,
    over: Option<String>,
}

impl Page<'_> {
    fn look_at_the_clock(&mut self) {
        if self.over.is_none() && self.clock.monotonic() > self.end {
            self.over = Some(format!("runs longer than {} ms", RENDER_TIME.as_millis()));
        }
    }
}

impl Write for Page<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.look_at_the_clock();
        if self.over.is_none() && self.written.len() + bytes.len() > OUTPUT_LENGTH {
            self.over = Some(format!("writes more than {OUTPUT_LENGTH} bytes"));
        }
        match &self.over {
            Some(over) => Err(io::Error::other(over.clone())),
            None => self.written.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
#[path = "own_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "own_limits_tests.rs"]
mod limits_tests;
