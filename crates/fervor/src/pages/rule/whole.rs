//! The model itself in a form: its name, its time zone, and what is no sign of life.

use std::collections::BTreeMap;

use askama::Template;
use edit::{At, Edit, Value};
use rules::day::Zone;
use rules::model::Model;

use super::super::form::Form;
use super::super::frame::{Frame, page, see};
use super::bench::{Bench, Outcome, change};
use super::fields::Fields;
use super::known::Known;
use crate::api::answer::Answer;
use crate::api::call::Call;
use crate::api::problem::Problem;
use crate::draft::{Did, token};
use crate::t;

#[derive(Template)]
#[template(path = "rule/whole.html")]
struct Whole<'a> {
    frame: Frame<'a>,
    fields: &'a Fields,
    seen: &'a str,
    zones: Vec<String>,
    known: Known,
}

/// What stands for the head of the model as it is.
fn head_token(model: &Model) -> String {
    let keys = edit::keys::of_head(model).into_iter().map(|(key, value)| format!("{key} = {}\n", value.written()));
    token(&keys.collect::<String>())
}

fn shown(call: &Call, status: u16, model: &Model, fields: &Fields, seen: &str) -> Answer {
    page(
        status,
        &Whole { frame: Frame::of(call), fields, seen, zones: Zone::names(), known: Known::of(call, model, None) },
    )
}

/// GET /rules/model
pub(in crate::pages) fn form(call: &Call) -> Result<Answer, Problem> {
    let (_, model) = Bench::valid(call)?;
    Ok(shown(call, 200, &model, &Fields::of_head(&model), &head_token(&model)))
}

/// POST /rules/model
pub(in crate::pages) fn save(call: &Call) -> Result<Answer, Problem> {
    let values: BTreeMap<String, String> = Form::read(call)?.by_name();
    let seen = values.get("seen").cloned().unwrap_or_default();
    let (_, model) = Bench::valid(call)?;
    let mut fields = Fields::sent("", values);
    if seen != head_token(&model) {
        fields.wrong("", t::bench_overtaken());
        return Ok(shown(call, 409, &model, &fields, &head_token(&model)));
    }
    let keys = fields.head_keys();
    let set = |(key, value): (&str, Option<Value>)| Edit::Set(At::new("", ""), key.to_owned(), value);
    let edits: Vec<Edit> = keys.into_iter().map(set).collect();
    match change(call, &edits, &Did::new("model", ""), |_| Ok(()))? {
        Outcome::Saved => Ok(see("/rules#model")),
        Outcome::Refused(refused) => {
            fields.refused(&refused.problems);
            Ok(shown(call, 422, &model, &fields, &seen))
        }
    }
}
