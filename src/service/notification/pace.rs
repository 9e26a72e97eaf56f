//! How many mails go to addresses that are not those of an organization's own people: security
//! contacts, extra addresses, alternates, and people who have not enrolled. Nobody has asked them
//! whether they want any, so more than the limit are put off: each has its turn, and none is lost.

use crate::clock::Timestamp;
use crate::domain::notice::delivery::{Lane, NewDelivery, Purse, StoredEvent};
use crate::domain::notice::{Audience, Event};
use crate::domain::organization::OrgKind;
use crate::error::Result;
use crate::ids::OrgId;
use crate::service::notification::batch::Batch;
use crate::service::{Services, locked};

/// Whose mails are counted, and which of them.
pub(in crate::service) type Counted = (OrgId, Purse);

/// An hour, in milliseconds: the limit is of mails in an hour.
const HOUR: i64 = 3_600_000;

/// The longest that a mail of less protection is put off, in milliseconds. Nobody can make so many of
/// them that the contacts hear of none in time.
const LONGEST_ALARM_WAIT: i64 = HOUR;

/// After a start of the daemon no more than so many mails of before are counted.
const MOST_REMEMBERED: u32 = 100_000;

impl Services {
    /// Puts off what is more than the limit among the mails of an event; returns what it has counted.
    pub(super) async fn pace(
        &self,
        event: &StoredEvent,
        deliveries: &mut [NewDelivery],
        batch: &mut Batch,
        now: Timestamp,
    ) -> Result<Vec<Counted>> {
        // The provider's two people are held by a limit of their own.
        if event.event == Event::EmergencyAccess {
            return Ok(Vec::new());
        }
        let purse = match event.event.always_told(Audience::Administrators) {
            true => Purse::Alarms,
            false => Purse::Others,
        };
        let mut foreign = Vec::new();
        for delivery in deliveries {
            if delivery.lane == Lane::Mail && self.is_foreign(delivery, batch).await? {
                self.remember((delivery.org, purse), now).await?;
                foreign.push(delivery);
            }
        }
        let mut counted = Vec::new();
        let mut put_off = 0;
        for delivery in foreign {
            let key = (delivery.org, purse);
            let mut wait = locked(&self.foreign_mails).reserve(key, now);
            counted.push(key);
            delivery.purse = Some(purse);
            if purse == Purse::Alarms {
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
    pub(super) fn give_back(&self, counted: Vec<Counted>, now: Timestamp) {
        let mut mails = locked(&self.foreign_mails);
        for key in counted {
            mails.give_back(key, now);
        }
    }

    /// Counts what was made before the daemon started, where nothing is known yet: the mails whose
    /// turn came within the last hour, or is still to come, are at least what is owed for.
    async fn remember(&self, key: Counted, now: Timestamp) -> Result<()> {
        if locked(&self.foreign_mails).knows(&key) {
            return Ok(());
        }
        let (org, purse) = key;
        let since = now.plus_millis(-HOUR);
        let made = self
            .store
            .counted_mails(org, purse, since, MOST_REMEMBERED)
            .await?;
        locked(&self.foreign_mails).begin(key, made, now);
        Ok(())
    }

    /// Whether a mail goes to an address that is none of the people's of a customer. The provider's
    /// addresses are the operator's choice.
    async fn is_foreign(&self, delivery: &NewDelivery, batch: &mut Batch) -> Result<bool> {
        let org = delivery.org;
        Ok(self.organization(org).await?.kind == OrgKind::Tenant
            && !batch.has_enrolled(self, org, &delivery.target).await?)
    }
}
