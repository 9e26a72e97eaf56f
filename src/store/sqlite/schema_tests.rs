//! What stands in which table, who reads it, and by which index.

use super::tests::Sqlite;
use super::{PERSONAL_COLUMNS, apply, check, files, policy, read, requests, search};
use super::{deliveries, notices, outbox};
use crate::audit::draft::{Draft, Parameter};
use crate::domain::notice::Event;
use crate::domain::notice::delivery::{Attempt, Lane, NewDelivery, Place};
use crate::domain::notice::settings::Language;
use crate::domain::notice::template::Template;
use crate::domain::notice::webhook::Webhook;
use crate::domain::organization::{Organization, Settings};
use crate::domain::people::{Principal, Token};
use crate::domain::policy::stored::{PendingChange, PolicyVersion};
use crate::domain::request::{Party, Request};
use crate::domain::scope::{Role, Scope};
use crate::domain::status::rows_with_status;
use crate::ids::{
    ChangeId, CodeId, DeliveryId, GrantId, OrgId, PrincipalId, RecordId, RequestId, TokenId,
    WebhookId,
};
use crate::store::contract_tests::fixtures::{
    World, applied, code, dawn, everything, key, person, record, token,
};
use crate::store::contract_tests::notices as contract_notices;
use crate::store::contract_tests::policies as contract_policies;
use crate::store::{
    AuditFilter, AuditSelector, Change, Count, DeliveryFilter, Emergencies, Key, OrgRef,
    Precondition, PrincipalRef, RequestFilter, RequestRef, RowRef, RowWrite, TokenUse, Upkeep,
};
use rusqlite::Connection;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::trace::{TraceEvent, TraceEventCodes};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

/// The tables that some statements read and write, as SQLite's authorizer sees them.
#[derive(Clone, Default)]
struct Touched {
    read: Arc<Mutex<BTreeSet<String>>>,
    written: Arc<Mutex<BTreeSet<String>>>,
}

impl Touched {
    fn watch(&self, conn: &mut Connection) {
        let touched = self.clone();
        conn.authorizer(Some(move |context: AuthContext<'_>| {
            let note = |set: &Mutex<BTreeSet<String>>, table: &str| {
                set.lock().unwrap().insert(table.to_owned());
            };
            match context.action {
                AuthAction::Read { table_name, .. } => note(&touched.read, table_name),
                AuthAction::Insert { table_name }
                | AuthAction::Update { table_name, .. }
                | AuthAction::Delete { table_name } => note(&touched.written, table_name),
                _ => {}
            }
            Authorization::Allow
        }))
        .unwrap();
    }
}

/// One of each; the match makes a new one come by here.
fn every_upkeep() -> Vec<Upkeep> {
    let all = vec![
        Upkeep::TokenUses(vec![TokenUse {
            token: TokenId::new(),
            at: dawn(),
        }]),
        Upkeep::PruneIdempotency(dawn()),
        Upkeep::PruneEvents(dawn(), 9),
        Upkeep::Deliveries(vec![(
            1,
            vec![NewDelivery::webhook(OrgId::new(), WebhookId::new())],
        )]),
        Upkeep::Lease(vec![DeliveryId::new()], dawn()),
        Upkeep::ReleaseLeases,
        Upkeep::Attempts(vec![Attempt {
            id: DeliveryId::new(),
            result: String::new(),
            again: None,
        }]),
        Upkeep::ClockOffset(1),
    ];
    for upkeep in &all {
        match upkeep {
            Upkeep::TokenUses(_)
            | Upkeep::PruneIdempotency(_)
            | Upkeep::PruneEvents(..)
            | Upkeep::Deliveries(_)
            | Upkeep::Lease(..)
            | Upkeep::ReleaseLeases
            | Upkeep::Attempts(_)
            | Upkeep::ClockOffset(_) => {}
        }
    }
    all
}

