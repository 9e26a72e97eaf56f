//! `emergency.list`: what waits for somebody first, then the others, each newest first.

use crate::auth::Context;
use crate::clock::Timestamp;
use crate::error::Result;
use crate::ids::RequestId;
use crate::service::Services;
use crate::service::request::{ListRequests, Shown};
use crate::store::{Emergencies, RequestFilter};

/// Which emergency access to list, as the caller said it.
#[derive(Clone, Debug)]
pub struct ListEmergencies {
    /// Tenant, as typed.
    pub tenant: Option<String>,
    /// Only what waits for somebody, or only the others.
    pub open: Option<bool>,
    /// Page size.
    pub limit: usize,
    /// Where the page before ended.
    pub after: Option<Place>,
}

/// A place in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// When the first page was read: what was open then stays among the first.
    pub started: Timestamp,
    /// Whether it is among the open ones.
    pub open: bool,
    /// The row before it in its part of the list; none where the part begins.
    pub before: Option<(Timestamp, RequestId)>,
}

/// A page of emergency access.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The rows.
    pub rows: Vec<Shown>,
    /// Where the next page begins, where there may be one.
    pub next: Option<Place>,
}

impl Services {
    /// Emergency access that the caller may see.
    ///
    /// # Errors
    /// Where the caller may see none, or names a tenant that it may not see.
    pub async fn list_emergencies(&self, ctx: &Context, list: &ListEmergencies) -> Result<Listed> {
        let mut place = list.after.unwrap_or_else(|| Place {
            started: self.now(),
            open: list.open != Some(false),
            before: None,
        });
        let mut rows = Vec::new();
        loop {
            let emergencies = if place.open {
                Emergencies::OpenAt(place.started)
            } else {
                Emergencies::ClosedAt(place.started)
            };
            let page = self
                .list_requests(
                    ctx,
                    &ListRequests {
                        tenant: list.tenant.clone(),
                        emergencies: Some(emergencies),
                        limit: list.limit.saturating_sub(rows.len()),
                        before: place.before,
                        ..ListRequests::default()
                    },
                )
                .await?;
            let last = page
                .rows
                .last()
                .map(|row| RequestFilter::position(&row.request));
            rows.extend(page.rows);
            if page.more {
                place.before = last;
                return Ok(Listed {
                    rows,
                    next: Some(place),
                });
            }
            if !place.open || list.open == Some(true) {
                return Ok(Listed { rows, next: None });
            }
            // The open ones are through; the others begin.
            place.open = false;
            place.before = None;
            if rows.len() >= list.limit {
                return Ok(Listed {
                    rows,
                    next: Some(place),
                });
            }
        }
    }
}
