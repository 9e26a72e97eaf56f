use super::*;

fn class(text: &str) -> Class {
    classify(text.parse().unwrap())
}

/// First and last address of every range, and the neighbours of both.
#[test]
fn every_range_ends_where_it_should() {
    use Class::*;
    for (before, first, last, after, expected) in [
        ("", "0.0.0.0", "0.255.255.255", "1.0.0.0", Unspecified),
        (
            "9.255.255.255",
            "10.0.0.0",
            "10.255.255.255",
            "11.0.0.0",
            Private,
        ),
        (
            "100.63.255.255",
            "100.64.0.0",
            "100.127.255.255",
            "100.128.0.0",
            Shared,
        ),
        (
            "126.255.255.255",
            "127.0.0.0",
            "127.255.255.255",
            "128.0.0.0",
            Loopback,
        ),
        (
            "169.253.255.255",
            "169.254.0.0",
            "169.254.255.255",
            "169.255.0.0",
            LinkLocal,
        ),
        (
            "172.15.255.255",
            "172.16.0.0",
            "172.31.255.255",
            "172.32.0.0",
            Private,
        ),
        (
            "191.255.255.255",
            "192.0.0.0",
            "192.0.0.255",
            "192.0.1.0",
            Reserved,
        ),
        (
            "192.0.1.255",
            "192.0.2.0",
            "192.0.2.255",
            "192.0.3.0",
            Documentation,
        ),
        (
            "192.88.98.255",
            "192.88.99.0",
            "192.88.99.255",
            "192.88.100.0",
            Reserved,
        ),
        (
            "192.167.255.255",
            "192.168.0.0",
            "192.168.255.255",
            "192.169.0.0",
            Private,
        ),
        (
            "198.17.255.255",
            "198.18.0.0",
            "198.19.255.255",
            "198.20.0.0",
            Benchmarking,
        ),
        (
            "198.51.99.255",
            "198.51.100.0",
            "198.51.100.255",
            "198.51.101.0",
            Documentation,
        ),
        (
            "203.0.112.255",
            "203.0.113.0",
            "203.0.113.255",
            "203.0.114.0",
            Documentation,
        ),
        (
            "223.255.255.255",
            "224.0.0.0",
            "239.255.255.255",
            "",
            Multicast,
        ),
        ("", "240.0.0.0", "255.255.255.254", "", Reserved),
        (
            "168.63.129.15",
            "168.63.129.16",
            "168.63.129.16",
            "168.63.129.17",
            Metadata,
        ),
        (
            "",
            "2001:db8::",
            "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
            "2001:db9::",
            Documentation,
        ),
        (
            "",
            "2001:100::",
            "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff",
            "2001:200::",
            Reserved,
        ),
        (
            "",
            "2001:2::",
            "2001:2:0:ffff:ffff:ffff:ffff:ffff",
            "",
            Benchmarking,
        ),
        (
            "2003::",
            "3fff::",
            "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff",
            "3fff:1000::",
            Documentation,
        ),
        (
            "",
            "fc00::",
            "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            "",
            Private,
        ),
        (
            "",
            "fe80::",
            "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            "",
            LinkLocal,
        ),
        (
            "",
            "fec0::",
            "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            "",
            Private,
        ),
        (
            "",
            "ff00::",
            "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            "",
            Multicast,
        ),
        (
            "",
            "4000::",
            "fbff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            "",
            Reserved,
        ),
        (
            "",
            "100::",
            "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            "2000::",
            Reserved,
        ),
        (
            "",
            "fe00::",
            "fe7f:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            "",
            Reserved,
        ),
        (
            "",
            "64:ff9b:1::",
            "64:ff9b:1:ffff:ffff:ffff:ffff:ffff",
            "",
            Embedded,
        ),
        ("", "64:ff9b:2::", "64:ff9b:2::", "", Reserved),
    ] {
        for inside in [first, last] {
            if !inside.is_empty() {
                assert_eq!(class(inside), expected, "{inside}");
            }
        }
        for outside in [before, after] {
            if !outside.is_empty() {
                assert_eq!(class(outside), Public, "{outside}");
            }
        }
    }
}

#[test]
fn single_addresses_stand_out_of_their_ranges() {
    for (text, expected) in [
        ("169.254.169.254", Class::Metadata),
        ("169.254.169.253", Class::LinkLocal),
        ("169.254.169.255", Class::LinkLocal),
        ("100.100.100.200", Class::Metadata),
        ("fd00:ec2::254", Class::Metadata),
        ("fd20:ce::254", Class::Metadata),
        ("255.255.255.255", Class::Broadcast),
        ("::", Class::Unspecified),
        ("::1", Class::Loopback),
        ("1.1.1.1", Class::Public),
        ("2606:4700:4700::1111", Class::Public),
        ("2a00:1450::1", Class::Public),
    ] {
        assert_eq!(class(text), expected, "{text}");
    }
}

/// Every way to write an IPv4 address into an IPv6 one, with addresses of every class.
#[test]
fn an_address_inside_another_never_counts_as_public() {
    for (inside, expected) in [
        ("127.0.0.1", Class::Loopback),
        ("10.0.0.1", Class::Private),
        ("192.168.255.255", Class::Private),
        ("169.254.169.254", Class::Metadata),
        ("100.64.0.1", Class::Shared),
        ("224.0.0.1", Class::Multicast),
        ("255.255.255.255", Class::Broadcast),
        ("8.8.8.8", Class::Embedded),
    ] {
        let v4: Ipv4Addr = inside.parse().unwrap();
        let bits = u128::from(v4.to_bits());
        let forms = [
            ("compatible", bits),
            ("mapped", 0xffff << 32 | bits),
            ("translated", 0xffff << 48 | bits),
            ("nat64", 0x64_ff9b << 96 | bits),
            ("6to4", 0x2002 << 112 | bits << 80 | 1),
            (
                "teredo",
                0x2001 << 112 | 0xabcd << 64 | u128::from(!v4.to_bits()),
            ),
        ];
        for (form, bits) in forms {
            let ip = Ipv6Addr::from_bits(bits);
            assert_eq!(embedded(ip), Some(v4), "{form}");
            assert_eq!(classify(IpAddr::V6(ip)), expected, "{form} {ip}");
        }
    }
    assert_eq!(embedded("2606:4700::1".parse().unwrap()), None);
}
