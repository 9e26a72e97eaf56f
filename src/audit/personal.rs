//! Which fields are personal, and the commitments that stand in their place.
//!
//! `schemas/audit-personal.json` publishes this table; a test holds the two together.

use super::draft::Draft;
use crate::crypto::{self, Sha256};
use crate::ids::LogId;

/// The first part of what a commitment hashes: it says what the hash is for.
pub const COMMITMENT_LABEL: &str = "lockbox-commit-v1";

/// When a field of the table is personal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// In every record.
    Always,
    /// Where the user is a person: no service account, no operator name, not the daemon.
    UserIsPerson,
    /// Where somebody wrote the parameter's value freely.
    FreeText,
    /// Where the actor is not the daemon.
    ActorIsNotDaemon,
}

impl Condition {
    /// Its published name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::UserIsPerson => "userIsPerson",
            Self::FreeText => "freeText",
            Self::ActorIsNotDaemon => "actorIsNotDaemon",
        }
    }
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct PersonalField {
    /// JSON pointer into the canonical record; `*` stands for every index.
    pub pointer: &'static str,
    /// When it is personal.
    pub when: Condition,
    texts: for<'a> fn(&'a Draft) -> Option<&'a str>,
}

/// The pointer of the provider's own name for its person, which no customer sees.
pub(super) const PROVIDER_NAME: &str = "/Actor/ProviderName";

/// The values of parameters are the one row that stands for several fields.
const PARAMETER_VALUE: &str = "/Parameters/*/Value";

/// Every personal field, in the order in which salts are drawn. An empty value is not personal: it
/// stands in the record as it is.
pub const PERSONAL_FIELDS: [PersonalField; 10] = [
    row("/UserId", Condition::UserIsPerson, |d| Some(&d.user)),
    row("/UserKey", Condition::UserIsPerson, |d| Some(&d.user)),
    row("/ClientIP", Condition::Always, |d| Some(&d.client_ip)),
    row(PARAMETER_VALUE, Condition::FreeText, |_| None),
    row("/Detail", Condition::Always, |d| Some(&d.detail)),
    row("/Actor/Name", Condition::ActorIsNotDaemon, |d| {
        Some(&d.actor.name)
    }),
    // The daemon's records have one too where it acts for somebody, as a restore does.
    row(PROVIDER_NAME, Condition::Always, |d| {
        d.actor.provider_name.as_deref()
    }),
    row("/ReportedBy", Condition::Always, |d| {
        d.reported_by.as_deref()
    }),
    row("/Elevation/ElevationApprover", Condition::Always, |d| {
        d.elevation.as_ref().map(|e| e.approver.as_str())
    }),
    row("/Elevation/GenericInfo", Condition::Always, |d| {
        d.elevation.as_ref().map(|e| e.generic_info.as_str())
    }),
];

const fn row(
    pointer: &'static str,
    when: Condition,
    texts: for<'a> fn(&'a Draft) -> Option<&'a str>,
) -> PersonalField {
    PersonalField {
        pointer,
        when,
        texts,
    }
}

impl Draft {
    /// The pointers of this record's personal fields, in the order of its salts.
    #[must_use]
    pub fn personal_fields(&self) -> Vec<String> {
        let mut pointers = Vec::new();
        for field in &PERSONAL_FIELDS {
            if field.pointer == PARAMETER_VALUE {
                let values = self.parameters.iter().enumerate();
                pointers.extend(
                    values
                        .filter(|(_, p)| p.free_text && !p.value.is_empty())
                        .map(|(index, _)| field.pointer.replace('*', &index.to_string())),
                );
                continue;
            }
            let personal = match field.when {
                Condition::Always | Condition::FreeText => true,
                Condition::UserIsPerson => self.user_is_person,
                Condition::ActorIsNotDaemon => self.actor.kind != "daemon",
            };
            if personal && (field.texts)(self).is_some_and(|text| !text.is_empty()) {
                pointers.push(field.pointer.to_owned());
            }
        }
        pointers
    }

    /// Draws a fresh salt for every personal field. Done once, before the commit, when nothing of
    /// the draft changes any more, so that applying the change again gives the same bytes.
    pub fn draw_salts(&mut self) {
        self.salts = self
            .personal_fields()
            .iter()
            .map(|_| crypto::random())
            .collect();
    }
}

/// What stands in the record for a personal value: SHA-256 over the label, the log, the sequence
/// number, the pointer, the salt and the value, each with its length in front (32 bits, big endian).
#[must_use]
pub fn commitment(log_id: LogId, sequence: u64, pointer: &str, salt: &[u8], value: &str) -> Sha256 {
    let sequence = sequence.to_be_bytes();
    let parts: [&[u8]; 6] = [
        COMMITMENT_LABEL.as_bytes(),
        log_id.bytes(),
        &sequence,
        pointer.as_bytes(),
        salt,
        value.as_bytes(),
    ];
    // No text here can reach 4 GiB: request bodies are limited far below.
    let lengths = parts.map(|part| u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
    let mut framed: Vec<&[u8]> = Vec::with_capacity(2 * parts.len());
    for (length, part) in lengths.iter().zip(parts) {
        framed.push(length);
        framed.push(part);
    }
    crypto::sha256(&framed)
}

#[cfg(test)]
#[path = "personal_tests.rs"]
mod tests;
