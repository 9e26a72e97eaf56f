//! The only maker of identities.

use crate::clock::Timestamp;
use crate::crypto::sha256;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

/// Random (UUID version 4): it says nothing.
#[allow(clippy::disallowed_methods)] // this module is the one maker of identities
fn random() -> Uuid {
    Uuid::new_v4()
}

/// Random, and ordered by the machine's time (UUID version 7): what is drawn at one moment lies side by
/// side in its index, where there are very many. Nothing reads the time in it.
#[allow(clippy::disallowed_methods)] // this module is the one maker of identities
fn ordered() -> Uuid {
    Uuid::now_v7()
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        id!($(#[$doc])* $name, random);
    };
    ($(#[$doc:meta])* $name:ident, $draw:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Draws a new identity.
            #[must_use]
            pub fn new() -> Self {
                Self($draw())
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
    RequestId,
    ordered
);
id!(
    /// A grant.
    GrantId
);
id!(
    /// An audit record.
    RecordId,
    ordered
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
    /// The identity that follows from what it is of: the same whenever it is made again. Ordered by the
    /// instant (UUID version 7).
    #[must_use]
    pub fn of(at: Timestamp, what: &[&[u8]]) -> Self {
        let [a, b, c, d, e, f, g, h, i, j, ..] = sha256(what);
        let millis = u64::try_from(at.millis()).unwrap_or_default();
        let tail = [a, b, c, d, e, f, g, h, i, j];
        Self(uuid::Builder::from_unix_timestamp_millis(millis, &tail).into_uuid())
    }
}
