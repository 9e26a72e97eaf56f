//! `emergency.confirm`: the second person; access begins with the record in the tenant's log.

use super::{giver, told};
use crate::audit::draft::Draft;
use crate::audit::{operations, text};
use crate::auth::{Actor, Context};
use crate::clock::{Timestamp, When};
use crate::domain::emergency::{Emergency, LONGEST_SECONDS, may_confirm};
use crate::domain::notice::Event;
use crate::domain::organization::Organization;
use crate::domain::request::{Request, Stamp, State, Terms};
use crate::domain::rights::Action;
use crate::domain::scope::Scope;
use crate::error::Result;
use crate::ids::OrgId;
use crate::service::Services;
use crate::service::commit::{Denial, Judged, Settled};
use crate::service::records::{link, named, shown_name, written};
use crate::service::request::{Access, Named, Shown, update};
use crate::store::{Change, Count, Emergencies, OutboxDraft, Precondition, RequestFilter, RowRef};

/// More emergency access than one incident leads to in one tenant.
const ALL_OF_ONE: usize = 10_000;

/// More emergency access than a tenant gets in the time for which a pair pauses.
const RECENT: usize = 1_000;

impl Services {
    /// Confirms declared emergency access: it is granted, and stands in the tenant's log, in one
    /// commit.
    ///
    /// # Errors
    /// Where a rule says no; nothing is changed then.
    pub async fn confirm_emergency(
        &self,
        ctx: &Context,
        named: &Named,
        comment: Option<&str>,
        validate_only: bool,
    ) -> Result<(Shown, Settled<()>)> {
        self.on_request(ctx, named, validate_only, |ctx| {
            Box::pin(async move { self.judge_confirm(&ctx, named, comment).await })
        })
        .await
    }

    async fn judge_confirm(
        &self,
        ctx: &Context,
        name: &Named,
        comment: Option<&str>,
    ) -> Result<Judged<()>, Denial> {
        let (shown, emergency, permit) = self
            .emergency_for(ctx, Action::ConfirmEmergency, name)
            .await?;
        let about = |denial: Denial| denial.about(&shown.request);
        if let Some(answer) = self.kept(ctx).await.map_err(|error| about(error.into()))? {
            return Ok(Judged::Kept(answer));
        }
        text::check_free_text("/comment", comment.unwrap_or_default())?;
        let actor = ctx.actor()?;
        let tenant = &shown.tenant;
        let settings = self.settings_of(tenant.id).await?;
        // Counted first: what is confirmed after that makes this judgement void.
        let count = Count::EmergenciesInTenant(tenant.id);
        let before = self.store.count(count.clone(), shown.now).await?;
        let earlier = self.earlier(tenant.id, &emergency, shown.now).await?;
        may_confirm(
            &shown.request,
            giver(actor),
            tenant.state,
            settings.emergency_access,
            &earlier,
            shown.now,
        )
        .map_err(|refusal| about(Denial::rule(refusal, &actor.org)))?;

        let mut preconditions = permit.basis;
        preconditions.extend(self.rests_on(&shown.request));
        preconditions.extend(self.requester_stands(&shown.request).await?);
        preconditions.extend([
            Precondition::At(RowRef::Organization(tenant.id), tenant.version),
            Precondition::At(RowRef::Settings(tenant.id), settings.version),
            Precondition::Fewer(count, before.saturating_add(1)),
        ]);
        let longest = self.longest_access(&shown.request)?.min(LONGEST_SECONDS);
        let terms = Terms {
            approval_required: false,
            hours_to_answer: settings.hours_to_answer,
            maximum_access_seconds: longest,
            settings_version: settings.version,
            policy: None,
        };
        // The policy has no say in it, so no calendar bounds it.
        let seconds = shown.request.ask.duration_seconds.min(longest);
        let access = Access::within(None, seconds, shown.now);
        let (row, stamps) = confirmed(actor, &shown.request, terms, &access, comment);
        let record = self.confirmed_record(ctx, actor, tenant, &row, &emergency, &access);
        let change = Change {
            preconditions,
            records: vec![record],
            outbox: std::iter::once(OutboxDraft::new(
                tenant.id,
                Event::EmergencyAccess,
                Some(row.identity),
            ))
            .chain(access.events(&row))
            .collect(),
            ..Change::default()
        };
        Ok(update(change, row, stamps))
    }

    /// What reached the tenant before: all for the same incident, and the last for any.
    async fn earlier(
        &self,
        tenant: OrgId,
        emergency: &Emergency,
        now: Timestamp,
    ) -> Result<Vec<Request>> {
        let incident = emergency.incident.clone();
        let mut earlier = Vec::new();
        for (sort, limit) in [
            (Emergencies::OfIncident(incident), ALL_OF_ONE),
            (Emergencies::OpenAt(now), RECENT),
            (Emergencies::ClosedAt(now), RECENT),
        ] {
            let page = self
                .store
                .requests(RequestFilter {
                    scopes: vec![Scope::Tenants],
                    tenant: Some(tenant),
                    arrived_only: true,
                    emergencies: Some(sort),
                    limit,
                    ..RequestFilter::default()
                })
                .await?;
            earlier.extend(page.rows);
        }
        Ok(earlier)
    }

    /// The record that opens its history in the tenant's log.
    fn confirmed_record(
        &self,
        ctx: &Context,
        actor: &Actor,
        tenant: &Organization,
        row: &Request,
        emergency: &Emergency,
        access: &Access,
    ) -> Draft {
        let mut record = self.names.by_caller(
            ctx,
            actor,
            tenant,
            operations::EMERGENCY_CONFIRMED,
            row.identity.to_string(),
        );
        record.request = Some(link(row));
        record.parameters = vec![
            written("Requestor", shown_name(tenant, &row.requester)),
            written("Reviewer", shown_name(tenant, &actor.party())),
        ];
        record.parameters.extend(told(row, emergency));
        record
            .parameters
            .push(named("DurationSeconds", access.seconds.to_string()));
        record.moments = vec![("SubmittedDate".to_owned(), When::At(row.created_at))];
        record.moments.extend(access.moments());
        record
    }
}

/// The row as it is granted: it arrives, and access begins, at the commit.
fn confirmed(
    actor: &Actor,
    request: &Request,
    terms: Terms,
    access: &Access,
    comment: Option<&str>,
) -> (Request, Vec<(Stamp, When)>) {
    let mut row = request.clone();
    row.state = State::Approved;
    row.reviewer = Some(actor.party());
    row.review_comment = comment.map(str::to_owned);
    row.terms = Some(terms);
    let mut stamps = vec![(Stamp::Reviewed, When::COMMIT), (Stamp::Sent, When::COMMIT)];
    access.grant(&mut row, &mut stamps);
    (row, stamps)
}
