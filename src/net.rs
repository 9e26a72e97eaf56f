//! Networks of addresses, as the configuration names them.

use std::net::IpAddr;

/// A network, or a single address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    bits: u32,
}

/// Why a text is no network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is no address, and none with a length.
    NoAddress,
    /// Its length is not between 1 and this.
    Length(u32),
    /// It is an address inside a network, with the network's length.
    Inside,
}

impl Network {
    /// Reads an address, or a network such as `10.0.0.0/8` by its first address.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(text: &str) -> Result<Self, Fault> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse().map_err(|_| Fault::NoAddress)?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| Fault::NoAddress)?;
        let width = if address.is_ipv4() { 32 } else { 128 };
        let bits: u32 = bits.unwrap_or(width);
        if bits == 0 || bits > width {
            return Err(Fault::Length(width));
        }
        if number(address) & mask(width - bits) != 0 {
            return Err(Fault::Inside);
        }
        Ok(match address.to_canonical() {
            address @ IpAddr::V4(_) if width == 128 && bits >= 96 => Self {
                address,
                bits: bits - 96,
            },
            _ => Self { address, bits },
        })
    }

    /// Whether an address lies in it.
    #[must_use]
    pub fn contains(&self, ip: IpAddr) -> bool {
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
