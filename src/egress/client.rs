//! Posts to checked addresses.

use super::failure::{Failure, RetryAfter};
use super::guard::{Guard, Refused};
use super::pool::{Key, Pool, Sender};
use super::target::{Host, Target};
use crate::clock::BoxFuture;
use crate::crypto::trust;
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::ServerName;
use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::TlsConnector;

/// The most addresses of a name that are tried.
const ADDRESSES_TRIED: usize = 4;

/// The most addresses that a name may have.
const ADDRESSES: usize = 64;

/// Finds the addresses of a name. A trait, so that a test can change the answer.
pub trait Resolve: Send + Sync {
    /// The addresses of a name, best first.
    ///
    /// # Errors
    /// Where it has none, or cannot be looked up.
    fn resolve<'a>(&'a self, name: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>>;
}

/// This machine's resolver.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemResolver;

impl Resolve for SystemResolver {
    fn resolve<'a>(&'a self, name: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>> {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name, 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    }
}

/// What a receiver may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Time until there is a connection, TLS included.
    pub connect: Duration,
    /// Time for everything.
    pub whole: Duration,
    /// Bytes of the answer's head (at least 8192).
    pub head_bytes: usize,
    /// Bytes of the answer's body; the rest is not read.
    pub body_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            whole: Duration::from_secs(15),
            head_bytes: 16 * 1024,
            body_bytes: 16 * 1024,
        }
    }
}

/// A success.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Its status: 2xx.
    pub status: u16,
    /// Its body, as far as the limit lets it.
    pub body: Bytes,
    /// Whether there was more of the body.
    pub cut: bool,
}

/// Posts to addresses that others name.
pub struct Client {
    guard: Guard,
    resolver: Arc<dyn Resolve>,
    tls: TlsConnector,
    pool: Arc<Pool>,
}

/// Without what it holds: roots and connections.
impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("guard", &self.guard)
            .finish_non_exhaustive()
    }
}

