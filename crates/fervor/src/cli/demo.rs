//! `fervor demo`: the shipped example, scored and explained in one screen.

use batch::source::{Kind, Source};
use rules::day::Day;
use rules::facts::Builder;
use rules::model::Subject;
use rules::score::Evaluation;
use std::io::Write as _;

use super::explain::explanation;
use super::{Ui, check, engine, facts, forecast, overview};
use batch::explain::text;

/// Score the shipped example: fourteen years of an open-source project, as an association.
///
/// Shows how everyone stands, why one contact has the score that it has, and who drops within a
/// month if nothing happens. The files are in examples/open-source.
#[derive(Debug, clap::Args)]
pub(crate) struct Demo {}

const MODEL: &str = include_str!("../../../../examples/open-source/model.toml");
const CONTACTS: &[u8] = include_bytes!("../../../../examples/open-source/contacts.csv");
const ACTIVITIES: &[u8] = include_bytes!("../../../../examples/open-source/activities.csv");
/// Where the example lies in the repository, for messages and for commands to try.
const FOLDER: &str = "examples/open-source";
/// The day after the last week in the data.
const AS_OF: &str = "2026-08-31";
/// Someone whose score shows fading, silence and a coming drop.
const SOMEONE: &str = "7a7241ebb61d";
/// So many are listed, to stay within a screen.
const LISTED: usize = 4;

impl Demo {
    #[expect(clippy::unused_self, reason = "all commands run alike")]
    pub(crate) fn run(&self, ui: &mut Ui<'_>) -> anyhow::Result<u8> {
        let model = check::parse(&format!("{FOLDER}/model.toml"), MODEL, ui)?;
        let sources = [
            Source::built_in(Kind::Contacts, &format!("{FOLDER}/contacts.csv"), CONTACTS),
            Source::built_in(Kind::Activities, &format!("{FOLDER}/activities.csv"), ACTIVITIES),
        ];
        let mut builder = Builder::default();
        facts::load(&mut builder, &sources, &model.zone, ui)?;
        let known = builder.finish();
        let as_of = Day::parse(AS_OF).expect("a date");
        let evaluation = Evaluation::new(&model, &known, as_of);
        let scores = engine::evaluate(&evaluation)?;

        writeln!(ui.out, "{}", overview::headline(&model, as_of, overview::Existing::of(&known, as_of), &scores))?;
        for (id, of) in [("engagement", Subject::Contact), ("company", Subject::Account)] {
            let at = model.find_score(id).expect("the example has it");
            match of {
                Subject::Account => overview::of_score(&model, at, &scores.accounts, LISTED, &mut ui.out)?,
                _ => overview::of_score(&model, at, &scores.contacts, LISTED, &mut ui.out)?,
            }
        }

        writeln!(ui.out, "\nWhy does {SOMEONE} have the score that it has?\n")?;
        let only = model.find_score("engagement");
        let why = explanation(&evaluation, &scores, Subject::Contact, SOMEONE, only)?;
        text(&why, &mut ui.out)?;

        let month = as_of.plus_days(30).expect("within the calendar");
        let crossings = forecast::crossings(&evaluation, month)?;
        writeln!(ui.out, "\nWho changes band within a month?\n\n{}", forecast::summary(&crossings, as_of, month))?;
        forecast::print(&model, &crossings[..LISTED.min(crossings.len())], as_of, &mut ui.out)?;
        next(ui)
    }
}

fn next(ui: &mut Ui<'_>) -> anyhow::Result<u8> {
    let files = format!("{FOLDER}/model.toml --contacts {FOLDER}/contacts.csv --activities {FOLDER}/activities.csv");
    writeln!(
        ui.out,
        "\nTry, from the folder of the project:\n\
         \x20 fervor score    {files} --as-of {AS_OF}\n\
         \x20 fervor explain  {files} --as-of {AS_OF} --account google.com\n\
         \x20 fervor forecast {files} --as-of {AS_OF} --within \"1 quarter\"\n\
         Then change a number in {FOLDER}/model.toml and look again."
    )?;
    Ok(0)
}
