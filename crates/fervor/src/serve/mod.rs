//! The service runs: writers, those who do what follows of itself, and the network, until it is told to stop.

mod background;
mod clerk;
mod log;
pub(crate) mod survey;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, RwLock};
use std::time::Duration;

use anyhow::Context as _;
use live::service::Service;
use rules::day::{Instant, Zone};
use store::Store;
use tokio::net::TcpListener;
use tokio::sync::Notify;

use crate::api::access::Access;
use crate::api::{self, App};
use crate::chosen;
use crate::import;
use crate::import::queue::Imports;
use crate::people::tries::Tries;

pub(crate) use log::{Format as LogFormat, begin as begin_log};

/// So long requests may take to end once the service is told to stop.
const GRACE: Duration = Duration::from_secs(20);
/// How the service runs.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// The address of the database.
    pub(crate) database: String,
    /// Where it listens.
    pub(crate) listen: SocketAddr,
    /// Requests a second, for each key and each person.
    pub(crate) rate: u32,
    /// Whether a proxy with TLS stands before it.
    pub(crate) is_proxied: bool,
    /// Bytes of a request that imports files.
    pub(crate) import_max: u64,
    /// Where files lie until they are imported.
    pub(crate) import_dir: PathBuf,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            database: String::new(),
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            rate: 1000,
            is_proxied: false,
            import_max: 1 << 30,
            import_dir: std::env::temp_dir(),
        }
    }
}

/// Opens the service over a database.
///
/// # Errors
///
/// If the database cannot be opened.
pub(crate) fn open(address: &str) -> anyhow::Result<Service> {
    let store = Store::open(address).with_context(|| format!("the database {} cannot be opened", shown(address)))?;
    Ok(Service::open(store, now, &random())?)
}

/// An address without the password that may be in it.
pub(crate) fn shown(address: &str) -> String {
    let Some((scheme, rest)) = address.split_once("://") else { return format!("`{address}`") };
    let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    format!("`{scheme}://{}`", host.split('?').next().unwrap_or_default())
}

#[expect(clippy::disallowed_methods, reason = "a service reads the clock whenever something happens")]
fn now() -> Instant {
    Instant::new(jiff::Timestamp::now().as_microsecond()).expect("the clock is within the calendar")
}

/// Chance from the operating system.
pub(crate) fn random() -> [u8; 32] {
    let mut random = [0; 32];
    getrandom::fill(&mut random).expect("the operating system has random numbers");
    random
}

/// Runs until a signal comes. `ready` is called with the address once it can be asked.
///
/// # Errors
///
/// If it cannot listen there.
pub(crate) fn run(settings: &Settings, service: Service, ready: impl FnOnce(SocketAddr)) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let app = Arc::new(App {
        service: Arc::new(service),
        access: Access::new(settings.rate),
        sessions: api::Remembered::default(),
        tries: Tries::default(),
        is_proxied: settings.is_proxied,
        is_server: settings.database.starts_with("postgres"),
        counts: api::Counts::default(),
        arrivals: api::arrivals::Arrivals::default(),
        zone: RwLock::new(Zone::utc()),
        is_stopping: AtomicBool::new(false),
        room: api::Room::default(),
        random,
        preview: crate::preview::Wanted::default(),
        survey: survey::Survey::default(),
        chosen: chosen::Bell::default(),
        imports: Imports::open(&settings.import_dir, settings.import_max),
        awake: Notify::new(),
    });
    // One writer: two would wait for each other's contacts, and what one has just written the other had to read.
    let writer = std::thread::spawn({
        let service = app.service.clone();
        move || service.write()
    });
    let importer = {
        let app = app.clone();
        std::thread::spawn(move || import::run::run(&app))
    };
    let clerk = {
        let app = app.clone();
        std::thread::spawn(move || clerk::run(&app))
    };
    let tidier = {
        let app = app.clone();
        std::thread::spawn(move || background::tidy(&app))
    };
    let surveyor = {
        let app = app.clone();
        std::thread::spawn(move || survey::run(&app))
    };
    let done = runtime.block_on(listen(settings, &app, ready));
    app.is_stopping.store(true, Ordering::Release);
    // What it has told is answered, so that its jobs say how far they came.
    let _panicked = (importer.join(), clerk.join(), tidier.join(), surveyor.join());
    app.service.close();
    // What waits is stored before the process ends.
    let _panicked = writer.join();
    if let Err(error) = app.service.tidy() {
        tracing::warn!(%error, "the database is not tidied");
    }
    runtime.shutdown_timeout(Duration::from_secs(5));
    done
}

async fn listen(settings: &Settings, app: &Arc<App>, ready: impl FnOnce(SocketAddr)) -> anyhow::Result<()> {
    let listener = TcpListener::bind(settings.listen).await;
    let listener = listener.with_context(|| format!("cannot listen on {}", settings.listen))?;
    let address = listener.local_addr()?;
    let background = tokio::spawn(background::work(app.clone()));
    let stop = Arc::new(Notify::new());
    let stopping = {
        let (app, stop) = (app.clone(), stop.clone());
        async move {
            stopped().await;
            tracing::info!("stopping; requests that have begun are answered");
            app.is_stopping.store(true, Ordering::Release);
            app.wake();
            stop.notify_one();
        }
    };
    tracing::info!(%address, database = shown(&settings.database), "listening");
    ready(address);
    let router = api::router(app.clone()).into_make_service_with_connect_info::<SocketAddr>();
    let serving = axum::serve(listener, router).with_graceful_shutdown(stopping);
    let late = async {
        stop.notified().await;
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        done = async { serving.await } => done?,
        () = late => tracing::warn!("some requests did not end in time"),
    }
    background.abort();
    Ok(())
}

/// Waits for somebody to ask for the end.
async fn stopped() {
    use tokio::signal::unix::{SignalKind, signal};
    let interrupted = tokio::signal::ctrl_c();
    match signal(SignalKind::terminate()) {
        Ok(mut terminated) => tokio::select! {
            _ = interrupted => {}
            _ = terminated.recv() => {}
        },
        Err(_) => _ = interrupted.await,
    }
}
