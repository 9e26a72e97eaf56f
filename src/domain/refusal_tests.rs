//! What a refused caller reads. Conflicts, which name state, person and instant, are held against
//! the tables of the lifecycle.

use super::*;

#[test]
fn every_refusal_has_a_code_a_message_and_a_remedy() {
    let refusals = [
        (Refusal::ReviewByRequester, "separationOfDuties"),
        (
            Refusal::ApprovalByProvider("reviewer"),
            "separationOfDuties",
        ),
        (Refusal::RobotMayNotApprove, "robotMayNotApprove"),
        (
            Refusal::RobotMayNot("confirm emergency access"),
            "personRequired",
        ),
        (Refusal::EmergencyForbidden, "emergencyForbidden"),
        (Refusal::ConfirmByRequester, "separationOfDuties"),
        (
            Refusal::NotRenewable {
                earlier: "EXSR000042".to_owned(),
            },
            "emergencyNotRenewable",
        ),
        (
            Refusal::PairPauses {
                earlier: "EXSR000042".to_owned(),
                from: crate::domain::samples::hours(1),
            },
            "emergencyNotRenewable",
        ),
        (
            Refusal::AcknowledgeByProvider("requester"),
            "separationOfDuties",
        ),
        (
            Refusal::DecisionNotAllowed {
                wanted: Decision::Approve,
                allowed: vec![Decision::Deny, Decision::Cancel],
            },
            "decisionNotAllowed",
        ),
        (Refusal::TenantSuspended, "tenantSuspended"),
        (Refusal::TenantNotClaimed, "tenantNotClaimed"),
        (
            Refusal::TooMany {
                limit: 5,
                of: "yours",
            },
            "limitReached",
        ),
        (
            Refusal::NotAnApprover {
                stage: 1,
                stages: 2,
                approvers: vec!["anna@contoso.com".to_owned()],
            },
            "notAnApprover",
        ),
        (Refusal::ReasonRequired(Decision::Deny), "reasonRequired"),
        (
            Refusal::DeniedByPolicy {
                rule: "nights".to_owned(),
                reason: "We sleep.".to_owned(),
            },
            "deniedByPolicy",
        ),
        (
            Refusal::TooLong {
                wanted: 2,
                longest: 1,
            },
            "durationTooLong",
        ),
        (
            Refusal::TooShort {
                wanted: 0,
                shortest: 1,
            },
            "invalidParams",
        ),
        (Refusal::TermsMismatch, "termsMismatch"),
        (
            Refusal::ServiceMismatch {
                named: "Teams".to_owned(),
                actual: "Exchange".to_owned(),
            },
            "serviceMismatch",
        ),
    ];
    for (refusal, code) in refusals {
        let error = refusal.told(|party| party.name.clone());
        assert_eq!(error.code(), code);
        for text in [error.message(), error.remedy()] {
            assert!(text.len() > 10 && text.ends_with('.'), "{code}: {text}");
        }
    }
}
