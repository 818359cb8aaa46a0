//! Retention: a rule by which contacts of whom nothing was heard for long are erased, tried before it is turned on.

use std::time::{Duration, Instant as Clock};

use askama::Template;
use serde_json::json;
use store::Manner;

use super::super::form::Form;
use super::super::frame::{Frame, page, see};
use super::super::show::Date;
use super::super::subjects::{called_as, contact_address};
use super::super::when::When;
use super::{Settings, mendable, status};
use crate::api::answer::Answer;
use crate::api::call::{Call, unprocessable};
use crate::api::problem::Problem;
use crate::retention::{self, MONTHS, Rule};
use crate::t;

/// Parameters of the page.
pub(in crate::pages) const PARAMS: &[&str] = &["months", "condition", "done"];
/// So many contacts are looked at for a trial, and for so long.
const LOOKED_MAX: usize = 5_000;
const LONG: Duration = Duration::from_secs(2);
/// So many are named.
const NAMED: usize = 20;
/// Bytes of a condition.
const CONDITION_MAX: usize = 4_000;

#[derive(Debug, Template)]
#[template(path = "settings/retention.html")]
struct Retention<'a> {
    frame: Frame<'a>,
    settings: Settings,
    rule: Rule,
    last: Option<(When, u64)>,
    months: String,
    condition: String,
    /// Who would be erased, once that was asked for.
    trial: Option<Trial>,
}

impl Retention<'_> {
    /// The day on which the rule was turned on.
    fn since(&self) -> Date {
        Date::of(&self.rule.since)
    }
}

/// Who would be erased.
#[derive(Debug)]
struct Trial {
    count: usize,
    looked: usize,
    /// Whether there are others who were not looked at.
    is_part: bool,
    named: Vec<(String, String, When)>,
}

pub(in crate::pages) fn show(call: &Call) -> Result<Answer, Problem> {
    let asked = call.query.get("months").map(|months| (months.as_str(), call.param("condition")));
    let Some((months, condition)) = asked else { return shown(call, None, None, None) };
    match tried(call, months, condition) {
        Ok(trial) => shown(call, Some((months, condition)), Some(trial), None),
        Err(problem) => shown(call, Some((months, condition)), None, Some(&mendable(problem)?)),
    }
}

fn shown(
    call: &Call,
    asked: Option<(&str, &str)>,
    trial: Option<Trial>,
    problem: Option<&Problem>,
) -> Result<Answer, Problem> {
    let rule = retention::read(&mut call.app.service.session(Manner::Reading)?)?;
    let usual = if rule.months == 0 { "24".to_owned() } else { rule.months.to_string() };
    let last = rule.last.as_ref();
    let retention = Retention {
        frame: Frame::of(call),
        settings: Settings::with(call, problem),
        last: last.and_then(|last| Some((When::of(last.at)?, last.erased))),
        months: asked.map_or(usual, |(months, _)| months.to_owned()),
        condition: asked.map_or_else(|| rule.condition.clone(), |(_, condition)| condition.to_owned()),
        trial,
        rule,
    };
    Ok(page(status(problem), &retention))
}

/// A rule as it was written.
fn written(months: &str, condition: &str) -> Result<Rule, Problem> {
    let read = months.trim().parse().ok().filter(|months| MONTHS.contains(months));
    let (least, most) = (MONTHS.start(), MONTHS.end());
    let months = read.ok_or_else(|| unprocessable(t::retention_wrong_months(least, most)))?;
    if condition.len() > CONDITION_MAX {
        return Err(unprocessable(t::retention_long_condition(CONDITION_MAX)));
    }
    Ok(Rule { months, condition: condition.trim().to_owned(), ..Rule::default() })
}

fn tried(call: &Call, months: &str, condition: &str) -> Result<Trial, Problem> {
    let rule = written(months, condition)?;
    let (mut after, mut looked, mut count, mut named) = (None, 0, 0, Vec::new());
    let begun = Clock::now();
    let is_part = loop {
        let found = retention::some(&call.app.service, &rule, after)?;
        looked += found.looked;
        count += found.who.len();
        let left = NAMED - named.len();
        named.extend(found.who.iter().take(left).map(|(about, last)| {
            let name = called_as(&about.id, &about.attributes).unwrap_or_else(|| about.id.to_string());
            (contact_address(&about.id), name, When::at(*last))
        }));
        after = found.end;
        if after.is_none() || looked >= LOOKED_MAX || begun.elapsed() >= LONG {
            break after.is_some();
        }
    };
    Ok(Trial { count, looked, is_part, named })
}

/// Turns a rule on, in the place of the one before.
pub(in crate::pages) fn turn_on(call: &Call) -> Result<Answer, Problem> {
    let form = Form::read(call)?;
    let (months, condition) = (form.field("months"), form.field("condition"));
    match turned_on(call, months, condition, form.field("sure")) {
        Ok(()) => Ok(see("/settings/retention?done=on")),
        Err(problem) => {
            let problem = mendable(problem)?;
            shown(call, Some((months, condition)), tried(call, months, condition).ok(), Some(&problem))
        }
    }
}

fn turned_on(call: &Call, months: &str, condition: &str, sure: &str) -> Result<(), Problem> {
    let rule = written(months, condition)?;
    retention::some(&call.app.service, &rule, None)?;
    let phrase = t::retention_phrase(rule.months.to_string()).plain();
    if sure.trim().to_lowercase() != phrase.to_lowercase() {
        return Err(unprocessable(t::retention_not_sure(phrase)));
    }
    let since = call.app.service.today()?.to_string();
    let about = json!({"months": rule.months, "condition": rule.condition});
    kept(call, "turn_on_retention", &about, |before| Rule {
        is_on: true,
        by: call.by(),
        since: since.clone(),
        last: before.last,
        ..rule.clone()
    })
}

pub(in crate::pages) fn turn_off(call: &Call) -> Result<Answer, Problem> {
    kept(call, "turn_off_retention", &json!({}), |before| Rule { is_on: false, ..before })?;
    Ok(see("/settings/retention?done=off"))
}

fn kept(
    call: &Call,
    action: &str,
    about: &serde_json::Value,
    change: impl FnOnce(Rule) -> Rule,
) -> Result<(), Problem> {
    let mut session = call.app.service.session(Manner::Alone)?;
    let rule = change(retention::read(&mut session)?);
    retention::keep(&mut session, &rule, call.received)?;
    call.note(&mut session, action, about)?;
    Ok(session.commit()?)
}
