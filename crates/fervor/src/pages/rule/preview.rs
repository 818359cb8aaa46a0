//! What the draft would do, before it is published.

use std::borrow::Borrow;

use askama::Template;
use rules::lint::Finding;
use rules::model::Subject;

use super::super::frame::{Frame, page, see};
use super::bench::Bench;
use super::changes::{Changed, changed};
use super::list::findings;
use crate::api::answer::Answer;
use crate::api::call::Call;
use crate::api::problem::Problem;
use crate::preview::{self, Crossing, Found, Moved, Noted, Preview};
use crate::t::{self, Text};

#[derive(Template)]
#[template(path = "rule/preview.html")]
struct Page<'a> {
    frame: Frame<'a>,
    bench: &'a Bench,
    preview: Option<Preview>,
    changed: Vec<Changed>,
    findings: Vec<Finding>,
}

impl Page<'_> {
    /// How many go from a band to another, and who for example.
    fn crossing<'m>(&self, of: &'m Moved, from: &str, to: &str) -> Option<&'m Crossing> {
        of.crossings.iter().find(|crossing| crossing.from == from && crossing.to == to)
    }

    /// What a rule is called.
    fn rule(&self, id: &str) -> String {
        let old = self.bench.draft.published.as_ref().map(|version| &version.model);
        let models = [self.bench.model.as_ref().ok(), old].into_iter().flatten();
        let found = models.flat_map(|model| &model.rules).find(|rule| rule.id == id);
        found.map_or(id, super::bench::title).to_owned()
    }

    /// So many as stand for all, in steps of thousands where they are many.
    fn about(&self, many: impl Borrow<u64>, every: impl Borrow<u64>) -> Text {
        let every = *every.borrow();
        let many = many.borrow().saturating_mul(every);
        if every > 1 { t::preview_about(many) } else { t::number(many) }
    }

    /// One of every so many of whom a score is.
    fn every(&self, of: &str) -> u64 {
        self.preview.as_ref().map_or(1, |preview| match of {
            "contact" => preview.every.0,
            "account" => preview.every.1,
            _ => preview.every.2,
        })
    }

    /// The page of somebody.
    fn path(&self, of: &str, id: &str) -> String {
        let folder = match of {
            "contact" => "contacts",
            "account" => "accounts",
            _ => "opportunities",
        };
        format!("/{folder}/{}", crate::api::lists::escaped(id))
    }

    /// What is probably not meant, where it could be seen beside all facts.
    fn noted(&self) -> Option<&Vec<Noted>> {
        self.found().and_then(|found| found.noted.as_ref())
    }

    fn found(&self) -> Option<&Found> {
        self.preview.as_ref().and_then(|preview| preview.found.as_ref())
    }
}

/// GET /rules/preview
pub(in crate::pages) fn show(call: &Call) -> Result<Answer, Problem> {
    let (bench, model) = Bench::valid(call)?;
    if !bench.is_changed() {
        return Ok(see("/rules"));
    }
    let preview = preview::of(&call.app, &bench.draft, &model)?;
    let shown = Page {
        frame: Frame::of(call),
        preview,
        changed: changed(&bench),
        findings: findings(&model, &bench.draft.text),
        bench: &bench,
    };
    Ok(page(200, &shown))
}

/// POST /rules/preview: once more, over what is known by now.
pub(in crate::pages) fn again(call: &Call) -> Result<Answer, Problem> {
    preview::forget(&call.app)?;
    Ok(see("/rules/preview"))
}
