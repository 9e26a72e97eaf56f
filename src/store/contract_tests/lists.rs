//! Lists: filters mean what the domain judges, pages are complete and without doubles.

use super::Harness;
use super::fixtures::{World, applied, dawn, organization, person, request};
use crate::clock::Timestamp;
use crate::domain::emergency::{Acknowledgement, Emergency, Period};
use crate::domain::organization::{OrgKind, OrgState, Organization};
use crate::domain::request::{ApprovalStatus, Request, State};
use crate::domain::scope::Scope;
use crate::domain::status::{approval_status, rows_in_state, rows_with_status};
use crate::ids::{GrantId, RequestId};
use crate::store::{Count, Emergencies, RequestFilter, RequestRef, RowWrite, Store};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::collections::BTreeSet;
use std::sync::Arc;

async fn insert<H: Harness>(world: &World<H>, requests: &[Request]) {
    let writes = requests
        .iter()
        .map(|request| RowWrite::InsertRequest(Box::new(request.clone()), Vec::new()))
        .collect();
    applied(world.commit(world.change(writes)).await);
}

fn everywhere() -> RequestFilter {
    RequestFilter {
        scopes: vec![Scope::Tenants],
        limit: 1000,
        ..RequestFilter::default()
    }
}

async fn list(store: &Arc<dyn Store>, filter: RequestFilter) -> Vec<RequestId> {
    let page = store.requests(filter).await.unwrap();
    page.rows.iter().map(|row| row.identity).collect()
}

fn sorted(ids: impl IntoIterator<Item = RequestId>) -> BTreeSet<RequestId> {
    ids.into_iter().collect()
}

/// A row as it may be stored: any state, arrived or not, instants around one moment.
fn rows() -> impl Strategy<Value = Vec<(usize, bool, i64, i64, i64)>> {
    let instant = || -3_i64..=3;
    let row = (
        0..State::ALL.len(),
        any::<bool>(),
        instant(),
        instant(),
        instant(),
    );
    prop::collection::vec(row, 1..40)
}

pub(crate) async fn states_agree_with_the_judged_ones<H: Harness>() {
    let handle = tokio::runtime::Handle::current();
    let task = tokio::task::spawn_blocking(move || {
        let config = Config {
            cases: 24,
            failure_persistence: None,
            ..Config::default()
        };
        TestRunner::new(config)
            .run(&rows(), |rows| handle.block_on(agree::<H>(rows)))
            .unwrap();
    });
    task.await.unwrap();
}

async fn agree<H: Harness>(rows: Vec<(usize, bool, i64, i64, i64)>) -> Result<(), TestCaseError> {
    let world = World::<H>::new().await;
    let now = dawn();
    let requests: Vec<Request> = rows
        .into_iter()
        .map(|(state, arrived, review, answer, end)| Request {
            state: State::ALL[state],
            sent_at: arrived.then(|| now.plus_seconds(-9)),
            review_deadline: now.plus_millis(review),
            // Without a deadline time does not move it on.
            deadline: (answer != 3).then(|| now.plus_millis(answer)),
            access_end: (end != 3).then(|| now.plus_millis(end)),
            ..world.draft_request()
        })
        .collect();
    insert(&world, &requests).await;
    for state in State::ALL {
        for arrived in [None, Some(true), Some(false)] {
            let judged = requests.iter().filter(|request| {
                request.state_at(now) == *state
                    && arrived.is_none_or(|arrived| request.arrived() == arrived)
            });
            let found = RequestFilter {
                states: rows_in_state(*state, arrived, now),
                ..everywhere()
            };
            prop_assert_eq!(
                sorted(list(&world.store, found).await),
                sorted(judged.map(|request| request.identity)),
                "{:?} {:?}",
                state,
                arrived
            );
        }
    }
    for status in ApprovalStatus::ALL {
        let judged = requests.iter().filter(|request| {
            approval_status(request.state_at(now), request.arrived()) == Some(*status)
        });
        let found = RequestFilter {
            states: rows_with_status(*status, now),
            ..everywhere()
        };
        prop_assert_eq!(
            sorted(list(&world.store, found).await),
            sorted(judged.map(|request| request.identity)),
            "{:?}",
            status
        );
    }
    let judged = requests.iter().filter(|request| request.overdue(now));
    let overdue = world.store.overdue(now, 1000).await.unwrap();
    prop_assert_eq!(
        sorted(overdue.iter().map(|request| request.identity)),
        sorted(judged.map(|request| request.identity))
    );
    Ok(())
}

