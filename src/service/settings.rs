//! What a tenant's settings are; they are changed with its policy.

use crate::domain::organization::Settings;
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
