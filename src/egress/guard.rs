//! What may be connected to: public addresses by TLS, and what the operator allows beside them.

use super::address::{Class, classify, embedded};
use super::target::{Host, Target};
use crate::net::{Fault, Network};
use std::fmt;
use std::net::IpAddr;

/// What is allowed beside public addresses; nothing by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Guard {
    networks: Vec<Network>,
    names: Vec<String>,
}

/// Why nothing is posted there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The URL cannot be used; a sentence with what to write instead.
    Malformed(String),
    /// `http://` to what the operator does not allow.
    Plain(Host),
    /// An address that is not public. (Which one a name has is not told: tenants are not to look
    /// around in the operator's network.)
    Address(Host, Class),
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence("allow under [egress]"))
    }
}

impl Refused {
    /// As a sentence to the operator, whose hook it is: what that may reach opens nothing to tenants.
    #[must_use]
    pub fn of_hook(&self) -> String {
        self.sentence("allow of the hook")
    }

    /// As a sentence; `allow` is where the operator can allow it.
    fn sentence(&self, allow: &str) -> String {
        match self {
            Self::Malformed(why) => why.clone(),
            Self::Plain(host) => format!(
                "Over http:// everybody on the way to {host} can read and change what is sent; write https://, or let the daemon's operator add it to {allow}."
            ),
            Self::Address(Host::Name(name), class) => format!(
                "{name} is at {class}, and only public addresses are connected to; name another host, or let the daemon's operator add it to {allow}."
            ),
            Self::Address(host, class) => format!(
                "{host} is {class}, and only public addresses are connected to; name another host, or let the daemon's operator add it to {allow}."
            ),
        }
    }
}

impl Guard {
    /// Allows an address, a network such as `10.1.2.0/24`, or the name of a host with whatever
    /// addresses it has.
    ///
    /// # Errors
    /// Why the text is none of these, as a sentence.
    pub fn allow(&mut self, text: &str) -> Result<(), String> {
        match Network::read(text) {
            Ok(network) => self.networks.push(network),
            Err(Fault::Length(width)) => {
                return Err(format!("'{text}' has no length from 1 to {width}."));
            }
            Err(Fault::Inside) => {
                return Err(format!(
                    "'{text}' is an address inside a network; write the address alone, or the network by its first address."
                ));
            }
            Err(Fault::NoAddress) => match Target::parse(&format!("https://{text}/")) {
                Ok(Target {
                    host: Host::Name(name),
                    ..
                }) if name.eq_ignore_ascii_case(text) => self.names.push(name),
                _ => {
                    return Err(format!(
                        "'{text}' is no address, no network such as 10.1.2.0/24, and no name of a host (without a port)."
                    ));
                }
            },
        }
        Ok(())
    }

    /// Judges a URL without looking its host up.
    ///
    /// # Errors
    /// Why nothing is posted there.
    pub fn read(&self, url: &str) -> Result<Target, Refused> {
        let target = Target::parse(url).map_err(Refused::Malformed)?;
        if let Host::Address(ip) = target.host {
            self.judge(&target, ip)?;
        }
        Ok(target)
    }

    /// Judges one address of a target.
    ///
    /// # Errors
    /// Why it is not connected to.
    pub fn judge(&self, target: &Target, ip: IpAddr) -> Result<(), Refused> {
        if self.allows(target, ip) {
            return Ok(());
        }
        match classify(ip) {
            Class::Public if target.https => Ok(()),
            Class::Public => Err(Refused::Plain(target.host.clone())),
            class => Err(Refused::Address(target.host.clone(), class)),
        }
    }

    /// Whether the operator allows it. An IPv4 address inside an IPv6 one needs to be allowed
    /// itself, or be public in a form that is allowed (64:ff9b::/96 where NAT64 is the way out).
    fn allows(&self, target: &Target, ip: IpAddr) -> bool {
        if let Host::Name(name) = &target.host
            && self.names.contains(name)
        {
            return true;
        }
        let listed = |ip| self.networks.iter().any(|network| network.contains(ip));
        match ip {
            IpAddr::V6(outer) if !outer.is_loopback() && !outer.is_unspecified() => {
                match embedded(outer) {
                    Some(inner) => {
                        listed(IpAddr::V4(inner)) || (listed(ip) && classify(ip) == Class::Embedded)
                    }
                    None => listed(ip),
                }
            }
            ip => listed(ip),
        }
    }
}

#[cfg(test)]
#[path = "guard_tests.rs"]
mod tests;
