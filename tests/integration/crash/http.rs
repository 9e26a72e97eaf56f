//! A client as plain as can be: it knows whether it has been answered.

use crate::program::DEADLINE;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Error, ErrorKind, Read, Result, Write};
use std::net::TcpStream;

/// One call.
#[derive(Clone, Debug)]
pub struct Call {
    /// Whose it is; nobody's where empty.
    pub token: String,
    /// What is called.
    pub method: &'static str,
    /// With what; the idempotency key included.
    pub params: Value,
}

/// What the daemon said: a result, or an error.
pub type Answer = std::result::Result<Value, Value>;

/// One connection, opened when it is first needed.
pub struct Http {
    address: String,
    stream: Option<BufReader<TcpStream>>,
}

impl Http {
    /// A client of the daemon at this address.
    pub fn new(address: &str) -> Self {
        Self {
            address: address.to_owned(),
            stream: None,
        }
    }

    /// Sends a call and reads its answer. An error means that there is none, and that nobody knows
    /// what became of the call.
    pub fn call(&mut self, call: &Call) -> Result<Answer> {
        let answer = self.exchange(call);
        if answer.is_err() {
            self.stream = None;
        }
        answer
    }

    /// A call that must succeed.
    #[track_caller]
    pub fn ok(&mut self, token: &str, method: &'static str, params: Value) -> Value {
        self.told(token, method, params)
            .unwrap_or_else(|error| panic!("{method}: {error:#}"))
    }

    /// A call that must be answered.
    #[track_caller]
    pub fn told(&mut self, token: &str, method: &'static str, params: Value) -> Answer {
        let call = Call {
            token: token.to_owned(),
            method,
            params,
        };
        self.call(&call)
            .unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// Sends a call whose answer nobody will read; the connection stays open as long as this.
    pub fn send(&mut self, call: &Call) -> Result<()> {
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": call.method, "params": call.params});
        let body = body.to_string();
        let mut text = format!(
            "POST /rpc HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n",
            self.address,
            body.len()
        );
        if !call.token.is_empty() {
            text.push_str(&format!("Authorization: Bearer {}\r\n", call.token));
        }
        text.push_str("\r\n");
        text.push_str(&body);
        self.stream()?.get_mut().write_all(text.as_bytes())
    }

    fn stream(&mut self) -> Result<&mut BufReader<TcpStream>> {
        if self.stream.is_none() {
            let stream = TcpStream::connect(&self.address)?;
            stream.set_nodelay(true)?;
            stream.set_read_timeout(Some(DEADLINE))?;
            self.stream = Some(BufReader::new(stream));
        }
        Ok(self.stream.as_mut().unwrap())
    }

    fn exchange(&mut self, call: &Call) -> Result<Answer> {
        self.send(call)?;
        let stream = self.stream()?;
        let mut line = String::new();
        let mut status = String::new();
        let mut length = 0;
        loop {
            line.clear();
            if stream.read_line(&mut line)? == 0 {
                return Err(Error::from(ErrorKind::UnexpectedEof));
            }
            let text = line.trim_end();
            if status.is_empty() {
                text.clone_into(&mut status);
            } else if text.is_empty() {
                break;
            } else if let Some((name, value)) = text.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse().map_err(Error::other)?;
            }
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body)?;
        assert!(status.contains(" 200 "), "{status}: {call:?}");
        let mut reply: Value = serde_json::from_slice(&body)?;
        Ok(match reply.get_mut("error") {
            Some(error) => Err(error.take()),
            None => Ok(reply["result"].take()),
        })
    }
}
