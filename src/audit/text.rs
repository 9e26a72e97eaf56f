//! Free text: what is refused on the way in, and how it is shown on the way out.

use crate::error::{Error, Result};
use std::borrow::Cow;

/// Refuses control characters other than tab and line feed.
///
/// # Errors
/// `invalidParams` that names the pointer and the character.
pub fn check_free_text(pointer: &str, text: &str) -> Result<()> {
    let control = text
        .char_indices()
        .find(|(_, c)| c.is_control() && *c != '\t' && *c != '\n');
    match control {
        None => Ok(()),
        Some((at, c)) => Err(Error::invalid_param(
            pointer,
            format!(
                "The text holds the control character U+{:04X} at byte {at}.",
                u32::from(c)
            ),
            "text without control characters (tab and line feed are fine)",
        )),
    }
}

/// Whether a character changes the direction in which the text around it is shown.
const fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// The text with its bidirectional controls written as `\u202E`, for tables, mails and logs.
#[must_use]
pub fn escape_bidi(text: &str) -> Cow<'_, str> {
    if !text.contains(is_bidi_control) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_bidi_control(c) {
            out.push_str(&format!("\\u{:04X}", u32::from(c)));
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// The form in which free text is searched: a needle in this form is looked for in
/// [`Sealed::text`](super::Sealed).
#[must_use]
pub fn fold(text: &str) -> String {
    text.to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn control_characters_are_refused_except_tab_and_line_feed() {
        assert!(check_free_text("/comment", "two\nlines\tand Grüße \u{202e}😀").is_ok());
        for refused in ['\0', '\r', '\u{1b}', '\u{7f}', '\u{85}'] {
            let error = check_free_text("/comment", &format!("é{refused}")).expect_err("refused");
            assert_eq!(error.detail("pointer"), Some(&json!("/comment")));
            let name = format!("U+{:04X} at byte 2", u32::from(refused));
            assert!(error.message().contains(&name), "{}", error.message());
        }
    }

    #[test]
    fn bidirectional_controls_are_shown() {
        assert_eq!(
            escape_bidi("a\u{202e}b\u{2066}c\u{61c}\u{200f}"),
            "a\\u202Eb\\u2066c\\u061C\\u200F"
        );
        let plain = "שלום é\u{200b}";
        assert!(matches!(escape_bidi(plain), Cow::Borrowed(text) if text == plain));
    }
}
