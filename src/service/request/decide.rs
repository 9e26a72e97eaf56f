//! `request.decide`: the customer approves, denies or cancels.

use crate::audit::draft::Draft;
use crate::audit::{operations, text};
use crate::auth::Context;
use crate::clock::When;
use crate::domain::hooks::HookAnswer;
use crate::domain::lifecycle::{Circumstances, Command, Giver, granted_seconds, judge};
use crate::domain::notice::Event;
use crate::domain::refusal::Refusal;
use crate::domain::request::{Decision, Request, Stamp, State};
use crate::domain::rights::Action;
use crate::domain::votes::Counted;
use crate::error::{Error, Result};
use crate::service::Services;
use crate::service::commit::{Denial, Judged, Judgement, Settled};
use crate::service::policy::POLICY_UNUSABLE;
use crate::service::records::{link, named, written};
use crate::service::request::Shown;
use crate::service::request::access::Access;
use crate::service::request::arrive::{never_open, policy_parameters};
use crate::service::request::load::Named;
use crate::service::request::review::update;
use crate::service::request::voices::{asked_now, denied, shortest_approved};
use crate::store::{Change, OutboxDraft, Precondition, PrincipalRef, RequestRef, RowRef};

/// What an approver says.
#[derive(Clone, Debug)]
pub struct Decide {
    /// The decision.
    pub decision: Decision,
    /// A comment, which the record keeps.
    pub comment: Option<String>,
    /// A shorter access than was asked, in seconds.
    pub duration_seconds: Option<i64>,
    /// The service that the approver believes it is for.
    pub service: Option<String>,
    /// The digest of what the approver has read.
    pub terms_digest: Option<String>,
    /// What decision hooks said, where one of them decides; it is written down with the decision.
    pub hooks: Vec<HookAnswer>,
}

impl Services {
    /// Decides a request. With `validate_only` it judges exactly as the real call, and neither
    /// writes nor records anything.
    ///
    /// # Errors
    /// Where a rule says no, or somebody was faster; nothing is changed then.
    pub async fn decide(
        &self,
        ctx: &Context,
        named: &Named,
        decide: &Decide,
        validate_only: bool,
    ) -> Result<(Shown, Settled<()>)> {
        self.on_request(ctx, named, validate_only, |ctx| {
            Box::pin(async move { self.judge_decide(&ctx, named, decide).await })
        })
        .await
    }

