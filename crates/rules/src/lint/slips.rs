//! Words of the model that never occur in the facts, while a near one does that the model does not use.

use std::collections::BTreeSet;

use super::evidence::Evidence;
use super::overlap::names;
use super::wording::{counted, short, thousands};
use super::words::{conditions, place, types};
use super::{About, Finding, Kind};
use crate::condition::{Comparison, Literal, Name, Operand, Predicate, Space};
use crate::model::{Kind as RuleKind, Model, Pool, Reward};

pub(super) fn look(model: &Model, evidence: &Evidence<'_>, found: &mut Vec<Finding>) {
    for (about, kind) in types(model) {
        if let Some(near) = near_type(model, evidence, kind) {
            let message =
                format!("the type `{}` in {} never occurs, but `{}` does", short(kind), place(&about), short(near));
            let count = evidence.types.get(near).copied().unwrap_or_default();
            let seen = format!("{} of `{}`, which the model does not mention", counted(count, "activity"), short(near));
            let proposal = format!("if it is meant, write \"{}\"", short(near));
            found.push(about.and(kind).finding(Kind::MisspeltType, message, seen, proposal));
        }
    }
    attributes(model, evidence, found);
    values(model, evidence, found);
}

/// The type that is probably meant by one that never occurs.
pub(super) fn near_type<'e>(model: &Model, evidence: &Evidence<'e>, kind: &str) -> Option<&'e str> {
    if evidence.types.contains_key(kind) {
        return None;
    }
    let mentioned: BTreeSet<&str> = types(model).into_iter().map(|(_, kind)| kind).collect();
    let free = evidence.types.iter().filter(|(known, _)| !mentioned.contains(*known));
    free.filter(|(known, _)| near(kind, known)).max_by_key(|(_, count)| **count).map(|(known, _)| *known)
}

fn attributes(model: &Model, evidence: &Evidence<'_>, found: &mut Vec<Finding>) {
    let all = names_of(model);
    let mut told = BTreeSet::new();
    for (about, name) in &all {
        let Some((holders, noun)) = evidence.holders(name.space) else { continue };
        if holders == 0 || built_in(name) || evidence.having(name) > 0 || !told.insert((about.section, &about.id, name))
        {
            continue;
        }
        let used = |id: &str| all.iter().any(|(_, other)| other.space == name.space && *other.id == *id);
        let Some(near) = evidence.attributes_of(name.space).find(|known| !used(known) && near(&name.id, known)) else {
            continue;
        };
        let meant = Name { space: name.space, id: near.into() };
        let message = format!("no {noun} has `{name}`, which {} asks for, but `{meant}` exists", place(about));
        let having = evidence.having(&meant);
        let seen = format!(
            "`{name}` is missing for all of {}, `{meant}` is there for {}",
            counted(holders, noun),
            thousands(having)
        );
        let proposal = format!("if it is meant, write `{meant}`");
        found.push(about.clone().and(&name.to_string()).finding(Kind::MisspeltName, message, seen, proposal));
    }
}

/// Names that facts have beside their attributes.
fn built_in(name: &Name) -> bool {
    match name.space {
        Space::Activity => matches!(&*name.id, "type" | "value" | "source"),
        _ => &*name.id == "id",
    }
}

/// Every name that a model looks at.
pub fn names_used(model: &Model) -> BTreeSet<&Name> {
    names_of(model).into_iter().map(|(_, name)| name).collect()
}

