//! The metrics, each once: its name, its labels, and the only places that count it.
//!
//! Labels are closed sets. There is none for a tenant, a person or an address: they would be a leak,
//! and without bound.

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Metric, Registry};
use std::sync::atomic::AtomicU64;
use std::time::Duration;

/// How the metrics are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For who asks for it, as Prometheus does.
    OpenMetrics,
    /// The older text, for everybody else: every tool reads it.
    Plain,
}

impl Format {
    /// What an `Accept` header wants.
    #[must_use]
    pub fn wanted(accept: &str) -> Self {
        if accept.contains("application/openmetrics-text") {
            Self::OpenMetrics
        } else {
            Self::Plain
        }
    }

    /// Its media type.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Self::Plain => "text/plain; version=0.0.4; charset=utf-8",
        }
    }
}

type Labels<const N: usize> = [(&'static str, &'static str); N];
type Status = (Labels<1>, [(&'static str, u16); 1]);
type Run = ([(&'static str, String); 1], Labels<1>);
type Seconds = Gauge<f64, AtomicU64>;

/// Of a call, in seconds.
const CALL_BUCKETS: [f64; 13] = [
    0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0,
];
/// Of a commit, in seconds.
const COMMIT_BUCKETS: [f64; 13] = [
    0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0,
];
/// Of a group of changes; 256 is the most.
const GROUP_BUCKETS: [f64; 9] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];
/// Of the calls of one body.
const BATCH_BUCKETS: [f64; 8] = [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 1_000.0];

/// Which lane of the writer's queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// Calls.
    Callers,
    /// Timers and bookkeeping.
    Background,
}

impl Lane {
    const ALL: [Self; 2] = [Self::Callers, Self::Background];

    const fn labels(self) -> Labels<1> {
        [(
            "lane",
            match self {
                Self::Callers => "callers",
                Self::Background => "background",
            },
        )]
    }
}

/// How a transaction of the writer failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteFailure {
    /// A statement failed; nothing happened.
    Statement,
    /// It could not begin or be rolled back; nothing happened.
    Transaction,
    /// The commit failed: it may have happened (`outcomeUnknown`).
    Commit,
}

impl WriteFailure {
    const ALL: [Self; 3] = [Self::Statement, Self::Transaction, Self::Commit];

    const fn labels(self) -> Labels<1> {
        [(
            "at",
            match self {
                Self::Statement => "statement",
                Self::Transaction => "transaction",
                Self::Commit => "commit",
            },
        )]
    }
}

/// Everything that is measured.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    calls: Family<Labels<2>, Counter>,
    call_seconds: Family<Labels<1>, Histogram>,
    batch_calls: Histogram,
    responses: Family<Status, Counter>,
    connections: Family<Labels<1>, Gauge>,
    authentication_failures: Counter,
    decisions: Family<Labels<2>, Counter>,
    requests_ended: Family<Labels<1>, Counter>,
    hook_runs: Family<Run, Counter>,
    requests: Family<Labels<1>, Gauge>,
    deadline_seconds: Family<Labels<1>, Seconds>,
    grants_active: Gauge,
    audit_records: Counter,
    outbox_depth: Gauge,
    deliveries_waiting: Gauge,
    notifications: Family<Labels<2>, Counter>,
    group_changes: Histogram,
    commit_seconds: Histogram,
    sync_seconds: Histogram,
    busy: Family<Labels<1>, Counter>,
    write_failures: Family<Labels<1>, Counter>,
    writer_working: Gauge,
    queue_depth: Family<Labels<1>, Gauge>,
    queue_limit: Gauge,
    database_bytes: Gauge,
    disk_free_bytes: Gauge,
    clock_behind_seconds: Seconds,
    scrape_failures: Counter,
    ready: Gauge,
    start_seconds: Seconds,
}

/// An open connection; it counts until it is dropped.
pub struct OpenConnection(Gauge);

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// Registers metrics under `lockbox_`.
struct Book(Registry);

impl Book {
    fn enter<M: Metric + Clone>(&mut self, name: &str, help: &str, metric: M) -> M {
        self.0.register(name, help, metric.clone());
        metric
    }

    fn add<M: Metric + Clone + Default>(&mut self, name: &str, help: &str) -> M {
        self.enter(name, help, M::default())
    }
}

impl Default for Metrics {
    fn default() -> Self {
        let mut book = Book(Registry::with_prefix("lockbox"));
        let build: Family<Labels<1>, Gauge> = book.add("build_info", "The program that runs");
        build
            .get_or_create(&[("version", env!("CARGO_PKG_VERSION"))])
            .set(1);
        let metrics = Self {
            start_seconds: book.add("start_time_seconds", "When the daemon started, in seconds since 1970"),
            ready: book.add("ready", "Whether calls are taken (1) or the daemon is stopping (0)"),
            calls: book.add("calls", "JSON-RPC calls by method and code; ok where there is a result"),
            call_seconds: book.enter(
                "call_duration_seconds",
                "Time from the call to its answer",
                Family::new_with_constructor(|| Histogram::new(CALL_BUCKETS)),
            ),
            batch_calls: book.enter("batch_calls", "Calls in one HTTP body", Histogram::new(BATCH_BUCKETS)),
            responses: book.add("http_responses", "HTTP answers by path and status"),
            connections: book.add("connections", "Open connections"),
            authentication_failures: book.add("authentication_failures", "Calls with no token, or with one that does not count"),
            decisions: book.add("decisions", "Decisions that took effect, and who took them; Expired, ApprovalNotRequired and EmergencyAccess stand for those that nobody took"),
            requests_ended: book.add("requests_ended", "Requests that came to their end, by the state that they ended in"),
            hook_runs: book.add("hook_runs", "Runs of decision hooks, by hook and by what they said; failed where they gave no answer"),
            requests: book.add("requests", "Requests that are not over, by state as of now"),
            deadline_seconds: book.add("request_deadline_seconds", "Time left to the earliest deadline of the requests in a state"),
            grants_active: book.add("grants_active", "Grants that give access now"),
            audit_records: book.add("audit_records", "Audit records that were appended"),
            outbox_depth: book.add("outbox_depth", "Events that nobody has been told yet; counted up to 100000"),
            deliveries_waiting: book.add("deliveries_waiting", "Notifications that wait for their receiver, without those for a paused webhook; counted up to 100000"),
            notifications: book.add("notifications", "Attempts to deliver a notification, by channel and by what came of them"),
            group_changes: book.enter("writer_group_changes", "Changes in one transaction", Histogram::new(GROUP_BUCKETS)),
            commit_seconds: book.enter("writer_transaction_seconds", "Time of a whole transaction, sync included", Histogram::new(COMMIT_BUCKETS)),
            sync_seconds: book.enter("writer_sync_seconds", "Time of the commit alone, which is that of the disk", Histogram::new(COMMIT_BUCKETS)),
            busy: book.add("writer_busy", "Changes that were refused because the queue was full"),
            write_failures: book.add("writer_failures", "Transactions that failed, by where; after commit the outcome is unknown"),
            writer_working: book.add("writer_working", "Whether writes are taken (1) or the database is being reopened (0)"),
            queue_depth: book.add("writer_queue_depth", "Changes that wait for the writer"),
            queue_limit: book.add("writer_queue_limit", "The most changes that may wait in a lane"),
            database_bytes: book.add("database_bytes", "Size of the database's files"),
            disk_free_bytes: book.add("disk_free_bytes", "Space left where the database lies"),
            clock_behind_seconds: book.add("clock_behind_seconds", "How far the machine's clock stands behind the daemon's time"),
            scrape_failures: book.add("scrape_failures", "Scrapes for which the database could not be read: requests and their deadlines are left out, grants and events stay as they were read last"),
            registry: book.0,
        };
        metrics.begin_at_zero();
        metrics
    }
}

impl Metrics {
    /// Rates need a first value, so what alerts look at is there from the start.
    fn begin_at_zero(&self) {
        for lane in Lane::ALL {
            let _ = self.busy.get_or_create(&lane.labels());
        }
        for failure in WriteFailure::ALL {
            let _ = self.write_failures.get_or_create(&failure.labels());
        }
        self.writer_working.set(1);
    }

    /// The daemon starts at this instant, in milliseconds since 1970.
    pub fn started(&self, at_millis: i64) {
        self.start_seconds.set(seconds(at_millis));
    }

    /// Whether calls are taken.
    pub fn ready(&self, ready: bool) {
        self.ready.set(i64::from(ready));
    }

    /// A call was answered. Both words must come from closed sets.
    pub fn call(&self, method: &'static str, code: &'static str, took: Duration) {
        self.calls
            .get_or_create(&[("method", method), ("code", code)])
            .inc();
        self.call_seconds
            .get_or_create(&[("method", method)])
            .observe(took.as_secs_f64());
    }

    /// A body held so many calls.
    pub fn batch(&self, calls: usize) {
        self.batch_calls.observe(number(calls));
    }

    /// An HTTP request was answered. The path must come from a closed set.
    pub fn response(&self, path: &'static str, status: u16) {
        self.responses
            .get_or_create(&([("path", path)], [("status", status)]))
            .inc();
    }

    /// A connection is open until this is dropped.
    #[must_use]
    pub fn connection(&self, via: &'static str) -> OpenConnection {
        let open = self.connections.get_or_create(&[("via", via)]).clone();
        open.inc();
        OpenConnection(open)
    }

    /// A caller could not be recognised.
    pub fn authentication_failed(&self) {
        self.authentication_failures.inc();
    }

    /// A decision took effect.
    pub fn decision(&self, outcome: &'static str, by: &'static str) {
        self.decisions
            .get_or_create(&[("outcome", outcome), ("by", by)])
            .inc();
    }

    /// A request came to its end.
    pub fn request_ended(&self, state: &'static str) {
        self.requests_ended.get_or_create(&[("state", state)]).inc();
    }

    /// A decision hook of the configuration was run. The outcome must come from a closed set.
    pub fn hook_run(&self, hook: &str, outcome: &'static str) {
        self.hook_runs
            .get_or_create(&([("hook", hook.to_owned())], [("outcome", outcome)]))
            .inc();
    }

    /// So many requests are in a state now, and the earliest of them has so long.
    pub fn requests(&self, state: &'static str, count: u64, left_millis: Option<i64>) {
        self.requests
            .get_or_create(&[("state", state)])
            .set(integer(count));
        let labels = [("state", state)];
        match left_millis {
            Some(left) => {
                self.deadline_seconds
                    .get_or_create(&labels)
                    .set(seconds(left));
            }
            None => {
                self.deadline_seconds.remove(&labels);
            }
        }
    }

    /// So many grants give access now.
    pub fn grants_active(&self, count: u64) {
        self.grants_active.set(integer(count));
    }

    /// The database could not be read for a scrape: what came from it is unknown. (What has no label
    /// cannot be left out; its description says so.)
    pub fn scrape_failed(&self) {
        self.scrape_failures.inc();
        self.requests.clear();
        self.deadline_seconds.clear();
    }

    /// Audit records were appended.
    pub fn audit_records(&self, count: usize) {
        self.audit_records.inc_by(u64::try_from(count).unwrap_or(0));
    }

    /// Counts an attempt to deliver a notification.
    pub fn notified(&self, channel: &'static str, outcome: &'static str) {
        self.notifications
            .get_or_create(&[("channel", channel), ("outcome", outcome)])
            .inc();
    }

    /// So many events wait to be told.
    pub fn outbox(&self, depth: u64, deliveries: u64) {
        self.outbox_depth.set(integer(depth));
        self.deliveries_waiting.set(integer(deliveries));
    }

    /// The writer has tried a transaction.
    pub fn group(&self, changes: usize, took: Duration) {
        self.group_changes.observe(number(changes));
        self.commit_seconds.observe(took.as_secs_f64());
    }

    /// A commit has returned.
    pub fn synced(&self, took: Duration) {
        self.sync_seconds.observe(took.as_secs_f64());
    }

    /// A change found the queue full.
    pub fn busy(&self, lane: Lane) {
        self.busy.get_or_create(&lane.labels()).inc();
    }

    /// A transaction failed.
    pub fn write_failed(&self, failure: WriteFailure) {
        self.write_failures.get_or_create(&failure.labels()).inc();
    }

    /// Whether writes are taken.
    pub fn writer_working(&self, working: bool) {
        self.writer_working.set(i64::from(working));
    }

    /// So many changes wait in a lane, of so many at most.
    pub fn queue(&self, lane: Lane, depth: usize, limit: usize) {
        let integer = |value| i64::try_from(value).unwrap_or(i64::MAX);
        self.queue_depth
            .get_or_create(&lane.labels())
            .set(integer(depth));
        self.queue_limit.set(integer(limit));
    }

    /// Bytes of the database, and bytes left beside it.
    pub fn disk(&self, used: u64, free: u64) {
        self.database_bytes.set(integer(used));
        self.disk_free_bytes.set(integer(free));
    }

    /// The machine's clock stands so far behind the daemon's time.
    pub fn clock_behind(&self, millis: i64) {
        self.clock_behind_seconds.set(seconds(millis));
    }

    /// All of it.
    #[must_use]
    pub fn text(&self, format: Format) -> String {
        let mut text = String::new();
        if let Err(error) = encode(&mut text, &self.registry) {
            // Writing into a text cannot fail.
            tracing::error!(%error, "the metrics cannot be written");
        }
        match format {
            Format::OpenMetrics => text,
            Format::Plain => plain(&text),
        }
    }
}

/// The older format says the whole name of a counter also in its description, and has no end mark.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut lines = text.lines().filter(|line| *line != "# EOF").peekable();
    while let Some(line) = lines.next() {
        let described = match line.strip_prefix("# HELP ") {
            // What it is follows in the next line.
            Some(help) => lines
                .next_if(|next| next.starts_with("# TYPE ") && next.ends_with(" counter"))
                .and(help.split_once(' ')),
            None => None,
        };
        match described {
            Some((name, help)) => out.push_str(&format!(
                "# HELP {name}_total {help}\n# TYPE {name}_total counter\n"
            )),
            None => {
                out.push_str(line);
                out.push('\n');
            }
        }
    }
    out
}

fn integer(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

#[allow(clippy::cast_precision_loss)] // counts of calls are small
fn number(count: usize) -> f64 {
    count as f64
}

#[allow(clippy::cast_precision_loss)] // milliseconds since 1970 fit
fn seconds(millis: i64) -> f64 {
    millis as f64 / 1_000.0
}

#[cfg(test)]
#[path = "metrics_tests.rs"]
mod tests;
