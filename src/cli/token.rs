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
    /// Get a new token in place of your own, which goes on for a while
    Rotate(Rotate),
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

/// Get a new token in place of the one in LOCKBOX_TOKEN, which goes on for a while.
///
/// The new one has the name and the limits of the old one.
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Rotate {
    #[command(flatten)]
    target: Target,
    /// Hours that the old token goes on for (0 ends it at once)
    #[arg(long, value_name = "HOURS", default_value_t = 24, value_parser = clap::value_parser!(u32).range(0..=720))]
    overlap_hours: u32,
    /// Days that the new one lives
    #[arg(long, value_name = "DAYS")]
    expires_in_days: Option<u32>,
    /// How to print the result
    #[arg(long, value_enum, default_value_t)]
    output: SecretOutput,
}

impl Rotate {
    async fn run(self) -> Result<(), Failure> {
        let client = self.target.client()?;
        let who = client.call("session.whoami", json!({})).await?;
        let old = who.pointer("/token/tokenId").cloned().ok_or_else(|| {
            Failure::new(
                ExitStatus::Data,
                "You are known by your user id here, without a token: there is nothing to rotate.",
            )
        })?;
        let mine = json!({"principal": who.pointer("/principal/principalId")});
        let listed = client.call("token.list", mine).await?;
        let tokens = listed.get("tokens").and_then(Value::as_array);
        let name = tokens.into_iter().flatten().find_map(|token| {
            let found = token.get("tokenId") == Some(&old);
            found
                .then(|| token.get("name"))
                .flatten()
                .filter(|name| name.is_string())
        });
        let mut params = Map::new();
        if let Some(name) = name {
            params.insert("name".to_owned(), name.clone());
        }
        if let Some(days) = self.expires_in_days {
            params.insert("expiresInDays".to_owned(), days.into());
        }
        let issued = client.call("token.issue", Value::Object(params)).await?;
        // First the new one: whatever happens next, its holder has it.
        print_issued(self.output, &issued)?;
        let mut end = json!({"tokenId": old});
        if self.overlap_hours > 0
            && let Some(end) = end.as_object_mut()
        {
            end.insert("afterHours".to_owned(), self.overlap_hours.into());
        }
        client.call("token.revoke", end).await?;
        Ok(())
    }
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
            Self::Rotate(rotate) => rotate.run().await,
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
        print_issued(self.output, &result)
    }
}

fn print_issued(output: SecretOutput, result: &Value) -> Result<(), Failure> {
    match output {
        SecretOutput::Json => print_json(result),
        SecretOutput::Token => print(token_of(result)),
        SecretOutput::Text => {
            let text = |name: &str| result.get(name).and_then(Value::as_str).unwrap_or_default();
            print(&format!(
                "The token, shown this once, ends on {}:\n\n  {}\n",
                text("expirationDate"),
                text("token")
            ))
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
