//! The only maker of identities.

use crate::clock::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Draws a new random identity.
            #[allow(clippy::disallowed_methods)] // this module is the one maker of identities
            #[must_use]
            pub fn new() -> Self {
                Self(Uuid::new_v4())
            }

            /// The identity with these bytes, as a store reads it back.
            #[must_use]
            pub const fn from_uuid(value: Uuid) -> Self {
                Self(value)
            }

            /// The identity as a plain UUID.
            #[must_use]
            pub const fn uuid(self) -> Uuid {
                self.0
            }

            /// The sixteen bytes of the identity.
            #[must_use]
            pub fn bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self::new()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.as_hyphenated().fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.as_hyphenated().fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
    };
}

id!(
    /// An organization: the provider or a tenant.
    OrgId
);
id!(
    /// A person or a robot.
    PrincipalId
);
id!(
    /// One event for one receiver.
    DeliveryId
);
id!(
    /// A receiver of an organization's events.
    WebhookId
);
id!(
    /// A bearer token (never its secret).
    TokenId
);
id!(
    /// A claim or enrolment code (never its secret).
    CodeId
);
id!(
    /// A change of a policy that waits for a second pair of eyes.
    ChangeId
);
id!(
    /// A request's GUID, which every result calls `identity`.
    RequestId
);
id!(
    /// A grant.
    GrantId
);
id!(
    /// An audit record.
    RecordId
);
id!(
    /// One call, for logs.
    CallId
);
id!(
    /// An audit log: random 128 bits, drawn once and never reused.
    LogId
);
impl DeliveryId {
    /// Draws a new identity that is ordered by time (UUID version 7): deliveries are many, and those
    /// of one moment lie side by side in their index.
    #[must_use]
    pub fn at(now: Timestamp) -> Self {
        let random = Self::new();
        let [a, b, c, d, e, f, _, g, _, h, i, j, ..] = *random.bytes();
        let millis = u64::try_from(now.millis()).unwrap_or_default();
        let tail = [a, b, c, d, e, f, g, h, i, j];
        Self(uuid::Builder::from_unix_timestamp_millis(millis, &tail).into_uuid())
    }
}
