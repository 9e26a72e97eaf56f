//! The composition root: builds the parts, starts them, and drains them in order.

mod events;
mod open;
mod signals;

pub use open::{Opened, close_store, create_store, open_at, open_store, stored_time};
pub use signals::{Stop, stop_on_signal};

use crate::auth::peer::Peer;
use crate::clock::{BoxFuture, Clock, Timestamp};
use crate::config::{Config, Problems};
use crate::contract::Contract;
use crate::egress;
use crate::error::{Error, Kind, Result};
use crate::http::tls::Tls;
use crate::http::{Application, Feed, Incoming, Listener, Listeners, Reader, Server};
use crate::jobs;
use crate::notify::webhook::Caller;
use crate::notify::{self, Carriers};
use crate::rpc::Rpc;
use crate::service::{Options, Services};
use crate::store::Store;
use crate::store::sqlite::SqliteStore;
use crate::supervisor;
use crate::telemetry::Metrics;
use bytes::Bytes;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

/// A daemon that is bound and ready to run.
pub struct Daemon {
    app: Arc<App>,
    store: Arc<SqliteStore>,
    high_water: PathBuf,
    carriers: Arc<Carriers>,
    hooks: jobs::hooks::Host,
    listeners: Listeners,
    limits: crate::http::Limits,
    trust: crate::http::Trust,
}

struct App {
    rpc: Arc<Rpc>,
    openrpc: Bytes,
    ready: AtomicBool,
}

impl Application for App {
    fn rpc(&self, call: Incoming) -> BoxFuture<'static, Option<Bytes>> {
        let rpc = Arc::clone(&self.rpc);
        Box::pin(async move {
            let Incoming {
                body,
                authorization,
                caller,
            } = call;
            answer(rpc, &body, authorization.as_deref(), caller).await
        })
    }

    fn openrpc(&self) -> Bytes {
        self.openrpc.clone()
    }

    fn ready(&self) -> bool {
        self.ready.load(Ordering::Relaxed)
    }

    fn metrics(&self, reader: Reader) -> BoxFuture<'static, Result<Bytes>> {
        let rpc = Arc::clone(&self.rpc);
        let ready = self.ready();
        Box::pin(async move {
            let services = rpc.services();
            services
                .may_read_metrics(
                    reader.authorization.as_deref(),
                    reader.caller,
                    reader.forwarded,
                )
                .await?;
            services.metrics().ready(ready);
            Ok(Bytes::from(services.metrics_text(reader.format).await))
        })
    }

    fn events(&self, listener: Listener) -> BoxFuture<'static, Result<Box<dyn Feed>>> {
        let services = self.rpc.shared_services();
        Box::pin(async move { events::open(&services, listener).await })
    }

    fn meters(&self) -> Arc<Metrics> {
        Arc::clone(self.rpc.services().metrics())
    }
}

async fn answer(
    rpc: Arc<Rpc>,
    body: &[u8],
    authorization: Option<&str>,
    caller: Peer,
) -> Option<Bytes> {
    rpc.handle(body, authorization, caller)
        .await
        .map(Bytes::from)
}

/// The use cases over a store, as the configuration wants them.
#[must_use]
pub fn services(config: &Config, store: &Arc<SqliteStore>, clock: Arc<dyn Clock>) -> Services {
    Services::new(
        Arc::clone(store) as Arc<dyn crate::store::Store>,
        clock,
        Options {
            hooks: config.hooks.keys().cloned().collect(),
            // Without one nothing is registered, and the daemon does not start.
            egress: way_out(config).ok(),
            provider_notices: config.provider_notices.clone(),
            catalog: config.catalog.clone(),
            names: config.names.clone(),
            limits: config.limits,
            unix_peers: config.unix_peers.clone(),
            metrics: Arc::clone(store.metrics()),
            // The answer names the path, for who stands elsewhere.
            backup_dir: std::path::absolute(&config.backup_dir).ok(),
        },
    )
}

