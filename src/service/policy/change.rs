//! `policy.put`: settings and the policy document, changed at once, or proposed where the tenant
//! wants a second pair of eyes.

use crate::audit::draft::{Draft, Parameter};
use crate::audit::{operations, text};
use crate::auth::{Actor, Context};
use crate::clock::Timestamp;
use crate::crypto::canonical::canonical_json;
use crate::domain::notice::Event;
use crate::domain::organization::{HOURS_TO_ANSWER, Organization, Settings, SettingsChange};
use crate::domain::policy::Policy;
use crate::domain::policy::difference::{Line, difference};
use crate::domain::policy::document::{Document, FORMAT, FourEyes};
use crate::domain::policy::stored::{PendingChange, PolicyVersion, Proposal};
use crate::domain::policy::stricter::weakens;
use crate::domain::request::Decision;
use crate::domain::rights::Action;
use crate::domain::scope::Scope;
use crate::error::{Error, Result};
use crate::ids::{ChangeId, OrgId};
use crate::service::Services;
use crate::service::commit::{Denial, Judged, Judgement, Settled};
use crate::service::policy::ready;
use crate::service::records::{named, written};
use crate::service::settings::check_zone;
use crate::store::{Change, Key, OutboxDraft, Precondition, RowRef, RowWrite};
use serde_json::{Value, json};
use std::sync::Arc;

/// The longest document, in bytes of its canonical form.
pub const DOCUMENT_BYTES: usize = 256 * 1024;

/// What to change, and why.
#[derive(Clone, Debug, Default)]
pub struct PutPolicy {
    /// Settings.
    pub settings: SettingsChange,
    /// The whole new document.
    pub document: Option<Value>,
    /// Why.
    pub reason: Option<String>,
    /// The version of the settings that the caller has read.
    pub expected_version: Option<i64>,
    /// The version of the policy that the caller has read; 0 where there was none.
    pub expected_policy_version: Option<i64>,
    /// Whether only to say what would come of it.
    pub validate_only: bool,
}

/// What came, or would come, of a change.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Whether it waits, or would wait, for a second administrator.
    pub waits: bool,
    /// The change that waits for one.
    pub proposed: Option<ChangeId>,
    /// What is different in the document.
    pub difference: Vec<Line>,
    /// What becomes weaker.
    pub weakens: Vec<String>,
}

/// The parameter of a record that says what protects less than before.
pub(in crate::service) const WEAKENS: &str = "Weakens";

/// The parameter of a record that names the addresses that hear less than before, a line each.
pub(in crate::service) const HEAR_LESS: &str = "HearLess";

/// A tenant as it is before a change.
pub(super) struct Before {
    pub org: Organization,
    pub settings: Settings,
    /// The version in force.
    pub row: Option<Arc<PolicyVersion>>,
    /// Its document; an empty one where there is no policy.
    pub document: Document,
}

impl Before {
    pub(super) fn version(&self) -> i64 {
        self.row.as_ref().map_or(0, |row| row.version)
    }

    /// Whether changes take two administrators.
    fn four_eyes(&self) -> Option<FourEyes> {
        self.document.four_eyes
    }

    /// What everything that was read rests on.
    pub(super) fn basis(&self) -> [Precondition; 2] {
        [
            Precondition::At(RowRef::Settings(self.org.id), self.settings.version),
            Precondition::At(RowRef::Policy(self.org.id), self.version()),
        ]
    }
}

/// A change that was found good: what it does, and what is to be said of it.
pub(super) struct Checked {
    pub proposal: Proposal,
    /// The document, ready to judge.
    pub policy: Option<Arc<Policy>>,
    pub outcome: Outcome,
}

