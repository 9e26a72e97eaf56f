//! `audit.*`: search, get and export of the caller's own organization's log.

use crate::audit::address::address_only;
use crate::audit::{Visible, csv, operations, record_types, render, text};
use crate::auth::Context;
use crate::clock::Timestamp;
use crate::domain::organization::OrgKind;
use crate::domain::rights::Action;
use crate::error::{Error, Result};
use crate::ids::{OrgId, PrincipalId};
use crate::service::records::{named, written};
use crate::service::{Services, locked};
pub use crate::store::AuditSelector;
use crate::store::{AuditFilter, AuditRow, Change};
use std::collections::HashMap;

/// How long a search session lives without being used, in seconds.
pub const SESSION_SECONDS: i64 = 600;
/// The most search sessions that are kept; the one unused longest goes first.
pub const MAX_SESSIONS: usize = 1_000;

/// What to search for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
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
}

/// A range of CreationTime: [start, end).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Range {
    /// From here.
    pub start: Option<Timestamp>,
    /// Up to, not including, here.
    pub end: Option<Timestamp>,
}

/// Where a search goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// The snapshot: only records with a sequence below this one.
    pub below: u64,
    /// Behind this record.
    pub before: Option<(Timestamp, u64)>,
    /// How many were given before.
    pub given: u64,
    /// How many there are in all.
    pub total: u64,
}

/// Names a search session of a caller.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SessionName {
    /// The connection, as the client named it.
    pub connection: String,
    /// The session, as the script named it.
    pub session: String,
}

/// One page of a search.
#[derive(Clone, Debug)]
pub struct Found {
    /// Records, newest first.
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

type SessionKey = (OrgId, PrincipalId, SessionName, SearchFilters);

/// The search sessions of this daemon.
#[derive(Default)]
pub(super) struct Sessions(HashMap<SessionKey, Session>);

#[derive(Clone, Debug)]
struct Session {
    range: Range,
    first_call: Timestamp,
    position: Position,
    drained: bool,
    used: Timestamp,
}

impl Session {
    /// Whether a call with this range continues the session.
    fn continues(&self, range: Range, now: Timestamp) -> bool {
        if self.drained {
            return range == self.range;
        }
        let passed = now.millis() - self.first_call.millis();
        let near = |one: Option<Timestamp>, other: Option<Timestamp>| match (one, other) {
            (Some(one), Some(other)) => (one.millis() - other.millis()).abs() <= passed,
            (one, other) => one == other,
        };
        overlap(self.range, range)
            && near(self.range.start, range.start)
            && near(self.range.end, range.end)
    }
}

/// Whether two ranges share an instant; those that only touch do not.
fn overlap(one: Range, other: Range) -> bool {
    let before = |end: Option<Timestamp>, start: Option<Timestamp>| match (end, start) {
        (Some(end), Some(start)) => end <= start,
        _ => false,
    };
    one == other || !(before(one.end, other.start) || before(other.end, one.start))
}

impl Sessions {
    fn resume(&mut self, key: &SessionKey, range: Range, now: Timestamp) -> Option<Session> {
        self.0
            .retain(|_, session| now < session.used.plus_seconds(SESSION_SECONDS));
        self.0
            .get(key)
            .filter(|session| session.continues(range, now))
            .cloned()
    }

