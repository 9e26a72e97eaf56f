//! From a draft and its place in the log to the bytes that are the record.

use super::address::address_only;
use super::draft::{Draft, PersonalValue};
use super::merkle::leaf_hash;
use super::personal::commitment;
use super::record::{Committed, Digest, Record, Text};
use super::text::fold;
use crate::clock::Timestamp;
use crate::crypto::{Sha256, sha256};
use crate::error::{Error, Kind, Result};
use crate::ids::{LogId, RecordId};
use std::borrow::Cow;

/// The most that a record's canonical bytes may be; `tlog-tiles` bundles give 16 bits to a length.
pub const MAX_CANONICAL_BYTES: usize = 65_535;

/// The longest value, in bytes of UTF-8, that stands in the record itself.
pub const MAX_INLINE_BYTES: usize = 8_192;

/// Where a record goes: only the writer knows.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// The log.
    pub log_id: LogId,
    /// The record's number in it, from 0 without gaps: its leaf index.
    pub sequence: u64,
    /// The commit's instant.
    pub recorded_at: Timestamp,
    /// Whether the database has a clock that can be moved.
    pub test_clock: bool,
}

/// A record as it is stored: bytes and leaf hash, what stands beside, and the columns of the index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// The record.
    pub canonical: Vec<u8>,
    /// Its leaf in the log's tree.
    pub leaf_hash: Sha256,
    /// Values that the record only commits to.
    pub beside: Vec<PersonalValue>,
    /// `Id`
    pub id: RecordId,
    /// Its number in the log.
    pub sequence: u64,
    /// When it happened.
    pub creation: Timestamp,
    /// When it was committed.
    pub recorded_at: Timestamp,
    /// `RecordType`
    pub record_type: u16,
    /// `Operation`
    pub operation: String,
    /// `UserId` as shown; personal where it names a person.
    pub user_id: String,
    /// The client's address without its port (see [`address_only`]); personal.
    pub client_address: String,
    /// `ObjectId`
    pub object_id: String,
    /// Everything that free text can find, folded (see [`fold`]), one value a line; personal.
    pub text: String,
}

/// Makes the record. The same draft at the same place always gives the same bytes.
///
/// # Errors
/// `invalidParams` where the record would be longer than [`MAX_CANONICAL_BYTES`].
pub fn seal(draft: &Draft, place: &Place) -> Result<Sealed> {
    let mut record = Record::new(draft, place)?;
    let creation = Timestamp::from_millis(record.creation_time);
    let beside = set_aside(&mut record, draft, place)?;
    let canonical = record.canonical()?;
    if canonical.len() > MAX_CANONICAL_BYTES {
        return Err(too_large(canonical.len()));
    }
    Ok(Sealed {
        leaf_hash: leaf_hash(&canonical),
        canonical,
        beside,
        id: draft.id,
        sequence: place.sequence,
        creation,
        recorded_at: place.recorded_at,
        record_type: draft.record_type,
        operation: draft.operation.clone(),
        user_id: draft.user.clone(),
        client_address: address_only(&draft.client_ip),
        object_id: draft.object_id.clone(),
        text: search_text(draft),
    })
}

/// Replaces personal and long texts by what stands for them, and returns the texts.
fn set_aside(record: &mut Record, draft: &Draft, place: &Place) -> Result<Vec<PersonalValue>> {
    let pointers = draft.personal_fields();
    if pointers.len() != draft.salts.len() {
        return Err(Error::internal(format!(
            "a draft of {} has {} salts for {} personal fields",
            draft.operation,
            draft.salts.len(),
            pointers.len()
        )));
    }
    let mut beside = Vec::with_capacity(pointers.len());
    for (pointer, text) in record.texts() {
        let value = text.as_str();
        let long = value.len() > MAX_INLINE_BYTES;
        let length = value.len() as u64;
        let salt = pointers
            .iter()
            .zip(&draft.salts)
            .find(|(personal, _)| **personal == pointer)
            .map(|(_, salt)| salt);
        let stand_in = match salt {
            Some(salt) => {
                let hash = commitment(place.log_id, place.sequence, &pointer, salt, value);
                Text::Committed(Committed {
                    commitment: hex::encode(hash),
                    length: long.then_some(length),
                })
            }
            None if long => Text::Digest(Digest {
                length,
                sha256: hex::encode(sha256(&[value.as_bytes()])),
            }),
            None => continue,
        };
        if let Text::Plain(value) = std::mem::replace(text, stand_in) {
            beside.push(PersonalValue {
                pointer: pointer.into_owned(),
                value,
                salt: salt.map(hex::encode),
            });
        }
    }
    let committed = beside.iter().filter(|value| value.salt.is_some()).count();
    if committed != pointers.len() {
        return Err(Error::internal(format!(
            "a draft of {} has {} personal fields, and {committed} of them are in the record",
            draft.operation,
            pointers.len()
        )));
    }
    Ok(beside)
}

