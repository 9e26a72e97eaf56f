//! Use cases: permit, load, judge, build a change, commit. One file per resource.

pub mod activity;
pub mod audit;
pub mod backup;
mod codes;
mod commit;
mod due;
pub mod emergency;
pub mod grant;
pub mod hooks;
pub mod notification;
pub mod operate;
pub mod people;
pub mod policy;
mod records;
pub mod redeem;
mod refusals;
pub mod request;
pub mod restore;
pub mod roles;
pub mod session;
pub mod settings;
pub mod setup;
pub mod templates;
pub mod tenant;
mod throttle;
pub mod tokens;
mod waking;
pub mod webhooks;

pub use commit::Settled;
pub use records::{Names, pseudonym, shown_name};

use crate::auth::{Authenticator, Context, Credential, peer::Peer};
use crate::clock::{Clock, Timestamp};
use crate::domain::catalog::Catalog;
use crate::domain::notice::settings::NoticeSettings;
use crate::egress;
use crate::error::{Error, Result};
use crate::ids::{OrgId, PrincipalId, TokenId};
use crate::store::Store;
use crate::telemetry::Metrics;
use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use throttle::{Rate, Throttle, too_many_calls};

/// Limits of the use cases; each has a default and can be configured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Undecided requests per tenant, so that approvers are not worn down.
    pub pending_per_tenant: u32,
    /// Undecided requests per engineer.
    pub pending_per_engineer: u32,
    /// Refused calls that are recorded one by one, per caller and minute; more are summed up.
    pub refusals_per_minute: u32,
    /// Tokens of one principal that have not ended.
    pub tokens_per_principal: u32,
    /// Failed authentications of one address that are answered at once.
    pub failed_attempts: u32,
    /// How many of those each minute gives back.
    pub failed_attempts_per_minute: u32,
    /// Calls of one token in a second.
    pub calls_per_second: u32,
    /// Streams of events at once.
    pub listeners: u32,
    /// Streams of events of one organization at once.
    pub listeners_per_organization: u32,
    /// Streams of events of one token at once.
    pub listeners_per_token: u32,
    /// Days for which events are kept, and who was told of them.
    pub events_kept_days: u32,
    /// Mails of one customer in an hour to addresses that are not its people's own.
    pub foreign_mails_per_hour: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            pending_per_tenant: 20,
            pending_per_engineer: 5,
            refusals_per_minute: 60,
            tokens_per_principal: 50,
            failed_attempts: 20,
            failed_attempts_per_minute: 20,
            calls_per_second: 10_000,
            listeners: 512,
            listeners_per_organization: 128,
            listeners_per_token: 16,
            events_kept_days: 180,
            foreign_mails_per_hour: 1_000,
        }
    }
}

/// Every use case, with the parts that they share.
pub struct Services {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    catalog: Catalog,
    names: Names,
    limits: Limits,
    authenticator: Authenticator,
    refusals: Mutex<refusals::Meter>,
    summaries: tokio::sync::Notify,
    sessions: Mutex<audit::Sessions>,
    uses: Mutex<HashMap<TokenId, Timestamp>>,
    failures: Mutex<Throttle<IpAddr>>,
    calls: Mutex<Throttle<TokenId>>,
    foreign_mails: Mutex<Throttle<notification::Counted>>,
    metrics: Arc<Metrics>,
    scraped: tokio::sync::Mutex<Option<operate::Scraped>>,
    backup_dir: Option<PathBuf>,
    backup: tokio::sync::Mutex<()>,
    policies: Mutex<HashMap<OrgId, Arc<policy::Ready>>>,
    hooks: Vec<String>,
    provider_notices: NoticeSettings,
    seats: notification::Seats,
    egress: Option<Arc<egress::Client>>,
}

/// What [`Services::new`] is made of, beside the store and the clock.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Services and profiles.
    pub catalog: Catalog,
    /// Configurable names in records.
    pub names: Names,
    /// Limits.
    pub limits: Limits,
    /// Host uids that stand for principals.
    pub unix_peers: BTreeMap<u32, PrincipalId>,
    /// Where everything is counted.
    pub metrics: Arc<Metrics>,
    /// Where backups are written; nowhere where there is none.
    pub backup_dir: Option<PathBuf>,
    /// Names of the decision hooks that tenants can choose.
    pub hooks: Vec<String>,
    /// Who is told what at the provider, and how.
    pub provider_notices: NoticeSettings,
    /// Judges the addresses that tenants name; without it they can name none.
    pub egress: Option<Arc<egress::Client>>,
}

