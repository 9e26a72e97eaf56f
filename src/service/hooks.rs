//! Decision hooks: what they are asked, and what becomes of their answers. Who runs them is no
//! matter of this room.

use crate::audit::draft::Draft;
use crate::audit::operations;
use crate::auth::peer::Peer;
use crate::auth::{Context, Credential};
use crate::domain::hooks::{HookAnswer, wanted};
use crate::domain::organization::Organization;
use crate::domain::request::{Decision, Request, State};
use crate::error::{Error, Kind, Result};
use crate::service::Services;
use crate::service::commit::{JUDGED_AGAIN, Judged};
use crate::service::records::{link, named, pseudonym, written};
use crate::service::request::{Decide, Named};
use crate::store::{Change, CommitError, Precondition, PrincipalRef, RequestRef, RowWrite};
use serde_json::json;

/// The format of the question.
pub const FORMAT: &str = "lockbox-hook/1";

/// Why an approval does not count where another hook denies.
const BESIDE_A_DENIAL: &str = "Another hook denies it, and no approval stands beside a denial.";

/// Why an answer does not count where another one has decided.
const DECIDED_BEFORE: &str = "Another hook's answer decided the request before it.";

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

    /// Writes down what the hooks of a request said, and decides it where that counts. An answer
    /// that counts as one of several is written down alone, in one change with its voice, so that
    /// the others are judged after it; the change that decides has all that are left. Nothing is
    /// written where it waits for its hooks no more.
    ///
    /// # Errors
    /// Where the store cannot, or the policy cannot be applied: those whose answers are not written
    /// down are to be asked again.
    pub async fn settle_hooks(&self, request: &Request, answers: &[HookAnswer]) -> Result<()> {
        let mut again = 0;
        while again <= JUDGED_AGAIN {
            let Some(mut change) = self.judge_hooks(request, answers).await? else {
                return Ok(());
            };
            change.background = true;
            for record in &mut change.records {
                record.draw_salts();
                record.check_size()?;
            }
            match self.apply(change).await {
                Ok(_) => again = 0,
                Err(CommitError::Failed(precondition, at)) => {
                    again += 1;
                    tracing::debug!(?precondition, %at, "judging what hooks said again");
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(CommitError::Busy.into())
    }

    /// What is to be written down next of these answers, as of now; nothing where none is left.
    async fn judge_hooks(
        &self,
        request: &Request,
        answers: &[HookAnswer],
    ) -> Result<Option<Change>> {
        let identity = RequestRef::Identity(request.identity);
        let found = self.store.request(request.ask.tenant, identity).await?;
        let request = found.ok_or_else(|| Error::internal("a request has gone"))?;
        let new = |answer: &&HookAnswer| request.hooks_left().any(|name| name == answer.name);
        let mut left: Vec<HookAnswer> = answers.iter().filter(new).cloned().collect();
        if left.is_empty() || request.asking().is_none() || request.overdue(self.now()) {
            return Ok(None);
        }
        let tenant = self.organization(request.ask.tenant).await?;
        let decision = wanted(request.hooks.iter().chain(&left));
        let mut tried = Vec::new();
        for (index, answer) in left.iter_mut().enumerate() {
            match answer.opinion.decision() {
                Some(wants) if decision == Some(wants) => tried.push((index, wants)),
                Some(_) => answer.not_counted = Some(BESIDE_A_DENIAL.to_owned()),
                None => {}
            }
        }
        for (index, decision) in &tried {
            let Some(answer) = left.get(*index).cloned() else {
                continue;
            };
            let alone = with(&request, std::slice::from_ref(&answer));
            let judged = self
                .decided(&tenant, &request, &answer, *decision, alone)
                .await?;
            let change = match judged {
                Ok(change) => change,
                Err(why) => {
                    if let Some(answer) = left.get_mut(*index) {
                        answer.not_counted = Some(why);
                    }
                    continue;
                }
            };
            let decides = decides(&change);
            if left.len() == 1 || (tried.len() > 1 && !decides) {
                return Ok(Some(change));
            }
            // The last change: the others' answers stand in it.
            for (other, _) in tried.iter().filter(|(other, _)| other != index) {
                if let Some(other) = left.get_mut(*other) {
                    other
                        .not_counted
                        .get_or_insert_with(|| DECIDED_BEFORE.to_owned());
                }
            }
            let all = with(&request, &left);
            return match self
                .decided(&tenant, &request, &answer, *decision, all)
                .await?
            {
                Ok(change) => Ok(Some(change)),
                // The world moved between the two judgements.
                Err(why) => Err(Error::internal(why)),
            };
        }
        let mut row = request;
        row.hooks = with(&row, &left);
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

    /// The decision of the robot behind one answer, with the answers that stand in the row then; or
    /// why it does not count.
    async fn decided(
        &self,
        tenant: &Organization,
        request: &Request,
        answer: &HookAnswer,
        decision: Decision,
        hooks: Vec<HookAnswer>,
    ) -> Result<Result<Change, String>> {
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
            hooks,
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

    /// A record for each answer that the row has now and had not before: by the hook's robot, or
    /// where that may not act by the daemon.
    pub(super) async fn hook_records(&self, tenant: &Organization, row: &Request) -> Result<Told> {
        let (mut records, mut basis) = (Vec::new(), Vec::new());
        let object = row.identity.to_string();
        // What is committed rests on the version of the row, so this is what stands in it before.
        let before = self
            .store
            .request(row.ask.tenant, RequestRef::Identity(row.identity))
            .await?;
        let before = before.map(|before| before.hooks).unwrap_or_default();
        let new = |answer: &&HookAnswer| !before.iter().any(|one| one.name == answer.name);
        for answer in row.hooks.iter().filter(new) {
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

/// The answers of a request with more of them, in the order of its policy.
fn with(request: &Request, more: &[HookAnswer]) -> Vec<HookAnswer> {
    let named = request.policy().map_or(&[][..], |one| &one.asked.hooks);
    let mut all = [request.hooks.as_slice(), more].concat();
    all.sort_by_key(|answer| named.iter().position(|name| *name == answer.name));
    all
}

/// Whether the request waits no more after a change.
fn decides(change: &Change) -> bool {
    change.writes.iter().any(|write| match write {
        RowWrite::UpdateRequest(row, _) => row.state != State::Pending,
        _ => false,
    })
}
