//! A server with an application whose calls can be held, and clients for it.

use super::tls::Tls;
use super::{
    Application, Drained, Feed, Incoming, Limits, Listener, Listeners, Message, News, Reader,
    Server, Trust,
};
use crate::clock::BoxFuture;
use crate::error::{Error, Kind, Result};
use crate::telemetry::Metrics;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// The result of something that should not take long.
pub(super) async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), what)
        .await
        .expect("this should have happened by now")
}

/// Answers with the body; `hold…` waits for the gate first.
pub(super) struct TestApp {
    pub(super) seen: Mutex<Vec<Incoming>>,
    pub(super) ready: AtomicBool,
    pub(super) gate: Semaphore,
    pub(super) meters: Arc<Metrics>,
    started: watch::Sender<usize>,
    finished: watch::Sender<usize>,
    /// How many messages there are for listeners; `usize::MAX` where they do not count any more.
    pub(super) events: watch::Sender<usize>,
    /// Listeners, and messages given to them.
    pub(super) listening: watch::Sender<(usize, usize)>,
}

/// Messages by their count, each with so many bytes.
struct TestFeed {
    app: Arc<TestApp>,
    events: watch::Receiver<usize>,
    given: usize,
    bytes: usize,
}

impl Feed for TestFeed {
    fn place(&self) -> String {
        self.given.to_string()
    }

    fn read(&mut self) -> BoxFuture<'_, Result<News>> {
        let there = *self.events.borrow_and_update();
        if there == usize::MAX {
            return Box::pin(async { Err(Error::forbidden("No.", "Be another.")) });
        }
        let mut news = News::default();
        if self.given < there {
            self.given += 1;
            self.app.listening.send_modify(|(_, given)| *given += 1);
            news.messages.push(Message {
                id: self.given.to_string(),
                event: "test",
                data: "x".repeat(self.bytes),
            });
            news.more = true;
        }
        Box::pin(async { Ok(news) })
    }

    fn woken(&mut self) -> BoxFuture<'_, ()> {
        Box::pin(async {
            self.events.changed().await.unwrap();
        })
    }
}

impl Drop for TestFeed {
    fn drop(&mut self) {
        self.app.listening.send_modify(|(count, _)| *count -= 1);
    }
}

impl TestApp {
    /// Waits until so many listen.
    pub(super) async fn listeners(&self, wanted: usize) {
        let mut listening = self.listening.subscribe();
        let so = listening.wait_for(|(count, _)| *count == wanted);
        soon(so).await.unwrap();
    }

    pub(super) async fn started(&self, calls: usize) {
        let mut count = self.started.subscribe();
        soon(count.wait_for(|count| *count >= calls)).await.unwrap();
    }

    pub(super) async fn finished(&self, calls: usize) {
        let mut count = self.finished.subscribe();
        soon(count.wait_for(|count| *count >= calls)).await.unwrap();
    }

    pub(super) fn finished_now(&self) -> usize {
        *self.finished.borrow()
    }
}

struct Handle(Arc<TestApp>);

impl Application for Handle {
    fn rpc(&self, call: Incoming) -> BoxFuture<'static, Option<Bytes>> {
        let app = Arc::clone(&self.0);
        Box::pin(async move {
            app.seen.lock().unwrap().push(call.clone());
            app.started.send_modify(|count| *count += 1);
            if call.body.starts_with(b"hold") {
                app.gate.acquire().await.unwrap().forget();
            }
            assert!(!call.body.starts_with(b"panic"), "as asked");
            app.finished.send_modify(|count| *count += 1);
            (!call.body.starts_with(b"nothing")).then_some(call.body)
        })
    }

    fn openrpc(&self) -> Bytes {
        Bytes::from_static(b"{\"openrpc\":\"1.3.2\"}")
    }

    fn ready(&self) -> bool {
        self.0.ready.load(Ordering::SeqCst)
    }

    fn metrics(&self, reader: Reader) -> BoxFuture<'static, Result<Bytes>> {
        let answer = match (reader.forwarded, reader.authorization.as_deref()) {
            (false, _) | (true, Some("Bearer good")) => Ok(Bytes::from_static(b"# EOF\n")),
            (true, None) => Err(Error::new(
                Kind::Unauthenticated,
                "unauthenticated",
                "No.",
                "Say.",
            )),
            (true, Some(_)) => Err(Error::forbidden("No.", "Be another.")),
        };
        Box::pin(async move { answer })
    }

    fn events(&self, listener: Listener) -> BoxFuture<'static, Result<Box<dyn Feed>>> {
        let app = Arc::clone(&self.0);
        Box::pin(async move {
            let why =
                |kind| Err(Error::new(kind, "test", "No.", "Other.").with("retryAfterSeconds", 7));
            match listener.query.as_str() {
                "invalid" => return why(Kind::InvalidParams),
                "nobody" => return why(Kind::Unauthenticated),
                "not" => return why(Kind::Forbidden),
                "nothing" => return why(Kind::NotFound),
                "full" => return why(Kind::Busy),
                _ => {}
            }
            app.listening.send_modify(|(count, _)| *count += 1);
            let given = listener.last_event_id.map_or(0, |id| id.parse().unwrap());
            let feed = TestFeed {
                events: app.events.subscribe(),
                app,
                given,
                bytes: listener.query.parse().unwrap_or(1),
            };
            Ok(Box::new(feed) as Box<dyn Feed>)
        })
    }

    fn meters(&self) -> Arc<Metrics> {
        Arc::clone(&self.0.meters)
    }
}

