//! What the operator needs: the metrics, and the level of the log.

use crate::audit::operations;
use crate::auth::Context;
use crate::auth::peer::{Peer, Via};
use crate::clock::wall_clock_behind;
use crate::domain::organization::OrgKind;
use crate::domain::request::State;
use crate::domain::rights::Action;
use crate::domain::scope::Scope;
use crate::error::{Error, Result};
use crate::service::Services;
use crate::service::commit::{Denial, Judged, Settled};
use crate::service::records::named;
use crate::store::{Change, Numbers};
use crate::telemetry::{self, Format, Lane};
use serde_json::json;
use std::net::IpAddr;
use std::time::Duration;
use tracing::Level;

/// How long the numbers of the database serve while nothing is committed.
const NUMBERS_KEPT: Duration = Duration::from_secs(5);

/// States that time or people can still move on.
const OPEN: [State; 3] = [State::InternalReview, State::Pending, State::Approved];

/// When the database was read last: the commits by then, and the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Scraped {
    commits: u64,
    at: Duration,
}

impl Services {
    /// That a caller may read the metrics: whoever is on this machine, and whoever belongs to the
    /// provider. They hold sums over all tenants, and no names.
    ///
    /// A call that a proxy has `forwarded` comes from elsewhere, whatever its peer.
    ///
    /// # Errors
    /// Where the caller has to show a token, or shows one of a customer.
    pub async fn may_read_metrics(
        &self,
        authorization: Option<&str>,
        peer: Peer,
        forwarded: bool,
    ) -> Result<()> {
        let loopback = |ip: IpAddr| ip.to_canonical().is_loopback();
        let here = peer.via == Via::Unix || peer.address.is_some_and(|one| loopback(one.ip()));
        if here && !forwarded {
            return Ok(());
        }
        let ctx = self.context("GET /metrics", authorization, peer).await?;
        self.require_actor(&ctx)?;
        if ctx.actor()?.org.kind == OrgKind::Provider {
            return Ok(());
        }
        Err(Error::forbidden(
            "The metrics are the provider's.",
            "Use a token of the provider's organization; a robot without roles is enough.",
        ))
    }

    /// The metrics, with what the database says now.
    pub async fn metrics_text(&self, format: Format) -> String {
        // One at a time: many readers cost one query.
        let mut scraped = self.scraped.lock().await;
        let present = Scraped {
            commits: *self.store.commits().borrow(),
            at: self.clock.monotonic(),
        };
        let fresh = scraped.is_some_and(|last| {
            last.commits == present.commits && present.at.saturating_sub(last.at) < NUMBERS_KEPT
        });
        if !fresh {
            let now = self.now();
            match self.store.numbers(now).await {
                Ok(numbers) => {
                    self.note_numbers(&numbers);
                    *scraped = Some(present);
                }
                Err(error) => {
                    tracing::warn!(?error, "the database cannot be read for the metrics");
                    self.metrics.scrape_failed();
                    *scraped = None;
                }
            }
        }
        self.note_room();
        // A test clock is ahead on purpose.
        let behind = match self.clock.offset_millis() {
            Some(_) => 0,
            None => wall_clock_behind(self.now()),
        };
        self.metrics.clock_behind(behind);
        self.metrics.text(format)
    }

    fn note_numbers(&self, numbers: &Numbers) {
        let now = self.now();
        for state in OPEN {
            let open = numbers.open.iter().find(|open| open.state == state);
            let count = open.map_or(0, |open| open.count);
            let left = open.map(|open| open.earliest.millis() - now.millis());
            self.metrics.requests(state.as_str(), count, left);
            if state == State::Approved {
                self.metrics.grants_active(count);
            }
        }
        self.metrics.outbox(numbers.outbox, numbers.deliveries);
    }

    /// What is known even where the database cannot be read, which is when it matters.
    fn note_room(&self) {
        let room = self.store.room();
        let (callers, background) = room.queued;
        self.metrics
            .queue(Lane::Callers, callers, room.queue_length);
        self.metrics
            .queue(Lane::Background, background, room.queue_length);
        self.metrics.disk(room.used_bytes, room.free_bytes);
    }

    /// Changes the level of the daemon's own log, until it stops.
    ///
    /// # Errors
    /// Where the caller may not; nothing is changed then.
    pub async fn set_log_level(&self, ctx: &Context, level: Level) -> Result<Settled<()>> {
        let settled = self
            .settle(ctx.clone(), |ctx| {
                Box::pin(async move { self.judge_log_level(&ctx, level).await })
            })
            .await?;
        if !settled.replayed && telemetry::level() != level {
            telemetry::set_level(level);
            tracing::info!(to = word(level), "the level of the log was changed");
        }
        Ok(settled)
    }

    async fn judge_log_level(&self, ctx: &Context, level: Level) -> Result<Judged<()>, Denial> {
        let permit = ctx.permit(Action::OperateDaemon, &Scope::Provider)?;
        if let Some(answer) = self.kept(ctx).await? {
            return Ok(Judged::Kept(answer));
        }
        let before = telemetry::level();
        let answer = json!({"level": word(level), "previousLevel": word(before)});
        if before == level {
            return Ok(Judged::Nothing(answer, ()));
        }
        let actor = ctx.actor()?;
        let mut record = self.names.by_caller(
            ctx,
            actor,
            &actor.org,
            operations::LOG_LEVEL_CHANGED,
            String::new(),
        );
        record.parameters = vec![
            named("Level", word(level)),
            named("PreviousLevel", word(before)),
        ];
        let change = Change {
            preconditions: permit.basis,
            records: vec![record],
            ..Change::default()
        };
        Ok(Judged::New(Box::new(change), answer, ()))
    }
}

const fn word(level: Level) -> &'static str {
    match level {
        Level::ERROR => "error",
        Level::WARN => "warn",
        Level::INFO => "info",
        Level::DEBUG => "debug",
        Level::TRACE => "trace",
    }
}
