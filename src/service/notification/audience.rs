//! Who may have to be told of an event, and why each.

use crate::clock::Timestamp;
use crate::domain::notice::plan::Candidate;
use crate::domain::notice::{Audience, Event};
use crate::domain::organization::{OrgKind, Organization};
use crate::domain::people::{Assignment, Principal};
use crate::domain::policy::document::Delegate;
use crate::domain::policy::effective::Asked;
use crate::domain::request::{Party, Request, State, Vote};
use crate::domain::rights::{Action, who};
use crate::domain::scope::{Role, Scope};
use crate::domain::votes::{Approver, names, stands_in_for, waiting_stage};
use crate::error::Result;
use crate::ids::OrgId;
use crate::service::Services;
use crate::service::notification::batch::{Batch, is_reached};
use crate::service::policy::POLICY_UNUSABLE;
use crate::service::request::scope_of;
use crate::service::request::voices::{asked_now, party_of};
use crate::store::PrincipalRef;

/// Those who may have to be told, by the organization that they belong to.
pub(super) type ByOrg = Vec<(OrgId, Vec<Candidate>)>;

impl Services {
    /// Who may have to be told of an event of an organization.
    pub(super) async fn listeners(
        &self,
        event: Event,
        org: &Organization,
        request: Option<&Request>,
        batch: &mut Batch,
        now: Timestamp,
    ) -> Result<ByOrg> {
        let mut here = self.administrators_told(org, batch).await?;
        let Some(request) = request else {
            return Ok(vec![(org.id, here)]);
        };
        if org.kind == OrgKind::Tenant {
            let approvers = self.approvers_told(event, org, request, batch, now);
            here.extend(approvers.await?);
        }
        let mut there = Vec::new();
        let requester = self.provider_person(
            &request.requester,
            Audience::Requester,
            "The request is theirs.",
        );
        there.extend(requester.await?);
        match &request.reviewer {
            Some(reviewer) => {
                let reviewer = self.provider_person(
                    reviewer,
                    Audience::Reviewers,
                    "They reviewed the request.",
                );
                there.extend(reviewer.await?);
            }
            None => there.extend(self.managers(request, batch).await?),
        }
        if org.id == request.requester.org {
            here.extend(there);
            return Ok(vec![(org.id, here)]);
        }
        Ok(vec![(org.id, here), (request.requester.org, there)])
    }

    /// Everybody who administers an organization.
    async fn administrators_told(
        &self,
        org: &Organization,
        batch: &mut Batch,
    ) -> Result<Vec<Candidate>> {
        let role = match org.kind {
            OrgKind::Provider => Role::ProviderAdministrator,
            OrgKind::Tenant => Role::GlobalAdministrator,
        };
        let people = batch.people(self, org.id).await?;
        Ok(people
            .iter()
            .filter(|(_, held)| held.iter().any(|held| held.role == role))
            .filter_map(|(principal, _)| {
                let reason = format!("They are a {}.", role.as_str());
                candidate(principal, Audience::Administrators, reason)
            })
            .collect())
    }

    /// Those who may decide a request now, or might have.
    async fn approvers_told(
        &self,
        event: Event,
        tenant: &Organization,
        request: &Request,
        batch: &mut Batch,
        now: Timestamp,
    ) -> Result<Vec<Candidate>> {
        let mut in_force = None;
        if request.state_at(now) == State::Pending {
            in_force = match self.policy_now(request, now).await {
                // They are told by the terms; who decides is told what is wrong.
                Err(error) if error.code() == POLICY_UNUSABLE => None,
                other => other?,
            };
        }
        let asked = asked_now(request, in_force.as_ref());
        let votes = match &asked {
            Some(asked) if request.state_at(now) == State::Pending => {
                batch.standing(self, request, asked, now).await?
            }
            _ => request.votes.as_slice().into(),
        };
        let delegates = in_force.map_or_else(Vec::new, |in_force| in_force.delegates);
        let list = List {
            asked: asked.as_ref(),
            delegates: &delegates,
            request,
            votes: &votes,
            place: scope_of(request),
            now,
        };
        let audience = match event {
            // Whoever has spoken knows; the others are told that they need not any more.
            Event::RequestDecided | Event::ApprovalRecorded | Event::DenialRecorded => {
                Audience::OtherApprovers
            }
            _ => Audience::Approvers,
        };
        let spoken = |principal: &Principal| {
            // Those who had approved hear that somebody took it back.
            let before = match request.taken_back() {
                true => &[][..],
                false => &request.votes,
            };
            let decider = request.closer.as_ref().or(request.decider.as_ref());
            before
                .iter()
                .map(|vote| &vote.party)
                .chain(decider)
                .any(|party| party.id == principal.id)
        };
        let mut found = Vec::new();
        for (principal, held) in batch.people(self, tenant.id).await?.iter() {
            let told = audience == Audience::Approvers || !spoken(principal);
            if !told || list.stands_apart(principal) {
                continue;
            }
            if let Some(reason) = list.reason(principal, held) {
                found.extend(candidate(principal, audience, reason));
            }
        }
        Ok(found)
    }