/// Every name of the model, and where.
fn names_of(model: &Model) -> Vec<(About, &Name)> {
    let mut all: Vec<(About, &Name)> = Vec::new();
    for (about, condition) in conditions(model) {
        all.extend(names(&condition.predicate).into_iter().map(|name| (about.clone(), name)));
    }
    for score in &model.scores {
        all.extend(score.cohort.as_ref().map(|name| (About::score(score, "cohort"), name)));
    }
    for rule in &model.rules {
        let named: Vec<(&'static str, Option<&Name>)> = match &rule.kind {
            RuleKind::Activity(activity) => {
                let by = activity.limit.as_ref().and_then(|limit| limit.by.as_ref());
                match &activity.reward {
                    Reward::Each { multiply_by, .. } => vec![("limit", by), ("multiply_by", multiply_by.as_ref())],
                    Reward::Tiers { .. } => vec![("limit", by)],
                }
            }
            RuleKind::When { multiply_by, .. } | RuleKind::Cases { multiply_by, .. } => {
                vec![("multiply_by", multiply_by.as_ref())]
            }
            RuleKind::Since { name, .. } => vec![("since", Some(name))],
            RuleKind::Rollup { take: Pool::PerCapita(name), .. } => vec![("per", Some(name))],
            RuleKind::Rollup { .. } | RuleKind::Inactive { .. } => Vec::new(),
        };
        all.extend(named.into_iter().filter_map(|(key, name)| Some((About::rule(rule, key), name?))));
    }
    for exclusion in &model.exclusions {
        let same = exclusion.after.as_ref().and_then(|after| after.same.as_ref());
        all.extend(same.map(|name| (About::exclusion(exclusion, "same"), name)));
    }
    all
}

fn values(model: &Model, evidence: &Evidence<'_>, found: &mut Vec<Finding>) {
    let all: Vec<_> = conditions(model)
        .into_iter()
        .flat_map(|(about, condition)| {
            let mut compared = Vec::new();
            texts_in(&condition.predicate, &mut |what, text| compared.push((what, text)));
            compared.into_iter().map(move |(what, text)| (about.clone(), what, text))
        })
        .collect();
    let mut told = BTreeSet::new();
    for (about, what, text) in &all {
        let Some((name, letters)) = read(what) else { continue };
        let Some(texts) = evidence.texts.get(name) else { continue };
        let as_read = |known: &str| letters.of(known);
        if texts.keys().any(|known| as_read(known) == *text) || !told.insert((about.section, &about.id, name, text)) {
            continue;
        }
        let used = |known: &str| {
            let same = |what| read(what).filter(|(other, _)| *other == name);
            all.iter().any(|(_, what, text)| same(what).is_some_and(|(_, letters)| letters.of(known) == *text))
        };
        let free = texts.iter().filter(|(known, _)| !used(known) && near(text, &as_read(known)));
        let Some((known, count)) = free.max_by_key(|(_, count)| **count) else { continue };
        let message = format!("'{}' in {} never occurs, but '{}' does", short(text), place(about), short(known));
        let times = if *count == 1 { "once".into() } else { format!("{} times", thousands(*count)) };
        let seen = format!("`{name}` is '{}' {times}, and never '{}'", short(known), short(text));
        let proposal = format!("if it is meant, write '{}'", short(&as_read(known)));
        found.push(about.clone().and(text).finding(Kind::MisspeltValue, message, seen, proposal));
    }
}

/// The names that conditions compare with texts.
pub(super) fn watched(model: &Model) -> BTreeSet<&Name> {
    let mut watched = BTreeSet::new();
    for (_, condition) in conditions(model) {
        texts_in(&condition.predicate, &mut |what, _| watched.extend(read(what).map(|(name, _)| name)));
    }
    watched
}

/// What happens to the letters of a value before it is compared.
#[derive(Clone, Copy)]
enum Letters {
    AsTheyAre,
    Small,
    Large,
}

impl Letters {
    fn of(self, text: &str) -> String {
        match self {
            Self::AsTheyAre => text.to_owned(),
            Self::Small => text.to_lowercase(),
            Self::Large => text.to_uppercase(),
        }
    }
}

/// The name behind an operand, and what happens to its letters on the way.
fn read(operand: &Operand) -> Option<(&Name, Letters)> {
    match operand {
        Operand::Name(name) => Some((name, Letters::AsTheyAre)),
        Operand::Lower(inner) => read(inner).map(|(name, _)| (name, Letters::Small)),
        Operand::Upper(inner) => read(inner).map(|(name, _)| (name, Letters::Large)),
        Operand::Literal(_) | Operand::Length(_) | Operand::Coalesce(_) => None,
    }
}

