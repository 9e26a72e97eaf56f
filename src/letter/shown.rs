//! How text of others is shown.

use super::words::{Words, fill};
use crate::audit::text::escape_bidi;
use crate::clock::Timestamp;
use crate::clock::zones::Zone;

/// The longest reason or comment that a letter shows, in characters.
pub const TEXT_LENGTH: usize = 4_000;

/// The longest other value that a letter shows, in characters.
pub const VALUE_LENGTH: usize = 500;

/// The most values of a list that a letter shows.
pub const MOST_VALUES: usize = 20;

/// The longest subject, in characters.
pub const SUBJECT_LENGTH: usize = 200;

/// What stands before every further line of a value in plain text, so that no line of a reason
/// passes for a line of ours.
const FURTHER: &str = "\n    | ";

/// Text with everything written out that would move other text or end a line, but line feeds.
#[must_use]
pub fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in escape_bidi(text).replace("\r\n", "\n").chars() {
        match c {
            '\n' => out.push('\n'),
            '\t' => out.push_str("    "),
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') => {
                out.push_str(&format!("\\u{:04X}", u32::from(c)));
            }
            c => out.push(c),
        }
    }
    out
}

/// The same on one line.
pub(super) fn line(text: &str) -> String {
    let shown = visible(text);
    shown.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A value on one line, cut.
pub(super) fn value(text: &str, words: &Words) -> String {
    cut(&line(text), VALUE_LENGTH, words)
}

/// A text of several lines, cut.
pub(super) fn text(text: &str, words: &Words) -> String {
    cut(visible(text).trim(), TEXT_LENGTH, words)
}

/// The subject on one line, cut.
pub(super) fn subject(text: &str) -> String {
    let text = line(text);
    match text.char_indices().nth(SUBJECT_LENGTH) {
        None => text,
        Some(_) => {
            let kept: String = text.chars().take(SUBJECT_LENGTH - 1).collect();
            format!("{}…", kept.trim_end())
        }
    }
}

fn cut(text: &str, most: usize, words: &Words) -> String {
    let more = text.chars().count().saturating_sub(most);
    if more == 0 {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most).collect();
    let note = fill(words.cut, &[("count", &more.to_string())]);
    format!("{}… [{note}]", kept.trim_end())
}

/// A value as it stands in plain text.
pub(super) fn quoted(value: &str) -> String {
    value.replace('\n', FURTHER)
}

/// An instant in UTC, and in the zone where there is one.
#[must_use]
pub fn time(at: Timestamp, zone: Option<&Zone>) -> String {
    let utc = at.to_seconds_text().replace('T', " ");
    match zone.filter(|zone| zone.name() != "UTC") {
        None => format!("{utc} UTC"),
        Some(zone) => format!(
            "{utc} UTC ({} {})",
            zone.local(at).strftime("%Y-%m-%d %H:%M:%S"),
            zone.name()
        ),
    }
}

/// `04:00:00`
#[must_use]
pub fn duration(seconds: i64) -> String {
    let seconds = seconds.max(0);
    let (hours, minutes) = (seconds / 3_600, seconds / 60 % 60);
    format!("{hours:02}:{minutes:02}:{:02}", seconds % 60)
}

/// Text between tags, or in an attribute.
pub(super) fn html(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// A reference number that may stand in a command: `^[A-Z]{2,8}[0-9]{6,12}$`.
fn is_reference(text: &str) -> bool {
    let letters = text.bytes().take_while(u8::is_ascii_uppercase).count();
    let digits = text.bytes().skip(letters);
    (2..=8).contains(&letters)
        && (6..=12).contains(&digits.len())
        && digits.clone().all(|digit| digit.is_ascii_digit())
}

/// A GUID that may stand in a command.
fn is_guid(text: &str) -> bool {
    let sound = |(at, byte): (usize, u8)| match at {
        8 | 13 | 18 | 23 => byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    };
    text.len() == 36 && text.bytes().enumerate().all(sound)
}

/// What may stand for a request in a command that people copy; nothing else ever does.
#[must_use]
pub fn in_command(text: &str) -> Option<&str> {
    (is_reference(text) || is_guid(text)).then_some(text)
}

/// The command that decides a request.
#[must_use]
pub fn decide_command(id: &str, decision: &str) -> String {
    format!(
        "Set-AccessToCustomerDataRequest -RequestId {id} -ApprovalDecision {decision} -Comment \"...\""
    )
}

/// A link that may be shown.
pub(super) fn link(text: &str) -> Option<&str> {
    let scheme = text.starts_with("https://") || text.starts_with("http://");
    let sound = |byte: u8| {
        byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\'' | b'<' | b'>' | b'`' | b'\\')
    };
    (scheme && text.bytes().all(sound)).then_some(text)
}

#[cfg(test)]
#[path = "shown_tests.rs"]
mod tests;
