//! Whom a proxy speaks for. A forwarding header is believed only from a trusted proxy, and hop by
//! hop from the right: what stands further left may have been written by the client itself.

use super::observe::forwarded;
use crate::auth::peer::{Peer, Via};
use http::{HeaderMap, HeaderName, HeaderValue, header::FORWARDED};
use std::net::{IpAddr, SocketAddr};

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The proxies whose forwarding headers are believed; none by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proxies {
    networks: Vec<Network>,
    unix: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Network {
    address: IpAddr,
    bits: u32,
}

/// `X-Forwarded-For` and `Forwarded` name different callers.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Contradiction;

impl Proxies {
    /// Adds a proxy: an address, a network such as `10.0.0.0/8`, or `unix` for whoever connects to
    /// the Unix socket.
    ///
    /// # Errors
    /// Why the text names no proxy, as a sentence.
    pub fn add(&mut self, text: &str) -> Result<(), String> {
        if text == "unix" {
            self.unix = true;
            return Ok(());
        }
        self.networks.push(Network::read(text)?);
        Ok(())
    }

    /// Whether whoever connects to the Unix socket is believed.
    #[must_use]
    pub const fn trusts_unix(&self) -> bool {
        self.unix
    }

    /// Who is calling: whom the headers name where the peer is believed, and else the peer.
    ///
    /// The hop furthest right that is no trusted proxy counts. Where what comes before it cannot be
    /// read, the peer's own address stands. A caller behind a proxy is nobody's Unix peer in any case.
    pub(super) fn caller(&self, peer: Peer, headers: &HeaderMap) -> Result<Peer, Contradiction> {
        let believed = match (peer.via, peer.address) {
            (Via::Unix, _) => self.unix,
            (Via::Tcp, Some(address)) => self.trusts(address.ip()),
            (Via::Tcp, None) | (Via::Internal, _) => false,
        };
        if !believed {
            return Ok(peer);
        }
        let list = self.client(&hops(headers, &X_FORWARDED_FOR, list_hops));
        let pairs = self.client(&hops(headers, &FORWARDED, pair_hops));
        let client = match (list, pairs) {
            (Some(one), Some(other)) if one.ip() != other.ip() => return Err(Contradiction),
            // The same caller; one of them may know the port.
            (Some(one), Some(other)) => Some(if one.port() == 0 { other } else { one }),
            (one, other) => one.or(other),
        };
        Ok(match client {
            Some(address) => Peer {
                address: Some(address),
                uid: None,
                ..peer
            },
            // Somebody stands behind it, who is not the user that the proxy runs as.
            None if forwarded(headers) => Peer { uid: None, ..peer },
            None => peer,
        })
    }

    fn trusts(&self, ip: IpAddr) -> bool {
        self.networks.iter().any(|network| network.contains(ip))
    }

    /// The client at the end of a chain; where all are proxies, the first of them.
    fn client(&self, hops: &[Option<SocketAddr>]) -> Option<SocketAddr> {
        let mut found = None;
        for hop in hops.iter().rev() {
            let address = (*hop)?;
            found = Some(address);
            if !self.trusts(address.ip()) {
                break;
            }
        }
        found
    }
}

impl Network {
    fn read(text: &str) -> Result<Self, String> {
        let faulty = || {
            format!("'{text}' is no address, no network such as 10.0.0.0/8, and not the word unix.")
        };
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse().map_err(|_| faulty())?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| faulty())?;
        let width = if address.is_ipv4() { 32 } else { 128 };
        let bits: u32 = bits.unwrap_or(width);
        if bits == 0 || bits > width {
            return Err(format!(
                "'{text}' has no length from 1 to {width}; name the proxies alone, as whoever is trusted can claim any address."
            ));
        }
        if number(address) & mask(width - bits) != 0 {
            return Err(format!(
                "'{text}' is an address inside a network; write the address alone, or the network by its first address."
            ));
        }
        Ok(match address.to_canonical() {
            address @ IpAddr::V4(_) if width == 128 && bits >= 96 => Self {
                address,
                bits: bits - 96,
            },
            _ => Self { address, bits },
        })
    }

    fn contains(&self, ip: IpAddr) -> bool {
        let width = if ip.is_ipv4() { 32 } else { 128 };
        self.address.is_ipv4() == ip.is_ipv4()
            && (number(ip) ^ number(self.address)) & !mask(width - self.bits) == 0
    }
}

