//! How many mails go to addresses that are not those of an organization's own people: security
//! contacts, extra addresses, alternates. Nobody has asked them whether they want any, so more than
//! the limit are put off: each has its turn, and none is lost.

use crate::clock::Timestamp;
use crate::domain::notice::delivery::{Lane, NewDelivery, StoredEvent};
use crate::domain::notice::{Audience, Event};
use crate::domain::organization::OrgKind;
use crate::error::Result;
use crate::ids::OrgId;
use crate::service::notification::batch::Batch;
use crate::service::{Services, locked};

/// What mails are counted by: the organization, and whether they tell of less protection. These are
/// counted apart, so that a flood of others does not hold them up.
pub(in crate::service) type Purse = (OrgId, bool);

/// The longest that a mail of less protection is put off: an hour, in milliseconds. Nobody can make
/// so many of them that the contacts hear of none in time.
const LONGEST_ALARM_WAIT: i64 = 3_600_000;

impl Services {
    /// Puts off what is more than the limit among the mails of an event; returns what it has counted.
    pub(super) async fn pace(
        &self,
        event: &StoredEvent,
        deliveries: &mut [NewDelivery],
        batch: &mut Batch,
        now: Timestamp,
    ) -> Result<Vec<Purse>> {
        // The provider's two people are held by a limit of their own.
        if event.event == Event::EmergencyAccess {
            return Ok(Vec::new());
        }
        let alarm = event.event.always_told(Audience::Administrators);
        let mut foreign = Vec::new();
        for delivery in deliveries {
            // Whoever was disabled is nobody's approver any more, and hears of it all the same.
            let theirs =
                (event.event, delivery.audience) == (Event::RolesChanged, Audience::Affected);
            if delivery.lane == Lane::Mail && !theirs && self.is_foreign(delivery, batch).await? {
                foreign.push(delivery);
            }
        }
        let mut counted = Vec::new();
        let mut put_off = 0;
        for delivery in foreign {
            let purse = (delivery.org, alarm);
            let mut wait = locked(&self.foreign_mails).reserve(purse, now);
            counted.push(purse);
            if alarm {
                wait = wait.min(LONGEST_ALARM_WAIT);
            }
            if wait > 0 {
                let until = now.plus_millis(wait);
                let why = format!(
                    "Not sent before {until}: mails to addresses that are not a person's own are more than {} an hour, which the daemon's operator has set.",
                    self.limits.foreign_mails_per_hour
                );
                delivery.put_off = Some((until, why));
                put_off += 1;
            }
        }
        if put_off > 0 {
            tracing::warn!(
                org = %event.org,
                event = event.event.as_str(),
                put_off,
                "a customer's mails to others than its people are put off"
            );
        }
        Ok(counted)
    }

    /// What was counted comes to nothing: it could not be written down.
    pub(super) fn give_back(&self, counted: Vec<Purse>, now: Timestamp) {
        let mut mails = locked(&self.foreign_mails);
        for purse in counted {
            mails.give_back(purse, now);
        }
    }

    /// Whether a mail goes to an address that is none of the people's who may have to be told. The
    /// provider's addresses are the operator's choice.
    async fn is_foreign(&self, delivery: &NewDelivery, batch: &mut Batch) -> Result<bool> {
        let address = delivery.target.to_lowercase();
        let people = batch.people(self, delivery.org).await?;
        let mut own = people.iter().map(|(person, _)| person.address.as_deref());
        if own.any(|own| own == Some(address.as_str())) {
            return Ok(false);
        }
        Ok(self.organization(delivery.org).await?.kind == OrgKind::Tenant)
    }
}
