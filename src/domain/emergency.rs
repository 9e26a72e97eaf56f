//! Emergency access: an engineer declares it for an incident, another person confirms it, and the
//! customer reads of it before it works. The customer is not asked, and no policy has a say in it;
//! the tenant's setting can forbid it altogether.

use crate::clock::Timestamp;
use crate::domain::lifecycle::Giver;
use crate::domain::organization::{EmergencyAccess, OrgState};
use crate::domain::refusal::{Refusal, Standing};
use crate::domain::request::{Party, Request, State};
use serde::{Deserialize, Serialize};

/// The longest emergency access, in seconds: 4 hours, or less where the service's profile has less.
pub const LONGEST_SECONDS: i64 = 4 * 3_600;

/// How long the same two people can have no other one of a tenant, in seconds from the end of their
/// last one: else they would renew it by naming another incident.
pub const PAIR_PAUSE_SECONDS: i64 = 24 * 3_600;

/// What makes a request emergency access.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Emergency {
    /// The provider's incident, as it was written but for blanks around it.
    pub incident: String,
    /// The time of access that happened without the lockbox and was reported afterwards: there
    /// never was a grant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reported: Option<Period>,
    /// That a person of the customer has taken note.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acknowledged: Option<Acknowledgement>,
}

/// From an instant up to, not including, another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Period {
    /// Its start.
    pub start: Timestamp,
    /// Its end.
    pub end: Timestamp,
}

/// That somebody of the customer has taken note of emergency access. It is no consent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledgement {
    /// Who.
    pub by: Party,
    /// When.
    pub at: Timestamp,
    /// What was written.
    pub comment: Option<String>,
}

impl Emergency {
    /// Emergency access for an incident, of which the customer has not taken note.
    #[must_use]
    pub fn new(incident: &str, reported: Option<Period>) -> Self {
        Self {
            incident: incident.trim().to_owned(),
            reported,
            acknowledged: None,
        }
    }

    /// Whether both are for the same incident, in whatever case.
    #[must_use]
    pub fn same_incident(&self, other: &Self) -> bool {
        self.incident.eq_ignore_ascii_case(&other.incident)
    }
}

/// Whether somebody may declare emergency access to a tenant.
///
/// # Errors
/// The tenant is not open, or forbids it, or a robot declares.
pub fn may_declare(
    giver: Giver<'_>,
    tenant: OrgState,
    setting: EmergencyAccess,
) -> Result<(), Refusal> {
    open(tenant)?;
    allowed(setting)?;
    person(giver, "declare emergency access")
}

/// Whether somebody may confirm declared emergency access, which grants it. `earlier` is the
/// tenant's emergency access that was confirmed before, for whatever incident.
///
/// It is not renewable: where one of the tenant was confirmed before between the same two people,
/// whoever of them declared it and however it ended, this one is refused if it is for the same
/// incident, and for any other until [`PAIR_PAUSE_SECONDS`] after the end of the earlier one.
///
/// # Errors
/// The first reason that stands against it: the state, then the tenant, then the person.
pub fn may_confirm(
    request: &Request,
    giver: Giver<'_>,
    tenant: OrgState,
    setting: EmergencyAccess,
    earlier: &[Request],
    now: Timestamp,
) -> Result<(), Refusal> {
    let standing = Standing::of(request, now);
    match standing.state {
        State::InternalReview => {}
        State::Expired => return Err(Refusal::Expired(standing)),
        _ => {
            let hint = "Only emergency access in InternalReview can be confirmed.";
            return Err(Refusal::WrongState(standing, hint));
        }
    }
    open(tenant)?;
    allowed(setting)?;
    person(giver, "confirm emergency access")?;
    let engineer = &request.requester.key;
    if giver.key == engineer {
        return Err(Refusal::ConfirmByRequester);
    }
    for other in earlier {
        let parts = request.emergency.as_ref().zip(other.emergency.as_ref());
        // What was never confirmed has not arrived, and what was only reported has no manager.
        let manager = other.reviewer.as_ref().filter(|_| other.arrived());
        let (Some((one, part)), Some(manager)) = (parts, manager) else {
            continue;
        };
        let pair = (&other.requester.key, &manager.key);
        if pair != (engineer, giver.key) && pair != (giver.key, engineer) {
            continue;
        }
        let earlier = other.reference.clone();
        if one.same_incident(part) {
            return Err(Refusal::NotRenewable { earlier });
        }
        // While it runs, it is to end at its access's end.
        let end = other.closed_at.or(other.access_end);
        let from = end.map(|end| end.plus_seconds(PAIR_PAUSE_SECONDS));
        if let Some(from) = from.filter(|from| now < *from) {
            return Err(Refusal::PairPauses { earlier, from });
        }
    }
    Ok(())
}

/// The length of emergency access, in seconds: what was asked, or the longest.
///
/// # Errors
/// [`Refusal::TooLong`] where more than the longest is asked.
pub fn access_seconds(asked: Option<i64>, profile_longest: i64) -> Result<i64, Refusal> {
    let longest = LONGEST_SECONDS.min(profile_longest);
    match asked {
        Some(wanted) if wanted > longest => Err(Refusal::TooLong { wanted, longest }),
        Some(wanted) => Ok(wanted),
        None => Ok(longest),
    }
}

/// Whether access that happened without the lockbox can be reported to a tenant: also where it
/// forbids emergency access, and while it is suspended.
///
/// # Errors
/// Nobody of the customer is there to read it.
pub fn may_report(tenant: OrgState) -> Result<(), Refusal> {
    match tenant {
        OrgState::Active | OrgState::Suspended => Ok(()),
        OrgState::Unclaimed => Err(Refusal::TenantNotClaimed),
    }
}

/// Whether somebody may acknowledge emergency access that has reached the customer, whatever has
/// become of it: it changes nothing but that it was seen.
///
/// # Errors
/// A robot acknowledges, or one of those who took it, or somebody has before.
pub fn may_acknowledge(
    request: &Request,
    emergency: &Emergency,
    giver: Giver<'_>,
) -> Result<(), Refusal> {
    if let Some(before) = &emergency.acknowledged {
        return Err(Refusal::AlreadyAcknowledged(Box::new(before.clone())));
    }
    person(giver, "acknowledge emergency access")?;
    let manager = request.reviewer.as_ref();
    if giver.key == &request.requester.key {
        Err(Refusal::AcknowledgeByProvider("requester"))
    } else if manager.is_some_and(|manager| giver.key == &manager.key) {
        Err(Refusal::AcknowledgeByProvider("reviewer"))
    } else {
        Ok(())
    }
}

fn open(tenant: OrgState) -> Result<(), Refusal> {
    match tenant {
        OrgState::Active => Ok(()),
        OrgState::Suspended => Err(Refusal::TenantSuspended),
        OrgState::Unclaimed => Err(Refusal::TenantNotClaimed),
    }
}

const fn allowed(setting: EmergencyAccess) -> Result<(), Refusal> {
    match setting {
        EmergencyAccess::Allowed => Ok(()),
        EmergencyAccess::ReportOnly => Err(Refusal::EmergencyForbidden),
    }
}

fn person(giver: Giver<'_>, what: &'static str) -> Result<(), Refusal> {
    if giver.robot {
        return Err(Refusal::RobotMayNot(what));
    }
    Ok(())
}

#[cfg(test)]
#[path = "emergency_tests.rs"]
mod tests;
