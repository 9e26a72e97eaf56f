//! Decision hooks: what they are asked, and what becomes of their answers. Who runs them is no
//! matter of this room.

use crate::audit::draft::Draft;
use crate::audit::operations;
use crate::auth::peer::Peer;
use crate::auth::{Context, Credential};
use crate::domain::hooks::{HookAnswer, wanted};
use crate::domain::organization::Organization;
use crate::domain::request::{Decision, Request};
use crate::error::{Error, Kind, Result};
use crate::service::Services;
use crate::service::commit::{JUDGED_AGAIN, Judged};
use crate::service::records::{link, named, pseudonym, written};
use crate::service::request::{Decide, Named};
use crate::store::{Change, CommitError, Precondition, PrincipalRef, RequestRef, RowWrite};
use serde_json::json;

/// The format of the question.
pub const FORMAT: &str = "lockbox-hook/1";

/// The records of hooks that answered, and what they rest on.
pub(super) struct Told {
    pub(super) records: Vec<Draft>,
    pub(super) basis: Vec<Precondition>,
}

impl Services {
    /// Requests whose hooks are to be asked now, those that arrived first coming first.
    ///
    /// # Errors
    /// Where the store cannot be read.
    pub async fn asking(&self, limit: usize) -> Result<Vec<Request>> {
        self.store.asking(self.now(), limit).await
    }

    /// What the hooks of a request read: the request as customers see it, in the names of
    /// `request.get`, and the rules that apply to it. All of it is fixed on arrival, so whoever is
    /// asked again reads the same.
    ///
    /// # Errors
    /// Where the store cannot be read.
    pub async fn hook_question(&self, request: &Request) -> Result<Vec<u8>> {
        let tenant = self.organization(request.ask.tenant).await?;
        let ask = &request.ask;
        let policy = request.policy();
        let question = json!({
            "format": FORMAT,
            "request": {
                "identity": request.identity.to_string(),
                "requestId": request.reference,
                "serviceRequestNumber": ask.ticket,
                "serviceName": ask.service,
                "profile": request.profile,
                "tenant": tenant.name,
                "tenantId": tenant.id.to_string(),
                "requestorPseudonym": pseudonym(&tenant, &request.requester.key),
                "reason": ask.reason,
                "citizenship": ask.citizenship,
                "location": ask.location,
                "resources": ask.resources,
                "dataCategories": ask.data_categories,
                "accessLevel": ask.access_level.as_str(),
                "operations": ask.operations,
                "durationSeconds": ask.duration_seconds,
                "createdDate": request.created_at,
                "reviewedDate": request.reviewed_at,
                "sentToCustomerDate": request.sent_at,
                "expirationDate": request.deadline,
                "policyVersion": policy.map(|policy| policy.version),
                "policyHash": policy.map(|policy| policy.hash.as_str()),
                "policyRules": policy.map(|policy| policy.rules.as_slice()),
                "clockHeldUntil": policy.and_then(|policy| policy.held_until),
                "termsDigest": request.terms_digest,
            },
        });
        serde_json::to_vec(&question).map_err(Error::internal)
    }

