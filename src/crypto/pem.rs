//! Certificates and keys from PEM files; what is wrong is said with what to do.

use rustls_pki_types::pem::{Error as PemError, PemObject};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// The bits of a mode that concern everybody who is neither the owner nor in the group.
const OTHERS: u32 = 0o007;

/// All certificates of a file, in its order.
///
/// # Errors
/// A sentence with the remedy where the file cannot be read or holds none.
pub fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let text = read(path, |_| Ok(()))?;
    let found: Result<Vec<_>, PemError> = CertificateDer::pem_slice_iter(&text).collect();
    match found {
        Ok(found) if !found.is_empty() => Ok(found),
        Ok(_) => Err(format!(
            "{} holds no certificate; name a PEM file with '-----BEGIN CERTIFICATE-----' in it.",
            path.display()
        )),
        Err(error) => Err(broken(path, &error)),
    }
}

/// The private key of a file that is closed to others. (The group may read it: that is how some
/// systems hand keys to services.)
///
/// # Errors
/// A sentence with the remedy where the file cannot be read, is open to others or holds no key.
pub fn key(path: &Path) -> Result<PrivateKeyDer<'static>, String> {
    let text = read(path, |file| {
        let mode = file
            .metadata()
            .map_err(|error| unreadable(path, &error))?
            .permissions()
            .mode();
        if mode & OTHERS == 0 {
            return Ok(());
        }
        Err(format!(
            "{0} is a private key that every user of this machine can reach; run: chmod o= {0}",
            path.display()
        ))
    })?;
    match PrivateKeyDer::from_pem_slice(&text) {
        Ok(key) => Ok(key),
        Err(PemError::NoItemsFound) => Err(format!(
            "{} holds no private key that can be used; name an unencrypted PEM file with '-----BEGIN PRIVATE KEY-----' in it ('openssl pkey -in OLD -out NEW' takes a passphrase away).",
            path.display()
        )),
        Err(error) => Err(broken(path, &error)),
    }
}

/// The bytes of a file that passes a check.
fn read(path: &Path, check: impl Fn(&File) -> Result<(), String>) -> Result<Vec<u8>, String> {
    let mut file = File::open(path).map_err(|error| unreadable(path, &error))?;
    check(&file)?;
    let mut text = Vec::new();
    file.read_to_end(&mut text)
        .map_err(|error| unreadable(path, &error))?;
    Ok(text)
}

fn unreadable(path: &Path, error: &io::Error) -> String {
    let remedy = match error.kind() {
        io::ErrorKind::NotFound => "check the path",
        io::ErrorKind::PermissionDenied => "let the user that runs lockboxd read it",
        _ => "check what is there",
    };
    format!("{} cannot be read ({error}); {remedy}.", path.display())
}

fn broken(path: &Path, error: &PemError) -> String {
    format!(
        "{} is no sound PEM file ({error}); write it again from where it came.",
        path.display()
    )
}
