//! Conditions and types that cannot mean what they say, by their words alone.

use super::overlap::names;
use super::slips::texts_in;
use super::wording::listed;
use super::{About, Finding, Kind};
use crate::condition::{Comparison, Condition, Literal, Name, Operand, Predicate, Space};
use crate::day::Day;
use crate::decimal::Decimal;
use crate::model::{Case, Form, Kind as RuleKind, Model, Rule, Types};
use crate::suggest::nearest;

pub(super) fn look(model: &Model, found: &mut Vec<Finding>) {
    for (about, condition) in conditions(model) {
        for name in names(&condition.predicate) {
            found.extend(never_known(model, name).map(|why| {
                let message = format!("`{name}` in {} is always unknown", place(&about));
                let (evidence, proposal) = why;
                about.clone().and(&name.to_string()).finding(Kind::NeverKnown, message, evidence, proposal)
            }));
        }
        texts_in(&condition.predicate, &mut |what, text| {
            if let Operand::Name(name) = what {
                found.extend(no_band(model, name, text).map(|(evidence, proposal)| {
                    let message = format!("no band of score `{}` is called '{text}', as in {}", name.id, place(&about));
                    about.clone().and(text).finding(Kind::MisspeltValue, message, evidence, proposal)
                }));
            }
        });
        ordered_texts(&condition.predicate, &mut |what, text| {
            found.extend(meant_by(text).map(|(reading, meant)| {
                let message = format!("`{what}` is compared with the text '{text}' in {}", place(&about));
                let evidence =
                    format!("in quotes {reading} is a text, and texts go letter by letter: '9' is above '10'");
                let proposal = format!("write {meant}");
                about.clone().and(text).finding(Kind::TextOrder, message, evidence, proposal)
            }));
        });
        wildcards(&condition.predicate, &mut |pattern| {
            let message = format!("`*` in the pattern '{pattern}' in {} stands for itself", place(&about));
            let evidence = "in LIKE and ILIKE the characters for any text and for one character are % and _";
            let proposal = format!("write '{}'", pattern.replace('*', "%"));
            found.push(about.clone().and(pattern).finding(Kind::LikeWildcard, message, evidence, proposal));
        });
    }
    for rule in &model.rules {
        if let RuleKind::Cases { cases, .. } = &rule.kind {
            found.extend(shadowed(rule, cases));
        }
    }
    for (about, kind) in types(model) {
        if kind.trim() != kind {
            let message = format!("the type \"{kind}\" in {} has blanks around it", place(&about));
            let evidence = "types are compared letter by letter, blanks included";
            let proposal = format!("write \"{}\"", kind.trim());
            found.push(about.and(kind).finding(Kind::BlankType, message, evidence, proposal));
        }
    }
}

/// Where it stands: ``rule `event` ``.
pub(super) fn place(about: &About) -> String {
    match (about.section, about.key) {
        ("", key) => format!("`{key}`"),
        ("exclude", _) => format!("exclusion `{}`", about.id),
        (section, _) => format!("{section} `{}`", about.id),
    }
}

/// Every condition of the model.
pub(super) fn conditions(model: &Model) -> Vec<(About, &Condition)> {
    let mut all = Vec::new();
    for score in &model.scores {
        all.extend(score.population.as_ref().map(|condition| (About::score(score, "population"), condition)));
    }
    for rule in &model.rules {
        match &rule.kind {
            RuleKind::Activity(activity) => {
                all.extend(activity.condition.as_ref().map(|condition| (About::rule(rule, "where"), condition)));
            }
            RuleKind::When { condition, .. } => all.push((About::rule(rule, "when"), condition)),
            RuleKind::Cases { cases, .. } => {
                all.extend(cases.iter().map(|case| (About::rule(rule, "cases"), &case.condition)));
            }
            RuleKind::Rollup { people, .. } => {
                all.extend(people.as_ref().map(|condition| (About::rule(rule, "where"), condition)));
            }
            RuleKind::Since { .. } | RuleKind::Inactive { .. } => {}
        }
    }
    for exclusion in &model.exclusions {
        all.extend(exclusion.condition.as_ref().map(|condition| (About::exclusion(exclusion, "where"), condition)));
    }
    all
}