/// What connects to addresses that tenants name.
fn way_out(config: &Config) -> Result<Arc<egress::Client>> {
    let made = egress::roots(config.egress.ca_file.as_deref()).and_then(|roots| {
        let guard = config.egress.guard.clone();
        egress::Client::new(guard, roots, Arc::new(egress::SystemResolver))
            .map_err(|error| error.to_string())
    });
    made.map(Arc::new).map_err(|why| {
        Error::new(
            Kind::Unavailable,
            "unavailable",
            format!("Webhooks cannot be called: {why}"),
            "Mend [egress] in the configuration.",
        )
    })
}

/// The ways of notifications, as the configuration wants them.
fn carriers(config: &Config, client: Arc<egress::Client>) -> Result<Carriers> {
    let mailer = config.mail.mailer().map_err(|why| {
        Error::new(
            Kind::Unavailable,
            "unavailable",
            format!("Mails cannot be sent: {why}."),
            "Mend [mail] in the configuration.",
        )
    })?;
    Ok(Carriers {
        mailer,
        caller: Caller::new(client),
        patience: config.patience,
    })
}

/// The listeners with those for TLS, where the configuration has it.
async fn with_tls(listeners: Listeners, config: &Config) -> Result<(Listeners, Option<Arc<Tls>>)> {
    let Some(settings) = &config.tls else {
        return Ok((listeners, None));
    };
    // The configuration was read with these files a moment ago, so this is rare; and their warnings
    // are among its own.
    let (tls, _) = Tls::load(settings.files.clone()).map_err(|problems| {
        Error::new(
            Kind::Unavailable,
            "unavailable",
            "The certificates cannot be used.",
            Problems(problems).to_string(),
        )
    })?;
    let tls = Arc::new(tls);
    let listeners = listeners
        .with_tls(&settings.listen, Arc::clone(&tls))
        .await?;
    Ok((listeners, Some(tls)))
}

/// Where clients reach it, as the OpenRPC document says: with TLS that is right from everywhere.
fn public_url(listeners: &Listeners, tls: Option<&Tls>) -> String {
    let named = tls.and_then(Tls::name);
    let port = listeners.tls_addresses().first().map(SocketAddr::port);
    match (named, port) {
        (Some(name), Some(port)) => format!("https://{name}:{port}"),
        _ => urls(listeners).into_iter().next().unwrap_or_default(),
    }
}

fn urls(listeners: &Listeners) -> Vec<String> {
    let plain = listeners.addresses().iter();
    let tls = listeners.tls_addresses().iter();
    plain
        .map(|address| format!("http://{address}"))
        .chain(tls.map(|address| format!("https://{address}")))
        .collect()
}

impl Daemon {
    /// Opens the data directory and binds the sockets; nothing is served yet.
    ///
    /// # Errors
    /// Where the database, the clock, an address or the socket stands against it.
    pub async fn start(config: &Config, clock_control: bool) -> Result<Self> {
        signals::warn(&config.warnings);
        let (store, clock) = open_store(config, clock_control).await?;
        if let Some(missing) = crate::http::make_room(&config.http) {
            tracing::warn!("{missing}");
        }
        let listeners = Listeners::bind(&config.listen, Some(&config.socket)).await?;
        let (listeners, tls) = with_tls(listeners, config).await?;
        let url = public_url(&listeners, tls.as_deref());
        signals::reload_on_signal(tls)?;
        let rpc = Arc::new(Rpc::new(
            services(config, &store, clock),
            Contract::load()?,
            config.jsonrpc,
            clock_control,
            &format!("{url}/rpc"),
        ));
        let client = match rpc.services().egress() {
            Ok(client) => Arc::clone(client),
            Err(_) => way_out(config)?,
        };
        let openrpc = serde_json::to_vec(rpc.openrpc()).map_err(Error::internal)?;
        Ok(Self {
            app: Arc::new(App {
                rpc,
                openrpc: Bytes::from(openrpc),
                ready: AtomicBool::new(true),
            }),
            store,
            high_water: config.high_water.clone(),
            carriers: Arc::new(carriers(config, Arc::clone(&client))?),
            hooks: jobs::hooks::Host {
                client,
                hooks: config.hooks.clone(),
                program: std::env::current_exe().map_err(Error::internal)?,
                at_once: config.hooks_at_once,
            },
            listeners,
            limits: config.http,
            trust: config.trust.clone(),
        })
    }

