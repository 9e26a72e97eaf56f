//! CloudEvents 1.0 over HTTP: the event around its data (structured), or in headers (binary).

use super::Told;
use crate::domain::notice::Event;
use crate::domain::notice::facts::Facts;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::Value;

/// The `type` of an event. What changes incompatibly gets another number at the end.
#[must_use]
pub fn event_type(event: Event) -> String {
    format!("lockbox.{event}.v1")
}

/// The `dataschema` of an event: the `$id` of its file in `schemas/events/`.
#[must_use]
pub fn schema_id(event: Event) -> String {
    format!("urn:lockbox:schema:events:{event}:v1")
}

/// The data of an event.
pub(super) fn data(facts: &Facts) -> Result<Value, String> {
    serde_json::to_value(facts).map_err(|error| error.to_string())
}

/// The attributes, in the order in which they are written, without the type of the data.
fn attributes(told: &Told<'_>) -> Vec<(&'static str, String)> {
    let facts = told.facts;
    let mut attributes = vec![
        ("specversion", "1.0".to_owned()),
        ("id", told.id.to_owned()),
        ("source", told.source.to_owned()),
        ("type", event_type(facts.event)),
        ("time", facts.at.to_string()),
        ("dataschema", schema_id(facts.event)),
    ];
    if let Some(request) = &facts.request {
        attributes.push(("subject", request.identity.clone()));
    }
    attributes
}

/// The whole event as JSON.
pub(in crate::notify) fn structured(told: &Told<'_>) -> Result<String, String> {
    serde_json::to_string(&Structured(told)).map_err(|error| error.to_string())
}

/// An event around its data.
struct Structured<'a>(&'a Told<'a>);

impl Serialize for Structured<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut event = serializer.serialize_map(None)?;
        for (name, value) in attributes(self.0) {
            event.serialize_entry(name, &value)?;
        }
        event.serialize_entry("datacontenttype", "application/json")?;
        event.serialize_entry("data", self.0.facts)?;
        event.end()
    }
}

/// The attributes as headers; the type of the data is that of the body.
pub(super) fn add_headers(told: &Told<'_>, headers: &mut HeaderMap) -> Result<(), String> {
    for (name, value) in attributes(told) {
        let name = HeaderName::try_from(format!("ce-{name}")).map_err(|e| e.to_string())?;
        let value = HeaderValue::try_from(encoded(&value)).map_err(|e| e.to_string())?;
        headers.insert(name, value);
    }
    Ok(())
}

/// Percent-encodes what the binding wants encoded in a header: blanks, double quotes, percent
/// signs, and everything beyond printable ASCII.
pub(super) fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'"' | b'%' => out.push_str(&format!("%{byte:02X}")),
            0x21..=0x7e => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}
