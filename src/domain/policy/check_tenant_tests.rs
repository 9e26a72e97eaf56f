use super::tests::whole;
use super::*;
use crate::domain::catalog::Catalog;
use crate::domain::people::PersonKey;
use crate::domain::policy::testing::{self, lines};
use crate::domain::scope::Role;
use serde_json::{Value, json};

#[test]
fn the_daemon_knows_services_hooks_and_times() {
    let catalog = Catalog::default();
    let known = Surroundings {
        catalog: &catalog,
        hooks: &["oncall".to_owned()],
        hours_to_answer: 12,
    };
    let rules = |rules: Value| lines(&surroundings(&testing::document(rules), &known));
    let deny = json!({"reason": "no"});
    for (rule, said) in [
        (
            json!({"match": {"services": ["Exchnge"]}, "deny": deny}),
            "/rules/0/match/services/0: There is no service 'Exchnge'. Did you mean 'Exchange'?",
        ),
        (
            json!({"unless": {"services": ["Vault"]}, "deny": deny}),
            "/rules/0/unless/services/0: There is no service 'Vault'. Known: EOP, ",
        ),
        (
            json!({"match": {"longerThanMinutes": 240}, "deny": deny}),
            "/rules/0/match/longerThanMinutes: This can never match: no request is for more than 240 minutes.",
        ),
        (
            json!({"ask": {"hook": "oncal"}}),
            "/rules/0/ask/hook: There is no decision hook 'oncal'. Did you mean 'oncall'?",
        ),
        (
            json!({"ask": {"remindAfterMinutes": [720]}}),
            "/rules/0/ask/remindAfterMinutes/0: This never happens: the time to answer ends after 720 minutes.",
        ),
    ] {
        let mut rule = rule;
        rule["id"] = json!("r");
        let found = rules(json!([rule]));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with(said), "{said}\n{found:?}");
    }
    assert!(rules(json!([
        {"id": "a", "match": {"services": ["exchange"], "longerThanMinutes": 239}, "deny": deny},
        {"id": "b", "ask": {"hook": "oncall", "remindAfterMinutes": [719]}},
    ])).is_empty());
}

fn person(label: &str, robot: bool, roles: &[Role]) -> Person {
    let key = if robot { "ada@contoso.com" } else { label };
    Person {
        label: label.to_owned(),
        key: PersonKey::local(key),
        robot,
        enabled: !label.starts_with("off"),
        roles: roles.to_vec(),
    }
}

/// Ada runs the tenant, Dan and Off (disabled) approve, Rea reads, and Ada's robot approves.
fn tenant(automatic_approval: bool) -> People {
    let approver = [Role::CustomerLockboxAccessApprover];
    let everybody = vec![
        person("Ada@contoso.com", false, &[Role::GlobalAdministrator]),
        person("dan@contoso.com", false, &approver),
        person("off@contoso.com", false, &approver),
        person("rea@contoso.com", false, &[Role::SecurityReader]),
        person("pipeline", true, &approver),
        person("off-duty", true, &approver),
        person("reader", true, &[Role::SecurityReader]),
    ];
    People::new(everybody, automatic_approval)
}

#[test]
fn approvers_are_there_and_may_approve() {
    let people_of = |names: Value| {
        let rules = json!([{"id": "r", "ask": {"stages": [{"approvers": {"people": names, "roles": ["GlobalAdministrator"]}}]}}]);
        let mut document = testing::document(rules);
        document.groups.clear();
        lines(&people(&document, &tenant(false)))
    };
    assert!(people_of(json!(["ADA@contoso.com", "dan@contoso.com", "pipeline"])).is_empty());
    for (name, said) in [
        (
            "den@contoso.com",
            "There is no person or robot 'den@contoso.com'. Did you mean 'dan@contoso.com'?",
        ),
        ("off@contoso.com", "off@contoso.com is disabled."),
        (
            "rea@contoso.com",
            "rea@contoso.com holds no approver's role. Assign one of GlobalAdministrator, CustomerLockboxAccessApprover first",
        ),
    ] {
        let found = people_of(json!([name]));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(
            found[0].starts_with(&format!("/rules/0/ask/stages/0/approvers/people/0: {said}")),
            "{found:?}"
        );
    }
    let found = lines(&people(&testing::document(json!([])), &tenant(false)));
    assert!(
        found[0]
            .starts_with("/groups/night-shift/0: There is no person or robot 'Eve@contoso.com'."),
        "{found:?}"
    );
}

