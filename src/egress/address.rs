//! What an address is: everything that is not a public address of somebody else's is refused where
//! the operator does not allow it.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What an address is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// An address that everybody can reach.
    Public,
    /// No address, or "this network" (0.0.0.0/8, ::).
    Unspecified,
    /// This machine.
    Loopback,
    /// A private network (RFC 1918, fc00::/7, and fec0::/10 of old).
    Private,
    /// This link only.
    LinkLocal,
    /// Between a provider and its customers (100.64.0.0/10).
    Shared,
    /// Where clouds tell a machine its secrets.
    Metadata,
    /// For examples.
    Documentation,
    /// For measurements of networks.
    Benchmarking,
    /// For many.
    Multicast,
    /// For everybody on the link.
    Broadcast,
    /// For special purposes, or for none yet.
    Reserved,
    /// An IPv4 address inside an IPv6 one: IPv4-mapped and -compatible, NAT64, 6to4, Teredo.
    Embedded,
}

/// As it stands in a sentence: "is ... ".
impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Public => "a public address",
            Self::Unspecified => "no address of a host",
            Self::Loopback => "a loopback address",
            Self::Private => "an address of a private network",
            Self::LinkLocal => "a link-local address",
            Self::Shared => "an address of a provider's inner network",
            Self::Metadata => "an address of a cloud's metadata service",
            Self::Documentation => "an address for documentation",
            Self::Benchmarking => "an address for benchmarks",
            Self::Multicast => "a multicast address",
            Self::Broadcast => "a broadcast address",
            Self::Reserved => "a reserved address",
            Self::Embedded => "an IPv4 address inside an IPv6 address",
        })
    }
}

/// What is not public in IPv4: first address, bits, class. The first that fits counts.
const V4: &[(Ipv4Addr, u32, Class)] = &[
    (Ipv4Addr::new(169, 254, 169, 254), 32, Class::Metadata),
    // Azure's, which looks public.
    (Ipv4Addr::new(168, 63, 129, 16), 32, Class::Metadata),
    (Ipv4Addr::new(100, 100, 100, 200), 32, Class::Metadata),
    (Ipv4Addr::new(255, 255, 255, 255), 32, Class::Broadcast),
    (Ipv4Addr::new(0, 0, 0, 0), 8, Class::Unspecified),
    (Ipv4Addr::new(10, 0, 0, 0), 8, Class::Private),
    (Ipv4Addr::new(100, 64, 0, 0), 10, Class::Shared),
    (Ipv4Addr::new(127, 0, 0, 0), 8, Class::Loopback),
    (Ipv4Addr::new(169, 254, 0, 0), 16, Class::LinkLocal),
    (Ipv4Addr::new(172, 16, 0, 0), 12, Class::Private),
    (Ipv4Addr::new(192, 0, 0, 0), 24, Class::Reserved),
    (Ipv4Addr::new(192, 0, 2, 0), 24, Class::Documentation),
    (Ipv4Addr::new(192, 88, 99, 0), 24, Class::Reserved),
    (Ipv4Addr::new(192, 168, 0, 0), 16, Class::Private),
    (Ipv4Addr::new(198, 18, 0, 0), 15, Class::Benchmarking),
    (Ipv4Addr::new(198, 51, 100, 0), 24, Class::Documentation),
    (Ipv4Addr::new(203, 0, 113, 0), 24, Class::Documentation),
    (Ipv4Addr::new(224, 0, 0, 0), 4, Class::Multicast),
    (Ipv4Addr::new(240, 0, 0, 0), 4, Class::Reserved),
];

