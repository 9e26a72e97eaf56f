//! What a tenant's settings are; they are changed with its policy.

use crate::clock::zones;
use crate::domain::organization::{Settings, SettingsChange};
use crate::error::{Error, Result};
use crate::ids::OrgId;
use crate::service::Services;

impl Services {
    /// The settings of a tenant, which every tenant has.
    pub(super) async fn settings_of(&self, tenant: OrgId) -> Result<Settings> {
        self.store
            .settings(tenant)
            .await?
            .ok_or_else(|| Error::internal(format!("tenant {tenant} without settings")))
    }
}

/// That this machine knows the zone in which mails are to tell times.
pub(super) async fn check_zone(wanted: &SettingsChange) -> Result<()> {
    let notifications = wanted.notifications.as_ref();
    let Some(name) = notifications.and_then(|wanted| wanted.time_zone.clone()) else {
        return Ok(());
    };
    // Zones are read from files.
    tokio::task::spawn_blocking(move || zones::zone(&name))
        .await
        .map_err(Error::internal)?
        .map(drop)
        .map_err(|unknown| {
            Error::invalid_param(
                "/notifications/timeZone",
                unknown.to_string(),
                "an IANA name, such as Europe/Zurich,",
            )
        })
}
