//! `fervor backup` and `fervor restore`: everything that a service keeps, in one file.

use std::io::Write as _;
use std::path::PathBuf;

use batch::wording::thousands;
use indicatif::{ProgressBar, ProgressStyle};
use store::Store;
use store::backup::{Progress, Summary};

use super::Ui;
use crate::serve;

/// Write everything that a service keeps into one file, and read it again to be sure.
///
/// The service may run meanwhile: the file has all of one moment. It is a database by itself, whichever database it
/// was made of, and can be restored into either. A file that exists is never overwritten.
#[derive(Debug, clap::Args)]
pub(crate) struct Backup {
    /// The database of the service.
    #[arg(long, value_name = "URL", env = "FERVOR_DB")]
    db: String,

    /// The file to write.
    file: PathBuf,
}

/// Fill a new database from a backup, all or nothing.
#[derive(Debug, clap::Args)]
pub(crate) struct Restore {
    /// The database to fill: a file that is made if it is missing, or an empty database of PostgreSQL.
    #[arg(long, value_name = "URL", env = "FERVOR_DB")]
    db: String,

    /// The backup.
    file: PathBuf,
}

impl Backup {
    pub(crate) fn run(&self, ui: &mut Ui<'_>) -> anyhow::Result<u8> {
        let store = Store::open(&self.db)?;
        let bar = bar();
        let summary = store.backup(&self.file, &mut |progress| tell(&bar, &progress))?;
        bar.finish_and_clear();
        said(ui, &format!("wrote {}", self.file.display()), &summary)
    }
}

impl Restore {
    pub(crate) fn run(&self, ui: &mut Ui<'_>) -> anyhow::Result<u8> {
        let bar = bar();
        let summary = Store::restore(&self.db, &self.file, &mut |progress| tell(&bar, &progress))?;
        bar.finish_and_clear();
        said(ui, &format!("restored into {}", serve::shown(&self.db)), &summary)
    }
}

fn bar() -> ProgressBar {
    let style = ProgressStyle::with_template("{spinner} {msg}").unwrap_or_else(|_| ProgressStyle::default_spinner());
    ProgressBar::new_spinner().with_style(style)
}

fn tell(bar: &ProgressBar, progress: &Progress) {
    bar.set_message(format!("{}: {} rows", progress.table, thousands(usize::try_from(progress.rows).unwrap_or(0))));
    bar.tick();
}

fn said(ui: &mut Ui<'_>, what: &str, summary: &Summary) -> anyhow::Result<u8> {
    let rows: u64 = summary.tables.iter().map(|(_, rows)| rows).sum();
    let (rows, bytes) = (usize::try_from(rows).unwrap_or(0), usize::try_from(summary.bytes).unwrap_or(0));
    writeln!(ui.err, "{what}: {} rows, {} bytes, verified", thousands(rows), thousands(bytes))?;
    Ok(0)
}
