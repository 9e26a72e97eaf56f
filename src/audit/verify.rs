//! Does a stored record still say what it said when it was written?

use super::canonical::{canonical_json, parse};
use super::draft::PersonalValue;
use super::merkle::leaf_hash;
use super::personal::commitment;
use super::record::{Record, Text};
use crate::crypto::{Sha256, equal, sha256};
use crate::error::{Error, Kind, Result};
use crate::ids::LogId;

/// A record that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Its log.
    pub log_id: LogId,
    /// Its number in its log.
    pub sequence: u64,
    /// Values that the record commits to and that are not beside it: erased, or not shown to
    /// whoever asks. The leaf holds without them.
    pub missing: Vec<String>,
}

/// Recomputes the leaf, and every commitment whose value is there.
///
/// # Errors
/// `auditRecordDamaged`, naming the pointer of what does not hold.
pub fn verify(canonical: &[u8], beside: &[PersonalValue], leaf: &Sha256) -> Result<Verified> {
    if !equal(&leaf_hash(canonical), leaf) {
        return Err(damaged("", "the record's bytes do not have this leaf hash"));
    }
    let again = parse(canonical).and_then(|value| canonical_json(&value));
    if again.ok().as_deref() != Some(canonical) {
        return Err(damaged("", "the record's bytes are not canonical JSON"));
    }
    let mut record = Record::read(canonical)
        .map_err(|error| damaged("", error.internal_text().unwrap_or("it cannot be read")))?;
    let (log_id, sequence) = (record.log_id, record.sequence);
    let mut missing = Vec::new();
    let mut used = 0;
    for (pointer, text) in record.texts() {
        if matches!(text, Text::Plain(_)) {
            continue;
        }
        let mut values = beside.iter().filter(|value| value.pointer == pointer);
        let Some(value) = values.next() else {
            missing.push(pointer.into_owned());
            continue;
        };
        if values.next().is_some() {
            return Err(damaged(
                &pointer,
                "two values stand beside the record for it",
            ));
        }
        used += 1;
        let (expected, found, length) = match text {
            Text::Plain(_) => continue,
            Text::Committed(committed) => {
                let salt = salt(value)?;
                let hash = commitment(log_id, sequence, &pointer, &salt, &value.value);
                (&committed.commitment, hash, committed.length)
            }
            Text::Digest(digest) => {
                let hash = sha256(&[value.value.as_bytes()]);
                (&digest.sha256, hash, Some(digest.length))
            }
        };
        if hex::encode(found) != *expected {
            return Err(damaged(
                &pointer,
                "the value beside the record is not the one in it",
            ));
        }
        if length.is_some_and(|length| length != value.value.len() as u64) {
            return Err(damaged(
                &pointer,
                "the value does not have the length in the record",
            ));
        }
    }
    if used != beside.len() {
        let stray = beside.iter().find(|value| {
            let stands = |(pointer, text): &(_, &mut Text)| {
                *pointer == value.pointer && !matches!(text, Text::Plain(_))
            };
            !record.texts().iter().any(stands)
        });
        let pointer = stray
            .map(|value| value.pointer.as_str())
            .unwrap_or_default();
        return Err(damaged(
            pointer,
            "a value stands beside the record that it does not commit to",
        ));
    }
    Ok(Verified {
        log_id,
        sequence,
        missing,
    })
}

fn salt(value: &PersonalValue) -> Result<Vec<u8>> {
    value
        .salt
        .as_deref()
        .and_then(|salt| hex::decode(salt).ok())
        .filter(|salt| salt.len() == 32)
        .ok_or_else(|| damaged(&value.pointer, "the value has no salt of 256 bits"))
}

fn damaged(pointer: &str, what: &str) -> Error {
    let place = if pointer.is_empty() {
        "the record"
    } else {
        pointer
    };
    Error::new(
        Kind::Internal,
        "auditRecordDamaged",
        format!("An audit record does not hold at {place}: {what}."),
        "Compare the log with a copy or a checkpoint from before; do not write to it until then.",
    )
    .with("pointer", pointer)
}

#[cfg(test)]
#[path = "verify_tests.rs"]
mod tests;