pub(crate) async fn requests_page_by_page<H: Harness>() {
    let world = World::<H>::new().await;
    let requests: Vec<Request> = (0..23)
        .map(|number| Request {
            created_at: dawn().plus_seconds(number / 5),
            ..world.draft_request()
        })
        .collect();
    insert(&world, &requests).await;
    let mut expected: Vec<_> = requests.iter().map(RequestFilter::position).collect();
    expected.sort_unstable();
    expected.reverse();
    for limit in [1, 4, 23, 24] {
        let mut filter = RequestFilter {
            limit,
            ..everywhere()
        };
        let mut found = Vec::new();
        loop {
            let page = world.store.requests(filter.clone()).await.unwrap();
            assert!(page.rows.len() <= limit);
            found.extend(page.rows.iter().map(RequestFilter::position));
            assert_eq!(page.more, found.len() < expected.len());
            if !page.more {
                break;
            }
            filter.before = found.last().copied();
        }
        assert_eq!(found, expected, "pages of {limit}");
    }
}

pub(crate) async fn emergencies_are_sorted_by_who_has_seen_them<H: Harness>() {
    let world = World::<H>::new().await;
    let at = dawn();
    let emergency = |seconds, incident: &str, reported, seen: Option<Timestamp>| {
        let mut emergency = Emergency::new(incident, reported);
        emergency.acknowledged = seen.map(|at| Acknowledgement {
            by: world.draft_request().requester,
            at,
            comment: None,
        });
        Request {
            emergency: Some(emergency),
            created_at: at.plus_seconds(seconds),
            ..world.draft_request()
        }
    };
    let granted = |row: Request| Request {
        sent_at: Some(at),
        state: State::Ended,
        grant: Some(GrantId::new()),
        ..row
    };
    let period = Period { start: at, end: at };
    let over = |row: Request| Request {
        sent_at: Some(at),
        state: State::Ended,
        ..row
    };
    let before = at.plus_millis(-1);
    let after = at.plus_millis(1);
    let waiting = emergency(1, "INC-1", None, None);
    let rejected = Request {
        state: State::Rejected,
        ..emergency(2, "INC-1", None, None)
    };
    let unseen = granted(emergency(3, "inc-1", None, None));
    let seen_before = granted(emergency(4, "INC-2", None, Some(before)));
    let seen_now = granted(emergency(5, "INC-1", None, Some(at)));
    let seen_later = granted(emergency(6, "INC-1 b", None, Some(after)));
    let reported = over(emergency(7, "INC-1", Some(period), None));
    let ordinary = granted(world.draft_request());
    let all = [
        &waiting,
        &rejected,
        &unseen,
        &seen_before,
        &seen_now,
        &seen_later,
        &reported,
        &ordinary,
    ];
    let rows: Vec<Request> = all.into_iter().cloned().collect();
    insert(&world, &rows).await;
    for (sort, expected) in [
        (
            Emergencies::OpenAt(at),
            vec![&reported, &seen_later, &unseen, &waiting],
        ),
        (
            Emergencies::ClosedAt(at),
            vec![&seen_now, &seen_before, &rejected],
        ),
        (
            Emergencies::OfIncident("INC-1".to_owned()),
            vec![&reported, &seen_now, &unseen, &rejected, &waiting],
        ),
    ] {
        let filter = RequestFilter {
            emergencies: Some(sort.clone()),
            ..everywhere()
        };
        let expected: Vec<RequestId> = expected.iter().map(|row| row.identity).collect();
        assert_eq!(list(&world.store, filter).await, expected, "{sort:?}");
    }
    let without = RequestFilter {
        without_reports: true,
        ..everywhere()
    };
    let found = list(&world.store, without).await;
    assert_eq!(found.len(), rows.len() - 1);
    assert!(!found.contains(&reported.identity));
    let count = Count::EmergenciesInTenant(world.tenant.id);
    assert_eq!(world.store.count(count, at).await.unwrap(), 5);
    let read = RequestRef::Identity(seen_later.identity);
    let read = world.store.request(world.tenant.id, read).await.unwrap();
    assert_eq!(read.unwrap().emergency, seen_later.emergency);
}

