//! `session.whoami`, and the clock of a test database.

use crate::audit::{View, operations};
use crate::auth::Context;
use crate::clock::Timestamp;
use crate::domain::rights::Action;
use crate::domain::scope::Scope;
use crate::error::{Error, Result};
use crate::service::Services;
use crate::service::codes::WARN_TOKEN_DAYS;
use crate::service::people::Described;
use crate::service::records::named;
use crate::store::{Change, Upkeep};
use std::time::Duration;

const DAY_MS: i64 = 86_400_000;

/// Who is calling, and what the caller should know.
#[derive(Clone, Debug)]
pub struct WhoAmI {
    /// The caller.
    pub described: Described,
    /// Whole days until the token ends.
    pub days_left: Option<i64>,
    /// What the caller should do something about.
    pub warnings: Vec<String>,
}

impl Services {
    /// Who is calling.
    ///
    /// # Errors
    /// Where nobody is.
    pub async fn whoami(&self, ctx: &Context) -> Result<WhoAmI> {
        let actor = ctx.actor()?;
        let described = self.describe(actor.principal.clone()).await?;
        let mut warnings = Vec::new();
        let days_left = actor.token.as_ref().map(|token| {
            let left = token.expires_at.millis() - self.now().millis();
            let days = left.div_euclid(DAY_MS);
            if left <= WARN_TOKEN_DAYS * DAY_MS {
                warnings.push(format!(
                    "Your token ends on {}; issue a new one with token.issue before then.",
                    token.expires_at
                ));
            }
            days
        });
        Ok(WhoAmI {
            described,
            days_left,
            warnings,
        })
    }

    /// Whose eyes a result is for.
    #[must_use]
    pub fn viewer(&self, ctx: &Context) -> View {
        if super::request::is_customer(ctx) {
            View::Customer
        } else {
            View::Provider
        }
    }

    /// Moves the clock of a test database forward, and writes down what time has done by then.
    ///
    /// # Errors
    /// Where the caller may not, or the clock is the real one.
    pub async fn advance_clock(&self, ctx: &Context, to: AdvanceClock) -> Result<Timestamp> {
        let permit = ctx.permit(Action::MoveClock, &Scope::Provider)?;
        let now = self.now();
        let by = match to {
            AdvanceClock::Seconds(seconds) => seconds.saturating_mul(1_000),
            AdvanceClock::To(instant) => instant.millis() - now.millis(),
        };
        let by = u64::try_from(by).map_err(|_| {
            Error::invalid_param(
                "/to",
                "Time runs forward only.",
                "an instant that has not been reached",
            )
        })?;
        let actor = ctx.actor()?;
        let mut record = self.names.by_caller(
            ctx,
            actor,
            &actor.org,
            operations::CLOCK_ADVANCED,
            String::new(),
        );
        record.parameters = vec![named("Milliseconds", by.to_string())];
        self.apply(Change {
            preconditions: permit.basis,
            records: vec![record],
            ..Change::default()
        })
        .await?;
        if !self.clock.advance(Duration::from_millis(by)) {
            return Err(Error::refused(
                "forbidden",
                "This daemon's clock cannot be moved.",
                "Only a database that was made with --clock-control has a movable clock.",
            ));
        }
        if let Some(offset) = self.clock.offset_millis() {
            self.store.upkeep(Upkeep::ClockOffset(offset)).await?;
        }
        self.write_down_due().await?;
        Ok(self.now())
    }
}

/// How far to move a test clock.
#[derive(Clone, Copy, Debug)]
pub enum AdvanceClock {
    /// By so many seconds.
    Seconds(i64),
    /// To this instant.
    To(Timestamp),
}
