//! Random commands, clock steps included, against a plain model of the lockbox.

mod plain;

use crate::world::{CONTOSO, Refusal, START, World};
use customer_lockbox::clock::Timestamp;
use plain::{Act, DECIDERS, ENDERS, ENGINEERS, HOUR, Model, Plain, REVIEWERS, called, is_customer};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

/// Sequences, and parts of each.
const CASES: u32 = 8;
const PARTS: std::ops::Range<usize> = 20..50;

#[derive(Clone, Copy, Debug)]
enum Step {
    Submit(&'static str),
    /// A command on a request that the first number picks: see [`Model::target`].
    Do(usize, Act, &'static str),
    Disable(&'static str),
    Enable(&'static str),
    RemoveRole(&'static str),
    AssignRole(&'static str),
    Suspend,
    Resume,
    RequireApproval(bool),
    LetRobotsApprove(bool),
    /// The clock moves by so many milliseconds.
    Pass(i64),
    /// The clock moves to the next deadline or end, and this many milliseconds beyond.
    ToNextEnd(i64),
    WriteDown,
}

/// Single steps, and the usual ways on which others then fall.
fn steps() -> impl Strategy<Value = Vec<Step>> {
    let reviewed = (select(ENGINEERS), select(&["max", "mia", "dual"][..]))
        .prop_map(|(who, by)| vec![Step::Submit(who), Step::Do(0, Act::ReviewApprove, by)]);
    let approved = (select(ENGINEERS), select(DECIDERS)).prop_map(|(who, by)| {
        vec![
            Step::Submit(who),
            Step::Do(0, Act::ReviewApprove, "max"),
            Step::Do(0, Act::Approve, by),
        ]
    });
    let part = prop_oneof![
        3 => reviewed,
        4 => approved,
        20 => step().prop_map(|step| vec![step]),
    ];
    proptest::collection::vec(part, PARTS).prop_map(|parts| parts.concat())
}

fn step() -> impl Strategy<Value = Step> {
    let on = |acts: &'static [Act], whom: &'static [&'static str]| {
        (0..8_usize, select(acts), select(whom)).prop_map(|(aim, act, who)| Step::Do(aim, act, who))
    };
    prop_oneof![
        3 => select(ENGINEERS).prop_map(Step::Submit),
        10 => on(&[Act::ReviewApprove, Act::ReviewReject], REVIEWERS),
        20 => on(&[Act::Approve, Act::Deny, Act::Cancel], DECIDERS),
        20 => on(&[Act::Withdraw, Act::Complete, Act::Revoke], ENDERS),
        1 => select(ENGINEERS).prop_map(Step::Disable),
        6 => select(ENGINEERS).prop_map(Step::Enable),
        1 => select(ENGINEERS).prop_map(Step::RemoveRole),
        6 => select(ENGINEERS).prop_map(Step::AssignRole),
        1 => Just(Step::Suspend),
        6 => Just(Step::Resume),
        4 => any::<bool>().prop_map(Step::RequireApproval),
        2 => any::<bool>().prop_map(Step::LetRobotsApprove),
        3 => (0..HOUR).prop_map(Step::Pass),
        9 => (-1_i64..=1).prop_map(Step::ToNextEnd),
        2 => Just(Step::WriteDown),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: CASES,
        max_shrink_iters: 60,
        ..ProptestConfig::default()
    })]

    #[test]
    fn the_lockbox_does_what_the_model_does(steps in steps()) {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime")
            .block_on(run(&steps));
    }
}

async fn run(steps: &[Step]) {
    let mut world = peopled().await;
    let mut model = Model::new(Timestamp::parse(START).expect("an instant"));
    for step in steps {
        let before = model.clone();
        take(&mut world, &mut model, *step).await;
        for (index, request) in model.requests.iter().enumerate() {
            let moved = before.requests.get(index) != Some(request);
            let aimed =
                matches!(step, Step::Do(aim, act, _) if before.target(*aim, *act) == Some(index));
            // A clock step is looked at from both sides of every deadline.
            let waits = model.now != before.now && request.ends().is_some();
            if moved || aimed || waits {
                compare(&world, request).await;
            }
        }
    }
    world
        .rpc
        .services()
        .write_down_due()
        .await
        .expect("written");
    for request in &model.requests {
        compare(&world, request).await;
    }
    compare_lists(&world, &model).await;
    compare_logs(&world, &model).await;
}

/// The usual people, and one who is engineer, manager and, at the customer, approver.
async fn peopled() -> World {
    let mut world = World::new().await;
    let address = called("dual");
    world
        .person("root", "dual", address, "SupportEngineer")
        .await;
    let manager = json!({"principal": address, "role": "SupportManager"});
    world.ok("root", "role.assign", manager).await;
    world
        .person("ada", "twin", address, "CustomerLockboxAccessApprover")
        .await;
    world
}

/// Takes a step in both worlds; what it answers must be what the model says.
async fn take(world: &mut World, model: &mut Model, step: Step) {
    let engineer = |who: &str| json!({"principal": called(who), "role": "SupportEngineer"});
    match step {
        Step::Submit(who) => submit(world, model, who).await,
        Step::Do(aim, act, who) => {
            if let Some(index) = model.target(aim, act) {
                command(world, model, index, act, who).await;
            }
        }
        Step::Disable(who) => {
            let params = json!({"principal": called(who)});
            let answer = world.ok("root", "principal.disable", params).await;
            let known = model.engineers.get_mut(who).expect("an engineer");
            let was = std::mem::replace(&mut known.enabled, false);
            let lost = if was { model.loses_ground(who) } else { (0, 0) };
            assert_eq!(counts(&answer), lost, "{step:?}");
        }
        Step::Enable(who) => {
            let params = json!({"principal": called(who)});
            world.ok("root", "principal.enable", params.clone()).await;
            let known = model.engineers.get_mut(who).expect("an engineer");
            // Enabling revives nothing: who was disabled needs a new token.
            if !std::mem::replace(&mut known.enabled, true) {
                let invited = world.ok("root", "principal.invite", params).await;
                let code = json!({"code": invited["enrolmentCode"]});
                let enrolled = world.ok("", "principal.enroll", code).await;
                world.remember(who, &enrolled["token"]);
            }
        }
        Step::RemoveRole(who) => {
            let answer = world.ok("root", "role.remove", engineer(who)).await;
            let known = model.engineers.get_mut(who).expect("an engineer");
            let was = std::mem::replace(&mut known.holds_role, false);
            assert_eq!(answer["removed"], was, "{step:?}");
            let lost = if was { model.loses_ground(who) } else { (0, 0) };
            assert_eq!(counts(&answer), lost, "{step:?}");
        }
        Step::AssignRole(who) => {
            world.ok("root", "role.assign", engineer(who)).await;
            model
                .engineers
                .get_mut(who)
                .expect("an engineer")
                .holds_role = true;
        }
        Step::Suspend => {
            let params = json!({"tenant": CONTOSO, "reason": "unpaid"});
            let answer = world.ok("root", "tenant.suspend", params).await;
            assert_eq!(answer["revokedGrants"], model.suspend(), "{step:?}");
        }
        Step::Resume => {
            let params = json!({"tenant": CONTOSO});
            world.ok("root", "tenant.resume", params).await;
            model.suspended = false;
        }
        Step::RequireApproval(on) => {
            let params = json!({"approvalRequired": on});
            world.ok("ada", "policy.put", params).await;
            model.approval_required = on;
        }
        Step::LetRobotsApprove(on) => {
            let params = json!({"automaticApproval": on});
            world.ok("ada", "policy.put", params).await;
            model.robots_approve = on;
        }
        Step::Pass(millis) => pass(world, model, model.now.plus_millis(millis)),
        Step::ToNextEnd(beyond) => {
            if let Some(end) = model.requests.iter().filter_map(Plain::ends).min() {
                pass(world, model, end.plus_millis(beyond));
            }
        }
        Step::WriteDown => {
            let services = world.rpc.services();
            services.write_down_due().await.expect("written");
            assert_eq!(services.write_down_due().await.expect("nothing left"), 0);
        }
    }
}

fn pass(world: &World, model: &mut Model, to: Timestamp) {
    world.clock.set(to);
    model.pass(to);
}

fn counts(answer: &Value) -> (u64, u64) {
    let count = |name: &str| answer[name].as_u64().expect("a count");
    (count("withdrawnRequests"), count("revokedGrants"))
}

async fn submit(world: &World, model: &mut Model, who: &'static str) {
    let params = json!({
        "tenant": CONTOSO, "serviceName": "Exchange", "serviceRequestNumber": "CLB#1",
        "reason": "Mail is not delivered", "durationSeconds": HOUR / 1_000,
    });
    let answer = world.call(who, "request.submit", params).await;
    match (model.refuses_submit(who), answer) {
        (None, Ok(result)) => {
            let text = |name: &str| result["request"][name].as_str().expect("text").to_owned();
            model.submitted(who, text("identity"), text("requestId"));
        }
        (Some(code), Err(refusal)) => assert_eq!(refusal.code, code, "submit by {who}"),
        (expected, answer) => panic!("submit by {who}: expected {expected:?}, got {answer:?}"),
    }
}

async fn command(world: &World, model: &mut Model, index: usize, act: Act, who: &'static str) {
    let request = &model.requests[index];
    // Every other request is named by its reference number.
    let mut params = json!({"requestId": request.identity});
    if index % 2 == 1 {
        params = json!({"requestId": request.reference.to_lowercase()});
        if !is_customer(who) || act == Act::Revoke {
            params["tenant"] = CONTOSO.into();
        }
    }
    let (method, decision) = match act {
        Act::ReviewApprove => ("request.review", Some("Approve")),
        Act::ReviewReject => ("request.review", Some("Reject")),
        Act::Approve => ("request.decide", Some("Approve")),
        Act::Deny => ("request.decide", Some("Deny")),
        Act::Cancel => ("request.decide", Some("Cancel")),
        Act::Withdraw => ("request.withdraw", None),
        Act::Complete => ("request.complete", None),
        Act::Revoke => ("grant.revoke", None),
    };
    if let Some(decision) = decision {
        params["decision"] = decision.into();
    }
    let answer = world.call(who, method, params).await;
    match (model.refuses(index, act, who), answer) {
        (None, Ok(_)) => model.done(index, act, who),
        (Some(code), Err(refusal)) => {
            assert_eq!(refusal.code, code, "{act:?} by {who} on {request:?}");
            compare_refusal(request, who, &refusal);
        }
        (expected, answer) => {
            panic!("{act:?} by {who}: expected {expected:?}, got {answer:?}; {request:?}")
        }
    }
}

/// A conflict names the state, who and when, as the caller may know it.
fn compare_refusal(request: &Plain, who: &str, refusal: &Refusal) {
    let conflict = ["wrongState", "alreadyDecided", "requestExpired"].contains(&&*refusal.code);
    if !conflict {
        return;
    }
    let data = &refusal.data;
    assert_eq!(refusal.number, -32_004, "{data}");
    assert_eq!(data["currentState"], request.state, "{data}");
    assert_eq!(data["approvalStatus"].as_str(), request.status(), "{data}");
    let (by, at) = request.brought;
    assert_name(&data["decidedBy"], by, is_customer(who));
    assert_eq!(data["decidedDate"], at.to_string(), "{data}");
}

/// The customer knows the provider's people by pseudonym only.
fn assert_name(shown: &Value, who: Option<&str>, customer: bool) {
    match who {
        Some(who) if customer && !is_customer(who) => {
            let shown = shown.as_str().unwrap_or_default();
            assert!(shown.starts_with("engineer-"), "{shown} for {who}");
        }
        who => assert_eq!(shown.as_str(), who.map(called)),
    }
}

/// A request as the provider and as the customer see it, and whether it gives access.
async fn compare(world: &World, request: &Plain) {
    let named = json!({"requestId": request.identity});
    let shown = world.ok("max", "request.get", named.clone()).await;
    compare_request(&shown["request"], request, false);
    if request.arrived {
        let shown = world.ok("anna", "request.get", named).await;
        compare_request(&shown["request"], request, true);
    } else {
        world
            .refused("anna", "request.get", named, "notFound")
            .await;
    }
    let check = json!({
        "tenant": CONTOSO, "requestId": request.identity, "engineer": called(request.by),
    });
    let checked = world.ok("gate", "grant.check", check).await;
    let live = request.state == "Approved";
    assert_eq!(checked["allowed"], live, "{checked} {request:?}");
}

/// Lists by status hold what has that status, whether or not time was written down.
async fn compare_lists(world: &World, model: &Model) {
    for status in ["Pending", "Approved", "Denied", "Canceled", "Expired"] {
        let params = json!({"approvalStatus": status, "pageSize": 1_000});
        let listed = world.ok("anna", "request.list", params).await;
        let mut listed: Vec<&str> = listed["requests"]
            .as_array()
            .expect("requests")
            .iter()
            .map(|shown| shown["identity"].as_str().expect("a GUID"))
            .collect();
        let mut expected: Vec<&str> = model
            .requests
            .iter()
            .filter(|request| request.status() == Some(status))
            .map(|request| request.identity.as_str())
            .collect();
        listed.sort_unstable();
        expected.sort_unstable();
        assert_eq!(listed, expected, "{status}");
    }
}

fn compare_request(shown: &Value, request: &Plain, customer: bool) {
    let text = |at: Option<Timestamp>| at.map(|at| at.to_string());
    let expected = [
        ("state", Some(request.state.to_owned())),
        ("approvalStatus", request.status().map(str::to_owned)),
        (
            "decision",
            request.decided.map(|(act, ..)| format!("{act:?}")),
        ),
        ("decidedDate", text(request.decided.map(|(.., at)| at))),
        ("closedDate", text(request.closed.map(|(_, at)| at))),
        ("expirationDate", text(request.due)),
        ("accessStart", text(request.access.map(|(start, _)| start))),
        ("accessEnd", text(request.access.map(|(_, end)| end))),
    ];
    for (name, value) in expected {
        assert_eq!(
            shown[name].as_str(),
            value.as_deref(),
            "{name} of {request:?}"
        );
    }
    let decider = request.decided.map(|(_, who, _)| who);
    assert_name(&shown["decidedBy"], decider, customer);
    assert_name(
        &shown["closedBy"],
        request.closed.and_then(|(who, _)| who),
        customer,
    );
    assert_name(&shown["reviewedBy"], request.reviewer, customer);
}

/// At the end, when everything is written down: each act of a request stands once, in order, in
/// the log that it belongs to. Expiry, end of access and decisions are among them.
async fn compare_logs(world: &World, model: &Model) {
    let tenant = world.log("ada").await;
    let provider = world.log("root").await;
    let acts = |log: &[Value], request: &Plain| -> Vec<String> {
        log.iter()
            .filter(|record| record["ObjectId"] == request.identity)
            .map(|record| record["Operation"].as_str().expect("a name").to_owned())
            .filter(|operation| operation != "LockboxRequestRefused")
            .collect()
    };
    for request in &model.requests {
        assert_eq!(acts(&tenant, request), request.tenant_log, "{request:?}");
        assert_eq!(
            acts(&provider, request),
            request.provider_log,
            "{request:?}"
        );
    }
    let decisions = |name: &str| {
        tenant
            .iter()
            .filter(|record| record["Operation"] == name)
            .count()
    };
    let expected = model
        .requests
        .iter()
        .flat_map(|request| &request.tenant_log);
    let name = "Set-AccessToCustomerDataRequest";
    assert_eq!(
        decisions(name),
        expected.filter(|operation| **operation == name).count()
    );
}
