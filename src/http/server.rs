//! Accepts connections, speaks HTTP on them, and drains.

use super::guard;
use super::listen::{Listeners, Socket};
use super::observe;
use super::pace::{Pace, Paced};
use super::peers::Peers;
use super::tls::Tls;
use super::{Application, Limits, Trust};
use crate::auth::peer::Peer;
use crate::telemetry::Metrics;
use http::Request;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use std::convert::Infallible;
use std::future::pending;
use std::io;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The pause after a failed accept (no file descriptor left, most often).
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How often a silent HTTP/2 connection is asked whether anybody is there.
const PING: Duration = Duration::from_secs(20);

/// Calls of an HTTP/2 connection that the client has taken back and we have not seen yet; past it
/// the connection ends (rapid reset).
const RESETS: usize = 20;

/// Calls of an HTTP/2 connection that we took back for the client's faults; past it the connection
/// ends.
const FAULTS: usize = 256;

/// Bytes of bodies that an HTTP/2 client may send ahead, and of an answer that wait in memory.
const WINDOW: u32 = 256 * 1024;

/// The HTTP library takes no smaller buffer.
const SMALLEST_BUFFER: usize = 8 * 1024;

/// An HTTP server.
pub struct Server {
    listeners: Listeners,
    limits: Limits,
    trust: Trust,
    cut: CancellationToken,
}

/// How a drain ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drained {
    /// Calls that were still running at the deadline; they run on until the process ends.
    pub left: usize,
}

/// What every connection uses.
pub(super) struct Shared {
    pub(super) app: Arc<dyn Application>,
    pub(super) limits: Limits,
    pub(super) calls: Arc<Semaphore>,
    pub(super) handlers: TaskTracker,
    pub(super) trust: Trust,
    /// The addresses that are listened on.
    pub(super) listening: Vec<IpAddr>,
    pub(super) meters: Arc<Metrics>,
    connections: TaskTracker,
    tcp_permits: Arc<Semaphore>,
    unix_permits: Arc<Semaphore>,
    peers: Arc<Peers>,
    pub(super) shutdown: CancellationToken,
    cut: CancellationToken,
}

impl Server {
    /// A server on these sockets.
    #[must_use]
    pub fn new(listeners: Listeners, limits: Limits, trust: Trust) -> Self {
        Self {
            listeners,
            limits,
            trust,
            cut: CancellationToken::new(),
        }
    }

    /// The same, whose drain ends at once when this is cancelled.
    #[must_use]
    pub fn cut_by(self, cut: CancellationToken) -> Self {
        Self { cut, ..self }
    }

    /// Serves until `shutdown`, then accepts nothing more, lets running calls finish and their
    /// answers leave, and returns within the limit `drain`.
    pub async fn run(self, app: Arc<dyn Application>, shutdown: CancellationToken) -> Drained {
        let listening = self.listeners.addresses().iter();
        let listening = listening.chain(self.listeners.tls_addresses());
        let listening = listening.map(|address| address.ip().to_canonical());
        let shared = Arc::new(Shared {
            meters: app.meters(),
            app,
            trust: self.trust,
            listening: listening.collect(),
            limits: self.limits,
            calls: Arc::new(Semaphore::new(self.limits.concurrent_calls)),
            handlers: TaskTracker::new(),
            connections: TaskTracker::new(),
            tcp_permits: Arc::new(Semaphore::new(self.limits.connections)),
            unix_permits: Arc::new(Semaphore::new(self.limits.unix_connections)),
            peers: Peers::new(self.limits.connections_per_peer),
            shutdown,
            cut: self.cut,
        });
        let acceptors = TaskTracker::new();
        for listener in self.listeners.tcp {
            acceptors.spawn(accept_tcp(Arc::clone(&shared), listener, None));
        }
        if let Some((listeners, tls)) = self.listeners.tls {
            for listener in listeners {
                let tls = Some(Arc::clone(&tls));
                acceptors.spawn(accept_tcp(Arc::clone(&shared), listener, tls));
            }
        }
        if let Some(socket) = self.listeners.unix {
            acceptors.spawn(accept_unix(Arc::clone(&shared), socket));
        }
        acceptors.close();
        shared.shutdown.cancelled().await;
        acceptors.wait().await;
        shared.drain().await
    }
}

impl Shared {
    async fn drain(&self) -> Drained {
        self.connections.close();
        self.handlers.close();
        // Connections first: only they start calls.
        let done = async {
            self.connections.wait().await;
            self.handlers.wait().await;
        };
        let finished = tokio::select! {
            biased;
            in_time = timeout(self.limits.drain, done) => in_time.is_ok(),
            () = self.cut.cancelled() => false,
        };
        let left = if finished { 0 } else { self.handlers.len() };
        self.cut.cancel();
        Drained { left }
    }

    /// A place for one more connection; `None` at shutdown.
    async fn place(&self, permits: &Arc<Semaphore>) -> Option<OwnedSemaphorePermit> {
        tokio::select! {
            biased;
            () = self.shutdown.cancelled() => None,
            permit = Arc::clone(permits).acquire_owned() => permit.ok(),
        }
    }

    /// The next connection; `None` at shutdown. A failure to accept is the machine's, so the
    /// listener goes on after a pause.
    async fn next<T>(
        &self,
        accepted: impl Future<Output = io::Result<T>>,
    ) -> Option<io::Result<T>> {
        let result = tokio::select! {
            biased;
            () = self.shutdown.cancelled() => return None,
            result = accepted => result,
        };
        if let Err(error) = &result {
            tracing::warn!(%error, "accepting a connection failed");
            let _ = timeout(ACCEPT_PAUSE, self.shutdown.cancelled()).await;
        }
        Some(result)
    }

