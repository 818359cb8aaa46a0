//! `fervor serve`: the live service.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use batch::memory;
use live::models::Version;
use live::publish::Step;
use live::service::Service;

use super::failure::Failure;
use super::{Ui, check};
use crate::people::link;
use crate::serve::{self, LogFormat, Settings};

/// Serve scores that are fresh: facts come in over HTTP, and every answer means that they are stored.
///
/// The database is a file, or a PostgreSQL server, on which several of these may work at once. Everything can be
/// set in a file too, by the names of the options; what is given here comes first, then the environment.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  fervor serve --db fervor.db --model model.toml
  fervor serve --db postgres://fervor@db.example/fervor --listen 0.0.0.0:8080 --log-format json
  fervor key create --db fervor.db --name website --scope ingest")]
pub(crate) struct Serve {
    /// The database: a file, which is made if it is missing, or postgres://user@host/name.
    #[arg(long, value_name = "URL", env = "FERVOR_DB")]
    db: Option<String>,

    /// Where to listen [default: 127.0.0.1:8080].
    #[arg(long, value_name = "ADDR", env = "FERVOR_LISTEN")]
    listen: Option<SocketAddr>,

    /// Publish this model first, if it is not the one in force.
    #[arg(long, value_name = "FILE", env = "FERVOR_MODEL")]
    model: Option<PathBuf>,

    /// A proxy with TLS stands before it: cookies are for HTTPS alone, and `X-Forwarded-For` says who asks.
    #[arg(long, env = "FERVOR_BEHIND_PROXY")]
    behind_proxy: bool,

    /// How many requests a second each key, and each person, may make [default: 1000].
    #[arg(long, value_name = "N", env = "FERVOR_RATE")]
    rate: Option<u32>,

    /// Memory for contacts who were written lately: what comes of them next is added without reading them
    /// [default: 512M].
    #[arg(long, value_name = "SIZE", value_parser = memory::read_size, env = "FERVOR_MEMORY")]
    memory: Option<u64>,

    /// How large the files of one import may be together, such as 500M or 2G [default: 1G].
    #[arg(long, value_name = "SIZE", value_parser = memory::read_size, env = "FERVOR_IMPORT_MAX")]
    import_max: Option<u64>,

    /// Where the files of imports lie until they are read [default: the folder for temporary files].
    #[arg(long, value_name = "FOLDER", env = "FERVOR_IMPORT_DIR")]
    import_dir: Option<PathBuf>,

    /// What is worth a line in the log, such as `info` or `fervor=debug` [default: info].
    #[arg(long, value_name = "FILTER", env = "FERVOR_LOG")]
    log: Option<String>,

    /// How the log is written [default: text].
    #[arg(long, value_enum, value_name = "FORMAT", env = "FERVOR_LOG_FORMAT")]
    log_format: Option<LogFormat>,

    /// A TOML file with any of these settings.
    #[arg(long, value_name = "FILE", env = "FERVOR_CONFIG")]
    config: Option<PathBuf>,
}

/// The settings of a file.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    db: Option<String>,
    listen: Option<SocketAddr>,
    model: Option<PathBuf>,
    behind_proxy: Option<bool>,
    rate: Option<u32>,
    memory: Option<String>,
    import_max: Option<String>,
    import_dir: Option<PathBuf>,
    log: Option<String>,
    log_format: Option<String>,
}