impl Client {
    /// A client that believes certificates from these roots.
    ///
    /// # Errors
    /// Where TLS cannot be set up at all.
    pub fn new(
        guard: Guard,
        roots: RootCertStore,
        resolver: Arc<dyn Resolve>,
    ) -> Result<Self, rustls::Error> {
        let mut config = ClientConfig::builder_with_provider(trust::provider())
            .with_protocol_versions(rustls::ALL_VERSIONS)?
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self {
            guard,
            resolver,
            tls: TlsConnector::from(Arc::new(config)),
            pool: Arc::default(),
        })
    }

    /// The same client behind another guard.
    #[must_use]
    pub fn guarded(&self, guard: Guard) -> Self {
        Self {
            guard,
            resolver: Arc::clone(&self.resolver),
            tls: self.tls.clone(),
            // Every address is judged before a connection is taken from it.
            pool: Arc::clone(&self.pool),
        }
    }

    /// Judges a URL that somebody wants to register: how it is written, and every address that its
    /// host has now.
    ///
    /// # Errors
    /// [`Failure::Refused`] or [`Failure::Resolve`]; [`Failure::TimedOut`] where looking up takes
    /// longer than the limit for connections.
    pub async fn check(&self, url: &str, limits: &Limits) -> Result<Target, Failure> {
        let target = self.guard.read(url)?;
        timeout(limits.connect, self.addresses(&target))
            .await
            .map_err(|_| Failure::TimedOut("to be looked up"))??;
        Ok(target)
    }

    /// Posts. What is not allowed any more is refused, however it was judged when it was
    /// registered.
    ///
    /// # Errors
    /// Everything but an answer with a status of success.
    pub async fn post(
        &self,
        url: &str,
        headers: HeaderMap,
        body: Bytes,
        limits: &Limits,
    ) -> Result<Answer, Failure> {
        let target = self.guard.read(url)?;
        let exchange = async {
            let (key, sender, answer) = self.ask(&target, headers, body, limits).await?;
            let status = status(&answer);
            let (body, cut) = read(answer.into_body(), limits.body_bytes).await?;
            if !cut {
                self.pool.put(key, sender);
            }
            let status = status?;
            Ok(Answer { status, body, cut })
        };
        timeout(limits.whole, exchange)
            .await
            .unwrap_or(Err(Failure::TimedOut("to answer")))
    }

    /// Posts, where only the status counts: however the body of the answer goes on, the receiver has
    /// what it was sent.
    ///
    /// # Errors
    /// Like [`Client::post`].
    pub async fn tell(
        &self,
        url: &str,
        headers: HeaderMap,
        body: Bytes,
        limits: &Limits,
    ) -> Result<u16, Failure> {
        let target = self.guard.read(url)?;
        let end = Instant::now() + limits.whole;
        let (key, sender, answer) = timeout_at(end, self.ask(&target, headers, body, limits))
            .await
            .unwrap_or(Err(Failure::TimedOut("to answer")))?;
        let status = status(&answer);
        // The body is read so that the connection can be used again.
        let read = timeout_at(end, read(answer.into_body(), limits.body_bytes)).await;
        if let Ok(Ok((_, false))) = read {
            self.pool.put(key, sender);
        }
        status
    }

    /// The addresses of a host, all of them allowed.
    async fn addresses(&self, target: &Target) -> Result<Vec<IpAddr>, Failure> {
        let name = match &target.host {
            Host::Address(ip) => return Ok(vec![*ip]),
            Host::Name(name) => name,
        };
        let mut found = self
            .resolver
            .resolve(name)
            .await
            .map_err(|error| Failure::Resolve(error.to_string()))?;
        if found.is_empty() || found.len() > ADDRESSES {
            return Err(Failure::Resolve(format!("{} addresses", found.len())));
        }
        for ip in &found {
            self.guard.judge(target, *ip)?;
        }
        found.truncate(ADDRESSES_TRIED);
        Ok(found)
    }

    /// Sends a request; gives the head of the answer, and the connection.
    async fn ask(
        &self,
        target: &Target,
        headers: HeaderMap,
        body: Bytes,
        limits: &Limits,
    ) -> Result<(Key, Sender, Response<Incoming>), Failure> {
        let addresses = self.addresses(target).await?;
        let request = request(target, headers, body)?;
        'waiting: for ip in &addresses {
            let key = Key::new(target, *ip);
            while let Some(mut sender) = self.pool.take(&key) {
                if sender.ready().await.is_err() {
                    continue;
                }
                match sender.send_request(request.clone()).await {
                    // It was closed before anything was sent.
                    Err(error) if error.is_canceled() || error.is_closed() => {}
                    // The other end may close a connection in the moment in which it is used again.
                    // It may also have read what was sent: it gets that once more, and not oftener.
                    Err(error) if went_stale(&error) => break 'waiting,
                    Err(error) => return Err(broken(&error)),
                    Ok(answer) => return Ok((key, sender, answer)),
                }
            }
        }
        let (ip, mut sender) = self.connect(target, &addresses, limits).await?;
        let answer = sender.send_request(request).await.map_err(|e| broken(&e))?;
        Ok((Key::new(target, ip), sender, answer))
    }

    /// Connects to the first address that takes it.
    async fn connect(
        &self,
        target: &Target,
        addresses: &[IpAddr],
        limits: &Limits,
    ) -> Result<(IpAddr, Sender), Failure> {
        let mut last = Failure::Resolve("0 addresses".to_owned());
        for ip in addresses {
            let connected = timeout(limits.connect, self.connect_to(target, *ip, limits)).await;
            match connected.unwrap_or(Err(Failure::TimedOut("to take a connection"))) {
                Ok(sender) => return Ok((*ip, sender)),
                Err(failure) => last = failure,
            }
        }
        Err(last)
    }

    async fn connect_to(
        &self,
        target: &Target,
        ip: IpAddr,
        limits: &Limits,
    ) -> Result<Sender, Failure> {
        let failed = |error: io::Error| Failure::Connect(error.to_string());
        let stream = TcpStream::connect(SocketAddr::new(ip, target.port))
            .await
            .map_err(failed)?;
        stream.set_nodelay(true).map_err(failed)?;
        if !target.https {
            return handshake(stream, limits).await;
        }
        let name = match &target.host {
            Host::Address(ip) => ServerName::from(*ip),
            Host::Name(name) => ServerName::try_from(name.clone())
                .map_err(|error| Failure::Tls(error.to_string()))?,
        };
        let stream = self
            .tls
            .connect(name, stream)
            .await
            .map_err(|error| Failure::Tls(error.to_string()))?;
        handshake(stream, limits).await
    }

    /// How many connections wait for another post.
    #[cfg(test)]
    pub(super) fn idle(&self) -> usize {
        self.pool.len()
    }
}

