//! The lockbox as a plain model: what a request looks like after a command, and which code a
//! refused one has. Written from the design, and knows nothing of the code.

use customer_lockbox::clock::Timestamp;
use std::collections::BTreeMap;

pub const HOUR: i64 = 3_600_000;

/// The limit of undecided requests per engineer.
const OPEN_PER_ENGINEER: usize = 5;

/// Who the people are. `dual` is engineer and manager, and `twin` is the same person as an
/// approver of the customer.
pub const ENGINEERS: &[&str] = &["eve", "ed", "dual"];
pub const REVIEWERS: &[&str] = &["max", "mia", "dual", "eve"];
pub const ENDERS: &[&str] = &["eve", "ed", "dual", "max", "root", "anna"];
pub const DECIDERS: &[&str] = &["anna", "ben", "ada", "twin", "bot", "sam"];

/// The address or name by which the same organization knows somebody.
pub fn called(who: &str) -> &str {
    match who {
        "eve" => "eve@fabrikam.example",
        "ed" => "ed@fabrikam.example",
        "dual" | "twin" => "dual@fabrikam.example",
        "max" => "max@fabrikam.example",
        "mia" => "mia@fabrikam.example",
        "root" => "root@fabrikam.example",
        "anna" => "anna@contoso.com",
        "ben" => "ben@contoso.com",
        "ada" => "ada@contoso.onmicrosoft.com",
        other => other,
    }
}

pub fn is_customer(who: &str) -> bool {
    DECIDERS.contains(&who)
}

/// The person behind a name.
fn person(who: &str) -> &str {
    if who == "twin" { "dual" } else { who }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    ReviewApprove,
    ReviewReject,
    Approve,
    Deny,
    Cancel,
    Withdraw,
    Complete,
    Revoke,
}

impl Act {
    /// Whether a request in this state takes it.
    fn fits(self, state: &str) -> bool {
        match self {
            Self::ReviewApprove | Self::ReviewReject => state == "InternalReview",
            Self::Approve | Self::Deny => state == "Pending",
            Self::Cancel => matches!(state, "Pending" | "Approved"),
            Self::Withdraw => matches!(state, "InternalReview" | "Pending"),
            Self::Complete | Self::Revoke => state == "Approved",
        }
    }

    fn is_decision(self) -> bool {
        matches!(self, Self::Approve | Self::Deny | Self::Cancel)
    }
}

type Who = &'static str;

/// One request as it should be.
#[derive(Clone, Debug, PartialEq)]
pub struct Plain {
    pub identity: String,
    pub reference: String,
    pub by: Who,
    pub state: &'static str,
    pub review_due: Timestamp,
    pub reviewer: Option<Who>,
    pub arrived: bool,
    pub due: Option<Timestamp>,
    pub access: Option<(Timestamp, Timestamp)>,
    pub decided: Option<(Act, Who, Timestamp)>,
    pub closed: Option<(Option<Who>, Timestamp)>,
    /// Who brought it to its state, and when.
    pub brought: (Option<Who>, Timestamp),
    /// What the logs must hold of it, in order, refusals aside.
    pub provider_log: Vec<&'static str>,
    pub tenant_log: Vec<&'static str>,
}

impl Plain {
    pub fn status(&self) -> Option<&'static str> {
        if !self.arrived {
            return None;
        }
        Some(match self.state {
            "Pending" => "Pending",
            "Approved" | "Ended" | "Completed" | "Revoked" => "Approved",
            "Denied" => "Denied",
            "Canceled" | "Withdrawn" => "Canceled",
            "Expired" => "Expired",
            other => panic!("{other} has not arrived"),
        })
    }

    /// When time moves it on.
    pub fn ends(&self) -> Option<Timestamp> {
        match self.state {
            "InternalReview" => Some(self.review_due),
            "Pending" => self.due,
            "Approved" => self.access.map(|(_, end)| end),
            _ => None,
        }
    }

    fn log(&mut self, operation: &'static str) {
        if self.arrived {
            self.tenant_log.push(operation);
        } else {
            self.provider_log.push(operation);
        }
    }

    fn close(&mut self, state: &'static str, by: Option<Who>, at: Timestamp) {
        self.state = state;
        self.closed = Some((by, at));
        self.brought = (by, at);
    }

    fn decide(&mut self, act: Act, state: &'static str, by: Who, at: Timestamp) {
        self.state = state;
        self.decided = Some((act, by, at));
        self.brought = (Some(by), at);
        self.tenant_log.push("Set-AccessToCustomerDataRequest");
    }
}

