//! Receivers of an organization's events.

use crate::clock::Timestamp;
use crate::domain::notice::Event;
use crate::ids::{OrgId, WebhookId};
use serde::{Deserialize, Serialize};

/// The most webhooks of an organization.
pub const MOST_WEBHOOKS: usize = 20;

/// The most keys that sign for a webhook at once; where one more comes, the oldest goes.
pub const MOST_KEYS: usize = 4;

/// Hours for which the keys that there were sign beside a new one, where nothing is said.
pub const OVERLAP_HOURS: u32 = 24;

/// The longest such overlap: a week.
pub const LONGEST_OVERLAP_HOURS: u32 = 168;

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
    /// Since when it is told again, where it was paused: what waits for it has its whole patience from
    /// then on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resumed_at: Option<Timestamp>,
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

    /// The webhook with a new key. What signed until now signs for some hours more, or not at all
    /// any more where there are none.
    #[must_use]
    pub fn rotated(mut self, secret: String, now: Timestamp, overlap_hours: u32) -> Self {
        let end = now.plus_seconds(i64::from(overlap_hours) * 3_600);
        for key in &mut self.keys {
            key.until = Some(key.until.map_or(end, |until| until.min(end)));
        }
        self.keys
            .retain(|key| key.until.is_some_and(|until| now < until));
        self.keys.truncate(MOST_KEYS - 1);
        let until = None;
        self.keys.insert(0, SigningKey { secret, until });
        self
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
