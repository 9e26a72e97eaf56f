//! `notification.subscribe`: events as they are committed, to whoever may know of them.
//!
//! Events have one order, that in which they are told: by `due`, then by number. A listener stands
//! at a place in it. An event that is told later than it was committed stands where it is told, so
//! it holds up nobody and is not passed over; and as nothing is due before its commit, nothing ever
//! enters the order behind a place that was passed. A place holds the instant, so it also survives a
//! restore that counts events anew.
//!
//! While nothing is committed a listener costs nothing; each commit costs it a judgement of its
//! token (kept in memory while nobody's standing moves) and one read. Events that were held back
//! from mails and webhooks after a restore are heard: nobody hears them twice.

use crate::auth::Context;
use crate::clock::Timestamp;
use crate::domain::notice::delivery::{Place, StoredEvent};
use crate::domain::notice::facts::Facts;
use crate::domain::notice::{Audience, Event};
use crate::domain::rights::Action;
use crate::error::{Error, Kind, Result};
use crate::ids::{OrgId, RequestId};
use crate::service::Services;
use crate::service::notification::seats::Seat;
use crate::service::request::{Named, is_customer, is_own, reaches};
use std::future::pending;
use std::sync::Arc;
use tokio::sync::watch;

/// How many events are looked at in one read.
const BATCH: usize = 256;

/// How many of them are given at a time, so that little waits in memory for a slow listener.
const HEARD: usize = 16;

/// What to listen to: every part narrows.
#[derive(Clone, Debug, Default)]
pub struct Subscribe {
    /// Only one request, as typed.
    pub request: Option<String>,
    /// Only one tenant, as typed.
    pub tenant: Option<String>,
    /// Only these events; all where there are none.
    pub events: Vec<Event>,
    /// Behind this place; from now on where there is none.
    pub behind: Option<Place>,
}

/// An event that is heard.
#[derive(Clone, Debug)]
pub struct Heard {
    /// Its place.
    pub place: Place,
    /// What is told of it.
    pub facts: Facts,
}

/// A listener.
pub struct Subscription {
    services: Arc<Services>,
    ctx: Context,
    request: Option<RequestId>,
    tenant: Option<OrgId>,
    events: Vec<Event>,
    place: Place,
    /// Up to when was read.
    read: Timestamp,
    commits: watch::Receiver<u64>,
    _seat: Seat,
}

impl Services {
    /// Begins to listen.
    ///
    /// # Errors
    /// Where the caller may hear nothing, names what it may not see, or too many listen.
    pub async fn subscribe(
        self: &Arc<Self>,
        ctx: &Context,
        wanted: &Subscribe,
    ) -> Result<Subscription> {
        self.require_actor(ctx)?;
        let org = ctx.actor()?.org.id;
        may_listen(ctx)?;
        let tenant = match &wanted.tenant {
            Some(text) => Some(self.tenant_in_sight(ctx, text).await?.id),
            None => None,
        };
        let request = match &wanted.request {
            Some(text) => {
                let named = Named {
                    request: text.clone(),
                    tenant: wanted.tenant.clone(),
                    by_grant: false,
                };
                let shown = self.read_request(ctx, &named).await?;
                Some(shown.request.identity)
            }
            None => None,
        };
        let seat = self.seats.take(&self.limits, org, ctx.credential)?;
        let commits = self.store.commits();
        let now = self.now();
        // Whatever is still being committed is heard.
        self.store.settled(now).await?;
        let place = match wanted.behind {
            Some(place) if place.due > now => {
                return Err(Error::new(
                    Kind::InvalidParams,
                    "invalidParams",
                    "Last-Event-ID names a place that has not come yet.",
                    "Send the id of an event of this daemon, or leave the header out to hear what \
                     happens from now on.",
                ));
            }
            Some(place) if place != Place::START && place.due <= self.forgotten_until(now) => {
                return Err(Error::new(
                    Kind::InvalidParams,
                    "invalidParams",
                    format!(
                        "Last-Event-ID names a place from before {}: events are kept for {} days.",
                        self.forgotten_until(now),
                        self.limits.events_kept_days
                    ),
                    "Send 0-0 to hear everything that is kept, or leave the header out to hear what \
                     happens from now on; records say what happened before.",
                ));
            }
            Some(place) => place,
            None => Place {
                due: now,
                nr: self.store.last_event().await?,
            },
        };
        Ok(Subscription {
            services: Arc::clone(self),
            ctx: ctx.clone(),
            request,
            tenant,
            events: wanted.events.clone(),
            place,
            read: now,
            commits,
            _seat: seat,
        })
    }

