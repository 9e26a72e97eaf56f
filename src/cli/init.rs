//! `lockboxd init`

use crate::cli::{Failure, Place, SecretOutput, print, print_json};
use crate::config::Config;
use crate::daemon::{close_store, create_store, open_store, services};
use crate::error::Error;
use crate::service::setup::PROVIDER_NAME;
use crate::store::Store;
use crate::store::sqlite::{CreateOptions, SqliteStore};
use clap::Args;
use serde_json::json;

const HOUR_MS: i64 = 3_600_000;

/// Make a data directory with the provider's organization and its first administrator.
///
/// Prints the administrator's token once. The next steps are `lockboxd serve`, and
/// `lockboxd call tenant.create` for the first customer.
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Init {
    #[command(flatten)]
    place: Place,
    /// Address of the provider's first administrator
    #[arg(long, value_name = "ADDRESS")]
    admin: String,
    /// Name of the provider's organization
    #[arg(long, default_value = PROVIDER_NAME)]
    name: String,
    /// Make a test database for ever: its clock can be moved, and every record says so
    #[arg(long)]
    clock_control: bool,
    /// Start the test clock so many hours from now (negative: in the past)
    #[arg(
        long,
        requires = "clock_control",
        allow_negative_numbers = true,
        default_value_t = 0
    )]
    clock_offset_hours: i64,
    /// How to print the result
    #[arg(long, value_enum, default_value_t)]
    output: SecretOutput,
}

impl Init {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let config = Config::load(&self.place.overrides(Vec::new()))?;
        let options = CreateOptions {
            test_clock_offset_millis: self
                .clock_control
                .then(|| self.clock_offset_hours.saturating_mul(HOUR_MS)),
        };
        crate::service::setup::check(&self.name, &self.admin)?;
        // An init that was interrupted before there was a provider is finished.
        if !SqliteStore::is_in(&config.data_dir) {
            create_store(&config, options)?;
        }
        let made = SqliteStore::stored_time(&config.data_dir)?.test_offset_millis;
        let asked = options.test_clock_offset_millis;
        let (store, clock) = open_store(&config, self.clock_control).await?;
        // Of a lockbox that has a provider the next step says that it is there already.
        if made != asked && store.provider().await?.is_none() {
            return Err(Error::conflict(
                "alreadyExists",
                format!(
                    "An init that was interrupted here has set the test clock {} h from now.",
                    made.unwrap_or(0) / HOUR_MS
                ),
                "Say the same with --clock-offset-hours, or name another directory.",
            )
            .into());
        }
        let made = services(&config, &store, clock)
            .create_provider(&self.name, &self.admin)
            .await;
        close_store(&store, &config.high_water).await;
        let (org, admin, token) = made?;
        let dir = config.data_dir.display();
        match self.output {
            SecretOutput::Json => print_json(&json!({
                "dataDir": config.data_dir,
                "organizationId": org.id.to_string(),
                "organization": org.name,
                "administrator": admin.label(),
                "token": token.secret.reveal(),
                "expirationDate": token.expires_at.to_string(),
            })),
            SecretOutput::Token => print(token.secret.reveal()),
            SecretOutput::Text => print(&format!(
                "Made {dir} with the provider {} and its administrator {}.\n\
                 The administrator's token, shown this once, ends on {}:\n\n  {}\n\n\
                 Next: lockboxd serve --data-dir {dir}",
                org.name,
                admin.label(),
                token.expires_at,
                token.secret.reveal()
            )),
        }
    }
}
