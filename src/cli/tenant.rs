//! `lockboxd tenant recover`

use crate::cli::{Failure, Output, Place, print, print_json};
use crate::config::Config;
use crate::daemon::{close_store, open_store, services};
use crate::store::sqlite::SqliteStore;
use clap::{Args, Subcommand};
use serde_json::json;

/// Help a tenant that has lost its administrators, while the daemon is stopped.
#[derive(Subcommand)]
pub(super) enum Tenant {
    /// Give a tenant a new administrator, effective after 24 hours; recorded in its audit log
    ///
    /// All tokens and codes of the tenant end at once. Prints a claim code once, which the new
    /// administrator redeems with 'lockboxd enroll' when the delay is over.
    #[command(verbatim_doc_comment)]
    Recover(Recover),
}

#[derive(Args)]
pub(super) struct Recover {
    #[command(flatten)]
    place: Place,
    /// The tenant's name or GUID
    tenant: String,
    /// Address of its new administrator
    #[arg(long, value_name = "ADDRESS")]
    admin: String,
    /// How to print the result
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

impl Tenant {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let Self::Recover(recover) = self;
        recover.run().await
    }
}

impl Recover {
    async fn run(self) -> Result<(), Failure> {
        let config = Config::load(&self.place.overrides(Vec::new()))?;
        let test_clock = SqliteStore::stored_time(&config.data_dir)?
            .test_offset_millis
            .is_some();
        let (store, clock) = open_store(&config, test_clock).await?;
        let recovered = services(&config, &store, clock)
            .recover_tenant(&self.tenant, &self.admin)
            .await;
        close_store(&store, &config.high_water).await;
        let recovered = recovered?;
        match self.output {
            Output::Json => print_json(&json!({
                "tenantId": recovered.org.id.to_string(),
                "tenant": recovered.org.name,
                "administrator": recovered.admin.label(),
                "claimCode": recovered.code.secret.reveal(),
                "effectiveDate": recovered.effective.to_string(),
                "claimCodeExpirationDate": recovered.code.expires_at.to_string(),
            })),
            Output::Text => print(&format!(
                "All tokens of {} are revoked; its audit log says so.\n\
                 From {} until {} {} can claim it with this code, shown this once:\n\n  {}",
                recovered.org.name,
                recovered.effective,
                recovered.code.expires_at,
                recovered.admin.label(),
                recovered.code.secret.reveal()
            )),
        }
    }
}
