//! An organization's own text of a mail.

use serde::{Deserialize, Serialize};

/// The texts of one event's mail in one language, in the language of minijinja.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Template {
    /// The subject; its line breaks become spaces.
    pub subject: String,
    /// The plain text.
    pub text: String,
    /// The HTML document; where there is none it is made of the plain text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub html: Option<String>,
}
