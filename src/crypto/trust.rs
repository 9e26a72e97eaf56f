//! Whom TLS trusts, and its cryptography: one for the listeners, the command line and everything
//! that connects.

use super::pem;
use rustls::RootCertStore;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use std::path::Path;
use std::sync::Arc;

/// The cryptography of all TLS.
#[must_use]
pub fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

/// The certificates of a file as the ones to trust.
///
/// # Errors
/// A sentence with the remedy where the file holds none, or one that cannot be used.
pub fn roots(path: &Path) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    add(&mut roots, path)?;
    Ok(roots)
}

/// Trusts the certificates of a file too.
///
/// # Errors
/// As [`roots`].
pub fn add(roots: &mut RootCertStore, path: &Path) -> Result<(), String> {
    for certificate in pem::certificates(path)? {
        roots.add(certificate).map_err(|error| {
            format!(
                "{} holds a certificate that cannot be used ({error}); name the file of a CA.",
                path.display()
            )
        })?;
    }
    Ok(())
}

/// The certificates that this machine trusts; none where it knows no CA.
#[must_use]
pub fn machine_roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    roots
}
