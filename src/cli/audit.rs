//! `lockboxd audit`

use crate::audit::text::escape_bidi;
use crate::cli::client::Target;
use crate::cli::{ExitStatus, Failure, Output, print, print_json};
use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Map, Value};
use std::fs::File;
use std::io::Write;
use std::path::PathBuf;

/// Search, read and export the audit log.
#[derive(Subcommand)]
pub(super) enum Audit {
    /// Search the log, newest first
    Search(Search),
    /// One record, with the exact bytes and the values to prove it
    Get(Get),
    /// Export the log to a file or to standard output; leaves a record
    Export(Export),
}

#[derive(Args)]
struct Filters {
    /// From this instant (RFC 3339, such as 2026-11-21T00:00:00Z)
    #[arg(long, value_name = "INSTANT")]
    start: Option<String>,
    /// Up to, not including, this instant
    #[arg(long, value_name = "INSTANT")]
    end: Option<String>,
    /// Only this operation; repeatable
    #[arg(long)]
    operation: Vec<String>,
    /// Only this record type, by name or number
    #[arg(long)]
    record_type: Option<String>,
    /// Only this user; repeatable, * stands for any text
    #[arg(long)]
    user: Vec<String>,
    /// Only this address; repeatable
    #[arg(long)]
    ip: Vec<String>,
    /// Only this object; repeatable, * stands for any text
    #[arg(long)]
    object: Vec<String>,
    /// Only records that hold this text
    #[arg(long)]
    text: Option<String>,
}

impl Filters {
    fn params(self) -> Map<String, Value> {
        let mut params = Map::new();
        let one = |value: Option<String>| value.map(Value::from);
        let many = |list: Vec<String>| (!list.is_empty()).then(|| Value::from(list));
        for (name, value) in [
            ("startDate", one(self.start)),
            ("endDate", one(self.end)),
            ("recordType", one(self.record_type)),
            ("freeText", one(self.text)),
            ("operations", many(self.operation)),
            ("userIds", many(self.user)),
            ("ipAddresses", many(self.ip)),
            ("objectIds", many(self.object)),
        ] {
            if let Some(value) = value {
                params.insert(name.to_owned(), value);
            }
        }
        params
    }
}

#[derive(Args)]
pub(super) struct Search {
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    filters: Filters,
    /// At most so many records
    #[arg(long, default_value_t = 100)]
    size: u32,
    /// How to print the result
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

#[derive(Args)]
pub(super) struct Get {
    #[command(flatten)]
    target: Target,
    /// Id or sequence number of the record
    record: String,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// Comma separated, with the documented columns
    Csv,
    /// One full record per line
    Jsonl,
}

#[derive(Args)]
pub(super) struct Export {
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    filters: Filters,
    /// The form
    #[arg(long, value_enum, default_value = "csv")]
    format: Format,
    /// Write to this file, which must not exist, instead of standard output
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
}

impl Audit {
    pub(super) async fn run(self) -> Result<(), Failure> {
        match self {
            Self::Search(search) => search.run().await,
            Self::Get(get) => get.run().await,
            Self::Export(export) => export.run().await,
        }
    }
}

impl Search {
    async fn run(self) -> Result<(), Failure> {
        let mut params = self.filters.params();
        params.insert("resultSize".to_owned(), self.size.into());
        let result = self
            .target
            .client()?
            .call("audit.search", Value::Object(params))
            .await?;
        if self.output == Output::Json {
            return print_json(&result);
        }
        let records = result.get("records").and_then(Value::as_array);
        for record in records.into_iter().flatten() {
            let text = |name: &str| {
                escape_bidi(record.get(name).and_then(Value::as_str).unwrap_or_default())
            };
            print(&format!(
                "{}  {:22}  {:44}  {:32}  {}",
                text("date"),
                text("ip"),
                text("user"),
                text("activity"),
                text("item")
            ))?;
        }
        let total = result.get("total").and_then(Value::as_u64).unwrap_or(0);
        print(&format!("{total} record(s) match."))
    }
}

impl Get {
    async fn run(self) -> Result<(), Failure> {
        let mut params = Map::new();
        match self.record.parse::<u64>() {
            Ok(sequence) => params.insert("sequence".to_owned(), sequence.into()),
            Err(_) => params.insert("identity".to_owned(), self.record.into()),
        };
        let result = self
            .target
            .client()?
            .call("audit.get", Value::Object(params))
            .await?;
        print_json(&result)
    }
}

impl Export {
    async fn run(self) -> Result<(), Failure> {
        let mut out: Box<dyn Write> = match &self.file {
            Some(path) => Box::new(File::create_new(path).map_err(|error| {
                Failure::new(
                    ExitStatus::Io,
                    format!("{} cannot be written: {error}.", path.display()),
                )
            })?),
            None => Box::new(std::io::stdout().lock()),
        };
        let mut params = self.filters.params();
        let format = match self.format {
            Format::Csv => "csv",
            Format::Jsonl => "jsonl",
        };
        params.insert("format".to_owned(), format.into());
        let client = self.target.client()?;
        loop {
            let part = client
                .call("audit.export", Value::Object(params.clone()))
                .await?;
            let content = part.get("content").and_then(Value::as_str);
            out.write_all(content.unwrap_or_default().as_bytes())?;
            match part.get("nextCursor").and_then(Value::as_str) {
                Some(cursor) => params.insert("cursor".to_owned(), cursor.into()),
                None => return out.flush().map_err(Failure::from),
            };
        }
    }
}
