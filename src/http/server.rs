//! Accepts connections, speaks HTTP on them, and drains.

use super::listen::{Listeners, Socket};
use super::observe;
use super::tls::Tls;
use super::{Application, Limits};
use crate::auth::peer::Peer;
use crate::telemetry::Metrics;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use std::convert::Infallible;
use std::io;
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

/// The most calls at once on one HTTP/2 connection.
const STREAMS: u32 = 128;

/// The HTTP library takes no smaller buffer.
const SMALLEST_BUFFER: usize = 8 * 1024;

/// An HTTP server.
pub struct Server {
    listeners: Listeners,
    limits: Limits,
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
    pub(super) meters: Arc<Metrics>,
    connections: TaskTracker,
    connection_permits: Arc<Semaphore>,
    shutdown: CancellationToken,
    cut: CancellationToken,
}

impl Server {
    /// A server on these sockets.
    #[must_use]
    pub fn new(listeners: Listeners, limits: Limits) -> Self {
        Self {
            listeners,
            limits,
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
        let shared = Arc::new(Shared {
            meters: app.meters(),
            app,
            limits: self.limits,
            calls: Arc::new(Semaphore::new(self.limits.concurrent_calls)),
            handlers: TaskTracker::new(),
            connections: TaskTracker::new(),
            connection_permits: Arc::new(Semaphore::new(self.limits.connections)),
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
    async fn place(&self) -> Option<OwnedSemaphorePermit> {
        tokio::select! {
            biased;
            () = self.shutdown.cancelled() => None,
            permit = Arc::clone(&self.connection_permits).acquire_owned() => permit.ok(),
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
    while let Some(place) = shared.place().await {
        let Some(accepted) = shared.next(listener.accept()).await else {
            return;
        };
        let Ok((stream, address)) = accepted else {
            continue;
        };
        // A small answer must not wait for the client's acknowledgement of the one before.
        let _ = stream.set_nodelay(true);
        let (shared, tls) = (Arc::clone(&shared), tls.clone());
        let connections = shared.connections.clone();
        connections.spawn(async move {
            if shared.spoken_to(stream.readable()).await {
                let peer = Peer::tcp(address);
                match tls {
                    None => serve(&shared, stream, peer, shared.limits.header_time).await,
                    Some(tls) => {
                        if let Some((stream, left)) = shared.shaken(&tls, stream).await {
                            serve(&shared, stream, peer, left).await;
                        }
                    }
                }
            }
            drop(place);
        });
    }
}

async fn accept_unix(shared: Arc<Shared>, socket: Socket) {
    while let Some(place) = shared.place().await {
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
    let service = service_fn(|request| {
        began.cancel();
        let shared = Arc::clone(shared);
        async move { Ok::<_, Infallible>(observe::answer(shared, peer, request).await) }
    });
    let builder = builder(&shared.limits);
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
    // The HTTP library waits for ever while it finds out which version is spoken.
    let mut first = pin!(timeout(header_time, began.cancelled()));
    let (mut waiting, mut open) = (true, true);
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
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(u32::try_from(limits.header_bytes).unwrap_or(u32::MAX));
    builder
}
