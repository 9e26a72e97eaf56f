//! The section `[tls]`.

use super::file::FileTls;
use crate::crypto::{pem, trust};
use crate::http::tls::{self, TlsFiles};
use std::net::SocketAddr;

/// An address for other machines, as remedies show it.
const EXAMPLE: &str = "0.0.0.0:8443";

/// Where TLS is spoken, and with what.
#[derive(Clone, Debug)]
pub struct Tls {
    /// Addresses to listen on, of any interface.
    pub listen: Vec<SocketAddr>,
    /// The certificates.
    pub files: TlsFiles,
}

/// The settings of the section; `None` where it says nothing. What is wrong joins the problems.
pub(super) fn settings(file: &FileTls, problems: &mut Vec<String>) -> Option<Tls> {
    if *file == FileTls::default() {
        return None;
    }
    let texts = file.listen.as_deref().unwrap_or_default();
    if texts.is_empty() {
        problems.push(format!(
            "tls: no address is given; add listen = [\"{EXAMPLE}\"] under [tls], or take the section away."
        ));
    }
    let mut listen = Vec::new();
    for text in texts {
        match text.parse() {
            Ok(address) => listen.push(address),
            Err(_) => problems.push(format!(
                "tls: '{text}' is no address with a port, such as {EXAMPLE}."
            )),
        }
    }
    for (name, what, given) in [
        ("certificate", "the server's certificate", &file.certificate),
        ("key", "its private key", &file.key),
    ] {
        if given.is_none() {
            problems.push(format!(
                "tls: {name} is missing; name the PEM file of {what} under [tls]."
            ));
        }
    }
    if file.client_certificates.is_some() && file.client_ca.is_none() {
        problems.push(
            "tls: client_certificates needs client_ca, the PEM file of the CA that issues them."
                .to_owned(),
        );
    }
    Some(Tls {
        listen,
        files: TlsFiles {
            certificate: file.certificate.clone()?,
            key: file.key.clone()?,
            client_ca: file.client_ca.clone(),
            client_optional: file.client_certificates.as_deref() == Some("optional"),
        },
    })
}

/// Reads the files that the section names: what is wrong with them joins the problems, and what to
/// warn about is given.
pub(super) fn check_files(file: &FileTls, problems: &mut Vec<String>) -> Vec<String> {
    let mut none = Vec::new();
    let found = match settings(file, &mut none) {
        Some(Tls { files, .. }) => match tls::Tls::load(files) {
            Ok((_, warnings)) => return warnings,
            Err(found) => found,
        },
        // One of the two is not named: the other one is looked at all the same.
        None => {
            let certificate = file.certificate.as_deref().map(pem::certificates);
            let key = file.key.as_deref().map(pem::key);
            let client_ca = file.client_ca.as_deref().map(trust::roots);
            [
                certificate.and_then(Result::err),
                key.and_then(Result::err),
                client_ca.and_then(Result::err),
            ]
            .into_iter()
            .flatten()
            .collect()
        }
    };
    problems.extend(found.into_iter().map(|problem| format!("tls: {problem}")));
    Vec::new()
}
