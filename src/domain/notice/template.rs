//! An organization's own text of a mail.

use serde::{Deserialize, Serialize};

/// The texts of one event's mail in one language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Template {
    /// The subject.
    pub subject: String,
    /// The plain text.
    pub text: String,
    /// The HTML; made from the plain text where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub html: Option<String>,
}
