//! A reviewed request reaches the customer: its terms are fixed, and the customer's policy judges it.

use crate::audit::draft::{Draft, Parameter};
use crate::audit::operations;
use crate::clock::{Timestamp, When};
use crate::domain::organization::{Organization, Settings};
use crate::domain::policy::arrival::Arrival;
use crate::domain::policy::calendar::{Calendar, all_open, window};
use crate::domain::policy::effective::{Judgement, Verdict};
use crate::domain::reminders::first_wake;
use crate::domain::request::{Decision, PolicyTerms, Request, Stamp, State, Terms};
use crate::error::{Error, Result};
use crate::service::Services;
use crate::service::policy::{Ready, policy_party};
use crate::service::records::{link, named, written};
use crate::service::request::access::Access;
use crate::store::{OutboxDraft, Precondition, RowRef};
use std::sync::Arc;

/// What became of a request when it reached the customer.
pub(super) struct Arrived {
    pub arrival: Arrival,
    /// Start and end of the access, where one was granted.
    pub moments: Vec<(String, When)>,
    /// The events of the access, where one was granted.
    pub events: Vec<OutboxDraft>,
    /// What this rests on.
    pub basis: Vec<Precondition>,
    /// The policy's judgement, where there is a policy.
    pub judgement: Option<Judgement>,
}

impl Services {
    /// Fixes the terms of a request on its arrival, and does what the customer's settings and
    /// policy say.
    pub(super) async fn arrive(
        &self,
        row: &mut Request,
        stamps: &mut Vec<(Stamp, When)>,
        settings: &Settings,
        now: Timestamp,
    ) -> Result<Arrived> {
        let tenant = row.ask.tenant;
        let ready = self.policy_of(tenant).await?;
        let version = ready.as_ref().map_or(0, |ready| ready.row.version);
        let mut basis = vec![Precondition::At(RowRef::Policy(tenant), version)];
        let mut judgement = None;
        if let Some(ready) = &ready {
            judgement = Some(self.judged(ready, row, settings, now).await?);
            // An opening or a closing before the commit: it is judged again.
            basis.extend(ready.policy.next_change(now).map(Precondition::Before));
        }
        let arrival = Arrival::of(judgement.as_ref(), settings.approval_required);
        let policy = match (&ready, &judgement) {
            (Some(ready), Some(judgement)) => Some(terms(ready, judgement, arrival, now)?),
            _ => None,
        };
        let profile = self.longest_access(row)?;
        let longest = policy
            .as_ref()
            .map_or(profile, |policy| profile.min(policy.asked.longest_seconds));
        let (mut moments, mut events) = (Vec::new(), Vec::new());
        stamps.push((Stamp::Sent, When::COMMIT));
        match arrival {
            Arrival::Asked => {
                row.state = State::Pending;
                let start = policy
                    .as_ref()
                    .and_then(|policy| policy.held_until)
                    .map_or(When::COMMIT, When::At);
                let settings = i64::from(settings.hours_to_answer) * 3_600;
                let asked = policy.as_ref().map(|policy| &policy.asked);
                let answer = asked.map_or(settings, |asked| asked.answer_seconds);
                stamps.push((Stamp::Deadline, start.plus_seconds(answer)));
                let wake = asked.and_then(first_wake);
                stamps.extend(wake.map(|after| (Stamp::Wake, start.plus_seconds(after))));
            }
            Arrival::Denied => {
                if let Some(judgement) = &judgement {
                    deny(row, stamps, judgement);
                }
            }
            Arrival::Approved | Arrival::Granted => {
                row.state = State::Approved;
                if arrival == Arrival::Approved {
                    row.decision = Some(Decision::Approve);
                    row.decider = Some(policy_party(tenant));
                    stamps.push((Stamp::Decided, When::COMMIT));
                }
                let seconds = row.ask.duration_seconds.min(longest);
                let bounds = match (&ready, &policy) {
                    (Some(ready), Some(policy)) => ready.calendars(&policy.asked.access_within)?,
                    _ => Vec::new(),
                };
                let bound = (!bounds.is_empty())
                    .then(|| window(now, seconds, &bounds).ok_or_else(never_open))
                    .transpose()?;
                let access = Access::within(bound, seconds, now);
                access.grant(row, stamps);
                moments = access.moments();
                events = access.events(row);
                basis.extend(access.basis);
            }
        }
        row.terms = Some(Terms {
            approval_required: settings.approval_required,
            hours_to_answer: settings.hours_to_answer,
            maximum_access_seconds: longest,
            settings_version: settings.version,
            policy,
        });
        Ok(Arrived {
            arrival,
            moments,
            events,
            basis,
            judgement,
        })
    }

