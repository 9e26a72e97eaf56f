//! `ClientIP`: `addr:port`, or `[addr]:port` for IPv6.

use crate::error::{Error, Result};
use std::net::{IpAddr, Ipv6Addr, SocketAddr, SocketAddrV6};

/// The documented form of an address that somebody reports, with or without a port.
///
/// # Errors
/// `invalidParams` where it is no address.
pub fn read_client_ip(pointer: &str, text: &str) -> Result<String> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(String::new());
    }
    match parse(text) {
        Some((ip, Some(port))) => Ok(with_port(ip, port)),
        Some((IpAddr::V6(ip), None)) => Ok(format!("[{ip}]")),
        Some((IpAddr::V4(ip), None)) => Ok(ip.to_string()),
        None => Err(Error::invalid_param(
            pointer,
            "The client address is no IP address.",
            "an address such as 192.0.2.7:50123 or [2001:db8::7]:50123",
        )),
    }
}

/// The address alone, in its one usual form, so that two texts for one address compare equal;
/// text that is no address comes back trimmed and lower-cased.
#[must_use]
pub fn address_only(text: &str) -> String {
    let text = text.trim();
    parse(text).map_or_else(|| text.to_lowercase(), |(ip, _)| ip.to_string())
}

fn with_port(ip: IpAddr, port: u16) -> String {
    // A scope id means something on one machine only, so it is left out.
    match ip.to_canonical() {
        IpAddr::V4(ip) => format!("{ip}:{port}"),
        IpAddr::V6(ip) => SocketAddrV6::new(ip, port, 0, 0).to_string(),
    }
}

fn parse(text: &str) -> Option<(IpAddr, Option<u16>)> {
    if let Ok(peer) = text.parse::<SocketAddr>() {
        return Some((peer.ip().to_canonical(), Some(peer.port())));
    }
    let bare = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    let ip = match bare {
        Some(inner) => inner.parse::<Ipv6Addr>().ok().map(IpAddr::V6),
        None => text.parse().ok(),
    };
    ip.map(|ip: IpAddr| (ip.to_canonical(), None))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reported_addresses_are_read_or_refused() {
        let read = |text| read_client_ip("/clientIP", text);
        assert_eq!(read(" 192.0.2.7:5 ").expect("read"), "192.0.2.7:5");
        assert_eq!(read("192.0.2.7").expect("read"), "192.0.2.7");
        assert_eq!(read("2001:DB8:0::7").expect("read"), "[2001:db8::7]");
        assert_eq!(read("[2001:db8::7]:9").expect("read"), "[2001:db8::7]:9");
        assert_eq!(read("").expect("read"), "");
        for refused in ["here", "192.0.2.300", "192.0.2.7:x", "[192.0.2.7]", "[::1"] {
            assert_eq!(read(refused).expect_err(refused).code(), "invalidParams");
        }
    }

    #[test]
    fn one_address_has_one_text() {
        for same in [
            "2001:db8::7",
            "[2001:DB8:0:0::7]:443",
            "[2001:db8::7]",
            " 2001:db8::0007 ",
        ] {
            assert_eq!(address_only(same), "2001:db8::7");
        }
        assert_eq!(
            address_only("192.0.2.7:1"),
            address_only("::ffff:192.0.2.7")
        );
        assert_eq!(address_only(" Nowhere"), "nowhere");
        assert_eq!(address_only(""), "");
    }
}
