//! Signatures by the scheme of Standard Webhooks.

use crate::clock::Timestamp;
use crate::crypto::signing::Key;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName, HeaderValue};

const ID: HeaderName = HeaderName::from_static("webhook-id");
const TIMESTAMP: HeaderName = HeaderName::from_static("webhook-timestamp");
const SIGNATURE: HeaderName = HeaderName::from_static("webhook-signature");

/// Adds the headers that sign a body. `id` is the delivery's, or the question's: a receiver that sees
/// it again has it already. `now` is the instant of this attempt. There is one signature for each key, so that a
/// receiver believes it with the old key or the new one while keys change.
///
/// # Errors
/// Where there is no key, or the id cannot stand in a header, as a sentence.
pub fn sign(
    headers: &mut HeaderMap,
    id: &str,
    now: Timestamp,
    body: &[u8],
    keys: &[Key],
) -> Result<(), String> {
    // A dot would let one signature fit two messages.
    if id.is_empty() || id.contains('.') {
        return Err(format!("'{id}' can be no id of what is signed."));
    }
    let seconds = now.millis().div_euclid(1_000).to_string();
    let signed: [&[u8]; 5] = [id.as_bytes(), b".", seconds.as_bytes(), b".", body];
    let mut signatures = Vec::new();
    for key in keys {
        let signature = key.sign(&signed);
        signatures.push(format!("v1,{}", STANDARD.encode(signature)));
    }
    if signatures.is_empty() {
        return Err("There is no key that signs; give it a new one.".to_owned());
    }
    for (name, text) in [
        (ID, id),
        (TIMESTAMP, &seconds),
        (SIGNATURE, &signatures.join(" ")),
    ] {
        let value = HeaderValue::from_str(text).map_err(|error| error.to_string())?;
        headers.insert(name, value);
    }
    Ok(())
}
