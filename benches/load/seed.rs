//! Filling a data directory through the store's own door: the daemon finds what it would have
//! written itself.

use crate::machine::scaled;
use crate::people::{Person, organization, person, robot, settings};
use crate::rows::{activity, arrival, decided, decision, ended, pending, record};
use customer_lockbox::clock::{Clock, SystemClock, Timestamp};
use customer_lockbox::domain::notice::Event;
use customer_lockbox::domain::organization::{OrgKind, Organization};
use customer_lockbox::domain::request::Request;
use customer_lockbox::domain::scope::Role;
use customer_lockbox::ids::RequestId;
use customer_lockbox::store::sqlite::{CreateOptions, Options, SqliteStore};
use customer_lockbox::store::{Change, OutboxDraft, RowWrite, Store};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::task::JoinSet;

/// Records that belong to each request of the past: arrival, decision, and what was done.
const RECORDS_A_REQUEST: usize = 5;

/// Changes on their way to the store at once.
const IN_FLIGHT: usize = 1_024;

/// The time that the past of a world covers, in milliseconds.
const PAST: i64 = 30 * 86_400 * 1_000;

/// What a world holds.
pub struct Plan {
    pub tenants: usize,
    /// Records of the past, over all tenants.
    pub records: usize,
    /// Requests that wait for a decision.
    pub pending: usize,
    /// Requests with live access.
    pub live: usize,
    /// Requests that wait for two days.
    pub later: usize,
    /// Requests of whose arrival and decision nobody has been told yet.
    pub untold: usize,
}

impl Plan {
    pub fn named(name: &str) -> Self {
        let plan = |tenants, records, pending, live| Self {
            tenants,
            records: scaled(records),
            pending: scaled(pending),
            live: scaled(live),
            later: 0,
            untold: 0,
        };
        match name {
            "10k" => plan(100, 10_000, 1_000, 1_000),
            "100k" => plan(100, 100_000, 100_000, 1_000),
            "1M" => plan(100, 1_000_000, 60_000, 1_000),
            "one tenant" => plan(1, 51_000, 20, 10),
            // As many requests of the past as a simulation takes.
            "past" => plan(1, 100_000 * RECORDS_A_REQUEST, 0, 0),
            "waiting" => Self {
                later: 2_000,
                ..plan(100, 0, 100_000, 0)
            },
            "nobody was told" => Self {
                later: 400,
                untold: scaled(50_000),
                ..plan(1, 0, 0, 0)
            },
            "nobody waits" => plan(100, 0, 0, 0),
            other => panic!("no plan for {other}"),
        }
    }
}

/// A tenant and its administrator.
pub struct Tenant {
    pub org: Organization,
    pub admin: Person,
}

/// A request of a tenant, by its place in the world.
pub type Place = (usize, RequestId);

/// A filled data directory.
pub struct World {
    pub dir: PathBuf,
    pub tenants: Vec<Tenant>,
    pub engineer: Person,
    pub manager: Person,
    pub gateway: Person,
    pub past: Vec<Place>,
    pub live: Vec<Place>,
    pub pending: Vec<Place>,
    pub later: Vec<Place>,
    decided: AtomicUsize,
}

impl World {
    /// Requests that nobody has decided yet; each is given away once.
    pub fn take_pending(&self, count: usize) -> Vec<Place> {
        let from = self.decided.fetch_add(count, Ordering::Relaxed);
        let taken = self.pending.get(from..from + count);
        taken
            .expect("a plan with too few pending requests")
            .to_vec()
    }
}