fn every_precondition() -> Vec<Precondition> {
    let (org, principal, text) = (OrgId::new(), PrincipalId::new(), || "x".to_owned());
    let rows = [
        RowRef::Organization(org),
        RowRef::Settings(org),
        RowRef::Policy(org),
        RowRef::PendingChange(org, ChangeId::new()),
        RowRef::Principal(principal),
        RowRef::Token(TokenId::new()),
        RowRef::Code(CodeId::new()),
        RowRef::Assignment(principal, Role::SupportEngineer, Scope::Tenants),
        RowRef::Request(RequestId::new()),
        RowRef::Webhook(WebhookId::new()),
    ];
    let keys = [
        Key::OrganizationId(org),
        Key::OrganizationName(text()),
        Key::Provider,
        Key::Address(org, text()),
        Key::RobotName(org, text()),
        Key::Reference(org, text()),
        Key::PendingChange(org),
        Key::Assignment(principal, Role::SupportEngineer, Scope::Tenants),
    ];
    let counts = [
        Count::OpenInTenant(org),
        Count::WaitingInTenant(org),
        Count::OpenOfRequester(principal),
        Count::UnendedOfRequester(principal),
        Count::LiveInTenant(org),
        Count::EmergenciesInTenant(org),
        Count::LiveTokens(org, principal),
        Count::Webhooks(org),
        Count::OtherHolders {
            org,
            role: Role::GlobalAdministrator,
            except: principal,
        },
    ];
    rows.into_iter()
        .map(|row| Precondition::At(row, 1))
        .chain(keys.into_iter().map(Precondition::Absent))
        .chain(
            counts
                .into_iter()
                .map(|count| Precondition::Fewer(count, 1)),
        )
        .chain([
            Precondition::Before(dawn()),
            Precondition::NotBefore(dawn()),
        ])
        .collect()
}

/// The reads that judgements rest on; the last use of tokens and kept answers are shown, not
/// judged.
fn judged_reads(conn: &Connection) -> rusqlite::Result<()> {
    let (org, principal, text) = (OrgId::new(), PrincipalId::new(), || "x".to_owned());
    read::provider(conn)?;
    read::organization(conn, &OrgRef::Id(org))?;
    read::organization(conn, &OrgRef::Name(text()))?;
    read::settings(conn, org)?;
    policy::in_force(conn, org)?;
    policy::version(conn, org, 1)?;
    policy::pending(conn, org)?;
    read::principal(conn, org, &PrincipalRef::Id(principal))?;
    read::principal(conn, org, &PrincipalRef::Label(text()))?;
    read::robots_of(conn, org, principal)?;
    read::assignments(conn, org, Some(principal))?;
    read::token_by_hash(conn, &[0; 32])?;
    read::token(conn, org, TokenId::new())?;
    read::code_by_hash(conn, &[0; 32])?;
    read::request(conn, org, &RequestRef::Identity(RequestId::new()))?;
    read::request(conn, org, &RequestRef::Reference(text()))?;
    read::request_anywhere(conn, RequestId::new())?;
    read::request_of_grant(conn, GrantId::new())?;
    read::principal_anywhere(conn, principal)?;
    read::next_due(conn)?;
    read::next_wake(conn)?;
    Ok(())
}

fn database() -> (tempfile::TempDir, Connection) {
    let dir = tempfile::tempdir().unwrap();
    super::SqliteStore::create(dir.path(), super::CreateOptions::default()).unwrap();
    let conn = files::open_writer(dir.path()).unwrap();
    (dir, conn)
}

