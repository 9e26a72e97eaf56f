//! The sections `[mail]` and `[notifications]`.

use super::file::{FileMail, FileNotices, FileNotifications};
use crate::clock::zones;
use crate::domain::notice::settings::NoticeSettings;
use crate::notify::Patience;
use crate::notify::mail::Mailer;
use crate::notify::mail::Way;
use crate::notify::mail::pickup::Pickup;
use crate::notify::mail::smtp::{self, Protection, Server, Smtp};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Who sends where nothing is said.
pub(super) const DEFAULT_FROM: &str = "Customer Lockbox <lockbox@localhost.localdomain>";

/// Name of the folder for mails in the data directory, where there is no server.
pub const MAIL_DIR_NAME: &str = "mail";

/// How long one SMTP command may take where nothing is said, in seconds.
const DEFAULT_TIMEOUT_SECONDS: u64 = 30;

/// Connections to the server where nothing is said.
const DEFAULT_CONNECTIONS: u32 = 4;

/// How mails are sent.
#[derive(Clone, Debug)]
pub struct Mail {
    /// Who sends.
    pub from: String,
    /// Page of a request.
    pub request_url: Option<String>,
    /// The server.
    pub server: Option<Server>,
    /// The folder, where there is no server.
    pub folder: PathBuf,
}

impl Mail {
    /// The mailer that these settings say; its pool needs a runtime.
    ///
    /// # Errors
    /// Where the certificate authority cannot be read.
    pub fn mailer(&self) -> Result<Mailer, String> {
        let way = match &self.server {
            Some(server) => Way::Smtp(Box::new(Smtp::new(server.clone())?)),
            None => Way::Pickup(Pickup::new(self.folder.clone())),
        };
        Ok(Mailer {
            from: self.from.clone(),
            request_url: self.request_url.clone(),
            way,
        })
    }
}

/// The settings of the section; what is wrong joins the problems.
pub(super) fn mail(file: FileMail, data_dir: &Path, problems: &mut Vec<String>) -> Mail {
    let mut wrong = |what: String| problems.push(format!("mail: {what}"));
    let from = file.from.unwrap_or_else(|| DEFAULT_FROM.to_owned());
    if let Err(why) = crate::letter::mime::check_sender(&from) {
        wrong(why);
    }
    if let Some(url) = &file.request_url
        && !(url.starts_with("https://") && url.contains("{identity}"))
    {
        wrong(format!(
            "request_url = '{url}' must begin with https:// and hold {{identity}}, which stands for the request's GUID."
        ));
    }
    let protection = match file.tls.as_deref() {
        None | Some("starttls") => Protection::StartTls,
        Some("implicit") => Protection::Implicit,
        Some(_) => Protection::None,
    };
    let server = file.server.map(|host| {
        let local = ["localhost", "127.0.0.1", "::1"].contains(&host.as_str());
        if protection == Protection::None && !local {
            wrong(format!(
                "tls = \"none\" sends mails and passwords in the clear to {host}; use \"starttls\" or \"implicit\", or a server on this host."
            ));
        }
        let login = match (file.username, file.password_file) {
            (None, None) => None,
            (Some(user), Some(path)) => {
                read(&path, &mut wrong).map(|password| (user, password.trim_end().to_owned()))
            }
            _ => {
                wrong("username and password_file belong together; give both or neither.".to_owned());
                None
            }
        };
        if login.is_some() && protection == Protection::None {
            wrong("a password is never sent without TLS; use \"starttls\" or \"implicit\".".to_owned());
        }
        Server {
            port: file.port.unwrap_or(match protection {
                Protection::StartTls => 587,
                Protection::Implicit => 465,
                Protection::None => 25,
            }),
            host,
            protection,
            ca: file
                .ca_file
                .and_then(|path| read(&path, &mut wrong))
                .map(String::into_bytes),
            login,
            timeout: Duration::from_secs(file.timeout_seconds.unwrap_or(DEFAULT_TIMEOUT_SECONDS)),
            connections: file.connections.unwrap_or(DEFAULT_CONNECTIONS),
        }
    });
    let mail = Mail {
        from,
        request_url: file.request_url,
        server,
        folder: file
            .pickup_dir
            .unwrap_or_else(|| data_dir.join(MAIL_DIR_NAME)),
    };
    let ca = mail.server.as_ref().and_then(|server| server.ca.as_deref());
    if let Some(Err(why)) = ca.map(smtp::authority) {
        problems.push(format!("mail: ca_file: {why}"));
    }
    mail
}

fn read(path: &Path, wrong: &mut impl FnMut(String)) -> Option<String> {
    match std::fs::read_to_string(path) {
        Ok(text) => Some(text),
        Err(error) => {
            wrong(format!("{}: {error}.", path.display()));
            None
        }
    }
}

/// How long is tried.
pub(super) fn patience(file: &FileNotifications) -> Patience {
    let default = Patience::default();
    Patience {
        give_up_seconds: file
            .give_up_hours
            .map_or(default.give_up_seconds, |hours| i64::from(hours) * 3_600),
    }
}

/// Who is told what at the provider, and how: it has no settings in the database, as whoever runs
/// the daemon is the provider.
pub(super) fn provider(file: FileNotices, problems: &mut Vec<String>) -> NoticeSettings {
    if let Some(Err(unknown)) = file.time_zone.as_deref().map(zones::zone) {
        problems.push(format!("notifications.provider.time_zone: {unknown}"));
    }
    NoticeSettings {
        language: file.language,
        time_zone: file.time_zone,
        security_contacts: file.security_contacts,
        extra_addresses: file.extra_addresses,
        alternates: file.alternates,
        link: false,
        switches: file.switches,
    }
    .normalised()
}

#[cfg(test)]
#[path = "mail_tests.rs"]
mod tests;
