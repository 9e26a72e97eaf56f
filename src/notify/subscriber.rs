//! Events for those who listen: what a subscription is asked for in, and CloudEvents out.
//!
//! The id of a message is its place, `DUE-NR`: when it is told, in milliseconds, and its number among
//! all events of the daemon. So it says how many events there were in all, and nothing of whose.

use super::webhook::{Told, source, structured};
use crate::clock::Timestamp;
use crate::domain::notice::Event;
use crate::domain::notice::delivery::Place;
use crate::error::{Error, Kind, Result, near_word};
use crate::service::notification::{Heard, Subscribe};

/// A message as it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its place, for who goes on from there.
    pub id: String,
    /// The event's word.
    pub event: &'static str,
    /// The CloudEvent, as one line of JSON.
    pub data: String,
}

/// What a query and a `Last-Event-ID` ask for.
///
/// # Errors
/// Where they cannot be read; the message says which part.
pub fn asked(query: &str, last_event_id: Option<&str>) -> Result<Subscribe> {
    let mut asked = Subscribe::default();
    let mut seen = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (name, value) = (decoded(name)?, decoded(value)?);
        if value.trim().is_empty() || seen.contains(&name) {
            return Err(wrong(
                format!(
                    "The parameter '{}' is empty, or there more than once.",
                    shown(&name)
                ),
                "Send it once with a value, or leave it out.",
            ));
        }
        match name.as_str() {
            "requestId" => asked.request = Some(value),
            "tenant" => asked.tenant = Some(value),
            "events" => asked.events = events(&value)?,
            _ => {
                return Err(wrong(
                    format!("There is no parameter '{}'.", shown(&name)),
                    "Send requestId, tenant or events.",
                ));
            }
        }
        seen.push(name);
    }
    asked.behind = match last_event_id.map(str::trim) {
        None | Some("") => None,
        Some(id) => Some(place(id).ok_or_else(|| {
            wrong(
                "Last-Event-ID is no id of an event.".to_owned(),
                "Send the id of the last event that arrived, or leave the header out.",
            )
        })?),
    };
    Ok(asked)
}

/// The events of a list with commas.
fn events(list: &str) -> Result<Vec<Event>> {
    list.split(',')
        .map(|word| {
            word.parse().map_err(|()| {
                let all: Vec<&str> = Event::ALL.iter().map(|event| event.as_str()).collect();
                let remedy = match near_word(word.trim(), &all) {
                    Some(near) => format!("Did you mean {near}?"),
                    None => format!("Send some of: {}.", all.join(", ")),
                };
                wrong(format!("There is no event '{}'.", shown(word)), &remedy)
            })
        })
        .collect()
}

/// What is told to a listener.
///
/// # Errors
/// Where it cannot be written as JSON.
pub fn message(heard: &Heard) -> Result<Message> {
    let id = heard.place.to_string();
    let from = source(&heard.facts);
    let told = Told {
        id: &id,
        source: &from,
        facts: &heard.facts,
    };
    let data = structured(&told).map_err(Error::internal)?;
    Ok(Message {
        id,
        event: heard.facts.event.as_str(),
        data,
    })
}

fn place(id: &str) -> Option<Place> {
    let (due, nr) = id.split_once('-')?;
    let number = |text: &str| {
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| text.parse().ok()).flatten()
    };
    Some(Place {
        due: Timestamp::from_millis(number(due)?),
        nr: number(nr)?,
    })
}

/// A part of a query without its percent signs.
fn decoded(text: &str) -> Result<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
                let code = digit(rest.next()).zip(digit(rest.next()));
                let code = code.and_then(|(high, low)| u8::try_from(high * 16 + low).ok());
                code.ok_or_else(not_encoded)?
            }
            other => other,
        });
    }
    String::from_utf8(bytes).map_err(|_| not_encoded())
}

fn not_encoded() -> Error {
    wrong(
        "The query is not percent-encoded UTF-8.".to_owned(),
        "Write %XX for each byte of what is no letter, digit, '-', '.', '_' or '~'.",
    )
}

fn wrong(message: String, remedy: &str) -> Error {
    Error::new(Kind::InvalidParams, "invalidParams", message, remedy)
}

fn shown(text: &str) -> String {
    text.chars().take(64).collect()
}

#[cfg(test)]
#[path = "subscriber_tests.rs"]
mod tests;
