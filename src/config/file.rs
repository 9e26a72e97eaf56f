//! The configuration file as it is written, and how it is read.

use crate::contract::Contract;
use crate::domain::notice::settings::{Alternate, Language, Switch};
use crate::error::Error;
use crate::hook::OnFailure;
use crate::ids::PrincipalId;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The file as it is written; every key may be missing.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct File {
    pub(super) data_dir: Option<PathBuf>,
    pub(super) listen: Option<Vec<String>>,
    pub(super) socket: Option<PathBuf>,
    pub(super) allowed_hosts: Vec<String>,
    pub(super) allowed_origins: Vec<String>,
    pub(super) trusted_proxies: Vec<String>,
    pub(super) backup_dir: Option<PathBuf>,
    pub(super) high_water: Option<PathBuf>,
    pub(super) tls: FileTls,
    pub(super) egress: FileEgress,
    pub(super) unix_peers: BTreeMap<String, PrincipalId>,
    pub(super) names: FileNames,
    pub(super) limits: FileLimits,
    pub(super) timeouts: FileTimeouts,
    pub(super) log: FileLog,
    pub(super) services: Vec<FileService>,
    pub(super) profiles: Vec<FileProfile>,
    pub(super) hooks: BTreeMap<String, FileHook>,
    #[serde(default)]
    pub(super) mail: FileMail,
    #[serde(default)]
    pub(super) notifications: FileNotifications,
}

#[derive(Default, Deserialize, PartialEq)]
#[serde(default)]
pub(super) struct FileTls {
    pub(super) listen: Option<Vec<String>>,
    pub(super) certificate: Option<PathBuf>,
    pub(super) key: Option<PathBuf>,
    pub(super) client_ca: Option<PathBuf>,
    pub(super) client_certificates: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct FileEgress {
    pub(super) allow: Vec<String>,
    pub(super) ca_file: Option<PathBuf>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct FileNames {
    pub(super) box_service_account: Option<String>,
    pub(super) operator: Option<String>,
    pub(super) engineer: Option<String>,
    pub(super) originating_server: Option<String>,
    pub(super) forest: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct FileLimits {
    pub(super) pending_per_tenant: Option<u32>,
    pub(super) pending_per_engineer: Option<u32>,
    pub(super) body_bytes: Option<usize>,
    pub(super) header_bytes: Option<usize>,
    pub(super) batch_length: Option<usize>,
    pub(super) concurrent_calls: Option<usize>,
    pub(super) connections: Option<usize>,
    pub(super) connections_per_peer: Option<usize>,
    pub(super) unix_connections: Option<usize>,
    pub(super) streams_per_connection: Option<u32>,
    pub(super) queue_length: Option<usize>,
    pub(super) tokens_per_principal: Option<u32>,
    pub(super) refusals_per_minute: Option<u32>,
    pub(super) failed_attempts: Option<u32>,
    pub(super) failed_attempts_per_minute: Option<u32>,
    pub(super) calls_per_second: Option<u32>,
    pub(super) listeners: Option<u32>,
    pub(super) listeners_per_organization: Option<u32>,
    pub(super) listeners_per_token: Option<u32>,
    pub(super) events_kept_days: Option<u32>,
    pub(super) foreign_mails_per_hour: Option<u32>,
    pub(super) hooks_at_once: Option<usize>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct FileTimeouts {
    pub(super) first_byte: Option<u64>,
    pub(super) header: Option<u64>,
    pub(super) idle: Option<u64>,
    pub(super) body: Option<u64>,
    pub(super) write: Option<u64>,
    pub(super) drain: Option<u64>,
    pub(super) heartbeat: Option<u64>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct FileLog {
    pub(super) level: Option<String>,
    pub(super) format: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct FileService {
    pub(super) name: String,
    pub(super) profile: String,
}

#[derive(Deserialize)]
pub(super) struct FileProfile {
    pub(super) name: String,
    pub(super) review_hours: Option<u32>,
    pub(super) maximum_access_seconds: Option<i64>,
    pub(super) default_access_seconds: Option<i64>,
}

#[derive(Default, Deserialize)]
pub(super) struct FileMail {
    pub(super) from: Option<String>,
    pub(super) server: Option<String>,
    pub(super) port: Option<u16>,
    pub(super) tls: Option<String>,
    pub(super) username: Option<String>,
    pub(super) password_file: Option<PathBuf>,
    pub(super) ca_file: Option<PathBuf>,
    pub(super) timeout_seconds: Option<u64>,
    pub(super) connections: Option<u32>,
    pub(super) pickup_dir: Option<PathBuf>,
    pub(super) request_url: Option<String>,
}

#[derive(Default, Deserialize)]
pub(super) struct FileNotifications {
    pub(super) give_up_hours: Option<u32>,
    #[serde(default)]
    pub(super) provider: FileNotices,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct FileNotices {
    pub(super) language: Language,
    pub(super) time_zone: Option<String>,
    pub(super) security_contacts: Vec<String>,
    pub(super) extra_addresses: Vec<String>,
    pub(super) alternates: Vec<Alternate>,
    pub(super) switches: Vec<Switch>,
}

#[derive(Deserialize)]
pub(super) struct FileHook {
    pub(super) program: Option<PathBuf>,
    pub(super) url: Option<String>,
    pub(super) key_file: Option<PathBuf>,
    #[serde(default)]
    pub(super) allow: Vec<String>,
    #[serde(default)]
    pub(super) arguments: Vec<String>,
    pub(super) timeout_seconds: Option<u64>,
    pub(super) memory_mib: Option<u64>,
    pub(super) uid: Option<u32>,
    pub(super) gid: Option<u32>,
    #[serde(default)]
    pub(super) reads: Vec<PathBuf>,
    pub(super) on_failure: Option<OnFailure>,
}

/// Reads a file; what is wrong with it joins the problems.
pub(super) fn read_file(path: &Path, problems: &mut Vec<String>) -> File {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => {
            problems.push(format!("{}: {error}.", path.display()));
            return File::default();
        }
    };
    let value: Value = match toml::from_str(&text) {
        Ok(value) => value,
        Err(error) => {
            problems.push(format!("{}: {error}", path.display()));
            return File::default();
        }
    };
    let found = match Contract::load() {
        Ok(contract) => contract.config_problems(&value),
        Err(error) => vec![error],
    };
    problems.extend(found.iter().map(|error| described(path, error)));
    serde_json::from_value(without_faulty(value, &found)).unwrap_or_else(|error| {
        if found.is_empty() {
            problems.push(format!("{}: {error}.", path.display()));
        }
        File::default()
    })
}

/// The sound part of a file, so that it is judged too and every problem shows at once.
fn without_faulty(mut value: Value, found: &[Error]) -> Value {
    for error in found {
        let faulty = pointer(error)
            .split('/')
            .nth(1)
            .and_then(|key| value.as_object_mut()?.remove(key));
        if faulty.is_none() && pointer(error).is_empty() {
            return Value::Object(serde_json::Map::new());
        }
    }
    value
}

fn pointer(error: &Error) -> &str {
    error
        .detail("pointer")
        .and_then(Value::as_str)
        .unwrap_or_default()
}

fn described(path: &Path, error: &Error) -> String {
    format!(
        "{} {}: {} {}",
        path.display(),
        pointer(error),
        error.message(),
        error.remedy()
    )
}
