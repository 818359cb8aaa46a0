//! The facts behind a rule, as short lines.

use rules::condition::{Finding, Truth};
use rules::ledger::{Basis, Fate, Line, Nothing, RuleEntry, Silence};
use rules::model::{Kind, Model, Reward, Rule};

use crate::wording::{counted, grouped, shortened, unknown};

/// So many activities or people are listed unless all are wanted.
const LISTED: usize = 6;

/// The lines below a rule; `all` lists every activity.
pub fn lines(model: &Model, entry: &RuleEntry<'_>, all: bool) -> Vec<String> {
    let rule = model.rule(entry.rule);
    let listed = if all { usize::MAX } else { LISTED };
    match &entry.basis {
        Basis::Activities(lines) => activities(model, rule, lines, listed),
        Basis::Tiers { lines, reached, tier } => {
            let tier = match tier {
                Some(from) => format!("the tier from {}", grouped(*from)),
                None => "below the first tier".into(),
            };
            let mut out = vec![format!("{} reached: {tier}", grouped(*reached))];
            out.extend(activities(model, rule, lines, listed));
            out
        }
        Basis::When { truth, findings, multiplier, unknown } => when(*truth, findings, *multiplier, unknown),
        Basis::Cases { met, findings, multiplier, unknown } => cases(rule, *met, findings, *multiplier, unknown),
        Basis::Since { start: Some(start), periods, .. } => {
            vec![format!("{} elapsed since {start}", counted_periods(*periods))]
        }
        Basis::Since { start: None, unknown, .. } => unknown_lines(unknown),
        Basis::Silence { since, periods } => vec![silence(*since, *periods)],
        Basis::People { scores, pooled, divisor, nothing } => {
            let mut out = people(scores, nothing.as_ref(), listed);
            let by = divisor.map(|divisor| format!(", divided by {}", grouped(divisor))).unwrap_or_default();
            if nothing.is_none() {
                out.push(format!("together{by}: {}", grouped(*pooled)));
            }
            out
        }
        Basis::Elsewhere => vec!["not counted for this account".into()],
    }
}

fn activities(model: &Model, rule: &Rule, lines: &[Line<'_>], listed: usize) -> Vec<String> {
    // What was taken first, then the latest: they are what people remember.
    let mut counting: Vec<_> = lines.iter().rev().filter(|line| line.fate.counts()).collect();
    counting.sort_by_key(|line| matches!(line.fate, Fate::Counted { taken: false, .. }));
    let mut out: Vec<_> = counting.iter().take(listed).map(|line| activity(line)).collect();
    if counting.len() > listed {
        out.push(format!("... and {} more that count", counting.len() - listed));
    }
    out.extend(not_counted(model, rule, lines));
    out
}

fn activity(line: &Line<'_>) -> String {
    let seen = line.activity;
    let account =
        seen.account.as_ref().map(|account| format!(" ({})", shortened(account.as_str()))).unwrap_or_default();
    let what = format!("{} {}{account}", seen.day, shortened(&seen.kind));
    match &line.fate {
        Fate::Counted { base, factor, contribution, taken } => {
            let faded = if contribution == base {
                String::new()
            } else {
                format!(", faded from {} to {}", grouped(*base), percent_of(factor.nanos()))
            };
            let passed_over = if *taken { "" } else { ", not taken" };
            format!("{what}: {}{faded}{passed_over}", grouped(*contribution))
        }
        Fate::Towards(amount) => format!("{what}: counts {}", grouped(*amount)),
        _ => what,
    }
}

/// A factor as per cent with one decimal, cut off rather than rounded up to 100.
fn percent_of(nanos: i64) -> String {
    let tenths = nanos / 1_000_000;
    format!("{}.{} %", tenths / 10, tenths % 10)
}

/// Why others of the same type do not count, a line for each reason.
pub fn not_counted(model: &Model, rule: &Rule, lines: &[Line<'_>]) -> Vec<String> {
    let mut reasons: Vec<(String, usize)> = Vec::new();
    for line in lines.iter().filter(|line| !line.fate.counts()) {
        let reason = match &line.fate {
            Fate::Excluded(at) => format!("excluded by \"{}\"", model.exclusion(*at).label()),
            Fate::OverLimit => format!("over the limit{}", limit(rule)),
            Fate::OutsideWindow => format!("outside the window{}", window(rule)),
            Fate::UnknownNumber(what) => format!("without a known number: {}", unknown(what)),
            Fate::Unknown(what) => {
                let names: Vec<_> = what.iter().map(unknown).collect();
                format!("unknown whether they match: {}", names.join(", "))
            }
            Fate::Counted { .. } | Fate::Towards(_) => continue,
        };
        match reasons.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, count)) => *count += 1,
            None => reasons.push((reason, 1)),
        }
    }
    let told = |(reason, count)| format!("not counted: {}, {reason}", counted(count, "activity"));
    reasons.into_iter().map(told).collect()
}