pub(crate) async fn filters_narrow<H: Harness>() {
    let world = World::<H>::new().await;
    let other = organization(OrgKind::Tenant, "fabrikam.onmicrosoft.com");
    let colleague = person(&world.provider, "colleague@provider.example");
    let inserts = vec![
        RowWrite::InsertOrganization(Box::new(other.clone())),
        RowWrite::InsertPrincipal(Box::new(colleague.clone())),
    ];
    applied(world.commit(world.provider_change(inserts)).await);
    let plain = world.draft_request();
    let mut teams = Request {
        grant: Some(GrantId::new()),
        created_at: dawn().plus_seconds(10),
        ..request(&world.tenant, &colleague)
    };
    teams.ask.service = "Teams".to_owned();
    let arrived = Request {
        sent_at: Some(dawn()),
        created_at: dawn().plus_seconds(20),
        ..request(&other, &world.engineer)
    };
    insert(&world, &[plain.clone(), teams.clone(), arrived.clone()]).await;
    let (plain, teams, arrived) = (plain.identity, teams.identity, arrived.identity);
    let (here, there) = (world.tenant.id, other.id);
    let service = |tenant, name: &str| Scope::Service(tenant, name.to_owned());
    let scoped = |scopes| RequestFilter {
        scopes,
        ..everywhere()
    };
    let cases: Vec<(&str, RequestFilter, Vec<RequestId>)> = vec![
        (
            "everything, newest first",
            everywhere(),
            vec![arrived, teams, plain],
        ),
        ("no scope is nowhere", scoped(vec![]), vec![]),
        (
            "the provider's own is no tenant's",
            scoped(vec![Scope::Provider]),
            vec![],
        ),
        (
            "a tenant",
            scoped(vec![Scope::Tenant(here)]),
            vec![teams, plain],
        ),
        (
            "a service",
            scoped(vec![service(here, "teams")]),
            vec![teams],
        ),
        (
            "a service elsewhere",
            scoped(vec![service(there, "Teams")]),
            vec![],
        ),
        (
            "a subscription",
            scoped(vec![Scope::Subscription(here, "s".to_owned())]),
            vec![],
        ),
        (
            "any of two scopes",
            scoped(vec![service(here, "Teams"), Scope::Tenant(there)]),
            vec![arrived, teams],
        ),
        (
            "or one's own",
            RequestFilter {
                or_own: Some((world.engineer.id, vec![Scope::Tenants])),
                ..scoped(vec![service(here, "Teams")])
            },
            vec![arrived, teams, plain],
        ),
        (
            "only one's own",
            RequestFilter {
                or_own: Some((colleague.id, vec![Scope::Tenant(here)])),
                ..scoped(vec![])
            },
            vec![teams],
        ),
        (
            "one's own elsewhere",
            RequestFilter {
                or_own: Some((colleague.id, vec![Scope::Tenant(there)])),
                ..scoped(vec![])
            },
            vec![],
        ),
        (
            "in one tenant, whatever the scope",
            RequestFilter {
                tenant: Some(there),
                ..everywhere()
            },
            vec![arrived],
        ),
        (
            "arrived",
            RequestFilter {
                arrived_only: true,
                ..everywhere()
            },
            vec![arrived],
        ),
        (
            "one by its GUID",
            RequestFilter {
                which: Some(RequestRef::Identity(teams)),
                ..everywhere()
            },
            vec![teams],
        ),
        (
            "one by its GUID, out of scope",
            RequestFilter {
                which: Some(RequestRef::Identity(teams)),
                ..scoped(vec![Scope::Tenant(there)])
            },
            vec![],
        ),
        (
            "by a reference number, in any case and tenant",
            RequestFilter {
                which: Some(RequestRef::Reference("exsr000001".to_owned())),
                ..everywhere()
            },
            vec![arrived, plain],
        ),
        (
            "granted",
            RequestFilter {
                granted_only: true,
                ..everywhere()
            },
            vec![teams],
        ),
        (
            "after an instant",
            RequestFilter {
                created_after: Some(dawn().plus_seconds(10)),
                ..everywhere()
            },
            vec![arrived],
        ),
        (
            "of a service, in any case",
            RequestFilter {
                service: Some("EXCHANGE".to_owned()),
                ..everywhere()
            },
            vec![arrived, plain],
        ),
        (
            "of a requester",
            RequestFilter {
                requester: Some(colleague.id),
                ..everywhere()
            },
            vec![teams],
        ),
    ];
    for (name, filter, expected) in cases {
        assert_eq!(list(&world.store, filter).await, expected, "{name}");
    }
}

