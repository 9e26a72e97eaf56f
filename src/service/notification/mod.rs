//! Notifications: who is told of an event, what they are told, and what became of it.

mod affected;
mod audience;
mod batch;
mod expand;
mod facts;
mod forget;
mod in_hand;
mod list;
mod outcome;
mod pace;
mod preview;
mod seats;
mod subject;
mod subscribe;

pub use expand::Round;
pub use facts::ToTell;
pub use in_hand::{Direct, InHand, MOST_IN_HAND};
pub use list::{ListNotifications, Listed, MOST_TOLD, Notification, Resumed};
pub(in crate::service) use pace::Counted;
pub use preview::{Preview, Previewed, PreviewedRecipient};
pub(in crate::service) use seats::Seats;
pub use subject::Subject;
pub use subscribe::{Heard, Subscribe, Subscription};
