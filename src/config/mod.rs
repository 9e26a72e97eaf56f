//! Typed settings: a TOML file, then the environment, then flags. Every problem is reported at
//! once, and nothing is bound before there is none.

use crate::contract::Contract;
use crate::domain::catalog::{Catalog, Profile, Service};
use crate::error::Error;
use crate::http;
use crate::ids::PrincipalId;
use crate::jsonrpc;
use crate::service::{Limits, Names};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Where the daemon listens where nothing is said.
pub const DEFAULT_LISTEN: &str = "127.0.0.1:8420";

/// Name of the Unix socket in the data directory.
pub const SOCKET_NAME: &str = "lockboxd.sock";

/// Everything that the daemon is told.
#[derive(Clone, Debug)]
pub struct Config {
    /// Directory of the database.
    pub data_dir: PathBuf,
    /// Addresses to listen on.
    pub listen: Vec<SocketAddr>,
    /// The Unix socket.
    pub socket: PathBuf,
    /// Host uids that stand for principals.
    pub unix_peers: BTreeMap<u32, PrincipalId>,
    /// Names in records.
    pub names: Names,
    /// Limits of the use cases.
    pub limits: Limits,
    /// Limits of the HTTP server.
    pub http: http::Limits,
    /// Limits of JSON-RPC.
    pub jsonrpc: jsonrpc::Limits,
    /// Changes that may wait for the writer, in each lane.
    pub queue_length: usize,
    /// What is logged: `error`, `warn`, `info`, `debug` or `trace`.
    pub log_level: String,
    /// Whether the log is written as JSON lines.
    pub log_json: bool,
    /// Services and profiles.
    pub catalog: Catalog,
}

/// What stands above the file: flags and the environment, read by the command line.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// `--config`
    pub file: Option<PathBuf>,
    /// `--data-dir` or `LOCKBOX_DATA_DIR`
    pub data_dir: Option<PathBuf>,
    /// `--listen`
    pub listen: Vec<String>,
}

/// Everything that is wrong with a configuration.
#[derive(Debug)]
pub struct Problems(pub Vec<String>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "The configuration has {} problem(s):", self.0.len())?;
        for problem in &self.0 {
            writeln!(f, "  - {problem}")?;
        }
        f.write_str("Nothing was started.")
    }
}

impl std::error::Error for Problems {}

