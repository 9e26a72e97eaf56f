//! `policy.explain`: why a request went as it did, and who may decide it now.

use crate::auth::Context;
use crate::domain::lifecycle::{Circumstances, Command, Giver, judge};
use crate::domain::organization::Settings;
use crate::domain::people::{Assignment, Principal};
use crate::domain::policy::arrival::{Arrival, POLICY_ISSUER};
use crate::domain::policy::effective::Judgement;
use crate::domain::request::{Decision, State};
use crate::domain::rights::{Action, reach, who};
use crate::domain::scope::Scope;
use crate::domain::votes::Approver;
use crate::error::{Error, Kind, Result};
use crate::service::Services;
use crate::service::records::shown_name;
use crate::service::request::arrive::never_open;
use crate::service::request::voices::{InForce, denied, party_of};
use crate::service::request::{Decide, Named, Shown, scope_of};
use std::sync::Arc;

/// How many versions of a policy are read at a time.
const BATCH: usize = 20;

/// Why a request went as it did, and who may decide it now.
#[derive(Debug)]
pub struct Explained {
    /// The request.
    pub shown: Shown,
    /// What became of it on arrival; nothing for emergency access, which nobody judges.
    pub arrival: Option<Arrival>,
    /// The version of the policy that it arrived under, and what that made of it.
    pub judgement: Option<(i64, Judgement)>,
    /// All of it in words.
    pub sentence: String,
    /// Everybody who holds an approver's role anywhere in the tenant.
    pub people: Vec<MayDecide>,
}

/// Whether somebody may decide now.
#[derive(Debug)]
pub struct MayDecide {
    /// Address of a person, name of a robot.
    pub name: String,
    /// Whether it is a robot.
    pub robot: bool,
    /// In whose place an approval would be given.
    pub stands_in_for: Option<String>,
    /// Why it may not approve; nothing where it may.
    pub approve: Option<Error>,
    /// Why it may not deny; nothing where it may.
    pub deny: Option<Error>,
}

/// What everybody's voice is tried against.
struct Trial {
    shown: Shown,
    settings: Settings,
    in_force: Option<InForce>,
}

impl Services {
    /// Explains a request to those who may read the tenant's policy.
    ///
    /// # Errors
    /// Where the caller may not read the policy, or may not see the request.
    pub async fn explain_policy(&self, ctx: &Context, named: &Named) -> Result<Explained> {
        let org = self.policy_tenant(ctx, named.tenant.as_deref()).await?;
        let shown = self.read_request(ctx, named).await?;
        let settings = self.settings_of(org.id).await?;
        let arrival = (shown.request.emergency.is_none()).then(|| match shown.request.arrived() {
            true => Ok(Arrival::happened(&shown.request)),
            false => Err(named.not_found()),
        });
        let arrival = arrival.transpose()?;
        let judgement = match arrival {
            Some(arrival) => self.on_arrival(&shown, &settings, arrival).await?,
            None => None,
        };
        let mut in_force = None;
        if shown.request.state_at(shown.now) == State::Pending {
            in_force = self.policy_now(&shown.request, shown.now).await?;
        }
        let trial = Trial {
            shown,
            settings,
            in_force,
        };
        let mut people = Vec::new();
        for (principal, held) in self.members(org.id).await? {
            let roles = who(Action::DecideRequest);
            if held
                .iter()
                .any(|held| roles.iter().any(|(role, _)| *role == held.role))
            {
                people.push(self.may_decide(&trial, &principal, &held).await?);
            }
        }
        people.sort_by(|one, other| one.name.cmp(&other.name));
        let shown = trial.shown;
        let sentence = self.sentence(&shown, arrival, judgement.as_ref()).await?;
        Ok(Explained {
            shown,
            arrival,
            judgement,
            sentence,
            people,
        })
    }

