use super::forwarded::{Contradiction, Proxies};
use crate::auth::peer::Peer;
use http::{HeaderMap, HeaderName, HeaderValue};

fn proxies(texts: &[&str]) -> Proxies {
    let mut proxies = Proxies::default();
    for text in texts {
        proxies.add(text).unwrap();
    }
    proxies
}

fn headers(lines: &[&str]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for line in lines {
        let (name, value) = line.split_once(": ").unwrap();
        headers.append(
            HeaderName::from_bytes(name.as_bytes()).unwrap(),
            HeaderValue::from_str(value).unwrap(),
        );
    }
    headers
}

const PROXY: &str = "10.0.0.1:5000";

/// ClientIP of a call from a peer with these header lines, where 10.0.0.0/8 and one IPv6 network
/// are trusted.
fn client(peer: &str, lines: &[&str]) -> String {
    proxies(&["10.0.0.0/8", "2001:db8:aaaa::/48"])
        .caller(Peer::tcp(peer.parse().unwrap()), &headers(lines))
        .map_or_else(
            |Contradiction| "contradiction".to_owned(),
            |peer| peer.client_ip(),
        )
}

#[test]
fn whom_the_headers_name() {
    for (lines, expected) in [
        (vec![], PROXY),
        (vec!["X-Forwarded-For: 203.0.113.7"], "203.0.113.7"),
        (
            vec!["X-Forwarded-For: 203.0.113.7:4711"],
            "203.0.113.7:4711",
        ),
        (vec!["X-Forwarded-For: 2001:db8::1"], "[2001:db8::1]"),
        (vec!["X-Forwarded-For: [2001:db8::1]"], "[2001:db8::1]"),
        (
            vec!["X-Forwarded-For: [2001:db8::1]:4711"],
            "[2001:db8::1]:4711",
        ),
        (vec!["X-Forwarded-For: ::ffff:203.0.113.7"], "203.0.113.7"),
        // A chain of proxies, in one line or in several.
        (
            vec!["X-Forwarded-For: 203.0.113.7, 10.1.2.3,10.9.9.9"],
            "203.0.113.7",
        ),
        (
            vec![
                "X-Forwarded-For: 203.0.113.7",
                "X-Forwarded-For: 2001:db8:aaaa::5",
            ],
            "203.0.113.7",
        ),
        // What the client wrote itself stands left of what the proxy saw.
        (
            vec!["X-Forwarded-For: 198.51.100.1, 203.0.113.7"],
            "203.0.113.7",
        ),
        (
            vec![
                "X-Forwarded-For: 198.51.100.1",
                "X-Forwarded-For: 203.0.113.7, 10.1.2.3",
            ],
            "203.0.113.7",
        ),
        (
            vec!["X-Forwarded-For: 198.51.100.1, garbage, 203.0.113.7"],
            "203.0.113.7",
        ),
        // A proxy that calls for itself, or clients inside the trusted network: the first of them.
        (vec!["X-Forwarded-For: 10.7.7.7, 10.1.2.3"], "10.7.7.7"),
        // Nothing that can be read: the peer's own address.
        (vec!["X-Forwarded-For: unknown"], PROXY),
        (vec!["X-Forwarded-For: 203.0.113.7, unknown"], PROXY),
        (
            vec!["X-Forwarded-For: 203.0.113.7, unknown, 10.1.2.3"],
            PROXY,
        ),
        (vec!["X-Forwarded-For: 203.0.113.7:99999"], PROXY),
        (vec!["X-Forwarded-For: 203.0.113.7:+80"], PROXY),
        (vec!["X-Forwarded-For: 203.0.113.7:"], PROXY),
        (vec!["X-Forwarded-For: 203.0.113.256"], PROXY),
        (vec!["X-Forwarded-For: [203.0.113.7]"], PROXY),
        (vec!["X-Forwarded-For: [2001:db8::1"], PROXY),
        (vec!["X-Forwarded-For: 0.0.0.0"], PROXY),
        (vec!["X-Forwarded-For: 224.0.0.1"], PROXY),
        (vec!["X-Forwarded-For: lockbox.contoso.com"], PROXY),
        (vec!["X-Forwarded-For: ,"], PROXY),
        (vec!["X-Forwarded-For: 203.0.113.7, ,"], "203.0.113.7"),
        // The same as pairs.
        (vec!["Forwarded: for=203.0.113.7"], "203.0.113.7"),
        (
            vec!["Forwarded: For=\"203.0.113.7:4711\";proto=https;by=10.0.0.1"],
            "203.0.113.7:4711",
        ),
        (
            vec!["Forwarded: proto=https;for=\"[2001:db8::1]:4711\""],
            "[2001:db8::1]:4711",
        ),
        (vec!["Forwarded: for=\"[2001:db8::1]\""], "[2001:db8::1]"),
        (
            vec!["Forwarded: for=\"203.0.113.7:_hidden\""],
            "203.0.113.7",
        ),
        (
            vec!["Forwarded: for=198.51.100.1, for=203.0.113.7;host=\"a,b;for=x\", for=10.1.2.3"],
            "203.0.113.7",
        ),
        (
            vec!["Forwarded: for=198.51.100.1", "Forwarded: for=203.0.113.7"],
            "203.0.113.7",
        ),
        (vec!["Forwarded: for=_hidden"], PROXY),
        (vec!["Forwarded: for=unknown"], PROXY),
        (vec!["Forwarded: proto=https"], PROXY),
        (vec!["Forwarded: for=203.0.113.7;for=198.51.100.1"], PROXY),
        (vec!["Forwarded: for=\"203.0.113.7"], PROXY),
        (vec!["Forwarded: for=\"203.0.113\\.7\""], PROXY),
        // An open quote of the client's cannot swallow the proxy's own line.
        (
            vec![
                "Forwarded: for=\"198.51.100.1",
                "Forwarded: for=203.0.113.7",
            ],
            "203.0.113.7",
        ),
        // Both: the same caller, one of them with a port; another caller; one that is garbage.
        (
            vec![
                "X-Forwarded-For: 203.0.113.7",
                "Forwarded: for=\"203.0.113.7:4711\"",
            ],
            "203.0.113.7:4711",
        ),
        (
            vec![
                "X-Forwarded-For: 203.0.113.7:4711",
                "Forwarded: for=203.0.113.7",
            ],
            "203.0.113.7:4711",
        ),
        (
            vec![
                "X-Forwarded-For: 203.0.113.7",
                "Forwarded: for=198.51.100.1",
            ],
            "contradiction",
        ),
        (
            vec!["X-Forwarded-For: 203.0.113.7", "Forwarded: for=unknown"],
            "203.0.113.7",
        ),
    ] {
        assert_eq!(client(PROXY, &lines), expected, "{lines:?}");
    }
}

