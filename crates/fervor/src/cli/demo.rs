//! `fervor demo`: the shipped example, scored and explained in one screen, and then served.

use batch::source::{Kind, Source};
use rules::day::{Day, Zone};
use rules::facts::Builder;
use rules::model::Subject;
use rules::score::Evaluation;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::Context as _;
use live::service::Service;

use super::explain::explanation;
use super::live::new_key;
use super::{Ui, check, engine, facts, forecast, overview};
use crate::api::access::Scope;
use crate::import::direct::Direct;
use crate::import::{Import, Part};
use crate::people::user::{self, NewUser, Role};
use crate::people::{self, password};
use crate::sample::{self, ACTIVITIES, CONTACTS, MODEL};
use crate::serve::{self, Settings};
use batch::explain::text;

/// Score the shipped example: fourteen years of an open-source project, as an association.
///
/// Shows how everyone stands, why one contact has the score that it has, and who drops within a
/// month if nothing happens. Then it serves the same, moved by whole weeks so that it ends in these days, from a
/// database that goes away with it, until it is interrupted. The files are in examples/open-source.
#[derive(Debug, clap::Args)]
pub(crate) struct Demo {
    /// Keep the database in this file [default: a temporary one].
    #[arg(long, value_name = "FILE")]
    db: Option<PathBuf>,

    /// Where to listen.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,

    /// Only show, and serve nothing.
    #[arg(long, conflicts_with_all = ["db", "listen"])]
    no_serve: bool,
}

/// Where the example lies in the repository, for messages and for commands to try.
const FOLDER: &str = "examples/open-source";
/// The day after the last week in the data.
const AS_OF: &str = "2026-08-31";
/// Someone whose score shows fading, silence and a coming drop.
const SOMEONE: &str = "7a7241ebb61d";
/// Who may log in to the demo.
const EMAIL: &str = "demo@example.org";
/// So many are listed, to stay within a screen.
const LISTED: usize = 4;

impl Demo {
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
        next(ui)?;
        if self.no_serve { Ok(0) } else { self.serve(&model.zone, ui) }
    }

    /// The example in a database, served.
    fn serve(&self, zone: &Zone, ui: &mut Ui<'_>) -> anyhow::Result<u8> {
        let folder = tempfile::tempdir()?;
        let path = self.db.clone().unwrap_or_else(|| folder.path().join("demo.db"));
        let database = path.to_str().context("the path of the database is not UTF-8")?.to_owned();
        ui.out.flush()?;
        let service = serve::open(&database)?;
        if service.models()?.current.is_none() {
            writeln!(ui.err, "\nLoading the example into {} ...", path.display())?;
            super::serve::publish(&service, MODEL, "fervor demo")?;
            let (direct, digests) = (Direct::new(&service), std::collections::BTreeMap::new());
            let mut import = Import::new(&direct, service.now(), Part::WHOLE, &digests);
            facts::load(&mut import, &sample::moved_to(zone.day_of(service.now())), zone, ui)?;
            import.finish()?;
            service.quiet()?;
        }
        let key = new_key(&service, "demo", &[Scope::Admin], "fervor demo")?;
        let login = match somebody(&service)? {
            Some(password) => format!("log in as {EMAIL} with the password {password}"),
            None => "log in as one of the people that it knows already".to_owned(),
        };
        serve::begin_log(serve::LogFormat::Text, "warn")?;
        let settings = Settings { database, listen: self.listen, ..Settings::default() };
        serve::run(&settings, service, |address| {
            // Whoever started it may not listen.
            let _said = writeln!(
                ui.err,
                "Serving the same, moved by whole weeks so that it ends in these days, until you press Ctrl-C:\n\n  http://{address}/\n  {login}\n\n  \
                 http://{address}/docs\n  what can be asked of it, with the key {key}\n\nTry:\n  \
                 curl -H 'Authorization: Bearer {key}' 'http://{address}/v1/contacts?sort=-score.engagement&limit=3'"
            );
        })?;
        Ok(0)
    }
}

/// Makes somebody who may do everything, and gives the password; nobody if there is anybody.
fn somebody(service: &Service) -> anyhow::Result<Option<String>> {
    let random = serve::random();
    // Letters and digits that nobody takes for one another, in groups that can be typed.
    let letters: Vec<char> = "abcdefghjkmnpqrstuvwxyz23456789".chars().collect();
    let letter = |byte: &u8| letters[usize::from(*byte) % letters.len()];
    let groups: Vec<String> = random[..20].chunks(5).map(|group| group.iter().map(letter).collect()).collect();
    let password = groups.join("-");
    let new = NewUser::new(EMAIL, "Demo", Role::Admin)?;
    let hash = password::hash(&password, &serve::random());
    let is_made = people::change(service, |session| {
        if user::is_anybody(session)? {
            return Ok(false);
        }
        let now = service.now();
        let mut user = user::add(session, &new, now, &serve::random())?;
        user.password = Some(hash);
        user::put(session, &user, now)?;
        Ok(true)
    })?;
    Ok(is_made.then_some(password))
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
