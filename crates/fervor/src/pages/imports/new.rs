//! A file comes: which column is what, how it would go, and then the import.

use askama::Template;
use batch::source::Kind;
use rules::day::Zone;

use super::super::form::Form;
use super::super::frame::{Frame, page, see, sentence};
use crate::api::answer::Answer;
use crate::api::call::{Call, Uploading, unprocessable};
use crate::api::imports::{self as api, Arrived, Sent};
use crate::api::inflow::Inflow;
use crate::api::problem::{Kind as Wrong, Problem};
use crate::import::columns::{DATES, DECIMALS, Layout, Role};
use crate::import::draft::{self, Draft};
use crate::import::job::Job;
use crate::import::run::of_file;
use crate::t;

#[derive(Debug, Template)]
#[template(path = "imports/new.html")]
struct New<'a> {
    frame: Frame<'a>,
    most: u64,
    error: Option<String>,
}

#[derive(Debug, Template)]
#[template(path = "imports/columns.html")]
struct Columns<'a> {
    frame: Frame<'a>,
    draft: &'a Draft,
    layout: &'a Layout,
    kinds: [Kind; 4],
    dates: &'static [(&'static str, &'static str)],
    decimals: &'static [(&'static str, &'static str)],
    /// The zones that there are, and that of the model.
    zones: Vec<String>,
    zone: String,
    error: Option<String>,
}

pub(in crate::pages) fn show(call: &Call) -> Result<Answer, Problem> {
    Ok(form(call, None))
}

fn form(call: &Call, problem: Option<&Problem>) -> Answer {
    let error = problem.map(|problem| sentence(&problem.detail));
    let status = problem.map_or(200, |problem| problem.kind.status());
    page(status, &New { frame: Frame::of(call), most: call.app.imports.most >> 20, error })
}

/// Takes a file, and finds out what it seems to say.
pub(in crate::pages) fn upload(call: Call, inflow: Inflow) -> Uploading {
    Box::pin(async move {
        let taken = match api::receive(&call, inflow).await {
            Ok((sent, folder)) => tokio::task::block_in_place(|| looked_at(&call, sent, folder)),
            Err(problem) => Err(problem),
        };
        match taken {
            Ok(draft) => {
                let answer = see(&format!("/imports/new/{}", draft.id));
                call.app.imports.drafts.keep(draft);
                Ok(answer)
            }
            Err(problem) => Ok(form(&call, Some(&problem))),
        }
    })
}

fn looked_at(call: &Call, sent: Sent, folder: tempfile::TempDir) -> Result<Draft, Problem> {
    let no_file = || unprocessable(t::import_no_file());
    let file = sent.files.into_iter().find(|file| file.bytes > 0).ok_or_else(no_file)?;
    let layout = layout(&file, None)?;
    let id: String = (call.app.random)()[..8].iter().map(|byte| format!("{byte:02x}")).collect();
    let whose = (id, call.who.id().unwrap_or_default().to_owned());
    let mut draft = Draft::new(whose, (file.name(), file.bytes, file.digest), layout, folder);
    if let Some(choice) = draft::remembered(&call.app.service, &draft.layout)? {
        draft.layout.choose(&choice);
        draft.is_known = true;
    }
    Ok(draft)
}

fn layout(file: &Arrived, kind: Option<Kind>) -> Result<Layout, Problem> {
    let proposal = draft::look(&file.path, kind).map_err(|error| unprocessable(of_file(&error)))?;
    let nothing = || unprocessable(t::import_no_columns());
    Layout::read(&proposal).filter(|layout| !layout.columns.is_empty()).ok_or_else(nothing)
}

fn found(call: &Call) -> Result<Draft, Problem> {
    let found = call.app.imports.drafts.find(call.id(), call.who.id().unwrap_or_default());
    found.ok_or_else(|| Problem::not_found(t::import_file_gone()))
}