#[derive(Clone, Copy, Debug)]
pub struct Engineer {
    pub enabled: bool,
    pub holds_role: bool,
}

/// Everything, as it should be.
#[derive(Clone, Debug)]
pub struct Model {
    pub now: Timestamp,
    pub approval_required: bool,
    pub robots_approve: bool,
    pub suspended: bool,
    pub engineers: BTreeMap<Who, Engineer>,
    pub requests: Vec<Plain>,
}

impl Model {
    pub fn new(now: Timestamp) -> Self {
        let engineer = Engineer {
            enabled: true,
            holds_role: true,
        };
        Self {
            now,
            approval_required: true,
            robots_approve: false,
            suspended: false,
            engineers: ENGINEERS.iter().map(|who| (*who, engineer)).collect(),
            requests: Vec::new(),
        }
    }

    /// Which request a command is aimed at: mostly the latest whose state fits, and at times just
    /// one of the latest.
    pub fn target(&self, aim: usize, act: Act) -> Option<usize> {
        let count = self.requests.len();
        let fits = |index: &usize| act.fits(self.requests[*index].state);
        let fitting = (0..count).rev().filter(fits).nth(aim / 3);
        let any = (count > 0).then(|| count - 1 - aim % count);
        fitting.filter(|_| aim < 6).or(any)
    }

    pub fn pass(&mut self, to: Timestamp) {
        self.now = self.now.max(to);
        for request in &mut self.requests {
            let Some(end) = request.ends().filter(|end| *end <= self.now) else {
                continue;
            };
            if request.state == "Approved" {
                request.log("LockboxAccessEnded");
                request.close("Ended", None, end);
            } else {
                request.log("LockboxRequestExpired");
                request.close("Expired", None, end);
            }
        }
    }

    fn enabled(&self, who: &str) -> bool {
        self.engineers.get(who).is_none_or(|found| found.enabled)
    }

    fn engineer(&self, who: &str) -> bool {
        self.engineers
            .get(who)
            .is_some_and(|found| found.holds_role)
    }

