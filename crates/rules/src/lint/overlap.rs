//! Two rules of one score that pay for the same of an activity: that it happened, its value, its being the last.
//!
//! Beside facts it counts what both really match. Without them it reports what can match both, and is
//! silent where the two conditions may well exclude each other.

use super::evidence::Evidence;
use super::wording::{counted, listed, short};
use super::{About, Finding, Kind};
use crate::condition::{Comparison, Literal, Name, Operand, Predicate, Space};
use crate::model::{ActivityRule, Kind as RuleKind, Model, Reward, Rule, Take, TierBy, Types};

pub(super) fn look(model: &Model, evidence: Option<&Evidence<'_>>, found: &mut Vec<Finding>) {
    for (pair, earlier, later) in pairs(model) {
        let Some((one, other)) = activity(earlier).zip(activity(later)) else { continue };
        let about = About::rule(later, "activity").and(&earlier.id);
        let message = format!("rules `{}` and `{}` pay for the same activities", earlier.id, later.id);
        let shown = match evidence {
            Some(evidence) => evidence.both.get(&pair).map(|both| {
                let example = both.example;
                format!(
                    "{} matched both, for example {} of contact `{}` on {}",
                    counted(both.count, "activity"),
                    short(&example.kind),
                    short(example.contact.as_str()),
                    example.day
                )
            }),
            None => shared(&one.types, &other.types)
                .filter(|_| may_both_hold(one, other))
                .map(|types| format!("both take {types}, and no condition keeps them apart")),
        };
        if let Some(evidence) = shown {
            let proposal = "keep them apart by `where` or `activity`; if one thing is meant to count twice, allow it";
            found.push(about.finding(Kind::DoublePoints, message, evidence, proposal));
        }
    }
}

/// The places of two rules of the kind `activity`, the earlier first.
pub(super) type Pair = (usize, usize);

/// Pairs of rules whose points for the same add up.
pub(super) fn pairs(model: &Model) -> impl Iterator<Item = (Pair, &Rule, &Rule)> {
    let rules = || model.rules.iter().enumerate();
    let all = rules()
        .flat_map(move |(at, later)| rules().take(at).map(move |(before, earlier)| ((before, at), earlier, later)));
    all.filter(|(_, earlier, later)| {
        let both = activity(earlier).zip(activity(later));
        let alike = |(one, other)| sign(one) != 0 && sign(one) == sign(other) && measure(one) == measure(other);
        later.score == earlier.score && both.is_some_and(alike)
    })
}

/// What of activities a rule pays for: recency, frequency and money are three things.
#[derive(PartialEq, Eq)]
enum Measure {
    Number,
    SumOf(Name),
    OneOf,
}

fn measure(rule: &ActivityRule) -> Measure {
    match &rule.reward {
        Reward::Each { take: Take::Max | Take::Latest, .. } => Measure::OneOf,
        Reward::Each { multiply_by: Some(name), .. } => Measure::SumOf(name.clone()),
        Reward::Tiers { by: TierBy::Value, .. } => Measure::SumOf(Name { space: Space::Activity, id: "value".into() }),
        Reward::Each { multiply_by: None, .. } | Reward::Tiers { by: TierBy::Count, .. } => Measure::Number,
    }
}

fn activity(rule: &Rule) -> Option<&ActivityRule> {
    match &rule.kind {
        RuleKind::Activity(activity) => Some(activity),
        _ => None,
    }
}

/// Whether a rule gives points or takes them.
fn sign(rule: &ActivityRule) -> i64 {
    match &rule.reward {
        Reward::Each { points, .. } => points.units().signum(),
        Reward::Tiers { tiers, .. } => tiers.last().map_or(0, |(_, points)| points.units().signum()),
    }
}

/// The types that both cover, as a list.
fn shared(one: &Types, other: &Types) -> Option<String> {
    let listed_types = match (one, other) {
        (Types::All, Types::All) => return Some("every activity".into()),
        (Types::All, Types::Listed(types)) | (Types::Listed(types), Types::All) => types.clone(),
        (Types::Listed(types), other) => types.iter().filter(|kind| other.cover(kind)).cloned().collect(),
    };
    let mut ids: Vec<String> = listed_types.iter().map(ToString::to_string).collect();
    ids.dedup();
    if ids.is_empty() { None } else { Some(listed(&ids)) }
}

/// Whether an activity can meet both conditions for all that can be told: every name that both speak of
/// is asked the same, or for lists of texts that have one in common.
fn may_both_hold(one: &ActivityRule, other: &ActivityRule) -> bool {
    let parts = |rule: &ActivityRule| -> Vec<Predicate> {
        rule.condition.as_ref().map(|condition| conjuncts(&condition.predicate)).unwrap_or_default()
    };
    let (ours, theirs) = (parts(one), parts(other));
    ours.iter().all(|mine| {
        theirs.iter().all(|yours| {
            let apart = !names(mine).iter().any(|name| names(yours).contains(name));
            apart || theirs.contains(mine) && ours.contains(yours) || in_common(mine, yours)
        })
    })
}

/// The parts that must all hold.
fn conjuncts(predicate: &Predicate) -> Vec<Predicate> {
    match predicate {
        Predicate::All(parts) => parts.iter().flat_map(conjuncts).collect(),
        other => vec![other.clone()],
    }
}

/// Every name in a condition.
pub(super) fn names(predicate: &Predicate) -> Vec<&Name> {
    let mut names = Vec::new();
    predicate.for_each_operand(&mut |operand| operand.for_each_name(&mut |name| names.push(name)));
    names
}

/// Whether both list texts of the same thing, one of them in both lists.
fn in_common(one: &Predicate, other: &Predicate) -> bool {
    let Some(((what, ours), (same, theirs))) = wanted(one).zip(wanted(other)) else { return false };
    what == same && ours.iter().any(|text| theirs.contains(text))
}

/// What is compared by `=` or IN with which texts.
fn wanted(predicate: &Predicate) -> Option<(&Operand, Vec<&str>)> {
    let text = |operand: &Operand| matches!(operand, Operand::Literal(Literal::Text(_)));
    let (what, list): (&Operand, &[Operand]) = match predicate {
        Predicate::Compare(what, Comparison::Equal, other) if text(other) => (what, std::slice::from_ref(other)),
        Predicate::Compare(other, Comparison::Equal, what) if text(other) => (what, std::slice::from_ref(other)),
        Predicate::In(what, list) => (what, list),
        _ => return None,
    };
    let texts = list.iter().filter_map(|item| match item {
        Operand::Literal(Literal::Text(text)) => Some(&**text),
        _ => None,
    });
    Some((what, texts.collect()))
}
