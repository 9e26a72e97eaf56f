//! `template.put|get|list|remove`: an organization's own texts of its mails.

use crate::audit::operations;
use crate::auth::{Actor, Context};
use crate::domain::notice::Event;
use crate::domain::notice::settings::Language;
use crate::domain::notice::template::Template;
use crate::domain::rights::Action;
use crate::error::{Error, Result};
use crate::letter;
use crate::service::Services;
use crate::service::commit::{Denial, Judged, Settled};
use crate::service::records::named;
use crate::store::{Change, OutboxDraft, Precondition, RowWrite};
use serde_json::json;
use std::sync::Arc;

/// Which text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Which {
    /// Of which event's mail.
    pub event: Event,
    /// In which language.
    pub language: Language,
}

impl std::fmt::Display for Which {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.event, self.language.as_str())
    }
}

impl Services {
    /// Puts an organization's own text in the place of the shipped one.
    ///
    /// # Errors
    /// Where a rule says no, or the text cannot stand; nothing is changed then.
    pub async fn put_template(
        &self,
        ctx: &Context,
        which: Which,
        template: &Template,
        trial: bool,
    ) -> Result<Settled<()>> {
        self.settle_or_try(ctx.clone(), trial, |ctx| {
            Box::pin(async move { self.judge_put_template(&ctx, which, template).await })
        })
        .await
    }

    async fn judge_put_template(
        &self,
        ctx: &Context,
        which: Which,
        template: &Template,
    ) -> Result<Judged<()>, Denial> {
        let actor = ctx.actor()?;
        let permit = ctx.permit(Action::ManageNotifications, &Self::home(&actor.org))?;
        if let Some(answer) = self.kept(ctx).await? {
            return Ok(Judged::Kept(answer));
        }
        if !which.event.takes_own_text() {
            return Err(Error::invalid_param(
                "/event",
                format!(
                    "Mails about {} keep the shipped text, so that nobody can hide a change behind \
                     another one.",
                    which.event
                ),
                "an event of a request, and none of emergency access",
            )
            .into());
        }
        self.check_template(which.event, template).await?;
        let change = self.templating(ctx, actor, which, Some(template), permit.basis);
        Ok(Judged::New(Box::new(change), json!({}), ()))
    }

    /// Puts the shipped text in its place again.
    ///
    /// # Errors
    /// Where a rule says no, or there is none; nothing is changed then.
    pub async fn remove_template(
        &self,
        ctx: &Context,
        which: Which,
        trial: bool,
    ) -> Result<Settled<()>> {
        self.settle_or_try(ctx.clone(), trial, |ctx| {
            Box::pin(async move { self.judge_remove_template(&ctx, which).await })
        })
        .await
    }

    async fn judge_remove_template(
        &self,
        ctx: &Context,
        which: Which,
    ) -> Result<Judged<()>, Denial> {
        let actor = ctx.actor()?;
        let permit = ctx.permit(Action::ManageNotifications, &Self::home(&actor.org))?;
        if let Some(answer) = self.kept(ctx).await? {
            return Ok(Judged::Kept(answer));
        }
        self.own_template(actor, which).await?;
        let change = self.templating(ctx, actor, which, None, permit.basis);
        Ok(Judged::New(Box::new(change), json!({}), ()))
    }

    /// An own text of the caller's organization.
    ///
    /// # Errors
    /// Where the caller may not see it, or there is none.
    pub async fn read_template(&self, ctx: &Context, which: Which) -> Result<Template> {
        let actor = ctx.actor()?;
        ctx.permit(Action::ReadNotifications, &Self::home(&actor.org))?;
        self.own_template(actor, which).await
    }

    /// Which own texts the caller's organization has.
    ///
    /// # Errors
    /// Where the caller may not see them.
    pub async fn list_templates(&self, ctx: &Context) -> Result<Vec<Which>> {
        let actor = ctx.actor()?;
        ctx.permit(Action::ReadNotifications, &Self::home(&actor.org))?;
        let found = self.store.templates(actor.org.id).await?;
        Ok(found
            .into_iter()
            .map(|(event, language)| Which { event, language })
            .collect())
    }

    async fn own_template(&self, actor: &Actor, which: Which) -> Result<Template> {
        self.store
            .template(actor.org.id, which.event, which.language)
            .await?
            .ok_or_else(|| Error::not_found("template", &which.to_string()))
    }

    /// That a text can stand. It is tried, so it runs beside what serves calls.
    async fn check_template(&self, event: Event, template: &Template) -> Result<()> {
        let (template, clock) = (template.clone(), Arc::clone(&self.clock));
        let checked =
            tokio::task::spawn_blocking(move || letter::check(event, &template, &*clock)).await;
        checked.map_err(Error::internal)?.map_err(|problem| {
            let part = ["/subject", "/text", "/html"]
                .into_iter()
                .find(|part| problem.starts_with(&part.replace('/', "The ")));
            let expected = "a text that can be rendered";
            Error::invalid_param(part.unwrap_or_default(), problem, expected)
        })
    }

    fn templating(
        &self,
        ctx: &Context,
        actor: &Actor,
        which: Which,
        template: Option<&Template>,
        preconditions: Vec<Precondition>,
    ) -> Change {
        let Which { event, language } = which;
        let org = &actor.org;
        let operation = operations::TEMPLATE_CHANGED;
        let mut record = self
            .names
            .by_caller(ctx, actor, org, operation, which.to_string());
        record.parameters = vec![
            named("Event", event.as_str()),
            named("Language", language.as_str()),
            named("Removed", template.is_none().to_string()),
        ];
        let told = OutboxDraft::new(org.id, Event::SettingsChanged, None).told_by(&record);
        let template = template.cloned().map(Box::new);
        Change {
            preconditions,
            records: vec![record],
            outbox: vec![told],
            writes: vec![RowWrite::PutTemplate(org.id, event, language, template)],
            ..Change::default()
        }
    }
}
