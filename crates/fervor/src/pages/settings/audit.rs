//! The audit log: who changed what, and when.

use askama::Template;
use serde_json::Value as Json;
use store::keep::Document;

use super::super::frame::{Frame, page};
use super::super::when::When;
use super::Settings;
use crate::api::answer::Answer;
use crate::api::audit::entries;
use crate::api::call::Call;
use crate::api::cursor;
use crate::api::lists::escaped;
use crate::api::problem::Problem;
use crate::t;

/// Entries of a page.
const SHOWN: usize = 50;
/// Entries that are looked through at most for those of a page.
const LOOKED_MAX: usize = 2_000;
/// What can be done that is noted.
const ACTIONS: &[&str] = &[
    "set_up",
    "accept_invitation",
    "change_password",
    "create_user",
    "change_user",
    "invite_user",
    "create_key",
    "revoke_key",
    "publish",
    "save_draft",
    "import",
    "cancel_import",
    "undo_import",
    "merge",
    "unmerge",
    "erase",
    "set_chosen",
    "remove_chosen",
    "undo_chosen",
    "erase_chosen",
    "change_opportunity",
    "choose_indexed",
    "turn_on_retention",
    "turn_off_retention",
    "erase_by_rule",
    "backup",
];

#[derive(Debug, Template)]
#[template(path = "settings/audit.html")]
struct Audit<'a> {
    frame: Frame<'a>,
    settings: Settings,
    actions: &'static [&'static str],
    action: &'a str,
    by: &'a str,
    entries: Vec<Entry>,
    /// Where earlier ones begin.
    earlier: Option<String>,
    /// Whether it begins with the latest.
    is_first: bool,
}

#[derive(Debug)]
struct Entry {
    at: When,
    by: String,
    action: String,
    about: Vec<(String, String)>,
}

fn entry(document: &Document) -> Entry {
    let read: Json = serde_json::from_str(&document.text).unwrap_or_default();
    let text = |value: &Json| value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
    let about = read["about"].as_object().into_iter().flatten();
    Entry {
        at: When::at(document.at),
        by: text(&read["by"]),
        action: text(&read["action"]),
        about: about.map(|(name, value)| (name.replace('_', " "), text(value))).collect(),
    }
}

pub(in crate::pages) fn show(call: &Call) -> Result<Answer, Problem> {
    let asked = |name: &str| call.query.get(name).map_or("", |text| text.trim());
    let (action, by) = (asked("action"), asked("by"));
    let mut before = call.query.get("cursor").map(|text| cursor::text(text)).transpose()?;
    let is_first = before.is_none();
    let folded = by.to_lowercase();
    let is_wanted = |entry: &Entry| {
        (action.is_empty() || entry.action == action) && (by.is_empty() || entry.by.to_lowercase().contains(&folded))
    };
    let (mut found, mut looked, mut is_end) = (Vec::new(), 0, false);
    while found.len() < SHOWN && looked < LOOKED_MAX && !is_end {
        let documents = entries(call, before.as_deref(), SHOWN)?;
        is_end = documents.len() < SHOWN;
        for document in documents {
            if found.len() == SHOWN {
                is_end = false;
                break;
            }
            before = Some(document.id.clone());
            looked += 1;
            found.push(entry(&document));
            found.pop_if(|entry| !is_wanted(entry));
        }
    }
    let query = |name: &str, value: &str| format!("{name}={}&", escaped(value));
    let earlier = before.filter(|_| !is_end).map(|before| {
        let cursor = cursor::of_text(&before);
        format!("/settings/audit?{}{}cursor={cursor}", query("action", action), query("by", by))
    });
    let audit = Audit {
        frame: Frame::of(call),
        settings: Settings::of(call),
        actions: ACTIONS,
        action,
        by,
        entries: found,
        earlier,
        is_first,
    };
    Ok(page(200, &audit))
}
