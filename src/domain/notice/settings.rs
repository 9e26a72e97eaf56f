//! What an organization says about its notifications.

use crate::domain::notice::{Audience, Event};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::str::FromStr;

/// The most security contacts, extra addresses, and alternate addresses, each.
pub const MOST_ADDRESSES: usize = 20;

/// The longest address, in characters (RFC 5321, 4.5.3.1.3).
pub const ADDRESS_LENGTH: usize = 254;

/// A language that the shipped texts speak.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(rename_all = "camelCase")]
pub enum Language {
    /// English.
    #[default]
    En,
    /// German.
    De,
    /// French.
    Fr,
    /// Spanish.
    Es,
    /// Japanese.
    Ja,
}

impl Language {
    /// Every one.
    pub const ALL: [Self; 5] = [Self::En, Self::De, Self::Fr, Self::Es, Self::Ja];

    /// Its tag (BCP 47).
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::De => "de",
            Self::Fr => "fr",
            Self::Es => "es",
            Self::Ja => "ja",
        }
    }
}

/// Reads the whole tag, in any case.
impl FromStr for Language {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL
            .into_iter()
            .find(|one| one.as_str().eq_ignore_ascii_case(text.trim()))
            .ok_or(())
    }
}

/// Another address for somebody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Alternate {
    /// Whose: the address of the principal.
    pub of: String,
    /// Where else it is sent.
    pub address: String,
    /// Whether nothing is sent to the principal's own address.
    #[serde(default)]
    pub replaces: bool,
}

/// What is switched on or off against the default.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Switch {
    /// The event.
    pub event: Event,
    /// Those who hear of it, or not.
    pub audience: Audience,
    /// Whether they do.
    pub on: bool,
}

/// An organization's notifications.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct NoticeSettings {
    /// The language of its mails.
    pub language: Language,
    /// The IANA zone in which its mails tell times, beside UTC.
    pub time_zone: Option<String>,
    /// Addresses for what concerns security.
    pub security_contacts: Vec<String>,
    /// Addresses without an account.
    pub extra_addresses: Vec<String>,
    /// Other addresses of principals.
    pub alternates: Vec<Alternate>,
    /// Whether mails about requests of the `azure` profile hold one link to the request's page.
    pub link: bool,
    /// What is switched on or off against the defaults; of two that contradict each other the later
    /// one counts.
    pub switches: Vec<Switch>,
}

impl NoticeSettings {
    /// Whether an audience hears of an event.
    #[must_use]
    pub fn tells(&self, event: Event, audience: Audience) -> bool {
        let of = |switch: &&Switch| switch.event == event && switch.audience == audience;
        let said = self.switches.iter().rev().find(of);
        event.always_told(audience)
            || said.map_or_else(|| event.told_by_default(audience), |switch| switch.on)
    }

    /// The same with every address in lower case, and each once.
    #[must_use]
    pub fn normalised(mut self) -> Self {
        let plain = |address: &mut String| *address = address.trim().to_lowercase();
        for list in [&mut self.security_contacts, &mut self.extra_addresses] {
            list.iter_mut().for_each(plain);
            let mut known = BTreeSet::new();
            list.retain(|address| known.insert(address.clone()));
        }
        for alternate in &mut self.alternates {
            plain(&mut alternate.of);
            plain(&mut alternate.address);
        }
        let mut known: Vec<Alternate> = Vec::new();
        for alternate in std::mem::take(&mut self.alternates) {
            if !known.contains(&alternate) {
                known.push(alternate);
            }
        }
        self.alternates = known;
        self
    }

    /// Sentences for what people heard of before, and do not any more.
    #[must_use]
    pub fn quieter(&self, before: &Self) -> Vec<String> {
        let mut sentences = Vec::new();
        for event in Event::ALL {
            for audience in Audience::ALL {
                if before.tells(*event, *audience) && !self.tells(*event, *audience) {
                    sentences.push(format!("The {audience} are not told of {event} any more."));
                }
            }
        }
        for (what, now, was) in [
            (
                "A security contact",
                &self.security_contacts,
                &before.security_contacts,
            ),
            (
                "An extra address",
                &self.extra_addresses,
                &before.extra_addresses,
            ),
        ] {
            if gone(now, was).next().is_some() {
                sentences.push(format!("{what} is gone."));
            }
        }
        if self.replaced_since(before).next().is_some() {
            sentences.push("Somebody is told at another address only.".to_owned());
        }
        if self.alternates_gone_since(before).next().is_some() {
            sentences.push("An alternate address is gone.".to_owned());
        }
        sentences
    }

    /// The addresses that hear less than before, each once, but for what switches do.
    #[must_use]
    pub fn hear_less(&self, before: &Self) -> BTreeSet<String> {
        gone(&self.security_contacts, &before.security_contacts)
            .chain(gone(&self.extra_addresses, &before.extra_addresses))
            .chain(self.replaced_since(before).map(|one| &one.of))
            .chain(self.alternates_gone_since(before).map(|one| &one.address))
            .cloned()
            .collect()
    }

    /// What replaces somebody's own address, and did not before.
    fn replaced_since<'a>(&'a self, before: &'a Self) -> impl Iterator<Item = &'a Alternate> {
        let new = |one: &&Alternate| one.replaces && !before.alternates.contains(one);
        self.alternates.iter().filter(new)
    }

    fn alternates_gone_since<'a>(
        &'a self,
        before: &'a Self,
    ) -> impl Iterator<Item = &'a Alternate> {
        before.alternates.iter().filter(|was| {
            let mut now = self.alternates.iter();
            !now.any(|one| (&one.of, &one.address) == (&was.of, &was.address))
        })
    }
}

/// The addresses of a list that are not in it any more.
fn gone<'a>(now: &'a [String], was: &'a [String]) -> impl Iterator<Item = &'a String> {
    was.iter().filter(|address| !now.contains(address))
}
