//! Roles and scopes.

use crate::domain::organization::OrgKind;
use crate::ids::OrgId;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// What a principal is allowed to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Role {
    /// Asks for access.
    SupportEngineer,
    /// Reviews what an engineer asks for.
    SupportManager,
    /// Runs the provider's side.
    ProviderAdministrator,
    /// The enforcement point: asks whether access is granted and reports what was done.
    ResourceGateway,
    /// Runs a tenant and decides.
    GlobalAdministrator,
    /// Decides.
    CustomerLockboxAccessApprover,
    /// Reads the audit log.
    SecurityReader,
}

impl Role {
    /// Every role, provider's first.
    pub const ALL: [Self; 7] = [
        Self::SupportEngineer,
        Self::SupportManager,
        Self::ProviderAdministrator,
        Self::ResourceGateway,
        Self::GlobalAdministrator,
        Self::CustomerLockboxAccessApprover,
        Self::SecurityReader,
    ];

    /// The name in params, results and records.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SupportEngineer => "SupportEngineer",
            Self::SupportManager => "SupportManager",
            Self::ProviderAdministrator => "ProviderAdministrator",
            Self::ResourceGateway => "ResourceGateway",
            Self::GlobalAdministrator => "GlobalAdministrator",
            Self::CustomerLockboxAccessApprover => "CustomerLockboxAccessApprover",
            Self::SecurityReader => "SecurityReader",
        }
    }

    /// The side on which the role exists.
    #[must_use]
    pub const fn side(self) -> OrgKind {
        match self {
            Self::SupportEngineer
            | Self::SupportManager
            | Self::ProviderAdministrator
            | Self::ResourceGateway => OrgKind::Provider,
            Self::GlobalAdministrator
            | Self::CustomerLockboxAccessApprover
            | Self::SecurityReader => OrgKind::Tenant,
        }
    }

    /// The role that runs a side, and of which the last holder cannot be removed.
    #[must_use]
    pub const fn administrator_of(side: OrgKind) -> Self {
        match side {
            OrgKind::Provider => Self::ProviderAdministrator,
            OrgKind::Tenant => Self::GlobalAdministrator,
        }
    }

    /// The scope that an assignment has where none is given.
    #[must_use]
    pub const fn default_scope(self, org: OrgId) -> Scope {
        match self {
            Self::SupportEngineer | Self::SupportManager | Self::ResourceGateway => Scope::Tenants,
            Self::ProviderAdministrator => Scope::Provider,
            Self::GlobalAdministrator
            | Self::CustomerLockboxAccessApprover
            | Self::SecurityReader => Scope::Tenant(org),
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL
            .into_iter()
            .find(|role| role.as_str().eq_ignore_ascii_case(text.trim()))
            .ok_or(())
    }
}

/// Where a role counts: a path, and everything below it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// The provider's own objects.
    Provider,
    /// All tenants (for provider roles only).
    Tenants,
    /// One tenant.
    Tenant(OrgId),
    /// One service of a tenant.
    Service(OrgId, String),
    /// One subscription of a tenant.
    Subscription(OrgId, String),
}

impl Scope {
    /// Whether what lies at `inner` lies within this scope.
    #[must_use]
    pub fn contains(&self, inner: &Self) -> bool {
        match (self, inner) {
            (Self::Tenants, Self::Provider) | (Self::Provider, _) => self == inner,
            (Self::Tenants, _) => true,
            (Self::Tenant(tenant), _) => inner.tenant() == Some(*tenant),
            (Self::Service(tenant, name), Self::Service(other, other_name)) => {
                tenant == other && name.eq_ignore_ascii_case(other_name)
            }
            (Self::Subscription(tenant, name), Self::Subscription(other, other_name)) => {
                tenant == other && name.eq_ignore_ascii_case(other_name)
            }
            (Self::Service(..) | Self::Subscription(..), _) => false,
        }
    }

    /// Whether the two scopes share anything.
    #[must_use]
    pub fn touches(&self, other: &Self) -> bool {
        self.contains(other) || other.contains(self)
    }

    /// The tenant that the scope lies in.
    #[must_use]
    pub const fn tenant(&self) -> Option<OrgId> {
        match self {
            Self::Provider | Self::Tenants => None,
            Self::Tenant(tenant) | Self::Service(tenant, _) | Self::Subscription(tenant, _) => {
                Some(*tenant)
            }
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Provider => f.write_str("/provider"),
            Self::Tenants => f.write_str("/tenants"),
            Self::Tenant(tenant) => write!(f, "/tenants/{tenant}"),
            Self::Service(tenant, name) => write!(f, "/tenants/{tenant}/services/{name}"),
            Self::Subscription(tenant, name) => {
                write!(f, "/tenants/{tenant}/subscriptions/{name}")
            }
        }
    }
}

/// Reads the canonical form, in which tenants are GUIDs.
impl FromStr for Scope {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let parts: Vec<&str> = text.trim().split('/').collect();
        let tenant = |text: &str| text.parse::<OrgId>().map_err(drop);
        match parts.as_slice() {
            ["", "provider"] => Ok(Self::Provider),
            ["", "tenants"] => Ok(Self::Tenants),
            ["", "tenants", id] => Ok(Self::Tenant(tenant(id)?)),
            ["", "tenants", id, "services", name] if !name.is_empty() => {
                Ok(Self::Service(tenant(id)?, (*name).to_owned()))
            }
            ["", "tenants", id, "subscriptions", name] if !name.is_empty() => {
                Ok(Self::Subscription(tenant(id)?, (*name).to_owned()))
            }
            _ => Err(()),
        }
    }
}

impl Serialize for Scope {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Scope {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse()
            .map_err(|()| serde::de::Error::custom("not a scope path"))
    }
}

#[cfg(test)]
#[path = "scope_tests.rs"]
mod tests;
