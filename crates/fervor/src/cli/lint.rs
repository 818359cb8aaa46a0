//! `fervor lint`: what is valid but probably not what the author meant.

use std::io::{IsTerminal as _, Write as _};
use std::ops::Range;
use std::path::PathBuf;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Level, Origin, Renderer, Snippet};
use rules::lint::{self, Allow, Finding, Kind};
use rules::model::{Model, Places};
use rules::score::Evaluation;

use super::facts::{FactsOptions, scoring_bar};
use super::failure::FAILED;
use super::overview::Existing;
use super::{Ui, check};
use batch::wording::{counted, plain};

/// Say what is valid in a model, but probably not what was meant.
///
/// The model alone shows bands out of reach, caps without effect, rules that pay twice. With facts it also
/// shows rules that never gave anybody anything, conditions that are mostly unknown, types that nobody
/// mentions, and likely typing errors. The exit code is 0 without findings, and 1 with some. What each kind
/// means, and what to do, is in docs/lint.md.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  fervor lint model.toml
  fervor lint model.toml --contacts contacts.csv --activities activities.csv
  fervor lint model.toml --activities activities.csv --allow empty-band --allow dead-rule=upgrade

To accept a finding for good, write a comment below the header of its table in the model:
  # lint: allow dead-rule because the first upgrades come in May")]
pub(crate) struct Lint {
    /// The model, a TOML file.
    model: PathBuf,

    #[command(flatten)]
    facts: FactsOptions,

    /// Accept findings of this kind, or only those about one rule, score, category, exclusion, type or band.
    #[arg(long, value_name = "KIND[=ID]", value_parser = Allow::parse)]
    allow: Vec<Allow>,

    /// Write one JSON object a line, one for each finding.
    #[arg(long)]
    json: bool,
}

/// A finding and where it stands in the text.
struct Placed {
    finding: Finding,
    span: Range<usize>,
}

impl Lint {
    pub(crate) fn run(&self, ui: &mut Ui<'_>) -> anyhow::Result<u8> {
        let name = self.model.display().to_string();
        let text = check::text(&self.model, "model", "fervor lint model.toml")?;
        let model = check::parse(&name, &text, ui)?;
        let (findings, looked_at) = self.findings(&model, ui)?;
        let found = self.placed(&text, lint::written(&model, &text).into_iter().chain(findings).collect());
        if self.json {
            for placed in &found {
                writeln!(ui.out.raw(), "{}", json(&text, placed))?;
            }
        } else {
            let styled = ui.styled && std::io::stdout().is_terminal();
            for placed in &found {
                writeln!(ui.out.raw(), "{}\n", render(&name, &text, placed, styled))?;
            }
            match found.len() {
                0 => writeln!(ui.out, "no findings: {looked_at}")?,
                many => writeln!(ui.out, "{} in {looked_at}", counted(many, "finding"))?,
            }
        }
        Ok(if found.is_empty() { 0 } else { FAILED })
    }

    /// All findings, and what was looked at in words.
    fn findings(&self, model: &Model, ui: &mut Ui<'_>) -> anyhow::Result<(Vec<Finding>, String)> {
        let mut looked_at = vec![counted(model.rules.len(), "rule"), counted(model.scores.len(), "score")];
        if self.facts.is_empty() {
            let alone = "; no facts were compared: --contacts and --activities compare the model with your data";
            return Ok((lint::lint(model, None, &|| ())?, looked_at.join(", ") + alone));
        }
        let facts = self.facts.load(&self.model, model, ui)?;
        let evaluation = Evaluation::new(model, &facts, self.facts.as_of(&model.zone, ui));
        let bar = scoring_bar(lint::steps(&evaluation));
        let findings = lint::lint(model, Some(&evaluation), &|| bar.inc(1));
        bar.finish_and_clear();
        looked_at.push(counted(evaluation.contact_ids().count(), "contact"));
        looked_at.push(counted(Existing::of(&facts, evaluation.as_of()).on_date, "activity"));
        Ok((findings?, looked_at.join(", ")))
    }

    /// Those that are not accepted, with their places, in the order of the file.
    fn placed(&self, text: &str, findings: Vec<Finding>) -> Vec<Placed> {
        let places = Places::of(text);
        let left = lint::allowed(text, findings, !self.facts.is_empty());
        let left = left.into_iter().filter(|(finding, _)| !self.allow.iter().any(|allow| allow.covers(finding)));
        let mut found: Vec<_> = left
            .map(|(finding, at)| {
                let span = at.unwrap_or_else(|| place(&places, &finding));
                Placed { finding, span }
            })
            .collect();
        found.sort_by_key(|placed| (placed.span.start, placed.finding.kind));
        found
    }
}

/// The word that it is about, else its key, else its table, else the top of the file.
fn place(places: &Places<'_>, finding: &Finding) -> Range<usize> {
    let about = &finding.about;
    let word = about.other.as_ref().or(Some(&about.id)).filter(|_| finding.kind != Kind::DoublePoints);
    let word = word.and_then(|word| places.word(about.section, &about.id, about.key, word));
    let key = word.or_else(|| places.key(about.section, &about.id, about.key));
    key.or_else(|| places.table(about.section, &about.id)).unwrap_or(0..0)
}

/// A finding, drawn beside the line that it is about.
fn render(name: &str, text: &str, placed: &Placed, styled: bool) -> String {
    let Placed { finding, span } = placed;
    let renderer = if styled { Renderer::styled() } else { Renderer::plain() };
    let title = Level::WARNING.primary_title(plain(&finding.message)).id(finding.kind.id());
    let group = if span.is_empty() {
        title.element(Origin::path(name))
    } else {
        let annotation = AnnotationKind::Primary.span(span.clone());
        title.element(Snippet::source(text).path(name).annotation(annotation))
    };
    let group = group
        .element(Level::NOTE.message(plain(&finding.evidence)))
        .element(Level::HELP.message(plain(&finding.proposal)));
    renderer.decor_style(DecorStyle::Ascii).render(&[group])
}

fn json(text: &str, placed: &Placed) -> serde_json::Value {
    let Placed { finding, span } = placed;
    let before = text.get(..span.start).unwrap_or_default();
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let table = if finding.about.section.is_empty() { "model" } else { finding.about.section };
    serde_json::json!({
        "kind": finding.kind.id(),
        "table": table,
        "id": finding.about.id,
        "message": finding.message,
        "evidence": finding.evidence,
        "proposal": finding.proposal,
        "line": before.matches('\n').count() + 1,
        "column": before[line_start..].chars().count() + 1,
    })
}