impl Services {
    /// Changes the caller's own tenant's settings or policy, or proposes to.
    ///
    /// # Errors
    /// Where a rule says no, or the document is wrong; nothing is changed then.
    pub async fn put_policy(
        &self,
        ctx: &Context,
        put: &PutPolicy,
    ) -> Result<(Outcome, Settled<Outcome>)> {
        let put = &PutPolicy {
            settings: put.settings.clone().normalised(),
            ..put.clone()
        };
        let judge = |ctx: Context| -> Judgement<'_, Outcome> {
            Box::pin(async move { self.judge_policy(&ctx, put).await })
        };
        let settled = if put.validate_only {
            self.try_out(ctx.clone(), judge).await?
        } else {
            self.settle(ctx.clone(), judge).await?
        };
        let mut outcome = match &settled.once {
            Some(outcome) => outcome.clone(),
            None => {
                let proposed = settled.member("changeId").ok();
                Outcome {
                    waits: proposed.is_some(),
                    proposed,
                    ..Outcome::default()
                }
            }
        };
        if put.validate_only {
            // There is no such change.
            outcome.proposed = None;
        }
        Ok((outcome, settled))
    }

    async fn judge_policy(
        &self,
        ctx: &Context,
        put: &PutPolicy,
    ) -> Result<Judged<Outcome>, Denial> {
        let actor = ctx.actor()?;
        let only_requires = put.document.is_none() && put.settings.only_requires_approval();
        let action = if only_requires {
            Action::RequireApproval
        } else {
            Action::ChangeSettings
        };
        let permit = ctx.permit(action, &Scope::Tenant(actor.org.id))?;
        if action == Action::ChangeSettings && !actor.may_decide(Decision::Approve) {
            return Err(Error::forbidden(
                "The token that you use may not approve, so it cannot arrange that others need not.",
                "Use a token that is not limited to other decisions, or only turn approval on.",
            )
            .into());
        }
        if let Some(answer) = self.kept(ctx).await? {
            return Ok(Judged::Kept(answer));
        }
        check_put(put)?;
        check_zone(&put.settings).await?;
        let before = self.before(&actor.org).await?;
        check_versions(put, &before)?;
        let checked = self
            .weighed(&put.settings, put.document.as_ref(), &before)
            .await?;
        let waits = before.four_eyes().filter(|_| {
            put.document.is_some() || !put.settings.weakens(&before.settings).is_empty()
        });
        let reason = put.reason.as_deref();
        if let Some(four_eyes) = waits {
            return self
                .propose(ctx, actor, before, checked, reason, four_eyes, permit.basis)
                .await;
        }
        let mut change = Change {
            preconditions: permit.basis,
            ..Change::default()
        };
        let record = |log: &Organization, operation| {
            self.names
                .by_caller(ctx, actor, log, operation, log.id.to_string())
        };
        self.carry_out(&mut change, actor, &before, &checked, reason, record)
            .await?;
        Ok(Judged::New(Box::new(change), json!({}), checked.outcome))
    }

    /// A tenant as it is. Its policy is only read: one that cannot be applied can be replaced.
    pub(super) async fn before(&self, org: &Organization) -> Result<Before> {
        let row = self.store.policy(org.id).await?;
        let document = match &row {
            Some(row) => serde_json::from_str(&row.document).map_err(Error::internal)?,
            None => Document {
                format: FORMAT.to_owned(),
                ..Document::default()
            },
        };
        Ok(Before {
            org: org.clone(),
            settings: self.settings_of(org.id).await?,
            row,
            document,
        })
    }

    /// Checks what is wanted, and says what would be different and weaker.
    pub(super) async fn weighed(
        &self,
        settings: &SettingsChange,
        document: Option<&Value>,
        before: &Before,
    ) -> Result<Checked> {
        let mut checked = Checked {
            proposal: Proposal {
                document: None,
                settings: settings.clone(),
            },
            policy: None,
            outcome: Outcome {
                weakens: settings.weakens(&before.settings),
                ..Outcome::default()
            },
        };
        if let Some(document) = document {
            let after = settings.applied(&before.settings);
            let policy = self.checked(document, &before.org, &after).await?;
            let was = &before.document;
            checked.outcome.difference = difference(was, policy.document());
            checked
                .outcome
                .weakens
                .extend(weakens(was, policy.document()));
            let value = serde_json::to_value(policy.document()).map_err(Error::internal)?;
            checked.proposal.document = Some(canonical_text(&value)?);
            checked.policy = Some(Arc::new(policy));
        }
        Ok(checked)
    }

    /// Adds to a change what a checked proposal does: rows, records, events.
    pub(super) async fn carry_out(
        &self,
        change: &mut Change,
        actor: &Actor,
        before: &Before,
        checked: &Checked,
        reason: Option<&str>,
        record: impl Fn(&Organization, &'static str) -> Draft + Send + Sync,
    ) -> Result<()> {
        let org = before.org.id;
        change.preconditions.extend(before.basis());
        let wanted = &checked.proposal.settings;
        if !wanted.is_empty() {
            let settings = Settings {
                updated_at: self.now(),
                updated_by: Some(actor.principal.label().to_owned()),
                ..wanted.applied(&before.settings)
            };
            let mut draft = record(&before.org, operations::SETTINGS_CHANGED);
            draft.parameters = spelled(wanted);
            let was = &before.settings.notifications;
            let less = Vec::from_iter(settings.notifications.hear_less(was));
            if !less.is_empty() {
                draft.parameters.push(written(HEAR_LESS, less.join("\n")));
            }
            draft
                .parameters
                .extend(reason.map(|text| written("Reason", text)));
            let told = event(org, Event::SettingsChanged).told_by(&draft);
            change.outbox.push(told);
            change.records.push(draft);
            change
                .writes
                .push(RowWrite::PutSettings(Box::new(settings)));
        }
        if let (Some(document), Some(policy)) = (&checked.proposal.document, &checked.policy) {
            let lines = &checked.outcome.difference;
            let version = before.version() + 1;
            let mut draft = record(&before.org, operations::POLICY_CHANGED);
            draft.parameters = vec![
                named("PolicyVersion", version.to_string()),
                named("PolicyHash", policy.hash()),
                written("Reason", reason.unwrap_or_default()),
                written("Difference", told(lines)),
            ];
            let told = event(org, Event::PolicyChanged).told_by(&draft);
            change.outbox.push(told);
            change.records.push(draft);
            change
                .writes
                .push(RowWrite::PutPolicy(Box::new(PolicyVersion {
                    org,
                    version,
                    hash: policy.hash().to_owned(),
                    document: document.clone(),
                    put_by: actor.party(),
                    put_at: Timestamp::from_millis(0),
                    reason: reason.map(str::to_owned),
                    summary: json!(lines),
                })));
            let after = wanted.applied(&before.settings);
            self.rejudge(change, before, &after, policy, version)
                .await?;
        } else if let (true, Some(row)) = (wanted.tags.is_some(), &before.row) {
            let ready = ready(Arc::clone(row)).await?;
            let after = wanted.applied(&before.settings);
            self.rejudge(change, before, &after, &ready.policy, row.version)
                .await?;
        }
        if !checked.outcome.weakens.is_empty() {
            let mut weakened = event(org, Event::PolicyWeakened);
            for draft in &mut change.records {
                if [operations::SETTINGS_CHANGED, operations::POLICY_CHANGED]
                    .contains(&draft.operation.as_str())
                {
                    draft
                        .parameters
                        .push(written(WEAKENS, checked.outcome.weakens.join("\n")));
                    weakened = weakened.told_by(draft);
                }
            }
            change.outbox.push(weakened);
        }
        Ok(())
    }

    #[allow(clippy::too_many_arguments)] // all of it stands in the row or in the record
    async fn propose(
        &self,
        ctx: &Context,
        actor: &Actor,
        before: Before,
        mut checked: Checked,
        reason: Option<&str>,
        four_eyes: FourEyes,
        mut preconditions: Vec<Precondition>,
    ) -> Result<Judged<Outcome>, Denial> {
        let org = before.org.id;
        if let Some(waiting) = self.store.pending_change(org).await? {
            return Err(Error::conflict(
                "changeWaiting",
                format!(
                    "A change that {} proposed waits for a second administrator.",
                    waiting.proposed_by.name
                ),
                "Confirm or withdraw it first (policy.confirm).",
            )
            .with("changeId", waiting.id.to_string())
            .into());
        }
        preconditions.extend(before.basis());
        preconditions.push(Precondition::Absent(Key::PendingChange(org)));
        let pending = PendingChange {
            id: ChangeId::new(),
            org,
            proposed_by: actor.party(),
            proposed_at: self.now(),
            reason: reason.map(str::to_owned),
            what: checked.proposal.clone(),
            recovery_hours: four_eyes.recovery_hours,
        };
        let mut record = self.names.by_caller(
            ctx,
            actor,
            &before.org,
            operations::POLICY_PROPOSED,
            pending.id.to_string(),
        );
        record.parameters = spelled(&checked.proposal.settings);
        if let Some(policy) = &checked.policy {
            record.parameters.extend([
                named("PolicyHash", policy.hash()),
                written("Difference", told(&checked.outcome.difference)),
            ]);
        }
        record.parameters.extend([
            written("Reason", reason.unwrap_or_default()),
            written(WEAKENS, checked.outcome.weakens.join("\n")),
            named("RecoveryHours", four_eyes.recovery_hours.to_string()),
        ]);
        let answer = json!({"changeId": pending.id.to_string()});
        checked.outcome.waits = true;
        checked.outcome.proposed = Some(pending.id);
        let change = Change {
            preconditions,
            records: vec![record],
            outbox: vec![event(org, Event::PolicyProposed)],
            writes: vec![RowWrite::PutPendingChange(Box::new(pending))],
            ..Change::default()
        };
        Ok(Judged::New(Box::new(change), answer, checked.outcome))
    }
}

