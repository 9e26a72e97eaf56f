//! Typed settings: a TOML file, then the environment, then flags. Every problem is reported at
//! once, and nothing is bound before there is none.

mod egress;
mod file;
mod hooks;
mod mail;
mod services;
mod tls;

pub use egress::Egress;
pub use mail::{MAIL_DIR_NAME, Mail};
pub use tls::Tls;

use crate::domain::catalog::Catalog;
use crate::domain::notice::settings::NoticeSettings;
use crate::hook::Hooks;
use crate::http;
use crate::ids::PrincipalId;
use crate::jsonrpc;
use crate::notify::Patience;
use crate::service::{Limits, Names};
use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use file::{File, FileNames, read_file};

/// Where the daemon listens where nothing is said.
pub const DEFAULT_LISTEN: &str = "127.0.0.1:8420";

/// Name of the Unix socket in the data directory.
pub const SOCKET_NAME: &str = "lockboxd.sock";

/// Name of the directory for backups in the data directory.
pub const BACKUP_DIR_NAME: &str = "backups";

/// Name of the high-water file in the data directory.
pub const HIGH_WATER_NAME: &str = "high-water.json";

/// Everything that the daemon is told.
#[derive(Clone, Debug)]
pub struct Config {
    /// Directory of the database.
    pub data_dir: PathBuf,
    /// Addresses to listen on with plain HTTP; only loopback.
    pub listen: Vec<SocketAddr>,
    /// Decision hooks that tenants can choose, by name.
    pub hooks: Hooks,
    /// How mails are sent.
    pub mail: Mail,
    /// How long a notification is tried.
    pub patience: Patience,
    /// Who is told what at the provider, and how.
    pub provider_notices: NoticeSettings,
    /// Where TLS is spoken, and with what.
    pub tls: Option<Tls>,
    /// What is connected to for others.
    pub egress: Egress,
    /// The Unix socket.
    pub socket: PathBuf,
    /// Where backups are written.
    pub backup_dir: PathBuf,
    /// The high-water file.
    pub high_water: PathBuf,
    /// Host uids that stand for principals.
    pub unix_peers: BTreeMap<u32, PrincipalId>,
    /// Names in records.
    pub names: Names,
    /// Limits of the use cases.
    pub limits: Limits,
    /// Limits of the HTTP server.
    pub http: http::Limits,
    /// Names, web pages and proxies that the HTTP server believes.
    pub trust: http::Trust,
    /// Limits of JSON-RPC.
    pub jsonrpc: jsonrpc::Limits,
    /// Changes that may wait for the writer, in each lane.
    pub queue_length: usize,
    /// Requests that are put to their decision hooks at once.
    pub hooks_at_once: usize,
    /// What is logged: `error`, `warn`, `info`, `debug` or `trace`.
    pub log_level: String,
    /// Whether the log is written as JSON lines.
    pub log_json: bool,
    /// Services and profiles.
    pub catalog: Catalog,
    /// What to tell the operator although it is no problem yet; of certificates only where
    /// [`Config::load_to_serve`] has read them.
    pub warnings: Vec<String>,
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

impl Config {
    /// Reads the configuration.
    ///
    /// # Errors
    /// Every problem at once.
    pub fn load(overrides: &Overrides) -> Result<Self, Problems> {
        Self::read(overrides, |_, _| Vec::new())
    }

    /// The same, with the files that only `serve` needs: commands that repair something must not
    /// depend on a certificate.
    ///
    /// # Errors
    /// Every problem at once.
    pub fn load_to_serve(overrides: &Overrides) -> Result<Self, Problems> {
        Self::read(overrides, |file, problems| {
            egress::check_files(&file.egress, problems);
            tls::check_files(&file.tls, problems)
        })
    }

