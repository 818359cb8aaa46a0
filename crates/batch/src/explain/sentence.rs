//! A rule as a sentence: what gives how many points, and what holds them back.

use rules::day::{Per, Period};
use rules::decimal::Decimal;
use rules::fade::Fade;
use rules::model::{ActivityRule, Attribution, Kind, Limit, Model, Pool, Reward, Rule, Take, TierBy, Types};

use crate::wording::grouped;

/// The rule in words, without its title.
pub fn sentence(model: &Model, rule: &Rule) -> String {
    let mut parts = match &rule.kind {
        Kind::Activity(activity) => of_activity(activity),
        Kind::When { condition, points, multiply_by } => {
            let times = multiply_by.as_ref().map(|name| format!(" times {name}")).unwrap_or_default();
            vec![format!("{}{times} when {condition}", points_of(*points))]
        }
        Kind::Cases { cases, multiply_by } => {
            let times = multiply_by.as_ref().map(|name| format!(" times {name}")).unwrap_or_default();
            vec![format!("points{times} by the first of {} cases that is true", cases.len())]
        }
        Kind::Since { name, every, points } => {
            vec![format!("{} for {} since {name}", points_of(*points), each(*every))]
        }
        Kind::Inactive { period, types, points, repeat } => {
            let of = types.as_ref().map(|types| format!(" of {}", types_of(types))).unwrap_or_default();
            let again = if *repeat { format!(", and again for every further {period}") } else { String::new() };
            vec![format!("{} after {period} without activity{of}{again}", points_of(*points))]
        }
        Kind::Rollup { score, take, people, points, attribution } => {
            let mut parts = vec![format!("{} `{}` of its people", pool(take), model.score(*score).id)];
            if *points != Decimal::ONE {
                parts.push(format!("times {points}"));
            }
            if let Some(people) = people {
                parts.push(format!("of those with {people}"));
            }
            if *attribution == Attribution::AtTime {
                parts.push("each activity for the account it belonged to at the time".into());
            }
            parts
        }
    };
    if let Some(cap) = rule.cap {
        parts.push(format!("at most {} in all", grouped(cap)));
    }
    parts.join(", ")
}

fn of_activity(rule: &ActivityRule) -> Vec<String> {
    let mut parts = Vec::new();
    let condition = rule.condition.as_ref().map(|condition| format!(" where {condition}")).unwrap_or_default();
    match &rule.reward {
        Reward::Each { points, multiply_by, at_most, fade, take } => {
            let times = multiply_by.as_ref().map(|name| format!(" times {name}")).unwrap_or_default();
            let each = match take {
                Take::Sum => "for each",
                Take::Max => "for the one worth most",
                Take::Latest => "for the latest",
            };
            parts.push(format!("{}{times} {each} {}{condition}", points_of(*points), types_of(&rule.types)));
            parts.extend(at_most.map(|most| format!("at most {} each", grouped(most))));
            parts.extend(fade.map(faded));
        }
        Reward::Tiers { tiers, by } => {
            let what = if *by == TierBy::Count { "number" } else { "sum of values" };
            let steps: Vec<_> =
                tiers.iter().map(|(from, points)| format!("{} from {}", grouped(*points), grouped(*from))).collect();
            parts.push(format!("points by the {what} of {}{condition}: {}", types_of(&rule.types), steps.join(", ")));
        }
    }
    parts.extend(rule.limit.as_ref().map(limited));
    parts.extend(rule.window.map(|window| format!("within {window}")));
    parts
}

/// `only the first per day`, `the first 3 in all for each activity.url`
fn limited(limit: &Limit) -> String {
    let first = if limit.times == 1 { "only the first".to_owned() } else { format!("the first {}", limit.times) };
    let per = if limit.per == Per::Ever { " in all".to_owned() } else { format!(" per {}", limit.per.word()) };
    let by = limit.by.as_ref().map(|name| format!(" for each {name}")).unwrap_or_default();
    first + &per + &by
}

fn faded(fade: Fade) -> String {
    match fade {
        Fade::HalfLife(period) => format!("fading by half every {period}"),
        Fade::FadeOut(period) => format!("fading to nothing in {period}"),
        Fade::StepDown { percent, every, compound: false } => format!("less {percent} % {}", each(every)),
        Fade::StepDown { percent, every, compound: true } => {
            format!("less {percent} % of what is left {}", each(every))
        }
    }
}

/// `every month`, `every 3 months`
fn each(period: Period) -> String {
    let text = period.to_string();
    format!("every {}", text.strip_prefix("1 ").unwrap_or(&text))
}

fn pool(take: &Pool) -> String {
    match take {
        Pool::Sum => "the sum of".into(),
        Pool::Mean => "the mean of".into(),
        Pool::Median => "the median of".into(),
        Pool::Max => "the highest".into(),
        Pool::Top(count) => format!("the sum of the {count} highest"),
        Pool::PerCapita(name) => format!("the sum per {name} of"),
    }
}

pub(super) fn points_of(points: Decimal) -> String {
    let noun = if points == Decimal::ONE { "point" } else { "points" };
    format!("{} {noun}", grouped(points))
}

fn types_of(types: &Types) -> String {
    match types {
        Types::All => "activity of any type".into(),
        Types::Listed(types) => types.join(" or "),
    }
}