    /// The URLs of the addresses that it listens on, with the ports that it got.
    #[must_use]
    pub fn urls(&self) -> Vec<String> {
        urls(&self.listeners)
    }

    /// The Unix socket that it listens on.
    #[must_use]
    pub fn socket(&self) -> Option<PathBuf> {
        self.listeners.socket().map(Path::to_owned)
    }

    /// The present instant, by the daemon's clock.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.app.rpc.services().now()
    }

    /// Serves until it is told to stop; then finishes what is running, and closes the store last.
    pub async fn run(self, stop: Stop) {
        let now = self.now();
        self.store.metrics().started(now.millis());
        tracing::info!(version = env!("CARGO_PKG_VERSION"), %now, urls = ?self.urls(), "serving");
        let stop_jobs = CancellationToken::new();
        let jobs = {
            let app = Arc::clone(&self.app);
            let stop = stop_jobs.clone();
            tokio::spawn(async move { jobs::run(app.rpc.services(), stop).await })
        };
        let notify = {
            let (app, gently) = (Arc::clone(&self.app), &stop.gently);
            let (carriers, stop) = (Arc::clone(&self.carriers), stop_jobs.clone());
            notify::start(app.rpc.shared_services(), carriers, stop).unwrap_or_else(|error| {
                tracing::error!(%error, "notifications cannot be delivered, so nothing is served");
                gently.cancel();
                oneshot::channel().1
            })
        };
        let high_water = {
            let (store, file) = (Arc::clone(&self.store), self.high_water.clone());
            let stop = stop_jobs.clone();
            tokio::spawn(async move {
                jobs::high_water::keep(&*store, &file, jobs::high_water::PAUSE, stop).await;
            })
        };
        let hooks = {
            let (app, host) = (Arc::clone(&self.app), self.hooks);
            let stop = stop_jobs.clone();
            tokio::spawn(async move { jobs::hooks::run(app.rpc.services(), host, stop).await })
        };
        supervisor::ready();
        let watchdog = supervisor::watchdog().map(|time| {
            let store = Arc::clone(&self.store);
            let check = move || {
                let store = Arc::clone(&store);
                async move { store.provider().await.is_ok() }
            };
            tokio::spawn(supervisor::keep_alive(time, check))
        });
        let unready = {
            let app = Arc::clone(&self.app);
            let shutdown = stop.gently.clone();
            tokio::spawn(async move {
                shutdown.cancelled().await;
                supervisor::stopping();
                tracing::info!("stopping: no new calls are taken, running ones finish");
                app.ready.store(false, Ordering::Relaxed);
            })
        };
        let app: Arc<dyn Application> = self.app.clone();
        let drained = Server::new(self.listeners, self.limits, self.trust)
            .cut_by(stop.at_once)
            .run(app, stop.gently)
            .await;
        if drained.left > 0 {
            tracing::warn!(
                left = drained.left,
                "calls were still running at the end of the drain"
            );
        }
        stop_jobs.cancel();
        if let Err(error) = jobs.await {
            tracing::error!(%error, "the timers ended badly");
        }
        if let Err(error) = notify.await {
            tracing::error!(%error, "notifications ended badly");
        }
        if let Err(error) = hooks.await {
            tracing::error!(%error, "the asking of decision hooks ended badly");
        }
        if let Err(error) = high_water.await {
            tracing::error!(%error, "the high-water timer ended badly");
        }
        unready.abort();
        if let Some(watchdog) = watchdog {
            watchdog.abort();
        }
        close_store(&self.store, &self.high_water).await;
        tracing::info!("stopped");
    }
}
