//! `request.submit`: an engineer asks.

use crate::audit::operations;
use crate::audit::{canonical_json, text};
use crate::auth::Context;
use crate::clock::When;
use crate::crypto::sha256;
use crate::domain::organization::OrgState;
use crate::domain::refusal::Refusal;
use crate::domain::request::{AccessLevel, Ask, Request, Stamp, State};
use crate::domain::rights::Action;
use crate::domain::scope::Scope;
use crate::error::{Error, Result};
use crate::ids::RequestId;
use crate::service::commit::{Denial, Judged, Settled};
use crate::service::records::{link, named, written};
use crate::service::{Services, request::Shown};
use crate::store::{Change, Count, Key, OutboxDraft, Precondition, RequestRef, RowRef, RowWrite};
use serde_json::json;

/// The shortest access that can be asked for, in seconds.
const SHORTEST_SECONDS: i64 = 60;

/// What an engineer asks for.
#[derive(Clone, Debug)]
pub struct SubmitRequest {
    /// Tenant, as typed.
    pub tenant: String,
    /// Service, as typed.
    pub service: String,
    /// The provider's ticket.
    pub ticket: String,
    /// Why.
    pub reason: String,
    /// For how long, in seconds; the profile's default where not said.
    pub duration_seconds: Option<i64>,
    /// What exactly.
    pub resources: Vec<String>,
    /// What customer content is touched.
    pub data_categories: Vec<String>,
    /// Reading or writing.
    pub access_level: AccessLevel,
    /// Named operations.
    pub operations: Vec<String>,
    /// Citizenship; the engineer's own where not said.
    pub citizenship: Option<String>,
    /// Where the engineer works, where said.
    pub location: Option<String>,
    /// A reference number of the provider's own.
    pub reference: Option<String>,
}

impl Services {
    /// Submits a request, which then waits for the provider's manager.
    ///
    /// # Errors
    /// Where a rule says no; nothing is changed then.
    pub async fn submit(
        &self,
        ctx: &Context,
        params: &SubmitRequest,
    ) -> Result<(Shown, Settled<()>)> {
        let settled = self
            .settle(ctx.clone(), |ctx| {
                Box::pin(async move { self.judge_submit(&ctx, params).await })
            })
            .await?;
        let identity: RequestId = settled.member("identity")?;
        let tenant = self.organization(settled.member("tenantId")?).await?;
        let request = self
            .store
            .request(tenant.id, RequestRef::Identity(identity))
            .await?
            .ok_or_else(|| Error::internal("a submitted request is missing"))?;
        let now = self.now();
        Ok((Shown::new(request, tenant, now), settled))
    }

