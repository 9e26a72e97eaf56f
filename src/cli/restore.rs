//! `lockboxd restore`

use crate::cli::{Failure, Output, Place, print, print_json};
use crate::config::Config;
use crate::daemon::{Opened, open_at, services, stored_time};
use crate::error::Error;
use crate::service::backup::file_stamp;
use crate::service::restore::{RestoreFrom, Restored};
use crate::store::sqlite::SqliteStore;
use crate::store::{HighWater, Store};
use clap::Args;
use serde_json::{Value, json};
use std::fmt::Write;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// What still works after a restore.
const UNIX_PEERS: &str = "unix_peers in the configuration still lets these users of this machine in without a token; see that each is who it should be.";

/// Bring back a backup, while the daemon is stopped; recorded in every audit log.
///
/// The backup is checked first. Every log ends and another begins, whose first record names the
/// old one; old records stay. Live access is revoked, open requests expire, and all tokens and
/// codes end. Prints, this once, a new token for an administrator of the provider, and a code for
/// one of each tenant, to be handed over.
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Restore {
    #[command(flatten)]
    place: Place,
    /// The backup, which stays as it is
    backup: PathBuf,
    /// Who restores: an administrator of the provider (default: the first one)
    #[arg(long, value_name = "ADDRESS")]
    admin: Option<String>,
    /// Move a database that is there aside; it is never deleted
    #[arg(long)]
    replace: bool,
    /// How to print the result
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

impl Restore {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let config = Config::load(&self.place.overrides(Vec::new()))?;
        let high_water = HighWater::read(&config.high_water)?;
        let staged = SqliteStore::stage(&self.backup, &config.data_dir, self.replace)?;
        let backed_up = stored_time(staged.staging(), None)?;
        let floor = high_water.as_ref().and_then(|mark| mark.time);
        let time = stored_time(staged.staging(), floor)?;
        let test_clock = time.test_offset_millis.is_some();
        let (store, clock): Opened =
            open_at(staged.staging(), config.queue_length, test_clock, &time)?;
        let services = services(&config, &store, clock);
        let host_user = host_user();
        let restored = services
            .restore(&RestoreFrom {
                logs: staged.logs(),
                time: backed_up.mark,
                high_water: high_water.as_ref(),
                host_user: &host_user,
                admin: self.admin.as_deref(),
            })
            .await?;
        let mark = store.high_water().await?;
        let aside = format!("replaced-{}", file_stamp(services.now()));
        // Everybody who has it open goes first.
        drop(services);
        drop(store);
        let aside = staged.install(&aside)?;
        let written = mark.write(&config.high_water);
        let warning = (!config.unix_peers.is_empty()).then_some(UNIX_PEERS);
        // Whatever becomes of that file: these secrets are shown only now.
        match self.output {
            Output::Json => {
                let mut shown = shape(&config.data_dir, aside.as_deref(), &restored);
                if let (Some(shown), Some(warning)) = (shown.as_object_mut(), warning) {
                    shown.insert("warning".to_owned(), warning.into());
                }
                print_json(&shown)
            }
            Output::Text => {
                let said = text(&config.data_dir, aside.as_deref(), &restored)?;
                let warning = warning.map(|warning| format!("Warning: {warning}\n\n"));
                print(&(warning.unwrap_or_default() + &said))
            }
        }?;
        written.map_err(Failure::from)
    }
}

fn shape(dir: &Path, aside: Option<&Path>, restored: &Restored) -> Value {
    let tenants: Vec<Value> = restored
        .tenants
        .iter()
        .map(|(org, invited)| {
            json!({
                "tenantId": org.id.to_string(),
                "tenant": org.name,
                "claimed": org.claimed_at.is_some(),
                "administrator": invited.as_ref().map(|(admin, _)| admin.label()),
                "enrolmentCode": invited.as_ref().map(|(_, code)| code.secret.reveal()),
                "enrolmentCodeExpirationDate":
                    invited.as_ref().map(|(_, code)| code.expires_at.to_string()),
            })
        })
        .collect();
    json!({
        "dataDir": dir,
        "replaced": aside,
        "organization": restored.provider.name,
        "administrator": restored.admin.label(),
        "token": restored.token.secret.reveal(),
        "expirationDate": restored.token.expires_at.to_string(),
        "revokedGrants": restored.revoked,
        "expiredRequests": restored.expired,
        "tenants": tenants,
    })
}

fn text(dir: &Path, aside: Option<&Path>, restored: &Restored) -> Result<String, Failure> {
    let mut out = String::new();
    let mut say = |line: String| writeln!(out, "{line}").map_err(Error::internal);
    say(format!(
        "Restored into {}: {} grant(s) revoked, {} open request(s) expired, all tokens and codes ended.",
        dir.display(),
        restored.revoked,
        restored.expired
    ))?;
    if let Some(aside) = aside {
        say(format!("What was there lies in {}.", aside.display()))?;
    }
    say(format!(
        "\nThe new token of {}, shown this once, ends on {}:\n\n  {}\n",
        restored.admin.label(),
        restored.token.expires_at,
        restored.token.secret.reveal()
    ))?;
    for (org, invited) in &restored.tenants {
        say(match invited {
            Some((admin, code)) => format!(
                "{}: hand this code to {}, who enrols with it until {}:\n\n  {}\n",
                org.name,
                admin.label(),
                code.expires_at,
                code.secret.reveal()
            ),
            None if org.claimed_at.is_none() => {
                format!(
                    "{}: nobody has claimed it; make a new code with tenant.invite.",
                    org.name
                )
            }
            None => format!(
                "{}: it has no enabled administrator; see lockboxd tenant recover.",
                org.name
            ),
        })?;
    }
    write!(out, "Next: lockboxd serve --data-dir {}", dir.display()).map_err(Error::internal)?;
    Ok(out)
}

/// The user of this machine who runs this, by name where there is one.
fn host_user() -> String {
    let Ok(uid) = std::fs::metadata("/proc/self").map(|of| of.uid()) else {
        return "unknown".to_owned();
    };
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    users
        .lines()
        .map(|line| line.split(':').collect::<Vec<&str>>())
        .find_map(|user| match user.as_slice() {
            [name, _, id, ..] if *id == uid.to_string() => Some(format!("{name}, uid {uid}")),
            _ => None,
        })
        .unwrap_or_else(|| format!("uid {uid}"))
}
