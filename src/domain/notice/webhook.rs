//! Receivers of an organization's events.

use crate::clock::Timestamp;
use crate::domain::notice::Event;
use crate::ids::{OrgId, WebhookId};
use serde::{Deserialize, Serialize};

/// The most webhooks of an organization.
pub const MOST_WEBHOOKS: usize = 20;

camel_words!(
    /// How a webhook is told.
    Format {
        /// CloudEvents 1.0, the event around the data.
        CloudEvents = "cloudEvents",
        /// CloudEvents 1.0, the event in the headers.
        CloudEventsBinary = "cloudEventsBinary",
        /// A message for Slack.
        Slack = "slack",
        /// A card for Microsoft Teams.
        Teams = "teams",
        /// Plain JSON.
        Json = "json",
    }
);

/// A key that signs what a webhook is told.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SigningKey {
    /// As the receiver has it: `whsec_` and base64.
    pub secret: String,
    /// Until when it signs; the newest one does until another comes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// Without the secret: it may be logged.
impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey")
            .field("until", &self.until)
            .finish_non_exhaustive()
    }
}

/// A receiver.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Webhook {
    /// Identity.
    pub id: WebhookId,
    /// Whose.
    pub org: OrgId,
    /// Name for people.
    pub name: String,
    /// Where it is told.
    pub url: String,
    /// How it is told.
    pub format: Format,
    /// What it is told; everything where nothing is said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<Event>,
    /// The keys that sign, newest first.
    pub keys: Vec<SigningKey>,
    /// Why nothing is sent to it, where nothing is: somebody paused it, or it failed for long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused: Option<String>,
    /// When it was created.
    pub created_at: Timestamp,
    /// Who created it, by address or name.
    pub created_by: String,
    /// Row version, from 1.
    pub version: i64,
}

impl Webhook {
    /// Whether it is told of an event.
    #[must_use]
    pub fn hears(&self, event: Event) -> bool {
        self.events.is_empty() || self.events.contains(&event)
    }

    /// The secrets that sign at an instant, newest first.
    #[must_use]
    pub fn secrets_at(&self, now: Timestamp) -> Vec<&str> {
        self.keys
            .iter()
            .filter(|key| key.until.is_none_or(|until| now < until))
            .map(|key| key.secret.as_str())
            .collect()
    }
}