#[test]
fn nobody_locks_the_tenant_out() {
    let found = |change: Value, automatic: bool| {
        let mut value = whole(|d| d["groups"] = json!({}));
        value
            .as_object_mut()
            .unwrap()
            .extend(change.as_object().unwrap().clone());
        let document = serde_json::from_value(value).unwrap();
        lines(&people(&document, &tenant(automatic)))
    };
    let stages = |stages: Value| json!({"rules": [{"id": "r", "ask": {"stages": stages}}]});
    let by = |approvers: Value, needed: u32| json!({"approvers": approvers, "needed": needed});
    let ada = json!({"people": ["ada@contoso.com"]});
    let both = json!({"roles": ["GlobalAdministrator", "CustomerLockboxAccessApprover"]});
    let robot = json!({"people": ["pipeline"]});
    let impossible = |found: Vec<String>| {
        found
            .first()
            .is_some_and(|line| line.starts_with("/rules/0/ask/stages: Nobody could approve"))
    };

    assert!(found(stages(json!([by(both.clone(), 2)])), false).is_empty());
    assert!(impossible(found(
        stages(json!([by(both.clone(), 3)])),
        false
    )));
    // Ada's robot is Ada.
    assert!(impossible(found(
        stages(json!([by(both.clone(), 3)])),
        true
    )));
    assert!(impossible(found(
        stages(json!([by(robot.clone(), 1)])),
        false
    )));
    assert!(found(stages(json!([by(robot, 1)])), true).is_empty());
    // One vote for each: Ada cannot serve two stages, but Dan can make room for her.
    assert!(impossible(found(
        stages(json!([by(ada.clone(), 1), by(ada.clone(), 1)])),
        false
    )));
    assert!(found(stages(json!([by(both, 1), by(ada, 1)])), false).is_empty());

    let threshold = |n: u32| json!({"rules": [{"id": "r", "ask": {"denyThreshold": n}}]});
    assert!(found(threshold(2), false).is_empty());
    assert!(found(threshold(3), false)[0].starts_with(
        "/rules/0/ask/denyThreshold: 3 denials can never come together: 2 may decide."
    ));
    assert!(
        found(json!({"fourEyes": {"recoveryHours": 24}}), false)[0]
            .starts_with("/fourEyes: You would lock yourself out")
    );
}

#[test]
fn a_hook_has_a_robot_of_its_name_that_may_decide() {
    let found = |hook: &str| {
        let rules = json!([{"id": "r", "ask": {"hook": hook}}]);
        let mut document = testing::document(rules);
        document.groups.clear();
        lines(&people(&document, &tenant(false)))
    };
    // It may, also where robots may only deny.
    assert_eq!(found("pipeline"), Vec::<String>::new());
    for (hook, said) in [
        ("nobody", "The hook 'nobody' has no robot"),
        ("Pipeline", "The hook 'Pipeline' has no robot"),
        // A person is no robot.
        ("dan@contoso.com", "The hook 'dan@contoso.com' has no robot"),
        ("off-duty", "The robot 'off-duty' of this hook is disabled."),
        ("reader", "reader holds no approver's role."),
    ] {
        let found = found(hook);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(
            found[0].starts_with(&format!("/rules/0/ask/hook: {said}")),
            "{found:?}"
        );
    }
}
