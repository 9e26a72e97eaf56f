use super::certificates::{Ca, Pair};
use super::testing::{call, over_http1, raw, request, soon, start_tls, whole};
use super::tls::{Tls, TlsFiles};
use super::{Drained, Limits};
use crate::crypto::trust::provider;
use http::{StatusCode, Version};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::{ClientConfig, ProtocolVersion, RootCertStore, SupportedProtocolVersion, version};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

const SHORT: Duration = Duration::from_millis(50);

/// The beginning of a handshake, as far as its first five bytes.
const HALF_HELLO: &[u8] = &[22, 3, 1, 2, 0];

/// A CA, the certificates of a server, and where they lie.
struct Place {
    dir: TempDir,
    ca: Ca,
    tls: Arc<Tls>,
}

fn place(client_ca: Option<&Ca>, client_optional: bool) -> Place {
    let dir = tempfile::tempdir().unwrap();
    let ca = Ca::new("ours");
    let (certificate, key) = ca.issue(&["localhost"]).write(dir.path());
    let client_ca = client_ca.map(|ca| {
        let path = dir.path().join("client-ca.pem");
        std::fs::write(&path, ca.pem()).unwrap();
        path
    });
    let tls = Tls::load(TlsFiles {
        certificate,
        key,
        client_ca,
        client_optional,
    });
    Place {
        dir,
        ca,
        tls: Arc::new(tls.unwrap_or_else(|problems| panic!("{problems:?}")).0),
    }
}

/// A client that trusts this CA.
struct Client<'a> {
    ca: &'a Ca,
    speaks: &'a [&'a [u8]],
    version: &'static SupportedProtocolVersion,
    own: Option<&'a Pair>,
}

impl<'a> Client<'a> {
    fn of(ca: &'a Ca) -> Self {
        Self {
            ca,
            speaks: &[],
            version: &version::TLS13,
            own: None,
        }
    }

    async fn connect(&self, address: SocketAddr) -> io::Result<TlsStream<TcpStream>> {
        let mut roots = RootCertStore::empty();
        let ca = CertificateDer::from_pem_slice(self.ca.pem().as_bytes()).unwrap();
        roots.add(ca).unwrap();
        let builder = ClientConfig::builder_with_provider(provider())
            .with_protocol_versions(&[self.version])
            .unwrap()
            .with_root_certificates(roots);
        let mut config = match self.own {
            Some(pair) => {
                let certificate = CertificateDer::from_pem_slice(pair.certificate.as_bytes());
                let key = PrivateKeyDer::from_pem_slice(pair.key.as_bytes()).unwrap();
                builder
                    .with_client_auth_cert(vec![certificate.unwrap()], key)
                    .unwrap()
            }
            None => builder.with_no_client_auth(),
        };
        config.alpn_protocols = self.speaks.iter().map(|name| name.to_vec()).collect();
        let stream = TcpStream::connect(address).await?;
        let name = ServerName::try_from("localhost").unwrap();
        soon(TlsConnector::from(Arc::new(config)).connect(name, stream)).await
    }

    /// Whether a call succeeds. (In TLS 1.3 a client learns only then that it is refused.)
    async fn is_served(&self, address: SocketAddr) -> bool {
        let Ok(mut stream) = self.connect(address).await else {
            return false;
        };
        let sent = stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n");
        let mut said = [0; 15];
        sent.await.is_ok()
            && soon(stream.read_exact(&mut said)).await.is_ok()
            && said == *b"HTTP/1.1 200 OK"
    }
}

/// The certificate that a server shows.
fn shown(stream: &TlsStream<TcpStream>) -> Vec<u8> {
    stream.get_ref().1.peer_certificates().unwrap()[0].to_vec()
}

