//! `lockboxd call`

use crate::cli::client::Target;
use crate::cli::{ExitStatus, Failure, print, print_json};
use clap::Args;
use serde_json::Value;
use std::io::Read;

/// Call any method of a running daemon; prints its result as JSON.
#[derive(Args)]
pub(super) struct Call {
    #[command(flatten)]
    target: Target,
    /// The method, such as request.list (rpc.discover tells which there are)
    method: String,
    /// The params as a JSON object, or - to read them from standard input
    #[arg(default_value = "{}")]
    params: String,
    /// Print only this member of the result, such as /claimCode; a text without quotes
    #[arg(long, value_name = "POINTER")]
    get: Option<String>,
}

impl Call {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let text = if self.params == "-" {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text)?;
            text
        } else {
            self.params
        };
        let params: Value = serde_json::from_str(&text).map_err(|error| {
            Failure::new(
                ExitStatus::Data,
                format!("The params are no JSON ({error}); write an object such as '{{\"requestId\":\"EXSR000001\"}}'."),
            )
        })?;
        let result = self.target.client()?.call(&self.method, params).await?;
        let Some(pointer) = self.get else {
            return print_json(&result);
        };
        match result.pointer(&pointer) {
            Some(Value::String(text)) => print(text),
            Some(value) => print_json(value),
            None => Err(Failure::new(
                ExitStatus::NoInput,
                format!("The result has no '{pointer}'. Leave --get out to see all of it."),
            )),
        }
    }
}