    /// Writes down what the hooks of a request said, and decides it where that counts, in one
    /// change; false where it waits for them no more, and nothing is written.
    ///
    /// # Errors
    /// Where the store cannot, or the policy cannot be applied: they are to be asked again.
    pub async fn settle_hooks(&self, request: &Request, answers: &[HookAnswer]) -> Result<bool> {
        for _ in 0..=JUDGED_AGAIN {
            let Some(mut change) = self.judge_hooks(request, answers.to_vec()).await? else {
                return Ok(false);
            };
            change.background = true;
            for record in &mut change.records {
                record.draw_salts();
                record.check_size()?;
            }
            match self.apply(change).await {
                Ok(_) => return Ok(true),
                Err(CommitError::Failed(precondition, at)) => {
                    tracing::debug!(?precondition, %at, "judging what hooks said again");
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(CommitError::Busy.into())
    }

    /// What the answers come to as of now.
    async fn judge_hooks(
        &self,
        request: &Request,
        mut answers: Vec<HookAnswer>,
    ) -> Result<Option<Change>> {
        let identity = RequestRef::Identity(request.identity);
        let found = self.store.request(request.ask.tenant, identity).await?;
        let request = found.ok_or_else(|| Error::internal("a request has gone"))?;
        if request.asking().is_none() || request.overdue(self.now()) {
            return Ok(None);
        }
        let tenant = self.organization(request.ask.tenant).await?;
        let wanted: Vec<_> = wanted(&answers).collect();
        for (index, decision) in wanted {
            let refused = match self
                .decided(&tenant, &request, &answers, index, decision)
                .await?
            {
                Ok(change) => return Ok(Some(change)),
                Err(why) => why,
            };
            if let Some(answer) = answers.get_mut(index) {
                answer.not_counted = Some(refused);
            }
        }
        let mut row = request;
        row.hooks = answers;
        let told = self.hook_records(&tenant, &row).await?;
        let mut preconditions = self.rests_on(&row);
        preconditions.extend(told.basis);
        Ok(Some(Change {
            preconditions,
            records: told.records,
            writes: vec![RowWrite::UpdateRequest(Box::new(row), Vec::new())],
            ..Change::default()
        }))
    }

    /// The decision of the robot behind one answer, or why it does not count.
    async fn decided(
        &self,
        tenant: &Organization,
        request: &Request,
        answers: &[HookAnswer],
        index: usize,
        decision: Decision,
    ) -> Result<Result<Change, String>> {
        let Some(answer) = answers.get(index) else {
            return Err(Error::internal("an answer is missing"));
        };
        let ctx = match self.hook_context(tenant, &answer.name).await? {
            Ok(ctx) => ctx,
            Err(why) => return Ok(Err(why)),
        };
        let named = Named {
            request: request.identity.to_string(),
            ..Named::default()
        };
        let decide = Decide {
            decision,
            comment: Some(answer.comment()),
            duration_seconds: None,
            service: None,
            terms_digest: None,
            hooks: answers.to_vec(),
        };
        match self.judge_decide(&ctx, &named, &decide).await {
            Ok(Judged::New(change, ..)) => Ok(Ok(*change)),
            Ok(Judged::Kept(_) | Judged::Nothing(..)) => {
                Err(Error::internal("a hook's decision changes nothing"))
            }
            Err(denial) => match denial.error.kind() {
                Kind::Forbidden | Kind::NotFound => Ok(Err(format!(
                    "The robot '{}' holds no approver's role that counts for this request.",
                    answer.name
                ))),
                Kind::Unauthenticated | Kind::Conflict | Kind::Refused | Kind::InvalidParams => {
                    Ok(Err(denial.message_in(tenant)))
                }
                Kind::Busy | Kind::OutcomeUnknown | Kind::Unavailable | Kind::Internal => {
                    Err(denial.error)
                }
            },
        }
    }

    /// The tenant's robot that is called like a hook, as it may act now, or why it may not.
    async fn hook_context(
        &self,
        tenant: &Organization,
        hook: &str,
    ) -> Result<Result<Context, String>> {
        let label = PrincipalRef::Label(hook.to_owned());
        let found = self.store.principal(tenant.id, label).await?;
        let robot = found.filter(|found| found.is_robot() && found.label() == hook);
        let Some(robot) = robot else {
            return Ok(Err(format!("There is no robot '{hook}' any more.")));
        };
        let credential = Credential::Hook(robot.id);
        match self.authenticator.actor(credential, self.now()).await {
            Ok(actor) => Ok(Ok(Context {
                actor,
                credential,
                peer: Peer::internal(),
                method: "request.decide",
                key: None,
                typed: None,
            })),
            Err(error) if error.kind() == Kind::Unauthenticated => {
                Ok(Err(error.message().to_owned()))
            }
            Err(error) => Err(error),
        }
    }

    /// A record for each hook that was asked: by its robot, or where that may not act by the daemon.
    pub(super) async fn hook_records(&self, tenant: &Organization, row: &Request) -> Result<Told> {
        let (mut records, mut basis) = (Vec::new(), Vec::new());
        let object = row.identity.to_string();
        for answer in &row.hooks {
            let operation = operations::HOOK_ANSWERED;
            let mut record = match self.hook_context(tenant, &answer.name).await? {
                Ok(ctx) => {
                    basis.extend(ctx.identity_basis()?);
                    let actor = ctx.actor()?;
                    self.names
                        .by_caller(&ctx, actor, tenant, operation, object.clone())
                }
                Err(_) => self.names.by_daemon(tenant, operation, object.clone()),
            };
            record.succeeded = answer.failure.is_none();
            record.request = Some(link(row));
            record.parameters = vec![
                named("RequestId", object.clone()),
                named("HookName", answer.name.clone()),
                named("HookAnswer", answer.opinion.as_str()),
                written("HookReason", answer.reason.clone()),
            ];
            let digest = answer.digest.as_ref();
            let failure = answer.failure.as_ref();
            let not_counted = answer.not_counted.as_ref();
            record.parameters.extend(
                [
                    digest.map(|digest| named("HookDigest", digest.clone())),
                    failure.map(|failure| written("HookFailure", failure.clone())),
                    not_counted.map(|why| written("HookNotCounted", why.clone())),
                ]
                .into_iter()
                .flatten(),
            );
            records.push(record);
        }
        Ok(Told { records, basis })
    }
}
