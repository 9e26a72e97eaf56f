//! Keys that sign what is sent, by the scheme of Standard Webhooks: HMAC-SHA256, written as
//! `whsec_` and base64.

use super::{Sha256, random};
use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::fmt;

/// What a key begins with, as people and scanners see it.
const PREFIX: &str = "whsec_";

/// How many bytes a key may have.
const BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// A key that signs.
#[derive(Clone, PartialEq, Eq)]
pub struct Key(Vec<u8>);

impl Key {
    /// Draws a new key of 256 bits.
    #[must_use]
    pub fn new() -> Self {
        Self(random().to_vec())
    }

    /// Reads a key as it is written.
    ///
    /// # Errors
    /// What is wrong with it, as a sentence that does not hold it.
    pub fn read(text: &str) -> Result<Self, String> {
        let bytes = text
            .trim()
            .strip_prefix(PREFIX)
            .and_then(|rest| STANDARD.decode(rest).ok())
            .ok_or_else(|| format!("A key is '{PREFIX}' followed by base64."))?;
        if !BYTES.contains(&bytes.len()) {
            return Err(format!(
                "A key has {} to {} bytes, and this one has {}.",
                BYTES.start(),
                BYTES.end(),
                bytes.len()
            ));
        }
        Ok(Self(bytes))
    }

    /// The text to show once, and to keep.
    #[must_use]
    pub fn reveal(&self) -> String {
        format!("{PREFIX}{}", STANDARD.encode(&self.0))
    }

    /// HMAC-SHA256 of the parts, one after the other.
    #[must_use]
    pub fn sign(&self, parts: &[&[u8]]) -> Sha256 {
        let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, &self.0));
        for part in parts {
            context.update(part);
        }
        let mut out = [0; 32];
        out.copy_from_slice(context.sign().as_ref());
        out
    }
}

impl Default for Key {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4231, test case 4 (a key of 25 bytes).
    #[test]
    fn it_signs_as_the_rfc_says() {
        let key = Key((1..=25).collect());
        let signature = key.sign(&[&[0xcd; 20], &[0xcd; 30]]);
        assert_eq!(
            hex::encode(signature),
            "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"
        );
    }

    #[test]
    fn a_key_has_24_to_64_bytes_and_hides_in_debug() {
        let text = |bytes: usize| Key(vec![7; bytes]).reveal();
        for bytes in [24, 64] {
            assert_eq!(Key::read(&text(bytes)).unwrap(), Key(vec![7; bytes]));
        }
        for bytes in [0, 23, 65] {
            assert!(Key::read(&text(bytes)).is_err(), "{bytes}");
        }
        for text in ["", "whsec_", "whsec_***", &text(32)[PREFIX.len()..]] {
            assert!(Key::read(text).is_err(), "{text}");
        }
        let key = Key::new();
        assert_eq!(Key::read(&key.reveal()).unwrap(), key);
        assert_ne!(key, Key::new());
        assert_eq!(format!("{key:?}"), "Key(…)");
    }
}