impl Services {
    /// The use cases over a store.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, options: Options) -> Self {
        Self {
            authenticator: Authenticator::new(Arc::clone(&store), options.unix_peers),
            store,
            clock,
            catalog: options.catalog,
            names: options.names,
            limits: options.limits,
            refusals: Mutex::default(),
            summaries: tokio::sync::Notify::new(),
            sessions: Mutex::default(),
            backup_dir: options.backup_dir,
            backup: tokio::sync::Mutex::default(),
            policies: Mutex::default(),
            hooks: options.hooks,
            provider_notices: options.provider_notices,
            seats: notification::Seats::default(),
            egress: options.egress,
            uses: Mutex::default(),
            failures: Mutex::new(Throttle::new(Rate {
                burst: options.limits.failed_attempts,
                per_hour: u64::from(options.limits.failed_attempts_per_minute) * 60,
            })),
            calls: Mutex::new(Throttle::new(Rate {
                burst: options.limits.calls_per_second,
                per_hour: u64::from(options.limits.calls_per_second) * 3_600,
            })),
            foreign_mails: Mutex::new(Throttle::new(Rate {
                burst: options.limits.foreign_mails_per_hour,
                per_hour: options.limits.foreign_mails_per_hour.into(),
            })),
            metrics: options.metrics,
            scraped: tokio::sync::Mutex::default(),
        }
    }

    /// Recognises the caller of a method.
    ///
    /// # Errors
    /// Where something was presented that does not count, or its holder calls too often.
    pub async fn context(
        &self,
        method: &'static str,
        authorization: Option<&str>,
        peer: Peer,
    ) -> Result<Context> {
        let known = match self.authenticator.credential(authorization, &peer) {
            Ok(credential) => self
                .authenticator
                .actor(credential, self.now())
                .await
                .map(|actor| (credential, actor)),
            Err(error) => Err(error),
        };
        let (credential, actor) = known.map_err(|error| self.failed(&peer, error))?;
        if let Some(token) = actor.as_ref().and_then(|actor| actor.token.as_ref()) {
            locked(&self.calls)
                .take(token.id, self.now())
                .map_err(|seconds| too_many_calls(self.limits.calls_per_second, seconds))?;
            self.note_use(token).await;
        }
        Ok(Context {
            actor,
            credential,
            peer,
            method,
            key: None,
            typed: None,
        })
    }

    /// The context of a method that anybody may call: whatever was presented does not matter.
    #[must_use]
    pub fn open_context(&self, method: &'static str, peer: Peer) -> Context {
        Context {
            actor: None,
            credential: Credential::None,
            peer,
            method,
            key: None,
            typed: None,
        }
    }

    /// That somebody is known to be calling.
    ///
    /// # Errors
    /// Unauthenticated, which counts as a failure before authentication.
    pub fn require_actor(&self, ctx: &Context) -> Result<()> {
        ctx.actor()
            .map(drop)
            .inspect_err(|error| self.count_failure(error))
    }

    /// Judges the caller of a context again, as of now.
    async fn refreshed(&self, ctx: &Context) -> Result<Context> {
        let actor = self
            .authenticator
            .actor(ctx.credential, self.now())
            .await
            .inspect_err(|error| self.count_failure(error))?;
        Ok(Context {
            actor,
            ..ctx.clone()
        })
    }

    /// The present instant.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The clock.
    #[must_use]
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// Where everything is counted.
    #[must_use]
    pub fn metrics(&self) -> &Arc<Metrics> {
        &self.metrics
    }

    /// What judges the addresses that tenants name, and posts to them.
    ///
    /// # Errors
    /// Where none was set up.
    pub fn egress(&self) -> Result<&Arc<egress::Client>> {
        self.egress
            .as_ref()
            .ok_or_else(|| Error::internal("no way out is set up"))
    }

    /// The store.
    #[must_use]
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// Services and profiles.
    #[must_use]
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// Limits in force.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Configurable names in records.
    #[must_use]
    pub fn names(&self) -> &Names {
        &self.names
    }
}

/// A lock whose value stays sound even if a holder panicked.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
