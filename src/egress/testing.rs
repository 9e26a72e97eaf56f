//! A server and a resolver that do as they are told, for the tests.

use super::{Answer, Client, Failure, Guard, Limits, Resolve, SystemResolver};
use crate::clock::BoxFuture;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use rustls::RootCertStore;
use std::collections::VecDeque;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

pub(super) const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi";

/// A server that answers every request with the same bytes.
pub(super) struct Server {
    pub(super) address: SocketAddr,
    connections: AtomicUsize,
    pub(super) requests: Mutex<Vec<String>>,
    answer: String,
    /// Whether it closes after every answer, without having said so.
    closes: bool,
    /// Whether it closes when it has read the second request of a connection.
    closes_late: bool,
    /// How many requests it has read and not answered so.
    pub(super) unanswered: AtomicUsize,
    tls: Option<TlsAcceptor>,
}

impl Server {
    pub(super) async fn start(
        at: &str,
        answer: &str,
        closes: bool,
        tls: Option<TlsAcceptor>,
    ) -> Arc<Self> {
        let listener = TcpListener::bind((at, 0)).await.unwrap();
        let server = Arc::new(Self {
            address: listener.local_addr().unwrap(),
            connections: AtomicUsize::new(0),
            requests: Mutex::default(),
            answer: answer.to_owned(),
            closes,
            closes_late: answer.contains("closes: late"),
            unanswered: AtomicUsize::new(0),
            tls,
        });
        let served = Arc::clone(&server);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                served.connections.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(Arc::clone(&served).connection(stream));
            }
        });
        server
    }

    pub(super) async fn plain(answer: &str) -> Arc<Self> {
        Self::start("127.0.0.1", answer, false, None).await
    }

    async fn connection(self: Arc<Self>, stream: TcpStream) {
        match &self.tls {
            None => self.serve(stream).await,
            Some(tls) => {
                if let Ok(stream) = tls.accept(stream).await {
                    self.serve(stream).await;
                }
            }
        }
    }

    async fn serve(&self, mut stream: impl AsyncRead + AsyncWrite + Unpin) {
        let mut count = 0;
        while let Some(request) = read_request(&mut stream).await {
            count += 1;
            if self.closes_late && count == 2 {
                self.unanswered.fetch_add(1, Ordering::SeqCst);
                return;
            }
            self.requests.lock().unwrap().push(request);
            if self.answer.is_empty() {
                std::future::pending::<()>().await;
            }
            stream.write_all(self.answer.as_bytes()).await.unwrap();
            if self.closes {
                return;
            }
        }
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}/hook?a=b", self.address)
    }

    pub(super) fn seen(&self) -> (usize, usize) {
        let requests = self.requests.lock().unwrap().len();
        (self.connections.load(Ordering::SeqCst), requests)
    }
}

async fn read_request(stream: &mut (impl AsyncRead + Unpin)) -> Option<String> {
    let mut read = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&read).to_lowercase();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.split("content-length: ").nth(1)?;
            let length: usize = length.split("\r\n").next()?.parse().ok()?;
            if body.len() == length {
                return Some(String::from_utf8(read).unwrap());
            }
        }
        read.push(stream.read_u8().await.ok()?);
    }
}

/// A resolver that gives its answers in turn, the last one for ever.
pub(super) struct Scripted(Mutex<VecDeque<Vec<IpAddr>>>, pub(super) AtomicUsize);

impl Scripted {
    pub(super) fn new(answers: &[&[&str]]) -> Arc<Self> {
        let ips = |texts: &&[&str]| texts.iter().map(|text| text.parse().unwrap()).collect();
        let answers = answers.iter().map(ips).collect();
        Arc::new(Self(Mutex::new(answers), AtomicUsize::new(0)))
    }
}

impl Resolve for Scripted {
    fn resolve<'a>(&'a self, _: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>> {
        self.1.fetch_add(1, Ordering::SeqCst);
        let mut answers = self.0.lock().unwrap();
        let answer = match answers.len() {
            1 => answers.front().cloned(),
            _ => answers.pop_front(),
        };
        Box::pin(async move { Ok(answer.unwrap_or_default()) })
    }
}

pub(super) fn client_of(
    allowed: &[&str],
    roots: RootCertStore,
    resolver: Arc<dyn Resolve>,
) -> Client {
    let mut guard = Guard::default();
    for text in allowed {
        guard.allow(text).unwrap();
    }
    Client::new(guard, roots, resolver).unwrap()
}

pub(super) fn client(allowed: &[&str]) -> Client {
    client_of(allowed, RootCertStore::empty(), Arc::new(SystemResolver))
}

pub(super) async fn post(client: &Client, url: &str) -> Result<Answer, Failure> {
    post_within(client, url, &Limits::default()).await
}

pub(super) async fn post_within(
    client: &Client,
    url: &str,
    limits: &Limits,
) -> Result<Answer, Failure> {
    let body = Bytes::from_static(b"{}");
    client.post(url, headers(), body, limits).await
}

pub(super) async fn tell_within(
    client: &Client,
    url: &str,
    limits: &Limits,
) -> Result<u16, Failure> {
    let body = Bytes::from_static(b"{}");
    client.tell(url, headers(), body, limits).await
}

fn headers() -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert("webhook-id", HeaderValue::from_static("msg_1"));
    headers
}
