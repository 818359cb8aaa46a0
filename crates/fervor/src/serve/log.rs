//! The log: lines for people, or JSON for machines, on standard error.

use tracing_subscriber::EnvFilter;

/// How the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// Lines for people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Begins the log. A filter such as `info` or `fervor=debug` says what is worth a line.
pub(crate) fn begin(format: Format, filter: &str) -> anyhow::Result<()> {
    let filter: EnvFilter = filter.parse()?;
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match format {
        Format::Text => log.init(),
        Format::Json => log.json().init(),
    }
    Ok(())
}
