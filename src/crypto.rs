//! Hashes, the bytes that are hashed, random bytes and secrets, behind one door.

pub mod canonical;
pub mod pem;
pub mod signing;
pub mod trust;

use aws_lc_rs::digest;
use aws_lc_rs::rand;
use std::fmt;

/// A SHA-256 digest.
pub type Sha256 = [u8; 32];

/// SHA-256 of the parts, one after the other.
#[must_use]
pub fn sha256(parts: &[&[u8]]) -> Sha256 {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in parts {
        context.update(part);
    }
    let mut out = [0; 32];
    out.copy_from_slice(context.finish().as_ref());
    out
}

/// 256 random bits from the operating system's generator.
///
/// # Panics
/// When the generator fails: nothing that needs a secret can go on without one.
#[must_use]
#[allow(clippy::expect_used)] // without randomness every secret would be guessable
pub fn random() -> [u8; 32] {
    let mut out = [0; 32];
    rand::fill(&mut out).expect("the operating system's random generator failed");
    out
}

/// Whether two byte strings are equal, in a time that does not depend on where they differ.
#[must_use]
pub fn equal(left: &[u8], right: &[u8]) -> bool {
    subtle::ConstantTimeEq::ct_eq(left, right).into()
}

/// What a secret opens; the prefix lets people and scanners recognise it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretKind {
    /// A bearer token.
    Token,
    /// A code that claims a tenant.
    Claim,
    /// A code that enrols a person.
    Enrolment,
}

impl SecretKind {
    /// The text in front of the random part.
    #[must_use]
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Token => "lbt_",
            Self::Claim => "claim-",
            Self::Enrolment => "enroll-",
        }
    }
}

/// A random secret that is shown once; only its hash is stored.
pub struct Secret(String);

impl Secret {
    /// Draws a new secret of 256 bits.
    #[must_use]
    pub fn new(kind: SecretKind) -> Self {
        Self(format!("{}{}", kind.prefix(), hex::encode(random())))
    }

    /// The text to show once.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The hash to store.
    #[must_use]
    pub fn hash(&self) -> Sha256 {
        secret_hash(&self.0)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// The stored form of a secret that somebody presents.
#[must_use]
pub fn secret_hash(text: &str) -> Sha256 {
    sha256(&[text.trim().as_bytes()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sha256_of_parts_is_sha256_of_the_whole() {
        let whole = sha256(&[b"abc"]);
        assert_eq!(
            hex::encode(whole),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert_eq!(whole, sha256(&[b"a", b"", b"bc"]));
    }

    #[test]
    fn a_secret_shows_its_kind_and_hides_in_debug() {
        let secret = Secret::new(SecretKind::Token);
        assert!(secret.reveal().starts_with("lbt_"));
        assert_eq!(secret.reveal().len(), 4 + 64);
        assert!(!format!("{secret:?}").contains(secret.reveal()));
        assert_eq!(secret.hash(), secret_hash(secret.reveal()));
        assert_ne!(secret.hash(), Secret::new(SecretKind::Token).hash());
    }
}
