//! What decision hooks said of a request, and what their answers together come to.

use crate::clock::Timestamp;
use crate::domain::request::{Decision, Request, State};
use serde::{Deserialize, Serialize};

/// What a hook's answer counts as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum HookOpinion {
    /// Let the engineer in.
    Approve,
    /// Do not.
    Deny,
    /// Let others decide.
    Pass,
}

impl HookOpinion {
    /// The word in results and records.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Deny => "deny",
            Self::Pass => "pass",
        }
    }

    /// The decision that it wants.
    #[must_use]
    pub const fn decision(self) -> Option<Decision> {
        match self {
            Self::Approve => Some(Decision::Approve),
            Self::Deny => Some(Decision::Deny),
            Self::Pass => None,
        }
    }
}

/// What one hook said of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HookAnswer {
    /// The hook.
    pub name: String,
    /// What it said; where it failed, what that counts as (never an approval).
    pub opinion: HookOpinion,
    /// Why, in its own words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// SHA-256 of what it wrote, in hex; nothing where it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// In which way it failed; the rest of a sentence that begins with the hook.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// Why its opinion did not count, where it was tried and refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_counted: Option<String>,
    /// When it answered.
    pub at: Timestamp,
}

impl HookAnswer {
    /// What people read of it with a decision: its reason, or a sentence where it gave none.
    #[must_use]
    pub fn comment(&self) -> String {
        let name = &self.name;
        match (&self.failure, self.opinion) {
            (Some(failure), HookOpinion::Deny) => {
                format!("The decision hook '{name}' {failure}; that counts as a denial.")
            }
            (Some(failure), _) => format!("The decision hook '{name}' {failure}."),
            (None, _) if !self.reason.trim().is_empty() => self.reason.clone(),
            (None, HookOpinion::Approve) => format!("The decision hook '{name}' approves it."),
            (None, HookOpinion::Deny) => format!("The decision hook '{name}' denies it."),
            (None, HookOpinion::Pass) => format!("The decision hook '{name}' lets others decide."),
        }
    }
}

impl Request {
    /// Since when its decision hooks are to be asked: from its arrival, while it waits, until the
    /// answers of all are written down.
    #[must_use]
    pub fn asking(&self) -> Option<Timestamp> {
        let asks = self.hooks_left().next().is_some() && self.emergency.is_none();
        self.sent_at
            .filter(|_| asks && self.state == State::Pending)
    }

    /// Its decision hooks whose answers are not written down, in the order of the policy.
    pub fn hooks_left(&self) -> impl Iterator<Item = &str> {
        let named = self.policy().map_or(&[][..], |one| &one.asked.hooks);
        let written = |name: &str| self.hooks.iter().any(|answer| answer.name == name);
        named
            .iter()
            .map(String::as_str)
            .filter(move |name| !written(name))
    }
}

/// The decision that some hook wants: a denial where one of them denies, as no approval stands
/// beside one.
pub fn wanted<'a>(answers: impl IntoIterator<Item = &'a HookAnswer>) -> Option<Decision> {
    let all: Vec<_> = answers
        .into_iter()
        .filter_map(|answer| answer.opinion.decision())
        .collect();
    let denied = all.contains(&Decision::Deny);
    let wanted = if denied {
        Decision::Deny
    } else {
        Decision::Approve
    };
    all.contains(&wanted).then_some(wanted)
}

#[cfg(test)]
#[path = "hooks_tests.rs"]
mod tests;
