//! `lockboxd call`

use crate::cli::client::Target;
use crate::cli::{ExitStatus, Failure, print_json};
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
        print_json(&result)
    }
}
