//! Why a score is what it is: from its categories down to each rule and what it rests on.

use batch::explain::{Explanation, lines, not_counted};
use batch::wording::{grouped, unknown};
use rules::day::Day;
use rules::decimal::Decimal;
use rules::ledger::{Basis, CategoryEntry, Fate, Ledger, Line, RuleEntry};
use rules::model::{Bounds, Form, Model, ScoreAt};

use super::address;
use crate::pages::chart::{self, Bars, Step};
use crate::pages::rule::said;
use crate::pages::show::{Band, Number};
use crate::t::{self, Text};

/// So many activities or people of a rule are shown, the rest is counted.
const SHOWN: usize = 8;

/// A score taken apart.
#[derive(Debug)]
pub(super) struct Why {
    pub(super) points: Option<Number>,
    pub(super) band: Option<Band>,
    /// How its parts add up.
    pub(super) chart: Option<Bars>,
    pub(super) groups: Vec<Group>,
    /// Of a matrix, the two scores and their bands.
    pub(super) sides: Vec<(String, Option<Band>)>,
    /// What did not count at all.
    pub(super) aside: Vec<Text>,
    /// Whether there is so little of it that all of it is shown at once.
    pub(super) is_short: bool,
}

/// The rules of a category, or one rule without.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) label: Option<String>,
    pub(super) result: Number,
    pub(super) rules: Vec<Rule>,
    /// Rules that there is nothing to say of.
    pub(super) silent: Vec<String>,
    /// What bounds took or gave.
    pub(super) held: Option<Text>,
}

/// A rule, and what it rests on.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) label: String,
    pub(super) result: Number,
    /// What it says, as HTML.
    pub(super) sentence: String,
    pub(super) activities: Vec<Activity>,
    pub(super) people: Vec<Person>,
    /// How many more there are.
    pub(super) more: usize,
    pub(super) notes: Vec<String>,
    /// The points before any loss, and each loss.
    pub(super) base: Option<Number>,
    pub(super) faded: Option<Number>,
    pub(super) not_taken: Option<Number>,
    pub(super) capped: Option<Number>,
}

/// An activity that counts.
#[derive(Debug)]
pub(super) struct Activity {
    pub(super) day: Day,
    pub(super) kind: String,
    pub(super) account: Option<String>,
    /// The points when it was new, and what is left of them; of a tier what it counts.
    pub(super) new: Option<Number>,
    pub(super) now: Number,
    pub(super) is_faded: bool,
    pub(super) is_taken: bool,
}

/// Somebody of an account.
#[derive(Debug)]
pub(super) struct Person {
    pub(super) id: String,
    pub(super) address: String,
    pub(super) points: Number,
}

impl Why {
    /// Of the one score that the explanation is about.
    pub(super) fn of(explanation: &Explanation<'_>, at: ScoreAt) -> Option<Self> {
        let model = explanation.model;
        let outcome = explanation.outcomes.iter().find(|outcome| outcome.score == at)?;
        let score = model.score(at);
        let ledger = explanation.ledgers.iter().find(|ledger| ledger.score == at);
        let side = |at: ScoreAt| {
            let other = explanation.outcomes.iter().find(|outcome| outcome.score == at);
            let band = other.and_then(|outcome| outcome.band.as_deref());
            (model.score(at).label().to_owned(), band.map(|name| Band::new(model.score(at), name)))
        };
        let groups = ledger.map_or_else(Vec::new, |ledger| groups(model, ledger));
        Some(Self {
            points: outcome.points.map(Number),
            band: outcome.band.as_deref().map(|name| Band::new(score, name)),
            chart: ledger.map(|ledger| chart(model, ledger)),
            is_short: groups.iter().map(|group| group.rules.len()).sum::<usize>() <= 2,
            groups,
            sides: match score.form {
                Form::Matrix(one, other) => vec![side(one), side(other)],
                _ => Vec::new(),
            },
            aside: aside(explanation),
        })
    }
}

/// How categories and bounds, or weighted parts, lead to the points.
fn chart(model: &Model, ledger: &Ledger<'_>) -> Bars {
    let category = |entry: &CategoryEntry<'_>| Step::new(name(model, entry), entry.result);
    let part = |part: &rules::ledger::Part| {
        Step::new(
            format!("{} × {} ({})", part.weight, model.score(part.score).label(), grouped(part.points)),
            part.result,
        )
    };
    let mut steps: Vec<Step> = ledger.categories.iter().map(category).chain(ledger.parts.iter().map(part)).collect();
    let score = model.score(ledger.score);
    if ledger.lost_to_bounds != Decimal::ZERO {
        steps.push(Step::new(held(score.bounds, ledger.lost_to_bounds), negative(ledger.lost_to_bounds)));
    }
    if ledger.lost_to_rounding != Decimal::ZERO {
        steps.push(Step::new(t::why_rounding(), negative(ledger.lost_to_rounding)));
    }
    chart::waterfall(t::why_chart(score.label()), &steps, (score.label(), ledger.points))
}

fn negative(number: Decimal) -> Decimal {
    Decimal::ZERO.minus(number).unwrap_or(number)
}

fn name(model: &Model, entry: &CategoryEntry<'_>) -> String {
    let rule = || entry.rules.first().map_or("", |entry| model.rule(entry.rule).label());
    entry.category.map_or_else(rule, |at| model.category(at).label()).to_owned()
}

/// What bounds did: a loss is positive where they took, negative where they gave.
fn held(bounds: Bounds, loss: Decimal) -> Text {
    match loss > Decimal::ZERO {
        true => t::why_at_most(bounds.max.map(grouped).unwrap_or_default()),
        false => t::why_at_least(bounds.min.map(grouped).unwrap_or_default()),
    }
}

