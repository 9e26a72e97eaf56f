//! Mails: from what is told to a message on its way.

pub mod pickup;
pub mod smtp;

use crate::clock::zones::{Zone, zone};
use crate::domain::notice::delivery::Delivery;
use crate::letter::mime::{Envelope, message};
use crate::letter::{Letter, Setting, render};
use crate::notify::Outcome;
use crate::service::Services;
use crate::service::notification::ToTell;
use lettre::Message;
use pickup::Pickup;
use smtp::Smtp;

/// The way that mails go.
#[derive(Debug)]
pub enum Way {
    /// To a server.
    Smtp(Box<Smtp>),
    /// Into a folder, for somebody else to send, or to look at.
    Pickup(Pickup),
}

/// Writes mails, and sends them.
#[derive(Debug)]
pub struct Mailer {
    /// Who sends, such as `Customer Lockbox <lockbox@example.com>`.
    pub from: String,
    /// Page of a request, for tenants that want the link; `{identity}` stands for its GUID.
    pub request_url: Option<String>,
    /// The way that they go.
    pub way: Way,
}

impl Mailer {
    /// Writes a mail, and sends it.
    pub(super) async fn send(
        &self,
        services: &Services,
        delivery: &Delivery,
        told: &ToTell,
    ) -> Outcome {
        let message = match self.message(services, delivery, told) {
            Ok(message) => message,
            // Its address or its texts cannot be written down; that does not get better.
            Err(why) => return Outcome::Never(why),
        };
        match &self.way {
            Way::Smtp(smtp) => smtp.send(message).await,
            Way::Pickup(pickup) => pickup.put(delivery, &message).await,
        }
    }

    fn message(
        &self,
        services: &Services,
        delivery: &Delivery,
        told: &ToTell,
    ) -> Result<Message, String> {
        let letter = self.letter(services, told);
        if let Some(why) = &letter.fell_back {
            tracing::warn!(
                org = %delivery.org,
                event = delivery.event.event.as_str(),
                why,
                "an organization's own text cannot be used; the shipped one is"
            );
        }
        message(
            &letter,
            &told.facts,
            &Envelope {
                from: &self.from,
                to: &delivery.target,
                delivery: &delivery.id.to_string(),
                host: self.host(),
                date: delivery.created,
            },
        )
    }

    fn letter(&self, services: &Services, told: &ToTell) -> Letter {
        let zone: Option<Zone> = told
            .settings
            .time_zone
            .as_deref()
            .and_then(|name| zone(name).ok());
        let link = self.link(told);
        let setting = Setting {
            language: told.settings.language,
            zone: zone.as_ref(),
            link: link.as_deref(),
            checkpoint: None,
            sender: self.sender(),
            clock: &**services.clock(),
        };
        render(&told.facts, &setting, told.template.as_ref())
    }

    /// The page of a request of the `azure` profile, where the tenant wants the link.
    fn link(&self, told: &ToTell) -> Option<String> {
        let request = told.facts.request.as_ref()?;
        let url = self.request_url.as_ref()?;
        (told.settings.link && request.profile == AZURE)
            .then(|| url.replace("{identity}", &request.identity))
    }

    /// The domain of the sender.
    fn host(&self) -> &str {
        let address = self.from.trim_end_matches('>');
        address
            .rsplit_once('@')
            .map_or("localhost", |(_, host)| host)
    }

    /// The name of the sender, or its address.
    fn sender(&self) -> &str {
        match self.from.split_once('<') {
            Some((name, _)) if !name.trim().is_empty() => name.trim().trim_matches('"'),
            _ => &self.from,
        }
    }
}

/// The profile whose mails may hold a link: only Azure's are documented to.
const AZURE: &str = "azure";
