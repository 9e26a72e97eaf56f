//! `webhook.create|list|update|rotate|remove`.

use crate::audit::draft::{Draft, Parameter};
use crate::audit::{operations, text};
use crate::auth::{Actor, Context};
use crate::crypto::signing::Key;
use crate::domain::notice::Event;
use crate::domain::notice::webhook::{Format, MOST_WEBHOOKS, SigningKey, Webhook};
use crate::domain::rights::Action;
use crate::egress::{Limits, Target};
use crate::error::{Error, Result};
use crate::ids::WebhookId;
use crate::service::Services;
use crate::service::commit::{Denial, Judged, Settled};
use crate::service::records::{named, written};
use crate::store::{Change, Count, OutboxDraft, Precondition, RowRef, RowWrite};
use serde_json::json;

/// A webhook to create.
#[derive(Clone, Debug)]
pub struct CreateWebhook {
    /// Name for people.
    pub name: String,
    /// Where it is told.
    pub url: String,
    /// How it is told.
    pub format: Format,
    /// What it is told; everything where nothing is said.
    pub events: Vec<Event>,
}

/// What to change of a webhook; `None` leaves it as it is.
#[derive(Clone, Debug, Default)]
pub struct UpdateWebhook {
    /// Name for people.
    pub name: Option<String>,
    /// Where it is told.
    pub url: Option<String>,
    /// How it is told.
    pub format: Option<Format>,
    /// What it is told; everything where the list is empty.
    pub events: Option<Vec<Event>>,
    /// Whether nothing is sent to it.
    pub paused: Option<bool>,
}

impl Services {
    /// Creates a webhook, or tries to; its secret is shown once.
    ///
    /// # Errors
    /// Where a rule says no, or the address is none that is connected to; nothing is changed then.
    pub async fn create_webhook(
        &self,
        ctx: &Context,
        create: &CreateWebhook,
        trial: bool,
    ) -> Result<Settled<Key>> {
        self.settle_or_try(ctx.clone(), trial, |ctx| {
            Box::pin(async move { self.judge_create_webhook(&ctx, create).await })
        })
        .await
    }

    async fn judge_create_webhook(
        &self,
        ctx: &Context,
        create: &CreateWebhook,
    ) -> Result<Judged<Key>, Denial> {
        let actor = ctx.actor()?;
        let permit = ctx.permit(Action::ManageNotifications, &Self::home(&actor.org))?;
        if let Some(answer) = self.kept(ctx).await? {
            return Ok(Judged::Kept(answer));
        }
        text::check_free_text("/name", &create.name)?;
        let mut preconditions = permit.basis;
        preconditions.push(self.webhook_room(actor).await?);
        self.check_target(&create.url).await?;
        let key = Key::new();
        let webhook = Webhook {
            id: WebhookId::new(),
            org: actor.org.id,
            name: create.name.clone(),
            url: create.url.clone(),
            format: create.format,
            events: create.events.clone(),
            keys: vec![SigningKey {
                secret: key.reveal(),
                until: None,
            }],
            paused: None,
            resumed_at: None,
            created_at: self.now(),
            created_by: actor.principal.label().to_owned(),
            version: 0,
        };
        let mut record = self.webhook_record(ctx, actor, operations::WEBHOOK_CREATED, &webhook);
        record.parameters.extend(spelled(&webhook));
        let answer = json!({"webhookId": webhook.id.to_string()});
        let write = RowWrite::PutWebhook(Box::new(webhook));
        let change = changing(actor, preconditions, record, write);
        Ok(Judged::New(Box::new(change), answer, key))
    }

    /// The webhooks of the caller's organization. Who may not change them does not see the paths of
    /// their addresses: who has one can often post to it.
    ///
    /// # Errors
    /// Where the caller may not see them.
    pub async fn list_webhooks(&self, ctx: &Context) -> Result<Vec<Webhook>> {
        let actor = ctx.actor()?;
        let home = Self::home(&actor.org);
        ctx.permit(Action::ReadNotifications, &home)?;
        let mut webhooks = self.store.webhooks(actor.org.id).await?;
        if ctx.permit(Action::ManageNotifications, &home).is_err() {
            for webhook in &mut webhooks {
                webhook.url = format!("https://{}/…", host(&webhook.url));
            }
        }
        Ok(webhooks)
    }

