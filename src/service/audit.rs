//! `audit.*`: search, get and export of the caller's own organization's log.

mod export;
mod sessions;

pub use export::{ExportFormat, ExportPosition, PART_BYTES, Part};
pub(super) use sessions::Sessions;
pub use sessions::{MAX_SESSIONS, MAX_SESSIONS_EACH, SESSION_SECONDS};

use crate::audit::address::address_only;
use crate::audit::{Visible, record_types, render, text};
use crate::auth::Context;
use crate::clock::Timestamp;
use crate::crypto::{Sha256, sha256};
use crate::domain::organization::OrgKind;
use crate::domain::rights::Action;
use crate::error::{Error, Result};
use crate::ids::{LogId, OrgId};
use crate::service::{Services, locked};
pub use crate::store::AuditSelector;
use crate::store::{AuditFilter, AuditRow};
use serde::Serialize;
use sessions::Session;

/// The most bytes of AuditData in one result of a search, whatever its size: a result that is cut
/// goes on with its cursor or its session.
pub const RESULT_BYTES: usize = 64 * 1024 * 1024;

/// How many records are read from the store at a time.
const BATCH: usize = 64;

/// What to search for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SearchFilters {
    /// Operations.
    pub operations: Vec<String>,
    /// Record type, by name or number.
    pub record_type: Option<String>,
    /// Users.
    pub user_ids: Vec<String>,
    /// Addresses.
    pub addresses: Vec<String>,
    /// Objects.
    pub object_ids: Vec<String>,
    /// Text.
    pub free_text: Option<String>,
    /// From here on, oldest first: what a watermark needs, because a record that was reported
    /// late has an early CreationTime.
    pub from: Option<From>,
}

/// A place in an organization's chain of logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct From {
    /// The log; the present one where none is named.
    pub log: Option<LogId>,
    /// The sequence number there. Behind the end of a log that was ended it is the next log's
    /// first record: what a restore lost is not waited for.
    pub sequence: u64,
}

/// A digest of what a search was asked: a cursor or a session belongs to it.
///
/// # Errors
/// Never in practice: every part has a JSON form.
pub fn digest(asked: &impl Serialize) -> Result<Sha256> {
    let bytes = serde_json::to_vec(asked).map_err(Error::internal)?;
    Ok(sha256(&[&bytes]))
}

/// A range of CreationTime: [start, end).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Range {
    /// From here.
    pub start: Option<Timestamp>,
    /// Up to, not including, here.
    pub end: Option<Timestamp>,
}

/// Where a search goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// The snapshot: only records with a position below this one.
    pub below: u64,
    /// Behind this record.
    pub before: Option<(Timestamp, u64)>,
    /// How many were given before.
    pub given: u64,
    /// How many there are in all.
    pub total: u64,
}

/// Names a search session of a caller.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SessionName {
    /// The connection, as the client named it.
    pub connection: String,
    /// The session, as the script named it.
    pub session: String,
}

/// One page of a search.
#[derive(Clone, Debug)]
pub struct Found {
    /// Records, newest first; oldest first where the search goes from a place on.
    pub records: Vec<Visible>,
    /// How many were given before this page.
    pub offset: u64,
    /// How many there are in all.
    pub total: u64,
    /// Where to go on, where there is more.
    pub next: Option<Position>,
    /// Whether the session's last record was given before.
    pub drained: bool,
}

/// How much one page may hold.
#[derive(Clone, Copy, Debug)]
struct Bounds {
    records: usize,
    bytes: usize,
}

impl Services {
    /// Searches the caller's organization's log, newest first.
    ///
    /// # Errors
    /// Where the caller may not, the tenant has turned search off, or a filter makes no sense.
    pub async fn search_audit(
        &self,
        ctx: &Context,
        filters: &SearchFilters,
        range: Range,
        size: usize,
        at: Option<Position>,
        session: Option<&SessionName>,
    ) -> Result<Found> {
        let org = self.readable_log(ctx).await?;
        check_range(range)?;
        let bounds = Bounds {
            records: size,
            bytes: RESULT_BYTES,
        };
        let Some(name) = session else {
            return self.page(ctx, org, filters, range, bounds, at).await;
        };
        let now = self.now();
        let key = (org, ctx.actor()?.principal.id, digest(&(name, filters))?);
        let resumed = locked(&self.sessions).resume(&key, range, now);
        let (range, first_call, at) = match resumed {
            Some(session) if session.at_end() => {
                let position = session.position;
                let drained = Session {
                    drained: session.drained.or(Some(range)),
                    used: now,
                    ..session
                };
                locked(&self.sessions).keep(key, drained);
                return Ok(Found {
                    records: Vec::new(),
                    offset: position.given,
                    total: position.total,
                    next: None,
                    drained: true,
                });
            }
            Some(session) => (session.range, session.first_call, Some(session.position)),
            None => (range, now, None),
        };
        let found = self.page(ctx, org, filters, range, bounds, at).await?;
        let mut sessions = locked(&self.sessions);
        if found.total == 0 {
            // A session that has nothing to give would make a poller blind for what comes.
            sessions.forget(&key);
        } else {
            let end = Position {
                below: 0,
                before: None,
                given: found.total,
                total: found.total,
            };
            let session = Session {
                range,
                first_call,
                position: found.next.unwrap_or(end),
                drained: None,
                used: now,
            };
            sessions.keep(key, session);
        }
        drop(sessions);
        Ok(found)
    }

