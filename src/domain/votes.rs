//! Several approvers: one voice each, in one stage after the other; so many denials end it.

use crate::clock::Timestamp;
use crate::domain::people::PersonKey;
use crate::domain::policy::document::{Approvers, Delegate};
use crate::domain::policy::effective::{Asked, AskedStage};
use crate::domain::refusal::Refusal;
use crate::domain::request::{Decision, Party, Vote};
use crate::domain::rights::{Action, who};
use crate::domain::scope::Role;

/// Somebody whom a list of approvers may name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approver {
    /// Who; a robot's key is its owner's.
    pub party: Party,
    /// Whether it is a robot.
    pub robot: bool,
    /// The roles that count for the request.
    pub roles: Vec<Role>,
}

/// What has been said of a request so far, and how it is asked.
#[derive(Clone, Copy, Debug)]
pub struct Ballot<'a> {
    /// How people are asked.
    pub asked: &'a Asked,
    /// What they have said.
    pub votes: &'a [Vote],
    /// When the customer's clock started.
    pub clock_start: Timestamp,
    /// The instant of the judgement.
    pub now: Timestamp,
}

/// One more voice.
#[derive(Clone, Copy, Debug)]
pub struct Voice<'a> {
    /// Approve or Deny.
    pub decision: Decision,
    /// Whose.
    pub giver: &'a Approver,
    /// Whom the giver stands in for at that instant.
    pub absent: &'a [Approver],
    /// What the giver wrote.
    pub comment: Option<&'a str>,
    /// The longest access that the giver approves, in seconds, where said.
    pub seconds: Option<i64>,
}

/// What a voice came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// All that count now; the new one is the last.
    pub votes: Vec<Vote>,
    /// The stage that it was given in, from 1.
    pub stage: u32,
    /// Approvals in that stage, or denials in all.
    pub given: u32,
    /// How many of them it takes.
    pub needed: u32,
    /// Whether the request is decided by it; it waits for more otherwise.
    pub decided: bool,
}

/// Counts one more voice.
///
/// # Errors
/// Where the giver is no approver of the stage, has spoken before, or gives no reason where one is
/// needed. An approval can be changed to a denial, and to nothing else.
pub fn count(ballot: Ballot<'_>, voice: Voice<'_>) -> Result<Counted, Refusal> {
    let (asked, key) = (ballot.asked, &voice.giver.party.key);
    let reasoned = voice.comment.is_some_and(|text| !text.trim().is_empty());
    let approves = voice.decision == Decision::Approve;
    if !reasoned && ((approves && asked.reason_to_approve) || (!approves && asked.reason_to_deny)) {
        return Err(Refusal::ReasonRequired(voice.decision));
    }
    let spoken = ballot
        .votes
        .iter()
        .find(|vote| takes(vote, key) && (approves || vote.decision == Decision::Deny));
    if let Some(vote) = spoken {
        return Err(Refusal::VotedAlready(Box::new(vote.clone())));
    }
    let stages = stages(asked);
    let mut votes: Vec<Vote> = ballot
        .votes
        .iter()
        .filter(|vote| !takes(vote, key))
        .cloned()
        .collect();
    let (stage, present) = current(&stages, &votes);
    let on_behalf_of = if approves {
        ballot.seat(present, stage, voice)?
    } else {
        None
    };
    votes.push(Vote {
        decision: voice.decision,
        party: voice.giver.party.clone(),
        at: ballot.now,
        stage,
        comment: voice.comment.map(str::to_owned),
        seconds: voice.seconds,
        on_behalf_of,
    });
    let (given, needed, decided) = if approves {
        let decided = stages
            .iter()
            .zip(1..)
            .all(|(one, stage)| approvals(&votes, stage) >= one.needed.max(1));
        (approvals(&votes, stage), present.needed.max(1), decided)
    } else {
        let (given, needed) = (denials(&votes), asked.deny_threshold.max(1));
        (given, needed, given >= needed)
    };
    Ok(Counted {
        votes,
        stage,
        given,
        needed,
        decided,
    })
}

