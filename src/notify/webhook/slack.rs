//! A message for Slack's incoming webhooks. Text of others stands in `plain_text` only, where
//! nothing is formatted, linked or mentioned, and escaped all the same; no button decides.

use super::words::Words;
use crate::domain::notice::facts::Facts;
use serde_json::{Value, json};

/// The most fields of a section: five names and their values.
const FIELDS: usize = 5;

/// The most characters of a field.
const TEXT_LENGTH: usize = 2_000;

pub(super) fn message(facts: &Facts) -> Value {
    let words = Words::of(facts);
    let mut blocks = vec![json!({"type": "header", "text": plain(&words.title)})];
    for values in words.values.chunks(FIELDS) {
        let fields: Vec<Value> = values
            .iter()
            .flat_map(|(name, value)| [bold(name), plain(value)])
            .collect();
        blocks.push(json!({"type": "section", "fields": fields}));
    }
    if let Some(hint) = &words.hint {
        blocks.push(json!({"type": "context", "elements": [plain(hint)]}));
    }
    json!({
        "text": escaped(&words.title),
        "mrkdwn": false,
        "unfurl_links": false,
        "unfurl_media": false,
        "blocks": blocks,
    })
}

fn plain(text: &str) -> Value {
    json!({"type": "plain_text", "text": escaped(text), "emoji": false})
}

/// A name; signs that format would end it early, and are left out.
fn bold(name: &str) -> Value {
    let name: String = name.chars().filter(|c| !"*_~`".contains(*c)).collect();
    json!({"type": "mrkdwn", "text": format!("*{}*", escaped(&name)), "verbatim": true})
}

/// With the three signs that Slack reads as its own written as it wants them, `<!channel>` and
/// `<@U1>` are text. Cut where it would be longer than Slack takes.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut length = 0;
    for c in text.chars() {
        let escape = match c {
            '&' => "&amp;",
            '<' => "&lt;",
            '>' => "&gt;",
            _ => "",
        };
        length += escape.len().max(1);
        if length >= TEXT_LENGTH {
            out.push('…');
            break;
        }
        if escape.is_empty() {
            out.push(c);
        } else {
            out.push_str(escape);
        }
    }
    out
}
