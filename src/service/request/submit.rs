//! `request.submit`: an engineer asks.

use crate::audit::operations;
use crate::audit::{canonical_json, text};
use crate::auth::{Actor, Context};
use crate::clock::{Timestamp, When};
use crate::crypto::sha256;
use crate::domain::catalog::{Profile, Service};
use crate::domain::notice::Event;
use crate::domain::organization::OrgState;
use crate::domain::refusal::Refusal;
use crate::domain::request::{AccessLevel, Ask, Party, Request, Stamp};
use crate::domain::rights::Action;
use crate::domain::scope::Scope;
use crate::error::{Error, Result};
use crate::ids::OrgId;
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
        Ok((self.request_settled(&settled).await?, settled))
    }

    async fn judge_submit(
        &self,
        ctx: &Context,
        params: &SubmitRequest,
    ) -> Result<Judged<()>, Denial> {
        ctx.permit_somewhere(Action::SubmitRequest)?;
        let tenant = self.tenant_in_sight(ctx, &params.tenant).await?;
        let (service, profile) = self.service_asked(&params.service)?;
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
        let duration = params
            .duration_seconds
            .unwrap_or(profile.default_access_seconds);
        if duration > profile.maximum_access_seconds {
            return Err(refused(Refusal::TooLong {
                wanted: duration,
                longest: profile.maximum_access_seconds,
            }));
        }
        long_enough(duration).map_err(refused)?;
        let ask = checked_ask(params, tenant.id, service, duration, actor)?;
        let request = unreviewed(ask, profile, actor.party(), self.now())?;
        let reference = match &params.reference {
            Some(text) => checked_reference(text)?,
            None => String::new(),
        };
        let request = Request {
            reference: reference.clone(),
            ..request
        };
        let mut preconditions = permit.basis;
        preconditions.push(Precondition::At(
            RowRef::Organization(tenant.id),
            tenant.version,
        ));
        let limits = [self.room_in_tenant(tenant.id), self.room_of(&request)];
        if let Some(refusal) = self.check_room(&limits, &mut preconditions).await? {
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
        let change = Change {
            preconditions,
            records: vec![record],
            ..Change::default()
        };
        Ok(filed(change, request, profile))
    }

    /// At most so many undecided requests of a tenant, so that its approvers are not worn down.
    fn room_in_tenant(&self, tenant: OrgId) -> Room {
        let limit = self.limits.pending_per_tenant;
        (Count::OpenInTenant(tenant), limit, "this tenant")
    }

    /// At most so many undecided requests of an engineer.
    pub(in crate::service) fn room_of(&self, request: &Request) -> Room {
        let limit = self.limits.pending_per_engineer;
        let count = Count::OpenOfRequester(request.requester.id);
        (count, limit, "yours")
    }

    /// Whether there is room for one more; what that rests on.
    pub(in crate::service) async fn check_room(
        &self,
        limits: &[Room],
        preconditions: &mut Vec<Precondition>,
    ) -> Result<Option<Refusal>> {
        for (count, limit, of) in limits {
            if self.store.count(count.clone(), self.now()).await? >= *limit {
                return Ok(Some(Refusal::TooMany { limit: *limit, of }));
            }
            preconditions.push(Precondition::Fewer(count.clone(), *limit));
        }
        Ok(None)
    }

    /// The service that an engineer names, and its profile.
    pub(in crate::service) fn service_asked(&self, named: &str) -> Result<(&Service, &Profile)> {
        let service = self.catalog.service(named).ok_or_else(|| {
            let services = self.catalog.services.iter();
            let names: Vec<&str> = services.map(|service| service.name.as_str()).collect();
            Error::invalid_param(
                "/serviceName",
                format!("There is no service '{named}'."),
                &format!("one of {}", names.join(", ")),
            )
        })?;
        self.catalog
            .profile(&service.profile)
            .map(|profile| (service, profile))
            .ok_or_else(|| Error::internal("a service without its profile"))
    }
}

/// Adds a request to a change, where it waits for the provider's manager.
pub(in crate::service) fn filed(
    mut change: Change,
    request: Request,
    profile: &Profile,
) -> Judged<()> {
    let (identity, tenant) = (request.identity, request.ask.tenant);
    let answer = json!({"identity": identity.to_string(), "tenantId": tenant.to_string()});
    let review = When::after_seconds(i64::from(profile.review_hours) * 3_600);
    change.outbox.push(OutboxDraft::new(
        request.requester.org,
        Event::RequestSubmitted,
        Some(identity),
    ));
    change.writes.push(RowWrite::InsertRequest(
        Box::new(request),
        vec![
            (Stamp::Created, When::COMMIT),
            (Stamp::ReviewDeadline, review),
        ],
    ));
    Judged::New(Box::new(change), answer, ())
}

/// Rows to count, how many there may be, and whose they are.
type Room = (Count, u32, &'static str);

/// Whether so many seconds are any access at all.
pub(in crate::service) const fn long_enough(wanted: i64) -> Result<i64, Refusal> {
    if wanted < SHORTEST_SECONDS {
        return Err(Refusal::TooShort {
            wanted,
            shortest: SHORTEST_SECONDS,
        });
    }
    Ok(wanted)
}

/// What is asked, once its texts are checked.
pub(in crate::service) fn checked_ask(
    params: &SubmitRequest,
    tenant: OrgId,
    service: &Service,
    duration_seconds: i64,
    actor: &Actor,
) -> Result<Ask> {
    check_texts(params)?;
    Ok(Ask {
        tenant,
        service: service.name.clone(),
        ticket: params.ticket.clone(),
        reason: params.reason.clone(),
        duration_seconds,
        resources: params.resources.clone(),
        data_categories: params.data_categories.clone(),
        access_level: params.access_level,
        operations: params.operations.clone(),
        citizenship: params
            .citizenship
            .clone()
            .or_else(|| actor.principal.citizenship.clone()),
        location: params.location.clone(),
    })
}

/// A request that waits for its review; the store draws its reference number.
pub(in crate::service) fn unreviewed(
    ask: Ask,
    profile: &Profile,
    requester: Party,
    now: Timestamp,
) -> Result<Request> {
    let digest = terms_digest(&ask)?;
    Ok(Request::unreviewed(
        ask,
        &profile.name,
        requester,
        digest,
        now,
    ))
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
