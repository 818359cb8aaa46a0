//! `fervor model`: what belongs to the model language itself.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Subcommand;

use super::failure::Failure;
use super::template::Template;
use super::{Ui, fmt, schema};

/// Start a model, put it into the house style, and help an editor with the language.
#[derive(Debug, clap::Args)]
pub(crate) struct ModelCommand {
    #[command(subcommand)]
    command: Which,
}

#[derive(Debug, Subcommand)]
enum Which {
    New(New),
    Fmt(fmt::Fmt),
    Publish(Publish),
    /// Print the JSON Schema of the model language, for completion and checks in an editor.
    ///
    /// Editors with TOML support (Even Better TOML, taplo) read it from the first line of a model:
    /// `#:schema ./fervor.schema.json`
    Schema,
}

/// Publish a model: everybody is scored by it, and then all scores of the service switch at once.
///
/// The service may run meanwhile; readers see the version before until everybody is scored.
#[derive(Debug, clap::Args)]
struct Publish {
    /// The model, a TOML file.
    model: PathBuf,

    /// The database of the service.
    #[arg(long, value_name = "URL", env = "FERVOR_DB")]
    db: String,
}

/// Write a commented model to begin with.
///
/// The folder gets `model.toml`, and with --sample also a few invented members and scenarios that
/// pin what the model means. Files that exist are never overwritten.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  fervor model new --template member-engagement --sample members
  fervor score members/model.toml --contacts members/contacts.csv \\
      --accounts members/accounts.csv --activities members/activities.csv --as-of 2026-03-14")]
struct New {
    /// Which way of scoring to begin with.
    #[arg(long, value_enum)]
    template: Template,

    /// The folder to write to; it is made if it is missing.
    #[arg(default_value = ".")]
    folder: PathBuf,

    /// Write sample facts and scenarios too.
    #[arg(long)]
    sample: bool,
}

impl ModelCommand {
    pub(crate) fn run(&self, ui: &mut Ui<'_>) -> anyhow::Result<u8> {
        match &self.command {
            Which::New(new) => new.run(ui)?,
            Which::Fmt(fmt) => return fmt.run(ui),
            Which::Publish(publish) => publish.run(ui)?,
            Which::Schema => writeln!(ui.out.raw(), "{:#}", schema::schema())?,
        }
        Ok(0)
    }
}

impl Publish {
    fn run(&self, ui: &mut Ui<'_>) -> anyhow::Result<()> {
        let service = crate::serve::open(&self.db)?;
        match super::serve::publish_file(&service, &self.model, "fervor model publish", ui)? {
            Some(number) => writeln!(ui.err, "version {number} is in force")?,
            None => writeln!(ui.err, "this is the model in force already; nothing has changed")?,
        }
        Ok(())
    }
}

impl New {
    fn run(&self, ui: &mut Ui<'_>) -> anyhow::Result<()> {
        let wanted = |name: &str| self.sample || name == "model.toml";
        let files: Vec<_> = self.template.files().iter().filter(|(name, _)| wanted(name)).collect();
        // All or nothing: nobody wants half a sample beside their own files.
        for (name, _) in &files {
            let path = self.folder.join(name);
            if path.exists() {
                let help = "name another folder: fervor model new --template ... my-model".to_owned();
                return Err(Failure::failed(format!("{} exists already", path.display()), help).into());
            }
        }
        fs::create_dir_all(&self.folder)
            .with_context(|| format!("the folder {} cannot be made", self.folder.display()))?;
        for (name, content) in files {
            let path = self.folder.join(name);
            fs::write(&path, content).with_context(|| format!("{} cannot be written", path.display()))?;
            writeln!(ui.err, "wrote {}", path.display())?;
        }
        writeln!(ui.out, "{}", self.next())?;
        Ok(())
    }

    /// What to try now.
    fn next(&self) -> String {
        let path = |name: &str| shown(&self.folder.join(name));
        if !self.sample {
            let model = path("model.toml");
            return format!("Next: read {model}, then\n  fervor check {model}");
        }
        let mut options = String::new();
        for (name, _) in self.template.files() {
            if let Some(kind) = name.strip_suffix(".csv") {
                options.push_str(&format!(" --{kind} {}", path(name)));
            }
        }
        let (model, scenarios) = (path("model.toml"), path("scenarios.txt"));
        format!(
            "Next: read {model}, then\n  fervor score {model}{options} --as-of 2026-03-14\n  fervor test {scenarios}"
        )
    }
}

/// A path as one types it, without a leading `./`.
fn shown(path: &Path) -> String {
    path.strip_prefix(".").unwrap_or(path).display().to_string()
}
