//! TLS of the command line: whom it trusts, and what to do where that fails.

use super::target::Host;
use crate::cli::{ExitStatus, Failure};
use crate::crypto::pem;
use crate::crypto::trust as known;
use clap::Args;
use rustls::{AlertDescription, CertificateError, ClientConfig, InvalidMessage, RootCertStore};
use rustls_pki_types::ServerName;
use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// Whom to trust, and with what to be trusted.
#[derive(Args, Clone, Debug, Default)]
pub(in crate::cli) struct Trust {
    /// Trust the certificates of this CA (PEM) instead of those that this machine trusts
    #[arg(long, env = "LOCKBOX_CA", value_name = "FILE")]
    ca: Option<PathBuf>,
    /// Your client certificate (PEM), where the daemon wants one; a token is needed all the same
    #[arg(
        long,
        env = "LOCKBOX_CLIENT_CERTIFICATE",
        value_name = "FILE",
        requires = "client_key"
    )]
    client_certificate: Option<PathBuf>,
    /// The private key of the client certificate (PEM)
    #[arg(
        long,
        env = "LOCKBOX_CLIENT_KEY",
        value_name = "FILE",
        requires = "client_certificate"
    )]
    client_key: Option<PathBuf>,
    /// Speak http:// with another machine, although everybody on the way can read your token
    #[arg(long)]
    pub(super) insecure_http: bool,
}

/// A side of TLS that is ready to connect.
#[derive(Clone)]
pub(super) struct Tls {
    config: Arc<ClientConfig>,
    ca: Option<PathBuf>,
}

impl Tls {
    /// Reads the files.
    pub(super) fn new(trust: &Trust) -> Result<Self, Failure> {
        let wrong = |text: String| Failure::new(ExitStatus::NoInput, text);
        let roots = match &trust.ca {
            Some(path) => known::roots(path).map_err(wrong)?,
            None => machine_roots()?,
        };
        let builder = ClientConfig::builder_with_provider(known::provider())
            .with_protocol_versions(rustls::ALL_VERSIONS)
            .map_err(crate::error::Error::internal)?
            .with_root_certificates(roots);
        let config = match (&trust.client_certificate, &trust.client_key) {
            (Some(certificate), Some(key)) => builder
                .with_client_auth_cert(
                    pem::certificates(certificate).map_err(wrong)?,
                    pem::key(key).map_err(wrong)?,
                )
                .map_err(|error| {
                    wrong(format!(
                        "{} and {} cannot be used together ({error}); name a client certificate and its own key.",
                        certificate.display(),
                        key.display()
                    ))
                })?,
            _ => builder.with_no_client_auth(),
        };
        Ok(Self {
            config: Arc::new(config),
            ca: trust.ca.clone(),
        })
    }

    /// Shakes hands.
    pub(super) async fn connect(
        &self,
        host: &Host,
        stream: TcpStream,
    ) -> Result<TlsStream<TcpStream>, Failure> {
        let name = ServerName::try_from(host.name.clone()).map_err(|_| {
            Failure::new(
                ExitStatus::Usage,
                format!("'{}' is no name of a host.", host.name),
            )
        })?;
        TlsConnector::from(Arc::clone(&self.config))
            .connect(name, stream)
            .await
            .map_err(|error| {
                self.explain(host, &error).unwrap_or_else(|| {
                    Failure::new(
                        ExitStatus::Unavailable,
                        format!(
                            "TLS with {} failed ({error}). Is it lockboxd, and does it speak TLS there?",
                            host.authority
                        ),
                    )
                })
            })
    }

    /// What a failure of TLS means and what to do; `None` where it is none.
    pub(super) fn explain(&self, host: &Host, error: &(dyn Error + 'static)) -> Option<Failure> {
        let error = cause(error)?;
        let at = &host.authority;
        let text = match error {
            rustls::Error::InvalidCertificate(fault) => self.distrust(host, fault),
            rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType) => format!(
                "{at} answers, but not with TLS. Write http://{at} if it is a daemon on this machine; others need the port that its [tls] section names."
            ),
            rustls::Error::AlertReceived(AlertDescription::CertificateRequired) => format!(
                "{at} wants a client certificate. Name yours with --client-certificate and --client-key (LOCKBOX_CLIENT_CERTIFICATE, LOCKBOX_CLIENT_KEY)."
            ),
            rustls::Error::AlertReceived(
                alert @ (AlertDescription::BadCertificate
                | AlertDescription::UnsupportedCertificate
                | AlertDescription::CertificateRevoked
                | AlertDescription::CertificateExpired
                | AlertDescription::CertificateUnknown
                | AlertDescription::UnknownCA
                | AlertDescription::AccessDenied
                | AlertDescription::DecryptError),
            ) => format!(
                "{at} does not take your client certificate ({alert:?}). Name one that is in force and comes from the CA that the daemon's client_ca holds, with --client-certificate and --client-key."
            ),
            error => format!(
                "TLS with {at} failed: {error}. Is it lockboxd, and does it speak TLS 1.2 or 1.3 there?"
            ),
        };
        Some(Failure::new(ExitStatus::Unavailable, text))
    }

    /// Why the daemon's certificate is not believed.
    fn distrust(&self, host: &Host, fault: &CertificateError) -> String {
        let at = &host.authority;
        match fault {
            // The second one comes from a CA of the same name with another key.
            CertificateError::UnknownIssuer | CertificateError::BadSignature => match &self.ca {
                Some(path) => format!(
                    "The certificate of {at} does not come from the CA in {}. Name the right CA's file with --ca or LOCKBOX_CA; if you expected this one, somebody else may be answering.",
                    path.display()
                ),
                None => format!(
                    "The certificate of {at} comes from a CA that this machine does not know. Name the CA's file with --ca FILE or LOCKBOX_CA."
                ),
            },
            CertificateError::NotValidForNameContext { presented, .. } => {
                let names = if presented.is_empty() {
                    "no name at all".to_owned()
                } else {
                    presented.join(", ")
                };
                format!(
                    "The certificate of {at} is for {names}, not for {}. Use a name that it is for, or have one issued with this name.",
                    host.name
                )
            }
            CertificateError::NotValidForName => format!(
                "The certificate of {at} is not for {}. Use a name that it is for, or have one issued with this name.",
                host.name
            ),
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => format!(
                "The certificate of {at} has expired. Let its operator renew it and send SIGHUP to the daemon; if others have no trouble, check this machine's clock."
            ),
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => format!(
                "The certificate of {at} is not valid yet. Check this machine's clock; if it is right, its operator has to use another one until then."
            ),
            fault => format!(
                "The certificate of {at} cannot be used ({fault}). Let its operator issue one for a server: with its names, and not a CA's own."
            ),
        }
    }
}

/// The failure of TLS among the causes of an error. (An I/O error does not name what it wraps as
/// its cause, but holds it.)
fn cause<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        let inner = error
            .downcast_ref::<std::io::Error>()
            .and_then(std::io::Error::get_ref);
        next = match inner {
            Some(inner) => Some(inner as &(dyn Error + 'static)),
            None => error.source(),
        };
    }
    None
}

fn machine_roots() -> Result<RootCertStore, Failure> {
    let roots = known::machine_roots();
    if roots.is_empty() {
        return Err(Failure::new(
            ExitStatus::NoInput,
            "This machine knows no CA (package ca-certificates). Name the CA's file with --ca FILE or LOCKBOX_CA.",
        ));
    }
    Ok(roots)
}
