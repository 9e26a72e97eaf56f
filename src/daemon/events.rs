//! Listeners: from a request over HTTP to a subscription, and from its events to messages.

use crate::clock::BoxFuture;
use crate::error::Result;
use crate::http::{Feed, Listener, Message, News};
use crate::notify::subscriber;
use crate::service::Services;
use crate::service::notification::Subscription;
use std::sync::Arc;

/// Opens what somebody wants to listen to.
///
/// # Errors
/// Where they may not, or ask for what there is not.
pub(super) async fn open(services: &Arc<Services>, listener: Listener) -> Result<Box<dyn Feed>> {
    let ctx = services
        .context(
            "GET /events",
            listener.authorization.as_deref(),
            listener.caller,
        )
        .await?;
    services.require_actor(&ctx)?;
    let asked = subscriber::asked(&listener.query, listener.last_event_id.as_deref())?;
    Ok(Box::new(Events(services.subscribe(&ctx, &asked).await?)))
}

struct Events(Subscription);

impl Feed for Events {
    fn place(&self) -> String {
        self.0.place().to_string()
    }

    fn read(&mut self) -> BoxFuture<'_, Result<News>> {
        Box::pin(async {
            let (heard, more) = self.0.read().await?;
            let messages = heard.iter().map(|one| {
                let told = subscriber::message(one)?;
                Ok(Message {
                    id: told.id,
                    event: told.event,
                    data: told.data,
                })
            });
            Ok(News {
                messages: messages.collect::<Result<_>>()?,
                more,
            })
        })
    }

    fn woken(&mut self) -> BoxFuture<'_, ()> {
        Box::pin(self.0.woken())
    }
}
