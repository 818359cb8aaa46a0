//! Limits, caps, windows, fading, tiers, bands and tables that cannot do what they seem to do.

use super::reach::{Reaches, left_share_at_least, longest, most_counted, shortest, shortest_of};
use super::wording::listed;
use super::{About, Finding, Kind};
use crate::day::Per;
use crate::decimal::Decimal;
use crate::fade::Fade;
use crate::model::{
    ActivityRule, BandsBy, Form, Kind as RuleKind, Limit, Model, Places, Reward, Rule, Score, ScoreAt, Take, TierBy,
};

pub(super) fn look(model: &Model, found: &mut Vec<Finding>) {
    let reaches = Reaches::of(model);
    for rule in &model.rules {
        if let RuleKind::Activity(activity) = &rule.kind {
            found.extend(pointless_limit(rule, activity));
            found.extend(limit_outlives_window(rule, activity));
            found.extend(pointless_each_at_most(rule, activity));
            found.extend(pointless_fade(rule, activity));
            found.extend(pointless_window(rule, activity));
            found.extend(unreachable_tier(rule, activity));
        }
        found.extend(pointless_cap(model, &reaches, rule));
        found.extend(low_cap(rule));
    }
    for (at, score) in model.scores.iter().enumerate() {
        match score_without_rules(model, ScoreAt(at), score) {
            Some(empty) => found.push(empty),
            None => unreachable_bands(&reaches, ScoreAt(at), score, found),
        }
        found.extend(matrix_without_bands(model, score));
    }
    for (at, category) in model.categories.iter().enumerate() {
        if !model.rules.iter().any(|rule| rule.category.is_some_and(|home| home.0 == at)) {
            let message = format!("no rule belongs to category `{}`", category.id);
            let evidence = "it gives 0 to everybody";
            let proposal = format!("name it in a rule: category = \"{}\"; or delete it", category.id);
            found.push(About::category(category, "").finding(Kind::NoRules, message, evidence, proposal));
        }
    }
}

fn pointless_limit(rule: &Rule, activity: &ActivityRule) -> Option<Finding> {
    let limit = activity.limit.as_ref()?;
    let Reward::Each { points, multiply_by, at_most, fade, take } = &activity.reward else { return None };
    let about = About::rule(rule, "limit");
    if *take != Take::Sum {
        let word = if *take == Take::Max { "max" } else { "latest" };
        let message = format!("`limit` in rule `{}` chooses before `take = \"{word}\"` does", rule.id);
        let evidence = "of each period the earliest are left, of which `take` keeps one; a later one is lost";
        let proposal = format!("delete `limit`: `take = \"{word}\"` gives the points of one activity alone");
        return Some(about.finding(Kind::PointlessLimit, message, evidence, proposal));
    }
    let cap = rule.cap?;
    let plain = multiply_by.is_none() && fade.is_none() && activity.window.is_none() && limit.by.is_none();
    let points = at_most.map_or(*points, |most| points.within(most));
    let all = i128::from(points.units().unsigned_abs()) * i128::from(limit.times);
    if !plain || points == Decimal::ZERO || all < i128::from(cap.units()) {
        return None;
    }
    let message = format!("`limit` in rule `{}` never makes a difference", rule.id);
    let evidence = format!("{} x {points} points are the cap of {cap} already, and nothing fades", limit.times);
    Some(about.finding(Kind::PointlessLimit, message, evidence, "delete `limit`, or raise `cap`"))
}

