//! Commands beside a live service: keys, imports, verification.

use std::io::Write as _;

use clap::Subcommand;
use live::service::Service;
use serde_json::json;

use super::Ui;
use super::facts::FactsOptions;
use super::failure::Failure;
use crate::api::access::{self, Scope};
use crate::api::audit::{self, By};
use crate::import::direct::{self, Direct};
use crate::import::{Import, Part};
use crate::serve;
use batch::source;
use batch::wording::{counted, thousands};

/// Make and list the keys with which others may ask the service.
#[derive(Debug, clap::Args)]
pub(crate) struct KeyCommand {
    #[command(subcommand)]
    command: WhichKey,
}

#[derive(Debug, Subcommand)]
enum WhichKey {
    /// Make a key and print it, this once: only a hash of it is stored.
    Create {
        /// The database of the service.
        #[arg(long, value_name = "URL", env = "FERVOR_DB")]
        db: String,
        /// What the key is for; activities that tracking SDKs send with it have this as their source.
        #[arg(long, value_name = "NAME")]
        name: String,
        /// What it allows: ingest, read, write, admin.
        #[arg(long, value_name = "SCOPES", value_delimiter = ',', required = true)]
        scope: Vec<String>,
    },
}

impl KeyCommand {
    pub(crate) fn run(&self, ui: &mut Ui<'_>) -> anyhow::Result<u8> {
        let WhichKey::Create { db, name, scope } = &self.command;
        let scopes: Option<Vec<Scope>> = scope.iter().map(|word| Scope::named(word)).collect();
        let scopes = scopes.ok_or_else(|| {
            let message = format!("`{}` is not a list of scopes", scope.join(","));
            Failure::refused(message, "there are: ingest, read, write, admin".to_owned())
        })?;
        let service = serve::open(db)?;
        writeln!(ui.out.raw(), "{}", new_key(&service, name, &scopes, "fervor key create")?)?;
        Ok(0)
    }
}

/// A new key, whole; the audit log says by which command it was made.
pub(super) fn new_key(service: &Service, name: &str, scopes: &[Scope], by: &str) -> anyhow::Result<String> {
    let (_, key) = access::create(service, (name, scopes), &serve::random(), |session, key| {
        let about = json!({"key": key.id, "name": name});
        audit::note(session, service.now(), &serve::random(), &By { name: by, id: None }, "create_key", &about)
    })?;
    Ok(key)
}

/// Tell a service what files say: the same files and mappings that `fervor score` reads.
///
/// What was imported before is not counted twice: an activity is known by its id or, where it has none, by its file and
/// row. The service may run meanwhile.
#[derive(Debug, clap::Args)]
pub(crate) struct ImportCommand {
    /// The database of the service.
    #[arg(long, value_name = "URL", env = "FERVOR_DB")]
    db: String,

    #[command(flatten)]
    facts: FactsOptions,
}

impl ImportCommand {
    pub(crate) fn run(&self, ui: &mut Ui<'_>) -> anyhow::Result<u8> {
        let service = serve::open(&self.db)?;
        let zone = service.models()?.current.map_or_else(rules::day::Zone::utc, |current| current.model.zone.clone());
        let direct = Direct::new(&service);
        self.facts.read_in(&zone, ui, |sources, zone, watcher| -> anyhow::Result<_> {
            let digests = direct::digests(sources)?;
            let mut import = Import::new(&direct, service.now(), Part::WHOLE, &digests);
            match source::load_into(&mut import, sources, zone, watcher) {
                Ok(counts) => import.finish().map(|()| counts).map_err(Into::into),
                Err(error) => Err(import.failure().map_or_else(|| error.into(), Into::into)),
            }
        })?;
        let told = direct.told();
        service.quiet()?;
        writeln!(
            ui.err,
            "{} accepted, {} known already, {} refused",
            thousands(usize::try_from(told.accepted).unwrap_or(usize::MAX)),
            thousands(usize::try_from(told.duplicates).unwrap_or(usize::MAX)),
            thousands(told.refused.len()),
        )?;
        for message in told.refused.iter().take(5) {
            writeln!(ui.err, "refused: {message}")?;
        }
        Ok(u8::from(!told.refused.is_empty()))
    }
}

/// Recompute every score of a service with the reference evaluator, and tell any difference.
#[derive(Debug, clap::Args)]
pub(crate) struct Verify {
    /// The database of the service.
    #[arg(long, value_name = "URL", env = "FERVOR_DB")]
    db: String,
}

impl Verify {
    pub(crate) fn run(&self, ui: &mut Ui<'_>) -> anyhow::Result<u8> {
        let service = serve::open(&self.db)?;
        let found = service.verify()?;
        let Some(as_of) = found.as_of else {
            writeln!(ui.out, "no model is published, so that there is nothing to verify")?;
            return Ok(0);
        };
        for told in &found.told {
            writeln!(ui.out, "{told}")?;
        }
        let subjects = counted(found.subjects, "subject");
        writeln!(ui.out, "{subjects} as of {as_of}: {}", counted(found.differences, "difference"))?;
        if found.pending > 0 {
            writeln!(ui.out, "note: accounts and opportunities are still being followed up; verify again in a moment")?;
        }
        Ok(u8::from(found.differences > 0))
    }
}