impl Serve {
    pub(crate) fn run(&self, ui: &mut Ui<'_>) -> anyhow::Result<u8> {
        let file = self.file()?;
        let database = self.db.clone().or(file.db).ok_or_else(|| {
            let help = "give --db fervor.db to keep everything in that file";
            Failure::refused("there is no database to serve from", help.to_owned())
        })?;
        let format = match (self.log_format, file.log_format.as_deref()) {
            (Some(format), _) => format,
            (None, Some("json")) => LogFormat::Json,
            (None, None | Some("text")) => LogFormat::Text,
            (None, Some(other)) => {
                let message = format!("log_format `{other}` is not one");
                return Err(Failure::refused(message, "it is text or json".to_owned()).into());
            }
        };
        let usual = Settings::default();
        let listen = self.listen.or(file.listen).unwrap_or(usual.listen);
        let rate = self.rate.or(file.rate).unwrap_or(usual.rate).max(1);
        let is_proxied = self.behind_proxy || file.behind_proxy.unwrap_or_default();
        let import_max = size("import_max", self.import_max, file.import_max.as_deref(), usual.import_max)?;
        let import_dir = self.import_dir.clone().or(file.import_dir).unwrap_or(usual.import_dir);
        let memory = size("memory", self.memory, file.memory.as_deref(), 512 << 20)?;
        let settings = Settings { database, listen, rate, is_proxied, import_max, import_dir };
        let filter = self.log.clone().or(file.log);
        serve::begin_log(format, filter.as_deref().unwrap_or("info"))?;
        let service = serve::open(&settings.database)?;
        service.remember(usize::try_from(memory).unwrap_or(usize::MAX));
        if let Some(path) = self.model.as_ref().or(file.model.as_ref()) {
            publish_file(&service, path, "fervor serve --model", ui)?;
        }
        let setup = link::prepare(&service, &serve::random())?;
        serve::run(&settings, service, |address| {
            // Whoever started it may not listen.
            let _said = writeln!(ui.err, "serving at http://{address}, described at http://{address}/docs");
            if let Some(token) = setup {
                let place = reachable(address);
                let _said = writeln!(
                    ui.err,
                    "nobody can log in yet. Open this link to become the first admin; it works once, until the next \
                     start:\n\n  http://{place}/setup/{token}\n"
                );
            }
        })?;
        Ok(0)
    }

    fn file(&self) -> anyhow::Result<File> {
        let Some(path) = &self.config else { return Ok(File::default()) };
        let text = std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
        toml::from_str(&text).with_context(|| format!("{} is not a file of settings", path.display()))
    }
}

/// An address that a browser on this machine can open.
pub(crate) fn reachable(address: SocketAddr) -> String {
    if address.ip().is_unspecified() { format!("localhost:{}", address.port()) } else { address.to_string() }
}

/// A size as it was given, or as a file of settings says it.
fn size(name: &str, given: Option<u64>, file: Option<&str>, usual: u64) -> anyhow::Result<u64> {
    match (given, file) {
        (Some(size), _) => Ok(size),
        (None, Some(size)) => memory::read_size(size)
            .map_err(|expected| Failure::refused(format!("{name} `{size}` is no size"), expected).into()),
        (None, None) => Ok(usual),
    }
}

/// Publishes a file unless it is in force, and waits until it is.
pub(crate) fn publish_file(service: &Service, path: &Path, by: &str, ui: &mut Ui<'_>) -> anyhow::Result<Option<i64>> {
    let text = check::text(path, "model", "fervor check model.toml")?;
    // What is wrong with it is shown where it stands.
    check::parse(&path.display().to_string(), &text, ui)?;
    publish(service, &text, by)
}

/// Publishes a model unless it is in force, and waits until it is.
pub(crate) fn publish(service: &Service, text: &str, by: &str) -> anyhow::Result<Option<i64>> {
    if service.models()?.current.is_some_and(|current| current.text == text) {
        return Ok(None);
    }
    let number = service.publish(text, by)?;
    loop {
        let worked = service.work()?;
        let models = service.models()?;
        let is = |version: &Option<Arc<Version>>| version.as_ref().is_some_and(|version| version.number == number);
        if is(&models.current) {
            return Ok(Some(number));
        }
        let failed = match worked.published {
            Some(Step::Failed(why)) => Some(why),
            // A service that runs beside has given it up.
            _ if !is(&models.candidate) => Some("the log of the service says why".to_owned()),
            _ => None,
        };
        if let Some(why) = failed {
            let help = "no score has changed; correct the model, or the values behind it";
            return Err(Failure::failed(format!("the model is not published: {why}"), help.to_owned()).into());
        }
    }
}