pub(super) struct Running {
    pub(super) app: Arc<TestApp>,
    pub(super) address: SocketAddr,
    pub(super) shutdown: CancellationToken,
    pub(super) cut: CancellationToken,
    pub(super) task: JoinHandle<Drained>,
}

pub(super) async fn start(limits: Limits) -> Running {
    start_with(limits, None).await
}

pub(super) async fn start_with(limits: Limits, socket: Option<&Path>) -> Running {
    start_trusting(limits, socket, Trust::default()).await
}

pub(super) async fn start_trusting(limits: Limits, socket: Option<&Path>, trust: Trust) -> Running {
    let listeners = Listeners::bind(&["127.0.0.1:0".parse().unwrap()], socket)
        .await
        .unwrap();
    let address = listeners.addresses()[0];
    start_on(listeners, address, limits, trust)
}

/// As [`start`], with TLS.
pub(super) async fn start_tls(limits: Limits, tls: &Arc<Tls>) -> Running {
    let nothing = Listeners::bind(&[], None).await.unwrap();
    let listeners = nothing
        .with_tls(&["127.0.0.1:0".parse().unwrap()], Arc::clone(tls))
        .await
        .unwrap();
    let address = listeners.tls_addresses()[0];
    start_on(listeners, address, limits, Trust::default())
}

fn start_on(listeners: Listeners, address: SocketAddr, limits: Limits, trust: Trust) -> Running {
    let app = Arc::new(TestApp {
        seen: Mutex::default(),
        ready: AtomicBool::new(true),
        gate: Semaphore::new(0),
        meters: Arc::default(),
        started: watch::Sender::new(0),
        finished: watch::Sender::new(0),
        events: watch::Sender::new(0),
        listening: watch::Sender::new((0, 0)),
    });
    let shutdown = CancellationToken::new();
    let cut = CancellationToken::new();
    let served = Server::new(listeners, limits, trust)
        .cut_by(cut.clone())
        .run(Arc::new(Handle(Arc::clone(&app))), shutdown.clone());
    Running {
        app,
        address,
        shutdown,
        cut,
        task: tokio::spawn(served),
    }
}

impl Running {
    pub(super) async fn send(&self, request: Request<Full<Bytes>>) -> Response<Bytes> {
        let stream = TcpStream::connect(self.address).await.unwrap();
        over_http1(stream, request).await
    }

    pub(super) async fn stop(self) -> Drained {
        self.shutdown.cancel();
        soon(self.task).await.unwrap()
    }
}

pub(super) fn request(method: &str, path: &str) -> Request<Full<Bytes>> {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", "localhost");
    request.body(Full::default()).unwrap()
}

pub(super) fn call(body: impl Into<Bytes>) -> Request<Full<Bytes>> {
    let request = Request::post("http://localhost/rpc").header("host", "localhost");
    let request = request.header("content-type", "application/json");
    request.body(Full::new(body.into())).unwrap()
}

/// One request on a connection of its own.
pub(super) async fn over_http1<S>(stream: S, request: Request<Full<Bytes>>) -> Response<Bytes>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut client, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .unwrap();
    tokio::spawn(connection);
    whole(soon(client.send_request(request)).await.unwrap()).await
}

pub(super) async fn whole(response: Response<hyper::body::Incoming>) -> Response<Bytes> {
    let (head, body) = response.into_parts();
    Response::from_parts(head, soon(body.collect()).await.unwrap().to_bytes())
}

/// What the server says to these bytes until it closes the connection.
pub(super) async fn raw(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    let mut said = Vec::new();
    // A connection that is cut instead of closed has said all that it says, too.
    let _ = soon(stream.read_to_end(&mut said)).await;
    String::from_utf8_lossy(&said).into_owned()
}