    /// The judgement of its arrival, repeated under the version of the policy of that time.
    async fn on_arrival(
        &self,
        shown: &Shown,
        settings: &Settings,
        arrival: Arrival,
    ) -> Result<Option<(i64, Judgement)>> {
        let request = &shown.request;
        let (Some(terms), Some(arrived_at)) = (&request.terms, request.sent_at) else {
            return Ok(None);
        };
        let Some(policy) = &terms.policy else {
            return Ok(None);
        };
        let ready = Arc::new(self.policy_at(request.ask.tenant, policy.version).await?);
        // What the terms do not hold of the settings follows from what became of it.
        let then = Settings {
            hours_to_answer: terms.hours_to_answer,
            automatic_approval: match arrival {
                Arrival::Approved => true,
                Arrival::Asked => false,
                Arrival::Denied | Arrival::Granted => settings.automatic_approval,
            },
            ..settings.clone()
        };
        let mut judgement = self.judged(&ready, request, &then, arrived_at).await?;
        let applied = judgement.applied.iter().map(|applied| &applied.rule);
        if !applied.eq(&policy.rules) {
            judgement.sentence = format!(
                "On its arrival these rules applied: {}. The tenant's tags have changed since.",
                policy.rules.join(", ")
            );
        }
        Ok(Some((policy.version, judgement)))
    }

    /// Why it is as it is, in words.
    async fn sentence(
        &self,
        shown: &Shown,
        arrival: Option<Arrival>,
        judgement: Option<&(i64, Judgement)>,
    ) -> Result<String> {
        let request = &shown.request;
        let name = |party| shown_name(&shown.tenant, party);
        let mut text = match (arrival, judgement) {
            (None, _) => "It is emergency access, which nobody is asked for.".to_owned(),
            (Some(Arrival::Granted), Some((_, judgement))) => format!(
                "No approval was required on its arrival. {}",
                judgement.sentence
            ),
            (Some(Arrival::Granted), None) => "No approval was required on its arrival.".to_owned(),
            (Some(_), Some((version, judgement))) => {
                format!("Version {version} of the policy: {}", judgement.sentence)
            }
            (Some(_), None) => {
                "There was no policy on its arrival; people are asked as the settings say."
                    .to_owned()
            }
        };
        let state = request.state_at(shown.now);
        let by_policy = request
            .decider
            .as_ref()
            .filter(|party| party.key.issuer == POLICY_ISSUER);
        let more = match (&request.decider, request.decision, request.decided_at) {
            _ if state == State::Pending && request.asking().is_some() => {
                let hooks = request.policy().map(|policy| policy.asked.hooks.join(", "));
                hooks.map(|hooks| format!("Its decision hooks are being asked: {hooks}."))
            }
            _ if state == State::Pending => shown.approvals().map(|(given, needed)| {
                format!("It waits: {given} of {needed} approvals are given.")
            }),
            _ if state == State::Expired => Some("Nobody decided it in time.".to_owned()),
            (Some(_), Some(Decision::Deny), Some(_))
                if by_policy.is_some() && arrival == Some(Arrival::Asked) =>
            {
                Some(self.denied_later(shown).await?)
            }
            (Some(party), Some(decision), Some(at)) if by_policy.is_none() => {
                Some(format!("{} decided {decision} at {at}.", name(party)))
            }
            _ => None,
        };
        let closed = request.closer.as_ref().zip(request.closed_at);
        let closed =
            closed.map(|(party, at)| format!("It is {state} since {at}, by {}.", name(party)));
        for one in more.into_iter().chain(closed) {
            text.push(' ');
            text.push_str(&one);
        }
        Ok(text)
    }

    /// The version of the policy that denied a request while it waited: the newest one then.
    async fn denied_later(&self, shown: &Shown) -> Result<String> {
        let request = &shown.request;
        let mut before = None;
        loop {
            let page = self
                .store
                .policies(request.ask.tenant, before, BATCH)
                .await?;
            let found = page
                .rows
                .iter()
                .find(|row| Some(row.put_at) <= request.decided_at);
            let comment = request.comment.clone().unwrap_or_default();
            if let Some(row) = found {
                let version = row.version;
                return Ok(format!(
                    "Version {version} of the policy, which came while it waited, denies it: {comment}"
                ));
            }
            before = page.rows.last().map(|row| row.version);
            if !page.more {
                return Ok(format!("A later policy denies it: {comment}"));
            }
        }
    }