#[test]
fn a_header_of_bytes_that_are_no_text_is_garbage() {
    let mut headers = headers(&["X-Forwarded-For: 198.51.100.1"]);
    let bytes = HeaderValue::from_bytes(b"203.0.113.7, \xff").unwrap();
    headers.append("x-forwarded-for", bytes);
    let peer = Peer::tcp(PROXY.parse().unwrap());
    let caller = proxies(&["10.0.0.1"]).caller(peer, &headers).unwrap();
    assert_eq!(caller, peer);
}

#[test]
fn who_is_not_trusted_is_not_believed() {
    let lines = [
        "X-Forwarded-For: 203.0.113.7",
        "Forwarded: for=198.51.100.1",
    ];
    for peer in [
        "11.0.0.1:5000",
        "127.0.0.1:5000",
        "[2001:db8:aaab::1]:5000",
        "[::1]:5000",
    ] {
        assert_eq!(client(peer, &lines), peer);
    }
    assert_eq!(
        client("[2001:db8:aaaa::1]:5000", &lines[..1]),
        "203.0.113.7"
    );
    assert_eq!(client("[::ffff:10.0.0.1]:5000", &lines[..1]), "203.0.113.7");
    let nobody = Proxies::default();
    let peer = Peer::tcp(PROXY.parse().unwrap());
    assert_eq!(nobody.caller(peer, &headers(&lines)), Ok(peer));
    let unix = Peer::unix(Some(1000));
    assert_eq!(nobody.caller(unix, &headers(&lines)), Ok(unix));
    assert_eq!(
        proxies(&["0.0.0.0/1", "128.0.0.0/1", "::/1", "8000::/1"]).caller(unix, &headers(&lines)),
        Ok(unix),
        "no network holds the Unix socket"
    );
}

