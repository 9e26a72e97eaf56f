//! Asks decision hooks: some requests at a time, all hooks of a request one after the other. An
//! answer is written down in one change with what it decides, so those that were being asked when
//! the daemon ended are asked again, and nothing happens twice.

use crate::clock::{Clock, Timestamp};
use crate::domain::hooks::{HookAnswer, HookOpinion};
use crate::domain::request::Request;
use crate::egress::Client;
use crate::error::Result;
use crate::hook::{self, Hooks, Judge, OnFailure, Opinion};
use crate::ids::RequestId;
use crate::service::Services;
use crate::telemetry::Metrics;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::task::{Id, JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

/// How long what failed is left alone, in seconds: a request whose question could not be made or whose
/// answers could not be settled, or all of them where they could not be read.
pub const PAUSE_SECONDS: i64 = 10;

/// How the host's hooks are run.
#[derive(Clone)]
pub struct Host {
    /// Its hooks.
    pub hooks: Hooks,
    /// The daemon's own program, which makes the cage.
    pub program: PathBuf,
    /// The way to those that are asked by URL.
    pub client: Arc<Client>,
    /// Requests that are put to their hooks at once.
    pub at_once: usize,
}

/// What the hooks of a request said.
type Answered = (Request, Vec<HookAnswer>);

/// What is going on.
struct Round<'a> {
    services: &'a Services,
    host: Arc<Host>,
    running: JoinSet<Answered>,
    /// Whose hooks are being asked.
    asked: HashMap<Id, RequestId>,
    /// What failed, and until when it is left alone.
    put_off: HashMap<RequestId, Timestamp>,
}

/// Asks until shutdown: at once, and whenever a commit may have brought a request that asks.
pub async fn run(services: &Services, host: Host, shutdown: CancellationToken) {
    let mut commits = services.store().commits();
    let mut round = Round {
        services,
        host: Arc::new(host),
        running: JoinSet::new(),
        asked: HashMap::new(),
        put_off: HashMap::new(),
    };
    loop {
        commits.borrow_and_update();
        let failed = round.begin().await.map_err(|error| {
            tracing::error!(
                ?error,
                "requests that wait for decision hooks cannot be read"
            );
            pause(services)
        });
        let again = round.put_off.values().copied().chain(failed.err()).min();
        let again = again.unwrap_or_else(|| services.now().plus_seconds(3_600));
        tokio::select! {
            // What is running is dropped, and its processes with it.
            () = shutdown.cancelled() => return,
            () = services.clock().sleep_until(again) => {}
            Some(done) = round.running.join_next_with_id() => round.settle(done).await,
            changed = commits.changed() => if changed.is_err() { return },
        }
    }
}

fn pause(services: &Services) -> Timestamp {
    services.now().plus_seconds(PAUSE_SECONDS)
}

impl Round<'_> {
    /// Puts requests to their hooks, as many as there is room for.
    async fn begin(&mut self) -> Result<()> {
        let now = self.services.now();
        self.put_off.retain(|_, until| now < *until);
        let free = self.host.at_once.saturating_sub(self.asked.len());
        if free == 0 {
            return Ok(());
        }
        let known = self.asked.len() + self.put_off.len();
        let found = self.services.asking(free + known).await?;
        let fresh = |request: &Request| {
            !self.put_off.contains_key(&request.identity)
                && !self.asked.values().any(|asked| *asked == request.identity)
        };
        let fresh: Vec<Request> = found.into_iter().filter(fresh).take(free).collect();
        for request in fresh {
            let identity = request.identity;
            let question = match self.services.hook_question(&request).await {
                Ok(question) => question,
                Err(error) => {
                    tracing::error!(?error, request = %identity, "what decision hooks are to read cannot be made; it is tried again");
                    self.put_off.insert(identity, pause(self.services));
                    continue;
                }
            };
            let host = Arc::clone(&self.host);
            let clock = Arc::clone(self.services.clock());
            let metrics = Arc::clone(self.services.metrics());
            let running = self.running.spawn(async move {
                let answers = ask_all(&host, &request, &question, &*clock, &metrics).await;
                (request, answers)
            });
            self.asked.insert(running.id(), identity);
        }
        Ok(())
    }

    /// Writes down what the hooks of one request said.
    async fn settle(&mut self, done: std::result::Result<(Id, Answered), JoinError>) {
        let (id, settled) = match done {
            Ok((id, (request, answers))) => {
                (id, self.services.settle_hooks(&request, &answers).await)
            }
            Err(error) => (error.id(), Err(crate::error::Error::internal(error))),
        };
        let Some(identity) = self.asked.remove(&id) else {
            return;
        };
        if let Err(error) = settled {
            tracing::error!(?error, request = %identity, "what decision hooks said cannot be written down; they are asked again");
            self.put_off.insert(identity, pause(self.services));
        }
    }
}

/// Asks the hooks of a request one after the other, whatever they say: who counts is settled later.
async fn ask_all(
    host: &Host,
    request: &Request,
    question: &[u8],
    clock: &dyn Clock,
    metrics: &Metrics,
) -> Vec<HookAnswer> {
    let mut answers = Vec::new();
    for name in request.hooks_left() {
        answers.push(ask(host, name, request.identity, question, clock, metrics).await);
    }
    answers
}

async fn ask(
    host: &Host,
    name: &str,
    request: RequestId,
    question: &[u8],
    clock: &dyn Clock,
    metrics: &Metrics,
) -> HookAnswer {
    let failed = |opinion, class: &str, details: &str| {
        tracing::warn!(hook = name, %request, details, "a decision hook failed");
        HookAnswer {
            name: name.to_owned(),
            opinion,
            reason: String::new(),
            digest: None,
            failure: Some(class.to_owned()),
            not_counted: None,
            at: clock.now(),
        }
    };
    let Some(hook) = host.hooks.get(name) else {
        // Nothing says that its silence is a denial.
        let text = "is not in the daemon's configuration any more";
        return failed(HookOpinion::Pass, text, text);
    };
    let answered = match hook {
        Judge::Program(hook) => hook::ask(hook, &host.program, question).await,
        Judge::Url(hook) => {
            let id = request.to_string();
            hook::url::ask(hook, &host.client, &id, question, clock.now()).await
        }
    };
    match answered {
        Ok(answer) => {
            metrics.hook_run(name, answer.opinion.as_str());
            HookAnswer {
                name: name.to_owned(),
                opinion: match answer.opinion {
                    Opinion::Approve => HookOpinion::Approve,
                    Opinion::Deny => HookOpinion::Deny,
                    Opinion::Pass => HookOpinion::Pass,
                },
                reason: answer.reason,
                digest: Some(hex::encode(answer.digest)),
                failure: None,
                not_counted: None,
                at: clock.now(),
            }
        }
        Err(failure) => {
            metrics.hook_run(name, "failed");
            let counts_as = match hook.on_failure() {
                OnFailure::Pass => HookOpinion::Pass,
                OnFailure::Deny => HookOpinion::Deny,
            };
            failed(counts_as, failure.class(), &failure.to_string())
        }
    }
}
