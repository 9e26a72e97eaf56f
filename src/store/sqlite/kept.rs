//! Rows of standing that are kept between reads; see [`Shelf`].

use crate::domain::organization::{Organization, Settings};
use crate::domain::people::{Assignment, Principal};
use crate::ids::{OrgId, PrincipalId};
use crate::store::standing::Shelf;

/// One shelf for each read.
#[derive(Default)]
pub(super) struct Kept {
    pub(super) organizations: Shelf<OrgId, Organization>,
    pub(super) names: Shelf<String, Organization>,
    pub(super) settings: Shelf<OrgId, Settings>,
    pub(super) principals: Shelf<(OrgId, PrincipalId), Principal>,
    pub(super) labels: Shelf<(OrgId, String), Principal>,
    pub(super) assignments: Shelf<(OrgId, PrincipalId), Vec<Assignment>>,
}