#[test]
fn a_proxy_on_the_unix_socket_speaks_for_others_and_lends_nobody_its_user() {
    let trusted = proxies(&["unix"]);
    let unix = Peer::unix(Some(1000));
    let caller = trusted
        .caller(unix, &headers(&["X-Forwarded-For: 203.0.113.7"]))
        .unwrap();
    assert_eq!(
        (caller.client_ip().as_str(), caller.uid),
        ("203.0.113.7", None)
    );
    assert_eq!(trusted.caller(unix, &HeaderMap::new()), Ok(unix));
    // Also where nobody can tell whom it speaks for.
    for line in [
        "X-Forwarded-For: nobody knows",
        "X-Forwarded-For: 203.0.113.7, unknown",
        "Forwarded: for=unknown",
        "Forwarded: for=\"",
        "X-Real-IP: 203.0.113.7",
    ] {
        let nobody = Peer::unix(None);
        assert_eq!(
            trusted.caller(unix, &headers(&[line])),
            Ok(nobody),
            "{line}"
        );
    }
    let tcp = Peer::tcp(PROXY.parse().unwrap());
    let lines = headers(&["X-Forwarded-For: 203.0.113.7"]);
    assert_eq!(trusted.caller(tcp, &lines), Ok(tcp));
}

#[test]
fn networks_are_read_strictly() {
    for sound in [
        "127.0.0.1",
        "10.0.0.0/8",
        "10.0.0.1/32",
        "::1",
        "fd00::/8",
        "::ffff:10.0.0.0/104",
        "unix",
    ] {
        assert_eq!(Proxies::default().add(sound), Ok(()), "{sound}");
    }
    for (faulty, why) in [
        ("", "no address"),
        ("proxy.example", "no address"),
        ("10.0.0.0/x", "no address"),
        ("10.0.0.0/-1", "no address"),
        ("UNIX", "no address"),
        ("0.0.0.0/0", "any address"),
        ("::/0", "any address"),
        ("10.0.0.0/33", "1 to 32"),
        ("fd00::/129", "1 to 128"),
        ("10.0.0.1/8", "inside a network"),
        ("fd00::1/64", "inside a network"),
    ] {
        let problem = Proxies::default().add(faulty).unwrap_err();
        assert!(problem.contains(why), "{faulty}: {problem}");
    }
    // At the edges of a network.
    let trusted = proxies(&["10.0.0.4/30", "::ffff:192.0.2.0/120", "2001:db8::8/125"]);
    let line = headers(&["X-Forwarded-For: 203.0.113.7"]);
    for (address, believed) in [
        ("10.0.0.3", false),
        ("10.0.0.4", true),
        ("10.0.0.7", true),
        ("10.0.0.8", false),
        ("192.0.2.255", true),
        ("192.0.3.0", false),
        ("[2001:db8::7]", false),
        ("[2001:db8::8]", true),
        ("[2001:db8::f]", true),
        ("[2001:db8::10]", false),
    ] {
        let peer = Peer::tcp(format!("{address}:1").parse().unwrap());
        let caller = trusted.caller(peer, &line).unwrap();
        assert_eq!(caller != peer, believed, "{address}");
    }
}
