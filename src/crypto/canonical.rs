//! RFC 8785, for values without floats: one text for one value.

use crate::error::{Error, Result};
use serde_json::{Number, Value};

/// The first integer that a double can no longer tell from its neighbour.
pub const TOO_LARGE: u64 = 1 << 53;

/// The canonical bytes of a value (RFC 8785): keys in the order of their UTF-16 code units, no
/// white space, the shortest escapes.
///
/// # Errors
/// `invalidParams` with the pointer of a number that is no integer between -(2^53-1) and 2^53-1.
pub fn canonical_json(value: &Value) -> Result<Vec<u8>> {
    let mut out = Vec::with_capacity(1_024);
    write_value(value, &mut Vec::new(), &mut out)?;
    Ok(out)
}

/// Reads JSON text as a value.
///
/// # Errors
/// `invalidParams` where it is no JSON in UTF-8; an escaped surrogate without its pair is none.
pub fn parse(text: &[u8]) -> Result<Value> {
    serde_json::from_slice(text)
        .map_err(|error| Error::invalid_param("", format!("Not JSON: {error}."), "JSON in UTF-8"))
}

fn write_value<'a>(value: &'a Value, path: &mut Vec<Step<'a>>, out: &mut Vec<u8>) -> Result<()> {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Number(number) => write_number(number, path, out)?,
        Value::String(text) => write_string(text, out)?,
        Value::Array(items) => {
            out.push(b'[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                path.push(Step::Index(index));
                write_value(item, path, out)?;
                path.pop();
            }
            out.push(b']');
        }
        Value::Object(members) => {
            let mut members: Vec<(&String, &Value)> = members.iter().collect();
            members.sort_unstable_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
            out.push(b'{');
            for (index, (key, member)) in members.into_iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write_string(key, out)?;
                out.push(b':');
                path.push(Step::Key(key));
                write_value(member, path, out)?;
                path.pop();
            }
            out.push(b'}');
        }
    }
    Ok(())
}

fn write_number(number: &Number, path: &[Step<'_>], out: &mut Vec<u8>) -> Result<()> {
    let magnitude = number
        .as_u64()
        .or_else(|| number.as_i64().map(i64::unsigned_abs));
    match magnitude {
        Some(magnitude) if magnitude < TOO_LARGE => {
            out.extend_from_slice(number.to_string().as_bytes());
            Ok(())
        }
        _ => Err(Error::invalid_param(
            &pointer(path),
            format!("The number {number} cannot be kept exactly."),
            "an integer between -(2^53-1) and 2^53-1",
        )),
    }
}

fn write_string(text: &str, out: &mut Vec<u8>) -> Result<()> {
    // The escapes of serde_json are those of RFC 8785; the tests hold its vectors against them.
    serde_json::to_writer(out, text).map_err(Error::internal)
}

#[derive(Clone, Copy)]
enum Step<'a> {
    Index(usize),
    Key(&'a str),
}

fn pointer(path: &[Step<'_>]) -> String {
    path.iter()
        .map(|step| match step {
            Step::Index(index) => format!("/{index}"),
            Step::Key(key) => format!("/{}", key.replace('~', "~0").replace('/', "~1")),
        })
        .collect()
}

#[cfg(test)]
#[path = "canonical_tests.rs"]
mod tests;
