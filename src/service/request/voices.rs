//! What an approver's voice comes to where the terms ask for several, or for certain ones.

use crate::auth::{Actor, Context};
use crate::clock::Timestamp;
use crate::domain::people::Principal;
use crate::domain::policy::calendar::window;
use crate::domain::policy::document::Delegate;
use crate::domain::policy::effective::{Asked, Verdict, Window};
use crate::domain::policy::stricter::combine;
use crate::domain::refusal::Refusal;
use crate::domain::request::{Decision, Party, Request, Vote};
use crate::domain::rights::{self, Action};
use crate::domain::scope::{Role, Scope};
use crate::domain::votes::{Approver, Ballot, Counted, Voice, count, stands_in_for};
use crate::error::Result;
use crate::service::Services;
use crate::service::commit::Denial;
use crate::service::policy::Ready;
use crate::service::request::load::scope_of;
use crate::service::request::{Decide, Shown};
use crate::store::{Precondition, PrincipalRef, RowRef};
use std::sync::Arc;

/// What the policy in force says of a request at an instant.
#[derive(Clone, Debug)]
pub(in crate::service) struct InForce {
    /// How people are asked: the stricter of the request's terms ([`Terms::asked`]) and of the
    /// policy in force.
    ///
    /// [`Terms::asked`]: crate::domain::request::Terms::asked
    pub asked: Asked,
    /// The rule that denies it, with its reason.
    pub denied_by: Option<(String, String)>,
    /// Who stands in for whom.
    pub delegates: Vec<Delegate>,
    /// When access would be possible, for as long as the calendars of the terms and of the policy
    /// in force let it; nothing where no calendar bounds it, or they are not all open for more than
    /// a year.
    pub window: Option<Window>,
    /// Whether a calendar bounds it, and none of its openings is near.
    pub never_open: bool,
}

/// A voice that was counted, and what that rests on.
pub(super) struct Heard {
    pub counted: Counted,
    pub basis: Vec<Precondition>,
}

impl Services {
    /// What the tenant's policy in force says of a request that waits; nothing where there is no
    /// policy. The one place where it is read for a request.
    pub(in crate::service) async fn policy_now(
        &self,
        request: &Request,
        now: Timestamp,
    ) -> Result<Option<InForce>> {
        let Some(ready) = self.policy_of(request.ask.tenant).await? else {
            return Ok(None);
        };
        let settings = self.settings_of(request.ask.tenant).await?;
        let arrived_at = request.sent_at.unwrap_or(now);
        let judgement = self.judged(&ready, request, &settings, arrived_at).await?;
        let denied_by = match judgement.verdict {
            Verdict::Deny { rule, reason } => Some((rule, reason)),
            Verdict::Approve { .. } | Verdict::Ask => None,
        };
        let Some(terms) = &request.terms else {
            return Ok(None);
        };
        let asked = combine(&terms.asked(), &judgement.asked);
        let (mut window, mut never_open) = (None, false);
        if !asked.access_within.is_empty() {
            let seconds = request.ask.duration_seconds.min(asked.longest_seconds);
            window = self
                .bounded(request, &ready, &asked.access_within, seconds, now)
                .await?;
            never_open = window.is_none();
        }
        Ok(Some(InForce {
            asked,
            denied_by,
            delegates: ready.policy.document().delegates.clone(),
            window,
            never_open,
        }))
    }

    /// When access would be possible, by calendars of the policy in force, and by those of the terms
    /// also as they were in the version that the request arrived under: one that has been made
    /// weaker, or is gone, goes on to bound it.
    async fn bounded(
        &self,
        request: &Request,
        ready: &Arc<Ready>,
        names: &[String],
        seconds: i64,
        now: Timestamp,
    ) -> Result<Option<Window>> {
        let terms = request.policy().filter(|terms| {
            terms.version != ready.row.version && !terms.asked.access_within.is_empty()
        });
        let earlier = match terms {
            Some(terms) => Some(self.policy_at(request.ask.tenant, terms.version).await?),
            None => None,
        };
        let here = names.iter().filter_map(|name| ready.policy.calendar(name));
        let bound = terms
            .into_iter()
            .flat_map(|terms| &terms.asked.access_within);
        let then = bound.filter_map(|name| earlier.as_ref()?.policy.calendar(name));
        let calendars: Vec<_> = here.chain(then).collect();
        Ok(window(now, seconds, &calendars))
    }

    /// Counts the caller's voice; nothing where the first voice decides.
    pub(super) async fn hear(
        &self,
        ctx: &Context,
        shown: &Shown,
        decide: &Decide,
        in_force: Option<&InForce>,
    ) -> Result<Option<Heard>, Denial> {
        if asked_now(&shown.request, in_force).is_none() {
            return Ok(None);
        }
        let actor = ctx.actor()?;
        let mut basis = Vec::new();
        let giver = Approver {
            party: actor.party(),
            robot: actor.principal.is_robot(),
            roles: held_at(actor, &scope_of(&shown.request), &mut basis),
        };
        let counted = self
            .voice(&giver, shown, decide, in_force, &mut basis)
            .await?
            .map_err(|refusal| Denial::rule(refusal, &actor.org).about(&shown.request))?;
        Ok(counted.map(|counted| Heard { counted, basis }))
    }

