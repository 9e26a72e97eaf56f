//! A webhook is called.

use super::{Told, post, source};
use crate::crypto::signing::Key;
use crate::domain::notice::delivery::Delivery;
use crate::domain::notice::facts::Facts;
use crate::domain::notice::webhook::Webhook;
use crate::egress::{Client, Failure, Limits, sign};
use crate::notify::Outcome;
use crate::service::Services;
use std::fmt;
use std::sync::Arc;

/// How much of a receiver's words is kept, in characters.
const KEPT: usize = 200;

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
            .post(&webhook.url, post.headers, post.body, &self.limits)
            .await;
        match answered {
            Ok(answer) => Outcome::Delivered(format!("HTTP {}", answer.status)),
            // The receiver says that it is gone for good (Standard Webhooks).
            Err(failure @ Failure::Status(410, _)) => Outcome::Never(failure.to_string()),
            Err(failure) => {
                let asked = failure.retry_after().map(|after| after.instant(now));
                let why: String = failure.to_string().chars().take(KEPT).collect();
                Outcome::Later(why, asked)
            }
        }
    }
}
