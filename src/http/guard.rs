//! What stands between a web page and the daemon: the `Host` and `Origin` checks, and the headers
//! that every answer carries.

use super::forwarded::Proxies;
use super::routes::{Answer, refusal, set};
use crate::auth::peer::{Peer, Via};
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HOST, HeaderName, HeaderValue, ORIGIN, REFERRER_POLICY,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
};
use http::uri::Authority;
use http::{Request, Response, StatusCode};
use std::net::IpAddr;

/// The headers of every answer. (There is none that lets other sites read it, and never will be.)
const STRICT: [(HeaderName, &str); 5] = [
    (
        CONTENT_SECURITY_POLICY,
        "default-src 'none'; frame-ancestors 'none'",
    ),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (REFERRER_POLICY, "no-referrer"),
    (CACHE_CONTROL, "no-store"),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
];

/// A year, as browsers want it.
const ONLY_TLS: &str = "max-age=31536000";

/// Which names, web pages and proxies the server takes at their word.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trust {
    /// Names under which it is reached, beside this machine's own (without ports, in lower case).
    pub hosts: Vec<String>,
    /// Origins whose pages may call it, such as `https://lockbox.contoso.com`.
    pub origins: Vec<String>,
    /// Proxies whose forwarding headers are believed.
    pub proxies: Proxies,
}

/// Adds the strict headers to an answer.
pub(super) fn strict<B>(answer: &mut Response<B>, tls: bool) {
    for (name, value) in STRICT {
        set(answer, name, HeaderValue::from_static(value));
    }
    if tls {
        let value = HeaderValue::from_static(ONLY_TLS);
        set(answer, STRICT_TRANSPORT_SECURITY, value);
    }
}

/// The refusal of a request that a web page sent where it should not, or under a foreign name.
pub(super) fn refused<B>(
    trust: &Trust,
    listening: &[IpAddr],
    peer: &Peer,
    request: &Request<B>,
) -> Option<Answer> {
    for origin in request.headers().get_all(ORIGIN) {
        let known = |own: &String| own.as_bytes().eq_ignore_ascii_case(origin.as_bytes());
        if !trust.origins.iter().any(known) {
            return Some(refusal(
                StatusCode::FORBIDDEN,
                "originNotAllowed",
                "The request comes from a web page of another site.",
                "Call from a program. Where the page is yours, its origin stands in allowed_origins of the daemon's configuration.",
            ));
        }
    }
    // No name leads a browser to the Unix socket.
    if peer.via == Via::Unix || named_rightly(trust, listening, request) {
        return None;
    }
    Some(refusal(
        StatusCode::MISDIRECTED_REQUEST,
        "hostNotAllowed",
        "The Host header does not name this daemon.",
        "Use localhost or the address that it listens on. Other names, a reverse proxy's too, stand in allowed_hosts of the daemon's configuration.",
    ))
}

/// Whether the request names us: in its target, in its one `Host` header, or in both.
fn named_rightly<B>(trust: &Trust, listening: &[IpAddr], request: &Request<B>) -> bool {
    let target = request.uri().authority().map(Authority::as_str);
    let mut headers = request.headers().get_all(HOST).iter();
    let header = headers.next().map(|value| value.to_str().unwrap_or(""));
    headers.next().is_none()
        && (target.is_some() || header.is_some())
        && [target, header]
            .into_iter()
            .flatten()
            .all(|name| is_ours(trust, listening, name))
}

fn is_ours(trust: &Trust, listening: &[IpAddr], name: &str) -> bool {
    let Ok(authority) = name.parse::<Authority>() else {
        return false;
    };
    if name.contains('@') {
        return false;
    }
    let host = authority.host();
    let bare = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    if let Ok(ip) = bare.unwrap_or(host).parse::<IpAddr>() {
        let ip = ip.to_canonical();
        // Who listens on every address is reached under any of them; a page under an address has
        // that address as its origin, so nothing is rebound.
        let ours = |own: &IpAddr| *own == ip || own.is_unspecified();
        return ip.is_loopback()
            || listening.iter().any(ours)
            || trust.hosts.contains(&ip.to_string());
    }
    let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    host == "localhost" || trust.hosts.contains(&host)
}
