//! The table of rights: which role may do what, and where.

use crate::domain::scope::{Role, Scope};

/// What a caller wants to do; each method names one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// `request.submit`
    SubmitRequest,
    /// `request.review`
    ReviewRequest,
    /// `request.decide`
    DecideRequest,
    /// `request.withdraw`, `request.complete`
    EndRequest,
    /// `request.get`, `request.list`, `request.history`, `grant.get`, `grant.list`,
    /// `emergency.list`
    ReadRequest,
    /// `emergency.declare`
    DeclareEmergency,
    /// `emergency.confirm`
    ConfirmEmergency,
    /// `emergency.report`
    ReportEmergency,
    /// `emergency.acknowledge`
    AcknowledgeEmergency,
    /// `grant.revoke`
    RevokeGrant,
    /// `grant.check`
    CheckGrant,
    /// `activity.record`
    RecordActivity,
    /// `policy.get`
    ReadSettings,
    /// `policy.put`
    ChangeSettings,
    /// `policy.put`, where nothing but "approval required" is turned on
    RequireApproval,
    /// `notification.list`, `webhook.list`, `template.list`, and `notification.preview`
    ReadNotifications,
    /// `notification.retry`, `webhook.*`, `template.*`; a token limited to decisions must be one that
    /// may approve
    ManageNotifications,
    /// `audit.*`
    ReadAudit,
    /// `principal.get|list|disable`, `role.remove|list`, tokens of robots
    ManagePeople,
    /// `principal.create|invite|enable`, `role.assign`: what gives somebody authority
    EmpowerPeople,
    /// `tenant.create|invite|list|update|suspend|resume`
    ManageTenants,
    /// `tenant.get`
    ReadTenant,
    /// `clock.advance`
    MoveClock,
    /// `system.setLogLevel`
    OperateDaemon,
    /// `system.backup`: everything at once, of all tenants
    BackUp,
}

/// How far a role reaches for an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reach {
    /// The role's scope must contain the object.
    Scope,
    /// As `Scope`, and the object must be the caller's own (his request, his grant).
    Mine,
    /// The role counts wherever it is held: the object belongs to the caller's organization, or
    /// the action to the role as such.
    Held,
}

/// Who may do it. The only place that says so.
#[must_use]
pub const fn who(action: Action) -> &'static [(Role, Reach)] {
    use Reach::{Held, Mine, Scope as InScope};
    use Role::{
        CustomerLockboxAccessApprover as Approver, GlobalAdministrator as Global,
        ProviderAdministrator as Provider, ResourceGateway as Gateway, SecurityReader as Reader,
        SupportEngineer as Engineer, SupportManager as Manager,
    };
    match action {
        Action::SubmitRequest | Action::DeclareEmergency => &[(Engineer, InScope)],
        Action::ReviewRequest | Action::ConfirmEmergency => &[(Manager, InScope)],
        Action::ReportEmergency => &[(Engineer, InScope), (Manager, InScope)],
        Action::DecideRequest | Action::AcknowledgeEmergency => {
            &[(Global, InScope), (Approver, InScope)]
        }
        Action::EndRequest => &[(Engineer, Mine), (Manager, InScope)],
        Action::ReadRequest => &[
            (Global, InScope),
            (Approver, InScope),
            (Reader, InScope),
            (Manager, InScope),
            (Engineer, Mine),
        ],
        Action::RevokeGrant => &[(Manager, InScope), (Provider, Held)],
        Action::CheckGrant | Action::RecordActivity => &[(Gateway, InScope), (Engineer, Mine)],
        Action::ReadSettings => &[(Global, InScope), (Approver, InScope), (Reader, InScope)],
        Action::ChangeSettings => &[(Global, InScope)],
        Action::RequireApproval => &[(Global, InScope), (Approver, InScope)],
        Action::ReadNotifications => &[(Global, InScope), (Reader, InScope), (Provider, InScope)],
        Action::ManageNotifications => &[(Global, InScope), (Provider, InScope)],
        Action::ReadAudit => &[
            (Global, InScope),
            (Reader, InScope),
            (Provider, Held),
            (Manager, Held),
            (Engineer, Held),
            (Gateway, Held),
        ],
        Action::ManagePeople | Action::EmpowerPeople => &[(Global, InScope), (Provider, InScope)],
        Action::ManageTenants | Action::MoveClock | Action::OperateDaemon | Action::BackUp => {
            &[(Provider, Held)]
        }
        Action::ReadTenant => &[(Global, InScope), (Provider, Held)],
    }
}

/// The farthest reach that one of the held roles gives for an action on an object, if any.
///
/// `Mine` is returned only where nothing better holds: the caller then has to check whose the
/// object is.
#[must_use]
pub fn reach(action: Action, object: &Scope, held: &[(Role, Scope)]) -> Option<Reach> {
    let mut best = None;
    for (role, how) in who(action) {
        for (held_role, scope) in held {
            if role != held_role || (*how != Reach::Held && !scope.contains(object)) {
                continue;
            }
            if *how != Reach::Mine {
                return Some(*how);
            }
            best = Some(Reach::Mine);
        }
    }
    best
}

#[cfg(test)]
#[path = "rights_tests.rs"]
mod tests;
