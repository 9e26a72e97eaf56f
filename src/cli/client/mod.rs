//! A small client of the daemon: JSON-RPC over TLS, TCP or the Unix socket.

mod target;
mod tls;

pub(super) use target::Target;
pub(super) use tls::Trust;

use crate::cli::{ExitStatus, Failure};
use bytes::Bytes;
use http::StatusCode;
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use std::error::Error;
use target::{Address, Host};
use tls::Tls;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};

/// A client of one daemon.
pub(super) struct Client {
    address: Address,
    /// Where the address wants it.
    tls: Option<Tls>,
    token: Option<String>,
}

impl Client {
    /// A client for a URL.
    pub(super) fn new(url: &str, token: Option<String>, trust: &Trust) -> Result<Self, Failure> {
        let address = Address::parse(url)?;
        let tls = match &address {
            Address::Tcp(host) if host.tls => Some(Tls::new(trust)?),
            Address::Tcp(host) if !host.is_loopback() && !trust.insecure_http => {
                return Err(Failure::new(
                    ExitStatus::Usage,
                    format!(
                        "Over http:// everybody on the way to {0} can read tokens, codes and answers, so nothing was sent. Write https://, or add --insecure-http if the way is safe.",
                        host.authority
                    ),
                ));
            }
            _ => None,
        };
        Ok(Self {
            address,
            tls,
            token,
        })
    }

    /// The same daemon with another token.
    pub(super) fn with_token(&self, token: &str) -> Self {
        Self {
            address: self.address.clone(),
            tls: self.tls.clone(),
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
            unavailable(format!(
                "No daemon answers at {} ({error}). Start one with 'lockboxd serve', or say where it is with --url.",
                self.place()
            ))
        };
        let host = match &self.address {
            Address::Tcp(host) => host,
            Address::Unix(path) => {
                let stream = UnixStream::connect(path).await.map_err(unreachable)?;
                return self.exchange(stream, "localhost", body).await;
            }
        };
        let stream = TcpStream::connect((host.name.as_str(), host.port))
            .await
            .map_err(unreachable)?;
        match &self.tls {
            Some(tls) => {
                let stream = tls.connect(host, stream).await?;
                self.exchange(stream, &host.authority, body).await
            }
            None => self.exchange(stream, &host.authority, body).await,
        }
    }

    fn place(&self) -> String {
        match &self.address {
            Address::Tcp(Host { tls, authority, .. }) => {
                format!("http{}://{authority}", if *tls { "s" } else { "" })
            }
            Address::Unix(path) => path.display().to_string(),
        }
    }

    async fn exchange<S>(&self, stream: S, host: &str, body: String) -> Result<Bytes, Failure>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let mut request = http::Request::post("/rpc")
            .header(http::header::HOST, host)
            .header(http::header::CONTENT_TYPE, "application/json");
        if let Some(token) = &self.token {
            request = request.header(http::header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let request = request
            .body(Full::new(Bytes::from(body)))
            .map_err(|error| self.broken(&error))?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|error| self.broken(&error))?;
        let answer = async move {
            let answer = sender.send_request(request).await?;
            let status = answer.status();
            Ok::<_, hyper::Error>((status, answer.into_body().collect().await?.to_bytes()))
        };
        // Which of the two meets a failure of the connection first is a matter of luck.
        match tokio::join!(answer, connection) {
            (Ok((StatusCode::OK, body)), _) => Ok(body),
            (Ok((status, body)), _) => Err(self.refused(status, &body)),
            (Err(_), Err(error)) | (Err(error), Ok(())) => Err(self.broken(&error)),
        }
    }

    fn broken(&self, error: &(dyn Error + 'static)) -> Failure {
        if let (Address::Tcp(host), Some(tls)) = (&self.address, &self.tls)
            && let Some(failure) = tls.explain(host, error)
        {
            return failure;
        }
        let no_http = error
            .downcast_ref::<hyper::Error>()
            .is_some_and(hyper::Error::is_parse);
        if no_http {
            return unavailable(format!(
                "What answers at {} does not speak HTTP. Is it lockboxd? If the port speaks TLS, write https://.",
                self.place()
            ));
        }
        let cause = error.source().map(|cause| format!(": {cause}"));
        unavailable(format!(
            "The connection to {} broke: {error}{}. Whether the call was done is not known: look before you repeat it, or repeat it with the idempotencyKey that it had.",
            self.place(),
            cause.unwrap_or_default()
        ))
    }

    /// An answer of HTTP that is none of JSON-RPC.
    fn refused(&self, status: StatusCode, body: &[u8]) -> Failure {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let text = |name: &str| body.get(name).and_then(Value::as_str);
        let exit = match status {
            StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS => ExitStatus::Again,
            StatusCode::PAYLOAD_TOO_LARGE => ExitStatus::Data,
            _ => ExitStatus::Unavailable,
        };
        match (text("code"), text("message"), text("remedy")) {
            (Some(code), Some(message), Some(remedy)) => {
                Failure::new(exit, format!("{code}: {message} {remedy}"))
            }
            _ => Failure::new(
                exit,
                format!(
                    "{} answers with HTTP status {status}. Is it lockboxd, or a proxy that cannot reach it?",
                    self.place()
                ),
            ),
        }
    }
}

fn unavailable(text: String) -> Failure {
    Failure::new(ExitStatus::Unavailable, text)
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