/// Which column is what; with another kind, what the file seems to say then.
pub(in crate::pages) fn columns(call: &Call) -> Result<Answer, Problem> {
    let mut draft = found(call)?;
    if let Some(kind) = call.query.get("kind").and_then(|word| Kind::ALL.into_iter().find(|one| one.word() == word))
        && kind != draft.layout.kind
    {
        let (path, bytes, digest) = (draft.path(), draft.bytes, draft.digest.clone());
        draft.layout = layout(&Arrived { path, kind: None, bytes, digest }, Some(kind))?;
        draft.is_known = false;
        call.app.imports.drafts.keep(draft.clone());
    }
    shown(call, &draft, None)
}

fn shown(call: &Call, draft: &Draft, error: Option<String>) -> Result<Answer, Problem> {
    let columns = Columns {
        frame: Frame::of(call),
        draft,
        layout: &draft.layout,
        kinds: Kind::ALL,
        dates: DATES,
        decimals: DECIMALS,
        zones: if draft.layout.has_times() { Zone::names() } else { Vec::new() },
        zone: call
            .app
            .service
            .models()?
            .current
            .map_or_else(|| "UTC".to_owned(), |version| version.model.zone.name().to_owned()),
        error,
    };
    Ok(page(if columns.error.is_some() { 422 } else { 200 }, &columns))
}

/// What was chosen, and then what is to be done with it: it is tried, or imported.
pub(in crate::pages) fn choose(call: &Call) -> Result<Answer, Problem> {
    let form = Form::read(call)?;
    let mut draft = found(call)?;
    if form.all("kind").next().is_some() {
        chosen(&mut draft.layout, &form);
        call.app.imports.drafts.keep(draft.clone());
    }
    let mapping = match draft.layout.mapping(&draft.name) {
        Ok(mapping) => mapping,
        Err(error) => return shown(call, &draft, Some(sentence(&error))),
    };
    let is_real = form.field("do") == "import";
    match begin(call, &draft, mapping, is_real) {
        Ok(job) => {
            if is_real {
                draft::remember(&call.app.service, &draft.layout)?;
                call.app.imports.drafts.forget(&draft.id);
            }
            Ok(see(&format!("/imports/{}", job.id)))
        }
        Err(problem) if problem.kind == Wrong::Unprocessable => shown(call, &draft, Some(sentence(&problem.detail))),
        Err(problem) => Err(problem),
    }
}

fn chosen(layout: &mut Layout, form: &Form) {
    form.field("event").trim().clone_into(&mut layout.event);
    form.field("zone").trim().clone_into(&mut layout.zone);
    let known = layout.kind.canonical();
    for (place, column) in layout.columns.iter_mut().enumerate() {
        let field = |name: &str| form.field(&format!("{name}-{place}")).trim().to_owned();
        column.role = match field("role").as_str() {
            "out" => Role::LeftOut,
            role if known.contains(&role) => Role::Known(role.to_owned()),
            _ => Role::Kept,
        };
        column.called = field("called");
        let answered = |words: &[(&str, &str)], was: &Option<String>, word: String| {
            was.as_ref().map(|was| if words.iter().any(|(one, _)| *one == word) { word } else { was.clone() })
        };
        column.dates = answered(DATES, &column.dates, field("dates"));
        column.decimal = answered(DECIMALS, &column.decimal, field("decimal"));
    }
}

fn begin(call: &Call, draft: &Draft, mapping: String, is_real: bool) -> Result<Job, Problem> {
    let folder = call.app.imports.folder().map_err(|error| api::no_room(&error))?;
    let path = draft.again(folder.path()).map_err(|error| api::no_room(&error))?;
    let file = Arrived { path, kind: None, bytes: draft.bytes, digest: draft.digest.clone() };
    let sent = Sent { files: vec![file], mapping: Some(mapping), name: Some(draft.name.clone()), dry_run: !is_real };
    api::begin(call, sent, folder, (!is_real).then(|| draft.id.clone()))
}
