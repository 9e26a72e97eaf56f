use super::*;

fn host_of(url: &str) -> Host {
    match Address::parse(url) {
        Ok(Address::Tcp(host)) => host,
        other => panic!("{url}: {other:?}"),
    }
}

#[test]
fn urls_name_host_port_and_whether_tls_is_spoken() {
    for (url, tls, name, port, authority) in [
        (
            "http://127.0.0.1:8420",
            false,
            "127.0.0.1",
            8420,
            "127.0.0.1:8420",
        ),
        (
            "https://lockbox.example/rpc",
            true,
            "lockbox.example",
            443,
            "lockbox.example",
        ),
        (
            "http://lockbox.example/",
            false,
            "lockbox.example",
            80,
            "lockbox.example",
        ),
        (
            "HTTPS://[2001:db8::1]:8443",
            true,
            "2001:db8::1",
            8443,
            "[2001:db8::1]:8443",
        ),
    ] {
        let expected = Host {
            tls,
            name: name.to_owned(),
            port,
            authority: authority.to_owned(),
        };
        assert_eq!(host_of(url), expected, "{url}");
    }
    for url in ["unix:/run/s", "unix:///run/s"] {
        assert_eq!(Address::parse(url).unwrap(), Address::Unix("/run/s".into()));
    }
}

#[test]
fn what_is_no_url_of_a_daemon_is_refused() {
    for url in [
        "",
        "lockbox.example:8443",
        "ftp://lockbox.example",
        "https://",
        "https://:8443",
        "https://lockbox.example:84430",
        "https://lockbox.example:port",
        "https://lockbox.example:",
        "https://user:secret@lockbox.example",
    ] {
        let failure = Address::parse(url).unwrap_err();
        assert_eq!(failure.status, ExitStatus::Usage, "{url}");
        assert!(failure.text.contains("https://HOST:PORT"), "{failure}");
    }
}

#[test]
fn only_addresses_of_this_machine_are_loopback() {
    for url in [
        "http://127.0.0.1:1",
        "http://127.8.9.1",
        "http://[::1]:1",
        "http://[::ffff:127.0.0.1]:1",
        "http://LocalHost:1",
    ] {
        assert!(host_of(url).is_loopback(), "{url}");
    }
    for url in [
        "http://10.0.0.1:1",
        "http://[2001:db8::1]:1",
        "http://127.0.0.1.example:1",
        "http://localhost.example:1",
    ] {
        assert!(!host_of(url).is_loopback(), "{url}");
    }
}
