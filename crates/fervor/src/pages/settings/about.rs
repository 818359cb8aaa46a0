//! What this service is, and whether it is well.

use askama::Template;
use batch::wording::thousands;
use store::Manner;
use store::subject::Kind as Subject;

use super::super::frame::{Frame, page};
use super::super::when::When;
use super::Settings;
use crate::api::answer::Answer;
use crate::api::call::Call;
use crate::api::problem::Problem;
use crate::t::{self, Text};

/// Versions of the rules that are listed.
const VERSIONS: usize = 10;

#[derive(Debug, Template)]
#[template(path = "settings/about.html")]
struct About<'a> {
    frame: Frame<'a>,
    settings: Settings,
    version: &'static str,
    database: Text,
    contacts: String,
    accounts: String,
    waiting: usize,
    /// Accounts and opportunities that are not worked out anew yet.
    marks: usize,
    /// Which version of the rules is being prepared, and how far that is: done, all.
    publishing: Option<(i64, u64, u64)>,
    models: Vec<Model>,
}

#[derive(Debug)]
struct Model {
    number: i64,
    by: String,
    at: When,
    is_current: bool,
}

/// Marks that are counted at most.
const MARKS_MAX: usize = 1_000;

pub(in crate::pages) fn show(call: &Call) -> Result<Answer, Problem> {
    let service = &call.app.service;
    let mut session = service.session(Manner::Reading)?;
    let mut count =
        |kind| -> Result<String, Problem> { Ok(thousands(usize::try_from(session.count(kind)?).unwrap_or_default())) };
    let (contacts, accounts) = (count(Subject::Contact)?, count(Subject::Account)?);
    let marks = session.marked(MARKS_MAX)?.len();
    drop(session);
    let current = service.models()?.current.map(|version| version.number);
    let models = service.versions(None, VERSIONS)?.into_iter().map(|version| Model {
        number: version.number,
        by: version.published_by.clone(),
        at: When::at(version.published_at),
        is_current: current == Some(version.number),
    });
    let about = About {
        frame: Frame::of(call),
        settings: Settings::of(call),
        version: env!("CARGO_PKG_VERSION"),
        database: if call.app.is_server { t::about_in_server() } else { t::about_in_file() },
        contacts,
        accounts,
        waiting: service.waiting(),
        marks,
        publishing: service.publishing()?.map(|progress| (progress.version, progress.done, progress.all)),
        models: models.collect(),
    };
    Ok(page(200, &about))
}
