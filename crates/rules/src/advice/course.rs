//! A course of action: which activity a rule would pay for, and on which days.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::{COUNT_MAX, DAYS_MAX};
use crate::activity::Activity;
use crate::condition::{Comparison, Condition, Context, Finding, Literal, Name, Operand, Predicate, Space};
use crate::day::{Day, Instant, Zone};
use crate::decimal::Decimal;
use crate::id::ContactId;
use crate::ledger::{Basis, Fate, Line, RuleEntry};
use crate::model::{ActivityRule, Kind, Limit, Model, Reward, RuleAt, TierBy, Types};
use crate::score::Evaluation;
use crate::value::Value;

/// For each rule an activity as it usually is.
pub(super) type Examples<'a> = BTreeMap<RuleAt, &'a Activity>;

const MINUTE: i64 = 60_000_000;

/// Further activities that a rule might pay for.
#[derive(Clone, Debug)]
pub(super) struct Course {
    pub(super) rule: RuleAt,
    pub(super) template: Activity,
    /// The property in which they all differ.
    pub(super) each_another: Option<Arc<str>>,
    /// The day of each.
    days: Vec<Day>,
}

impl Course {
    /// The same activities with another number.
    pub(super) fn with(&self, name: &Name, number: Decimal) -> Self {
        let mut course = self.clone();
        set(&mut course.template, name, Value::Number(number));
        course
    }

    /// The first so many activities; `None` if the limit leaves no room for them in time.
    ///
    /// Those of one day are a minute apart, the last one at its end: exclusions may look at seconds, and
    /// limits let the earliest pass, which are those that happened.
    pub(super) fn activities(&self, count: usize, zone: &Zone) -> Option<Vec<Activity>> {
        let days = self.days.get(..count)?;
        let one = |(place, day): (usize, &Day)| {
            let later = days[place + 1..].iter().take_while(|other| *other == day).count();
            let occurred_at = Instant(end_of(*day, zone)?.0 - i64::try_from(later).ok()? * MINUTE);
            let mut activity = Activity { day: *day, occurred_at, ..self.template.clone() };
            if let Some(name) = &self.each_another {
                activity.properties.insert(name.clone(), Value::from(format!("further {}", place + 1).as_str()));
            }
            Some(activity)
        };
        days.iter().enumerate().map(one).collect()
    }
}

/// The last microsecond of a day; `None` if the calendar ends, or the zone leaves the day out.
fn end_of(day: Day, zone: &Zone) -> Option<Instant> {
    let next = zone.instant(&day.plus_days(1)?.to_string()).ok()?;
    let end = Instant(next.0 - 1);
    (zone.day_of(end) == day).then_some(end)
}

/// What a rule says of a contact: the rule itself, and its entry in the ledger.
#[derive(Clone, Copy)]
pub(super) struct Payer<'r, 'a> {
    pub(super) rule: &'r ActivityRule,
    pub(super) entry: &'r RuleEntry<'a>,
}

impl<'r, 'a> Payer<'r, 'a> {
    fn lines(self) -> &'r [Line<'a>] {
        match &self.entry.basis {
            Basis::Activities(lines) | Basis::Tiers { lines, .. } => lines,
            _ => &[],
        }
    }

    /// The activity that the contact itself did last of those that count.
    pub(super) fn own(self) -> Option<&'a Activity> {
        self.lines().iter().rev().find(|line| line.fate.counts()).map(|line| line.activity)
    }

    /// The courses by a template, from a day on: where the limit counts separately by a property, first
    /// activities that differ in it.
    pub(super) fn courses(self, template: &Activity, zone: &Zone, (first, last): (Day, Day)) -> Vec<Course> {
        let last = first.plus_days(DAYS_MAX).map_or(last, |end| last.min(end));
        let by = self.rule.limit.as_ref().and_then(|limit| limit.by.as_ref());
        let property = by.filter(|name| !["type", "value", "source"].contains(&&*name.id)).map(|name| name.id.clone());
        let course = |each_another: Option<Arc<str>>| {
            let days = self.free_days(template, each_another.is_some(), zone, (first, last));
            Course { rule: self.entry.rule, template: template.clone(), each_another, days }
        };
        property.map(Some).into_iter().chain([None]).map(course).collect()
    }

    /// The days on which the limit lets further activities pass, one day for each of them.
    fn free_days(self, template: &Activity, differing: bool, zone: &Zone, (first, last): (Day, Day)) -> Vec<Day> {
        let Some(limit) = self.rule.limit.as_ref().filter(|_| !differing) else {
            return if first <= last && end_of(first, zone).is_some() { vec![first; COUNT_MAX] } else { Vec::new() };
        };
        let mut used: HashMap<i32, u32> = HashMap::new();
        for line in self.lines().iter().filter(|line| passed(&line.fate)) {
            if text_by(limit, line.activity, zone) == text_by(limit, template, zone) {
                *used.entry(limit.per.key(line.activity.day)).or_default() += 1;
            }
        }
        let mut days = Vec::new();
        let mut day = Some(first);
        while let Some(today) = day.filter(|day| *day <= last && days.len() < COUNT_MAX) {
            let used = used.entry(limit.per.key(today)).or_default();
            let room = if end_of(today, zone).is_some() { limit.times.saturating_sub(*used) } else { 0 };
            let taken = (COUNT_MAX - days.len()).min(usize::try_from(room).unwrap_or(COUNT_MAX));
            days.extend(std::iter::repeat_n(today, taken));
            *used = used.saturating_add(room);
            day = today.plus_days(1);
        }
        days
    }
}