/// What free text finds. Never the provider's own name for its person: a customer who searches
/// would find out by guessing.
fn search_text(draft: &Draft) -> String {
    let id = draft.id.to_string();
    let identity = draft.request.as_ref().map(|r| r.identity.to_string());
    let mut values: Vec<&str> = vec![
        &id,
        &draft.operation,
        &draft.user,
        &draft.client_ip,
        &draft.object_id,
        &draft.organization_name,
        &draft.originating_server,
        &draft.workload,
        &draft.detail,
        &draft.actor.id,
        &draft.actor.name,
    ];
    for parameter in &draft.parameters {
        values.extend([parameter.name.as_str(), parameter.value.as_str()]);
    }
    values.extend(draft.reported_by.as_deref());
    values.extend(identity.as_deref());
    if let Some(request) = &draft.request {
        values.extend([request.reference.as_str(), request.ticket.as_str()]);
    }
    if let Some(elevation) = &draft.elevation {
        values.extend([
            elevation.approver.as_str(),
            elevation.role.as_str(),
            elevation.generic_info.as_str(),
        ]);
    }
    values.retain(|value| !value.is_empty());
    values.dedup();
    fold(&values.join("\n"))
}

fn too_large(bytes: usize) -> Error {
    Error::new(
        Kind::InvalidParams,
        "invalidParams",
        format!("The audit record would take {bytes} bytes; at most {MAX_CANONICAL_BYTES} fit."),
        "Send fewer or shorter parameters, or record the act in several calls.",
    )
    .with("bytes", bytes)
    .with("limit", MAX_CANONICAL_BYTES)
}

/// The most that a byte of text takes in JSON: `\u001f`.
const LONGEST_ESCAPE: usize = 6;

/// More than all names, numbers, ids and commitments of a record take, parameters and moments aside.
const FRAME_BYTES: usize = 8_192;

/// More than the name of a member and its quotes take, or a commitment in its place.
const MEMBER_BYTES: usize = 256;

/// The longest reference number that a store can draw.
const LONGEST_REFERENCE: &str = "XXXXXXXX999999999999";

impl Draft {
    /// Whether the record will fit, wherever it goes; asked before the commit, so that the caller
    /// gets the error and not the writer.
    ///
    /// # Errors
    /// As [`seal`].
    pub fn check_size(&self) -> Result<()> {
        if self.surely_fits() {
            return Ok(());
        }
        let place = Place {
            log_id: LogId::from_uuid(uuid::Uuid::nil()),
            sequence: (1 << 53) - 1,
            // As many digits as instants have until 2286.
            recorded_at: Timestamp::from_millis(9_000_000_000_000),
            test_clock: true,
        };
        let mut draft = Cow::Borrowed(self);
        if self
            .request
            .as_ref()
            .is_some_and(|r| r.reference.is_empty())
            && let Some(request) = &mut draft.to_mut().request
        {
            request.reference = LONGEST_REFERENCE.to_owned();
        }
        seal(&draft, &place).map(drop)
    }

    /// Whether the record fits even if every byte of its texts had to be escaped: true of nearly
    /// all, and found out without making the record.
    fn surely_fits(&self) -> bool {
        let texts = [
            &self.organization_name,
            &self.operation,
            // As UserId and as UserKey.
            &self.user,
            &self.user,
            &self.client_ip,
            &self.object_id,
            &self.originating_server,
            &self.workload,
            &self.detail,
            &self.actor.id,
            &self.actor.name,
            &self.actor.kind,
            &self.actor.authentication,
            &self.actor.via,
        ]
        .into_iter()
        .chain(&self.actor.provider_name)
        .chain(&self.actor.token_id)
        .chain(&self.reported_by)
        .chain(self.moments.iter().map(|(name, _)| name))
        .chain(self.parameters.iter().flat_map(|p| [&p.name, &p.value]))
        .chain(
            self.request
                .iter()
                .flat_map(|r| [&r.reference, &r.ticket, &r.terms_digest]),
        )
        .chain(self.elevation.iter().flat_map(|e| {
            [
                &e.effective_organization,
                &e.approver,
                &e.role,
                &e.generic_info,
            ]
        }));
        let members = 2 * self.parameters.len() + self.moments.len();
        texts.map(String::len).sum::<usize>() * LONGEST_ESCAPE
            + members * MEMBER_BYTES
            + FRAME_BYTES
            <= MAX_CANONICAL_BYTES
    }
}

#[cfg(test)]
#[path = "seal_tests.rs"]
mod tests;
