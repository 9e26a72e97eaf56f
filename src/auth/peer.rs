//! Where a call came from, as far as the connection tells.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

/// The kind of connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Via {
    /// TCP.
    Tcp,
    /// The Unix socket.
    Unix,
}

impl Via {
    /// The word in results and records.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Unix => "unix",
        }
    }
}

impl fmt::Display for Via {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The other end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    /// The kind of connection.
    pub via: Via,
    /// Its address; none on the Unix socket.
    pub address: Option<SocketAddr>,
    /// The user that opened it, as the kernel says; only on the Unix socket.
    pub uid: Option<u32>,
}

impl Peer {
    /// A peer on TCP. An IPv4 address that arrived on an IPv6 socket is an IPv4 address.
    #[must_use]
    pub fn tcp(address: SocketAddr) -> Self {
        Self {
            via: Via::Tcp,
            address: Some(SocketAddr::new(address.ip().to_canonical(), address.port())),
            uid: None,
        }
    }

    /// A peer on the Unix socket.
    #[must_use]
    pub const fn unix(uid: Option<u32>) -> Self {
        Self {
            via: Via::Unix,
            address: None,
            uid,
        }
    }

    /// `ClientIP` of records: `addr:port`, `[addr]:port`, or empty on the Unix socket.
    #[must_use]
    pub fn client_ip(&self) -> String {
        match self.address {
            // Without the zone of a link-local address, which means nothing elsewhere.
            Some(SocketAddr::V6(address)) => {
                let ip: &Ipv6Addr = address.ip();
                SocketAddr::new(IpAddr::V6(*ip), address.port()).to_string()
            }
            Some(address @ SocketAddr::V4(_)) => address.to_string(),
            None => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn client_ip_is_written_as_records_have_it() {
        let ip = |text: &str| Peer::tcp(text.parse().unwrap()).client_ip();
        assert_eq!(ip("203.0.113.7:4711"), "203.0.113.7:4711");
        assert_eq!(ip("[2001:db8::1]:4711"), "[2001:db8::1]:4711");
        assert_eq!(ip("[::ffff:203.0.113.7]:80"), "203.0.113.7:80");
        assert_eq!(Peer::unix(Some(1000)).client_ip(), "");
    }
}
