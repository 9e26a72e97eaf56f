//! A small client of the daemon: JSON-RPC over TCP or the Unix socket.

use crate::cli::{ExitStatus, Failure};
use crate::config::SOCKET_NAME;
use bytes::Bytes;
use clap::Args;
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};

/// How to reach a running daemon.
#[derive(Args, Clone, Debug)]
pub(super) struct Target {
    /// The daemon: http://HOST:PORT or unix:PATH (default: LOCKBOX_URL, or else the socket in
    /// LOCKBOX_DATA_DIR, or else http://127.0.0.1:8420)
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
}

impl Target {
    /// A client for this target.
    pub(super) fn client(&self) -> Result<Client, Failure> {
        let token = self.token.clone().filter(|token| !token.is_empty());
        Client::new(&self.place(), token)
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

enum Address {
    Tcp(String),
    Unix(PathBuf),
}

/// A client of one daemon.
pub(super) struct Client {
    address: Address,
    token: Option<String>,
}

impl Client {
    /// A client for a URL.
    pub(super) fn new(url: &str, token: Option<String>) -> Result<Self, Failure> {
        let address = if let Some(path) = url.strip_prefix("unix:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            Address::Unix(PathBuf::from(path))
        } else if let Some(rest) = url.strip_prefix("http://") {
            let host = rest.split('/').next().unwrap_or_default();
            if host.rsplit_once(':').is_some() {
                Address::Tcp(host.to_owned())
            } else {
                Address::Tcp(format!("{host}:80"))
            }
        } else {
            return Err(Failure::new(
                ExitStatus::Usage,
                format!("'{url}' is no URL of a daemon; write http://HOST:PORT or unix:PATH."),
            ));
        };
        Ok(Self { address, token })
    }

    /// The same daemon with another token.
    pub(super) fn with_token(&self, token: &str) -> Self {
        Self {
            address: match &self.address {
                Address::Tcp(host) => Address::Tcp(host.clone()),
                Address::Unix(path) => Address::Unix(path.clone()),
            },
            token: Some(token.to_owned()),
        }
    }

    /// Calls a method and gives its result.
    pub(super) async fn call(&self, method: &str, params: Value) -> Result<Value, Failure> {
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let answer = self.post(body.to_string()).await?;
        let mut answer: Value = serde_json::from_slice(&answer).map_err(|error| {
            Failure::new(
                ExitStatus::Unavailable,
                format!("The answer of the daemon is no JSON ({error}). Is it lockboxd?"),
            )
        })?;
        if let Some(error) = answer.get("error") {
            return Err(refusal(error));
        }
        Ok(answer
            .get_mut("result")
            .map(Value::take)
            .unwrap_or_default())
    }

    async fn post(&self, body: String) -> Result<Bytes, Failure> {
        let unreachable = |error: std::io::Error| {
            Failure::new(
                ExitStatus::Unavailable,
                format!(
                    "No daemon answers at {} ({error}). Start one with 'lockboxd serve', or say where it is with --url.",
                    self.place()
                ),
            )
        };
        match &self.address {
            Address::Tcp(host) => {
                let stream = TcpStream::connect(host).await.map_err(unreachable)?;
                self.exchange(stream, host, body).await
            }
            Address::Unix(path) => {
                let stream = UnixStream::connect(path).await.map_err(unreachable)?;
                self.exchange(stream, "localhost", body).await
            }
        }
    }

    fn place(&self) -> String {
        match &self.address {
            Address::Tcp(host) => format!("http://{host}"),
            Address::Unix(path) => path.display().to_string(),
        }
    }

    async fn exchange<S>(&self, stream: S, host: &str, body: String) -> Result<Bytes, Failure>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let broken = |error: &dyn std::fmt::Display| {
            Failure::new(
                ExitStatus::Unavailable,
                format!("The connection to {} broke: {error}.", self.place()),
            )
        };
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|error| broken(&error))?;
        tokio::spawn(connection);
        let mut request = http::Request::post("/rpc")
            .header(http::header::HOST, host)
            .header(http::header::CONTENT_TYPE, "application/json");
        if let Some(token) = &self.token {
            request = request.header(http::header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let request = request
            .body(Full::new(Bytes::from(body)))
            .map_err(|error| broken(&error))?;
        let answer = sender
            .send_request(request)
            .await
            .map_err(|error| broken(&error))?;
        let body = answer
            .into_body()
            .collect()
            .await
            .map_err(|error| broken(&error))?;
        Ok(body.to_bytes())
    }
}

/// A JSON-RPC error as a failure, with the remedy that it carries.
fn refusal(error: &Value) -> Failure {
    let text = |pointer: &str| error.pointer(pointer).and_then(Value::as_str);
    let message = text("/data/message")
        .or(text("/message"))
        .unwrap_or("The daemon refused the call.");
    let remedy = text("/data/remedy").unwrap_or_default();
    let status = match error.get("code").and_then(Value::as_i64) {
        Some(-32_700..=-32_600) => ExitStatus::Data,
        Some(-32_002 | -32_001) => ExitStatus::NoPermission,
        Some(-32_003) => ExitStatus::NoInput,
        Some(-32_007 | -32_006) => ExitStatus::Again,
        Some(-32_008) => ExitStatus::Unavailable,
        _ => ExitStatus::Refused,
    };
    let pointer = text("/data/pointer")
        .filter(|pointer| !pointer.is_empty())
        .map(|pointer| format!(" (at {pointer})"))
        .unwrap_or_default();
    let code = text("/data/code").unwrap_or("error");
    Failure::new(status, format!("{code}: {message}{pointer} {remedy}"))
}
