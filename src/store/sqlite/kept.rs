//! Rows of standing that are kept between reads; see [`Shelf`].

use crate::domain::notice::webhook::Webhook;
use crate::domain::organization::{Organization, Settings};
use crate::domain::people::{Assignment, Principal};
use crate::domain::policy::stored::PolicyVersion;
use crate::ids::{OrgId, PrincipalId, WebhookId};
use crate::store::standing::Shelf;
use std::sync::Arc;

/// One shelf for each read.
#[derive(Default)]
pub(super) struct Kept {
    pub(super) organizations: Shelf<OrgId, Organization>,
    pub(super) names: Shelf<String, Organization>,
    pub(super) settings: Shelf<OrgId, Settings>,
    /// Also that there is none: every request is judged by it.
    pub(super) policies: Shelf<OrgId, Option<Arc<PolicyVersion>>>,
    pub(super) principals: Shelf<(OrgId, PrincipalId), Principal>,
    pub(super) labels: Shelf<(OrgId, String), Principal>,
    pub(super) assignments: Shelf<(OrgId, PrincipalId), Vec<Assignment>>,
    /// Read for everything that is sent to one.
    pub(super) webhooks: Shelf<WebhookId, Webhook>,
}
