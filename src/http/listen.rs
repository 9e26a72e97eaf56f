//! Sockets to listen on: TCP on loopback, TCP with TLS anywhere, and a Unix socket that only its
//! owner may use.

use super::tls::Tls;
use crate::error::{Error, Kind, Result};
use std::fs;
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::net::{TcpListener, UnixListener, UnixStream};

/// The mode of the Unix socket: its owner reads and writes, nobody else does anything.
const SOCKET_MODE: u32 = 0o600;

/// The longest path of a Unix socket that a client could connect to.
pub const LONGEST_SOCKET_PATH: usize = 107;

/// Everything that the server listens on.
pub struct Listeners {
    pub(super) tcp: Vec<TcpListener>,
    pub(super) tls: Option<(Vec<TcpListener>, Arc<Tls>)>,
    pub(super) unix: Option<Socket>,
    addresses: Vec<SocketAddr>,
    tls_addresses: Vec<SocketAddr>,
}

/// A Unix socket and the file that names it.
pub(super) struct Socket {
    pub(super) listener: UnixListener,
    file: SocketFile,
}

impl Listeners {
    /// Binds every address, for plain HTTP, and the Unix socket. Nothing is bound where an address
    /// is refused.
    ///
    /// # Errors
    /// `unavailable` where an address is not loopback, or cannot be had.
    pub async fn bind(addresses: &[SocketAddr], socket: Option<&Path>) -> Result<Self> {
        for address in addresses {
            if !address.ip().to_canonical().is_loopback() {
                return Err(cannot(
                    format!(
                        "{address} can be reached from other machines, and TLS is not configured."
                    ),
                    "Listen there with TLS ([tls] in the configuration file), or on 127.0.0.1 or [::1].",
                ));
            }
        }
        let (tcp, addresses) = bind_all(addresses).await?;
        let unix = match socket {
            Some(path) => Some(Socket::bind(path).await?),
            None => None,
        };
        Ok(Self {
            tcp,
            tls: None,
            unix,
            addresses,
            tls_addresses: Vec::new(),
        })
    }

    /// Binds more addresses, on any interface, for TLS.
    ///
    /// # Errors
    /// `unavailable` where an address cannot be had.
    pub async fn with_tls(self, addresses: &[SocketAddr], tls: Arc<Tls>) -> Result<Self> {
        let (listeners, tls_addresses) = bind_all(addresses).await?;
        Ok(Self {
            tls: Some((listeners, tls)),
            tls_addresses,
            ..self
        })
    }

    /// The addresses of plain HTTP that were bound, with the ports that they got.
    #[must_use]
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// The same of TLS.
    #[must_use]
    pub fn tls_addresses(&self) -> &[SocketAddr] {
        &self.tls_addresses
    }

    /// The Unix socket, where there is one.
    #[must_use]
    pub fn socket(&self) -> Option<&Path> {
        self.unix.as_ref().map(|socket| socket.file.path.as_path())
    }
}

async fn bind_all(addresses: &[SocketAddr]) -> Result<(Vec<TcpListener>, Vec<SocketAddr>)> {
    let mut listeners = Vec::new();
    for address in addresses {
        listeners.push(TcpListener::bind(address).await.map_err(|error| {
            cannot(
                format!("Listening on {address} failed: {error}."),
                "Stop what uses the port, or listen on another one (port 0 takes a free one).",
            )
        })?);
    }
    let bound = listeners
        .iter()
        .map(TcpListener::local_addr)
        .collect::<io::Result<_>>()
        .map_err(|error| Error::internal(format!("a bound socket has no address: {error}")))?;
    Ok((listeners, bound))
}

fn cannot(message: String, remedy: &str) -> Error {
    Error::new(Kind::Unavailable, "unavailable", message, remedy)
}

impl Socket {
    /// Binds in a directory that only we can enter, sets the mode there, and moves the socket to
    /// its place: at no moment can anybody else connect. A dead daemon's file is replaced.
    async fn bind(path: &Path) -> Result<Self> {
        let failed = |error: io::Error| {
            cannot(
                format!("Listening on {} failed: {error}.", path.display()),
                "Check that its directory exists and can be written to, and try a shorter path.",
            )
        };
        let length = path.as_os_str().len();
        if length > LONGEST_SOCKET_PATH {
            return Err(cannot(
                format!(
                    "The socket's path has {length} bytes; at most {LONGEST_SOCKET_PATH} work."
                ),
                "Name a shorter path for the socket.",
            ));
        }
        refuse_used(path).await?;
        let nest = Nest::beside(path).map_err(failed)?;
        let inside = nest.0.join("s");
        let listener = UnixListener::bind(&inside).map_err(failed)?;
        fs::set_permissions(&inside, fs::Permissions::from_mode(SOCKET_MODE)).map_err(failed)?;
        fs::rename(&inside, path).map_err(failed)?;
        let file = SocketFile::at(path).map_err(failed)?;
        Ok(Self { listener, file })
    }
}

/// What stands at the path may only be the socket of a daemon that is no more.
async fn refuse_used(path: &Path) -> Result<()> {
    let Ok(found) = fs::symlink_metadata(path) else {
        return Ok(());
    };
    if !found.file_type().is_socket() {
        return Err(cannot(
            format!("{} exists and is no socket.", path.display()),
            "Name another path for the socket, or remove what is there.",
        ));
    }
    match UnixStream::connect(path).await {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        _ => Err(cannot(
            format!("Another process listens on {}.", path.display()),
            "Stop the daemon that runs there, or name another path for the socket.",
        )),
    }
}

/// A directory of ours for a moment.
struct Nest(PathBuf);

impl Nest {
    fn beside(path: &Path) -> io::Result<Self> {
        let name = format!(".lb-{}", std::process::id());
        let nest = path.with_file_name(name);
        // One that a killed process of the same number left behind is empty, or holds a dead socket.
        let _ = fs::remove_file(nest.join("s"));
        let _ = fs::remove_dir(&nest);
        fs::DirBuilder::new().mode(0o700).create(&nest)?;
        Ok(Self(nest))
    }
}

impl Drop for Nest {
    fn drop(&mut self) {
        // Left behind it would do no harm.
        let _ = fs::remove_file(self.0.join("s"));
        let _ = fs::remove_dir(&self.0);
    }
}

/// The name of our socket, removed at the end unless a successor has taken it.
struct SocketFile {
    path: PathBuf,
    inode: (u64, u64),
}

impl SocketFile {
    fn at(path: &Path) -> io::Result<Self> {
        let found = fs::symlink_metadata(path)?;
        Ok(Self {
            path: path.to_owned(),
            inode: (found.dev(), found.ino()),
        })
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        let ours = fs::symlink_metadata(&self.path)
            .is_ok_and(|found| (found.dev(), found.ino()) == self.inode);
        if ours {
            // A file that stays is found dead, and replaced, by the next daemon.
            let _ = fs::remove_file(&self.path);
        }
    }
}
