//! The service over HTTP: what can be asked, by whom, and how it is answered.
//!
//! ```text
//! table      everything that can be asked, once: the router and the description are made from it
//! wire       a request comes: its bytes, its handler, its answer
//! who        a key or somebody who has logged in, and whether a browser was told to ask by a page from elsewhere
//! tell ...   the handlers, a file for each kind of thing
//! ```

pub(crate) mod access;
pub(crate) mod answer;
pub(crate) mod arrivals;
pub(crate) mod audit;
mod body;
pub(crate) mod call;
mod changes;
pub(crate) mod cursor;
mod describe;
mod health;
pub(crate) mod imports;
pub(crate) mod indexed;
pub(crate) mod inflow;
pub(crate) mod ingest;
pub(crate) mod keys;
pub(crate) mod lists;
mod model;
pub(crate) mod persons;
pub(crate) mod problem;
mod remembered;
pub(crate) mod session;
mod shape;
pub(crate) mod subject;
pub(crate) mod table;
mod tracking;
pub(crate) mod users;
pub(crate) mod usual;
mod who;
mod wire;

use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, RwLock};

use live::service::Service;
use rules::day::Zone;

pub(crate) use remembered::Remembered;
pub(crate) use wire::{Room, router, unescaped};

use crate::people::session::Person;
use crate::people::tries::Tries;
use access::Access;

use crate::import::queue::Imports;

/// What all handlers share.
pub(crate) struct App {
    pub(crate) service: Arc<Service>,
    pub(crate) access: Access,
    /// Who has logged in, as far as it was looked up a moment ago.
    pub(crate) sessions: Remembered<Option<Person>>,
    pub(crate) tries: Tries,
    /// Whether a proxy with TLS stands before the service, which says who asks.
    pub(crate) is_proxied: bool,
    /// Whether everything is kept by a server, and not in a file.
    pub(crate) is_server: bool,
    pub(crate) counts: Counts,
    /// What has arrived lately.
    pub(crate) arrivals: arrivals::Arrivals,
    /// Where the model in force lives, for dates that are said without one.
    pub(crate) zone: RwLock<Zone>,
    /// Whether the service is going down.
    pub(crate) is_stopping: AtomicBool,
    /// Requests that are being answered, by what they may cost.
    pub(crate) room: Room,
    /// Chance, which is given by whoever starts it.
    pub(crate) random: fn() -> [u8; 32],
    /// What the draft would do, as far as this process computes it.
    pub(crate) preview: crate::preview::Wanted,
    /// How everybody stood when they were last looked at for the first page.
    pub(crate) survey: crate::serve::survey::Survey,
    /// Wakes the one who does what was asked for several who were chosen.
    pub(crate) chosen: crate::chosen::Bell,
    /// Files that are imported.
    pub(crate) imports: Imports,
    /// Wakes those who do what follows of itself.
    pub(crate) awake: tokio::sync::Notify,
}

/// What is counted, for the metrics.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) requests: RwLock<std::collections::BTreeMap<(&'static str, u16), AtomicU64>>,
    pub(crate) accepted: AtomicU64,
    pub(crate) duplicates: AtomicU64,
    pub(crate) refused: RwLock<std::collections::BTreeMap<&'static str, AtomicU64>>,
    pub(crate) looked_at: AtomicU64,
    pub(crate) busy: AtomicU64,
}

impl std::fmt::Debug for App {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("App").finish_non_exhaustive()
    }
}

impl App {
    /// There is something to do behind the scenes.
    pub(crate) fn wake(&self) {
        self.awake.notify_one();
    }
}
