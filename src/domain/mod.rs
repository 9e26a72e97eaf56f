//! Pure rules: functions of (state, command, actor, now).
//!
//! A leaf: it never reads a clock, a zone file, a database or a socket, and knows no JSON-RPC.

pub mod catalog;
pub mod emergency;
pub mod hooks;
pub mod lifecycle;
pub mod organization;
pub mod people;
pub mod policy;
pub mod refusal;
pub mod reminders;
pub mod request;
pub mod rights;
#[cfg(test)]
pub(crate) mod samples;
pub mod scope;
pub mod status;
pub mod votes;