/// Whether an activity has used up a place in the limit.
fn passed(fate: &Fate) -> bool {
    !matches!(fate, Fate::Excluded(_) | Fate::Unknown(_) | Fate::OverLimit)
}

fn text_by(limit: &Limit, activity: &Activity, zone: &Zone) -> Option<String> {
    let context = Context { activity: Some(activity), ..Context::empty(zone) };
    limit.by.as_ref().and_then(|name| context.value(name)).map(|value| value.text().into_owned())
}

/// For each rule, of all activities that count for anybody, the latest of those of the middle weight.
pub(super) fn examples<'a>(evaluation: &Evaluation<'a>) -> Examples<'a> {
    let mut counted: BTreeMap<RuleAt, Vec<(Decimal, &'a Activity)>> = BTreeMap::new();
    // Whoever's numbers leave the range is no example.
    for ledger in evaluation.contact_ids().filter_map(|id| evaluation.contact(id)?.ok()).flatten() {
        for entry in ledger.categories.iter().flat_map(|category| &category.rules) {
            let (Basis::Activities(lines) | Basis::Tiers { lines, .. }) = &entry.basis else { continue };
            let weights = lines.iter().filter_map(|line| match line.fate {
                Fate::Counted { base: weight, .. } | Fate::Towards(weight) => Some((weight, line.activity)),
                _ => None,
            });
            counted.entry(entry.rule).or_default().extend(weights);
        }
    }
    let middle = |mut all: Vec<(Decimal, &'a Activity)>| {
        all.sort_by(|one, other| one.0.cmp(&other.0).then_with(|| one.1.order_in_account(other.1)));
        let &(weight, _) = all.get(all.len().checked_sub(1)? / 2)?;
        all.iter().rev().find(|(other, _)| *other == weight).map(|&(_, activity)| activity)
    };
    counted.into_iter().filter_map(|(rule, all)| Some((rule, middle(all)?))).collect()
}

/// An activity as the rule describes it: the first type listed, what the condition asks to be equal, and
/// the number 1 where one is needed.
pub(super) fn described(rule: &ActivityRule, contact: &ContactId, day: Day) -> Option<Activity> {
    let mut activity = Activity {
        contact: contact.clone(),
        kind: "".into(),
        occurred_at: Instant(0),
        day,
        id: None,
        source: None,
        value: Some(Value::Number(Decimal::ONE)),
        account: None,
        properties: BTreeMap::new(),
    };
    if let Types::Listed(types) = &rule.types {
        activity.kind = types.first()?.clone();
    }
    if let Reward::Each { multiply_by: Some(name), .. } = &rule.reward {
        set(&mut activity, name, Value::Number(Decimal::ONE));
    }
    for (name, value) in rule.condition.iter().flat_map(asked_for) {
        set(&mut activity, name, value);
    }
    (!activity.kind.is_empty()).then_some(activity)
}