    /// Changes a webhook, pauses it, or has it told again.
    ///
    /// # Errors
    /// Where a rule says no, or the address is none that is connected to; nothing is changed then.
    pub async fn update_webhook(
        &self,
        ctx: &Context,
        id: &str,
        update: &UpdateWebhook,
        trial: bool,
    ) -> Result<(Webhook, Settled<()>)> {
        let settled = self
            .settle_or_try(naming(ctx, id), trial, |ctx| {
                Box::pin(async move { self.judge_update_webhook(&ctx, id, update).await })
            })
            .await?;
        Ok((self.own_webhook(ctx.actor()?, id).await?, settled))
    }

    async fn judge_update_webhook(
        &self,
        ctx: &Context,
        id: &str,
        update: &UpdateWebhook,
    ) -> Result<Judged<()>, Denial> {
        let actor = ctx.actor()?;
        let permit = ctx.permit(Action::ManageNotifications, &Self::home(&actor.org))?;
        if let Some(answer) = self.kept(ctx).await? {
            return Ok(Judged::Kept(answer));
        }
        text::check_free_text("/name", update.name.as_deref().unwrap_or_default())?;
        let before = self.own_webhook(actor, id).await?;
        if let Some(url) = &update.url {
            self.check_target(url).await?;
        }
        let label = actor.principal.label();
        let after = Webhook {
            name: update.name.clone().unwrap_or_else(|| before.name.clone()),
            url: update.url.clone().unwrap_or_else(|| before.url.clone()),
            format: update.format.unwrap_or(before.format),
            events: update
                .events
                .clone()
                .unwrap_or_else(|| before.events.clone()),
            paused: match (update.paused, &before.paused) {
                (Some(true), None) => Some(format!("{label} has paused it.")),
                (Some(false), _) => None,
                (_, as_before) => as_before.clone(),
            },
            ..before.clone()
        };
        let answer = json!({});
        if after == before {
            return Ok(Judged::Nothing(answer, ()));
        }
        let mut record = self.webhook_record(ctx, actor, operations::WEBHOOK_CHANGED, &after);
        let was = spelled(&before);
        let changed = spelled(&after).into_iter().filter(|one| !was.contains(one));
        record.parameters.extend(changed);
        if after.url != before.url {
            // Its host may be the same, and the rest of it is in no record.
            record.parameters.push(named("UrlChanged", "True"));
        }
        if after.paused.is_some() != before.paused.is_some() {
            let paused = after.paused.is_some().to_string();
            record.parameters.push(named("Paused", paused));
        }
        let basis = at_version(permit.basis, &before);
        let write = RowWrite::PutWebhook(Box::new(after));
        let change = changing(actor, basis, record, write);
        Ok(Judged::New(Box::new(change), answer, ()))
    }

    /// Gives a webhook a new key, which is shown once; those that it had sign for some hours more.
    ///
    /// # Errors
    /// Where a rule says no; nothing is changed then.
    pub async fn rotate_webhook(
        &self,
        ctx: &Context,
        id: &str,
        overlap_hours: u32,
        trial: bool,
    ) -> Result<Settled<Key>> {
        self.settle_or_try(naming(ctx, id), trial, |ctx| {
            Box::pin(async move { self.judge_rotate(&ctx, id, overlap_hours).await })
        })
        .await
    }

    async fn judge_rotate(
        &self,
        ctx: &Context,
        id: &str,
        overlap_hours: u32,
    ) -> Result<Judged<Key>, Denial> {
        let actor = ctx.actor()?;
        let permit = ctx.permit(Action::ManageNotifications, &Self::home(&actor.org))?;
        if let Some(answer) = self.kept(ctx).await? {
            return Ok(Judged::Kept(answer));
        }
        let before = self.own_webhook(actor, id).await?;
        let basis = at_version(permit.basis, &before);
        let key = Key::new();
        let after = before.rotated(key.reveal(), self.now(), overlap_hours);
        let old_until = after.keys.get(1).and_then(|key| key.until);
        let answer = json!({
            "webhookId": after.id.to_string(),
            "oldSecretUntil": old_until.map(|until| until.to_string()),
        });
        let mut record = self.webhook_record(ctx, actor, operations::WEBHOOK_CHANGED, &after);
        let overlap = named("OverlapHours", overlap_hours.to_string());
        record.parameters.push(overlap);
        let write = RowWrite::PutWebhook(Box::new(after));
        let change = changing(actor, basis, record, write);
        Ok(Judged::New(Box::new(change), answer, key))
    }