/// An answer's status, where it is a success.
fn status(answer: &Response<Incoming>) -> Result<u16, Failure> {
    let status = answer.status();
    let after = match status {
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
            RetryAfter::read(answer.headers())
        }
        _ => None,
    };
    match status.as_u16() {
        code @ 200..=299 => Ok(code),
        code @ 300..=399 => Err(Failure::Redirect(code)),
        code => Err(Failure::Status(code, after)),
    }
}

fn request(
    target: &Target,
    mut headers: HeaderMap,
    body: Bytes,
) -> Result<Request<Full<Bytes>>, Failure> {
    let malformed = |_| Refused::Malformed("The URL cannot be sent as it is.".to_owned());
    let host = HeaderValue::from_str(&target.authority).map_err(|_| malformed(()))?;
    headers.insert(header::HOST, host);
    headers
        .entry(header::USER_AGENT)
        .or_insert(HeaderValue::from_static("lockboxd"));
    let mut request = Request::new(Full::new(body));
    *request.method_mut() = http::Method::POST;
    *request.uri_mut() = target.path.parse().map_err(|_| malformed(()))?;
    *request.headers_mut() = headers;
    Ok(request)
}

async fn handshake<S>(stream: S, limits: &Limits) -> Result<Sender, Failure>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (sender, connection) = hyper::client::conn::http1::Builder::new()
        .max_buf_size(limits.head_bytes.max(8_192))
        .handshake(TokioIo::new(stream))
        .await
        .map_err(|error| broken(&error))?;
    // It ends with the sender and the answer's body.
    tokio::spawn(connection);
    Ok(sender)
}

/// Reads a body up to a limit; whether there was more.
async fn read(mut body: Incoming, most: usize) -> Result<(Bytes, bool), Failure> {
    let mut kept = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| broken(&error))?;
        let Ok(data) = frame.into_data() else {
            continue;
        };
        let room = most.saturating_sub(kept.len());
        if data.len() > room {
            kept.extend_from_slice(data.get(..room).unwrap_or_default());
            return Ok((kept.freeze(), true));
        }
        kept.extend_from_slice(&data);
    }
    Ok((kept.freeze(), false))
}

fn went_stale(error: &hyper::Error) -> bool {
    error.is_incomplete_message() || io_kind(error)
}

/// Whether the connection was reset or closed under it.
fn io_kind(error: &hyper::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    let cause = std::error::Error::source(error).and_then(|cause| cause.downcast_ref());
    cause.is_some_and(|error: &io::Error| {
        matches!(
            error.kind(),
            BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof
        )
    })
}

fn broken(error: &hyper::Error) -> Failure {
    if error.is_parse_too_large() {
        return Failure::TooMuch;
    }
    match std::error::Error::source(error) {
        Some(cause) => Failure::Broken(format!("{error}: {cause}")),
        None => Failure::Broken(error.to_string()),
    }
}

#[cfg(test)]
#[path = "client_tests.rs"]
mod tests;