    /// One page: so many records, or fewer where they are that long.
    async fn page(
        &self,
        ctx: &Context,
        org: OrgId,
        filters: &SearchFilters,
        range: Range,
        bounds: Bounds,
        at: Option<Position>,
    ) -> Result<Found> {
        let mut found = Found {
            records: Vec::new(),
            offset: at.map_or(0, |at| at.given),
            total: at.map_or(0, |at| at.total),
            next: None,
            drained: false,
        };
        let Some(mut filter) = self.audit_filter(org, filters, range)? else {
            return Ok(found);
        };
        filter.below = match at {
            Some(at) => at.below,
            None => self.snapshot(org).await?,
        };
        if let Some(from) = filters.from {
            filter.from = Some(self.position(org, from).await?);
        }
        let last = at.and_then(|at| at.before);
        match (filter.from, last) {
            (Some(_), Some((_, position))) => filter.from = Some(position.saturating_add(1)),
            _ => filter.before = last,
        }
        filter.with_total = at.is_none();
        let view = self.viewer(ctx);
        let mut bytes = 0;
        loop {
            filter.limit = BATCH.min(bounds.records - found.records.len());
            let page = self.store.audit_search(filter.clone()).await?;
            found.total = page.total.unwrap_or(found.total);
            filter.with_total = false;
            let rows = page.rows.len();
            for (index, row) in page.rows.iter().enumerate() {
                let record = render(&row.canonical, &row.beside, view)?;
                bytes += record.audit_data.len();
                found.records.push(record);
                let last = Some((row.creation, row.position));
                if filter.from.is_some() {
                    filter.from = Some(row.position.saturating_add(1));
                } else {
                    filter.before = last;
                }
                let full = found.records.len() == bounds.records || bytes >= bounds.bytes;
                let more = page.more || index + 1 < rows;
                if full && more {
                    found.next = Some(Position {
                        below: filter.below,
                        before: last,
                        given: found.offset + found.records.len() as u64,
                        total: found.total,
                    });
                    return Ok(found);
                }
            }
            if !page.more {
                return Ok(found);
            }
        }
    }

    /// One record of the caller's organization's log, as stored and as people see it.
    ///
    /// # Errors
    /// Not found where there is none that the caller may see.
    pub async fn read_record(
        &self,
        ctx: &Context,
        which: AuditSelector,
        typed: &str,
    ) -> Result<(AuditRow, Visible)> {
        let actor = ctx.actor()?;
        ctx.permit(Action::ReadAudit, &Self::home(&actor.org))?;
        let mut row = self
            .store
            .audit_record(actor.org.id, which)
            .await?
            .ok_or_else(|| Error::not_found("audit record", typed))?;
        let view = self.viewer(ctx);
        let visible = render(&row.canonical, &row.beside, view)?;
        row.beside.retain(|value| view.shows(&value.pointer));
        Ok((row, visible))
    }

    /// The log that the caller may search: its own organization's.
    async fn readable_log(&self, ctx: &Context) -> Result<OrgId> {
        let actor = ctx.actor()?;
        ctx.permit(Action::ReadAudit, &Self::home(&actor.org))?;
        if actor.org.kind == OrgKind::Tenant
            && !self.settings_of(actor.org.id).await?.audit_search_enabled
        {
            return Err(Error::refused(
                "auditSearchDisabled",
                "Searching the audit log is turned off for this tenant.",
                "A global administrator turns it on: Set-AdminAuditLogConfig -UnifiedAuditLogIngestionEnabled $true.",
            ));
        }
        Ok(actor.org.id)
    }

    /// Everything that is recorded so far.
    async fn snapshot(&self, org: OrgId) -> Result<u64> {
        Ok(self
            .store
            .head(org)
            .await?
            .map_or(0, |head| head.next_position()))
    }

    async fn position(&self, org: OrgId, from: From) -> Result<u64> {
        let position = self.store.position(org, from.log, from.sequence).await?;
        position.ok_or_else(|| {
            Error::invalid_param(
                "/logId",
                "This organization has no such log.",
                "the logId of one of its records",
            )
        })
    }

    /// The store's filter; nothing where the filters can match nothing.
    fn audit_filter(
        &self,
        org: OrgId,
        filters: &SearchFilters,
        range: Range,
    ) -> Result<Option<AuditFilter>> {
        let mut filter = AuditFilter::of(org, BATCH);
        if let Some(text) = &filters.record_type {
            match record_types::lookup("/recordType", text)? {
                Some(number) => filter.record_type = Some(number),
                None => return Ok(None),
            }
        }
        // `*` alone means everybody.
        let wild = |list: &[String]| {
            if list.iter().any(|item| item.trim() == "*") {
                Vec::new()
            } else {
                list.iter().map(|item| item.trim().to_owned()).collect()
            }
        };
        filter.start = range.start;
        filter.end = range.end;
        filter.operations = wild(&filters.operations);
        filter.user_ids = wild(&filters.user_ids);
        filter.object_ids = wild(&filters.object_ids);
        filter.addresses = filters
            .addresses
            .iter()
            .map(|text| address_only(text.trim()))
            .collect();
        filter.free_text = filters
            .free_text
            .as_deref()
            .filter(|text| !text.is_empty())
            .map(text::fold);
        Ok(Some(filter))
    }
}

fn check_range(range: Range) -> Result<()> {
    match (range.start, range.end) {
        (Some(start), Some(end)) if start > end => Err(Error::invalid_param(
            "/endDate",
            format!("The range ends ({end}) before it begins ({start})."),
            "an endDate that is not before startDate",
        )),
        _ => Ok(()),
    }
}