    /// Why this engineer cannot submit, if so.
    pub fn refuses_submit(&self, who: Who) -> Option<&'static str> {
        let open = self.requests.iter().filter(|request| {
            request.by == who && matches!(request.state, "InternalReview" | "Pending")
        });
        if !self.enabled(who) {
            Some("tokenRevoked")
        } else if !self.engineer(who) {
            Some("forbidden")
        } else if self.suspended {
            Some("tenantSuspended")
        } else if open.count() >= OPEN_PER_ENGINEER {
            Some("limitReached")
        } else {
            None
        }
    }

    pub fn submitted(&mut self, who: Who, identity: String, reference: String) {
        self.requests.push(Plain {
            identity,
            reference,
            by: who,
            state: "InternalReview",
            review_due: self.now.plus_millis(12 * HOUR),
            reviewer: None,
            arrived: false,
            due: None,
            access: None,
            decided: None,
            closed: None,
            brought: (Some(who), self.now),
            provider_log: vec!["LockboxRequestSubmitted"],
            tenant_log: Vec::new(),
        });
    }

    /// Why somebody cannot do this to a request, if so: the right, the state, the tenant,
    /// separation, the robot, in this order.
    pub fn refuses(&self, index: usize, act: Act, who: Who) -> Option<&'static str> {
        let request = &self.requests[index];
        let manager = matches!(who, "max" | "mia" | "dual");
        let approver = matches!(who, "anna" | "ben" | "ada" | "twin" | "bot");
        if !self.enabled(who) {
            return Some("tokenRevoked");
        }
        let entitled = match act {
            Act::ReviewApprove | Act::ReviewReject => manager,
            Act::Withdraw | Act::Complete => manager || self.engineer(who),
            Act::Revoke => manager || who == "root",
            Act::Approve | Act::Deny | Act::Cancel => approver,
        };
        if !entitled {
            return Some("forbidden");
        }
        let unseen = if act.is_decision() {
            !request.arrived
        } else {
            !manager && who != "root" && request.by != who
        };
        if unseen {
            return Some("notFound");
        }
        if !act.fits(request.state) {
            return Some(match request.state {
                "Expired" => "requestExpired",
                "Approved" | "Denied" | "Canceled" if act.is_decision() => "alreadyDecided",
                _ => "wrongState",
            });
        }
        let towards_access = matches!(act, Act::ReviewApprove | Act::Approve);
        if self.suspended && (towards_access || act == Act::ReviewReject) {
            return Some("tenantSuspended");
        }
        let requester = person(who) == request.by;
        let reviewer = act == Act::Approve && Some(person(who)) == request.reviewer;
        if towards_access && (requester || reviewer) {
            return Some("separationOfDuties");
        }
        (act == Act::Approve && who == "bot" && !self.robots_approve)
            .then_some("robotMayNotApprove")
    }

    /// What a command does that nothing stands against.
    pub fn done(&mut self, index: usize, act: Act, who: Who) {
        let (now, required) = (self.now, self.approval_required);
        let request = &mut self.requests[index];
        match act {
            Act::ReviewReject => {
                request.reviewer = Some(who);
                request.log("LockboxRequestRejected");
                request.close("Rejected", None, now);
                request.brought = (Some(who), now);
            }
            Act::ReviewApprove => {
                request.reviewer = Some(who);
                request.log("LockboxRequestReviewed");
                request.arrived = true;
                request.log("LockboxRequestArrived");
                request.brought = (Some(who), now);
                if required {
                    request.state = "Pending";
                    request.due = Some(now.plus_millis(12 * HOUR));
                } else {
                    request.state = "Approved";
                    request.access = Some((now, now.plus_millis(HOUR)));
                    request.log("LockboxApprovalNotRequired");
                }
            }
            Act::Approve => {
                request.decide(act, "Approved", who, now);
                request.access = Some((now, now.plus_millis(HOUR)));
            }
            Act::Cancel if request.state == "Approved" => {
                request.log("Set-AccessToCustomerDataRequest");
                request.close("Canceled", Some(who), now);
            }
            Act::Deny | Act::Cancel => {
                let state = if act == Act::Deny {
                    "Denied"
                } else {
                    "Canceled"
                };
                request.decide(act, state, who, now);
                request.closed = Some((None, now));
            }
            Act::Withdraw => {
                request.log("LockboxRequestWithdrawn");
                request.close("Withdrawn", Some(who), now);
            }
            Act::Complete => {
                request.log("LockboxAccessCompleted");
                request.close("Completed", Some(who), now);
            }
            Act::Revoke => {
                request.log("LockboxAccessRevoked");
                request.close("Revoked", Some(who), now);
            }
        }
    }

    /// An engineer loses the ground that his requests stand on; how many were withdrawn, revoked.
    pub fn loses_ground(&mut self, who: Who) -> (u64, u64) {
        let open = |state: &str| matches!(state, "InternalReview" | "Pending");
        let (mut withdrawn, mut revoked) = (0, 0);
        for index in 0..self.requests.len() {
            if self.requests[index].by != who {
                continue;
            }
            if open(self.requests[index].state) {
                self.done(index, Act::Withdraw, "root");
                withdrawn += 1;
            } else if self.requests[index].state == "Approved" {
                self.done(index, Act::Revoke, "root");
                revoked += 1;
            }
        }
        (withdrawn, revoked)
    }

    /// The tenant is suspended; how many grants were revoked.
    pub fn suspend(&mut self) -> u64 {
        self.suspended = true;
        let mut revoked = 0;
        for index in 0..self.requests.len() {
            if self.requests[index].state == "Approved" {
                self.done(index, Act::Revoke, "root");
                revoked += 1;
            }
        }
        revoked
    }
}