fn number(ip: IpAddr) -> u128 {
    match ip {
        IpAddr::V4(ip) => u128::from(ip.to_bits()),
        IpAddr::V6(ip) => ip.to_bits(),
    }
}

/// So many ones at the right.
fn mask(bits: u32) -> u128 {
    1_u128
        .checked_shl(bits)
        .map_or(u128::MAX, |past| past.wrapping_sub(1))
}

/// The hops that the lines of a header name, in their order; `None` for what cannot be read.
fn hops(
    headers: &HeaderMap,
    name: &HeaderName,
    read: fn(&str) -> Vec<Option<SocketAddr>>,
) -> Vec<Option<SocketAddr>> {
    let lines = headers.get_all(name).iter().map(HeaderValue::to_str);
    lines
        .flat_map(|line| line.map_or_else(|_| vec![None], read))
        .collect()
}

/// `203.0.113.7, 10.0.0.1`
fn list_hops(line: &str) -> Vec<Option<SocketAddr>> {
    let parts = line.split(',').map(str::trim);
    parts.filter(|part| !part.is_empty()).map(hop).collect()
}

/// `for=203.0.113.7;proto=https, for="[2001:db8::1]:4711"`
fn pair_hops(line: &str) -> Vec<Option<SocketAddr>> {
    let Some(elements) = split(line, ',') else {
        return vec![None];
    };
    let elements = elements.into_iter().map(str::trim);
    elements
        .filter(|element| !element.is_empty())
        .map(|element| {
            let mut named = split(element, ';')?.into_iter().filter_map(|pair| {
                let (name, value) = pair.split_once('=')?;
                name.trim().eq_ignore_ascii_case("for").then_some(value)
            });
            // An element without `for`, or with two, hides who stood there.
            let value = named.next()?;
            if named.next().is_some() {
                return None;
            }
            hop(unquoted(value.trim())?)
        })
        .collect()
}

/// The parts between separators that stand in no quotes; `None` where a quote is not closed.
fn split(text: &str, separator: char) -> Option<Vec<&str>> {
    let mut quoted = false;
    let mut escaped = false;
    let parts = text.split(|letter| {
        let ends = letter == separator && !quoted;
        match letter {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ => {}
        }
        ends
    });
    let parts: Vec<&str> = parts.collect();
    (!quoted).then_some(parts)
}

/// A value without the quotes around it; an address needs no escapes.
fn unquoted(value: &str) -> Option<&str> {
    let inner = match value.strip_prefix('"') {
        Some(rest) => rest.strip_suffix('"')?,
        None => value,
    };
    (!inner.contains(['"', '\\'])).then_some(inner)
}

/// An address with or without a port (0 where there is none). A proxy may hide the port, not the
/// address.
fn hop(text: &str) -> Option<SocketAddr> {
    let (address, port) = match text.strip_prefix('[') {
        Some(rest) => rest.split_once(']')?,
        None if text.matches(':').count() == 1 => text.split_at(text.find(':')?),
        None => (text, ""),
    };
    let ip: IpAddr = address.parse().ok()?;
    if text.starts_with('[') && ip.is_ipv4() {
        return None;
    }
    let port = match port.strip_prefix(':') {
        None if port.is_empty() => 0,
        Some(hidden) if hidden.starts_with('_') => 0,
        Some(digits) if digits.bytes().all(|digit| digit.is_ascii_digit()) => {
            digits.parse().ok()?
        }
        _ => return None,
    };
    let ip = ip.to_canonical();
    (!ip.is_unspecified() && !ip.is_multicast()).then(|| SocketAddr::new(ip, port))
}