#[tokio::test]
async fn both_versions_of_tls_and_of_http_are_spoken() {
    let place = place(None, false);
    let server = start_tls(Limits::default(), &place.tls).await;
    for (version, expected) in [
        (&version::TLS12, ProtocolVersion::TLSv1_2),
        (&version::TLS13, ProtocolVersion::TLSv1_3),
    ] {
        let client = |speaks| Client {
            version,
            speaks,
            ..Client::of(&place.ca)
        };
        let stream = client(&[b"http/1.1"])
            .connect(server.address)
            .await
            .unwrap();
        let session = stream.get_ref().1;
        assert_eq!(session.protocol_version(), Some(expected));
        assert_eq!(session.alpn_protocol(), Some(&b"http/1.1"[..]));
        let answer = over_http1(stream, call("[1]")).await;
        assert_eq!(answer.body(), "[1]");

        let stream = client(&[b"h2", b"http/1.1"])
            .connect(server.address)
            .await
            .unwrap();
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
        let stream = TokioIo::new(stream);
        let (mut client, connection) =
            hyper::client::conn::http2::handshake(TokioExecutor::new(), stream)
                .await
                .unwrap();
        tokio::spawn(connection);
        let answer = whole(soon(client.send_request(call("[2]"))).await.unwrap()).await;
        assert_eq!(
            (answer.version(), answer.body().as_ref()),
            (Version::HTTP_2, &b"[2]"[..])
        );
    }
    // Who names no protocol speaks HTTP/1.1.
    let stream = Client::of(&place.ca).connect(server.address).await.unwrap();
    let answer = over_http1(stream, request("GET", "/healthz")).await;
    assert_eq!(answer.status(), StatusCode::OK);
}

#[tokio::test]
async fn silence_before_during_and_after_the_handshake_is_cut() {
    let place = place(None, false);
    let limits = Limits {
        first_byte: SHORT,
        header_time: Duration::from_millis(500),
        ..Limits::default()
    };
    let server = start_tls(limits, &place.tls).await;
    for start in [&b""[..], b"\x16", HALF_HELLO] {
        let said = raw(server.address, start).await;
        assert!(!said.contains("HTTP"), "{said}");
    }
    let mut stream = Client::of(&place.ca).connect(server.address).await.unwrap();
    let mut said = Vec::new();
    let _ = soon(stream.read_to_end(&mut said)).await;
    assert!(said.is_empty());
}

#[tokio::test]
async fn a_handshake_takes_a_place_among_the_connections() {
    let place = place(None, false);
    let limits = Limits {
        connections: 1,
        ..Limits::default()
    };
    let server = start_tls(limits, &place.tls).await;
    let mut first = TcpStream::connect(server.address).await.unwrap();
    first.write_all(HALF_HELLO).await.unwrap();
    let client = Client::of(&place.ca);
    {
        let mut second = std::pin::pin!(client.is_served(server.address));
        let early = tokio::time::timeout(Duration::from_millis(200), second.as_mut()).await;
        assert!(early.is_err(), "it was served beside the first");
        drop(first);
        assert!(soon(second).await);
    }
}

#[tokio::test]
async fn who_speaks_plain_http_is_told_what_to_do() {
    let place = place(None, false);
    let server = start_tls(Limits::default(), &place.tls).await;
    let long = format!(
        "POST /rpc HTTP/1.1\r\ncontent-length: 90000\r\n\r\n{}",
        "x".repeat(90_000)
    );
    for said in [
        "GET / HTTP/1.1\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        &long,
    ] {
        let answer = raw(server.address, said.as_bytes()).await;
        assert!(
            answer.starts_with("HTTP/1.1 400 Bad Request\r\n"),
            "{answer}"
        );
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        let body: serde_json::Value = serde_json::from_str(body).unwrap();
        assert_eq!(body["code"], "tlsRequired");
        assert!(
            body["remedy"].as_str().unwrap().contains("https://"),
            "{body}"
        );
    }
}

#[tokio::test]
async fn a_client_certificate_is_asked_for_where_the_operator_wants_one() {
    let (theirs, others) = (Ca::new("clients"), Ca::new("others"));
    let known = theirs.issue(&["robot"]);
    let unknown = others.issue(&["robot"]);
    let expired = theirs.issue_for(&["robot"], (2020, 2021));
    for (optional, version) in [
        (false, &version::TLS12),
        (false, &version::TLS13),
        (true, &version::TLS13),
    ] {
        let place = place(Some(&theirs), optional);
        let server = start_tls(Limits::default(), &place.tls).await;
        let served = async |own| {
            let client = Client {
                version,
                own,
                ..Client::of(&place.ca)
            };
            client.is_served(server.address).await
        };
        assert!(served(Some(&known)).await);
        assert_eq!(served(None).await, optional);
        assert!(!served(Some(&unknown)).await);
        assert!(!served(Some(&expired)).await);
    }
}