    /// Tries somebody's voice, as a decision would be judged; a token may be limited further.
    async fn may_decide(
        &self,
        trial: &Trial,
        principal: &Principal,
        held: &[Assignment],
    ) -> Result<MayDecide> {
        let (mut may, mut stands_in_for) = ([None, None], None);
        let decisions = [Decision::Approve, Decision::Deny];
        for (slot, decision) in may.iter_mut().zip(decisions) {
            match self.tried(trial, principal, held, decision).await? {
                Ok(place) => stands_in_for = stands_in_for.or(place),
                Err(error) => *slot = Some(error),
            }
        }
        let [approve, deny] = may;
        Ok(MayDecide {
            name: principal.label().to_owned(),
            robot: principal.is_robot(),
            stands_in_for,
            approve,
            deny,
        })
    }

    /// One decision of somebody: in whose place it would be given, or why not.
    async fn tried(
        &self,
        trial: &Trial,
        principal: &Principal,
        held: &[Assignment],
        decision: Decision,
    ) -> Result<Result<Option<String>, Error>> {
        let Trial {
            shown,
            settings,
            in_force,
        } = trial;
        if !principal.enabled || principal.stopped {
            return Ok(Err(Error::new(
                Kind::Unauthenticated,
                "unauthenticated",
                "It is disabled, so it cannot call.",
                "A global administrator enables it again.",
            )));
        }
        let place = scope_of(&shown.request);
        let roles: Vec<_> = held
            .iter()
            .map(|held| (held.role, held.scope.clone()))
            .collect();
        if reach(Action::DecideRequest, &place, &roles).is_none() {
            return Ok(Err(Error::forbidden(
                format!(
                    "Its approver's role does not count for {}.",
                    place_name(&place)
                ),
                "A global administrator assigns the role where it is needed.",
            )));
        }
        let told = |refusal: crate::domain::refusal::Refusal| {
            refusal.told(|party| shown_name(&shown.tenant, party))
        };
        let judged = judge(
            &shown.request,
            Command::Decide(decision),
            Giver {
                key: &principal.person_key,
                robot: principal.is_robot(),
            },
            Circumstances {
                tenant: shown.tenant.state,
                automatic_approval: settings.automatic_approval,
                approval_required: settings.approval_required,
                now: shown.now,
            },
        );
        if let Err(refusal) = judged {
            return Ok(Err(told(refusal)));
        }
        let approves = decision == Decision::Approve;
        let never = |in_force: &InForce| approves && in_force.never_open;
        if in_force.as_ref().is_some_and(never) {
            return Ok(Err(never_open()));
        }
        let denied = in_force.as_ref().filter(|_| approves).and_then(denied);
        if let Some(refusal) = denied {
            return Ok(Err(told(refusal)));
        }
        let giver = Approver {
            party: party_of(principal),
            robot: principal.is_robot(),
            roles: roles
                .into_iter()
                .filter(|(_, scope)| scope.contains(&place))
                .map(|(role, _)| role)
                .collect(),
        };
        // Whether there is a reason is no matter of who decides.
        let decide = Decide {
            decision,
            comment: Some("a reason".to_owned()),
            duration_seconds: None,
            service: None,
            terms_digest: None,
            hooks: Vec::new(),
        };
        let counted = match self
            .voice(&giver, shown, &decide, in_force.as_ref(), &mut Vec::new())
            .await?
        {
            Ok(counted) => counted,
            Err(refusal) => return Ok(Err(told(refusal))),
        };
        let vote = counted.as_ref().and_then(|counted| counted.votes.last());
        let absent = vote.and_then(|vote| vote.on_behalf_of.as_ref());
        Ok(Ok(absent.map(|absent| absent.name.clone())))
    }
}

fn place_name(place: &Scope) -> &str {
    match place {
        Scope::Service(_, service) => service,
        _ => "this request",
    }
}