fn limit_outlives_window(rule: &Rule, activity: &ActivityRule) -> Option<Finding> {
    let Limit { times, per, .. } = activity.limit.as_ref()?;
    if matches!(per, Per::Day | Per::Ever) {
        return None;
    }
    let fade = match &activity.reward {
        Reward::Each { fade, .. } => *fade,
        Reward::Tiers { .. } => None,
    };
    let window = activity.window.map(|window| (longest(window), format!("the window of {window}")));
    let faded = fade.and_then(|fade| Some((end_of(fade)?, "fading".to_owned())));
    let (days, what) = window.into_iter().chain(faded).min()?;
    if shortest_of(*per, 1) <= days {
        return None;
    }
    let word = per.word();
    let message = format!("`limit` in rule `{}` counts by the {word}, but activities are gone before it ends", rule.id);
    let (first, use_up, them) = match times {
        1 => ("the first".to_owned(), "uses up", "it"),
        _ => (format!("the first {times}"), "use up", "them"),
    };
    let evidence = format!(
        "{first} of a {word} {use_up} the limit; once {what} has taken {them}, whatever is done gives nothing until the next {word} begins"
    );
    let proposal = "limit a shorter period, or let activities count for longer";
    Some(About::rule(rule, "limit").finding(Kind::LimitOutlivesWindow, message, evidence, proposal))
}

/// By which age nothing is left, at the latest; for a half-life nothing to speak of.
fn end_of(fade: Fade) -> Option<i64> {
    const HALVES: i64 = 10;
    match fade {
        Fade::HalfLife(period) => Some(HALVES * longest(period)),
        Fade::FadeOut(period) => Some(longest(period)),
        Fade::StepDown { compound: true, .. } => None,
        Fade::StepDown { percent, every, .. } => {
            let hundred = 100 * Decimal::ONE.units();
            Some(longest(every) * ((hundred + percent.units() - 1) / percent.units()))
        }
    }
}

fn pointless_each_at_most(rule: &Rule, activity: &ActivityRule) -> Option<Finding> {
    let Reward::Each { points, multiply_by: None, at_most: Some(most), .. } = &activity.reward else { return None };
    let held = points.within(*most);
    let message =
        format!("`each_at_most` in rule `{}` has nothing to hold: all activities have the same points", rule.id);
    let evidence = if held == *points {
        format!("each has {points}, which is within {most}")
    } else {
        format!("each would have {points} and is held at {held}")
    };
    let proposal = "delete it, or multiply by a number of the activity with `multiply_by`";
    Some(About::rule(rule, "each_at_most").finding(Kind::PointlessCap, message, evidence, proposal))
}

fn pointless_fade(rule: &Rule, activity: &ActivityRule) -> Option<Finding> {
    let Reward::Each { fade: Some(fade), .. } = activity.reward else { return None };
    let window = activity.window?;
    let last_day = longest(window) - 1;
    let (key, evidence) = match fade {
        Fade::StepDown { every, .. } if last_day < shortest(every) => {
            ("step_down", format!("activities count for {window}, and the first step comes after {every}"))
        }
        Fade::StepDown { .. } => return None,
        Fade::HalfLife(_) | Fade::FadeOut(_) => {
            let key = if matches!(fade, Fade::HalfLife(_)) { "half_life" } else { "fade_out" };
            if !left_share_at_least(fade, last_day, 99) {
                return None;
            }
            (key, format!("activities count for {window}, and in that time it takes less than 1 %"))
        }
    };
    let message = format!("`{key}` in rule `{}` does nothing within its window", rule.id);
    let proposal = format!("make the window longer, or `{key}` shorter, or delete one of the two");
    Some(About::rule(rule, key).finding(Kind::PointlessFade, message, evidence, proposal))
}

fn pointless_window(rule: &Rule, activity: &ActivityRule) -> Option<Finding> {
    let Reward::Each { fade: Some(fade), .. } = activity.reward else { return None };
    let window = activity.window?;
    if matches!(fade, Fade::HalfLife(_)) || shortest(window) < end_of(fade)? {
        return None;
    }
    let message = format!("`window` in rule `{}` never makes a difference", rule.id);
    let evidence = format!("everything has faded to nothing before its {window} are over");
    let proposal = "delete `window`, or let points fade more slowly";
    Some(About::rule(rule, "window").finding(Kind::PointlessWindow, message, evidence, proposal))
}

