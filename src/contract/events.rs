//! The schemas of the events that webhooks are told.

use super::{Schema, files, read, used};
use crate::error::{Error, Result};
use serde_json::{Map, Value};

/// The schema of an event's data, whole; `None` where there is no such event.
///
/// # Errors
/// An internal one, where a file is not what it should be (tests show that none is).
pub fn event_schema(name: &str) -> Result<Option<Value>> {
    let Some((_, text)) = files::EVENTS.iter().find(|(event, _)| *event == name) else {
        return Ok(None);
    };
    let mut schema: Map<String, Value> = read(name, text)?;
    let common: Value = read("events/common.json", files::EVENTS_COMMON)?;
    let definitions = common
        .get("$defs")
        .and_then(Value::as_object)
        .ok_or_else(|| Error::internal("events/common.json has no $defs"))?;
    let defs = used(&Value::Object(schema.clone()), definitions);
    schema.insert("$defs".to_owned(), Value::Object(defs));
    Ok(Some(Value::Object(schema)))
}

/// Holds an event's data against its schema; for tests.
///
/// # Errors
/// Everything that is wrong with it, one line each.
pub fn validate_event(name: &str, data: &Value) -> Result<(), String> {
    let schema = event_schema(name)
        .map_err(|error| format!("{error:?}"))?
        .ok_or_else(|| format!("{name} has no schema"))?;
    Schema::new(&schema, &Map::new()).problems(data)
}
