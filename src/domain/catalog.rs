//! Services and profiles: which timing and naming rules a service follows.

use serde::Serialize;

/// The timing rules that a service follows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Profile {
    /// Its name.
    pub name: String,
    /// Hours that the provider's manager has to review.
    pub review_hours: u32,
    /// The longest access, in seconds.
    pub maximum_access_seconds: i64,
    /// The access where the request names none, in seconds.
    pub default_access_seconds: i64,
}

impl Profile {
    /// Microsoft 365: the manager reviews within 12 h, access lasts as requested, at most 4 h.
    #[must_use]
    pub fn microsoft365() -> Self {
        Self {
            name: "microsoft365".to_owned(),
            review_hours: 12,
            maximum_access_seconds: 4 * 3_600,
            default_access_seconds: 4 * 3_600,
        }
    }
}

/// A service that requests can name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Service {
    /// Its name, as records show it.
    pub name: String,
    /// Name of the profile that it follows.
    pub profile: String,
}

/// Every service and profile that this daemon knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Catalog {
    /// Services by name.
    pub services: Vec<Service>,
    /// Profiles by name.
    pub profiles: Vec<Profile>,
}

/// `-ServiceName` documents EOP, Exchange, SharePoint and Teams; the product pages name the rest.
const MICROSOFT365: [&str; 7] = [
    "EOP",
    "Exchange",
    "SharePoint",
    "Teams",
    "OneDrive",
    "Copilot",
    "Windows365",
];

impl Default for Catalog {
    fn default() -> Self {
        let profile = Profile::microsoft365();
        Self {
            services: MICROSOFT365
                .map(|name| Service {
                    name: name.to_owned(),
                    profile: profile.name.clone(),
                })
                .to_vec(),
            profiles: vec![profile],
        }
    }
}

impl Catalog {
    /// The service of this name, in any case.
    #[must_use]
    pub fn service(&self, name: &str) -> Option<&Service> {
        let name = name.trim();
        self.services
            .iter()
            .find(|service| service.name.eq_ignore_ascii_case(name))
    }

    /// The profile of this name.
    #[must_use]
    pub fn profile(&self, name: &str) -> Option<&Profile> {
        self.profiles.iter().find(|profile| profile.name == name)
    }
}
