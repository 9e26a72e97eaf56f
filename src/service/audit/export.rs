//! `audit.export`: a log in parts. The first part leaves a record, and every further part shows
//! that it belongs to that record.

use crate::audit::draft::Parameter;
use crate::audit::{csv, operations, render};
use crate::auth::Context;
use crate::clock::Timestamp;
use crate::domain::rights::Action;
use crate::error::{Error, Result};
use crate::ids::OrgId;
use crate::service::Services;
use crate::service::audit::{Bounds, Position, Range, SearchFilters, check_range};
use crate::service::commit::{Denial, Judged};
use crate::service::records::{named, written};
use crate::store::{AuditSelector, Change};
use serde_json::{Value, json};

/// The most bytes of AuditData in one part of an export, whatever the number of records; one
/// record always fits.
pub const PART_BYTES: usize = 8 * 1024 * 1024;

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

/// Where an export goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExportPosition {
    /// Position of the record that the export left: it is also the export's snapshot.
    pub record: u64,
    /// Behind this record.
    pub behind: (Timestamp, u64),
}

/// One part of an export.
#[derive(Clone, Debug)]
pub struct Part {
    /// The text.
    pub content: String,
    /// How many records it holds.
    pub records: usize,
    /// Where the next part begins.
    pub next: Option<ExportPosition>,
}

impl Services {
    /// One part of an export: every record up to the export's own, newest first, or oldest first
    /// from a sequence on.
    ///
    /// # Errors
    /// As a search; nothing is exported where the record cannot be written, or where a position
    /// belongs to another export.
    pub async fn export_audit(
        &self,
        ctx: &Context,
        format: ExportFormat,
        filters: &SearchFilters,
        range: Range,
        size: usize,
        at: Option<ExportPosition>,
    ) -> Result<Part> {
        let org = self.readable_log(ctx).await?;
        check_range(range)?;
        let parameters = parameters(format, filters, range);
        let record = match at {
            Some(at) => {
                self.check_export(ctx, org, at.record, &parameters).await?;
                at.record
            }
            None => self.note_export(ctx, &parameters).await?,
        };
        let start = Position {
            below: record.saturating_add(1),
            before: at.map(|at| at.behind),
            given: 0,
            total: 0,
        };
        let bounds = Bounds {
            records: size,
            bytes: PART_BYTES,
        };
        let found = self
            .page(ctx, org, filters, range, bounds, Some(start))
            .await?;
        let mut content = String::new();
        if at.is_none() && format == ExportFormat::Csv {
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
        Ok(Part {
            content,
            records: found.records.len(),
            next: found
                .next
                .and_then(|next| next.before)
                .map(|behind| ExportPosition { record, behind }),
        })
    }

    /// Records the export; returns the record's position.
    async fn note_export(&self, ctx: &Context, parameters: &[Parameter]) -> Result<u64> {
        let settled = self
            .settle(ctx.clone(), |ctx| {
                Box::pin(async move { self.judge_export(&ctx, parameters) })
            })
            .await?;
        settled
            .positions
            .first()
            .copied()
            .ok_or_else(|| Error::internal("an export without its record"))
    }

    fn judge_export(&self, ctx: &Context, parameters: &[Parameter]) -> Result<Judged<()>, Denial> {
        let actor = ctx.actor()?;
        let permit = ctx.permit(Action::ReadAudit, &Self::home(&actor.org))?;
        let object = actor.org.id.to_string();
        let mut record =
            self.names
                .by_caller(ctx, actor, &actor.org, operations::AUDIT_EXPORTED, object);
        record.parameters = parameters.to_vec();
        let change = Change {
            preconditions: permit.basis,
            records: vec![record],
            ..Change::default()
        };
        Ok(Judged::New(Box::new(change), json!({}), ()))
    }

    /// That the caller began this very export, so that nothing leaves without a record of it.
    async fn check_export(
        &self,
        ctx: &Context,
        org: OrgId,
        position: u64,
        parameters: &[Parameter],
    ) -> Result<()> {
        let foreign = || {
            Error::invalid_param(
                "/cursor",
                "This cursor is none of this export.",
                "nextCursor of the part before, with the same format and filters",
            )
        };
        let row = self
            .store
            .audit_record(org, AuditSelector::Position(position))
            .await?
            .ok_or_else(foreign)?;
        let visible = render(&row.canonical, &row.beside, self.viewer(ctx))?;
        let data: Value = serde_json::from_str(&visible.audit_data).map_err(Error::internal)?;
        let said: Value = parameters
            .iter()
            .map(|parameter| json!({"Name": parameter.name, "Value": parameter.value}))
            .collect();
        let caller = ctx.actor()?.principal.id.to_string();
        let same = visible.operation == operations::AUDIT_EXPORTED
            && data.get("Parameters") == Some(&said)
            && data.pointer("/Actor/Id").and_then(Value::as_str) == Some(&caller);
        if same { Ok(()) } else { Err(foreign()) }
    }
}

/// What is exported, as the record says it: everything that was given.
fn parameters(format: ExportFormat, filters: &SearchFilters, range: Range) -> Vec<Parameter> {
    let instant = |at: Option<Timestamp>| at.map(|at| at.to_string());
    let list = |list: &[String]| (!list.is_empty()).then(|| list.join(","));
    let given = [
        ("StartDate", instant(range.start)),
        ("EndDate", instant(range.end)),
        ("Operations", list(&filters.operations)),
        ("RecordType", filters.record_type.clone()),
        ("UserIds", list(&filters.user_ids)),
        ("IPAddresses", list(&filters.addresses)),
        ("ObjectIds", list(&filters.object_ids)),
        ("FreeText", filters.free_text.clone()),
        (
            "FromSequence",
            filters.from.map(|from| from.sequence.to_string()),
        ),
        (
            "LogId",
            filters
                .from
                .and_then(|from| from.log)
                .map(|log| log.to_string()),
        ),
    ];
    let mut parameters = vec![named("Format", format.as_str())];
    parameters.extend(
        given
            .into_iter()
            .filter_map(|(name, value)| value.map(|value| written(name, value))),
    );
    parameters
}
