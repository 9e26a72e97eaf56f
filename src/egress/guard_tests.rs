use super::*;

fn guard(allowed: &[&str]) -> Guard {
    let mut guard = Guard::default();
    for text in allowed {
        guard.allow(text).unwrap();
    }
    guard
}

fn judged(guard: &Guard, url: &str, ip: &str) -> Result<(), Refused> {
    guard.judge(&Target::parse(url).unwrap(), ip.parse().unwrap())
}

#[test]
fn only_public_addresses_by_tls_where_nothing_is_allowed() {
    let none = Guard::default();
    assert!(none.read("https://8.8.8.8/").is_ok());
    assert!(
        none.read("https://hooks.example/").is_ok(),
        "its addresses are judged later"
    );
    assert!(matches!(
        none.read("http://8.8.8.8/"),
        Err(Refused::Plain(_))
    ));
    for host in [
        "127.0.0.1",
        "10.0.0.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:8.8.8.8]",
        "169.254.169.254",
        "0.0.0.0",
        "[::]",
        "[64:ff9b::a00:1]",
        "[64:ff9b::808:808]",
    ] {
        let refused = none.read(&format!("https://{host}/"));
        assert!(
            matches!(refused, Err(Refused::Address(..))),
            "{host}: {refused:?}"
        );
    }
}

#[test]
fn an_allowed_network_holds_its_addresses_and_no_other_by_http_too() {
    let guard = guard(&["10.1.2.0/24", "127.0.0.1", "fd00:1::/32"]);
    for ip in [
        "10.1.2.0",
        "10.1.2.255",
        "127.0.0.1",
        "fd00:1::9",
        "::ffff:10.1.2.3",
        "64:ff9b::10.1.2.3",
    ] {
        assert!(judged(&guard, "http://a.example/", ip).is_ok(), "{ip}");
        assert!(judged(&guard, "https://a.example/", ip).is_ok(), "{ip}");
    }
    for ip in [
        "10.1.1.255",
        "10.1.3.0",
        "127.0.0.2",
        "::1",
        "fd00:2::9",
        "::ffff:10.1.3.0",
    ] {
        assert!(
            matches!(
                judged(&guard, "https://a.example/", ip),
                Err(Refused::Address(..))
            ),
            "{ip}"
        );
    }
    assert!(matches!(
        judged(&guard, "http://a.example/", "8.8.8.8"),
        Err(Refused::Plain(_))
    ));
}

#[test]
fn an_allowed_name_is_allowed_wherever_it_is_and_no_name_below_it() {
    let guard = guard(&["Hooks.Intern.example"]);
    for ip in ["10.9.9.9", "::1", "8.8.8.8"] {
        assert!(judged(&guard, "http://HOOKS.intern.example:81/", ip).is_ok());
        assert!(judged(&guard, "http://a.hooks.intern.example/", ip).is_err());
    }
    assert!(guard.read("https://10.9.9.9/").is_err());
}

#[test]
fn a_way_out_by_nat64_lets_public_addresses_through_only() {
    let guard = guard(&["64:ff9b::/96"]);
    assert!(judged(&guard, "https://a.example/", "64:ff9b::8.8.8.8").is_ok());
    for inner in ["10.0.0.1", "127.0.0.1", "169.254.169.254"] {
        let ip = format!("64:ff9b::{inner}");
        assert!(judged(&guard, "https://a.example/", &ip).is_err(), "{ip}");
    }
}

#[test]
fn what_is_allowed_is_read_strictly() {
    let mut guard = Guard::default();
    for text in [
        "",
        "10.1.2.3/24",
        "10.0.0.0/33",
        "0.0.0.0/0",
        "a.example:80",
        "https://a.example",
        "a/b",
        "*.example",
        "010.0.0.1",
        "[::1]",
        "u@a.example",
    ] {
        assert!(guard.allow(text).is_err(), "{text}");
    }
    assert_eq!(guard, Guard::default());
}

#[test]
fn a_refusal_says_what_to_do_and_hides_where_a_name_is() {
    let error = judged(&Guard::default(), "https://a.example/", "10.7.7.7")
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("a.example is at an address of a private network"),
        "{error}"
    );
    assert!(
        error.contains("allow under [egress]") && !error.contains("10.7.7.7"),
        "{error}"
    );
}
