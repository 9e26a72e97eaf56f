//! Stand-in until the audit room's own `seal` is merged.

use crate::audit::draft::{Draft, PersonalValue};
use crate::clock::Timestamp;
use crate::crypto::{Sha256, sha256};
use crate::ids::LogId;
use serde_json::json;

pub(super) struct Place {
    pub(super) log_id: LogId,
    pub(super) sequence: u64,
    pub(super) recorded_at: Timestamp,
    pub(super) test_clock: bool,
}

pub(super) struct Sealed {
    pub(super) canonical: Vec<u8>,
    pub(super) leaf_hash: Sha256,
    pub(super) beside: Vec<PersonalValue>,
    pub(super) creation: Timestamp,
    pub(super) record_type: u16,
    pub(super) operation: String,
    pub(super) user_id: String,
    pub(super) address: String,
    pub(super) object_id: String,
    pub(super) text: String,
}

pub(super) fn seal(draft: &Draft, place: &Place) -> Result<Sealed, String> {
    let canonical = json!({"Id": draft.id.to_string(), "logId": place.log_id.to_string(),
        "sequence": place.sequence, "recordedAt": place.recorded_at.millis(), "TestClock": place.test_clock,
        "RequestId": draft.request.as_ref().map(|r| r.reference.clone())})
    .to_string()
    .into_bytes();
    let address = draft.client_ip.parse::<std::net::SocketAddr>().map(|a| a.ip().to_string()).unwrap_or_default();
    Ok(Sealed {
        leaf_hash: sha256(&[&[0], &canonical]),
        canonical,
        beside: Vec::new(),
        creation: draft.creation.resolve(place.recorded_at),
        record_type: draft.record_type,
        operation: draft.operation.clone(),
        user_id: draft.user.clone(),
        address,
        object_id: draft.object_id.clone(),
        text: format!("{} {}", draft.operation, draft.detail).to_lowercase(),
    })
}