    /// Managers who may review a request.
    async fn managers(&self, request: &Request, batch: &mut Batch) -> Result<Vec<Candidate>> {
        let place = scope_of(request);
        let people = batch.people(self, request.requester.org).await?;
        Ok(people
            .iter()
            .filter(|(principal, held)| {
                principal.person_key != request.requester.key
                    && held.iter().any(|held| {
                        held.role == Role::SupportManager && held.scope.contains(&place)
                    })
            })
            .filter_map(|(principal, _)| {
                let reason = "They may review it.".to_owned();
                candidate(principal, Audience::Reviewers, reason)
            })
            .collect())
    }

    /// One of the provider's people, by their present address.
    async fn provider_person(
        &self,
        party: &Party,
        audience: Audience,
        reason: &str,
    ) -> Result<Option<Candidate>> {
        let found = self
            .store
            .principal(party.org, PrincipalRef::Id(party.id))
            .await?;
        Ok(found
            .filter(is_reached)
            .and_then(|principal| candidate(&principal, audience, reason.to_owned())))
    }
}

/// How approvers of a request are looked for.
struct List<'a> {
    asked: Option<&'a Asked>,
    delegates: &'a [Delegate],
    request: &'a Request,
    /// Those that count.
    votes: &'a [Vote],
    place: Scope,
    now: Timestamp,
}

impl List<'_> {
    /// Who asked or reviewed does not decide, under whatever hat.
    fn stands_apart(&self, principal: &Principal) -> bool {
        let both = [
            Some(&self.request.requester),
            self.request.reviewer.as_ref(),
        ];
        both.into_iter()
            .flatten()
            .any(|party| party.key == principal.person_key)
    }

    /// Why somebody is asked; nothing where they are not.
    fn reason(&self, principal: &Principal, held: &[Assignment]) -> Option<String> {
        let roles: Vec<Role> = held
            .iter()
            .filter(|held| held.scope.contains(&self.place))
            .map(|held| held.role)
            .filter(|role| {
                let deciding = who(Action::DecideRequest);
                deciding.iter().any(|(other, _)| other == role)
            })
            .collect();
        let approver = Approver {
            party: party_of(principal),
            robot: false,
            roles,
        };
        // Whoever is named without a role cannot decide.
        let first = approver.roles.first()?;
        if let Some(reason) = self.named(&approver) {
            return Some(reason);
        }
        let mut absent = stands_in_for(self.delegates, &approver.party.name, self.now);
        if let Some(person) = absent.next() {
            return Some(format!("They stand in for {person}."));
        }
        if approver.roles.contains(&Role::GlobalAdministrator) {
            return Some("They are a GlobalAdministrator.".to_owned());
        }
        let staged = self.asked.is_some_and(|asked| !asked.stages.is_empty());
        (!staged).then(|| format!("They are a {}.", first.as_str()))
    }

    /// Why the policy asks somebody: a stage that has come, or an escalation that fell due.
    fn named(&self, approver: &Approver) -> Option<String> {
        let asked = self.asked?;
        let stage = waiting_stage(asked, self.votes);
        for (nr, one) in (1..=stage).zip(&asked.stages) {
            if names(&one.approvers, approver) {
                return Some(format!("The rule '{}' asks them in stage {nr}.", one.rule));
            }
        }
        let start = self.request.clock_start()?;
        let due = |after: i64| start.plus_seconds(after) <= self.now;
        let escalation = asked
            .escalate
            .iter()
            .find(|one| due(one.after_seconds) && names(&one.to, approver))?;
        Some(format!(
            "The rule '{}' asks them as nobody had answered.",
            escalation.rule
        ))
    }
}

pub(super) fn candidate(
    principal: &Principal,
    audience: Audience,
    reason: String,
) -> Option<Candidate> {
    Some(Candidate {
        audience,
        address: principal.address.clone()?,
        reason,
    })
}
