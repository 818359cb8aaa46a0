//! The value of a condition: true, false or unknown.

use std::borrow::Cow;
use std::cmp::Ordering;

use super::{Comparison, Literal, Name, Operand, Predicate, Space};
use crate::activity::Activity;
use crate::day::Zone;
use crate::decimal::Decimal;
use crate::score::Standing;
use crate::value::{Attributes, Value};

/// The outcome of a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truth {
    /// It holds.
    True,
    /// It does not hold.
    False,
    /// Something that it needs is missing or cannot be read.
    Unknown,
}

impl Truth {
    fn not(self) -> Self {
        match self {
            Self::True => Self::False,
            Self::False => Self::True,
            Self::Unknown => Self::Unknown,
        }
    }
}

impl From<Option<bool>> for Truth {
    fn from(known: Option<bool>) -> Self {
        known.map_or(Self::Unknown, |truth| if truth { Self::True } else { Self::False })
    }
}

/// A name that made a condition unknown.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unknown {
    /// The name.
    pub name: Name,
    /// What was found there, though it could not be read as its use calls for; `None` if missing.
    pub found: Option<String>,
}

/// A name in a condition and what was found under it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The name.
    pub name: Name,
    /// Its value as text; `None` if missing.
    pub found: Option<String>,
}

/// What the names in a condition mean at one moment. An absent part makes all its names missing.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The time zone in which dates are local.
    pub zone: &'a Zone,
    /// `activity.*`
    pub activity: Option<&'a Activity>,
    /// `contact.*`: the id and the attributes
    pub contact: Option<(&'a str, &'a Attributes)>,
    /// `account.*`
    pub account: Option<(&'a str, &'a Attributes)>,
    /// `opportunity.*`
    pub opportunity: Option<(&'a str, &'a Attributes)>,
    /// `score.*`, `band.*`, `percentile.*`, `category.*`
    pub standing: Option<Standing<'a>>,
}

impl<'a> Context<'a> {
    /// A context in which every name is missing.
    pub fn empty(zone: &'a Zone) -> Self {
        Self { zone, activity: None, contact: None, account: None, opportunity: None, standing: None }
    }

    /// The value of a name; `None` if it is missing.
    pub fn value(&self, name: &Name) -> Option<Value> {
        let holder = match name.space {
            Space::Activity => return self.activity.and_then(|activity| of_activity(activity, &name.id)),
            Space::Contact => self.contact,
            Space::Account => self.account,
            Space::Opportunity => self.opportunity,
            Space::Score | Space::Band | Space::Percentile | Space::Category => {
                return self.standing.and_then(|standing| standing.result(name));
            }
        };
        let (id, attributes) = holder?;
        if &*name.id == "id" { Some(Value::from(id)) } else { attributes.get(&name.id).cloned() }
    }
}

fn of_activity(activity: &Activity, id: &str) -> Option<Value> {
    match id {
        "type" => Some(Value::Text(activity.kind.clone())),
        "value" => activity.value.clone(),
        "source" => activity.source.clone().map(Value::Text),
        property => activity.properties.get(property).cloned(),
    }
}

impl Predicate {
    /// Whether it is true; unknown is not.
    pub fn holds(&self, context: &Context<'_>) -> bool {
        self.evaluate(context) == Truth::True
    }

