//! Format 1 of the canonical record: what stands in the bytes, under which name.
//!
//! Names are those of `AuditData` where a field appears there. Nothing here ever changes; another
//! shape is another format. The fields of every struct stand in the order of their names, which is
//! the order of the canonical bytes.

use super::canonical;
use super::draft::{Draft, Shape};
use super::seal::Place;
use crate::error::{Error, Result};
use crate::ids::{LogId, OrgId, RecordId, RequestId};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The version of this format.
pub(super) const FORMAT_VERSION: u32 = 1;

/// A text of the record: as it is, or what stands for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Text {
    /// The text.
    Plain(String),
    /// A personal value, salted; with its length where it is a long one.
    Committed(Committed),
    /// A long value.
    Digest(Digest),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Committed {
    pub(super) commitment: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) length: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Digest {
    pub(super) length: u64,
    pub(super) sha256: String,
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self::Plain(text.to_owned())
    }
}

impl Text {
    /// The text itself; empty where it is not here.
    pub(super) fn as_str(&self) -> &str {
        match self {
            Self::Plain(text) => text,
            Self::Committed(_) | Self::Digest(_) => "",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum ShapeName {
    Decision,
    Operator,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Record {
    pub(super) actor: Actor,
    #[serde(rename = "ClientIP")]
    pub(super) client_ip: Text,
    pub(super) creation_time: i64,
    pub(super) detail: Text,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) elevation: Option<Elevation>,
    pub(super) external_access: bool,
    pub(super) format_version: u32,
    pub(super) id: RecordId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) lockbox_request: Option<LockboxRequest>,
    pub(super) log_id: LogId,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) moments: BTreeMap<String, i64>,
    pub(super) object_id: Text,
    pub(super) operation: Text,
    pub(super) organization_id: OrgId,
    pub(super) organization_name: Text,
    pub(super) originating_server: Text,
    pub(super) parameters: Vec<Parameter>,
    pub(super) record_type: u16,
    pub(super) recorded_at: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) reported_by: Option<Text>,
    pub(super) result_status: String,
    pub(super) sequence: u64,
    pub(super) shape: ShapeName,
    /// Only ever there where it is true.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) test_clock: bool,
    pub(super) user_id: Text,
    pub(super) user_key: Text,
    pub(super) user_type: i64,
    pub(super) workload: Text,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Parameter {
    pub(super) name: Text,
    pub(super) value: Text,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Actor {
    pub(super) authentication: Text,
    pub(super) id: Text,
    pub(super) kind: Text,
    pub(super) name: Text,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) provider_name: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) token_id: Option<Text>,
    pub(super) via: Text,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct LockboxRequest {
    pub(super) identity: RequestId,
    pub(super) request_id: Text,
    pub(super) service_request_number: Text,
    pub(super) terms_digest: Text,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Elevation {
    pub(super) effective_organization: Text,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) elevation_approved_time: Option<i64>,
    pub(super) elevation_approver: Text,
    pub(super) elevation_duration: i64,
    pub(super) elevation_request_id: RequestId,
    pub(super) elevation_role: Text,
    pub(super) elevation_time: i64,
    pub(super) generic_info: Text,
    pub(super) start_time: i64,
}

/// The part of a record that tells of an act; the rest is not looked at.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Act {
    pub(super) actor: ActorName,
    format_version: u32,
    pub(super) object_id: Text,
    pub(super) operation: Text,
    pub(super) parameters: Vec<Parameter>,
    sequence: u64,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ActorName {
    pub(super) name: Text,
}

impl Act {
    /// Reads canonical bytes.
    pub(super) fn read(canonical: &[u8]) -> Result<Self> {
        let act: Self = serde_json::from_slice(canonical).map_err(|error| unreadable(&error))?;
        known(act.format_version, act.sequence)?;
        Ok(act)
    }
}

fn unreadable(error: &serde_json::Error) -> Error {
    Error::internal(format!("an audit record cannot be read: {error}"))
}

/// That a record has the format that this program knows.
fn known(format_version: u32, sequence: u64) -> Result<()> {
    if format_version == FORMAT_VERSION {
        return Ok(());
    }
    Err(Error::internal(format!(
        "audit record {sequence} has format {format_version}, which this program does not know"
    )))
}

impl Record {
    /// The record of a draft at its place, with every text as it is.
    pub(super) fn new(draft: &Draft, place: &Place) -> Result<Self> {
        let instant = |when: crate::clock::When| when.resolve(place.recorded_at).millis();
        let mut moments = BTreeMap::new();
        for (name, when) in &draft.moments {
            if moments.insert(name.clone(), instant(*when)).is_some() {
                return Err(Error::internal(format!("moment {name} is named twice")));
            }
        }
        Ok(Self {
            format_version: FORMAT_VERSION,
            log_id: place.log_id,
            sequence: place.sequence,
            recorded_at: place.recorded_at.millis(),
            test_clock: place.test_clock,
            shape: match draft.shape {
                Shape::Decision => ShapeName::Decision,
                Shape::Operator => ShapeName::Operator,
            },
            id: draft.id,
            creation_time: instant(draft.creation),
            organization_id: draft.org,
            organization_name: draft.organization_name.as_str().into(),
            operation: draft.operation.as_str().into(),
            record_type: draft.record_type,
            result_status: if draft.succeeded { "True" } else { "False" }.to_owned(),
            user_id: draft.user.as_str().into(),
            user_key: draft.user.as_str().into(),
            user_type: draft.user_type.number(),
            external_access: draft.external_access,
            client_ip: draft.client_ip.as_str().into(),
            object_id: draft.object_id.as_str().into(),
            originating_server: draft.originating_server.as_str().into(),
            workload: draft.workload.as_str().into(),
            parameters: draft
                .parameters
                .iter()
                .map(|parameter| Parameter {
                    name: parameter.name.as_str().into(),
                    value: parameter.value.as_str().into(),
                })
                .collect(),
            detail: draft.detail.as_str().into(),
            actor: Actor {
                id: draft.actor.id.as_str().into(),
                name: draft.actor.name.as_str().into(),
                provider_name: draft.actor.provider_name.as_deref().map(Text::from),
                kind: draft.actor.kind.as_str().into(),
                authentication: draft.actor.authentication.as_str().into(),
                via: draft.actor.via.as_str().into(),
                token_id: draft.actor.token_id.as_deref().map(Text::from),
            },
            reported_by: draft.reported_by.as_deref().map(Text::from),
            lockbox_request: draft.request.as_ref().map(|request| LockboxRequest {
                identity: request.identity,
                request_id: request.reference.as_str().into(),
                service_request_number: request.ticket.as_str().into(),
                terms_digest: request.terms_digest.as_str().into(),
            }),
            elevation: draft.elevation.as_ref().map(|elevation| Elevation {
                start_time: instant(elevation.start_time),
                effective_organization: elevation.effective_organization.as_str().into(),
                elevation_time: instant(elevation.elevation_time),
                elevation_approver: elevation.approver.as_str().into(),
                elevation_approved_time: elevation.approved_time.map(instant),
                elevation_request_id: elevation.request_id,
                elevation_role: elevation.role.as_str().into(),
                elevation_duration: elevation.duration_seconds,
                generic_info: elevation.generic_info.as_str().into(),
            }),
            moments,
        })
    }

