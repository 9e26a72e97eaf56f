//! Plain JSON for whatever else takes posts: a title, a text, and the data.

use super::words::Words;
use super::{Told, cloudevents};
use serde_json::{Value, json};

pub(super) fn message(told: &Told<'_>) -> Result<Value, String> {
    let words = Words::of(told.facts);
    let lines: Vec<String> = words
        .values
        .iter()
        .map(|(name, value)| format!("{name}: {}", value.replace('\n', "\n    ")))
        .chain(words.hint)
        .collect();
    Ok(json!({
        "id": told.id,
        "type": cloudevents::event_type(told.facts.event),
        "time": told.facts.at,
        "title": words.title,
        "text": lines.join("\n"),
        "data": cloudevents::data(told.facts)?,
    }))
}
