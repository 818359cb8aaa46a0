//! What the store does, the same in both databases: each behaviour stands once and is run in a new database of either.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test fails by panicking, and prints what it measured")]

mod backup;
mod facts;
mod keep;
mod lists;
mod manners;
mod opening;
mod outage;
mod plans;
mod samples;
mod scores;
mod searches;
mod tls;

use store::testing::Server;
use store::{Manner, Session, Store};

/// A new database.
struct Ground {
    store: Store,
    address: String,
    is_postgres: bool,
}

impl Ground {
    /// Writes, and makes it last.
    fn write<T>(&self, act: impl FnOnce(&mut Session<'_>) -> T) -> T {
        let mut session = self.store.begin(Manner::Together).unwrap();
        let done = act(&mut session);
        session.commit().unwrap();
        done
    }

    /// Something that the store does not do.
    fn raw(&self, sql: &str) {
        match self.is_postgres {
            true => client(&self.address).batch_execute(sql).unwrap(),
            false => rusqlite::Connection::open(&self.address).unwrap().execute_batch(sql).unwrap(),
        }
    }

    fn read<T>(&self, act: impl FnOnce(&mut Session<'_>) -> T) -> T {
        act(&mut self.store.begin(Manner::Reading).unwrap())
    }
}

fn client(address: &str) -> postgres::Client {
    postgres::Client::connect(address, postgres::NoTls).unwrap()
}

/// What a test that runs this one again in a process of its own tells it.
fn told(name: &str) -> Option<String> {
    std::env::var_os(name)?.into_string().ok()
}

type Behaviour = (&'static str, fn(&Ground));

fn behaviours() -> impl Iterator<Item = Behaviour> {
    [facts::ALL, scores::ALL, searches::ALL, keep::ALL, lists::ALL, manners::ALL, opening::ALL]
        .into_iter()
        .flatten()
        .copied()
}

#[test]
fn sqlite() {
    for (name, behaviour) in behaviours() {
        println!("{name}");
        let folder = tempfile::tempdir().unwrap();
        let address = folder.path().join("store.db").to_str().unwrap().to_owned();
        behaviour(&Ground { store: Store::open(&address).unwrap(), address, is_postgres: false });
    }
}

#[test]
fn postgres() {
    let Some(server) = Server::start() else { return };
    for (number, (name, behaviour)) in behaviours().enumerate() {
        println!("{name}");
        let address = server.database(&format!("b{number}"));
        behaviour(&Ground { store: Store::open(&address).unwrap(), address, is_postgres: true });
    }
}
