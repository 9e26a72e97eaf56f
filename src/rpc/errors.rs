//! Errors as JSON-RPC tells them; the only place that knows the numbers.

use crate::error::{Error, Kind};
use crate::jsonrpc::{self, ErrorObject};

/// The JSON-RPC code of a kind of failure.
#[must_use]
pub const fn number(kind: Kind) -> i64 {
    match kind {
        Kind::InvalidParams => jsonrpc::INVALID_PARAMS,
        Kind::Internal => jsonrpc::INTERNAL_ERROR,
        Kind::Unauthenticated => -32_001,
        Kind::Forbidden => -32_002,
        Kind::NotFound => -32_003,
        Kind::Conflict => -32_004,
        Kind::Refused => -32_005,
        Kind::Busy => -32_006,
        Kind::OutcomeUnknown => -32_007,
        Kind::Unavailable => -32_008,
    }
}

/// The `error` member for an error.
pub(super) fn to_object(error: &Error) -> ErrorObject {
    ErrorObject {
        code: number(error.kind()),
        message: error.message().to_owned(),
        data: Some(error.data()),
    }
}
