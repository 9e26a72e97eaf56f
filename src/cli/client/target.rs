//! Where the daemon is, as flags and the environment say it.

use super::{Client, Trust};
use crate::cli::{ExitStatus, Failure};
use crate::config::SOCKET_NAME;
use clap::Args;
use http::Uri;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

/// How to reach a running daemon.
#[derive(Args, Clone, Debug)]
pub(in crate::cli) struct Target {
    /// The daemon: https://HOST:PORT, http://HOST:PORT or unix:PATH (default: LOCKBOX_URL, or else
    /// the socket in LOCKBOX_DATA_DIR, or else http://127.0.0.1:8420)
    #[arg(long, value_name = "URL", conflicts_with = "data_dir")]
    url: Option<String>,
    /// Data directory of a daemon on this machine, whose socket is used
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Your token; better set LOCKBOX_TOKEN, which other users of this machine cannot see
    #[arg(
        long,
        env = "LOCKBOX_TOKEN",
        hide_env_values = true,
        value_name = "TOKEN"
    )]
    token: Option<String>,
    #[command(flatten)]
    trust: Trust,
}

impl Target {
    /// A client for this target.
    pub(in crate::cli) fn client(&self) -> Result<Client, Failure> {
        let token = self.token.clone().filter(|token| !token.is_empty());
        Client::new(&self.place(), token, &self.trust)
    }

    /// A flag stands above the environment, whichever of the two it names.
    fn place(&self) -> String {
        let socket = |dir: &Path| format!("unix:{}", dir.join(SOCKET_NAME).display());
        let variable = |name| std::env::var(name).ok().filter(|text| !text.is_empty());
        None.or_else(|| self.url.clone())
            .or_else(|| self.data_dir.as_deref().map(socket))
            .or_else(|| variable("LOCKBOX_URL"))
            .or_else(|| variable("LOCKBOX_DATA_DIR").map(|dir| socket(Path::new(&dir))))
            .unwrap_or_else(|| format!("http://{}", crate::config::DEFAULT_LISTEN))
    }
}

/// Where to connect to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Address {
    Tcp(Host),
    Unix(PathBuf),
}

/// A host and how it is spoken to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Host {
    pub(super) tls: bool,
    /// A name, or an address without brackets.
    pub(super) name: String,
    pub(super) port: u16,
    /// Both, as the URL has them.
    pub(super) authority: String,
}

impl Address {
    /// Reads a URL.
    pub(super) fn parse(url: &str) -> Result<Self, Failure> {
        if let Some(path) = url.strip_prefix("unix:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            return Ok(Self::Unix(PathBuf::from(path)));
        }
        host(url).map(Self::Tcp).ok_or_else(|| {
            Failure::new(
                ExitStatus::Usage,
                format!(
                    "'{url}' is no URL of a daemon; write https://HOST:PORT, http://HOST:PORT or unix:PATH."
                ),
            )
        })
    }
}

fn host(url: &str) -> Option<Host> {
    let uri: Uri = url.parse().ok()?;
    let tls = match uri.scheme_str()? {
        "https" => true,
        "http" => false,
        _ => return None,
    };
    let authority = uri.authority()?;
    let name = authority.host();
    let port = authority.port_u16();
    let expected = match port {
        Some(_) => format!("{name}:{}", authority.port()?),
        None => name.to_owned(),
    };
    // A user, or a port that is no number.
    if name.is_empty() || authority.as_str() != expected {
        return None;
    }
    Some(Host {
        tls,
        name: name.trim_matches(['[', ']']).to_owned(),
        port: port.unwrap_or(if tls { 443 } else { 80 }),
        authority: expected,
    })
}

impl Host {
    /// Whether nothing that is sent there leaves this machine.
    pub(super) fn is_loopback(&self) -> bool {
        match self.name.parse::<IpAddr>() {
            Ok(address) => address.to_canonical().is_loopback(),
            Err(_) => self.name.eq_ignore_ascii_case("localhost"),
        }
    }
}

#[cfg(test)]
#[path = "target_tests.rs"]
mod tests;