    /// Removes a webhook; what waits for it is not sent any more.
    ///
    /// # Errors
    /// Where a rule says no; nothing is changed then.
    pub async fn remove_webhook(
        &self,
        ctx: &Context,
        id: &str,
        trial: bool,
    ) -> Result<Settled<()>> {
        self.settle_or_try(naming(ctx, id), trial, |ctx| {
            Box::pin(async move { self.judge_remove_webhook(&ctx, id).await })
        })
        .await
    }

    async fn judge_remove_webhook(&self, ctx: &Context, id: &str) -> Result<Judged<()>, Denial> {
        let actor = ctx.actor()?;
        let permit = ctx.permit(Action::ManageNotifications, &Self::home(&actor.org))?;
        if let Some(answer) = self.kept(ctx).await? {
            return Ok(Judged::Kept(answer));
        }
        let webhook = self.own_webhook(actor, id).await?;
        let record = self.webhook_record(ctx, actor, operations::WEBHOOK_REMOVED, &webhook);
        let basis = at_version(permit.basis, &webhook);
        let write = RowWrite::RemoveWebhook(actor.org.id, webhook.id);
        let change = changing(actor, basis, record, write);
        let answer = json!({"webhookId": webhook.id.to_string()});
        Ok(Judged::New(Box::new(change), answer, ()))
    }

    /// A webhook of the caller's organization, as typed.
    async fn own_webhook(&self, actor: &Actor, id: &str) -> Result<Webhook> {
        let found = match id.trim().parse::<WebhookId>() {
            Ok(id) => self.store.webhook(id).await?,
            Err(_) => None,
        };
        found
            .filter(|webhook| webhook.org == actor.org.id)
            .ok_or_else(|| Error::not_found("webhook", id))
    }

    /// That there is room for one more webhook, which must still hold at the commit.
    async fn webhook_room(&self, actor: &Actor) -> Result<Precondition> {
        let count = Count::Webhooks(actor.org.id);
        let limit = u32::try_from(MOST_WEBHOOKS).unwrap_or(u32::MAX);
        if self.store.count(count.clone(), self.now()).await? >= limit {
            return Err(Error::refused(
                "limitReached",
                format!("There are {limit} webhooks already."),
                "Remove one that is not used any more, or change one (webhook.update).",
            )
            .with("limit", limit));
        }
        Ok(Precondition::Fewer(count, limit))
    }

    /// That an address is one that is connected to, as of now.
    async fn check_target(&self, url: &str) -> Result<Target> {
        let checked = self.egress()?.check(url, &Limits::default()).await;
        checked.map_err(|failure| {
            Error::refused(
                "addressRefused",
                failure.to_string(),
                "Name an https:// URL of a host with public addresses.",
            )
        })
    }

    /// A record of something done to a webhook. Its address is not in it but for the host: who has
    /// the whole can often post to it.
    fn webhook_record(
        &self,
        ctx: &Context,
        actor: &Actor,
        operation: &str,
        webhook: &Webhook,
    ) -> Draft {
        let id = webhook.id.to_string();
        let mut record = self.names.by_caller(ctx, actor, &actor.org, operation, id);
        record.parameters = vec![written("Name", webhook.name.clone())];
        record
    }
}

/// A context that knows what was typed as the webhook.
fn naming(ctx: &Context, id: &str) -> Context {
    Context {
        typed: Some(id.to_owned()),
        ..ctx.clone()
    }
}

fn at_version(mut basis: Vec<Precondition>, webhook: &Webhook) -> Vec<Precondition> {
    basis.push(Precondition::At(
        RowRef::Webhook(webhook.id),
        webhook.version,
    ));
    basis
}

/// A change of one webhook, of which the organization's administrators are told.
fn changing(
    actor: &Actor,
    preconditions: Vec<Precondition>,
    record: Draft,
    write: RowWrite,
) -> Change {
    let event = OutboxDraft::new(actor.org.id, Event::SettingsChanged, None);
    Change {
        preconditions,
        outbox: vec![event.told_by(&record)],
        records: vec![record],
        writes: vec![write],
        ..Change::default()
    }
}

/// The host of an address, with its port where one is written.
fn host(url: &str) -> String {
    Target::parse(url).map_or_else(|_| String::new(), |target| target.authority)
}

/// A webhook as a record has it, but for its name.
fn spelled(webhook: &Webhook) -> Vec<Parameter> {
    let events: Vec<&str> = webhook.events.iter().map(|event| event.as_str()).collect();
    vec![
        written("Host", host(&webhook.url)),
        named("Format", webhook.format.as_str()),
        named("Events", events.join(" ")),
    ]
}