impl Ballot<'_> {
    /// The votes that count now: every denial, and the approvals of those who could still give them
    /// in their stage as it is asked now. `able` are those who gave them, or for whom they were
    /// given, and who may decide now.
    #[must_use]
    pub fn standing(&self, able: &[Approver]) -> Vec<Vote> {
        let stages = stages(self.asked);
        let find = |party: &Party| able.iter().find(|one| one.party.id == party.id);
        let may = |vote: &Vote| {
            let seat = find(vote.on_behalf_of.as_ref().unwrap_or(&vote.party))?;
            let (_, stage) = (1..)
                .zip(&stages)
                .find(|(number, _)| *number == vote.stage)?;
            find(&vote.party).map(|_| self.lets(stage, seat))
        };
        let stands = |vote: &&Vote| vote.decision == Decision::Deny || may(vote).unwrap_or(false);
        self.votes.iter().filter(stands).cloned().collect()
    }

    /// In whose place the giver approves; nobody's where it may in its own right.
    fn seat(
        &self,
        stage: &AskedStage,
        number: u32,
        voice: Voice<'_>,
    ) -> Result<Option<Party>, Refusal> {
        let free =
            |absent: &&Approver| !self.votes.iter().any(|vote| takes(vote, &absent.party.key));
        if self.lets(stage, voice.giver) {
            return Ok(None);
        }
        let absent = voice.absent.iter().filter(free);
        match absent.into_iter().find(|absent| self.lets(stage, absent)) {
            Some(absent) => Ok(Some(absent.party.clone())),
            None => Err(Refusal::NotAnApprover {
                stage: number,
                stages: u32::try_from(self.asked.stages.len()).unwrap_or(u32::MAX),
                approvers: self.who(stage),
            }),
        }
    }

    /// Whether somebody may approve in a stage: one of its own, or one to whom the request was
    /// escalated.
    fn lets(&self, stage: &AskedStage, who: &Approver) -> bool {
        self.lists(stage).any(|list| names(list, who))
    }

    fn lists<'b>(&'b self, stage: &'b AskedStage) -> impl Iterator<Item = &'b Approvers> {
        let escalated = self
            .asked
            .escalate
            .iter()
            .filter(|one| self.now >= self.clock_start.plus_seconds(one.after_seconds))
            .map(|one| &one.to);
        std::iter::once(&stage.approvers).chain(escalated)
    }

    /// Who may approve in a stage, for people.
    fn who(&self, stage: &AskedStage) -> Vec<String> {
        let mut all = Vec::new();
        for list in self.lists(stage) {
            let roles = list.roles.iter().map(|role| role.as_str());
            for name in roles.chain(list.people.iter().map(String::as_str)) {
                if !all.iter().any(|known| known == name) {
                    all.push(name.to_owned());
                }
            }
        }
        all
    }
}

/// Whether a list names somebody. An entry with an `@` is a person's address, and any other a
/// robot's name: a robot that is called like somebody's address is not that person.
#[must_use]
pub fn names(list: &Approvers, who: &Approver) -> bool {
    list.roles.iter().any(|role| who.roles.contains(role))
        || list.people.iter().any(|entry| {
            entry.trim().eq_ignore_ascii_case(&who.party.name) && entry.contains('@') != who.robot
        })
}

/// Whom somebody stands in for at an instant, by address.
pub fn stands_in_for<'a>(
    delegates: &'a [Delegate],
    label: &'a str,
    now: Timestamp,
) -> impl Iterator<Item = &'a str> {
    let within = move |delegate: &Delegate| {
        Timestamp::parse(&delegate.from)
            .zip(Timestamp::parse(&delegate.until))
            .is_some_and(|(from, until)| from <= now && now < until)
    };
    delegates
        .iter()
        .filter(move |one| one.to.trim().eq_ignore_ascii_case(label) && within(one))
        .map(|one| one.person.trim())
}

/// How many approvals there are, and how many it takes in all.
#[must_use]
pub fn approvals_of(asked: &Asked, votes: &[Vote]) -> (u32, u32) {
    let given = votes
        .iter()
        .filter(|vote| vote.decision == Decision::Approve);
    let needed = stages(asked).iter().map(|stage| stage.needed.max(1)).sum();
    (saturated(given.count()), needed)
}

/// The stage that waits, from 1, or the last one where none does.
#[must_use]
pub fn waiting_stage(asked: &Asked, votes: &[Vote]) -> u32 {
    current(&stages(asked), votes).0
}

/// Whether a vote uses up somebody's voice: their own, or one that was given in their place.
fn takes(vote: &Vote, key: &PersonKey) -> bool {
    vote.party.key == *key
        || vote
            .on_behalf_of
            .as_ref()
            .is_some_and(|absent| absent.key == *key)
}

/// The stages; where the terms name none, one approval by anybody who may decide.
fn stages(asked: &Asked) -> Vec<AskedStage> {
    if asked.stages.is_empty() {
        vec![anybody()]
    } else {
        asked.stages.clone()
    }
}

/// One approval by anybody who holds an approver's role.
#[must_use]
pub fn anybody() -> AskedStage {
    AskedStage {
        rule: String::new(),
        approvers: Approvers {
            roles: who(Action::DecideRequest)
                .iter()
                .map(|(role, _)| *role)
                .collect(),
            ..Approvers::default()
        },
        needed: 1,
    }
}

/// Where there is no stage at all, nobody may approve.
static NOBODY: AskedStage = AskedStage {
    rule: String::new(),
    approvers: Approvers {
        roles: Vec::new(),
        people: Vec::new(),
        groups: Vec::new(),
    },
    needed: 1,
};

fn current<'a>(stages: &'a [AskedStage], votes: &[Vote]) -> (u32, &'a AskedStage) {
    let numbered = || (1..).zip(stages);
    numbered()
        .find(|(stage, one)| approvals(votes, *stage) < one.needed.max(1))
        .or_else(|| numbered().last())
        .unwrap_or((1, &NOBODY))
}

fn approvals(votes: &[Vote], stage: u32) -> u32 {
    let given = |vote: &&Vote| vote.decision == Decision::Approve && vote.stage == stage;
    saturated(votes.iter().filter(given).count())
}

fn denials(votes: &[Vote]) -> u32 {
    let given = votes.iter().filter(|vote| vote.decision == Decision::Deny);
    saturated(given.count())
}

fn saturated(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
#[path = "votes_tests.rs"]
mod tests;