    /// Reads canonical bytes.
    pub(super) fn read(canonical: &[u8]) -> Result<Self> {
        let record: Self = serde_json::from_slice(canonical).map_err(|error| unreadable(&error))?;
        known(record.format_version, record.sequence)?;
        Ok(record)
    }

    /// The canonical bytes.
    pub(super) fn canonical(&self) -> Result<Vec<u8>> {
        if self.written_in_order() {
            return serde_json::to_vec(self).map_err(Error::internal);
        }
        canonical::canonical_json(&serde_json::to_value(self).map_err(Error::internal)?)
    }

    /// Whether the text that serde writes is canonical as it is: the fields stand in order, so only
    /// the names of moments and the bounds of numbers are left to look at.
    fn written_in_order(&self) -> bool {
        let exact = |number: i64| number.unsigned_abs() < canonical::TOO_LARGE;
        let elevation = self.elevation.iter().flat_map(|elevation| {
            [
                elevation.start_time,
                elevation.elevation_time,
                elevation.elevation_approved_time.unwrap_or_default(),
                elevation.elevation_duration,
            ]
        });
        self.sequence < canonical::TOO_LARGE
            && exact(self.recorded_at)
            && exact(self.creation_time)
            && elevation.into_iter().all(exact)
            && self
                .moments
                .iter()
                .all(|(name, instant)| name.is_ascii() && exact(*instant))
    }

    /// Every text with its pointer: the one list of them.
    pub(super) fn texts(&mut self) -> Vec<(Cow<'static, str>, &mut Text)> {
        let mut texts: Vec<(Cow<'static, str>, &mut Text)> = vec![
            ("/OrganizationName".into(), &mut self.organization_name),
            ("/Operation".into(), &mut self.operation),
            ("/UserId".into(), &mut self.user_id),
            ("/UserKey".into(), &mut self.user_key),
            ("/ClientIP".into(), &mut self.client_ip),
            ("/ObjectId".into(), &mut self.object_id),
            ("/OriginatingServer".into(), &mut self.originating_server),
            ("/Workload".into(), &mut self.workload),
            ("/Detail".into(), &mut self.detail),
            ("/Actor/Id".into(), &mut self.actor.id),
            ("/Actor/Name".into(), &mut self.actor.name),
            ("/Actor/Kind".into(), &mut self.actor.kind),
            (
                "/Actor/Authentication".into(),
                &mut self.actor.authentication,
            ),
            ("/Actor/Via".into(), &mut self.actor.via),
        ];
        let optional = [
            (
                super::personal::PROVIDER_NAME,
                &mut self.actor.provider_name,
            ),
            ("/Actor/TokenId", &mut self.actor.token_id),
            ("/ReportedBy", &mut self.reported_by),
        ];
        for (pointer, text) in optional {
            texts.extend(text.as_mut().map(|text| (pointer.into(), text)));
        }
        for (index, parameter) in self.parameters.iter_mut().enumerate() {
            texts.push((
                format!("/Parameters/{index}/Name").into(),
                &mut parameter.name,
            ));
            texts.push((
                format!("/Parameters/{index}/Value").into(),
                &mut parameter.value,
            ));
        }
        if let Some(request) = &mut self.lockbox_request {
            texts.extend([
                ("/LockboxRequest/RequestId".into(), &mut request.request_id),
                (
                    "/LockboxRequest/ServiceRequestNumber".into(),
                    &mut request.service_request_number,
                ),
                (
                    "/LockboxRequest/TermsDigest".into(),
                    &mut request.terms_digest,
                ),
            ]);
        }
        if let Some(elevation) = &mut self.elevation {
            texts.extend([
                (
                    "/Elevation/EffectiveOrganization".into(),
                    &mut elevation.effective_organization,
                ),
                (
                    "/Elevation/ElevationApprover".into(),
                    &mut elevation.elevation_approver,
                ),
                (
                    "/Elevation/ElevationRole".into(),
                    &mut elevation.elevation_role,
                ),
                ("/Elevation/GenericInfo".into(), &mut elevation.generic_info),
            ]);
        }
        texts
    }
}
