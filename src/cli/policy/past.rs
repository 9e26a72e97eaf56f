//! `lockboxd policy export` and `simulate`: a policy tried on past requests, without a daemon.

use super::{Sound, check, line, read};
use crate::audit::text::escape_bidi;
use crate::cli::client::Target;
use crate::cli::{ExitStatus, Failure, Output, print, print_json};
use crate::clock::Timestamp;
use crate::domain::policy::Given;
use crate::domain::policy::arrival::Arrival;
use crate::domain::policy::simulation::{Past, Simulated, Tried};
use crate::domain::request::{AccessLevel, Ask, Decision, State};
use crate::ids::{OrgId, RequestId};
use crate::rpc::policy::simulated;
use crate::service::policy::MOST_REQUESTS;
use clap::Args;
use serde::Deserialize;
use serde_json::{Value, json};
use std::path::PathBuf;

/// What an export says it is.
const FORMAT: &str = "lockbox-past/1";

/// The largest export that is read, in bytes.
const LARGEST_EXPORT: u64 = 1024 * 1024 * 1024;

/// Requests of one page of `request.list`.
const PAGE: usize = 1_000;

#[derive(Args)]
pub(in crate::cli) struct Export {
    #[command(flatten)]
    target: Target,
    /// Only requests created after this instant (RFC 3339, such as 2026-11-21T00:00:00Z)
    #[arg(long, value_name = "INSTANT")]
    since: Option<String>,
}

impl Export {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let client = self.target.client()?;
        let mut settings = client.call("policy.get", json!({})).await?;
        let mut info = client.call("system.info", json!({})).await?;
        let mut requests = Vec::new();
        let mut cursor = Value::Null;
        loop {
            let mut params = serde_json::Map::from_iter([("pageSize".to_owned(), PAGE.into())]);
            params.extend(
                self.since
                    .clone()
                    .map(|at| ("createdAfter".to_owned(), at.into())),
            );
            if !cursor.is_null() {
                params.insert("cursor".to_owned(), cursor);
            }
            let mut page = client.call("request.list", params.into()).await?;
            if let Value::Array(rows) = member(&mut page, "requests") {
                // The policy does not judge emergency access.
                let ordinary = |row: &Value| row.get("emergency").is_none_or(Value::is_null);
                requests.extend(rows.into_iter().filter(ordinary));
            }
            cursor = member(&mut page, "nextCursor");
            if cursor.is_null() || requests.len() >= MOST_REQUESTS {
                break;
            }
        }
        print_json(&json!({
            "format": FORMAT,
            "settings": member(&mut settings, "settings"),
            "profiles": member(&mut info, "profiles"),
            "requests": requests,
            "more": !cursor.is_null(),
        }))
    }
}

/// A member of a result, taken out; null where it is missing.
fn member(result: &mut Value, name: &str) -> Value {
    result.get_mut(name).map(Value::take).unwrap_or_default()
}

