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

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// The command.
    pub command: Command,
    /// The right that it takes.
    pub action: Action,
    /// The states in which it is allowed.
    pub from: &'static [State],
    /// The state that it leads to. A reviewed request becomes Approved at once where the tenant
    /// requires no approval.
    pub to: State,
    /// Who may not give it, however entitled.
    pub separation: Separation,
    /// Whether it grants something, and so is refused while the tenant is suspended and to robots
    /// that may not approve.
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

/// Every command, once.
pub const RULES: [Rule; 8] = [
    Rule {
        command: Command::Review(Review::Approve),
        action: Action::ReviewRequest,
        from: &[State::InternalReview],
        to: State::Pending,
        separation: Separation::NotRequester,
        needs_open_tenant: true,
        hint: "Only a request in InternalReview can be reviewed.",
    },
    Rule {
        command: Command::Review(Review::Reject),
        action: Action::ReviewRequest,
        from: &[State::InternalReview],
        to: State::Rejected,
        separation: Separation::None,
        needs_open_tenant: true,
        hint: "Only a request in InternalReview can be reviewed.",
    },
    Rule {
        command: Command::Decide(Decision::Approve),
        action: Action::DecideRequest,
        from: &[State::Pending],
        to: State::Approved,
        separation: Separation::NotProvider,
        needs_open_tenant: true,
        hint: "Only a pending request can be approved.",
    },
    Rule {
        command: Command::Decide(Decision::Deny),
        action: Action::DecideRequest,
        from: &[State::Pending],
        to: State::Denied,
        separation: Separation::None,
        needs_open_tenant: false,
        hint: "Only a pending request can be denied; access that is granted ends with Cancel.",
    },
    Rule {
        command: Command::Decide(Decision::Cancel),
        action: Action::DecideRequest,
        from: &[State::Pending, State::Approved],
        to: State::Canceled,
        separation: Separation::None,
        needs_open_tenant: false,
        hint: "Only a pending request or live access can be canceled.",
    },
    Rule {
        command: Command::Withdraw,
        action: Action::EndRequest,
        from: &[State::InternalReview, State::Pending],
        to: State::Withdrawn,
        separation: Separation::None,
        needs_open_tenant: false,
        hint: "Only an undecided request can be withdrawn; live access ends with request.complete.",
    },
    Rule {
        command: Command::Complete,
        action: Action::EndRequest,
        from: &[State::Approved],
        to: State::Completed,
        separation: Separation::None,
        needs_open_tenant: false,
        hint: "Only live access can be finished; an undecided request is withdrawn.",
    },
    Rule {
        command: Command::Revoke,
        action: Action::RevokeGrant,
        from: &[State::Approved],
        to: State::Revoked,
        separation: Separation::None,
        needs_open_tenant: false,
        hint: "Only live access can be revoked.",
    },
];

/// The rule of a command.
#[must_use]
#[allow(clippy::expect_used)] // a test shows that every command has its row
pub fn rule(command: Command) -> &'static Rule {
    RULES
        .iter()
        .find(|rule| rule.command == command)
        .expect("every command has a rule")
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
        return Err(wrong_state(request, command, rule, around.now));
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

fn wrong_state(request: &Request, command: Command, rule: &Rule, now: Timestamp) -> Refusal {
    let standing = Standing::of(request, now);
    match (command, standing.state) {
        (_, State::Expired) => Refusal::Expired(standing),
        (Command::Decide(_), State::Approved | State::Denied | State::Canceled) => {
            Refusal::AlreadyDecided(standing)
        }
        _ => Refusal::WrongState(standing, rule.hint),
    }
}

/// The length of the access that an approval grants, in seconds: what was asked, or less where
/// the approver says so, and never more than the terms and the policy in force allow.
///
/// # Errors
/// [`Refusal::TooLong`] where the approver wants more than was asked.
pub fn granted_seconds(
    request: &Request,
    wanted: Option<i64>,
    longest: i64,
) -> Result<i64, Refusal> {
    let asked = request.ask.duration_seconds;
    let limit = request
        .terms
        .map_or(longest, |terms| terms.maximum_access_seconds.min(longest))
        .min(asked);
    match wanted {
        Some(wanted) if wanted > limit => Err(Refusal::TooLong {
            wanted,
            longest: limit,
        }),
        Some(wanted) => Ok(wanted),
        None => Ok(limit),
    }
}
