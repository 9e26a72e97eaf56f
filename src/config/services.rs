//! Services and profiles beside the built-in ones.

use super::file::{FileProfile, FileService};
use crate::domain::catalog::{Catalog, Profile, Service};

/// The built-in catalog with what the file adds; what is wrong with it joins the problems.
pub(super) fn catalog(
    services: Vec<FileService>,
    profiles: Vec<FileProfile>,
    problems: &mut Vec<String>,
) -> Catalog {
    let mut catalog = Catalog::default();
    for profile in profiles {
        if catalog.profile(&profile.name).is_some() {
            problems.push(format!("profiles: there are two '{}'.", profile.name));
            continue;
        }
        let standard = Profile::microsoft365();
        let maximum = profile
            .maximum_access_seconds
            .unwrap_or(standard.maximum_access_seconds);
        let default = profile
            .default_access_seconds
            .unwrap_or_else(|| standard.default_access_seconds.min(maximum));
        if default > maximum {
            problems.push(format!(
                "profiles: '{}' has a default access of {default} s, more than its longest of {maximum} s.",
                profile.name
            ));
        }
        catalog.profiles.push(Profile {
            name: profile.name,
            review_hours: profile.review_hours.unwrap_or(standard.review_hours),
            maximum_access_seconds: maximum,
            default_access_seconds: default,
        });
    }
    for service in services {
        if catalog.service(&service.name).is_some() {
            problems.push(format!("services: there are two '{}'.", service.name));
        } else if catalog.profile(&service.profile).is_none() {
            problems.push(format!(
                "services: '{}' follows the profile '{}', which does not exist.",
                service.name, service.profile
            ));
        } else {
            catalog.services.push(Service {
                name: service.name,
                profile: service.profile,
            });
        }
    }
    catalog
}