    pub(in crate::service) async fn judge_decide(
        &self,
        ctx: &Context,
        name: &Named,
        decide: &Decide,
    ) -> Result<Judged<()>, Denial> {
        let (shown, permit) = self.request_for(ctx, Action::DecideRequest, name).await?;
        let actor = ctx.actor()?;
        let refused = |refusal| Denial::rule(refusal, &actor.org).about(&shown.request);
        check_token(actor.decisions(), decide.decision).map_err(refused)?;
        let kept = self.kept(ctx).await;
        if let Some(answer) = kept.map_err(|error| Denial::from(error).about(&shown.request))? {
            return Ok(Judged::Kept(answer));
        }
        self.check_params(decide)?;
        check_guards(&shown.request, decide).map_err(refused)?;
        let settings = self.settings_of(shown.tenant.id).await?;
        let to = judge(
            &shown.request,
            Command::Decide(decide.decision),
            Giver {
                key: &actor.principal.person_key,
                robot: actor.principal.is_robot(),
            },
            Circumstances {
                tenant: shown.tenant.state,
                automatic_approval: settings.automatic_approval,
                approval_required: settings.approval_required,
                now: shown.now,
            },
        )
        .map_err(refused)?;

        let mut preconditions = permit.basis;
        preconditions.extend(self.rests_on(&shown.request));
        let mut row = shown.request.clone();
        let mut stamps = Vec::new();
        let (mut in_force, mut voice) = (None, None);
        // Cancel is open to every approver as it ever was.
        if decide.decision != Decision::Cancel {
            preconditions.push(self.rests_on_policy(shown.tenant.id).await?);
            in_force = match self.policy_now(&shown.request, shown.now).await {
                // Saying no is never limited: the terms count.
                Err(error)
                    if error.code() == POLICY_UNUSABLE && decide.decision == Decision::Deny =>
                {
                    None
                }
                other => other?,
            };
            if decide.decision == Decision::Approve
                && in_force
                    .as_ref()
                    .is_some_and(|in_force| in_force.never_open)
            {
                return Err(Denial::from(never_open()).about(&shown.request));
            }
            let refusal = in_force.as_ref().and_then(denied);
            if let (Decision::Approve, Some(refusal)) = (decide.decision, refusal) {
                return Err(refused(refusal));
            }
            let heard = self.hear(ctx, &shown, decide, in_force.as_ref()).await?;
            if let Some(heard) = heard {
                preconditions.extend(heard.basis);
                row.votes.clone_from(&heard.counted.votes);
                stamps.push((Stamp::Voted, When::COMMIT));
                voice = Some(heard.counted);
            }
        }
        let access = if to == State::Approved {
            preconditions.extend(self.requester_stands(&shown.request).await?);
            preconditions.extend([
                Precondition::At(RowRef::Organization(shown.tenant.id), shown.tenant.version),
                Precondition::At(RowRef::Settings(shown.tenant.id), settings.version),
            ]);
            let mut longest = self.longest_access(&row)?;
            let window = in_force.as_ref().and_then(|in_force| in_force.window);
            if let Some(asked) = asked_now(&row, in_force.as_ref()) {
                longest = longest.min(asked.longest_seconds);
                if window.is_none() && !asked.access_within.is_empty() {
                    return Err(Error::internal("calendars bound the access, and no window").into());
                }
            }
            if let Some(approved) = shortest_approved(&row) {
                longest = longest.min(approved);
            }
            let seconds =
                granted_seconds(&row, decide.duration_seconds, longest).map_err(refused)?;
            Some(Access::within(window, seconds, shown.now))
        } else {
            None
        };
        let waits = voice.as_ref().is_some_and(|voice| !voice.decided);
        if waits {
            // It is written down and shown; the last one decides.
        } else if shown.request.state == State::Approved {
            // Who approved stays in the row; this is the end of the access.
            row.closer = Some(actor.party());
            row.close_comment = decide.comment.clone();
        } else {
            row.decision = Some(decide.decision);
            row.decider = Some(actor.party());
            row.comment = decide.comment.clone();
            stamps.push((Stamp::Decided, When::COMMIT));
        }
        let mut moments = Vec::new();
        if !waits {
            row.state = to;
            match &access {
                Some(access) => {
                    preconditions.extend(access.basis.iter().cloned());
                    access.grant(&mut row, &mut stamps);
                    moments = access.moments();
                }
                None => stamps.push((Stamp::Closed, When::COMMIT)),
            }
        }
        let mut records = Vec::new();
        if !decide.hooks.is_empty() {
            row.hooks.clone_from(&decide.hooks);
            let told = self.hook_records(&shown.tenant, &row).await?;
            preconditions.extend(told.basis);
            records = told.records;
        }
        let mut record = self.decision_record(ctx, &shown, &row, decide, voice.as_ref())?;
        record.moments = moments;
        let event = match (waits, decide.decision) {
            (false, _) => Event::RequestDecided,
            (true, Decision::Approve) => Event::ApprovalRecorded,
            (true, _) => Event::DenialRecorded,
        };
        let event = OutboxDraft::new(shown.tenant.id, event, Some(row.identity));
        let mut outbox = vec![event.told_by(&record)];
        records.push(record);
        if !waits {
            outbox.extend(access.iter().flat_map(|access| access.events(&row)));
        }
        let change = Change {
            preconditions,
            records,
            outbox,
            ..Change::default()
        };
        Ok(update(change, row, stamps))
    }

    /// The record of a decision that took effect, or of a voice that is one of several.
    fn decision_record(
        &self,
        ctx: &Context,
        shown: &Shown,
        row: &Request,
        decide: &Decide,
        voice: Option<&Counted>,
    ) -> Result<Draft> {
        let actor = ctx.actor()?;
        let object = row.identity.to_string();
        let one_of_several = voice.filter(|voice| !voice.decided);
        let operation = match (one_of_several, decide.decision) {
            (None, _) => operations::DECISION,
            (Some(_), Decision::Approve) => operations::APPROVAL_RECORDED,
            (Some(_), _) => operations::DENIAL_RECORDED,
        };
        let mut record = self
            .names
            .by_caller(ctx, actor, &shown.tenant, operation, object.clone());
        if one_of_several.is_none() {
            record = self.names.as_decision(record);
        }
        record.request = Some(link(row));
        let mut parameters = vec![
            written("Comment", decide.comment.clone().unwrap_or_default()),
            named("ApprovalDecision", decide.decision.as_str()),
            named("RequestId", object),
        ];
        if decide.service.is_some() {
            parameters.push(named("ServiceName", row.ask.service.clone()));
        }
        if let (Some(_), Some(seconds)) = (decide.duration_seconds, row.granted_seconds) {
            parameters.push(named("DurationSeconds", seconds.to_string()));
        }
        if let Some(voice) = voice {
            parameters.extend([
                named("Stage", voice.stage.to_string()),
                named("Given", voice.given.to_string()),
                named("Needed", voice.needed.to_string()),
            ]);
            let absent = voice
                .votes
                .last()
                .and_then(|vote| vote.on_behalf_of.as_ref());
            parameters.extend(absent.map(|absent| written("OnBehalfOf", absent.name.clone())));
        }
        if let (None, Some(policy)) = (one_of_several, row.policy()) {
            parameters.extend(policy_parameters(policy, &policy.rules.join(", "), None));
        }
        record.parameters = parameters;
        Ok(record)
    }

