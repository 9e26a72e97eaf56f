//! Mails to a server.

use crate::notify::{Outcome, said};
use lettre::transport::smtp::PoolConfig;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use std::fmt;
use std::time::Duration;

/// How a connection to the server is protected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Protection {
    /// STARTTLS, and nothing without it.
    #[default]
    StartTls,
    /// TLS from the first byte.
    Implicit,
    /// None; for a server on the same host.
    None,
}

/// How the server is reached.
#[derive(Clone)]
pub struct Server {
    /// Its name, which its certificate must bear.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub protection: Protection,
    /// A certificate authority to believe beside the host's own, as PEM.
    pub ca: Option<Vec<u8>>,
    /// User and password.
    pub login: Option<(String, String)>,
    /// How long one command may take.
    pub timeout: Duration,
    /// Connections that are kept open at most.
    pub connections: u32,
}

/// Without the password: it may be logged.
impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("protection", &self.protection)
            .finish_non_exhaustive()
    }
}

/// How many times longer than one command a whole mail may take.
const COMMANDS: u32 = 4;

/// Sends mails to a server.
#[derive(Debug)]
pub struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    whole: Duration,
}

impl Smtp {
    /// A way to a server; it is not asked yet.
    ///
    /// # Errors
    /// Where the certificate authority cannot be read.
    pub fn new(server: Server) -> Result<Self, String> {
        let mut parameters = TlsParameters::builder(server.host.clone());
        if let Some(pem) = &server.ca {
            parameters = parameters.add_root_certificate(authority(pem)?);
        }
        let parameters = parameters
            .build_rustls()
            .map_err(|error| error.to_string())?;
        let tls = match server.protection {
            Protection::StartTls => Tls::Required(parameters),
            Protection::Implicit => Tls::Wrapper(parameters),
            Protection::None => Tls::None,
        };
        let pool = PoolConfig::new()
            .max_size(server.connections)
            .idle_timeout(Duration::from_secs(30));
        let mut builder =
            AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(server.host.clone())
                .port(server.port)
                .tls(tls)
                .hello_name(ClientId::default())
                .timeout(Some(server.timeout))
                .pool_config(pool);
        if let Some((user, password)) = server.login {
            builder = builder.credentials(Credentials::new(user, password));
        }
        Ok(Self {
            transport: builder.build(),
            whole: server.timeout * COMMANDS,
        })
    }

    /// Sends a mail to its one recipient.
    pub(super) async fn send(&self, message: Message) -> Outcome {
        // A protocol's time is tokio's, not the business clock's.
        let sent = tokio::time::timeout(self.whole, self.transport.send(message)).await;
        match sent {
            Err(_) => Outcome::Later(
                format!(
                    "The mail server took longer than {} s.",
                    self.whole.as_secs()
                ),
                None,
            ),
            Ok(Ok(response)) => {
                let words = response.message().collect::<Vec<_>>().join(" ");
                Outcome::Delivered(said(&format!("{} {words}", response.code())))
            }
            Ok(Err(error)) if is_final(&error) => Outcome::Never(said(&told(&error))),
            Ok(Err(error)) => Outcome::Later(said(&told(&error)), None),
        }
    }
}

/// Whether the server refuses this mail for good. What it says to us rather than of the mail
/// (logins, TLS, commands that it does not know) is for the operator to mend, and then it goes.
fn is_final(error: &lettre::transport::smtp::Error) -> bool {
    let ours = [
        "500", "502", "503", "504", "521", "523", "530", "534", "535", "538",
    ];
    let code = error.status().map(|code| code.to_string());
    error.is_permanent() && !code.is_some_and(|code| ours.contains(&code.as_str()))
}

/// A certificate authority.
///
/// # Errors
/// Where it is none.
pub fn authority(pem: &[u8]) -> Result<Certificate, String> {
    // The library takes text without any certificate for one.
    let text = String::from_utf8_lossy(pem);
    if !text.contains("-----BEGIN CERTIFICATE-----") {
        return Err("There is no certificate in it; it must be a PEM file.".to_owned());
    }
    Certificate::from_pem(pem).map_err(|error| error.to_string())
}

/// An error with what is behind it.
fn told(error: &lettre::transport::smtp::Error) -> String {
    use std::error::Error;
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text.push_str(": ");
            text.push_str(&inner_text);
        }
        source = inner.source();
    }
    text
}