    /// The record of a decision that the policy made.
    pub(in crate::service) fn policy_decision(
        &self,
        tenant: &Organization,
        row: &Request,
        judgement: &Judgement,
        terms: &PolicyTerms,
    ) -> Draft {
        let object = row.identity.to_string();
        let draft = self
            .names
            .by_policy(tenant, operations::DECISION, object.clone());
        let mut record = self.names.as_decision(draft);
        record.request = Some(link(row));
        record.parameters = vec![
            written("Comment", row.comment.clone().unwrap_or_default()),
            named(
                "ApprovalDecision",
                row.decision.map_or("", Decision::as_str),
            ),
            named("RequestId", object),
        ];
        let rule = judgement.verdict.rule().unwrap_or_default();
        let reason = written("PolicyReason", judgement.sentence.clone());
        record
            .parameters
            .extend(policy_parameters(terms, rule, Some(reason)));
        record
    }
}

/// What a record of a decision says of the policy that made or limited it.
pub(in crate::service) fn policy_parameters(
    terms: &PolicyTerms,
    rule: &str,
    reason: Option<Parameter>,
) -> Vec<Parameter> {
    let mut parameters = vec![
        named("PolicyVersion", terms.version.to_string()),
        named("PolicyHash", terms.hash.clone()),
        named("PolicyRule", rule),
    ];
    parameters.extend(reason);
    let tzdb = terms.tzdb.as_ref();
    parameters.extend(tzdb.map(|tzdb| named("TimeZoneDatabase", tzdb.clone())));
    parameters
}

/// Denies a request by policy.
pub(in crate::service) fn deny(
    row: &mut Request,
    stamps: &mut Vec<(Stamp, When)>,
    judgement: &Judgement,
) {
    row.state = State::Denied;
    row.decision = Some(Decision::Deny);
    row.decider = Some(policy_party(row.ask.tenant));
    if let Verdict::Deny { reason, .. } = &judgement.verdict {
        row.comment = Some(reason.clone());
    }
    stamps.extend([
        (Stamp::Decided, When::COMMIT),
        (Stamp::Closed, When::COMMIT),
    ]);
}

/// What the policy adds to the terms of a request.
fn terms(
    ready: &Arc<Ready>,
    judgement: &Judgement,
    arrival: Arrival,
    now: Timestamp,
) -> Result<PolicyTerms> {
    let asked = &judgement.asked;
    let hold = ready.calendars(&asked.hold_until_open)?;
    let held_until = match arrival {
        Arrival::Asked => all_open(now, &hold).filter(|opens| now < *opens),
        _ => None,
    };
    let consulted = judgement.by_calendar || !hold.is_empty() || !asked.access_within.is_empty();
    Ok(PolicyTerms {
        version: ready.row.version,
        hash: ready.row.hash.clone(),
        rules: judgement
            .applied
            .iter()
            .map(|applied| applied.rule.clone())
            .collect(),
        asked: asked.clone(),
        held_until,
        tzdb: if consulted { ready.policy.tzdb() } else { None },
    })
}

pub(in crate::service) fn never_open() -> Error {
    Error::refused(
        "neverOpen",
        "The calendars that bound this access are not all open for more than a year.",
        "The customer's administrators check the calendars of their policy.",
    )
}

impl Ready {
    /// Calendars by their names.
    ///
    /// # Errors
    /// Where one is missing: a fault of ours, as documents are checked.
    pub(in crate::service) fn calendars(&self, names: &[String]) -> Result<Vec<&Calendar>> {
        names
            .iter()
            .map(|name| {
                self.policy
                    .calendar(name)
                    .ok_or_else(|| Error::internal(format!("calendar {name} is missing")))
            })
            .collect()
    }
}
