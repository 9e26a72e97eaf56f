//! Where a call comes from.

use std::net::SocketAddr;

/// How a call arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Via {
    /// Over TCP.
    Tcp,
    /// Over the Unix socket.
    Unix,
}

impl Via {
    /// The word in records and results.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Unix => "unix",
        }
    }
}

/// The other end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    /// How it arrived.
    pub via: Via,
    /// Its address, over TCP.
    pub address: Option<SocketAddr>,
    /// Its user id, over the Unix socket.
    pub uid: Option<u32>,
}

impl Peer {
    /// `addr:port` or `[addr]:port`; empty for a Unix socket.
    #[must_use]
    pub fn client_ip(&self) -> String {
        self.address
            .map(|address| address.to_string())
            .unwrap_or_default()
    }
}
