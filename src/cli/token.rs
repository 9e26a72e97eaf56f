//! `lockboxd enroll` and `lockboxd token`

use crate::cli::client::Target;
use crate::cli::{ExitStatus, Failure, Output, SecretOutput, print, print_json};
use crate::crypto::SecretKind;
use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

/// Redeem a claim or enrolment code; prints your token once.
///
/// A code works once. The token is your key from then on: keep it in LOCKBOX_TOKEN, or give it to
/// Connect-CustomerLockbox.
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Enroll {
    #[command(flatten)]
    target: Target,
    /// The code that you were given
    code: String,
    /// How to print the result
    #[arg(long, value_enum, default_value_t)]
    output: SecretOutput,
}

impl Enroll {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let code = self.code.trim();
        let method = if code.starts_with(SecretKind::Claim.prefix()) {
            "tenant.claim"
        } else if code.starts_with(SecretKind::Enrolment.prefix()) {
            "principal.enroll"
        } else {
            return Err(Failure::new(
                ExitStatus::Data,
                "This is no code: claim codes begin with 'claim-', enrolment codes with 'enroll-'.",
            ));
        };
        let result = self
            .target
            .client()?
            .call(method, json!({"code": code}))
            .await?;
        match self.output {
            SecretOutput::Json => print_json(&result),
            SecretOutput::Token => print(token_of(&result)),
            SecretOutput::Text => {
                let text = |pointer: &str| {
                    result
                        .pointer(pointer)
                        .and_then(Value::as_str)
                        .unwrap_or_default()
                };
                print(&format!(
                    "Welcome, {}. Your token, shown this once, ends on {}:\n\n  {}\n",
                    text("/principal/displayName"),
                    text("/expirationDate"),
                    text("/token")
                ))
            }
        }
    }
}

/// Issue, list and revoke tokens.
#[derive(Subcommand)]
pub(super) enum Token {
    /// Issue a token for yourself, or for a robot of your organization; shown once
    Issue(Issue),
    /// List tokens: your own, or for administrators those of the organization
    List(List),
    /// Revoke a token; it stops working at once
    Revoke(Revoke),
}

#[derive(Args)]
pub(super) struct Issue {
    #[command(flatten)]
    target: Target,
    /// For this robot (id or name) instead of yourself
    #[arg(long)]
    principal: Option<String>,
    /// Name for people
    #[arg(long)]
    name: Option<String>,
    /// Limit it to a role; repeatable
    #[arg(long)]
    role: Vec<String>,
    /// Limit it to a scope, such as /tenants/contoso.onmicrosoft.com
    #[arg(long)]
    scope: Option<String>,
    /// Limit it to a decision (Approve, Deny or Cancel); repeatable
    #[arg(long)]
    decision: Vec<String>,
    /// Days that it lives
    #[arg(long, value_name = "DAYS")]
    expires_in_days: Option<u32>,
    /// How to print the result
    #[arg(long, value_enum, default_value_t)]
    output: SecretOutput,
}

#[derive(Args)]
pub(super) struct List {
    #[command(flatten)]
    target: Target,
    /// Only those of this principal (id, address or name)
    #[arg(long)]
    principal: Option<String>,
    /// How to print the result
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

#[derive(Args)]
pub(super) struct Revoke {
    #[command(flatten)]
    target: Target,
    /// Id of the token, as `token list` shows it
    token_id: String,
}

impl Token {
    pub(super) async fn run(self) -> Result<(), Failure> {
        match self {
            Self::Issue(issue) => issue.run().await,
            Self::List(list) => list.run().await,
            Self::Revoke(revoke) => {
                let params = json!({"tokenId": revoke.token_id});
                revoke.target.client()?.call("token.revoke", params).await?;
                print("Revoked.")
            }
        }
    }
}

impl Issue {
    async fn run(self) -> Result<(), Failure> {
        let mut params = Map::new();
        let mut put = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                params.insert(name.to_owned(), value);
            }
        };
        put("principal", self.principal.map(Value::from));
        put("name", self.name.map(Value::from));
        put("scope", self.scope.map(Value::from));
        put("expiresInDays", self.expires_in_days.map(Value::from));
        put("roles", some(self.role));
        put("decisions", some(self.decision));
        let result = self
            .target
            .client()?
            .call("token.issue", Value::Object(params))
            .await?;
        match self.output {
            SecretOutput::Json => print_json(&result),
            SecretOutput::Token => print(token_of(&result)),
            SecretOutput::Text => {
                let text =
                    |name: &str| result.get(name).and_then(Value::as_str).unwrap_or_default();
                print(&format!(
                    "The token, shown this once, ends on {}:\n\n  {}\n",
                    text("expirationDate"),
                    text("token")
                ))
            }
        }
    }
}

fn token_of(result: &Value) -> &str {
    result
        .get("token")
        .and_then(Value::as_str)
        .unwrap_or_default()
}

fn some(list: Vec<String>) -> Option<Value> {
    (!list.is_empty()).then(|| Value::from(list))
}

impl List {
    async fn run(self) -> Result<(), Failure> {
        let params = match &self.principal {
            Some(principal) => json!({"principal": principal}),
            None => json!({}),
        };
        let result = self.target.client()?.call("token.list", params).await?;
        if self.output == Output::Json {
            return print_json(&result);
        }
        let tokens = result
            .get("tokens")
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default();
        print(&format!(
            "{:36}  {:24}  {:24}  NAME",
            "TOKEN", "ENDS", "LAST USED"
        ))?;
        for token in tokens {
            let text = |name: &str| token.get(name).and_then(Value::as_str).unwrap_or("-");
            let ends = match token.get("revokedDate").and_then(Value::as_str) {
                Some(_) => "revoked",
                None => text("expirationDate"),
            };
            print(&format!(
                "{:36}  {ends:24}  {:24}  {}",
                text("tokenId"),
                text("lastUsedDate"),
                text("name")
            ))?;
        }
        Ok(())
    }
}