    /// As what a caller hears of an event; nothing where it may not know of it.
    async fn heard_as(
        &self,
        ctx: &Context,
        event: &StoredEvent,
        tenant: Option<OrgId>,
    ) -> Result<Option<Audience>> {
        let actor = ctx.actor()?;
        let own = event.org == actor.org.id;
        let Some(identity) = event.request else {
            let home = Self::home(&actor.org);
            let known = own
                && tenant.is_none_or(|tenant| tenant == event.org)
                && known_by(event.event)
                    .iter()
                    .any(|action| ctx.permit(*action, &home).is_ok());
            return Ok(known.then_some(Audience::Administrators));
        };
        if is_customer(ctx) && !own {
            return Ok(None);
        }
        // The same right as that of request.get.
        let found = self.store.request_anywhere(identity).await?;
        let known = found.filter(|request| {
            reaches(ctx, Action::ReadRequest, request)
                && event.came(request)
                && tenant.is_none_or(|tenant| tenant == request.ask.tenant)
                && (!is_customer(ctx) || (request.arrived() && request.ask.tenant == actor.org.id))
        });
        Ok(known.map(|request| {
            if is_customer(ctx) {
                Audience::Administrators
            } else if is_own(ctx, &request) {
                Audience::Requester
            } else {
                Audience::Reviewers
            }
        }))
    }

    /// What a caller is told of an event, if anything.
    async fn heard(
        &self,
        ctx: &Context,
        event: &StoredEvent,
        tenant: Option<OrgId>,
    ) -> Result<Option<Facts>> {
        let Some(audience) = self.heard_as(ctx, event, tenant).await? else {
            return Ok(None);
        };
        let org = &ctx.actor()?.org;
        let subject = self.subject(event, org.id).await?;
        let mut facts = self.facts(event, audience, org, subject).await?;
        // A record about people and settings is for those who read records.
        if event.request.is_none() && ctx.permit(Action::ReadAudit, &Self::home(org)).is_err() {
            facts.actor = None;
            facts.details.clear();
        }
        Ok(Some(facts))
    }
}

impl Subscription {
    /// Where the listener stands: everything up to there was given, or is not for it.
    #[must_use]
    pub const fn place(&self) -> Place {
        self.place
    }

    /// What was not given yet, and whether there may be more already.
    ///
    /// # Errors
    /// Where the caller does not count any more, or the store cannot be read.
    pub async fn read(&mut self) -> Result<(Vec<Heard>, bool)> {
        let services = Arc::clone(&self.services);
        self.commits.borrow_and_update();
        let ctx = services.refreshed(&self.ctx).await?;
        let org = is_customer(&ctx).then_some(ctx.actor()?.org.id);
        may_listen(&ctx)?;
        let now = services.now();
        services.store.settled(now).await?;
        self.read = now;
        let events = services
            .store
            .events_behind(org, self.place, now, BATCH)
            .await?;
        let full = events.len() == BATCH;
        let mut heard = Vec::new();
        for event in events {
            if heard.len() == HEARD {
                return Ok((heard, true));
            }
            let wanted = (self.events.is_empty() || self.events.contains(&event.event))
                && (self.request.is_none() || self.request == event.request);
            if wanted && let Some(facts) = services.heard(&ctx, &event, self.tenant).await? {
                heard.push(Heard {
                    place: event.place(),
                    facts,
                });
            }
            self.place = event.place();
        }
        Ok((heard, full))
    }

    /// Returns when there may be something new. It may be dropped at any time.
    pub async fn woken(&mut self) {
        let org = is_customer(&self.ctx)
            .then(|| self.ctx.actor.as_deref().map(|actor| actor.org.id))
            .flatten();
        let services = &self.services;
        // Where that cannot be read, the next commit wakes.
        let next = services.store.next_told(org, self.read).await;
        let told = async {
            match next {
                Ok(Some(next)) => services.clock.sleep_until(next).await,
                _ => pending().await,
            }
        };
        tokio::select! {
            () = told => {}
            changed = self.commits.changed() => {
                if changed.is_err() {
                    pending::<()>().await;
                }
            }
        }
    }
}

/// That a caller may hear anything at all.
fn may_listen(ctx: &Context) -> Result<()> {
    let others = [
        Action::ReadSettings,
        Action::ReadNotifications,
        Action::ManagePeople,
    ];
    if others.iter().any(|one| ctx.permit_somewhere(*one).is_ok()) {
        return Ok(());
    }
    ctx.permit_somewhere(Action::ReadRequest)
}

/// Who, of the organization itself, knows of an event that is about no request.
const fn known_by(event: Event) -> &'static [Action] {
    match event {
        Event::NotificationUndeliverable | Event::WebhookPaused => &[Action::ReadNotifications],
        Event::RolesChanged => &[Action::ReadSettings, Action::ManagePeople],
        _ => &[Action::ReadSettings],
    }
}
