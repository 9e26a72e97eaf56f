//! The policy document: what a tenant writes, and a person can read.

use crate::domain::request::AccessLevel;
use crate::domain::scope::Role;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The only `format` so far.
pub const FORMAT: &str = "lockbox-policy/1";

/// One tenant's policy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Document {
    /// [`FORMAT`].
    pub format: String,
    /// What it is for, in a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Business calendars by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub calendars: BTreeMap<String, CalendarPlan>,
    /// Groups of approvers by name: addresses of people, names of robots.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub groups: BTreeMap<String, Vec<String>>,
    /// Who stands in for whom while somebody is away.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub delegates: Vec<Delegate>,
    /// Who may change this document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub four_eyes: Option<FourEyes>,
    /// The rules; their order means nothing.
    #[serde(default)]
    pub rules: Vec<Rule>,
}

impl Document {
    /// The zones that its calendars name, once each.
    pub fn zone_names(&self) -> impl Iterator<Item = &str> {
        let names: BTreeSet<&str> = self
            .calendars
            .values()
            .map(|plan| plan.zone.as_str())
            .collect();
        names.into_iter()
    }
}

/// A business calendar: local hours in a zone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CalendarPlan {
    /// IANA zone, such as `Europe/Zurich`.
    pub zone: String,
    /// Open hours of each weekday (`monday` … `sunday`), or of several (`monday-friday`). A span is
    /// `08:00-12:00`; one that ends at or before its start ends on the next day (`22:00-06:00`);
    /// `00:00-24:00` is a whole day.
    pub weekly: BTreeMap<String, Vec<String>>,
    /// Days on which it is closed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub holidays: Vec<Holiday>,
    /// Days with other hours than their weekday's, also where they are holidays.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exceptions: Vec<Exception>,
}

/// A closed day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Holiday {
    /// Local date, `2026-12-25`.
    pub date: String,
    /// What is celebrated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// A day with hours of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Exception {
    /// Local date.
    pub date: String,
    /// Its open spans; empty means closed.
    pub open: Vec<String>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// Somebody who decides in another's place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Delegate {
    /// Who is away (address).
    pub person: String,
    /// Who decides in that time (address); needs an approver's role too.
    pub to: String,
    /// From this instant (RFC 3339).
    pub from: String,
    /// Until, not including, this instant (RFC 3339).
    pub until: String,
}

/// That a change of the policy takes two administrators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FourEyes {
    /// Hours after which the one who proposed a change may confirm it alone, once all
    /// administrators have been told: the way in where the second one is gone. 24 to 720.
    pub recovery_hours: u32,
}

/// One rule: where `match` holds and `unless` does not, it acts. Exactly one of `deny`, `approve`
/// and `ask` is there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rule {
    /// Its name, unique in the document: it stands in every decision that it makes.
    pub id: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What a request must be like; every part narrows, and nothing matches everything.
    #[serde(default, rename = "match", skip_serializing_if = "Option::is_none")]
    pub matches: Option<Match>,
    /// What it must not be like.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unless: Option<Match>,
    /// A condition in CEL, beside the two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
    /// No, at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deny: Option<Deny>,
    /// Yes, at once; only where the tenant's setting `automaticApproval` is on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approve: Option<Approve>,
    /// How people are asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ask: Option<Ask>,
}

/// What a request is compared with. In a list any entry will do; text is compared without case.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Match {
    /// Services.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub services: Option<Vec<String>>,
    /// Resources, with `*` for any text; one of the request's is enough.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resources: Option<Vec<String>>,
    /// Whole words in the reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason_words: Option<Vec<String>>,
    /// Whether a ticket is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket_present: Option<bool>,
    /// A regular expression that the whole ticket must match.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket_pattern: Option<String>,
    /// Citizenship of the engineer; holds only where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub citizenship: Option<Vec<String>>,
    /// Where the engineer works; holds only where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<Vec<String>>,
    /// Reading, or writing too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_level: Option<AccessLevel>,
    /// Categories of customer content; one of the request's is enough.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_categories: Option<Vec<String>>,
    /// A requested access longer than so many minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub longer_than_minutes: Option<u32>,
    /// Tags of the tenant's settings; one is enough.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant_tags: Option<Vec<String>>,
    /// Arrived while this calendar was open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<String>,
    /// Arrived while this calendar was closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outside: Option<String>,
}

/// A denial.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Deny {
    /// What the engineer reads.
    pub reason: String,
}

/// An approval without a person.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Approve {
    /// The longest access, in minutes; required, so that it is thought of.
    pub longest_minutes: u32,
    /// Access only while this calendar is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_within: Option<String>,
}

/// How people are asked. What is left out is as the tenant's settings and the service's profile
/// have it; where several rules speak of one line, the stricter one counts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Ask {
    /// One after the other, each with its own approvers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stages: Option<Vec<Stage>>,
    /// So many denials end it; 1 where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deny_threshold: Option<u32>,
    /// The customer's time to answer, in minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer_within_minutes: Option<u32>,
    /// The longest access, in minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub longest_minutes: Option<u32>,
    /// Access only while this calendar is open: it starts at its opening, and ends at its closing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_within: Option<String>,
    /// Where this calendar is closed on arrival, the customer's time to answer starts at its opening.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold_until_open: Option<String>,
    /// Approving takes a comment.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reason_to_approve: bool,
    /// Denying takes a comment.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reason_to_deny: bool,
    /// A request without a ticket is denied.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ticket_required: bool,
    /// Approving takes a second factor. Refused for now: nothing can enforce it yet.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub second_factor: bool,
    /// Minutes after the customer's clock has started at which those who have not answered are
    /// reminded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remind_after_minutes: Vec<u32>,
    /// Who else may decide when nobody has answered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub escalate: Vec<Escalation>,
    /// Name of a decision hook of the host's configuration, which is asked first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hook: Option<String>,
}

/// One stage of approval.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Stage {
    /// Who.
    pub approvers: Approvers,
    /// How many of them.
    #[serde(default = "one")]
    pub needed: u32,
}

const fn one() -> u32 {
    1
}

/// Who may approve: anybody whom one of the lists names, and who holds an approver's role.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Approvers {
    /// Holders of a role.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<Role>,
    /// People by address, robots by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub people: Vec<String>,
    /// Groups of the document.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
}

/// More approvers after a time without a decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Escalation {
    /// Minutes after the customer's clock has started.
    pub after_minutes: u32,
    /// Who may then decide as well, in every stage.
    pub to: Approvers,
}