/// The file as it is written; every key may be missing.
#[derive(Default, Deserialize)]
#[serde(default)]
struct File {
    data_dir: Option<PathBuf>,
    listen: Option<Vec<String>>,
    socket: Option<PathBuf>,
    unix_peers: BTreeMap<String, PrincipalId>,
    names: FileNames,
    limits: FileLimits,
    timeouts: FileTimeouts,
    log: FileLog,
    services: Vec<FileService>,
    profiles: Vec<FileProfile>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct FileNames {
    box_service_account: Option<String>,
    operator: Option<String>,
    engineer: Option<String>,
    originating_server: Option<String>,
    forest: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct FileLimits {
    pending_per_tenant: Option<u32>,
    pending_per_engineer: Option<u32>,
    body_bytes: Option<usize>,
    header_bytes: Option<usize>,
    batch_length: Option<usize>,
    concurrent_calls: Option<usize>,
    connections: Option<usize>,
    queue_length: Option<usize>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct FileTimeouts {
    first_byte: Option<u64>,
    header: Option<u64>,
    idle: Option<u64>,
    body: Option<u64>,
    drain: Option<u64>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct FileLog {
    level: Option<String>,
    format: Option<String>,
}

#[derive(Deserialize)]
struct FileService {
    name: String,
    profile: String,
}

#[derive(Deserialize)]
struct FileProfile {
    name: String,
    review_hours: Option<u32>,
    maximum_access_seconds: Option<i64>,
    default_access_seconds: Option<i64>,
}

impl Config {
    /// Reads the configuration.
    ///
    /// # Errors
    /// Every problem at once.
    pub fn load(overrides: &Overrides) -> Result<Self, Problems> {
        let mut problems = Vec::new();
        let file = match &overrides.file {
            Some(path) => read_file(path, &mut problems),
            None => File::default(),
        };
        let config = Self::from_file(file, overrides, &mut problems);
        if problems.is_empty() {
            Ok(config)
        } else {
            Err(Problems(problems))
        }
    }

    fn from_file(file: File, overrides: &Overrides, problems: &mut Vec<String>) -> Self {
        let data_dir = overrides.data_dir.clone().or(file.data_dir);
        if data_dir.is_none() {
            problems.push(
                "data_dir: no data directory is given; use --data-dir, LOCKBOX_DATA_DIR or data_dir in the file."
                    .to_owned(),
            );
        }
        let data_dir = data_dir.unwrap_or_default();
        let listen = if overrides.listen.is_empty() {
            file.listen
                .unwrap_or_else(|| vec![DEFAULT_LISTEN.to_owned()])
        } else {
            overrides.listen.clone()
        };
        let listen = addresses(&listen, problems);
        let socket = file.socket.unwrap_or_else(|| data_dir.join(SOCKET_NAME));
        let length = socket.as_os_str().len();
        if length > http::LONGEST_SOCKET_PATH {
            problems.push(format!(
                "socket: the path {} has {length} bytes, and at most {} work; name a shorter one with socket in the file.",
                socket.display(),
                http::LONGEST_SOCKET_PATH
            ));
        }
        let mut unix_peers = BTreeMap::new();
        for (uid, principal) in file.unix_peers {
            match uid.parse() {
                Ok(uid) => {
                    unix_peers.insert(uid, principal);
                }
                Err(_) => problems.push(format!("unix_peers: '{uid}' is no user id.")),
            }
        }
        let seconds =
            |value: Option<u64>, default: Duration| value.map_or(default, Duration::from_secs);
        let http = http::Limits::default();
        let limits = Limits::default();
        Self {
            socket,
            data_dir,
            listen,
            unix_peers,
            names: names(file.names),
            limits: Limits {
                pending_per_tenant: file
                    .limits
                    .pending_per_tenant
                    .unwrap_or(limits.pending_per_tenant),
                pending_per_engineer: file
                    .limits
                    .pending_per_engineer
                    .unwrap_or(limits.pending_per_engineer),
                ..limits
            },
            http: http::Limits {
                body_bytes: file.limits.body_bytes.unwrap_or(http.body_bytes),
                header_bytes: file.limits.header_bytes.unwrap_or(http.header_bytes),
                concurrent_calls: file
                    .limits
                    .concurrent_calls
                    .unwrap_or(http.concurrent_calls),
                connections: file.limits.connections.unwrap_or(http.connections),
                first_byte: seconds(file.timeouts.first_byte, http.first_byte),
                header_time: seconds(file.timeouts.header, http.header_time),
                idle_time: seconds(file.timeouts.idle, http.idle_time),
                body_time: seconds(file.timeouts.body, http.body_time),
                drain: seconds(file.timeouts.drain, http.drain),
            },
            jsonrpc: jsonrpc::Limits {
                batch_length: file
                    .limits
                    .batch_length
                    .unwrap_or(jsonrpc::Limits::default().batch_length),
            },
            queue_length: file.limits.queue_length.unwrap_or(1024),
            log_level: file.log.level.unwrap_or_else(|| "info".to_owned()),
            log_json: file.log.format.as_deref() == Some("json"),
            catalog: catalog(file.services, file.profiles, problems),
        }
    }
}

fn read_file(path: &Path, problems: &mut Vec<String>) -> File {
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

fn addresses(texts: &[String], problems: &mut Vec<String>) -> Vec<SocketAddr> {
    let mut found = Vec::new();
    for text in texts {
        match text.parse::<SocketAddr>() {
            Ok(address) if address.ip().to_canonical().is_loopback() => found.push(address),
            Ok(address) => problems.push(format!(
                "listen: {address} can be reached from other machines, and this version has no TLS; listen on 127.0.0.1 or [::1]."
            )),
            Err(_) => problems.push(format!(
                "listen: '{text}' is no address with a port, such as {DEFAULT_LISTEN}."
            )),
        }
    }
    found
}

fn names(file: FileNames) -> Names {
    let names = Names::default();
    Names {
        service_account: file
            .box_service_account
            .or_else(|| {
                file.forest
                    .map(|forest| format!("BOXServiceAccount@{forest}.prod.outlook.com"))
            })
            .unwrap_or(names.service_account),
        operator: file.operator.unwrap_or(names.operator),
        engineer: file.engineer.unwrap_or(names.engineer),
        server: file.originating_server.unwrap_or(names.server),
        ..names
    }
}

fn catalog(
    services: Vec<FileService>,
    profiles: Vec<FileProfile>,
    problems: &mut Vec<String>,
) -> Catalog {
    let mut catalog = Catalog::default();
    for profile in profiles {
        if catalog.profile(&profile.name).is_some() {
            problems.push(format!("profiles: there are two '{}'.", profile.name));
            continue;
        }
        let standard = Profile::microsoft365();
        let maximum = profile
            .maximum_access_seconds
            .unwrap_or(standard.maximum_access_seconds);
        let default = profile
            .default_access_seconds
            .unwrap_or_else(|| standard.default_access_seconds.min(maximum));
        if default > maximum {
            problems.push(format!(
                "profiles: '{}' has a default access of {default} s, more than its longest of {maximum} s.",
                profile.name
            ));
        }
        catalog.profiles.push(Profile {
            name: profile.name,
            review_hours: profile.review_hours.unwrap_or(standard.review_hours),
            maximum_access_seconds: maximum,
            default_access_seconds: default,
        });
    }
    for service in services {
        if catalog.service(&service.name).is_some() {
            problems.push(format!("services: there are two '{}'.", service.name));
        } else if catalog.profile(&service.profile).is_none() {
            problems.push(format!(
                "services: '{}' follows the profile '{}', which does not exist.",
                service.name, service.profile
            ));
        } else {
            catalog.services.push(Service {
                name: service.name,
                profile: service.profile,
            });
        }
    }
    catalog
}

#[cfg(test)]
#[path = "config_tests.rs"]
mod tests;