/// The same, and of how many points.
fn held_of(bounds: Bounds, loss: Decimal, sum: Decimal) -> Text {
    match loss > Decimal::ZERO {
        true => t::why_at_most_of(bounds.max.map(grouped).unwrap_or_default(), grouped(sum)),
        false => t::why_at_least_of(bounds.min.map(grouped).unwrap_or_default(), grouped(sum)),
    }
}

fn groups(model: &Model, ledger: &Ledger<'_>) -> Vec<Group> {
    let group = |entry: &CategoryEntry<'_>| {
        let (silent, speaking): (Vec<_>, Vec<_>) =
            entry.rules.iter().partition(|rule| entry.category.is_some() && says_nothing(rule));
        let bounds = entry.category.map(|at| model.category(at).bounds);
        Group {
            label: entry.category.map(|at| model.category(at).label().to_owned()),
            result: Number(entry.result),
            rules: speaking.into_iter().map(|entry| rule(model, entry)).collect(),
            silent: silent.iter().map(|entry| model.rule(entry.rule).label().to_owned()).collect(),
            held: bounds
                .filter(|_| entry.lost_to_bounds != Decimal::ZERO)
                .map(|bounds| held_of(bounds, entry.lost_to_bounds, entry.sum)),
        }
    };
    ledger.categories.iter().map(group).collect()
}

/// Whether a rule gave nothing and there is nothing to say about it either.
fn says_nothing(entry: &RuleEntry<'_>) -> bool {
    let is_quiet = match &entry.basis {
        Basis::Activities(lines) | Basis::Tiers { lines, .. } => lines.is_empty(),
        Basis::When { unknown, .. } | Basis::Cases { unknown, .. } | Basis::Since { unknown, .. } => unknown.is_empty(),
        Basis::Silence { .. } | Basis::Elsewhere => true,
        Basis::People { .. } => false,
    };
    is_quiet && entry.base == Decimal::ZERO
}

fn rule(model: &Model, entry: &RuleEntry<'_>) -> Rule {
    let rule = model.rule(entry.rule);
    let (activities, people, more, notes) = match &entry.basis {
        Basis::Activities(lines) | Basis::Tiers { lines, .. } => {
            let counting: Vec<&Line<'_>> = lines.iter().rev().filter(|line| line.fate.counts()).collect();
            let more = counting.len().saturating_sub(SHOWN);
            let shown = counting.into_iter().take(SHOWN).filter_map(activity).collect();
            (shown, Vec::new(), more, not_counted(model, rule, lines))
        }
        Basis::People { scores, .. } => {
            let mut ranked: Vec<_> = scores.iter().collect();
            ranked.sort_by_key(|(_, points)| std::cmp::Reverse(*points));
            let person = |(id, points): &&(rules::id::ContactId, Decimal)| Person {
                id: id.to_string(),
                address: address("/contacts", id.as_str()),
                points: Number(*points),
            };
            let shown = ranked.iter().take(SHOWN).map(person).collect();
            // The first line names people, who stand in a table here.
            let notes = lines(model, entry, false).into_iter().skip(usize::from(!scores.is_empty())).collect();
            (Vec::new(), shown, ranked.len().saturating_sub(SHOWN), notes)
        }
        _ => (Vec::new(), Vec::new(), 0, lines(model, entry, false)),
    };
    let is_lossy = [entry.faded, entry.not_taken, entry.capped].iter().any(|loss| *loss != Decimal::ZERO);
    let some = |number: Decimal| (number != Decimal::ZERO).then_some(Number(number.magnitude()));
    Rule {
        label: rule.label().to_owned(),
        result: Number(entry.result),
        sentence: said(model, rule),
        activities,
        people,
        more,
        notes,
        base: is_lossy.then_some(Number(entry.base)),
        faded: some(entry.faded),
        not_taken: some(entry.not_taken),
        capped: some(entry.capped),
    }
}

fn activity(line: &Line<'_>) -> Option<Activity> {
    let (new, now, is_taken) = match line.fate {
        Fate::Counted { base, contribution, taken, .. } => (Some(base), contribution, taken),
        Fate::Towards(amount) => (None, amount, true),
        _ => return None,
    };
    let seen = line.activity;
    Some(Activity {
        day: seen.day,
        kind: seen.kind.to_string(),
        account: seen.account.as_ref().map(ToString::to_string),
        new: new.map(Number),
        now: Number(now),
        is_faded: new.is_some_and(|new| new != now),
        is_taken,
    })
}

/// What exclusions and repetitions took out.
fn aside(explanation: &Explanation<'_>) -> Vec<Text> {
    let aside = &explanation.aside;
    let mut told = Vec::new();
    for (place, exclusion) in explanation.model.exclusions.iter().enumerate() {
        let own: Vec<_> = aside.excluded.iter().filter(|(_, by)| by.0 == place).collect();
        if let Some((last, _)) = own.last() {
            told.push(t::why_excluded(own.len(), exclusion.label(), last.day.to_string()));
        }
        let own: Vec<_> = aside.unknown.iter().filter(|(by, _)| by.0 == place).map(|(_, what)| unknown(what)).collect();
        if !own.is_empty() {
            told.push(t::why_unknown_exclusion(exclusion.label(), own.join(", ")));
        }
    }
    if let Some(last) = aside.duplicates.last() {
        told.push(t::why_repeated(aside.duplicates.len(), last.day.to_string()));
    }
    told
}
