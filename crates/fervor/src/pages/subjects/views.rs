//! Addresses of lists that somebody keeps under a name: a document for each user.

use live::error::Error;
use serde::{Deserialize, Serialize};
use store::Manner;
use store::keep::Document;

use super::Words;
use crate::api::answer::Answer;
use crate::api::call::{Call, unprocessable};
use crate::api::problem::Problem;
use crate::pages::form::Form;
use crate::pages::frame::see;
use crate::t;

/// The kind of documents.
const VIEWS: &str = "views";
/// Views that somebody may keep.
const VIEWS_MAX: usize = 50;
/// Characters of a name.
const NAME_MAX: usize = 80;
/// Bytes of what is wanted.
const TEXT_MAX: usize = 8 * 1024;

/// A view.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct View {
    /// Of which list.
    pub(super) path: String,
    pub(super) name: String,
    /// What is wanted, as the query of an address.
    pub(super) text: String,
}

impl View {
    pub(super) fn address(&self) -> String {
        if self.text.is_empty() { self.path.clone() } else { format!("{}?{}", self.path, self.text) }
    }
}

fn read(document: Option<Document>) -> Vec<View> {
    document.and_then(|document| serde_json::from_str(&document.text).ok()).unwrap_or_default()
}

/// Those that whoever asks keeps of a list.
pub(super) fn of(call: &Call, words: &Words) -> Result<Vec<View>, Problem> {
    let Some(id) = call.who.id() else { return Ok(Vec::new()) };
    let mut session = call.app.service.session(Manner::Reading)?;
    let mut views = read(session.document(VIEWS, id).map_err(Error::from)?);
    views.retain(|view| view.path == words.path);
    Ok(views)
}

/// Keeps what is wanted under a name, in the place of what had the name before; or forgets it.
pub(super) fn keep(call: &Call) -> Result<Answer, Problem> {
    let words = Words::of(call);
    let form = Form::read(call)?;
    let (name, text) = (form.field("name").trim(), form.field("text"));
    if name.is_empty() || name.chars().count() > NAME_MAX {
        return Err(unprocessable(t::list_view_name_length(NAME_MAX)));
    }
    if text.len() > TEXT_MAX || text.contains(['\r', '\n', '#']) {
        return Err(unprocessable(t::list_view_too_long()));
    }
    let view = View { path: words.path.to_owned(), name: name.to_owned(), text: text.to_owned() };
    change(call, &view, form.field("act") != "forget")?;
    Ok(see(if form.field("act") == "forget" { words.path.to_owned() } else { view.address() }.as_str()))
}

fn change(call: &Call, view: &View, is_kept: bool) -> Result<(), Problem> {
    let id = call.who.id().unwrap_or_default();
    // Of two at once neither is lost.
    let mut session = call.app.service.session(Manner::Alone)?;
    let mut views = read(session.document(VIEWS, id).map_err(Error::from)?);
    views.retain(|known| known.path != view.path || known.name != view.name);
    if is_kept {
        if views.len() >= VIEWS_MAX {
            return Err(unprocessable(t::list_views_many(VIEWS_MAX)));
        }
        views.push(view.clone());
        views.sort_by(|one, other| one.name.cmp(&other.name));
    }
    let text = serde_json::to_string(&views).map_err(|error| unprocessable(error.to_string()))?;
    let document = Document { id: id.to_owned(), at: call.received, until: None, text };
    session.put_document(VIEWS, &document).map_err(Error::from)?;
    session.commit().map_err(Error::from)?;
    Ok(())
}
