//! Opaque cursors: where a list goes on.

use crate::error::{Error, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A place as a cursor.
pub(super) fn write<T: Serialize>(place: &T) -> Result<String> {
    serde_json::to_vec(place)
        .map(hex::encode)
        .map_err(Error::internal)
}

/// The place that a cursor names.
pub(super) fn read<T: DeserializeOwned>(cursor: Option<&str>) -> Result<Option<T>> {
    let Some(text) = cursor else { return Ok(None) };
    hex::decode(text)
        .ok()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .map(Some)
        .ok_or_else(|| {
            Error::invalid_param(
                "/cursor",
                "This cursor is none of this list.",
                "nextCursor of the page before, unchanged",
            )
        })
}
