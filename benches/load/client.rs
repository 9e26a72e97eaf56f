//! The load generator: connections that each send the next call when the last one is answered.

use crate::machine::stopwatch;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Connections at once.
pub const CONNECTIONS: usize = 64;

/// Writes the call of this number, headers and all, behind what is in the buffer.
pub type Make = Arc<dyn Fn(usize, &mut Vec<u8>) + Send + Sync>;

/// What a round came to.
#[derive(Clone, Copy)]
pub struct Round {
    /// Calls that were answered with a result.
    pub calls: usize,
    /// From the first to the last.
    pub elapsed: Duration,
    /// The server's processor time.
    pub cpu: Duration,
    /// Half of the calls took less, in milliseconds.
    pub p50: f64,
    /// 99 of 100 calls took less, in milliseconds.
    pub p99: f64,
}

impl Round {
    pub fn new(mut millis: Vec<f64>, elapsed: Duration, cpu: Duration) -> Self {
        millis.sort_by(f64::total_cmp);
        let at = |part: f64| millis[((millis.len() - 1) as f64 * part) as usize];
        Self {
            calls: millis.len(),
            elapsed,
            cpu,
            p50: at(0.5),
            p99: at(0.99),
        }
    }

    pub fn a_second(&self) -> f64 {
        self.calls as f64 / self.elapsed.as_secs_f64()
    }

    /// Server time of a call, in microseconds.
    pub fn cpu_a_call(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / self.calls as f64
    }
}

/// When a round ends.
#[derive(Clone, Copy)]
pub enum Stop {
    After(Duration),
    Calls(usize),
}

/// A POST to `/rpc`.
pub fn post(out: &mut Vec<u8>, token: &str, body: &str) {
    out.extend_from_slice(
        b"POST /rpc HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nAuthorization: Bearer ",
    );
    out.extend_from_slice(token.as_bytes());
    out.extend_from_slice(format!("\r\nContent-Length: {}\r\n\r\n", body.len()).as_bytes());
    out.extend_from_slice(body.as_bytes());
}

/// One call; its answer's body.
pub async fn call(address: SocketAddr, token: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let (mut out, mut back) = (Vec::new(), Vec::new());
    post(&mut out, token, body);
    stream.write_all(&out).await.unwrap();
    let range = answer(&mut stream, &mut back).await;
    String::from_utf8(back[range].to_vec()).unwrap()
}

/// A GET; the answer's body.
pub async fn get(address: SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut back = Vec::new();
    let range = answer(&mut stream, &mut back).await;
    String::from_utf8(back[range].to_vec()).unwrap()
}

/// Loads a server; `cpu` reads its processor time.
pub async fn load(
    address: SocketAddr,
    stop: Stop,
    make: Make,
    cpu: impl Fn() -> Duration,
) -> Round {
    let next = Arc::new(AtomicUsize::new(0));
    let mut streams = Vec::new();
    for _ in 0..CONNECTIONS {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        streams.push(stream);
    }
    let (began, before) = (stopwatch(), cpu());
    let mut clients = tokio::task::JoinSet::new();
    for mut stream in streams {
        let (next, make) = (Arc::clone(&next), Arc::clone(&make));
        clients.spawn(async move {
            let (mut out, mut back, mut millis) = (Vec::new(), Vec::new(), Vec::new());
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let over = match stop {
                    Stop::After(time) => began.elapsed() >= time,
                    Stop::Calls(calls) => number >= calls,
                };
                if over {
                    return millis;
                }
                out.clear();
                make(number, &mut out);
                let sent = stopwatch();
                stream.write_all(&out).await.unwrap();
                let body = answer(&mut stream, &mut back).await;
                millis.push(sent.elapsed().as_secs_f64() * 1e3);
                let body = &back[body];
                assert!(
                    body.starts_with(b"{\"jsonrpc\":\"2.0\",\"result\""),
                    "a call failed: {}",
                    String::from_utf8_lossy(body)
                );
            }
        });
    }
    let millis: Vec<f64> = clients.join_all().await.into_iter().flatten().collect();
    let elapsed = began.elapsed();
    Round::new(millis, elapsed, cpu().saturating_sub(before))
}

/// Reads one answer; where its body stands in the buffer.
async fn answer(stream: &mut TcpStream, back: &mut Vec<u8>) -> std::ops::Range<usize> {
    back.clear();
    let mut whole = None;
    loop {
        let read = stream.read_buf(back).await.unwrap();
        assert!(read > 0, "the server hung up");
        if whole.is_none()
            && let Some(end) = back.windows(4).position(|four| four == b"\r\n\r\n")
        {
            let head = std::str::from_utf8(&back[..end]).unwrap();
            let length: usize = head
                .lines()
                .filter_map(|line| line.split_once(": "))
                .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
                .map_or(0, |(_, value)| value.parse().unwrap());
            whole = Some(end + 4..end + 4 + length);
            back.reserve(length);
        }
        if let Some(body) = &whole
            && back.len() >= body.end
        {
            return body.clone();
        }
    }
}
