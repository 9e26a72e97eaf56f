//! Connections to the real program, of every kind, and a call that can be held on each.

use crate::program::DEADLINE;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, ServerName};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Arc;

/// A connection over TCP.
pub fn connected(address: &str) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    stream
}

/// A connection over the Unix socket.
pub fn connected_unix(path: &Path) -> UnixStream {
    let stream = UnixStream::connect(path).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    stream
}

/// A connection over TLS to `localhost`, whose certificate has to come from this CA (PEM).
pub fn connected_tls(address: &str, ca: &str) -> StreamOwned<ClientConnection, TcpStream> {
    let mut roots = RootCertStore::empty();
    let ca = CertificateDer::from_pem_slice(ca.as_bytes()).unwrap();
    roots.add(ca).unwrap();
    let config = ClientConfig::builder_with_provider(customer_lockbox::crypto::trust::provider())
        .with_protocol_versions(rustls::ALL_VERSIONS)
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    let session = ClientConnection::new(Arc::new(config), name).unwrap();
    let mut stream = StreamOwned::new(session, connected(address));
    stream.flush().unwrap();
    stream
}

/// A call whose body is not complete yet: the daemon has asked for it.
pub struct HalfCall<S> {
    stream: S,
    rest: String,
}

impl<S: Read + Write> HalfCall<S> {
    pub fn start(mut stream: S, token: &str, method: &str, params: &Value) -> Self {
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let body = body.to_string();
        let head = format!(
            "POST /rpc HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
             Authorization: Bearer {token}\r\nContent-Length: {}\r\n\
             Expect: 100-continue\r\nConnection: close\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        let go_on = b"HTTP/1.1 100 Continue\r\n\r\n";
        let mut answer = vec![0; go_on.len()];
        stream.read_exact(&mut answer).unwrap();
        assert_eq!(answer, go_on);
        Self { stream, rest: body }
    }

    /// Sends the rest of the body.
    pub fn send(&mut self) {
        let rest = std::mem::take(&mut self.rest);
        self.stream.write_all(rest.as_bytes()).unwrap();
    }

    /// Sends what is left to send, and gives the answer.
    pub fn finish(mut self) -> Value {
        self.send();
        let mut answer = String::new();
        self.stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        serde_json::from_str(body).unwrap()
    }
}

impl HalfCall<TcpStream> {
    /// Whether nothing has been answered yet.
    pub fn is_unanswered(&self) -> bool {
        self.stream.set_nonblocking(true).unwrap();
        let found = self.stream.peek(&mut [0]);
        self.stream.set_nonblocking(false).unwrap();
        found.is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock)
    }
}
