//! How many mails go to addresses that are not those of an organization's own people: security
//! contacts, extra addresses, alternates. Nobody has asked them whether they want any, so more than
//! the limit are put off: each has its turn, and none is lost.

use crate::clock::Timestamp;
use crate::domain::notice::Audience;
use crate::domain::notice::delivery::{Lane, NewDelivery, StoredEvent};
use crate::domain::organization::OrgKind;
use crate::error::Result;
use crate::ids::OrgId;
use crate::service::notification::batch::Batch;
use crate::service::{Services, locked};

/// What mails are counted by: the organization, and whether they tell of less protection or of
/// emergency access. These are counted apart, so that a flood of others does not hold them up.
pub(in crate::service) type Purse = (OrgId, bool);

impl Services {
    /// Puts off what is more than the limit among the mails of an event.
    pub(super) async fn pace(
        &self,
        event: &StoredEvent,
        deliveries: &mut [NewDelivery],
        batch: &mut Batch,
        now: Timestamp,
    ) -> Result<()> {
        let alarms = event.event.always_told(Audience::Administrators);
        let mut put_off = 0;
        for delivery in deliveries {
            if delivery.lane != Lane::Mail || !self.is_foreign(delivery, batch).await? {
                continue;
            }
            let wait = locked(&self.foreign_mails).reserve((delivery.org, alarms), now);
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
        Ok(())
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
