//! What a policy makes of a request: the verdict, and how people are asked.

use crate::clock::Timestamp;
use crate::domain::policy::document::Approvers;
use crate::error::Error;
use serde::{Deserialize, Serialize};

/// The judgement of one request under one policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// What comes of it.
    pub verdict: Verdict,
    /// Every rule that applies, in the order deny, approve, ask, and by id within.
    pub applied: Vec<Applied>,
    /// A sentence that explains the verdict to people.
    pub sentence: String,
    /// Whether a calendar had a say, so that the time zone database matters.
    pub by_calendar: bool,
    /// How people are asked, computed from every rule that applies, whatever the verdict is; rules
    /// that approve count only where rules may.
    pub asked: Asked,
    /// Where each line of `asked` comes from.
    pub origins: Vec<Origin>,
}

/// What comes of a request on arrival.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Denied by this rule, with the reason that the engineer reads.
    Deny {
        /// The rule.
        rule: String,
        /// What the engineer reads.
        reason: String,
    },
    /// Approved by this rule. The length of the access stands in `asked.longest_seconds`.
    Approve {
        /// The rule.
        rule: String,
    },
    /// People are asked.
    Ask,
}

impl Verdict {
    /// The rule that it names.
    #[must_use]
    pub fn rule(&self) -> Option<&str> {
        match self {
            Self::Deny { rule, .. } | Self::Approve { rule } => Some(rule),
            Self::Ask => None,
        }
    }
}

/// A rule that applies to a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Applied {
    /// The rule.
    pub rule: String,
    /// What it does.
    pub act: Act,
    /// How particular it is.
    pub level: Level,
}

/// What a rule does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Act {
    /// Says no.
    Deny,
    /// Says yes.
    Approve,
    /// Says how people are asked.
    Ask,
}

/// What a rule is for: a policy of the organization, of a service, or of a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Level {
    /// It names neither service nor resource.
    Organization,
    /// It names services.
    Service,
    /// It names resources.
    Resource,
}

/// Where a line of the effective policy comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Origin {
    /// The line, as [`Asked`] spells it in JSON.
    pub line: &'static str,
    /// A rule's id, or `settings`, `profile` or `default`.
    pub from: String,
    /// How particular that rule is; nothing where it is no rule.
    pub level: Option<Level>,
}

/// How people are asked. On arrival it becomes part of the request's terms; a decision takes the
/// stricter of it and of what the policy in force then says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Asked {
    /// One after the other; empty means one approval by anybody who may decide. Groups are
    /// resolved to people.
    pub stages: Vec<AskedStage>,
    /// So many denials end it.
    pub deny_threshold: u32,
    /// The customer's time to answer, in seconds.
    pub answer_seconds: i64,
    /// The longest access, in seconds.
    pub longest_seconds: i64,
    /// Access only while all these calendars are open.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub access_within: Vec<String>,
    /// The customer's clock is held until all these calendars are open.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hold_until_open: Vec<String>,
    /// Approving takes a comment.
    pub reason_to_approve: bool,
    /// Denying takes a comment.
    pub reason_to_deny: bool,
    /// Seconds after the customer's clock has started at which people are reminded; rising.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remind_after_seconds: Vec<i64>,
    /// Who else may decide later; rising by time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub escalate: Vec<AskedEscalation>,
    /// The decision hooks that are asked first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hooks: Vec<String>,
}

/// A stage, with the rule that it comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AskedStage {
    /// The rule.
    pub rule: String,
    /// Who; `groups` is empty, their people stand in `people`.
    pub approvers: Approvers,
    /// How many of them.
    pub needed: u32,
}

/// An escalation with the rule that it comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AskedEscalation {
    /// The rule.
    pub rule: String,
    /// Seconds after the customer's clock has started.
    pub after_seconds: i64,
    /// Who may then decide as well; groups are resolved.
    pub to: Approvers,
}

/// When access would be possible, if somebody approved now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Window {
    /// Its start: now, or the next opening.
    pub start: Timestamp,
    /// Its end: the access's own, or the closing where that comes first.
    pub end: Timestamp,
}

/// One thing that is wrong with a policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// JSON pointer into the document.
    pub pointer: String,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub suggestion: String,
}

/// What the schema says, in the same words.
impl From<&Error> for Problem {
    fn from(error: &Error) -> Self {
        let pointer = error.detail("pointer").and_then(|pointer| pointer.as_str());
        Self {
            pointer: pointer.unwrap_or_default().to_owned(),
            message: error.message().to_owned(),
            suggestion: error.remedy().to_owned(),
        }
    }
}
