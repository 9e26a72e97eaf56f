//! The plan of one event: which addresses hear of it, and why each.

use crate::domain::notice::settings::NoticeSettings;
use crate::domain::notice::{Audience, Event};
use serde::Serialize;
use std::collections::BTreeMap;

/// The most addresses that hear of one event.
pub const MOST_RECIPIENTS: usize = 50;

/// Somebody who may have to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// What they are to the event.
    pub audience: Audience,
    /// Their address; robots have none.
    pub address: String,
    /// Why they may have to be told; a sentence.
    pub reason: String,
}

/// An address that hears of an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Recipient {
    /// Where it is sent.
    pub address: String,
    /// As what.
    pub audience: Audience,
    /// Why, one sentence for each reason.
    pub reasons: Vec<String>,
}

/// Who hears of an event.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// Who does.
    pub recipients: Vec<Recipient>,
    /// How many more would, if there were not a most.
    pub left_out: usize,
}

/// Plans an event. Every address is told once, as the first of what it is; those that decide come
/// first, so a cap leaves out the least, and nobody who is always told.
#[must_use]
pub fn plan(event: Event, mut candidates: Vec<Candidate>, settings: &NoticeSettings) -> Plan {
    for (audience, addresses, reason) in [
        (
            Audience::SecurityContacts,
            &settings.security_contacts,
            "It is a security contact of the organization.",
        ),
        (
            Audience::ExtraAddresses,
            &settings.extra_addresses,
            "It is an extra address of the organization.",
        ),
    ] {
        candidates.extend(addresses.iter().map(|address| Candidate {
            audience,
            address: address.clone(),
            reason: reason.to_owned(),
        }));
    }
    candidates.retain(|candidate| settings.tells(event, candidate.audience));
    candidates.sort_by_key(|candidate| candidate.audience);
    let mut recipients: Vec<(Recipient, bool)> = Vec::new();
    let mut known: BTreeMap<String, usize> = BTreeMap::new();
    for candidate in candidates {
        let always = event.always_told(candidate.audience);
        // Nobody can have what concerns somebody themselves sent to another address only.
        let own = always || candidate.audience == Audience::Affected;
        for (address, reason) in addresses_of(&candidate, own, settings) {
            let key = address.trim().to_lowercase();
            match known.get(&key).and_then(|at| recipients.get_mut(*at)) {
                Some((recipient, kept)) => {
                    *kept |= always;
                    if !recipient.reasons.contains(&reason) {
                        recipient.reasons.push(reason);
                    }
                }
                None => {
                    known.insert(key, recipients.len());
                    let recipient = Recipient {
                        address,
                        audience: candidate.audience,
                        reasons: vec![reason],
                    };
                    recipients.push((recipient, always));
                }
            }
        }
    }
    let all = recipients.len();
    let always = recipients.iter().filter(|(_, always)| *always).count();
    let mut others = MOST_RECIPIENTS.saturating_sub(always);
    recipients.retain(|(_, always)| {
        let room = others > 0;
        if !always {
            others = others.saturating_sub(1);
        }
        *always || room
    });
    Plan {
        left_out: all - recipients.len(),
        recipients: recipients.into_iter().map(|(one, _)| one).collect(),
    }
}

/// The addresses at which somebody is told; with `own_too` their own in any case.
fn addresses_of(
    candidate: &Candidate,
    own_too: bool,
    settings: &NoticeSettings,
) -> Vec<(String, String)> {
    let own = candidate.address.trim();
    let others: Vec<_> = settings
        .alternates
        .iter()
        .filter(|one| one.of.trim().eq_ignore_ascii_case(own))
        .collect();
    let mut addresses = Vec::new();
    if own_too || !others.iter().any(|one| one.replaces) {
        addresses.push((own.to_owned(), candidate.reason.clone()));
    }
    addresses.extend(others.into_iter().map(|one| {
        let how = if one.replaces && !own_too {
            "in place of"
        } else {
            "beside"
        };
        let reason = format!("{} It is the address {how} {own}.", candidate.reason);
        (one.address.trim().to_owned(), reason)
    }));
    addresses
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
