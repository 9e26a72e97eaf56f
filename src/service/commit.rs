//! From a judgement to a commit: replay, judge, commit, and judge again where the world moved.

use crate::audit::draft::Draft;
use crate::audit::operations;
use crate::auth::Context;
use crate::clock::BoxFuture;
use crate::clock::Timestamp;
use crate::domain::organization::Organization;
use crate::domain::refusal::Refusal;
use crate::domain::request::{Request, Stamp, State};
use crate::error::{Error, Result};
use crate::service::Services;
use crate::service::records::shown_name;
use crate::store::{Change, CommitError, Committed, Idempotency, Outcome, RowWrite};
use serde_json::Value;

/// How often a call is judged again because something that it had read moved before its commit.
pub(super) const JUDGED_AGAIN: usize = 3;

/// A refusal, and the request that the caller was refused on where it may see it.
#[derive(Debug)]
pub(super) struct Denial {
    pub(super) error: Error,
    pub(super) about: Option<Box<Request>>,
    rule: Option<Box<Refusal>>,
}

impl From<Error> for Denial {
    fn from(error: Error) -> Self {
        Self {
            error,
            about: None,
            rule: None,
        }
    }
}

impl Denial {
    /// What a rule says, told to a caller of this organization.
    pub(super) fn rule(refusal: Refusal, caller: &Organization) -> Self {
        Self {
            error: refusal.told(|party| shown_name(caller, party)),
            about: None,
            rule: Some(Box::new(refusal)),
        }
    }

    /// The denial of something on a request that the caller may see.
    pub(super) fn about(self, request: &Request) -> Self {
        Self {
            about: Some(Box::new(request.clone())),
            ..self
        }
    }

    /// The message as this log may hold it: a customer's knows the provider's people by pseudonym.
    pub(super) fn message_in(&self, log: &Organization) -> String {
        match &self.rule {
            Some(refusal) => refusal
                .told(|party| shown_name(log, party))
                .message()
                .to_owned(),
            None => self.error.message().to_owned(),
        }
    }
}

/// What judging a call comes to.
pub(super) enum Judged<T> {
    /// An equal call with the same key was applied before.
    Kept(Value),
    /// Nothing to change: it is so already, or the caller only asked what would happen.
    Nothing(Value, T),
    /// A change, the stable part of its answer, and what only this answer may carry (a secret).
    New(Box<Change>, Value, T),
}

/// A call that was settled.
#[derive(Debug)]
pub struct Settled<T> {
    /// The stable part of the answer.
    pub answer: Value,
    /// Whether an earlier equal call did it.
    pub replayed: bool,
    /// What only the first answer carries.
    pub once: Option<T>,
    /// The commit's instant, where there was one now.
    pub at: Option<Timestamp>,
    /// Positions of the records that it left.
    pub positions: Vec<u64>,
}

/// A judgement that can be made again.
pub(super) type Judgement<'a, T> = BoxFuture<'a, Result<Judged<T>, Denial>>;

