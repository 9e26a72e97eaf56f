//! How policies and judgements look in results.

use crate::domain::policy::document::Approvers;
use crate::domain::policy::effective::{Asked, Judgement};
use crate::domain::policy::simulation::{Simulated, Tried};
use crate::domain::policy::stored::{PendingChange, PolicyVersion};
use crate::error::{Error, Result};
use crate::rpc::wire;
use crate::service::policy::{Explained, MayDecide};
use serde_json::{Map, Value, json};

/// A version of a policy, without its document.
pub(super) fn version(row: &PolicyVersion) -> Value {
    json!({
        "version": row.version,
        "hash": row.hash,
        "putBy": row.put_by.name,
        "putDate": row.put_at,
        "reason": row.reason,
        "difference": row.summary,
    })
}

/// A version of a policy with its document.
pub(super) fn policy(row: &PolicyVersion) -> Result<Value> {
    let mut value = version(row);
    if let Some(members) = value.as_object_mut() {
        members.insert("document".to_owned(), read(&row.document)?);
    }
    Ok(value)
}

pub(super) fn pending(change: &PendingChange) -> Result<Value> {
    let document = change.what.document.as_deref();
    Ok(json!({
        "changeId": change.id.to_string(),
        "proposedBy": change.proposed_by.name,
        "proposedDate": change.proposed_at,
        "reason": change.reason,
        "aloneAfter": change.alone_after(),
        "settings": change.what.settings,
        "document": document.map(read).transpose()?,
    }))
}

fn read(document: &str) -> Result<Value> {
    serde_json::from_str(document).map_err(Error::internal)
}

pub(super) fn judgement(judged: &Judgement) -> Value {
    json!({
        "rule": judged.verdict.rule(),
        "sentence": judged.sentence,
        "applied": judged.applied,
        "asked": asked(&judged.asked),
        "origins": judged.origins,
    })
}

fn asked(asked: &Asked) -> Value {
    let escalate = asked.escalate.iter().map(|one| {
        json!({
            "rule": one.rule,
            "afterSeconds": one.after_seconds,
            "to": approvers(&one.to),
        })
    });
    json!({
        "stages": stages(asked),
        "denyThreshold": asked.deny_threshold,
        "answerSeconds": asked.answer_seconds,
        "longestSeconds": asked.longest_seconds,
        "accessWithin": asked.access_within,
        "holdUntilOpen": asked.hold_until_open,
        "reasonToApprove": asked.reason_to_approve,
        "reasonToDeny": asked.reason_to_deny,
        "remindAfterSeconds": asked.remind_after_seconds,
        "escalate": escalate.collect::<Vec<_>>(),
        "hooks": asked.hooks,
    })
}

fn stages(asked: &Asked) -> Vec<Value> {
    let stage = |stage: &crate::domain::policy::effective::AskedStage| {
        json!({
            "rule": stage.rule,
            "approvers": approvers(&stage.approvers),
            "needed": stage.needed,
        })
    };
    asked.stages.iter().map(stage).collect()
}

fn approvers(list: &Approvers) -> Value {
    json!({"roles": list.roles, "people": list.people})
}

/// What came of a simulation.
pub(crate) fn simulated(simulated: &Simulated) -> Value {
    use crate::domain::policy::arrival::Arrival;
    let would: Map<String, Value> = Arrival::ALL
        .iter()
        .map(|one| {
            let count = simulated.would.get(one).copied().unwrap_or_default();
            (one.as_str().to_owned(), json!(count))
        })
        .collect();
    let differences: Vec<Value> = simulated.differences.iter().map(difference).collect();
    json!({
        "hash": simulated.hash,
        "tried": simulated.tried,
        "more": simulated.more,
        "would": would,
        "different": simulated.different,
        "rules": simulated.rules,
        "hooksNotAsked": simulated.hooks_not_asked,
        "differences": differences,
        "judgement": null,
    })
}

fn difference(tried: &Tried) -> Value {
    json!({
        "identity": tried.past.identity.to_string(),
        "requestId": tried.past.reference,
        "serviceName": tried.past.given.ask.service,
        "sentToCustomerDate": tried.past.sent_at,
        "state": tried.past.state.as_str(),
        "happened": tried.past.happened,
        "would": tried.would,
        "rule": tried.judgement.verdict.rule(),
        "sentence": tried.judgement.sentence,
        "stages": stages(&tried.judgement.asked),
    })
}

pub(super) fn explained(explained: &Explained) -> Value {
    let request = &explained.shown.request;
    let judged = explained.judgement.as_ref();
    json!({
        "identity": request.identity.to_string(),
        "requestId": request.reference,
        "state": request.state_at(explained.shown.now).as_str(),
        "arrival": explained.arrival,
        "policyVersion": judged.map(|(version, _)| *version),
        "judgement": judged.map(|(_, judged)| judgement(judged)),
        "sentence": explained.sentence,
        "hooks": wire::hooks(request),
        "people": explained.people.iter().map(person).collect::<Vec<_>>(),
    })
}

fn person(person: &MayDecide) -> Value {
    let may = |refusal: &Option<Error>| {
        json!({
            "may": refusal.is_none(),
            "code": refusal.as_ref().map(Error::code),
            "why": refusal.as_ref().map(Error::message),
        })
    };
    json!({
        "name": person.name,
        "robot": person.robot,
        "standsInFor": person.stands_in_for,
        "approve": may(&person.approve),
        "deny": may(&person.deny),
    })
}