    /// Its value.
    pub fn evaluate(&self, context: &Context<'_>) -> Truth {
        match self {
            Self::Not(inner) => inner.evaluate(context).not(),
            Self::All(parts) => all(parts.iter().map(|part| part.evaluate(context))),
            Self::Any(parts) => any(parts.iter().map(|part| part.evaluate(context))),
            Self::In(operand, list) => {
                // Read once: lists may be long.
                let Some(one) = operand.value(context) else { return Truth::Unknown };
                any(list.iter().map(|item| {
                    let equal =
                        |other: Value| compared(&one, Comparison::Equal, &other, kind_of(operand, item), context.zone);
                    item.value(context).map_or(Truth::Unknown, equal)
                }))
            }
            Self::Between(operand, low, high) => {
                let above = compare(operand, Comparison::GreaterOrEqual, low, context);
                let below = compare(operand, Comparison::LessOrEqual, high, context);
                all([above, below])
            }
            Self::Compare(left, comparison, right) => compare(left, *comparison, right, context),
            Self::Missing(operand) => Some(operand.value(context).is_none()).into(),
            Self::Truth(operand) => operand.value(context).and_then(|value| value.truth()).into(),
            Self::Like(operand, like) => operand.value(context).map(|value| like.matches(&value.text())).into(),
            Self::Matches(operand, regexp) => operand.value(context).map(|value| regexp.matches(&value.text())).into(),
            Self::StartsWith(text, prefix) => {
                let both = text.value(context).zip(prefix.value(context));
                both.map(|(text, prefix)| text.text().starts_with(&*prefix.text())).into()
            }
        }
    }

    /// Every name in it with what is found under it, each once.
    pub fn findings(&self, context: &Context<'_>) -> Vec<Finding> {
        let mut findings = Vec::new();
        self.for_each_operand(&mut |operand| {
            operand.for_each_name(&mut |name| {
                let found = context.value(name).map(|value| value.text().into_owned());
                findings.push(Finding { name: name.clone(), found });
            })
        });
        findings.sort();
        findings.dedup();
        findings
    }

    /// The names for which it is unknown, each once; none if it is not unknown.
    pub fn unknowns(&self, context: &Context<'_>) -> Vec<Unknown> {
        if self.evaluate(context) != Truth::Unknown {
            return Vec::new();
        }
        let mut found = Vec::new();
        self.collect_unknowns(context, &mut found);
        found.sort();
        found.dedup();
        found
    }

    fn collect_unknowns(&self, context: &Context<'_>, found: &mut Vec<Unknown>) {
        match self {
            Self::Not(inner) => inner.collect_unknowns(context, found),
            Self::All(parts) | Self::Any(parts) => {
                let unknown = parts.iter().filter(|part| part.evaluate(context) == Truth::Unknown);
                unknown.for_each(|part| part.collect_unknowns(context, found));
            }
            leaf => {
                let mut names = Vec::new();
                leaf.for_each_operand(&mut |operand| operand.blamed(context, &mut names));
                let missing = names.iter().filter(|name| context.value(name).is_none()).count();
                for name in names {
                    let value = context.value(name);
                    // What is missing explains enough; only if nothing is, was something unreadable.
                    if value.is_none() || missing == 0 {
                        let found_text = value.map(|value| value.text().into_owned());
                        found.push(Unknown { name: name.clone(), found: found_text });
                    }
                }
            }
        }
    }
}

/// `OR`: true as soon as one part is; else unknown as soon as one is.
fn any(parts: impl IntoIterator<Item = Truth>) -> Truth {
    let mut outcome = Truth::False;
    for part in parts {
        match part {
            Truth::True => return Truth::True,
            Truth::Unknown => outcome = Truth::Unknown,
            Truth::False => {}
        }
    }
    outcome
}

/// `AND`, which is `OR` turned around.
fn all(parts: impl IntoIterator<Item = Truth>) -> Truth {
    any(parts.into_iter().map(Truth::not)).not()
}

/// What both sides of a comparison are read as.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Number,
    Truth,
    Date,
    /// Numbers if both can be read so, else text.
    NumberOrText,
}

/// A literal decides; without one a function does: what it gives, or what it falls back to.
fn kind_of(left: &Operand, right: &Operand) -> Kind {
    let sides = [left, right];
    let literals = sides.iter().filter(|side| matches!(side, Operand::Literal(_)));
    literals.chain(&sides).find_map(|side| own_kind(side)).unwrap_or(Kind::NumberOrText)
}