impl Services {
    /// Settles a write: judges it, commits it, and judges again, with the caller as it is then,
    /// where a precondition failed. A refusal of an authenticated caller is recorded.
    pub(super) async fn settle<'a, T: Send>(
        &'a self,
        ctx: Context,
        judge: impl Fn(Context) -> Judgement<'a, T> + Send + Sync,
    ) -> Result<Settled<T>> {
        let mut context = ctx;
        for _ in 0..=JUDGED_AGAIN {
            let judged = match judge(context.clone()).await {
                Ok(judged) => judged,
                Err(denial) => return Err(self.refused(&context, denial).await),
            };
            let (mut change, answer, once) = match judged {
                Judged::Kept(answer) => return Ok(Settled::replay(answer)),
                // Only the key is kept: a retry is answered alike, whatever happens meanwhile.
                Judged::Nothing(answer, once) if context.key.is_some() => {
                    let change = Change {
                        preconditions: context.identity_basis()?,
                        ..Change::default()
                    };
                    (Box::new(change), answer, once)
                }
                Judged::Nothing(answer, once) => {
                    return Ok(Settled {
                        answer,
                        replayed: false,
                        once: Some(once),
                        at: None,
                        positions: Vec::new(),
                    });
                }
                Judged::New(change, answer, once) => (change, answer, once),
            };
            for record in &mut change.records {
                record.draw_salts();
                record.check_size()?;
            }
            change.idempotency = idempotency(&context, &answer);
            match self.apply(*change).await {
                Ok(Committed {
                    at,
                    outcome: Outcome::Applied(records),
                }) => {
                    return Ok(Settled {
                        answer,
                        replayed: false,
                        once: Some(once),
                        at: Some(at),
                        positions: records.into_iter().map(|(_, position)| position).collect(),
                    });
                }
                Ok(Committed {
                    outcome: Outcome::Replayed(answer),
                    ..
                }) => return Ok(Settled::replay(answer)),
                Err(CommitError::Failed(precondition, at)) => {
                    tracing::debug!(?precondition, %at, "judging again");
                    context = self.refreshed(&context).await?;
                }
                Err(error) => {
                    let denial = Denial::from(Error::from(error));
                    return Err(self.refused(&context, denial).await);
                }
            }
        }
        Err(CommitError::Busy.into())
    }

    /// Judges a write exactly as the real call would, and drops what it comes to: nothing is
    /// kept of it, nor recorded.
    pub(super) async fn try_out<'a, T: Send>(
        &'a self,
        ctx: Context,
        judge: impl Fn(Context) -> Judgement<'a, T> + Send + Sync,
    ) -> Result<Settled<T>> {
        let ctx = Context { key: None, ..ctx };
        match judge(ctx).await.map_err(|denial| denial.error)? {
            Judged::Kept(answer) => Ok(Settled::replay(answer)),
            Judged::Nothing(answer, once) | Judged::New(_, answer, once) => Ok(Settled {
                answer,
                replayed: false,
                once: Some(once),
                at: None,
                positions: Vec::new(),
            }),
        }
    }

    /// Settles a write, or where it is only a trial, tries it out; a trial gives no secret.
    pub(super) async fn settle_or_try<'a, T: Send>(
        &'a self,
        ctx: Context,
        trial: bool,
        judge: impl Fn(Context) -> Judgement<'a, T> + Send + Sync,
    ) -> Result<Settled<T>> {
        if !trial {
            return self.settle(ctx, judge).await;
        }
        Ok(Settled {
            once: None,
            ..self.try_out(ctx, judge).await?
        })
    }

    /// Commits a change whose records have no salts yet.
    pub(super) async fn apply(&self, mut change: Change) -> Result<Committed, CommitError> {
        for record in &mut change.records {
            if record.salts.is_empty() {
                record.draw_salts();
            }
        }
        for event in &mut change.outbox {
            let about = |record: &&Draft| {
                let request = record.request.as_ref().map(|link| link.identity);
                record.org == event.org && (event.request.is_none() || request == event.request)
            };
            if event.record.is_none() {
                event.record = change.records.iter().find(about).map(|record| record.id);
            }
        }
        let moves = moves(&change);
        let committed = self.store.commit(change).await?;
        if matches!(committed.outcome, Outcome::Applied(_)) {
            for one in moves {
                self.count_move(&one);
            }
        }
        Ok(committed)
    }

    /// Counts what became of a request.
    fn count_move(&self, moved: &Move) {
        let outcome = match moved.to {
            State::Approved if moved.emergency => Some("EmergencyAccess"),
            State::Approved if moved.unasked => Some("ApprovalNotRequired"),
            State::Approved | State::Denied | State::Canceled => Some(moved.to.as_str()),
            State::Expired if moved.arrived => Some(moved.to.as_str()),
            _ => None,
        };
        if let Some(outcome) = outcome {
            self.metrics.decision(outcome, moved.by);
        }
        if Request::after_due(moved.to) == moved.to {
            self.metrics.request_ended(moved.to.as_str());
        }
    }

    /// The kept answer of the caller's key: looked up after the caller is known to be allowed,
    /// and before state and time are judged.
    pub(super) async fn kept(&self, ctx: &Context) -> Result<Option<Value>> {
        let (Some(key), Ok(actor)) = (&ctx.key, ctx.actor()) else {
            return Ok(None);
        };
        let stored = self
            .store
            .answer(actor.org.id, actor.principal.id, ctx.method, &key.key)
            .await?;
        match stored {
            None => Ok(None),
            Some(stored) if stored.digest == key.digest => Ok(Some(stored.answer)),
            Some(_) => Err(CommitError::KeyReused.into()),
        }
    }
}

/// A request that a change brings into a state.
struct Move {
    to: State,
    /// Granted without asking, by two of the provider's people.
    emergency: bool,
    arrived: bool,
    /// Granted without asking, as the tenant wants it.
    unasked: bool,
    /// `person`, `robot` or `daemon`.
    by: &'static str,
}

/// What a change does to requests.
fn moves(change: &Change) -> Vec<Move> {
    let by = |request: &Request| {
        let of = |record: &&Draft| {
            let link = record.request.as_ref();
            link.is_some_and(|link| link.identity == request.identity)
        };
        // A policy decides in the change with which the review is recorded.
        let mut records = change.records.iter().filter(of);
        let decision = records
            .clone()
            .find(|record| record.operation == operations::DECISION);
        let record = decision.or_else(|| records.next());
        match record.map(|record| record.actor.kind.as_str()) {
            Some("robot") => "robot",
            Some("daemon") => "daemon",
            _ => "person",
        }
    };
    change
        .writes
        .iter()
        .filter_map(|write| match write {
            // To acknowledge is no move: the state stays as it was.
            RowWrite::UpdateRequest(_, stamps)
                if stamps
                    .iter()
                    .any(|(stamp, _)| *stamp == Stamp::Acknowledged) =>
            {
                None
            }
            RowWrite::UpdateRequest(row, _) => Some(Move {
                to: row.state,
                emergency: row.emergency.is_some(),
                arrived: row.arrived(),
                unasked: row
                    .terms
                    .as_ref()
                    .is_some_and(|terms| !terms.approval_required),
                by: by(row),
            }),
            _ => None,
        })
        .collect()
}

impl<T> Settled<T> {
    pub(super) fn replay(answer: Value) -> Self {
        Self {
            answer,
            replayed: true,
            once: None,
            at: None,
            positions: Vec::new(),
        }
    }

    /// A member of the stable answer that reads as such a value.
    ///
    /// # Errors
    /// Where it is missing: a fault of ours.
    pub fn member<V: std::str::FromStr>(&self, name: &str) -> Result<V> {
        self.answer
            .get(name)
            .and_then(Value::as_str)
            .and_then(|text| text.parse().ok())
            .ok_or_else(|| Error::internal(format!("an answer without {name}")))
    }

    /// A count in the stable answer.
    #[must_use]
    pub fn count(&self, name: &str) -> u64 {
        self.answer.get(name).and_then(Value::as_u64).unwrap_or(0)
    }
}

fn idempotency(ctx: &Context, answer: &Value) -> Option<Idempotency> {
    let key = ctx.key.as_ref()?;
    let actor = ctx.actor.as_ref()?;
    Some(Idempotency {
        org: actor.org.id,
        principal: actor.principal.id,
        method: ctx.method.to_owned(),
        key: key.key.clone(),
        digest: key.digest,
        answer: answer.clone(),
    })
}