pub(super) fn event(org: OrgId, event: Event) -> OutboxDraft {
    OutboxDraft::new(org, event, None)
}

/// The canonical form of a document, which is what is kept.
fn canonical_text(document: &Value) -> Result<String> {
    let bytes = canonical_json(document)?;
    if bytes.len() > DOCUMENT_BYTES {
        return Err(Error::invalid_param(
            "/document",
            format!(
                "The document has {} bytes, more than the {DOCUMENT_BYTES} that are kept.",
                bytes.len()
            ),
            "a smaller document",
        ));
    }
    String::from_utf8(bytes).map_err(Error::internal)
}

/// A difference as one text, a line each.
fn told(lines: &[Line]) -> String {
    let texts: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
    texts.join("\n")
}

/// What the schema cannot say of the params.
fn check_put(put: &PutPolicy) -> Result<()> {
    text::check_free_text("/reason", put.reason.as_deref().unwrap_or_default())?;
    match put.settings.hours_to_answer {
        Some(hours) if !HOURS_TO_ANSWER.contains(&hours) => Err(Error::invalid_param(
            "/hoursToAnswer",
            format!("{hours} hours to answer are outside the bounds."),
            "1 to 168",
        )),
        _ => Ok(()),
    }
}

fn check_versions(put: &PutPolicy, before: &Before) -> Result<()> {
    let pairs = [
        ("settings", put.expected_version, before.settings.version),
        ("policy", put.expected_policy_version, before.version()),
    ];
    for (what, expected, present) in pairs {
        if let Some(expected) = expected
            && expected != present
        {
            let verb = if what == "policy" { "is" } else { "are" };
            return Err(Error::conflict(
                "versionMismatch",
                format!("The {what} {verb} at version {present}, not {expected}."),
                "Read them again and send the change with the present version.",
            )
            .with("version", present));
        }
    }
    Ok(())
}

/// Settings as a record has them.
fn spelled(change: &SettingsChange) -> Vec<Parameter> {
    let flag = |value: Option<bool>| value.map(|value| value.to_string());
    [
        ("CustomerLockboxEnabled", flag(change.approval_required)),
        (
            "HoursToAnswer",
            change.hours_to_answer.map(|hours| hours.to_string()),
        ),
        ("AutomaticApproval", flag(change.automatic_approval)),
        (
            "UnifiedAuditLogIngestionEnabled",
            flag(change.audit_search_enabled),
        ),
        (
            "EmergencyAccess",
            change
                .emergency_access
                .map(|value| value.as_str().to_owned()),
        ),
        ("Tags", change.tags.as_ref().map(|tags| tags.join(" "))),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some(named(name, value?)))
    // It holds addresses.
    .chain(
        change
            .notifications
            .as_ref()
            .map(|wanted| written("Notifications", json!(wanted).to_string())),
    )
    .collect()
}