/// Makes a world. Every change goes through the store's own commit.
pub async fn seed(dir: PathBuf, plan: &Plan) -> World {
    SqliteStore::create(&dir, CreateOptions::default()).unwrap();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let now = clock.now();
    let mut options = Options::default();
    options.queue_length = 2 * IN_FLIGHT;
    let store = Arc::new(SqliteStore::open(&dir, options, clock).unwrap());
    let mut filler = Filler {
        store: Arc::clone(&store),
        running: JoinSet::new(),
    };
    let mut world = people(&mut filler, dir, plan, now).await;
    let past = plan.records / RECORDS_A_REQUEST;
    for number in 0..past {
        let at = now.plus_millis(PAST * number as i64 / past as i64 - PAST);
        let place = number % plan.tenants;
        let tenant = &world.tenants[place];
        let row = ended(&world, tenant, at);
        let mut records = vec![arrival(tenant, &row, at), decision(tenant, &row, at)];
        records.resize_with(RECORDS_A_REQUEST, || activity(&world, tenant, &row, at));
        world.past.push((place, row.identity));
        filler.add(insert(row, records)).await;
    }
    for number in 0..plan.live {
        let place = number % plan.tenants;
        let tenant = &world.tenants[place];
        let row = decided(&world, tenant, now);
        world.live.push((place, row.identity));
        let records = vec![decision(tenant, &row, now)];
        filler.add(insert(row, records)).await;
    }
    for number in 0..plan.pending {
        let place = number % plan.tenants;
        let tenant = &world.tenants[place];
        let row = pending(&world, tenant, now);
        world.pending.push((place, row.identity));
        let records = vec![record(tenant, "LockboxRequestArrived", now)];
        filler.add(insert(row, records)).await;
    }
    for number in 0..plan.untold {
        let tenant = &world.tenants[number % plan.tenants];
        let row = decided(&world, tenant, now);
        let records = vec![arrival(tenant, &row, now), decision(tenant, &row, now)];
        let events = [Event::RequestArrived, Event::RequestDecided];
        let outbox = events.iter().zip(&records).map(|(event, record)| {
            OutboxDraft::new(tenant.org.id, *event, Some(row.identity)).told_by(record)
        });
        let outbox = outbox.collect();
        filler
            .add(Change {
                outbox,
                ..insert(row, records)
            })
            .await;
    }
    for number in 0..plan.later {
        let place = number % plan.tenants;
        let tenant = &world.tenants[place];
        let row = Request {
            deadline: Some(now.plus_seconds(2 * 86_400)),
            ..pending(&world, tenant, now)
        };
        world.later.push((place, row.identity));
        let records = vec![record(tenant, "LockboxRequestArrived", now)];
        filler.add(insert(row, records)).await;
    }
    filler.finish().await;
    store.close();
    world
}

async fn people(filler: &mut Filler, dir: PathBuf, plan: &Plan, now: Timestamp) -> World {
    let provider = organization(OrgKind::Provider, "provider.example", now);
    let mut writes = vec![RowWrite::InsertOrganization(Box::new(provider.clone()))];
    let mut add = |(person, rows): (Person, Vec<RowWrite>)| {
        writes.extend(rows);
        person
    };
    let engineer = add(person(&provider, "engineer", Role::SupportEngineer, now));
    let manager = add(person(&provider, "manager", Role::SupportManager, now));
    let gateway = add(robot(&manager, "gateway", Role::ResourceGateway, now));
    let mut tenants = Vec::new();
    let mut changes = Vec::new();
    for number in 0..plan.tenants {
        let name = format!("contoso{number}.onmicrosoft.com");
        let org = organization(OrgKind::Tenant, &name, now);
        let (admin, rows) = person(&org, "admin", Role::GlobalAdministrator, now);
        let tenant = Tenant { org, admin };
        let mut writes = vec![
            RowWrite::InsertOrganization(Box::new(tenant.org.clone())),
            settings(&tenant.org, now),
        ];
        writes.extend(rows);
        changes.push(change(
            writes,
            vec![record(&tenant, "LockboxTenantClaimed", now)],
        ));
        tenants.push(tenant);
    }
    let made = Tenant {
        org: provider,
        admin: manager.clone(),
    };
    let first = change(writes, vec![record(&made, "LockboxProviderCreated", now)]);
    filler.add(first).await;
    filler.settle().await;
    for change in changes {
        filler.add(change).await;
    }
    filler.settle().await;
    World {
        dir,
        tenants,
        engineer,
        manager,
        gateway,
        past: Vec::new(),
        live: Vec::new(),
        pending: Vec::new(),
        later: Vec::new(),
        decided: AtomicUsize::new(0),
    }
}

fn insert(row: Request, records: Vec<customer_lockbox::audit::draft::Draft>) -> Change {
    change(
        vec![RowWrite::InsertRequest(Box::new(row), Vec::new())],
        records,
    )
}

fn change(writes: Vec<RowWrite>, records: Vec<customer_lockbox::audit::draft::Draft>) -> Change {
    Change {
        writes,
        records,
        ..Change::default()
    }
}

/// Keeps the store's queue full.
struct Filler {
    store: Arc<SqliteStore>,
    running: JoinSet<()>,
}

impl Filler {
    async fn add(&mut self, mut change: Change) {
        while self.running.len() >= IN_FLIGHT {
            self.running.join_next().await.unwrap().unwrap();
        }
        for record in &mut change.records {
            record.draw_salts();
        }
        let store = Arc::clone(&self.store);
        self.running.spawn(async move {
            store.commit(change).await.unwrap();
        });
    }

    async fn settle(&mut self) {
        while let Some(one) = self.running.join_next().await {
            one.unwrap();
        }
    }

    async fn finish(mut self) {
        self.settle().await;
    }
}