#[derive(Args)]
pub(in crate::cli) struct Simulate {
    /// The policy (JSON)
    file: PathBuf,
    /// What 'policy export' has printed; - reads standard input
    #[arg(long, value_name = "FILE")]
    requests: PathBuf,
    /// Show at most so many differences
    #[arg(long, default_value_t = 100)]
    limit: usize,
    /// Exit with 1 where a request would have gone otherwise than it did
    #[arg(long)]
    fail_on_difference: bool,
    /// How to print the result
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

impl Simulate {
    pub(super) fn run(self) -> Result<(), Failure> {
        let Sound { policy, warnings } =
            check(&read(&self.file, super::LARGEST_FILE)?)?.map_err(|problems| {
                let lines: Vec<String> = problems.iter().map(line).collect();
                Failure::new(ExitStatus::Data, lines.join("\n"))
            })?;
        let export = read_export(&read(&self.requests, LARGEST_EXPORT)?)
            .map_err(|why| no_export(&self.requests.display().to_string(), &why))?;
        let mut tried = Simulated {
            hash: policy.hash().to_owned(),
            more: export.more,
            ..Simulated::default()
        };
        let required = export.settings.approval_required;
        for past in export.past() {
            let past = past.map_err(|why| no_export(&self.requests.display().to_string(), &why))?;
            tried.add(&policy, past, required, self.limit);
        }
        match self.output {
            Output::Json => print_json(&simulated(&tried))?,
            Output::Text => {
                for warning in &warnings {
                    print(&format!("Warning: {}", line(warning)))?;
                }
                print(&told(&tried))?;
            }
        }
        if self.fail_on_difference && tried.different > 0 {
            return Err(Failure::new(
                ExitStatus::Refused,
                format!(
                    "{} request(s) would have gone otherwise than they did. Change the policy, or leave --fail-on-difference out if that is meant.",
                    tried.different
                ),
            ));
        }
        Ok(())
    }
}

fn no_export(file: &str, why: &str) -> Failure {
    Failure::new(
        ExitStatus::Data,
        format!("{file} is no export of requests: {why} Make one with 'lockboxd policy export'."),
    )
}

/// A file of `policy export`, as far as a policy judges by it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct File {
    format: String,
    settings: Settings,
    profiles: Vec<Profile>,
    requests: Vec<Request>,
    more: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Settings {
    tags: Vec<String>,
    approval_required: bool,
    automatic_approval: bool,
    hours_to_answer: i64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Profile {
    name: String,
    maximum_access_seconds: i64,
}

/// A request as `request.list` shows it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    identity: RequestId,
    request_id: String,
    tenant_id: OrgId,
    profile: String,
    service_name: String,
    service_request_number: String,
    reason: String,
    duration_seconds: i64,
    resources: Vec<String>,
    data_categories: Vec<String>,
    access_level: AccessLevel,
    operations: Vec<String>,
    citizenship: Option<String>,
    location: Option<String>,
    created_date: Timestamp,
    sent_to_customer_date: Option<Timestamp>,
    expiration_date: Option<Timestamp>,
    approval_required: Option<bool>,
    decision: Option<Decision>,
    state: State,
}

fn read_export(text: &[u8]) -> Result<File, String> {
    let file: File = serde_json::from_slice(text).map_err(|error| format!("{error}."))?;
    if file.format != FORMAT {
        return Err(format!("its format is not '{FORMAT}'."));
    }
    Ok(file)
}

impl File {
    /// What a policy is tried on.
    fn past(self) -> impl Iterator<Item = Result<Past, String>> {
        let Self {
            settings,
            profiles,
            requests,
            ..
        } = self;
        requests.into_iter().map(move |request| {
            let profile = profiles
                .iter()
                .find(|profile| profile.name == request.profile)
                .ok_or_else(|| format!("there is no profile '{}' in it.", request.profile))?;
            Ok(Past {
                identity: request.identity,
                reference: request.request_id,
                sent_at: request.sent_to_customer_date,
                state: request.state,
                happened: Arrival::went(
                    request.expiration_date,
                    request.decision,
                    request.approval_required.unwrap_or_default(),
                ),
                given: Given {
                    arrived_at: request
                        .sent_to_customer_date
                        .unwrap_or(request.created_date),
                    tags: settings.tags.clone(),
                    answer_seconds: settings.hours_to_answer * 3_600,
                    maximum_access_seconds: profile.maximum_access_seconds,
                    automatic_approval: settings.automatic_approval,
                    emergency: false,
                    ask: Ask {
                        tenant: request.tenant_id,
                        service: request.service_name,
                        ticket: request.service_request_number,
                        reason: request.reason,
                        duration_seconds: request.duration_seconds,
                        resources: request.resources,
                        data_categories: request.data_categories,
                        access_level: request.access_level,
                        operations: request.operations,
                        citizenship: request.citizenship,
                        location: request.location,
                    },
                },
            })
        })
    }
}

/// A simulation for people: how many of each, and a table of those that would have gone otherwise.
fn told(tried: &Simulated) -> String {
    let would: Vec<String> = Arrival::ALL
        .iter()
        .map(|one| {
            let count = tried.would.get(one).copied().unwrap_or_default();
            format!("{count} {}", one.as_str())
        })
        .collect();
    let mut lines = vec![format!(
        "{} request(s) tried{}: {}.",
        tried.tried,
        if tried.more {
            ", older ones left out"
        } else {
            ""
        },
        would.join(", ")
    )];
    for (rule, count) in &tried.rules {
        lines.push(format!("  rule '{rule}' applies to {count}"));
    }
    if tried.hooks_not_asked > 0 {
        lines.push(format!(
            "  {} would first be put to decision hooks, which are not asked here",
            tried.hooks_not_asked
        ));
    }
    if tried.different == 0 {
        lines.push("Each would have gone as it did.".to_owned());
        return lines.join("\n");
    }
    lines.push(format!(
        "{} would have gone otherwise than they did:",
        tried.different
    ));
    lines.push(row(["request", "service", "happened", "would", "rule"]));
    lines.extend(tried.differences.iter().map(difference));
    let hidden = tried.different - tried.differences.len() as u64;
    if hidden > 0 {
        lines.push(format!("and {hidden} more (--limit)"));
    }
    lines.join("\n")
}

fn difference(tried: &Tried) -> String {
    row([
        &shown(&tried.past.reference),
        &shown(&tried.past.given.ask.service),
        tried.past.happened.as_str(),
        tried.would.as_str(),
        tried.judgement.verdict.rule().unwrap_or_default(),
    ])
}

fn row([request, service, happened, would, rule]: [&str; 5]) -> String {
    let line = format!("{request:<14} {service:<12} {happened:<9} {would:<9} {rule}");
    line.trim_end().to_owned()
}

/// A text of the file, harmless to a terminal.
fn shown(text: &str) -> String {
    escape_bidi(&text.replace(char::is_control, " ")).into_owned()
}
