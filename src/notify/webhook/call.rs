//! A webhook is called.

use super::{Told, post, source};
use crate::crypto::signing::Key;
use crate::domain::notice::delivery::Delivery;
use crate::domain::notice::facts::Facts;
use crate::domain::notice::webhook::Webhook;
use crate::egress::{Client, Failure, Limits, sign};
use crate::notify::{Outcome, said};
use crate::service::Services;
use std::fmt;
use std::sync::Arc;

/// Calls webhooks.
pub struct Caller {
    client: Arc<Client>,
    limits: Limits,
}

impl fmt::Debug for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Caller").finish_non_exhaustive()
    }
}

impl Caller {
    /// A caller through the one door.
    #[must_use]
    pub fn new(client: Arc<Client>) -> Self {
        Self {
            client,
            limits: Limits::default(),
        }
    }

    /// Tells a webhook.
    pub(in crate::notify) async fn call(
        &self,
        services: &Services,
        webhook: &Webhook,
        delivery: &Delivery,
        facts: &Facts,
    ) -> Outcome {
        let now = services.now();
        let id = delivery.id.to_string();
        let event = delivery.event.place().to_string();
        let from = source(facts);
        let told = Told {
            id: &event,
            source: &from,
            facts,
        };
        let signed = post(webhook.format, &told).and_then(|mut post| {
            let secrets = webhook.secrets_at(now).into_iter();
            let keys = secrets.map(Key::read).collect::<Result<Vec<_>, _>>()?;
            sign(&mut post.headers, &id, now, &post.body, &keys)?;
            Ok(post)
        });
        let post = match signed {
            Ok(post) => post,
            Err(why) => return Outcome::Never(why),
        };
        let answered = self
            .client
            .tell(&webhook.url, post.headers, post.body, &self.limits)
            .await;
        match answered {
            Ok(status) => Outcome::Delivered(format!("HTTP {status}")),
            // The receiver says that it is gone for good (Standard Webhooks).
            Err(failure @ Failure::Status(410, _)) => Outcome::Gone(failure.to_string()),
            Err(failure) => {
                let asked = failure.retry_after().map(|after| after.instant(now));
                Outcome::Later(said(&failure.to_string()), asked)
            }
        }
    }
}
