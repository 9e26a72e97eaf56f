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
    /// No connection: the daemon itself, for a robot of its own.
    Internal,
}

impl Via {
    /// The word in results and records.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Unix => "unix",
            Self::Internal => "internal",
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
    /// Its address; none on the Unix socket, unless a trusted proxy named the caller. Port 0 where
    /// the proxy did not say.
    pub address: Option<SocketAddr>,
    /// The user that opened it, as the kernel says; only on the Unix socket.
    pub uid: Option<u32>,
    /// Whether the connection is encrypted.
    pub tls: bool,
}

impl Peer {
    /// A peer on TCP. An IPv4 address that arrived on an IPv6 socket is an IPv4 address.
    #[must_use]
    pub fn tcp(address: SocketAddr) -> Self {
        Self {
            via: Via::Tcp,
            address: Some(SocketAddr::new(address.ip().to_canonical(), address.port())),
            uid: None,
            tls: false,
        }
    }

    /// A peer on the Unix socket.
    #[must_use]
    pub const fn unix(uid: Option<u32>) -> Self {
        Self {
            via: Via::Unix,
            address: None,
            uid,
            tls: false,
        }
    }

    /// Nobody's connection: the daemon acts for a robot.
    #[must_use]
    pub const fn internal() -> Self {
        Self {
            via: Via::Internal,
            address: None,
            uid: None,
            tls: false,
        }
    }

    /// What one household has: an IPv4 address, or the /64 around an IPv6 one. Limits per address
    /// count this.
    #[must_use]
    pub fn household(&self) -> Option<IpAddr> {
        self.address.map(|address| match address.ip() {
            IpAddr::V6(ip) => IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits() >> 64 << 64)),
            ip @ IpAddr::V4(_) => ip,
        })
    }

    /// `ClientIP` of records: `addr:port`, `[addr]:port`, or empty on the Unix socket; without the
    /// port where a proxy did not say it.
    #[must_use]
    pub fn client_ip(&self) -> String {
        match self.address {
            Some(SocketAddr::V6(address)) if address.port() == 0 => format!("[{}]", address.ip()),
            Some(SocketAddr::V4(address)) if address.port() == 0 => address.ip().to_string(),
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
        assert_eq!(ip("[fe80::1%3]:1"), "[fe80::1]:1");
        assert_eq!(ip("203.0.113.7:0"), "203.0.113.7");
        assert_eq!(ip("[2001:db8::1]:0"), "[2001:db8::1]");
        assert_eq!(Peer::unix(Some(1000)).client_ip(), "");
    }

    #[test]
    fn a_household_is_an_ipv4_address_or_a_64_of_ipv6() {
        let of = |text: &str| Peer::tcp(text.parse().unwrap()).household();
        assert_eq!(of("203.0.113.7:1"), of("203.0.113.7:2"));
        assert_ne!(of("203.0.113.7:1"), of("203.0.113.8:1"));
        assert_eq!(of("[2001:db8::1]:1"), of("[2001:db8::2:3:4:5]:1"));
        assert_ne!(of("[2001:db8::1]:1"), of("[2001:db8:0:1::1]:1"));
        assert_eq!(of("[::ffff:203.0.113.7]:1"), of("203.0.113.7:1"));
        assert_eq!(Peer::unix(None).household(), None);
    }
}