    fn keep(&mut self, key: SessionKey, session: Session) {
        if self.0.len() >= MAX_SESSIONS
            && !self.0.contains_key(&key)
            && let Some(oldest) = self
                .0
                .iter()
                .min_by_key(|(_, session)| session.used)
                .map(|(key, _)| key.clone())
        {
            self.0.remove(&oldest);
        }
        self.0.insert(key, session);
    }
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
        let Some(name) = session else {
            return self.page(ctx, org, filters, range, size, at).await;
        };
        let now = self.now();
        let who = ctx.actor()?.principal.id;
        let key = (org, who, name.clone(), filters.clone());
        let resumed = locked(&self.sessions).resume(&key, range, now);
        let (range, first_call, at) = match resumed {
            Some(mut session)
                if session.drained || session.position.given >= session.position.total =>
            {
                let position = session.position;
                session.drained = true;
                session.range = range;
                session.used = now;
                locked(&self.sessions).keep(key, session);
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
        let found = self.page(ctx, org, filters, range, size, at).await?;
        let given = found.offset + found.records.len() as u64;
        if found.total > 0 {
            let position = found.next.unwrap_or(Position {
                below: 0,
                before: None,
                given,
                total: found.total,
            });
            locked(&self.sessions).keep(
                key,
                Session {
                    range,
                    first_call,
                    position,
                    drained: false,
                    used: now,
                },
            );
        }
        Ok(found)
    }

    async fn page(
        &self,
        ctx: &Context,
        org: OrgId,
        filters: &SearchFilters,
        range: Range,
        size: usize,
        at: Option<Position>,
    ) -> Result<Found> {
        let empty = Found {
            records: Vec::new(),
            offset: 0,
            total: 0,
            next: None,
            drained: false,
        };
        let Some(mut filter) = self.audit_filter(org, filters, range, size)? else {
            return Ok(empty);
        };
        let (below, given) = match at {
            Some(at) => (at.below, at.given),
            None => (self.snapshot(org).await?, 0),
        };
        filter.below = below;
        filter.before = at.and_then(|at| at.before);
        filter.with_total = at.is_none();
        let page = self.store.audit_search(filter).await?;
        let total = at.map_or(page.total.unwrap_or(0), |at| at.total);
        let view = self.viewer(ctx);
        let next = page.rows.last().filter(|_| page.more).map(|last| Position {
            below,
            before: Some((last.creation, last.sequence)),
            given: given + page.rows.len() as u64,
            total,
        });
        let records = page
            .rows
            .iter()
            .map(|row| render(&row.canonical, &row.beside, view))
            .collect::<Result<Vec<Visible>>>()?;
        Ok(Found {
            records,
            offset: given,
            total,
            next,
            drained: false,
        })
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

    /// One part of an export. The first part, which has no position, leaves a record.
    ///
    /// # Errors
    /// As a search; nothing is exported where the record cannot be written.
    pub async fn export_audit(
        &self,
        ctx: &Context,
        format: ExportFormat,
        filters: &SearchFilters,
        range: Range,
        size: usize,
        at: Option<Position>,
    ) -> Result<(String, usize, Option<Position>)> {
        let org = self.readable_log(ctx).await?;
        check_range(range)?;
        let first = at.is_none();
        if first {
            self.note_export(ctx, format, filters, range).await?;
        }
        let found = self.page(ctx, org, filters, range, size, at).await?;
        let mut content = String::new();
        if first && format == ExportFormat::Csv {
            content.push_str(csv::HEADER);
        }
        for record in &found.records {
            match format {
                ExportFormat::Csv => content.push_str(&csv::row(record)),
                ExportFormat::JsonLines => {
                    content.push_str(&record.audit_data);
                    content.push('\n');
                }
            }
        }
        Ok((content, found.records.len(), found.next))
    }

    async fn note_export(
        &self,
        ctx: &Context,
        format: ExportFormat,
        filters: &SearchFilters,
        range: Range,
    ) -> Result<()> {
        let actor = ctx.actor()?;
        let permit = ctx.permit(Action::ReadAudit, &Self::home(&actor.org))?;
        let mut record = self.names.by_caller(
            ctx,
            actor,
            &actor.org,
            operations::AUDIT_EXPORTED,
            actor.org.id.to_string(),
        );
        let shown = |at: Option<Timestamp>| at.map(|at| at.to_string()).unwrap_or_default();
        record.parameters = vec![
            named("Format", format.as_str()),
            named("StartDate", shown(range.start)),
            named("EndDate", shown(range.end)),
            written("Operations", filters.operations.join(",")),
            written("UserIds", filters.user_ids.join(",")),
            written("FreeText", filters.free_text.clone().unwrap_or_default()),
        ];
        self.apply(Change {
            preconditions: permit.basis,
            records: vec![record],
            ..Change::default()
        })
        .await?;
        Ok(())
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
            .map_or(0, |head| head.next_sequence))
    }

    /// The store's filter; nothing where the filters can match nothing.
    fn audit_filter(
        &self,
        org: OrgId,
        filters: &SearchFilters,
        range: Range,
        size: usize,
    ) -> Result<Option<AuditFilter>> {
        let mut filter = AuditFilter::of(org, size);
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

/// The form of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportFormat {
    /// Comma separated, with the documented columns.
    Csv,
    /// One AuditData per line.
    JsonLines,
}

impl ExportFormat {
    /// The word in params and records.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::JsonLines => "jsonl",
        }
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