pub(crate) async fn overdue_and_next_due<H: Harness>() {
    let world = World::<H>::new().await;
    assert_eq!(world.store.next_due().await.unwrap(), None);
    let due = |seconds: i64| Request {
        review_deadline: dawn().plus_seconds(seconds),
        ..world.draft_request()
    };
    let (late, early, closed) = (
        due(20),
        due(10),
        Request {
            state: State::Rejected,
            ..due(1)
        },
    );
    insert(&world, &[late.clone(), early.clone(), closed]).await;
    let store = &world.store;
    let overdue = |moment: Timestamp, limit| async move {
        let rows = store.overdue(moment, limit).await.unwrap();
        rows.iter().map(|row| row.identity).collect::<Vec<_>>()
    };
    assert_eq!(
        world.store.next_due().await.unwrap(),
        Some(dawn().plus_seconds(10))
    );
    assert!(overdue(dawn().plus_millis(9_999), 9).await.is_empty());
    assert_eq!(overdue(dawn().plus_seconds(10), 9).await, [early.identity]);
    let both = [early.identity, late.identity];
    assert_eq!(overdue(dawn().plus_seconds(20), 9).await, both);
    assert_eq!(overdue(dawn().plus_seconds(20), 1).await, [early.identity]);
}

pub(crate) async fn tenants_page_by_name<H: Harness>() {
    let world = World::<H>::new().await;
    let inserts = ["b.example", "a.example", "z.example"]
        .map(|name| {
            RowWrite::InsertOrganization(Box::new(Organization {
                state: OrgState::Unclaimed,
                ..organization(OrgKind::Tenant, name)
            }))
        })
        .into();
    applied(world.commit(world.provider_change(inserts)).await);
    let names = |state, after: Option<&str>, limit| {
        let tenants = world.store.tenants(state, after.map(str::to_owned), limit);
        async move {
            let tenants = tenants.await.unwrap();
            tenants.into_iter().map(|org| org.name).collect::<Vec<_>>()
        }
    };
    let contoso = world.tenant.name.as_str();
    let all = ["a.example", "b.example", contoso, "z.example"];
    assert_eq!(names(None, None, 9).await, all);
    assert_eq!(names(None, None, 2).await, all[..2]);
    assert_eq!(names(None, Some("b.example"), 9).await, all[2..]);
    assert_eq!(names(Some(OrgState::Active), None, 9).await, [contoso]);
}

pub(crate) async fn principals_page_by_id<H: Harness>() {
    let world = World::<H>::new().await;
    let mut expected = vec![world.admin.id, world.deputy.id];
    expected.sort_unstable();
    let ids = |after, limit| {
        let people = world.store.principals(world.tenant.id, after, limit);
        async move {
            let people = people.await.unwrap();
            people
                .into_iter()
                .map(|person| person.id)
                .collect::<Vec<_>>()
        }
    };
    assert_eq!(ids(None, 9).await, expected);
    assert_eq!(ids(None, 1).await, expected[..1]);
    assert_eq!(ids(expected.first().copied(), 1).await, expected[1..]);
    assert!(ids(expected.last().copied(), 9).await.is_empty());
}