/// Calls `visit` with everything that is compared with a text by `=`, `<>` or IN.
pub(super) fn texts_in<'m>(predicate: &'m Predicate, visit: &mut dyn FnMut(&'m Operand, &'m str)) {
    let text = |operand: &'m Operand| match operand {
        Operand::Literal(Literal::Text(text)) => Some(&**text),
        _ => None,
    };
    match predicate {
        Predicate::Not(inner) => texts_in(inner, visit),
        Predicate::All(parts) | Predicate::Any(parts) => parts.iter().for_each(|part| texts_in(part, visit)),
        Predicate::Compare(one, Comparison::Equal | Comparison::NotEqual, other) => {
            if let Some(text) = text(other) {
                visit(one, text);
            } else if let Some(text) = text(one) {
                visit(other, text);
            }
        }
        Predicate::In(what, list) => list.iter().filter_map(text).for_each(|text| visit(what, text)),
        _ => {}
    }
}

/// Whether one word is probably a slip of the other: the same but for letter case, blanks and signs, or
/// word by word the same but for one that differs by a letter or two.
pub(super) fn near(one: &str, other: &str) -> bool {
    let bare = |text: &str| -> String {
        text.chars().filter(|letter| letter.is_alphanumeric()).collect::<String>().to_lowercase()
    };
    let (one_bare, other_bare) = (bare(one), bare(other));
    if one_bare == other_bare {
        return one != other && !one_bare.is_empty();
    }
    let words = |text: &str| -> Vec<String> {
        text.to_lowercase().split(|letter: char| !letter.is_alphanumeric()).map(str::to_owned).collect()
    };
    let (one, other) = (words(one), words(other));
    let mut differing = one.iter().zip(&other).filter(|(one, other)| one != other);
    let only = differing.next().filter(|_| one.len() == other.len() && differing.next().is_none());
    only.is_some_and(|(one, other)| slip(one, other))
}

/// Whether two words differ by a slip. Digits are not mistyped here: `page1` and `page2` are two things.
fn slip(one: &str, other: &str) -> bool {
    const CHARS_MAX: usize = 64;
    let (short, long) = if one.chars().count() <= other.chars().count() { (one, other) } else { (other, one) };
    let (least, most) = (short.chars().count(), long.chars().count());
    if least < 4
        || most > CHARS_MAX
        || one.contains(|letter: char| letter.is_numeric())
        || other.contains(|letter: char| letter.is_numeric())
    {
        return false;
    }
    let distance = strsim::damerau_levenshtein(one, other);
    let begins_alike = one.chars().next() == other.chars().next();
    let one_letter = distance == 1 && (least >= 6 || begins_alike);
    one_letter || distance == 2 && (least >= 7 || long.starts_with(short))
}

#[cfg(test)]
mod tests {
    use super::near;

    #[test]
    fn slips_are_near_and_other_words_are_not() {
        let slips = [
            ("healtcare", "Healthcare"),
            ("jobtitle", "job_title"),
            ("Job Title", "job_title"),
            ("job_titel", "job_title"),
            ("page_view", "page_viewed"),
            (" login", "login"),
            ("webinar", "webinars"),
            ("cancelled", "canceled"),
        ];
        for (one, other) in slips {
            assert!(near(one, other) && near(other, one), "{one} {other}");
        }
        let others = [
            ("email_opened", "email_bounced"),
            ("email_sent", "email_seen"),
            ("gold", "bold"),
            ("paid", "void"),
            ("page1", "page2"),
            ("A", "B"),
            ("event_attended", "event_cancelled"),
            ("login", "login"),
            ("", "-"),
        ];
        for (one, other) in others {
            assert!(!near(one, other) && !near(other, one), "{one} {other}");
        }
    }
}
