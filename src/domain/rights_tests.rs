//! Rights only grow with roles and scopes.

use super::*;
use crate::ids::OrgId;
use proptest::prelude::*;

#[test]
fn reach_prefers_scope_to_mine_and_respects_scopes() {
    let (a, b) = (OrgId::new(), OrgId::new());
    let object = Scope::Service(a, "Exchange".to_owned());
    let engineer = (Role::SupportEngineer, Scope::Tenants);
    let manager = (Role::SupportManager, Scope::Tenant(a));
    let read = |held: &[(Role, Scope)]| reach(Action::ReadRequest, &object, held);
    assert_eq!(read(std::slice::from_ref(&engineer)), Some(Reach::Mine));
    assert_eq!(read(&[engineer, manager]), Some(Reach::Scope));
    assert_eq!(read(&[(Role::SupportManager, Scope::Tenant(b))]), None);
    assert_eq!(read(&[]), None);
    let held = [(Role::ProviderAdministrator, Scope::Provider)];
    assert_eq!(
        reach(Action::RevokeGrant, &object, &held),
        Some(Reach::Held)
    );
}

const ACTIONS: [Action; 21] = [
    Action::SubmitRequest,
    Action::ReviewRequest,
    Action::DecideRequest,
    Action::EndRequest,
    Action::ReadRequest,
    Action::DeclareEmergency,
    Action::ConfirmEmergency,
    Action::ReportEmergency,
    Action::AcknowledgeEmergency,
    Action::RevokeGrant,
    Action::CheckGrant,
    Action::RecordActivity,
    Action::ReadSettings,
    Action::ChangeSettings,
    Action::RequireApproval,
    Action::ReadAudit,
    Action::ManagePeople,
    Action::ManageTenants,
    Action::ReadTenant,
    Action::MoveClock,
    Action::OperateDaemon,
];

fn worth(reach: Option<Reach>) -> u8 {
    match reach {
        None => 0,
        Some(Reach::Mine) => 1,
        Some(Reach::Scope | Reach::Held) => 2,
    }
}

proptest! {
    #[test]
    fn more_roles_and_wider_scopes_never_reach_less(
        roles in proptest::collection::vec((0..7_usize, 0..4_usize), 0..4),
        more in (0..7_usize, 0..4_usize),
        place in 0..4_usize,
    ) {
        let tenant = OrgId::new();
        let narrowing = [
            Scope::Tenants,
            Scope::Tenant(tenant),
            Scope::Service(tenant, "Exchange".to_owned()),
            Scope::Service(tenant, "Teams".to_owned()),
        ];
        let held = |(role, scope): (usize, usize)| (Role::ALL[role], narrowing[scope].clone());
        let few: Vec<(Role, Scope)> = roles.iter().copied().map(held).collect();
        let mut many = few.clone();
        many.push(held(more));
        let wide: Vec<(Role, Scope)> = few
            .iter()
            .map(|(role, _)| (*role, Scope::Tenants))
            .collect();
        for action in ACTIONS {
            let object = &narrowing[place];
            let reached = worth(reach(action, object, &few));
            prop_assert!(worth(reach(action, object, &many)) >= reached, "{action:?}");
            prop_assert!(worth(reach(action, object, &wide)) >= reached, "{action:?}");
        }
    }
}
