//! What stands in which table, and who reads it.

use super::tests::Sqlite;
use super::{PERSONAL_COLUMNS, apply, check, files, policy, read};
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
use crate::ids::{
    ChangeId, CodeId, DeliveryId, GrantId, OrgId, PrincipalId, RequestId, TokenId, WebhookId,
};
use crate::store::contract_tests::fixtures::{
    World, applied, code, dawn, key, person, record, token,
};
use crate::store::contract_tests::policies as contract_policies;
use crate::store::contract_tests::webhooks as contract_webhooks;
use crate::store::{
    Change, Count, Key, OrgRef, Precondition, PrincipalRef, RequestRef, RowRef, RowWrite, TokenUse,
    Upkeep,
};
use rusqlite::Connection;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
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
            vec![NewDelivery::webhook(
                OrgId::new(),
                WebhookId::new(),
                Place::START,
            )],
        )]),
        Upkeep::SomeDeliveries(vec![(
            1,
            vec![NewDelivery::webhook(
                OrgId::new(),
                WebhookId::new(),
                Place::START,
            )],
        )]),
        Upkeep::EndRemoved(WebhookId::new(), 9),
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
            | Upkeep::SomeDeliveries(_)
            | Upkeep::EndRemoved(..)
            | Upkeep::Lease(..)
            | Upkeep::ReleaseLeases
            | Upkeep::Attempts(_)
            | Upkeep::ClockOffset(_) => {}
        }
    }
    all
}

pub(super) fn every_precondition() -> Vec<Precondition> {
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
pub(super) fn judged_reads(conn: &Connection) -> rusqlite::Result<()> {
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

pub(super) fn database() -> (tempfile::TempDir, Connection) {
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
        // Two of them may share a statement, which is seen only where it is prepared.
        conn.flush_prepared_statement_cache();
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
                ..contract_webhooks::webhook(&world)
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
        ..NewDelivery::webhook(world.tenant.id, WebhookId::new(), Place::START)
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
