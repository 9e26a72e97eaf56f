//! Events that wait to be told, and what became of telling each receiver.

use crate::clock::Timestamp;
use crate::domain::notice::plan::Recipient;
use crate::domain::notice::{Audience, Event};
use crate::domain::request::Request;
use crate::ids::{DeliveryId, OrgId, RecordId, RequestId, WebhookId};
use serde::{Deserialize, Serialize};
use std::fmt;

/// An event as it was committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEvent {
    /// Its number; later events have higher ones.
    pub nr: i64,
    /// The organization that it concerns.
    pub org: OrgId,
    /// What happened.
    pub event: Event,
    /// The request, where it concerns one.
    pub request: Option<RequestId>,
    /// The record that says the rest, in the organization's log.
    pub record: Option<RecordId>,
    /// When it happened.
    pub at: Timestamp,
    /// From when it is told.
    pub due: Timestamp,
}

/// A place in the order in which events are told: by `due`, then by number. What is committed later
/// always stands behind what was told before, as nothing is due before its commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// From when the event at this place is told.
    pub due: Timestamp,
    /// Its number.
    pub nr: i64,
}

impl Place {
    /// Before all events: whoever goes on there hears everything that is kept.
    pub const START: Self = Self {
        due: Timestamp::from_millis(0),
        nr: 0,
    };

    /// The identity of the delivery of the event here to a receiver of an organization: the same
    /// whenever it is made.
    fn delivery(self, org: OrgId, target: &str) -> DeliveryId {
        let (place, target) = (self.to_string(), target.to_lowercase());
        DeliveryId::of(
            self.due,
            &[place.as_bytes(), org.bytes(), target.as_bytes()],
        )
    }
}

/// As the identity of an event. The instant makes it unlike any other also after a restore, which
/// counts events anew.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.due.millis(), self.nr)
    }
}

impl StoredEvent {
    /// Whether it came to pass: access that was to start, or to end soon, may have been taken back
    /// before.
    #[must_use]
    pub fn came(&self, request: &Request) -> bool {
        !matches!(self.event, Event::AccessStarted | Event::AccessEnding)
            || request.closed_at.is_none_or(|closed| closed > self.due)
    }

    /// Its place in the order in which events are told.
    #[must_use]
    pub const fn place(&self) -> Place {
        Place {
            due: self.due,
            nr: self.nr,
        }
    }
}

camel_words!(
    /// What became of telling a receiver.
    DeliveryState {
        /// It is tried, or tried again.
        Waiting = "waiting",
        /// The receiver has it.
        Delivered = "delivered",
        /// It is not tried any more.
        Undeliverable = "undeliverable",
    }
);

camel_words!(
    /// With which others a mail to an address that is nobody's own is counted.
    Purse {
        /// With those that tell of less protection: a flood of others does not hold them up.
        Alarms = "alarms",
        /// With all the others.
        Others = "others",
    }
);

/// What deliveries wait for, one after another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Lane {
    /// The mail server, or the folder in its place.
    Mail,
    /// A webhook.
    Webhook(WebhookId),
}

/// One event for one receiver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Its place in the order of all.
    pub nr: i64,
    /// Its identity; every repetition bears it, so that a receiver can know it again.
    pub id: DeliveryId,
    /// The receiver's organization.
    pub org: OrgId,
    /// The event.
    pub event: StoredEvent,
    /// What it waits for.
    pub lane: Lane,
    /// The address that a mail goes to; of a webhook its identity.
    pub target: String,
    /// As what the receiver is told.
    pub audience: Audience,
    /// Why it is told.
    pub reasons: Vec<String>,
    /// What became of it.
    pub state: DeliveryState,
    /// How often it was tried.
    pub attempts: u32,
    /// From when on it is tried: when it was made, until when it was put off, or when somebody had it
    /// tried anew. It is given up so long after that.
    pub created: Timestamp,
    /// When it is tried next, while it waits.
    pub next: Timestamp,
    /// What the last attempt came to.
    pub result: Option<String>,
    /// When it was delivered, or given up.
    pub done: Option<Timestamp>,
}

/// A delivery that is to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDelivery {
    /// Its identity.
    pub id: DeliveryId,
    /// The receiver's organization.
    pub org: OrgId,
    /// What it waits for.
    pub lane: Lane,
    /// The address or webhook.
    pub target: String,
    /// As what the receiver is told.
    pub audience: Audience,
    /// Why it is told.
    pub reasons: Vec<String>,
    /// Before when it is not tried, and why not.
    pub put_off: Option<(Timestamp, String)>,
    /// With which others it is counted, where it goes to an address that is nobody's own.
    pub purse: Option<Purse>,
    /// What the receiver said, where it has it already.
    pub told: Option<String>,
    /// Until when somebody has it in hand.
    pub leased: Option<Timestamp>,
}

impl NewDelivery {
    /// A mail that tells of the event at a place.
    #[must_use]
    pub fn mail(org: OrgId, to: Recipient, event: Place) -> Self {
        Self {
            id: event.delivery(org, &to.address),
            org,
            lane: Lane::Mail,
            target: to.address,
            audience: to.audience,
            reasons: to.reasons,
            put_off: None,
            purse: None,
            told: None,
            leased: None,
        }
    }

    /// A call of a webhook, which is told what its organization's administrators may know.
    #[must_use]
    pub fn webhook(org: OrgId, id: WebhookId, event: Place) -> Self {
        let target = id.to_string();
        Self {
            id: event.delivery(org, &target),
            org,
            lane: Lane::Webhook(id),
            target,
            audience: Audience::Administrators,
            reasons: vec!["It is a webhook of the organization.".to_owned()],
            put_off: None,
            purse: None,
            told: None,
            leased: None,
        }
    }
}

/// What an attempt came to, where the delivery goes on or is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The delivery.
    pub id: DeliveryId,
    /// What the receiver, or the way to it, said.
    pub result: String,
    /// When it is tried again; nothing where it is delivered.
    pub again: Option<Timestamp>,
}
