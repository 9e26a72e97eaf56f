//! `template.*`.

use crate::domain::notice::Event;
use crate::domain::notice::settings::Language;
use crate::domain::notice::template::Template;
use crate::error::Result;
use crate::rpc::Call;
use crate::service::templates::Which;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Clone, Copy, Deserialize)]
struct Named {
    event: Event,
    language: Language,
}

impl From<Named> for Which {
    fn from(named: Named) -> Self {
        Self {
            event: named.event,
            language: named.language,
        }
    }
}

fn shape(which: Which, template: &Template) -> Value {
    json!({
        "event": which.event,
        "language": which.language,
        "subject": template.subject,
        "text": template.text,
        "html": template.html,
    })
}

#[derive(Deserialize)]
struct Put {
    event: Event,
    language: Language,
    subject: String,
    text: String,
    html: Option<String>,
}

pub(super) async fn put(call: Call) -> Result<Value> {
    let params: Put = call.read()?;
    let which = Which {
        event: params.event,
        language: params.language,
    };
    let template = Template {
        subject: params.subject,
        text: params.text,
        html: params.html,
    };
    let settled = call
        .services()
        .put_template(&call.ctx, which, &template)
        .await?;
    Ok(json!({
        "template": shape(which, &template),
        "replayed": settled.replayed,
    }))
}

pub(super) async fn get(call: Call) -> Result<Value> {
    let which = call.read::<Named>()?.into();
    let template = call.services().read_template(&call.ctx, which).await?;
    Ok(json!({"template": shape(which, &template)}))
}

pub(super) async fn list(call: Call) -> Result<Value> {
    let found = call.services().list_templates(&call.ctx).await?;
    let templates: Vec<Value> = found
        .iter()
        .map(|which| json!({"event": which.event, "language": which.language}))
        .collect();
    Ok(json!({"templates": templates}))
}

pub(super) async fn remove(call: Call) -> Result<Value> {
    let which = call.read::<Named>()?.into();
    let settled = call.services().remove_template(&call.ctx, which).await?;
    Ok(json!({"replayed": settled.replayed}))
}