    async fn judge_submit(
        &self,
        ctx: &Context,
        params: &SubmitRequest,
    ) -> Result<Judged<()>, Denial> {
        ctx.permit_somewhere(Action::SubmitRequest)?;
        let tenant = self.tenant_in_sight(ctx, &params.tenant).await?;
        let service = self.catalog.service(&params.service).ok_or_else(|| {
            let names: Vec<&str> = self
                .catalog
                .services
                .iter()
                .map(|s| s.name.as_str())
                .collect();
            Error::invalid_param(
                "/serviceName",
                format!("There is no service '{}'.", params.service),
                &format!("one of {}", names.join(", ")),
            )
        })?;
        let actor = ctx.actor()?;
        let object = Scope::Service(tenant.id, service.name.clone());
        let permit = ctx.permit(Action::SubmitRequest, &object)?;
        if let Some(answer) = self.kept(ctx).await? {
            return Ok(Judged::Kept(answer));
        }
        let refused = |refusal| Denial::rule(refusal, &actor.org);
        match tenant.state {
            OrgState::Active => {}
            OrgState::Suspended => return Err(refused(Refusal::TenantSuspended)),
            OrgState::Unclaimed => return Err(refused(Refusal::TenantNotClaimed)),
        }
        let profile = self
            .catalog
            .profile(&service.profile)
            .ok_or_else(|| Error::internal("a service without its profile"))?;
        let duration = params
            .duration_seconds
            .unwrap_or(profile.default_access_seconds);
        if duration > profile.maximum_access_seconds {
            return Err(refused(Refusal::TooLong {
                wanted: duration,
                longest: profile.maximum_access_seconds,
            }));
        }
        if duration < SHORTEST_SECONDS {
            return Err(refused(Refusal::TooShort {
                wanted: duration,
                shortest: SHORTEST_SECONDS,
            }));
        }
        check_texts(params)?;
        let ask = Ask {
            tenant: tenant.id,
            service: service.name.clone(),
            ticket: params.ticket.clone(),
            reason: params.reason.clone(),
            duration_seconds: duration,
            resources: params.resources.clone(),
            data_categories: params.data_categories.clone(),
            access_level: params.access_level,
            operations: params.operations.clone(),
            citizenship: params
                .citizenship
                .clone()
                .or_else(|| actor.principal.citizenship.clone()),
            location: params.location.clone(),
        };
        let now = self.now();
        let reference = match &params.reference {
            Some(text) => checked_reference(text)?,
            None => String::new(),
        };
        let request = Request {
            identity: RequestId::new(),
            reference: reference.clone(),
            profile: profile.name.clone(),
            terms_digest: terms_digest(&ask)?,
            ask,
            requester: actor.party(),
            created_at: now,
            review_deadline: now,
            reviewer: None,
            reviewed_at: None,
            review_comment: None,
            sent_at: None,
            deadline: None,
            terms: None,
            votes: Vec::new(),
            wake: None,
            state: State::InternalReview,
            decision: None,
            decider: None,
            decided_at: None,
            comment: None,
            granted_seconds: None,
            grant: None,
            access_start: None,
            access_end: None,
            closer: None,
            closed_at: None,
            close_comment: None,
            version: 1,
        };
        let mut preconditions = permit.basis;
        preconditions.push(Precondition::At(
            RowRef::Organization(tenant.id),
            tenant.version,
        ));
        if let Some(refusal) = self.check_room(&request, &mut preconditions).await? {
            return Err(refused(refusal));
        }
        if !reference.is_empty() {
            let taken = RequestRef::Reference(reference.clone());
            if self.store.request(tenant.id, taken).await?.is_some() {
                return Err(Error::conflict(
                    "alreadyExists",
                    format!("There is a request {reference} in this tenant already."),
                    "Leave requestId out and the tenant's next number is drawn.",
                )
                .into());
            }
            preconditions.push(Precondition::Absent(Key::Reference(tenant.id, reference)));
        }
        let mut record = self.names.by_caller(
            ctx,
            actor,
            &actor.org,
            operations::REQUEST_SUBMITTED,
            request.identity.to_string(),
        );
        record.request = Some(link(&request));
        record.parameters = vec![
            named("Tenant", tenant.name.clone()),
            named("ServiceName", request.ask.service.clone()),
            written("Reason", request.ask.reason.clone()),
            named("DurationSeconds", duration.to_string()),
            named("AccessLevel", request.ask.access_level.as_str()),
        ];
        let answer =
            json!({"identity": request.identity.to_string(), "tenantId": tenant.id.to_string()});
        let review = When::after_seconds(i64::from(profile.review_hours) * 3_600);
        let change = Change {
            preconditions,
            outbox: vec![OutboxDraft {
                org: actor.org.id,
                event: "requestSubmitted",
                request: Some(request.identity),
            }],
            records: vec![record],
            writes: vec![RowWrite::InsertRequest(
                Box::new(request),
                vec![
                    (Stamp::Created, When::COMMIT),
                    (Stamp::ReviewDeadline, review),
                ],
            )],
            ..Change::default()
        };
        Ok(Judged::New(Box::new(change), answer, ()))
    }

    /// At most so many undecided requests per tenant and per engineer.
    async fn check_room(
        &self,
        request: &Request,
        preconditions: &mut Vec<Precondition>,
    ) -> Result<Option<Refusal>> {
        let limits = [
            (
                Count::OpenInTenant(request.ask.tenant),
                self.limits.pending_per_tenant,
                "this tenant",
            ),
            (
                Count::OpenOfRequester(request.requester.id),
                self.limits.pending_per_engineer,
                "yours",
            ),
        ];
        for (count, limit, of) in limits {
            if self.store.count(count.clone(), request.created_at).await? >= limit {
                return Ok(Some(Refusal::TooMany { limit, of }));
            }
            preconditions.push(Precondition::Fewer(count, limit));
        }
        Ok(None)
    }
}

fn check_texts(params: &SubmitRequest) -> Result<()> {
    let mut texts = vec![
        ("/reason".to_owned(), &params.reason),
        ("/serviceRequestNumber".to_owned(), &params.ticket),
    ];
    for (name, list) in [
        ("resources", &params.resources),
        ("dataCategories", &params.data_categories),
        ("operations", &params.operations),
    ] {
        texts.extend(
            list.iter()
                .enumerate()
                .map(|(index, text)| (format!("/{name}/{index}"), text)),
        );
    }
    for (pointer, text) in [
        ("/citizenship", &params.citizenship),
        ("/location", &params.location),
    ] {
        texts.extend(text.as_ref().map(|text| (pointer.to_owned(), text)));
    }
    texts
        .into_iter()
        .try_for_each(|(pointer, value)| text::check_free_text(&pointer, value))
}

/// The digest of what is asked: SHA-256 over its canonical JSON.
fn terms_digest(ask: &Ask) -> Result<String> {
    let value = serde_json::to_value(ask).map_err(Error::internal)?;
    Ok(hex::encode(sha256(&[&canonical_json(&value)?])))
}

/// `^[A-Z]{2,8}[0-9]{6,12}$`, read in any case.
fn checked_reference(text: &str) -> Result<String> {
    let reference = text.trim().to_uppercase();
    let digits = reference.trim_start_matches(|c: char| c.is_ascii_uppercase());
    let letters = reference.len() - digits.len();
    let sound = (2..=8).contains(&letters)
        && (6..=12).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit());
    if sound {
        Ok(reference)
    } else {
        Err(Error::invalid_param(
            "/requestId",
            format!("'{text}' is no reference number."),
            "2 to 8 letters and 6 to 12 digits, such as EXSR123456",
        ))
    }
}
