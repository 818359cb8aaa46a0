//! Data: a copy of everything, and a person who is to be forgotten.

use std::io::Read as _;
use std::path::PathBuf;
use std::sync::Arc;

use askama::Template;
use axum::body::{Body, Bytes};
use axum::response::Response;
use futures_util::stream;
use serde_json::json;
use store::subject::Kind as Subject;
use tempfile::TempDir;

use super::super::form::Form;
use super::super::frame::{Frame, page, see};
use super::{Settings, mendable, status};
use crate::api::App;
use crate::api::answer::Answer;
use crate::api::call::{Call, unprocessable};
use crate::api::persons;
use crate::api::problem::{Kind, Problem};
use crate::t;

/// Bytes of a backup that are read at a time.
const PIECE: usize = 256 * 1024;

#[derive(Debug, Template)]
#[template(path = "settings/data.html")]
struct Data<'a> {
    frame: Frame<'a>,
    settings: Settings,
    contact: &'a str,
    /// Who would be erased, once that is known.
    found: Option<Found>,
}

#[derive(Debug)]
struct Found {
    id: String,
    merged: Vec<String>,
    attributes: Vec<(String, String)>,
}

/// The page, with somebody to be erased where one is named.
pub(in crate::pages) fn show(call: &Call) -> Result<Answer, Problem> {
    let contact = call.query.get("contact").map_or("", |id| id.trim());
    match found(call, contact) {
        Ok(found) => Ok(shown(call, contact, found, None)),
        Err(problem) => Ok(shown(call, contact, None, Some(&mendable(problem)?))),
    }
}

fn shown(call: &Call, contact: &str, found: Option<Found>, problem: Option<&Problem>) -> Answer {
    let settings = Settings::with(call, problem);
    page(status(problem), &Data { frame: Frame::of(call), settings, contact, found })
}

fn found(call: &Call, contact: &str) -> Result<Option<Found>, Problem> {
    if contact.is_empty() {
        return Ok(None);
    }
    let about = call.app.service.about(Subject::Contact, contact)?;
    let attributes = about.attributes.iter().map(|(name, value)| (name.to_string(), value.text().into_owned()));
    let merged = about.merged.iter().map(ToString::to_string).collect();
    Ok(Some(Found { id: about.id.to_string(), merged, attributes: attributes.collect() }))
}

/// Erases somebody whose id was written twice.
pub(in crate::pages) fn erase(call: &Call) -> Result<Answer, Problem> {
    let form = Form::read(call)?;
    let (contact, again) = (form.field("contact"), form.field("again").trim());
    let done = match again == contact && !contact.is_empty() {
        true => persons::forget(call, contact),
        false => Err(unprocessable(t::data_not_same())),
    };
    match done {
        Ok(()) => Ok(see("/settings/data?done=erased")),
        Err(problem) => {
            let found = found(call, contact).ok().flatten();
            Ok(shown(call, contact, found, Some(&mendable(problem)?)))
        }
    }
}

/// A backup, made while the service goes on, read again to be sure, and then sent. If it cannot be made, what is sent
/// breaks off, and the log says why.
pub(in crate::pages) fn backup(app: Arc<App>, call: Call) -> Result<Response, Problem> {
    let folder = app.imports.folder().map_err(|error| {
        tracing::error!(%error, "there is no room for a backup");
        Problem::new(Kind::NoRoom, t::data_no_folder())
    })?;
    app.audit(&call, "backup", &json!({}))?;
    let begin = Sending::Begin(app, folder);
    let pieces = stream::try_unfold(begin, |sending| async {
        tokio::task::spawn_blocking(move || sending.next()).await.map_err(std::io::Error::other)?
    });
    let name = format!(
        "attachment; filename=\"fervor-{}.backup\"",
        call.received.to_string().split_once('T').map_or("", |(day, _)| day)
    );
    Response::builder()
        .header("content-type", "application/octet-stream")
        .header("content-disposition", name)
        .header("cache-control", "no-store")
        .body(Body::from_stream(pieces))
        .map_err(|_| Problem::new(Kind::Internal, t::data_backup_failed()))
}

/// How far the sending of a backup is.
enum Sending {
    Begin(Arc<App>, TempDir),
    Read(std::fs::File, TempDir),
}

impl Sending {
    fn next(self) -> std::io::Result<Option<(Bytes, Self)>> {
        let (mut file, folder) = match self {
            Self::Read(file, folder) => (file, folder),
            Self::Begin(app, folder) => {
                let path: PathBuf = folder.path().join("backup");
                app.service.backup(&path).map_err(|error| {
                    tracing::error!(%error, "a backup was not made");
                    std::io::Error::other(error)
                })?;
                (std::fs::File::open(path)?, folder)
            }
        };
        let mut piece = Vec::with_capacity(PIECE);
        (&mut file).take(PIECE as u64).read_to_end(&mut piece)?;
        Ok((!piece.is_empty()).then(|| (piece.into(), Self::Read(file, folder))))
    }
}