fn limit(rule: &Rule) -> String {
    let Kind::Activity(activity) = &rule.kind else { return String::new() };
    let limit = activity.limit.as_ref();
    limit.map(|limit| format!(" of {} per {}", limit.times, limit.per.word())).unwrap_or_default()
}

fn window(rule: &Rule) -> String {
    let Kind::Activity(activity) = &rule.kind else { return String::new() };
    activity.window.map(|window| format!(" of {window}")).unwrap_or_default()
}

fn when(
    truth: Truth,
    findings: &[Finding],
    multiplier: Option<rules::decimal::Decimal>,
    unknowns: &[rules::condition::Unknown],
) -> Vec<String> {
    let mut out = match truth {
        Truth::True => vec![format!("true: {}", found(findings))],
        Truth::False => vec![format!("not true: {}", found(findings))],
        Truth::Unknown => Vec::new(),
    };
    out.extend(multiplier.map(|factor| format!("times {}", grouped(factor))));
    out.extend(unknown_lines(unknowns));
    out
}

fn cases(
    rule: &Rule,
    met: Option<usize>,
    findings: &[Finding],
    multiplier: Option<rules::decimal::Decimal>,
    unknowns: &[rules::condition::Unknown],
) -> Vec<String> {
    let Kind::Cases { cases, .. } = &rule.kind else { return Vec::new() };
    let mut out = match met {
        Some(place) => vec![format!("case {}, {}: {}", place + 1, cases[place].condition, found(findings))],
        None => vec!["no case is true".to_owned()],
    };
    out.extend(multiplier.map(|factor| format!("times {}", grouped(factor))));
    out.extend(unknown_lines(unknowns));
    out
}

/// `contact.age is "47", contact.plan is missing`
fn found(findings: &[Finding]) -> String {
    let one = |finding: &Finding| match &finding.found {
        Some(value) => format!("{} is \"{}\"", finding.name, shortened(value)),
        None => format!("{} is missing", finding.name),
    };
    findings.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn unknown_lines(unknowns: &[rules::condition::Unknown]) -> Vec<String> {
    unknowns.iter().map(|what| format!("unknown: {}", unknown(what))).collect()
}

fn counted_periods(periods: i64) -> String {
    if periods == 1 { "1 whole period".into() } else { format!("{periods} whole periods") }
}

fn silence(since: Silence, periods: i64) -> String {
    match since {
        Silence::Activity(day) => format!("last activity on {day}: {} of silence", counted_periods(periods)),
        Silence::Created(day) => format!("no activity since created on {day}: {} of silence", counted_periods(periods)),
        Silence::Endless => "no activity, and `created_at` is unknown: endless silence".into(),
    }
}

fn people(
    scores: &[(rules::id::ContactId, rules::decimal::Decimal)],
    nothing: Option<&Nothing>,
    listed: usize,
) -> Vec<String> {
    let mut ranked: Vec<_> = scores.iter().collect();
    ranked.sort_by_key(|(_, points)| std::cmp::Reverse(*points));
    let people = counted(scores.len(), "person");
    let named: Vec<_> = ranked
        .iter()
        .take(listed)
        .map(|(id, points)| format!("{} {}", shortened(id.as_str()), grouped(*points)))
        .collect();
    let more = if ranked.len() > listed { ", ..." } else { "" };
    let mut out = match scores.len() {
        0 => Vec::new(),
        _ => vec![format!("{people}: {}{more}", named.join(", "))],
    };
    out.extend(nothing.map(|nothing| match nothing {
        Nothing::NoPeople => "nobody counts, so 0".into(),
        Nothing::UnknownDivisor(what) => format!("0, because {}", unknown(what)),
        Nothing::ZeroDivisor => "0, because the divisor is zero".into(),
    }));
    out
}

/// Whether the rule counts activities one by one, so that counting them says something.
pub(super) fn counts_activities(rule: &Rule) -> bool {
    matches!(&rule.kind, Kind::Activity(activity) if matches!(activity.reward, Reward::Each { .. }))
}