#[tokio::test]
async fn new_certificates_are_for_new_connections_and_disturb_nobody() {
    let place = place(None, false);
    let server = start_tls(Limits::default(), &place.tls).await;
    let kept = Client::of(&place.ca).connect(server.address).await.unwrap();
    let old = shown(&kept);
    let held = tokio::spawn(async move { over_http1(kept, call("hold")).await });
    server.app.started(1).await;

    let (certificate, _): (PathBuf, PathBuf) =
        place.ca.issue(&["localhost"]).write(place.dir.path());
    assert_eq!(place.tls.reload().unwrap(), [""; 0]);
    let renewed = Client::of(&place.ca).connect(server.address).await.unwrap();
    let new = shown(&renewed);
    assert_ne!(new, old);
    server.app.gate.add_permits(1);
    assert_eq!(soon(held).await.unwrap().body(), "hold");

    // A file that does not work changes nothing.
    std::fs::write(&certificate, "half a").unwrap();
    let problems = place.tls.reload().unwrap_err();
    assert!(problems[0].contains("holds no certificate"), "{problems:?}");
    let again = Client::of(&place.ca).connect(server.address).await.unwrap();
    assert_eq!(shown(&again), new);
}

#[tokio::test]
async fn the_ca_of_clients_is_read_again_too() {
    let (old, new) = (Ca::new("old"), Ca::new("new"));
    let (with_old, with_new) = (old.issue(&["robot"]), new.issue(&["robot"]));
    let place = place(Some(&old), false);
    let server = start_tls(Limits::default(), &place.tls).await;
    let served = async |own| {
        let client = Client {
            own: Some(own),
            ..Client::of(&place.ca)
        };
        client.is_served(server.address).await
    };
    assert!(served(&with_old).await && !served(&with_new).await);
    std::fs::write(place.dir.path().join("client-ca.pem"), new.pem()).unwrap();
    place.tls.reload().unwrap();
    assert!(!served(&with_old).await && served(&with_new).await);
}

#[tokio::test]
async fn the_drain_ends_handshakes_and_waits_for_calls() {
    let place = place(None, false);
    let server = start_tls(Limits::default(), &place.tls).await;
    let mut half = TcpStream::connect(server.address).await.unwrap();
    half.write_all(HALF_HELLO).await.unwrap();
    let mut idle = Client::of(&place.ca).connect(server.address).await.unwrap();
    let busy = Client::of(&place.ca).connect(server.address).await.unwrap();
    let held = tokio::spawn(async move { over_http1(busy, call("hold")).await });
    server.app.started(1).await;
    server.shutdown.cancel();
    let mut nothing = Vec::new();
    let _ = soon(half.read_to_end(&mut nothing)).await;
    let _ = soon(idle.read_to_end(&mut nothing)).await;
    assert!(nothing.is_empty());
    assert!(!server.task.is_finished() && !held.is_finished());
    server.app.gate.add_permits(1);
    assert_eq!(soon(held).await.unwrap().body(), "hold");
    assert_eq!(soon(server.task).await.unwrap(), Drained { left: 0 });
}

#[tokio::test]
async fn answers_over_tls_tell_browsers_to_stay_with_it() {
    let place = place(None, false);
    let server = start_tls(Limits::default(), &place.tls).await;
    let client = Client::of(&place.ca);
    let stream = client.connect(server.address).await.unwrap();
    let answer = over_http1(stream, request("GET", "/nowhere")).await;
    assert_eq!(
        answer.headers()["strict-transport-security"],
        "max-age=31536000"
    );
    assert_eq!(answer.headers()["referrer-policy"], "no-referrer");
}
