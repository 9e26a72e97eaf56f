//! A letter as a message: headers, plain text and HTML, in lines that every server takes.

use super::{Letter, urgent};
use crate::clock::Timestamp;
use crate::domain::notice::facts::Facts;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};
use lettre::{Address, Message};
use std::time::{Duration, SystemTime};

/// From whom, to whom, and as which message.
#[derive(Clone, Copy, Debug)]
pub struct Envelope<'a> {
    /// Who sends: `lockbox@example.com`, or `Customer Lockbox <lockbox@example.com>`.
    pub from: &'a str,
    /// The one recipient: an address alone.
    pub to: &'a str,
    /// The delivery's id: the same for every attempt, so that a message that comes twice is known
    /// to be the same.
    pub delivery: &'a str,
    /// The domain in `Message-ID` and `List-Id`, such as the one of `from`.
    pub host: &'a str,
    /// When it is sent.
    pub date: Timestamp,
}

/// Makes the message.
///
/// All mails about a request refer to `<GUID of the request@host>`, which is no mail, so that one
/// request is one conversation also where the first mail went to somebody else. There is no
/// `Precedence`: `Auto-Submitted` says all that programs must know, and `bulk` would push a request
/// that waits behind everything else.
///
/// # Errors
/// Which part of the envelope cannot be used, and what to write instead.
pub fn message(letter: &Letter, facts: &Facts, envelope: &Envelope) -> Result<Message, String> {
    let Envelope { delivery, host, .. } = envelope;
    let id = |what: &str, id: &str| {
        let sound = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
        match !id.is_empty() && id.len() <= 128 && id.bytes().all(sound) {
            true => Ok(format!("<{id}@{host}>")),
            false => Err(format!(
                "The {what} '{}' cannot stand in a header; use letters, digits, '-' and '.'.",
                id.escape_debug()
            )),
        }
    };
    id("host", host)?;
    let organization = &facts.tenant.id;
    id("organization's id", organization)?;
    let mut builder = Message::builder()
        .from(mailbox("from", envelope.from)?)
        .to(Mailbox::new(None, address("to", envelope.to)?))
        .subject(super::shown::subject(&letter.subject))
        .date(date(envelope.date))
        .message_id(Some(id("delivery", delivery)?))
        .raw_header(header("Auto-Submitted", "auto-generated"))
        .raw_header(header("X-Auto-Response-Suppress", "OOF, AutoReply"))
        .raw_header(header(
            "List-Id",
            &format!("Customer Lockbox <{organization}.lockbox.{host}>"),
        ))
        .raw_header(header("X-Lockbox-Event", facts.event.as_str()));
    if let Some(request) = &facts.request {
        let thread = id("request's identity", &request.identity)?;
        builder = builder
            .in_reply_to(thread.clone())
            .references(thread)
            .raw_header(header("X-Lockbox-Request", &request.identity));
    }
    if urgent(facts) {
        builder = builder
            .raw_header(header("Importance", "high"))
            .raw_header(header("X-Priority", "1"));
    }
    builder
        .multipart(
            MultiPart::alternative()
                // The same each time, and in no text: the delivery's id is drawn after the texts.
                .boundary(format!("lockbox-{delivery}"))
                .singlepart(SinglePart::plain(letter.text.clone()))
                .singlepart(SinglePart::html(letter.html.clone())),
        )
        .map_err(|error| format!("The message cannot be made: {error}."))
}

fn header(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

fn date(at: Timestamp) -> SystemTime {
    let millis = u64::try_from(at.millis()).unwrap_or(0);
    SystemTime::UNIX_EPOCH
        .checked_add(Duration::from_millis(millis))
        .unwrap_or(SystemTime::UNIX_EPOCH)
}

/// An address that any server takes: without SMTPUTF8, so ASCII only.
fn address(what: &str, text: &str) -> Result<Address, String> {
    let shown = text.escape_debug();
    if !text.is_ascii() {
        return Err(format!(
            "The address '{shown}' ({what}) has letters beyond ASCII, which many servers do not take; write a domain in its xn-- form, and use another mailbox where the name before the @ has them."
        ));
    }
    text.parse().map_err(|error| {
        format!("'{shown}' ({what}) is no address: {error}; write one such as ada@example.com.")
    })
}

/// Whether a sender can stand in a mail.
///
/// # Errors
/// What is wrong with it, and what to write instead.
pub fn check_sender(from: &str) -> Result<(), String> {
    mailbox("from", from).map(drop)
}

/// An address, with or without a name.
fn mailbox(what: &str, text: &str) -> Result<Mailbox, String> {
    let named = text
        .trim()
        .strip_suffix('>')
        .and_then(|text| text.split_once('<'));
    match named {
        None => Ok(Mailbox::new(None, address(what, text.trim())?)),
        Some((name, inner)) => {
            let name = super::shown::line(name.trim().trim_matches('"'));
            let name = Some(name).filter(|name| !name.is_empty());
            Ok(Mailbox::new(name, address(what, inner)?))
        }
    }
}

#[cfg(test)]
#[path = "mime_tests.rs"]
mod tests;