    /// Whether a first byte arrives in time.
    async fn spoken_to(&self, readable: impl Future<Output = io::Result<()>>) -> bool {
        tokio::select! {
            biased;
            () = self.shutdown.cancelled() => false,
            arrived = timeout(self.limits.first_byte, readable) => matches!(arrived, Ok(Ok(()))),
        }
    }

    /// Shakes hands within the time for the first headers; gives what is left of that.
    async fn shaken(
        &self,
        tls: &Tls,
        stream: TcpStream,
    ) -> Option<(TlsStream<TcpStream>, Duration)> {
        let deadline = Instant::now() + self.limits.header_time;
        let stream = tokio::select! {
            biased;
            () = self.shutdown.cancelled() => None,
            accepted = timeout_at(deadline, tls.accept(stream)) => accepted.ok().flatten(),
        }?;
        Some((stream, deadline.saturating_duration_since(Instant::now())))
    }
}

async fn accept_tcp(shared: Arc<Shared>, listener: TcpListener, tls: Option<Arc<Tls>>) {
    while let Some(place) = shared.place(&shared.tcp_permits).await {
        let Some(accepted) = shared.next(listener.accept()).await else {
            return;
        };
        let Ok((stream, address)) = accepted else {
            continue;
        };
        // A small answer must not wait for the client's acknowledgement of the one before.
        let _ = stream.set_nodelay(true);
        let peer = Peer {
            tls: tls.is_some(),
            ..Peer::tcp(address)
        };
        let Some(seat) = shared.peers.seat(&peer) else {
            continue;
        };
        let (shared, tls) = (Arc::clone(&shared), tls.clone());
        let connections = shared.connections.clone();
        connections.spawn(async move {
            if shared.spoken_to(stream.readable()).await {
                match tls {
                    None => serve(&shared, stream, peer, shared.limits.header_time).await,
                    Some(tls) => {
                        if let Some((stream, left)) = shared.shaken(&tls, stream).await {
                            serve(&shared, stream, peer, left).await;
                        }
                    }
                }
            }
            drop((place, seat));
        });
    }
}

async fn accept_unix(shared: Arc<Shared>, socket: Socket) {
    while let Some(place) = shared.place(&shared.unix_permits).await {
        let Some(accepted) = shared.next(socket.listener.accept()).await else {
            return;
        };
        let Ok((stream, _)) = accepted else {
            continue;
        };
        let uid = stream.peer_cred().ok().map(|peer| peer.uid());
        let shared = Arc::clone(&shared);
        let connections = shared.connections.clone();
        connections.spawn(async move {
            if shared.spoken_to(stream.readable()).await {
                serve(&shared, stream, Peer::unix(uid), shared.limits.header_time).await;
            }
            drop(place);
        });
    }
}

/// Speaks HTTP/1.1 or HTTP/2 on a connection until it ends; its first headers have this long.
async fn serve<S>(shared: &Arc<Shared>, stream: S, peer: Peer, header_time: Duration)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let _open = shared.meters.connection(peer.via.as_str());
    let began = CancellationToken::new();
    let pace = Arc::new(Pace::default());
    let stream = Paced::new(stream, Arc::clone(&pace), &shared.limits);
    let service = service_fn(|mut request: Request<hyper::body::Incoming>| {
        began.cancel();
        let running = Arc::new(pace.begin(request.version()));
        // A stream of events goes on after its headers.
        request.extensions_mut().insert(Arc::clone(&running));
        let shared = Arc::clone(shared);
        async move {
            let mut answer = observe::answer(shared, peer, request).await;
            guard::strict(&mut answer, peer.tls);
            drop(running);
            Ok::<_, Infallible>(answer)
        }
    });
    let builder = builder(&shared.limits);
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
    // The HTTP library waits for ever while it finds out which version is spoken, and for the next
    // call of HTTP/2.
    let mut first = pin!(timeout(header_time, began.cancelled()));
    let mut rest = pin!(timeout(shared.limits.idle_time, pending::<()>()));
    let mut calls = 0;
    let (mut waiting, mut open, mut rested) = (true, true, false);
    loop {
        tokio::select! {
            biased;
            result = connection.as_mut() => {
                if let Err(error) = result {
                    tracing::debug!(%error, "a connection broke");
                }
                return;
            }
            () = shared.cut.cancelled() => return,
            () = shared.shutdown.cancelled(), if open => {
                open = false;
                connection.as_mut().graceful_shutdown();
            }
            in_time = first.as_mut(), if waiting => {
                waiting = false;
                if in_time.is_err() {
                    return;
                }
            }
            _ = rest.as_mut() => {
                if pace.rested(&mut calls) {
                    // Asked to go, and still here: what is left is an answer that nobody takes.
                    if rested {
                        return;
                    }
                    rested = true;
                    connection.as_mut().graceful_shutdown();
                }
                rest.set(timeout(shared.limits.idle_time, pending()));
            }
        }
    }
}

fn builder(limits: &Limits) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.idle_time)
        .max_buf_size(limits.header_bytes.max(SMALLEST_BUFFER));
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(PING)
        .keep_alive_timeout(PING)
        .max_concurrent_streams(limits.streams)
        .max_pending_accept_reset_streams(RESETS)
        .max_local_error_reset_streams(FAULTS)
        .initial_connection_window_size(WINDOW)
        .initial_stream_window_size(WINDOW)
        .max_send_buf_size(WINDOW as usize)
        .max_header_list_size(u32::try_from(limits.header_bytes).unwrap_or(u32::MAX));
    builder
}
