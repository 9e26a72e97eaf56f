//! A card for Microsoft Teams. Text of others stands in `TextRun`s only, which know no Markdown;
//! there is no action, so nothing is decided by a message.

use super::words::Words;
use crate::domain::notice::facts::Facts;
use serde_json::{Value, json};

pub(super) fn message(facts: &Facts) -> Value {
    let words = Words::of(facts);
    let mut body = vec![json!({
        "type": "RichTextBlock",
        "inlines": [{"type": "TextRun", "text": words.title, "weight": "Bolder", "size": "Large"}],
    })];
    for (name, value) in &words.values {
        body.push(json!({
            "type": "RichTextBlock",
            "spacing": "Small",
            "inlines": [
                {"type": "TextRun", "text": format!("{name}: "), "weight": "Bolder"},
                {"type": "TextRun", "text": value},
            ],
        }));
    }
    if let Some(hint) = &words.hint {
        body.push(json!({
            "type": "RichTextBlock",
            "separator": true,
            "inlines": [{"type": "TextRun", "text": hint, "isSubtle": true}],
        }));
    }
    json!({
        "type": "message",
        "attachments": [{
            "contentType": "application/vnd.microsoft.card.adaptive",
            "contentUrl": null,
            "content": {
                "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                "type": "AdaptiveCard",
                "version": "1.4",
                "msteams": {"width": "Full"},
                "body": body,
            },
        }],
    })
}