/// The type that an operand has whatever the facts say.
fn own_kind(operand: &Operand) -> Option<Kind> {
    match operand {
        Operand::Literal(Literal::Text(_)) | Operand::Lower(_) | Operand::Upper(_) => Some(Kind::Text),
        Operand::Literal(Literal::Number(_)) | Operand::Length(_) => Some(Kind::Number),
        Operand::Literal(Literal::Truth(_)) => Some(Kind::Truth),
        Operand::Literal(Literal::Date(_)) => Some(Kind::Date),
        Operand::Coalesce(parts) => parts.iter().find_map(own_kind),
        Operand::Name(_) => None,
    }
}

fn compare(left: &Operand, comparison: Comparison, right: &Operand, context: &Context<'_>) -> Truth {
    let both = left.value(context).zip(right.value(context));
    both.map_or(Truth::Unknown, |(one, other)| compared(&one, comparison, &other, kind_of(left, right), context.zone))
}

/// Two values that are there, read as one type.
fn compared(one: &Value, comparison: Comparison, other: &Value, kind: Kind, zone: &Zone) -> Truth {
    let numbers = || one.number().ok().zip(other.number().ok()).map(|(one, other)| one.cmp(&other));
    let texts = || one.text().cmp(&other.text());
    let ordering = match kind {
        Kind::Text => Some(texts()),
        Kind::Number => numbers(),
        Kind::Truth => one.truth().zip(other.truth()).map(|(one, other)| one.cmp(&other)),
        Kind::Date => one.day(zone).zip(other.day(zone)).map(|(one, other)| one.cmp(&other)),
        Kind::NumberOrText => Some(numbers().unwrap_or_else(texts)),
    };
    ordering.map(|ordering| comparison.accepts(ordering)).into()
}

impl Comparison {
    fn accepts(self, ordering: Ordering) -> bool {
        match self {
            Self::Equal => ordering.is_eq(),
            Self::NotEqual => ordering.is_ne(),
            Self::Less => ordering.is_lt(),
            Self::LessOrEqual => ordering.is_le(),
            Self::Greater => ordering.is_gt(),
            Self::GreaterOrEqual => ordering.is_ge(),
        }
    }
}

impl Operand {
    /// The names that decide its value. Of a `coalesce` it is the one that was chosen, or all of them
    /// if none was there to choose.
    fn blamed<'n>(&'n self, context: &Context<'_>, names: &mut Vec<&'n Name>) {
        match self {
            Self::Literal(_) => {}
            Self::Name(name) => names.push(name),
            Self::Lower(inner) | Self::Upper(inner) | Self::Length(inner) => inner.blamed(context, names),
            Self::Coalesce(parts) => match parts.iter().find(|part| part.value(context).is_some()) {
                Some(chosen) => chosen.blamed(context, names),
                None => parts.iter().for_each(|part| part.blamed(context, names)),
            },
        }
    }

    /// Its value; `None` if missing.
    pub fn value(&self, context: &Context<'_>) -> Option<Value> {
        let text = |inner: &Self, change: fn(Cow<'_, str>) -> String| {
            let value = inner.value(context)?;
            Value::text_of(&change(value.text()))
        };
        match self {
            Self::Literal(literal) => Some(literal.value()),
            Self::Name(name) => context.value(name),
            Self::Lower(inner) => text(inner, |text| text.to_lowercase()),
            Self::Upper(inner) => text(inner, |text| text.to_uppercase()),
            Self::Length(inner) => {
                let letters = inner.value(context)?.text().chars().count();
                i64::try_from(letters).ok().and_then(Decimal::from_whole).map(Value::Number)
            }
            Self::Coalesce(parts) => parts.iter().find_map(|part| part.value(context)),
        }
    }
}

impl Literal {
    fn value(&self) -> Value {
        match self {
            Self::Text(text) => Value::Text(text.clone()),
            Self::Number(number) => Value::Number(*number),
            Self::Truth(truth) => Value::Bool(*truth),
            Self::Date(day) => Value::Text(day.to_string().into()),
        }
    }
}
