//! What a mail says: facts in, subject, plain text, HTML and MIME out.
//!
//! [`render`] never fails. The shipped texts are written by code (`frame`) from a table of phrases
//! per language (`words`), so a missing phrase does not compile. A tenant's own text ([`Template`])
//! is run in a cage (`own`); where it fails, the shipped text goes out and [`Letter::fell_back`]
//! says why.
//!
//! Whatever comes from a request is shown as text (`shown`): escaped in HTML, without line breaks in
//! headers, with bidirectional and control characters written out, cut where it is very long, and in
//! no command that is to be typed. An address such as `https://...` in a reason stays text as well:
//! we make no link of it, and what a mail program makes of text is its own affair.

mod frame;
mod late;
pub mod mime;
mod own;
mod samples;
mod shown;
mod view;
mod words;

pub use own::{EXPRESSION_TOKENS, FUEL, MOST_TAGS, OUTPUT_LENGTH, RENDER_TIME, TEMPLATE_LENGTH};
pub use samples::samples;
pub use shown::{
    MOST_VALUES, SUBJECT_LENGTH, TEXT_LENGTH, VALUE_LENGTH, decide_command, duration, in_command,
    time, visible,
};

use crate::clock::Clock;
use crate::clock::zones::Zone;
use crate::domain::notice::Event;
use crate::domain::notice::facts::Facts;
use crate::domain::notice::settings::Language;
use crate::domain::notice::template::Template;

/// A mail's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// One line, at most [`SUBJECT_LENGTH`] characters.
    pub subject: String,
    /// The plain text; lines end in `\n`.
    pub text: String,
    /// The same as an HTML document, without anything that is fetched.
    pub html: String,
    /// Why the shipped text stands here, and not the tenant's own.
    pub fell_back: Option<String>,
}

/// How a letter is written.
#[derive(Clone, Copy)]
pub struct Setting<'a> {
    /// In which language.
    pub language: Language,
    /// The zone in which it tells times beside UTC.
    pub zone: Option<&'a Zone>,
    /// The request's page, where the tenant wants the link: `https://` or `http://`, printable
    /// ASCII; anything else is left out.
    pub link: Option<&'a str>,
    /// The tree head of the audit log, for the foot, once there is one; one line per line.
    pub checkpoint: Option<&'a str>,
    /// Who sends, for the foot, such as `Customer Lockbox of Fabrikam`.
    pub sender: &'a str,
    /// Measures the time that the tenant's own text takes.
    pub clock: &'a dyn Clock,
}

/// Writes the letter that tells an audience of an event. Where the request does not wait any more
/// for what is told, it says first what is so now, and asks for nothing; a tenant's own text does not
/// know that, so the shipped one is used then.
#[must_use]
pub fn render(facts: &Facts, setting: &Setting, own: Option<&Template>) -> Letter {
    let shipped = || frame::letter(&view::View::new(facts, setting));
    let Some(template) = own.filter(|_| late::late(facts).is_none()) else {
        return shipped();
    };
    own::letter(facts, setting, template).unwrap_or_else(|problem| Letter {
        fell_back: Some(problem),
        ..shipped()
    })
}

/// Whether a tenant's own text can stand: it is parsed, everything that it names must be among the
/// event's facts, and it is rendered with samples.
///
/// A text may hold `{{ names }}`, `{% if %}`, `{% for %}` and comments; comparisons, `and`, `or`,
/// `not`, `in`; and the filters `time`, `duration`, `command("Approve")`, `join`, `default`,
/// `length`, `upper` and `lower`. Names are those of [`Facts`] as JSON, such as `request.reason`.
///
/// # Errors
/// What is wrong, where (part and line), and what to write instead.
pub fn check(event: Event, template: &Template, clock: &dyn Clock) -> Result<(), String> {
    own::check(event, template, clock)
}

/// Whether mail programs show it as urgent: those who are told have to act before time is up.
#[must_use]
pub fn urgent(facts: &Facts) -> bool {
    match facts.event {
        Event::RequestArrived | Event::RequestReminder | Event::RequestEscalated => {
            late::late(facts).is_none()
        }
        // It is to be acknowledged, also when it is over.
        Event::EmergencyAccess => true,
        _ => false,
    }
}

#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
#[path = "letter_tests.rs"]
mod tests;