fn unreachable_tier(rule: &Rule, activity: &ActivityRule) -> Option<Finding> {
    let Reward::Tiers { tiers, by: TierBy::Count } = &activity.reward else { return None };
    let most = most_counted(activity)?;
    let &(from, _) = tiers.iter().find(|&&(from, _)| from > most)?;
    let message = format!("the tier from {from} in rule `{}` is out of reach", rule.id);
    let evidence = format!("`limit` and `window` let at most {most} activities count at a time");
    let proposal = "lower the tier, or loosen `limit` or `window`";
    Some(About::rule(rule, "tiers").finding(Kind::UnreachableTier, message, evidence, proposal))
}

fn pointless_cap(model: &Model, reaches: &Reaches<'_>, rule: &Rule) -> Option<Finding> {
    let cap = rule.cap?;
    let about = About::rule(rule, "cap");
    if let Some(most) = reaches.uncapped(rule).magnitude()
        && most < cap
    {
        let message = format!("`cap` of rule `{}` is never reached", rule.id);
        let evidence = format!("the rule gives at most {most}, whatever anybody does, and its cap is {cap}");
        let proposal = format!("delete `cap`, or lower it below {most}");
        return Some(about.finding(Kind::PointlessCap, message, evidence, proposal));
    }
    // Another rule that takes points away would make room for what lies above the ceiling.
    let beside = model.rules.iter().filter(|other| match rule.category {
        Some(category) => other.category == Some(category),
        None => other.score == rule.score,
    });
    if beside.clone().any(|other| reaches.rule(other).low.is_none_or(|low| low < 0)) {
        return None;
    }
    let (max, of) = match rule.category {
        Some(category) => (model.category(category).bounds.max, format!("category `{}`", model.category(category).id)),
        None => (model.score(rule.score).bounds.max, format!("score `{}`", model.score(rule.score).id)),
    };
    let max = max.filter(|&max| max < cap)?;
    let message = format!("`cap` of rule `{}` lies above the `max` of its {of}", rule.id);
    let evidence =
        format!("the cap is {cap}, but what lies above {max} is cut off anyway, and no rule takes points away");
    let proposal = format!("lower the cap to {max} or less, or raise the `max`");
    Some(about.finding(Kind::PointlessCap, message, evidence, proposal))
}

/// A cap that already cuts what a single activity, case or tier gives.
fn low_cap(rule: &Rule) -> Option<Finding> {
    let cap = rule.cap?;
    let most = |points: &mut dyn Iterator<Item = Decimal>| points.map(Decimal::magnitude).max();
    let (what, points) = match &rule.kind {
        RuleKind::Activity(activity) => match &activity.reward {
            Reward::Each { points, multiply_by: None, at_most, .. } => {
                ("one activity", Some(at_most.map_or(*points, |most| points.within(most)).magnitude()))
            }
            Reward::Each { at_most, .. } => ("one activity (`each_at_most`)", *at_most),
            Reward::Tiers { tiers, .. } => ("a tier", most(&mut tiers.iter().map(|&(_, points)| points))),
        },
        RuleKind::When { multiply_by: None, points, .. } => ("the condition", Some(points.magnitude())),
        RuleKind::Cases { multiply_by: None, cases } => ("a case", most(&mut cases.iter().map(|case| case.points))),
        RuleKind::Since { points, .. } | RuleKind::Inactive { points, .. } => ("one period", Some(points.magnitude())),
        RuleKind::When { .. } | RuleKind::Cases { .. } | RuleKind::Rollup { .. } => return None,
    };
    let points = points.filter(|points| *points > cap)?;
    let message = format!("{what} of rule `{}` already exceeds its `cap`", rule.id);
    let evidence = format!("it gives {points}, of which the cap leaves {cap}");
    Some(About::rule(rule, "cap").finding(Kind::LowCap, message, evidence, "raise `cap`, or lower the points"))
}