    fn read(
        overrides: &Overrides,
        check_files: impl Fn(&File, &mut Vec<String>) -> Vec<String>,
    ) -> Result<Self, Problems> {
        let mut problems = Vec::new();
        let file = match &overrides.file {
            Some(path) => read_file(path, &mut problems),
            None => File::default(),
        };
        let warnings = check_files(&file, &mut problems);
        let mut config = Self {
            warnings,
            ..Self::from_file(file, overrides, &mut problems)
        };
        config.warnings.extend(without_names(&config));
        config.warnings.extend(peers_behind_a_proxy(&config));
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
        let backup_dir = file
            .backup_dir
            .unwrap_or_else(|| data_dir.join(BACKUP_DIR_NAME));
        let high_water = file
            .high_water
            .unwrap_or_else(|| data_dir.join(HIGH_WATER_NAME));
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
        let trust = trust(
            &file.allowed_hosts,
            &file.allowed_origins,
            &file.trusted_proxies,
            problems,
        );
        let egress = egress::settings(&file.egress, problems);
        let key_files = file.hooks.values().filter_map(|hook| hook.key_file.clone());
        let named = [
            overrides.file.clone(),
            file.tls.key.clone(),
            file.mail.password_file.clone(),
        ];
        let mut secret = vec![data_dir.clone(), backup_dir.clone(), high_water.clone()];
        secret.extend(named.into_iter().flatten().chain(key_files));
        let hooks = hooks::hooks(file.hooks, &egress.guard, &secret, problems);
        let mail = mail::mail(file.mail, &data_dir, problems);
        let http = http::Limits::default();
        let limits = Limits::default();
        Self {
            socket,
            backup_dir,
            high_water,
            data_dir,
            listen,
            hooks,
            mail,
            patience: mail::patience(&file.notifications),
            provider_notices: mail::provider(file.notifications.provider, problems),
            tls: tls::settings(&file.tls, problems),
            egress,
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
                refusals_per_minute: file
                    .limits
                    .refusals_per_minute
                    .unwrap_or(limits.refusals_per_minute),
                tokens_per_principal: file
                    .limits
                    .tokens_per_principal
                    .unwrap_or(limits.tokens_per_principal),
                failed_attempts: file
                    .limits
                    .failed_attempts
                    .unwrap_or(limits.failed_attempts),
                failed_attempts_per_minute: file
                    .limits
                    .failed_attempts_per_minute
                    .unwrap_or(limits.failed_attempts_per_minute),
                calls_per_second: file
                    .limits
                    .calls_per_second
                    .unwrap_or(limits.calls_per_second),
                listeners: file.limits.listeners.unwrap_or(limits.listeners),
                listeners_per_organization: file
                    .limits
                    .listeners_per_organization
                    .unwrap_or(limits.listeners_per_organization),
                listeners_per_token: file
                    .limits
                    .listeners_per_token
                    .unwrap_or(limits.listeners_per_token),
                events_kept_days: file
                    .limits
                    .events_kept_days
                    .unwrap_or(limits.events_kept_days),
                foreign_mails_per_hour: file
                    .limits
                    .foreign_mails_per_hour
                    .unwrap_or(limits.foreign_mails_per_hour),
            },
            trust,
            http: http::Limits {
                body_bytes: file.limits.body_bytes.unwrap_or(http.body_bytes),
                header_bytes: file.limits.header_bytes.unwrap_or(http.header_bytes),
                concurrent_calls: file
                    .limits
                    .concurrent_calls
                    .unwrap_or(http.concurrent_calls),
                connections: file.limits.connections.unwrap_or(http.connections),
                connections_per_peer: file
                    .limits
                    .connections_per_peer
                    .unwrap_or(http.connections_per_peer),
                unix_connections: file
                    .limits
                    .unix_connections
                    .unwrap_or(http.unix_connections),
                streams: file.limits.streams_per_connection.unwrap_or(http.streams),
                first_byte: seconds(file.timeouts.first_byte, http.first_byte),
                header_time: seconds(file.timeouts.header, http.header_time),
                idle_time: seconds(file.timeouts.idle, http.idle_time),
                body_time: seconds(file.timeouts.body, http.body_time),
                write_time: seconds(file.timeouts.write, http.write_time),
                heartbeat: seconds(file.timeouts.heartbeat, http.heartbeat),
                drain: seconds(file.timeouts.drain, http.drain),
            },
            jsonrpc: jsonrpc::Limits {
                batch_length: file
                    .limits
                    .batch_length
                    .unwrap_or(jsonrpc::Limits::default().batch_length),
            },
            queue_length: file.limits.queue_length.unwrap_or(1024),
            hooks_at_once: file.limits.hooks_at_once.unwrap_or(crate::hook::AT_ONCE),
            log_level: file.log.level.unwrap_or_else(|| "info".to_owned()),
            log_json: file.log.format.as_deref() == Some("json"),
            catalog: services::catalog(file.services, file.profiles, problems),
            warnings: Vec::new(),
        }
    }
}

fn addresses(texts: &[String], problems: &mut Vec<String>) -> Vec<SocketAddr> {
    let mut found = Vec::new();
    for text in texts {
        match text.parse::<SocketAddr>() {
            Ok(address) if address.ip().to_canonical().is_loopback() => found.push(address),
            Ok(address) => problems.push(format!(
                "listen: {address} can be reached from other machines, and plain HTTP is for this one only; listen there with TLS (listen, certificate and key under [tls]), or here on 127.0.0.1 or [::1]."
            )),
            Err(_) => problems.push(format!(
                "listen: '{text}' is no address with a port, such as {DEFAULT_LISTEN}."
            )),
        }
    }
    found
}

/// That other machines may come, but only by address.
fn without_names(config: &Config) -> Option<String> {
    let listen = config.tls.as_ref().map(|tls| tls.listen.as_slice());
    let others = |address: &SocketAddr| !address.ip().to_canonical().is_loopback();
    let alone = config.trust.hosts.is_empty() && listen.unwrap_or_default().iter().any(others);
    alone.then(|| {
        "allowed_hosts: no name is given, so calls over TLS are answered under addresses only; add the names of the certificate that people type."
            .to_owned()
    })
}

/// That a proxy on the Unix socket may be taken for a user of this machine.
fn peers_behind_a_proxy(config: &Config) -> Option<String> {
    let both = config.trust.proxies.trusts_unix() && !config.unix_peers.is_empty();
    both.then(|| {
        "trusted_proxies: 'unix' stands beside unix_peers, so what a proxy passes on without a forwarding header counts as the proxy's own user; let the proxy run as a user that unix_peers does not name, or connect by TCP."
            .to_owned()
    })
}

/// The schema has judged names and origins.
fn trust(
    hosts: &[String],
    origins: &[String],
    proxies: &[String],
    problems: &mut Vec<String>,
) -> http::Trust {
    let mut believed = http::Proxies::default();
    for text in proxies {
        if let Err(why) = believed.add(text) {
            problems.push(format!("trusted_proxies: {why}"));
        }
    }
    http::Trust {
        hosts: hosts.iter().map(|host| host.to_lowercase()).collect(),
        origins: origins.to_vec(),
        proxies: believed,
    }
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

#[cfg(test)]
#[path = "config_tests.rs"]
mod tests;
