//! What the service manager (systemd) is told: the daemon is ready, it still lives, it stops.
//!
//! Outside systemd nobody listens, and nothing happens.

use sd_notify::NotifyState;
use std::future::Future;
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval, timeout};

/// Tells that calls are taken from now on.
pub fn ready() {
    tell(&[NotifyState::Ready]);
}

/// Tells that the daemon stops.
pub fn stopping() {
    tell(&[NotifyState::Stopping]);
}

/// How often the service manager wants to hear that the daemon lives; none where it does not ask.
#[must_use]
pub fn watchdog() -> Option<Duration> {
    sd_notify::watchdog_enabled().filter(|time| !time.is_zero())
}

/// Tells twice in every `watchdog` that the daemon lives, as long as `check` says so in time.
/// Never returns: drop it to end it.
pub async fn keep_alive<F>(watchdog: Duration, check: impl Fn() -> F)
where
    F: Future<Output = bool>,
{
    beat(watchdog, check, || tell(&[NotifyState::Watchdog])).await;
}

async fn beat<F>(watchdog: Duration, check: impl Fn() -> F, tell: impl Fn())
where
    F: Future<Output = bool>,
{
    let half = watchdog / 2;
    let mut ticks = interval(half);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if timeout(half, check()).await == Ok(true) {
            tell();
        } else {
            tracing::error!(
                "the database gives no answer; the service manager will restart the daemon"
            );
        }
    }
}

fn tell(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::warn!(%error, "the service manager could not be told");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use tokio::sync::Notify;

    /// How often it was told by the time of the third check.
    async fn told_at_the_third<F: Future<Output = bool>>(check: impl Fn() -> F) -> u32 {
        let (told, asked, third) = (Cell::new(0), Cell::new(0), Notify::new());
        let counting = || {
            asked.set(asked.get() + 1);
            if asked.get() == 3 {
                third.notify_one();
            }
            check()
        };
        let tell = || told.set(told.get() + 1);
        tokio::select! {
            () = beat(Duration::from_millis(20), counting, tell) => {}
            () = third.notified() => {}
        }
        told.get()
    }

    #[tokio::test]
    async fn it_beats_as_long_as_the_check_holds() {
        assert!(told_at_the_third(|| async { true }).await >= 2);
    }

    #[tokio::test]
    async fn it_is_silent_where_the_check_fails_or_hangs() {
        assert_eq!(told_at_the_third(|| async { false }).await, 0);
        assert_eq!(told_at_the_third(std::future::pending).await, 0);
    }
}