/// The same for IPv6. What is in no row is public only where it is in 2000::/3.
const V6: &[(Ipv6Addr, u32, Class)] = &[
    (v6([0xfd00, 0xec2]), 32, Class::Metadata),
    (v6([0xfd20, 0xce]), 32, Class::Metadata),
    (Ipv6Addr::UNSPECIFIED, 128, Class::Unspecified),
    (Ipv6Addr::LOCALHOST, 128, Class::Loopback),
    // NAT64 of one's own network: where the IPv4 address stands is the operator's secret.
    (
        Ipv6Addr::new(0x64, 0xff9b, 1, 0, 0, 0, 0, 0),
        48,
        Class::Embedded,
    ),
    (v6([0x2001, 0xdb8]), 32, Class::Documentation),
    (v6([0x3fff, 0]), 20, Class::Documentation),
    (
        Ipv6Addr::new(0x2001, 2, 0, 0, 0, 0, 0, 0),
        48,
        Class::Benchmarking,
    ),
    (v6([0x2001, 0]), 23, Class::Reserved),
    (v6([0xfc00, 0]), 7, Class::Private),
    (v6([0xfe80, 0]), 10, Class::LinkLocal),
    (v6([0xfec0, 0]), 10, Class::Private),
    (v6([0xff00, 0]), 8, Class::Multicast),
];

/// Forms that hold an IPv4 address: first address, bits, and where the address begins, in bits from
/// the left.
const EMBEDDING: &[(Ipv6Addr, u32, u32)] = &[
    // IPv4-compatible, IPv4-mapped, IPv4-translated, NAT64, 6to4.
    (Ipv6Addr::UNSPECIFIED, 96, 96),
    (Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, 0, 0), 96, 96),
    (Ipv6Addr::new(0, 0, 0, 0, 0xffff, 0, 0, 0), 96, 96),
    (v6([0x64, 0xff9b]), 96, 96),
    (v6([0x2002, 0]), 16, 16),
];

/// Teredo, which holds the client's address with all bits turned.
const TEREDO: (Ipv6Addr, u32) = (v6([0x2001, 0]), 32);

const fn v6(start: [u16; 2]) -> Ipv6Addr {
    Ipv6Addr::new(start[0], start[1], 0, 0, 0, 0, 0, 0)
}

/// What an address is. One that holds a public IPv4 address is [`Class::Embedded`], and one that
/// holds another is what that one is.
#[must_use]
pub fn classify(ip: IpAddr) -> Class {
    match ip {
        IpAddr::V4(ip) => classify_v4(ip),
        IpAddr::V6(ip) => classify_v6(ip),
    }
}

fn classify_v4(ip: Ipv4Addr) -> Class {
    V4.iter()
        .find(|(first, bits, _)| (ip.to_bits() ^ first.to_bits()) >> (32 - bits) == 0)
        .map_or(Class::Public, |(_, _, class)| *class)
}

fn classify_v6(ip: Ipv6Addr) -> Class {
    if !ip.is_unspecified()
        && !ip.is_loopback()
        && let Some(inside) = embedded(ip)
    {
        return match classify_v4(inside) {
            Class::Public => Class::Embedded,
            class => class,
        };
    }
    let row = V6.iter().find(|(first, bits, _)| starts(ip, *first, *bits));
    match row {
        Some((_, _, class)) => *class,
        None if starts(ip, v6([0x2000, 0]), 3) => Class::Public,
        None => Class::Reserved,
    }
}

/// The IPv4 address that an IPv6 address holds.
#[must_use]
pub(super) fn embedded(ip: Ipv6Addr) -> Option<Ipv4Addr> {
    let from = |at: u32| {
        let word = (ip.to_bits() << at) >> 96;
        u32::try_from(word).ok().map(Ipv4Addr::from_bits)
    };
    if starts(ip, TEREDO.0, TEREDO.1) {
        return from(96).map(|turned| Ipv4Addr::from_bits(!turned.to_bits()));
    }
    let (_, _, at) = EMBEDDING
        .iter()
        .find(|(first, bits, _)| starts(ip, *first, *bits))?;
    from(*at)
}

fn starts(ip: Ipv6Addr, first: Ipv6Addr, bits: u32) -> bool {
    (ip.to_bits() ^ first.to_bits()) >> (128 - bits) == 0
}

#[cfg(test)]
#[path = "address_tests.rs"]
mod tests;