#[test]
fn upkeep_touches_no_table_that_a_rule_reads() {
    let (_dir, mut conn) = database();
    let rules = Touched::default();
    rules.watch(&mut conn);
    for precondition in every_precondition() {
        check::holds(&conn, &precondition, dawn()).unwrap();
    }
    judged_reads(&conn).unwrap();
    let read = rules.read.lock().unwrap().clone();
    for table in [
        "organization",
        "settings",
        "policy",
        "pending_change",
        "principal",
        "token",
        "code",
        "assignment",
        "request",
    ] {
        assert!(read.contains(table), "{table} is read by a rule: {read:?}");
    }
    let mut tables = BTreeSet::new();
    for upkeep in every_upkeep() {
        let touched = Touched::default();
        touched.watch(&mut conn);
        apply::upkeep(&conn, &upkeep, dawn(), true).unwrap();
        let written = touched.written.lock().unwrap().clone();
        assert_eq!(
            written,
            upkeep
                .tables()
                .iter()
                .map(|name| (*name).to_owned())
                .collect(),
            "{upkeep:?}"
        );
        tables.extend(written);
    }
    assert_eq!(
        tables.iter().map(String::as_str).collect::<Vec<_>>(),
        ["delivery", "idempotency", "meta", "outbox", "token_use"]
    );
    assert!(tables.is_disjoint(&read), "{tables:?} and {read:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn personal_text_lies_where_the_list_says() {
    const MARK: &str = "zzpersonalzz";
    let mark = || MARK.to_owned();
    let world = World::<Sqlite>::new().await;
    let person = Principal {
        citizenship: Some(mark()),
        ..person(&world.tenant, MARK)
    };
    let party = Party {
        name: mark(),
        ..world.draft_request().requester
    };
    let mut request = Request {
        comment: Some(mark()),
        ..world.draft_request()
    };
    request.ask.reason = mark();
    let draft = Draft {
        user: mark(),
        user_is_person: true,
        client_ip: mark(),
        detail: mark(),
        parameters: vec![Parameter {
            name: "Comment".to_owned(),
            value: mark(),
            free_text: true,
        }],
        ..record(&world.tenant, "Act")
    };
    let change = Change {
        writes: vec![
            RowWrite::UpdateOrganization(Box::new(Organization {
                contacts: vec![mark()],
                ..world.tenant.clone()
            })),
            RowWrite::PutSettings(Box::new(Settings {
                updated_by: Some(mark()),
                ..Settings::new(world.tenant.id, dawn())
            })),
            RowWrite::PutPolicy(Box::new(PolicyVersion {
                document: mark(),
                put_by: party.clone(),
                reason: Some(mark()),
                summary: mark().into(),
                ..contract_policies::policy(&world, "text")
            })),
            RowWrite::PutPendingChange(Box::new(PendingChange {
                proposed_by: party,
                ..contract_policies::change(&world)
            })),
            RowWrite::InsertPrincipal(Box::new(person.clone())),
            RowWrite::InsertToken(Box::new(Token {
                name: Some(mark()),
                ..token(&person, 8)
            })),
            RowWrite::InsertCode(Box::new(code(&person, 9))),
            RowWrite::InsertRequest(Box::new(request.clone()), Vec::new()),
            RowWrite::PutWebhook(Box::new(Webhook {
                created_by: mark(),
                ..contract_notices::webhook(&world)
            })),
            RowWrite::PutTemplate(
                world.tenant.id,
                Event::RequestArrived,
                Language::En,
                Some(Box::new(Template {
                    subject: mark(),
                    text: mark(),
                    html: None,
                })),
            ),
        ],
        records: vec![draft],
        outbox: vec![crate::store::OutboxDraft::new(
            world.tenant.id,
            Event::RequestArrived,
            Some(request.identity),
        )],
        idempotency: Some(key(&world.admin, "k", MARK)),
        ..Change::default()
    };
    applied(world.commit(change).await);
    let nr = world.store.last_event().await.unwrap();
    let mail = NewDelivery {
        target: mark(),
        reasons: vec![mark()],
        lane: Lane::Mail,
        ..NewDelivery::webhook(world.tenant.id, WebhookId::new())
    };
    let attempt = Attempt {
        id: mail.id,
        result: mark(),
        again: None,
    };
    for upkeep in [
        Upkeep::Deliveries(vec![(nr, vec![mail])]),
        Upkeep::Attempts(vec![attempt]),
    ] {
        world.store.upkeep(upkeep).await.unwrap();
    }
    let conn = files::open_reader(&world.harness.database()).unwrap();
    let columns: Vec<(String, String)> = conn
        .prepare(
            "SELECT t.name, c.name FROM sqlite_schema t, pragma_table_info(t.name) c
             WHERE t.type = 'table'",
        )
        .unwrap()
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap()
        .collect::<rusqlite::Result<_>>()
        .unwrap();
    let found: BTreeSet<(String, String)> = columns
        .into_iter()
        .filter(|(table, column)| {
            let sql =
                format!("SELECT 1 FROM \"{table}\" WHERE instr(CAST(\"{column}\" AS TEXT), ?1)");
            conn.prepare(&sql).unwrap().exists([MARK]).unwrap()
        })
        .collect();
    let listed = PERSONAL_COLUMNS.map(|(table, column)| (table.to_owned(), column.to_owned()));
    assert_eq!(found, BTreeSet::from(listed));
    let events: i64 = conn
        .query_row("SELECT count(*) FROM outbox", [], |row| row.get(0))
        .unwrap();
    assert_eq!(events, 1);
}

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
                outbox::due(conn, dawn(), 9).unwrap();
                outbox::next_due(conn).unwrap();
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
