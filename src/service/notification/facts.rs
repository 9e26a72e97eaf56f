//! What a receiver is told: names as its organization may know them.

use crate::audit::{Acted, act};
use crate::domain::notice::delivery::{Delivery, StoredEvent};
use crate::domain::notice::facts::{Approvals, Detail, Facts, RequestFacts, TenantFacts};
use crate::domain::notice::settings::NoticeSettings;
use crate::domain::notice::template::Template;
use crate::domain::notice::{Audience, Event};
use crate::domain::organization::Organization;
use crate::domain::request::{Decision, Request};
use crate::error::Result;
use crate::service::Services;
use crate::service::notification::subject::Subject;
use crate::service::records::shown_name;
use crate::service::request::Shown;
use crate::store::{AuditFilter, AuditRow, AuditSelector};
use std::sync::Arc;

/// All that a mail is made of.
#[derive(Clone, Debug)]
pub struct ToTell {
    /// What is told.
    pub facts: Facts,
    /// How the receiver's organization is told.
    pub settings: NoticeSettings,
    /// Its own text, where it has one.
    pub template: Option<Template>,
}

impl Services {
    /// What a delivery tells, and how its organization says it; see [`Services::facts_of`].
    ///
    /// # Errors
    /// Where the store cannot be read.
    pub async fn to_tell(&self, delivery: &Delivery, ahead: Option<Subject>) -> Result<ToTell> {
        let facts = self.facts_of(delivery, ahead).await?;
        let settings = self.notices_of(delivery.org).await?;
        let event = delivery.event.event;
        let template = match event.takes_own_text() {
            true => {
                self.store
                    .template(delivery.org, event, settings.language)
                    .await?
            }
            false => None,
        };
        Ok(ToTell {
            facts,
            settings,
            template,
        })
    }

    /// What a delivery tells, of a subject that was read ahead.
    ///
    /// # Errors
    /// Where the store cannot be read.
    pub async fn facts_of(&self, delivery: &Delivery, ahead: Option<Subject>) -> Result<Facts> {
        let receiver = self.organization(delivery.org).await?;
        let subject = self.fresh(delivery, ahead).await?;
        self.facts(&delivery.event, delivery.audience, &receiver, subject)
            .await
    }

    /// What an audience of an organization is told of an event.
    pub(super) async fn facts(
        &self,
        event: &StoredEvent,
        audience: Audience,
        receiver: &Organization,
        subject: Subject,
    ) -> Result<Facts> {
        let tenant = match &subject.request {
            Some(request) => self.organization(request.ask.tenant).await?,
            None => self.organization(event.org).await?,
        };
        let acted = acted(subject.record.as_ref())?;
        let (actor, details) = acted.map_or_else(Default::default, |acted| {
            (Some(acted.actor.clone()), details(event, audience, acted))
        });
        let request = match subject.request {
            Some(request) => Some(
                self.request_facts(event, request, &tenant, receiver)
                    .await?,
            ),
            None => None,
        };
        Ok(Facts {
            event: event.event,
            audience,
            at: event.at,
            tenant: TenantFacts {
                id: tenant.id.to_string(),
                name: tenant.name,
                display_name: tenant.display_name,
            },
            request,
            actor,
            details,
        })
    }

    async fn request_facts(
        &self,
        event: &StoredEvent,
        request: Arc<Request>,
        tenant: &Organization,
        receiver: &Organization,
    ) -> Result<RequestFacts> {
        let actions = match event.event {
            Event::EngineerActed => Some(self.actions(event, &request).await?),
            _ => None,
        };
        let now = self.now();
        let shown = self
            .in_force(Shown::new(
                Arc::unwrap_or_clone(request),
                tenant.clone(),
                now,
            ))
            .await?;
        let approvals = shown.approvals().filter(|(_, needed)| *needed > 1);
        let request = shown.request;
        // Whoever takes access back that was granted has decided last; the row keeps both.
        let (decision, decider, comment) = if request.taken_back() {
            let cancel = Some(Decision::Cancel);
            (cancel, &request.closer, &request.close_comment)
        } else {
            (request.decision, &request.decider, &request.comment)
        };
        Ok(RequestFacts {
            identity: request.identity.to_string(),
            request_id: request.reference.clone(),
            service_name: request.ask.service.clone(),
            service_request_number: request.ask.ticket.clone(),
            requestor: shown_name(receiver, &request.requester),
            state: request.state_at(now).as_str().to_owned(),
            access_level: request.ask.access_level.as_str().to_owned(),
            created_date: request.created_at,
            duration_seconds: request
                .granted_seconds
                .unwrap_or(request.ask.duration_seconds),
            expiration_date: request.deadline,
            approvals: approvals.map(|(given, needed)| Approvals { given, needed }),
            decision: decision.map(|decision| decision.as_str().to_owned()),
            decided_by: decider.as_ref().map(|party| shown_name(receiver, party)),
            comment: comment.clone().filter(|text| !text.is_empty()),
            access_start: request.access_start,
            access_end: request.access_end,
            actions,
            profile: request.profile,
            reason: request.ask.reason,
            resources: request.ask.resources,
            data_categories: request.ask.data_categories,
            citizenship: request.ask.citizenship,
        })
    }

    /// How many of the engineer's actions are recorded since a digest began.
    ///
    /// By their place in the log: a report that comes late is of an earlier instant.
    async fn actions(&self, event: &StoredEvent, request: &Request) -> Result<u64> {
        let first = match event.record {
            Some(id) => {
                let which = AuditSelector::Id(id);
                self.store.audit_record(event.org, which).await?
            }
            None => None,
        };
        let page = self
            .store
            .audit_search(AuditFilter {
                from: first.map(|row| row.position),
                request: Some(request.identity),
                user_ids: vec![self.names.operator.clone()],
                with_total: true,
                ..AuditFilter::of(event.org, 1)
            })
            .await?;
        Ok(page.total.unwrap_or_default())
    }

    /// Who did it, and what the record says of it; nothing for other organizations.
    pub(super) async fn record_of(
        &self,
        event: &StoredEvent,
        receiver: &Organization,
    ) -> Result<Option<Acted>> {
        acted(self.record_told(event, receiver.id).await?.as_ref())
    }
}

/// Who did what, as a record says it.
fn acted(record: Option<&AuditRow>) -> Result<Option<Acted>> {
    record
        .map(|row| act(&row.canonical, &row.beside))
        .transpose()
}

/// What a record says to an audience.
fn details(event: &StoredEvent, audience: Audience, acted: Acted) -> Vec<Detail> {
    // The other settings, and the other addresses, are no business of one that was taken out.
    if (event.event, audience) == (Event::SettingsChanged, Audience::Affected) {
        return Vec::new();
    }
    // The parameters alone do not say whether a role was given or taken away.
    let what =
        (event.event == Event::RolesChanged).then(|| ("Operation".to_owned(), acted.operation));
    what.into_iter()
        .chain(acted.parameters)
        .map(|(name, value)| Detail { name, value })
        .collect()
}
