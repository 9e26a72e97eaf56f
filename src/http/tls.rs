//! TLS on the listeners that other machines reach: the certificates, and the handshake.
//!
//! A client certificate lets a connection in and says nothing more: who is calling is said by the
//! token, with or without one.

use super::validity::{Validity, validity};
use crate::clock::{behind_wall_clock, wall_clock_behind};
use crate::crypto::pem;
use crate::crypto::trust::{provider, roots};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use rustls::{CertificateError, ServerConfig};
use rustls_pki_types::CertificateDer;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// What is spoken over TLS; the client chooses.
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// How long before its end a certificate is warned about.
const ENDS_SOON_MS: i64 = 14 * 24 * 3_600_000;

/// The first byte of every TLS connection: a record of the handshake.
const HANDSHAKE: u8 = 22;

/// How long, and for how many bytes, a client that was refused is listened to.
const LINGER: Duration = Duration::from_secs(1);
const LINGER_BYTES: u64 = 256 * 1024;

/// Where the certificates lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate, followed by those between it and its CA (PEM).
    pub certificate: PathBuf,
    /// Its private key (PEM).
    pub key: PathBuf,
    /// The CA of client certificates (PEM); without it clients are not asked for one.
    pub client_ca: Option<PathBuf>,
    /// Whether clients may come without a certificate, where there is a `client_ca`.
    pub client_optional: bool,
}

/// The certificates in use.
pub struct Tls {
    files: TlsFiles,
    name: Option<String>,
    current: RwLock<Arc<ServerConfig>>,
}

/// Certificates that work.
struct Loaded {
    config: Arc<ServerConfig>,
    name: Option<String>,
    warnings: Vec<String>,
}

impl Tls {
    /// Reads the files, and gives what to warn about.
    ///
    /// # Errors
    /// Everything at once for which it cannot work, each with the remedy.
    pub fn load(files: TlsFiles) -> Result<(Self, Vec<String>), Vec<String>> {
        let loaded = load(&files)?;
        let tls = Self {
            files,
            name: loaded.name,
            current: RwLock::new(loaded.config),
        };
        Ok((tls, loaded.warnings))
    }

    /// The first name of a host in the certificate that was there at the start.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Reads the files again, for connections from now on, and gives what to warn about. Those that
    /// are open go on.
    ///
    /// # Errors
    /// As [`Tls::load`]; then the old ones stay in use.
    pub fn reload(&self) -> Result<Vec<String>, Vec<String>> {
        let loaded = load(&self.files)?;
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = loaded.config;
        Ok(loaded.warnings)
    }

    /// Shakes hands, as long as the client likes; `None` where there is nobody to serve.
    pub(super) async fn accept(&self, stream: TcpStream) -> Option<TlsStream<TcpStream>> {
        let mut first = [0];
        if stream.peek(&mut first).await.ok()? == 0 {
            return None;
        }
        if first != [HANDSHAKE] {
            refuse_plain(stream).await;
            return None;
        }
        let config = Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner));
        match TlsAcceptor::from(config)
            .accept(stream)
            .into_fallible()
            .await
        {
            Ok(stream) => Some(stream),
            Err((error, stream)) => {
                tracing::debug!(%error, "a TLS handshake failed");
                part(stream).await;
                None
            }
        }
    }
}

/// Tells a client that speaks plain HTTP what to do.
async fn refuse_plain(mut stream: TcpStream) {
    let body = serde_json::json!({
        "code": "tlsRequired",
        "message": "This port speaks TLS only.",
        "remedy": "Write https:// instead of http://.",
    })
    .to_string();
    let answer = format!(
        "HTTP/1.1 400 Bad Request\r\ncontent-type: application/json; charset=utf-8\r\n\
         cache-control: no-store\r\nx-content-type-options: nosniff\r\nconnection: close\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    );
    // Who does not read it cannot be told.
    let _ = stream.write_all(answer.as_bytes()).await;
    part(stream).await;
}

/// Closes so that what was said arrives: a socket that is closed with bytes unread takes it back.
async fn part(mut stream: TcpStream) {
    let _ = stream.shutdown().await;
    let mut rest = stream.take(LINGER_BYTES);
    let _ = timeout(LINGER, tokio::io::copy(&mut rest, &mut tokio::io::sink())).await;
}

fn load(files: &TlsFiles) -> Result<Loaded, Vec<String>> {
    let mut problems = Vec::new();
    let mut noted = |problem: String| problems.push(problem);
    let chain = pem::certificates(&files.certificate)
        .map_err(&mut noted)
        .ok();
    let key = pem::key(&files.key).map_err(&mut noted).ok();
    let verifier = client_verifier(files).map_err(&mut noted).ok();
    let (Some(chain), Some(key), Some(verifier)) = (chain, key, verifier) else {
        return Err(problems);
    };
    let warnings = warnings(&files.certificate, &chain);
    let name = chain.first().and_then(first_name);
    let built = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(rustls::ALL_VERSIONS)
        .map(|builder| builder.with_client_cert_verifier(verifier))
        .and_then(|builder| builder.with_single_cert(chain, key));
    let mut config = built.map_err(|error| vec![unusable(files, &error)])?;
    config.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).into();
    Ok(Loaded {
        config: Arc::new(config),
        name,
        warnings,
    })
}

fn first_name(certificate: &CertificateDer<'_>) -> Option<String> {
    let certificate = webpki::EndEntityCert::try_from(certificate).ok()?;
    let mut names = certificate.valid_dns_names();
    names.find(|name| !name.contains('*')).map(str::to_owned)
}

fn client_verifier(files: &TlsFiles) -> Result<Arc<dyn ClientCertVerifier>, String> {
    let Some(path) = &files.client_ca else {
        return Ok(WebPkiClientVerifier::no_client_auth());
    };
    let roots = Arc::new(roots(path)?);
    let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider());
    let verifier = if files.client_optional {
        verifier.allow_unauthenticated()
    } else {
        verifier
    };
    verifier
        .build()
        .map_err(|error| format!("{} cannot be used ({error}).", path.display()))
}

fn unusable(files: &TlsFiles, error: &rustls::Error) -> String {
    let certificate = files.certificate.display();
    match error {
        rustls::Error::InconsistentKeys(_) => format!(
            "{} is not the key of the first certificate in {certificate}; name the two that belong together, the server's own certificate first.",
            files.key.display()
        ),
        rustls::Error::InvalidCertificate(CertificateError::BadEncoding) => format!(
            "{certificate} holds a certificate that cannot be read; write it again from where it came."
        ),
        error => format!(
            "{certificate} and {} cannot be used ({error}); have the certificate issued anew.",
            files.key.display()
        ),
    }
}

/// A certificate that clients will refuse still lets the daemon start: a restart in the night must
/// not make of a warning an outage of what does not need it.
fn warnings(path: &Path, chain: &[CertificateDer<'_>]) -> Vec<String> {
    let path = path.display();
    let remedy = "renew it, and send SIGHUP to the daemon.";
    let Some(Validity { from, to }) = chain.first().and_then(|own| validity(own)) else {
        return Vec::new();
    };
    let warning = if behind_wall_clock(to) > 0 {
        format!("The certificate in {path} expired on {to}, and clients refuse it; {remedy}")
    } else if wall_clock_behind(from) > 0 {
        format!(
            "The certificate in {path} is not valid before {from}, and clients refuse it; check this machine's clock, or {remedy}"
        )
    } else if wall_clock_behind(to) < ENDS_SOON_MS {
        format!("The certificate in {path} expires on {to}; {remedy}")
    } else {
        return Vec::new();
    };
    vec![warning]
}