/// Every type that the model names, and where.
pub(super) fn types(model: &Model) -> Vec<(About, &str)> {
    fn add<'m>(about: About, types: &'m Types, all: &mut Vec<(About, &'m str)>) {
        if let Types::Listed(types) = types {
            all.extend(types.iter().map(|kind| (about.clone(), &**kind)));
        }
    }
    let mut all: Vec<_> = model.passive.iter().map(|kind| (About::model(kind, "passive"), &**kind)).collect();
    for rule in &model.rules {
        let about = About::rule(rule, "activity");
        match &rule.kind {
            RuleKind::Activity(activity) => add(about, &activity.types, &mut all),
            RuleKind::Inactive { types: Some(types), .. } => add(about, types, &mut all),
            _ => {}
        }
    }
    for exclusion in &model.exclusions {
        add(About::exclusion(exclusion, "activity"), &exclusion.types, &mut all);
        if let Some(after) = &exclusion.after {
            add(About::exclusion(exclusion, "after"), &after.types, &mut all);
        }
    }
    all
}

/// Why a name is missing whatever the facts say, and what to do.
fn never_known(model: &Model, name: &Name) -> Option<(String, String)> {
    if !matches!(name.space, Space::Score | Space::Percentile | Space::Band) {
        return None;
    }
    let score = &model.scores[model.find_score(&name.id)?.0];
    let id = &score.id;
    match (name.space, &score.form) {
        (Space::Band, Form::Matrix(..)) => None,
        (Space::Band, _) if score.bands.is_empty() => Some((
            format!("score `{id}` has no bands"),
            format!("add bands to [score.{id}], or compare the points: score.{id} >= 50"),
        )),
        (Space::Band, _) => None,
        (_, Form::Matrix(..)) => {
            Some((format!("`{id}` is a matrix: a label, not points"), format!("compare the label: band.{id} = 'A1'")))
        }
        _ => None,
    }
}

/// The bands of a score, none of which has that name, and what to do.
fn no_band(model: &Model, name: &Name, text: &str) -> Option<(String, String)> {
    if name.space != Space::Band {
        return None;
    }
    let bands = &model.score(model.find_score(&name.id)?).bands;
    if bands.is_empty() || bands.iter().any(|band| band.name == text) {
        return None;
    }
    let known: Vec<String> = bands.iter().map(|band| band.name.clone()).collect();
    let proposal = match nearest(text, known.iter().map(String::as_str)) {
        Some(near) => format!("write '{near}'"),
        None => "name one of them".into(),
    };
    Some((format!("its bands are {}", listed(&known)), proposal))
}

/// Calls `visit` with every LIKE pattern that has `*` and neither `%` nor `_`.
fn wildcards(predicate: &Predicate, visit: &mut dyn FnMut(&str)) {
    match predicate {
        Predicate::Not(inner) => wildcards(inner, visit),
        Predicate::All(parts) | Predicate::Any(parts) => parts.iter().for_each(|part| wildcards(part, visit)),
        Predicate::Like(_, like) if like.pattern.contains('*') && !like.pattern.contains(['%', '_']) => {
            visit(&like.pattern);
        }
        _ => {}
    }
}

/// Calls `visit` with every name that is compared by order with a text, and the text.
fn ordered_texts(predicate: &Predicate, visit: &mut dyn FnMut(&Name, &str)) {
    let mut pair = |what: &Operand, other: &Operand| {
        if let (Operand::Name(name), Operand::Literal(Literal::Text(text))) = (what, other) {
            visit(name, text);
        }
    };
    match predicate {
        Predicate::Not(inner) => ordered_texts(inner, visit),
        Predicate::All(parts) | Predicate::Any(parts) => parts.iter().for_each(|part| ordered_texts(part, visit)),
        Predicate::Compare(_, Comparison::Equal | Comparison::NotEqual, _) => {}
        Predicate::Compare(one, _, other) => {
            pair(one, other);
            pair(other, one);
        }
        Predicate::Between(what, low, high) => [low, high].into_iter().for_each(|edge| pair(what, edge)),
        _ => {}
    }
}