fn set(activity: &mut Activity, name: &Name, value: Value) {
    match &*name.id {
        "type" => activity.kind = value.text().into(),
        "value" => activity.value = Some(value),
        "source" => activity.source = Some(value.text().into()),
        _ => drop(activity.properties.insert(name.id.clone(), value)),
    }
}

/// What a condition asks for in parts joined by `AND`: first literals of `IN`, then, because they allow
/// nothing else, equalities with literals.
fn asked_for(condition: &Condition) -> Vec<(&Name, Value)> {
    let mut open = vec![&condition.predicate];
    let (mut found, mut exact) = (Vec::new(), Vec::new());
    while let Some(predicate) = open.pop() {
        match predicate {
            Predicate::All(parts) => open.extend(parts),
            Predicate::Compare(Operand::Name(name), Comparison::Equal, Operand::Literal(literal))
            | Predicate::Compare(Operand::Literal(literal), Comparison::Equal, Operand::Name(name)) => {
                exact.push((name, value_of(literal)));
            }
            Predicate::In(Operand::Name(name), list) => {
                if let Some(Operand::Literal(literal)) = list.first() {
                    found.push((name, value_of(literal)));
                }
            }
            Predicate::Truth(Operand::Name(name)) => exact.push((name, Value::Bool(true))),
            _ => {}
        }
    }
    found.append(&mut exact);
    found.retain(|(name, _)| name.space == Space::Activity);
    found
}

fn value_of(literal: &Literal) -> Value {
    match literal {
        Literal::Text(text) => Value::Text(text.clone()),
        Literal::Number(number) => Value::Number(*number),
        Literal::Truth(truth) => Value::Bool(*truth),
        Literal::Date(day) => Value::from(day.to_string().as_str()),
    }
}

/// The names under which rules of the scores at hand that see an activity read numbers.
fn numbers(model: &Model, rules: &[RuleAt], course: &Course) -> Vec<Name> {
    let read = rules.iter().filter_map(|&at| match &model.rule(at).kind {
        Kind::Activity(rule) if rule.types.cover(&course.template.kind) => match &rule.reward {
            Reward::Each { multiply_by, .. } => multiply_by.clone(),
            Reward::Tiers { by: TierBy::Value, .. } => Some(Name { space: Space::Activity, id: "value".into() }),
            Reward::Tiers { by: TierBy::Count, .. } => None,
        },
        _ => None,
    });
    read.collect()
}

/// The name of the one number of an activity that matters, if there is exactly one.
pub(super) fn number_of(model: &Model, rules: &[RuleAt], course: &Course) -> Option<Name> {
    let mut names = numbers(model, rules, course);
    names.retain(|name| name.space == Space::Activity && course.each_another.as_ref() != Some(&name.id));
    names.sort_by_key(|name| name.id.clone());
    names.dedup();
    <[Name; 1]>::try_from(names).ok().map(|[name]| name)
}

/// The number that the activities of a course have under a name.
pub(super) fn read(model: &Model, course: &Course, name: &Name) -> Option<Decimal> {
    let context = Context { activity: Some(&course.template), ..Context::empty(&model.zone) };
    context.value(name)?.number().ok()
}

/// The values of an activity that matter: to a rule's condition, and as numbers to all rules of the
/// scores at hand that see it.
pub(super) fn assumed(model: &Model, rules: &[RuleAt], course: &Course) -> Vec<Finding> {
    let template = &course.template;
    let mut names = numbers(model, rules, course);
    if let Kind::Activity(rule) = &model.rule(course.rule).kind {
        let mut add = |name: &Name| names.push(name.clone());
        let predicate = rule.condition.as_ref().map(|condition| &condition.predicate);
        predicate.into_iter().for_each(|it| it.for_each_operand(&mut |operand| operand.for_each_name(&mut add)));
    }
    names.retain(|name| {
        name.space == Space::Activity && &*name.id != "type" && course.each_another != Some(name.id.clone())
    });
    // The value first: it is what people know best.
    names.sort_by_key(|name| (&*name.id != "value", name.id.clone()));
    names.dedup();
    let zone = &model.zone;
    let context = Context { activity: Some(template), ..Context::empty(zone) };
    let found = names.into_iter().filter_map(|name| {
        let found = context.value(&name)?.text().into_owned();
        Some(Finding { name, found: Some(found) })
    });
    found.collect()
}
