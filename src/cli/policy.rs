//! `lockboxd policy`

mod past;

use crate::cli::{ExitStatus, Failure, Output, print, print_json};
use crate::clock::zones;
use crate::contract::Contract;
use crate::crypto::canonical::canonical_json;
use crate::domain::catalog::Catalog;
use crate::domain::organization::DEFAULT_HOURS_TO_ANSWER;
use crate::domain::policy::Policy as Compiled;
use crate::domain::policy::check::{Surroundings, surroundings};
use crate::domain::policy::document::Document;
use crate::domain::policy::effective::Problem;
use crate::service::policy::DOCUMENT_BYTES;
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The largest file that is read, in bytes: blanks do not count where it is kept.
const LARGEST_FILE: u64 = 1024 * 1024;

/// Policies as files.
#[derive(Subcommand)]
pub(super) enum Policy {
    /// Check a policy file, without a daemon
    ///
    /// Prints everything that is wrong with it: where, why, and what to write instead. Warnings are
    /// about what only a daemon knows: its services, and the tenant's hours to answer. Its people
    /// and decision hooks are checked when the policy is put in force.
    ///
    /// Exit codes: 0 the policy is sound, 65 it is not, 66 there is no such file.
    #[command(verbatim_doc_comment)]
    Check(Check),
    /// Export your organization's past requests, for 'policy simulate'
    ///
    /// Reads them from a running daemon, newest first, at most 100000, with the settings that they are
    /// judged by; prints one JSON document. It holds what the requests say, so keep it as you keep them.
    /// A token with the role SecurityReader is enough.
    #[command(verbatim_doc_comment)]
    Export(past::Export),
    /// Try a policy file on exported requests, without a daemon
    ///
    /// Says what would have become of each request under the policy, and which would have gone otherwise
    /// than they did: the same as the method policy.simulate.
    ///
    /// Exit codes: 0 tried, 1 some would have gone otherwise and --fail-on-difference was said, 65 the
    /// policy or the export is not sound, 66 there is no such file.
    #[command(verbatim_doc_comment)]
    Simulate(past::Simulate),
}

#[derive(Args)]
pub(super) struct Check {
    /// The policy (JSON); - reads standard input
    file: PathBuf,
    /// How to print the result
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

impl Policy {
    pub(super) async fn run(self) -> Result<(), Failure> {
        match self {
            Self::Check(check) => check.run(),
            Self::Export(export) => export.run().await,
            Self::Simulate(simulate) => simulate.run(),
        }
    }
}

impl Check {
    fn run(self) -> Result<(), Failure> {
        let text = read(&self.file, LARGEST_FILE)?;
        let file = self.file.display();
        match (self.output, check(&text)?) {
            (Output::Text, Ok(Sound { policy, warnings })) => {
                for warning in &warnings {
                    print(&format!("Warning: {}", line(warning)))?;
                }
                let document = policy.document();
                print(&format!(
                    "{file} is sound: {} rule(s), {} calendar(s).\nSHA-256 {}",
                    document.rules.len(),
                    document.calendars.len(),
                    policy.hash()
                ))
            }
            (Output::Json, Ok(Sound { policy, warnings })) => {
                print_json(&json!({"problems": [], "warnings": warnings, "hash": policy.hash()}))
            }
            (output, Err(problems)) => {
                if matches!(output, Output::Json) {
                    print_json(&json!({"problems": problems, "warnings": [], "hash": null}))?;
                }
                let lines: Vec<String> = problems.iter().map(line).collect();
                Err(Failure::new(ExitStatus::Data, lines.join("\n")))
            }
        }
    }
}

fn line(problem: &Problem) -> String {
    let Problem {
        pointer,
        message,
        suggestion,
    } = problem;
    if message.contains(pointer.as_str()) {
        format!("{message} {suggestion}")
    } else {
        format!("{pointer}: {message} {suggestion}")
    }
}

fn read(path: &Path, largest: u64) -> Result<Vec<u8>, Failure> {
    let named = |error: std::io::Error| {
        let status = match error.kind() {
            std::io::ErrorKind::NotFound => ExitStatus::NoInput,
            _ => ExitStatus::Io,
        };
        Failure::new(
            status,
            format!("{} cannot be read: {error}.", path.display()),
        )
    };
    let mut text = Vec::new();
    let source: Box<dyn Read> = if path == Path::new("-") {
        Box::new(std::io::stdin().lock())
    } else {
        Box::new(File::open(path).map_err(named)?)
    };
    source
        .take(largest + 1)
        .read_to_end(&mut text)
        .map_err(named)?;
    if text.len() as u64 > largest {
        let text = format!(
            "{} is larger than {largest} bytes, so it is not read.",
            path.display()
        );
        return Err(Failure::new(ExitStatus::Data, text));
    }
    Ok(text)
}

struct Sound {
    policy: Compiled,
    warnings: Vec<Problem>,
}

/// Holds a file against the schema, and its document against everything that can be known here.
fn check(text: &[u8]) -> Result<Result<Sound, Vec<Problem>>, Failure> {
    let unreadable = |error: serde_json::Error| {
        vec![Problem {
            pointer: String::new(),
            message: format!("It cannot be read: {error}."),
            suggestion: "Write JSON in UTF-8, as schemas/policy.schema.json describes it."
                .to_owned(),
        }]
    };
    let value: Value = match serde_json::from_slice(text) {
        Ok(value) => value,
        Err(error) => return Ok(Err(unreadable(error))),
    };
    let wrong = Contract::load()?.policy_problems(&value);
    if !wrong.is_empty() {
        return Ok(Err(wrong.iter().map(Problem::from).collect()));
    }
    let bytes = canonical_json(&value).map_or(0, |text| text.len());
    if bytes > DOCUMENT_BYTES {
        return Ok(Err(vec![Problem {
            pointer: String::new(),
            message: format!(
                "Without its blanks it has {bytes} bytes, more than the {DOCUMENT_BYTES} that a daemon keeps."
            ),
            suggestion: "Make it smaller: old holidays and lists can go.".to_owned(),
        }]));
    }
    let document: Document = match serde_json::from_value(value) {
        Ok(document) => document,
        Err(error) => return Ok(Err(unreadable(error))),
    };
    let zones = document
        .zone_names()
        .map(|name| (name.to_owned(), zones::zone(name)))
        .collect();
    Ok(Compiled::compile(document, &zones).map(|policy| {
        let document = policy.document();
        let hooks: Vec<String> = document
            .rules
            .iter()
            .filter_map(|rule| rule.ask.as_ref()?.hook.clone())
            .collect();
        let warnings = surroundings(
            document,
            &Surroundings {
                catalog: &Catalog::default(),
                hooks: &hooks,
                hours_to_answer: DEFAULT_HOURS_TO_ANSWER,
            },
        );
        Sound { policy, warnings }
    }))
}