    /// What somebody's voice comes to; nothing where the first voice decides.
    pub(in crate::service) async fn voice(
        &self,
        giver: &Approver,
        shown: &Shown,
        decide: &Decide,
        in_force: Option<&InForce>,
        basis: &mut Vec<Precondition>,
    ) -> Result<Result<Option<Counted>, Refusal>> {
        let request = &shown.request;
        let Some(asked) = asked_now(request, in_force) else {
            return Ok(Ok(None));
        };
        let delegates = in_force.map_or(&[][..], |in_force| &in_force.delegates);
        let absent = self.absent(giver, delegates, shown, basis).await?;
        let votes = self.standing(request, &asked, shown.now, basis).await?;
        let ballot = Ballot {
            votes: &votes,
            ..ballot(request, &asked, shown.now)
        };
        let voice = Voice {
            decision: decide.decision,
            giver,
            absent: &absent,
            comment: decide.comment.as_deref(),
            seconds: decide.duration_seconds,
        };
        Ok(count(ballot, voice).map(Some))
    }

    /// The votes that count now. An approval of somebody who may no longer give it does not.
    pub(in crate::service) async fn standing(
        &self,
        request: &Request,
        asked: &Asked,
        now: Timestamp,
        basis: &mut Vec<Precondition>,
    ) -> Result<Vec<Vote>> {
        let place = scope_of(request);
        let approvals = request
            .votes
            .iter()
            .filter(|vote| vote.decision == Decision::Approve);
        let mut able = Vec::new();
        for party in approvals.flat_map(|vote| [Some(&vote.party), vote.on_behalf_of.as_ref()]) {
            let Some(party) = party else { continue };
            let id = PrincipalRef::Id(party.id);
            if let Some(giver) = self.store.principal(request.ask.tenant, id).await? {
                able.extend(self.able(&giver, &place, basis).await?);
            }
        }
        Ok(ballot(request, asked, now).standing(&able))
    }

    /// Somebody who may decide at a place now; the judgement rests on that.
    async fn able(
        &self,
        who: &Principal,
        place: &Scope,
        basis: &mut Vec<Precondition>,
    ) -> Result<Option<Approver>> {
        if !who.enabled || who.stopped {
            return Ok(None);
        }
        let mut held = self.store.assignments(who.org, Some(who.id)).await?;
        held.retain(|held| held.scope.contains(place));
        let deciding = rights::who(Action::DecideRequest);
        if !held
            .iter()
            .any(|held| deciding.iter().any(|(role, _)| *role == held.role))
        {
            return Ok(None);
        }
        basis.push(Precondition::At(RowRef::Principal(who.id), who.version));
        basis.extend(held.iter().map(|held| {
            let row = RowRef::Assignment(held.principal, held.role, held.scope.clone());
            Precondition::At(row, 1)
        }));
        Ok(Some(Approver {
            party: party_of(who),
            robot: who.is_robot(),
            roles: held.into_iter().map(|held| held.role).collect(),
        }))
    }

    /// Those whom the caller stands in for now, as far as they could decide themselves.
    async fn absent(
        &self,
        giver: &Approver,
        delegates: &[Delegate],
        shown: &Shown,
        basis: &mut Vec<Precondition>,
    ) -> Result<Vec<Approver>> {
        let place = scope_of(&shown.request);
        let mut absent = Vec::new();
        let provider = [
            Some(&shown.request.requester),
            shown.request.reviewer.as_ref(),
        ];
        for address in stands_in_for(delegates, &giver.party.name, shown.now) {
            let label = PrincipalRef::Label(address.to_owned());
            let Some(person) = self.store.principal(shown.tenant.id, label).await? else {
                continue;
            };
            // Neither somebody who has left, nor who asked or reviewed under another hat.
            let both = |party: &Party| party.key == person.person_key;
            if person.is_robot() || provider.into_iter().flatten().any(both) {
                continue;
            }
            absent.extend(self.able(&person, &place, basis).await?);
        }
        Ok(absent)
    }
}

/// What has been said of a request, and how it is asked.
fn ballot<'a>(request: &'a Request, asked: &'a Asked, now: Timestamp) -> Ballot<'a> {
    Ballot {
        asked,
        votes: &request.votes,
        clock_start: request.clock_start().unwrap_or(request.created_at),
        now,
    }
}

pub(in crate::service) fn party_of(person: &Principal) -> Party {
    Party {
        id: person.id,
        org: person.org,
        key: person.person_key.clone(),
        name: person.label().to_owned(),
    }
}

/// The caller's roles that count for a place; the judgement rests on all of them.
fn held_at(actor: &Actor, place: &Scope, basis: &mut Vec<Precondition>) -> Vec<Role> {
    let mut roles = Vec::new();
    for (role, _, held) in actor
        .held
        .iter()
        .filter(|(_, scope, _)| scope.contains(place))
    {
        let row = RowRef::Assignment(held.principal, held.role, held.scope.clone());
        basis.push(Precondition::At(row, 1));
        roles.push(*role);
    }
    roles
}

/// How people are asked for a decision now; nothing where neither the terms nor the policy in force
/// say anything.
pub(in crate::service) fn asked_now(
    request: &Request,
    in_force: Option<&InForce>,
) -> Option<Asked> {
    let now = in_force.map(|in_force| in_force.asked.clone());
    now.or_else(|| request.policy().map(|policy| policy.asked.clone()))
}

/// The least of what those who approved have approved, in seconds.
pub(super) fn shortest_approved(request: &Request) -> Option<i64> {
    let approvals = request
        .votes
        .iter()
        .filter(|vote| vote.decision == Decision::Approve);
    approvals.filter_map(|vote| vote.seconds).min()
}

/// Why a policy in force keeps a request from being approved.
pub(in crate::service) fn denied(in_force: &InForce) -> Option<Refusal> {
    in_force
        .denied_by
        .clone()
        .map(|(rule, reason)| Refusal::DeniedByPolicy { rule, reason })
}
