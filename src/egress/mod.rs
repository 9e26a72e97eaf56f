//! The one door to addresses that others name: webhooks of tenants, and hooks and chats by URL. What
//! may be reached beside public addresses says a [`Guard`]: one for all that tenants name, and one
//! for each hook of the operator.
//!
//! An address is judged when it is registered ([`Client::check`]) and again when it is used
//! ([`Client::post`]): the name is resolved anew, every address that it has must be allowed, and
//! the connection goes to one of exactly those. Redirects are not followed, proxy variables are not
//! read, and what a receiver may send and how long it may take is limited.

mod address;
mod client;
mod failure;
mod guard;
mod pool;
mod sign;
mod target;
#[cfg(test)]
mod testing;

pub use address::{Class, classify};
pub use client::{Answer, Client, Limits, Resolve, SystemResolver};
pub use failure::{Failure, RetryAfter};
pub use guard::{Guard, Refused};
pub use sign::sign;
pub use target::{Host, Target, URL_BYTES};

use crate::crypto::trust;
use rustls::RootCertStore;
use std::path::Path;

/// The certificates that receivers are believed by: those that this machine trusts, and those of a
/// file.
///
/// # Errors
/// A sentence with the remedy where the file holds none, or one that cannot be used.
pub fn roots(ca_file: Option<&Path>) -> Result<RootCertStore, String> {
    let mut roots = trust::machine_roots();
    if let Some(path) = ca_file {
        trust::add(&mut roots, path)?;
    }
    Ok(roots)
}