    /// What the schema cannot say of the params.
    fn check_params(&self, decide: &Decide) -> Result<()> {
        text::check_free_text("/comment", decide.comment.as_deref().unwrap_or_default())?;
        if let Some(named) = &decide.service
            && self.catalog.service(named).is_none()
        {
            return Err(Error::invalid_param(
                "/serviceName",
                format!("There is no service '{named}'."),
                "a service of system.info",
            ));
        }
        if decide.duration_seconds.is_some() && decide.decision != Decision::Approve {
            return Err(Error::invalid_param(
                "/durationSeconds",
                "Only an approval has a duration.",
                "durationSeconds with decision Approve only",
            ));
        }
        Ok(())
    }

    /// Settles a command on a request and gives the request back as it is then.
    pub(in crate::service) async fn on_request<'a>(
        &'a self,
        ctx: &'a Context,
        named: &'a Named,
        validate_only: bool,
        judge: impl Fn(Context) -> Judgement<'a, ()> + Send + Sync,
    ) -> Result<(Shown, Settled<()>)> {
        let mut ctx = ctx.clone();
        ctx.typed = Some(named.request.clone());
        if validate_only {
            // Judged exactly as the real call; what it comes to is dropped.
            ctx.key = None;
            if let Err(denial) = judge(ctx.clone()).await {
                return Err(denial.error);
            }
            let shown = self.read_named(&ctx, named).await?;
            let settled = Settled {
                answer: serde_json::Value::Null,
                replayed: false,
                once: Some(()),
                at: None,
                positions: Vec::new(),
            };
            return Ok((shown, settled));
        }
        let settled = self.settle(ctx, judge).await?;
        Ok((self.request_settled(&settled).await?, settled))
    }

    /// The request that a settled call was about, as it is now.
    pub(in crate::service) async fn request_settled(&self, settled: &Settled<()>) -> Result<Shown> {
        let tenant = self.organization(settled.member("tenantId")?).await?;
        let identity = settled.member("identity")?;
        let request = self
            .store
            .request(tenant.id, RequestRef::Identity(identity))
            .await?
            .ok_or_else(|| Error::internal("a request is missing"))?;
        let now = self.now();
        let request = self.settled_request(request, now).await?;
        self.in_force(Shown::new(request, tenant, now)).await
    }

    /// What every change of a request rests on: its row, and that time has not moved it on.
    pub(in crate::service) fn rests_on(&self, request: &Request) -> Vec<Precondition> {
        let mut rests = vec![Precondition::At(
            RowRef::Request(request.identity),
            request.version,
        )];
        rests.extend(request.due().map(Precondition::Before));
        rests
    }

    /// What a grant rests on besides: that the engineer is still who he was. Disabling him, or
    /// taking away his role, ends his requests in the same change.
    pub(in crate::service) async fn requester_stands(
        &self,
        request: &Request,
    ) -> Result<Vec<Precondition>> {
        let requester = self
            .store
            .principal(
                request.requester.org,
                PrincipalRef::Id(request.requester.id),
            )
            .await?
            .ok_or_else(|| Error::internal("a request without its requester"))?;
        Ok(vec![Precondition::At(
            RowRef::Principal(requester.id),
            requester.version,
        )])
    }

    /// The longest access that the request's profile allows, in seconds.
    pub(in crate::service) fn longest_access(&self, request: &Request) -> Result<i64> {
        self.catalog
            .profile(&request.profile)
            .map(|profile| profile.maximum_access_seconds)
            .ok_or_else(|| Error::internal(format!("profile {} is gone", request.profile)))
    }
}

/// The guards that an approver can send along: the service, and the digest of the terms.
fn check_guards(request: &Request, decide: &Decide) -> Result<(), Refusal> {
    match (&decide.service, &decide.terms_digest) {
        (Some(named), _) if !named.trim().eq_ignore_ascii_case(&request.ask.service) => {
            Err(Refusal::ServiceMismatch {
                named: named.trim().to_owned(),
                actual: request.ask.service.clone(),
            })
        }
        (_, Some(digest)) if !digest.trim().eq_ignore_ascii_case(&request.terms_digest) => {
            Err(Refusal::TermsMismatch)
        }
        _ => Ok(()),
    }
}

/// A token may be limited to some decisions.
fn check_token(allowed: Option<&[Decision]>, wanted: Decision) -> Result<(), Refusal> {
    match allowed {
        Some(allowed) if !allowed.contains(&wanted) => Err(Refusal::DecisionNotAllowed {
            wanted,
            allowed: allowed.to_vec(),
        }),
        _ => Ok(()),
    }
}
