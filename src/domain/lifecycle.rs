//! The lifecycle of a request: one table says which command leads from which state to which.

use crate::clock::Timestamp;
use crate::domain::organization::OrgState;
use crate::domain::people::PersonKey;
use crate::domain::refusal::{Refusal, Standing};
use crate::domain::request::{Decision, Request, Review, State};
use crate::domain::rights::Action;

/// What somebody wants to do with a request that exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Command {
    /// The provider's manager reviews.
    Review(Review),
    /// The customer decides.
    Decide(Decision),
    /// The provider's side takes it back before access starts.
    Withdraw,
    /// The engineer has finished early.
    Complete,
    /// The provider stops the access.
    Revoke,
}

impl Command {
    /// Every command.
    pub const ALL: [Self; 8] = [
        Self::Review(Review::Approve),
        Self::Review(Review::Reject),
        Self::Decide(Decision::Approve),
        Self::Decide(Decision::Deny),
        Self::Decide(Decision::Cancel),
        Self::Withdraw,
        Self::Complete,
        Self::Revoke,
    ];
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// The right that it takes.
    pub action: Action,
    /// The states in which it is allowed.
    pub from: &'static [State],
    /// The state that it leads to. A reviewed request becomes Approved at once where the tenant
    /// requires no approval.
    pub to: State,
    /// Who may not give it, however entitled.
    pub separation: Separation,
    /// Whether it is refused while the tenant is suspended.
    pub needs_open_tenant: bool,
    /// What to do instead in other states.
    pub hint: &'static str,
}

/// Who may not give a command. Only commands towards access are limited: the safe direction is
/// always open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Separation {
    /// Anybody entitled.
    None,
    /// Not the requester.
    NotRequester,
    /// Neither the requester nor the reviewer.
    NotProvider,
}

/// The table: the rule of every command.
#[must_use]
pub const fn rule(command: Command) -> Rule {
    match command {
        Command::Review(Review::Approve) => Rule {
            action: Action::ReviewRequest,
            from: &[State::InternalReview],
            to: State::Pending,
            separation: Separation::NotRequester,
            needs_open_tenant: true,
            hint: "Only a request in InternalReview can be reviewed.",
        },
        Command::Review(Review::Reject) => Rule {
            action: Action::ReviewRequest,
            from: &[State::InternalReview],
            to: State::Rejected,
            separation: Separation::None,
            needs_open_tenant: true,
            hint: "Only a request in InternalReview can be reviewed.",
        },
        Command::Decide(Decision::Approve) => Rule {
            action: Action::DecideRequest,
            from: &[State::Pending],
            to: State::Approved,
            separation: Separation::NotProvider,
            needs_open_tenant: true,
            hint: "Only a pending request can be approved.",
        },
        Command::Decide(Decision::Deny) => Rule {
            action: Action::DecideRequest,
            from: &[State::Pending],
            to: State::Denied,
            separation: Separation::None,
            needs_open_tenant: false,
            hint: "Only a pending request can be denied; access that is granted ends with Cancel.",
        },
        Command::Decide(Decision::Cancel) => Rule {
            action: Action::DecideRequest,
            from: &[State::Pending, State::Approved],
            to: State::Canceled,
            separation: Separation::None,
            needs_open_tenant: false,
            hint: "Only a pending request or live access can be canceled.",
        },
        Command::Withdraw => Rule {
            action: Action::EndRequest,
            from: &[State::InternalReview, State::Pending],
            to: State::Withdrawn,
            separation: Separation::None,
            needs_open_tenant: false,
            hint: "Only an undecided request can be withdrawn; live access ends with request.complete.",
        },
        Command::Complete => Rule {
            action: Action::EndRequest,
            from: &[State::Approved],
            to: State::Completed,
            separation: Separation::None,
            needs_open_tenant: false,
            hint: "Only live access can be finished; an undecided request is withdrawn.",
        },
        Command::Revoke => Rule {
            action: Action::RevokeGrant,
            from: &[State::Approved],
            to: State::Revoked,
            separation: Separation::None,
            needs_open_tenant: false,
            hint: "Only live access can be revoked; an undecided request is withdrawn.",
        },
    }
}

