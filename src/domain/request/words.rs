//! The words of a request: how it stands, what was decided, how far access goes.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum $name { $($(#[$vdoc])* $variant),+ }

        impl $name {
            /// Every value, in declared order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word in params, results and records.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => stringify!($variant)),+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        /// Reads the whole word, in any case.
        impl FromStr for $name {
            type Err = ();
            fn from_str(text: &str) -> Result<Self, ()> {
                Self::ALL
                    .iter()
                    .copied()
                    .find(|value| value.as_str().eq_ignore_ascii_case(text.trim()))
                    .ok_or(())
            }
        }
    };
}

words!(
    /// Where a request stands; the full truth.
    State {
        /// Waits for the provider's manager.
        InternalReview,
        /// The manager said no.
        Rejected,
        /// Waits for the customer.
        Pending,
        /// The customer said yes (or need not be asked): access is granted.
        Approved,
        /// The customer said no.
        Denied,
        /// The customer took it back, before or after approving.
        Canceled,
        /// A deadline passed without an answer.
        Expired,
        /// The provider's side took it back.
        Withdrawn,
        /// The engineer finished early.
        Completed,
        /// The provider stopped the access.
        Revoked,
        /// The granted time is up.
        Ended,
    }
);

words!(
    /// What the documented cmdlets call a request's state (plus `Expired`, which they lack).
    ApprovalStatus {
        /// The customer said yes, whatever became of the access later.
        Approved,
        /// The customer or the provider took it back.
        Canceled,
        /// The customer said no.
        Denied,
        /// Waits for the customer.
        Pending,
        /// The customer did not answer in time.
        Expired,
    }
);

words!(
    /// A customer's decision, spelled as the documented `-ApprovalDecision`.
    Decision {
        /// Let the engineer in, for the granted time.
        Approve,
        /// Say no to a pending request.
        Deny,
        /// Take back a pending request, or access that is granted.
        Cancel,
    }
);

words!(
    /// A manager's review.
    Review {
        /// Send it on to the customer.
        Approve,
        /// It goes no further.
        Reject,
    }
);

/// Whether data is only read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum AccessLevel {
    /// Reads only.
    Read,
    /// Reads and writes.
    Write,
}

impl AccessLevel {
    /// The word in params, results and records.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
        }
    }
}