/// Bands that the text lists neither from the lowest up nor from the highest down.
pub(super) fn unordered_bands(places: &Places<'_>, score: &Score) -> Option<Finding> {
    let written = places.keys_within("score", &score.id, "bands");
    let from = |name: &&str| score.bands.iter().find(|band| band.name == *name).map(|band| band.from);
    let edges: Vec<Decimal> = written.iter().filter_map(from).collect();
    if edges.is_sorted() || edges.iter().rev().is_sorted() {
        return None;
    }
    let at = edges.windows(2).position(|pair| pair[0] > pair[1])?;
    let (name, below) = (written[at], written[at + 1]);
    let message = format!("the bands of score `{}` are in no order", score.id);
    let order: Vec<_> = score.bands.iter().map(|band| band.name.clone()).collect();
    let evidence = format!(
        "`{name}` begins at {}, and `{below}` behind it at {}; what counts are the numbers: from the lowest up {}",
        edges[at],
        edges[at + 1],
        listed(&order)
    );
    let proposal = "look whether two numbers are swapped, else list the bands from the lowest up";
    Some(About::score(score, "bands").and(name).finding(Kind::UnorderedBands, message, evidence, proposal))
}

fn unreachable_bands(reaches: &Reaches<'_>, at: ScoreAt, score: &Score, found: &mut Vec<Finding>) {
    let hundred = Decimal::from_units(100 * Decimal::ONE.units());
    let reach = reaches.score(at);
    let (low, high) = match score.bands_by {
        BandsBy::Points => (reach.lowest(), reach.highest()),
        BandsBy::Percentile => (Some(Decimal::ZERO), Some(hundred)),
    };
    let above = |from: Decimal| match score.bands_by {
        BandsBy::Points => high.is_some_and(|high| from > high),
        // Whoever is first has still half of those level with them, and so themselves, above.
        BandsBy::Percentile => from >= hundred,
    };
    for (place, band) in score.bands.iter().enumerate() {
        let about = About::score(score, "bands").and(&band.name);
        if let Some(high) = high.filter(|_| place > 0 && above(band.from)) {
            let message = format!("nobody can reach the band `{}` of score `{}`", band.name, score.id);
            let evidence = match score.bands_by {
                BandsBy::Points => {
                    format!("it begins at {}, and rules, caps and bounds together give at most {high}", band.from)
                }
                BandsBy::Percentile => format!("it begins at {}, and percentiles end just below 100", band.from),
            };
            let proposal = "lower where the band begins, or let the rules give more";
            found.push(about.finding(Kind::UnreachableBand, message, evidence, proposal));
        } else if let Some(next) = score.bands.get(place + 1)
            && low.is_some_and(|low| next.from <= low)
        {
            let message = format!("nobody can be in the band `{}` of score `{}`", band.name, score.id);
            let least = low.unwrap_or_default();
            let evidence = format!("everybody has at least {least}, and there the band `{}` begins already", next.name);
            let proposal = "let the next band begin higher, or delete this one";
            found.push(about.finding(Kind::UnreachableBand, message, evidence, proposal));
        }
    }
}

/// Whether a band has been found out of reach, so that nobody need wonder why it is empty.
pub(super) fn out_of_reach(found: &[Finding], score: &Score, band: &str) -> bool {
    let about = About::score(score, "bands").and(band);
    found.iter().any(|finding| finding.kind == Kind::UnreachableBand && finding.about == about)
}

fn score_without_rules(model: &Model, at: ScoreAt, score: &Score) -> Option<Finding> {
    if score.form != Form::Sum || model.rules_of(at).next().is_some() {
        return None;
    }
    let message = format!("no rule belongs to score `{}`", score.id);
    let proposal = format!("name it in a rule: score = \"{}\"; or delete it", score.id);
    Some(About::score(score, "").finding(Kind::NoRules, message, "everybody has 0", proposal))
}

fn matrix_without_bands(model: &Model, score: &Score) -> Option<Finding> {
    let Form::Matrix(letters, digits) = score.form else { return None };
    let bare = [letters, digits].into_iter().map(|at| model.score(at)).find(|part| part.bands.is_empty())?;
    let message = format!("the matrix `{}` is empty, because score `{}` has no bands", score.id, bare.id);
    let evidence = "a label is made of two bands; without one of them nobody has a label";
    let proposal = format!("add bands to [score.{}], for example: bands = {{ Low = 0, High = 50 }}", bare.id);
    Some(About::score(score, "matrix").finding(Kind::MatrixWithoutBands, message, evidence, proposal))
}
