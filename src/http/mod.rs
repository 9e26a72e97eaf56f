//! Bytes in, bytes out: listeners, routes, limits, deadlines, drain.
//!
//! Never interprets a body, and never lets a client that hangs up stop a call: calls run apart
//! from their connections, and the drain waits for them.

mod events;
mod files;
mod forwarded;
mod guard;
mod listen;
mod observe;
mod pace;
mod peers;
mod routes;
mod server;
pub mod tls;
mod validity;

pub use files::make_room;
pub use forwarded::Proxies;
pub use guard::Trust;
pub use listen::{LONGEST_SOCKET_PATH, Listeners};
pub use server::{Drained, Server};

use crate::auth::peer::Peer;
use crate::clock::BoxFuture;
use crate::error::Result;
use crate::telemetry::{Format, Metrics};
use bytes::Bytes;
use std::sync::Arc;
use std::time::Duration;

/// What the daemon answers with; built at its root.
pub trait Application: Send + Sync + 'static {
    /// Executes what a body asks for; `None` where there is nothing to answer.
    fn rpc(&self, call: Incoming) -> BoxFuture<'static, Option<Bytes>>;
    /// The OpenRPC document.
    fn openrpc(&self) -> Bytes;
    /// Whether calls can be executed now.
    fn ready(&self) -> bool;
    /// The metrics as text, for somebody who may read them.
    fn metrics(&self, reader: Reader) -> BoxFuture<'static, Result<Bytes>>;
    /// The events that somebody listens to.
    fn events(&self, listener: Listener) -> BoxFuture<'static, Result<Box<dyn Feed>>>;
    /// Where answers and connections are counted.
    fn meters(&self) -> Arc<Metrics>;
}

/// Who asks for the metrics.
pub struct Reader {
    /// The `Authorization` header as sent.
    pub authorization: Option<String>,
    /// The other end of the connection.
    pub caller: Peer,
    /// Whether a proxy says that it passes the call on for somebody else.
    pub forwarded: bool,
    /// How it wants them written.
    pub format: Format,
}

/// Who asks for events.
pub struct Listener {
    /// The `Authorization` header as sent.
    pub authorization: Option<String>,
    /// The other end of the connection.
    pub caller: Peer,
    /// The query as sent.
    pub query: String,
    /// The `Last-Event-ID` header as sent.
    pub last_event_id: Option<String>,
}

/// Events for one listener.
pub trait Feed: Send {
    /// The id of the place from which it goes on.
    fn place(&self) -> String;
    /// Judges the listener as of now, and gives what is new to it.
    fn read(&mut self) -> BoxFuture<'_, Result<News>>;
    /// Returns when there may be something new; may be dropped at any time.
    fn woken(&mut self) -> BoxFuture<'_, ()>;
}

/// What is new to a listener.
#[derive(Clone, Debug, Default)]
pub struct News {
    /// The messages, in order; few at a time.
    pub messages: Vec<Message>,
    /// Whether there may be more already.
    pub more: bool,
}

/// An event as it is sent.
#[derive(Clone, Debug)]
pub struct Message {
    /// Its place, for who goes on from there.
    pub id: String,
    /// Its word.
    pub event: &'static str,
    /// Its data: one line.
    pub data: String,
}

/// The body of `POST /rpc`, and who sent it.
#[derive(Clone)]
pub struct Incoming {
    /// The body.
    pub body: Bytes,
    /// The `Authorization` header as sent.
    pub authorization: Option<String>,
    /// The other end of the connection.
    pub caller: Peer,
}

/// Without the secret.
impl std::fmt::Debug for Incoming {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Incoming")
            .field("body", &self.body.len())
            .field("authorization", &self.authorization.is_some())
            .field("caller", &self.caller)
            .finish()
    }
}

/// How much the server takes, and how long it waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most bytes of one body.
    pub body_bytes: usize,
    /// The most bytes of the headers of one call.
    pub header_bytes: usize,
    /// The most calls that run at once; one more is answered with 503.
    pub concurrent_calls: usize,
    /// The most connections over TCP at once; one more waits until another ends.
    pub connections: usize,
    /// The most connections over TCP of one peer (an IPv4 address, or a /64 of IPv6) at once; one
    /// more is closed.
    pub connections_per_peer: usize,
    /// The most connections to the Unix socket at once, which the others never take.
    pub unix_connections: usize,
    /// The most calls at once on one connection of HTTP/2.
    pub streams: u32,
    /// The longest silence at the start of a connection.
    pub first_byte: Duration,
    /// From the first byte of headers to their end.
    pub header_time: Duration,
    /// From the end of one answer to the end of the next headers on the same connection; on
    /// HTTP/2 without any call, up to twice as long.
    pub idle_time: Duration,
    /// From the headers to the end of the body.
    pub body_time: Duration,
    /// How long the other end may take no byte of an answer.
    pub write_time: Duration,
    /// How often a listener to events is sent something, and its token judged, at least.
    pub heartbeat: Duration,
    /// The longest that a drain waits.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 1024 * 1024,
            header_bytes: 64 * 1024,
            concurrent_calls: 256,
            connections: 1024,
            connections_per_peer: 256,
            unix_connections: 64,
            streams: 128,
            first_byte: Duration::from_secs(10),
            header_time: Duration::from_secs(10),
            idle_time: Duration::from_secs(75),
            body_time: Duration::from_secs(30),
            write_time: Duration::from_secs(30),
            heartbeat: Duration::from_secs(15),
            drain: Duration::from_secs(30),
        }
    }
}

// The integration tests make their certificates with the same file.
#[cfg(test)]
#[path = "../../tests/integration/certificates.rs"]
pub(crate) mod certificates;
#[cfg(test)]
mod testing;

#[cfg(test)]
mod events_tests;
#[cfg(test)]
mod forwarded_tests;
#[cfg(test)]
mod guard_tests;
#[cfg(test)]
mod listen_tests;
#[cfg(test)]
mod observe_tests;
#[cfg(test)]
mod pace_tests;
#[cfg(test)]
mod routes_tests;
#[cfg(test)]
mod server_tests;
#[cfg(test)]
mod tls_files_tests;
#[cfg(test)]
mod tls_tests;
