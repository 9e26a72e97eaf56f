//! Who is calling, and the one gate: what they may do.

mod actor;
mod context;
pub mod peer;

pub use actor::{Actor, Authentication, Authenticator, Credential};
pub use context::{CallKey, Context, Permit};
