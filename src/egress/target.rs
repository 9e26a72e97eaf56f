//! URLs that others name, read strictly: what two readers could understand differently is refused.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The longest URL, in bytes.
pub const URL_BYTES: usize = 2_048;

/// Where something is posted to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Target {
    /// Whether TLS is spoken.
    pub https: bool,
    /// The host.
    pub host: Host,
    /// The port.
    pub port: u16,
    /// Host and port as the URL has them, the host in lower case.
    pub authority: String,
    /// Path and query.
    pub path: String,
}

/// A host.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Host {
    /// A name, in lower case.
    Name(String),
    /// An address.
    Address(IpAddr),
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Address(ip) => ip.fmt(f),
        }
    }
}

impl Target {
    /// Reads a URL.
    ///
    /// # Errors
    /// What is wrong with it and what to write instead, as a sentence.
    pub fn parse(url: &str) -> Result<Self, String> {
        if url.len() > URL_BYTES {
            return Err(format!(
                "The URL has {} bytes; write one of at most {URL_BYTES}.",
                url.len()
            ));
        }
        if let Some(odd) = url.chars().find(|c| !may_stand(*c)) {
            return Err(format!(
                "The URL holds the character U+{:04X}; write it percent-encoded, and names of hosts in their ASCII form (xn--...).",
                u32::from(odd)
            ));
        }
        let (scheme, rest) = url
            .split_once("://")
            .ok_or("The URL has no scheme; write https://HOST/PATH.")?;
        let https = match scheme.to_ascii_lowercase().as_str() {
            "https" => true,
            "http" => false,
            _ => return Err("The URL is not of http; write https://HOST/PATH.".to_owned()),
        };
        if rest.contains('#') {
            return Err(
                "The URL has a fragment, which is never sent; leave # and what follows away."
                    .to_owned(),
            );
        }
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        if authority.contains('@') {
            return Err("The URL holds a user before @; leave it away. Posts are signed, and a token can stand in the path.".to_owned());
        }
        let (host, port) = split_port(authority)?;
        let host = read_host(host)?;
        let port = match port {
            Some(port) => port,
            None if https => 443,
            None => 80,
        };
        Ok(Self {
            https,
            host,
            port,
            authority: authority.to_ascii_lowercase(),
            path: if path.starts_with('/') {
                path.to_owned()
            } else {
                format!("/{path}")
            },
        })
    }
}

/// What RFC 3986 lets stand in a URL.
fn may_stand(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-._~:/?#[]@!$&'()*+,;=%".contains(c)
}

fn split_port(authority: &str) -> Result<(&str, Option<u16>), String> {
    let wrong = || "The URL's port is no number from 1 to 65535.".to_owned();
    // The colons of an IPv6 address stand in brackets.
    let after = authority.rfind(']').map_or(0, |at| at + 1);
    let Some(colon) = authority.get(after..).and_then(|rest| rest.find(':')) else {
        return Ok((authority, None));
    };
    let (host, port) = authority.split_at(after + colon);
    let port = port.strip_prefix(':').unwrap_or_default();
    if port.is_empty() || port.len() > 5 || !port.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(wrong());
    }
    match port.parse() {
        Ok(port @ 1..) => Ok((host, Some(port))),
        _ => Err(wrong()),
    }
}

fn read_host(text: &str) -> Result<Host, String> {
    if let Some(inner) = text.strip_prefix('[') {
        let address = inner
            .strip_suffix(']')
            .and_then(|inner| inner.parse::<Ipv6Addr>().ok());
        return address
            .map(|ip| Host::Address(IpAddr::V6(ip)))
            .ok_or_else(|| {
                "What stands in brackets in the URL is no IPv6 address (without a zone).".to_owned()
            });
    }
    if let Ok(ip) = text.parse::<Ipv4Addr>() {
        return Ok(Host::Address(IpAddr::V4(ip)));
    }
    let name = text.to_ascii_lowercase();
    if is_numeric(&name) {
        return Err("The URL's host ends in a number but is no IPv4 address in its usual form; write it as 192.0.2.7, without zeros in front and not in hexadecimal.".to_owned());
    }
    if name.len() > 253 || !name.split('.').all(is_label) {
        return Err("The URL's host is no name of a host; write its labels of letters, digits and hyphens, without a dot at the end.".to_owned());
    }
    Ok(Host::Name(name))
}

/// Whether some reader takes it for an IPv4 address: `2130706433`, `0x7f.1`, `127.0.0.1.`.
fn is_numeric(name: &str) -> bool {
    let last = name.trim_end_matches('.').rsplit('.').next();
    last.is_some_and(|label| {
        let digits = !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_digit());
        let hex = label
            .strip_prefix("0x")
            .is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_hexdigit()));
        digits || hex
    })
}

fn is_label(label: &str) -> bool {
    let bytes = label.as_bytes();
    (1..=63).contains(&bytes.len())
        && bytes.first() != Some(&b'-')
        && bytes.last() != Some(&b'-')
        && bytes
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(byte))
}

#[cfg(test)]
#[path = "target_tests.rs"]
mod tests;
