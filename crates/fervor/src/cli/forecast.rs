//! `fervor forecast`: who changes band when, if nothing happens.

use std::io::Write as _;
use std::path::PathBuf;

use rules::advice::{Advice, Way};
use rules::day::{Day, Period};
use rules::forecast::{self, Change};
use rules::model::Model;
use rules::score::Evaluation;
use serde_json::Value;

use super::facts::{FactsOptions, scoring_bar};
use super::failure::Failure;
use super::overview::{align, plain_table, print_table};
use super::{Ui, check};
use batch::explain::{self, Ahead};
use batch::wording::{counted, grouped, shortened};

/// Say who changes band when, if nothing happens.
///
/// Without further facts scores change only at midnights, so that these dates are computed, not
/// guessed. Bands by percentile depend on everyone and are left out. Beside a drop of a contact
/// stands the least that would prevent it, where further activities of one kind can.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  fervor forecast model.toml --contacts contacts.csv --activities activities.csv --within \"30 days\"")]
pub(crate) struct Forecast {
    /// The model, a TOML file.
    model: PathBuf,

    #[command(flatten)]
    facts: FactsOptions,

    /// How far ahead: for example "30 days" or "1 quarter", at most three years.
    #[arg(long, value_name = "SPAN", default_value = "30 days", value_parser = read_period)]
    within: Period,

    /// Write one JSON object a line.
    #[arg(long)]
    json: bool,
}

fn read_period(text: &str) -> Result<Period, String> {
    Period::parse(text).ok_or_else(|| "expected a span such as \"30 days\"".into())
}

/// A change and whose it is.
pub(crate) struct Crossing {
    pub(crate) id: String,
    pub(crate) ahead: Ahead,
}

impl Forecast {
    pub(crate) fn run(&self, ui: &mut Ui<'_>) -> anyhow::Result<u8> {
        let model = check::read(&self.model, ui)?;
        let facts = self.facts.load(&self.model, &model, ui)?;
        let as_of = self.facts.as_of(&model.zone, ui);
        let until = as_of.plus(self.within, 1).filter(|&until| until <= forecast::horizon(as_of));
        let Some(until) = until else {
            let help = "forecasts look at most three years ahead".to_owned();
            return Err(Failure::refused(format!("--within \"{}\" is too far", self.within), help).into());
        };
        let crossings = crossings(&Evaluation::new(&model, &facts, as_of), until)?;
        if self.json {
            for crossing in &crossings {
                writeln!(ui.out.raw(), "{}", json(&model, crossing))?;
            }
            return Ok(0);
        }
        writeln!(ui.out, "{}", summary(&crossings, as_of, until))?;
        print(&model, &crossings, as_of, &mut ui.out)?;
        Ok(0)
    }
}

/// All changes up to a day, by day, subject, score and id.
pub(crate) fn crossings(evaluation: &Evaluation<'_>, until: Day) -> anyhow::Result<Vec<Crossing>> {
    let bar = scoring_bar(evaluation.contact_ids().count() + evaluation.account_ids().count());
    let advice = Advice::new(evaluation);
    let mut crossings = Vec::new();
    let mut add = |id: &str, change: Change, prevented_by: Option<Way>| {
        crossings.push(Crossing { id: id.to_owned(), ahead: Ahead { change, prevented_by } });
    };
    for id in evaluation.contact_ids() {
        for change in evaluation.forecast_contact(id, until).transpose()?.unwrap_or_default() {
            let way = advice.prevention(id, &change)?;
            add(id.as_str(), change, way);
        }
        bar.inc(1);
    }
    for id in evaluation.account_ids() {
        for change in evaluation.forecast_account(id, until).transpose()?.unwrap_or_default() {
            add(id.as_str(), change, None);
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    crossings.sort_by(|one, other| {
        let key = |crossing: &Crossing| (crossing.ahead.change.day, crossing.ahead.change.score);
        key(one).cmp(&key(other)).then_with(|| one.id.cmp(&other.id))
    });
    Ok(crossings)
}

/// How many, up and down.
pub(crate) fn summary(crossings: &[Crossing], as_of: Day, until: Day) -> String {
    let down = crossings.iter().filter(|crossing| crossing.ahead.change.to < crossing.ahead.change.from).count();
    let up = crossings.len() - down;
    let span = format!("from {as_of} until {until}, if nothing happens");
    match crossings.len() {
        0 => format!("no change of band {span}"),
        many => format!("{} of band {span}: {down} down, {up} up", counted(many, "change")),
    }
}

/// The changes as a table.
pub(crate) fn print(
    model: &Model,
    crossings: &[Crossing],
    as_of: Day,
    out: &mut dyn std::io::Write,
) -> anyhow::Result<()> {
    if crossings.is_empty() {
        return Ok(());
    }
    let mut table = plain_table();
    table.set_header([" date", "who", "score", "from", "to", "points", "prevented by"]);
    for Crossing { id, ahead: Ahead { change, prevented_by } } in crossings {
        let score = model.score(change.score);
        let band = |place: usize| score.bands[place].name.clone();
        let who = format!("{} {}", score.of.word(), shortened(id));
        table.add_row([
            format!(" {}", change.day),
            who,
            score.label().to_owned(),
            band(change.from),
            band(change.to),
            grouped(change.points),
            prevented_by.as_ref().map(|way| explain::shortly(model, way, as_of)).unwrap_or_default(),
        ]);
    }
    align(&mut table, &[5]);
    print_table(&table, out)
}

fn json(model: &Model, crossing: &Crossing) -> Value {
    let score = model.score(crossing.ahead.change.score);
    let mut object = serde_json::json!({ score.of.word(): crossing.id, "score": score.id });
    if let (Some(object), Value::Object(ahead)) = (object.as_object_mut(), explain::of_ahead(model, &crossing.ahead)) {
        object.extend(ahead);
    }
    object
}
