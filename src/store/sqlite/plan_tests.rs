//! By which index everything is found.

use super::schema_tests::{database, every_precondition, judged_reads};
use super::{check, deliveries, notices, outbox, policy, read, requests, search};
use crate::domain::notice::Event;
use crate::domain::notice::delivery::{Lane, Place, Purse};
use crate::domain::notice::settings::Language;
use crate::domain::scope::Scope;
use crate::domain::status::rows_with_status;
use crate::ids::{DeliveryId, OrgId, RecordId, RequestId, WebhookId};
use crate::store::contract_tests::fixtures::{dawn, everything};
use crate::store::{
    AuditFilter, AuditSelector, Count, DeliveryFilter, Emergencies, Precondition, RequestFilter,
};
use rusqlite::Connection;
use rusqlite::trace::{TraceEvent, TraceEventCodes};
use std::sync::{Arc, Mutex};

/// The plans of all statements that the call runs.
fn plans(conn: &mut Connection, call: impl FnOnce(&Connection)) -> Vec<String> {
    let statements = Arc::new(Mutex::new(Vec::new()));
    let list = Arc::clone(&statements);
    let note = move |event: TraceEvent<'_>| {
        if let TraceEvent::Stmt(statement, _) = event {
            list.lock().unwrap().push(statement.expanded_sql().unwrap());
        }
    };
    conn.trace_v2(TraceEventCodes::SQLITE_TRACE_STMT, Some(note))
        .unwrap();
    call(conn);
    conn.trace_v2(TraceEventCodes::empty(), None::<fn(TraceEvent<'_>)>)
        .unwrap();
    let statements = std::mem::take(&mut *statements.lock().unwrap());
    assert!(!statements.is_empty());
    statements
        .iter()
        .filter(|sql| sql.starts_with("SELECT"))
        .flat_map(|sql| {
            conn.prepare(&format!("EXPLAIN QUERY PLAN {sql}"))
                .unwrap()
                .query_map([], |row| row.get::<_, String>(3))
                .unwrap()
                .collect::<rusqlite::Result<Vec<_>>>()
                .unwrap()
        })
        .collect()
}

#[test]
fn emergency_access_is_found_without_reading_all_requests() {
    let (_dir, mut conn) = database();
    let org = OrgId::new();
    let of = |emergencies: Emergencies| RequestFilter {
        scopes: vec![Scope::Tenant(org)],
        tenant: Some(org),
        emergencies: Some(emergencies),
        limit: 9,
        ..RequestFilter::default()
    };
    let plans = plans(&mut conn, |conn| {
        for sort in [
            Emergencies::OpenAt(dawn()),
            Emergencies::ClosedAt(dawn()),
            Emergencies::OfIncident("INC-1".to_owned()),
        ] {
            requests::list(conn, &of(sort)).unwrap();
        }
        check::count(conn, &Count::EmergenciesInTenant(org), dawn()).unwrap();
    });
    let used = |plan: &&String| plan.contains("request_emergency");
    assert_eq!(plans.iter().filter(used).count(), 4, "{plans:#?}");
    assert!(
        !plans.iter().any(|plan| plan.contains("B-TREE")),
        "{plans:#?}"
    );
}

#[test]
fn queries_have_their_indices() {
    let (_dir, mut conn) = database();
    let org = OrgId::new();
    let list = |filter: RequestFilter| {
        move |conn: &Connection| {
            let filter = RequestFilter {
                limit: 9,
                before: Some((dawn(), RequestId::new())),
                ..filter
            };
            requests::list(conn, &filter).unwrap();
        }
    };
    let find = |change: fn(&mut AuditFilter)| {
        move |conn: &Connection| {
            let mut filter = AuditFilter {
                limit: 9,
                start: Some(dawn()),
                before: Some((dawn(), 5)),
                ..everything(org)
            };
            change(&mut filter);
            search::search(conn, &filter).unwrap();
        }
    };
    let in_tenant = RequestFilter {
        scopes: vec![Scope::Tenant(org)],
        tenant: Some(org),
        ..RequestFilter::default()
    };
    let pending = RequestFilter {
        states: rows_with_status(crate::domain::request::ApprovalStatus::Pending, dawn()),
        ..in_tenant.clone()
    };
    let all = RequestFilter {
        scopes: vec![Scope::Tenants],
        ..RequestFilter::default()
    };
    type Call = Box<dyn FnOnce(&Connection)>;
    let ordered: Vec<(&str, Call)> = vec![
        ("judgements", Box::new(|conn| judged_reads(conn).unwrap())),
        (
            "preconditions",
            Box::new(|conn| {
                for precondition in every_precondition() {
                    check::holds(conn, &precondition, dawn()).unwrap();
                }
            }),
        ),
        (
            "who has enrolled",
            Box::new(move |conn| {
                read::has_enrolled(conn, org, "a@x.example").unwrap();
            }),
        ),
        (
            "overdue",
            Box::new(|conn| drop(read::overdue(conn, dawn(), 9).unwrap())),
        ),
        (
            "waking",
            Box::new(|conn| drop(read::waking(conn, dawn(), 9).unwrap())),
        ),
        (
            "asking",
            Box::new(|conn| drop(read::asking(conn, dawn(), 9).unwrap())),
        ),
        (
            "events",
            Box::new(move |conn| {
                outbox::due(conn, Place::START, dawn(), 9).unwrap();
                outbox::next_due(conn, dawn()).unwrap();
                let request = Some(RequestId::new());
                deliveries::is_ahead(conn, DeliveryId::new(), "a", request).unwrap();
                for org in [Some(org), None] {
                    let place = Place { due: dawn(), nr: 5 };
                    outbox::behind(conn, org, place, dawn(), 9).unwrap();
                    outbox::next_told(conn, org, dawn()).unwrap();
                }
                outbox::has_told(conn, dawn()).unwrap();
                outbox::forget(conn, dawn(), 9).unwrap();
                outbox::last(conn).unwrap();
                outbox::held(conn, org).unwrap();
            }),
        ),
        (
            "webhooks and texts",
            Box::new(move |conn| {
                notices::webhook(conn, WebhookId::new()).unwrap();
                notices::webhooks(conn, org).unwrap();
                notices::template(conn, org, Event::RolesChanged, Language::En).unwrap();
            }),
        ),
        (
            "policies",
            Box::new(move |conn| drop(policy::list(conn, org, None, 9).unwrap())),
        ),
        (
            "records",
            Box::new(move |conn| {
                search::record(conn, org, AuditSelector::Id(RecordId::new())).unwrap();
                search::record(conn, org, AuditSelector::Sequence(None, 1)).unwrap();
            }),
        ),
        (
            "principals",
            Box::new(move |conn| drop(read::principals(conn, org, None, 9).unwrap())),
        ),
        ("requests of a tenant", Box::new(list(in_tenant))),
        ("pending requests of a tenant", Box::new(list(pending))),
        ("all requests", Box::new(list(all))),
        ("records by time", Box::new(find(|_| {}))),
        (
            "records by sequence",
            Box::new(find(|filter| {
                filter.from = Some(5);
                (filter.start, filter.before) = (None, None);
            })),
        ),
        (
            "records by operation",
            Box::new(find(|filter| filter.operations = vec!["a".to_owned()])),
        ),
        (
            "records by user",
            Box::new(find(|filter| filter.user_ids = vec!["a".to_owned()])),
        ),
        (
            "records by object",
            Box::new(find(|filter| filter.object_ids = vec!["a".to_owned()])),
        ),
        (
            "records by text",
            Box::new(find(|filter| filter.free_text = Some("a".to_owned()))),
        ),
    ];
    for (name, call) in ordered {
        for step in plans(&mut conn, call) {
            let walks = step.starts_with("SCAN") && !step.contains("INDEX");
            assert!(!walks, "{name} walks over a table: {step}");
            assert!(
                !step.contains("TEMP B-TREE FOR ORDER"),
                "{name} sorts: {step}"
            );
        }
    }
    // What waits is found without walking over what is told; one pass over the lanes is one step
    // of an index for each.
    let waiting = plans(&mut conn, |conn| {
        deliveries::due(conn, Lane::Mail, dawn(), 9).unwrap();
        deliveries::lanes(conn).unwrap();
        deliveries::one_of(conn, org, DeliveryId::new()).unwrap();
        for request in [None, Some(RequestId::new())] {
            let filter = DeliveryFilter {
                org,
                request,
                state: None,
                before: Some(5),
                limit: 9,
            };
            deliveries::list(conn, &filter).unwrap();
        }
    });
    for step in &waiting {
        let walks = step.starts_with("SCAN") && !step.contains("INDEX") && *step != "SCAN lanes";
        assert!(!walks && !step.contains("B-TREE"), "{step}: {waiting:#?}");
    }
    for index in [
        "delivery_due",
        "delivery_order",
        "delivery_org",
        "delivery_request",
    ] {
        let used = |step: &String| step.contains(index);
        assert!(waiting.iter().any(used), "{index}: {waiting:#?}");
    }
    let counted = plans(&mut conn, |conn| {
        deliveries::counted(conn, (org, Purse::Others), dawn(), 9).unwrap();
    });
    assert!(
        counted.iter().any(|step| step.contains("delivery_purse")),
        "{counted:?}"
    );
    // Counts are checked at every submission: they may not walk over what is long over.
    let count = Precondition::Fewer(Count::LiveInTenant(org), 1);
    let by_due = plans(&mut conn, |conn| {
        check::holds(conn, &count, dawn()).unwrap();
    });
    assert!(
        by_due.iter().any(|step| step.contains("request_open")),
        "{by_due:?}"
    );
    let by_operation = plans(
        &mut conn,
        find(|filter| filter.operations = vec!["a".to_owned()]),
    );
    assert!(
        by_operation
            .iter()
            .any(|step| step.contains("record_operation")),
        "{by_operation:?}"
    );
}

/// Those that are told are kept for long, and are many more.
#[test]
fn events_that_wait_are_found_behind_a_place_without_those_that_are_told() {
    let (_dir, mut conn) = database();
    let place = Place { due: dawn(), nr: 5 };
    let plan = plans(&mut conn, |conn| {
        outbox::due(conn, place, dawn(), 9).unwrap();
    });
    let own = plan.iter().any(|step| step.contains("outbox_waiting"));
    assert!(own, "{plan:?}");
}