/// What a text looks like, and how that is written. A date with the year first is in order as a text too.
fn meant_by(text: &str) -> Option<(&'static str, String)> {
    if let Ok(number) = Decimal::parse_exact(text.trim()) {
        return Some(("a number", format!("the number without quotes: {number}")));
    }
    let sign = text.chars().find(|letter| !letter.is_ascii_digit())?;
    let [day, month, year] = text.split(sign).collect::<Vec<_>>()[..] else { return None };
    let digits =
        |part: &str, most: usize| (1..=most).contains(&part.len()) && part.bytes().all(|it| it.is_ascii_digit());
    if !['.', '/', '-'].contains(&sign) || !digits(day, 2) || !digits(month, 2) || !digits(year, 4) || year.len() < 4 {
        return None;
    }
    // Whether the day or the month comes first shows with a point only.
    let date = Day::parse(&format!("{year}-{month:0>2}-{day:0>2}")).filter(|_| sign == '.');
    let meant = date.map_or("DATE '2026-01-31'".into(), |date| format!("DATE '{date}'"));
    Some(("a date", format!("{meant}; in files dates are read as 2026-01-31, or through a mapping")))
}

/// The first case that an earlier one always takes.
fn shadowed(rule: &Rule, cases: &[Case]) -> Option<Finding> {
    let (earlier, later) = (0..cases.len())
        .flat_map(|later| (0..later).map(move |earlier| (earlier, later)))
        .find(|&(earlier, later)| covers(&cases[earlier].condition.predicate, &cases[later].condition.predicate))?;
    let message = format!("case {} of rule `{}` is never reached", later + 1, rule.id);
    let evidence = format!(
        "of several true cases the first counts, and whoever meets `{}` meets `{}` before",
        cases[later].condition, cases[earlier].condition
    );
    let proposal = format!("put case {} above case {}", later + 1, earlier + 1);
    let about = About::rule(rule, "cases").and(&cases[later].condition.text);
    Some(about.finding(Kind::ShadowedCase, message, evidence, proposal))
}

/// Whether one certainly holds where the other does.
fn covers(one: &Predicate, other: &Predicate) -> bool {
    if one == other {
        return true;
    }
    let Some(((what, up, from), (same, also_up, further))) = threshold(one).zip(threshold(other)) else {
        return false;
    };
    // `>` beside `>=` of the same number is left alone.
    what == same && up == also_up && if up { from < further } else { from > further }
}

/// A comparison with a number: of what, whether upwards, from where.
fn threshold(predicate: &Predicate) -> Option<(&Operand, bool, Decimal)> {
    let Predicate::Compare(what, comparison, Operand::Literal(Literal::Number(number))) = predicate else {
        return None;
    };
    match comparison {
        Comparison::Greater | Comparison::GreaterOrEqual => Some((what, true, *number)),
        Comparison::Less | Comparison::LessOrEqual => Some((what, false, *number)),
        Comparison::Equal | Comparison::NotEqual => None,
    }
}

#[cfg(test)]
mod tests {
    use super::meant_by;

    #[test]
    fn texts_that_are_in_order_as_texts_are_left_alone() {
        let date = |date: &str| {
            Some(("a date", format!("DATE '{date}'; in files dates are read as 2026-01-31, or through a mapping")))
        };
        assert_eq!(meant_by("3.02.2020"), date("2020-02-03"));
        // The day or the month may come first.
        assert_eq!(meant_by("2/3/2020"), date("2026-01-31"));
        assert_eq!(meant_by(" 18"), Some(("a number", "the number without quotes: 18".into())));
        for text in ["2020-02-01", "B", "v1.2.2020", "1.2.20", "", "..", "B2", "Ø.Å.2020"] {
            assert_eq!(meant_by(text), None, "{text}");
        }
    }
}
