use super::*;

#[test]
fn a_url_names_scheme_host_port_and_path() {
    for (url, https, host, port, authority, path) in [
        (
            "https://hooks.example/a?b=c",
            true,
            "hooks.example",
            443,
            "hooks.example",
            "/a?b=c",
        ),
        (
            "HTTPS://Hooks.Example",
            true,
            "hooks.example",
            443,
            "hooks.example",
            "/",
        ),
        (
            "https://hooks.example?x",
            true,
            "hooks.example",
            443,
            "hooks.example",
            "/?x",
        ),
        (
            "http://127.0.0.1:8080/x",
            false,
            "127.0.0.1",
            8080,
            "127.0.0.1:8080",
            "/x",
        ),
        (
            "https://[2606:4700::1]:65535/",
            true,
            "2606:4700::1",
            65535,
            "[2606:4700::1]:65535",
            "/",
        ),
        (
            "https://xn--bcher-kva.example/%20",
            true,
            "xn--bcher-kva.example",
            443,
            "xn--bcher-kva.example",
            "/%20",
        ),
        (
            "https://a_b.example:1/@x:y",
            true,
            "a_b.example",
            1,
            "a_b.example:1",
            "/@x:y",
        ),
    ] {
        let target = Target::parse(url).unwrap();
        assert_eq!(target.https, https, "{url}");
        assert_eq!(target.host.to_string(), host, "{url}");
        assert_eq!((target.port, target.authority.as_str()), (port, authority));
        assert_eq!(target.path, path);
    }
}

#[test]
fn an_address_is_one_only_in_its_usual_form() {
    for (host, said) in [
        ("2130706433", "ends in a number"),
        ("0x7f000001", "ends in a number"),
        ("0X7F.0.0.1", "ends in a number"),
        ("0x", "ends in a number"),
        ("017700000001", "ends in a number"),
        ("0177.0.0.1", "ends in a number"),
        ("127.1", "ends in a number"),
        ("127.0.0.01", "ends in a number"),
        ("127.0.0.1.", "ends in a number"),
        ("127.0.0.0x1", "ends in a number"),
        ("1.2.3.4.5", "ends in a number"),
        ("256.1.1.1", "ends in a number"),
        ("hooks.example.", "no name of a host"),
        ("a..b", "no name of a host"),
        (".", "no name of a host"),
        ("", "no name of a host"),
        ("-a.example", "no name of a host"),
        ("a-.example", "no name of a host"),
        ("a%2eb", "no name of a host"),
        ("127.0.0.1%00", "no name of a host"),
        ("a!b", "no name of a host"),
        ("[::1", "port"),
        ("[fe80::1%25eth0]", "no IPv6 address"),
        ("[127.0.0.1]", "no IPv6 address"),
        ("[::1]x", "no IPv6 address"),
    ] {
        let error = Target::parse(&format!("https://{host}/")).unwrap_err();
        assert!(error.contains(said), "{host}: {error}");
    }
}

#[test]
fn what_two_readers_could_read_differently_is_refused() {
    for (url, said) in [
        ("hooks.example/a", "no scheme"),
        ("ftp://hooks.example/", "not of http"),
        ("file:///etc/passwd", "not of http"),
        ("gopher://127.0.0.1/", "not of http"),
        ("https://user@hooks.example/", "a user before @"),
        ("https://good.example@127.0.0.1/", "a user before @"),
        ("https://hooks.example#@127.0.0.1/", "a fragment"),
        ("https://hooks.example/#x", "a fragment"),
        ("https://hooks.example\\@127.0.0.1/", "U+005C"),
        ("https://hooks.example/a b", "U+0020"),
        ("https://hooks.example/\r\nX: y", "U+000D"),
        ("https://b\u{fc}cher.example/", "U+00FC"),
        ("https://\u{ff11}27.0.0.1/", "U+FF11"),
        ("https://hooks.example:/", "port"),
        ("https://hooks.example:0/", "port"),
        ("https://hooks.example:65536/", "port"),
        ("https://hooks.example:+443/", "port"),
        ("https://hooks.example:443:443/", "port"),
    ] {
        let error = Target::parse(url).unwrap_err();
        assert!(error.contains(said), "{url:?}: {error}");
    }
}

#[test]
fn lengths_are_limited() {
    let url = |length: usize| {
        let start = "https://hooks.example/";
        format!("{start}{}", "a".repeat(length - start.len()))
    };
    assert!(Target::parse(&url(URL_BYTES)).is_ok());
    assert!(
        Target::parse(&url(URL_BYTES + 1))
            .unwrap_err()
            .contains("2048")
    );
    let label = |length| format!("https://{}.example/", "a".repeat(length));
    assert!(Target::parse(&label(63)).is_ok());
    assert!(Target::parse(&label(64)).is_err());
    let name = |length: usize| {
        let long = format!("{}{}", "a.".repeat(length / 2), "b".repeat(length % 2));
        format!("https://{}/", long.trim_end_matches('.'))
    };
    assert!(Target::parse(&name(253)).is_ok());
    assert!(Target::parse(&name(255)).is_err());
}