/// Who gives the command, as far as the rules care.
#[derive(Clone, Copy, Debug)]
pub struct Giver<'a> {
    /// The person, or the person who owns the robot.
    pub key: &'a PersonKey,
    /// Whether a robot calls.
    pub robot: bool,
}

/// What surrounds the request at the moment.
#[derive(Clone, Copy, Debug)]
pub struct Circumstances {
    /// Whether the tenant works.
    pub tenant: OrgState,
    /// Whether its settings let robots approve.
    pub automatic_approval: bool,
    /// Whether its settings require approval.
    pub approval_required: bool,
    /// The instant of the judgement.
    pub now: Timestamp,
}

/// Judges a command: the state that it leads to, or why not.
///
/// # Errors
/// The first reason that stands against it: the state, then the tenant, then the person.
pub fn judge(
    request: &Request,
    command: Command,
    giver: Giver<'_>,
    around: Circumstances,
) -> Result<State, Refusal> {
    let rule = rule(command);
    let state = request.state_at(around.now);
    if !rule.from.contains(&state) {
        return Err(wrong_state(request, command, rule.hint, around.now));
    }
    if request.emergency.is_some() && command == Command::Review(Review::Approve) {
        let standing = Standing::of(request, around.now);
        return Err(Refusal::WrongState(
            standing,
            "It is emergency access, which the customer is not asked for: use emergency.confirm, or reject it.",
        ));
    }
    if rule.needs_open_tenant {
        match around.tenant {
            OrgState::Active => {}
            OrgState::Suspended => return Err(Refusal::TenantSuspended),
            OrgState::Unclaimed => return Err(Refusal::TenantNotClaimed),
        }
    }
    let is = |party: Option<&PersonKey>| party == Some(giver.key);
    let requester = is(Some(&request.requester.key));
    let reviewer = is(request.reviewer.as_ref().map(|party| &party.key));
    match rule.separation {
        Separation::None => {}
        Separation::NotRequester if requester => return Err(Refusal::ReviewByRequester),
        Separation::NotProvider if requester => {
            return Err(Refusal::ApprovalByProvider("requester"));
        }
        Separation::NotProvider if reviewer => {
            return Err(Refusal::ApprovalByProvider("reviewer"));
        }
        Separation::NotRequester | Separation::NotProvider => {}
    }
    if command == Command::Decide(Decision::Approve) && giver.robot && !around.automatic_approval {
        return Err(Refusal::RobotMayNotApprove);
    }
    Ok(match command {
        Command::Review(Review::Approve) if !around.approval_required => State::Approved,
        _ => rule.to,
    })
}

fn wrong_state(request: &Request, command: Command, hint: &'static str, now: Timestamp) -> Refusal {
    let standing = Standing::of(request, now);
    match (command, standing.state) {
        (_, State::Expired) => Refusal::Expired(standing),
        (Command::Decide(_), State::Approved | State::Denied | State::Canceled) => {
            Refusal::AlreadyDecided(standing)
        }
        _ => Refusal::WrongState(standing, hint),
    }
}

/// The length of the access that an approval grants, in seconds: what was asked, or less where
/// the approver says so, and never more than the terms and the policy in force allow.
///
/// # Errors
/// [`Refusal::TooLong`] where the approver wants more than that, [`Refusal::TooShort`] where he
/// wants none at all.
pub fn granted_seconds(
    request: &Request,
    wanted: Option<i64>,
    longest: i64,
) -> Result<i64, Refusal> {
    let asked = request.ask.duration_seconds;
    let limit = request
        .terms
        .as_ref()
        .map_or(longest, |terms| terms.maximum_access_seconds.min(longest))
        .min(asked);
    match wanted {
        Some(wanted) if wanted > limit => Err(Refusal::TooLong {
            wanted,
            longest: limit,
        }),
        Some(wanted) if wanted < 1 => Err(Refusal::TooShort {
            wanted,
            shortest: 1,
        }),
        Some(wanted) => Ok(wanted),
        None => Ok(limit),
    }
}

#[cfg(test)]
#[path = "lifecycle_tests.rs"]
mod tests;
